/*
 * onnx_power.c - Pow by a constant that is not one number: exponents along one axis.
 *
 * One number is a function of one value, and a table (onnx_function.c). Here the base is cut along
 * the axis wherever the exponent changes; each piece goes through its own table, and the pieces are
 * joined again. SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <stdlib.h>

#include "onnx_internal.h"

/* The one axis of the result along which constant c (values f) changes, 0 when along none; -1:
 * along several. */
static int axis_of(const onnx_value_t *c, const float *f, int rank) {
    int axis = -1;
    bool uniform = true;
    for (size_t i = 1; i < c->elements; i++)
        uniform = uniform && f[i] == f[0];
    for (int d = 0; d < c->rank && !uniform; d++) {
        if (c->dims[d] == 1)
            continue;
        if (axis >= 0)
            return -1;
        axis = d + rank - c->rank;
    }
    return axis < 0 ? 0 : axis;
}

/* Elements from..to - 1 of x along stored axis `at`; x itself where they are all. */
static int32_t piece(onnx_t *o, const onnx_want_t *w, int32_t x, onnx_quant_t q, int at,
                     int32_t from, int32_t to) {
    const graph_tensor_t t = o->b.tensors[x];
    int32_t start[GRAPH_MAX_RANK] = {0}, end[GRAPH_MAX_RANK];
    for (int d = 0; d < t.rank; d++)
        end[d] = t.dims[d];
    start[at] = from;
    end[at] = to;
    return onnx_new_slice(o, w->name, x, q, start, end);
}

/* x, quantised as q, to the power p, quantised as wanted. */
static int32_t raised(onnx_t *o, const onnx_want_t *w, int32_t x, onnx_quant_t q, double p) {
    int8_t table[256];
    for (int c = -128; c < 128; c++)
        table[(uint8_t)c] = onnx_code(pow((c - q.zp) * (double)q.scale, p), w->q);
    if (x < 0)
        return x;
    const graph_tensor_t t = o->b.tensors[x];
    int32_t in[2] = {x, onnx_new_const(o, "table", GRAPH_INT8, 1, &(int32_t){256}, NULL, table)};
    int32_t out =
        in[1] < 0 ? in[1] : onnx_new_tensor(o, w->name, GRAPH_INT8, t.rank, t.dims, &w->q);
    return out >= 0 && onnx_new_op(o, GRAPH_OP_LOOKUP, w->name, 2, in, 1, &out) ? out : ONNX_NONE;
}

/* The pieces joined, as w->v. */
static int32_t joined(onnx_t *o, const onnx_want_t *w, int at, bool nhwc, int32_t n,
                      const int32_t *pieces) {
    int32_t out = n == 1 ? pieces[0] : onnx_new_like(o, w->v, w->q, nhwc);
    graph_op_t *op =
        n == 1 ? NULL : onnx_new_op(o, GRAPH_OP_CONCATENATION, w->name, n, pieces, 1, &out);
    if (n > 1 && !op)
        return ONNX_NONE;
    if (op)
        op->p.concat.axis = at;
    return out;
}

int onnx_lower_power(onnx_t *o, const onnx_want_t *w) {
    const onnx_node_t *n = w->node;
    const onnx_value_t *x = onnx_in(o, n, 0), *c = onnx_in(o, n, 1), *y = &o->values[w->v];
    bool same = x && c && x->rank == y->rank && c->rank <= y->rank;
    for (int d = 0; same && d < x->rank; d++)
        same = x->dims[d] == y->dims[d];
    float *f = same ? onnx_floats(o, n->in[1]) : NULL;
    int axis = f ? axis_of(c, f, y->rank) : -1;
    int32_t length = axis < 0 || c->rank == 0 ? 1 : y->dims[axis], count = 0, *pieces = NULL;
    if (axis < 0) {
        free(f);
        return onnx_fail(
            o, n,
            "its exponent is not a constant that changes along one axis of its base at "
            "most; write it as Mul, Sqrt or Exp");
    }
    bool nhwc = o->image[w->v];
    int at = onnx_stored_axis(axis, y->rank, nhwc);
    onnx_quant_t q;
    int32_t in = onnx_operand(o, n->in[0], nhwc, &q), out = ONNX_NONE;
    bool along = c->elements == (size_t)length && length > 1, ok = in >= 0;
    pieces = malloc((size_t)length * sizeof *pieces);
    for (int32_t from = 0, to; pieces && ok && from < length; from = to) {
        for (to = from + 1; to < length && (!along || f[to] == f[from]);)
            to++;
        int32_t part = piece(o, w, in, q, at, from, to);
        pieces[count] = raised(o, w, part, q, (double)f[along ? from : 0]);
        ok = pieces[count++] >= 0;
    }
    if (pieces && ok)
        out = joined(o, w, at, nhwc, count, pieces);
    free(pieces);
    free(f);
    return out < 0 ? -1 : onnx_remember(o, w->v, w->q, nhwc, out);
}
