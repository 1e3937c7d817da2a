/*
 * generate_image.h - what the soft-core needs to make a text (sw/llm/image.h), of a model, a
 * tokenizer and the user's options.
 *
 * Contract:  the image begins at a page of memory (PAGE), as do the arena and the firmware's own,
 * which lie elsewhere. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_GENERATE_IMAGE_H
#define SYSTOLE_GENERATE_IMAGE_H

#include "generate.h"
#include "image_build.h"

typedef struct {
    llm_program_t program;
    llm_lists_t lists;
    uint64_t *predicted; /* cycles of each list; NULL: not asked for */
    llm_talk_t talk;
    llm_image_t image; /* its first part */
} generate_image_t;

/* Lists of all positions of the sequence, and the image's plan. t: NULL to run over q->tokens.
 * logit_rows: 1, or more to look at all logits afterwards. 0, or -1 with *err;
 * generate_image_free() in any case. */
int generate_image_make(const generate_options_t *o, const llm_model_t *m,
                        const tokenizer_file_t *t, const sequence_t *q, uint32_t logit_rows,
                        int predict, generate_image_t *g, graph_error_t *err);
/* Into memory, g->image.size bytes. 0 or -1 with *err. */
int generate_image_write(const generate_options_t *o, const generate_image_t *g, uint8_t *to,
                         graph_error_t *err);
/* Into the file o->image, whole or not at all; says on stdout what is in it. 0 or -1 with *err. */
int generate_image_file(const generate_options_t *o, const llm_model_t *m,
                        const tokenizer_file_t *t, const sequence_t *q, graph_error_t *err);
void generate_image_free(generate_image_t *g);

#endif
