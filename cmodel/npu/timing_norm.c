/*
 * timing_norm.c - NORM.
 *
 * Rows follow each other in the pace of a pass (lanes elements a cycle) or of the reciprocal root,
 * whatever is longer: sums, root and scaling of three rows go on at the same time. What the first
 * row waits for its scales and the last for its write counts once. Independent of the data.
 * Banks that other units read are not looked at.
 * Counterparts: rtl/npu_norm.v, rtl/npu_norm_scalar.v. SPDX-License-Identifier: Apache-2.0
 */
#include "timing.h"

#define POST 12u      /* from a beat at the lanes to the word's write */
#define WORDS_READ 4u /* from the first address to the first word */
#define SUMS 4u       /* from a row's last element to its sums */
#define VARIANCE 15u  /* from the sums to the root, and one a place shifted */
#define ROOT 57u      /* 12 products, ten of them each after the one before */
#define SCALE 5u      /* from an element to its beat */

uint64_t timing_norm(const timing_t *t, const uint32_t *words, uint64_t s) {
    npu_cmd_norm_t c;
    npu_unpack_norm(words, &c);
    uint32_t n = t->cfg->n, lanes = t->cfg->lanes >= 16 ? 4 : 1; /* as of npu_vector_unit */
    uint32_t groups = (c.depth + lanes - 1) / lanes, places = 15;
    while (places > 0 && 1u << (16 - places) < c.depth)
        places--;
    uint64_t walk = s + 2, last, sums;
    if (c.load)
        walk += WORDS_READ + 2 * ((4 * c.depth + n - 1) / n);
    last = walk + 1 + WORDS_READ + groups - 1;
    sums = last + SUMS < s + 2 + places ? s + 2 + places : last + SUMS; /* places are counted */
    return sums + VARIANCE + places + ROOT - 1 +
           (uint64_t)(c.rows - 1) * (groups > ROOT ? groups : ROOT) + groups - 1 + SCALE + POST;
}
