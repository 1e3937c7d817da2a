/*
 * lower_vector.c - operators of the vector unit that go word by word: operators of two
 * operands of one shape, SOFTMAX, LAYER_NORMALIZATION, tables.
 *
 * All of them see a tensor as one row of pixels, channel blocks apart. Counterparts: lower_pool.c
 * (windows), docs/isa.md. SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "lower_binary.h"

#define PIECES 4 /* a resident tensor is worked on in so many parts: readers start earlier */
#define LEAST_PIECE 32
#define LATE_PIECE 1500 /* cycles */

/* Room for `count` operands of so many words each? */
static bool room_for(cc_t *cc, int32_t count, uint32_t words) {
    uint32_t at[3];
    int32_t got = 0;
    while (got < count && cc_alloc(cc, words, &at[got]) == CC_OK)
        got++;
    for (int32_t i = 0; i < got; i++)
        cc_release(cc, at[i], words);
    return got == count;
}

/* Operands of op that pass through memory. */
static int32_t passing(const cc_t *cc, const cc_op_t *o, int32_t out) {
    int32_t through = !cc->stores[out].resident;
    for (int32_t k = 0; k < o->n_in; k++)
        through += !(o->direct[k] && cc->stores[o->in[k]].resident);
    return through;
}

static uint64_t softmax_cycles(const cc_t *cc, int32_t depth) { /* of a vector, predicted */
    uint64_t lanes = cc->cfg->lanes >= 16 ? 4 : 1, d = (uint64_t)depth;
    return 2 * ((d + lanes - 1) / lanes) + d / cc->n + 92;
}

/* Pixels of a piece so that all operands that pass through memory fit, if possible twice. */
static int32_t piece_of(cc_t *cc, const cc_op_t *o, int32_t out, int32_t pixels, int32_t blocks) {
    int32_t through = passing(cc, o, out);
    int32_t most = cc_max(LEAST_PIECE, cc_div_up(pixels, PIECES));
    if (o->until > 0) /* among others' commands: short, so that they need not wait for long */
        most = cc_max(1, LATE_PIECE / (int32_t)softmax_cycles(cc, o->r.op.p.softmax.depth));
    most = cc_min(cc_min(most, pixels), 65535);
    if (through)
        most = cc_max(1, cc_min(most, (int32_t)cc_free_words(cc) / (2 * through * blocks)));
    while (most > 1 && !room_for(cc, through, (uint32_t)(most * blocks)))
        most /= 2;
    return most;
}

static void emit_table(cc_t *cc, npu_cmd_table_t c) {
    uint32_t words[NPU_CMD_WORDS];
    c.load = cc->byte_table != cc->layer;
    cc->byte_table = cc->layer;
    npu_pack_table(&c, words);
    cc_emit(cc, words, (uint64_t)c.ny * c.nx * (cc->n / cc->cfg->lanes) + (c.load ? 272 : 16));
}

void cc_emit_table(cc_t *cc, uint32_t at, int32_t ny, int32_t nx, int32_t row, uint32_t table) {
    emit_table(cc, (npu_cmd_table_t){.in_addr = at,
                                     .out_addr = at,
                                     .ny = (uint32_t)ny,
                                     .nx = (uint32_t)nx,
                                     .in_row = row,
                                     .out_row = row,
                                     .t_addr = table});
}

static void emit_softmax(cc_t *cc, int32_t depth, int32_t pixels, const cc_view_t *in,
                         const cc_view_t *out, int32_t x, uint32_t table) {
    npu_cmd_softmax_t c = {.load = cc->exp_table != cc->layer,
                           .in_addr = cc_view_at(in, 0, 0, 0, x),
                           .out_addr = cc_view_at(out, 0, 0, 0, x),
                           .ny = 1,
                           .nx = (uint32_t)pixels,
                           .in_blk = in->blk,
                           .out_blk = out->blk,
                           .t_addr = table,
                           .depth = (uint32_t)depth};
    uint32_t words[NPU_CMD_WORDS];
    cc->exp_table = cc->layer;
    npu_pack_softmax(&c, words);
    cc_emit(cc, words, (uint64_t)pixels * softmax_cycles(cc, depth) + 20);
}

static void emit_norm(cc_t *cc, const ref_norm_t *p, int32_t pixels, const cc_view_t *in,
                      const cc_view_t *out, int32_t x, uint32_t params, bool load) {
    npu_cmd_norm_t c = {.load = load,
                        .rms = p->rms != 0,
                        .in_addr = cc_view_at(in, 0, 0, 0, x),
                        .out_addr = cc_view_at(out, 0, 0, 0, x),
                        .rows = (uint32_t)pixels,
                        .in_zp = p->in_zp,
                        .zp = p->out_zp,
                        .in_row = 1,
                        .out_row = 1,
                        .in_blk = in->blk,
                        .out_blk = out->blk,
                        .p_addr = params,
                        .depth = (uint32_t)p->depth,
                        .eps_low = p->eps_low,
                        .eps_high = p->eps_high,
                        .shift = (uint32_t)p->s};
    uint32_t words[NPU_CMD_WORDS];
    npu_pack_norm(&c, words);
    uint64_t row = (uint64_t)cc_div_up(p->depth, cc->cfg->lanes >= 16 ? 4 : 1);
    cc_emit(cc, words, (uint64_t)pixels * (row > 58 ? row : 58) + row + 120);
}

bool cc_is_table(int32_t kind) {
    return ref_is_unary(kind) || kind == REF_TABLE || kind == REF_RSQRT || kind == REF_PRELU;
}

/* What the operator gives for each of the 256 values. */
static int byte_table(const ref_prepared_t *r, uint8_t table[256]) {
    ref_op_t all = r->op;
    uint8_t x[256];
    const void *in[2] = {x, r->n_in > 1 ? r->in[1].data : NULL};
    void *out[1] = {table};
    if (ref_is_unary(r->op.kind))
        return ref_unary_table(&r->op, table);
    for (int i = 0; i < 256; i++)
        x[i] = (uint8_t)i;
    if (r->op.kind == REF_PRELU) { /* one slope for all */
        all.a = all.b = all.out = (ref_shape_t){1, {1, 1, 1, 1, 1, 1}};
        all.a.dims[5] = all.out.dims[5] = 256;
    } else {
        all.p.unary.count = 256; /* RSQRT, TABLE */
    }
    return ref_eval(&all, in, out, NULL) ? -1 : 0;
}

/* Gammas and betas as two wide rows. */
static int load_factors(cc_t *cc, const cc_op_t *o, uint32_t *at, uint32_t *words) {
    uint32_t depth = (uint32_t)o->r.op.p.norm.depth;
    uint32_t row = (uint32_t)cc_div_up(4 * (int32_t)depth, (int32_t)cc->n) * cc->n, size = 2 * row;
    uint8_t *bytes = calloc(size, 1);
    if (bytes == NULL)
        return CC_FATAL;
    for (uint32_t i = 0; i < 2 * depth; i++) {
        const int32_t *values = o->r.in[1 + i / depth].data;
        for (uint32_t b = 0; b < 4; b++)
            bytes[i / depth * row + 4 * (i % depth) + b] =
                (uint8_t)((uint32_t)values[i % depth] >> 8 * b);
    }
    int st = cc_alloc(cc, size / cc->n, at);
    if (st == CC_OK) {
        *words = size / cc->n;
        cc_load_const(cc, prog_add_const(cc->image, bytes, size, 64), size, *at);
    }
    free(bytes);
    return st;
}

int cc_load_table(cc_t *cc, const cc_op_t *o, uint32_t *at, uint32_t *words) {
    uint8_t table[1024];
    uint32_t size = 0;
    *words = 0;
    if (o->r.op.kind == REF_NORM)
        return load_factors(cc, o, at, words);
    if (o->r.op.kind == REF_SOFTMAX) {
        const int32_t *t = o->r.in[1].data;
        size = 1024;
        for (uint32_t i = 0; i < size; i++)
            table[i] = (uint8_t)((uint32_t)t[i / 4] >> 8 * (i % 4));
    } else if (!cc_is_binary(o->r.op.kind)) {
        size = 256;
        if (byte_table(&o->r, table) != 0)
            return CC_FATAL;
    }
    if (size == 0)
        return CC_OK;
    int st = cc_alloc(cc, size / cc->n, at);
    if (st != CC_OK)
        return st;
    *words = size / cc->n;
    cc_load_const(cc, prog_add_const(cc->image, table, size, 64), size, *at);
    return CC_OK;
}

/* The table behind it over a piece of the result. */
static void emit_after(cc_t *cc, const cc_pieces_t *p, cc_box_t box, const cc_view_t *out) {
    int32_t layer = cc->layer;
    cc->layer = p->after;
    cc_emit_table(cc, cc_view_at(out, 0, 0, 0, box.x0), box.k1, box.x1 - box.x0, out->blk,
                  p->after_table);
    cc->layer = layer;
}

static int32_t result_of(const cc_t *cc, const cc_pieces_t *p) {
    return cc->ops[p->after != CC_NONE ? p->after : p->op].out;
}

static int lower_piece(cc_t *cc, const cc_pieces_t *p, cc_box_t box) {
    const cc_op_t *o = &cc->ops[p->op];
    const ref_op_t *r = &o->r.op;
    cc_view_t in[2], out;
    int32_t pixels = box.x1 - box.x0;
    int st = CC_OK;
    for (int32_t k = 0; k < o->n_in && st == CC_OK; k++)
        st = cc_fetch(cc, o->in[k], o->direct[k], box, &in[k]);
    if (st == CC_OK)
        st = cc_target(cc, result_of(cc, p), box, &out);
    if (st != CC_OK)
        return st;
    if (cc_is_binary(r->kind))
        cc_emit_binary(cc, r, box.k1, pixels,
                       (uint32_t[]){cc_view_at(&in[0], 0, 0, 0, box.x0),
                                    cc_view_at(&in[1], 0, 0, 0, box.x0),
                                    cc_view_at(&out, 0, 0, 0, box.x0)},
                       (int32_t[]){in[0].blk, in[1].blk, out.blk}, (int32_t[]){1, 1});
    else if (r->kind == REF_SOFTMAX)
        emit_softmax(cc, r->p.softmax.depth, pixels, &in[0], &out, box.x0, p->table);
    else if (r->kind == REF_NORM)
        emit_norm(cc, &r->p.norm, pixels, &in[0], &out, box.x0, p->table, box.x0 == 0);
    else
        emit_table(cc, (npu_cmd_table_t){.in_addr = cc_view_at(&in[0], 0, 0, 0, box.x0),
                                         .out_addr = cc_view_at(&out, 0, 0, 0, box.x0),
                                         .ny = (uint32_t)box.k1,
                                         .nx = (uint32_t)pixels,
                                         .in_row = in[0].blk,
                                         .out_row = out.blk,
                                         .t_addr = p->table});
    if (p->after != CC_NONE)
        emit_after(cc, p, box, &out);
    for (int32_t k = 0; k < o->n_in; k++)
        cc_drop(cc, &in[k]);
    cc_put(cc, result_of(cc, p), box, &out);
    return CC_OK;
}

int cc_pieces_begin(cc_t *cc, int32_t op, cc_pieces_t *p) {
    const cc_op_t *o = &cc->ops[op];
    *p = (cc_pieces_t){.op = op, .after = CC_NONE};
    if (o->r.op.kind == REF_SOFTMAX)
        p->after = cc_following_table(cc, op);
    const cc_store_t *out = &cc->stores[result_of(cc, p)];
    p->pixels = (int32_t)(out->bytes / (uint32_t)out->c);
    int st = cc_load_table(cc, o, &p->table, &p->table_words);
    if (st == CC_OK && p->after != CC_NONE)
        st = cc_load_table(cc, &cc->ops[p->after], &p->after_table, &p->after_words);
    p->piece = piece_of(cc, o, result_of(cc, p), p->pixels, cc_blocks(cc, out->c));
    return st;
}

bool cc_pieces_room(cc_t *cc, const cc_pieces_t *p) {
    const cc_op_t *o = &cc->ops[p->op];
    int32_t out = result_of(cc, p);
    return room_for(cc, passing(cc, o, out),
                    (uint32_t)(p->piece * cc_blocks(cc, cc->stores[out].c)));
}

int cc_pieces_next(cc_t *cc, cc_pieces_t *p) {
    int32_t c = cc->stores[result_of(cc, p)].c, end = cc_min(p->pixels, p->next + p->piece);
    cc_box_t box = {1, p->pixels, c, 0, 1, 0, 1, p->next, end, 0, cc_blocks(cc, c)};
    int st = lower_piece(cc, p, box);
    p->next = end;
    return st;
}

void cc_pieces_end(cc_t *cc, cc_pieces_t *p) {
    if (p->table_words)
        cc_release(cc, p->table, p->table_words);
    if (p->after_words)
        cc_release(cc, p->after_table, p->after_words);
    if (p->after != CC_NONE)
        cc->ops[p->after].done = true;
    p->op = CC_NONE;
}

int cc_lower_vector(cc_t *cc, int32_t op) {
    cc_pieces_t p;
    int st = cc_pieces_begin(cc, op, &p);
    while (st == CC_OK && p.next < p.pixels)
        st = cc_pieces_next(cc, &p);
    cc_pieces_end(cc, &p);
    return st;
}
