/*
 * move_list.c - operators that only move bytes, as strided copies: CONCATENATION, PACK, SPLIT,
 * SPLIT_V, UNPACK, SLICE, STRIDED_SLICE, TRANSPOSE, SPACE_TO_DEPTH, DEPTH_TO_SPACE,
 * SPACE_TO_BATCH_ND, BATCH_TO_SPACE_ND, PAD of any axis, GATHER with known indices,
 * RESIZE_NEAREST_NEIGHBOR by whole factors, RESHAPE of a constant, READ_VARIABLE, ASSIGN_VARIABLE.
 * Each mirrors the index arithmetic of its golden model (cmodel/ref/ref_move.c, ref_block.c,
 * ref_select.c, ref_resize.c). SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "lower_move.h"

#define N 2 /* positions in an aligned shape */
#define H 3
#define W 4
#define C 5

typedef struct {
    cc_copy_fn f;
    void *ctx;
} list_t;

/* ------------------------------------------------------------------ one copy */
static void axis(cc_copy_t *c, int64_t n, int64_t from, int64_t to) {
    c->axis[c->n_axes++] = (cc_axis_t){n, from, to};
}

/* Without axes of 1, neighbours joined, a run of bytes last. */
static void normalise(cc_copy_t *c) {
    int32_t kept = 0;
    c->bytes = 1;
    for (int32_t i = 0; i < c->n_axes; i++) {
        cc_axis_t a = c->axis[i];
        c->bytes *= a.n;
        if (a.n == 1)
            continue;
        cc_axis_t *last = kept > 0 ? &c->axis[kept - 1] : NULL;
        if (last && last->from == a.n * a.from && last->to == a.n * a.to)
            *last = (cc_axis_t){last->n * a.n, a.from, a.to};
        else
            c->axis[kept++] = a;
    }
    if (kept == 0 || c->axis[kept - 1].from != 1 || c->axis[kept - 1].to != 1)
        c->axis[kept++] = (cc_axis_t){1, 1, 1};
    c->n_axes = kept;
}

static int give(list_t *l, cc_copy_t c) {
    for (int32_t i = 0; i < c.n_axes; i++)
        if (c.axis[i].n <= 0)
            return 0;
    normalise(&c);
    return l->f(l->ctx, &c);
}

/* Bytes between steps of each dimension of a dense tensor. */
static void strides(const ref_shape_t *s, int64_t elem, int64_t stride[REF_MAX_RANK]) {
    for (int d = REF_MAX_RANK - 1; d >= 0; d--) {
        stride[d] = elem;
        elem *= s->dims[d];
    }
}

/* ------------------------------------------------------------------ operators */
static int join(const ref_prepared_t *r, list_t *l) {
    const ref_concat_t *p = &r->op.p.concat;
    const int32_t *lengths = r->in[p->n].data;
    int64_t total = 0, at = 0;
    int st = 0;
    for (int32_t i = 0; i < p->n; i++)
        total += (int64_t)lengths[i] * p->inner;
    for (int32_t i = 0; i < p->n && st == 0; i++) {
        int64_t bytes = (int64_t)lengths[i] * p->inner;
        cc_copy_t c = {.in = i, .to = at};
        axis(&c, p->outer, bytes, total);
        axis(&c, bytes, 1, 1);
        st = give(l, c);
        at += bytes;
    }
    return st;
}

static int split(const ref_prepared_t *r, list_t *l) {
    const ref_concat_t *p = &r->op.p.concat;
    const int32_t *lengths = r->op.kind == REF_SPLIT_V ? r->in[1].data : NULL;
    int64_t total = 0, at = 0;
    int st = 0;
    for (int32_t i = 0; i < p->n; i++)
        total += (int64_t)(lengths ? lengths[i] : 1) * p->inner;
    for (int32_t i = 0; i < p->n && st == 0; i++) {
        int64_t bytes = (int64_t)(lengths ? lengths[i] : 1) * p->inner;
        cc_copy_t c = {.out = i, .from = at};
        axis(&c, p->outer, total, bytes);
        axis(&c, bytes, 1, 1);
        st = give(l, c);
        at += bytes;
    }
    return st;
}

static int slice(const ref_prepared_t *r, list_t *l) {
    const ref_slice_t *p = &r->op.p.slice;
    ref_shape_t taken = {REF_MAX_RANK, {0}};
    int64_t from[REF_MAX_RANK], to[REF_MAX_RANK];
    cc_copy_t c = {0};
    memcpy(taken.dims, p->count, sizeof taken.dims);
    strides(&r->op.a, p->elem_size, from);
    strides(&taken, p->elem_size, to);
    for (int d = 0; d < REF_MAX_RANK; d++) {
        c.from += p->start[d] * from[d];
        axis(&c, p->count[d], p->stride[d] * from[d], to[d]);
    }
    axis(&c, p->elem_size, 1, 1);
    return give(l, c);
}

static int transpose(const ref_prepared_t *r, list_t *l) {
    const ref_transpose_t *p = &r->op.p.transpose;
    int64_t from[REF_MAX_RANK], to[REF_MAX_RANK];
    cc_copy_t c = {0};
    strides(&r->op.a, p->elem_size, from);
    strides(&r->op.out, p->elem_size, to);
    for (int d = 0; d < REF_MAX_RANK; d++)
        axis(&c, r->op.out.dims[d], from[p->perm[d]], to[d]);
    axis(&c, p->elem_size, 1, 1);
    return give(l, c);
}

static int pad(const ref_prepared_t *r, list_t *l) {
    const ref_pad_t *p = &r->op.p.pad;
    int64_t from[REF_MAX_RANK], to[REF_MAX_RANK];
    cc_copy_t c = {0};
    strides(&r->op.a, p->elem_size, from);
    strides(&r->op.out, p->elem_size, to);
    for (int d = 0; d < REF_MAX_RANK; d++) {
        c.to += p->before[d] * to[d];
        axis(&c, r->op.a.dims[d], from[d], to[d]);
    }
    axis(&c, p->elem_size, 1, 1);
    return give(l, c);
}

/* Positions i of the batch side for which i * block + phase - before lies in 0..size-1. */
static void inside(int64_t block, int64_t phase, int64_t before, int64_t size, int64_t count,
                   int64_t *first, int64_t *end) {
    int64_t low = before - phase;
    *first = low > 0 ? (low + block - 1) / block : 0;
    *end = size + low > 0 ? (size + low + block - 1) / block : 0;
    *end = *end < count ? *end : count;
}

/* The space side is (n, h, w), the batch side (block_h, block_w, n, y, x). */
static int space_batch(const ref_prepared_t *r, list_t *l) {
    const ref_block_t *p = &r->op.p.block;
    bool to_batch = r->op.kind == REF_SPACE_TO_BATCH;
    const int32_t *space = to_batch ? r->op.a.dims : r->op.out.dims;
    const int32_t *batch = to_batch ? r->op.out.dims : r->op.a.dims;
    int64_t pixel = (int64_t)space[C] * p->elem_size;
    int64_t s_row = space[W] * pixel, b_row = batch[W] * pixel, s_image = space[H] * s_row;
    int64_t b_image = batch[H] * b_row;
    int st = 0;
    for (int32_t k = 0; k < p->block_h * p->block_w && st == 0; k++) {
        int64_t dy = k / p->block_w, dx = k % p->block_w, y0, y1, x0, x1;
        inside(p->block_h, dy, p->before_h, space[H], batch[H], &y0, &y1);
        inside(p->block_w, dx, p->before_w, space[W], batch[W], &x0, &x1);
        int64_t in_space = (y0 * p->block_h + dy - p->before_h) * s_row +
                           (x0 * p->block_w + dx - p->before_w) * pixel;
        int64_t in_batch = (int64_t)k * space[N] * b_image + y0 * b_row + x0 * pixel;
        int64_t step[3][2] = {
            {s_image, b_image}, {p->block_h * s_row, b_row}, {p->block_w * pixel, pixel}};
        int64_t count[3] = {space[N], y1 - y0, x1 - x0};
        cc_copy_t c = {.from = to_batch ? in_space : in_batch,
                       .to = to_batch ? in_batch : in_space};
        for (int i = 0; i < 3; i++)
            axis(&c, count[i], step[i][!to_batch], step[i][to_batch]);
        axis(&c, pixel, 1, 1);
        st = give(l, c);
    }
    return st;
}

/* Positions from map[i] on that follow in equal steps. */
static int32_t steps(const int32_t *map, int32_t i, int32_t end, int64_t *step) {
    int32_t n = 1;
    *step = i + 1 < end ? (int64_t)map[i + 1] - map[i] : 0;
    while (i + n < end && (int64_t)map[i + n] - map[i + n - 1] == *step)
        n++;
    return n;
}

/* Indices in steps that stay the same are one copy. */
static int gather(const ref_prepared_t *r, list_t *l) {
    const ref_gather_t *p = &r->op.p.gather;
    const int32_t *list = r->in[1].data;
    int st = 0;
    if (list == NULL)
        return -1;
    for (int64_t i = 0; i < (int64_t)p->batch * p->coords; i++)
        if (list[i] < 0 || list[i] >= p->axis)
            return -1; /* an error, when it runs */
    for (int32_t b = 0; b < p->batch; b++)
        for (int32_t i = 0, n; i < p->coords && st == 0; i += n) {
            const int32_t *at = list + (int64_t)b * p->coords;
            int64_t step;
            n = steps(at, i, p->coords, &step);
            cc_copy_t c = {.from = ((int64_t)b * p->outer * p->axis + at[i]) * p->inner,
                           .to = ((int64_t)b * p->outer * p->coords + i) * p->inner};
            axis(&c, p->outer, (int64_t)p->axis * p->inner, (int64_t)p->coords * p->inner);
            axis(&c, n, step * p->inner, p->inner);
            axis(&c, p->inner, 1, 1);
            st = give(l, c);
        }
    return st;
}

/* Each source position `factor` times. */
static bool whole_factor(const int32_t *map, int32_t in, int32_t out) {
    if (out % in != 0)
        return false;
    for (int32_t i = 0; i < out; i++)
        if (map[i] != i / (out / in))
            return false;
    return true;
}

static int nearest(const ref_prepared_t *r, list_t *l) {
    const int32_t *a = r->op.a.dims, *o = r->op.out.dims;
    const int32_t *row = r->in[1].data, *col = r->in[2].data;
    int64_t pixel = (int64_t)a[C] * r->op.p.resize.elem_size, a_row = a[W] * pixel;
    int64_t fy = o[H] / a[H], fx = o[W] / a[W], o_row = o[W] * pixel;
    int st = 0;
    if (whole_factor(row, a[H], o[H]) && whole_factor(col, a[W], o[W])) {
        cc_copy_t c = {0};
        axis(&c, (int64_t)a[N] * a[H], a_row, fy * o_row);
        axis(&c, fy, 0, o_row);
        axis(&c, a[W], pixel, fx * pixel);
        axis(&c, fx, 0, pixel);
        axis(&c, pixel, 1, 1);
        return give(l, c);
    }
    int64_t dy, dx;
    for (int32_t y = 0, ny; y < o[H] && st == 0; y += ny) {
        ny = steps(row, y, o[H], &dy);
        for (int32_t x = 0, nx; x < o[W] && st == 0; x += nx) {
            nx = steps(col, x, o[W], &dx);
            cc_copy_t c = {.from = row[y] * a_row + col[x] * pixel, .to = y * o_row + x * pixel};
            axis(&c, a[N], a[H] * a_row, o[H] * o_row);
            axis(&c, ny, dy * a_row, o_row);
            axis(&c, nx, dx * pixel, pixel);
            axis(&c, pixel, 1, 1);
            st = give(l, c);
        }
    }
    return st;
}

static int whole(const ref_prepared_t *r, list_t *l) {
    cc_copy_t c = {0};
    axis(&c, r->op.p.copy.bytes, 1, 1);
    return give(l, c);
}

/* The value of all bytes, when they are the same; else -1. */
static int32_t fill_value(int32_t value, int32_t elem) {
    for (int32_t i = 1; i < elem; i++)
        if (((uint32_t)value >> 8 * i & 255u) != ((uint32_t)value & 255u))
            return -1;
    return value & 255;
}

/* SPACE_TO_BATCH_ND with padding: more space on the batch side. */
static bool has_border(const ref_op_t *op) {
    const ref_block_t *p = &op->p.block;
    return op->kind == REF_SPACE_TO_BATCH &&
           ((int64_t)op->out.dims[H] * p->block_h != op->a.dims[H] ||
            (int64_t)op->out.dims[W] * p->block_w != op->a.dims[W]);
}

int cc_list_copies(const ref_prepared_t *r, cc_copy_fn f, void *ctx, int32_t *fill) {
    list_t l = {f, ctx};
    *fill = -1;
    switch (r->op.kind) {
    case REF_CONCAT:
        return join(r, &l);
    case REF_SPLIT:
    case REF_SPLIT_V:
        return split(r, &l);
    case REF_STRIDED_SLICE:
        return slice(r, &l);
    case REF_TRANSPOSE:
        return transpose(r, &l);
    case REF_PAD:
        *fill = fill_value(r->op.p.pad.value, r->op.p.pad.elem_size);
        return *fill < 0 ? -1 : pad(r, &l);
    case REF_SPACE_TO_BATCH:
    case REF_BATCH_TO_SPACE:
        if (has_border(&r->op))
            *fill = fill_value(r->op.p.block.value, r->op.p.block.elem_size);
        return has_border(&r->op) && *fill < 0 ? -1 : space_batch(r, &l);
    case REF_GATHER:
        return gather(r, &l);
    case REF_RESIZE_NEAREST:
        return nearest(r, &l);
    case REF_STATE_COPY:
    case REF_COPY:
        return whole(r, &l);
    default:
        return -1;
    }
}
