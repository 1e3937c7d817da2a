/*
 * lower_conv.h - internal: one convolution while it is lowered. Counterparts: lower_conv.c (tiles),
 * pack_input.c (operand modes, packed inputs), lower_slice.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_LOWER_CONV_H
#define SYSTOLE_LOWER_CONV_H

#include "conv.h"
#include "lower_matmul.h"

typedef struct {
    cc_t *cc;
    cc_op_t *o;
    cc_conv_t d;
    int32_t in, out; /* stores */
    bool in_resident, out_resident;
    int32_t max_passes;     /* of one CONV */
    int32_t tb, th, tw, tk; /* output tile: images, rows, columns, blocks */
    bool keep;              /* all weights stay for all tiles */
    int32_t chunk;          /* passes of a weight chunk; 0: output blocks whole */
    bool chunk_input;       /* input fetched chunk by chunk too */
    int32_t slice;          /* input blocks of a slice (lower_slice.c); 0: the input at once */
    int32_t add;            /* ADD operator that follows part by part, or CC_NONE */
    bool in_place;          /* it goes over the part; `out` is its result */
    int32_t pool;           /* pool that follows block by block, or CC_NONE */
    cc_product_t product;   /* of this result with another, matrix by matrix behind it: */
    bool multiplies;        /* it is */
    int32_t table;          /* table that follows part by part, or CC_NONE; `out` is its result */
    uint32_t table_at;      /* in the scratchpad */
} cc_job_t;

/* Where a part's sums are: half, first entry. */
typedef struct {
    uint32_t half, at;
} cc_acc_t;

/* A range of passes of one output block. */
typedef struct {
    int32_t k0, nk, ky0, nky, kx0, nkx; /* FIR: only the whole */
    int32_t first, passes;
} cc_chunk_t;

/* CONV of a part, one chunk of its passes; weights, params: scratchpad addresses. */
void cc_conv_emit(cc_job_t *j, cc_box_t part, cc_acc_t acc, const cc_chunk_t *ch,
                  const cc_view_t *in, uint32_t weights, uint32_t params, bool load_params);
/* DRAIN of a part of output block ob, and the part of the table or the ADD behind it. */
int cc_conv_drain(cc_job_t *j, cc_box_t part, cc_acc_t acc, int32_t ob, const cc_view_t *out);
/* After the last part of an output block: the block of the pool behind it. */
int cc_conv_end_block(cc_job_t *j, int32_t ob);
/* An output tile whose input and weights stream along the depth; tk blocks share a stream. */
int cc_lower_slices(cc_job_t *j, cc_box_t tile);
/* Output blocks of `outputs` positions that the accumulators hold at once. */
int32_t cc_slice_blocks(const cc_t *cc, int32_t outputs);

/* Which part of the array's input an output tile needs (modes PLAIN, FIR: of the tensor). */
cc_box_t cc_conv_input_box(const cc_t *cc, const cc_conv_t *d, cc_box_t out);
/* Rows and columns of the parts, if possible about `parts`, in which the th x tw outputs of a tile
 * go through the accumulator halves. */
void cc_conv_parts(const cc_t *cc, const cc_conv_t *d, int32_t th, int32_t tw, int32_t parts,
                   int32_t *rows, int32_t *cols);
/* Positions that the array streams for an output row in FIR mode. */
int32_t cc_fir_span(const cc_conv_t *d, int32_t x0, int32_t nx);
/* Sets tb, th, tw, tk, keep and chunk; false when nothing fits. */
bool cc_choose_tile(cc_job_t *j);
/* The mode of fewest cycles for operator op. */
cc_mode_t cc_conv_best_mode(const cc_t *cc, int32_t op, const cc_conv_t *d);
/* Part of output block ob whose parameters and weights are at `at`: array and drain. */
void cc_conv_part(cc_job_t *j, cc_box_t part, int32_t ob, uint32_t at, const cc_view_t *in,
                  const cc_view_t *out, bool load_params);
/* Loads the input of a tile, kernel lines packed into lanes; v: where its input box is. */
void cc_load_packed(cc_job_t *j, cc_box_t tile, const cc_view_t *v);
/* The same with room for it. */
int cc_fetch_packed(cc_job_t *j, cc_box_t tile, cc_view_t *v);

#endif
