/*
 * lower_matmul.h - internal: one BATCH_MATMUL while it is lowered, matrix by matrix. Counterparts:
 * lower_matmul.c; lower_conv.c (products among the commands of the layer that makes an operand).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_LOWER_MATMUL_H
#define SYSTOLE_LOWER_MATMUL_H

#include "cc.h"

typedef struct {
    cc_t *cc;
    cc_op_t *o;
    int32_t op;
    const ref_matmul_t *p;
    int32_t n, depth_blocks, col_blocks;
    int32_t row_tile, col_tile;    /* rows; column blocks */
    int32_t side;                  /* entry where the rows' sums begin */
    uint32_t params, param_words;  /* parameter block in the scratchpad, its size */
    uint32_t tile;                 /* tile of zb */
    uint32_t constants, const_len; /* the allocation of both */
    uint32_t minus_half;           /* of the rows' sums */
    bool both;                     /* they are in both halves */
    int32_t batches, next;         /* matrices of the result; the next to lower */
    int32_t index[REF_MAX_RANK];   /* of that */
} cc_product_t;

int cc_product_begin(cc_t *cc, int32_t op, cc_product_t *j);
/* Channel blocks of the second operand that the next matrix needs, counted from the first. */
int32_t cc_product_needs(const cc_product_t *j);
int cc_product_next(cc_product_t *j);
void cc_product_end(cc_product_t *j);

#endif
