/*
 * ref_function.c - int8 -> int8 functions beyond ref_elementwise.c: ABS, RSQRT, tables (ELU, GELU).
 *
 * Contract: ref.h. RSQRT of a value below the zero point: REF_E_DATA, as the oracle fails.
 * Source: TensorFlow Lite Micro kernels/elementwise.cc, kernels/internal/common.h
 * (GetInvSqrtQuantizedMultiplierExp). SPDX-License-Identifier: Apache-2.0
 */
#include "ref_kernels.h"

int ref_k_abs(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_unary_t *p = &op->p.unary;
    const int8_t *x = in[0];
    int8_t *y = out[0];
    (void)scratch;
    for (int32_t i = 0; i < p->count; i++) {
        int32_t v = x[i] - p->in_zp;
        v = v < 0 ? -v : v;
        if (p->m != 0)
            v = ref_requant(v, p->m, p->s);
        y[i] = (int8_t)ref_clamp(ref_add_wrap(v, p->out_zp), INT8_MIN, INT8_MAX);
    }
    return REF_OK;
}

/* 1 / sqrt(x), x >= 1, as a multiplier and a shift (Newton-Raphson in Q3.28, five steps). */
static void inv_sqrt(int32_t x, int32_t *m, int32_t *shift) {
    if (x <= 1) {
        *m = INT32_MAX;
        *shift = 0;
        return;
    }
    *shift = 11;
    while (x >= 1 << 29) {
        x /= 4;
        ++*shift;
    }
    int32_t pairs = (ref_clz((uint32_t)x) - 1) / 2 - 1;
    *shift -= pairs;
    x <<= 2 * pairs;
    int32_t half = ref_rdbpot(x >> 1, 1);
    const int32_t half_three = (1 << 28) + (1 << 27);
    int32_t y = 1 << 28;
    for (int i = 0; i < 5; i++) {
        int32_t y3 = ref_shl_sat(ref_srdhm(ref_srdhm(y, y), y), 6); /* Q9.22 to Q3.28 */
        y = ref_shl_sat(ref_sub_wrap(ref_srdhm(half_three, y), ref_srdhm(half, y3)), 3);
    }
    *m = ref_srdhm(y, 1518500250); /* times sqrt(1/2) in Q0.31 */
    if (*shift < 0) {
        *m = ref_shl_wrap(*m, -*shift);
        *shift = 0;
    }
    *shift = -*shift;
}

int ref_k_rsqrt(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_unary_t *p = &op->p.unary;
    const int8_t *x = in[0];
    int8_t *y = out[0];
    const int32_t more = 20; /* bits kept between the two rescales */
    (void)scratch;
    for (int32_t i = 0; i < p->count; i++)
        if (x[i] < p->in_zp)
            return REF_E_DATA;
    for (int32_t i = 0; i < p->count; i++) {
        int32_t m, shift, v = x[i] - p->in_zp;
        if (v == 0) {
            y[i] = INT8_MAX;
            continue;
        }
        inv_sqrt(v, &m, &shift);
        int32_t root = ref_requant(1, m, shift + more);
        y[i] = (int8_t)ref_output_stage(root, p->m, p->s - more, p->out_zp, INT8_MIN, INT8_MAX);
    }
    return REF_OK;
}

int ref_k_table(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const uint8_t *x = in[0];
    const int8_t *table = in[1]; /* (256) */
    int8_t *y = out[0];
    (void)scratch;
    for (int32_t i = 0; i < op->p.unary.count; i++)
        y[i] = table[x[i]];
    return REF_OK;
}
