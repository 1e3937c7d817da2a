/*
 * cascade_plan.c - which operators run strip by strip together, and how large their strips are.
 *
 * Every run of operators in which each only reads its predecessor's result is a candidate; the
 * partition of the network into candidates of least estimated cycles wins. The estimate of a chain:
 * the busiest of array, vector unit, load and store, and what of the transfers nothing hides.
 * Counterpart: cascade.c. SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "cascade.h"
#include "lower_binary.h"
#include "lower_move.h"

#define JOB_CYCLES 10    /* an array command and its drain, beside the work */
#define STRIP_CYCLES 150 /* units wait for each other at the borders of strips */
#define MARGIN 32        /* a chain must be better by one part of so many */

bool cc_in_chain(const cc_t *cc, int32_t op) {
    return cc->ops[op].end > 0;
}

static bool on_npu(const cc_t *cc, int32_t op) {
    return cc->ops[op].place.on_npu && !cc->ops[op].force_cpu && !cc->ops[op].skip &&
           !cc_is_move(&cc->ops[op].r);
}

static bool is_conv(const cc_t *cc, int32_t op) {
    int32_t kind = cc->ops[op].r.op.kind;
    return kind == REF_CONV || kind == REF_DEPTHWISE;
}

/* Nothing but operator `by` reads the store. */
static bool only_reader(const cc_t *cc, int32_t store, int32_t by) {
    int32_t readers = 0;
    for (int32_t i = 0; i < cc->n_ops; i++)
        for (int32_t k = 0; on_npu(cc, i) && k < cc->ops[i].n_in; k++)
            if (cc->ops[i].in[k] == store)
                readers += i == by ? 1 : 2;
    return readers == 1;
}

/* Read or written by the CPU, or the network's input or output. */
static bool seen_outside(const cc_t *cc, int32_t store) {
    const cc_store_t *s = &cc->stores[store];
    if (s->def < 0 || s->last >= cc->n_ops || s->data)
        return true;
    for (int32_t i = 0; i < cc->n_ops; i++) {
        const cc_op_t *o = &cc->ops[i];
        if (o->skip || on_npu(cc, i))
            continue;
        for (int32_t k = 0; k < o->r.n_in; k++)
            if (!o->r.in[k].data && o->r.in[k].tensor >= 0 &&
                cc->store_of[o->r.in[k].tensor] == store)
                return true;
        for (int32_t k = 0; k < o->r.n_out; k++)
            if (cc->store_of[o->r.out[k]] == store)
                return true;
    }
    return false;
}

static bool resident_at(const cc_t *cc, int32_t store, int32_t op, bool direct) {
    const cc_store_t *s = &cc->stores[store];
    return direct && s->resident && s->from <= op && op <= s->to;
}

static bool add_stage(cc_chain_t *h, int32_t op) {
    cc_t *cc = h->cc;
    if (h->n == CC_STAGES)
        return false;
    int32_t i = h->n;
    cc_job_t *j = &h->stage[i];
    *j = (cc_job_t){.cc = cc, .o = &cc->ops[op], .add = CC_NONE, .table = CC_NONE};
    j->in = j->o->in[0];
    j->out = j->o->out;
    h->op[i] = op;
    cc_conv_describe(cc, op, &j->d);
    /* rows again, where the description makes one long row of them */
    j->d.b = j->o->r.op.a.dims[2];
    j->d.h = j->o->in_h;
    j->d.w = j->o->in_w;
    j->d.oh = j->o->r.op.out.dims[3];
    j->d.ow = j->o->r.op.out.dims[4];
    cc_conv_set_mode(cc, &j->d, cc_conv_best_mode(cc, op, &j->d));
    if (j->d.b != 1 || j->d.v_kh > 255 || j->d.v_kw > 255 || cc_conv_sizes(cc, &j->d) != CC_OK)
        return false;
    h->n++;
    h->by_block[i] = i > 0 && j->d.mode == CC_FIR;
    h->passes[i] = 0;
    for (int32_t ob = 0; ob < j->d.obs; ob++)
        h->passes[i] += cc_conv_passes(cc, &j->d, ob);
    if (i == 0)
        return true;
    const cc_conv_t *p = &h->stage[i - 1].d, *d = &j->d;
    return j->in == h->stage[i - 1].out && d->h == p->oh && d->w == p->ow && d->c == p->oc &&
           !seen_outside(cc, j->in) && only_reader(cc, j->in, op);
}

static bool add_add(cc_chain_t *h, int32_t op) {
    const cc_t *cc = h->cc;
    const cc_op_t *o = &cc->ops[op];
    int32_t own = h->stage[h->n - 1].out;
    if (o->r.op.kind != REF_ADD || cc_broadcasts(&o->r.op) || o->in[0] == o->in[1] ||
        (o->in[0] != own && o->in[1] != own) || seen_outside(cc, own) || !only_reader(cc, own, op))
        return false;
    h->side = o->in[0] == own;
    h->other = o->in[h->side];
    h->add = op;
    const cc_store_t *s = &cc->stores[h->other], *t = &cc->stores[own];
    return !s->inner && s->b == 1 && s->h == t->h && s->w == t->w && s->c == t->c &&
           t->h == h->stage[h->n - 1].d.oh && t->w == h->stage[h->n - 1].d.ow &&
           t->c == h->stage[h->n - 1].d.oc;
}

bool cc_chain_describe(cc_t *cc, int32_t first, int32_t end, cc_chain_t *h) {
    memset(h, 0, sizeof *h);
    h->cc = cc;
    h->add = h->other = CC_NONE;
    for (int32_t i = first; i < end; i++) {
        if (cc->ops[i].skip)
            continue;
        if (!on_npu(cc, i) || h->add != CC_NONE)
            return false;
        if (is_conv(cc, i) ? !add_stage(h, i) : h->n == 0 || !add_add(h, i))
            return false;
    }
    if (h->n == 0)
        return false;
    h->out = h->add != CC_NONE ? cc->ops[h->add].out : h->stage[h->n - 1].out;
    h->in_resident = resident_at(cc, h->stage[0].in, first, h->stage[0].o->direct[0]);
    h->out_resident = resident_at(cc, h->out, first, true);
    if (h->add != CC_NONE) {
        h->other_resident = resident_at(cc, h->other, first, cc->ops[h->add].direct[h->side]);
        h->other_is_input = !h->other_resident && h->other == h->stage[0].in &&
                            h->stage[0].d.mode <= CC_FIR && cc->ops[h->add].direct[h->side];
    }
    return true;
}

void cc_chain_free(cc_chain_t *h) {
    for (int32_t i = 0; i < CC_STAGES; i++)
        free(h->stage[i].d.at);
}

/* Last rows, exclusive, that strip s needs of the tensors. */
static void last_rows(const cc_chain_t *h, int32_t s, int32_t *y1) {
    cc_box_t box = {.b1 = 1, .x1 = 1, .k1 = 1};
    y1[h->n] = cc_min(h->stage[h->n - 1].d.oh, (s + 1) * h->rows);
    for (int32_t i = h->n - 1; i >= 0; i--) {
        box.y0 = 0;
        box.y1 = y1[i + 1];
        y1[i] = cc_conv_input_box(h->cc, &h->stage[i].d, box).y1;
    }
}

void cc_chain_boxes(const cc_chain_t *h, int32_t s, cc_box_t *box, int32_t *made) {
    const cc_conv_t *d = &h->stage[h->n - 1].d;
    int32_t y0 = s * h->rows, before[CC_STAGES + 1] = {0};
    if (s > 0)
        last_rows(h, s - 1, before);
    box[h->n] =
        (cc_box_t){d->oh, d->ow, d->oc, 0, 1, y0, cc_min(d->oh, y0 + h->rows), 0, d->ow, 0, d->obs};
    made[h->n] = y0;
    for (int32_t i = h->n - 1; i >= 0; i--) {
        cc_box_t fresh = box[i + 1];
        fresh.y0 = made[i + 1];
        box[i] = cc_conv_input_box(h->cc, &h->stage[i].d, fresh);
        if (i + 1 < h->n && fresh.y0 == fresh.y1)
            box[i].y1 = box[i].y0;
        made[i] = box[i].y0;
        if (h->save >> i & 1)
            made[i] = cc_max(box[i].y0, cc_min(box[i].y1, before[i]));
    }
}

/* ------------------------------------------------------------------ sizes and cost */
typedef struct {
    int64_t array, vector, load, store;
} load_t;

static int64_t max64(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static void grow(cc_ring_t *r, uint32_t words, uint32_t slots) {
    r->slots = slots;
    if (words > r->words)
        r->words = words;
}

static int64_t bytes_of(cc_box_t b) {
    return (int64_t)(b.y1 - b.y0) * (b.x1 - b.x0) * b.c;
}

static void measure_stage(cc_chain_t *h, int32_t i, cc_box_t out, load_t *l) {
    const cc_t *cc = h->cc;
    const cc_conv_t *d = &h->stage[i].d;
    int32_t ny = out.y1 - out.y0, nx = out.x1 - out.x0, rows, cols;
    if (ny <= 0 || nx <= 0)
        return;
    cc_conv_parts(cc, d, ny, nx, 1, &rows, &cols);
    int64_t parts = (int64_t)cc_div_up(ny, rows) * cc_div_up(nx, cols);
    int64_t steps = (int64_t)ny * (d->mode == CC_FIR ? cc_fir_span(d, out.x0, nx) : nx);
    l->array += h->passes[i] * max64(steps, parts * (int64_t)cc->n) + parts * d->obs * JOB_CYCLES;
    l->vector += d->obs * ((int64_t)ny * nx * (int64_t)(cc->n / cc->cfg->lanes) + parts * 12);
}

/* Rings of tensors, and work without the weights' loads, for h->rows. False: not possible. */
static bool measure(cc_chain_t *h, load_t *l) {
    cc_box_t box[CC_STAGES + 1];
    int32_t made[CC_STAGES + 1];
    const cc_conv_t *d0 = &h->stage[0].d;
    uint32_t twice = h->strips > 1 ? 2 : 1;
    memset(h->ring, 0, sizeof h->ring);
    memset(l, 0, sizeof *l);
    for (int32_t s = 0; s < h->strips; s++) {
        cc_chain_boxes(h, s, box, made);
        cc_box_t in = box[0], out = box[h->n];
        if (h->other_is_input && (in.y0 > out.y0 || in.y1 < out.y1 || in.x0 > 0 || in.x1 < in.w))
            h->other_is_input = false;
        int64_t add_words = h->add != CC_NONE ? cc_box_words(out) : 0;
        if (!h->in_resident) {
            grow(&h->ring[0], cc_box_words(in), twice);
            l->load += max64(cc_box_words(in) * (d0->mode == CC_LINES ? (int64_t)d0->lines : 1),
                             d0->mode > CC_FIR ? 0 : bytes_of(in) / 8) +
                       40;
        }
        if (!h->out_resident)
            grow(&h->ring[h->n], cc_box_words(out), twice);
        if (h->cc->stores[h->out].in_memory || !h->out_resident)
            l->store += max64(cc_box_words(out), bytes_of(out) / 8) + 20;
        for (int32_t i = 0; i < h->n; i++) {
            cc_box_t fresh = box[i + 1], saved = box[i];
            fresh.y0 = made[i + 1];
            measure_stage(h, i, fresh, l);
            saved.y1 = made[i];
            if (h->save && i > 0 && (fresh.y0 == fresh.y1 || box[i].y0 == box[i].y1))
                return false; /* what is saved must be in the strip just before */
            if (h->save >> i & 1 && cc_box_words(saved)) {
                grow(&h->ring[CC_RING_SAVE + i], cc_box_words(saved), 1);
                l->vector += 2 * (cc_box_words(saved) * (int64_t)(h->cc->n / h->cc->cfg->lanes) +
                                  (saved.k1 - saved.k0) * 12);
            }
            if (i > 0 && h->by_block[i])
                grow(&h->ring[i], cc_box_words(box[i]) / (uint32_t)(box[i].k1 - box[i].k0), 2);
            else if (i > 0)
                grow(&h->ring[i], cc_box_words(box[i]), 1);
        }
        l->vector += 3 * add_words * (int64_t)(h->cc->n / h->cc->cfg->lanes);
        if (add_words && !h->other_resident && !h->other_is_input) {
            grow(&h->ring[CC_RING_ADD], (uint32_t)add_words, twice);
            l->load += max64(add_words, bytes_of(out) / 8) + 40;
        }
    }
    return true;
}

static int64_t weigh(cc_chain_t *h, uint32_t keep, const load_t *l) {
    int64_t load = l->load;
    h->keep = keep;
    h->words = 0;
    for (int32_t i = 0; i < h->n; i++) {
        const cc_conv_t *d = &h->stage[i].d;
        cc_ring_t *r = &h->ring[CC_RING_W + i];
        uint32_t n = h->cc->n, most = 0;
        load += (int64_t)d->at[d->obs] / 8 * (keep >> i & 1 ? 1 : h->strips) +
                (keep >> i & 1 ? 1 : h->strips) * d->obs * 4;
        for (int32_t ob = 0; ob < d->obs; ob++)
            if ((d->at[ob + 1] - d->at[ob]) / n > most)
                most = (d->at[ob + 1] - d->at[ob]) / n;
        *r = keep >> i & 1 ? (cc_ring_t){d->at[d->obs] / n, 1, 0}
                           : (cc_ring_t){most, (uint32_t)cc_min(d->obs, 2), 0};
    }
    for (int32_t i = 0; i < CC_RINGS; i++)
        h->words += h->ring[i].words * h->ring[i].slots;
    return max64(max64(l->array, l->vector), max64(load, l->store)) +
           (l->load + l->store) / h->strips + STRIP_CYCLES * (int64_t)h->strips;
}

static bool allocate(cc_chain_t *h, const int32_t *order) {
    for (int32_t i = 0; i < CC_RINGS; i++) {
        cc_ring_t *r = &h->ring[order[i]];
        if (r->words && cc_alloc(h->cc, r->words * r->slots, &r->at) != CC_OK) {
            while (i-- > 0)
                if (h->ring[order[i]].words)
                    cc_release(h->cc, h->ring[order[i]].at,
                               h->ring[order[i]].words * h->ring[order[i]].slots);
            return false;
        }
    }
    return true;
}

/* The largest first; where they come free first, else at the lowest addresses. */
bool cc_chain_allocate(cc_chain_t *h) {
    int32_t order[CC_RINGS];
    bool *tight = &h->cc->ops[h->cc->layer].tight, before = *tight;
    for (int32_t i = 0; i < CC_RINGS; i++) {
        int32_t at = i;
        uint32_t words = h->ring[i].words * h->ring[i].slots;
        for (; at > 0 && h->ring[order[at - 1]].words * h->ring[order[at - 1]].slots < words; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    if (allocate(h, order))
        return true;
    *tight = true;
    bool ok = allocate(h, order);
    *tight = before;
    return ok;
}

void cc_chain_release(cc_chain_t *h) {
    for (int32_t i = 0; i < CC_RINGS; i++)
        if (h->ring[i].words)
            cc_release(h->cc, h->ring[i].at, h->ring[i].words * h->ring[i].slots);
}

/* Puts h where it belongs among the *n best. */
static void rank(const cc_chain_t *h, cc_chain_t *best, int32_t *n, int32_t most) {
    int32_t at = *n;
    while (at > 0 && best[at - 1].cost > h->cost)
        at--;
    if (at == most)
        return;
    *n = cc_min(*n + 1, most);
    for (int32_t i = *n - 1; i > at; i--)
        best[i] = best[i - 1];
    best[at] = *h;
}

/* The best way to keep weights for h->rows and h->save. */
static void try_rows(cc_chain_t *h, uint32_t words, cc_chain_t *best, int32_t *n, int32_t most) {
    load_t l;
    cc_chain_t own = *h;
    own.cost = INT64_MAX;
    if (!measure(h, &l))
        return;
    for (uint32_t keep = h->strips > 1 ? 1u << h->n : 1; keep-- > 0;) {
        h->cost = weigh(h, keep, &l);
        if (h->words <= words && h->cost < own.cost)
            own = *h;
    }
    if (own.cost < INT64_MAX)
        rank(&own, best, n, most);
}

int32_t cc_chain_fit(const cc_chain_t *chain, uint32_t words, cc_chain_t *best, int32_t most) {
    int32_t oh = chain->stage[chain->n - 1].d.oh, n = 0;
    uint32_t can_save = 0;
    for (int32_t i = 1; i < chain->n; i++)
        can_save |= chain->by_block[i] ? 1u << i : 0;
    for (int32_t strips = 1, last = 0; strips <= oh; strips++) {
        cc_chain_t h = *chain;
        h.rows = cc_div_up(oh, strips);
        if (h.rows == last)
            continue;
        last = h.rows;
        h.strips = cc_div_up(oh, h.rows);
        for (uint32_t save = h.strips > 1 ? can_save : 0;; save = (save - 1) & can_save) {
            cc_chain_t way = h;
            way.save = save;
            try_rows(&way, words, best, &n, most);
            if (save == 0)
                break;
        }
    }
    return n;
}

/* ------------------------------------------------------------------ choice */
/* Scratchpad words that residents leave to operators first..end-1 as a chain. */
static uint32_t words_left(const cc_t *cc, int32_t first, int32_t end) {
    uint32_t taken = 0;
    for (int32_t i = 0; i < cc->n_stores; i++) {
        const cc_store_t *s = &cc->stores[i];
        bool inside = s->def >= first && s->last < end && s->from >= first && s->to < end;
        if (s->resident && s->from < end && s->to >= first && !inside)
            taken += s->words;
    }
    return taken < cc->sp_words ? cc->sp_words - taken : 0;
}

/* Cycles of an operator on its own. */
static int64_t alone(cc_t *cc, int32_t op) {
    const cc_op_t *o = &cc->ops[op];
    const cc_store_t *out = &cc->stores[o->out];
    if (is_conv(cc, op)) {
        cc_chain_t h;
        int64_t cost = INT32_MAX;
        if (cc_chain_describe(cc, op, op + 1, &h)) {
            cc_chain_t best;
            if (cc_chain_fit(&h, words_left(cc, op, op + 1), &best, 1))
                cost = best.cost;
            else {
                load_t l;
                h.rows = 1;
                h.strips = h.stage[0].d.oh;
                measure(&h, &l);
                cost = weigh(&h, 1, &l) + l.load + l.store;
            }
        }
        cc_chain_free(&h);
        return cost;
    }
    if (o->r.op.kind != REF_ADD)
        return 0;
    int64_t words = out->words, load = 0, store = out->resident ? 0 : (int64_t)out->bytes / 8;
    for (int32_t k = 0; k < 2; k++)
        if (!resident_at(cc, o->in[k], op, o->direct[k]))
            load += (int64_t)out->bytes / 8;
    if (load + store == 0 && o->with != CC_NONE)
        return words / 2;
    return max64(max64(3 * words * (int64_t)(cc->n / cc->cfg->lanes), load), store) +
           (load + store) / 8;
}

/* Does a tensor between them not stay in the scratchpad as a whole? */
static bool passes_memory(const cc_chain_t *h) {
    const cc_t *cc = h->cc;
    bool any = h->add != CC_NONE && !cc->stores[h->stage[h->n - 1].out].resident;
    for (int32_t i = 1; i < h->n; i++)
        any = any || !cc->stores[h->stage[i].in].resident;
    return any;
}

static int64_t together(cc_t *cc, int32_t first, int32_t end, uint32_t *words) {
    cc_chain_t h, best;
    int64_t cost = INT64_MAX;
    if (cc_chain_describe(cc, first, end, &h) && (cc->opt.all_chains || passes_memory(&h)) &&
        cc_chain_fit(&h, words_left(cc, first, end), &best, 1)) {
        cost = cc->opt.all_chains ? 0 : best.cost + best.cost / MARGIN;
        *words = best.words;
    }
    cc_chain_free(&h);
    return cost;
}

typedef struct {
    int64_t cost; /* of all operators before */
    int32_t from; /* where the last group begins */
    uint32_t words;
} choice_t;

void cc_choose_chains(cc_t *cc) {
    choice_t *best = calloc((size_t)cc->n_ops + 1, sizeof *best);
    if (best == NULL || cc->opt.no_chains) {
        free(best);
        return;
    }
    for (int32_t i = 1; i <= cc->n_ops; i++)
        best[i].cost = INT64_MAX;
    for (int32_t i = 0; i < cc->n_ops; i++) {
        int64_t cost = best[i].cost + (on_npu(cc, i) ? alone(cc, i) : 0);
        if (cost < best[i + 1].cost)
            best[i + 1] = (choice_t){cost, i, 0};
        int32_t stages = 0;
        for (int32_t end = i + 1; on_npu(cc, i) && is_conv(cc, i) && end <= cc->n_ops; end++) {
            uint32_t words = 0;
            if (cc->ops[end - 1].skip)
                continue;
            if (++stages > CC_STAGES + 1)
                break;
            if (stages == 1)
                continue;
            cost = together(cc, i, end, &words);
            if (cost < INT64_MAX && best[i].cost + cost < best[end].cost)
                best[end] = (choice_t){best[i].cost + cost, i, words};
        }
    }
    for (int32_t end = cc->n_ops; end > 0; end = best[end].from) {
        int32_t first = best[end].from;
        for (int32_t i = first; best[end].words && i < end; i++) {
            cc->ops[i].first = first;
            cc->ops[i].end = end;
        }
        cc->ops[first].chain_words = best[end].words;
    }
    free(best);
}
