/*
 * model_footprint_wide.c - what the commands on wide rows read and write (model_footprint.c calls
 * it). A row that a command changes in place is reported as written only: that says all, for a
 * conflict and for the comparison of tests/fuzz. SPDX-License-Identifier: Apache-2.0
 */
#include "model_order.h"

typedef struct {
    const npu_config_t *cfg;
    npu_touch_fn touch;
    void *ctx;
} foot_t;

static void touch_word(const foot_t *f, uint32_t word, int write) {
    f->touch(f->ctx, NPU_RES_SCRATCHPAD, word & (f->cfg->sp_words - 1), 1, write, NPU_PHASE_MAIN);
}

/* `count` int32 from word `first` on. */
static void touch_row(const foot_t *f, uint32_t first, uint32_t count, int write) {
    uint32_t per_word = f->cfg->n / 4;
    for (uint32_t w = 0; w < (count + per_word - 1) / per_word; w++)
        touch_word(f, first + w, write);
}

static void touch_int8(const foot_t *f, uint32_t first, uint32_t blk, uint32_t length) {
    for (uint32_t w = 0; w < (length + f->cfg->n - 1) / f->cfg->n; w++)
        touch_word(f, first + w * blk, 1);
}

static void foot_drainw(const foot_t *f, const uint32_t *words) {
    npu_cmd_drainw_t c;
    npu_unpack_drainw(words, &c);
    for (uint32_t i = 0; i < c.count; i++) {
        uint32_t entry = (c.acc_addr + i * (uint32_t)c.acc_step) & (f->cfg->acc_depth - 1);
        f->touch(f->ctx, NPU_RES_ACCUMULATOR, c.half * f->cfg->acc_depth + entry, 1, 0,
                 NPU_PHASE_MAIN);
        if (!c.noscale)
            touch_row(f, c.scale_addr + i * (uint32_t)c.scale_step, 2, 0);
        touch_row(f, c.mult_addr + i * (uint32_t)c.mult_step, f->cfg->n, 0);
        touch_row(f, c.out_addr + i * (uint32_t)c.out_step, f->cfg->n, 1);
    }
}

static void foot_quantw(const foot_t *f, const uint32_t *words) {
    npu_cmd_quantw_t c;
    npu_unpack_quantw(words, &c);
    if (c.norm)
        touch_row(f, c.gain_addr, c.n, 0);
    for (uint32_t i = 0; i < c.rows; i++) {
        touch_row(f, c.in_addr + i * (uint32_t)c.in_row, c.n, 0);
        touch_int8(f, c.q_addr + i * (uint32_t)c.q_row, (uint32_t)c.q_blk, c.n);
        touch_row(f, c.scale_addr + i * (uint32_t)c.scale_row, 4, 1);
    }
}

static void foot_rotate(const foot_t *f, const uint32_t *words) {
    npu_cmd_rotate_t c;
    npu_unpack_rotate(words, &c);
    for (uint32_t i = 0; i < c.rows; i++) {
        touch_row(f, c.rot_addr + i * (uint32_t)c.rot_row, c.n / 2, 0);
        touch_row(f, c.x_addr + i * (uint32_t)c.x_row, c.n, 1);
    }
}

static void foot_siluw(const foot_t *f, const uint32_t *words) {
    npu_cmd_siluw_t c;
    npu_unpack_siluw(words, &c);
    for (uint32_t i = 0; i < c.rows; i++) {
        touch_row(f, c.v_addr + i * (uint32_t)c.v_row, c.n, 0);
        touch_row(f, c.u_addr + i * (uint32_t)c.u_row, c.n, 1);
    }
}

static void foot_softmaxw(const foot_t *f, const uint32_t *words) {
    npu_cmd_softmaxw_t c;
    npu_unpack_softmaxw(words, &c);
    uint32_t length = c.n + (c.causal ? c.rows - 1 : 0);
    if (c.vmax)
        touch_row(f, c.vmax_addr, length, 0);
    for (uint32_t i = 0; i < c.rows; i++) {
        touch_row(f, c.s_addr + i * (uint32_t)c.s_row, c.n + (c.causal ? i : 0), 1);
        touch_int8(f, c.q_addr + i * (uint32_t)c.q_row, (uint32_t)c.q_blk, length);
        touch_row(f, c.scale_addr + i * (uint32_t)c.scale_row, 4, 1);
    }
}

void npu_footprint_wide(const npu_config_t *config, const uint32_t *words, npu_touch_fn touch,
                        void *ctx) {
    const foot_t f = {config, touch, ctx};
    switch (npu_cmd_opcode(words)) {
    case NPU_OP_DRAINW:
        foot_drainw(&f, words);
        break;
    case NPU_OP_QUANTW:
        foot_quantw(&f, words);
        break;
    case NPU_OP_ROTATE:
        foot_rotate(&f, words);
        break;
    case NPU_OP_SILUW:
        foot_siluw(&f, words);
        break;
    case NPU_OP_SOFTMAXW:
        foot_softmaxw(&f, words);
        break;
    default:
        break;
    }
}
