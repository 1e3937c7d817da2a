/*
 * ref_resize.c - RESIZE_BILINEAR, RESIZE_NEAREST_NEIGHBOR.
 *
 * Contract: ref.h. Bilinear in 10-bit fixed point, half away from zero, positions on request from
 * a step of 20 bits, so that they stay right across wide images; nearest by the source
 * positions that the preparation computed in float32, as the oracle does.
 * Source: TensorFlow Lite kernels/internal/reference/resize_{bilinear,nearest_neighbor}.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ref_kernels.h"

#include <string.h>

/* Source position of output i in 1/1024, and the neighbours between which it lies. */
typedef struct {
    int32_t at, low, high;
} position_t;

static position_t position(int32_t i, int32_t scale, const ref_resize_t *r, int32_t size) {
    int64_t at = (int64_t)i * scale + (r->half_pixel ? scale / 2 - (1 << (9 + r->more)) : 0);
    if (r->more) { /* to 1/1024, half up */
        at += (int64_t)1 << (r->more - 1);
        at = at < 0 ? ~(int64_t)(~(uint64_t)at >> r->more) : (int64_t)((uint64_t)at >> r->more);
    }
    position_t p = {.at = (int32_t)at};
    p.low = p.at / (1 << 10) > 0 ? p.at / (1 << 10) : 0;
    p.high = (p.at + (1 << 10) - 1) / (1 << 10);
    p.high = p.high < size - 1 ? p.high : size - 1;
    p.low = p.low < size - 1 ? p.low : size - 1; /* never outside, whatever the scale */
    return p;
}

int ref_k_resize_bilinear(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_resize_t *p = &op->p.resize;
    const int8_t *x = in[0]; /* (n, ih, iw, c) */
    int8_t *y = out[0];      /* (n, oh, ow, c) */
    int32_t ih = op->a.dims[REF_H], iw = op->a.dims[REF_W], depth = op->a.dims[REF_C];
    int32_t oh = op->out.dims[REF_H], ow = op->out.dims[REF_W];
    (void)scratch;
    if (p->scale_h < 0 || p->scale_w < 0 || (p->more != 0 && p->more != 10) ||
        (int64_t)oh * p->scale_h >> p->more > INT32_MAX - 2048 ||
        (int64_t)ow * p->scale_w >> p->more > INT32_MAX - 2048)
        return REF_E_ARG;
    for (int32_t n = 0; n < op->a.dims[REF_N]; n++)
        for (int32_t oy = 0; oy < oh; oy++) {
            position_t v = position(oy, p->scale_h, p, ih);
            int64_t fy = v.at - (1 << 10) * v.low;
            const int8_t *top = x + ((size_t)n * ih + v.low) * iw * depth;
            const int8_t *bottom = x + ((size_t)n * ih + v.high) * iw * depth;
            for (int32_t ox = 0; ox < ow; ox++) {
                position_t h = position(ox, p->scale_w, p, iw);
                int64_t fx = h.at - (1 << 10) * h.low;
                size_t left = (size_t)h.low * depth, right = (size_t)h.high * depth;
                for (int32_t c = 0; c < depth; c++) {
                    int64_t sum = top[left + c] * (1024 - fy) * (1024 - fx) +
                                  bottom[left + c] * fy * (1024 - fx) +
                                  top[right + c] * (1024 - fy) * fx + bottom[right + c] * fy * fx;
                    int64_t nudge = sum > 0 ? 1 << 19 : -(1 << 19);
                    *y++ = (int8_t)(uint8_t)(uint64_t)((sum + nudge) / (1 << 20));
                }
            }
        }
    return REF_OK;
}

int ref_k_resize_nearest(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const uint8_t *x = in[0];
    const int32_t *row = in[1], *col = in[2]; /* (oh), (ow) */
    uint8_t *y = out[0];
    int32_t ih = op->a.dims[REF_H], iw = op->a.dims[REF_W];
    size_t pixel = (size_t)op->a.dims[REF_C] * (size_t)op->p.resize.elem_size;
    (void)scratch;
    for (int32_t i = 0; i < op->out.dims[REF_H]; i++)
        if (row[i] < 0 || row[i] >= ih)
            return REF_E_ARG;
    for (int32_t i = 0; i < op->out.dims[REF_W]; i++)
        if (col[i] < 0 || col[i] >= iw)
            return REF_E_ARG;
    for (int32_t n = 0; n < op->a.dims[REF_N]; n++)
        for (int32_t oy = 0; oy < op->out.dims[REF_H]; oy++)
            for (int32_t ox = 0; ox < op->out.dims[REF_W]; ox++, y += pixel)
                memcpy(y, x + (((size_t)n * ih + row[oy]) * iw + col[ox]) * pixel, pixel);
    return REF_OK;
}
