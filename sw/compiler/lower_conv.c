/*
 * lower_conv.c - convolutions and fully connected layers: tiles, loads, CONV and DRAIN commands.
 *
 * Loops, outermost first: tile of the output (everything when input and output are resident),
 * output block, part of the tile that fits an accumulator half. Weights of an output block are
 * loaded once for each tile, or once for all tiles when they fit beside them. Accumulator halves
 * alternate, so a half drains while the next one fills. When the weights of an output block do not
 * fit, they come in chunks that accumulate; when even the smallest input tile does not fit, so does
 * the input. Counterparts: tile.c (choice of the tile), lower_slice.c (operands that stream along
 * the depth), conv_desc.c (modes, packing), pack_input.c (LINE, LINES).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "lower_binary.h"
#include "lower_conv.h"

#define GROUP_WORDS 320 /* weights of small output blocks are loaded together up to this */
#define NEVER INT32_MAX
/* The last output block is drained in so many parts, so that the next layer starts earlier; the
 * first one is cut likewise, so that it can. */
#define PARTS 4
#define PARTS_SHORT 2 /* where the array works on an output but once */
#define PARTS_WITH_ADD 6

cc_box_t cc_conv_input_box(const cc_t *cc, const cc_conv_t *d, cc_box_t out) {
    cc_box_t in = out;
    in.h = d->h;
    in.w = d->w;
    in.c = d->c;
    int32_t unused;
    cc_conv_blocks(cc, d, out.k0, &in.k0, &unused);
    cc_conv_blocks(cc, d, out.k1 - 1, &unused, &in.k1);
    in.y0 = cc_max(0, out.y0 * d->v_sy - d->v_pt);
    in.y1 = cc_min(d->v_h, (out.y1 - 1) * d->v_sy - d->v_pt + (d->v_kh - 1) * d->v_dy + 1);
    in.x0 = cc_max(0, out.x0 * d->v_sx - d->v_pl);
    in.x1 = cc_min(d->v_w, (out.x1 - 1) * d->v_sx - d->v_pl + (d->v_kw - 1) * d->v_dx + 1);
    in.y1 = cc_max(in.y0, in.y1);
    in.x1 = cc_max(in.x0, in.x1);
    return in;
}

/* ------------------------------------------------------------------ commands */
static cc_acc_t next_acc(const cc_t *cc, cc_box_t part) {
    int32_t outputs = (part.y1 - part.y0) * (part.x1 - part.x0);
    return (cc_acc_t){cc_half(cc), cc_acc(cc, outputs)};
}

void cc_conv_emit(cc_job_t *j, cc_box_t part, cc_acc_t acc, const cc_chunk_t *ch,
                  const cc_view_t *in, uint32_t weights, uint32_t params, bool load_params) {
    const cc_conv_t *d = &j->d;
    cc_t *cc = j->cc;
    int32_t ny = part.y1 - part.y0, nx = part.x1 - part.x0;
    bool fir = d->mode == CC_FIR;
    npu_cmd_conv_t c = {.fir = fir,
                        .half = acc.half,
                        .acc_addr = acc.at,
                        .accumulate = ch->first > 0,
                        .load_params = load_params,
                        .uniform = d->uniform,
                        .in_addr = cc_view_at(in, ch->k0, part.b0, 0, 0),
                        .w_addr = weights & 0xffffu,
                        .p_addr = params & 0xffffu,
                        .ny = (uint32_t)ny,
                        .nx = (uint32_t)nx,
                        .iy0 = part.y0 * d->v_sy - d->v_pt + ch->ky0 * d->v_dy,
                        .ix0 = part.x0 * d->v_sx - d->v_pl + ch->kx0 * d->v_dx,
                        .in_h = (uint32_t)d->v_h,
                        .in_w = (uint32_t)d->v_w,
                        .row_pitch = in->row,
                        .blk_pitch = in->blk,
                        .kh = (uint32_t)ch->nky,
                        .kw = (uint32_t)ch->nkx,
                        .dil_y = (uint32_t)d->v_dy,
                        .dil_x = (uint32_t)d->v_dx,
                        .sy = (uint32_t)d->v_sy,
                        .sx = (uint32_t)d->v_sx,
                        .nblk = (uint32_t)ch->nk,
                        .span = fir ? (uint32_t)cc_fir_span(d, part.x0, nx) : 0,
                        .pad_value = d->in_zp};
    uint32_t words[NPU_CMD_WORDS];
    uint64_t steps = (uint64_t)ny * (fir ? c.span : (uint32_t)nx);
    uint64_t cost = (uint64_t)ch->passes * (steps > cc->n ? steps : cc->n);
    npu_pack_conv(&c, words);
    cc_emit(cc, words, cost + cc->n);
    j->o->array_steps += (uint32_t)cost;
}

static void emit_add(cc_job_t *j, cc_box_t part, int32_t ob);
static int emit_add_in_place(cc_job_t *j, cc_box_t part, int32_t ob, const npu_cmd_drain_t *drain);
static void emit_table(cc_job_t *j, const npu_cmd_drain_t *drain);

int cc_conv_drain(cc_job_t *j, cc_box_t part, cc_acc_t acc, int32_t ob, const cc_view_t *out) {
    const cc_conv_t *d = &j->d;
    cc_t *cc = j->cc;
    int32_t ny = part.y1 - part.y0, nx = part.x1 - part.x0;
    npu_cmd_drain_t c = {.half = acc.half,
                         .acc_addr = acc.at,
                         .out_addr = cc_view_at(out, ob, part.b0, part.y0, part.x0),
                         .ny = (uint32_t)ny,
                         .nx = (uint32_t)nx,
                         .out_row = out->row,
                         .out_x = 1,
                         .zp = d->out_zp,
                         .act_min = d->lo,
                         .act_max = d->hi};
    uint32_t words[NPU_CMD_WORDS];
    npu_pack_drain(&c, words);
    cc_late_pace(cc);
    cc_emit(cc, words, (uint64_t)ny * (uint64_t)nx * (cc->n / cc->cfg->lanes) + 10);
    if (j->table != CC_NONE)
        emit_table(j, &c);
    if (j->in_place)
        return emit_add_in_place(j, part, ob, &c);
    if (j->add != CC_NONE)
        emit_add(j, part, ob);
    return CC_OK;
}

/* ------------------------------------------------------------------ what follows it */
/* The table over a part that has just been drained. */
static void emit_table(cc_job_t *j, const npu_cmd_drain_t *drain) {
    cc_t *cc = j->cc;
    int32_t layer = cc->layer;
    cc->layer = j->table;
    cc_emit_table(cc, drain->out_addr, (int32_t)drain->ny, (int32_t)drain->nx, drain->out_row,
                  j->table_at);
    cc->layer = layer;
    cc->ops[j->table].done = true;
}

/* The ADD that can be lowered with this convolution: everything in the scratchpad. */
static int32_t following_add(const cc_job_t *j, int32_t op) {
    const cc_t *cc = j->cc;
    int32_t i = cc_following_add(cc, op);
    if (i == CC_NONE)
        return CC_NONE;
    const cc_op_t *o = &cc->ops[i];
    for (int k = 0; k < 3; k++) {
        const cc_store_t *s = &cc->stores[k < 2 ? o->in[k] : o->out];
        bool own = k < 2 && o->in[k] == j->out;
        if (!s->resident || s->from > op || s->to < op || (k < 2 && !o->direct[k]) ||
            (k < 2 && !own && !s->loaded) || (k == 2 && s->in_memory))
            return CC_NONE;
    }
    return i;
}

/* The pool that can be lowered with this convolution (and its ADD): all in the scratchpad. */
static int32_t following_pool(const cc_job_t *j, int32_t op) {
    const cc_t *cc = j->cc;
    int32_t i = (j->add != CC_NONE ? j->add : op) + 1;
    while (i < cc->n_ops && cc->ops[i].skip)
        i++;
    if (i == cc->n_ops || !cc->ops[i].place.on_npu || cc->ops[i].force_cpu ||
        !cc_is_pool(cc->ops[i].r.op.kind) || cc->ops[i].with != op)
        return CC_NONE;
    const cc_op_t *o = &cc->ops[i];
    const cc_store_t *in = &cc->stores[o->in[0]], *out = &cc->stores[o->out];
    bool own = o->in[0] == (j->add != CC_NONE ? cc->ops[j->add].out : j->out);
    bool stays = in->resident && out->resident && out->from <= op && op <= out->to;
    return own && stays && o->direct[0] && !out->in_memory ? i : CC_NONE;
}

static int emit_pool(cc_job_t *j, int32_t ob) {
    cc_t *cc = j->cc;
    int32_t layer = cc->layer;
    cc->layer = j->pool;
    int st = cc_pool_block(cc, j->pool, ob);
    cc->layer = layer;
    cc->ops[j->pool].done = true;
    return st;
}

/* Output blocks up to ob are there: the matrices of the product behind it that need no more. */
static int emit_products(cc_job_t *j, int32_t ob) {
    cc_product_t *p = &j->product;
    cc_t *cc = j->cc;
    int32_t layer = cc->layer;
    int st = CC_OK;
    /* in slices, sums of the group's other blocks are still in the accumulators */
    if (j->slice && (ob + 1) % j->tk != 0 && ob + 1 < j->d.obs)
        return CC_OK;
    cc->layer = p->op;
    while (st == CC_OK && p->next < p->batches && cc_product_needs(p) <= ob + 1)
        st = cc_product_next(p);
    cc->layer = layer;
    return st;
}

int cc_conv_end_block(cc_job_t *j, int32_t ob) {
    int st = j->multiplies ? emit_products(j, ob) : CC_OK;
    return st == CC_OK && j->pool != CC_NONE ? emit_pool(j, ob) : st;
}

/* A product behind it that can be lowered with it: its result stays, and each block of it is
 * made at once. */
static int begin_product(cc_job_t *j, int32_t op) {
    cc_t *cc = j->cc;
    int32_t product = cc_following_product(cc, op), layer = cc->layer;
    if (product == CC_NONE || !j->out_resident || !cc->ops[product].direct[1] || j->tb < j->d.b ||
        j->th < j->d.oh || j->tw < j->d.ow)
        return CC_OK;
    cc->layer = product;
    int st = cc_product_begin(cc, product, &j->product);
    cc->layer = layer;
    j->multiplies = true;
    cc->ops[product].done = true;
    return st;
}

/* The ADD of a part that has just been drained. */
static void emit_add(cc_job_t *j, cc_box_t part, int32_t ob) {
    cc_t *cc = j->cc;
    cc_op_t *o = &cc->ops[j->add];
    uint32_t at[3];
    int32_t row[3], layer = cc->layer;
    for (int k = 0; k < 3; k++) {
        cc_store_t *s = &cc->stores[k < 2 ? o->in[k] : o->out];
        int32_t pixel = (part.b0 * j->d.oh + part.y0) * j->d.ow + part.x0;
        at[k] = s->sp + (uint32_t)(ob * s->b * s->h * s->w + pixel);
        row[k] = j->d.ow;
        s->loaded = true;
    }
    cc->layer = j->add;
    cc_emit_add(cc, &o->r.op.p.binary, part.y1 - part.y0, part.x1 - part.x0, at, row);
    cc->layer = layer;
    o->done = true;
}

/* The same in place, where its operand may be in memory. */
static int emit_add_in_place(cc_job_t *j, cc_box_t part, int32_t ob, const npu_cmd_drain_t *drain) {
    cc_t *cc = j->cc;
    cc_op_t *o = &cc->ops[j->add];
    int32_t layer = cc->layer, other = o->in[0] == j->o->out ? 1 : 0;
    cc_view_t v;
    part.k0 = ob;
    part.k1 = ob + 1;
    cc->layer = j->add;
    int st = cc_fetch(cc, o->in[other], o->direct[other], part, &v);
    if (st == CC_OK) {
        uint32_t at[3] = {drain->out_addr, drain->out_addr, drain->out_addr};
        int32_t row[3] = {drain->out_row, drain->out_row, drain->out_row};
        at[other] = cc_view_at(&v, ob, part.b0, part.y0, part.x0);
        row[other] = v.row;
        cc_emit_add(cc, &o->r.op.p.binary, (int32_t)drain->ny, (int32_t)drain->nx, at, row);
        cc_drop(cc, &v);
    }
    cc->layer = layer;
    o->done = true;
    return st;
}

/* Next chunk of at most `most` passes of an output block after *c (all zero: the first). */
static bool next_chunk(const cc_job_t *j, int32_t ob, int32_t most, cc_chunk_t *c) {
    const cc_conv_t *d = &j->d;
    int32_t b0, b1, plane = d->v_kh * d->v_kw;
    cc_conv_blocks(j->cc, d, ob, &b0, &b1);
    int32_t total = cc_conv_passes(j->cc, d, ob), at = c->first + c->passes;
    if (at >= total)
        return false;
    if (d->mode == CC_FIR) {
        *c = (cc_chunk_t){ob, 1, 0, d->kh, 0, d->v_kw, 0, total};
        return true;
    }
    int32_t k = at / plane, ky = at % plane / d->v_kw, kx = at % d->v_kw;
    *c = (cc_chunk_t){b0 + k, 1, ky, 1, kx, 1, at, 1};
    if (kx == 0 && ky == 0 && plane <= most && d->v_kh <= 255 && d->v_kw <= 255) {
        c->nk = cc_min(b1 - b0 - k, most / plane);
        c->nky = d->v_kh;
        c->nkx = d->v_kw;
    } else if (kx == 0 && d->v_kw <= most && d->v_kw <= 255) {
        c->nky = cc_min(cc_min(d->v_kh - ky, most / d->v_kw), 255);
        c->nkx = d->v_kw;
    } else {
        c->nkx = cc_min(cc_min(d->v_kw - kx, most), 255);
    }
    c->passes = c->nk * c->nky * c->nkx;
    return true;
}

/* Weights in chunks, and with chunk_input also the input. */
static int emit_chunks(cc_job_t *j, cc_box_t part, int32_t ob, const cc_view_t *whole) {
    const cc_conv_t *d = &j->d;
    cc_t *cc = j->cc;
    uint32_t n = cc->n, params = (uint32_t)d->params;
    cc_chunk_t c = {0};
    while (next_chunk(j, ob, j->chunk, &c)) {
        uint32_t head = c.first ? 0 : params, words = head + (uint32_t)c.passes * n, at;
        cc_view_t in = {0};
        int st = CC_OK;
        if (j->chunk_input) {
            cc_box_t box = cc_conv_input_box(cc, d, part);
            box.k0 = c.k0;
            box.k1 = c.k0 + c.nk;
            box.y0 = cc_max(0, part.y0 * d->v_sy - d->v_pt + c.ky0 * d->v_dy);
            box.y1 = cc_min(d->v_h,
                            (part.y1 - 1) * d->v_sy - d->v_pt + (c.ky0 + c.nky - 1) * d->v_dy + 1);
            box.y1 = cc_max(box.y0, box.y1);
            st = cc_fetch(cc, j->in, j->o->direct[0], box, &in);
        } else {
            in = *whole;
        }
        if (st != CC_OK || (st = cc_alloc(cc, words, &at)) != CC_OK)
            return st;
        uint32_t offset = d->at[ob] + (c.first ? params + (uint32_t)c.first * n : 0) * n;
        cc_load_const(cc, d->image_offset + offset, words * n, at);
        cc_conv_emit(j, part, next_acc(cc, part), &c, &in, at + head, at, c.first == 0);
        cc_release(cc, at, words);
        if (j->chunk_input)
            cc_drop(cc, &in);
    }
    return CC_OK;
}

/* One output block of a tile, accumulator half by half. `at`: its parameters and weights. */
static int emit_block(cc_job_t *j, cc_box_t tile, int32_t ob, uint32_t at, const cc_view_t *in,
                      const cc_view_t *out) {
    cc_t *cc = j->cc;
    int32_t rows, cols,
        parts = j->add != CC_NONE  ? PARTS_WITH_ADD
                : j->d.passes == 1 ? PARTS_SHORT
                                   : PARTS;
    /* begins when parts of its input are there; FIR needs but one block of it */
    bool first = ob == 0 && j->in_resident && j->d.mode == CC_PLAIN && j->d.passes > 1;
    if (j->chunk > 0 || (ob + 1 < j->d.obs && !first))
        parts = 1;
    cc_conv_parts(cc, &j->d, tile.y1 - tile.y0, tile.x1 - tile.x0, parts, &rows, &cols);
    int32_t set[2] = {0, 0}; /* parameter set holds this block's */
    cc_box_t part = tile;
    for (part.b0 = tile.b0; part.b0 < tile.b1; part.b0++)
        for (part.y0 = tile.y0; part.y0 < tile.y1; part.y0 += rows)
            for (part.x0 = tile.x0; part.x0 < tile.x1; part.x0 += cols) {
                part.b1 = part.b0 + 1;
                part.y1 = cc_min(tile.y1, part.y0 + rows);
                part.x1 = cc_min(tile.x1, part.x0 + cols);
                if (j->chunk) {
                    int st = emit_chunks(j, part, ob, in);
                    if (st != CC_OK)
                        return st;
                } else {
                    cc_chunk_t all = {0};
                    next_chunk(j, ob, NEVER, &all);
                    cc_conv_emit(j, part, next_acc(cc, part), &all, in, at + (uint32_t)j->d.params,
                                 at, !set[cc_half(cc)]);
                    set[cc_half(cc)] = 1;
                }
                int st = cc_conv_drain(j, part, next_acc(cc, part), ob, out);
                if (st != CC_OK)
                    return st;
                cc_next_part(cc);
            }
    return cc_conv_end_block(j, ob);
}

void cc_conv_part(cc_job_t *j, cc_box_t part, int32_t ob, uint32_t at, const cc_view_t *in,
                  const cc_view_t *out, bool load_params) {
    cc_chunk_t all = {0};
    next_chunk(j, ob, NEVER, &all);
    cc_acc_t acc = next_acc(j->cc, part);
    cc_conv_emit(j, part, acc, &all, in, at + (uint32_t)j->d.params, at, load_params);
    (void)cc_conv_drain(j, part, acc, ob, out); /* a drain alone */
    cc_next_part(j->cc);
}

/* Loads the weights of output blocks from ob on, at `at` (or allocates); returns how many blocks.
 */
static int load_group(cc_job_t *j, int32_t ob, int32_t end, uint32_t *at, uint32_t *words,
                      int32_t *blocks) {
    const cc_conv_t *d = &j->d;
    cc_t *cc = j->cc;
    int32_t last = ob + 1;
    bool cold = cc->step.last_of[NPU_UNIT_ARRAY] < 0; /* the array waits: do not keep it waiting */
    if (cc->stores[j->out].in_memory && end > ob + 1)
        end--; /* what comes after the last weights hides behind nothing: let it be short */
    while (last < end && !cold && (d->at[last + 1] - d->at[ob]) / cc->n <= GROUP_WORDS)
        last++;
    *words = (d->at[last] - d->at[ob]) / cc->n;
    if (!j->keep) {
        int st = cc_alloc(cc, *words, at);
        if (st == CC_NOSPACE && last > ob + 1) {
            last = ob + 1;
            *words = (d->at[last] - d->at[ob]) / cc->n;
            st = cc_alloc(cc, *words, at);
        }
        if (st != CC_OK)
            return st;
    }
    *blocks = last - ob;
    cc_load_const(cc, d->image_offset + d->at[ob], *words * cc->n, *at);
    return CC_OK;
}

static int lower_tile(cc_job_t *j, cc_box_t tile, bool first, uint32_t kept) {
    const cc_conv_t *d = &j->d;
    cc_t *cc = j->cc;
    cc_view_t in = {0}, out;
    int st = CC_OK;
    if (!j->chunk_input)
        st = d->mode == CC_LINE || d->mode == CC_LINES
                 ? cc_fetch_packed(j, tile, &in)
                 : cc_fetch(cc, j->in, j->o->direct[0], cc_conv_input_box(cc, d, tile), &in);
    if (st != CC_OK || (st = cc_target(cc, j->out, tile, &out)) != CC_OK)
        return st;
    for (int32_t ob = tile.k0; ob < tile.k1;) {
        uint32_t at = kept + (d->at[ob] - d->at[tile.k0]) / cc->n, words = 0, base = at;
        int32_t blocks = 1;
        if (!j->chunk && (!j->keep || first)) {
            st = load_group(j, ob, tile.k1, &at, &words, &blocks);
            base = at;
        }
        for (int32_t i = 0; i < blocks && st == CC_OK; i++, ob++)
            st = emit_block(j, tile, ob, base + (d->at[ob] - d->at[ob - i]) / cc->n, &in, &out);
        if (st != CC_OK)
            return st;
        if (words && !j->keep)
            cc_release(cc, base, words);
    }
    cc_drop(cc, &in);
    cc_put(cc, j->out, tile, &out);
    return CC_OK;
}

/* All tiles of output blocks k0..k1-1. */
static int lower_range(cc_job_t *j, int32_t k0, int32_t k1) {
    const cc_conv_t *d = &j->d;
    cc_t *cc = j->cc;
    uint32_t kept = 0, words = (d->at[k1] - d->at[k0]) / cc->n;
    int st = CC_OK;
    if (j->keep && (st = cc_alloc(cc, words, &kept)) != CC_OK)
        return st;
    bool first = true;
    for (int32_t b = 0; b < d->b; b += j->tb)
        for (int32_t y = 0; y < d->oh; y += j->th)
            for (int32_t x = 0; x < d->ow; x += j->tw) {
                cc_box_t tile = {d->oh,
                                 d->ow,
                                 d->oc,
                                 b,
                                 cc_min(d->b, b + j->tb),
                                 y,
                                 cc_min(d->oh, y + j->th),
                                 x,
                                 cc_min(d->ow, x + j->tw),
                                 k0,
                                 k1};
                st = j->slice ? cc_lower_slices(j, tile) : lower_tile(j, tile, first, kept);
                if (st != CC_OK)
                    return st;
                first = false;
            }
    if (j->keep)
        cc_release(cc, kept, words);
    return CC_OK;
}

static int lower_tiles(cc_job_t *j) {
    int st = CC_OK;
    for (int32_t k = 0; k < j->d.obs && st == CC_OK; k += j->tk)
        st = lower_range(j, k, cc_min(j->d.obs, k + j->tk));
    return st;
}

static bool fit_tile(cc_job_t *j) {
    /* kernels beyond the command's 8 bits come in chunks, as do weights beyond the scratchpad */
    j->max_passes = (int32_t)(j->cc->sp_words - NPU_PARAM_WORDS) / (int32_t)j->cc->n;
    if (j->d.v_kh > 255 || j->d.v_kw > 255)
        j->max_passes = cc_min(j->max_passes, cc_min(j->d.passes - 1, 255));
    return cc_choose_tile(j);
}

int cc_lower_conv(cc_t *cc, int32_t op) {
    cc_job_t j = {.cc = cc, .o = &cc->ops[op]};
    j.in = j.o->in[0];
    j.table = cc_following_table(cc, op);
    j.out = j.table != CC_NONE ? cc->ops[j.table].out : j.o->out;
    int32_t add = cc_following_add(cc, op);
    j.in_place = add != CC_NONE && cc->ops[add].in_place;
    if (j.in_place)
        j.out = cc->ops[add].out;
    const cc_store_t *in = &cc->stores[j.in], *out = &cc->stores[j.out];
    j.in_resident = j.o->direct[0] && in->resident && op >= in->from && op <= in->to;
    j.out_resident = out->resident;
    j.add = j.in_place ? add : following_add(&j, op);
    j.pool = CC_NONE;
    cc_conv_describe(cc, op, &j.d);
    cc_conv_set_mode(cc, &j.d, cc_conv_best_mode(cc, op, &j.d));
    uint32_t table_words = 0;
    int st = cc_conv_sizes(cc, &j.d);
    if (st == CC_OK && j.table != CC_NONE)
        st = cc_load_table(cc, &cc->ops[j.table], &j.table_at, &table_words);
    if (st == CC_OK && !fit_tile(&j)) {
        cc_conv_set_mode(cc, &j.d, CC_PLAIN);
        free(j.d.at);
        st = cc_conv_sizes(cc, &j.d);
        if (st == CC_OK && !fit_tile(&j)) {
            /* Input by chunks, one output pixel at a time. */
            j.chunk_input = true;
            j.chunk = cc_max(1, (int32_t)cc_free_extent(cc) / 3 / (int32_t)cc->n);
            j.keep = false;
            j.tb = j.th = j.tw = 1;
            j.tk = j.d.obs;
        }
    }
    j.pool = following_pool(&j, op);
    if (j.tb < j.d.b || j.th < j.d.oh || j.tw < j.d.ow)
        j.pool = CC_NONE; /* a window may need the next tile */
    if (st == CC_OK)
        st = cc_conv_pack(cc, &j.d);
    if (st == CC_OK)
        st = begin_product(&j, op);
    if (st == CC_OK)
        st = lower_tiles(&j);
    if (st == CC_OK && j.multiplies)
        cc_product_end(&j.product);
    if (table_words)
        cc_release(cc, j.table_at, table_words);
    free(j.d.at);
    return st;
}
