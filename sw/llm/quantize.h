/*
 * quantize.h - a float checkpoint as the integers that a decoder runs on (ref_decoder.h).
 *
 * Contract:  deterministic; data-free: nothing is run to find a scale. Weights int8, or int4 in
 * integer groups: weight = scale of the row * factor of the group (1..15) * a number of 4 bits,
 * groups of REF_GROUP along the row. The embedding that tokens are looked up in stays int8.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_QUANTIZE_H
#define SYSTOLE_QUANTIZE_H

#include "checkpoint.h"
#include "ref_decoder.h"

typedef struct {
    ref_decoder_t decoder;
    int bits;              /* of the weights: 8 or 4 */
    uint64_t weight_bytes; /* read for one token: weights, group factors, scales of the rows */
    uint64_t macs; /* of the matrices, for one token; attention adds 2 * dim * length * n_layers */
    void *blocks;  /* everything that `decoder` points to */
} llm_model_t;

/* bits: 8 or 4. `path` is for messages. 0, or -1 with *err and nothing to free. */
int llm_quantize(const checkpoint_t *c, const char *path, int bits, llm_model_t *m,
                 graph_error_t *err);
void llm_model_free(llm_model_t *m);

/* One row (n) as integers: q int8 with |q| <= 127, w about scale * q. Returns the scale, 0 for a
 * row of zeros. */
double llm_quantize_row8(const float *w, int32_t n, int8_t *q);
/* As 4 bits (n, in -8..7), factor (ceil(n / REF_GROUP)): w about scale * factor * q, least squares
 * with `importance` (n) of each column, or NULL: all alike. */
double llm_quantize_row4(const float *w, const float *importance, int32_t n, int8_t *q,
                         uint8_t *factor);

#endif
