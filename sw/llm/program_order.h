/*
 * program_order.h - commands of a list in an order that keeps the units busy.
 *
 * Contract:  commands are added in an order in which executing them one after another is right.
 * llm_order_emit finds which of them depend on which (the same word of the scratchpad, accumulator
 * entry or line of the arena, at least one of the two writes) and runs them in time: a unit that is
 * free takes, of the commands whose predecessors have ended, the one of the lowest rank, of those
 * the one added first. In the order of their starts they go to the compiler (cc_emit), which adds
 * tokens. So the order of adding is one of importance; execution follows what can run.
 * Which half of the accumulators a CONV adds to is chosen then, too: not the one before, so that
 * the other can be drained meanwhile. CONVs and DRAINWs are added with half 0, a DRAINW
 * for the entries of one CONV.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_LLM_PROGRAM_ORDER_H
#define SYSTOLE_LLM_PROGRAM_ORDER_H

#include "cc.h"

typedef struct llm_order llm_order_t;

/* NULL: out of memory. */
llm_order_t *llm_order_new(const npu_config_t *config, uint32_t arena_bytes);
/* Estimated cycles. */
typedef struct {
    uint64_t busy; /* until the unit can begin another */
    uint64_t late; /* from then on, until those that wait for it can begin */
} llm_cost_t;
void llm_order_add(llm_order_t *o, const uint32_t *words, llm_cost_t cost, uint32_t rank);
/* All of them to cc; 0, or -1: out of memory. */
int llm_order_emit(llm_order_t *o, cc_t *cc);
void llm_order_free(llm_order_t *o);

#endif
