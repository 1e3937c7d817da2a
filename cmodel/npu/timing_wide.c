/*
 * timing_wide.c - DRAINW, QUANTW, ROTATE, SILUW, SOFTMAXW.
 *
 * A pass moves `wide_lanes` elements a cycle through the pipeline. DRAINW, ROTATE and SILUW are one
 * pass over all rows; QUANTW and SOFTMAXW wait for the end of a pass before the next one begins,
 * and for the scale between them.
 * Counterparts: rtl/npu_wide*.v. SPDX-License-Identifier: Apache-2.0
 */
#include "timing.h"

#define WORDS_READ 3u   /* from the first address to the first word */
#define PIPE 19u        /* from a group of lanes to its word's write */
#define TURN 2u         /* from one pass to the next */
#define ACC_READ 3u     /* an accumulator entry, before the groups of its row */
#define QUANT_SCALE 60u /* scalar unit: from a row's largest magnitude to its factor */
#define NORM_SCALE 75u  /* ... and the reciprocal root, and their product */
#define SUM_SCALE 60u   /* ... and the reciprocal of the sum, and their product */

static uint64_t groups(const timing_t *t, uint32_t elements) {
    uint32_t lanes = t->cfg->wide_lanes ? t->cfg->wide_lanes : 1;
    return (elements + lanes - 1) / lanes;
}

static uint64_t pass(const timing_t *t, uint32_t elements) {
    return WORDS_READ + groups(t, elements) + PIPE + TURN;
}

/* The last pass of a row: whole words of int8. */
static uint64_t int8_pass(const timing_t *t, uint32_t length) {
    uint32_t n = t->cfg->n;
    return pass(t, (length + n - 1) / n * n) + (n < 16 ? 2 : 1);
}

uint64_t timing_wide(const timing_t *t, const uint32_t *words, uint64_t s) {
    npu_cmd_drainw_t d;
    npu_cmd_quantw_t q;
    npu_cmd_siluw_t u;
    npu_cmd_softmaxw_t x;
    switch (npu_cmd_opcode(words)) {
    case NPU_OP_DRAINW:
        npu_unpack_drainw(words, &d);
        return s + WORDS_READ + PIPE +
               d.count * (groups(t, t->cfg->n) + ACC_READ + (d.noscale ? 0 : 1));
    case NPU_OP_QUANTW:
        npu_unpack_quantw(words, &q);
        return s + q.rows *
                       (pass(t, q.n) + QUANT_SCALE + (q.norm ? NORM_SCALE : 0) + int8_pass(t, q.n));
    case NPU_OP_SOFTMAXW:
        npu_unpack_softmaxw(words, &x);
        for (uint32_t r = 0; r < x.rows; r++)
            s += 2 * pass(t, x.n + (x.causal ? r : 0)) + QUANT_SCALE + SUM_SCALE +
                 int8_pass(t, x.n + (x.causal ? x.rows - 1 : 0));
        return s;
    default: /* ROTATE and SILUW have these fields at the same places */
        npu_unpack_siluw(words, &u);
        return s + WORDS_READ + PIPE + u.rows * groups(t, u.n);
    }
}
