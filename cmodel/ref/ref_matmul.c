/*
 * ref_matmul.c - BATCH_MATMUL and TRANSPOSE_CONV.
 *
 * Contract: ref.h. int32 accumulators modulo 2^32; the output stage is ref_output_stage.
 * TRANSPOSE_CONV gathers what the oracle scatters: the sums are the same.
 * Source: TensorFlow Lite kernels/internal/reference/batch_matmul.h,
 * integer_ops/transpose_conv.h. SPDX-License-Identifier: Apache-2.0
 */
#include "ref_kernels.h"

int ref_k_batch_matmul(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_matmul_t *p = &op->p.matmul;
    int8_t *y = out[0]; /* (batch..., rows, cols) */
    size_t sa[REF_MAX_RANK], sb[REF_MAX_RANK];
    ref_shape_t batch = op->out;
    int32_t index[REF_MAX_RANK] = {0};
    const int row = REF_MAX_RANK - 2, col = REF_MAX_RANK - 1;
    (void)scratch;
    if (op->a.dims[p->adj_a ? col : row] != p->rows || op->out.dims[row] != p->rows ||
        op->a.dims[p->adj_a ? row : col] != p->depth || op->out.dims[col] != p->cols ||
        op->b.dims[p->adj_b ? col : row] != p->depth || op->b.dims[p->adj_b ? row : col] != p->cols)
        return REF_E_ARG;
    ref_broadcast_strides(&op->a, sa);
    ref_broadcast_strides(&op->b, sb);
    batch.dims[row] = batch.dims[col] = 1;
    size_t n = ref_elements(&batch);
    size_t a_row = p->adj_a ? 1 : (size_t)p->depth, a_k = p->adj_a ? (size_t)p->rows : 1;
    size_t b_col = p->adj_b ? (size_t)p->depth : 1, b_k = p->adj_b ? 1 : (size_t)p->cols;
    for (size_t i = 0; i < n; i++, ref_next(&batch, index)) {
        const int8_t *a = in[0], *b = in[1]; /* (rows, depth), (depth, cols), or transposed */
        for (int d = 0; d < row; d++) {
            a += (size_t)index[d] * sa[d];
            b += (size_t)index[d] * sb[d];
        }
        for (int32_t r = 0; r < p->rows; r++)
            for (int32_t c = 0; c < p->cols; c++) {
                uint32_t acc = 0;
                for (int32_t k = 0; k < p->depth; k++)
                    acc += (uint32_t)((a[(size_t)r * a_row + (size_t)k * a_k] - p->a_zp) *
                                      (b[(size_t)c * b_col + (size_t)k * b_k] - p->b_zp));
                *y++ = (int8_t)ref_output_stage(ref_wrap(acc), p->m, p->s, p->out_zp, INT8_MIN,
                                                INT8_MAX);
            }
    }
    return REF_OK;
}

/* The input row (or column) that tap k of the kernel brings to output o, or -1. */
static int32_t source(int32_t o, int32_t k, int32_t pad, int32_t stride, int32_t size) {
    int32_t at = o + pad - k;
    return at >= 0 && at % stride == 0 && at / stride < size ? at / stride : -1;
}

int ref_k_transpose_conv(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_conv_t *p = &op->p.conv;
    const int8_t *x = in[0];                                          /* (n, ih, iw, ic) */
    const int8_t *w = in[1];                                          /* (oc, kh, kw, ic) */
    const int32_t *bias = in[2], *multiplier = in[3], *shift = in[4]; /* (oc) */
    int8_t *y = out[0];                                               /* (n, oh, ow, oc) */
    int32_t ih = op->a.dims[REF_H], iw = op->a.dims[REF_W], ic = op->a.dims[REF_C];
    int32_t oh = op->out.dims[REF_H], ow = op->out.dims[REF_W], oc = op->out.dims[REF_C];
    (void)scratch;
    if (p->stride_h < 1 || p->stride_w < 1 || p->kernel_h < 1 || p->kernel_w < 1)
        return REF_E_ARG;
    for (int32_t n = 0; n < op->out.dims[REF_N]; n++)
        for (int32_t oy = 0; oy < oh; oy++)
            for (int32_t ox = 0; ox < ow; ox++)
                for (int32_t c = 0; c < oc; c++) {
                    uint32_t acc = bias ? (uint32_t)bias[c] : 0;
                    for (int32_t ky = 0; ky < p->kernel_h; ky++) {
                        int32_t iy = source(oy, ky, p->pad_top, p->stride_h, ih);
                        for (int32_t kx = 0; iy >= 0 && kx < p->kernel_w; kx++) {
                            int32_t ix = source(ox, kx, p->pad_left, p->stride_w, iw);
                            if (ix < 0)
                                continue;
                            const int8_t *xs = x + (((size_t)n * ih + iy) * iw + ix) * ic;
                            const int8_t *ws =
                                w + (((size_t)c * p->kernel_h + ky) * p->kernel_w + kx) * ic;
                            for (int32_t i = 0; i < ic; i++)
                                acc += (uint32_t)((xs[i] - p->in_zp) * ws[i]);
                        }
                    }
                    y[(((size_t)n * oh + oy) * ow + ox) * oc + c] = (int8_t)ref_output_stage(
                        ref_wrap(acc), multiplier[c], shift[c], p->out_zp, p->act_min, p->act_max);
                }
    return REF_OK;
}
