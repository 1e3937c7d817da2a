/*
 * ref_inv_sqrt.h - the reciprocal square root behind layer norm and RMS norm.
 *
 * Contract:  pure; integers only. Every product has two factors of at most 32 bits, so one 32 x 32
 * multiplier used ten times computes it. Relative error below 2^-28 for every w (measured:
 * tests/ref/test_norm.c). Source: Newton-Raphson on 1/r^2 - m from a linear first value.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_REF_INV_SQRT_H
#define SYSTOLE_REF_INV_SQRT_H

#include <stdint.h>

/* floor(log2(w) / 2) of w >= 1: the k with 4^k <= w < 4^(k+1). */
static inline int32_t ref_half_log2(uint64_t w) {
    int32_t k = 0;
    for (int32_t step = 16; step > 0; step /= 2)
        if (w >> 2 * step) {
            w >>= 2 * step;
            k += step;
        }
    return k;
}

/* 1 / sqrt(w) = r * 2^-(30 + *k) for w >= 1; r in 2^29 .. 2^30 - 1 (so 1/sqrt(4^k) reads as one
 * step less than it is), *k in 0..31. */
static inline int32_t ref_inv_sqrt(uint64_t w, int32_t *k) {
    *k = ref_half_log2(w);
    /* m = w / 4^k in [1, 4), Q2.30 */
    uint64_t m = *k <= 15 ? w << (30 - 2 * *k) : w >> (2 * *k - 30);
    /* Line of least relative error (2.3 %) on [1, 2), and on [2, 4); Q1.30. */
    uint64_t r =
        m >> 31 ? 959778883u - (m * 108714595u >> 30) : 1357332313u - (m * 307491310u >> 30);
    for (int32_t i = 0; i < 3; i++) { /* r * (3 - m r^2) / 2 */
        uint64_t square = (r * r + (1u << 29)) >> 30;
        uint64_t near_one = (m * square + (1u << 29)) >> 30;
        r = (r * (((uint64_t)3 << 30) - near_one) + (1u << 30)) >> 31;
    }
    const uint64_t most = (1u << 30) - 1, least = 1u << 29;
    return (int32_t)(r > most ? most : r < least ? least : r);
}

#endif
