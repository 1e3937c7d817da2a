/*
 * model.h - state of the C model and what its units share. Private to cmodel/npu.
 *
 * Scratchpad words are n bytes; accumulators are [half][entry][lane]; addresses wrap as docs/isa.md
 * says (all sizes are powers of two). SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_MODEL_H
#define SYSTOLE_MODEL_H

#include "npu_model.h"
#include "model_order.h"

#define MODEL_MAX_N 32
#define MODEL_TOKENS_MAX 4095

typedef struct {
    uint32_t base, size, flags;
} model_region_t;

typedef struct {
    npu_error_code_t code;
    uint32_t unit, cmd, addr;
} model_error_t;

/* Rows under way in a command on wide rows (model_wide.c). */
#define MODEL_ROW 65536
#define MODEL_MAX_NORM (NPU_NORM_WORDS * MODEL_MAX_N / 4) /* elements of a row of NORM */
typedef struct {
    int32_t a[MODEL_ROW], b[MODEL_ROW], h[MODEL_ROW];
    int16_t rotary[MODEL_ROW];
    int8_t q[MODEL_ROW];
} model_rows_t;

typedef struct {
    npu_config_t cfg;
    uint8_t *mem; /* bus address NPU_MEM_BASE */
    size_t mem_size;

    int8_t *sp;   /* (sp_words, n) */
    int32_t *acc; /* (2, acc_depth, n) */
    int32_t bias[2][MODEL_MAX_N], mult[2][MODEL_MAX_N];
    int8_t shift[2][MODEL_MAX_N];
    uint8_t table[256];
    int32_t exp_table[256];
    int32_t norm_gamma[MODEL_MAX_NORM], norm_beta[MODEL_MAX_NORM];
    model_rows_t rows;

    model_region_t region[NPU_REGIONS];
    uint32_t status, irq_enable, timeout, cmd_offset, cmd_bytes;
    model_error_t error; /* of the list that runs or ran last */
    uint64_t counter[NPU_CNT_COUNT];
    uint32_t counter_high;                   /* latched by reading a low word */
    uint32_t tokens[NPU_QUEUES][NPU_QUEUES]; /* [from][to] */

    int literal;
    int check_order;
    npu_order_t *order; /* NULL while not checked */
} model_t;

/* Of a function: compiled once as it stands, once for AVX2; the machine chooses when it starts. */
#if defined(__x86_64__)
#define MODEL_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define MODEL_CLONES
#endif

/* Word `addr` (any 32-bit sum of addresses) of the scratchpad, entry `addr` of an accumulator half.
 */
static inline int8_t *model_word(const model_t *m, uint32_t addr) {
    return m->sp + (size_t)(addr & (m->cfg.sp_words - 1)) * m->cfg.n;
}
static inline int32_t *model_entry(const model_t *m, uint32_t half, uint32_t addr) {
    return m->acc + ((size_t)half * m->cfg.acc_depth + (addr & (m->cfg.acc_depth - 1))) * m->cfg.n;
}
/* First word of the weight tile of a pass; entry that `minus` takes for result p. */
static inline uint32_t model_tile(const model_t *m, const npu_cmd_conv_t *c, uint32_t pass) {
    return c->w_addr + pass * (c->strided ? c->span : m->cfg.n);
}
static inline const int32_t *model_minus(const model_t *m, const npu_cmd_conv_t *c, uint32_t p) {
    return model_entry(m, c->minus_half, c->acc_from * NPU_FROM_UNIT + p);
}
/* Coordinates are 16-bit two's complement; in range when 0 <= x < limit (limit <= 32767). */
static inline int32_t model_coord(int32_t x) {
    return (int16_t)(uint16_t)(uint32_t)x;
}
static inline int model_inside(int32_t x, uint32_t limit) {
    return x >= 0 && x < (int32_t)limit;
}
/* min(max(v, lo), hi): in this order also when lo > hi. */
static inline int8_t model_clamp8(int64_t v, int32_t lo, int32_t hi) {
    v = v < lo ? lo : v;
    return (int8_t)(v > hi ? hi : v);
}
/* ref_requant(x, m, left - right) for m >= 0 without a branch: most of a network's time goes here.
 * left 0..31, right 0..31, one of them 0. Compared with ref_requant by tests/fuzz. */
static inline int32_t model_requant(int32_t x, int32_t m, int32_t left, int32_t right) {
    int64_t product = (int64_t)(int32_t)((uint32_t)x << left) * m;
    int32_t high = (int32_t)((product + ((int64_t)1 << 30)) >> 31);
    int32_t mask = (int32_t)(((uint32_t)1 << right) - 1);
    return (high >> right) + ((high & mask) > (mask >> 1) + (high < 0));
}
/* Little-endian int32 at any alignment. */
static inline int32_t model_le32(const int8_t *p) {
    return (int32_t)((uint32_t)(uint8_t)p[0] | (uint32_t)(uint8_t)p[1] << 8 |
                     (uint32_t)(uint8_t)p[2] << 16 | (uint32_t)(uint8_t)p[3] << 24);
}

/* Where `bytes` > 0 bytes at `offset` of a region are; NULL after setting m->error (code, addr)
 * when the run is not legal there, lacks the permission `need` or leaves the memory. */
uint8_t *model_memory(model_t *m, uint32_t region, uint32_t offset, uint32_t bytes, uint32_t need);

/* The commands. The fields were checked. An error is left in m->error (code, addr). */
void model_load(model_t *m, const uint32_t *words);
void model_store(model_t *m, const uint32_t *words);
void model_conv(model_t *m, const uint32_t *words);
void model_drain(model_t *m, const uint32_t *words);
void model_pool(model_t *m, const uint32_t *words);
void model_eltwise(model_t *m, const uint32_t *words);
void model_table(model_t *m, const uint32_t *words);
void model_softmax(model_t *m, const uint32_t *words);
void model_norm(model_t *m, const uint32_t *words);
void model_drainw(model_t *m, const uint32_t *words);
void model_quantw(model_t *m, const uint32_t *words);
void model_rotate(model_t *m, const uint32_t *words);
void model_siluw(model_t *m, const uint32_t *words);
void model_softmaxw(model_t *m, const uint32_t *words);

/* CONV without its parameter block, both ways: the definition and the fast equivalent. */
void model_conv_literal(model_t *m, const npu_cmd_conv_t *c);
void model_conv_fast(model_t *m, const npu_cmd_conv_t *c);

/* Run the list that the registers describe. */
void model_run(model_t *m);

#endif
