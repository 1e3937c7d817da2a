/*
 * model_conv.c - CONV, literally as docs/isa.md writes it: the definition that the fast loops of
 * model_conv_fast.c and the RTL are compared with.
 * Counterpart: rtl/npu_array_unit.v. SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "model.h"
#include "../ref/ref_arith.h"

/* Input word at (block, iy, ix), or NULL outside. */
static const int8_t *input(const model_t *m, const npu_cmd_conv_t *c, uint32_t blk, int32_t iy,
                           int32_t ix) {
    iy = model_coord(iy);
    ix = model_coord(ix);
    if (!model_inside(iy, c->in_h) || !model_inside(ix, c->in_w))
        return NULL;
    return model_word(m, c->in_addr + blk * (uint32_t)c->blk_pitch +
                             (uint32_t)iy * (uint32_t)c->row_pitch + (uint32_t)ix);
}

/* The sum of result p in a pass: to what was there, to minus another entry, or to nothing. */
static void put(model_t *m, const npu_cmd_conv_t *c, uint32_t p, uint32_t lane, uint32_t pass,
                int32_t sum) {
    int32_t *acc = model_entry(m, c->half, c->acc_addr + p) + lane;
    if (pass > 0 || c->accumulate)
        sum = ref_add_wrap(*acc, sum);
    else if (c->minus)
        sum = ref_sub_wrap(sum, model_minus(m, c, p)[lane]);
    *acc = sum;
}

static void plain_pass(model_t *m, const npu_cmd_conv_t *c, uint32_t pass, uint32_t blk,
                       uint32_t ky, uint32_t kx) {
    uint32_t n = m->cfg.n, p = 0, tile = model_tile(m, c, pass);
    for (uint32_t oy = 0; oy < c->ny; oy++)
        for (uint32_t ox = 0; ox < c->nx; ox++, p++) {
            const int8_t *a = input(m, c, blk, c->iy0 + (int32_t)(oy * c->sy + ky * c->dil_y),
                                    c->ix0 + (int32_t)(ox * c->sx + kx * c->dil_x));
            for (uint32_t l = 0; l < n; l++) {
                int32_t sum = 0;
                for (uint32_t r = 0; r < n; r++) {
                    int8_t w =
                        c->transpose ? model_word(m, tile + l)[r] : model_word(m, tile + r)[l];
                    sum += (a ? a[r] : c->pad_value) * w;
                }
                put(m, c, p, l, pass, sum);
            }
        }
}

static void fir_pass(model_t *m, const npu_cmd_conv_t *c, uint32_t pass, uint32_t ky0,
                     uint32_t kx0) {
    uint32_t n = m->cfg.n, groups = m->cfg.fir_groups, taps = m->cfg.fir_taps, p = 0;
    for (uint32_t oy = 0; oy < c->ny; oy++)
        for (uint32_t t = 0; t < c->span; t++) {
            if (t % c->sx != 0 || t / c->sx >= c->nx)
                continue;
            int32_t sum[MODEL_MAX_N] = {0};
            for (uint32_t g = 0; g < groups && ky0 + g < c->kh; g++)
                for (uint32_t k = 0; k < taps && kx0 + k < c->kw; k++) {
                    uint32_t e = oy * c->span + t + k;
                    uint32_t line = e / c->span, at = e % c->span;
                    const int8_t *w = model_word(m, c->w_addr + pass * n + taps * g + k);
                    const int8_t *a =
                        input(m, c, 0, c->iy0 + (int32_t)(line * c->sy + (ky0 + g) * c->dil_y),
                              c->ix0 + (int32_t)(kx0 + at));
                    for (uint32_t l = 0; l < n; l++)
                        sum[l] += w[l] * (a ? a[l] : c->pad_value);
                }
            for (uint32_t l = 0; l < n; l++)
                put(m, c, p, l, pass, sum[l]);
            p++;
        }
}

void model_conv_literal(model_t *m, const npu_cmd_conv_t *c) {
    uint32_t pass = 0;
    if (c->fir) {
        for (uint32_t ky0 = 0; ky0 < c->kh; ky0 += m->cfg.fir_groups)
            for (uint32_t kx0 = 0; kx0 < c->kw; kx0 += m->cfg.fir_taps)
                fir_pass(m, c, pass++, ky0, kx0);
        return;
    }
    for (uint32_t blk = 0; blk < c->nblk; blk++)
        for (uint32_t ky = 0; ky < c->kh; ky++)
            for (uint32_t kx = 0; kx < c->kw; kx++)
                plain_pass(m, c, pass++, blk, ky, kx);
}

/* bias int32[n], mult int32[n], shift int8[n], contiguous from word `addr`; uniform: bias int32[n],
 * then one mult and one shift for all. Only mult in
 * 0..2^31-1 and shift in -31..30 have a defined effect; others are kept harmless. */
static void load_params(model_t *m, uint32_t set, uint32_t addr, int uniform) {
    uint32_t n = m->cfg.n;
    int8_t block[NPU_PARAM_WORDS * MODEL_MAX_N];
    for (uint32_t w = 0; w < NPU_PARAM_WORDS; w++)
        memcpy(block + w * n, model_word(m, addr + w), n);
    for (uint32_t l = 0; l < n; l++) {
        m->bias[set][l] = model_le32(block + 4 * l);
        m->mult[set][l] = model_le32(block + 4 * n + (uniform ? 0 : 4 * l));
        m->shift[set][l] =
            (int8_t)ref_clamp(uniform ? block[4 * n + 4] : block[8 * n + l], -31, 30);
    }
}

void model_conv(model_t *m, const uint32_t *words) {
    npu_cmd_conv_t c;
    npu_unpack_conv(words, &c);
    if (c.load_params)
        load_params(m, c.half, c.p_addr, (int)c.uniform);
    if (m->literal)
        model_conv_literal(m, &c);
    else
        model_conv_fast(m, &c);
    /* operand vectors that yield a result */
    uint64_t groups = c.fir ? (c.kh + m->cfg.fir_groups - 1) / m->cfg.fir_groups : c.nblk * c.kh;
    uint64_t taps = c.fir ? (c.kw + m->cfg.fir_taps - 1) / m->cfg.fir_taps : c.kw;
    m->counter[NPU_CNT_ARRAY_STEPS] += groups * taps * c.ny * c.nx;
}
