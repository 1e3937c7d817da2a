/*
 * program_prefill_attention.c - attention of several positions; see program_prefill.h.
 *
 * Keys and values of the list's own positions are weight tiles where they were made: rows of values
 * as they are, rows of keys transposed by the array. Those before it come from the caches. Blocks
 * of tokens that lie behind a row are not multiplied for it. SPDX-License-Identifier: Apache-2.0
 */
#include "program_prefill.h"

static const prefill_unit_t *unit_of(const prefill_t *f, uint32_t first) {
    return &f->heads[first / f->unit % PREFILL_TURNS];
}

/* Words of a head's int8 rows. */
static uint32_t int8_words(const prefill_t *f) {
    return f->s.p->head_blocks * f->tall;
}

static uint32_t head_words(const prefill_t *f) {
    return f->s.p->head_dim * 4 / f->s.n;
}

/* `heads` heads of the rows, turned to their positions, and to int8. */
static void rotate(prefill_t *f, uint32_t x, uint32_t pitch, uint32_t heads) {
    step_t *s = &f->s;
    uint32_t words[NPU_CMD_WORDS], hd = s->p->head_dim, turn = div_up(hd * 2, s->n);
    for (uint32_t h = 0; h < heads; h++) {
        npu_cmd_rotate_t c = {.x_addr = x + h * head_words(f),
                              .rot_addr = s->rotary,
                              .n = hd,
                              .rows = s->count,
                              .x_row = (int32_t)pitch,
                              .rot_row = (int32_t)turn};
        npu_pack_rotate(&c, words);
        step_emit_vector(s, words, (uint64_t)s->count * hd / s->p->config->wide_lanes);
    }
}

static void quantize(prefill_t *f, uint32_t x, uint32_t pitch, uint32_t heads, uint32_t q8,
                     uint32_t scale) {
    step_t *s = &f->s;
    for (uint32_t h = 0; h < heads; h++)
        step_quantize(s, x + h * head_words(f), s->p->head_dim, s->count, pitch,
                      q8 + h * int8_words(f), 1, f->tall, scale + h * s->count * s->record, NULL);
}

/* Keys of head h of a unit into their cache: columns of tiles, a byte for each row and element. */
static void keep_keys(prefill_t *f, const prefill_unit_t *u, int32_t layer, uint32_t first,
                      uint32_t h) {
    step_t *s = &f->s;
    const llm_program_t *p = s->p;
    uint32_t n = s->n, hd = p->head_dim, tile = n * n, rows = s->count;
    uint32_t at = p->arena_k + tokens_before(s, layer, first + h) * p->head_blocks * n;
    prefill_rank(f, NPU_UNIT_STORE, 1); /* only another list, or the other part, reads them */
    for (uint32_t t = 0, c; t < rows; t += c) { /* those in a block of tokens */
        uint32_t token = f->pos + t, room = n - token % n;
        c = rows - t < room ? rows - t : room;
        for (uint32_t lane = 0; lane < n && lane < hd; lane++)
            step_store(s, (npu_cmd_store_t){.offset = at + token / n * p->head_blocks * tile +
                                                      lane * n + token % n,
                                            .run_bytes = 1,
                                            .n1 = div_up(hd - lane, n),
                                            .n2 = c,
                                            .stride1 = (int32_t)tile,
                                            .stride2 = 1,
                                            .sp_addr = u->k8 + h * int8_words(f) + t,
                                            .nblk = 1,
                                            .sp_n1 = (int32_t)f->tall,
                                            .sp_n2 = 1,
                                            .last_len = 1,
                                            .lane_off = lane});
    }
    prefill_rank(f, NPU_UNIT_STORE, 0);
}

/* Values of head h, and the largest magnitudes of both, into the caches, and those back as rows. */
static void keep_values(prefill_t *f, const prefill_unit_t *u, int32_t layer, uint32_t first,
                        uint32_t h) {
    step_t *s = &f->s;
    const llm_program_t *p = s->p;
    uint32_t n = s->n, hd = p->head_dim, head = tokens_before(s, layer, first + h), token = f->pos;
    step_store(s, (npu_cmd_store_t){.offset = p->arena_v + (head + token) * hd,
                                    .run_bytes = hd,
                                    .n1 = s->count,
                                    .n2 = 1,
                                    .stride1 = (int32_t)hd,
                                    .sp_addr = u->v8 + h * int8_words(f),
                                    .nblk = p->head_blocks,
                                    .sp_blk = (int32_t)f->tall,
                                    .sp_n1 = 1,
                                    .last_len = hd - (p->head_blocks - 1) * n});
    for (int i = 0; i < 2; i++) { /* the largest magnitude: third of a record's numbers */
        uint32_t arena = (i ? p->arena_vmax : p->arena_kmax) + head * 4,
                 record = h * s->count * s->record + (n == 8);
        step_store(s, (npu_cmd_store_t){.offset = arena + token * 4,
                                        .run_bytes = 4,
                                        .n1 = s->count,
                                        .n2 = 1,
                                        .stride1 = 4,
                                        .sp_addr = (i ? u->v_scale : u->k_scale) + record,
                                        .nblk = 1,
                                        .sp_n1 = (int32_t)s->record,
                                        .last_len = 4,
                                        .lane_off = n == 8 ? 0 : 8});
        step_load(s, LLM_ARENA, arena, div_up(token + s->count, n) * n * 4,
                  (i ? u->vmax : u->kmax) + h * f->token_words);
    }
}

/* Of a matrix whose rows are heads: rows of heads first..first + count - 1, wide, to out. */
static void product(prefill_t *f, const llm_tiles_t *t, const ref_matrix_t *a, uint32_t first,
                    uint32_t count, uint32_t out, uint32_t pitch) {
    uint32_t hd = f->s.p->head_dim;
    step_matvec_range(&f->s, t, a, first * hd / f->s.n, div_up(count * hd, f->s.n), out, pitch,
                      false);
}

void prefill_heads(prefill_t *f, int32_t i, uint32_t first) {
    const ref_decoder_layer_t *l = &f->s.d->layer[i];
    const llm_layer_offsets_t *at = &f->s.p->layer[i];
    const prefill_unit_t *u = unit_of(f, first);
    uint32_t unit = f->unit, queries = unit * f->group;
    uint32_t q = f->y + first * f->group * head_words(f);
    product(f, &at->wk, &l->wk, first, unit, f->kv, f->kv_words);
    rotate(f, f->kv, f->kv_words, unit);
    quantize(f, f->kv, f->kv_words, unit, u->k8, u->k_scale);
    product(f, &at->wq, &l->wq, first * f->group, queries, q, f->y_words);
    rotate(f, q, f->y_words, queries);
    quantize(f, q, f->y_words, queries, u->q8, u->q_scale);
    product(f, &at->wv, &l->wv, first, unit, f->kv, f->kv_words);
    quantize(f, f->kv, f->kv_words, unit, u->v8, u->v_scale);
    for (uint32_t h = 0; h < unit; h++) {
        keep_values(f, u, i, first, h);
        keep_keys(f, u, i, first, h);
    }
}

/* One head of a unit at work: key/value head h, query heads h * group.. */
typedef struct {
    const prefill_unit_t *u;
    int32_t layer;
    uint32_t first, h;
    uint32_t cached, blocks; /* tokens that come from the caches; blocks of tokens in all */
} work_t;

/* Tokens in the caches that are loaded at once: whole blocks. */
static uint32_t tokens_at_once(const prefill_t *f) {
    return f->s.slot_words / (f->s.p->head_blocks * f->s.n) * f->s.n;
}

/* Scores of one block of tokens, whose tile of keys is at `tile`, for the part's rows from `skip`
 * on. */
static void score_block(prefill_t *f, const work_t *w, uint32_t block, npu_cmd_conv_t c,
                        uint32_t skip) {
    step_t *s = &f->s;
    const llm_program_t *p = s->p;
    uint32_t rows = s->count, t = skip;
    for (uint32_t g = 0; g < f->group; g++) {
        uint32_t q = w->h * f->group + g, half, acc = step_entries(s, rows - skip, &half);
        c.half = half;
        c.acc_addr = acc;
        c.in_addr = w->u->q8 + q * int8_words(f) + t;
        c.ny = 1;
        c.nx = rows - skip;
        c.blk_pitch = (int32_t)f->tall;
        c.nblk = p->head_blocks;
        step_emit_conv(s, c);
        step_drain(s, (npu_cmd_drainw_t){
                          .half = half,
                          .acc_addr = acc,
                          .count = rows - skip,
                          .acc_step = 1,
                          .shift = ref_sum_headroom((int32_t)p->head_dim),
                          .exponent = s->d->score_exponent,
                          .mult_addr = w->u->kmax + w->h * f->token_words + block * 4,
                          .scale_addr = w->u->q_scale + (q * rows + t) * s->record,
                          .scale_step = (int32_t)s->record,
                          .out_addr = f->scores + (g * rows + skip) * f->token_words + block * 4,
                          .out_step = (int32_t)f->token_words});
    }
}

static void scores(prefill_t *f, const work_t *w) {
    step_t *s = &f->s;
    const llm_program_t *p = s->p;
    uint32_t n = s->n, most = tokens_at_once(f), hb = p->head_blocks,
             cache = p->arena_k + tokens_before(s, w->layer, w->first + w->h) * hb * n;
    for (uint32_t t = 0, c; t < w->cached; t += c) {
        c = w->cached - t < most ? w->cached - t : most;
        uint32_t slot = step_next_slot(s);
        step_load(s, LLM_ARENA, cache + t * hb * n, c * hb * n, slot);
        for (uint32_t b = 0; b < c / n; b++)
            score_block(f, w, t / n + b, (npu_cmd_conv_t){.w_addr = slot + b * hb * n, .span = 1},
                        0);
    }
    for (uint32_t b = w->cached / n; b < w->blocks; b++) {
        uint32_t row = b * n - w->cached; /* the first one that sees the block */
        score_block(f, w, b,
                    (npu_cmd_conv_t){.w_addr = w->u->k8 + w->h * int8_words(f) + row,
                                     .transpose = 1,
                                     .strided = 1,
                                     .span = f->tall},
                    row);
    }
}

static void softmax(prefill_t *f, const work_t *w) {
    step_t *s = &f->s;
    uint32_t words[NPU_CMD_WORDS], rows = s->count, n = f->pos + 1;
    for (uint32_t g = 0; g < f->group; g++) {
        npu_cmd_softmaxw_t c = {.causal = 1,
                                .vmax = 1,
                                .s_addr = f->scores + g * rows * f->token_words,
                                .q_addr = f->p8 + g * w->blocks * rows,
                                .n = n,
                                .rows = rows,
                                .s_row = (int32_t)f->token_words,
                                .q_row = 1,
                                .q_blk = (int32_t)rows,
                                .scale_addr = f->p_scale + g * rows * s->record,
                                .scale_row = (int32_t)s->record,
                                .vmax_addr = w->u->vmax + w->h * f->token_words};
        npu_pack_softmaxw(&c, words);
        step_emit_rows(s, words, rows, 3 * n + 2 * rows);
    }
}

/* Weighted sums of the values for query head g of the group: P * V, to y. */
static void values(prefill_t *f, const work_t *w, uint32_t g) {
    step_t *s = &f->s;
    const llm_program_t *p = s->p;
    uint32_t n = s->n, hd = p->head_dim, hb = p->head_blocks, most = tokens_at_once(f), half,
             rows = s->count, last = hd - (hb - 1) * n, acc = step_entries(s, hb * rows, &half),
             p8 = f->p8 + g * w->blocks * rows,
             cache = p->arena_v + tokens_before(s, w->layer, w->first + w->h) * hd;
    for (uint32_t t = 0, c; t < w->cached; t += c) {
        c = w->cached - t < most ? w->cached - t : most;
        uint32_t slot = step_next_slot(s);
        step_emit_load(s, (npu_cmd_load_t){.region = LLM_ARENA,
                                           .offset = cache + t * hd,
                                           .run_bytes = c * hd,
                                           .n1 = 1,
                                           .n2 = 1,
                                           .sp_addr = slot,
                                           .nwin = c,
                                           .nblk = hb,
                                           .sp_blk = (int32_t)c,
                                           .sp_win = 1,
                                           .last_len = last,
                                           .win_step = last});
        for (uint32_t b = 0; b < hb; b++)
            step_conv(s, p8 + t / n * rows, rows, 1, 0, rows, slot + b * c, c / n, acc + b * rows,
                      half, t > 0);
    }
    for (uint32_t block = w->cached / n; block < w->blocks; block++) {
        uint32_t row = block * n - w->cached;
        for (uint32_t b = 0; b < hb; b++)
            step_conv(s, p8 + block * rows + row, rows, 1, 0, rows - row,
                      w->u->v8 + w->h * int8_words(f) + b * f->tall + row, 1, acc + b * rows + row,
                      half, block > 0);
    }
    int32_t headroom = ref_sum_headroom(s->d->context);
    uint32_t out = f->y + ((w->first + w->h) * f->group + g) * head_words(f);
    for (uint32_t b = 0; b < hb; b++)
        step_drain(s, (npu_cmd_drainw_t){.half = half,
                                         .acc_addr = acc + b * rows,
                                         .count = rows,
                                         .acc_step = 1,
                                         .mult_addr = s->square,
                                         .shift = headroom,
                                         .exponent = REF_SQUARE_SHIFT - headroom,
                                         .scale_addr = f->p_scale + g * rows * s->record,
                                         .scale_step = (int32_t)s->record,
                                         .out_addr = out + 4 * b,
                                         .out_step = (int32_t)f->y_words});
}

void prefill_attend(prefill_t *f, int32_t layer, uint32_t first) {
    step_t *s = &f->s;
    const llm_program_t *p = s->p;
    uint32_t n = s->n;
    work_t w = {.u = unit_of(f, first),
                .layer = layer,
                .first = first,
                .blocks = div_up(f->pos + s->count, n)};
    /* a part that begins with a block of tokens reads its own where they were made */
    w.cached = p->config->matmul && f->pos % n == 0 ? f->pos : w.blocks * n;
    for (w.h = 0; w.h < f->unit; w.h++) {
        scores(f, &w);
        softmax(f, &w);
        for (uint32_t g = 0; g < f->group; g++) /* where a head ends within a block, the next one
                                                   overwrites the rest */
            values(f, &w, g);
    }
}
