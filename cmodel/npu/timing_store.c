/*
 * timing_store.c - STORE: write addresses, words, beats, responses. It has the write channels for
 * itself. Counterparts: rtl/npu_store*.v, rtl/npu_run_walker.v, rtl/npu_burst.v.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "timing.h"

#define FIRST_DATA 7u /* from the read of a word to its first beat at the port */

/* Of a run's first `bytes`, the first at byte `skew` of a beat: words, and the cycles in which they
 * are packed into beats. A word takes a cycle for each beat that it completes, and one at least;
 * the last word of a run also completes its last beat. */
typedef struct {
    uint32_t words, cycles;
} pack_t;

static uint32_t pack_word(uint32_t *at, uint32_t bytes, uint32_t width) {
    *at += bytes;
    uint32_t full = *at / width;
    *at %= width;
    return full ? full : 1;
}

static uint32_t pack_window(const timing_t *t, const npu_cmd_store_t *c, uint32_t *at) {
    uint32_t n = t->cfg->n, width = t->memory.beat_bytes, cycles = 0, whole = c->nblk - 1;
    if (n % width == 0)
        cycles = whole * (n / width);
    else
        for (uint32_t b = 0; b < whole; b++)
            cycles += pack_word(at, n, width);
    return cycles + pack_word(at, c->last_len, width);
}

static pack_t pack(const timing_t *t, const npu_cmd_store_t *c, uint32_t bytes, uint32_t skew) {
    uint32_t n = t->cfg->n, width = t->memory.beat_bytes, at = skew;
    uint32_t pitch = (c->nblk - 1) * n + c->last_len, windows = bytes / pitch, left = bytes % pitch;
    pack_t p = {windows * c->nblk, 0};
    if (windows >=
        2 * width) { /* after `width` windows the next begins at the same byte of a beat */
        for (uint32_t w = 0; w < width; w++)
            p.cycles += pack_window(t, c, &at);
        p.cycles *= windows / width;
        windows %= width;
    }
    for (uint32_t w = 0; w < windows; w++)
        p.cycles += pack_window(t, c, &at);
    for (; left > 0; p.words++) {
        uint32_t word = left < n ? left : n;
        p.cycles += pack_word(&at, word, width);
        left -= word;
    }
    return p;
}

/* Reads words from..to-1 of a run whose first one is at `sp`, from cycle `read` on, spread over the
 * `cycles` in which they are packed; returns the cycle after the last. */
static uint64_t read_words(const timing_t *t, const npu_cmd_store_t *c, uint32_t sp, uint32_t from,
                           uint32_t to, uint64_t read, uint32_t cycles) {
    uint64_t next = read;
    for (uint32_t i = from; i < to; i++) {
        uint64_t packed = read + (uint64_t)(i - from) * cycles / (to - from);
        uint32_t word = sp + i / c->nblk * (uint32_t)c->sp_win + i % c->nblk * (uint32_t)c->sp_blk;
        next = timing_bank_free(t, READ_STORE, later(next, packed), word) + 1;
    }
    return next;
}

/* A run that stands in the run register at `valid`, its first word at `sp`; returns when it left
 * it. */
static uint64_t run(timing_t *t, const npu_cmd_store_t *c, uint32_t address, uint32_t sp,
                    uint64_t valid) {
    timing_store_t *u = &t->store;
    uint64_t accepted = later(valid, u->stage_free), when = accepted;
    uint64_t read = later(accepted + 2, u->read + 1), last = 0;
    uint32_t done = 0, skew = address % t->memory.beat_bytes;
    pack_t before = {0, 0};
    while (done < c->run_bytes) {
        uint32_t bytes, beats = timing_burst(t, address + done, c->run_bytes - done, &bytes);
        when = later(when + 1, history_room(&u->response, DMA_BURSTS));
        done += bytes;
        pack_t p = pack(t, c, done, skew);
        uint32_t time = p.cycles - before.cycles > beats ? p.cycles - before.cycles : beats;
        uint64_t begin = later(later(u->data + 1, read + FIRST_DATA), when + 2);
        last = read_words(t, c, sp, before.words, p.words, begin - FIRST_DATA, time);
        before = p;
        u->data = later(begin + time - 1, last - 1 + FIRST_DATA);
        history_put(&u->response, u->data + t->memory.latency);
    }
    u->read = later(read + before.words - 1, last - 1);
    u->stage_free = when + 1;
    return accepted;
}

uint64_t timing_store_when(const timing_t *t) {
    const timing_store_t *u = &t->store;
    uint32_t in_flight = t->cfg->n > 4 ? 8 : 4;
    if (u->next == NO_COMMAND || t->cmd[u->next].ready == TIME_NEVER)
        return TIME_NEVER;
    uint64_t tokens = timing_tokens(t, u->next, ~0u);
    if (tokens == TIME_NEVER)
        return TIME_NEVER;
    uint64_t s = later(later(t->cmd[u->next].ready, u->started + 2), later(tokens, u->walker));
    return later(s, history_room(&u->done, in_flight));
}

void timing_store(timing_t *t) {
    timing_store_t *u = &t->store;
    timing_cmd_t *cmd = &t->cmd[u->next];
    uint32_t words[NPU_CMD_WORDS];
    npu_cmd_store_t c;
    timing_words(t, u->next, words);
    npu_unpack_store(words, &c);
    uint64_t s = timing_store_when(t);
    uint64_t step = later(s + 1, u->register_free);
    for (uint32_t i = 0; i < c.n1 * c.n2; i++) {
        uint32_t offset =
            c.offset + i % c.n1 * (uint32_t)c.stride1 + i / c.n1 * (uint32_t)c.stride2;
        u->walker = step + 1;
        uint32_t sp = c.sp_addr + i % c.n1 * (uint32_t)c.sp_n1 + i / c.n1 * (uint32_t)c.sp_n2;
        step = run(t, &c, t->list->region_base[c.region] + offset, sp, step + 1);
    }
    u->register_free = step;
    u->started = s;
    t->bytes_written += (uint64_t)c.n1 * c.n2 * c.run_bytes;
    history_put(&t->left[NPU_UNIT_STORE], s);
    history_put(&u->done, history_back(&u->response, 1));
    cmd->start = s + 1;
    cmd->end = history_back(&u->response, 1) + 1;
    u->next = cmd->next;
}
