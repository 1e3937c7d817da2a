/*
 * lists.c - see lists.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "lists.h"

#include <stdlib.h>
#include <string.h>

/* Room for `more` elements behind n; 0 or -1. */
static int grow(void **array, size_t *room, size_t n, size_t more, size_t each) {
    if (n + more <= *room)
        return 0;
    size_t wanted = 2 * (n + more);
    void *bigger = realloc(*array, wanted * each);
    if (!bigger)
        return -1;
    *array = bigger;
    *room = wanted;
    return 0;
}
#define GROW(array, room, n, more) grow((void **)&(array), &(room), (n), (more), sizeof *(array))

/* A list of its own pays where more than one word in eight differs. */
static int alike(const uint32_t *a, const uint32_t *b, size_t words) {
    size_t differ = 0;
    for (size_t i = 0; i < words; i++)
        differ += a[i] != b[i];
    return differ <= words / 8;
}

int llm_lists_close(llm_lists_t *l) {
    size_t words = l->n_held ? l->steps[l->open].bytes / 4 : 0, changed = 0;
    uint32_t first = l->n_held ? l->steps[l->open].list / 4 : 0;
    uint32_t *which = malloc((words + 1) * sizeof *which);
    int status = which ? 0 : -1;
    for (size_t i = 0; which && i < words; i++)
        for (size_t k = 1; k < l->n_held; k++)
            if (l->held[k][i] != l->held[0][i]) {
                which[changed++] = (uint32_t)i;
                break;
            }
    if (status == 0 && GROW(l->patches, l->room_patches, l->n_patches, changed * l->n_held))
        status = -1;
    for (size_t k = 0; status == 0 && k < l->n_held; k++) {
        l->steps[l->open + k].patch = (uint32_t)l->n_patches;
        l->steps[l->open + k].patches = (uint32_t)changed;
        for (size_t i = 0; i < changed; i++)
            l->patches[l->n_patches++] = (llm_patch_t){first + which[i], l->held[k][which[i]]};
    }
    for (size_t k = 0; k < l->n_held; k++)
        free(l->held[k]);
    l->n_held = 0;
    l->open = l->n_steps;
    free(which);
    return status;
}

int llm_lists_add(llm_lists_t *l, llm_step_t step, const uint32_t *list) {
    size_t words = step.bytes / 4;
    int same =
        l->n_held > 0 && l->steps[l->open].bytes == step.bytes && alike(l->held[0], list, words);
    if (!same && llm_lists_close(l))
        return -1;
    if (GROW(l->words, l->room_words, l->n_words, words) ||
        GROW(l->steps, l->room_steps, l->n_steps, 1) || GROW(l->held, l->room_held, l->n_held, 1) ||
        (l->n_words + words) * 4 > UINT32_MAX)
        return -1;
    uint32_t *copy = malloc(step.bytes + 1);
    if (!copy)
        return -1;
    l->held[l->n_held++] = memcpy(copy, list, step.bytes);
    step.list = same ? l->steps[l->open].list : (uint32_t)(l->n_words * 4);
    if (!same) {
        memcpy(l->words + l->n_words, list, step.bytes);
        l->n_words += words;
    }
    l->steps[l->n_steps++] = step;
    return 0;
}

void llm_lists_free(llm_lists_t *l) {
    for (size_t k = 0; k < l->n_held; k++)
        free(l->held[k]);
    free(l->held);
    free(l->words);
    free(l->steps);
    free(l->patches);
    *l = (llm_lists_t){0};
}
