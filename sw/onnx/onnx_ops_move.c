/*
 * onnx_ops_move.c - operators that move values: Reshape and its kin, Transpose, Concat, Split,
 * Slice, Gather, Pad. They keep their input's quantisation; where another one is wanted,
 * the input is made so. SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "onnx_internal.h"

graph_op_t *onnx_move(onnx_t *o, const onnx_want_t *w, graph_opcode_t code, bool nhwc, int n_more,
                      const int32_t *more) {
    int32_t in[5] = {onnx_tensor(o, w->node->in[0], w->q, nhwc)}, out;
    for (int i = 0; i < n_more; i++)
        if ((in[i + 1] = more[i]) < 0)
            return NULL;
    out = in[0] < 0 ? in[0] : onnx_new_like(o, w->v, w->q, nhwc);
    graph_op_t *op = out < 0 ? NULL : onnx_new_op(o, code, w->name, n_more + 1, in, 1, &out);
    return op && onnx_remember(o, w->v, w->q, nhwc, out) == 0 ? op : NULL;
}

int32_t onnx_new_slice(onnx_t *o, const char *name, int32_t t, onnx_quant_t q, const int32_t *start,
                       const int32_t *end) {
    static const int32_t ones[GRAPH_MAX_RANK] = {1, 1, 1, 1, 1, 1};
    const graph_tensor_t x = o->b.tensors[t];
    int32_t dims[GRAPH_MAX_RANK];
    bool all = true;
    for (int d = 0; d < x.rank; d++) {
        dims[d] = end[d] - start[d];
        all = all && dims[d] == x.dims[d];
    }
    if (all)
        return t;
    int32_t in[4] = {t, onnx_new_ints(o, "slice", x.rank, start),
                     onnx_new_ints(o, "slice", x.rank, end),
                     onnx_new_ints(o, "slice", x.rank, ones)};
    int32_t out = onnx_new_tensor(o, name, GRAPH_INT8, x.rank, dims, &q);
    bool ok = in[1] >= 0 && in[2] >= 0 && in[3] >= 0;
    return ok && onnx_new_op(o, GRAPH_OP_STRIDED_SLICE, name, 4, in, 1, &out) ? out : ONNX_NONE;
}

int onnx_gather_along(onnx_t *o, const onnx_want_t *w, int32_t x, bool nhwc, const int32_t *index) {
    int rank = o->values[w->v].rank;
    for (int d = 0; d < rank && x >= 0; d++) {
        if (index[d] < 0)
            continue;
        graph_tensor_t t = o->b.tensors[x];
        int axis = onnx_stored_axis(d, rank, nhwc);
        t.dims[axis] = o->b.tensors[index[d]].dims[0];
        int32_t in[2] = {x, index[d]};
        x = onnx_new_tensor(o, w->name, GRAPH_INT8, t.rank, t.dims, &w->q);
        graph_op_t *op = onnx_new_op(o, GRAPH_OP_GATHER, w->name, 2, in, 1, &x);
        if (!op)
            return -1;
        op->p.gather.axis = axis;
    }
    return x < 0 ? -1 : onnx_remember(o, w->v, w->q, nhwc, x);
}

int onnx_lower_reshape(onnx_t *o, const onnx_want_t *w) {
    return onnx_move(o, w, GRAPH_OP_RESHAPE, false, 0, NULL) ? 0 : -1;
}

int onnx_lower_transpose(onnx_t *o, const onnx_want_t *w) {
    const onnx_value_t *x = &o->values[w->node->in[0]];
    int64_t perm[GRAPH_MAX_RANK];
    int32_t stored[GRAPH_MAX_RANK], t;
    bool nhwc = o->image[w->node->in[0]], same = true;
    for (int d = 0; d < x->rank; d++)
        perm[d] = x->rank - 1 - d;
    if (!onnx_attr_ints(w->node, "perm", perm, (size_t)x->rank))
        return -1;
    if ((t = onnx_tensor(o, w->node->in[0], w->q, nhwc)) < 0)
        return -1;
    bool row = nhwc && x->rank == 3; /* N,1,L,C: read as N,L,C */
    if (row && (t = onnx_new_view(o, w->name, t, w->q, 3,
                                  (int32_t[]){x->dims[0], x->dims[2], x->dims[1]})) < 0)
        return -1;
    for (int d = 0; d < x->rank; d++) { /* the output is stored plainly */
        stored[d] = row && perm[d] ? 3 - (int)perm[d]
                                   : onnx_stored_axis((int)perm[d], x->rank, nhwc && !row);
        same = same && stored[d] == d;
    }
    if (same) /* the image's layout is the one asked for */
        return onnx_remember(o, w->v, w->q, false, t);
    int32_t in[2] = {t, onnx_new_ints(o, "permutation", x->rank, stored)};
    int32_t out = onnx_new_like(o, w->v, w->q, false);
    return in[1] >= 0 && onnx_new_op(o, GRAPH_OP_TRANSPOSE, w->name, 2, in, 1, &out)
               ? onnx_remember(o, w->v, w->q, false, out)
               : -1;
}

int onnx_lower_concat(onnx_t *o, const onnx_want_t *w) {
    const onnx_node_t *n = w->node;
    int rank = o->values[w->v].rank, axis = onnx_axis(o, n, onnx_attr_int(n, "axis", 0), rank);
    int32_t *in = malloc((size_t)n->n_in * sizeof *in), out = ONNX_NONE;
    bool nhwc = o->image[w->v], ok = in != NULL;
    for (int32_t i = 0; i < n->n_in && ok; i++)
        ok = (in[i] = onnx_tensor(o, n->in[i], w->q, nhwc)) >= 0;
    graph_op_t *op = NULL;
    if (ok && (out = onnx_new_like(o, w->v, w->q, nhwc)) >= 0)
        op = onnx_new_op(o, GRAPH_OP_CONCATENATION, w->name, n->n_in, in, 1, &out);
    free(in);
    if (!op)
        return -1;
    op->p.concat.axis = onnx_stored_axis(axis, rank, nhwc);
    return onnx_remember(o, w->v, w->q, nhwc, out);
}

int onnx_lower_split(onnx_t *o, const onnx_want_t *w) {
    const onnx_node_t *n = w->node;
    int rank = o->values[w->v].rank, axis = onnx_axis(o, n, onnx_attr_int(n, "axis", 0), rank);
    int32_t out[ONNX_MAX_IN], sizes[ONNX_MAX_IN];
    bool nhwc = o->image[n->in[0]];
    int at = onnx_stored_axis(axis, rank, nhwc);
    for (int32_t i = 0; i < n->n_out; i++) {
        if (n->out[i] < 0)
            return onnx_fail(o, n, "an output without a name");
        sizes[i] = o->values[n->out[i]].dims[axis];
        if ((out[i] = onnx_new_like(o, n->out[i], w->q, nhwc)) < 0)
            return -1;
    }
    int32_t in[3] = {onnx_tensor(o, n->in[0], w->q, nhwc),
                     onnx_new_ints(o, "sizes", n->n_out, sizes),
                     onnx_new_const(o, "axis", GRAPH_INT32, 0, NULL, NULL, &(int32_t){at})};
    if (in[0] < 0 || in[1] < 0 || in[2] < 0 ||
        !onnx_new_op(o, GRAPH_OP_SPLIT_V, w->name, 3, in, n->n_out, out))
        return -1;
    for (int32_t i = 0; i < n->n_out; i++)
        if (onnx_remember(o, n->out[i], w->q, nhwc, out[i]))
            return -1;
    return 0;
}

int onnx_lower_slice(onnx_t *o, const onnx_want_t *w) {
    const onnx_value_t *x = &o->values[w->node->in[0]];
    int64_t start[GRAPH_MAX_RANK], end[GRAPH_MAX_RANK], axes[GRAPH_MAX_RANK], step[GRAPH_MAX_RANK];
    int32_t lists[3][GRAPH_MAX_RANK] = {{0}}, more[3], end_mask = 0;
    int count = onnx_slice(o, w->node, start, end, axes, step);
    bool nhwc = o->image[w->node->in[0]];
    if (count < 0)
        return -1;
    int rank = onnx_stored_dims(x, nhwc, lists[1]);
    for (int d = 0; d < rank; d++)
        lists[2][d] = 1;
    for (int i = 0; i < count; i++) {
        int at = onnx_stored_axis((int)axes[i], x->rank, nhwc);
        lists[0][at] = (int32_t)start[i];
        lists[1][at] = (int32_t)end[i];
        lists[2][at] = (int32_t)step[i];
        end_mask |= end[i] < 0 ? 1 << at : 0; /* backwards, the first element included */
    }
    for (int i = 0; i < 3; i++)
        more[i] = onnx_new_ints(o, "slice", rank, lists[i]);
    graph_op_t *op = onnx_move(o, w, GRAPH_OP_STRIDED_SLICE, nhwc, 3, more);
    if (!op)
        return -1;
    op->p.strided_slice.end_mask = end_mask;
    return 0;
}

int onnx_lower_gather(onnx_t *o, const onnx_want_t *w) {
    const onnx_node_t *n = w->node;
    const onnx_value_t *x = &o->values[n->in[0]], *at = &o->values[n->in[1]];
    int axis = onnx_axis(o, n, onnx_attr_int(n, "axis", 0), x->rank);
    if (!at->data || (at->type != GRAPH_INT64 && at->type != GRAPH_INT32))
        return onnx_fail(o, n, "its indices are not constant");
    int32_t *index = malloc(at->elements * sizeof *index);
    for (size_t i = 0; index && i < at->elements; i++) {
        int64_t k = at->type == GRAPH_INT64 ? ((const int64_t *)at->data)[i]
                                            : ((const int32_t *)at->data)[i];
        k = k < 0 ? k + x->dims[axis] : k;
        if (k < 0 || k >= x->dims[axis]) {
            free(index);
            return onnx_fail(o, n, "an index is out of range");
        }
        index[i] = (int32_t)k;
    }
    if (!index)
        return graph_fail(o->err, "%s: out of memory", o->path);
    int32_t t = onnx_new_const(o, at->name, GRAPH_INT32, at->rank, at->dims, NULL, index);
    free(index);
    graph_op_t *op = t < 0 ? NULL : onnx_move(o, w, GRAPH_OP_GATHER, false, 1, &t);
    if (!op)
        return -1;
    op->p.gather.axis = axis;
    return 0;
}

/* Where position p of a padded dimension comes from; below 0: nowhere. */
static int64_t repeated(const char *mode, int64_t p, int64_t size) {
    if (strcmp(mode, "edge") == 0)
        return p < 0 ? 0 : p < size ? p : size - 1;
    if (strcmp(mode, "wrap") == 0)
        return (p % size + size) % size;
    p = p < 0 ? -p : p < size ? p : 2 * (size - 1) - p; /* reflect, once */
    return p < size ? p : -1;
}

/* Padding with what the input has. */
static int repeat(onnx_t *o, const onnx_want_t *w, const char *mode, const int64_t *before,
                  const int64_t *after) {
    const onnx_node_t *n = w->node;
    const onnx_value_t *x = &o->values[n->in[0]], *y = &o->values[w->v];
    bool nhwc = o->image[n->in[0]];
    int32_t index[GRAPH_MAX_RANK];
    if (strcmp(mode, "edge") != 0 && strcmp(mode, "wrap") != 0 && strcmp(mode, "reflect") != 0)
        return onnx_fail(o, n, "mode %.20s is not supported", mode);
    for (int d = 0; d < x->rank; d++) {
        index[d] = ONNX_NONE;
        if (!before[d] && !after[d])
            continue;
        int32_t *list = malloc((size_t)y->dims[d] * sizeof *list);
        bool inside = true;
        for (int32_t i = 0; list && i < y->dims[d]; i++) {
            int64_t p = repeated(mode, i - before[d], x->dims[d]);
            inside = inside && p >= 0;
            list[i] = (int32_t)p;
        }
        if (list && inside)
            index[d] = onnx_new_ints(o, "indices", y->dims[d], list);
        free(list);
        if (!list)
            return graph_fail(o->err, "%s: out of memory", o->path);
        if (!inside)
            return onnx_fail(o, n, "its padding is longer than what it reflects");
        if (index[d] < 0)
            return -1;
    }
    return onnx_gather_along(o, w, onnx_tensor(o, n->in[0], w->q, nhwc), nhwc, index);
}

int onnx_lower_pad(onnx_t *o, const onnx_want_t *w) {
    const onnx_node_t *n = w->node;
    const onnx_value_t *x = &o->values[n->in[0]];
    int64_t before[GRAPH_MAX_RANK], after[GRAPH_MAX_RANK];
    int32_t pairs[2 * GRAPH_MAX_RANK] = {0}, more[2];
    double value = (double)onnx_attr_float(n, "value", 0);
    char mode[32];
    bool nhwc = o->image[w->node->in[0]], constant;
    int32_t stored[GRAPH_MAX_RANK], shape[2] = {onnx_stored_dims(x, nhwc, stored), 2};
    onnx_attr_string(n, "mode", mode);
    constant = !*mode || strcmp(mode, "constant") == 0;
    if (constant && n->n_in > 2 && n->in[2] >= 0 && !onnx_scalar(o, n->in[2], &value))
        return onnx_fail(o, n, "its padding value is not constant");
    if (onnx_pads(o, n, before, after))
        return -1;
    if (!constant)
        return repeat(o, w, mode, before, after);
    int32_t t = onnx_tensor(o, n->in[0], w->q, nhwc), start[GRAPH_MAX_RANK] = {0};
    for (int d = 0; d < x->rank; d++) { /* what is cut off, what is added */
        int at = onnx_stored_axis(d, x->rank, nhwc);
        start[at] = before[d] < 0 ? (int32_t)-before[d] : 0;
        stored[at] += after[d] < 0 ? (int32_t)after[d] : 0;
        pairs[2 * at] = before[d] < 0 ? 0 : (int32_t)before[d];
        pairs[2 * at + 1] = after[d] < 0 ? 0 : (int32_t)after[d];
        if (start[at] >= stored[at])
            return onnx_fail(o, n, "it cuts off all of dimension %d", d);
    }
    if (t < 0 || (t = onnx_new_slice(o, w->name, t, w->q, start, stored)) < 0)
        return -1;
    int8_t code = onnx_code(value, w->q);
    more[0] = onnx_new_const(o, "padding", GRAPH_INT32, 2, shape, NULL, pairs);
    more[1] = onnx_new_const(o, "value", GRAPH_INT8, 0, NULL, &w->q, &code);
    int32_t in[3] = {t, more[0], more[1]}, out = onnx_new_like(o, w->v, w->q, nhwc);
    return more[0] >= 0 && more[1] >= 0 && onnx_new_op(o, GRAPH_OP_PADV2, w->name, 3, in, 1, &out)
               ? onnx_remember(o, w->v, w->q, nhwc, out)
               : -1;
}
