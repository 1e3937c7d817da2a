/*
 * image_build.c - see image_build.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image_build.h"

#include <string.h>

#include "npu_spec.h"

/* Parts that the NPU reads begin where its bursts do. */
enum { PAGE = 4096 };

static llm_part_t part(uint64_t *at, uint64_t bytes, uint32_t align) {
    *at = (*at + align - 1) / align * align;
    llm_part_t p = {(uint32_t)*at, (uint32_t)bytes};
    *at += bytes;
    return p;
}

int llm_image_plan(const llm_talk_t *t, llm_image_t *m) {
    const llm_program_t *p = t->program;
    const ref_decoder_t *d = &p->model->decoder;
    const llm_lists_t *l = t->lists;
    uint64_t at = sizeof *m, vocab = (uint64_t)d->vocab, texts = t->tokens ? 0 : vocab;
    *m = (llm_image_t){.magic = LLM_IMAGE_MAGIC,
                       .version = LLM_IMAGE_VERSION,
                       .spec_hash = NPU_SPEC_HASH,
                       .n = p->config->n,
                       .sp_words = p->config->sp_words,
                       .acc_depth = p->config->acc_depth,
                       .dim = d->dim,
                       .vocab = d->vocab,
                       .limit = t->limit,
                       .arena_size = (uint32_t)p->arena_size,
                       .arena_x = p->arena_x,
                       .arena_logits = p->arena_logits,
                       .logit_rows = p->logit_rows,
                       .logit_pitch = p->logit_pitch,
                       .longest = texts ? t->tokenizer->t.longest : 0,
                       .greedy = t->sampler.greedy,
                       .mult = t->sampler.mult,
                       .shift = t->sampler.shift,
                       .top_p = t->sampler.top_p,
                       .state_low = (uint32_t)t->sampler.state,
                       .state_high = (uint32_t)(t->sampler.state >> 32)};
    m->pieces = part(&at, texts * sizeof(token_piece_t), 8);
    m->sorted = part(&at, texts * 4, 8);
    m->text = part(&at, texts ? t->tokenizer->size : 0, 8);
    m->prompt = part(&at, texts ? strlen(t->prompt) : 0, 8);
    m->tokens = part(&at, t->tokens ? (uint64_t)t->limit * 4 : 0, 8);
    m->embed = part(&at, vocab * (uint64_t)d->dim, 8);
    m->embed_mult = part(&at, vocab * 4, 8);
    m->embed_shift = part(&at, vocab, 8);
    m->steps = part(&at, l->n_steps * sizeof *l->steps, 8);
    m->patches = part(&at, l->n_patches * sizeof *l->patches, 8);
    m->lists = part(&at, l->n_words * 4, PAGE);
    m->weights = part(&at, p->weights_size, PAGE);
    m->size = (uint32_t)at;
    return at > UINT32_MAX ? -1 : 0;
}

static void put(uint8_t *to, llm_part_t p, const void *from) {
    if (p.bytes)
        memcpy(to + p.at, from, p.bytes);
}

void llm_image_write(const llm_talk_t *t, const llm_image_t *m, uint8_t *to) {
    const ref_decoder_t *d = &t->program->model->decoder;
    memset(to, 0, m->size);
    memcpy(to, m, sizeof *m);
    if (t->tokens) {
        put(to, m->tokens, t->tokens);
    } else {
        put(to, m->pieces, t->tokenizer->piece);
        put(to, m->sorted, t->tokenizer->sorted);
        put(to, m->text, t->tokenizer->bytes);
        put(to, m->prompt, t->prompt);
    }
    put(to, m->embed, d->embed);
    put(to, m->embed_mult, d->embed_mult);
    put(to, m->embed_shift, d->embed_shift);
    put(to, m->steps, t->lists->steps);
    put(to, m->patches, t->lists->patches);
    put(to, m->lists, t->lists->words);
    put(to, m->weights, t->program->weights);
}
