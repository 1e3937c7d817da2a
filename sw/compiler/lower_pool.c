/*
 * lower_pool.c - windows on the vector unit: AVERAGE_POOL_2D, MAX_POOL_2D, MEAN and
 * REDUCE_MAX over rows or columns, and PAD (a copy into a filled tensor).
 *
 * The count of an average leaves out padding: the outputs are cut into rectangles of equal count,
 * one POOL with its own divisor each. SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "cc.h"
#include "../../cmodel/ref/ref_arith.h"

typedef struct {
    cc_t *cc;
    const cc_op_t *o;
    int32_t kind;
    int32_t b, h, w, c, oh, ow;
    int32_t kh, kw, sy, sx, pt, pl;
    int32_t lo, hi;
} pool_t;

static void describe(cc_t *cc, const cc_op_t *o, pool_t *p) {
    const ref_op_t *r = &o->r.op;
    *p = (pool_t){.cc = cc, .o = o, .kind = r->kind, .sy = 1, .sx = 1, .lo = -128, .hi = 127};
    p->b = r->a.dims[2];
    p->h = r->a.dims[3];
    p->w = r->a.dims[4];
    p->c = r->a.dims[5];
    if (r->kind == REF_MEAN || r->kind == REF_REDUCE_MAX) {
        p->kh = r->p.mean.axis_mask >> 3 & 1 ? p->h : 1;
        p->kw = r->p.mean.axis_mask >> 4 & 1 ? p->w : 1;
        p->oh = p->h / p->kh;
        p->ow = p->w / p->kw;
        return;
    }
    p->oh = r->out.dims[3];
    p->ow = r->out.dims[4];
    if (r->kind == REF_PAD) {
        p->kh = p->kw = 1;
        p->pt = r->p.pad.before[3];
        p->pl = r->p.pad.before[4];
        return;
    }
    const ref_pool_t *q = &r->p.pool;
    p->kh = q->filter_h;
    p->kw = q->filter_w;
    p->sy = p->oh > 1 ? q->stride_h : 1;
    p->sx = p->ow > 1 ? q->stride_w : 1;
    p->pt = q->pad_top;
    p->pl = q->pad_left;
    p->lo = q->act_min;
    p->hi = q->act_max;
}

/* Window positions inside the image, of output position i. */
static int32_t inside(int32_t i, int32_t step, int32_t pad, int32_t size, int32_t length) {
    int32_t from = i * step - pad;
    return cc_max(0, cc_min(length, from + size) - cc_max(0, from));
}

static cc_box_t input_box(const pool_t *p, cc_box_t out) {
    cc_box_t in = out;
    in.h = p->h;
    in.w = p->w;
    in.y0 = cc_min(p->h, cc_max(0, out.y0 * p->sy - p->pt));
    in.y1 = cc_max(in.y0, cc_min(p->h, (out.y1 - 1) * p->sy - p->pt + p->kh));
    in.x0 = cc_min(p->w, cc_max(0, out.x0 * p->sx - p->pl));
    in.x1 = cc_max(in.x0, cc_min(p->w, (out.x1 - 1) * p->sx - p->pl + p->kw));
    return in;
}

static void divide_by(npu_cmd_pool_t *c, uint32_t n) {
    int32_t r = 0;
    c->divide = 1;
    c->nudge = n / 2;
    if (n == 1) {
        c->mult = 1 << 30;
        c->shift = 1;
        return;
    }
    while ((uint64_t)1 << r < n)
        r++;
    r--; /* ceil(log2 n) - 1 */
    c->shift = -r;
    c->mult = (int32_t)((((uint64_t)1 << (31 + r)) + n - 1) / n);
}

/* One POOL over a rectangle of outputs of one image. */
static void emit_pool(const pool_t *p, cc_box_t part, const cc_view_t *in, const cc_view_t *out) {
    const ref_mean_t *m = &p->o->r.op.p.mean;
    npu_cmd_pool_t c = {.in_addr = cc_view_at(in, part.k0, part.b0, 0, 0),
                        .out_addr = cc_view_at(out, part.k0, part.b0, part.y0, part.x0),
                        .ny = (uint32_t)(part.y1 - part.y0),
                        .nx = (uint32_t)(part.x1 - part.x0),
                        .iy0 = part.y0 * p->sy - p->pt,
                        .ix0 = part.x0 * p->sx - p->pl,
                        .in_h = (uint32_t)p->h,
                        .in_w = (uint32_t)p->w,
                        .in_row = in->row,
                        .in_blk = in->blk,
                        .out_row = out->row,
                        .out_blk = out->blk,
                        .kh = (uint32_t)p->kh,
                        .kw = (uint32_t)p->kw,
                        .sy = (uint32_t)p->sy,
                        .sx = (uint32_t)p->sx,
                        .nblk = (uint32_t)(part.k1 - part.k0),
                        .act_min = p->lo,
                        .act_max = p->hi};
    if (p->kind == REF_AVG_POOL) {
        c.sum = 1;
        divide_by(&c, (uint32_t)inside(part.y0, p->sy, p->pt, p->kh, p->h) *
                          (uint32_t)inside(part.x0, p->sx, p->pl, p->kw, p->w));
    } else if (p->kind == REF_MEAN) {
        c.sum = 1;
        c.bias = ref_mul_wrap(-m->n, m->in_zp);
        c.mult = m->m;
        c.shift = m->s;
        c.zp = m->out_zp;
    }
    uint32_t words[NPU_CMD_WORDS];
    npu_pack_pool(&c, words);
    uint64_t outputs = (uint64_t)c.ny * c.nx * c.nblk;
    cc_emit(p->cc, words, outputs * c.kh * c.kw * (p->cc->n / p->cc->cfg->lanes) + 16);
}

/* Rectangles of equal count. */
static void emit_average(const pool_t *p, cc_box_t tile, const cc_view_t *in,
                         const cc_view_t *out) {
    cc_box_t part = tile;
    for (part.y0 = tile.y0; part.y0 < tile.y1; part.y0 = part.y1) {
        int32_t rows = inside(part.y0, p->sy, p->pt, p->kh, p->h);
        for (part.y1 = part.y0 + 1;
             part.y1 < tile.y1 && inside(part.y1, p->sy, p->pt, p->kh, p->h) == rows;)
            part.y1++;
        for (part.x0 = tile.x0; part.x0 < tile.x1; part.x0 = part.x1) {
            int32_t cols = inside(part.x0, p->sx, p->pl, p->kw, p->w);
            for (part.x1 = part.x0 + 1;
                 part.x1 < tile.x1 && inside(part.x1, p->sx, p->pl, p->kw, p->w) == cols;)
                part.x1++;
            emit_pool(p, part, in, out);
        }
    }
}

/* PAD: the tile filled with the value, then what lies inside the image copied into it. */
static int emit_pad(const pool_t *p, cc_box_t tile, cc_view_t *out) {
    cc_t *cc = p->cc;
    int32_t store = p->o->in[0];
    const cc_store_t *in = &cc->stores[store], *to = &cc->stores[p->o->out];
    int32_t y0 = cc_min(cc_max(tile.y0, p->pt), tile.y1);
    int32_t y1 = cc_max(y0, cc_min(tile.y1, p->pt + p->h));
    int32_t x0 = cc_min(cc_max(tile.x0, p->pl), tile.x1);
    int32_t x1 = cc_max(x0, cc_min(tile.x1, p->pl + p->w));
    if (out->temp_words)
        cc_fill(cc, out->temp, out->temp_words, (int8_t)p->o->r.op.p.pad.value);
    else if (tile.b0 == 0 && tile.y0 == 0)
        cc_fill(cc, to->sp, to->words, (int8_t)p->o->r.op.p.pad.value);
    if (y0 == y1 || x0 == x1)
        return CC_OK;
    cc_box_t box = {p->h,       p->w,       p->c,       tile.b0, tile.b1, y0 - p->pt,
                    y1 - p->pt, x0 - p->pl, x1 - p->pl, tile.k0, tile.k1};
    if (!(p->o->direct[0] && in->resident)) {
        cc_view_t shifted = *out;
        shifted.base = cc_view_at(out, 0, 0, p->pt, p->pl);
        cc_load_box(cc, store, box, &shifted);
        return CC_OK;
    }
    cc_view_t view;
    int st = cc_fetch(cc, store, true, box, &view);
    cc_box_t part = tile;
    part.y0 = y0;
    part.y1 = y1;
    part.x0 = x0;
    part.x1 = x1;
    for (part.b0 = tile.b0; part.b0 < tile.b1 && st == CC_OK; part.b0++)
        emit_pool(p, part, &view, out);
    return st;
}

static int lower_tile(const pool_t *p, cc_box_t tile) {
    cc_t *cc = p->cc;
    cc_view_t in = {0}, out;
    int st = cc_target(cc, p->o->out, tile, &out);
    if (st == CC_OK && p->kind != REF_PAD)
        st = cc_fetch(cc, p->o->in[0], p->o->direct[0], input_box(p, tile), &in);
    if (st != CC_OK)
        return st;
    if (p->kind == REF_PAD) {
        st = emit_pad(p, tile, &out);
    } else if (p->kind == REF_AVG_POOL) {
        emit_average(p, tile, &in, &out);
    } else {
        emit_pool(p, tile, &in, &out);
    }
    cc_drop(cc, &in);
    cc_put(cc, p->o->out, tile, &out);
    return st;
}

static bool tile_fits(const pool_t *p, int32_t blocks, int32_t rows, int32_t copies) {
    cc_t *cc = p->cc;
    cc_box_t out = {p->oh, p->ow, p->c, 0, 1, 0, rows, 0, p->ow, 0, blocks}, in = out;
    uint32_t size[4] = {0}, at[4];
    bool in_resident = p->o->direct[0] && cc->stores[p->o->in[0]].resident;
    if (!cc->stores[p->o->out].resident)
        size[0] = cc_box_words(out);
    in.y1 = cc_min(p->h, (rows - 1) * p->sy + p->kh);
    in.x1 = p->w;
    if (!in_resident && p->kind != REF_PAD)
        size[1] = cc_box_words(in);
    size[2] = copies > 1 ? size[0] : 0;
    size[3] = copies > 1 ? size[1] : 0;
    int got = 0;
    while (got < 4 && (size[got] == 0 || cc_alloc(cc, size[got], &at[got]) == CC_OK))
        got++;
    for (int i = 0; i < got; i++)
        if (size[i])
            cc_release(cc, at[i], size[i]);
    return got == 4;
}

static bool choose(const pool_t *p, int32_t *blocks, int32_t *rows) {
    int32_t all = cc_blocks(p->cc, p->c);
    bool resident =
        p->cc->stores[p->o->out].resident && p->o->direct[0] && p->cc->stores[p->o->in[0]].resident;
    for (int pass = 0; pass < 3; pass++)
        for (int32_t parts = resident || p->oh == 1 ? 1 : 4; parts < 2 * p->oh + 4; parts *= 2) {
            *blocks = pass < 2 ? all : 1;
            *rows = cc_div_up(p->oh, parts);
            if (tile_fits(p, *blocks, *rows, pass == 0 ? 2 : 1))
                return true;
        }
    return false;
}

int cc_lower_pool(cc_t *cc, int32_t op) {
    pool_t p;
    int32_t blocks, rows, all;
    describe(cc, &cc->ops[op], &p);
    all = cc_blocks(cc, p.c);
    if (!choose(&p, &blocks, &rows))
        return CC_NOSPACE;
    for (int32_t k = 0; k < all; k += blocks)
        for (int32_t b = 0; b < p.b; b++)
            for (int32_t y = 0; y < p.oh; y += rows) {
                cc_box_t tile = {p.oh,
                                 p.ow,
                                 p.c,
                                 b,
                                 b + 1,
                                 y,
                                 cc_min(p.oh, y + rows),
                                 0,
                                 p.ow,
                                 k,
                                 cc_min(all, k + blocks)};
                int st = lower_tile(&p, tile);
                if (st != CC_OK)
                    return st;
            }
    return CC_OK;
}

bool cc_is_pool(int32_t kind) {
    return kind == REF_AVG_POOL || kind == REF_MAX_POOL || kind == REF_MEAN ||
           kind == REF_REDUCE_MAX;
}

int cc_pool_block(cc_t *cc, int32_t op, int32_t k) {
    pool_t p;
    int st = CC_OK;
    describe(cc, &cc->ops[op], &p);
    for (int32_t b = 0; b < p.b && st == CC_OK; b++)
        st = lower_tile(&p, (cc_box_t){p.oh, p.ow, p.c, b, b + 1, 0, p.oh, 0, p.ow, k, k + 1});
    return st;
}
