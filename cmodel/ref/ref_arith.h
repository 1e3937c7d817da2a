/*
 * ref_arith.h - the one definition of the fixed-point arithmetic. Golden models, the NPU's C model,
 * the compiler and (by equivalence) the RTL all use exactly this.
 *
 * Contract:  pure functions on 32-bit integers; no undefined behaviour: what the oracle leaves to
 * the compiler (overflowing shifts and sums) wraps modulo 2^32 here. Fixed point Qi.f: i integer
 * bits, f fraction bits. Sources:   gemmlowp fixedpoint/fixedpoint.h; TensorFlow Lite
 * kernels/internal/common.{h,cc} with default flags (double rounding). SPDX-License-Identifier:
 * Apache-2.0
 */
#ifndef SYSTOLE_REF_ARITH_H
#define SYSTOLE_REF_ARITH_H

#include <stdint.h>

/* Modulo 2^32: two's complement reinterpretation, which gcc and clang define. */
static inline int32_t ref_wrap(uint32_t x) {
    return (int32_t)x;
}
static inline int32_t ref_add_wrap(int32_t a, int32_t b) {
    return ref_wrap((uint32_t)a + (uint32_t)b);
}
static inline int32_t ref_sub_wrap(int32_t a, int32_t b) {
    return ref_wrap((uint32_t)a - (uint32_t)b);
}
static inline int32_t ref_mul_wrap(int32_t a, int32_t b) {
    return ref_wrap((uint32_t)a * (uint32_t)b);
}
/* x << n modulo 2^32, n in 0..31 (0 beyond). */
static inline int32_t ref_shl_wrap(int32_t x, int32_t n) {
    return n > 31 ? 0 : ref_wrap((uint32_t)x << n);
}
static inline int32_t ref_clamp(int32_t x, int32_t lo, int32_t hi) {
    return x < lo ? lo : x > hi ? hi : x;
}

/* Saturating rounding doubling high multiply (gemmlowp SaturatingRoundingDoublingHighMul, int32):
 * nudge 2^30, or 1 - 2^30 when the product is negative, then divide by 2^31 truncating; equal to
 * (a*b + 2^30) >>> 31. */
static inline int32_t ref_srdhm(int32_t a, int32_t b) {
    if (a == INT32_MIN && b == INT32_MIN)
        return INT32_MAX;
    int64_t ab = (int64_t)a * b;
    int64_t nudge = ab >= 0 ? (int64_t)1 << 30 : 1 - ((int64_t)1 << 30);
    return (int32_t)((ab + nudge) / ((int64_t)1 << 31));
}

/* x / 2^n, ties away from zero (gemmlowp RoundingDivideByPOT); n in 0..31. */
static inline int32_t ref_rdbpot(int32_t x, int32_t n) {
    uint32_t mask = ((uint32_t)1 << n) - 1;
    uint32_t remainder = (uint32_t)x & mask;
    uint32_t threshold = (mask >> 1) + (x < 0 ? 1u : 0u);
    /* arithmetic shift written without implementation-defined behaviour */
    int32_t q = x < 0 ? ~(int32_t)(~(uint32_t)x >> n) : (int32_t)((uint32_t)x >> n);
    return q + (remainder > threshold ? 1 : 0);
}

/* x * M * 2^(shift - 31), double rounding (TFLite MultiplyByQuantizedMultiplier(int32_t), default
 * flags). shift > 0 shifts x left first, modulo 2^32; shift in -31..31. */
static inline int32_t ref_requant(int32_t x, int32_t m, int32_t shift) {
    int32_t left = shift > 0 ? shift : 0;
    int32_t right = shift > 0 ? 0 : -shift;
    return ref_rdbpot(ref_srdhm(ref_shl_wrap(x, left), m), right);
}

/* x * M * 2^(shift - 31) of a 64-bit sum: M reduced to 16 bits, one rounding, half up (TFLite
 * MultiplyByQuantizedMultiplier(int64_t)); |x| < 2^47 (beyond: modulo 2^64),
 * shift in -31..7. */
static inline int32_t ref_requant64(int64_t x, int32_t m, int32_t shift) {
    int32_t reduced = m < 0x7fff0000 ? (m + (1 << 15)) >> 16 : 0x7fff;
    int32_t right = 15 - shift;
    int64_t y = (int64_t)((uint64_t)x * (uint64_t)(int64_t)reduced + ((uint64_t)1 << (right - 1)));
    y = y < 0 ? ~(int64_t)(~(uint64_t)y >> right) : (int64_t)((uint64_t)y >> right);
    return ref_wrap((uint32_t)(uint64_t)y);
}

/* The output stage of every rescaling operator: requantise, + zero point, clamp. */
static inline int32_t ref_output_stage(int32_t acc, int32_t m, int32_t shift, int32_t zp,
                                       int32_t lo, int32_t hi) {
    return ref_clamp(ref_add_wrap(ref_requant(acc, m, shift), zp), lo, hi);
}

/* x * 2^n saturated, n in 0..30 (gemmlowp SaturatingRoundingMultiplyByPOT, positive exponent). */
static inline int32_t ref_shl_sat(int32_t x, int32_t n) {
    int32_t most = INT32_MAX >> n;
    return x > most ? INT32_MAX : x < ~most ? INT32_MIN : ref_shl_wrap(x, n);
}

/* Leading zeros of x; 32 for 0. */
static inline int32_t ref_clz(uint32_t x) {
    int32_t n = 0;
    if (x == 0)
        return 32;
    while (!(x & 0x80000000u)) {
        x <<= 1;
        n++;
    }
    return n;
}

/* (a + b) / 2, ties away from zero (gemmlowp RoundingHalfSum). */
static inline int32_t ref_half_sum(int32_t a, int32_t b) {
    int64_t sum = (int64_t)a + b;
    return (int32_t)((sum + (sum >= 0 ? 1 : -1)) / 2);
}

/* exp(a) for a in [-1/4, 0) as Q0.31 (gemmlowp
 * exp_on_interval_between_negative_one_quarter_and_0_excl). */
static inline int32_t ref_exp_quarter(int32_t a) {
    const int32_t constant_term = 1895147668; /* exp(-1/8) */
    const int32_t one_third = 715827883;
    int32_t x = ref_add_wrap(a, 1 << 28); /* a + 1/8 */
    int32_t x2 = ref_srdhm(x, x);
    int32_t x3 = ref_srdhm(x2, x);
    int32_t x4 = ref_srdhm(x2, x2);
    int32_t x4_over_4 = ref_rdbpot(x4, 2);
    int32_t tail =
        ref_rdbpot(ref_add_wrap(ref_srdhm(ref_add_wrap(x4_over_4, x3), one_third), x2), 1);
    return ref_add_wrap(constant_term, ref_srdhm(constant_term, ref_add_wrap(x, tail)));
}

/* exp(a) for a <= 0 in Q(int_bits).(31 - int_bits), int_bits in 3..5; result Q0.31, exp(0) = 2^31 -
 * 1 (gemmlowp exp_on_negative_values). */
static inline int32_t ref_exp_on_negative_values(int32_t a, int32_t int_bits) {
    /* exp(-1/4), exp(-1/2), ... exp(-16) in Q0.31 */
    static const int32_t multipliers[7] = {1672461947, 1302514674, 790015084, 290630308,
                                           39332535,   720401,     242};
    int32_t frac_bits = 31 - int_bits;
    int32_t quarter = 1 << (frac_bits - 2);
    int32_t mask = quarter - 1;
    int32_t a_mod = (int32_t)((uint32_t)a & (uint32_t)mask) - quarter;
    int32_t result = ref_exp_quarter(ref_shl_wrap(a_mod, int_bits));
    int32_t remainder = ref_sub_wrap(a_mod, a);
    for (int32_t i = 0; i < 7; i++) {
        int32_t exponent = i - 2; /* of 2 */
        if (int_bits > exponent && ((uint32_t)remainder >> (frac_bits + exponent) & 1u))
            result = ref_srdhm(result, multipliers[i]);
    }
    return a == 0 ? INT32_MAX : result;
}

/* 1 / (1 + a) for a in [0, 1), both Q0.31 (gemmlowp one_over_one_plus_x_for_x_in_0_1):
 * Newton-Raphson, 3 steps. */
static inline int32_t ref_one_over_one_plus_x(int32_t a) {
    const int32_t c48_17 = 1515870810;     /* 48/17 in Q2.29 */
    const int32_t cneg32_17 = -1010580540; /* -32/17 in Q2.29 */
    int32_t half_denominator = ref_half_sum(a, INT32_MAX);
    int32_t x = ref_add_wrap(c48_17, ref_srdhm(half_denominator, cneg32_17));
    for (int i = 0; i < 3; i++) {
        int32_t hx = ref_srdhm(half_denominator, x);   /* Q2.29 */
        int32_t one_minus = ref_sub_wrap(1 << 29, hx); /* Q2.29 */
        int32_t step = ref_srdhm(x, one_minus);        /* Q4.27 */
        x = ref_add_wrap(x, ref_shl_sat(step, 2));     /* Q2.29 */
    }
    return ref_shl_sat(x, 1); /* Q1.30 as Q0.31: value / 2 of 1/half_denominator */
}

/* (1 - a) / (1 + a) for a in [0, 1), both Q0.31 (gemmlowp
 * one_minus_x_over_one_plus_x_for_x_in_0_1). */
static inline int32_t ref_one_minus_x_over_one_plus_x(int32_t a) {
    const int32_t c48_17 = 1515870810;
    const int32_t cneg32_17 = -1010580540;
    int32_t half_denominator = ref_half_sum(a, INT32_MAX);
    int32_t x = ref_add_wrap(c48_17, ref_srdhm(half_denominator, cneg32_17));
    for (int i = 0; i < 3; i++) {
        int32_t hx = ref_srdhm(half_denominator, x);
        int32_t one_minus = ref_sub_wrap(1 << 29, hx);
        x = ref_add_wrap(x, ref_shl_sat(ref_srdhm(x, one_minus), 2));
    }
    return ref_shl_sat(ref_sub_wrap(x, 1 << 29), 2); /* x - 1 in Q2.29 -> Q0.31 */
}

/* 1/x for x > 0 in Q(int_bits): result Q0.31 to be divided by 2^*over_unit (TFLite GetReciprocal).
 */
static inline int32_t ref_get_reciprocal(int32_t x, int32_t int_bits, int32_t *over_unit) {
    int32_t headroom = ref_clz((uint32_t)x);
    *over_unit = int_bits - headroom;
    int32_t shifted_minus_one = ref_wrap(((uint32_t)x << (headroom & 31)) - 0x80000000u);
    return ref_one_over_one_plus_x(shifted_minus_one);
}

/* logistic and tanh of a in Q(int_bits); result Q0.31 (gemmlowp logistic, tanh). */
static inline int32_t ref_logistic(int32_t a, int32_t int_bits) {
    if (a == 0)
        return 1 << 30;
    int32_t neg = a > 0 ? -a : a;
    int32_t y = ref_one_over_one_plus_x(ref_exp_on_negative_values(neg, int_bits));
    return a > 0 ? y : ref_sub_wrap(INT32_MAX, y);
}
static inline int32_t ref_tanh(int32_t a, int32_t int_bits) {
    if (a == 0)
        return 0;
    int32_t neg = a > 0 ? -a : a;
    /* exp(2x): the same bits read with one integer bit more */
    int32_t t = ref_one_minus_x_over_one_plus_x(ref_exp_on_negative_values(neg, int_bits + 1));
    return a > 0 ? t : -t;
}

#endif
