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

enum { SLOT_WORDS = 320, MIN_SLOTS = 3 };

static void normalize(step_t *s, const ref_wide_norm_t *norm, uint32_t gain) {
    step_load(s, LLM_WEIGHTS, gain, (uint32_t)s->d->dim * 4, s->gain);
    step_quantize(s, s->x, (uint32_t)s->d->dim, s->count, s->dim_words, s->q8, s->count, s->scale,
                  norm);
}

static void layer(step_t *s, int32_t i, uint32_t pos) {
    const ref_decoder_t *d = s->d;
    const ref_decoder_layer_t *l = &d->layer[i];
    const llm_layer_offsets_t *at = &s->p->layer[i];
    uint32_t words[NPU_CMD_WORDS], dim = (uint32_t)d->dim, hidden = (uint32_t)d->hidden;
    normalize(s, &l->attention_norm, at->attention_gain);
    step_attention(s, i, pos);
    step_quantize(s, s->y, dim, s->count, s->y_words, s->q8, s->count, s->scale, NULL);
    step_matvec(s, &at->wo, &l->wo, s->x, s->dim_words, true);
    normalize(s, &l->mlp_norm, at->mlp_gain);
    step_matvec(s, &at->w1, &l->w1, s->u, s->hidden_words, false);
    step_matvec(s, &at->w3, &l->w3, s->g, s->hidden_words, false);
    npu_cmd_siluw_t c = {.u_addr = s->u,
                         .v_addr = s->g,
                         .n = hidden,
                         .rows = s->count,
                         .u_row = (int32_t)s->hidden_words,
                         .v_row = (int32_t)s->hidden_words};
    npu_pack_siluw(&c, words);
    cc_emit(&s->cc, words, (uint64_t)s->count * hidden * 3 / s->p->config->wide_lanes + 20);
    step_quantize(s, s->u, hidden, s->count, s->hidden_words, s->q8, s->count, s->scale, NULL);
    step_matvec(s, &at->w2, &l->w2, s->x, s->dim_words, true);
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
