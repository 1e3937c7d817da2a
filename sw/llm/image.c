/*
 * image.c - see image.h. On the host and on the soft-core.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image.h"

#include <stddef.h>

#include "npu_spec.h"

static int inside(llm_part_t p, uint64_t count, uint32_t each, uint32_t size) {
    return p.at % 8 == 0 && p.at >= sizeof(llm_image_t) && p.at <= size && p.bytes <= size - p.at &&
           p.bytes == count * each;
}

static const char *check_steps(const llm_image_t *m) {
    uint64_t row = (uint64_t)m->dim * 4;
    const llm_step_t *step = llm_part(m, m->steps);
    uint32_t n = m->steps.bytes / (uint32_t)sizeof *step, pos = 0;
    for (uint32_t i = 0; i < n; i++) {
        llm_step_t s = step[i];
        uint32_t all = m->patches.bytes / (uint32_t)sizeof(llm_patch_t);
        if (s.pos != pos || s.count == 0 || s.count > (uint32_t)m->limit - pos)
            return "a step of positions that do not follow the one before";
        if (row * s.count > m->arena_size - m->arena_x)
            return "more positions at once than the arena has room for";
        if (s.list % 8 != 0 || s.list > m->lists.bytes || s.bytes > m->lists.bytes - s.list)
            return "a list outside the lists";
        if (s.patch > all || s.patches > all - s.patch)
            return "patches outside the patches";
        pos += s.count;
    }
    return pos == (uint32_t)m->limit ? NULL : "steps for fewer positions than the limit";
}

const char *llm_image_check(const llm_image_t *m, uint32_t size) {
    if (size < sizeof *m || m->magic != LLM_IMAGE_MAGIC)
        return "not an image of a language model";
    if (m->version != LLM_IMAGE_VERSION || m->spec_hash != NPU_SPEC_HASH)
        return "an image of another version";
    if (m->size > size || m->dim < 1 || m->vocab <= TOKEN_END || m->limit < 1 || m->logit_rows < 1)
        return "sizes that cannot be";
    uint64_t vocab = (uint64_t)m->vocab, dim = (uint64_t)m->dim;
    uint64_t texts = m->tokens.bytes == 0 ? vocab : 0;
    if (!inside(m->pieces, texts, sizeof(token_piece_t), m->size) ||
        !inside(m->sorted, texts, 4, m->size) || !inside(m->text, m->text.bytes, 1, m->size) ||
        !inside(m->prompt, m->prompt.bytes, 1, m->size) ||
        !inside(m->tokens, texts ? 0 : (uint64_t)m->limit, 4, m->size) ||
        !inside(m->embed, vocab * dim, 1, m->size) || !inside(m->embed_mult, vocab, 4, m->size) ||
        !inside(m->embed_shift, vocab, 1, m->size) ||
        !inside(m->steps, m->steps.bytes / sizeof(llm_step_t), sizeof(llm_step_t), m->size) ||
        !inside(m->patches, m->patches.bytes / sizeof(llm_patch_t), sizeof(llm_patch_t), m->size) ||
        !inside(m->lists, m->lists.bytes, 1, m->size) ||
        !inside(m->weights, m->weights.bytes, 1, m->size))
        return "a part outside the image";
    uint64_t pitch = m->logit_pitch, last = m->arena_logits + pitch * (m->logit_rows - 1);
    if (pitch % 4 != 0 || m->arena_x % 4 != 0 || m->arena_logits % 4 != 0 ||
        m->arena_x + dim * 4 > m->arena_size || last + vocab * 4 > m->arena_size)
        return "an arena that is too small";
    const llm_patch_t *patch = llm_part(m, m->patches);
    for (uint32_t i = 0; i < m->patches.bytes / sizeof *patch; i++)
        if (patch[i].word >= m->lists.bytes / 4)
            return "a patch outside the lists";
    const int32_t *tokens = llm_part(m, m->tokens);
    for (uint32_t i = 0; i < m->tokens.bytes / 4; i++)
        if (tokens[i] < 0 || tokens[i] >= m->vocab)
            return "a token outside the vocabulary";
    return check_steps(m);
}

tokenizer_t llm_image_tokenizer(const llm_image_t *m) {
    return (tokenizer_t){m->vocab, m->longest, llm_part(m, m->pieces), llm_part(m, m->sorted),
                         llm_part(m, m->text)};
}

sampler_t llm_image_sampler(const llm_image_t *m) {
    return (sampler_t){m->greedy, m->mult, m->shift, m->top_p,
                       (uint64_t)m->state_high << 32 | m->state_low};
}

uint64_t llm_image_scratch(const llm_image_t *m) {
    uint64_t tokens = 2 * ((uint64_t)m->prompt.bytes + 2);
    tokens = tokens > (uint64_t)m->limit + 1 ? tokens : (uint64_t)m->limit + 1;
    return sizeof(llm_notes_t) + 4 * (tokens + 2 * (uint64_t)m->vocab);
}
