/*
 * ref_conv.c - CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED.
 *
 * Contract: ref.h. int32 accumulators modulo 2^32; padding contributes nothing; the output stage is
 * ref_output_stage. Source: TensorFlow Lite
 * kernels/internal/reference/integer_ops/{conv,depthwise_conv,fully_connected}.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ref_kernels.h"

/* sum of (x[i] - zp) * w[i] modulo 2^32 */
static uint32_t dot(const int8_t *x, const int8_t *w, int32_t n, int32_t x_zp, int32_t w_zp) {
    uint32_t acc = 0;
    for (int32_t i = 0; i < n; i++)
        acc += (uint32_t)((x[i] - x_zp) * (w[i] - w_zp));
    return acc;
}

static int conv_args_ok(const ref_conv_t *p) {
    return p->stride_h >= 1 && p->stride_w >= 1 && p->dilation_h >= 1 && p->dilation_w >= 1 &&
           p->kernel_h >= 1 && p->kernel_w >= 1 && p->groups >= 1 && p->depth_multiplier >= 1;
}

int ref_k_conv(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_conv_t *p = &op->p.conv;
    const int8_t *x = in[0];                                          /* (n, ih, iw, ic) */
    const int8_t *w = in[1];                                          /* (oc, kh, kw, gc) */
    const int32_t *bias = in[2], *multiplier = in[3], *shift = in[4]; /* (oc) */
    int8_t *y = out[0];                                               /* (n, oh, ow, oc) */
    int32_t ih = op->a.dims[REF_H], iw = op->a.dims[REF_W], ic = op->a.dims[REF_C];
    int32_t oh = op->out.dims[REF_H], ow = op->out.dims[REF_W], oc = op->out.dims[REF_C];
    (void)scratch;
    if (!conv_args_ok(p) || ic % p->groups || oc % p->groups)
        return REF_E_ARG;
    int32_t gc = ic / p->groups, filters_per_group = oc / p->groups;

    for (int32_t n = 0; n < op->a.dims[REF_N]; n++)
        for (int32_t oy = 0; oy < oh; oy++)
            for (int32_t ox = 0; ox < ow; ox++)
                for (int32_t c = 0; c < oc; c++) {
                    int32_t first = c / filters_per_group * gc;
                    uint32_t acc = bias ? (uint32_t)bias[c] : 0;
                    for (int32_t ky = 0; ky < p->kernel_h; ky++)
                        for (int32_t kx = 0; kx < p->kernel_w; kx++) {
                            int32_t y_in = oy * p->stride_h + ky * p->dilation_h - p->pad_top;
                            int32_t x_in = ox * p->stride_w + kx * p->dilation_w - p->pad_left;
                            if (y_in < 0 || y_in >= ih || x_in < 0 || x_in >= iw)
                                continue;
                            const int8_t *xs =
                                x + (((size_t)n * ih + y_in) * iw + x_in) * ic + first;
                            const int8_t *ws =
                                w + (((size_t)c * p->kernel_h + ky) * p->kernel_w + kx) * gc;
                            acc += dot(xs, ws, gc, p->in_zp, 0);
                        }
                    y[(((size_t)n * oh + oy) * ow + ox) * oc + c] = (int8_t)ref_output_stage(
                        ref_wrap(acc), multiplier[c], shift[c], p->out_zp, p->act_min, p->act_max);
                }
    return REF_OK;
}

int ref_k_depthwise(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_conv_t *p = &op->p.conv;
    const int8_t *x = in[0];                                          /* (n, ih, iw, ic) */
    const int8_t *w = in[1];                                          /* (1, kh, kw, oc) */
    const int32_t *bias = in[2], *multiplier = in[3], *shift = in[4]; /* (oc) */
    int8_t *y = out[0];                                               /* (n, oh, ow, oc) */
    int32_t ih = op->a.dims[REF_H], iw = op->a.dims[REF_W], ic = op->a.dims[REF_C];
    int32_t oh = op->out.dims[REF_H], ow = op->out.dims[REF_W], oc = op->out.dims[REF_C];
    (void)scratch;
    if (!conv_args_ok(p) || oc != ic * p->depth_multiplier)
        return REF_E_ARG;

    for (int32_t n = 0; n < op->a.dims[REF_N]; n++)
        for (int32_t oy = 0; oy < oh; oy++)
            for (int32_t ox = 0; ox < ow; ox++)
                for (int32_t c = 0; c < oc; c++) {
                    int32_t c_in = c / p->depth_multiplier;
                    uint32_t acc = bias ? (uint32_t)bias[c] : 0;
                    for (int32_t ky = 0; ky < p->kernel_h; ky++)
                        for (int32_t kx = 0; kx < p->kernel_w; kx++) {
                            int32_t y_in = oy * p->stride_h + ky * p->dilation_h - p->pad_top;
                            int32_t x_in = ox * p->stride_w + kx * p->dilation_w - p->pad_left;
                            if (y_in < 0 || y_in >= ih || x_in < 0 || x_in >= iw)
                                continue;
                            int32_t v = x[(((size_t)n * ih + y_in) * iw + x_in) * ic + c_in];
                            int32_t k = w[((size_t)ky * p->kernel_w + kx) * oc + c];
                            acc += (uint32_t)((v - p->in_zp) * k);
                        }
                    y[(((size_t)n * oh + oy) * ow + ox) * oc + c] = (int8_t)ref_output_stage(
                        ref_wrap(acc), multiplier[c], shift[c], p->out_zp, p->act_min, p->act_max);
                }
    return REF_OK;
}

int ref_k_fc(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_fc_t *p = &op->p.fc;
    const int8_t *x = in[0];                                          /* (batches, depth) */
    const int8_t *w = in[1];                                          /* (out_depth, depth) */
    const int32_t *bias = in[2], *multiplier = in[3], *shift = in[4]; /* (out_depth) */
    int8_t *y = out[0];                                               /* (batches, out_depth) */
    (void)scratch;
    for (int32_t b = 0; b < p->batches; b++)
        for (int32_t c = 0; c < p->out_depth; c++) {
            uint32_t acc = bias ? (uint32_t)bias[c] : 0;
            acc += dot(x + (size_t)b * p->depth, w + (size_t)c * p->depth, p->depth, p->in_zp,
                       p->w_zp);
            y[(size_t)b * p->out_depth + c] = (int8_t)ref_output_stage(
                ref_wrap(acc), multiplier[c], shift[c], p->out_zp, p->act_min, p->act_max);
        }
    return REF_OK;
}
