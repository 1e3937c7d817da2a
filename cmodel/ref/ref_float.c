/*
 * ref_float.c - float32 at a network's edge: QUANTIZE from float32, DEQUANTIZE to float32.
 *
 * Contract: ref.h. The float32 values are bit patterns here and all arithmetic is on integers, so
 * that host and soft-core (rv32im, no FPU, no soft-float library) give the same bits as IEEE 754:
 *   QUANTIZE    q = clamp(round_half_away(x / scale) + zp), the quotient rounded to float32 first
 *   DEQUANTIZE  float32(scale * (q - zp)): the product is exact, then rounded once to nearest even
 * A NaN gives the zero point, what is beyond the integers saturates (the oracle's own result is
 * undefined in C for both). Source: TensorFlow Lite kernels/internal/reference/{quantize,
 * dequantize}.h. SPDX-License-Identifier: Apache-2.0
 */
#include "ref_kernels.h"

#include <string.h>

#define FRACTION 23
#define FRACTION_MASK ((1u << FRACTION) - 1)
#define INFINITE 0x7f800000u  /* bit pattern of +infinity; above it the NaNs */
#define LEAST_EXPONENT (-149) /* of the last bit of the smallest numbers */
#define FAR (1 << 20)         /* beyond every 16-bit type, whatever the zero point */

/* value = m * 2^e of a finite positive bit pattern, m < 2^24. */
typedef struct {
    uint32_t m;
    int32_t e;
} parts_t;

static parts_t split(uint32_t bits) {
    uint32_t exponent = bits >> FRACTION, fraction = bits & FRACTION_MASK;
    if (exponent == 0)
        return (parts_t){fraction, LEAST_EXPONENT};
    return (parts_t){fraction | 1u << FRACTION, (int32_t)exponent - 150};
}

/* The same with bit 23 set; m is not 0. */
static parts_t normal(parts_t p) {
    int32_t up = ref_clz(p.m) - (31 - FRACTION);
    return (parts_t){p.m << up, p.e - up};
}

/* round_half_away(float32(a / b)); both positive bit patterns, b finite. */
static int32_t divide_round(uint32_t a, parts_t b) {
    if (a == 0)
        return 0;
    if (a >= INFINITE)
        return FAR;
    parts_t x = normal(split(a));
    int32_t up = x.m >= b.m ? FRACTION : FRACTION + 1; /* the quotient gets 24 bits */
    uint64_t n = (uint64_t)x.m << up;
    uint32_t q = (uint32_t)(n / b.m), rest = (uint32_t)(n % b.m);
    if (2 * rest > b.m || (2 * rest == b.m && (q & 1) != 0))
        q++;
    int32_t e = x.e - b.e - up;
    if (e > -4) /* >= 2^20 */
        return FAR;
    return e < -FRACTION - 2 ? 0 : (int32_t)((q + (1u << (-e - 1))) >> -e);
}

/* Bit pattern of float32(m * 2^e), m < 2^48, e >= LEAST_EXPONENT. */
static uint32_t round_float(uint64_t m, int32_t e) {
    if (m == 0)
        return 0;
    uint32_t high = (uint32_t)(m >> 32);
    int32_t size = high != 0 ? 64 - ref_clz(high) : 32 - ref_clz((uint32_t)m);
    if (e + size - 1 < LEAST_EXPONENT + FRACTION) /* below the normal numbers, and exact */
        return (uint32_t)m << (e - LEAST_EXPONENT);
    int32_t down = size - FRACTION - 1;
    if (down < 0)
        m <<= -down;
    else if (down > 0) {
        uint64_t half = (uint64_t)1 << (down - 1), rest = m & (2 * half - 1);
        m >>= down;
        m += rest > half || (rest == half && (m & 1) != 0);
    }
    int32_t exponent = e + down + 150; /* of m < 2^24 + 1: a carry goes into it below */
    return exponent >= 255 ? INFINITE
                           : ((uint32_t)exponent << FRACTION) + (uint32_t)m - (1u << FRACTION);
}

static void put(void *a, size_t i, const ref_edge_t *p, int32_t v) {
    if (p->wide)
        ((int16_t *)a)[i] = (int16_t)v;
    else
        ((uint8_t *)a)[i] = (uint8_t)v;
}

static int32_t get(const void *a, size_t i, const ref_edge_t *p) {
    return p->wide          ? ((const int16_t *)a)[i]
           : p->is_unsigned ? ((const uint8_t *)a)[i]
                            : ((const int8_t *)a)[i];
}

static int arguments_ok(const ref_edge_t *p) {
    return p->scale_bits > 0 && p->scale_bits < INFINITE && p->zp >= INT16_MIN &&
           p->zp <= INT16_MAX;
}

int ref_k_quantize_float(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_edge_t *p = &op->p.edge;
    (void)scratch;
    if (!arguments_ok(p))
        return REF_E_ARG;
    int32_t lo = p->wide ? INT16_MIN : p->is_unsigned ? 0 : INT8_MIN;
    int32_t hi = p->wide ? INT16_MAX : lo + 255;
    parts_t scale = normal(split(p->scale_bits));
    for (size_t i = 0; i < (size_t)p->count; i++) {
        uint32_t x;
        memcpy(&x, (const uint8_t *)in[0] + 4 * i, 4);
        uint32_t magnitude = x & 0x7fffffffu;
        int32_t r = magnitude > INFINITE ? 0 : divide_round(magnitude, scale);
        put(out[0], i, p, ref_clamp((x >> 31 ? -r : r) + p->zp, lo, hi));
    }
    return REF_OK;
}

int ref_k_dequantize_float(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_edge_t *p = &op->p.edge;
    (void)scratch;
    if (!arguments_ok(p))
        return REF_E_ARG;
    parts_t scale = split(p->scale_bits);
    for (size_t i = 0; i < (size_t)p->count; i++) {
        int32_t d = get(in[0], i, p) - p->zp;
        uint32_t y = round_float((uint64_t)scale.m * (uint32_t)(d < 0 ? -d : d), scale.e);
        y |= d < 0 ? 0x80000000u : 0;
        memcpy((uint8_t *)out[0] + 4 * i, &y, 4);
    }
    return REF_OK;
}
