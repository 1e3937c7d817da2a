/*
 * ref_reduce.c - AVERAGE_POOL_2D, MAX_POOL_2D, MEAN, SOFTMAX.
 *
 * Contract: ref.h.
 * Source: TensorFlow Lite kernels/internal/reference/integer_ops/pooling.h, reference/reduce.h
 * (QuantizedMeanOrSum), reference/softmax.h. SPDX-License-Identifier: Apache-2.0
 */
#include "ref_kernels.h"

/* Both pools: the window's in-bounds part decides; the average counts only that part. */
static int pool(const ref_op_t *op, const int8_t *x, int8_t *y, int average) {
    const ref_pool_t *p = &op->p.pool;
    int32_t ih = op->a.dims[REF_H], iw = op->a.dims[REF_W], c_n = op->a.dims[REF_C];
    int32_t oh = op->out.dims[REF_H], ow = op->out.dims[REF_W];
    if (p->stride_h < 1 || p->stride_w < 1 || p->filter_h < 1 || p->filter_w < 1)
        return REF_E_ARG;
    for (int32_t n = 0; n < op->a.dims[REF_N]; n++)
        for (int32_t oy = 0; oy < oh; oy++)
            for (int32_t ox = 0; ox < ow; ox++)
                for (int32_t c = 0; c < c_n; c++) {
                    int32_t y0 = oy * p->stride_h - p->pad_top, x0 = ox * p->stride_w - p->pad_left;
                    int32_t sum = 0, max = INT8_MIN, count = 0;
                    for (int32_t ky = y0 < 0 ? -y0 : 0; ky < p->filter_h && ky < ih - y0; ky++)
                        for (int32_t kx = x0 < 0 ? -x0 : 0; kx < p->filter_w && kx < iw - x0;
                             kx++) {
                            int32_t v = x[(((size_t)n * ih + y0 + ky) * iw + x0 + kx) * c_n + c];
                            sum += v;
                            max = v > max ? v : max;
                            count++;
                        }
                    if (count == 0)
                        return REF_E_ARG;
                    /* half away from zero */
                    int32_t mean = (sum + (sum > 0 ? count / 2 : -(count / 2))) / count;
                    y[(((size_t)n * oh + oy) * ow + ox) * c_n + c] =
                        (int8_t)ref_clamp(average ? mean : max, p->act_min, p->act_max);
                }
    return REF_OK;
}

int ref_k_avg_pool(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    (void)scratch;
    return pool(op, in[0], out[0], 1);
}

int ref_k_max_pool(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    (void)scratch;
    return pool(op, in[0], out[0], 0);
}

int ref_k_mean(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_mean_t *p = &op->p.mean;
    const int8_t *x = in[0];
    int8_t *y = out[0];
    int32_t *sum = scratch; /* (outputs) */
    ref_shape_t kept = op->a;
    for (int d = 0; d < REF_MAX_RANK; d++)
        if (p->axis_mask >> d & 1)
            kept.dims[d] = 1;
    size_t n_out = ref_elements(&kept), n_in = ref_elements(&op->a);
    if (n_out != ref_elements(&op->out))
        return REF_E_ARG;
    size_t stride[REF_MAX_RANK];
    ref_broadcast_strides(&kept, stride);
    for (size_t i = 0; i < n_out; i++)
        sum[i] = 0;
    int32_t index[REF_MAX_RANK] = {0};
    for (size_t i = 0; i < n_in; i++, ref_next(&op->a, index)) {
        size_t o = 0;
        for (int d = 0; d < REF_MAX_RANK; d++)
            o += (size_t)index[d] * stride[d];
        sum[o] = ref_add_wrap(sum[o], x[i]);
    }
    int32_t zero_sum = ref_mul_wrap(p->in_zp, p->n);
    for (size_t i = 0; i < n_out; i++)
        y[i] = (int8_t)ref_output_stage(ref_sub_wrap(sum[i], zero_sum), p->m, p->s, p->out_zp,
                                        INT8_MIN, INT8_MAX);
    return REF_OK;
}

/* Exponentials in Q0.31, summed in Q12.19, times the reciprocal of the sum; output scale 1/256,
 * zero point -128. */
int ref_k_softmax(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_softmax_t *p = &op->p.softmax;
    const int32_t *exp = in[1]; /* (256): exp of minus the difference to the maximum */
    (void)scratch;
    for (int32_t row = 0; row < p->outer; row++) {
        const int8_t *x = (const int8_t *)in[0] + (size_t)row * p->depth;
        int8_t *y = (int8_t *)out[0] + (size_t)row * p->depth;
        int32_t max = INT8_MIN, sum = 0, over_unit;
        for (int32_t i = 0; i < p->depth; i++)
            max = x[i] > max ? x[i] : max;
        for (int32_t i = 0; i < p->depth; i++)
            sum = ref_add_wrap(sum, ref_rdbpot(exp[max - x[i]], 12));
        int32_t scale = ref_get_reciprocal(sum, 12, &over_unit);
        int32_t shift =
            over_unit + 31 - 8; /* beyond 31 (a sum over 512) the oracle aborts: here 0 */
        for (int32_t i = 0; i < p->depth; i++) {
            int32_t product = ref_srdhm(scale, exp[max - x[i]]);
            int32_t v = shift > 31 ? 0 : ref_rdbpot(product, shift);
            y[i] = (int8_t)ref_clamp(v - 128, INT8_MIN, INT8_MAX);
        }
    }
    return REF_OK;
}
