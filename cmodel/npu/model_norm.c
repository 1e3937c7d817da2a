/*
 * model_norm.c - NORM: layer norm and RMS norm of int8 rows (docs/isa.md). The arithmetic is that
 * of the operator, written once, in cmodel/ref/ref_norm.c. Counterparts: rtl/npu_norm.v,
 * rtl/npu_norm_scalar.v. SPDX-License-Identifier: Apache-2.0
 */
#include "model.h"
#include "../ref/ref.h"
#include "../ref/ref_kernels.h"

/* Element j of the row that starts at word `addr`. */
static int8_t *element(const model_t *m, uint32_t addr, int32_t blk, uint32_t j) {
    return model_word(m, addr + j / m->cfg.n * (uint32_t)blk) + j % m->cfg.n;
}

/* Whole words: the last one may reach beyond the row. */
static void load_wide(const model_t *m, uint32_t addr, uint32_t count, int32_t *values) {
    uint32_t per_word = m->cfg.n / 4;
    for (uint32_t j = 0; j < count * per_word; j++)
        values[j] = model_le32(model_word(m, addr + j / per_word) + j % per_word * 4);
}

void model_norm(model_t *m, const uint32_t *words) {
    npu_cmd_norm_t c;
    npu_unpack_norm(words, &c);
    uint32_t n = m->cfg.n, wides = (4 * c.depth + n - 1) / n, padded = (c.depth + n - 1) / n * n;
    if (c.load) {
        load_wide(m, c.p_addr, wides, m->norm_gamma);
        load_wide(m, c.p_addr + wides, wides, m->norm_beta);
    }
    ref_op_t op = {.kind = REF_NORM};
    op.p.norm = (ref_norm_t){.outer = 1,
                             .depth = (int32_t)c.depth,
                             .rms = (int32_t)c.rms,
                             .in_zp = c.in_zp,
                             .out_zp = c.zp,
                             .s = (int32_t)c.shift,
                             .eps_low = c.eps_low,
                             .eps_high = c.eps_high};
    for (uint32_t r = 0; r < c.rows; r++) {
        int8_t x[MODEL_MAX_NORM], y[MODEL_MAX_NORM] = {0};
        const void *in[3] = {x, m->norm_gamma, m->norm_beta};
        void *out[1] = {y};
        for (uint32_t j = 0; j < c.depth; j++)
            x[j] = *element(m, c.in_addr + r * (uint32_t)c.in_row, c.in_blk, j);
        ref_k_norm(&op, in, out, NULL); /* cannot fail: the fields were checked */
        for (uint32_t j = 0; j < padded; j++)
            *element(m, c.out_addr + r * (uint32_t)c.out_row, c.out_blk, j) = y[j];
    }
}
