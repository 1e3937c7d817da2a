/*
 * timing_array.c - CONV: weight loader, operand stream, passes, accumulators.
 *
 * A pass takes an element a cycle. The weights of the next one enter the shadow registers behind
 * its first element (the swap), a row a cycle: passes are max(elements, n + 1) cycles apart. The
 * loader reads WEIGHT_QUEUE words ahead, also into the next command; its parameter block, if any,
 * follows the first tile, once the command holds all its tokens (the vector unit's may come last).
 * A transposed tile goes through a buffer of two tiles: its words leave the queue a tile ahead of
 * the array, its rows come out once the last word is in.
 * Counterparts: rtl/npu_array_unit.v, npu_weight_loader.v, npu_line_feed.v, npu_accum.v.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "timing.h"

#define WEIGHT_QUEUE 8u
#define STREAM_AHEAD 16u /* elements of an operand stream before the array */
#define READ 4u          /* from a scratchpad read to the word at the head of its queue */
#define TURN 2u          /* from the last word into the transposing buffer to its first row */
#define SEVERAL 8u       /* passes, before and after those that repeat */

/* When word i of all that the loader ever read leaves its queue; 0: long ago. */
static uint64_t word_left(const timing_array_t *u, uint32_t i) {
    for (uint32_t back = 1; back <= 4 && back <= u->n_groups; back++) {
        uint32_t g = (u->n_groups - back) % 4;
        if (i >= u->group[g].first)
            return u->group[g].pop + (i - u->group[g].first);
    }
    return 0;
}

/* `count` words asked for from `ask` on, that leave the queue from `leave` on. Returns when the
 * last one leaves. */
static uint64_t read_words(timing_array_t *u, uint32_t count, uint64_t ask, uint64_t leave) {
    uint32_t first = u->words;
    ask = later(ask, u->issued + 1);
    if (first >= WEIGHT_QUEUE)
        ask = later(ask, word_left(u, first - WEIGHT_QUEUE) + 1);
    leave = later(leave, ask + READ);
    if (first > 0)
        leave = later(leave, word_left(u, first - 1) + 1);
    uint32_t g = u->n_groups++ % 4;
    u->group[g].first = first;
    u->group[g].pop = leave;
    u->words = first + count;
    u->issued = ask + count - 1;
    if (u->words > WEIGHT_QUEUE)
        u->issued = later(u->issued, word_left(u, u->words - 1 - WEIGHT_QUEUE) + 1);
    return leave + count - 1;
}

/* The weights of a pass asked for from `ask` on, when the shadow registers are free from `leave`
 * on. Returns when they are full. */
static uint64_t read_tile(timing_array_t *u, uint32_t n, int transpose, uint64_t ask,
                          uint64_t leave) {
    if (!transpose)
        return read_words(u, n, ask, leave) + 1;
    uint64_t in = read_words(u, n, ask, u->shown[1]);
    u->shown[1] = u->shown[0];
    u->shown[0] = later(in + TURN, leave) + n - 1;
    return u->shown[0] + 1;
}

/* When element i of all passes entered the array; 0: long ago. */
static uint64_t element_entered(const timing_array_t *u, uint64_t i) {
    for (uint32_t back = 1; back <= RING && back <= u->n_passes; back++) {
        uint32_t k = (u->n_passes - back) % RING;
        if (i >= u->pass[k].first)
            return u->pass[k].swap + (i - u->pass[k].first);
    }
    return 0;
}

static void add_pass(timing_array_t *u, uint64_t swap, uint32_t elements) {
    uint32_t k = u->n_passes++ % RING;
    u->pass[k].first = u->elements;
    u->pass[k].swap = swap;
    u->elements += elements;
    u->swap = swap;
    u->last_element = swap + elements - 1;
}

/* `passes` more at the distance `period` of the last ones: everything moves on in time. */
static void repeat(timing_array_t *u, uint32_t passes, uint64_t period, uint32_t rows,
                   uint32_t elements) {
    uint64_t time = passes * period;
    for (uint32_t g = 0; g < 4; g++) {
        u->group[g].first += passes * rows;
        u->group[g].pop += time;
    }
    u->words += passes * rows;
    u->issued += time;
    u->shown[0] += time;
    u->shown[1] += time;
    for (uint32_t k = 0; k < RING; k++) {
        u->pass[k].first += (uint64_t)passes * elements;
        u->pass[k].swap += time;
    }
    u->elements += (uint64_t)passes * elements;
    u->swap += time;
    u->last_element += time;
}

static int stage_l(timing_t *t) {
    timing_array_t *u = &t->array;
    if (u->next == NO_COMMAND || u->waiting != NO_COMMAND || t->cmd[u->next].ready == TIME_NEVER)
        return 0;
    uint32_t words[NPU_CMD_WORDS];
    timing_words(t, u->next, words);
    npu_unpack_conv(words, &u->c);
    uint64_t tokens = timing_tokens(t, u->next, u->c.early ? ~0u : 1u << NPU_UNIT_LOAD);
    if (tokens == TIME_NEVER)
        return 0;
    uint64_t when = later(later(t->cmd[u->next].ready, tokens), u->loader_free);
    when = later(when, history_room(&u->went, 2));
    if (u->c.early)
        when = later(when, history_back(&u->went, 1) + 1);
    history_put(&t->left[NPU_UNIT_ARRAY], when);
    u->taken = when;
    u->waiting = u->next;
    u->next = t->cmd[u->next].next;
    return 1;
}

typedef struct {
    uint32_t passes, elements; /* of a pass */
    uint32_t results;          /* of a pass */
    uint32_t flush;            /* elements behind the last result */
    uint32_t trail;            /* by how much the last line's words enter later than the first's */
} shape_t;

static shape_t shape_of(const npu_config_t *cfg, const npu_cmd_conv_t *c) {
    if (!c->fir)
        return (shape_t){c->nblk * c->kh * c->kw, c->ny * c->nx, c->ny * c->nx, 0, 0};
    uint32_t groups = cfg->fir_groups, taps = cfg->fir_taps;
    uint32_t down = (c->kh + groups - 1) / groups, across = (c->kw + taps - 1) / taps;
    uint32_t last = c->kh - (down - 1) * groups; /* lines in the last pass */
    uint32_t flush = (c->kw < taps ? c->kw : taps) - 1;
    return (shape_t){down * across, c->ny * c->span + flush, c->ny * c->nx, flush,
                     (last - 1) * taps};
}

static int stage_s(timing_t *t) {
    timing_array_t *u = &t->array;
    const npu_cmd_conv_t *c = &u->c;
    uint32_t n = t->cfg->n;
    if (u->waiting == NO_COMMAND)
        return 0;
    uint32_t late = c->late ? 1u << NPU_UNIT_VECTOR : 0;
    uint64_t tokens = timing_tokens(t, u->waiting, ~late);
    uint64_t last = timing_tokens(t, u->waiting, late);
    if (tokens == TIME_NEVER || last == TIME_NEVER)
        return 0;
    uint64_t go = later(later(u->taken, history_back(&u->went, 1)) + 4, u->feed_free);
    go = later(later(go, tokens), history_room(&u->popped, 4));
    shape_t s = shape_of(t->cfg, c);

    int transpose = (int)c->transpose;
    uint64_t full = read_tile(u, n, transpose, u->taken + 1, u->n_passes ? u->swap + 1 : 0);
    uint64_t swap = later(full, go + 6), params = 0, period = 0;
    if (u->n_passes) {
        swap = later(swap, u->last_element + 1);
        if (c->accumulate || c->minus)
            swap = later(swap, u->last_result + 3);
    }
    add_pass(u, swap, s.elements);
    if (c->load_params)
        params = read_words(u, npu_param_words(n, c->uniform), later(go + 1, last + 1), 0);
    for (uint32_t k = 1, same = 0; k < s.passes; k++) {
        full = read_tile(u, n, transpose, 0, swap + 1);
        uint64_t next = later(full, u->last_element + 1);
        if (s.results > t->cfg->acc_depth)
            next = later(next, u->last_element + 3);
        same = next - swap == period ? same + 1 : 0;
        period = next - swap;
        swap = next;
        add_pass(u, swap, s.elements);
        if (same >= RING && s.passes - k > SEVERAL) {
            repeat(u, s.passes - k - SEVERAL, period, n, s.elements);
            swap = u->swap;
            k = s.passes - SEVERAL;
        }
    }
    uint64_t end = u->last_element;
    u->last_result = end - s.flush;
    u->loader_free = u->issued + 1;
    /* the last element of the stream is read when there is room for it */
    uint64_t read = go + 2 + (uint64_t)s.passes * s.elements - 1;
    if (u->elements > STREAM_AHEAD)
        read = later(read, element_entered(u, u->elements - 1 - STREAM_AHEAD) + s.trail + 1);
    u->feed_free = read + 1;
    history_put(&u->went, go);
    history_put(&u->popped, end + 2 * n + 2);
    t->cmd[u->waiting].start = go;
    t->cmd[u->waiting].end = later(end + 2 * n + 6, params + 2);
    u->waiting = NO_COMMAND;
    return 1;
}

int timing_array(timing_t *t) {
    return stage_s(t) || stage_l(t);
}
