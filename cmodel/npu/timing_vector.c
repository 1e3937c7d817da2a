/*
 * timing_vector.c - DRAIN, POOL, ELTWISE, TABLE, SOFTMAX; timing_norm.c and timing_wide.c have the
 * rest.
 *
 * DRAINs follow each other without waiting for the writes; any other command begins when all before
 * it are written. Offsets are from the command's start to its first operand, and from the last one
 * to the write of the last word.
 * Counterparts: rtl/npu_vector_unit.v, rtl/npu_vec_*.v, rtl/npu_softmax*.v.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "timing.h"

#define POST 12u      /* from a beat at the lanes to the word's write */
#define WORDS_READ 4u /* from the first address to the first word */
#define DATA_READ 3u  /* from the grant of a read to its word */
#define ASKS 2u       /* addresses that wait for their grant */
#define READ_AHEAD 8u /* words of a stream */
#define TABLE_BYTES 256u

/* Each returns the last write of the command started at s. */
static uint64_t pool(timing_t *t, const uint32_t *words, uint64_t s) {
    npu_cmd_pool_t c;
    npu_unpack_pool(words, &c);
    uint32_t beats = t->cfg->n / t->cfg->lanes;
    uint64_t windows = (uint64_t)c.nblk * c.ny * c.nx, taps = (uint64_t)c.kh * c.kw;
    uint32_t pace = c.kh * c.kw * beats;
    uint64_t last = s + 19 + WORDS_READ + windows * taps * beats + POST;
    for (uint32_t b = 0; b < c.nblk; b++)
        timing_bank_writes(t, c.out_addr + b * (uint32_t)c.out_blk, c.ny, (uint32_t)c.out_row, c.nx,
                           1, pace, last - (uint64_t)(c.nblk - 1 - b) * c.ny * c.nx * pace);
    return last;
}

/* From the first address, at `begin`, to the last pair taken of `rows` x `columns` words, a pair
 * every `pace` cycles where the two streams do not ask the same bank; a goes first, each runs
 * READ_AHEAD words ahead at most, and ASKS of them wait for their grant. */
static uint64_t pairs(timing_t *t, const npu_cmd_eltwise_t *c, uint64_t begin, uint32_t pace) {
    uint32_t total = c->ny * c->nx, mask = t->cfg->sp_banks - 1, taken = 0, ahead[DATA_READ] = {0};
    uint32_t walked[2] = {0, 0}, granted[2] = {0, 0}, x[2] = {0, 0};
    uint32_t at[2] = {c->a_addr, c->b_addr}, row[2] = {c->a_addr, c->b_addr};
    const uint32_t pitch[2] = {(uint32_t)c->a_row, (uint32_t)c->b_row}, step[2] = {c->a_x, c->b_x};
    uint64_t cycles = 0, next = 0;
    for (; taken < total; cycles++) {
        uint32_t before = taken;
        if (cycles >= next &&
            ahead[cycles % DATA_READ] > taken) { /* granted DATA_READ cycles ago */
            taken++;
            next = cycles + pace;
        }
        int busy = -1; /* bank that the other stream reads */
        for (int s = 0; s < 2; s++) {
            int bank = (int)(at[s] & mask), waits = walked[s] > granted[s];
            if (walked[s] < total && walked[s] - before < READ_AHEAD &&
                walked[s] - granted[s] < ASKS)
                walked[s]++;
            if (!waits || bank == busy)
                continue;
            busy = bank;
            timing_bank_read(t, READ_VECTOR, begin + cycles, at[s]);
            granted[s]++;
            at[s] += step[s];
            if (++x[s] == c->nx) {
                x[s] = 0;
                at[s] = row[s] += pitch[s];
            }
        }
        ahead[cycles % DATA_READ] = granted[0] < granted[1] ? granted[0] : granted[1];
    }
    return cycles;
}

static uint64_t eltwise(timing_t *t, const uint32_t *words, uint64_t s) {
    npu_cmd_eltwise_t c;
    npu_unpack_eltwise(words, &c);
    uint32_t per_word = t->cfg->n / t->cfg->lanes, pace = c.op >= 2 ? 1 : 3;
    uint64_t beats = (uint64_t)c.ny * c.nx * per_word, first = s + 3 + WORDS_READ, last;
    if (per_word == 1)
        last = s + 3 + pairs(t, &c, s + 3, pace) + (c.op >= 2 ? 0 : 12) + POST;
    else if (c.op >= 2)
        last = first + beats - 1 + 1 + POST;
    else /* a, b and their sum share the lanes; the phase of three is free-running */
        last = first + 1 + 3 * (beats - 1) + 12 + POST;
    timing_bank_writes(t, c.out_addr, c.ny, (uint32_t)c.out_row, c.nx, 1, pace * per_word, last);
    return last;
}

static uint64_t table(timing_t *t, const uint32_t *words, uint64_t s) {
    npu_cmd_table_t c;
    npu_unpack_table(words, &c);
    uint64_t beats = (uint64_t)c.ny * c.nx * (t->cfg->n / t->cfg->lanes);
    uint64_t walk = c.load ? s + 2 + WORDS_READ + TABLE_BYTES : s + 2, read = walk + 1;
    for (uint32_t y = 0; y < c.ny; y++)
        for (uint32_t x = 0; x < c.nx; x++, read += t->cfg->n / t->cfg->lanes)
            timing_bank_read(t, READ_VECTOR, read, c.in_addr + y * (uint32_t)c.in_row + x);
    uint64_t last = walk + 1 + WORDS_READ + beats - 1 + 1 + POST;
    timing_bank_writes(t, c.out_addr, c.ny, (uint32_t)c.out_row, c.nx, 1, t->cfg->n / t->cfg->lanes,
                       last);
    return last;
}

static uint64_t softmax(const timing_t *t, const uint32_t *words, uint64_t s) {
    npu_cmd_softmax_t c;
    npu_unpack_softmax(words, &c);
    uint32_t n = t->cfg->n, levels = 0, adders = 0, log_depth = 0;
    uint32_t lanes = t->cfg->lanes >= 16 ? 4 : 1; /* SOFTMAX_LANES of npu_vector_unit */
    while (n >> (levels + 1))
        levels++;
    while (lanes >> (adders + 1))
        adders++;
    while (c.depth >> (log_depth + 1))
        log_depth++;
    uint64_t vectors = (uint64_t)c.ny * c.nx, parts = (c.depth + n - 1) / n;
    uint64_t groups = (c.depth + lanes - 1) / lanes; /* lanes divide a word */
    uint64_t walk = c.load ? s + 2 + WORDS_READ + 4 * TABLE_BYTES / n : s + 2;
    uint32_t normalise =
        12 - (log_depth < 12 ? log_depth / 2 : 6); /* depends on the data: the middle */
    uint64_t maximum = parts + levels + 2, sum = groups + adders + 5,
             reciprocal = 2 + normalise + 7 * 9 + 1;
    return walk + 1 + WORDS_READ + vectors * (maximum + sum + reciprocal + groups) - 1 + 3 + POST;
}

int timing_vector(timing_t *t) {
    timing_vector_t *u = &t->vector;
    if (u->next == NO_COMMAND || t->cmd[u->next].ready == TIME_NEVER)
        return 0;
    timing_cmd_t *c = &t->cmd[u->next];
    uint64_t tokens = timing_tokens(t, u->next, ~0u), written;
    if (tokens == TIME_NEVER)
        return 0;
    uint32_t words[NPU_CMD_WORDS], beats = t->cfg->n / t->cfg->lanes;
    timing_words(t, u->next, words);
    uint32_t op = npu_cmd_opcode(words);
    uint64_t s = later(later(c->ready, u->start + 2), tokens);
    if (op == NPU_OP_DRAIN && u->after_drain)
        s = later(later(s, u->issued), history_room(&u->written, 4));
    else
        s = later(s, history_back(&u->written, 1) + 1);
    if (op == NPU_OP_DRAIN) {
        npu_cmd_drain_t d;
        npu_unpack_drain(words, &d);
        uint64_t first = s + 2;
        if (u->after_drain)
            first = later(first, u->issued + beats);
        if (d.column)
            first += beats;
        u->issued = first + ((uint64_t)d.ny * d.nx - 1) * beats;
        written = u->issued + 2 + beats - 1 + POST;
        timing_bank_writes(t, d.out_addr, d.ny, (uint32_t)d.out_row, d.nx, (uint32_t)d.out_x, beats,
                           written);
    } else {
        written = op == NPU_OP_POOL      ? pool(t, words, s)
                  : op == NPU_OP_ELTWISE ? eltwise(t, words, s)
                  : op == NPU_OP_TABLE   ? table(t, words, s)
                  : op == NPU_OP_SOFTMAX ? softmax(t, words, s)
                  : op == NPU_OP_NORM    ? timing_norm(t, words, s)
                                         : timing_wide(t, words, s);
    }
    u->after_drain = op == NPU_OP_DRAIN;
    u->start = s;
    history_put(&t->left[NPU_UNIT_VECTOR], s);
    history_put(&u->written, written);
    c->start = s + 1;
    c->end = written + 1;
    u->next = c->next;
    return 1;
}
