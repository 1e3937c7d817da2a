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

#include "program_step.h"

enum { SLOT_WORDS = 320, MIN_SLOTS = 3, BACK_ROWS = 2 };

static void normalize(step_t *s, const ref_wide_norm_t *norm, uint32_t gain) {
    step_load(s, LLM_WEIGHTS, gain, (uint32_t)s->d->dim * 4, s->gain);
    step_quantize(s, s->x, (uint32_t)s->d->dim, s->count, s->dim_words, s->q8, 1, s->count,
                  s->scale, norm);
}

/* u = silu(u) * g, of n elements of each row. */
static void gate(step_t *s, uint32_t u, uint32_t g, uint32_t n, uint32_t pitch) {
    uint32_t words[NPU_CMD_WORDS];
    npu_cmd_siluw_t c = {.u_addr = u,
                         .v_addr = g,
                         .n = n,
                         .rows = s->count,
                         .u_row = (int32_t)pitch,
                         .v_row = (int32_t)pitch};
    npu_pack_siluw(&c, words);
    cc_emit(&s->cc, words, (uint64_t)s->count * n * 3 / s->p->config->wide_lanes + 20);
}

/* Gated rows that the scratchpad has no room for: a block of each goes to the arena as soon as it
 * is ready, and whole rows come back, a few at a time, to become int8. */
static void gate_through_memory(step_t *s, const llm_layer_offsets_t *at,
                                const ref_decoder_layer_t *l) {
    uint32_t n = s->n, hidden = (uint32_t)s->d->hidden, row_bytes = s->hidden_words * n;
    for (uint32_t b = 0; b < at->w1.blocks; b++) {
        uint32_t u = s->u[b % 2], g = s->g[b % 2], count = hidden - b * n < n ? hidden - b * n : n;
        step_matvec_blocks(s, &at->w1, &l->w1, b, 1, u, 4, false);
        step_matvec_blocks(s, &at->w3, &l->w3, b, 1, g, 4, false);
        gate(s, u, g, count, 4);
        step_store(s, (npu_cmd_store_t){.offset = s->p->arena_hidden + b * n * 4,
                                        .run_bytes = count * 4,
                                        .n1 = s->count,
                                        .n2 = 1,
                                        .stride1 = (int32_t)row_bytes,
                                        .sp_addr = u,
                                        .nblk = div_up(count * 4, n),
                                        .sp_blk = 1,
                                        .sp_n1 = 4,
                                        .last_len = (count * 4 - 1) % n + 1});
    }
    for (uint32_t t = 0, i = 0, rows; t < s->count; t += rows, i ^= 1) {
        rows = s->count - t < s->back_rows ? s->count - t : s->back_rows;
        step_load(s, LLM_ARENA, s->p->arena_hidden + t * row_bytes, rows * row_bytes, s->back[i]);
        step_quantize(s, s->back[i], hidden, rows, s->hidden_words, s->hidden8 + t, 1, s->count,
                      s->scale + t * s->record, NULL);
    }
}

static void layer(step_t *s, int32_t i, uint32_t pos) {
    const ref_decoder_t *d = s->d;
    const ref_decoder_layer_t *l = &d->layer[i];
    const llm_layer_offsets_t *at = &s->p->layer[i];
    uint32_t dim = (uint32_t)d->dim, hidden = (uint32_t)d->hidden, q8 = s->q8;
    normalize(s, &l->attention_norm, at->attention_gain);
    step_attention(s, i, pos);
    step_quantize(s, s->y, dim, s->count, s->y_words, s->q8, 1, s->count, s->scale, NULL);
    step_matvec(s, &at->wo, &l->wo, s->x, s->dim_words, true);
    normalize(s, &l->mlp_norm, at->mlp_gain);
    if (s->spilled) {
        gate_through_memory(s, at, l);
    } else {
        step_matvec(s, &at->w1, &l->w1, s->u[0], s->hidden_words, false);
        step_matvec(s, &at->w3, &l->w3, s->g[0], s->hidden_words, false);
        gate(s, s->u[0], s->g[0], hidden, s->hidden_words);
        step_quantize(s, s->u[0], hidden, s->count, s->hidden_words, s->hidden8, 1, s->count,
                      s->scale, NULL);
    }
    s->q8 = s->hidden8;
    step_matvec(s, &at->w2, &l->w2, s->x, s->dim_words, true);
    s->q8 = q8;
}

/* Logits of the last row, which is position pos. */
static void classify(step_t *s, uint32_t pos) {
    const llm_program_t *p = s->p;
    uint32_t logits = p->arena_logits + pos % p->logit_rows * p->logit_pitch;
    s->x += (s->count - 1) * s->dim_words;
    s->count = 1;
    uint32_t most = step_blocks_at_once(s, &p->classifier), n = s->n, vocab = (uint32_t)s->d->vocab;
    normalize(s, &s->d->final_norm, p->final_gain);
    for (uint32_t i = 0, turn = 0; i < p->classifier.blocks; i += most, turn ^= 1) {
        uint32_t count = p->classifier.blocks - i < most ? p->classifier.blocks - i : most;
        uint32_t rows = vocab - i * n < count * n ? vocab - i * n : count * n;
        step_matvec_blocks(s, &p->classifier, &s->d->classifier, i, count, s->out[turn], 0, false);
        step_store(s, (npu_cmd_store_t){.offset = logits + i * n * 4,
                                        .run_bytes = rows * 4,
                                        .n1 = 1,
                                        .n2 = 1,
                                        .sp_addr = s->out[turn],
                                        .nblk = 1,
                                        .sp_win = 1,
                                        .last_len = n});
    }
}

static uint32_t take(step_t *s, uint32_t words) {
    uint32_t at = s->top;
    s->top += words;
    return at;
}

static uint32_t larger(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

/* Key/value heads at once: all of one position; of several, as few as fill whole blocks. */
static uint32_t heads_at_once(const step_t *s) {
    uint32_t heads = (uint32_t)s->d->kv_heads, unit = 1;
    while (s->count > 1 && unit < heads && (heads % unit || unit * s->p->head_dim % s->n))
        unit++;
    return s->count > 1 ? unit : heads;
}

/* Attention and what follows it use the same room in turn. */
static void lay_out_shared(step_t *s) {
    uint32_t rows = s->count, start = s->top, attention;
    s->y = take(s, rows * s->y_words);
    s->k = take(s, rows * s->kv_words);
    s->v = rows > 1 ? s->k : take(s, rows * s->kv_words);
    attention = s->top;
    s->top = start;
    for (int i = 0; i < (s->spilled ? 2 : 1); i++) {
        s->u[i] = take(s, rows * (s->spilled ? 4 : s->hidden_words));
        s->g[i] = take(s, rows * (s->spilled ? 4 : s->hidden_words));
    }
    s->back_rows = BACK_ROWS;
    for (int i = 0; s->spilled && i < 2; i++)
        s->back[i] = take(s, BACK_ROWS * s->hidden_words);
    if (s->spilled)
        s->hidden8 = take(s, rows * s->hidden_words / 4);
    s->top = larger(s->top, attention);
}

/* Places of everything in the scratchpad; false: it does not fit. */
static bool lay_out(step_t *s, bool spilled) {
    const ref_decoder_t *d = s->d;
    const llm_program_t *p = s->p;
    uint32_t n = s->n, dim = (uint32_t)d->dim, rows = s->count;
    uint32_t group = (uint32_t)(d->heads / d->kv_heads), context = wide_words(s, s->length);
    s->top = 0;
    s->record = n == 8 ? 2 : 1;
    s->spilled = spilled;
    s->unit = heads_at_once(s);
    s->dim_words = wide_words(s, dim);
    s->y_words = s->dim_words + 4;
    s->kv_words = wide_words(s, s->unit * p->head_dim);
    s->hidden_words = wide_words(s, (uint32_t)d->hidden);
    s->x = take(s, rows * s->dim_words);
    lay_out_shared(s);
    s->q8 = take(s, rows * (spilled ? s->dim_words : larger(s->dim_words, s->hidden_words)) / 4);
    s->hidden8 = spilled ? s->hidden8 : s->q8;
    s->scale = take(s, rows * s->record);
    s->gain = take(s, s->dim_words);
    s->rotary = take(s, rows * div_up(p->head_dim * 2, n));
    s->square = take(s, 4);
    s->heads8 = take(s, rows * s->unit * group * p->head_blocks);
    s->heads_scale = take(s, rows * s->unit * group * s->record);
    s->k8 = take(s, rows * s->unit * p->head_blocks);
    s->v8 = take(s, rows * s->unit * p->head_blocks);
    s->k_scale = take(s, rows * s->unit * s->record);
    s->v_scale = take(s, rows * s->unit * s->record);
    for (int i = 0; i < 2; i++) {
        s->kmax[i] = take(s, context);
        s->vmax[i] = take(s, context);
    }
    s->score_words = context;
    s->scores = take(s, rows * group * context);
    s->p8 = take(s, rows * group * div_up(s->length, n));
    s->p_scale = take(s, rows * group * s->record);
    s->slot_words = larger(s->dim_words / 4 * n + 4, SLOT_WORDS); /* a block of a matrix at once */
    s->out_words = 4 * (s->slot_words / (4 + p->classifier.passes * n) + 1);
    for (int i = 0; i < 2; i++)
        s->out[i] = take(s, s->out_words);
    s->slots = s->top;
    s->n_slots = s->top < p->config->sp_words ? (p->config->sp_words - s->top) / s->slot_words : 0;
    return s->n_slots >= MIN_SLOTS && 4 + p->head_blocks * n <= s->slot_words &&
           p->head_blocks * group * rows <= p->config->acc_depth &&
           group * rows <= p->config->acc_depth / n;
}

/* A list of `count` positions from pos on, everything in its place; false: too many. */
static bool step_begin(step_t *s, const llm_program_t *p, int32_t pos, uint32_t count) {
    *s = (step_t){.length = (uint32_t)pos + count,
                  .count = count,
                  .p = p,
                  .d = &p->model->decoder,
                  .n = p->config->n};
    return lay_out(s, false) || (count > 1 && lay_out(s, true));
}

uint32_t llm_program_at_once(const llm_program_t *p, int32_t pos) {
    uint32_t left = (uint32_t)(p->model->decoder.context - pos);
    for (uint32_t count = left < LLM_AT_ONCE ? left : LLM_AT_ONCE; count > 0; count--) {
        step_t s;
        if (step_begin(&s, p, pos, count))
            return count;
    }
    return 0;
}

int llm_program_step(const llm_program_t *p, int32_t pos, uint32_t count, bool logits,
                     const char *path, uint32_t **list, uint32_t *bytes, graph_error_t *err) {
    cc_op_t op = {.index = 0};
    step_t s;
    bool fits = step_begin(&s, p, pos, count);
    s.cc = (cc_t){.cfg = p->config,
                  .ops = &op,
                  .sp_words = p->config->sp_words,
                  .arena_bytes = (uint32_t)p->arena_size,
                  .err = err,
                  .n = s.n};
    *list = NULL;
    if (fits && cc_step_begin(&s.cc) == CC_OK) {
        uint32_t turn = p->head_dim * 2;
        for (uint32_t t = 0; t < count; t++) {
            step_load(&s, LLM_ARENA, p->arena_x + t * (uint32_t)s.d->dim * 4,
                      (uint32_t)s.d->dim * 4, s.x + t * s.dim_words);
            step_load(&s, LLM_WEIGHTS, p->rotary + ((uint32_t)pos + t) * turn, turn,
                      s.rotary + t * div_up(turn, s.n));
        }
        step_load(&s, LLM_WEIGHTS, p->square, s.n * 4, s.square);
        for (int32_t i = 0; i < s.d->n_layers; i++)
            layer(&s, i, (uint32_t)pos);
        if (logits)
            classify(&s, (uint32_t)pos + count - 1);
        *list = cc_step_packed(&s.cc, bytes);
    }
    cc_step_free(&s.cc);
    return *list ? 0 : graph_fail(err, "%s: out of memory for the commands of a step", path);
}
