/*
 * timing_load.c - LOAD: runs, bursts, and the words that are made of their beats.
 *
 * A run costs the burst stage two cycles at least, so a run of few beats is bound by that or by the
 * DMA_BURSTS bursts under way. Words are made one a cycle from what has arrived; the ring of
 * received beats holds the port up when they are slower than the beats.
 * Counterparts: rtl/npu_load*.v, rtl/npu_run_walker.v, rtl/npu_burst.v.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "timing.h"

static void step(timing_load_t *u, uint32_t index, uint64_t from);

/* The next command enters the walker. */
static int start(timing_t *t) {
    timing_load_t *u = &t->load;
    uint32_t in_flight = t->cfg->n > 4 ? 8 : 4;
    if (u->next == NO_COMMAND || u->runs > 0 || t->cmd[u->next].ready == TIME_NEVER)
        return 0;
    timing_cmd_t *c = &t->cmd[u->next];
    uint64_t tokens = timing_tokens(t, u->next, ~0u);
    uint32_t started = t->left[NPU_UNIT_LOAD].count;
    if (tokens == TIME_NEVER || started >= u->done.count + in_flight)
        return 0;
    uint64_t when = later(c->ready, u->started + 2);
    when = later(later(when, tokens), u->walker);
    if (started >= in_flight)
        when = later(when, history_back(&u->done, u->done.count - (started - in_flight)) + 1);
    uint32_t words[NPU_CMD_WORDS];
    timing_words(t, u->next, words);
    npu_unpack_load(words, &u->c);
    u->runs = u->c.n1 * u->c.n2;
    u->i1 = u->i2 = 0;
    u->started = when;
    c->start = when + 1;
    history_put(&t->left[NPU_UNIT_LOAD], when);
    if (!u->has_run)
        step(u, u->next, when + 1);
    u->walking = u->next;
    u->next = c->next;
    return 1;
}

/* A run leaves the walker for the run register, not before `from`. */
static void step(timing_load_t *u, uint32_t index, uint64_t from) {
    from = later(from, u->register_free);
    u->run = (timing_run_t){
        .address = u->c.offset + u->i1 * (uint32_t)u->c.stride1 + u->i2 * (uint32_t)u->c.stride2,
        .sp = u->c.sp_addr + u->i1 * (uint32_t)u->c.sp_n1 + u->i2 * (uint32_t)u->c.sp_n2,
        .index = index,
        .first = u->i1 == 0 && u->i2 == 0,
        .last = u->runs == 1,
        .c = u->c,
        .valid = from + 1};
    u->has_run = 1;
    if (++u->i1 == u->c.n1) {
        u->i1 = 0;
        u->i2++;
    }
    if (--u->runs == 0)
        u->walker = from + 1;
}

/* Words of 4-bit weights come behind their factors, which are made like a word. */
static uint32_t words_of_run(const npu_cmd_load_t *c) {
    return c->nwin * c->nblk;
}

/* Words whose last byte is among the first `bytes` of the run. */
static uint32_t words_within(const timing_t *t, const npu_cmd_load_t *c, uint32_t bytes) {
    uint32_t n = c->packed ? t->cfg->n / 2 : t->cfg->n, before = (c->nblk - 1) * n;
    uint32_t pitch = before + c->win_step, all = words_of_run(c), whole;
    uint32_t window = before + (c->packed ? n : c->last_len);
    if (bytes >= c->run_bytes)
        return all;
    bytes += c->pad_left;
    whole = bytes < window ? 0 : pitch == 0 ? c->nwin : (bytes - window) / pitch + 1;
    if (whole >= c->nwin)
        return all;
    uint32_t part = (bytes - whole * pitch) / n; /* blocks of the next window */
    return whole * c->nblk + (part < c->nblk ? part : c->nblk - 1);
}

/* About when beat `b` of the stream is used up. */
static uint64_t used(const timing_load_t *u, uint32_t b) {
    for (uint32_t back = 1; back <= RING && back <= u->n_chunks; back++) {
        const timing_chunk_t *c = &u->chunk[(u->n_chunks - back) % RING];
        if (b >= c->first)
            return c->from + (c->to - c->from) * (b - c->first + 1) / c->beats;
    }
    return 0;
}

/* `words` made of `beats` that begin to arrive at `first`; returns when the last of them arrives.
 */
static uint64_t make(timing_t *t, uint32_t beats, uint32_t words, uint64_t first) {
    const npu_cmd_load_t *c = &t->load.held.c;
    timing_load_t *u = &t->load;
    uint64_t begin = u->made + 1 + (uint64_t)(u->held.first && u->words == 0);
    uint32_t ring = t->cfg->n > 4 ? 16 : 8, end = u->beats + beats;
    if (u->beats >= ring)
        first = later(first, used(u, u->beats - ring + 1) + 2);
    uint64_t last = first + beats - 1, from = later(begin, first + 2);
    if (beats >= ring) /* the first of these beats must be used before the last comes */
        last = later(last, from + (uint64_t)words * (beats - ring + 1) / beats + 1);
    else if (end >= ring)
        last = later(last, used(u, end - ring) + 2);
    uint64_t written = from - 1;
    for (uint32_t i = u->words; i < u->words + words; i++)
        written = timing_bank_writable(t, written + 1,
                                       u->held.sp + i / c->nblk * (uint32_t)c->sp_win +
                                           i % c->nblk * (uint32_t)c->sp_blk);
    u->made = words ? later(written, last + 2) : u->made;
    u->chunk[u->n_chunks++ % RING] = (timing_chunk_t){u->beats, beats, from, later(from, u->made)};
    u->beats = end;
    return last;
}

static void end_run(timing_t *t) {
    timing_load_t *u = &t->load;
    if (!u->held.last)
        return;
    history_put(&u->done, u->made + 2);
    t->cmd[u->held.index].end = u->made + 3;
}

/* The run in the register enters the burst stage; a fill passes it by. */
static int accept(timing_t *t) {
    timing_load_t *u = &t->load;
    if (!u->has_run || u->left > 0)
        return 0;
    uint64_t when = later(u->run.valid, u->stage_free);
    u->held = u->run;
    u->has_run = 0;
    u->register_free = when;
    u->words = 0;
    u->left = u->held.c.run_bytes;
    u->next_burst = when + 1;
    if (u->left == 0) {
        uint64_t begin = u->made + 1 + (uint64_t)u->held.first;
        u->made = later(begin, when + 3) + words_of_run(&u->held.c) - 1;
        u->next_burst = 0;
        end_run(t);
    }
    if (u->runs > 0)
        step(u, u->walking, u->started + 1);
    return 1;
}

int timing_load(timing_t *t) {
    return accept(t) || start(t);
}

/* When the next burst enters the request register. */
static uint64_t begin_burst(const timing_load_t *u) {
    return later(u->next_burst, history_room(&u->last_beat, DMA_BURSTS));
}

/* ... and may leave it: until then a request of the fetch goes first. */
uint64_t timing_load_when(const timing_t *t) {
    return t->load.left == 0 ? TIME_NEVER : later(begin_burst(&t->load), timing_port_free(t));
}

void timing_load_burst(timing_t *t) {
    timing_load_t *u = &t->load;
    const npu_cmd_load_t *c = &u->held.c;
    uint32_t bytes, done = c->run_bytes - u->left;
    uint32_t beats =
        timing_burst(t, t->list->region_base[c->region] + u->held.address + done, u->left, &bytes);
    uint64_t sent, when = begin_burst(u), first = timing_port_ask(t, when, &sent);
    uint32_t words = words_within(t, c, done + bytes);
    uint64_t last = make(t, beats, words - u->words, first);
    timing_port_end(t, beats, last);
    history_put(&u->last_beat, last);
    u->words = words;
    u->left -= bytes;
    u->next_burst = later(when + 1, sent);
    u->stage_free = when + 1;
    if (u->left == 0)
        end_run(t);
}
