/*
 * conv.c - CONV: lines of operands for the array, and its parameter block.
 * Counterpart: cmodel/npu/model_conv.c. SPDX-License-Identifier: Apache-2.0
 */
#include "micro.h"

mc_params_t mc_params[2];

/* mult in 0..2^31-1 and shift in -31..30 have a defined effect; others are kept harmless. */
static void load_params(mc_params_t *p, uint32_t addr, uint32_t uniform) {
    for (uint32_t l = 0; l < MC_N; l++) {
        uint32_t shifts = MC_SP(addr, uniform ? MC_N + 1 : 2 * MC_N + l / 4);
        int32_t shift = (int8_t)(uint8_t)(shifts >> (uniform ? 0 : 8 * (l % 4)));
        p->bias[l] = (int32_t)MC_SP(addr, l);
        p->mult[l] = (int32_t)MC_SP(addr, MC_N + (uniform ? 0 : l));
        p->shift[l] = shift < -31 ? -31 : shift > 30 ? 30 : shift;
    }
}

/* `count` operands of one line into the accumulators from `entry` on. */
static inline void line(const npu_cmd_conv_t *c, uint32_t entry, uint32_t first, uint32_t iy,
                        uint32_t base, uint32_t count) {
    MC_BASE = base;
    MC_GO = (entry & (MC_ACC_DEPTH - 1)) | c->half * MC_ACC_DEPTH | first << 14 |
            (mc_inside(iy, c->in_h) ? 1u << 15 : 0) | count << 16;
    mc_counts.steps += count;
}

/* Every output row of one pass: base and iy of row 0. */
static void pass_rows(const npu_cmd_conv_t *c, uint32_t first, uint32_t iy, uint32_t base) {
    uint32_t entry = c->acc_addr, pitch = c->sy * (uint32_t)c->row_pitch;
    for (uint32_t oy = 0; oy < c->ny; oy++) {
        line(c, entry, first, iy, base, c->nx);
        entry += c->nx;
        iy += c->sy;
        base += pitch;
    }
}

static uint32_t row_base(const npu_cmd_conv_t *c, uint32_t iy) {
    return c->in_addr + (uint32_t)(int16_t)(uint16_t)iy * (uint32_t)c->row_pitch;
}

static void plain(const npu_cmd_conv_t *c) {
    uint32_t first = !c->accumulate, w = c->w_addr, row = row_base(c, (uint32_t)c->iy0);
    uint32_t down = c->dil_y * (uint32_t)c->row_pitch;
    for (uint32_t blk = 0; blk < c->nblk; blk++, row += (uint32_t)c->blk_pitch) {
        uint32_t iy = (uint32_t)c->iy0, base = row;
        for (uint32_t ky = 0; ky < c->kh; ky++, iy += c->dil_y, base += down) {
            uint32_t ix = (uint32_t)c->ix0;
            for (uint32_t kx = 0; kx < c->kw; kx++, ix += c->dil_x) {
                for (uint32_t r = 0; r < MC_N; r++, w++)
                    for (uint32_t i = 0; i < MC_QUADS; i++)
                        MC_WEIGHTS(r, i) = MC_SP(w, i);
                MC_IX = ix;
                pass_rows(c, first, iy, base);
                first = 0;
            }
        }
    }
}

/* One tap of a FIR pass: its weights lie on the diagonal, so that column c sees lane c alone.
 * Output t of row oy needs element oy*span + t + k of the endless stream: pieces of lines, cut at
 * `span`. The first `skip` outputs are left out. */
static void fir_tap(const npu_cmd_conv_t *c, uint32_t first, uint32_t iy, uint32_t ix, uint32_t k,
                    uint32_t skip) {
    uint32_t entry = c->acc_addr, pitch = c->sy * (uint32_t)c->row_pitch;
    uint32_t base0 = row_base(c, iy);
    for (uint32_t oy = 0; oy < c->ny; oy++, iy += c->sy, base0 += pitch) {
        uint32_t t = 0, n = 0, at = k, line_y = iy, base = base0;
        while (n < c->nx && t < c->span) {
            for (; at >= c->span; at -= c->span) {
                line_y += c->sy;
                base += pitch;
            }
            uint32_t count = 0, from = at;
            for (; n < c->nx && t < c->span && at < c->span; at += c->sx, t += c->sx, n++)
                count++;
            uint32_t gone = skip < count ? skip : count;
            skip -= gone;
            entry += gone;
            if (gone == count)
                continue;
            MC_IX = ix + from + gone * c->sx;
            line(c, entry, first, line_y, base, count - gone);
            entry += count - gone;
        }
    }
}

/* The weights of one pass: MC_FIR_GROUPS kernel rows of MC_FIR_TAPS taps each. A first pass that
 * overwrites: of outputs that share an entry the last one stays, with all its taps. */
static void fir(const npu_cmd_conv_t *c) {
    uint32_t first = !c->accumulate, w = c->w_addr, row = 0;
    for (uint32_t t = 0; row < c->nx && t < c->span; t += c->sx)
        row++;
    uint32_t outputs = c->ny * row;
    uint32_t skip = first && outputs > MC_ACC_DEPTH ? outputs - MC_ACC_DEPTH : 0;
    for (uint32_t ky0 = 0; ky0 < c->kh; ky0 += MC_FIR_GROUPS)
        for (uint32_t kx = 0; kx < c->kw; kx += MC_FIR_TAPS, w += MC_N, skip = 0)
            for (uint32_t g = 0, ky = ky0; g < MC_FIR_GROUPS && ky < c->kh; g++, ky++)
                for (uint32_t k = 0; k < MC_FIR_TAPS && kx + k < c->kw; k++) {
                    for (uint32_t r = 0; r < MC_N; r++)
                        for (uint32_t i = 0; i < MC_QUADS; i++)
                            MC_WEIGHTS(r, i) = i != r / 4 ? 0
                                                          : MC_SP(w + g * MC_FIR_TAPS + k, i) &
                                                                0xffu << 8 * (r % 4);
                    fir_tap(c, first, (uint32_t)c->iy0 + ky * c->dil_y, (uint32_t)c->ix0 + kx, k,
                            skip);
                    first = 0;
                }
}

void mc_conv(const uint32_t *words) {
    npu_cmd_conv_t c;
    npu_unpack_conv(words, &c);
    if (c.load_params)
        load_params(&mc_params[c.half], c.p_addr, c.uniform);
    MC_LIMITS = c.in_w | c.sx << 16 | (uint32_t)c.pad_value << 24;
    if (c.fir)
        fir(&c);
    else
        plain(&c);
}
