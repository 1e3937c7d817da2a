/*
 * lower_move.c - strided copies from memory to memory through the scratchpad: LOAD gathers the runs
 * of a piece into words, STORE takes them to their places.
 *
 * A run begins in a word of its own. Where neighbouring runs are contiguous on one side, that
 * side's transfer is a single burst that its windows cut. Two axes that change places byte by byte
 * (image layouts, matrices) do so in the lanes: one side's runs lie along the words, the other's
 * take one lane of each, so that both are bursts. The arena's lines order it all (emit.c).
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "lower_move.h"

#define PIECE_WORDS 1024 /* at most for one LOAD and STORE */
#define LEAST_PIECE 128  /* what is counted on when placing */
#define MAX_COMMANDS 16000
#define MAX_STRIDE 0x7fffffff
#define BUS_BYTES 8u
#define RUN_CYCLES 2u /* estimated, beside its beats */

/* One LOAD and one STORE: n2 times n1 runs of `run` bytes, each in `blk` words. crossed: runs are
 * bytes, outer is contiguous in the source and inner in the destination; of the shorter, at most a
 * word, each element is a lane and has a command of its own. */
typedef struct {
    int64_t from, to, run, blk, n1, n2;
    cc_axis_t inner, outer;
    bool crossed;
} piece_t;

typedef int (*piece_fn)(void *ctx, const piece_t *p);

typedef struct {
    int64_t lanes, words;
    piece_fn f;
    void *ctx;
} cutter_t;

/* Two axes, and their run, in pieces of at most so many words. */
static int cut_plane(const cutter_t *t, piece_t p) {
    int64_t run = p.run, n1 = p.n1, n2 = p.n2, from = p.from, to = p.to;
    int64_t most_run = t->words * t->lanes;
    int st = 0;
    for (int64_t r = 0; r < run && st == 0; r += p.run) {
        p.run = run - r < most_run ? run - r : most_run;
        p.blk = (p.run + t->lanes - 1) / t->lanes;
        int64_t step1 = t->words / p.blk < n1 ? t->words / p.blk : n1;
        int64_t step2 = step1 < n1 ? 1 : t->words / (p.blk * n1);
        step2 = step2 < n2 ? step2 : n2;
        for (int64_t j = 0; j < n2 && st == 0; j += step2)
            for (int64_t i = 0; i < n1 && st == 0; i += step1) {
                p.n1 = n1 - i < step1 ? n1 - i : step1;
                p.n2 = n2 - j < step2 ? n2 - j : step2;
                p.from = from + r + i * p.inner.from + j * p.outer.from;
                p.to = to + r + i * p.inner.to + j * p.outer.to;
                st = t->f(t->ctx, &p);
            }
    }
    return st;
}

static bool is_crossed(const piece_t *p) {
    return p->run == 1 && p->inner.to == 1 && p->outer.from == 1 && p->n1 > 1 && p->n2 > 1;
}

static int cut_crossed(const cutter_t *t, piece_t p) {
    int64_t n1 = p.n1, n2 = p.n2, from = p.from, to = p.to;
    int64_t step1 = n1 < n2 ? t->lanes : t->words, step2 = n1 < n2 ? t->words : t->lanes;
    int st = 0;
    p.crossed = true;
    p.blk = 1;
    for (int64_t j = 0; j < n2 && st == 0; j += step2)
        for (int64_t i = 0; i < n1 && st == 0; i += step1) {
            p.n1 = n1 - i < step1 ? n1 - i : step1;
            p.n2 = n2 - j < step2 ? n2 - j : step2;
            p.from = from + i * p.inner.from + j;
            p.to = to + i + j * p.outer.to;
            st = t->f(t->ctx, &p);
        }
    return st;
}

/* Loops over the axes beyond run, inner and outer. */
static int cut(const cutter_t *t, const cc_copy_t *c, int32_t axis, int64_t from, int64_t to) {
    static const cc_axis_t one = {1, 0, 0};
    int32_t last = c->n_axes - 1;
    if (axis >= last - 2) {
        piece_t p = {.from = from,
                     .to = to,
                     .run = c->axis[last].n,
                     .inner = last >= 1 ? c->axis[last - 1] : one,
                     .outer = last >= 2 ? c->axis[last - 2] : one};
        p.n1 = p.inner.n;
        p.n2 = p.outer.n;
        return is_crossed(&p) ? cut_crossed(t, p) : cut_plane(t, p);
    }
    int st = 0;
    for (int64_t i = 0; i < c->axis[axis].n && st == 0; i++)
        st = cut(t, c, axis + 1, from + i * c->axis[axis].from, to + i * c->axis[axis].to);
    return st;
}

/* ------------------------------------------------------------------ placement */
typedef struct {
    cutter_t cutter;
    int64_t commands;
    bool far; /* a step beyond what a command holds */
} count_t;

static int count_piece(void *ctx, const piece_t *p) {
    count_t *c = ctx;
    c->commands += p->crossed ? 1 + (p->n1 < p->n2 ? p->n1 : p->n2) : 2;
    return c->commands > MAX_COMMANDS;
}

static int count_copy(void *ctx, const cc_copy_t *copy) {
    count_t *c = ctx;
    for (int32_t i = 0; i < copy->n_axes; i++)
        c->far = c->far || copy->axis[i].from > MAX_STRIDE || copy->axis[i].from < -MAX_STRIDE ||
                 copy->axis[i].to > MAX_STRIDE;
    return cut(&c->cutter, copy, 0, 0, 0);
}

static bool is_image_pad(const ref_op_t *op) {
    bool image = op->p.pad.elem_size == 1;
    for (int d = 0; d < REF_MAX_RANK; d++)
        image = image && (d == 3 || d == 4 || op->a.dims[d] == op->out.dims[d]);
    return image;
}

bool cc_is_move(const ref_prepared_t *r) {
    switch (r->op.kind) {
    case REF_CONCAT:
    case REF_SPLIT:
    case REF_SPLIT_V:
    case REF_STRIDED_SLICE:
    case REF_TRANSPOSE:
    case REF_SPACE_TO_BATCH:
    case REF_BATCH_TO_SPACE:
    case REF_GATHER:
    case REF_RESIZE_NEAREST:
    case REF_STATE_COPY:
        return true;
    case REF_PAD:
        return !is_image_pad(&r->op);
    default:
        return r->op.kind == REF_COPY && r->in[0].data != NULL;
    }
}

const char *cc_no_move(const ref_prepared_t *r, const npu_config_t *config) {
    count_t c = {.cutter = {config->n, LEAST_PIECE, count_piece, &c}};
    int32_t fill;
    int st = cc_list_copies(r, count_copy, &c, &fill);
    if (st < 0)
        return r->op.kind == REF_GATHER ? "indices that are not known before it runs"
                                        : "a value that is not one byte repeated";
    return c.far ? "tensors beyond 2 GiB" : st > 0 ? "too many pieces" : NULL;
}

/* ------------------------------------------------------------------ commands */
typedef struct {
    cc_t *cc;
    const cc_op_t *o;
    cutter_t cutter;
    uint32_t region, from, to; /* of the copy at hand */
} move_t;

static uint32_t home(cc_t *cc, int32_t tensor) {
    return cc->stores[cc->store_of[tensor]].mem_offset;
}

static void emit_store(cc_t *cc, npu_cmd_store_t *c) {
    uint32_t words[NPU_CMD_WORDS];
    uint64_t runs = (uint64_t)c->n1 * c->n2;
    c->region = PROG_REGION_ARENA;
    npu_pack_store(c, words);
    cc_emit(cc, words, runs * ((c->run_bytes + BUS_BYTES - 1) / BUS_BYTES + RUN_CYCLES) + 20);
}

/* Which loops of a side are part of its runs: 0, 1 (inner) or 2. */
static int joined(const piece_t *p, int64_t inner, int64_t outer) {
    if (p->n1 > 1 && inner != p->run)
        return 0;
    return p->n2 == 1 || outer == p->n1 * p->run ? 2 : 1;
}

/* Words are the longer axis, lanes the shorter. Lanes whose bytes lie far apart are moved one by
 * one: in the source where the shorter axis is inner, else in the destination. */
static int emit_crossed(const move_t *m, const piece_t *p) {
    cc_t *cc = m->cc;
    bool by_load = p->n1 < p->n2; /* lanes: inner */
    uint32_t lanes = (uint32_t)(by_load ? p->n1 : p->n2),
             words = (uint32_t)(by_load ? p->n2 : p->n1);
    uint32_t at;
    int st = cc_alloc(cc, words, &at);
    if (st != CC_OK)
        return st;
    int64_t step = by_load ? p->outer.to : p->inner.from; /* between the runs of the other side */
    bool dense = step == (int64_t)lanes;
    npu_cmd_load_t l = {.region = m->region,
                        .offset = m->from + (uint32_t)p->from,
                        .n1 = 1,
                        .n2 = 1,
                        .sp_addr = at,
                        .nwin = words,
                        .nblk = 1,
                        .sp_win = 1};
    npu_cmd_store_t s = {
        .offset = m->to + (uint32_t)p->to, .n1 = 1, .n2 = 1, .sp_addr = at, .nblk = 1, .sp_win = 1};
    if (by_load) {
        l.run_bytes = words;
        l.last_len = l.win_step = 1;
        for (uint32_t i = 0; i < lanes; i++, l.offset += (uint32_t)p->inner.from) {
            l.lane_off = i;
            l.keep = i > 0;
            cc_cmd_load(cc, &l);
        }
        s.last_len = lanes;
        s.run_bytes = dense ? lanes * words : lanes;
        s.n1 = dense ? 1 : words;
        s.stride1 = (int32_t)step;
        s.sp_n1 = 1;
        emit_store(cc, &s);
    } else {
        l.last_len = l.win_step = lanes;
        l.run_bytes = dense ? lanes * words : lanes;
        l.nwin = dense ? words : 1;
        l.n1 = dense ? 1 : words;
        l.stride1 = (int32_t)step;
        l.sp_n1 = 1;
        cc_cmd_load(cc, &l);
        s.run_bytes = words;
        s.last_len = 1;
        for (uint32_t i = 0; i < lanes; i++, s.offset += (uint32_t)p->outer.to) {
            s.lane_off = i;
            emit_store(cc, &s);
        }
    }
    cc_release(cc, at, words);
    return CC_OK;
}

static int emit_piece(void *ctx, const piece_t *p) {
    const move_t *m = ctx;
    cc_t *cc = m->cc;
    if (p->crossed)
        return emit_crossed(m, p);
    uint32_t at, blk = (uint32_t)p->blk, n1 = (uint32_t)p->n1, n2 = (uint32_t)p->n2;
    int st = cc_alloc(cc, blk * n1 * n2, &at);
    if (st != CC_OK)
        return st;
    uint32_t last = (uint32_t)(p->run - (p->blk - 1) * (int64_t)cc->n), run = (uint32_t)p->run;
    int in = joined(p, p->inner.from, p->outer.from), out = joined(p, p->inner.to, p->outer.to);
    npu_cmd_load_t l = {.region = m->region,
                        .offset = m->from + (uint32_t)p->from,
                        .nwin = in == 2   ? n1 * n2
                                : in == 1 ? n1
                                          : 1,
                        .n1 = in == 0 ? n1 : 1,
                        .n2 = in == 2 ? 1 : n2,
                        .stride1 = (int32_t)p->inner.from,
                        .stride2 = (int32_t)p->outer.from,
                        .sp_addr = at,
                        .nblk = blk,
                        .sp_blk = 1,
                        .sp_win = (int32_t)blk,
                        .sp_n1 = (int32_t)blk,
                        .sp_n2 = (int32_t)(blk * n1),
                        .last_len = last,
                        .win_step = last};
    l.run_bytes = run * l.nwin;
    cc_cmd_load(cc, &l);
    npu_cmd_store_t s = {.offset = m->to + (uint32_t)p->to,
                         .run_bytes = run * (out == 2   ? n1 * n2
                                             : out == 1 ? n1
                                                        : 1),
                         .n1 = out == 0 ? n1 : 1,
                         .n2 = out == 2 ? 1 : n2,
                         .stride1 = (int32_t)p->inner.to,
                         .stride2 = (int32_t)p->outer.to,
                         .sp_addr = at,
                         .nblk = blk,
                         .sp_blk = 1,
                         .sp_win = (int32_t)blk,
                         .sp_n1 = (int32_t)blk,
                         .sp_n2 = (int32_t)(blk * n1),
                         .last_len = last};
    emit_store(cc, &s);
    cc_release(cc, at, blk * n1 * n2);
    return CC_OK;
}

static int emit_copy(void *ctx, const cc_copy_t *c) {
    move_t *m = ctx;
    cc_t *cc = m->cc;
    const ref_arg_t *a = &m->o->r.in[c->in];
    m->region = a->data ? PROG_REGION_IMAGE : PROG_REGION_ARENA;
    m->from = (uint32_t)c->from +
              (a->data ? prog_add_const(cc->image, a->data, a->bytes, 8) : home(cc, a->tensor));
    m->to = home(cc, m->o->r.out[c->out]) + (uint32_t)c->to;
    return cut(&m->cutter, c, 0, 0, 0);
}

/* All of the output. */
static int emit_fill(const move_t *m, int32_t value) {
    cc_t *cc = m->cc;
    int32_t tensor = m->o->r.out[0];
    uint32_t bytes = (uint32_t)cc->g->tensors[tensor].bytes, at;
    uint32_t words = (uint32_t)m->cutter.words;
    int st = cc_alloc(cc, words, &at);
    if (st != CC_OK)
        return st;
    cc_fill(cc, at, words, (int8_t)value);
    for (uint32_t i = 0; i < bytes; i += words * cc->n) {
        npu_cmd_store_t s = {.offset = home(cc, tensor) + i,
                             .run_bytes = bytes - i < words * cc->n ? bytes - i : words * cc->n,
                             .n1 = 1,
                             .n2 = 1,
                             .sp_addr = at,
                             .nblk = words,
                             .sp_blk = 1,
                             .last_len = cc->n};
        emit_store(cc, &s);
    }
    cc_release(cc, at, words);
    return CC_OK;
}

static int no_copy(void *ctx, const cc_copy_t *c) {
    (void)ctx;
    (void)c;
    return 1;
}

int cc_lower_move(cc_t *cc, int32_t op) {
    move_t m = {.cc = cc, .o = &cc->ops[op]};
    uint32_t words = cc_free_extent(cc);
    int32_t fill;
    words = words > 3 * PIECE_WORDS ? PIECE_WORDS : words > 3 ? words / 3 : words;
    if (words == 0)
        return CC_NOSPACE;
    m.cutter = (cutter_t){cc->n, words, emit_piece, &m};
    int st = CC_OK;
    cc_list_copies(&m.o->r, no_copy, NULL, &fill);
    if (fill >= 0)
        st = emit_fill(&m, fill);
    return st == CC_OK ? cc_list_copies(&m.o->r, emit_copy, &m, &fill) : st;
}
