/*
 * ref_norm.c - LAYER_NORMALIZATION and its form without mean, RMS norm.
 *
 * Contract: ref.h. Arithmetic, for a row of N codes q, in the order of a unit that streams a row
 * twice (every product has factors of at most 32 bits):
 *   first pass   S = sum q, Q = sum q^2: 23 and 30 bits;
 *   once a row   T = S, or N * zero point without mean; V = N Q - 2 T S + T^2 = N sum (q - T/N)^2,
 *                exact; W = (V + eps N^2 / scale^2) 4^(16 - t), t = bits of N - 1, at least 1;
 *                1/sqrt(W) = r 2^-(30 + k) (ref_inv_sqrt, W below 2^53);
 *                A = N r, C = T r, both shifted right by t - 1;
 *   second pass  x = (A q - C) >> (k - 7), the normalised value with 22 fraction bits;
 *                y = rdbpot(srdhm(x, gamma') + beta', s) + zero point, clamped.
 * Shifts round half up. A row whose V is 0 has x = 0. Source: the definition of ONNX's
 * LayerNormalization, y = (q - mean) / sqrt(variance + eps) * gamma + beta, variance over N; no
 * other project's kernel. Error against that definition in real numbers: below 0.5 + 2^-12 of an
 * output code where gamma / output scale is at most 64 (measured: tests/ref/test_norm.c), so a code
 * is at most 1 off the rounded one. SPDX-License-Identifier: Apache-2.0
 */
#include "ref_inv_sqrt.h"
#include "ref_kernels.h"

/* x / 2^n for n >= 0, half up. */
static int64_t half_up(int64_t x, int32_t n) {
    if (n == 0)
        return x;
    x += (int64_t)1 << (n - 1);
    return x < 0 ? ~(int64_t)(~(uint64_t)x >> n) : (int64_t)((uint64_t)x >> n);
}

/* Factor A, offset C and last shift of a row; A = C = 0 where V is 0. */
typedef struct {
    int64_t factor, offset;
    int32_t shift;
} row_t;

static row_t statistics(const ref_norm_t *p, const int8_t *x, int32_t t) {
    int64_t n = p->depth, sum = 0, squares = 0;
    for (int32_t i = 0; i < p->depth; i++) {
        sum += x[i];
        squares += x[i] * x[i];
    }
    int64_t total = p->rms ? n * p->in_zp : sum;
    int64_t v = n * squares - 2 * total * sum + total * total;
    if (v == 0)
        return (row_t){0, 0, 0};
    int32_t k;
    uint64_t w = ((uint64_t)v << 2 * (16 - t)) + ((uint64_t)p->eps_high << 32 | p->eps_low);
    int64_t r = ref_inv_sqrt(w, &k); /* k >= 8: V is at least N - 1 */
    return (row_t){half_up(n * r, t - 1), half_up(total * r, t - 1), k - 7};
}

int ref_k_norm(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_norm_t *p = &op->p.norm;
    const int8_t *x = in[0];                     /* (outer, depth) */
    const int32_t *gamma = in[1], *beta = in[2]; /* (depth) */
    int8_t *y = out[0];                          /* (outer, depth) */
    (void)scratch;
    if (p->depth < 1 || p->depth > REF_NORM_MAX_DEPTH || p->s < 1 || p->s > 31 ||
        p->eps_high >= REF_NORM_MAX_EPS_HIGH || p->in_zp < INT8_MIN || p->in_zp > INT8_MAX)
        return REF_E_ARG;
    int32_t t = ref_norm_bits(p->depth);
    for (int32_t row = 0; row < p->outer; row++, x += p->depth, y += p->depth) {
        row_t s = statistics(p, x, t);
        for (int32_t i = 0; i < p->depth; i++) {
            int32_t unit = (int32_t)half_up(s.factor * x[i] - s.offset, s.shift);
            int32_t scaled = ref_add_wrap(ref_srdhm(unit, gamma[i]), beta[i]);
            y[i] = (int8_t)ref_clamp(ref_add_wrap(ref_rdbpot(scaled, p->s), p->out_zp), INT8_MIN,
                                     INT8_MAX);
        }
    }
    return REF_OK;
}
