/*
 * program.c - the command list of one position; see program.h.
 *
 * The residual stream stays in the scratchpad from the first layer to the last. Weights, and the
 * caches like weights, pass through a ring of slots, each filled by one LOAD: the load unit runs
 * ahead as far as the slots go. Order between the units is the compiler's (cc_emit).
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "cc.h"
#include "program.h"

enum { SLOT_WORDS = 320, MIN_SLOTS = 3 };

/* Addresses in the scratchpad. Wide rows are as long as whole blocks of N elements. */
typedef struct {
    const llm_program_t *p;
    const ref_decoder_t *d;
    cc_t cc;
    uint32_t n, record;           /* words of a scale record */
    uint32_t x, y, u, g, q, k, v; /* wide rows */
    uint32_t q8;                  /* int8 row that enters a product; its scale: scale */
    uint32_t scale, gain, rotary, square;
    uint32_t heads8, heads_scale; /* queries: word of head h, block b at heads8 + b * heads + h */
    uint32_t k8, k_scale, v8, v_scale; /* (kv_heads) likewise */
    uint32_t kmax[2], vmax[2];         /* rows of one head; heads in turn */
    uint32_t scores, score_words;      /* (group) rows */
    uint32_t p8, p_scale; /* weights of a group: word of head r, block t at p8 + t * group + r */
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

/* `count` vectors, their blocks `pitch` apart, times `passes` tiles. */
static void conv(step_t *s, uint32_t in, uint32_t pitch, uint32_t count, uint32_t tiles,
                 uint32_t passes, uint32_t acc, uint32_t half, bool accumulate) {
    uint32_t words[NPU_CMD_WORDS];
    npu_cmd_conv_t c = {.half = half,
                        .accumulate = accumulate,
                        .in_addr = in,
                        .w_addr = tiles,
                        .acc_addr = acc,
                        .ny = 1,
                        .nx = count,
                        .in_h = 1,
                        .in_w = count,
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

/* Rows to int8, through a norm where norm is given. */
static void quantize(step_t *s, uint32_t in, uint32_t count, uint32_t rows, uint32_t row_words,
                     uint32_t q8, uint32_t scale, const ref_wide_norm_t *norm) {
    uint32_t words[NPU_CMD_WORDS];
    npu_cmd_quantw_t c = {.norm = norm != NULL,
                          .in_addr = in,
                          .q_addr = q8,
                          .n = count,
                          .rows = rows,
                          .in_row = (int32_t)row_words,
                          .q_row = 1,
                          .q_blk = (int32_t)rows,
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

/* The int8 row at q8 times a matrix; blocks first..first + count - 1 to wide rows at out. */
static void matvec_blocks(step_t *s, const llm_tiles_t *t, const ref_matrix_t *a, uint32_t first,
                          uint32_t count, uint32_t out, bool add) {
    uint32_t n = s->n, block_words = 4 + t->passes * n, half, acc = entries(s, count, &half),
             mult = 0, step = block_words;
    uint32_t offset = t->offset + first * block_words * n;
    if (block_words <= s->slot_words) {
        mult = next_slot(s);
        load(s, LLM_WEIGHTS, offset, count * block_words * n, mult);
        for (uint32_t i = 0; i < count; i++)
            conv(s, s->q8, 1, 1, mult + i * block_words + 4, t->passes, acc + i, half, false);
    } else { /* one block in parts; the first has the multipliers, and a slot that the others do not
                take */
        uint32_t most = (s->slot_words - 4) / n, done = 0, parts = 0;
        for (uint32_t slot; done < t->passes; done += most, parts++) {
            uint32_t passes = t->passes - done < most ? t->passes - done : most,
                     head = done ? 0 : 4;
            slot = next_slot(s);
            if (done == 0)
                mult = slot;
            else if (slot == mult)
                slot = next_slot(s);
            load(s, LLM_WEIGHTS, offset + (done ? (4 + done * n) * n : 0), (head + passes * n) * n,
                 slot);
            conv(s, s->q8 + done, 1, 1, slot + head, passes, acc, half, done > 0);
        }
    }
    drain(s, (npu_cmd_drainw_t){.half = half,
                                .add = add,
                                .acc_addr = acc,
                                .out_addr = out,
                                .count = count,
                                .acc_step = 1,
                                .mult_addr = mult,
                                .mult_step = (int32_t)step,
                                .scale_addr = s->scale,
                                .out_step = 4,
                                .shift = a->shift,
                                .exponent = a->exponent});
}

static uint32_t blocks_at_once(const step_t *s, const llm_tiles_t *t) {
    uint32_t count = s->slot_words / (4 + t->passes * s->n);
    return count < 1 ? 1 : count;
}

static void matvec(step_t *s, const llm_tiles_t *t, const ref_matrix_t *a, uint32_t out, bool add) {
    uint32_t most = blocks_at_once(s, t);
    for (uint32_t i = 0; i < t->blocks; i += most)
        matvec_blocks(s, t, a, i, t->blocks - i < most ? t->blocks - i : most, out + 4 * i, add);
}

/* Rows of heads turned to the position; their words follow each other. */
static void rotate(step_t *s, uint32_t x, uint32_t heads) {
    uint32_t words[NPU_CMD_WORDS];
    npu_cmd_rotate_t c = {.x_addr = x,
                          .rot_addr = s->rotary,
                          .n = s->p->head_dim,
                          .rows = heads,
                          .x_row = (int32_t)(s->p->head_dim * 4 / s->n)};
    npu_pack_rotate(&c, words);
    cc_emit(&s->cc, words, (uint64_t)heads * s->p->head_dim * 4 / s->p->config->wide_lanes + 20);
}

/* First token of a layer's key/value head among all. */
static uint32_t tokens_before(const step_t *s, int32_t layer, uint32_t head) {
    return ((uint32_t)layer * (uint32_t)s->d->kv_heads + head) * s->p->context_blocks * s->n;
}

/* This position's keys and values to int8 and into the caches. */
static void keep(step_t *s, int32_t layer, uint32_t pos) {
    const llm_program_t *p = s->p;
    uint32_t n = s->n, heads = (uint32_t)s->d->kv_heads, hd = p->head_dim, words = hd * 4 / n,
             first = tokens_before(s, layer, 0);
    uint32_t per_head = p->context_blocks * n, tile = n * n;
    quantize(s, s->k, hd, heads, words, s->k8, s->k_scale, NULL);
    quantize(s, s->v, hd, heads, words, s->v8, s->v_scale, NULL);
    for (uint32_t lane = 0; lane < n && lane < hd; lane++) /* columns of tiles: a byte each */
        store(s, (npu_cmd_store_t){.offset = p->arena_k + first * p->head_blocks * n +
                                             pos / n * p->head_blocks * tile + lane * n + pos % n,
                                   .run_bytes = 1,
                                   .n1 = (hd - lane + n - 1) / n,
                                   .n2 = heads,
                                   .stride1 = (int32_t)tile,
                                   .stride2 = (int32_t)(per_head * p->head_blocks * n),
                                   .sp_addr = s->k8,
                                   .nblk = 1,
                                   .sp_n1 = (int32_t)heads,
                                   .sp_n2 = 1,
                                   .last_len = 1,
                                   .lane_off = lane});
    store(s, (npu_cmd_store_t){.offset = p->arena_v + (first + pos) * hd,
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
        store(s,
              (npu_cmd_store_t){.offset = (i ? p->arena_vmax : p->arena_kmax) + (first + pos) * 4,
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

/* Tokens first..first + count - 1 (whole blocks) of the caches: scores, or sums of values. */
static void score_tokens(step_t *s, int32_t layer, uint32_t head, uint32_t first, uint32_t count) {
    const llm_program_t *p = s->p;
    uint32_t n = s->n, heads = (uint32_t)s->d->heads, group = heads / (uint32_t)s->d->kv_heads,
             blocks = count / n, half;
    uint32_t acc = entries(s, blocks * group, &half), slot = next_slot(s),
             bytes = p->head_blocks * n;
    load(s, LLM_ARENA, p->arena_k + (tokens_before(s, layer, head) + first) * bytes, count * bytes,
         slot);
    for (uint32_t t = 0; t < blocks; t++)
        conv(s, s->heads8 + head * group, heads, group, slot + t * p->head_blocks * n,
             p->head_blocks, acc + t * group, half, false);
    for (uint32_t r = 0; r < group; r++)
        drain(s, (npu_cmd_drainw_t){.half = half,
                                    .acc_addr = acc + r,
                                    .out_addr = s->scores + r * s->score_words + first / n * 4,
                                    .count = blocks,
                                    .acc_step = (int32_t)group,
                                    .mult_addr = s->kmax[head % 2] + first / n * 4,
                                    .mult_step = 4,
                                    .scale_addr = s->heads_scale + (head * group + r) * s->record,
                                    .out_step = 4,
                                    .shift = ref_sum_headroom((int32_t)p->head_dim),
                                    .exponent = s->d->score_exponent});
}

static void sum_values(step_t *s, int32_t layer, uint32_t head, uint32_t first, uint32_t count,
                       uint32_t acc, uint32_t half) {
    const llm_program_t *p = s->p;
    uint32_t n = s->n, hd = p->head_dim, group = (uint32_t)(s->d->heads / s->d->kv_heads),
             slot = next_slot(s), last = hd - (p->head_blocks - 1) * n;
    emit_load(s,
              (npu_cmd_load_t){.region = LLM_ARENA,
                               .offset = p->arena_v + (tokens_before(s, layer, head) + first) * hd,
                               .run_bytes = count * hd,
                               .n1 = 1,
                               .n2 = 1,
                               .sp_addr = slot,
                               .nwin = count,
                               .nblk = p->head_blocks,
                               .sp_blk = (int32_t)count,
                               .sp_win = 1,
                               .last_len = last,
                               .win_step = last});
    for (uint32_t b = 0; b < p->head_blocks; b++)
        conv(s, s->p8 + first / n * group, group, group, slot + b * count, count / n,
             acc + b * group, half, first > 0);
}

/* All query heads of one key/value head over the tokens 0..pos. The last block, in which this
 * position's own row is, is loaded by itself: the others need not wait for it. */
static void attend(step_t *s, int32_t layer, uint32_t head, uint32_t pos) {
    const llm_program_t *p = s->p;
    uint32_t n = s->n, hd = p->head_dim, group = (uint32_t)(s->d->heads / s->d->kv_heads),
             old = pos / n * n, half, words[NPU_CMD_WORDS];
    uint32_t most = s->slot_words / (p->head_blocks * n) * n,
             deep = s->p->config->acc_depth / group * n, bytes = tokens_before(s, layer, head) * 4;
    most = most < deep ? most : deep;
    load(s, LLM_ARENA, p->arena_kmax + bytes, (old + n) * 4, s->kmax[head % 2]);
    load(s, LLM_ARENA, p->arena_vmax + bytes, (old + n) * 4, s->vmax[head % 2]);
    for (uint32_t t = 0; t < old; t += most)
        score_tokens(s, layer, head, t, old - t < most ? old - t : most);
    score_tokens(s, layer, head, old, n);
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
    cc_emit(&s->cc, words, (uint64_t)group * (pos + 1) * 4 / p->config->wide_lanes + 60);
    uint32_t acc = entries(s, p->head_blocks * group, &half);
    for (uint32_t t = 0; t < old; t += most)
        sum_values(s, layer, head, t, old - t < most ? old - t : most, acc, half);
    sum_values(s, layer, head, old, n, acc, half);
    int32_t headroom = ref_sum_headroom(s->d->context);
    for (uint32_t r = 0; r < group;
         r++) /* where a head ends within a block, the next one overwrites the rest */
        drain(s, (npu_cmd_drainw_t){.half = half,
                                    .acc_addr = acc + r,
                                    .out_addr = s->y + (head * group + r) * (hd * 4 / n),
                                    .count = p->head_blocks,
                                    .acc_step = (int32_t)group,
                                    .mult_addr = s->square,
                                    .scale_addr = s->p_scale + r * s->record,
                                    .out_step = 4,
                                    .shift = headroom,
                                    .exponent = REF_SQUARE_SHIFT - headroom});
}

static void normalize(step_t *s, const ref_wide_norm_t *norm, uint32_t gain) {
    load(s, LLM_WEIGHTS, gain, (uint32_t)s->d->dim * 4, s->gain);
    quantize(s, s->x, (uint32_t)s->d->dim, 1, 0, s->q8, s->scale, norm);
}

static void layer(step_t *s, int32_t i, uint32_t pos) {
    const ref_decoder_t *d = s->d;
    const ref_decoder_layer_t *l = &d->layer[i];
    const llm_layer_offsets_t *at = &s->p->layer[i];
    uint32_t words[NPU_CMD_WORDS];
    normalize(s, &l->attention_norm, at->attention_gain);
    matvec(s, &at->wk, &l->wk, s->k, false);
    rotate(s, s->k, (uint32_t)d->kv_heads);
    matvec(s, &at->wv, &l->wv, s->v, false);
    keep(s, i, pos);
    matvec(s, &at->wq, &l->wq, s->q, false);
    rotate(s, s->q, (uint32_t)d->heads);
    quantize(s, s->q, s->p->head_dim, (uint32_t)d->heads, s->p->head_dim * 4 / s->n, s->heads8,
             s->heads_scale, NULL);
    for (uint32_t h = 0; h < (uint32_t)d->kv_heads; h++)
        attend(s, i, h, pos);
    quantize(s, s->y, (uint32_t)d->dim, 1, 0, s->q8, s->scale, NULL);
    matvec(s, &at->wo, &l->wo, s->x, true);
    normalize(s, &l->mlp_norm, at->mlp_gain);
    matvec(s, &at->w1, &l->w1, s->u, false);
    matvec(s, &at->w3, &l->w3, s->g, false);
    npu_cmd_siluw_t c = {.u_addr = s->u, .v_addr = s->g, .n = (uint32_t)d->hidden, .rows = 1};
    npu_pack_siluw(&c, words);
    cc_emit(&s->cc, words, (uint64_t)d->hidden * 3 / s->p->config->wide_lanes + 20);
    quantize(s, s->u, (uint32_t)d->hidden, 1, 0, s->q8, s->scale, NULL);
    matvec(s, &at->w2, &l->w2, s->x, true);
}

static void classify(step_t *s) {
    const llm_program_t *p = s->p;
    uint32_t most = blocks_at_once(s, &p->classifier), n = s->n, vocab = (uint32_t)s->d->vocab;
    normalize(s, &s->d->final_norm, p->final_gain);
    for (uint32_t i = 0, turn = 0; i < p->classifier.blocks; i += most, turn ^= 1) {
        uint32_t count = p->classifier.blocks - i < most ? p->classifier.blocks - i : most;
        uint32_t rows = vocab - i * n < count * n ? vocab - i * n : count * n;
        matvec_blocks(s, &p->classifier, &s->d->classifier, i, count, s->out[turn], false);
        store(s, (npu_cmd_store_t){.offset = p->arena_logits + i * n * 4,
                                   .run_bytes = rows * 4,
                                   .n1 = 1,
                                   .n2 = 1,
                                   .sp_addr = s->out[turn],
                                   .nblk = 1,
                                   .sp_win = 1,
                                   .last_len = n});
    }
}

/* Places of everything in the scratchpad. */
static int lay_out(step_t *s, const char *path, graph_error_t *err) {
    const ref_decoder_t *d = s->d;
    const llm_program_t *p = s->p;
    uint32_t n = s->n, dim = (uint32_t)d->dim, hidden = (uint32_t)d->hidden,
             heads = (uint32_t)d->heads, kv = (uint32_t)d->kv_heads;
    uint32_t longest = dim > hidden ? dim : hidden, group = heads / kv,
             context = wide_words(s, (uint32_t)d->context);
    s->record = n == 8 ? 2 : 1;
    s->x = take(s, wide_words(s, dim));
    s->y = take(s, wide_words(s, dim) + 4);
    s->q = take(s, wide_words(s, dim));
    s->k = take(s, wide_words(s, kv * p->head_dim));
    s->v = take(s, wide_words(s, kv * p->head_dim));
    s->u = take(s, wide_words(s, hidden));
    s->g = take(s, wide_words(s, hidden));
    s->q8 = take(s, div_up(longest, n));
    s->scale = take(s, s->record);
    s->gain = take(s, wide_words(s, dim));
    s->rotary = take(s, div_up(p->head_dim * 2, n));
    s->square = take(s, 4);
    s->heads8 = take(s, heads * p->head_blocks);
    s->heads_scale = take(s, heads * s->record);
    s->k8 = take(s, kv * p->head_blocks);
    s->v8 = take(s, kv * p->head_blocks);
    s->k_scale = take(s, kv * s->record);
    s->v_scale = take(s, kv * s->record);
    for (int i = 0; i < 2; i++) {
        s->kmax[i] = take(s, context);
        s->vmax[i] = take(s, context);
    }
    s->score_words = context;
    s->scores = take(s, group * context);
    s->p8 = take(s, group * p->context_blocks);
    s->p_scale = take(s, group * s->record);
    /* a block of a matrix at once, where there is room for three */
    s->slot_words = 4 + div_up(dim, n) * n;
    s->slot_words = s->slot_words > SLOT_WORDS ? s->slot_words : SLOT_WORDS;
    uint32_t least = 4 + (p->head_blocks > 1 ? p->head_blocks : 1) * n;
    s->out_words = 4 * (s->slot_words / (4 + p->classifier.passes * n) + 1);
    for (int i = 0; i < 2; i++)
        s->out[i] = take(s, s->out_words);
    s->slots = s->top;
    s->n_slots = s->top < s->cc.sp_words ? (s->cc.sp_words - s->top) / s->slot_words : 0;
    if (s->n_slots < MIN_SLOTS || least > s->slot_words ||
        p->head_blocks * group > p->config->acc_depth)
        return graph_fail(err,
                          "%s: it does not fit the scratchpad of configuration %s (%u words; %u "
                          "are taken): try one with more",
                          path, p->config->name, (unsigned)s->cc.sp_words, (unsigned)s->top);
    return 0;
}

int llm_program_step(const llm_program_t *p, int32_t pos, bool logits, const char *path,
                     uint32_t **list, uint32_t *bytes, graph_error_t *err) {
    cc_op_t op = {.index = 0};
    step_t s = {.p = p, .d = &p->model->decoder, .n = p->config->n};
    s.cc = (cc_t){.cfg = p->config,
                  .ops = &op,
                  .sp_words = p->config->sp_words,
                  .arena_bytes = (uint32_t)p->arena_size,
                  .err = err,
                  .n = s.n};
    if (lay_out(&s, path, err))
        return -1;
    *list = NULL;
    if (cc_step_begin(&s.cc) == CC_OK) {
        load(&s, LLM_ARENA, p->arena_x, (uint32_t)s.d->dim * 4, s.x);
        load(&s, LLM_WEIGHTS, p->rotary + (uint32_t)pos * p->head_dim * 2, p->head_dim * 2,
             s.rotary);
        load(&s, LLM_WEIGHTS, p->square, s.n * 4, s.square);
        for (int32_t i = 0; i < s.d->n_layers; i++)
            layer(&s, i, (uint32_t)pos);
        if (logits)
            classify(&s);
        *list = cc_step_packed(&s.cc, bytes);
    }
    cc_step_free(&s.cc);
    return *list ? 0 : graph_fail(err, "%s: out of memory for the commands of a step", path);
}
