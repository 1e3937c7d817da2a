/*
 * model_order.h - is a command list well ordered? And what does a command touch?
 *
 * Every two conflicting accesses (same scratchpad word, accumulator entry, parameter set or memory
 * byte, at least one a write) of different units must be ordered by unit order and tokens. Vector
 * clocks: a clock holds, for each unit, how many of its commands are known to have ended. A command
 * gets the clock of its predecessor in the unit joined with those of the tokens it takes (i-th
 * taken = i-th given of a pair of units). CONV has more: its weights are read at a clock that knows
 * only tokens from the load unit, unless `early`, and with `late` its operands and sums do not know
 * the token of the vector unit, which only its parameter block waits for. For each word the last
 * writer and the last reader of each unit are enough, because a unit runs its commands in order.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_MODEL_ORDER_H
#define SYSTOLE_MODEL_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "npu_spec.h"

#define NPU_FROM_UNIT 16u /* accumulator entries that acc_from of a CONV counts in */

typedef enum {
    NPU_RES_SCRATCHPAD,  /* address: word */
    NPU_RES_ACCUMULATOR, /* address: half * acc_depth + entry */
    NPU_RES_PARAMS,      /* address: set */
    NPU_RES_MEMORY,      /* address: bus address of a byte */
} npu_resource_t;

/* Phase of an access: weights of a CONV are read in phase 0, its parameter block in phase 2,
 * everything else happens in phase 1. */
#define NPU_PHASE_WEIGHTS 0
#define NPU_PHASE_MAIN 1
#define NPU_PHASE_PARAMS 2
#define NPU_PHASES 3

/* `count` consecutive addresses; never wraps. A command may report the same address repeatedly. */
typedef void (*npu_touch_fn)(void *ctx, npu_resource_t resource, uint32_t address, uint32_t count,
                             int write, int phase);

/* Report all that the legal command `words` reads and writes. region_base: NPU_REGIONS bus
 * addresses. */
void npu_footprint(const npu_config_t *config, const uint32_t *region_base, const uint32_t *words,
                   npu_touch_fn touch, void *ctx);
/* The part of it for DRAINW, QUANTW, ROTATE, SILUW, SOFTMAXW; nothing for other commands. */
void npu_footprint_wide(const npu_config_t *config, const uint32_t *words, npu_touch_fn touch,
                        void *ctx);

typedef struct npu_order npu_order_t;

/* For each phase and unit: how many commands of that unit must have ended before the phase. */
typedef struct {
    uint32_t seq[NPU_PHASES][NPU_QUEUES];
    /* where that was asked for */
    npu_resource_t resource[NPU_PHASES][NPU_QUEUES];
    uint32_t address[NPU_PHASES][NPU_QUEUES];
} npu_order_need_t;

/* NULL when out of memory. list_address, list_bytes: the command list, which nobody may write. */
npu_order_t *npu_order_new(const npu_config_t *config, const uint32_t *region_base,
                           uint32_t list_address, uint32_t list_bytes);
void npu_order_free(npu_order_t *order);

/* What the next command of the list needs (conflicts with accesses of other units). */
void npu_order_needs(npu_order_t *order, const uint32_t *words, npu_order_need_t *need);

/* Append a command whose tokens the words name. Returns 0, or -1 on the first violation
 * (npu_order_error) or a token that is not there. */
int npu_order_append(npu_order_t *order, const uint32_t *words);

/* One line about the first violation, or NULL. */
const char *npu_order_error(const npu_order_t *order);

#endif
