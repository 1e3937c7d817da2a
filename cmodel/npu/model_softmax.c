/*
 * model_softmax.c - SOFTMAX over channels, gemmlowp fixed point (docs/isa.md, ref_arith.h).
 * Counterpart: rtl/npu_softmax.v. SPDX-License-Identifier: Apache-2.0
 */
#include "model.h"
#include "../ref/ref_arith.h"

/* Element j of the vector that starts at word `addr`. */
static int8_t *element(const model_t *m, uint32_t addr, int32_t blk, uint32_t j) {
    return model_word(m, addr + j / m->cfg.n * (uint32_t)blk) + j % m->cfg.n;
}

static void softmax_vector(model_t *m, const npu_cmd_softmax_t *c, uint32_t in, uint32_t out) {
    int32_t max = -128;
    for (uint32_t j = 0; j < c->depth; j++) {
        int32_t x = *element(m, in, c->in_blk, j);
        max = x > max ? x : max;
    }
    int32_t sum = 0, bits;
    for (uint32_t j = 0; j < c->depth; j++)
        sum = ref_add_wrap(sum, ref_rdbpot(m->exp_table[max - *element(m, in, c->in_blk, j)], 12));
    int32_t scale = ref_get_reciprocal(sum, 12, &bits);
    uint32_t padded = (c->depth + m->cfg.n - 1) / m->cfg.n * m->cfg.n;
    for (uint32_t j = 0; j < padded; j++) {
        int8_t q = 0;
        if (j < c->depth) {
            int32_t e = m->exp_table[max - *element(m, in, c->in_blk, j)];
            int32_t p = bits + 23 > 31 ? 0 : ref_rdbpot(ref_srdhm(scale, e), bits + 23);
            q = model_clamp8((int64_t)p - 128, -128, 127);
        }
        *element(m, out, c->out_blk, j) = q;
    }
}

void model_softmax(model_t *m, const uint32_t *words) {
    npu_cmd_softmax_t c;
    npu_unpack_softmax(words, &c);
    uint32_t per_word = m->cfg.n / 4;
    for (uint32_t i = 0; c.load && i < 256; i++)
        m->exp_table[i] = model_le32(model_word(m, c.t_addr + i / per_word) + i % per_word * 4);
    for (uint32_t oy = 0; oy < c.ny; oy++)
        for (uint32_t ox = 0; ox < c.nx; ox++)
            softmax_vector(m, &c, c.in_addr + oy * (uint32_t)c.in_row + ox,
                           c.out_addr + oy * (uint32_t)c.out_row + ox);
}
