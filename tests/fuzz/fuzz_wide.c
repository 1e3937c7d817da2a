/*
 * fuzz_wide.c - one random legal command on wide rows, and what makes its effect defined. Contract
 * in fuzz_gen.h. SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "fuzz_gen.h"
#include "model_order.h"

static uint32_t pick(fuzz_rng_t *r, uint32_t lo, uint32_t hi) {
    return (uint32_t)fuzz_in(r, (int32_t)lo, (int32_t)hi);
}

/* Elements of a row: around whole words and whole channel blocks, now and then long. */
static uint32_t elements(fuzz_rng_t *r, const fuzz_place_t *p) {
    uint32_t n = p->cfg->n;
    if (fuzz_chance(r, 10))
        return 1;
    if (fuzz_chance(r, 40))
        return n * pick(r, 1, 4) / (fuzz_chance(r, 50) ? 1 : 2);
    return pick(r, 1, fuzz_chance(r, 90) ? 4 * n + 3 : 700);
}

static uint32_t wide_words(const fuzz_place_t *p, uint32_t elements) {
    uint32_t per_word = p->cfg->n / 4;
    return (elements + per_word - 1) / per_word;
}

/* Of a command that has several under way at a time: now and then more than fit. */
static uint32_t several(fuzz_rng_t *r) {
    return fuzz_chance(r, 25) ? pick(r, 6, 20) : fuzz_count(r, 5);
}

/* About the cycles of `rows` x `passes` over `elements`, one lane. */
static int too_long(const fuzz_place_t *p, uint32_t rows, uint32_t passes, uint32_t elements) {
    return (uint64_t)rows * passes * (elements + 8) + 150 > 2 * p->budget ? -1 : 0;
}

static int make_drainw(fuzz_rng_t *r, const fuzz_place_t *p, uint32_t *words) {
    npu_cmd_drainw_t c = {0};
    c.half = pick(r, 0, 1);
    c.add = pick(r, 0, 1);
    c.noscale = fuzz_chance(r, 15);
    c.count = fuzz_count(r, 10);
    c.acc_addr = fuzz_chance(r, 70) ? pick(r, 0, p->cfg->acc_depth - 1) : pick(r, 0, 65535);
    c.acc_step = fuzz_pitch(r, 1);
    c.mult_addr = fuzz_word(r, p);
    c.mult_step = fuzz_chance(r, 40) ? 0 : fuzz_pitch(r, 4);
    c.scale_addr = fuzz_word(r, p);
    c.scale_step = fuzz_chance(r, 40) ? 0 : fuzz_pitch(r, 1);
    c.out_addr = fuzz_word(r, p);
    c.out_step = fuzz_pitch(r, 4);
    c.shift = fuzz_chance(r, 75) ? fuzz_in(r, -14, 2) : fuzz_in(r, -31, 30);
    c.exponent = fuzz_chance(r, 60) ? fuzz_in(r, -40, 34) : fuzz_in(r, -128, 127);
    npu_pack_drainw(&c, words);
    return too_long(p, c.count, 1, p->cfg->n);
}

static int make_quantw(fuzz_rng_t *r, const fuzz_place_t *p, uint32_t *words) {
    npu_cmd_quantw_t c = {0};
    c.norm = pick(r, 0, 1);
    c.n = elements(r, p);
    c.rows = several(r);
    c.in_addr = fuzz_word(r, p);
    c.q_addr = fuzz_word(r, p);
    c.in_row = fuzz_pitch(r, wide_words(p, c.n));
    c.q_row = fuzz_pitch(r, 4);
    c.q_blk = fuzz_pitch(r, 1);
    c.scale_addr = fuzz_word(r, p);
    c.scale_row = fuzz_pitch(r, 2);
    c.gain_addr = fuzz_word(r, p);
    c.eps_low = fuzz_u32(r) >> fuzz_in(r, 0, 31);
    c.eps_high = fuzz_chance(r, 70) ? 0 : fuzz_u32(r) >> fuzz_in(r, 0, 31);
    npu_pack_quantw(&c, words);
    return too_long(p, c.rows, 2, c.n);
}

static int make_rotate(fuzz_rng_t *r, const fuzz_place_t *p, uint32_t *words) {
    npu_cmd_rotate_t c = {0};
    c.n = (elements(r, p) + 1) / 2 * 2;
    c.rows = fuzz_count(r, 6);
    c.x_addr = fuzz_word(r, p);
    c.x_row = fuzz_pitch(r, wide_words(p, c.n));
    c.rot_addr = fuzz_word(r, p);
    c.rot_row = fuzz_chance(r, 50) ? 0 : fuzz_pitch(r, wide_words(p, c.n / 2));
    npu_pack_rotate(&c, words);
    return too_long(p, c.rows, 1, c.n);
}

static int make_siluw(fuzz_rng_t *r, const fuzz_place_t *p, uint32_t *words) {
    npu_cmd_siluw_t c = {0};
    c.n = elements(r, p);
    c.rows = fuzz_count(r, 6);
    c.u_addr = fuzz_word(r, p);
    c.u_row = fuzz_pitch(r, wide_words(p, c.n));
    c.v_addr = fuzz_word(r, p);
    c.v_row = fuzz_chance(r, 30) ? 0 : fuzz_pitch(r, wide_words(p, c.n));
    npu_pack_siluw(&c, words);
    return too_long(p, c.rows, 1, c.n);
}

static int make_softmaxw(fuzz_rng_t *r, const fuzz_place_t *p, uint32_t *words) {
    npu_cmd_softmaxw_t c = {0};
    c.causal = pick(r, 0, 1);
    c.vmax = pick(r, 0, 1);
    c.n = elements(r, p);
    c.rows = several(r);
    c.s_addr = fuzz_word(r, p);
    c.s_row = fuzz_pitch(r, wide_words(p, c.n + c.rows));
    c.q_addr = fuzz_word(r, p);
    c.q_row = fuzz_pitch(r, 4);
    c.q_blk = fuzz_pitch(r, 1);
    c.scale_addr = fuzz_word(r, p);
    c.scale_row = fuzz_pitch(r, 2);
    c.vmax_addr = fuzz_word(r, p);
    npu_pack_softmaxw(&c, words);
    return too_long(p, c.rows, 3, c.n + c.rows);
}

int fuzz_random_wide(fuzz_rng_t *r, const fuzz_place_t *place, uint32_t *words) {
    typedef int (*make_fn)(fuzz_rng_t *, const fuzz_place_t *, uint32_t *);
    static const make_fn make[] = {make_drainw, make_drainw, make_quantw,   make_quantw,
                                   make_rotate, make_siluw,  make_softmaxw, make_softmaxw};
    return make[pick(r, 0, sizeof make / sizeof make[0] - 1)](r, place, words);
}

void fuzz_wide_content(fuzz_rng_t *r, uint8_t *bytes, size_t size) {
    for (size_t at = 0; at + 256 <= size; at += 256) {
        int kind = fuzz_in(r, 0, 99), shift = fuzz_in(r, 1, 31);
        for (size_t i = at; kind < 70 && i < at + 256; i += 4) {
            int32_t x = (int32_t)fuzz_u32(r) >> shift;
            if (kind < 5)
                x = 0;
            else if (kind < 10)
                x = fuzz_chance(r, 50) ? INT32_MIN : INT32_MAX;
            for (int k = 0; k < 4; k++)
                bytes[i + (size_t)k] = (uint8_t)((uint32_t)x >> (8 * k));
        }
    }
}

/* ---- is it defined: nothing written is read, and only a DRAINW that does not add writes a word
 * twice */

typedef struct {
    uint8_t *reads, *writes;
    int twice;
} seen_t;

static void see(void *ctx, npu_resource_t resource, uint32_t address, uint32_t count, int write,
                int phase) {
    seen_t *s = ctx;
    (void)phase;
    for (uint32_t i = address; resource == NPU_RES_SCRATCHPAD && i < address + count; i++) {
        if (write && s->writes[i])
            s->twice = 1;
        (write ? s->writes : s->reads)[i] = 1;
    }
}

int fuzz_wide_is_defined(const npu_config_t *cfg, const uint32_t *words, uint8_t *reads,
                         uint8_t *writes) {
    seen_t s = {reads, writes, 0};
    memset(reads, 0, cfg->sp_words);
    memset(writes, 0, cfg->sp_words);
    npu_footprint_wide(cfg, words, see, &s);
    for (uint32_t i = 0; i < cfg->sp_words; i++)
        if (reads[i] && writes[i])
            return 0;
    npu_cmd_drainw_t drain;
    uint32_t op = npu_cmd_opcode(words);
    npu_unpack_drainw(words, &drain);
    return (op == NPU_OP_DRAINW && !drain.add) || !s.twice;
}
