/*
 * ref_wide.c - see ref_wide.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ref_wide.h"

#include "ref_inv_sqrt.h"
#include "ref_wide_tables.h"

static int32_t saturate(int64_t x) {
    return x > INT32_MAX ? INT32_MAX : x < INT32_MIN ? INT32_MIN : (int32_t)x;
}
/* floor((x + 2^(n-1)) / 2^n), n in 1..62 */
static int64_t shift_round(int64_t x, int32_t n) {
    x += (int64_t)1 << (n - 1);
    return x < 0 ? ~(int64_t)(~(uint64_t)x >> n) : (int64_t)((uint64_t)x >> n);
}
static int32_t magnitude(int32_t x) {
    return x == INT32_MIN ? INT32_MAX : x < 0 ? -x : x;
}

int32_t ref_wide_scale(int32_t x, int32_t m, int32_t s) {
    if (s < -31)
        return 0;
    x = ref_srdhm(ref_shl_sat(x, s > 30 ? 30 : s > 0 ? s : 0), m);
    return ref_rdbpot(x, s < 0 ? -s : 0);
}

int32_t ref_wide_add(int32_t a, int32_t b) {
    return saturate((int64_t)a + b);
}

/* Between table[i] and table[i + 1], at low / 2^bits. */
static int32_t interpolate(const int32_t *table, uint32_t i, uint32_t low, int32_t bits) {
    int64_t part = (int64_t)(table[i + 1] - table[i]) * (int32_t)low;
    return table[i] + (int32_t)shift_round(part, bits);
}

int32_t ref_exp2_neg(uint32_t d) {
    const int32_t low_bits = REF_SCORE_FRAC - 8;
    uint32_t whole = d >> REF_SCORE_FRAC;
    if (whole >= 31)
        return 0;
    int32_t y =
        interpolate(ref_exp2_table, d >> low_bits & 255, d & ((1u << low_bits) - 1), low_bits);
    return ref_rdbpot(y, (int32_t)whole);
}

int32_t ref_wide_logistic(int32_t u) {
    const int32_t low_bits = REF_WIDE_FRAC - 4; /* steps of 1/16 */
    uint32_t a = (uint32_t)magnitude(u), i = a >> low_bits;
    int32_t y = i > 255 ? 1 << 30
                        : interpolate(ref_logistic_table, i, a & ((1u << low_bits) - 1), low_bits);
    return u < 0 ? (1 << 30) - y : y;
}

/* The upper 31 bits of x >= 1 from its highest one on: x = result * 2^*e, but for the bits cut off.
 * 2^30 <= result < 2^31. */
static int32_t mantissa(uint64_t x, int32_t *e) {
    int32_t n = x >> 32 ? ref_clz((uint32_t)(x >> 32)) : 32 + ref_clz((uint32_t)x);
    *e = 33 - n;
    return (int32_t)(n <= 33 ? x >> (33 - n) : x << (n - 33));
}

ref_scale_t ref_reciprocal(uint64_t x) {
    int32_t e, one_plus_a = mantissa(x, &e); /* (1 + a) * 2^30 */
    int32_t y = ref_one_over_one_plus_x(ref_wrap(((uint32_t)one_plus_a << 1) - 0x80000000u));
    return (ref_scale_t){y, -30 - e};
}

ref_scale_t ref_reciprocal_sqrt(uint64_t hi, uint64_t lo) {
    int32_t k;
    hi += lo >> 32; /* hi * 2^32 + (lo mod 2^32) */
    lo &= 0xffffffffu;
    int32_t high = hi >> 32 != 0;
    uint64_t w = high ? hi : hi << 32 | lo; /* bits below the upper 64 do not matter */
    if (w == 0)
        return (ref_scale_t){INT32_MAX, 0};
    int32_t r = ref_inv_sqrt(w, &k); /* Q1.30, below 1 */
    return (ref_scale_t){2 * r, -k - (high ? 16 : 0)};
}

ref_scale_t ref_scale_mul(ref_scale_t a, ref_scale_t b) {
    return (ref_scale_t){ref_srdhm(a.m, b.m), a.e + b.e};
}

/* The common second pass: x to int8 by max|x| = max. */
static ref_scale_t quantize_by(const int32_t *x, int32_t max, int32_t n, int8_t *q) {
    int32_t over = 0, left = ref_clz((uint32_t)max) - 1;
    if (max == 0) {
        for (int32_t i = 0; i < n; i++)
            q[i] = 0;
        return (ref_scale_t){0, 0};
    }
    int32_t factor = ref_srdhm(ref_get_reciprocal(max, 0, &over), 127 << 24);
    for (int32_t i = 0; i < n; i++) {
        int32_t scaled = ref_srdhm(ref_shl_sat(x[i], left), factor);
        q[i] = (int8_t)ref_clamp(ref_rdbpot(scaled, 23), -127, 127);
    }
    return (ref_scale_t){max << left, 31 - left};
}

ref_scale_t ref_row_quantize(const int32_t *x, int32_t n, int8_t *q) {
    int32_t max = 0;
    for (int32_t i = 0; i < n; i++)
        max = magnitude(x[i]) > max ? magnitude(x[i]) : max;
    return quantize_by(x, max, n, q);
}

ref_scale_t ref_row_norm(const int32_t *x, const ref_wide_norm_t *norm, int32_t n, int32_t *h,
                         int8_t *q) {
    uint64_t hi = norm->epsilon >> 32, lo = norm->epsilon & 0xffffffffu;
    for (int32_t i = 0; i < n; i++) {
        uint64_t square = (uint64_t)((int64_t)x[i] * x[i]);
        hi += square >> 32;
        lo += square & 0xffffffffu;
        h[i] = ref_srdhm(x[i], norm->gain[i]);
    }
    return ref_scale_mul(ref_row_quantize(h, n, q), ref_reciprocal_sqrt(hi, lo));
}

void ref_row_rotate(int32_t *x, const int16_t *rotary, int32_t n) {
    for (int32_t i = 0; i < n; i += 2) {
        int64_t a = x[i], b = x[i + 1], c = rotary[i], s = rotary[i + 1];
        x[i] = saturate(shift_round(a * c - b * s, 14));
        x[i + 1] = saturate(shift_round(a * s + b * c, 14));
    }
}

ref_scale_t ref_row_softmax(const int32_t *s, const int32_t *vmax, int32_t n, int32_t *w,
                            int8_t *q) {
    int32_t max = INT32_MIN;
    uint64_t sum = 0;
    for (int32_t j = 0; j < n; j++)
        max = s[j] > max ? s[j] : max;
    for (int32_t j = 0; j < n; j++) {
        int32_t e = ref_exp2_neg((uint32_t)max - (uint32_t)s[j]);
        sum += (uint32_t)e;
        w[j] = vmax ? ref_srdhm(e, vmax[j]) : e;
    }
    ref_scale_t t = ref_scale_mul(ref_row_quantize(w, n, q), ref_reciprocal(sum));
    t.e += vmax ? 31 : 0;
    return t;
}

void ref_row_silu_mul(int32_t *u, const int32_t *v, int32_t n) {
    for (int32_t i = 0; i < n; i++) {
        int32_t silu = (int32_t)shift_round((int64_t)u[i] * ref_wide_logistic(u[i]), 30);
        u[i] = saturate(shift_round((int64_t)silu * v[i], REF_WIDE_FRAC));
    }
}

void ref_row_add(int32_t *x, const int32_t *y, int32_t n) {
    for (int32_t i = 0; i < n; i++)
        x[i] = ref_wide_add(x[i], y[i]);
}

int32_t ref_sum_headroom(int32_t n) {
    return ref_clz((uint32_t)(127 * 127) * (uint32_t)n) - 1;
}

static int32_t dot8(const int8_t *a, const int8_t *b, int32_t n) {
    int32_t acc = 0;
    for (int32_t i = 0; i < n; i++)
        acc += a[i] * b[i];
    return acc;
}

static int32_t dot4(const ref_matrix_t *a, int32_t row, const int8_t *q) {
    const uint8_t *w = a->w4 + (int64_t)row * ((a->cols + 1) / 2);
    const uint8_t *factor = a->factor + (int64_t)row * ((a->cols + REF_GROUP - 1) / REF_GROUP);
    int32_t acc = 0;
    for (int32_t i = 0; i < a->cols; i++) {
        int32_t nibble = w[i / 2] >> (i % 2 * 4) & 15;
        acc += q[i] * ((nibble ^ 8) - 8) * factor[i / REF_GROUP];
    }
    return acc;
}

int32_t ref_matvec_row(const ref_matrix_t *a, int32_t row, const int8_t *q, ref_scale_t t) {
    int32_t acc = a->w ? dot8(a->w + (int64_t)row * a->cols, q, a->cols) : dot4(a, row, q);
    return ref_wide_scale(ref_requant(acc, a->mult[row], a->shift), t.m,
                          ref_add_wrap(t.e, a->exponent));
}

void ref_matvec(const ref_matrix_t *a, const int8_t *q, ref_scale_t t, int32_t *y) {
    for (int32_t row = 0; row < a->rows; row++)
        y[row] = ref_matvec_row(a, row, q, t);
}
