/*
 * onnx_resize.c - Resize of an image's rows and columns, or along a sequence: shape and operators.
 *
 * Nearest: ONNX's rule, evaluated in float32 for every output row and column; where that is
 * TFLite's rule (whole factors) RESIZE_NEAREST_NEIGHBOR, else one GATHER along rows and one along
 * columns. Linear: RESIZE_BILINEAR with the step 1 / scale of 20 bits (ref_resize.c); cubic is
 * refused. SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "onnx_internal.h"

typedef enum { ASYMMETRIC, HALF_PIXEL, ALIGN_CORNERS, WHERE_COUNT } where_t;

typedef struct {
    int64_t dims[GRAPH_MAX_RANK]; /* of the output */
    double step[GRAPH_MAX_RANK];  /* source elements per output element */
    where_t where;
    bool linear;
    char near[32];
} resize_t;

/* Output lengths: sizes if given, else floor(length * scale); for all dimensions or for `axes`. */
static int lengths(onnx_t *o, const onnx_node_t *n, resize_t *r) {
    const onnx_value_t *x = onnx_in(o, n, 0), *scales = onnx_in(o, n, 2);
    int64_t axes[GRAPH_MAX_RANK], sizes[GRAPH_MAX_RANK];
    int listed = onnx_ints(o, n, "axes", n->n_in, axes, GRAPH_MAX_RANK);
    int count = onnx_in(o, n, 3) ? onnx_ints(o, n, "", 3, sizes, GRAPH_MAX_RANK) : 0;
    bool scaled = count == 0 && scales && scales->data && scales->type == GRAPH_FLOAT32;
    if (count < 0 || listed < 0)
        return -1;
    int want = listed ? listed : x->rank;
    if ((size_t)want != (scaled ? scales->elements : (size_t)count))
        return onnx_fail(o, n, "its sizes are not constant");
    onnx_wide(x, r->dims);
    for (int d = 0; d < x->rank; d++)
        r->step[d] = 1;
    for (int i = 0; i < want; i++) {
        int a = onnx_axis(o, n, listed ? axes[i] : i, x->rank);
        if (a < 0)
            return -1;
        double scale =
            scaled ? (double)((const float *)scales->data)[i] : (double)sizes[i] / x->dims[a];
        if (!(scale > 0 && scale * x->dims[a] < 1e9))
            return onnx_fail(o, n, "its scale is out of range");
        r->dims[a] = scaled ? (int64_t)floorf((float)scale * (float)x->dims[a]) : sizes[i];
        r->step[a] = 1 / scale;
    }
    return 0;
}

int onnx_shape_resize(onnx_t *o, const onnx_node_t *n) {
    resize_t r;
    const onnx_value_t *x = onnx_in(o, n, 0);
    return lengths(o, n, &r) ? -1 : onnx_shape_set(o, n, x->type, x->rank, r.dims);
}

static int options(onnx_t *o, const onnx_node_t *n, int rank, resize_t *r) {
    static const char *const names[WHERE_COUNT] = {"asymmetric", "half_pixel", "align_corners"};
    char mode[32], where[32], policy[32];
    onnx_attr_string(n, "mode", mode);
    onnx_attr_string(n, "coordinate_transformation_mode", where);
    onnx_attr_string(n, "nearest_mode", r->near);
    onnx_attr_string(n, "keep_aspect_ratio_policy", policy);
    r->linear = strcmp(mode, "linear") == 0;
    r->where = *where ? WHERE_COUNT : HALF_PIXEL;
    for (int i = 0; i < WHERE_COUNT; i++)
        r->where = strcmp(where, names[i]) == 0 ? (where_t)i : r->where;
    /* its exception is an output of one row or column */
    if (strcmp(where, "pytorch_half_pixel") == 0 && r->dims[2] > 1 && r->dims[rank - 1] > 1)
        r->where = HALF_PIXEL;
    if (r->where == WHERE_COUNT || (!r->linear && *mode && strcmp(mode, "nearest") != 0))
        return onnx_fail(o, n, "mode %.20s with %.30s is not supported", mode, where);
    if ((*policy && strcmp(policy, "stretch") != 0) || onnx_attr_int(n, "antialias", 0))
        return onnx_fail(o, n, "antialias and keep_aspect_ratio_policy are not supported");
    return 0;
}

/* Source position of output i, in float32 as ONNX Runtime computes it. */
static float source(const resize_t *r, int d, int64_t i, int32_t in) {
    float scale = (float)(1 / r->step[d]);
    if (r->where == ALIGN_CORNERS)
        return r->dims[d] == 1 ? 0 : (float)i * (float)(in - 1) / (float)(r->dims[d] - 1);
    return r->where == HALF_PIXEL ? ((float)i + 0.5f) / scale - 0.5f : (float)i / scale;
}

/* -1: no such rule. */
static int64_t nearest(const char *near, float at) {
    if (strcmp(near, "floor") == 0)
        return (int64_t)floorf(at);
    if (strcmp(near, "ceil") == 0)
        return (int64_t)ceilf(at);
    if (strcmp(near, "round_prefer_ceil") == 0)
        return (int64_t)floorf(at + 0.5f);
    return *near && strcmp(near, "round_prefer_floor") != 0 ? -1 : (int64_t)ceilf(at - 0.5f);
}

/* Indices along dimension d into a new constant; *plain: output i is made of i * in / out. */
static int32_t indices(onnx_t *o, const onnx_want_t *w, const resize_t *r, int d, bool *plain) {
    int32_t in = o->values[w->node->in[0]].dims[d], out = (int32_t)r->dims[d];
    int32_t *list = malloc((size_t)out * sizeof *list), t = ONNX_NONE;
    *plain = true;
    for (int32_t i = 0; list && i < out; i++) {
        int64_t at = nearest(r->near, source(r, d, i, in));
        at = at < 0 ? 0 : at < in ? at : in - 1;
        list[i] = (int32_t)at;
        *plain = *plain && out % in == 0 && at == i / (out / in);
    }
    if (list)
        t = onnx_new_ints(o, "indices", out, list);
    else
        graph_fail(o->err, "%s: out of memory", o->path);
    free(list);
    return t;
}

int onnx_lower_resize(onnx_t *o, const onnx_want_t *w) {
    const onnx_node_t *n = w->node;
    const onnx_value_t *x = &o->values[n->in[0]];
    resize_t r;
    bool all_plain = true, plain;
    if (!onnx_may_be_image(x->rank))
        return onnx_fail(o, n,
                         "only images and sequences (four and three dimensions) can be resized");
    if (lengths(o, n, &r) || options(o, n, x->rank, &r))
        return -1;
    if (r.dims[0] != x->dims[0] || r.dims[1] != x->dims[1])
        return onnx_fail(o, n,
                         "only the last dimensions can be resized, those behind N and C; put a "
                         "Transpose around it");
    int32_t size[2] = {x->rank == 4 ? (int32_t)r.dims[2] : 1, (int32_t)r.dims[x->rank - 1]};
    if (!r.linear) {
        if (nearest(r.near, 1) < 0)
            return onnx_fail(o, n, "nearest_mode %.30s is not supported", r.near);
        int32_t index[GRAPH_MAX_RANK] = {ONNX_NONE, ONNX_NONE};
        for (int d = 2; d < x->rank; d++) {
            if ((index[d] = indices(o, w, &r, d, &plain)) < 0)
                return -1;
            all_plain = all_plain && plain;
        }
        if (!all_plain)
            return onnx_gather_along(o, w, onnx_tensor(o, n->in[0], w->q, true), true, index);
    }
    int32_t t = onnx_new_ints(o, "size", 2, size);
    graph_op_t *op =
        t < 0 ? NULL
              : onnx_move(o, w,
                          r.linear ? GRAPH_OP_RESIZE_BILINEAR : GRAPH_OP_RESIZE_NEAREST_NEIGHBOR,
                          true, 1, &t);
    if (!op)
        return -1;
    bool align = r.where == ALIGN_CORNERS;
    op->p.resize.half_pixel_centers = r.linear && r.where == HALF_PIXEL;
    for (int d = 2; d < x->rank && r.linear; d++) {
        double step = !align           ? r.step[d]
                      : r.dims[d] == 1 ? 1
                                       : (double)(x->dims[d] - 1) / (double)(r.dims[d] - 1);
        *(d == x->rank - 1 ? &op->p.resize.step_w : &op->p.resize.step_h) =
            step > 0 ? step : 1; /* one pixel: any */
    }
    if (r.linear && x->rank == 3)
        op->p.resize.step_h = 1;
    return 0;
}
