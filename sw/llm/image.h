/*
 * image.h - a language model in memory, as the soft-core runs it (sw/firmware/talk.c): tokenizer,
 * prompt, settings of the drawing, embedding, the NPU's weights and its command lists.
 *
 * Contract:  little-endian; offsets in bytes from the image's begin, parts at multiples of 8. The
 * firmware reads it where it lies and changes only words of lists. The arena (program.h) and what
 * the firmware notes (llm_notes_t) lie elsewhere. A list serves the positions up to the next
 * multiple of N or so: what changes from one to the next are a few words, its patches; the patches
 * of a step set every word that any step of the same list changes, so steps may run in any order.
 * Writer: image_build.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_LLM_IMAGE_H
#define SYSTOLE_LLM_IMAGE_H

#include <stdint.h>

#include "sampler.h"
#include "tokenizer.h"

#define LLM_IMAGE_MAGIC 0x4b4c4154u /* "TALK" */
#define LLM_IMAGE_VERSION 1u
enum { LLM_LIST = 0, LLM_ARENA = 1, LLM_WEIGHTS = 2 }; /* memory regions of the NPU */

typedef struct {
    uint32_t at, bytes;
} llm_part_t;

/* One command list: positions pos..pos + count - 1. */
typedef struct {
    uint32_t pos, count, logits; /* logits: of the last position, 0 or 1 */
    uint32_t list, bytes;        /* offset in the lists */
    uint32_t patch, patches;     /* first one, how many */
} llm_step_t;

typedef struct {
    uint32_t word, value; /* index of a 32-bit word of the lists */
} llm_patch_t;

typedef struct {
    uint32_t magic, version, spec_hash, size;
    uint32_t n, sp_words, acc_depth; /* what the lists are for; they need wide lanes too */
    int32_t dim, vocab, limit;       /* limit: positions at most */
    uint32_t arena_size, arena_x, arena_logits, logit_rows, logit_pitch; /* as in program.h */
    int32_t longest;                                                     /* of the pieces */
    llm_part_t pieces, sorted, text;           /* the tokenizer: (vocab), (vocab), bytes */
    llm_part_t prompt;                         /* text; not used where there are tokens */
    llm_part_t tokens;                         /* int32: run over these, make no text; empty: do */
    llm_part_t embed, embed_mult, embed_shift; /* ref_decoder.h: (vocab, dim), (vocab), (vocab) */
    llm_part_t steps, patches, lists, weights;
    int32_t greedy, mult, shift; /* sampler_t */
    uint32_t top_p, state_low, state_high;
} llm_image_t;

/* What the firmware notes while it runs; tokens: (limit + 1), those of the prompt first. */
typedef struct {
    uint32_t given, made, steps, reserved; /* tokens of the prompt, tokens made, lists run */
    uint64_t cycles_npu, bytes_read, bytes_written; /* the NPU's counters, of all lists */
} llm_notes_t;

/* NULL, or what is wrong with the image of `size` bytes: then nothing in it may be used. The
 * tokenizer's pieces are looked at by tokenizer_valid. */
const char *llm_image_check(const llm_image_t *m, uint32_t size);
static inline const void *llm_part(const llm_image_t *m, llm_part_t part) {
    return (const uint8_t *)m + part.at;
}
tokenizer_t llm_image_tokenizer(const llm_image_t *m);
sampler_t llm_image_sampler(const llm_image_t *m);
/* Bytes that the firmware needs to work in, llm_notes_t first. */
uint64_t llm_image_scratch(const llm_image_t *m);

#endif
