/*
 * onnx_fold.c - nodes whose result is known without running the network: constants, shapes, and the
 * arithmetic that exporters do with them. Contract: onnx_internal.h; lists of at most FOLD_MOST
 * integers, moves of constants of any size. SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <string.h>

#include "onnx_internal.h"

#define FOLD_MOST 256

/* Takes over the result: `data` of the output's type. */
static int done(onnx_t *o, const onnx_node_t *n, graph_type_t type, int rank, const int64_t *dims,
                const void *data) {
    onnx_value_t *y = &o->values[n->out[0]];
    if (onnx_set_shape(o, n, n->out[0], type, rank, dims))
        return -1;
    size_t bytes = y->elements * graph_type_size(type);
    void *copy = onnx_alloc(o, bytes);
    if (!copy)
        return -1;
    memcpy(copy, data, bytes);
    y->data = copy;
    return 1;
}

static int constant(onnx_t *o, const onnx_node_t *n) {
    const Onnx__AttributeProto *a = onnx_attr(n, "value");
    int64_t count;
    if (a && a->t)
        return onnx_read_tensor(o, a->t, &o->values[n->out[0]]) ? -1 : 1;
    if ((a = onnx_attr(n, "value_float")) != NULL && a->has_f)
        return done(o, n, GRAPH_FLOAT32, 0, NULL, &a->f);
    if ((a = onnx_attr(n, "value_int")) != NULL && a->has_i)
        return done(o, n, GRAPH_INT64, 0, NULL, &a->i);
    if ((a = onnx_attr(n, "value_ints")) != NULL && a->n_ints) {
        count = (int64_t)a->n_ints;
        return done(o, n, GRAPH_INT64, 1, &count, a->ints);
    }
    if ((a = onnx_attr(n, "value_floats")) != NULL && a->n_floats) {
        count = (int64_t)a->n_floats;
        return done(o, n, GRAPH_FLOAT32, 1, &count, a->floats);
    }
    return onnx_fail(o, n, "its kind of value is not supported");
}

static int shape_of(onnx_t *o, const onnx_node_t *n) {
    int64_t dims[GRAPH_MAX_RANK] = {0};
    if (n->n_in < 1 || n->in[0] < 0)
        return onnx_fail(o, n, "it lacks its input");
    const onnx_value_t *x = &o->values[n->in[0]];
    for (int d = 0; d < x->rank; d++)
        dims[d] = x->dims[d];
    int64_t rank = x->rank;
    if (rank == 0 || onnx_attr(n, "start") || onnx_attr(n, "end"))
        return onnx_fail(o, n, "only whole shapes of tensors are supported");
    return done(o, n, GRAPH_INT64, 1, &rank, dims);
}

/* Integer list of a small constant; its length, or -1. */
static int64_t list(const onnx_t *o, const onnx_node_t *n, int i, int64_t *v) {
    if (i >= n->n_in || n->in[i] < 0)
        return -1;
    const onnx_value_t *x = &o->values[n->in[i]];
    if (!x->data || x->elements > FOLD_MOST || x->rank > 1 ||
        (x->type != GRAPH_INT64 && x->type != GRAPH_INT32))
        return -1;
    for (size_t k = 0; k < x->elements; k++)
        v[k] =
            x->type == GRAPH_INT64 ? ((const int64_t *)x->data)[k] : ((const int32_t *)x->data)[k];
    return (int64_t)x->elements;
}

static int64_t wrap(uint64_t v) {
    return (int64_t)v;
}

/* Arithmetic, Gather, Concat, Slice on small integer lists. */
static int integers(onnx_t *o, const onnx_node_t *n) {
    int64_t a[FOLD_MOST], b[FOLD_MOST], out[FOLD_MOST], na = list(o, n, 0, a),
                                                        nb = list(o, n, 1, b), count = 0;
    if (na < 0)
        return 0;
    int rank = o->values[n->in[0]].rank;
    if (strcmp(n->op, "Concat") == 0) {
        for (int i = 0; i < n->n_in; i++) {
            int64_t k = list(o, n, i, b);
            if (k < 0 || count + k > FOLD_MOST)
                return 0;
            memcpy(out + count, b, (size_t)k * sizeof *b);
            count += k;
        }
        return done(o, n, GRAPH_INT64, 1, &count, out);
    }
    if (strcmp(n->op, "Slice") == 0 && rank == 1) {
        int64_t start[GRAPH_MAX_RANK], end[GRAPH_MAX_RANK], axes[GRAPH_MAX_RANK],
            step[GRAPH_MAX_RANK];
        int slices = onnx_slice(o, n, start, end, axes, step);
        if (slices != 1)
            return slices < 0 ? -1 : 0;
        for (int64_t k = start[0]; step[0] > 0 ? k < end[0] : k > end[0]; k += step[0])
            out[count++] = a[k];
        return done(o, n, GRAPH_INT64, 1, &count, out);
    }
    if (strcmp(n->op, "Cast") == 0 &&
        (onnx_attr_int(n, "to", 0) == 7 || onnx_attr_int(n, "to", 0) == 6))
        return done(o, n, GRAPH_INT64, rank, &na, a);
    if (nb < 0)
        return 0;
    if (strcmp(n->op, "Gather") == 0 && rank == 1) {
        for (; count < nb; count++) {
            int64_t at = b[count] < 0 ? b[count] + na : b[count];
            if (at < 0 || at >= na)
                return onnx_fail(o, n, "an index is out of range");
            out[count] = a[at];
        }
        return done(o, n, GRAPH_INT64, o->values[n->in[1]].rank, &count, out);
    }
    static const char *const ops[] = {"Add", "Sub", "Mul", "Div"};
    for (int which = 0; which < 4; which++) {
        if (strcmp(n->op, ops[which]) != 0 || (na != nb && na != 1 && nb != 1))
            continue;
        for (count = 0; count < (na > nb ? na : nb); count++) {
            int64_t x = a[na == 1 ? 0 : count], y = b[nb == 1 ? 0 : count];
            if (which == 3 && (y == 0 || (y == -1 && x == INT64_MIN)))
                return onnx_fail(o, n, "a division by zero");
            out[count] = which == 0   ? wrap((uint64_t)x + (uint64_t)y)
                         : which == 1 ? wrap((uint64_t)x - (uint64_t)y)
                         : which == 2 ? wrap((uint64_t)x * (uint64_t)y)
                                      : x / y;
        }
        int out_rank = rank > o->values[n->in[1]].rank ? rank : o->values[n->in[1]].rank;
        return done(o, n, GRAPH_INT64, out_rank, &count, out);
    }
    return 0;
}

/* Constants that keep their elements in their order: the output shares the data, its shape is
 * inferred. */
static int pass(onnx_t *o, const onnx_node_t *n, int (*shape)(onnx_t *, const onnx_node_t *)) {
    if (shape(o, n))
        return -1;
    o->values[n->out[0]].data = o->values[n->in[0]].data;
    return 1;
}

static int transpose(onnx_t *o, const onnx_node_t *n) {
    const onnx_value_t *x = &o->values[n->in[0]];
    onnx_value_t *y = &o->values[n->out[0]];
    int64_t perm[GRAPH_MAX_RANK], stride[GRAPH_MAX_RANK], at[GRAPH_MAX_RANK] = {0};
    size_t size = graph_type_size(x->type);
    if (onnx_shape_transpose(o, n))
        return -1;
    for (int d = 0; d < x->rank; d++)
        perm[d] = x->rank - 1 - d;
    onnx_attr_ints(n, "perm", perm, (size_t)x->rank);
    for (int d = x->rank - 1, s = 1; d >= 0; s *= x->dims[d--])
        stride[d] = s;
    uint8_t *data = onnx_alloc(o, x->elements * size);
    if (!data)
        return -1;
    for (size_t i = 0; i < x->elements; i++) {
        int64_t from = 0;
        for (int d = 0; d < y->rank; d++)
            from += at[d] * stride[perm[d]];
        memcpy(data + i * size, (const uint8_t *)x->data + (size_t)from * size, size);
        for (int d = y->rank - 1; d >= 0 && ++at[d] == y->dims[d]; d--)
            at[d] = 0;
    }
    y->data = data;
    return 1;
}

/* QuantizeLinear of a constant, as files have it that keep their weights in float: in float32 and
 * half to even, as ONNX Runtime. */
static int quantize(onnx_t *o, const onnx_node_t *n) {
    const onnx_value_t *x = &o->values[n->in[0]], *s = onnx_in(o, n, 1), *z = onnx_in(o, n, 2);
    graph_type_t type = z ? z->type : GRAPH_UINT8;
    int64_t dims[GRAPH_MAX_RANK], axis = onnx_attr_int(n, "axis", 1), inner = 1;
    axis = axis < 0 ? axis + x->rank : axis;
    if (x->type != GRAPH_FLOAT32 || !s || !s->data || s->type != GRAPH_FLOAT32 ||
        (type != GRAPH_INT8 && type != GRAPH_UINT8) ||
        (z && (!z->data || z->elements != s->elements)))
        return 0;
    if (s->elements != 1 && (axis < 0 || axis >= x->rank || (size_t)x->dims[axis] != s->elements))
        return onnx_fail(o, n, "its scales do not fit its input");
    for (int d = (int)axis + 1; s->elements > 1 && d < x->rank; d++)
        inner *= x->dims[d];
    uint8_t *q = onnx_alloc(o, x->elements);
    float least = type == GRAPH_INT8 ? -128.0f : 0.0f;
    for (size_t i = 0; q && i < x->elements; i++) {
        size_t c = s->elements > 1 ? i / (size_t)inner % s->elements : 0;
        float zero = !z                   ? 0
                     : type == GRAPH_INT8 ? (float)((const int8_t *)z->data)[c]
                                          : (float)((const uint8_t *)z->data)[c];
        float r = nearbyintf(((const float *)x->data)[i] / ((const float *)s->data)[c]) + zero;
        r = r >= least ? r : least; /* what is no number too */
        q[i] = (uint8_t)(int)(r > least + 255 ? least + 255 : r);
    }
    if (!q || onnx_set_shape(o, n, n->out[0], type, onnx_wide(x, dims), dims))
        return -1;
    o->values[n->out[0]].data = q;
    return 1;
}

int onnx_fold(onnx_t *o, onnx_node_t *n) {
    if (strcmp(n->op, "Constant") == 0)
        return constant(o, n);
    if (strcmp(n->op, "Shape") == 0)
        return shape_of(o, n);
    if (n->n_in < 1 || n->in[0] < 0 || !o->values[n->in[0]].data)
        return 0;
    if (strcmp(n->op, "QuantizeLinear") == 0)
        return quantize(o, n);
    if (strcmp(n->op, "Identity") == 0)
        return pass(o, n, onnx_shape_same);
    if (strcmp(n->op, "Unsqueeze") == 0)
        return pass(o, n, onnx_shape_unsqueeze);
    if (strcmp(n->op, "Squeeze") == 0)
        return pass(o, n, onnx_shape_squeeze);
    if (strcmp(n->op, "Reshape") == 0)
        return pass(o, n, onnx_shape_reshape);
    if (strcmp(n->op, "Transpose") == 0)
        return transpose(o, n);
    return integers(o, n);
}
