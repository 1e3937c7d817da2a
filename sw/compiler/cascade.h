/*
 * cascade.h - internal: a chain of convolutions (and an ADD at its end) that runs strip of rows by
 * strip of rows, so that what lies between them never leaves the scratchpad.
 *
 * Stage i reads tensor i and writes tensor i+1. Of the tensors between stages only the rows exist
 * that the current strip of the last one needs. A depthwise stage takes its input one channel block
 * at a time, made just before. Rows that two strips need are computed twice, or saved (copied aside
 * and back by the vector unit). Buffers are rings of equal slots. Counterparts: cascade_plan.c
 * (which chains, sizes), cascade.c (commands).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_CASCADE_H
#define SYSTOLE_CASCADE_H

#include "lower_conv.h"

#define CC_STAGES 4
/* Rings: tensors 0..CC_STAGES, the ADD's other operand, weights and saved rows of each stage. */
#define CC_RING_ADD (CC_STAGES + 1)
#define CC_RING_W (CC_STAGES + 2)
#define CC_RING_SAVE (CC_RING_W + CC_STAGES)
#define CC_RINGS (CC_RING_SAVE + CC_STAGES)

typedef struct {
    uint32_t words, slots, at; /* of a slot; how many (0: no ring); first word */
} cc_ring_t;

typedef struct {
    cc_t *cc;
    int32_t n; /* stages */
    int32_t op[CC_STAGES];
    cc_job_t stage[CC_STAGES];
    bool by_block[CC_STAGES]; /* its input is made block by block */
    int64_t passes[CC_STAGES];
    int32_t out;              /* store of the result */
    int32_t add, other, side; /* ADD operator or CC_NONE; its other operand, store and number */
    bool in_resident, out_resident, other_resident;
    bool other_is_input; /* read from the strips of tensor 0 */
    int32_t rows, strips;
    uint32_t keep; /* bit i: weights of stage i stay */
    uint32_t save; /* bit i: rows of tensor i that the next strip needs too are saved */
    cc_ring_t ring[CC_RINGS];
    uint32_t words; /* of all rings */
    int64_t cost;   /* estimated cycles */
} cc_chain_t;

/* Operators first..end-1 as a chain; false: not possible. Free with cc_chain_free() in any case. */
bool cc_chain_describe(cc_t *cc, int32_t first, int32_t end, cc_chain_t *h);
void cc_chain_free(cc_chain_t *h);
/* The `most` best sizes of strips and rings within `words`, best first; returns how many. */
int32_t cc_chain_fit(const cc_chain_t *h, uint32_t words, cc_chain_t *best, int32_t most);
bool cc_chain_allocate(cc_chain_t *h);
void cc_chain_release(cc_chain_t *h);
/* Tensors of strip s: box[0..n]. Of tensor i the rows before made[i] are saved ones. */
void cc_chain_boxes(const cc_chain_t *h, int32_t s, cc_box_t *box, int32_t *made);

#endif
