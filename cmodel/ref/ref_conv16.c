/*
 * ref_conv16.c - CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED with int16 activations, int8 weights.
 *
 * Contract: ref.h. Zero points are 0. Sums of 64 bits, scaled with one rounding (wide: bias int64
 * or none), or of 32 bits modulo 2^32 with the rounding of the 8-bit kinds (bias int32).
 * Source: TensorFlow Lite kernels/internal/reference/integer_ops/{conv,depthwise_conv,
 * fully_connected}.h. SPDX-License-Identifier: Apache-2.0
 */
#include "ref_kernels.h"

#include <string.h>

/* The end of every output: bias of channel c, scaling, clamp. */
typedef struct {
    const void *bias;                  /* (channels) int64 when wide, else int32; may be NULL */
    const int32_t *multiplier, *shift; /* (channels) */
    int32_t wide, out_zp, lo, hi;
} finish_t;

static int16_t finish(const finish_t *f, int64_t acc, int32_t c) {
    int32_t y;
    if (f->wide) {
        int64_t bias = 0;
        if (f->bias)
            memcpy(&bias, (const uint8_t *)f->bias + 8 * (size_t)c, sizeof bias);
        uint64_t sum = (uint64_t)acc + (uint64_t)bias;
        y = ref_requant64((int64_t)sum, f->multiplier[c], f->shift[c]);
    } else {
        uint32_t bias = f->bias ? (uint32_t)((const int32_t *)f->bias)[c] : 0;
        y = ref_requant(ref_wrap((uint32_t)(uint64_t)acc + bias), f->multiplier[c], f->shift[c]);
    }
    return (int16_t)ref_clamp(ref_add_wrap(y, f->out_zp), f->lo, f->hi);
}

static int scales_ok(const finish_t *f, int32_t channels) {
    for (int32_t c = 0; c < channels; c++)
        if (f->shift[c] < -31 || f->shift[c] > (f->wide ? 7 : 31))
            return 0;
    return 1;
}

/* Both convolutions: input channels first .. first + depth - 1 of each tap, weights w_step apart.
 */
static int64_t window(const ref_op_t *op, const int16_t *x, const int8_t *w, int32_t oy, int32_t ox,
                      int32_t depth, size_t tap_step) {
    const ref_conv_t *p = &op->p.conv;
    int32_t ih = op->a.dims[REF_H], iw = op->a.dims[REF_W], ic = op->a.dims[REF_C];
    int64_t acc = 0;
    for (int32_t ky = 0; ky < p->kernel_h; ky++)
        for (int32_t kx = 0; kx < p->kernel_w; kx++) {
            int32_t y_in = oy * p->stride_h + ky * p->dilation_h - p->pad_top;
            int32_t x_in = ox * p->stride_w + kx * p->dilation_w - p->pad_left;
            if (y_in < 0 || y_in >= ih || x_in < 0 || x_in >= iw)
                continue;
            const int16_t *xs = x + ((size_t)y_in * iw + x_in) * ic;
            const int8_t *ws = w + ((size_t)ky * p->kernel_w + kx) * tap_step;
            for (int32_t i = 0; i < depth; i++)
                acc += xs[i] * ws[i];
        }
    return acc;
}

static int conv16(const ref_op_t *op, ref_in_t in, ref_out_t out, int depthwise) {
    const ref_conv_t *p = &op->p.conv;
    const int16_t *x = in[0]; /* (n, ih, iw, ic) */
    const int8_t *w = in[1];  /* (oc, kh, kw, gc); depthwise (1, kh, kw, oc) */
    int16_t *y = out[0];      /* (n, oh, ow, oc) */
    int32_t ic = op->a.dims[REF_C], oc = op->out.dims[REF_C];
    size_t image = (size_t)op->a.dims[REF_H] * (size_t)op->a.dims[REF_W] * (size_t)ic;
    finish_t f = {in[2], in[3], in[4], p->wide, p->out_zp, p->act_min, p->act_max};
    if (p->stride_h < 1 || p->stride_w < 1 || p->dilation_h < 1 || p->dilation_w < 1 ||
        p->kernel_h < 1 || p->kernel_w < 1 || p->groups < 1 || p->depth_multiplier < 1 ||
        (depthwise ? oc != ic * p->depth_multiplier : ic % p->groups || oc % p->groups) ||
        !scales_ok(&f, oc))
        return REF_E_ARG;
    int32_t depth = depthwise ? 1 : ic / p->groups;
    size_t taps = (size_t)p->kernel_h * (size_t)p->kernel_w;
    for (int32_t n = 0; n < op->a.dims[REF_N]; n++)
        for (int32_t oy = 0; oy < op->out.dims[REF_H]; oy++)
            for (int32_t ox = 0; ox < op->out.dims[REF_W]; ox++)
                for (int32_t c = 0; c < oc; c++) {
                    int32_t first =
                        depthwise ? c / p->depth_multiplier : c / (oc / p->groups) * depth;
                    const int8_t *ws = depthwise ? w + c : w + (size_t)c * taps * (size_t)depth;
                    int64_t acc = window(op, x + (size_t)n * image + first, ws, oy, ox, depth,
                                         depthwise ? (size_t)oc : (size_t)depth);
                    *y++ = finish(&f, acc, c);
                }
    return REF_OK;
}

int ref_k_conv16(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    (void)scratch;
    return conv16(op, in, out, 0);
}

int ref_k_depthwise16(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    (void)scratch;
    return conv16(op, in, out, 1);
}

int ref_k_fc16(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_fc_t *p = &op->p.fc;
    const int16_t *x = in[0]; /* (batches, depth) */
    const int8_t *w = in[1];  /* (out_depth, depth) */
    int16_t *y = out[0];      /* (batches, out_depth) */
    finish_t f = {in[2], in[3], in[4], p->wide, p->out_zp, p->act_min, p->act_max};
    (void)scratch;
    if (!scales_ok(&f, p->out_depth))
        return REF_E_ARG;
    for (int32_t b = 0; b < p->batches; b++)
        for (int32_t c = 0; c < p->out_depth; c++) {
            int64_t acc = 0;
            for (int32_t i = 0; i < p->depth; i++)
                acc += x[(size_t)b * p->depth + i] * (w[(size_t)c * p->depth + i] - p->w_zp);
            *y++ = finish(&f, acc, c);
        }
    return REF_OK;
}
