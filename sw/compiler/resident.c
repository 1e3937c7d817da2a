/*
 * resident.c - which tensors stay in the scratchpad from producer to last reader, and where.
 *
 * In execution order, a tensor becomes resident when at every operator of its stay the residents
 * leave that operator its working space, and when an address is free all that time. What is not
 * resident goes through memory, tile by tile. SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "cc.h"
#include "lower_binary.h"
#include "lower_move.h"

#define SOFTMAX_ROWS 32

static bool on_npu(const cc_t *cc, int32_t op) {
    return cc->ops[op].place.on_npu && !cc->ops[op].force_cpu && !cc->ops[op].skip &&
           !cc_is_move(&cc->ops[op].r);
}

/* Can operand k of op be read in the layout that the store has in the scratchpad? A matrix product
 * reads whole words along its depth: what lies in the lanes beyond it would count. */
static bool layout_fits(const cc_t *cc, const cc_op_t *o, const cc_store_t *s, int32_t k) {
    const ref_op_t *r = &o->r.op;
    const ref_shape_t *shape = k ? &r->b : &r->a;
    if (r->kind == REF_BATCH_MATMUL) {
        int32_t width = shape->dims[REF_MAX_RANK - (o->turned[k] ? 2 : 1)];
        return r->p.matmul.depth % (int32_t)cc->n == 0 && s->c == width * cc_max(o->heads[k], 1);
    }
    if (r->kind != REF_FC)
        return s->c == (cc_is_binary(r->kind) ? &r->out : &r->a)->dims[REF_MAX_RANK - 1];
    const ref_fc_t *f = &r->p.fc;
    if (s->c == f->depth)
        return true;
    return s->b == f->batches && (int64_t)s->h * s->w * s->c == f->depth && s->h <= 255 &&
           s->w <= 255 && (int64_t)s->b * s->h <= 32767;
}

static uint32_t words_of(const cc_t *cc, const cc_store_t *s) {
    int64_t w = (int64_t)s->b * s->h * s->w * cc_blocks(cc, s->c);
    return w > UINT16_MAX ? UINT16_MAX : (uint32_t)w;
}

/* Few rows of a tensor that passes through: enough to keep the units busy. */
static uint32_t strip_words(const cc_t *cc, const cc_store_t *s, int32_t rows) {
    int64_t w = (int64_t)cc_min(s->h, rows) * s->w * cc_blocks(cc, s->c);
    int64_t most = cc->sp_words / 4;
    return (uint32_t)(w < most ? w : most);
}

/* Of operand k (2: the result) of a matrix product: one matrix. */
static uint32_t matrix_words(const cc_t *cc, const ref_op_t *r, int32_t k) {
    const int32_t *dims = (k == 0 ? &r->a : k == 1 ? &r->b : &r->out)->dims;
    int64_t w = (int64_t)dims[REF_MAX_RANK - 2] * cc_blocks(cc, dims[REF_MAX_RANK - 1]);
    int64_t most = cc->sp_words / 4;
    return (uint32_t)(w < most ? w : most);
}

static uint32_t through_words(const cc_t *cc, const cc_op_t *o, int32_t k, int32_t rows) {
    const cc_store_t *s = &cc->stores[k < 2 ? o->in[k] : o->out];
    uint32_t strip = strip_words(cc, s, rows);
    if (o->r.op.kind == REF_BATCH_MATMUL)
        return matrix_words(cc, &o->r.op, k);
    if (o->r.op.kind == REF_SOFTMAX) { /* in pieces */
        uint32_t piece = (uint32_t)(SOFTMAX_ROWS * cc_blocks(cc, s->c));
        return piece < strip ? piece : strip;
    }
    return strip;
}

uint32_t cc_work_words(const cc_t *cc, int32_t op) {
    const cc_op_t *o = &cc->ops[op];
    const ref_op_t *r = &o->r.op;
    uint32_t need = 16;
    if (cc_in_chain(cc, op))
        return cc->ops[o->first].chain_words;
    int64_t weights = 0;
    int32_t rows = 2;
    if (r->kind == REF_CONV || r->kind == REF_DEPTHWISE) {
        bool dw = r->kind == REF_DEPTHWISE;
        weights = (int64_t)r->p.conv.kernel_h * r->p.conv.kernel_w *
                  (dw ? 1 : cc_blocks(cc, r->a.dims[5]));
        rows = 1 + r->p.conv.kernel_h * r->p.conv.dilation_h;
    } else if (r->kind == REF_FC) {
        weights = cc_blocks(cc, r->p.fc.depth);
    } else if (r->kind == REF_BATCH_MATMUL) {
        weights = 1; /* the tile of a zero point */
    } else if (r->kind == REF_SOFTMAX) {
        need += 1024 / cc->n;
    } else if (r->kind == REF_NORM) {
        need += 2 * (uint32_t)cc_div_up(4 * r->p.norm.depth, (int32_t)cc->n);
    } else if (r->kind == REF_AVG_POOL || r->kind == REF_MAX_POOL) {
        rows = r->p.pool.filter_h;
    } else if (r->kind == REF_MEAN || r->kind == REF_REDUCE_MAX) {
        rows = 32767;
    } else if (cc_is_table(r->kind)) {
        need += 256 / cc->n;
    }
    weights = 2 * (weights * cc->n + NPU_PARAM_WORDS);
    need += (uint32_t)(weights < cc->sp_words / 3 ? weights : cc->sp_words / 3);
    for (int32_t k = 0; k < o->n_in; k++)
        if (!(cc->stores[o->in[k]].resident && o->direct[k]))
            need += through_words(cc, o, k, rows);
    if (!cc->stores[o->out].resident)
        need += through_words(cc, o, 2, 2);
    return need;
}

/* Words that residents take during op. */
static uint32_t taken(const cc_t *cc, int32_t op) {
    uint32_t n = 0;
    for (int32_t i = 0; i < cc->n_stores; i++) {
        const cc_store_t *s = &cc->stores[i];
        if (s->resident && s->from <= op && op <= s->to)
            n += s->words;
    }
    return n;
}

/* Lowest free address during the stay. */
static bool place(cc_t *cc, cc_store_t *s) {
    uint32_t at = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (int32_t i = 0; i < cc->n_stores; i++) {
            const cc_store_t *o = &cc->stores[i];
            if (o == s || !o->resident || o->to < s->from || s->to < o->from ||
                o->sp >= at + s->words || at >= o->sp + o->words)
                continue;
            at = o->sp + o->words;
            moved = true;
        }
    }
    s->sp = at;
    return at + s->words <= cc->sp_words;
}

static void try_store(cc_t *cc, cc_store_t *s) {
    s->resident = true;
    bool ok = place(cc, s);
    for (int32_t i = s->from; ok && i <= s->to; i++)
        if (on_npu(cc, i))
            ok = taken(cc, i) + cc_work_words(cc, i) <= cc->sp_words;
    s->resident = ok;
}

/* The stay of a store: from its NPU producer (or first reader) to its last reader that takes the
 * layout. Returns how many readers do. */
static int32_t stay(cc_t *cc, int32_t store) {
    cc_store_t *s = &cc->stores[store];
    int32_t readers = 0;
    s->from = s->by_npu ? s->def : cc->n_ops;
    s->to = s->by_npu ? s->def : -1;
    for (int32_t i = 0; i < cc->n_ops; i++) {
        if (!on_npu(cc, i))
            continue;
        cc_op_t *o = &cc->ops[i];
        for (int32_t k = 0; k < o->n_in; k++) {
            if (o->in[k] != store)
                continue;
            o->direct[k] = s->may_reside && !o->pack && layout_fits(cc, o, s, k);
            if (!o->direct[k])
                continue;
            readers++;
            s->from = cc_min(s->from, cc_first_op(cc, i));
            s->to = cc_max(s->to, cc_last_op(cc, i));
        }
    }
    return readers;
}

void cc_plan_residents(cc_t *cc) {
    for (int32_t i = 0; i < cc->n_stores; i++) {
        cc_store_t *s = &cc->stores[i];
        s->words = words_of(cc, s);
        s->resident = false;
    }
    for (int32_t i = 0; i < cc->n_ops; i++) {
        cc_op_t *o = &cc->ops[i];
        int32_t kind = o->r.op.kind;
        if (on_npu(cc, i) && (kind == REF_CONV || kind == REF_DEPTHWISE) &&
            !cc->stores[o->in[0]].by_npu && !cc->stores[o->in[0]].data)
            o->pack = cc_pack_pays(cc, i);
    }
    /* Homes are numbered in the order of their producers. What comes from outside is in memory
     * anyway, so it saves the least: last. */
    for (int pass = 0; pass < 2; pass++)
        for (int32_t i = 0; i < cc->n_stores; i++) {
            cc_store_t *s = &cc->stores[i];
            if (s->by_npu != (pass == 0))
                continue;
            int32_t readers = stay(cc, i);
            if (s->may_reside && !s->inner && !cc->opt.no_resident && s->words <= cc->sp_words &&
                (s->by_npu ? readers > 0 : readers > 1))
                try_store(cc, s);
        }
    /* What an NPU operator reads or writes otherwise is in memory. */
    for (int32_t i = 0; i < cc->n_ops; i++) {
        const cc_op_t *o = &cc->ops[i];
        if (!on_npu(cc, i))
            continue;
        for (int32_t k = 0; k < o->n_in; k++)
            if (!cc->stores[o->in[k]].inner && (!o->direct[k] || !cc->stores[o->in[k]].resident))
                cc->stores[o->in[k]].in_memory = true;
        if (!cc->stores[o->out].resident && !cc->stores[o->out].inner)
            cc->stores[o->out].in_memory = true;
    }
}
