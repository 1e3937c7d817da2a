/*
 * model_wide.c - the commands on wide rows, DRAINW, QUANTW, ROTATE, SILUW, SOFTMAXW: rows move
 * between scratchpad and arrays here, all arithmetic is ref_wide.h's. Counterpart: rtl/npu_wide.v.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "model.h"
#include "../ref/ref_wide.h"

/* Element j of the wide row, or half row of int16 pairs, that starts at word `addr`. */
static int8_t *element(const model_t *m, uint32_t addr, uint32_t j) {
    uint32_t per_word = m->cfg.n / 4;
    return model_word(m, addr + j / per_word) + j % per_word * 4;
}

static void put_le32(int8_t *p, int32_t x) {
    for (int i = 0; i < 4; i++)
        p[i] = (int8_t)(uint8_t)((uint32_t)x >> (8 * i));
}

static void get_row(const model_t *m, uint32_t addr, uint32_t n, int32_t *row) {
    for (uint32_t j = 0; j < n; j++)
        row[j] = model_le32(element(m, addr, j));
}

static void put_row(const model_t *m, uint32_t addr, uint32_t n, const int32_t *row) {
    for (uint32_t j = 0; j < n; j++)
        put_le32(element(m, addr, j), row[j]);
}

/* The int8 row q of n elements in whole words, blk apart, zeros up to `length` elements. */
static void put_int8(const model_t *m, uint32_t addr, uint32_t blk, uint32_t n, uint32_t length,
                     const int8_t *q) {
    uint32_t lanes = m->cfg.n, padded = (length + lanes - 1) / lanes * lanes;
    for (uint32_t j = 0; j < padded; j++)
        model_word(m, addr + j / lanes * blk)[j % lanes] = j < n ? q[j] : 0;
}

/* A scale record; max: the largest magnitude of what was quantised. The rest of its words is 0. */
static void put_scale(const model_t *m, uint32_t addr, ref_scale_t t, int32_t max) {
    const int32_t record[8] = {t.m, t.e, max};
    put_row(m, addr, m->cfg.n > 16 ? m->cfg.n / 4 : 4, record);
}

static int32_t largest(const int32_t *x, uint32_t n) {
    int32_t max = 0;
    for (uint32_t j = 0; j < n; j++) {
        int32_t magnitude = x[j] == INT32_MIN ? INT32_MAX : x[j] < 0 ? -x[j] : x[j];
        max = magnitude > max ? magnitude : max;
    }
    return max;
}

void model_drainw(model_t *m, const uint32_t *words) {
    npu_cmd_drainw_t c;
    npu_unpack_drainw(words, &c);
    for (uint32_t i = 0; i < c.count; i++) {
        const int32_t *acc = model_entry(m, c.half, c.acc_addr + i * (uint32_t)c.acc_step);
        uint32_t scale = c.scale_addr + i * (uint32_t)c.scale_step;
        uint32_t mult = c.mult_addr + i * (uint32_t)c.mult_step;
        uint32_t out = c.out_addr + i * (uint32_t)c.out_step;
        ref_scale_t t = {model_le32(element(m, scale, 0)), model_le32(element(m, scale, 1))};
        for (uint32_t l = 0; l < m->cfg.n; l++) {
            int32_t y = ref_requant(acc[l], model_le32(element(m, mult, l)), c.shift);
            if (!c.noscale)
                y = ref_wide_scale(y, t.m, ref_add_wrap(t.e, c.exponent));
            int8_t *to = element(m, out, l);
            put_le32(to, c.add ? ref_wide_add(model_le32(to), y) : y);
        }
    }
}

void model_quantw(model_t *m, const uint32_t *words) {
    npu_cmd_quantw_t c;
    npu_unpack_quantw(words, &c);
    model_rows_t *r = &m->rows;
    ref_wide_norm_t norm = {r->b, (uint64_t)c.eps_high << 32 | c.eps_low};
    for (uint32_t i = 0; i < c.rows; i++) {
        get_row(m, c.in_addr + i * (uint32_t)c.in_row, c.n, r->a);
        const int32_t *h = r->a;
        ref_scale_t t;
        if (c.norm) {
            get_row(m, c.gain_addr, c.n, r->b);
            t = ref_row_norm(r->a, &norm, (int32_t)c.n, r->h, r->q);
            h = r->h;
        } else {
            t = ref_row_quantize(r->a, (int32_t)c.n, r->q);
        }
        put_int8(m, c.q_addr + i * (uint32_t)c.q_row, (uint32_t)c.q_blk, c.n, c.n, r->q);
        put_scale(m, c.scale_addr + i * (uint32_t)c.scale_row, t, largest(h, c.n));
    }
}

void model_rotate(model_t *m, const uint32_t *words) {
    npu_cmd_rotate_t c;
    npu_unpack_rotate(words, &c);
    model_rows_t *r = &m->rows;
    for (uint32_t i = 0; i < c.rows; i++) {
        get_row(m, c.x_addr + i * (uint32_t)c.x_row, c.n, r->a);
        for (uint32_t j = 0; j < c.n / 2; j++) {
            uint32_t pair =
                (uint32_t)model_le32(element(m, c.rot_addr + i * (uint32_t)c.rot_row, j));
            r->rotary[2 * j] = (int16_t)(uint16_t)pair;
            r->rotary[2 * j + 1] = (int16_t)(uint16_t)(pair >> 16);
        }
        ref_row_rotate(r->a, r->rotary, (int32_t)c.n);
        put_row(m, c.x_addr + i * (uint32_t)c.x_row, c.n, r->a);
    }
}

void model_siluw(model_t *m, const uint32_t *words) {
    npu_cmd_siluw_t c;
    npu_unpack_siluw(words, &c);
    model_rows_t *r = &m->rows;
    for (uint32_t i = 0; i < c.rows; i++) {
        get_row(m, c.u_addr + i * (uint32_t)c.u_row, c.n, r->a);
        get_row(m, c.v_addr + i * (uint32_t)c.v_row, c.n, r->b);
        ref_row_silu_mul(r->a, r->b, (int32_t)c.n);
        put_row(m, c.u_addr + i * (uint32_t)c.u_row, c.n, r->a);
    }
}

void model_softmaxw(model_t *m, const uint32_t *words) {
    npu_cmd_softmaxw_t c;
    npu_unpack_softmaxw(words, &c);
    model_rows_t *r = &m->rows;
    uint32_t length = c.n + (c.causal ? c.rows - 1 : 0);
    for (uint32_t i = 0; i < c.rows; i++) {
        uint32_t n = c.n + (c.causal ? i : 0), scores = c.s_addr + i * (uint32_t)c.s_row;
        get_row(m, scores, n, r->a);
        get_row(m, c.vmax_addr, n, r->b);
        ref_scale_t t = ref_row_softmax(r->a, c.vmax ? r->b : NULL, (int32_t)n, r->h, r->q);
        put_row(m, scores, n, r->h);
        put_int8(m, c.q_addr + i * (uint32_t)c.q_row, (uint32_t)c.q_blk, n, length, r->q);
        put_scale(m, c.scale_addr + i * (uint32_t)c.scale_row, t, largest(r->h, n));
    }
}
