/*
 * program_attention.c - attention of a layer, its keys and values kept; see program_step.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program_step.h"

/* Heads of the row at x turned to its position. */
static void rotate(step_t *s, uint32_t x, uint32_t heads) {
    uint32_t words[NPU_CMD_WORDS], hd = s->p->head_dim;
    npu_cmd_rotate_t c = {.x_addr = x,
                          .rot_addr = s->rotary,
                          .n = hd,
                          .rows = heads,
                          .x_row = (int32_t)(hd * 4 / s->n)};
    npu_pack_rotate(&c, words);
    step_emit_vector(s, words, (uint64_t)heads * hd / s->p->config->wide_lanes);
}

/* Heads of the row at x to int8: block b of head h at q8 + b * heads + h. */
static void quantize_heads(step_t *s, uint32_t x, uint32_t heads, uint32_t q8, uint32_t scale) {
    uint32_t hd = s->p->head_dim;
    step_quantize(s, x, hd, heads, hd * 4 / s->n, q8, 1, heads, scale, NULL);
}

/* The position's keys, int8, into their cache: columns of tiles, a byte for each head and element.
 */
static void keep_keys(step_t *s, int32_t layer, uint32_t pos) {
    const llm_program_t *p = s->p;
    uint32_t n = s->n, heads = (uint32_t)s->d->kv_heads, hd = p->head_dim, tile = n * n,
             bytes = p->head_blocks * n; /* of a token */
    uint32_t at =
        p->arena_k + tokens_before(s, layer, 0) * bytes + pos / n * p->head_blocks * tile + pos % n;
    for (uint32_t lane = 0; lane < n && lane < hd; lane++)
        step_store(s, (npu_cmd_store_t){.offset = at + lane * n,
                                        .run_bytes = 1,
                                        .n1 = (hd - lane + n - 1) / n,
                                        .n2 = heads,
                                        .stride1 = (int32_t)tile,
                                        .stride2 = (int32_t)(p->context_blocks * n * bytes),
                                        .sp_addr = s->k8,
                                        .nblk = 1,
                                        .sp_n1 = (int32_t)heads,
                                        .sp_n2 = 1,
                                        .last_len = 1,
                                        .lane_off = lane});
}

/* Its values, int8, and the largest magnitudes of both into the caches. */
static void keep_values(step_t *s, int32_t layer, uint32_t pos) {
    const llm_program_t *p = s->p;
    uint32_t n = s->n, heads = (uint32_t)s->d->kv_heads, hd = p->head_dim,
             first = tokens_before(s, layer, 0), per_head = p->context_blocks * n;
    step_store(s, (npu_cmd_store_t){.offset = p->arena_v + (first + pos) * hd,
                                    .run_bytes = hd,
                                    .n1 = heads,
                                    .n2 = 1,
                                    .stride1 = (int32_t)(per_head * hd),
                                    .sp_addr = s->v8,
                                    .nblk = p->head_blocks,
                                    .sp_blk = (int32_t)heads,
                                    .sp_n1 = 1,
                                    .last_len = hd - (p->head_blocks - 1) * n});
    for (int i = 0; i < 2; i++) /* the largest magnitude: third of a record's numbers */
        step_store(
            s, (npu_cmd_store_t){.offset = (i ? p->arena_vmax : p->arena_kmax) + (first + pos) * 4,
                                 .run_bytes = 4,
                                 .n1 = heads,
                                 .n2 = 1,
                                 .stride1 = (int32_t)(per_head * 4),
                                 .sp_addr = (i ? s->v_scale : s->k_scale) + (n == 8),
                                 .nblk = 1,
                                 .sp_n1 = (int32_t)s->record,
                                 .last_len = 4,
                                 .lane_off = n == 8 ? 0 : 8});
}

static uint32_t group_of(const step_t *s) {
    return (uint32_t)(s->d->heads / s->d->kv_heads);
}

/* Tokens first..first + tokens - 1 (whole blocks) of the caches: scores of all heads of a group. */
static void score_tokens(step_t *s, int32_t layer, uint32_t head, uint32_t first, uint32_t tokens) {
    const llm_program_t *p = s->p;
    uint32_t n = s->n, group = group_of(s), heads = (uint32_t)s->d->heads, blocks = tokens / n,
             half, acc = step_entries(s, blocks * group, &half), slot = step_next_slot(s),
             bytes = p->head_blocks * n;
    step_load(s, LLM_ARENA, p->arena_k + (tokens_before(s, layer, head) + first) * bytes,
              tokens * bytes, slot);
    for (uint32_t b = 0; b < blocks; b++)
        step_conv(s, s->heads8 + head * group, heads, 1, heads, group,
                  slot + b * p->head_blocks * n, p->head_blocks, acc + b * group, half, false);
    for (uint32_t r = 0; r < group; r++)
        step_drain(s,
                   (npu_cmd_drainw_t){.half = half,
                                      .acc_addr = acc + r,
                                      .count = blocks,
                                      .acc_step = (int32_t)group,
                                      .shift = ref_sum_headroom((int32_t)p->head_dim),
                                      .exponent = s->d->score_exponent,
                                      .mult_addr = s->kmax[head % 2] + first / n * 4,
                                      .mult_step = 4,
                                      .scale_addr = s->heads_scale + (head * group + r) * s->record,
                                      .out_addr = s->scores + r * s->score_words + first / n * 4,
                                      .out_step = 4});
}

static void sum_values(step_t *s, int32_t layer, uint32_t head, uint32_t first, uint32_t tokens,
                       uint32_t acc, uint32_t half) {
    const llm_program_t *p = s->p;
    uint32_t n = s->n, hd = p->head_dim, group = group_of(s), slot = step_next_slot(s),
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
        step_conv(s, s->p8 + first / n * group, group, 1, 0, group, slot + b * tokens, tokens / n,
                  acc + b * group, half, first > 0);
}

static void softmax(step_t *s, uint32_t head, uint32_t pos) {
    uint32_t words[NPU_CMD_WORDS], group = group_of(s);
    npu_cmd_softmaxw_t c = {.vmax = 1,
                            .s_addr = s->scores,
                            .q_addr = s->p8,
                            .n = pos + 1,
                            .rows = group,
                            .s_row = (int32_t)s->score_words,
                            .q_row = 1,
                            .q_blk = (int32_t)group,
                            .scale_addr = s->p_scale,
                            .scale_row = (int32_t)s->record,
                            .vmax_addr = s->vmax[head % 2]};
    npu_pack_softmaxw(&c, words);
    step_emit_rows(s, words, group, 3 * (pos + 1));
}

/* All query heads of one key/value head over the tokens up to the position. The block in which the
 * position's own row is is loaded by itself: the others need not wait for it. */
static void attend(step_t *s, int32_t layer, uint32_t head, uint32_t pos) {
    const llm_program_t *p = s->p;
    uint32_t n = s->n, group = group_of(s), half, old = pos / n * n, end = div_up(pos + 1, n) * n,
             bytes = tokens_before(s, layer, head) * 4;
    uint32_t most = s->slot_words / (p->head_blocks * n) * n,
             deep = p->config->acc_depth / group * n;
    most = most < deep ? most : deep;
    step_load(s, LLM_ARENA, p->arena_kmax + bytes, end * 4, s->kmax[head % 2]);
    step_load(s, LLM_ARENA, p->arena_vmax + bytes, end * 4, s->vmax[head % 2]);
    for (uint32_t t = 0, c; t < end; t += c) {
        c = (t < old ? old : end) - t < most ? (t < old ? old : end) - t : most;
        score_tokens(s, layer, head, t, c);
    }
    softmax(s, head, pos);
    uint32_t acc = step_entries(s, p->head_blocks * group, &half);
    for (uint32_t t = 0, c; t < end; t += c) {
        c = (t < old ? old : end) - t < most ? (t < old ? old : end) - t : most;
        sum_values(s, layer, head, t, c, acc, half);
    }
    int32_t headroom = ref_sum_headroom(s->d->context);
    uint32_t hd_words = p->head_dim * 4 / n, out = s->y + head * group * hd_words;
    /* where a head ends within a block, the next one overwrites the rest */
    for (uint32_t r = 0; r < group; r++)
        step_drain(s, (npu_cmd_drainw_t){.half = half,
                                         .acc_addr = acc + r,
                                         .count = p->head_blocks,
                                         .acc_step = (int32_t)group,
                                         .mult_addr = s->square,
                                         .shift = headroom,
                                         .exponent = REF_SQUARE_SHIFT - headroom,
                                         .scale_addr = s->p_scale + r * s->record,
                                         .out_addr = out + r * hd_words,
                                         .out_step = 4});
}

/* Queries are made where their heads' results go: they are int8 elsewhere before these come. */
void step_attention(step_t *s, int32_t i, uint32_t pos) {
    const ref_decoder_layer_t *l = &s->d->layer[i];
    const llm_layer_offsets_t *at = &s->p->layer[i];
    uint32_t heads = (uint32_t)s->d->heads, kv_heads = (uint32_t)s->d->kv_heads;
    step_matvec(s, &at->wk, &l->wk, s->k, 0, false);
    rotate(s, s->k, kv_heads);
    step_matvec(s, &at->wv, &l->wv, s->v, 0, false);
    quantize_heads(s, s->k, kv_heads, s->k8, s->k_scale);
    quantize_heads(s, s->v, kv_heads, s->v8, s->v_scale);
    keep_keys(s, i, pos);
    keep_values(s, i, pos);
    step_matvec(s, &at->wq, &l->wq, s->y, 0, false);
    rotate(s, s->y, heads);
    quantize_heads(s, s->y, heads, s->heads8, s->heads_scale);
    for (uint32_t h = 0; h < kv_heads; h++)
        attend(s, i, h, pos);
}
