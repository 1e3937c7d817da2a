/*
 * softmax.c - SOFTMAX. Counterpart: cmodel/npu/model_softmax.c; the fixed-point functions are those
 * of cmodel/ref/ref_arith.h with the requantiser as multiplier. SPDX-License-Identifier: Apache-2.0
 */
#include "micro.h"

static int32_t exp_table[256];

/* (a * b + 2^30) >> 31, saturated, of any two values. */
static int32_t srdhm(int32_t a, int32_t b) {
    if (b < 0) { /* the requantiser's multiplier is not negative */
        if (b == INT32_MIN) {
            if (a == INT32_MIN)
                return INT32_MAX;
            return -a;
        }
        if (a == INT32_MIN)
            return -b;
        a = -a;
        b = -b;
    }
    return mc_scale(a, b, 0);
}

/* x / 2^n, ties away from zero; n in 0..31. */
static int32_t rdbpot(int32_t x, uint32_t n) {
    uint32_t mask = (1u << n) - 1u, threshold = (mask >> 1) + (x < 0 ? 1u : 0u);
    return (x >> n) + (((uint32_t)x & mask) > threshold ? 1 : 0);
}

static int32_t shl_sat(int32_t x, uint32_t n) {
    int32_t y = (int32_t)((uint32_t)x << n);
    return y >> n == x ? y : x < 0 ? INT32_MIN : INT32_MAX;
}

static int32_t one_over_one_plus_x(int32_t a) {
    int32_t half_denominator = a == INT32_MIN ? -1 : (int32_t)(((uint32_t)a + 0x80000000u) >> 1);
    int32_t x = mc_add(1515870810, srdhm(-1010580540, half_denominator));
    for (int i = 0; i < 3; i++) {
        int32_t hx = srdhm(half_denominator, x);
        x = mc_add(x, shl_sat(srdhm((int32_t)((1u << 29) - (uint32_t)hx), x), 2));
    }
    return shl_sat(x, 1);
}

/* Scale of 1/sum, and *bits. */
static int32_t reciprocal(uint32_t sum, int32_t *bits) {
    uint32_t headroom = 0;
    for (uint32_t x = sum; headroom < 32 && x >> 31 == 0; x <<= 1)
        headroom++;
    *bits = 12 - (int32_t)headroom;
    return one_over_one_plus_x((int32_t)((sum << (headroom & 31u)) - 0x80000000u));
}

static uint32_t in_word(const npu_cmd_softmax_t *c, uint32_t in, uint32_t j) {
    return in + (j / MC_N) * (uint32_t)c->in_blk;
}

static void softmax_vector(const npu_cmd_softmax_t *c, uint32_t in, uint32_t out) {
    int32_t max = -128, bits;
    uint32_t sum = 0;
    for (uint32_t j = 0; j < c->depth; j++) {
        int32_t x = MC_SP_LANES(in_word(c, in, j))[j % MC_N];
        max = x > max ? x : max;
    }
    for (uint32_t j = 0; j < c->depth; j++)
        sum += (uint32_t)rdbpot(exp_table[max - MC_SP_LANES(in_word(c, in, j))[j % MC_N]], 12);
    int32_t scale = reciprocal(sum, &bits);
    for (uint32_t j = 0; j < c->depth; j += MC_N, out += (uint32_t)c->out_blk) {
        uint32_t at = in_word(c, in, j);
        for (uint32_t i = 0; i < MC_QUADS; i++) {
            uint32_t word = MC_SP(at, i), value = 0;
            for (uint32_t l = 0; l < 4 && j + 4 * i + l < c->depth; l++, word >>= 8) {
                int32_t e = exp_table[max - (int8_t)(uint8_t)word];
                int32_t p = bits + 23 > 31 ? 0 : rdbpot(srdhm(scale, e), (uint32_t)(bits + 23));
                value |= ((uint32_t)mc_clamp8(mc_add(p, -128), -128, 127) & 0xffu) << 8 * l;
            }
            MC_SP(out, i) = value;
        }
    }
}

void mc_softmax(const uint32_t *words) {
    npu_cmd_softmax_t c;
    npu_unpack_softmax(words, &c);
    for (uint32_t i = 0; c.load && i < 256; i++)
        exp_table[i] = (int32_t)MC_SP(c.t_addr, i);
    for (uint32_t oy = 0; oy < c.ny; oy++)
        for (uint32_t ox = 0; ox < c.nx; ox++)
            softmax_vector(&c, c.in_addr + oy * (uint32_t)c.in_row + ox,
                           c.out_addr + oy * (uint32_t)c.out_row + ox);
}
