/*
 * image_build.h - writes the image of a language model (image.h).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_LLM_IMAGE_BUILD_H
#define SYSTOLE_LLM_IMAGE_BUILD_H

#include "lists.h"
#include "program.h"
#include "tokenizer_file.h"

/* What an image is made of; lists are closed. tokens (limit), or tokenizer and prompt. */
typedef struct {
    const llm_program_t *program;
    const llm_lists_t *lists;
    const tokenizer_file_t *tokenizer;
    const char *prompt;
    const int32_t *tokens;
    int32_t limit;
    sampler_t sampler;
} llm_talk_t;

/* The image's first part: where everything goes and how large it is in all. 0, or -1: more than
 * 4 GiB. */
int llm_image_plan(const llm_talk_t *t, llm_image_t *m);
/* The whole image, m->size bytes. */
void llm_image_write(const llm_talk_t *t, const llm_image_t *m, uint8_t *to);

#endif
