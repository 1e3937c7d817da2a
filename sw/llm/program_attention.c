/*
 * program_attention.c - attention of a layer, its keys and values kept; see program_step.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program_step.h"

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

/* The heads of each row to int8: of row t, block b, head h at q8 + (b * T + t) * heads + h. One
 * command for the heads of a row, or for the rows of a head: whichever are more. */
static void quantize_heads(step_t *s, uint32_t x, uint32_t pitch, uint32_t heads, uint32_t q8,
                           uint32_t scale) {
    uint32_t hd = s->p->head_dim, hd_words = hd * 4 / s->n, all = s->count * heads;
    if (s->count > heads)
        for (uint32_t h = 0; h < heads; h++)
            step_quantize(s, x + h * hd_words, hd, s->count, pitch, q8 + h, heads, all,
                          scale + h * s->record, NULL);
    else
        for (uint32_t t = 0; t < s->count; t++)
            step_quantize(s, x + t * pitch, hd, heads, hd_words, q8 + t * heads, 1, all,
                          scale + t * heads * s->record, NULL);
}

/* First token of a layer's key/value head among all. */
static uint32_t tokens_before(const step_t *s, int32_t layer, uint32_t head) {
    return ((uint32_t)layer * (uint32_t)s->d->kv_heads + head) * s->p->context_blocks * s->n;
}

/* Keys, int8, into their cache: rows t..t + rows - 1, whose positions, from pos on, lie in one
 * block of N; several rows only of one head. Columns of tiles: a byte for each row, head and block.
 */
static void keep_keys(step_t *s, int32_t layer, uint32_t pos, uint32_t t, uint32_t rows) {
    const llm_program_t *p = s->p;
    uint32_t n = s->n, heads = s->unit, hd = p->head_dim, tile = n * n,
             bytes = p->head_blocks * n; /* of a token */
    uint32_t at = p->arena_k + tokens_before(s, layer, s->first) * bytes +
                  pos / n * p->head_blocks * tile + pos % n;
    for (uint32_t lane = 0; lane < n && lane < hd; lane++)
        step_store(
            s, (npu_cmd_store_t){.offset = at + lane * n,
                                 .run_bytes = 1,
                                 .n1 = (hd - lane + n - 1) / n,
                                 .n2 = rows > 1 ? rows : heads,
                                 .stride1 = (int32_t)tile,
                                 .stride2 = rows > 1 ? 1 : (int32_t)(p->context_blocks * n * bytes),
                                 .sp_addr = s->k8 + t * heads,
                                 .nblk = 1,
                                 .sp_n1 = (int32_t)(s->count * heads),
                                 .sp_n2 = 1,
                                 .last_len = 1,
                                 .lane_off = lane});
}

/* A row's values, int8, and the largest magnitudes of both into the caches. */
static void keep_row(step_t *s, int32_t layer, uint32_t pos, uint32_t t) {
    const llm_program_t *p = s->p;
    uint32_t n = s->n, heads = s->unit, hd = p->head_dim, blk = s->count * heads,
             first = tokens_before(s, layer, s->first), per_head = p->context_blocks * n;
    step_store(s, (npu_cmd_store_t){.offset = p->arena_v + (first + pos) * hd,
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
        step_store(s,
                   (npu_cmd_store_t){
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
    for (uint32_t t = 0, rows; t < s->count; t += rows) {
        uint32_t left = s->n - (pos + t) % s->n;
        rows = s->unit > 1 ? 1 : s->count - t < left ? s->count - t : left;
        keep_keys(s, layer, pos + t, t, rows);
    }
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
    uint32_t n = s->n, group = group_of(s), heads = s->unit * group, local = head - s->first,
             vectors = group * s->count, blocks = tokens / n, half;
    uint32_t acc = step_entries(s, blocks * vectors, &half), slot = step_next_slot(s),
             bytes = p->head_blocks * n;
    step_load(s, LLM_ARENA, p->arena_k + (tokens_before(s, layer, head) + first) * bytes,
              tokens * bytes, slot);
    for (uint32_t b = 0; b < blocks; b++)
        step_conv(s, s->heads8 + local * group, s->count * heads, s->count, heads, group,
                  slot + b * p->head_blocks * n, p->head_blocks, acc + b * vectors, half, false);
    npu_cmd_drainw_t c = {.half = half,
                          .out_step = 4,
                          .shift = ref_sum_headroom((int32_t)p->head_dim),
                          .exponent = s->d->score_exponent};
    uint32_t out = s->scores + first / n * 4, mult = s->kmax[head % 2] + first / n * 4;
    if (s->unit == 1 && vectors > blocks) { /* a command for each block, else for each vector */
        for (uint32_t b = 0; b < blocks; b++) {
            c.acc_addr = acc + b * vectors;
            c.count = vectors;
            c.acc_step = 1;
            c.out_addr = out + 4 * b;
            c.out_step = (int32_t)s->score_words;
            c.mult_addr = mult + 4 * b;
            c.scale_addr = s->heads_scale;
            c.scale_step = (int32_t)s->record;
            step_drain(s, c);
        }
        return;
    }
    for (uint32_t v = 0; v < vectors; v++) {
        c.acc_addr = acc + v;
        c.count = blocks;
        c.acc_step = (int32_t)vectors;
        c.out_addr = out + v * s->score_words;
        c.mult_addr = mult;
        c.mult_step = 4;
        c.scale_addr = s->heads_scale + (v / group * heads + local * group + v % group) * s->record;
        step_drain(s, c);
    }
}

static void sum_values(step_t *s, int32_t layer, uint32_t head, uint32_t first, uint32_t tokens,
                       uint32_t acc, uint32_t half) {
    const llm_program_t *p = s->p;
    uint32_t n = s->n, hd = p->head_dim, vectors = group_of(s) * s->count, slot = step_next_slot(s),
             last = hd - (p->head_blocks - 1) * n;
    step_emit_load(
        s, (npu_cmd_load_t){.region = LLM_ARENA,
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
        step_conv(s, s->p8 + first / n * vectors, vectors, 1, 0, vectors, slot + b * tokens,
                  tokens / n, acc + b * vectors, half, first > 0);
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
    step_load(s, LLM_ARENA, p->arena_kmax + bytes, end * 4, s->kmax[head % 2]);
    step_load(s, LLM_ARENA, p->arena_vmax + bytes, end * 4, s->vmax[head % 2]);
    for (uint32_t t = 0, c; t < end; t += c) {
        c = (t < old ? old : end) - t < most ? (t < old ? old : end) - t : most;
        score_tokens(s, layer, head, t, c);
    }
    softmax(s, head, pos);
    uint32_t acc = step_entries(s, p->head_blocks * vectors, &half);
    for (uint32_t t = 0, c; t < end; t += c) {
        c = (t < old ? old : end) - t < most ? (t < old ? old : end) - t : most;
        sum_values(s, layer, head, t, c, acc, half);
    }
    int32_t headroom = ref_sum_headroom(s->d->context);
    npu_cmd_drainw_t c = {.half = half,
                          .mult_addr = s->square,
                          .shift = headroom,
                          .exponent = REF_SQUARE_SHIFT - headroom};
    uint32_t hd_words = hd * 4 / n, out = s->y + head * group * hd_words;
    if (group == 1 && vectors > p->head_blocks) { /* as in score_tokens */
        for (uint32_t b = 0; b < p->head_blocks; b++) {
            c.acc_addr = acc + b * vectors;
            c.count = vectors;
            c.acc_step = 1;
            c.out_addr = out + 4 * b;
            c.out_step = (int32_t)s->y_words;
            c.scale_addr = s->p_scale;
            c.scale_step = (int32_t)s->record;
            step_drain(s, c);
        }
        return;
    }
    /* where a head ends within a block, the next one overwrites the rest */
    for (uint32_t v = 0; v < vectors; v++) {
        c.acc_addr = acc + v;
        c.count = p->head_blocks;
        c.acc_step = (int32_t)vectors;
        c.out_addr = out + v / group * s->y_words + v % group * hd_words;
        c.out_step = 4;
        c.scale_addr = s->p_scale + v * s->record;
        step_drain(s, c);
    }
}

/* Of a matrix whose rows are heads: rows of heads first..first + count - 1, wide, to out. */
static void product_of_heads(step_t *s, const llm_tiles_t *t, const ref_matrix_t *a, uint32_t first,
                             uint32_t count, uint32_t out, uint32_t pitch) {
    uint32_t hd = s->p->head_dim;
    step_matvec_range(s, t, a, first * hd / s->n, div_up(count * hd, s->n), out, pitch, false);
}

/* Queries are made where their heads' results go: they are int8 elsewhere before these come. */
void step_attention(step_t *s, int32_t i, uint32_t pos) {
    const ref_decoder_layer_t *l = &s->d->layer[i];
    const llm_layer_offsets_t *at = &s->p->layer[i];
    uint32_t group = group_of(s), unit = s->unit, head_words = s->p->head_dim * 4 / s->n;
    for (s->first = 0; s->first < (uint32_t)s->d->kv_heads; s->first += unit) {
        uint32_t q = s->y + s->first * group * head_words;
        product_of_heads(s, &at->wk, &l->wk, s->first, unit, s->k, s->kv_words);
        rotate(s, s->k, s->kv_words, unit);
        if (s->k == s->v)
            quantize_heads(s, s->k, s->kv_words, unit, s->k8, s->k_scale);
        product_of_heads(s, &at->wv, &l->wv, s->first, unit, s->v, s->kv_words);
        if (s->k != s->v)
            quantize_heads(s, s->k, s->kv_words, unit, s->k8, s->k_scale);
        quantize_heads(s, s->v, s->kv_words, unit, s->v8, s->v_scale);
        keep(s, i, pos);
        product_of_heads(s, &at->wq, &l->wq, s->first * group, unit * group, q, s->y_words);
        rotate(s, q, s->y_words, unit * group);
        quantize_heads(s, q, s->y_words, unit * group, s->heads8, s->heads_scale);
        for (uint32_t h = 0; h < unit; h++)
            attend(s, i, s->first + h, pos);
    }
}
