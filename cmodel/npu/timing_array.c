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

/* `count` words from `address` on, asked for from `ask` on, that leave the queue from `leave` on.
 * Returns when the last one leaves. */
static uint64_t read_words(timing_t *t, uint32_t address, uint32_t count, uint64_t ask,
                           uint64_t leave) {
    timing_array_t *u = &t->array;
    uint32_t first = u->words;
    ask = later(ask, u->issued + 1);
    if (first >= WEIGHT_QUEUE)
        ask = later(ask, word_left(u, first - WEIGHT_QUEUE) + 1);
    for (uint32_t i = 0; i < count; i++) { /* `ask`: as if one a cycle had been granted */
        uint64_t granted = timing_bank_free(t, READ_WEIGHTS, ask + i, address + i);
        timing_bank_read(t, READ_WEIGHTS, granted, address + i);
        ask = granted - i;
    }
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
static uint64_t read_tile(timing_t *t, uint32_t pass, uint64_t ask, uint64_t leave) {
    timing_array_t *u = &t->array;
    uint32_t n = t->cfg->n, address = u->c.w_addr + pass * (u->c.strided ? u->c.span : n);
    if (!u->c.transpose)
        return read_words(t, address, n, ask, leave) + 1;
    uint64_t in = read_words(t, address, n, ask, u->shown[1]);
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

/* Where a command's operand stream is: pass by kernel column, kernel row and block; in it by row
 * and column of the output. */
typedef struct {
    uint32_t kx, ky, blk, y, x;
    uint64_t next, end; /* element, of all that ever entered the array */
    uint64_t read;      /* when the last one was */
} stream_t;

/* The next element's word: whether it is read, and from where. Of the FIR mode the first line. */
static int operand(const npu_config_t *cfg, const npu_cmd_conv_t *c, const shape_t *s, stream_t *w,
                   uint32_t *address) {
    uint32_t down = c->fir ? cfg->fir_groups : 1, across = c->fir ? cfg->fir_taps : 1;
    int32_t iy = c->iy0 + (int32_t)(w->ky * c->dil_y + w->y * c->sy);
    int32_t ix = c->ix0 + (int32_t)(w->kx * c->dil_x + w->x * (c->fir ? 1 : c->sx));
    int inside =
        w->y < c->ny && iy >= 0 && iy < (int32_t)c->in_h && ix >= 0 && ix < (int32_t)c->in_w;
    *address = c->in_addr + (uint32_t)iy * (uint32_t)c->row_pitch + (uint32_t)ix +
               w->blk * (uint32_t)c->blk_pitch;
    /* s->flush elements follow the last line */
    if (++w->x < (w->y == c->ny ? s->flush : c->fir ? c->span : c->nx))
        return inside;
    w->x = 0;
    if (++w->y < c->ny + (s->flush > 0))
        return inside;
    w->y = 0;
    if ((w->kx += across) < c->kw)
        return inside;
    w->kx = 0;
    if ((w->ky += down) < c->kh)
        return inside;
    w->ky = 0;
    w->blk++;
    return inside;
}

/* Reads operands as far as the elements that they must stay behind of are known. */
static void read_operands(timing_t *t, const npu_cmd_conv_t *c, const shape_t *s, stream_t *w) {
    timing_array_t *u = &t->array;
    for (; w->next < w->end && w->next < u->elements + STREAM_AHEAD; w->next++) {
        uint32_t address;
        w->read++;
        if (w->next >= STREAM_AHEAD)
            w->read = later(w->read, element_entered(u, w->next - STREAM_AHEAD) + 1);
        if (operand(t->cfg, c, s, w, &address))
            timing_bank_read(t, READ_OPERANDS, w->read, address);
    }
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
    go = later(later(go, tokens), history_room(&u->popped, 5));
    shape_t s = shape_of(t->cfg, c);

    stream_t operands = {
        .next = u->elements, .end = u->elements + (uint64_t)s.passes * s.elements, .read = go + 1};
    read_operands(t, c, &s, &operands);
    uint64_t full = read_tile(t, 0, u->taken + 1, u->n_passes ? u->swap + 1 : 0);
    uint64_t swap = later(full, go + 6), params = 0, period = 0;
    if (u->n_passes) {
        swap = later(swap, u->last_element + 1);
        if (c->accumulate || c->minus)
            swap = later(swap, u->last_result + 3);
    }
    add_pass(u, swap, s.elements);
    read_operands(t, c, &s, &operands);
    if (c->load_params)
        params =
            read_words(t, c->p_addr, npu_param_words(n, c->uniform), later(go + 1, last + 1), 0);
    for (uint32_t k = 1, same = 0; k < s.passes; k++) {
        full = read_tile(t, k, 0, swap + 1);
        uint64_t next = later(full, u->last_element + 1);
        if (s.results > t->cfg->acc_depth)
            next = later(next, u->last_element + 3);
        same = next - swap == period ? same + 1 : 0;
        period = next - swap;
        swap = next;
        add_pass(u, swap, s.elements);
        read_operands(t, c, &s, &operands);
        if (same >= RING && s.passes - k > SEVERAL) {
            for (uint32_t i = k; i < s.passes - SEVERAL; i++) {
                repeat(u, 1, period, n, s.elements);
                read_operands(t, c, &s, &operands);
            }
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
