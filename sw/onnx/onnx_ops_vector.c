/*
 * onnx_ops_vector.c - pools, ReduceMean, Softmax and element-wise operators of two values.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "onnx_internal.h"

/* w->v from a tensor that holds it as `have`: a QUANTIZE where that is not what is wanted. */
static int finish(onnx_t *o, const onnx_want_t *w, int32_t tensor, onnx_quant_t have, bool nhwc) {
    if (tensor < 0)
        return -1;
    if (have.scale == w->q.scale && have.zp == w->q.zp)
        return onnx_remember(o, w->v, w->q, nhwc, tensor);
    int32_t out = onnx_new_like(o, w->v, w->q, nhwc);
    if (out < 0 || !onnx_new_op(o, GRAPH_OP_QUANTIZE, w->name, 1, &tensor, 1, &out))
        return -1;
    return onnx_remember(o, w->v, w->q, nhwc, out);
}

/* The padding around an image as zeros, which count in an average: not what ceil_mode adds. */
static int32_t padded(onnx_t *o, const onnx_want_t *w, int32_t x, onnx_quant_t q,
                      const onnx_window_t *win) {
    const graph_tensor_t *t = &o->b.tensors[x];
    int32_t pads[8] = {0,
                       0,
                       (int32_t)win->before[0],
                       (int32_t)(win->after[0] - win->beyond[0]),
                       (int32_t)win->before[1],
                       (int32_t)(win->after[1] - win->beyond[1]),
                       0,
                       0};
    int32_t dims[4] = {t->dims[0], t->dims[1] + pads[2] + pads[3], t->dims[2] + pads[4] + pads[5],
                       t->dims[3]};
    int32_t shape[2] = {4, 2}, out = onnx_new_tensor(o, w->name, GRAPH_INT8, 4, dims, &q);
    int32_t in[2] = {x, onnx_new_const(o, "padding", GRAPH_INT32, 2, shape, NULL, pads)};
    return in[1] >= 0 && onnx_new_op(o, GRAPH_OP_PAD, w->name, 2, in, 1, &out) ? out : ONNX_NONE;
}

int onnx_lower_pool(onnx_t *o, const onnx_want_t *w) {
    const onnx_node_t *n = w->node;
    bool max = strcmp(n->op, "MaxPool") == 0;
    onnx_quant_t q;
    onnx_window_t win;
    int32_t x = onnx_operand(o, n->in[0], true, &q);
    if (x < 0 || onnx_window(o, n, &o->values[n->in[0]], (int64_t[]){0, 0}, &win))
        return -1;
    if (win.dilation[0] != 1 || win.dilation[1] != 1)
        return onnx_fail(o, n, "dilated pools are not supported");
    if (!max && onnx_attr_int(n, "count_include_pad", 0) &&
        (win.before[0] || win.before[1] || win.after[0] || win.after[1])) {
        x = padded(o, w, x, q, &win);
        memset(win.before, 0, sizeof win.before);
        memcpy(win.after, win.beyond, sizeof win.after);
    }
    int32_t out = x < 0 ? x : onnx_new_like(o, w->v, q, true);
    graph_op_t *op = out < 0 ? NULL
                             : onnx_new_op(o, max ? GRAPH_OP_MAX_POOL_2D : GRAPH_OP_AVERAGE_POOL_2D,
                                           w->name, 1, &x, 1, &out);
    if (!op)
        return -1;
    op->p.pool.padding = GRAPH_PAD_EXPLICIT;
    op->p.pool.filter_h = (int32_t)win.kernel[0];
    op->p.pool.filter_w = (int32_t)win.kernel[1];
    op->p.pool.stride_h = (int32_t)win.stride[0];
    op->p.pool.stride_w = (int32_t)win.stride[1];
    op->p.pool.pad_top = (int32_t)win.before[0];
    op->p.pool.pad_bottom = (int32_t)win.after[0];
    op->p.pool.pad_left = (int32_t)win.before[1];
    op->p.pool.pad_right = (int32_t)win.after[1];
    return finish(o, w, out, q, true);
}

static int mean(onnx_t *o, const onnx_want_t *w, int n_axes, const int32_t *axes, bool nhwc,
                bool out_nhwc) {
    onnx_quant_t q;
    int32_t in[2] = {onnx_operand(o, w->node->in[0], nhwc, &q), ONNX_NONE}, out;
    if (in[0] < 0 || (in[1] = onnx_new_ints(o, "axes", n_axes, axes)) < 0)
        return -1;
    out = onnx_new_like(o, w->v, w->q, out_nhwc);
    graph_op_t *op = out < 0 ? NULL : onnx_new_op(o, GRAPH_OP_MEAN, w->name, 2, in, 1, &out);
    if (!op)
        return -1;
    op->p.reduce.keep_dims = o->values[w->v].rank == o->values[w->node->in[0]].rank;
    return onnx_remember(o, w->v, w->q, out_nhwc, out);
}

int onnx_lower_global_pool(onnx_t *o, const onnx_want_t *w) {
    if (!onnx_may_be_image(o->values[w->node->in[0]].rank))
        return onnx_fail(o, w->node,
                         "only images and sequences (four and three dimensions) are supported");
    return mean(o, w, 2, (int32_t[]){1, 2}, true, true);
}

int onnx_lower_mean(onnx_t *o, const onnx_want_t *w) {
    const onnx_value_t *x = &o->values[w->node->in[0]];
    int64_t list[GRAPH_MAX_RANK];
    int32_t axes[GRAPH_MAX_RANK];
    int n = onnx_ints(o, w->node, "axes", 1, list, GRAPH_MAX_RANK);
    /* without its reduced dimensions the result has no image layout */
    bool keep = o->values[w->v].rank == x->rank, nhwc = keep && o->image[w->node->in[0]];
    if (n < 0)
        return -1;
    for (int i = 0; i < (n ? n : x->rank); i++)
        axes[i] = onnx_stored_axis(n ? onnx_axis(o, w->node, list[i], x->rank) : i, x->rank, nhwc);
    return mean(o, w, n ? n : x->rank, axes, nhwc, nhwc);
}

/* The softmax of t, over its last axis, to *own. */
static int32_t softmax(onnx_t *o, const char *name, int32_t t, onnx_quant_t *own) {
    *own = (onnx_quant_t){1.0f / 256.0f, -128};
    if (t < 0)
        return t;
    const graph_tensor_t like = o->b.tensors[t];
    int32_t out = onnx_new_tensor(o, name, GRAPH_INT8, like.rank, like.dims, own);
    graph_op_t *op = onnx_new_op(o, GRAPH_OP_SOFTMAX, name, 1, &t, 1, &out);
    if (!op)
        return ONNX_NONE;
    op->p.softmax.beta = 1.0f;
    return out;
}

/* Before operator set 13: over `axis` and all behind it together. */
static int flat_softmax(onnx_t *o, const onnx_want_t *w, int32_t width) {
    const onnx_value_t *x = &o->values[w->v];
    onnx_quant_t q, own;
    int32_t t = onnx_operand(o, w->node->in[0], false, &q);
    t = onnx_new_view(o, w->name, t, q, 2, (int32_t[]){(int32_t)x->elements / width, width});
    t = softmax(o, w->name, t, &own);
    return finish(o, w, onnx_new_view(o, w->name, t, own, x->rank, x->dims), own, false);
}

int32_t onnx_exchanged(onnx_t *o, const char *name, int32_t t, int axis, onnx_quant_t q) {
    if (t < 0)
        return t;
    const graph_tensor_t x = o->b.tensors[t];
    int32_t perm[GRAPH_MAX_RANK], dims[GRAPH_MAX_RANK];
    for (int d = 0; d < x.rank; d++)
        perm[d] = d == axis ? x.rank - 1 : d == x.rank - 1 ? axis : d;
    for (int d = 0; d < x.rank; d++)
        dims[d] = x.dims[perm[d]];
    int32_t in[2] = {t, onnx_new_ints(o, "permutation", x.rank, perm)};
    int32_t out = in[1] < 0 ? in[1] : onnx_new_tensor(o, name, GRAPH_INT8, x.rank, dims, &q);
    return out >= 0 && onnx_new_op(o, GRAPH_OP_TRANSPOSE, name, 2, in, 1, &out) ? out : ONNX_NONE;
}

int onnx_lower_softmax(onnx_t *o, const onnx_want_t *w) {
    const onnx_node_t *n = w->node;
    const onnx_value_t *x = &o->values[n->in[0]];
    int axis = onnx_axis(o, n, onnx_attr_int(n, "axis", o->opset >= 13 ? -1 : 1), x->rank);
    size_t behind = 1;
    for (int d = axis + 1; axis >= 0 && d < x->rank; d++)
        behind *= (size_t)x->dims[d];
    if (axis < 0)
        return -1;
    if (behind > 1 && o->opset < 13)
        return flat_softmax(o, w, (int32_t)behind * x->dims[axis]);
    /* an axis that is the channels of an image is innermost in the image's layout */
    bool nhwc = o->image[w->v], inner = behind == 1 || (nhwc && axis == 1);
    nhwc = nhwc && inner;
    onnx_quant_t q, own;
    int32_t in = onnx_operand(o, n->in[0], nhwc, &q);
    if (!inner)
        in = onnx_exchanged(o, w->name, in, axis, q);
    int32_t out = softmax(o, w->name, in, &own);
    if (out < 0)
        return -1;
    return finish(o, w, inner ? out : onnx_exchanged(o, w->name, out, axis, own), own, nhwc);
}

/* ---- element by element */

int onnx_constant_quant(onnx_t *o, int32_t v, onnx_quant_t *q) {
    if (onnx_natural(o, v, q))
        return 0;
    float *f = onnx_floats(o, v), most = 0;
    for (size_t i = 0; f && i < o->values[v].elements; i++)
        most = fabsf(f[i]) > most ? fabsf(f[i]) : most;
    free(f);
    *q = (onnx_quant_t){most > 0 && isfinite(most) ? most / 127.0f : 1.0f, 0};
    return f ? 0 : -1;
}

/* Constant v with `rank` dimensions, ones in front, so that layouts can be taken. */
static void widen(onnx_value_t *x, int rank) {
    int by = rank - x->rank;
    for (int d = x->rank - 1; d >= 0 && by > 0; d--)
        x->dims[d + by] = x->dims[d];
    for (int d = 0; d < by; d++)
        x->dims[d] = 1;
    x->rank = by > 0 ? rank : x->rank;
}

bool onnx_is_constant(const onnx_t *o, int32_t v) {
    return o->values[v].data ||
           (onnx_is(o, v, "DequantizeLinear") && o->values[o->nodes[o->values[v].node].in[0]].data);
}

/* Tensor of operand v of a result of `rank` dimensions. same: wanted as *q, else q is set. */
static int32_t operand(onnx_t *o, const onnx_node_t *n, int32_t v, int rank, bool nhwc, bool same,
                       onnx_quant_t *q) {
    onnx_value_t *x = &o->values[v];
    if (onnx_is_constant(o, v)) {
        onnx_value_t saved = *x;
        if (!same && onnx_constant_quant(o, v, q)) {
            onnx_fail(o, n, "its constant %.40s is not one", x->name);
            return ONNX_NONE;
        }
        widen(x, rank);
        x->reps = NULL; /* tensors of this shape are this operator's own */
        int32_t t = onnx_tensor(o, v, *q, nhwc);
        *x = saved;
        return t;
    }
    if (nhwc && x->rank != rank) {
        onnx_value_t wide = *x;
        int32_t t = same ? onnx_tensor(o, v, *q, false) : onnx_operand(o, v, false, q);
        widen(&wide, rank);
        t = onnx_new_view(o, x->name, t, *q, rank, wide.dims);
        return t < 0 ? t : onnx_relayout(o, &wide, t, *q, true);
    }
    return same ? onnx_tensor(o, v, *q, nhwc) : onnx_operand(o, v, nhwc, q);
}

/* x / c for constants c: x * (1 / c). */
static int reciprocal(onnx_t *o, const onnx_node_t *n, int32_t v, int32_t *inverse) {
    float *f = onnx_floats(o, v);
    float *data = f ? onnx_alloc(o, o->values[v].elements * sizeof *data) : NULL;
    for (size_t i = 0; data && i < o->values[v].elements; i++)
        data[i] = 1.0f / f[i];
    free(f);
    if (!data)
        return onnx_fail(o, n, "its divisor is not a constant that can be read");
    onnx_value_t *x =
        &o->values[o->n_values]; /* there is room for one a node: see onnx_read_model */
    *x = o->values[v];
    x->data = data;
    x->type = GRAPH_FLOAT32;
    x->node = ONNX_NONE;
    x->reps = NULL;
    *inverse = o->n_values++;
    return 0;
}

int onnx_lower_binary(onnx_t *o, const onnx_want_t *w) {
    const onnx_node_t *n = w->node;
    int rank = o->values[w->v].rank;
    if (n->n_in != 2 || n->in[1] < 0)
        return onnx_fail(o, n, "it has %d inputs, two are supported", (int)n->n_in);
    int biased = onnx_lower_biased(o, w);
    if (biased)
        return biased < 0 ? -1 : 0;
    int32_t a = n->in[0], b = n->in[1];
    bool extremum = n->op[0] == 'M' && n->op[1] != 'u', nhwc = o->image[w->v];
    bool divide = strcmp(n->op, "Div") == 0, by_constant = divide && onnx_is_constant(o, b);
    graph_opcode_t code = strcmp(n->op, "Add") == 0   ? GRAPH_OP_ADD
                          : divide && !by_constant    ? GRAPH_OP_DIV
                          : strcmp(n->op, "Sub") == 0 ? GRAPH_OP_SUB
                          : strcmp(n->op, "Max") == 0 ? GRAPH_OP_MAXIMUM
                          : strcmp(n->op, "Min") == 0 ? GRAPH_OP_MINIMUM
                                                      : GRAPH_OP_MUL;
    if (by_constant && reciprocal(o, n, b, &b)) /* the NPU multiplies */
        return -1;
    onnx_quant_t qa = w->q, qb = w->q;
    int32_t in[2] = {operand(o, n, a, rank, nhwc, extremum, &qa), ONNX_NONE};
    if (in[0] < 0)
        return -1;
    in[1] = operand(o, n, b, rank, nhwc, extremum, &qb);
    int32_t out = in[0] < 0 || in[1] < 0 ? ONNX_NONE : onnx_new_like(o, w->v, w->q, nhwc);
    graph_op_t *op = out < 0 ? NULL : onnx_new_op(o, code, w->name, 2, in, 1, &out);
    if (!op)
        return -1;
    if (!extremum)
        op->p.binary.act = w->act;
    return onnx_remember(o, w->v, w->q, nhwc, out);
}
