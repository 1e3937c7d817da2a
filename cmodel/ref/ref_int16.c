/*
 * ref_int16.c - ADD, MUL, pools and QUANTIZE of int16 activations (zero point 0).
 *
 * Contract: ref.h.
 * Source: TensorFlow Lite kernels/internal/reference/{add,requantize}.h,
 * integer_ops/{mul,pooling}.h. SPDX-License-Identifier: Apache-2.0
 */
#include "ref_kernels.h"

static int32_t add_one(const ref_binary_t *p, int32_t a, int32_t b) {
    int32_t ra = ref_requant(ref_shl_wrap(a - p->a_zp, p->left_shift), p->a_m, p->a_s);
    int32_t rb = ref_requant(ref_shl_wrap(b - p->b_zp, p->left_shift), p->b_m, p->b_s);
    return ref_output_stage(ref_add_wrap(ra, rb), p->out_m, p->out_s, p->out_zp, p->act_min,
                            p->act_max);
}

static int32_t mul_one(const ref_binary_t *p, int32_t a, int32_t b) {
    return ref_output_stage((a - p->a_zp) * (b - p->b_zp), p->out_m, p->out_s, p->out_zp,
                            p->act_min, p->act_max);
}

static int broadcast16(const ref_op_t *op, ref_in_t in, int16_t *y,
                       int32_t (*f)(const ref_binary_t *, int32_t, int32_t)) {
    const int16_t *a = in[0], *b = in[1];
    size_t sa[REF_MAX_RANK], sb[REF_MAX_RANK], n = ref_elements(&op->out);
    int32_t index[REF_MAX_RANK] = {0};
    ref_broadcast_strides(&op->a, sa);
    ref_broadcast_strides(&op->b, sb);
    for (size_t i = 0; i < n; i++, ref_next(&op->out, index)) {
        size_t ia = 0, ib = 0;
        for (int d = 0; d < REF_MAX_RANK; d++) {
            ia += (size_t)index[d] * sa[d];
            ib += (size_t)index[d] * sb[d];
        }
        y[i] = (int16_t)f(&op->p.binary, a[ia], b[ib]);
    }
    return REF_OK;
}

int ref_k_add16(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    (void)scratch;
    return broadcast16(op, in, out[0], add_one);
}

int ref_k_mul16(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    (void)scratch;
    return broadcast16(op, in, out[0], mul_one);
}

/* Both pools, as in ref_reduce.c. */
int ref_k_pool16(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_pool_t *p = &op->p.pool;
    const int16_t *x = in[0]; /* (n, ih, iw, c) */
    int16_t *y = out[0];      /* (n, oh, ow, c) */
    int32_t ih = op->a.dims[REF_H], iw = op->a.dims[REF_W], c_n = op->a.dims[REF_C];
    (void)scratch;
    if (p->stride_h < 1 || p->stride_w < 1 || p->filter_h < 1 || p->filter_w < 1)
        return REF_E_ARG;
    for (int32_t n = 0; n < op->a.dims[REF_N]; n++)
        for (int32_t oy = 0; oy < op->out.dims[REF_H]; oy++)
            for (int32_t ox = 0; ox < op->out.dims[REF_W]; ox++)
                for (int32_t c = 0; c < c_n; c++) {
                    int32_t y0 = oy * p->stride_h - p->pad_top, x0 = ox * p->stride_w - p->pad_left;
                    int32_t max = INT16_MIN, count = 0, sum = 0;
                    for (int32_t ky = y0 < 0 ? -y0 : 0; ky < p->filter_h && ky < ih - y0; ky++)
                        for (int32_t kx = x0 < 0 ? -x0 : 0; kx < p->filter_w && kx < iw - x0;
                             kx++) {
                            int32_t v = x[(((size_t)n * ih + y0 + ky) * iw + x0 + kx) * c_n + c];
                            sum = ref_add_wrap(sum, v);
                            max = v > max ? v : max;
                            count++;
                        }
                    if (count == 0)
                        return REF_E_ARG;
                    int32_t half = sum > 0 ? count / 2 : -(count / 2);
                    int32_t mean = ref_add_wrap(sum, half) / count; /* half away from zero */
                    *y++ = (int16_t)ref_clamp(op->kind == REF_AVG_POOL16 ? mean : max, p->act_min,
                                              p->act_max);
                }
    return REF_OK;
}

int ref_k_quantize16(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_quantize_t *p = &op->p.quantize;
    int32_t lo = p->out_wide ? INT16_MIN : INT8_MIN, hi = p->out_wide ? INT16_MAX : INT8_MAX;
    (void)scratch;
    for (int32_t i = 0; i < p->count; i++) {
        int32_t v = p->in_wide ? ((const int16_t *)in[0])[i] : ((const int8_t *)in[0])[i];
        v = ref_output_stage(v - p->in_zp, p->m, p->s, p->out_zp, lo, hi);
        if (p->out_wide)
            ((int16_t *)out[0])[i] = (int16_t)v;
        else
            ((int8_t *)out[0])[i] = (int8_t)v;
    }
    return REF_OK;
}
