/*
 * conv.h - internal: one convolution (CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED) as the lowering
 * sees it. Counterparts: conv_desc.c (description, weights), lower_conv.c (tiles, commands).
 *
 * Every one of them is a grouped convolution; the mode says how its operands reach the array's
 * rows: PLAIN  row r of input block k holds channel k*N + r; one pass for each block, ky, kx FIR
 * depthwise: the array's own mode, one input block, G x T taps for each pass LINE   few channels:
 * the word for (image row, output column) holds the kw * Cin bytes of one kernel line (with gaps
 * when dilated), in `blocks` words; one pass for each block, ky LINES  fewer still: the word for
 * (output row, output column) of block q holds `lines` kernel lines of `line` lanes; one pass for
 * each block The fields v_* describe the convolution that the array then runs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_CONV_H
#define SYSTOLE_CONV_H

#include "cc.h"

typedef enum { CC_PLAIN, CC_FIR, CC_LINE, CC_LINES } cc_mode_t;

typedef struct {
    int32_t b, h, w, c, oh, ow, oc;
    int32_t kh, kw, sy, sx, dy, dx, pt, pl;
    int32_t in_zp, out_zp, lo, hi;
    const int8_t *weights;
    int32_t w_oc, w_ky, w_kx; /* bytes between weights along these; input channels: 1 */
    int32_t cg, og;           /* input and output channels of a group */
    const int32_t *bias, *mult, *shift;
    cc_mode_t mode;
    int32_t line, lines; /* LINE, LINES */
    int32_t blocks;      /* input blocks in the scratchpad */
    int32_t v_kh, v_kw, v_sy, v_sx, v_dy, v_dx, v_pt, v_pl, v_h, v_w;
    int32_t obs;           /* output blocks */
    int32_t passes;        /* of an output block, the most */
    bool uniform;          /* one multiplier and shift for all channels */
    int32_t params;        /* words of a parameter block */
    uint32_t image_offset; /* packed weights in the image */
    uint32_t *at;          /* (obs + 1) byte offset of each output block from image_offset */
} cc_conv_t;

/* Shape and parameters of operator op (CONV, DEPTHWISE or FC), mode PLAIN. */
void cc_conv_describe(const cc_t *cc, int32_t op, cc_conv_t *d);
void cc_conv_set_mode(const cc_t *cc, cc_conv_t *d, cc_mode_t mode);
/* Input blocks *k0 .. *k1-1 that output block ob needs. */
void cc_conv_blocks(const cc_t *cc, const cc_conv_t *d, int32_t ob, int32_t *k0, int32_t *k1);
int32_t cc_conv_passes(const cc_t *cc, const cc_conv_t *d, int32_t ob);
/* Sets at[]: sizes of the packed output blocks. */
int cc_conv_sizes(const cc_t *cc, cc_conv_t *d);
/* Packs parameters and weights into the image; sets image_offset. */
int cc_conv_pack(cc_t *cc, cc_conv_t *d);

#endif
