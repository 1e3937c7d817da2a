/*
 * ref_block.c - operators that move blocks: SPLIT_V, SPACE_TO_BATCH_ND, BATCH_TO_SPACE_ND.
 * (SPACE_TO_DEPTH and DEPTH_TO_SPACE are transpositions of six-dimensional shapes.)
 *
 * Contract: ref.h. Any element size up to 4.
 * Source: TensorFlow Lite kernels/internal/reference/{space_to_batch,batch_to_space}_nd.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ref_kernels.h"

#include <string.h>

int ref_k_split_v(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_concat_t *p = &op->p.concat;
    const int32_t *lengths = in[1]; /* (n) along the axis */
    const uint8_t *x = in[0];
    (void)scratch;
    for (int32_t o = 0; o < p->outer; o++)
        for (int32_t i = 0; i < p->n; i++) {
            size_t bytes = (size_t)lengths[i] * (size_t)p->inner;
            memcpy((uint8_t *)out[i] + (size_t)o * bytes, x, bytes);
            x += bytes;
        }
    return REF_OK;
}

static int block_args_ok(const ref_block_t *p, const ref_shape_t *space, const ref_shape_t *batch) {
    return p->block_h >= 1 && p->block_w >= 1 && p->before_h >= 0 && p->before_w >= 0 &&
           p->elem_size >= 1 && p->elem_size <= 4 && space->dims[REF_C] == batch->dims[REF_C] &&
           (int64_t)space->dims[REF_N] * p->block_h * p->block_w == batch->dims[REF_N];
}

int ref_k_space_to_batch(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_block_t *p = &op->p.block;
    const uint8_t *x = in[0]; /* (n, ih, iw, c) */
    uint8_t *y = out[0];      /* (block_h * block_w * n, oh, ow, c) */
    int32_t n = op->a.dims[REF_N], ih = op->a.dims[REF_H], iw = op->a.dims[REF_W];
    int32_t oh = op->out.dims[REF_H], ow = op->out.dims[REF_W], depth = op->a.dims[REF_C];
    size_t elem = (size_t)p->elem_size, pixel = (size_t)depth * elem;
    (void)scratch;
    if (!block_args_ok(p, &op->a, &op->out))
        return REF_E_ARG;
    for (int32_t b = 0; b < op->out.dims[REF_N]; b++)
        for (int32_t oy = 0; oy < oh; oy++)
            for (int32_t ox = 0; ox < ow; ox++, y += pixel) {
                int32_t iy = oy * p->block_h + b / n / p->block_w - p->before_h;
                int32_t ix = ox * p->block_w + b / n % p->block_w - p->before_w;
                if (iy >= 0 && iy < ih && ix >= 0 && ix < iw)
                    memcpy(y, x + (((size_t)(b % n) * ih + iy) * iw + ix) * pixel, pixel);
                else
                    for (size_t i = 0; i < pixel; i++)
                        y[i] = (uint8_t)((uint32_t)p->value >> 8 * (i % elem));
            }
    return REF_OK;
}

int ref_k_batch_to_space(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_block_t *p = &op->p.block;
    const uint8_t *x = in[0]; /* (block_h * block_w * n, ih, iw, c) */
    uint8_t *y = out[0];      /* (n, oh, ow, c) */
    int32_t ih = op->a.dims[REF_H], iw = op->a.dims[REF_W], n_out = op->out.dims[REF_N];
    int32_t oh = op->out.dims[REF_H], ow = op->out.dims[REF_W];
    size_t pixel = (size_t)op->a.dims[REF_C] * (size_t)p->elem_size;
    (void)scratch;
    if (!block_args_ok(p, &op->out, &op->a) ||
        (int64_t)ih * p->block_h < (int64_t)oh + p->before_h ||
        (int64_t)iw * p->block_w < (int64_t)ow + p->before_w)
        return REF_E_ARG;
    for (int32_t n = 0; n < n_out; n++)
        for (int32_t oy = 0; oy < oh; oy++)
            for (int32_t ox = 0; ox < ow; ox++, y += pixel) {
                int32_t sy = oy + p->before_h, sx = ox + p->before_w;
                int32_t b = (sy % p->block_h * p->block_w + sx % p->block_w) * n_out + n;
                memcpy(y, x + (((size_t)b * ih + sy / p->block_h) * iw + sx / p->block_w) * pixel,
                       pixel);
            }
    return REF_OK;
}
