/*
 * lower_matmul.c - BATCH_MATMUL: products of two activations on the array.
 *
 * out[i][j] = sum over k of (a[i][k] - za)(b[k][j] - zb). Rows i are the array's positions, k its
 * rows, j its columns; an operand b that is stored (cols, depth) comes as transposed tiles, one
 * that is stored (depth, cols) lies in the scratchpad as tiles already. Of the four terms the array
 * sums a*b; depth*za*zb is the bias; za * sum of b[k][j] is what a position outside the image gives
 * (it reads za), and the drain subtracts it; zb * sum of a[i][k] is a product with a tile of zb
 * everywhere, once for all column blocks, and their first passes start from minus that.
 * Where depth is no multiple of N, lanes and words beyond it are zero in both operands.
 *
 * Heads of attention may lie side by side in the channels of a tensor (cc_op_t.heads): then a
 * matrix is a range of its channel blocks.
 *
 * Loops, outermost first: batch, range of column blocks (b fits), tile of rows (a and its sums
 * fit), column block. SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "lower_matmul.h"
#include "../../cmodel/ref/ref_arith.h"

#define FROM_UNIT 16u  /* entries that acc_from of a CONV counts in */
#define FROM_MOST 2048 /* where the rows' sums begin, at most */
#define SHARE 256      /* words for pieces of a softmax */
#define COMMAND_CYCLES 12
#define RUN_CYCLES 2 /* more for each run of bytes */

typedef cc_product_t job_t;

/* One matrix of operand 0 or 1 or of the result (2), as it is stored: `rows` pixels of image
 * `image` of a tensor of `channels`, from channel block `block` on. */
typedef struct {
    int32_t rows, channels, image, block;
} matrix_t;

static matrix_t matrix_of(const job_t *j, int32_t k, int32_t rows, int32_t cols, int32_t number) {
    int32_t heads = j->o->heads[k];
    if (heads == 0)
        return (matrix_t){rows, cols, number, 0};
    return (matrix_t){rows, heads * cols, number / heads, number % heads * (cols / j->n)};
}

/* Rows r0..r1-1, channel blocks k0..k1-1 of a matrix. */
static cc_box_t box_of(const matrix_t *m, int32_t r0, int32_t r1, int32_t k0, int32_t k1) {
    return (cc_box_t){1, m->rows, m->channels, m->image,      m->image + 1, 0,
                      1, r0,      r1,          m->block + k0, m->block + k1};
}

static uint32_t word_at(const cc_view_t *v, const matrix_t *m, int32_t k, int32_t row) {
    return cc_view_at(v, m->block + k, m->image, 0, row);
}

/* Is operand b stored (cols, depth)? */
static bool b_by_columns(const job_t *j) {
    return j->p->adj_b != j->o->turned[1];
}

/* Parameter block, and behind it the tile of zb, if it is needed. */
static int load_constants(job_t *j) {
    cc_t *cc = j->cc;
    const ref_matmul_t *p = j->p;
    uint32_t n = cc->n;
    j->param_words = npu_param_words(n, 1);
    j->const_len = j->param_words + (p->b_zp != 0 ? n : 0);
    uint8_t *bytes = calloc(j->const_len, n);
    if (bytes == NULL)
        return CC_FATAL;
    uint32_t bias = (uint32_t)p->depth * (uint32_t)(p->a_zp * p->b_zp);
    for (uint32_t i = 0; i < 4 * n; i++)
        bytes[i] = (uint8_t)(bias >> 8 * (i % 4));
    for (uint32_t i = 0; i < 4; i++)
        bytes[4 * n + i] = (uint8_t)((uint32_t)p->m >> 8 * i);
    bytes[4 * n + 4] = (uint8_t)p->s;
    memset(bytes + j->param_words * n, p->b_zp, (j->const_len - j->param_words) * n);
    uint32_t at = prog_add_const(cc->image, bytes, j->const_len * n, 64);
    free(bytes);
    int st = cc_alloc(cc, j->const_len, &j->constants);
    if (st != CC_OK)
        return st;
    j->params = j->constants;
    j->tile = j->constants + j->param_words;
    cc_load_const(cc, at, j->const_len * n, j->constants);
    return CC_OK;
}

/* Estimated cycles of one matrix in tiles of so many rows and column blocks; 0: no room. What
 * passes through memory does so behind arithmetic where there is room for two of each. */
static uint64_t tile_cost(const job_t *j, int32_t rows, int32_t cols, const bool passes[3]) {
    const ref_matmul_t *p = j->p;
    int64_t n = j->n, depth = j->depth_blocks, positions = rows + (p->a_zp != 0);
    int64_t tiles = cc_div_up(p->rows, rows), ranges = cc_div_up(j->col_blocks, cols);
    int64_t words[3] = {passes[0] ? rows * depth : 0, passes[1] ? cols * n * depth : 0,
                        passes[2] ? (int64_t)rows * cols : 0};
    int64_t total = words[0] + words[1] + words[2], most = cc_free_extent(j->cc);
    /* a softmax among these commands takes its share */
    int64_t room = cc_free_words(j->cc) - (cc_window_at(j->cc, j->op) >= 0 ? SHARE : 0);
    if (total > room || words[0] > most || words[1] > most || words[2] > most)
        return 0;
    int64_t pass = positions > n ? positions : n + 1, sums = p->b_zp != 0 ? ranges : 0;
    int64_t array = tiles * depth * (j->col_blocks + (depth == 1 ? 2 : 1) * sums) * pass;
    int64_t run = cols < j->col_blocks ? cols * n / 8 + RUN_CYCLES : j->col_blocks * n / 8;
    int64_t load = passes[0] ? ranges * p->rows * (depth * n / 8 + RUN_CYCLES) : 0;
    int64_t store = passes[2] ? ranges * p->rows * run : 0;
    if (passes[1])
        load += j->col_blocks * n * depth * n / 8;
    array += tiles * (2 * j->col_blocks + 3 * ranges) * COMMAND_CYCLES;
    int64_t busy = array > load ? array : load;
    busy = busy > store ? busy : store;
    return (uint64_t)(2 * total <= room ? busy + (load + store) / (tiles * ranges * j->batches)
                                        : array + load + store);
}

/* Rows and column blocks that an accumulator half and the scratchpad hold, of least cost. */
static void choose_tiles(job_t *j) {
    const cc_store_t *a = &j->cc->stores[j->o->in[0]], *b = &j->cc->stores[j->o->in[1]];
    int32_t half = (int32_t)j->cc->cfg->acc_depth / 2, rows = j->p->rows;
    bool passes[3] = {!(j->o->direct[0] && a->resident), !(j->o->direct[1] && b->resident),
                      !j->cc->stores[j->o->out].resident};
    uint64_t best = UINT64_MAX;
    j->side = cc_min(half, FROM_MOST);
    int32_t most = j->side - (j->p->a_zp != 0);
    j->row_tile = cc_min(rows, j->n); /* least of all: what the search does not improve on */
    j->col_tile = 1;
    for (int32_t parts = cc_div_up(rows, most), before = 0; parts <= rows; parts++) {
        int32_t r = cc_div_up(rows, parts);
        if (r == before || (parts > cc_div_up(rows, most) && r < j->n))
            continue;
        before = r;
        for (int32_t c = j->col_blocks; c > 0; c = c > 1 ? cc_div_up(c, 2) : 0) {
            uint64_t cost = tile_cost(j, r, c, passes);
            if (cost == 0 || cost >= best)
                continue;
            best = cost;
            j->row_tile = r;
            j->col_tile = c;
        }
    }
}

/* Operand b of column blocks c0..c1-1. */
static int fetch_b(job_t *j, const matrix_t *b, int32_t c0, int32_t c1, cc_view_t *v) {
    cc_t *cc = j->cc;
    const ref_matmul_t *p = j->p;
    int32_t in = j->o->in[1], words = j->depth_blocks * j->n;
    bool direct = j->o->direct[1];
    if (b_by_columns(j))
        return cc_fetch(cc, in, direct,
                        box_of(b, c0 * j->n, cc_min(p->cols, c1 * j->n), 0, j->depth_blocks), v);
    cc_box_t box = box_of(b, 0, p->depth, c0, c1);
    if (words == p->depth)
        return cc_fetch(cc, in, direct, box, v);
    /* the last tile's words beyond depth */
    memset(v, 0, sizeof *v);
    int st = cc_alloc(cc, (uint32_t)(words * (c1 - c0)), &v->temp);
    if (st != CC_OK)
        return st;
    v->temp_words = (uint32_t)(words * (c1 - c0));
    v->row = v->image = p->depth;
    v->blk = words;
    v->base = (v->temp - (uint32_t)(box.k0 * words) - (uint32_t)(b->image * p->depth)) & 0xffffu;
    cc_load_box(cc, in, box, v);
    for (int32_t c = c0; c < c1; c++)
        cc_fill(cc, word_at(v, b, c, p->depth), (uint32_t)(words - p->depth), 0);
    return CC_OK;
}

static void emit_conv(job_t *j, npu_cmd_conv_t *c, const cc_view_t *a, const matrix_t *m,
                      int32_t r0, int32_t rows, int32_t positions) {
    uint32_t words[NPU_CMD_WORDS];
    c->in_addr = word_at(a, m, 0, r0);
    c->blk_pitch = a->blk;
    c->nblk = (uint32_t)j->depth_blocks;
    c->ny = c->in_h = c->kh = c->kw = c->dil_y = c->dil_x = c->sy = c->sx = 1;
    c->nx = (uint32_t)positions;
    c->in_w = (uint32_t)rows;
    npu_pack_conv(c, words);
    uint64_t cost = (uint64_t)j->depth_blocks * (uint64_t)cc_max(positions, j->n + 1);
    cc_emit(j->cc, words, cost + 2 * j->cc->n);
    j->o->array_steps += (uint32_t)cost;
}

/* zb times the sums of the rows, in entries `side`.. of a half; nothing for the position behind.
 * A product that reads them from the half that is drained makes the drain wait, which matters when
 * it does nothing else: then each half has its own. */
static void emit_row_sums(job_t *j, const cc_view_t *a, const matrix_t *m, int32_t r0,
                          int32_t rows) {
    uint32_t half = cc_half(j->cc);
    j->minus_half = half;
    for (uint32_t copy = 0; copy <= (uint32_t)j->both; copy++) {
        npu_cmd_conv_t c = {.half = half ^ copy,
                            .strided = 1, /* the same tile for all passes */
                            .w_addr = j->tile,
                            .acc_addr = (uint32_t)j->side};
        emit_conv(j, &c, a, m, r0, rows, rows + (j->p->a_zp != 0));
    }
}

static void emit_product(job_t *j, const cc_view_t *a, const matrix_t *am, const cc_view_t *b,
                         const matrix_t *bm, int32_t r0, int32_t rows, int32_t col) {
    const ref_matmul_t *p = j->p;
    npu_cmd_conv_t c = {.half = cc_half(j->cc),
                        .load_params = 1,
                        .uniform = 1,
                        .p_addr = j->params,
                        .minus = p->b_zp != 0,
                        .minus_half = j->both ? cc_half(j->cc) : j->minus_half,
                        .acc_from = (uint32_t)j->side / FROM_UNIT,
                        .pad_value = p->a_zp};
    if (p->b_zp == 0)
        c.minus_half = c.acc_from = 0;
    if (b_by_columns(j)) {
        c.transpose = c.strided = 1;
        c.span = (uint32_t)b->blk & 0xffffu;
        c.w_addr = word_at(b, bm, 0, col * j->n);
    } else {
        c.w_addr = word_at(b, bm, col, 0);
    }
    emit_conv(j, &c, a, am, r0, rows, rows + (p->a_zp != 0));
}

static void emit_drain(job_t *j, const cc_view_t *out, const matrix_t *m, int32_t r0, int32_t rows,
                       int32_t col) {
    npu_cmd_drain_t c = {.half = cc_half(j->cc),
                         .column = j->p->a_zp != 0,
                         .col_addr = j->p->a_zp != 0 ? (uint32_t)rows : 0,
                         .out_addr = word_at(out, m, col, r0),
                         .ny = 1,
                         .nx = (uint32_t)rows,
                         .out_x = 1,
                         .zp = j->p->out_zp,
                         .act_min = INT8_MIN,
                         .act_max = INT8_MAX};
    uint32_t words[NPU_CMD_WORDS];
    npu_pack_drain(&c, words);
    cc_late_pace(j->cc);
    cc_emit(j->cc, words, (uint64_t)(rows + 1) * (j->cc->n / j->cc->cfg->lanes) + 10);
}

/* Rows r0..r1-1 of column blocks c0..c1-1 of a batch. */
static int lower_tile(job_t *j, const matrix_t m[3], const cc_view_t *b, int32_t r0, int32_t r1,
                      int32_t c0, int32_t c1) {
    cc_t *cc = j->cc;
    const ref_matmul_t *p = j->p;
    cc_view_t a, out;
    cc_box_t to = box_of(&m[2], r0, r1, c0, c1);
    int st =
        cc_fetch(cc, j->o->in[0], j->o->direct[0], box_of(&m[0], r0, r1, 0, j->depth_blocks), &a);
    if (st != CC_OK || (st = cc_target(cc, j->o->out, to, &out)) != CC_OK)
        return st;
    j->both = j->depth_blocks == 1 && c1 - c0 > 1;
    if (p->b_zp != 0)
        emit_row_sums(j, &a, &m[0], r0, r1 - r0);
    for (int32_t c = c0; c < c1; c++) {
        emit_product(j, &a, &m[0], b, &m[1], r0, r1 - r0, c);
        emit_drain(j, &out, &m[2], r0, r1 - r0, c);
        cc_next_part(cc);
    }
    cc_drop(cc, &a);
    cc_put(cc, j->o->out, to, &out);
    if (c1 == j->col_blocks && j->o->heads[2] == 0)
        cc_late_ready(cc, j->o->out, to);
    return CC_OK;
}

static int lower_batch(job_t *j, const int32_t number[3]) {
    const ref_matmul_t *p = j->p;
    bool columns = b_by_columns(j);
    const matrix_t m[3] = {matrix_of(j, 0, p->rows, p->depth, number[0]),
                           columns ? matrix_of(j, 1, p->cols, p->depth, number[1])
                                   : matrix_of(j, 1, p->depth, p->cols, number[1]),
                           matrix_of(j, 2, p->rows, p->cols, number[2])};
    int st = CC_OK;
    for (int32_t c = 0; c < j->col_blocks && st == CC_OK; c += j->col_tile) {
        int32_t c1 = cc_min(j->col_blocks, c + j->col_tile);
        cc_view_t b;
        st = fetch_b(j, &m[1], c, c1, &b);
        for (int32_t r = 0; r < j->p->rows && st == CC_OK; r += j->row_tile)
            st = lower_tile(j, m, &b, r, cc_min(j->p->rows, r + j->row_tile), c, c1);
        if (st == CC_OK)
            cc_drop(j->cc, &b);
    }
    return st;
}

/* Matrix of an operand (aligned shape) that belongs to the output's matrix at `index`. */
static int32_t number_of(const ref_shape_t *s, const int32_t index[REF_MAX_RANK]) {
    int32_t at = 0;
    for (int d = 0; d < REF_MAX_RANK - 2; d++)
        at = at * s->dims[d] + (s->dims[d] > 1 ? index[d] : 0);
    return at;
}

int cc_product_begin(cc_t *cc, int32_t op, cc_product_t *j) {
    cc_op_t *o = &cc->ops[op];
    const ref_op_t *r = &o->r.op;
    *j = (cc_product_t){.cc = cc, .o = o, .op = op, .p = &r->p.matmul, .n = (int32_t)cc->n};
    j->depth_blocks = cc_blocks(cc, j->p->depth);
    j->col_blocks = cc_blocks(cc, j->p->cols);
    j->batches = 1;
    for (int d = 0; d < REF_MAX_RANK - 2; d++)
        j->batches *= r->out.dims[d];
    int st = load_constants(j);
    if (st == CC_OK)
        choose_tiles(j);
    return st;
}

int32_t cc_product_needs(const cc_product_t *j) {
    int32_t width = b_by_columns(j) ? j->p->depth : j->p->cols;
    matrix_t m = matrix_of(j, 1, 0, width, number_of(&j->o->r.op.b, j->index));
    return m.block + cc_blocks(j->cc, width);
}

int cc_product_next(cc_product_t *j) {
    const ref_op_t *r = &j->o->r.op;
    int st = lower_batch(
        j, (int32_t[]){number_of(&r->a, j->index), number_of(&r->b, j->index), j->next++});
    for (int d = REF_MAX_RANK - 3; d >= 0 && ++j->index[d] == r->out.dims[d]; d--)
        j->index[d] = 0;
    return st;
}

void cc_product_end(cc_product_t *j) {
    cc_release(j->cc, j->constants, j->const_len);
}

int cc_lower_matmul(cc_t *cc, int32_t op) {
    cc_product_t j;
    int st = cc_product_begin(cc, op, &j);
    while (st == CC_OK && j.next < j.batches)
        st = cc_product_next(&j);
    if (st == CC_OK)
        cc_product_end(&j);
    return st;
}
