/*
 * vector.c - DRAIN, POOL, ELTWISE, TABLE. Counterpart: cmodel/npu/model_vector.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "micro.h"

static uint8_t table[256];

/* Lane by lane, so that the requantiser keeps its settings; it works on the next entry while this
 * one is clamped and stored. */
static void drain_lane(const npu_cmd_drain_t *c, uint32_t l) {
    const mc_params_t *p = &mc_params[c->half];
    int32_t bias = p->bias[l], zp = c->zp, lo = c->act_min, hi = c->act_max;
    uint32_t left = p->shift[l] > 0 ? (uint32_t)p->shift[l] : 0, entry = c->acc_addr;
    mc_scale_set(p->mult[l], left ? 0 : (uint32_t)-p->shift[l], 0);
#define VALUE_OF(entry)                                                                            \
    ((uint32_t)mc_add((int32_t)MC_ACC(MC_ACC_OFFSET(c->half, entry), l), bias) << left)
    MC_VALUE = VALUE_OF(entry);
    for (uint32_t oy = 0, row = c->out_addr; oy < c->ny; oy++, row += (uint32_t)c->out_row)
        for (uint32_t ox = 0, at = row; ox < c->nx; ox++, at += (uint32_t)c->out_x) {
            entry++;
            uint32_t next = VALUE_OF(entry);
            int32_t v = (int32_t)MC_VALUE;
            MC_VALUE = next; /* behind the last entry: not used */
            MC_SP_LANES(at)[l] = (int8_t)mc_clamp8(mc_add(v, zp), lo, hi);
        }
#undef VALUE_OF
}

void mc_drain(const uint32_t *words) {
    npu_cmd_drain_t c;
    npu_unpack_drain(words, &c);
    for (uint32_t l = 0; l < MC_N; l++)
        drain_lane(&c, l);
    (void)MC_VALUE; /* the requantiser is at rest again */
}

/* sign(v) * (((|v| + nudge) << max(shift,0) mod 2^32) * mult >> 31 >> max(-shift,0)), clamped */
static int32_t divided(const npu_cmd_pool_t *c, int32_t v) {
    uint32_t magnitude = (v < 0 ? 0u - (uint32_t)v : (uint32_t)v) + c->nudge;
    mc_scale_set(c->mult, c->shift < 0 ? (uint32_t)-c->shift : 0, MC_SETTINGS_DIVIDE);
    MC_VALUE = c->shift > 0 ? magnitude << c->shift : magnitude;
    uint32_t q = MC_VALUE;
    if (q > 0x100) /* beyond every clamp */
        q = 0x100;
    return mc_clamp8(v < 0 ? -(int32_t)q : (int32_t)q, c->act_min, c->act_max);
}

static int32_t pool_result(const npu_cmd_pool_t *c, int32_t max, int32_t sum) {
    int32_t v = mc_add(sum, c->bias);
    if (!c->sum)
        return mc_clamp8(max, c->act_min, c->act_max);
    if (c->divide)
        return divided(c, v);
    return mc_clamp8(mc_add(mc_requant(v, c->mult, c->shift), c->zp), c->act_min, c->act_max);
}

/* Four lanes, piece `i` of their words, of the window at (iy0, ix0) of a block whose position (0,
 * 0) is word `base`. */
static uint32_t pool_piece(const npu_cmd_pool_t *c, uint32_t base, uint32_t iy, uint32_t ix0,
                           uint32_t i) {
    int32_t max[4], sum[4];
    uint32_t row = base + (uint32_t)(int16_t)(uint16_t)iy * (uint32_t)c->in_row, out = 0;
    for (uint32_t l = 0; l < 4; l++) {
        max[l] = -128;
        sum[l] = 0;
    }
    for (uint32_t ky = 0; ky < c->kh; ky++, iy++, row += (uint32_t)c->in_row)
        for (uint32_t kx = 0, ix = ix0; mc_inside(iy, c->in_h) && kx < c->kw; kx++, ix++) {
            if (!mc_inside(ix, c->in_w))
                continue;
            uint32_t word = MC_SP(row + (ix & 0xffffu), i);
            for (uint32_t l = 0; l < 4; l++, word >>= 8) {
                int32_t x = (int8_t)(uint8_t)word;
                max[l] = x > max[l] ? x : max[l];
                sum[l] = mc_add(sum[l], x);
            }
        }
    for (uint32_t l = 0; l < 4; l++)
        out |= ((uint32_t)pool_result(c, max[l], sum[l]) & 0xffu) << 8 * l;
    return out;
}

void mc_pool(const uint32_t *words) {
    npu_cmd_pool_t c;
    npu_unpack_pool(words, &c);
    for (uint32_t b = 0; b < c.nblk;
         b++, c.in_addr += (uint32_t)c.in_blk, c.out_addr += (uint32_t)c.out_blk)
        for (uint32_t oy = 0; oy < c.ny; oy++)
            for (uint32_t ox = 0; ox < c.nx; ox++)
                for (uint32_t i = 0; i < MC_QUADS; i++)
                    MC_SP(c.out_addr + oy * (uint32_t)c.out_row + ox, i) = pool_piece(
                        &c, c.in_addr, (uint32_t)c.iy0 + oy * c.sy, (uint32_t)c.ix0 + ox * c.sx, i);
}

/* a' * b' of 9 bits and a sign each, by the requantiser: (a' << 9) * (|b'| << 22) >> 31. */
static int32_t product(int32_t a, int32_t b) {
    int32_t v = mc_scale((int32_t)((uint32_t)a << 9), (b < 0 ? -b : b) << 22, 0);
    return b < 0 ? -v : v;
}

static int32_t eltwise_result(const npu_cmd_eltwise_t *c, int32_t a, int32_t b) {
    int32_t x = a - c->a_zp, y = b - c->b_zp, v;
    switch (c->op) {
    case 0:
    case 1:
        x = mc_requant((int32_t)((uint32_t)x << c->left), c->a_mult, c->a_shift);
        y = mc_requant((int32_t)((uint32_t)y << c->left), c->b_mult, c->b_shift);
        v = (int32_t)(c->op == 0 ? (uint32_t)x + (uint32_t)y : (uint32_t)x - (uint32_t)y);
        break;
    case 2:
        v = product(x, y);
        break;
    case 3:
        return mc_clamp8(a > b ? a : b, c->act_min, c->act_max);
    default:
        return mc_clamp8(a < b ? a : b, c->act_min, c->act_max);
    }
    return mc_clamp8(mc_add(mc_requant(v, c->o_mult, c->o_shift), c->o_zp), c->act_min, c->act_max);
}

void mc_eltwise(const uint32_t *words) {
    npu_cmd_eltwise_t c;
    npu_unpack_eltwise(words, &c);
    for (uint32_t oy = 0; oy < c.ny; oy++) {
        uint32_t a_at = c.a_addr, b_at = c.b_addr;
        for (uint32_t ox = 0; ox < c.nx; ox++, a_at += c.a_x, b_at += c.b_x)
            for (uint32_t i = 0; i < MC_QUADS; i++) {
                uint32_t a = MC_SP(a_at, i), b = MC_SP(b_at, i), out = 0;
                for (uint32_t l = 0; l < 4; l++, a >>= 8, b >>= 8) {
                    int32_t v = eltwise_result(&c, (int8_t)(uint8_t)a, (int8_t)(uint8_t)b);
                    out |= ((uint32_t)v & 0xffu) << 8 * l;
                }
                MC_SP(c.out_addr + ox, i) = out;
            }
        c.a_addr += (uint32_t)c.a_row;
        c.b_addr += (uint32_t)c.b_row;
        c.out_addr += (uint32_t)c.out_row;
    }
}

void mc_table(const uint32_t *words) {
    npu_cmd_table_t c;
    npu_unpack_table(words, &c);
    for (uint32_t i = 0; c.load && i < sizeof table / 4; i++)
        ((uint32_t *)(void *)table)[i] = MC_SP(c.t_addr, i);
    for (uint32_t oy = 0; oy < c.ny; oy++)
        for (uint32_t ox = 0; ox < c.nx; ox++)
            for (uint32_t i = 0; i < MC_QUADS; i++) {
                uint32_t in = MC_SP(c.in_addr + oy * (uint32_t)c.in_row + ox, i), out = 0;
                for (uint32_t l = 0; l < 4; l++, in >>= 8)
                    out |= (uint32_t)table[in & 0xffu] << 8 * l;
                MC_SP(c.out_addr + oy * (uint32_t)c.out_row + ox, i) = out;
            }
}
