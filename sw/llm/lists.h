/*
 * lists.h - the command lists of many steps in the form of image.h: lists that differ in a few
 * words are one list with patches.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_LLM_LISTS_H
#define SYSTOLE_LLM_LISTS_H

#include <stddef.h>

#include "image.h"

typedef struct {
    uint32_t *words; /* of the lists */
    llm_step_t *steps;
    llm_patch_t *patches;
    size_t n_words, n_steps, n_patches, room_words, room_steps, room_patches;
    /* Steps of the last list, which may still get more: from this one on, and their words. */
    size_t open;
    uint32_t **held;
    size_t n_held, room_held;
} llm_lists_t; /* zero to begin with */

/* One more step; list and patches of `step` are filled in here. list: step.bytes of them, copied.
 * 0, or -1: out of memory, or more than 4 GiB. */
int llm_lists_add(llm_lists_t *l, llm_step_t step, const uint32_t *list);
/* No more steps: now lists, steps and patches are complete. 0 or -1. */
int llm_lists_close(llm_lists_t *l);
void llm_lists_free(llm_lists_t *l);

#endif
