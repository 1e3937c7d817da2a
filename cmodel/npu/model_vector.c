/*
 * model_vector.c - DRAIN, POOL, ELTWISE, TABLE, as docs/isa.md writes them; arithmetic of
 * ref_arith.h. Counterpart: rtl/npu_vector_unit.v. SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "model.h"
#include "../ref/ref_arith.h"

MODEL_CLONES void model_drain(model_t *m, const uint32_t *words) {
    npu_cmd_drain_t c;
    npu_unpack_drain(words, &c);
    int32_t *bias = m->bias[c.half];
    for (uint32_t l = 0; c.column && l < m->cfg.n; l++)
        bias[l] = ref_sub_wrap(bias[l], model_entry(m, c.half, c.col_addr)[l]);
    const int32_t *mult = m->mult[c.half];
    int32_t left[MODEL_MAX_N], right[MODEL_MAX_N];
    uint32_t p = 0;
    for (uint32_t l = 0; l < m->cfg.n; l++) {
        int32_t shift = m->shift[c.half][l];
        left[l] = shift > 0 ? shift : 0;
        right[l] = shift > 0 ? 0 : -shift;
    }
    for (uint32_t oy = 0; oy < c.ny; oy++) {
        for (uint32_t ox = 0; ox < c.nx; ox++, p++) {
            const int32_t *v = model_entry(m, c.half, c.acc_addr + p);
            int8_t *out =
                model_word(m, c.out_addr + oy * (uint32_t)c.out_row + ox * (uint32_t)c.out_x);
            for (uint32_t l = 0; l < m->cfg.n; l++) {
                int32_t q = model_requant(ref_add_wrap(v[l], bias[l]), mult[l], left[l], right[l]);
                out[l] = model_clamp8(ref_add_wrap(q, c.zp), c.act_min, c.act_max);
            }
        }
    }
}

/* sign(v) * (((|v| + nudge) << max(shift,0) mod 2^32) * mult >> 31 >> max(-shift,0)) */
static int64_t divide(const npu_cmd_pool_t *c, int32_t v) {
    uint32_t magnitude = (v < 0 ? 0u - (uint32_t)v : (uint32_t)v) + c->nudge;
    uint32_t scaled = c->shift > 0 ? magnitude << c->shift : magnitude;
    uint64_t q = (uint64_t)scaled * (uint32_t)c->mult >> 31 >> (c->shift < 0 ? -c->shift : 0);
    return v < 0 ? -(int64_t)q : (int64_t)q;
}

static int8_t pool_result(const npu_cmd_pool_t *c, int32_t max, int32_t sum) {
    int32_t v = ref_add_wrap(sum, c->bias);
    if (!c->sum)
        return model_clamp8(max, c->act_min, c->act_max);
    if (c->divide)
        return model_clamp8(divide(c, v), c->act_min, c->act_max);
    return model_clamp8(ref_add_wrap(ref_requant(v, c->mult, c->shift), c->zp), c->act_min,
                        c->act_max);
}

void model_pool(model_t *m, const uint32_t *words) {
    npu_cmd_pool_t c;
    npu_unpack_pool(words, &c);
    uint32_t n = m->cfg.n;
    for (uint32_t b = 0; b < c.nblk; b++)
        for (uint32_t oy = 0; oy < c.ny; oy++)
            for (uint32_t ox = 0; ox < c.nx; ox++) {
                int32_t max[MODEL_MAX_N], sum[MODEL_MAX_N] = {0};
                for (uint32_t l = 0; l < n; l++)
                    max[l] = -128;
                for (uint32_t k = 0; k < c.kh * c.kw; k++) {
                    int32_t iy = model_coord(c.iy0 + (int32_t)(oy * c.sy + k / c.kw));
                    int32_t ix = model_coord(c.ix0 + (int32_t)(ox * c.sx + k % c.kw));
                    if (!model_inside(iy, c.in_h) || !model_inside(ix, c.in_w))
                        continue;
                    const int8_t *x =
                        model_word(m, c.in_addr + b * (uint32_t)c.in_blk +
                                          (uint32_t)iy * (uint32_t)c.in_row + (uint32_t)ix);
                    for (uint32_t l = 0; l < n; l++) {
                        max[l] = x[l] > max[l] ? x[l] : max[l];
                        sum[l] = ref_add_wrap(sum[l], x[l]);
                    }
                }
                int8_t *out = model_word(m, c.out_addr + b * (uint32_t)c.out_blk +
                                                oy * (uint32_t)c.out_row + ox);
                for (uint32_t l = 0; l < n; l++)
                    out[l] = pool_result(&c, max[l], sum[l]);
            }
}

static int8_t eltwise_result(const npu_cmd_eltwise_t *c, int32_t a, int32_t b) {
    int32_t x = a - c->a_zp, y = b - c->b_zp, v;
    switch (c->op) {
    case 0:
    case 1:
        x = ref_requant(ref_shl_wrap(x, (int32_t)c->left), c->a_mult, c->a_shift);
        y = ref_requant(ref_shl_wrap(y, (int32_t)c->left), c->b_mult, c->b_shift);
        v = c->op == 0 ? ref_add_wrap(x, y) : ref_sub_wrap(x, y);
        break;
    case 2:
        v = x * y;
        break;
    case 3:
        return model_clamp8(a > b ? a : b, c->act_min, c->act_max);
    default:
        return model_clamp8(a < b ? a : b, c->act_min, c->act_max);
    }
    v = ref_requant(v, c->o_mult, c->o_shift);
    return model_clamp8(ref_add_wrap(v, c->o_zp), c->act_min, c->act_max);
}

void model_eltwise(model_t *m, const uint32_t *words) {
    npu_cmd_eltwise_t c;
    npu_unpack_eltwise(words, &c);
    for (uint32_t oy = 0; oy < c.ny; oy++)
        for (uint32_t ox = 0; ox < c.nx; ox++) {
            const int8_t *a = model_word(m, c.a_addr + oy * (uint32_t)c.a_row + ox * c.a_x);
            const int8_t *b = model_word(m, c.b_addr + oy * (uint32_t)c.b_row + ox * c.b_x);
            int8_t *out = model_word(m, c.out_addr + oy * (uint32_t)c.out_row + ox);
            for (uint32_t l = 0; l < m->cfg.n; l++)
                out[l] = eltwise_result(&c, a[l], b[l]);
        }
}

void model_table(model_t *m, const uint32_t *words) {
    npu_cmd_table_t c;
    npu_unpack_table(words, &c);
    uint32_t n = m->cfg.n;
    for (uint32_t i = 0; c.load && i < 256; i++)
        m->table[i] = (uint8_t)model_word(m, c.t_addr + i / n)[i % n];
    for (uint32_t oy = 0; oy < c.ny; oy++)
        for (uint32_t ox = 0; ox < c.nx; ox++) {
            const int8_t *in = model_word(m, c.in_addr + oy * (uint32_t)c.in_row + ox);
            int8_t *out = model_word(m, c.out_addr + oy * (uint32_t)c.out_row + ox);
            for (uint32_t l = 0; l < n; l++)
                out[l] = (int8_t)m->table[(uint8_t)in[l]];
        }
}
