/*
 * ref_prepare_move.c - PAD, PADV2, RESHAPE, CONCATENATION, PACK, SPLIT, TRANSPOSE, STRIDED_SLICE.
 *
 * Source: TensorFlow Lite Micro kernels of the same names; kernels/internal/strided_slice_logic.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ref_prepare_internal.h"

#include <string.h>

int prep_same_type(prep_t *p) {
    PREP_REQUIRE(p, p->x->type == p->y->type && graph_type_size(p->x->type) > 0,
                 "its input is %s, its output %s", graph_type_name(p->x->type),
                 graph_type_name(p->y->type));
    return 0;
}

static int32_t first_dim(const graph_tensor_t *t) { /* of aligned shapes */
    return REF_MAX_RANK - t->rank;
}

int prep_pad(prep_t *p) {
    ref_pad_t *c = &p->r->op.p.pad;
    int v2 = p->op->code == GRAPH_OP_PADV2;
    int32_t pads[2 * GRAPH_MAX_RANK], n;
    PREP_TRY(prep_inputs(p, v2 ? 3 : 2, v2 ? 3 : 2));
    PREP_TRY(prep_same_type(p));
    c->elem_size = (int32_t)graph_type_size(p->x->type);
    PREP_REQUIRE(p, c->elem_size <= 4, "%s is not supported", graph_type_name(p->x->type));
    PREP_TRY(prep_ints(p, 1, "its padding", pads, &n, 2 * GRAPH_MAX_RANK));
    PREP_REQUIRE(p, n == 2 * p->x->rank && p->y->rank == p->x->rank,
                 "its padding does not fit its shape");
    for (int32_t d = 0; d < p->x->rank; d++) {
        int64_t out = (int64_t)p->x->dims[d] + pads[2 * d] + pads[2 * d + 1];
        PREP_REQUIRE(p, pads[2 * d] >= 0 && pads[2 * d + 1] >= 0 && out == p->y->dims[d],
                     "its output shape does not fit its padding");
        c->before[first_dim(p->x) + d] = pads[2 * d];
    }
    if (p->x->type == GRAPH_INT8 || p->x->type == GRAPH_UINT8)
        c->value = prep_zp(p->y);
    if (v2) {
        const graph_tensor_t *v = graph_in(p->g, p->op, 2);
        PREP_REQUIRE(p, v && v->data && v->elements == 1 && v->type == p->x->type,
                     "its pad value is not a constant of its type");
        uint32_t bits = 0;
        for (int32_t i = c->elem_size - 1; i >= 0; i--)
            bits = bits << 8 | ((const uint8_t *)v->data)[i];
        c->value = ref_wrap(bits);
    }
    return prep_simple(p, REF_PAD);
}

int prep_reshape(prep_t *p) {
    PREP_TRY(prep_inputs(p, 1, 2));
    PREP_TRY(prep_same_type(p));
    PREP_REQUIRE(p, p->x->elements == p->y->elements, "%zu values cannot take a shape of %zu",
                 p->x->elements, p->y->elements);
    p->r->op.p.copy.bytes = (int32_t)p->x->bytes;
    return prep_simple(p, REF_COPY);
}

void prep_around(const graph_tensor_t *t, int32_t axis, int32_t *outer, int32_t *inner) {
    *outer = *inner = 1;
    for (int32_t d = 0; d < t->rank; d++)
        *(d < axis ? outer : inner) *= d == axis ? 1 : t->dims[d];
}

/* CONCATENATION and PACK: n inputs, their lengths along the axis as one more constant. */
static int join(prep_t *p, int32_t axis, int pack) {
    ref_concat_t *c = &p->r->op.p.concat;
    const graph_tensor_t *y = p->y;
    int64_t sum = 0;
    PREP_TRY(prep_same_type(p));
    axis = axis < 0 ? axis + y->rank : axis;
    PREP_REQUIRE(p, axis >= 0 && axis < y->rank, "its axis does not exist");
    c->n = p->op->n_in;
    int32_t *lengths = prep_array(p, (size_t)c->n);
    if (!lengths)
        return -1;
    p->r->op.kind = REF_CONCAT;
    PREP_TRY(prep_args(p, c->n + 1, 1));
    for (int32_t i = 0; i < c->n; i++) {
        const graph_tensor_t *t = graph_in(p->g, p->op, i);
        PREP_REQUIRE(p, t && t->type == y->type && t->elements > 0 && t->rank == y->rank - pack,
                     "input %d has another type or rank", (int)i);
        for (int32_t d = 0; d < y->rank; d++)
            PREP_REQUIRE(p, d == axis || t->dims[d - (pack && d > axis)] == y->dims[d],
                         "input %d does not fit the output's shape", (int)i);
        if (t->type == GRAPH_INT8 && !pack)
            PREP_REQUIRE(p, prep_scale(t) == prep_scale(y) && prep_zp(t) == prep_zp(y),
                         "input %d is quantised otherwise than the output", (int)i);
        lengths[i] = pack ? 1 : t->dims[axis];
        sum += lengths[i];
        prep_bind(p, i, i);
    }
    PREP_REQUIRE(p, sum == y->dims[axis], "its inputs do not fill its output");
    prep_around(y, axis, &c->outer, &c->inner);
    c->inner *= (int32_t)graph_type_size(y->type);
    prep_bind_array(p, c->n, lengths, (size_t)c->n);
    return 0;
}

int prep_concat(prep_t *p) {
    PREP_REQUIRE(p, p->op->p.concat.act == GRAPH_ACT_NONE, "a fused activation is not supported");
    return join(p, p->op->p.concat.axis, 0);
}

int prep_pack(prep_t *p) {
    return join(p, p->op->p.pack.axis, 1);
}

int prep_split(prep_t *p) {
    ref_concat_t *c = &p->r->op.p.concat;
    int32_t axis, n, inner;
    PREP_TRY(prep_inputs(p, 2, 2));
    PREP_TRY(prep_same_type(p));
    PREP_TRY(prep_ints(p, 0, "its axis", &axis, &n, 1));
    PREP_REQUIRE(p, n == 1, "its axis is empty");
    axis = axis < 0 ? axis + p->x->rank : axis;
    PREP_REQUIRE(p, axis >= 0 && axis < p->x->rank, "its axis does not exist");
    c->n = p->op->n_out;
    PREP_REQUIRE(p, p->x->dims[axis] % c->n == 0, "its input does not divide by %d", (int)c->n);
    for (int32_t i = 0; i < c->n; i++) {
        const graph_tensor_t *t = graph_out(p->g, p->op, i);
        PREP_REQUIRE(p, t->type == p->x->type && t->rank == p->x->rank, "output %d differs in type",
                     (int)i);
        for (int32_t d = 0; d < t->rank; d++)
            PREP_REQUIRE(p, t->dims[d] == (d == axis ? p->x->dims[d] / c->n : p->x->dims[d]),
                         "output %d has another shape", (int)i);
    }
    prep_around(p->x, axis, &c->outer, &inner);
    c->inner = inner * (p->x->dims[axis] / c->n) * (int32_t)graph_type_size(p->x->type);
    return prep_outputs(p, REF_SPLIT);
}

int prep_transpose(prep_t *p) {
    ref_transpose_t *c = &p->r->op.p.transpose;
    int32_t perm[GRAPH_MAX_RANK], n, seen = 0, first = first_dim(p->x);
    PREP_TRY(prep_inputs(p, 2, 2));
    PREP_TRY(prep_same_type(p));
    PREP_TRY(prep_ints(p, 1, "its permutation", perm, &n, GRAPH_MAX_RANK));
    PREP_REQUIRE(p, n == p->x->rank && n == p->y->rank, "its permutation does not fit its shape");
    c->elem_size = (int32_t)graph_type_size(p->x->type);
    for (int32_t d = 0; d < first; d++)
        c->perm[d] = d;
    for (int32_t d = 0; d < n; d++) {
        int32_t from = perm[d] < 0 ? perm[d] + n : perm[d];
        PREP_REQUIRE(
            p, from >= 0 && from < n && !(seen >> from & 1) && p->y->dims[d] == p->x->dims[from],
            "its permutation does not fit its shape");
        seen |= 1 << from;
        c->perm[first + d] = first + from;
    }
    return prep_simple(p, REF_TRANSPOSE);
}

/* Ellipsis and new-axis masks are ignored, as the oracle does; shapes must then agree. */
int prep_slice(prep_t *p) {
    ref_slice_t *c = &p->r->op.p.slice;
    int32_t begin[GRAPH_MAX_RANK], end[GRAPH_MAX_RANK], step[GRAPH_MAX_RANK], n[3];
    int32_t first = first_dim(p->x), kept = 0;
    PREP_TRY(prep_inputs(p, 4, 4));
    PREP_TRY(prep_same_type(p));
    PREP_TRY(prep_ints(p, 1, "its begin", begin, &n[0], GRAPH_MAX_RANK));
    PREP_TRY(prep_ints(p, 2, "its end", end, &n[1], GRAPH_MAX_RANK));
    PREP_TRY(prep_ints(p, 3, "its strides", step, &n[2], GRAPH_MAX_RANK));
    PREP_REQUIRE(p, n[0] == p->x->rank && n[1] == n[0] && n[2] == n[0],
                 "its begin, end and strides do not fit its shape");
    c->elem_size = (int32_t)graph_type_size(p->x->type);
    for (int32_t d = 0; d < first; d++)
        c->stride[d] = c->count[d] = 1;
    for (int32_t d = 0; d < p->x->rank; d++) {
        int32_t size = p->x->dims[d];
        int shrink = p->op->p.strided_slice.shrink_mask >> d & 1, back = step[d] < 0;
        PREP_REQUIRE(p, step[d] != 0, "its stride is 0");
        int64_t start = begin[d] < 0 ? (int64_t)begin[d] + size : begin[d];
        int64_t stop = end[d] < 0 ? (int64_t)end[d] + size : end[d];
        int64_t lo = back ? -1 : 0, hi = back ? size - 1 : size;
        start = start < lo ? lo : start > hi ? hi : start;
        stop = stop < lo ? lo : stop > hi ? hi : stop;
        if (p->op->p.strided_slice.begin_mask >> d & 1)
            start = back ? size - 1 : 0;
        if (p->op->p.strided_slice.end_mask >> d & 1)
            stop = back ? -1 : size;
        int64_t count = back ? (start - stop - step[d] - 1) / -(int64_t)step[d]
                             : (stop - start + step[d] - 1) / step[d];
        if (shrink)
            count = 1;
        PREP_REQUIRE(p, !(shrink && back) && count >= 1 && start >= 0 && start < size,
                     "its slice of dimension %d is empty", (int)d);
        if (!shrink) {
            PREP_REQUIRE(p, kept < p->y->rank && p->y->dims[kept] == count,
                         "its output shape does not fit its slice");
            kept++;
        }
        c->start[first + d] = (int32_t)start;
        c->stride[first + d] = count == 1 ? 1 : step[d];
        c->count[first + d] = (int32_t)count;
    }
    PREP_REQUIRE(p, kept == p->y->rank, "its output shape does not fit its slice");
    return prep_simple(p, REF_STRIDED_SLICE);
}
