/*
 * cascade.c - commands of a chain of operators that runs strip by strip.
 *
 * First the jobs of all strips in an order that is right when they run one after the other: loads
 * of input strips and weights, parts of output blocks (CONV, DRAIN, perhaps ADD), stores. Then they
 * are emitted in the order in which they can start by estimated times, never a job before an
 * earlier one that it conflicts with: so the array works on the next block while one is drained.
 * Counterparts: cascade_plan.c (sizes), lower_conv.c (commands of a part), emit.c (order between
 * units).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cascade.h"

#define COPY_OP 3           /* ELTWISE: maximum */
#define WAYS 6              /* sizes that are tried out */
#define MANY_COMMANDS 30000 /* in a step: a new one, so that none ends in a trial */
#define MOST_JOBS 9000
#define WINDOW 64 /* jobs looked ahead: bits of a mask */

typedef enum { JOB_INPUT, JOB_OTHER, JOB_WEIGHTS, JOB_PART, JOB_COPY, JOB_STORE } kind_t;

typedef struct {
    int32_t ring, inst;
    bool write;
    int32_t y0, y1, k0, k1;
} access_t;

typedef struct {
    kind_t kind;
    int32_t stage, ob;
    cc_box_t box, tile;
    cc_view_t in, out, other;
    uint32_t at; /* weights */
    access_t access[5];
    int32_t n_access;
    uint64_t after; /* bit i % WINDOW: waits until job i is emitted */
    uint64_t ready; /* estimated: its operands are there */
    uint64_t room;  /* estimated: what it overwrites is no longer read */
} job_t;

typedef struct {
    cc_chain_t h;
    cc_t *cc;
    job_t *jobs;
    int32_t n, capacity;
    int32_t strip;
    int32_t count[CC_RINGS]; /* instances so far */
    int32_t made[CC_STAGES]; /* strip whose input the stage has, + 1 */
    cc_view_t in[CC_STAGES]; /* views of those inputs */
    int32_t in_inst[CC_STAGES];
    cc_box_t box[CC_STAGES + 1], next[CC_STAGES + 1];
    int32_t fresh[CC_STAGES + 1], next_fresh[CC_STAGES + 1];
    int32_t loaded[CC_STAGES]; /* output blocks whose weights came */
    int32_t parameters[2];     /* of each half: stage and block */
    uint64_t load_free, array_free, vector_free;
    uint64_t room[4]; /* of accumulators, by turn: drained */
} run_t;

/* ------------------------------------------------------------------ jobs */
static job_t *new_job(run_t *r, kind_t kind, int32_t stage) {
    if (r->n == r->capacity) {
        int32_t capacity = r->capacity ? 2 * r->capacity : 1024;
        job_t *jobs = realloc(r->jobs, (size_t)capacity * sizeof *jobs);
        if (jobs == NULL) {
            r->cc->failed = true;
            return NULL;
        }
        r->jobs = jobs;
        r->capacity = capacity;
    }
    job_t *j = &r->jobs[r->n++];
    memset(j, 0, sizeof *j);
    j->kind = kind;
    j->stage = stage;
    return j;
}

static void touches(job_t *j, int32_t ring, int32_t inst, bool write, cc_box_t b) {
    j->access[j->n_access++] = (access_t){ring, inst, write, b.y0, b.y1, b.k0, b.k1};
}

/* Where instance `inst` of a ring has the box. */
static cc_view_t view_of(const run_t *r, int32_t ring, int32_t inst, cc_box_t box) {
    const cc_ring_t *q = &r->h.ring[ring];
    cc_view_t v = {.row = box.x1 - box.x0};
    uint32_t at = q->at + (q->slots ? (uint32_t)inst % q->slots * q->words : 0);
    v.image = (box.y1 - box.y0) * v.row;
    v.blk = v.image;
    v.base =
        (at - (uint32_t)(box.k0 * v.blk) - (uint32_t)(box.y0 * v.row) - (uint32_t)box.x0) & 0xffffu;
    return v;
}

/* Weights of an output block in the scratchpad; a job loads them. Returns their instance. */
static int32_t weights(run_t *r, int32_t i, int32_t ob, uint32_t *at) {
    const cc_conv_t *d = &r->h.stage[i].d;
    const cc_ring_t *q = &r->h.ring[CC_RING_W + i];
    bool keep = r->h.keep >> i & 1;
    int32_t inst = keep ? 0 : r->count[CC_RING_W + i];
    *at = keep ? q->at + d->at[ob] / r->cc->n : q->at + (uint32_t)inst % q->slots * q->words;
    if (keep && ob < r->loaded[i])
        return inst;
    r->loaded[i] = ob + 1;
    r->count[CC_RING_W + i]++;
    job_t *j = new_job(r, JOB_WEIGHTS, i);
    if (j == NULL)
        return inst;
    j->ob = ob;
    j->at = *at;
    touches(j, CC_RING_W + i, inst, true, (cc_box_t){.y1 = 1, .k0 = ob, .k1 = ob + 1});
    return inst;
}

static void part_job(run_t *r, int32_t i, int32_t ob, cc_box_t part, const cc_view_t *v,
                     int32_t out_inst, int32_t in_inst, const cc_view_t *in, int32_t w_inst,
                     uint32_t at) {
    const cc_chain_t *h = &r->h;
    job_t *j = new_job(r, JOB_PART, i);
    if (j == NULL)
        return;
    j->ob = ob;
    j->box = part;
    j->in = *in;
    j->out = *v;
    j->at = at;
    cc_box_t from = cc_conv_input_box(r->cc, &h->stage[i].d, part);
    if (h->ring[i].slots)
        touches(j, i, in_inst, false, from);
    touches(j, i + 1, out_inst, true, part);
    touches(j, CC_RING_W + i, w_inst, false, (cc_box_t){.y1 = 1, .k0 = ob, .k1 = ob + 1});
    if (i + 1 < h->n || h->add == CC_NONE)
        return;
    if (h->other_is_input) {
        j->other = r->in[0];
        if (h->ring[0].slots)
            touches(j, 0, r->in_inst[0], false, part);
    } else if (h->ring[CC_RING_ADD].slots) {
        j->other = view_of(r, CC_RING_ADD, r->strip, r->box[h->n]);
        touches(j, CC_RING_ADD, r->strip, false, part);
    }
}

/* Rows y0..y1-1 of block `box.k0` of tensor i: from the ring's instance aside, or back. */
static void copy_job(run_t *r, int32_t i, cc_box_t box, int32_t inst, const cc_view_t *v,
                     int32_t y0, int32_t y1, bool back) {
    job_t *j = y0 < y1 ? new_job(r, JOB_COPY, i) : NULL;
    if (j == NULL)
        return;
    cc_box_t saved = r->box[i];
    saved.y0 = y0;
    saved.y1 = y1;
    cc_view_t aside = view_of(r, CC_RING_SAVE + i, 0, saved);
    /* blocks at a distance that all strips share: near the top fewer rows are saved */
    aside.blk = (int32_t)r->h.ring[CC_RING_SAVE + i].words / (saved.k1 - saved.k0);
    aside.base = (r->h.ring[CC_RING_SAVE + i].at - (uint32_t)(saved.k0 * aside.blk) -
                  (uint32_t)(saved.y0 * aside.row) - (uint32_t)saved.x0) &
                 0xffffu;
    j->ob = box.k0;
    j->box = box;
    j->box.y0 = y0;
    j->box.y1 = y1;
    j->in = back ? aside : *v;
    j->out = back ? *v : aside;
    touches(j, i, inst, back, j->box);
    touches(j, CC_RING_SAVE + i, 0, !back, (cc_box_t){.y1 = 1, .k0 = box.k0, .k1 = box.k0 + 1});
}

/* Jobs that make the box `out` of stage i's result. */
static void make(run_t *r, int32_t i, cc_box_t out, const cc_view_t *v, int32_t out_inst) {
    cc_chain_t *h = &r->h;
    int32_t rows, cols;
    if (cc_box_words(out) == 0)
        return;
    if (i > 0 && !h->by_block[i] && r->made[i] != r->strip + 1) {
        r->made[i] = r->strip + 1;
        r->in_inst[i] = r->strip;
        r->in[i] = view_of(r, i, r->strip, r->box[i]);
        make(r, i - 1, r->box[i], &r->in[i], r->strip);
    }
    cc_conv_parts(r->cc, &h->stage[i].d, out.y1 - out.y0, out.x1 - out.x0, 1, &rows, &cols);
    for (int32_t ob = out.k0; ob < out.k1; ob++) {
        cc_box_t part = out;
        cc_view_t in = r->in[i];
        int32_t in_inst = r->in_inst[i];
        uint32_t at;
        part.k0 = ob;
        part.k1 = ob + 1;
        if (h->by_block[i]) {
            cc_box_t box = cc_conv_input_box(r->cc, &h->stage[i].d, part);
            box.y0 = r->box[i].y0;
            box.y1 = r->box[i].y1;
            in_inst = r->count[i]++;
            in = view_of(r, i, in_inst, box);
            bool save = h->save >> i & 1;
            cc_box_t fresh = box;
            fresh.y0 = cc_max(box.y0, r->fresh[i]);
            if (save)
                copy_job(r, i, box, in_inst, &in, box.y0, fresh.y0, true);
            make(r, i - 1, fresh, &in, in_inst);
            if (save && r->strip + 1 < h->strips)
                copy_job(r, i, box, in_inst, &in, r->next[i].y0, r->next_fresh[i], false);
        }
        int32_t w = weights(r, i, ob, &at);
        for (part.y0 = out.y0; part.y0 < out.y1; part.y0 += rows)
            for (part.x0 = out.x0; part.x0 < out.x1; part.x0 += cols) {
                part.y1 = cc_min(out.y1, part.y0 + rows);
                part.x1 = cc_min(out.x1, part.x0 + cols);
                part_job(r, i, ob, part, v, out_inst, in_inst, &in, w, at);
            }
    }
}

/* Loads for strip s. */
static void fetch(run_t *r, int32_t s) {
    cc_chain_t *h = &r->h;
    cc_box_t box[CC_STAGES + 1];
    int32_t made[CC_STAGES + 1];
    if (s >= h->strips)
        return;
    cc_chain_boxes(h, s, box, made);
    job_t *j = h->ring[0].slots && cc_box_words(box[0]) ? new_job(r, JOB_INPUT, 0) : NULL;
    if (j) {
        j->box = box[0];
        j->tile = box[1];
        j->tile.y0 = made[1];
        j->in = view_of(r, 0, s, box[0]);
        touches(j, 0, s, true, box[0]);
    }
    j = h->ring[CC_RING_ADD].slots ? new_job(r, JOB_OTHER, h->n - 1) : NULL;
    if (j) {
        j->box = box[h->n];
        j->in = view_of(r, CC_RING_ADD, s, box[h->n]);
        touches(j, CC_RING_ADD, s, true, box[h->n]);
    }
}

static void jobs_of_strip(run_t *r, const cc_view_t *in, const cc_view_t *out) {
    cc_chain_t *h = &r->h;
    int32_t s = r->strip;
    cc_chain_boxes(h, s, r->box, r->fresh);
    if (s + 1 < h->strips)
        cc_chain_boxes(h, s + 1, r->next, r->next_fresh);
    if (s == 0)
        fetch(r, 0);
    fetch(r, s + 1);
    r->in_inst[0] = s;
    r->in[0] = h->ring[0].slots ? view_of(r, 0, s, r->box[0]) : *in;
    cc_view_t v = h->ring[h->n].slots ? view_of(r, h->n, s, r->box[h->n]) : *out;
    int32_t inst = h->ring[h->n].slots ? s : 0;
    make(r, h->n - 1, r->box[h->n], &v, inst);
    job_t *j = r->cc->stores[h->out].in_memory ? new_job(r, JOB_STORE, h->n - 1) : NULL;
    if (j) {
        j->box = r->box[h->n];
        j->out = v;
        touches(j, h->n, inst, false, j->box);
    }
}

/* ------------------------------------------------------------------ order */
/* Do they conflict; only_write: by what b writes. */
static bool conflict(const run_t *r, const job_t *a, const job_t *b, bool only_write) {
    for (int32_t i = 0; i < a->n_access; i++)
        for (int32_t k = 0; k < b->n_access; k++) {
            const access_t *x = &a->access[i], *y = &b->access[k];
            uint32_t slots = r->h.ring[x->ring].slots;
            if (x->ring != y->ring || (only_write && !y->write))
                continue;
            if (x->inst != y->inst) {
                if (slots == 0 || (uint32_t)x->inst % slots == (uint32_t)y->inst % slots)
                    return true;
                continue;
            }
            if ((x->write || y->write) && x->y0 < y->y1 && y->y0 < x->y1 && x->k0 < y->k1 &&
                y->k0 < x->k1)
                return true;
        }
    return false;
}

static void enter(run_t *r, int32_t head, int32_t i, const bool *emitted) {
    job_t *j = &r->jobs[i];
    for (int32_t k = head; k < i; k++)
        if (!emitted[k] && conflict(r, &r->jobs[k], j, false))
            j->after |= (uint64_t)1 << k % WINDOW;
}

static uint64_t max_u64(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

/* Cycles of the array. */
static uint64_t array_cost(const run_t *r, const job_t *j) {
    const cc_conv_t *d = &r->h.stage[j->stage].d;
    int32_t ny = j->box.y1 - j->box.y0, nx = j->box.x1 - j->box.x0;
    uint64_t steps =
        (uint64_t)ny * (uint64_t)(d->mode == CC_FIR ? cc_fir_span(d, j->box.x0, nx) : nx);
    return (uint64_t)cc_conv_passes(r->cc, d, j->ob) * max_u64(steps, r->cc->n) + 8;
}

/* When the accumulators of the next part are drained. */
static uint64_t room_of(const run_t *r, const job_t *j) {
    uint32_t turn = r->cc->turn;
    uint32_t words = (uint32_t)((j->box.y1 - j->box.y0) * (j->box.x1 - j->box.x0));
    return 2 * words > r->cc->cfg->acc_depth ? max_u64(r->room[turn], r->room[turn ^ 2])
                                             : r->room[turn];
}

/* When a job should start: a part not before its drain finds room, or it blocks other drains. */
static uint64_t start_of(const run_t *r, const job_t *j) {
    if (j->kind == JOB_PART) {
        uint64_t start = max_u64(j->ready, max_u64(r->array_free, room_of(r, j)));
        uint64_t cost = array_cost(r, j);
        return j->room > cost ? max_u64(start, j->room - cost) : start;
    }
    if (j->kind == JOB_COPY)
        return max_u64(j->ready, r->vector_free);
    return j->kind == JOB_STORE ? j->ready : max_u64(j->ready, r->load_free);
}

/* ------------------------------------------------------------------ commands */
static void emit_part_add(run_t *r, const job_t *j) {
    cc_t *cc = r->cc;
    const cc_chain_t *h = &r->h;
    const cc_op_t *o = &cc->ops[h->add];
    uint32_t own = cc_view_at(&j->out, j->ob, 0, j->box.y0, j->box.x0);
    uint32_t other = cc_view_at(&j->other, j->ob, 0, j->box.y0, j->box.x0);
    uint32_t at[3] = {own, own, own};
    int32_t row[3] = {j->out.row, j->out.row, j->out.row};
    at[h->side] = other;
    row[h->side] = j->other.row;
    cc->layer = h->add;
    cc_emit_add(cc, &o->r.op.p.binary, j->box.y1 - j->box.y0, j->box.x1 - j->box.x0, at, row);
}

static uint64_t emit_part(run_t *r, job_t *j, uint64_t start, uint64_t *end) {
    cc_t *cc = r->cc;
    cc_job_t *s = &r->h.stage[j->stage];
    uint32_t half = cc_half(cc), turn = cc->turn;
    int32_t id = j->stage << 24 | j->ob, ny = j->box.y1 - j->box.y0, nx = j->box.x1 - j->box.x0;
    bool last = j->stage + 1 == r->h.n, add = last && r->h.add != CC_NONE;
    cc_conv_part(s, j->box, j->ob, j->at, &j->in, &j->out, r->parameters[half] != id);
    r->parameters[half] = id;
    if (add)
        emit_part_add(r, j);
    uint64_t words = (uint64_t)ny * (uint64_t)nx, per = cc->n / cc->cfg->lanes;
    uint64_t cost = array_cost(r, j);
    r->array_free = start + cost;
    uint64_t drain = max_u64(max_u64(r->vector_free, j->room), start + cost + cc->n);
    uint64_t drained = drain + words * per + 12;
    r->room[turn] = drained;
    if (2 * words > cc->cfg->acc_depth)
        r->room[turn ^ 2] = drained;
    r->vector_free = drained + (add ? 3 * words * per + 12 : 0);
    *end = r->vector_free;
    return start + cost + cc->n;
}

/* Maximum of a word with itself: a copy. */
static uint64_t emit_copy(run_t *r, const job_t *j, uint64_t start) {
    cc_t *cc = r->cc;
    uint32_t from = cc_view_at(&j->in, j->ob, 0, j->box.y0, j->box.x0), words[NPU_CMD_WORDS];
    npu_cmd_eltwise_t c = {.op = COPY_OP,
                           .a_addr = from,
                           .b_addr = from,
                           .out_addr = cc_view_at(&j->out, j->ob, 0, j->box.y0, j->box.x0),
                           .ny = (uint32_t)(j->box.y1 - j->box.y0),
                           .nx = (uint32_t)(j->box.x1 - j->box.x0),
                           .a_row = j->in.row,
                           .b_row = j->in.row,
                           .out_row = j->out.row,
                           .a_x = 1,
                           .b_x = 1,
                           .act_min = -128,
                           .act_max = 127};
    npu_pack_eltwise(&c, words);
    uint64_t cost = (uint64_t)c.ny * c.nx * (cc->n / cc->cfg->lanes) + 12;
    cc_emit(cc, words, cost);
    return r->vector_free = start + cost;
}

/* Emits a job; *end: when its result is there. Returns when its operands are no longer used. */
static uint64_t emit_job(run_t *r, job_t *j, uint64_t *end) {
    cc_t *cc = r->cc;
    cc_job_t *s = &r->h.stage[j->stage];
    uint64_t start = start_of(r, j), cost = 0;
    cc->layer = r->h.op[j->stage];
    switch (j->kind) {
    case JOB_INPUT:
        if (s->d.mode == CC_LINE || s->d.mode == CC_LINES)
            cc_load_packed(s, j->tile, &j->in);
        else
            cc_load_box(cc, s->in, j->box, &j->in);
        cost = cc_box_words(j->box);
        break;
    case JOB_OTHER:
        cc->layer = r->h.add;
        cc_load_box(cc, r->h.other, j->box, &j->in);
        cost = cc_box_words(j->box);
        break;
    case JOB_WEIGHTS: {
        uint32_t bytes = s->d.at[j->ob + 1] - s->d.at[j->ob];
        cc_load_const(cc, s->d.image_offset + s->d.at[j->ob], bytes, j->at);
        cost = bytes / 8;
        break;
    }
    case JOB_PART:
        return emit_part(r, j, start, end);
    case JOB_COPY:
        return *end = emit_copy(r, j, start);
    case JOB_STORE:
        if (r->h.add != CC_NONE)
            cc->layer = r->h.add;
        cc_put(cc, r->h.out, j->box, &j->out);
        *end = start + cc_box_words(j->box);
        return *end;
    }
    r->load_free = start + cost + 4;
    *end = start + cost + 40;
    return *end;
}

static int emit_all(run_t *r) {
    bool *emitted = calloc((size_t)r->n + 1, sizeof *emitted);
    if (emitted == NULL)
        return CC_FATAL;
    int32_t head = 0, tail = 0;
    while (head < r->n) {
        int32_t first[2] = {-1, -1};
        uint64_t first_start[2] = {UINT64_MAX, UINT64_MAX};
        for (; tail < r->n && tail < head + WINDOW; tail++)
            enter(r, head, tail, emitted);
        for (int32_t i = head; i < tail; i++) {
            if (emitted[i] || r->jobs[i].after)
                continue;
            uint64_t start = start_of(r, &r->jobs[i]);
            bool part = r->jobs[i].kind == JOB_PART;
            if (start < first_start[part]) {
                first_start[part] = start;
                first[part] = i;
            }
        }
        /* Others before a part unless they would delay its drain. */
        int32_t best = first[1];
        if (best < 0 ||
            (first[0] >= 0 && first_start[0] <= first_start[1] + array_cost(r, &r->jobs[first[1]])))
            best = first[0];
        uint64_t end, used = emit_job(r, &r->jobs[best], &end);
        emitted[best] = true;
        for (int32_t i = best + 1; i < tail; i++) {
            job_t *j = &r->jobs[i];
            if (!(j->after >> best % WINDOW & 1))
                continue;
            j->after &= ~((uint64_t)1 << best % WINDOW);
            bool load = j->kind < JOB_PART;
            bool over = conflict(r, &r->jobs[best], j, true);
            if (j->kind == JOB_PART && over)
                j->room = max_u64(j->room, used);
            else
                j->ready = max_u64(j->ready, load || over ? used : end);
        }
        while (head < r->n && emitted[head])
            head++;
    }
    free(emitted);
    return r->cc->failed ? CC_FATAL : CC_OK;
}

/* ------------------------------------------------------------------ the chain */
/* Views of what is resident; the ADD's other operand is the same for all parts. */
static int residents(run_t *r, cc_view_t *in, cc_view_t *out, cc_view_t *other) {
    cc_chain_t *h = &r->h;
    cc_t *cc = r->cc;
    int st = CC_OK;
    cc_chain_boxes(h, 0, r->box, r->fresh);
    if (h->in_resident)
        st = cc_fetch(cc, h->stage[0].in, true, r->box[0], in);
    if (h->other_resident && st == CC_OK)
        st = cc_fetch(cc, h->other, true, r->box[h->n], other);
    if (h->out_resident && st == CC_OK)
        st = cc_target(cc, h->out, r->box[h->n], out);
    return st;
}

static uint64_t end_of_step(const cc_t *cc) {
    uint64_t end = 0;
    for (uint32_t u = 0; u < NPU_QUEUES; u++)
        if (cc->step.last_of[u] >= 0)
            end = max_u64(end, cc->step.cmds[cc->step.last_of[u]].end);
    return end;
}

/* Lowers in the way r->h says. views: of resident input, result, other operand. */
static int lower_way(run_t *r, const cc_view_t *views) {
    cc_chain_t *h = &r->h;
    cc_t *cc = r->cc;
    r->n = 0;
    memset(r->count, 0, sizeof r->count);
    memset(r->made, 0, sizeof r->made);
    memset(r->loaded, 0, sizeof r->loaded);
    r->parameters[0] = r->parameters[1] = -1;
    r->load_free = r->array_free = r->vector_free = 0;
    memset(r->room, 0, sizeof r->room);
    for (int32_t i = 0; i < h->n; i++)
        cc->ops[h->op[i]].array_steps = 0;
    if (!cc_chain_allocate(h))
        return CC_NOSPACE;
    for (r->strip = 0; r->strip < h->strips; r->strip++)
        jobs_of_strip(r, &views[0], &views[1]);
    for (int32_t i = 0; h->other_resident && i < r->n; i++)
        r->jobs[i].other = views[2];
    int st = cc->failed ? CC_FATAL : r->n > MOST_JOBS ? CC_NOSPACE : emit_all(r);
    cc_chain_release(h);
    return st;
}

/* The one of the ways that ends first by the scheduler's times; CC_NONE: none has room. */
static int32_t best_way(run_t *r, const cc_chain_t *ways, int32_t n, const cc_view_t *views) {
    cc_t *cc = r->cc;
    int32_t best = CC_NONE;
    uint64_t best_end = UINT64_MAX;
    cc_trial_t state;
    if (!cc_trial_begin(cc, &state)) {
        cc->failed = true;
        return CC_NONE;
    }
    for (int32_t i = 0; i < n && !cc->failed; i++) {
        r->h = ways[i];
        int st = lower_way(r, views);
        uint64_t end = end_of_step(cc);
        if (st == CC_OK && end < best_end) {
            best_end = end;
            best = i;
        }
        cc_trial_undo(cc, &state);
    }
    cc_trial_end(&state);
    return best;
}

static int lower(run_t *r) {
    cc_t *cc = r->cc;
    cc_view_t views[3] = {{0}, {0}, {0}};
    cc_chain_t ways[WAYS];
    int32_t first = r->h.op[0], n = 0, st = CC_OK;
    for (int32_t i = 0; i < r->h.n && st == CC_OK; i++) {
        cc->layer = r->h.op[i];
        st = cc_conv_pack(cc, &r->h.stage[i].d);
    }
    cc->layer = first;
    if (st == CC_OK)
        n = cc_chain_fit(&r->h, cc_free_words(cc), ways, WAYS);
    if (st != CC_OK || n == 0)
        return st != CC_OK ? st : CC_NOSPACE;
    r->h = ways[0];
    if (cc->step.n > MANY_COMMANDS && (st = cc_step_end(cc)) != CC_OK)
        return st;
    st = residents(r, &views[0], &views[1], &views[2]);
    if (st != CC_OK)
        return st;
    int32_t best = best_way(r, ways, n, views);
    if (best == CC_NONE)
        return cc->failed ? CC_FATAL : CC_NOSPACE;
    r->h = ways[best];
    cc->layer = first;
    return lower_way(r, views);
}

int cc_lower_chain(cc_t *cc, int32_t op) {
    run_t r = {.cc = cc};
    int32_t end = cc->ops[op].end;
    int st = cc_chain_describe(cc, op, end, &r.h) ? lower(&r) : CC_NOSPACE;
    for (int32_t i = op; i < end; i++)
        cc->ops[i].done = true;
    cc_chain_free(&r.h);
    free(r.jobs);
    return st;
}
