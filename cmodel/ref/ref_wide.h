/*
 * ref_wide.h - arithmetic of a language model's decode step: matrix x vector with scales that
 * follow the data, and the functions between the products, on rows of 'wide' values.
 *
 * Contract:  integers only, no malloc, no libm; host and soft-core alike. A wide value is int32
 * fixed point with `frac` fraction bits (REF_WIDE_FRAC unless a function says otherwise);
 * everything that could leave int32 saturates. Each function walks a row forwards, once or twice,
 * with one multiplication of 32 x 32 bits at a time and no division per element: the form in which
 * hardware streams it. Rows may not overlap, except where a function says so. Sources: ref_arith.h
 * for every rounding; per-token int8 quantisation as llama2.c's runq.c (there in float, groups);
 * functions as llama2.c's run.c. Error bounds beside each function are checked against double in
 * tests/llm/test_wide.c. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_REF_WIDE_H
#define SYSTOLE_REF_WIDE_H

#include "ref_arith.h"

#define REF_WIDE_FRAC 18  /* residual stream and products: +-8192 in steps of 2^-18 */
#define REF_SCORE_FRAC 20 /* attention scores, in powers of two: +-2048 */
#define REF_GROUP 16      /* weights along the contraction that share an int4 factor */

/* A scale found at run time, >= 0: m * 2^(e - 31). m < 2^31; m = 0 is zero. */
typedef struct {
    int32_t m, e;
} ref_scale_t;

/* Weights (rows, cols) with the scale of each row. The product's wide result:
 * requant(acc, mult[row], shift) * token scale * 2^exponent. */
typedef struct {
    int32_t rows, cols, shift, exponent; /* shift: ref_sum_headroom(cols) at most */
    const int8_t *w;                     /* int8: (rows, cols). int4: NULL */
    const uint8_t *w4;     /* int4: (rows, (cols + 1) / 2), column 2i in bits 3..0 of byte i */
    const uint8_t *factor; /* int4: (rows, ceil(cols / REF_GROUP)), 1..15 */
    const int32_t *mult;   /* (rows) Q0.31, >= 0; the largest at least 2^30 */
} ref_matrix_t;

/* Gains of a norm: Q0.31 relative to the largest, which the next matrix's scale has taken over
 * together with sqrt(n). */
typedef struct {
    const int32_t *gain; /* (n) */
    uint64_t epsilon;    /* n * 1e-5 in the unit of squared wide values */
} ref_wide_norm_t;

/* x * M * 2^(s - 31): ref_requant, but saturating; s above 30 counts as 30, below -31 gives 0. */
int32_t ref_wide_scale(int32_t x, int32_t m, int32_t s);
int32_t ref_wide_add(int32_t a, int32_t b); /* saturating */

/* 2^-d, d in Q.20, as Q1.30: 256 straight pieces for each halving. Error below 1.0e-6 of the
 * result, and half a unit. d >= 31 gives 0. */
int32_t ref_exp2_neg(uint32_t d);
/* 1 / (1 + exp(-u)), u wide, as Q1.30: 256 straight pieces to |u| = 16. Error below 5e-5. */
int32_t ref_wide_logistic(int32_t u);
/* 1 / x for x >= 1. Error below 2^-27 of the result. */
ref_scale_t ref_reciprocal(uint64_t x);
/* 1 / sqrt(hi * 2^32 + lo), which is >= 1 (ref_inv_sqrt.h). Error below 2^-28 of
 * the result. */
ref_scale_t ref_reciprocal_sqrt(uint64_t hi, uint64_t lo);
ref_scale_t ref_scale_mul(ref_scale_t a, ref_scale_t b); /* rounds once, at 2^-31 */

/* q[i] = x[i] * 127 / max|x|, |error| < 0.51. Returns max|x|, so that x[i] = q[i] * result / 127.
 * A row of zeros: zeros, and 0. Two passes. */
ref_scale_t ref_row_quantize(const int32_t *x, int32_t n, int8_t *q);
/* h[i] = x[i] * gain[i] * 2^-31, quantised as above: one more pass over x, none over h if hardware
 * multiplies again. Returns max|h| / sqrt(sum x^2 + epsilon): an RMS norm without sqrt(n), which is
 * a constant. h: scratch (n). The sum is exact for n < 2^32. */
ref_scale_t ref_row_norm(const int32_t *x, const ref_wide_norm_t *norm, int32_t n, int32_t *h,
                         int8_t *q);
/* Rotates pairs (x[2i], x[2i+1]) in place; rotary (n / 2, 2): cos, sin in Q1.14. One rounding. */
void ref_row_rotate(int32_t *x, const int16_t *rotary, int32_t n);
/* Weights of an attention's second product, from scores in powers of two (Q.20) and the largest
 * magnitudes vmax (n) of V's rows, or NULL where these are alike: q[j] = 127 * w[j] / max w with
 * w[j] = 2^(s[j] - max s) * vmax[j] (Q30 * vmax / 2^31, so half a unit of that is the error).
 * Returns max w / sum 2^(s[j] - max s), in the unit of vmax (NULL: 1). w: scratch (n), may be s. */
ref_scale_t ref_row_softmax(const int32_t *s, const int32_t *vmax, int32_t n, int32_t *w,
                            int8_t *q);
/* u[i] = u[i] * logistic(u[i]) * v[i]. */
void ref_row_silu_mul(int32_t *u, const int32_t *v, int32_t n);
/* x[i] += y[i]. */
void ref_row_add(int32_t *x, const int32_t *y, int32_t n);

/* y[row] = sum over cols of q * w, rescaled as ref_matrix_t says; t: q's scale. */
void ref_matvec(const ref_matrix_t *a, const int8_t *q, ref_scale_t t, int32_t *y);
/* The same for one row. */
int32_t ref_matvec_row(const ref_matrix_t *a, int32_t row, const int8_t *q, ref_scale_t t);
/* Left shift that a sum of n products of int8 (|.| <= 127 each) has room for. */
int32_t ref_sum_headroom(int32_t n);

#endif
