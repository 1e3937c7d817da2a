/*
 * lower_binary.c - ADD, SUB, MUL, MAXIMUM, MINIMUM on the vector unit: the command, and operands
 * that broadcast over images, rows or columns (a step of 0 words). Operands of one shape:
 * lower_vector.c.
 *
 * A constant that broadcasts over channels is written out along them in the image; a computed one
 * stays on the CPU (placement.c). SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "lower_binary.h"

#define PARTS 4 /* a tensor is worked on in so many parts: readers start earlier */

bool cc_is_binary(int32_t kind) {
    return kind == REF_ADD || kind == REF_SUB || kind == REF_MUL || kind == REF_MAXIMUM ||
           kind == REF_MINIMUM;
}

bool cc_broadcasts(const ref_op_t *op) {
    return cc_is_binary(op->kind) && (memcmp(op->a.dims, op->out.dims, sizeof op->out.dims) != 0 ||
                                      memcmp(op->b.dims, op->out.dims, sizeof op->out.dims) != 0);
}

void cc_emit_binary(cc_t *cc, const ref_op_t *op, int32_t ny, int32_t nx, const uint32_t at[3],
                    const int32_t row[3], const int32_t step[2]) {
    static const uint8_t code[REF_KIND_COUNT] = {
        [REF_ADD] = 0, [REF_SUB] = 1, [REF_MUL] = 2, [REF_MAXIMUM] = 3, [REF_MINIMUM] = 4};
    const ref_binary_t *p = &op->p.binary;
    bool extremum = op->kind == REF_MAXIMUM || op->kind == REF_MINIMUM;
    npu_cmd_eltwise_t c = {.op = code[op->kind],
                           .a_addr = at[0],
                           .b_addr = at[1],
                           .out_addr = at[2],
                           .ny = (uint32_t)ny,
                           .nx = (uint32_t)nx,
                           .a_row = row[0],
                           .b_row = row[1],
                           .out_row = row[2],
                           .a_x = (uint32_t)step[0],
                           .b_x = (uint32_t)step[1],
                           .act_min = extremum ? -128 : p->act_min,
                           .act_max = extremum ? 127 : p->act_max};
    if (!extremum) {
        c.a_mult = p->a_m;
        c.b_mult = p->b_m;
        c.o_mult = p->out_m;
        c.a_shift = p->a_s;
        c.b_shift = p->b_s;
        c.o_shift = p->out_s;
        c.left = (uint32_t)p->left_shift;
        c.a_zp = p->a_zp;
        c.b_zp = p->b_zp;
        c.o_zp = p->out_zp;
    }
    uint32_t words[NPU_CMD_WORDS];
    npu_pack_eltwise(&c, words);
    cc_emit(cc, words, (uint64_t)ny * (uint64_t)nx * 3 * (cc->n / cc->cfg->lanes) + 24);
}

void cc_emit_add(cc_t *cc, const ref_binary_t *p, int32_t ny, int32_t nx, const uint32_t at[3],
                 const int32_t row[3]) {
    ref_op_t op = {.kind = REF_ADD, .p.binary = *p};
    cc_emit_binary(cc, &op, ny, nx, at, row, (int32_t[]){1, 1});
}

/* ------------------------------------------------------------------ broadcasting */
typedef struct {
    cc_t *cc;
    const cc_op_t *o;
    int32_t b, h, w, c, blocks;
    int32_t own[2][3]; /* images, rows, columns of an operand: the output's or 1 */
} spread_t;

static void describe(cc_t *cc, const cc_op_t *o, spread_t *s) {
    const ref_op_t *r = &o->r.op;
    const int32_t *out = r->out.dims;
    *s = (spread_t){.cc = cc, .o = o, .b = out[2], .h = out[3], .w = out[4], .c = out[5]};
    s->blocks = cc_blocks(cc, s->c);
    for (int k = 0; k < 2; k++)
        for (int d = 0; d < 3; d++)
            s->own[k][d] = (k ? &r->b : &r->a)->dims[2 + d];
}

/* A constant of one channel becomes one of all. */
static int widen_constant(const spread_t *s, int32_t k) {
    cc_store_t *store = &s->cc->stores[s->o->in[k]];
    const ref_shape_t *shape = k ? &s->o->r.op.b : &s->o->r.op.a;
    if (store->data == NULL || store->added || shape->dims[5] == s->c)
        return CC_OK;
    size_t pixels = store->bytes, c = (size_t)s->c;
    uint8_t *wide = malloc(pixels * c);
    if (wide == NULL)
        return CC_FATAL;
    for (size_t i = 0; i < pixels; i++)
        memset(wide + i * c, ((const uint8_t *)store->data)[i], c);
    store->mem_offset = prog_add_const(s->cc->image, wide, pixels * c, 8);
    store->added = true;
    free(wide);
    return CC_OK;
}

/* The part of operand k that the box of the output needs. */
static cc_box_t operand_box(const spread_t *s, int32_t k, cc_box_t out) {
    const int32_t *own = s->own[k];
    cc_box_t in = out;
    in.h = own[1];
    in.w = own[2];
    if (own[0] == 1) {
        in.b0 = 0;
        in.b1 = 1;
    }
    if (own[1] == 1) {
        in.y0 = 0;
        in.y1 = 1;
    }
    in.x0 = 0;
    in.x1 = own[2];
    return in;
}

static bool passes_through(const spread_t *s, int32_t k) {
    return !(s->o->direct[k] && s->cc->stores[s->o->in[k]].resident);
}

/* Room for all that a part of so many rows needs, `copies` times? */
static bool fits(const spread_t *s, int32_t rows, int copies) {
    uint32_t at[6], size[6];
    int n = 0, got = 0;
    cc_box_t out = {s->h, s->w, s->c, 0, 1, 0, rows, 0, s->w, 0, s->blocks};
    for (int i = 0; i < copies; i++) {
        if (!s->cc->stores[s->o->out].resident)
            size[n++] = cc_box_words(out);
        for (int32_t k = 0; k < 2; k++)
            if (passes_through(s, k) && (i == 0 || s->own[k][1] > 1))
                size[n++] = cc_box_words(operand_box(s, k, out));
    }
    while (got < n && cc_alloc(s->cc, size[got], &at[got]) == CC_OK)
        got++;
    for (int i = 0; i < got; i++)
        cc_release(s->cc, at[i], size[i]);
    return got == n;
}

static int32_t choose_rows(const spread_t *s) {
    int32_t most = cc_min(cc_div_up(s->h, s->h * s->w > 64 ? PARTS : 1), cc_max(1, 65535 / s->w));
    for (int copies = 2; copies > 0; copies--)
        for (int32_t rows = most; rows > 0; rows = rows > 1 ? cc_div_up(rows, 2) : 0)
            if (fits(s, rows, copies))
                return rows;
    return 0;
}

/* One command for all channel blocks when an operand has a word for every pixel or one for all. */
static void emit_part(const spread_t *s, cc_box_t out, const cc_view_t v[3]) {
    int32_t row[3], step[2], rows = out.y1 - out.y0;
    uint32_t at[3];
    bool simple = true;
    for (int k = 0; k < 2; k++) {
        bool full = s->own[k][1] == s->h && s->own[k][2] == s->w;
        simple = simple && (full || (s->own[k][1] == 1 && s->own[k][2] == 1));
        step[k] = full || s->own[k][2] > 1;
    }
    for (int32_t block = 0; block < (simple ? 1 : s->blocks); block++) {
        for (int k = 0; k < 3; k++) {
            cc_box_t box = k < 2 ? operand_box(s, k, out) : out;
            at[k] = cc_view_at(&v[k], block, box.b0, box.y0, 0);
            row[k] = simple ? v[k].blk : k < 2 && s->own[k][1] == 1 ? 0 : v[k].row;
        }
        cc_emit_binary(s->cc, &s->o->r.op, simple ? s->blocks : rows, simple ? rows * s->w : s->w,
                       at, row, step);
    }
}

static int lower_image(const spread_t *s, int32_t b, int32_t rows) {
    cc_t *cc = s->cc;
    const cc_op_t *o = s->o;
    cc_view_t v[3] = {{0}};
    int st = CC_OK;
    for (int32_t y = 0; y < s->h && st == CC_OK; y += rows) {
        cc_box_t out = {s->h, s->w, s->c, b,        b + 1, y, cc_min(s->h, y + rows),
                        0,    s->w, 0,    s->blocks};
        for (int32_t k = 0; k < 2 && st == CC_OK; k++)
            if (y == 0 || s->own[k][1] > 1)
                st = cc_fetch(cc, o->in[k], o->direct[k], operand_box(s, k, out), &v[k]);
        if (st == CC_OK)
            st = cc_target(cc, o->out, out, &v[2]);
        if (st != CC_OK)
            return st;
        emit_part(s, out, v);
        for (int32_t k = 0; k < 2; k++)
            if (s->own[k][1] > 1)
                cc_drop(cc, &v[k]);
        cc_put(cc, o->out, out, &v[2]);
    }
    cc_drop(cc, &v[0]);
    cc_drop(cc, &v[1]);
    return st;
}

int cc_lower_binary(cc_t *cc, int32_t op) {
    spread_t s;
    const cc_op_t *o = &cc->ops[op];
    if (!cc_broadcasts(&o->r.op))
        return cc_lower_vector(cc, op);
    describe(cc, o, &s);
    int st = widen_constant(&s, 0);
    if (st == CC_OK)
        st = widen_constant(&s, 1);
    int32_t rows = choose_rows(&s);
    if (st == CC_OK && rows == 0)
        st = CC_NOSPACE;
    for (int32_t b = 0; b < s.b && st == CC_OK; b++)
        st = lower_image(&s, b, rows);
    return st;
}
