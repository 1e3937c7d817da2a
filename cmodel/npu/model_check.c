/*
 * model_check.c - which commands are legal: opcode, then every range of the field list in
 * spec/npu.toml. The RTL's units check the same list.
 * Counterparts: npu_sequencer (opcode), each unit (fields). SPDX-License-Identifier: Apache-2.0
 */
#include "npu_model.h"

static int legal_lanes(uint32_t n, uint32_t nblk, uint32_t last_len, uint32_t lane_off) {
    return nblk >= 1 && last_len >= 1 && last_len <= n && lane_off + (nblk > 1 ? n : last_len) <= n;
}

static int legal_load(const npu_config_t *cfg, const uint32_t *words) {
    npu_cmd_load_t c;
    npu_unpack_load(words, &c);
    if (c.packed && (!cfg->wide_lanes || c.nblk < 2 || c.last_len != cfg->n ||
                     c.win_step != cfg->n / 2 || c.keep))
        return 0;
    return c.n1 >= 1 && c.n2 >= 1 && c.nwin >= 1 && c.win_step <= cfg->n &&
           legal_lanes(cfg->n, c.nblk, c.last_len, c.lane_off);
}

static int legal_store(const npu_config_t *cfg, const uint32_t *words) {
    npu_cmd_store_t c;
    npu_unpack_store(words, &c);
    return c.run_bytes >= 1 && c.n1 >= 1 && c.n2 >= 1 &&
           legal_lanes(cfg->n, c.nblk, c.last_len, c.lane_off);
}

static int legal_conv(const npu_config_t *cfg, const uint32_t *words) {
    npu_cmd_conv_t c;
    npu_unpack_conv(words, &c);
    int product = c.transpose || c.strided || c.minus;
    if (product && (!cfg->matmul || c.fir || (c.minus && c.accumulate)))
        return 0;
    return c.ny >= 1 && c.nx >= 1 && c.in_h <= 32767 && c.in_w <= 32767 && c.kh >= 1 && c.kw >= 1 &&
           c.dil_y >= 1 && c.dil_x >= 1 && c.sy >= 1 && c.sx >= 1 && c.nblk >= 1 &&
           (!c.fir || (c.dil_x == 1 && c.nblk == 1 && c.span >= 1)) &&
           (!c.late || (c.load_params && !c.early));
}

static int legal_drain(const npu_config_t *cfg, const uint32_t *words) {
    npu_cmd_drain_t c;
    npu_unpack_drain(words, &c);
    return c.ny >= 1 && c.nx >= 1 && (!c.column || cfg->matmul);
}

/* A multiplier and its shift. */
static int legal_scale(int32_t mult, int32_t shift) {
    return mult >= 0 && shift >= -31 && shift <= 30;
}

static int legal_pool(const uint32_t *words) {
    npu_cmd_pool_t c;
    npu_unpack_pool(words, &c);
    return c.ny >= 1 && c.nx >= 1 && c.in_h <= 32767 && c.in_w <= 32767 && c.kh >= 1 && c.kw >= 1 &&
           c.sy >= 1 && c.sx >= 1 && c.nblk >= 1 && legal_scale(c.mult, c.shift);
}

static int legal_eltwise(const uint32_t *words) {
    npu_cmd_eltwise_t c;
    npu_unpack_eltwise(words, &c);
    return c.op <= 4 && c.ny >= 1 && c.nx >= 1 && c.a_x <= 1 && c.b_x <= 1 && c.left <= 22 &&
           legal_scale(c.a_mult, c.a_shift) && legal_scale(c.b_mult, c.b_shift) &&
           legal_scale(c.o_mult, c.o_shift);
}

static int legal_table(const uint32_t *words) {
    npu_cmd_table_t c;
    npu_unpack_table(words, &c);
    return c.ny >= 1 && c.nx >= 1;
}

static int legal_softmax(const uint32_t *words) {
    npu_cmd_softmax_t c;
    npu_unpack_softmax(words, &c);
    return c.ny >= 1 && c.nx >= 1 && c.depth >= 1;
}

static int legal_norm(const npu_config_t *cfg, const uint32_t *words) {
    npu_cmd_norm_t c;
    npu_unpack_norm(words, &c);
    return c.rows >= 1 && c.depth >= 1 && c.depth <= NPU_NORM_WORDS * cfg->n / 4 && c.shift >= 1;
}

static int legal_drainw(const uint32_t *words) {
    npu_cmd_drainw_t c;
    npu_unpack_drainw(words, &c);
    return c.count >= 1 && c.shift >= -31 && c.shift <= 30;
}

static int legal_quantw(const uint32_t *words) {
    npu_cmd_quantw_t c;
    npu_unpack_quantw(words, &c);
    return c.n >= 1 && c.rows >= 1;
}

static int legal_rotate(const uint32_t *words) {
    npu_cmd_rotate_t c;
    npu_unpack_rotate(words, &c);
    return c.n >= 1 && c.n % 2 == 0 && c.rows >= 1;
}

static int legal_siluw(const uint32_t *words) {
    npu_cmd_siluw_t c;
    npu_unpack_siluw(words, &c);
    return c.n >= 1 && c.rows >= 1;
}

static int legal_softmaxw(const uint32_t *words) {
    npu_cmd_softmaxw_t c;
    npu_unpack_softmaxw(words, &c);
    return c.n >= 1 && c.rows >= 1 && (!c.causal || c.n + c.rows - 1 <= 65535);
}

npu_error_code_t npu_check_command(const npu_config_t *config, const uint32_t *words,
                                   npu_unit_t *unit) {
    int legal;
    switch (npu_cmd_opcode(words)) {
    case NPU_OP_LOAD:
        *unit = NPU_UNIT_LOAD;
        legal = legal_load(config, words);
        break;
    case NPU_OP_STORE:
        *unit = NPU_UNIT_STORE;
        legal = legal_store(config, words);
        break;
    case NPU_OP_CONV:
        *unit = NPU_UNIT_ARRAY;
        legal = legal_conv(config, words);
        break;
    case NPU_OP_DRAIN:
        *unit = NPU_UNIT_VECTOR;
        legal = legal_drain(config, words);
        break;
    case NPU_OP_POOL:
        *unit = NPU_UNIT_VECTOR;
        legal = legal_pool(words);
        break;
    case NPU_OP_ELTWISE:
        *unit = NPU_UNIT_VECTOR;
        legal = legal_eltwise(words);
        break;
    case NPU_OP_TABLE:
        *unit = NPU_UNIT_VECTOR;
        legal = legal_table(words);
        break;
    case NPU_OP_SOFTMAX:
        *unit = NPU_UNIT_VECTOR;
        legal = legal_softmax(words);
        break;
    case NPU_OP_NORM:
        *unit = NPU_UNIT_VECTOR;
        legal = legal_norm(config, words);
        break;
    case NPU_OP_DRAINW:
        *unit = NPU_UNIT_VECTOR;
        legal = legal_drainw(words);
        break;
    case NPU_OP_QUANTW:
        *unit = NPU_UNIT_VECTOR;
        legal = legal_quantw(words);
        break;
    case NPU_OP_ROTATE:
        *unit = NPU_UNIT_VECTOR;
        legal = legal_rotate(words);
        break;
    case NPU_OP_SILUW:
        *unit = NPU_UNIT_VECTOR;
        legal = legal_siluw(words);
        break;
    case NPU_OP_SOFTMAXW:
        *unit = NPU_UNIT_VECTOR;
        legal = legal_softmaxw(words);
        break;
    default:
        *unit = NPU_UNIT_SEQUENCER;
        return NPU_ERR_ILLEGAL_OPCODE;
    }
    /* A unit neither waits for itself nor signals itself. */
    if (((npu_cmd_wait(words) | npu_cmd_signal(words)) >> *unit & 1u) != 0)
        legal = 0;
    return legal && npu_config_has(config, npu_cmd_opcode(words)) ? NPU_ERR_NONE
                                                                  : NPU_ERR_ILLEGAL_FIELD;
}
