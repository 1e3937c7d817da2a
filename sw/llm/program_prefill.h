/*
 * program_prefill.h - a list of several positions under construction. Internal to
 * program_prefill*.c.
 *
 * Rows that are enough are cut into two parts, half a layer apart: while one is in its feed-forward
 * half, which is work for the array, the other is in its attention, which is work for the vector
 * unit. Each part loads the weights for itself; they meet only in the caches, where the second
 * finds keys and values of the first. What a part needs in one half of a layer, the other may have
 * meanwhile: the same places serve both. Wide rows whose scale is not known until they are complete
 * (results of the heads, gated rows) go to the arena block by block and come back, a few at a time,
 * to become int8. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_LLM_PROGRAM_PREFILL_H
#define SYSTOLE_LLM_PROGRAM_PREFILL_H

#include "program_step.h"

enum { PREFILL_PARTS = 2, PREFILL_TURNS = 2 };

typedef struct {
    uint32_t first, count; /* of the list's positions */
    uint32_t x, q8, scale, rotary;
} prefill_part_t;

/* A unit of heads, as few as fill whole blocks of N. int8 rows head by head: block b of row t of
 * head h at (h * head_blocks + b) * tall + t; records of head h from h * T on. */
typedef struct {
    uint32_t q8, q_scale, k8, k_scale, v8, v_scale;
    uint32_t kmax, vmax; /* wide rows of a head each */
} prefill_unit_t;

typedef struct {
    step_t s; /* of the part at hand: its T positions, its rows */
    prefill_part_t part[PREFILL_PARTS];
    uint32_t parts, now;   /* now: the part at hand */
    uint32_t start, pos;   /* first position of the list; of the part at hand */
    uint32_t most, tall;   /* rows of a part at most, and in whole blocks of N */
    uint32_t unit, group;  /* key/value heads at once; query heads of each */
    uint32_t kv, kv_words; /* wide rows of a unit: keys, then values */
    uint32_t y, y_words;   /* results of all heads; before them, their queries */
    prefill_unit_t heads[PREFILL_TURNS];
    uint32_t token_words; /* of a wide row with an element for each token: kmax, vmax, scores */
    /* of one head's group: scores, and weights: block b of row t of head g at
     * (g * blocks + b) * T + t */
    uint32_t scores, p8, p_scale;
    uint32_t u[PREFILL_TURNS], g; /* blocks of gate and up */
    uint32_t back[PREFILL_TURNS]; /* rows of them, from the arena */
    uint32_t hidden8, gain[2], hidden_words;
    uint32_t half; /* halves of a layer before those at hand */
} prefill_t;

/* Everything in its place; false: too many positions. */
bool prefill_begin(prefill_t *f, const llm_program_t *p, int32_t pos, uint32_t count);
/* The layers of all positions, from their embeddings in the arena to x; s is then the last part. */
void prefill_layers(prefill_t *f);

/* Of commands from here on, among those of the same half of a layer: 0 or 1 (program_order.h). */
void prefill_rank(prefill_t *f, uint32_t unit, uint32_t rank);

/* The products of heads first..first + unit - 1, quantised, kept in the caches. */
void prefill_heads(prefill_t *f, int32_t layer, uint32_t first);
/* Their attention, to y. */
void prefill_attend(prefill_t *f, int32_t layer, uint32_t first);

#endif
