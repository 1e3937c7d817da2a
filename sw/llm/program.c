/*
 * program.c - the command list of one position, or of several that follow each other; see
 * program.h.
 *
 * The residual stream stays in the scratchpad from the first layer to the last. Weights, and the
 * caches like weights, pass through a ring of slots, each filled by one LOAD: the load unit runs
 * ahead as far as the slots go. Order between the units is the compiler's (cc_emit). Several
 * positions (of a prompt, program_prefill.c) share what is loaded: they are the vectors of one
 * CONV, and cost little more than one until a tile takes longer in the array than at the port.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "program_prefill.h"

enum { MIN_SLOTS = 3 };

/* Row `row` through a norm to int8. */
static void normalize(step_t *s, uint32_t row, const ref_wide_norm_t *norm, uint32_t gain) {
    step_load(s, LLM_WEIGHTS, gain, (uint32_t)s->d->dim * 4, s->gain);
    step_quantize(s, s->x + row * s->dim_words, (uint32_t)s->d->dim, 1, s->dim_words, s->q8 + row,
                  1, s->count, s->scale + row * s->record, norm);
}

/* u = silu(u) * g, of n elements. */
static void gate(step_t *s, uint32_t n) {
    uint32_t words[NPU_CMD_WORDS];
    npu_cmd_siluw_t c = {.u_addr = s->u, .v_addr = s->g, .n = n, .rows = 1};
    npu_pack_siluw(&c, words);
    step_emit_vector(s, words, (uint64_t)n / s->p->config->wide_lanes);
}

static void layer(step_t *s, int32_t i, uint32_t pos) {
    const ref_decoder_t *d = s->d;
    const ref_decoder_layer_t *l = &d->layer[i];
    const llm_layer_offsets_t *at = &s->p->layer[i];
    uint32_t dim = (uint32_t)d->dim, hidden = (uint32_t)d->hidden;
    normalize(s, 0, &l->attention_norm, at->attention_gain);
    step_attention(s, i, pos);
    step_quantize(s, s->y, dim, 1, 0, s->q8, 1, 1, s->scale, NULL);
    step_matvec(s, &at->wo, &l->wo, s->x, 0, true);
    normalize(s, 0, &l->mlp_norm, at->mlp_gain);
    step_matvec(s, &at->w1, &l->w1, s->u, 0, false);
    step_matvec(s, &at->w3, &l->w3, s->g, 0, false);
    gate(s, hidden);
    step_quantize(s, s->u, hidden, 1, 0, s->q8, 1, 1, s->scale, NULL);
    step_matvec(s, &at->w2, &l->w2, s->x, 0, true);
}

/* Logits of row `row`, which is position pos. */
static void classify(step_t *s, uint32_t row, uint32_t pos) {
    const llm_program_t *p = s->p;
    uint32_t logits = p->arena_logits + pos % p->logit_rows * p->logit_pitch;
    s->rows = (step_rows_t){row, 1};
    uint32_t most = step_blocks_at_once(s, &p->classifier), n = s->n, vocab = (uint32_t)s->d->vocab;
    normalize(s, row, &s->d->final_norm, p->final_gain);
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

/* Places of everything in the scratchpad for one position; false: it does not fit. */
static bool lay_out(step_t *s) {
    const ref_decoder_t *d = s->d;
    const llm_program_t *p = s->p;
    uint32_t n = s->n, heads = (uint32_t)d->heads, kv_heads = (uint32_t)d->kv_heads,
             group = heads / kv_heads, context = wide_words(s, s->length),
             kv_words = wide_words(s, kv_heads * p->head_dim);
    uint32_t hidden_words = wide_words(s, (uint32_t)d->hidden);
    s->dim_words = wide_words(s, (uint32_t)d->dim);
    s->x = step_take(s, s->dim_words);
    uint32_t start = s->top; /* attention and what follows it use the same room in turn */
    s->y = step_take(s, s->dim_words + 4); /* the last head may write a part of a block too much */
    s->k = step_take(s, kv_words);
    s->v = step_take(s, kv_words);
    uint32_t attention = s->top;
    s->top = start;
    s->u = step_take(s, hidden_words);
    s->g = step_take(s, hidden_words);
    s->top = s->top > attention ? s->top : attention;
    s->q8 = step_take(s, (s->dim_words > hidden_words ? s->dim_words : hidden_words) / 4);
    s->scale = step_take(s, s->record);
    s->gain = step_take(s, s->dim_words);
    s->rotary = step_take(s, div_up(p->head_dim * 2, n));
    s->square = step_take(s, 4);
    s->heads8 = step_take(s, heads * p->head_blocks);
    s->heads_scale = step_take(s, heads * s->record);
    s->k8 = step_take(s, kv_heads * p->head_blocks);
    s->v8 = step_take(s, kv_heads * p->head_blocks);
    s->k_scale = step_take(s, kv_heads * s->record);
    s->v_scale = step_take(s, kv_heads * s->record);
    for (int i = 0; i < 2; i++) {
        s->kmax[i] = step_take(s, context);
        s->vmax[i] = step_take(s, context);
    }
    s->score_words = context;
    s->scores = step_take(s, group * context);
    s->p8 = step_take(s, group * div_up(s->length, n));
    s->p_scale = step_take(s, group * s->record);
    return step_lay_out_slots(s) >= MIN_SLOTS && p->head_blocks * group <= p->config->acc_depth &&
           group <= p->config->acc_depth / n;
}

static bool step_begin(step_t *s, const llm_program_t *p, int32_t pos) {
    step_new(s, p, pos, 1);
    return lay_out(s);
}

uint32_t llm_program_at_once(const llm_program_t *p, int32_t pos) {
    uint32_t left = (uint32_t)(p->model->decoder.context - pos);
    prefill_t f;
    for (uint32_t count = left < LLM_AT_ONCE ? left : LLM_AT_ONCE; count > 1; count--)
        if (prefill_begin(&f, p, pos, count))
            return count;
    return step_begin(&f.s, p, pos) ? 1 : 0;
}

static void one_position(step_t *s, uint32_t pos) {
    const llm_program_t *p = s->p;
    uint32_t turn = p->head_dim * 2;
    step_load(s, LLM_ARENA, p->arena_x, (uint32_t)s->d->dim * 4, s->x);
    step_load(s, LLM_WEIGHTS, p->rotary + pos * turn, turn, s->rotary);
    step_load(s, LLM_WEIGHTS, p->square, s->n * 4, s->square);
    for (int32_t i = 0; i < s->d->n_layers; i++)
        layer(s, i, pos);
}

int llm_program_step(const llm_program_t *p, int32_t pos, uint32_t count, bool logits,
                     const char *path, uint32_t **list, uint32_t *bytes, graph_error_t *err) {
    cc_op_t op = {.index = 0};
    prefill_t f;
    step_t *s = &f.s;
    bool fits = count > 1 ? prefill_begin(&f, p, pos, count) : step_begin(s, p, pos);
    s->cc = (cc_t){.cfg = p->config,
                   .ops = &op,
                   .sp_words = p->config->sp_words,
                   .arena_bytes = (uint32_t)p->arena_size,
                   .err = err,
                   .n = s->n};
    *list = NULL;
    if (fits && count > 1)
        s->order = llm_order_new(p->config, (uint32_t)p->arena_size);
    if (fits && (count == 1 || s->order) && cc_step_begin(&s->cc) == CC_OK) {
        if (count > 1)
            prefill_layers(&f);
        else
            one_position(s, (uint32_t)pos);
        if (logits)
            classify(s, s->count - 1, (uint32_t)pos + count - 1);
        if (!s->order || llm_order_emit(s->order, &s->cc) == 0)
            *list = cc_step_packed(&s->cc, bytes);
    }
    llm_order_free(s->order);
    cc_step_free(&s->cc);
    return *list ? 0 : graph_fail(err, "%s: out of memory for the commands of a step", path);
}
