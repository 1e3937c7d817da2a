/*
 * timing_wide.c - DRAINW, QUANTW, ROTATE, SILUW, SOFTMAXW.
 *
 * A pass moves `wide_lanes` elements a cycle through the pipeline. DRAINW, ROTATE and SILUW are one
 * pass over all rows; QUANTW and SOFTMAXW wait for the end of a pass before the next one begins,
 * and for the scale between them. Banks that other units read are not looked at.
 * Counterparts: rtl/npu_wide*.v. SPDX-License-Identifier: Apache-2.0
 */
#include "timing.h"

#define FIRST_WORD 6u /* from the command's start to the first group of lanes */
#define PIPE 22u      /* from a group of lanes to its word's write */
#define EARLY 5u      /* ... earlier: the second multiplication does not wait for the first */
#define ENTRY 3u      /* accumulator entry and scale record, before the groups of a row */
/* A row of several passes: all but the groups of its passes. */
#define QUANT_ROW 122u   /* two pipelines, the factor from the largest magnitude, the record */
#define ROOT 82u         /* with a norm: the reciprocal root and the product */
#define SOFTMAX_ROW 214u /* three pipelines, factor, reciprocal of the sum and product, record */

static uint64_t groups(const timing_t *t, uint32_t elements) {
    uint32_t lanes = t->cfg->wide_lanes ? t->cfg->wide_lanes : 1;
    return (elements + lanes - 1) / lanes;
}

/* Of the last pass of a row: whole words of int8; and the second word of a record. */
static uint64_t int8_groups(const timing_t *t, uint32_t length) {
    uint32_t n = t->cfg->n;
    return groups(t, (length + n - 1) / n * n) + (n < 16 ? 2 : 0);
}

uint64_t timing_wide(const timing_t *t, const uint32_t *words, uint64_t s) {
    npu_cmd_drainw_t d;
    npu_cmd_quantw_t q;
    npu_cmd_siluw_t u;
    npu_cmd_softmaxw_t x;
    switch (npu_cmd_opcode(words)) {
    case NPU_OP_DRAINW:
        npu_unpack_drainw(words, &d);
        return s + FIRST_WORD + d.count * (groups(t, t->cfg->n) + ENTRY) + PIPE - 2;
    case NPU_OP_QUANTW:
        npu_unpack_quantw(words, &q);
        return s + 2 +
               q.rows * (groups(t, q.n) + int8_groups(t, q.n) + QUANT_ROW + (q.norm ? ROOT : 0));
    case NPU_OP_SOFTMAXW:
        npu_unpack_softmaxw(words, &x);
        s += 2;
        for (uint32_t r = 0; r < x.rows; r++)
            s += 2 * groups(t, x.n + (x.causal ? r : 0)) + SOFTMAX_ROW +
                 int8_groups(t, x.n + (x.causal ? x.rows - 1 : 0));
        return s;
    default: /* ROTATE and SILUW have these fields at the same places */
        npu_unpack_siluw(words, &u);
        return s + FIRST_WORD + u.rows * groups(t, u.n) + PIPE -
               (npu_cmd_opcode(words) == NPU_OP_ROTATE ? EARLY : 0);
    }
}
