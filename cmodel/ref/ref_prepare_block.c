/*
 * ref_prepare_block.c - SLICE, UNPACK, SPLIT_V, DEPTH_TO_SPACE, SPACE_TO_DEPTH, SPACE_TO_BATCH_ND,
 * BATCH_TO_SPACE_ND.
 *
 * Source: TensorFlow Lite Micro kernels of the same names. SPDX-License-Identifier: Apache-2.0
 */
#include "ref_prepare_internal.h"

/* begin, size: size -1 reaches to the end. */
int prep_plain_slice(prep_t *p) {
    ref_slice_t *c = &p->r->op.p.slice;
    int32_t begin[GRAPH_MAX_RANK], size[GRAPH_MAX_RANK], n[2];
    int32_t first = REF_MAX_RANK - p->x->rank;
    PREP_TRY(prep_inputs(p, 3, 3));
    PREP_TRY(prep_same_type(p));
    PREP_TRY(prep_ints(p, 1, "its begin", begin, &n[0], GRAPH_MAX_RANK));
    PREP_TRY(prep_ints(p, 2, "its size", size, &n[1], GRAPH_MAX_RANK));
    PREP_REQUIRE(p, n[0] == p->x->rank && n[1] == n[0] && p->y->rank == n[0],
                 "its begin and size do not fit its shape");
    c->elem_size = (int32_t)graph_type_size(p->x->type);
    for (int32_t d = 0; d < REF_MAX_RANK; d++)
        c->stride[d] = c->count[d] = 1;
    for (int32_t d = 0; d < p->x->rank; d++) {
        int64_t count = size[d] == -1 ? (int64_t)p->x->dims[d] - begin[d] : size[d];
        PREP_REQUIRE(p, begin[d] >= 0 && count >= 1 && begin[d] + count <= p->x->dims[d],
                     "its slice of dimension %d lies outside", (int)d);
        PREP_REQUIRE(p, count == p->y->dims[d], "its output shape does not fit its slice");
        c->start[first + d] = begin[d];
        c->count[first + d] = (int32_t)count;
    }
    return prep_simple(p, REF_STRIDED_SLICE);
}

int prep_unpack(prep_t *p) {
    ref_concat_t *c = &p->r->op.p.concat;
    int32_t axis = p->op->p.pack.axis;
    PREP_TRY(prep_inputs(p, 1, 1));
    PREP_TRY(prep_same_type(p));
    axis = axis < 0 ? axis + p->x->rank : axis;
    PREP_REQUIRE(p, axis >= 0 && axis < p->x->rank, "its axis does not exist");
    c->n = p->op->n_out;
    PREP_REQUIRE(p, p->x->dims[axis] == c->n, "its input does not divide into %d", (int)c->n);
    for (int32_t i = 0; i < c->n; i++) {
        const graph_tensor_t *t = graph_out(p->g, p->op, i);
        PREP_REQUIRE(p, t->type == p->x->type && t->elements * (size_t)c->n == p->x->elements,
                     "output %d has another type or shape", (int)i);
    }
    prep_around(p->x, axis, &c->outer, &c->inner);
    c->inner *= (int32_t)graph_type_size(p->x->type);
    return prep_outputs(p, REF_SPLIT);
}

int prep_split_v(prep_t *p) {
    ref_concat_t *c = &p->r->op.p.concat;
    int32_t axis, n;
    int64_t sum = 0;
    PREP_TRY(prep_inputs(p, 3, 3));
    PREP_TRY(prep_same_type(p));
    PREP_TRY(prep_ints(p, 2, "its axis", &axis, &n, 1));
    PREP_REQUIRE(p, n == 1, "its axis is empty");
    axis = axis < 0 ? axis + p->x->rank : axis;
    PREP_REQUIRE(p, axis >= 0 && axis < p->x->rank, "its axis does not exist");
    c->n = p->op->n_out;
    int32_t *lengths = prep_array(p, (size_t)c->n);
    if (!lengths)
        return -1;
    for (int32_t i = 0; i < c->n; i++) { /* the outputs' shapes say the lengths */
        const graph_tensor_t *t = graph_out(p->g, p->op, i);
        PREP_REQUIRE(p, t->type == p->x->type && t->rank == p->x->rank,
                     "output %d has another type or rank", (int)i);
        for (int32_t d = 0; d < t->rank; d++)
            PREP_REQUIRE(p, d == axis || t->dims[d] == p->x->dims[d], "output %d has another shape",
                         (int)i);
        sum += lengths[i] = t->dims[axis];
    }
    PREP_REQUIRE(p, sum == p->x->dims[axis], "its outputs do not fill its input");
    prep_around(p->x, axis, &c->outer, &c->inner);
    c->inner *= (int32_t)graph_type_size(p->x->type);
    p->r->op.kind = REF_SPLIT_V;
    PREP_TRY(prep_args(p, 2, c->n));
    prep_bind(p, 0, 0);
    prep_bind_array(p, 1, lengths, (size_t)c->n);
    return 0;
}

/* Both directions swap the two middle axes of (n, h, block, w, block, c) and (n, h, w, block,
 * block, c). */
int prep_depth_space(prep_t *p) {
    ref_transpose_t *c = &p->r->op.p.transpose;
    static const int32_t perm[REF_MAX_RANK] = {0, 1, 3, 2, 4, 5};
    int to_space = p->op->code == GRAPH_OP_DEPTH_TO_SPACE;
    const graph_tensor_t *space = to_space ? p->y : p->x, *depth = to_space ? p->x : p->y;
    int32_t block = p->op->p.block.size;
    PREP_TRY(prep_inputs(p, 1, 1));
    PREP_TRY(prep_same_type(p));
    PREP_REQUIRE(p, space->rank == 4 && depth->rank == 4, "it is not four-dimensional");
    PREP_REQUIRE(p,
                 space->dims[0] == depth->dims[0] && space->dims[1] % block == 0 &&
                     space->dims[2] % block == 0 && space->dims[1] / block == depth->dims[1] &&
                     space->dims[2] / block == depth->dims[2] && space->elements == depth->elements,
                 "its shapes do not fit blocks of %d", (int)block);
    int32_t n = space->dims[0], h = depth->dims[1], w = depth->dims[2], ch = space->dims[3];
    ref_shape_t of_space = {REF_MAX_RANK, {n, h, block, w, block, ch}};
    ref_shape_t of_depth = {REF_MAX_RANK, {n, h, w, block, block, ch}};
    p->r->op.a = to_space ? of_depth : of_space;
    p->r->op.out = to_space ? of_space : of_depth;
    c->elem_size = (int32_t)graph_type_size(p->x->type);
    for (int d = 0; d < REF_MAX_RANK; d++)
        c->perm[d] = perm[d];
    return prep_simple(p, REF_TRANSPOSE);
}

/* Three dimensions count as (n, h, 1, c). */
static ref_shape_t image(const graph_tensor_t *t) {
    ref_shape_t s = prep_shape(t);
    if (t->rank == 3) {
        s.dims[2] = s.dims[3];
        s.dims[3] = s.dims[4];
        s.dims[4] = 1;
    }
    return s;
}

int prep_space_batch(prep_t *p) {
    ref_block_t *c = &p->r->op.p.block;
    int to_batch = p->op->code == GRAPH_OP_SPACE_TO_BATCH_ND;
    int32_t block[2], edge[4], n_block, n_edge, spatial = p->x->rank - 2;
    PREP_TRY(prep_inputs(p, 3, 3));
    PREP_TRY(prep_same_type(p));
    PREP_REQUIRE(p, (p->x->rank == 3 || p->x->rank == 4) && p->y->rank == p->x->rank,
                 "it needs three or four dimensions");
    PREP_TRY(prep_ints(p, 1, "its block shape", block, &n_block, 2));
    PREP_TRY(prep_ints(p, 2, to_batch ? "its padding" : "its crop", edge, &n_edge, 4));
    PREP_REQUIRE(p, n_block == spatial && n_edge == 2 * spatial,
                 "its block shape does not fit its shape");
    const graph_tensor_t *space = to_batch ? p->x : p->y, *batch = to_batch ? p->y : p->x;
    int64_t blocks = 1;
    for (int32_t d = 0; d < spatial; d++) {
        PREP_REQUIRE(p,
                     block[d] >= 1 && edge[2 * d] >= 0 && edge[2 * d + 1] >= 0 &&
                         edge[2 * d] < 1 << 24 && edge[2 * d + 1] < 1 << 24,
                     "its block shape or border is out of range");
        int64_t size = (int64_t)space->dims[1 + d] + edge[2 * d] + edge[2 * d + 1];
        PREP_REQUIRE(p, (int64_t)batch->dims[1 + d] * block[d] == size,
                     "its output shape does not fit its blocks");
        blocks *= block[d];
    }
    PREP_REQUIRE(p,
                 batch->dims[0] == blocks * space->dims[0] &&
                     space->dims[spatial + 1] == batch->dims[spatial + 1],
                 "its output shape does not fit its blocks");
    c->elem_size = (int32_t)graph_type_size(p->x->type);
    PREP_REQUIRE(p, c->elem_size <= 4, "%s is not supported", graph_type_name(p->x->type));
    c->block_h = block[0];
    c->block_w = spatial > 1 ? block[1] : 1;
    c->before_h = edge[0];
    c->before_w = spatial > 1 ? edge[2] : 0;
    c->value = to_batch && c->elem_size == 1 ? prep_zp(p->y) : 0;
    p->r->op.a = image(p->x);
    p->r->op.out = image(p->y);
    return prep_simple(p, to_batch ? REF_SPACE_TO_BATCH : REF_BATCH_TO_SPACE);
}
