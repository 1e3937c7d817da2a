/*
 * lower_conv.h - internal: one convolution while it is lowered. Counterparts: lower_conv.c (tiles),
 * pack_input.c (operand modes, packed inputs).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_LOWER_CONV_H
#define SYSTOLE_LOWER_CONV_H

#include "conv.h"

typedef struct {
    cc_t *cc;
    cc_op_t *o;
    cc_conv_t d;
    int32_t in, out; /* stores */
    bool in_resident, out_resident;
    int32_t max_passes; /* of one CONV */
    int32_t tb, th, tw; /* output tile: images, rows, columns */
    bool keep;          /* all weights stay for all tiles */
    int32_t chunk;      /* passes of a weight chunk; 0: output blocks whole */
    bool chunk_input;   /* input fetched chunk by chunk too */
} cc_job_t;

/* Which part of the array's input an output tile needs (modes PLAIN, FIR: of the tensor). */
cc_box_t cc_conv_input_box(const cc_conv_t *d, cc_box_t out);
/* The mode of fewest cycles for operator op. */
cc_mode_t cc_conv_best_mode(const cc_t *cc, int32_t op, const cc_conv_t *d);
/* Input of a tile with kernel lines packed into lanes. */
int cc_fetch_packed(cc_job_t *j, cc_box_t tile, cc_view_t *v);

#endif
