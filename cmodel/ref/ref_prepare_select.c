/*
 * ref_prepare_select.c - REDUCE_MAX, ARG_MAX, ARG_MIN, GATHER, RESIZE_BILINEAR,
 * RESIZE_NEAREST_NEIGHBOR.
 *
 * Source: TensorFlow Lite Micro kernels/{reduce_common,arg_min_max,gather,resize_bilinear,
 * resize_nearest_neighbor}.cc and their reference kernels. SPDX-License-Identifier: Apache-2.0
 */
#include "ref_prepare_internal.h"

#include <math.h>

int prep_reduce_max(prep_t *p) {
    PREP_TRY(prep_axes(p, &p->r->op.p.mean));
    PREP_REQUIRE(p, prep_scale(p->x) == prep_scale(p->y) && prep_zp(p->x) == prep_zp(p->y),
                 "its input and output are quantised differently");
    return prep_simple(p, REF_REDUCE_MAX);
}

int prep_arg_max(prep_t *p) {
    ref_arg_max_t *c = &p->r->op.p.arg_max;
    int32_t axis, n;
    PREP_TRY(prep_inputs(p, 2, 2));
    PREP_TRY(prep_int8(p, p->x, "its input"));
    PREP_REQUIRE(p, p->y->type == GRAPH_INT32, "its output is %s, not int32",
                 graph_type_name(p->y->type));
    PREP_TRY(prep_ints(p, 1, "its axis", &axis, &n, 1));
    PREP_REQUIRE(p, n == 1, "its axis is empty");
    axis = axis < 0 ? axis + p->x->rank : axis;
    PREP_REQUIRE(p, axis >= 0 && axis < p->x->rank, "its axis does not exist");
    prep_around(p->x, axis, &c->outer, &c->inner);
    c->depth = p->x->dims[axis];
    c->min = p->op->code == GRAPH_OP_ARG_MIN;
    PREP_REQUIRE(p, p->y->elements == (size_t)c->outer * (size_t)c->inner,
                 "its output shape does not fit its axis");
    return prep_simple(p, REF_ARG_MAX);
}

int prep_gather(prep_t *p) {
    ref_gather_t *c = &p->r->op.p.gather;
    const graph_tensor_t *x = p->x, *y = p->y, *at = graph_in(p->g, p->op, 1);
    int32_t axis = p->op->p.gather.axis, batch_dims = p->op->p.gather.batch_dims;
    PREP_TRY(prep_inputs(p, 2, 2));
    PREP_TRY(prep_same_type(p));
    PREP_REQUIRE(p, at && at->type == GRAPH_INT32 && at->elements > 0, "its indices are not int32");
    axis = axis < 0 ? axis + x->rank : axis;
    batch_dims = batch_dims < 0 ? batch_dims + at->rank : batch_dims;
    PREP_REQUIRE(p,
                 axis >= 0 && axis < x->rank && batch_dims >= 0 && batch_dims <= axis &&
                     batch_dims <= at->rank,
                 "its axis or its batch dimensions do not exist");
    int32_t want[2 * GRAPH_MAX_RANK], n = 0; /* the output's shape */
    c->batch = c->outer = c->coords = c->inner = 1;
    for (int32_t d = 0; d < batch_dims; d++) {
        PREP_REQUIRE(p, x->dims[d] == at->dims[d], "its indices do not fit its batches");
        c->batch *= x->dims[d];
    }
    for (int32_t d = 0; d < axis; d++) {
        want[n++] = x->dims[d];
        c->outer *= d >= batch_dims ? x->dims[d] : 1;
    }
    for (int32_t d = batch_dims; d < at->rank; d++)
        c->coords *= want[n++] = at->dims[d];
    for (int32_t d = axis + 1; d < x->rank; d++)
        c->inner *= want[n++] = x->dims[d];
    c->axis = x->dims[axis];
    c->inner *= (int32_t)graph_type_size(x->type);
    PREP_REQUIRE(p, n == y->rank, "its output shape does not fit its indices");
    for (int32_t d = 0; d < n; d++)
        PREP_REQUIRE(p, y->dims[d] == want[d], "its output shape does not fit its indices");
    p->r->op.kind = REF_GATHER;
    PREP_TRY(prep_args(p, 2, 1));
    prep_bind(p, 0, 0);
    prep_bind(p, 1, 1);
    return 0;
}

/* What both resizes need: four dimensions, only rows and columns change. */
static int resize(prep_t *p) {
    const graph_tensor_t *x = p->x, *y = p->y;
    int32_t size[2], n;
    const int32_t limit = 1 << 20;
    PREP_TRY(prep_inputs(p, 2, 2));
    PREP_TRY(prep_same_type(p));
    PREP_TRY(prep_ints(p, 1, "its size", size, &n, 2));
    PREP_REQUIRE(p, x->rank == 4 && y->rank == 4, "it is not four-dimensional");
    PREP_REQUIRE(p,
                 n == 2 && y->dims[0] == x->dims[0] && y->dims[1] == size[0] &&
                     y->dims[2] == size[1] && y->dims[3] == x->dims[3],
                 "its output shape does not fit its size");
    PREP_REQUIRE(p, x->dims[1] < limit && x->dims[2] < limit && size[0] < limit && size[1] < limit,
                 "an image side beyond %d", (int)limit);
    p->r->op.p.resize.elem_size = (int32_t)graph_type_size(x->type);
    return 0;
}

/* Source steps per output pixel in 1/1024, rounded. */
static int32_t bilinear_scale(int32_t in, int32_t out, bool align) {
    in -= align && out > 1;
    out -= align && out > 1;
    return (1024 * in + out / 2) / out;
}

int prep_resize_bilinear(prep_t *p) {
    ref_resize_t *c = &p->r->op.p.resize;
    PREP_TRY(resize(p));
    PREP_REQUIRE(p, p->x->type == GRAPH_INT8, "its input is %s, only int8 is supported",
                 graph_type_name(p->x->type));
    bool align = p->op->p.resize.align_corners, half = p->op->p.resize.half_pixel_centers;
    PREP_REQUIRE(p, !align || !half, "align_corners and half_pixel_centers exclude each other");
    c->half_pixel = half;
    if (p->op->p.resize.step_h > 0) {
        double h = p->op->p.resize.step_h, w = p->op->p.resize.step_w;
        PREP_REQUIRE(p, h < 2047 && w > 0 && w < 2047, "its steps are out of range");
        c->more = 10;
        c->scale_h = (int32_t)nearbyint(ldexp(h, 20));
        c->scale_w = (int32_t)nearbyint(ldexp(w, 20));
    } else {
        c->scale_h = bilinear_scale(p->x->dims[1], p->y->dims[1], align);
        c->scale_w = bilinear_scale(p->x->dims[2], p->y->dims[2], align);
    }
    return prep_simple(p, REF_RESIZE_BILINEAR);
}

/* GetNearestNeighbor, in float32. */
static void nearest(int32_t *from, int32_t in, int32_t out, bool align, bool half) {
    float scale = align && out > 1 ? (float)(in - 1) / (float)(out - 1) : (float)in / (float)out;
    for (int32_t i = 0; i < out; i++) {
        float at = (float)i + (half ? 0.5f : 0.0f);
        at = at * scale;
        int32_t v = (int32_t)(align ? roundf(at) : floorf(at));
        from[i] = v < in - 1 ? v : in - 1;
    }
}

int prep_resize_nearest(prep_t *p) {
    PREP_TRY(resize(p));
    bool align = p->op->p.resize.align_corners, half = p->op->p.resize.half_pixel_centers;
    size_t oh = (size_t)p->y->dims[1], ow = (size_t)p->y->dims[2];
    int32_t *row = prep_array(p, oh), *col = row ? prep_array(p, ow) : NULL;
    if (!col)
        return -1;
    nearest(row, p->x->dims[1], (int32_t)oh, align, half);
    nearest(col, p->x->dims[2], (int32_t)ow, align, half);
    p->r->op.kind = REF_RESIZE_NEAREST;
    PREP_TRY(prep_args(p, 3, 1));
    prep_bind(p, 0, 0);
    prep_bind_array(p, 1, row, oh);
    prep_bind_array(p, 2, col, ow);
    return 0;
}
