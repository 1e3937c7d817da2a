/*
 * timing_fetch.c - fetch of the command list, and dispatch into the queues of the units.
 * Counterpart: rtl/npu_sequencer.v. SPDX-License-Identifier: Apache-2.0
 */
#include "timing.h"

/* The next burst: beats 0 when everything was asked for. */
static uint32_t next_burst(const timing_t *t) {
    const timing_fetch_t *f = &t->fetch;
    uint32_t bytes, at = f->asked * t->memory.beat_bytes, end = f->offset + t->list->size;
    if (f->asked == f->beats)
        return 0;
    return timing_burst(t, t->list->address - f->offset + at, end - at, &bytes);
}

uint64_t timing_fetch_when(const timing_t *t) {
    const timing_fetch_t *f = &t->fetch;
    uint32_t beats = next_burst(t), after = f->asked + beats;
    if (beats == 0)
        return TIME_NEVER;
    if (after <= FETCH_BUFFER)
        return f->free;
    uint32_t must = after - FETCH_BUFFER - 1; /* beat that must have left the buffer */
    return f->taken <= must ? TIME_NEVER : later(f->free, f->taken_at[must % FETCH_BUFFER] + 1);
}

void timing_fetch_burst(timing_t *t) {
    timing_fetch_t *f = &t->fetch;
    uint64_t sent, time = timing_fetch_when(t);
    uint32_t beats = next_burst(t), slot = f->n_bursts++ % RING;
    f->burst[slot].first = f->asked;
    f->burst[slot].arrival = timing_port_ask(t, time, &sent);
    timing_port_end(t, beats, f->burst[slot].arrival + beats - 1);
    f->asked += beats;
    f->free = sent + 1;
}

/* Take the beat after those taken, not before `from`. 0: it was not asked for yet. */
static int take_beat(timing_fetch_t *f, uint64_t from) {
    if (f->taken == f->asked)
        return 0;
    while (f->now + 1 < f->n_bursts && f->burst[(f->now + 1) % RING].first <= f->taken)
        f->now++;
    uint64_t arrival = f->burst[f->now % RING].arrival + f->taken - f->burst[f->now % RING].first;
    uint64_t before = f->taken ? f->taken_at[(f->taken - 1) % FETCH_BUFFER] + 1 : 0;
    f->taken_at[f->taken++ % FETCH_BUFFER] = later(later(arrival + 2, before), from);
    return 1;
}

int timing_dispatch(timing_t *t) {
    timing_fetch_t *f = &t->fetch;
    if (f->next == t->n)
        return 0;
    timing_cmd_t *c = &t->cmd[f->next];
    uint32_t end = f->next + 1 < t->n ? t->cmd[f->next + 1].at : t->list->size;
    uint32_t last = (f->offset + end - 1) / t->memory.beat_bytes; /* its last beat */
    uint64_t from = f->next ? f->dispatched + 1 : 0;
    uint32_t queued = f->queued[c->unit];
    history_t *left = &t->left[c->unit];
    if (queued >= QUEUE_DEPTH) {
        uint32_t must = queued - QUEUE_DEPTH; /* command of the unit that must have left */
        if (left->count <= must)
            return 0;
        from = later(from, history_back(left, left->count - must) + 2);
    }
    while (f->taken <= last)
        if (!take_beat(f, from))
            return 0;
    uint64_t when = later(f->taken_at[last % FETCH_BUFFER], from);
    f->queued[c->unit]++;
    f->dispatched = when;
    f->next++;
    c->ready = when + 2;
    return 1;
}
