/*
 * timing_store.c - STORE: write addresses, words, beats, responses. It has the write channels for
 * itself. Counterparts: rtl/npu_store*.v, rtl/npu_run_walker.v, rtl/npu_burst.v.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "timing.h"

#define FIRST_DATA 6u /* from the read of a word to its first beat at the port */

/* Words of a run's first `bytes`. */
static uint32_t words_of(const timing_t *t, const npu_cmd_store_t *c, uint32_t bytes) {
    uint32_t n = t->cfg->n, pitch = (c->nblk - 1) * n + c->last_len;
    return bytes / pitch * c->nblk + (bytes % pitch + n - 1) / n;
}

/* A run that stands in the run register at `valid`; returns when it left it. */
static uint64_t run(timing_t *t, const npu_cmd_store_t *c, uint32_t address, uint64_t valid) {
    timing_store_t *u = &t->store;
    uint64_t accepted = later(valid, u->stage_free), when = accepted;
    uint64_t read = later(accepted + 2, u->read + 1);
    uint32_t done = 0, words = 0;
    while (done < c->run_bytes) {
        uint32_t bytes, beats = timing_burst(t, address + done, c->run_bytes - done, &bytes);
        when = later(when + 1, history_room(&u->response, DMA_BURSTS));
        done += bytes;
        uint32_t more = words_of(t, c, done) - words, time = more > beats ? more : beats;
        words += more;
        uint64_t begin = later(later(u->data + 1, read + FIRST_DATA), when + 2);
        u->data = begin + time - 1;
        history_put(&u->response, u->data + t->memory.latency);
    }
    u->read = read + words - 1;
    u->stage_free = when + 1;
    return accepted;
}

int timing_store(timing_t *t) {
    timing_store_t *u = &t->store;
    uint32_t in_flight = t->cfg->n > 4 ? 8 : 4, words[NPU_CMD_WORDS];
    if (u->next == NO_COMMAND || t->cmd[u->next].ready == TIME_NEVER)
        return 0;
    timing_cmd_t *cmd = &t->cmd[u->next];
    uint64_t tokens = timing_tokens(t, u->next, ~0u);
    if (tokens == TIME_NEVER)
        return 0;
    npu_cmd_store_t c;
    timing_words(t, u->next, words);
    npu_unpack_store(words, &c);
    uint64_t s = later(later(cmd->ready + 1, u->started + 2), later(tokens, u->walker));
    s = later(s, history_room(&u->done, in_flight));
    uint64_t step = later(s + 1, u->register_free);
    for (uint32_t i = 0; i < c.n1 * c.n2; i++) {
        uint32_t offset =
            c.offset + i % c.n1 * (uint32_t)c.stride1 + i / c.n1 * (uint32_t)c.stride2;
        u->walker = step + 1;
        step = run(t, &c, t->list->region_base[c.region] + offset, step + 1);
    }
    u->register_free = step;
    u->started = s;
    t->bytes_written += (uint64_t)c.n1 * c.n2 * c.run_bytes;
    history_put(&t->left[NPU_UNIT_STORE], s);
    history_put(&u->done, history_back(&u->response, 1));
    cmd->start = s + 1;
    cmd->end = history_back(&u->response, 1) + 1;
    u->next = cmd->next;
    return 1;
}
