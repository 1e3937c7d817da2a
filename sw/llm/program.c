/*
 * program.c - the command list of one position, or of several that follow each other; see
 * program.h.
 *
 * The residual stream stays in the scratchpad from the first layer to the last. Weights, and the
 * caches like weights, pass through a ring of slots, each filled by one LOAD: the load unit runs
 * ahead as far as the slots go. Order between the units is the compiler's (cc_emit). Several
 * positions (of a prompt) share what is loaded: they are the vectors of one CONV, and cost little
 * more than one until a tile takes longer in the array than at the port.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "cc.h"
#include "program.h"

enum { SLOT_WORDS = 320, MIN_SLOTS = 3 };

/* Addresses in the scratchpad. Wide rows are as long as whole blocks of N elements. */
typedef struct {
    uint32_t length; /* of the longest row of scores */
    uint32_t count;  /* positions T; int8 rows of all of them: block b of row t at b * T + t */
    const llm_program_t *p;
    const ref_decoder_t *d;
    cc_t cc;
    uint32_t n, record;           /* words of a scale record */
    uint32_t x, y, u, g, q, k, v; /* wide rows (T), u and g in the place of the others */
    uint32_t dim_words, kv_words, hidden_words; /* from one of them to the next */
    uint32_t y_words; /* the same of y: the last head may write a part of a block too much */
    uint32_t q8;      /* int8 row that enters a product; its scale: scale */
    uint32_t scale, gain, rotary, square;
    uint32_t heads8, heads_scale; /* queries: head h of row t, block b at (b * T + t) * heads + h */
    uint32_t k8, k_scale, v8, v_scale; /* (kv_heads) likewise */
    uint32_t kmax[2], vmax[2];         /* rows of one head; heads in turn */
    uint32_t scores, score_words;      /* (group) rows */
    uint32_t p8,
        p_scale; /* weights of a group: head r of row t, block b at (b * T + t) * group + r */
    uint32_t out[2], out_words; /* logits on their way */
    uint32_t slots, slot, slot_words, n_slots, turn;
    uint32_t acc, top; /* next accumulator entry; first free word */
} step_t;

static uint32_t div_up(uint32_t a, uint32_t b) {
    return (a + b - 1) / b;
}
/* Words of a wide row of `count` elements in whole blocks of N. */
static uint32_t wide_words(const step_t *s, uint32_t count) {
    return div_up(count, s->n) * 4;
}
static uint32_t take(step_t *s, uint32_t words) {
    uint32_t at = s->top;
    s->top += words;
    return at;
}

static void emit_load(step_t *s, npu_cmd_load_t c) {
    uint32_t words[NPU_CMD_WORDS];
    npu_pack_load(&c, words);
    cc_emit(&s->cc, words, (uint64_t)c.run_bytes * c.n1 / 8 + 40);
}

/* Contiguous bytes to contiguous words. */
static void load(step_t *s, uint32_t region, uint32_t offset, uint32_t bytes, uint32_t sp) {
    emit_load(s, (npu_cmd_load_t){.region = region,
                                  .offset = offset,
                                  .run_bytes = bytes,
                                  .n1 = 1,
                                  .n2 = 1,
                                  .sp_addr = sp,
                                  .nwin = div_up(bytes, s->n),
                                  .nblk = 1,
                                  .sp_win = 1,
                                  .last_len = s->n,
                                  .win_step = s->n});
}

static void store(step_t *s, npu_cmd_store_t c) {
    uint32_t words[NPU_CMD_WORDS];
    c.region = LLM_ARENA;
    npu_pack_store(&c, words);
    cc_emit(&s->cc, words, (uint64_t)(c.run_bytes / 8 + 4) * c.n1 * c.n2 + 20);
}

/* Next slot of the ring. */
static uint32_t next_slot(step_t *s) {
    uint32_t at = s->slots + s->slot * s->slot_words;
    s->slot = (s->slot + 1) % s->n_slots;
    return at;
}

/* ny rows, `row` words apart, of nx vectors, their blocks `pitch` apart, times `passes` tiles. */
static void conv(step_t *s, uint32_t in, uint32_t pitch, uint32_t ny, uint32_t row, uint32_t nx,
                 uint32_t tiles, uint32_t passes, uint32_t acc, uint32_t half, bool accumulate) {
    uint32_t words[NPU_CMD_WORDS], count = ny * nx;
    npu_cmd_conv_t c = {.half = half,
                        .accumulate = accumulate,
                        .in_addr = in,
                        .w_addr = tiles,
                        .acc_addr = acc,
                        .ny = ny,
                        .nx = nx,
                        .in_h = ny,
                        .in_w = nx,
                        .row_pitch = (int32_t)row,
                        .blk_pitch = (int32_t)pitch,
                        .kh = 1,
                        .kw = 1,
                        .dil_y = 1,
                        .dil_x = 1,
                        .sy = 1,
                        .sx = 1,
                        .nblk = passes,
                        .span = 1};
    npu_pack_conv(&c, words);
    cc_emit(&s->cc, words, (uint64_t)passes * (count > s->n ? count : s->n + 1) + s->n);
}

static void drain(step_t *s, npu_cmd_drainw_t c) {
    uint32_t words[NPU_CMD_WORDS];
    npu_pack_drainw(&c, words);
    cc_emit(&s->cc, words, (uint64_t)c.count * s->n / s->p->config->wide_lanes + 20);
}

/* Rows to int8, blocks of a row `blk` words apart; through a norm where norm is given. */
static void quantize(step_t *s, uint32_t in, uint32_t count, uint32_t rows, uint32_t row_words,
                     uint32_t q8, uint32_t blk, uint32_t scale, const ref_wide_norm_t *norm) {
    uint32_t words[NPU_CMD_WORDS];
    npu_cmd_quantw_t c = {.norm = norm != NULL,
                          .in_addr = in,
                          .q_addr = q8,
                          .n = count,
                          .rows = rows,
                          .in_row = (int32_t)row_words,
                          .q_row = 1,
                          .q_blk = (int32_t)blk,
                          .scale_addr = scale,
                          .scale_row = (int32_t)s->record,
                          .gain_addr = norm ? s->gain : 0,
                          .eps_low = norm ? (uint32_t)norm->epsilon : 0,
                          .eps_high = norm ? (uint32_t)(norm->epsilon >> 32) : 0};
    npu_pack_quantw(&c, words);
    cc_emit(&s->cc, words, (uint64_t)rows * count * 3 / s->p->config->wide_lanes + 60);
}

/* Accumulator entries for the next product: the halves in turn. */
static uint32_t entries(step_t *s, uint32_t count, uint32_t *half) {
    uint32_t depth = s->p->config->acc_depth;
    if (s->acc + count > depth)
        s->acc = 0;
    uint32_t at = s->acc;
    *half = s->turn++ & 1;
    s->acc = at + (*half ? count : 0);
    return at;
}

/* The int8 rows at q8 times a matrix; blocks first..first + count - 1 to wide rows at out, `pitch`
 * words apart. */
static void matvec_blocks(step_t *s, const llm_tiles_t *t, const ref_matrix_t *a, uint32_t first,
                          uint32_t count, uint32_t out, uint32_t pitch, bool add) {
    uint32_t n = s->n, rows = s->count, block_words = 4 + t->passes * n, half,
             acc = entries(s, count * rows, &half), mult = 0;
    uint32_t offset = t->offset + first * block_words * n;
    if (block_words <= s->slot_words) {
        mult = next_slot(s);
        load(s, LLM_WEIGHTS, offset, count * block_words * n, mult);
        for (uint32_t i = 0; i < count; i++)
            conv(s, s->q8, rows, 1, 0, rows, mult + i * block_words + 4, t->passes, acc + i * rows,
                 half, false);
    } else { /* one block in parts; the first has the multipliers, and a slot that the others do not
                take */
        uint32_t most = (s->slot_words - 4) / n;
        for (uint32_t done = 0, slot; done < t->passes; done += most) {
            uint32_t passes = t->passes - done < most ? t->passes - done : most,
                     head = done ? 0 : 4;
            slot = next_slot(s);
            if (done == 0)
                mult = slot;
            else if (slot == mult)
                slot = next_slot(s);
            load(s, LLM_WEIGHTS, offset + (done ? (4 + done * n) * n : 0), (head + passes * n) * n,
                 slot);
            conv(s, s->q8 + done * rows, rows, 1, 0, rows, slot + head, passes, acc, half,
                 done > 0);
        }
    }
    npu_cmd_drainw_t c = {.half = half,
                          .add = add,
                          .acc_addr = acc,
                          .out_addr = out,
                          .count = count,
                          .acc_step = 1,
                          .mult_addr = mult,
                          .mult_step = (int32_t)block_words,
                          .scale_addr = s->scale,
                          .out_step = 4,
                          .shift = a->shift,
                          .exponent = a->exponent};
    if (rows == 1) {
        drain(s, c);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        c.count = rows;
        c.acc_addr = acc + i * rows;
        c.out_addr = out + 4 * i;
        c.out_step = (int32_t)pitch;
        c.mult_addr = mult + i * block_words;
        c.mult_step = 0;
        c.scale_step = (int32_t)s->record;
        drain(s, c);
    }
}

static uint32_t blocks_at_once(const step_t *s, const llm_tiles_t *t) {
    uint32_t count = s->slot_words / (4 + t->passes * s->n),
             deep = s->p->config->acc_depth / s->count;
    count = count < deep ? count : deep;
    return count < 1 ? 1 : count;
}

static void matvec(step_t *s, const llm_tiles_t *t, const ref_matrix_t *a, uint32_t out,
                   uint32_t pitch, bool add) {
    uint32_t most = blocks_at_once(s, t);
    for (uint32_t i = 0; i < t->blocks; i += most)
        matvec_blocks(s, t, a, i, t->blocks - i < most ? t->blocks - i : most, out + 4 * i, pitch,
                      add);
}

/* The heads of each row turned to its position. */
static void rotate(step_t *s, uint32_t x, uint32_t pitch, uint32_t heads) {
    uint32_t words[NPU_CMD_WORDS], hd = s->p->head_dim;
    for (uint32_t t = 0; t < s->count; t++) {
        npu_cmd_rotate_t c = {.x_addr = x + t * pitch,
                              .rot_addr = s->rotary + t * div_up(hd * 2, s->n),
                              .n = hd,
                              .rows = heads,
                              .x_row = (int32_t)(hd * 4 / s->n)};
        npu_pack_rotate(&c, words);
        cc_emit(&s->cc, words, (uint64_t)heads * hd * 4 / s->p->config->wide_lanes + 20);
    }
}

/* The heads of each row to int8: of row t, block b, head h at q8 + (b * T + t) * heads + h. */
static void quantize_heads(step_t *s, uint32_t x, uint32_t pitch, uint32_t heads, uint32_t q8,
                           uint32_t scale) {
    uint32_t hd = s->p->head_dim;
    for (uint32_t t = 0; t < s->count; t++)
        quantize(s, x + t * pitch, hd, heads, hd * 4 / s->n, q8 + t * heads, s->count * heads,
                 scale + t * heads * s->record, NULL);
}

/* First token of a layer's key/value head among all. */
static uint32_t tokens_before(const step_t *s, int32_t layer, uint32_t head) {
    return ((uint32_t)layer * (uint32_t)s->d->kv_heads + head) * s->p->context_blocks * s->n;
}

/* A row's keys and values, int8, into the caches. */
static void keep_row(step_t *s, int32_t layer, uint32_t pos, uint32_t t) {
    const llm_program_t *p = s->p;
    uint32_t n = s->n, heads = (uint32_t)s->d->kv_heads, hd = p->head_dim,
             first = tokens_before(s, layer, 0);
    uint32_t per_head = p->context_blocks * n, tile = n * n, blk = s->count * heads;
    for (uint32_t lane = 0; lane < n && lane < hd; lane++) /* columns of tiles: a byte each */
        store(s, (npu_cmd_store_t){.offset = p->arena_k + first * p->head_blocks * n +
                                             pos / n * p->head_blocks * tile + lane * n + pos % n,
                                   .run_bytes = 1,
                                   .n1 = (hd - lane + n - 1) / n,
                                   .n2 = heads,
                                   .stride1 = (int32_t)tile,
                                   .stride2 = (int32_t)(per_head * p->head_blocks * n),
                                   .sp_addr = s->k8 + t * heads,
                                   .nblk = 1,
                                   .sp_n1 = (int32_t)blk,
                                   .sp_n2 = 1,
                                   .last_len = 1,
                                   .lane_off = lane});
    store(s, (npu_cmd_store_t){.offset = p->arena_v + (first + pos) * hd,
                               .run_bytes = hd,
                               .n1 = heads,
                               .n2 = 1,
                               .stride1 = (int32_t)(per_head * hd),
                               .sp_addr = s->v8 + t * heads,
                               .nblk = p->head_blocks,
                               .sp_blk = (int32_t)blk,
                               .sp_n1 = 1,
                               .last_len = hd - (p->head_blocks - 1) * n});
    for (int i = 0; i < 2; i++) /* the largest magnitude: third of a record's numbers */
        store(s, (npu_cmd_store_t){
                     .offset = (i ? p->arena_vmax : p->arena_kmax) + (first + pos) * 4,
                     .run_bytes = 4,
                     .n1 = heads,
                     .n2 = 1,
                     .stride1 = (int32_t)(per_head * 4),
                     .sp_addr = (i ? s->v_scale : s->k_scale) + t * heads * s->record + (n == 8),
                     .nblk = 1,
                     .sp_n1 = (int32_t)s->record,
                     .last_len = 4,
                     .lane_off = n == 8 ? 0 : 8});
}

static void keep(step_t *s, int32_t layer, uint32_t pos) {
    uint32_t heads = (uint32_t)s->d->kv_heads;
    quantize_heads(s, s->k, s->kv_words, heads, s->k8, s->k_scale);
    quantize_heads(s, s->v, s->kv_words, heads, s->v8, s->v_scale);
    for (uint32_t t = 0; t < s->count; t++)
        keep_row(s, layer, pos + t, t);
}

static uint32_t group_of(const step_t *s) {
    return (uint32_t)(s->d->heads / s->d->kv_heads);
}

/* Tokens first..first + tokens - 1 (whole blocks) of the caches: scores of all rows and heads of a
 * group. */
static void score_tokens(step_t *s, int32_t layer, uint32_t head, uint32_t first, uint32_t tokens) {
    const llm_program_t *p = s->p;
    uint32_t n = s->n, heads = (uint32_t)s->d->heads, group = group_of(s),
             vectors = group * s->count, blocks = tokens / n, half;
    uint32_t acc = entries(s, blocks * vectors, &half), slot = next_slot(s),
             bytes = p->head_blocks * n;
    load(s, LLM_ARENA, p->arena_k + (tokens_before(s, layer, head) + first) * bytes, tokens * bytes,
         slot);
    for (uint32_t b = 0; b < blocks; b++)
        conv(s, s->heads8 + head * group, s->count * heads, s->count, heads, group,
             slot + b * p->head_blocks * n, p->head_blocks, acc + b * vectors, half, false);
    for (uint32_t v = 0; v < vectors; v++)
        drain(s, (npu_cmd_drainw_t){.half = half,
                                    .acc_addr = acc + v,
                                    .out_addr = s->scores + v * s->score_words + first / n * 4,
                                    .count = blocks,
                                    .acc_step = (int32_t)vectors,
                                    .mult_addr = s->kmax[head % 2] + first / n * 4,
                                    .mult_step = 4,
                                    .scale_addr =
                                        s->heads_scale +
                                        (v / group * heads + head * group + v % group) * s->record,
                                    .out_step = 4,
                                    .shift = ref_sum_headroom((int32_t)p->head_dim),
                                    .exponent = s->d->score_exponent});
}

static void sum_values(step_t *s, int32_t layer, uint32_t head, uint32_t first, uint32_t tokens,
                       uint32_t acc, uint32_t half) {
    const llm_program_t *p = s->p;
    uint32_t n = s->n, hd = p->head_dim, vectors = group_of(s) * s->count, slot = next_slot(s),
             last = hd - (p->head_blocks - 1) * n;
    emit_load(s,
              (npu_cmd_load_t){.region = LLM_ARENA,
                               .offset = p->arena_v + (tokens_before(s, layer, head) + first) * hd,
                               .run_bytes = tokens * hd,
                               .n1 = 1,
                               .n2 = 1,
                               .sp_addr = slot,
                               .nwin = tokens,
                               .nblk = p->head_blocks,
                               .sp_blk = (int32_t)tokens,
                               .sp_win = 1,
                               .last_len = last,
                               .win_step = last});
    for (uint32_t b = 0; b < p->head_blocks; b++)
        conv(s, s->p8 + first / n * vectors, vectors, 1, 0, vectors, slot + b * tokens, tokens / n,
             acc + b * vectors, half, first > 0);
}

static void softmax(step_t *s, uint32_t head, uint32_t pos) {
    uint32_t words[NPU_CMD_WORDS], group = group_of(s);
    for (uint32_t r = 0; r < group; r++) { /* rows: positions, each longer by one */
        npu_cmd_softmaxw_t c = {.causal = 1,
                                .vmax = 1,
                                .s_addr = s->scores + r * s->score_words,
                                .q_addr = s->p8 + r,
                                .n = pos + 1,
                                .rows = s->count,
                                .s_row = (int32_t)(group * s->score_words),
                                .q_row = (int32_t)group,
                                .q_blk = (int32_t)(group * s->count),
                                .scale_addr = s->p_scale + r * s->record,
                                .scale_row = (int32_t)(group * s->record),
                                .vmax_addr = s->vmax[head % 2]};
        npu_pack_softmaxw(&c, words);
        cc_emit(&s->cc, words,
                (uint64_t)s->count * (pos + s->count) * 4 / s->p->config->wide_lanes + 60);
    }
}

/* All query heads of one key/value head over the tokens up to each position. The blocks in which
 * the positions' own rows are are loaded by themselves: the others need not wait for them. */
static void attend(step_t *s, int32_t layer, uint32_t head, uint32_t pos) {
    const llm_program_t *p = s->p;
    uint32_t n = s->n, hd = p->head_dim, group = group_of(s), vectors = group * s->count, half;
    uint32_t old = pos / n * n, end = div_up(pos + s->count, n) * n,
             bytes = tokens_before(s, layer, head) * 4;
    uint32_t most = s->slot_words / (p->head_blocks * n) * n,
             deep = p->config->acc_depth / vectors * n;
    most = most < deep ? most : deep;
    load(s, LLM_ARENA, p->arena_kmax + bytes, end * 4, s->kmax[head % 2]);
    load(s, LLM_ARENA, p->arena_vmax + bytes, end * 4, s->vmax[head % 2]);
    for (uint32_t t = 0, c; t < end; t += c) {
        c = (t < old ? old : end) - t < most ? (t < old ? old : end) - t : most;
        score_tokens(s, layer, head, t, c);
    }
    softmax(s, head, pos);
    uint32_t acc = entries(s, p->head_blocks * vectors, &half);
    for (uint32_t t = 0, c; t < end; t += c) {
        c = (t < old ? old : end) - t < most ? (t < old ? old : end) - t : most;
        sum_values(s, layer, head, t, c, acc, half);
    }
    int32_t headroom = ref_sum_headroom(s->d->context);
    for (uint32_t v = 0; v < vectors;
         v++) /* where a head ends within a block, the next one overwrites the rest */
        drain(s, (npu_cmd_drainw_t){.half = half,
                                    .acc_addr = acc + v,
                                    .out_addr = s->y + v / group * s->y_words +
                                                (head * group + v % group) * (hd * 4 / n),
                                    .count = p->head_blocks,
                                    .acc_step = (int32_t)vectors,
                                    .mult_addr = s->square,
                                    .scale_addr = s->p_scale + v * s->record,
                                    .out_step = 4,
                                    .shift = headroom,
                                    .exponent = REF_SQUARE_SHIFT - headroom});
}

static void normalize(step_t *s, const ref_wide_norm_t *norm, uint32_t gain) {
    load(s, LLM_WEIGHTS, gain, (uint32_t)s->d->dim * 4, s->gain);
    quantize(s, s->x, (uint32_t)s->d->dim, s->count, s->dim_words, s->q8, s->count, s->scale, norm);
}

static void layer(step_t *s, int32_t i, uint32_t pos) {
    const ref_decoder_t *d = s->d;
    const ref_decoder_layer_t *l = &d->layer[i];
    const llm_layer_offsets_t *at = &s->p->layer[i];
    uint32_t words[NPU_CMD_WORDS], dim = (uint32_t)d->dim, hidden = (uint32_t)d->hidden;
    normalize(s, &l->attention_norm, at->attention_gain);
    matvec(s, &at->wk, &l->wk, s->k, s->kv_words, false);
    rotate(s, s->k, s->kv_words, (uint32_t)d->kv_heads);
    matvec(s, &at->wv, &l->wv, s->v, s->kv_words, false);
    keep(s, i, pos);
    matvec(s, &at->wq, &l->wq, s->q, s->dim_words, false);
    rotate(s, s->q, s->dim_words, (uint32_t)d->heads);
    quantize_heads(s, s->q, s->dim_words, (uint32_t)d->heads, s->heads8, s->heads_scale);
    for (uint32_t h = 0; h < (uint32_t)d->kv_heads; h++)
        attend(s, i, h, pos);
    quantize(s, s->y, dim, s->count, s->y_words, s->q8, s->count, s->scale, NULL);
    matvec(s, &at->wo, &l->wo, s->x, s->dim_words, true);
    normalize(s, &l->mlp_norm, at->mlp_gain);
    matvec(s, &at->w1, &l->w1, s->u, s->hidden_words, false);
    matvec(s, &at->w3, &l->w3, s->g, s->hidden_words, false);
    npu_cmd_siluw_t c = {.u_addr = s->u,
                         .v_addr = s->g,
                         .n = hidden,
                         .rows = s->count,
                         .u_row = (int32_t)s->hidden_words,
                         .v_row = (int32_t)s->hidden_words};
    npu_pack_siluw(&c, words);
    cc_emit(&s->cc, words, (uint64_t)s->count * hidden * 3 / s->p->config->wide_lanes + 20);
    quantize(s, s->u, hidden, s->count, s->hidden_words, s->q8, s->count, s->scale, NULL);
    matvec(s, &at->w2, &l->w2, s->x, s->dim_words, true);
}

/* Logits of the last row, which is position pos. */
static void classify(step_t *s, uint32_t pos) {
    const llm_program_t *p = s->p;
    uint32_t logits = p->arena_logits + pos % p->logit_rows * p->logit_pitch;
    s->x += (s->count - 1) * s->dim_words;
    s->count = 1;
    uint32_t most = blocks_at_once(s, &p->classifier), n = s->n, vocab = (uint32_t)s->d->vocab;
    normalize(s, &s->d->final_norm, p->final_gain);
    for (uint32_t i = 0, turn = 0; i < p->classifier.blocks; i += most, turn ^= 1) {
        uint32_t count = p->classifier.blocks - i < most ? p->classifier.blocks - i : most;
        uint32_t rows = vocab - i * n < count * n ? vocab - i * n : count * n;
        matvec_blocks(s, &p->classifier, &s->d->classifier, i, count, s->out[turn], 0, false);
        store(s, (npu_cmd_store_t){.offset = logits + i * n * 4,
                                   .run_bytes = rows * 4,
                                   .n1 = 1,
                                   .n2 = 1,
                                   .sp_addr = s->out[turn],
                                   .nblk = 1,
                                   .sp_win = 1,
                                   .last_len = n});
    }
}

/* Places of everything in the scratchpad; false: it does not fit. */
static bool lay_out(step_t *s) {
    const ref_decoder_t *d = s->d;
    const llm_program_t *p = s->p;
    uint32_t n = s->n, dim = (uint32_t)d->dim, hidden = (uint32_t)d->hidden,
             heads = (uint32_t)d->heads, kv = (uint32_t)d->kv_heads, rows = s->count;
    uint32_t longest = dim > hidden ? dim : hidden, group = heads / kv,
             context = wide_words(s, s->length), shared;
    s->top = 0;
    s->record = n == 8 ? 2 : 1;
    s->dim_words = wide_words(s, dim);
    s->kv_words = wide_words(s, kv * p->head_dim);
    s->hidden_words = wide_words(s, hidden);
    s->x = take(s, rows * s->dim_words);
    shared = s->top; /* attention and what follows it use the same room in turn */
    s->u = take(s, rows * s->hidden_words);
    s->g = take(s, rows * s->hidden_words);
    s->y = shared;
    s->y_words = s->dim_words + 4;
    s->q = s->y + rows * s->y_words;
    s->k = s->q + rows * s->dim_words;
    s->v = s->k + rows * s->kv_words;
    s->top = s->top > s->v + rows * s->kv_words ? s->top : s->v + rows * s->kv_words;
    s->q8 = take(s, rows * div_up(longest, n));
    s->scale = take(s, rows * s->record);
    s->gain = take(s, s->dim_words);
    s->rotary = take(s, rows * div_up(p->head_dim * 2, n));
    s->square = take(s, 4);
    s->heads8 = take(s, rows * heads * p->head_blocks);
    s->heads_scale = take(s, rows * heads * s->record);
    s->k8 = take(s, rows * kv * p->head_blocks);
    s->v8 = take(s, rows * kv * p->head_blocks);
    s->k_scale = take(s, rows * kv * s->record);
    s->v_scale = take(s, rows * kv * s->record);
    for (int i = 0; i < 2; i++) {
        s->kmax[i] = take(s, context);
        s->vmax[i] = take(s, context);
    }
    s->score_words = context;
    s->scores = take(s, rows * group * context);
    s->p8 = take(s, rows * group * div_up(s->length, n));
    s->p_scale = take(s, rows * group * s->record);
    s->slot_words = s->dim_words / 4 * n + 4; /* a block of a matrix at once */
    s->slot_words = s->slot_words > SLOT_WORDS ? s->slot_words : SLOT_WORDS;
    s->out_words = 4 * (s->slot_words / (4 + p->classifier.passes * n) + 1);
    for (int i = 0; i < 2; i++)
        s->out[i] = take(s, s->out_words);
    s->slots = s->top;
    s->n_slots = s->top < p->config->sp_words ? (p->config->sp_words - s->top) / s->slot_words : 0;
    return s->n_slots >= MIN_SLOTS && 4 + p->head_blocks * n <= s->slot_words &&
           p->head_blocks * group * rows <= p->config->acc_depth &&
           group * rows <= p->config->acc_depth / n;
}

uint32_t llm_program_at_once(const llm_program_t *p, int32_t pos) {
    uint32_t left = (uint32_t)(p->model->decoder.context - pos);
    for (uint32_t count = left < LLM_AT_ONCE ? left : LLM_AT_ONCE; count > 0; count--) {
        step_t s = {.length = (uint32_t)pos + count,
                    .count = count,
                    .p = p,
                    .d = &p->model->decoder,
                    .n = p->config->n};
        if (lay_out(&s))
            return count;
    }
    return 0;
}

int llm_program_step(const llm_program_t *p, int32_t pos, uint32_t count, bool logits,
                     const char *path, uint32_t **list, uint32_t *bytes, graph_error_t *err) {
    cc_op_t op = {.index = 0};
    step_t s = {.length = (uint32_t)pos + count,
                .count = count,
                .p = p,
                .d = &p->model->decoder,
                .n = p->config->n};
    s.cc = (cc_t){.cfg = p->config,
                  .ops = &op,
                  .sp_words = p->config->sp_words,
                  .arena_bytes = (uint32_t)p->arena_size,
                  .err = err,
                  .n = s.n};
    *list = NULL;
    if (lay_out(&s) && cc_step_begin(&s.cc) == CC_OK) {
        uint32_t turn = p->head_dim * 2;
        for (uint32_t t = 0; t < count; t++) {
            load(&s, LLM_ARENA, p->arena_x + t * (uint32_t)s.d->dim * 4, (uint32_t)s.d->dim * 4,
                 s.x + t * s.dim_words);
            load(&s, LLM_WEIGHTS, p->rotary + ((uint32_t)pos + t) * turn, turn,
                 s.rotary + t * div_up(turn, s.n));
        }
        load(&s, LLM_WEIGHTS, p->square, s.n * 4, s.square);
        for (int32_t i = 0; i < s.d->n_layers; i++)
            layer(&s, i, (uint32_t)pos);
        if (logits)
            classify(&s, (uint32_t)pos + count - 1);
        *list = cc_step_packed(&s.cc, bytes);
    }
    cc_step_free(&s.cc);
    return *list ? 0 : graph_fail(err, "%s: out of memory for the commands of a step", path);
}
