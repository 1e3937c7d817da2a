/*
 * ref_decoder.h - golden model of a llama2.c-type decoder: one token in, the logits of the next
 * out.
 *
 * Contract:  as ref_wide.h: integers only, no malloc. Every target's logits equal these, bit by
 * bit. The caller has checked the shapes: dim = heads * head_dim, head_dim even, heads a multiple
 * of kv_heads, all >= 1, dim, hidden and context at most 65536. Arithmetic: 8-bit activations with
 * one scale per token (per head for queries, keys and values), 8- or 4-bit weights, int32 sums, the
 * residual stream wide. Source:    llama2.c run.c (forward), in integers. SPDX-License-Identifier:
 * Apache-2.0
 */
#ifndef SYSTOLE_REF_DECODER_H
#define SYSTOLE_REF_DECODER_H

#include <stddef.h>

#include "ref_wide.h"

typedef struct {
    ref_wide_norm_t attention_norm, mlp_norm; /* (dim) */
    ref_matrix_t wq, wk, wv, wo, w1, w2, w3;  /* wq, wk, wv, w1, w3 behind a norm */
} ref_decoder_layer_t;

typedef struct {
    int32_t dim, hidden, n_layers, heads, kv_heads, vocab, context;
    const int8_t *embed;       /* (vocab, dim) */
    const int32_t *embed_mult; /* (vocab) embed * mult * 2^(shift - 31) is wide */
    const int8_t *embed_shift; /* (vocab) */
    const int16_t *rotary;     /* (context, head_dim / 2, 2) cos, sin in Q1.14 */
    /* wq's scales hold log2(e) / sqrt(head_dim) / 127^2 * 2^-(score_exponent - unit), see below */
    int32_t score_exponent;
    const ref_decoder_layer_t *layer; /* (n_layers) */
    ref_wide_norm_t final_norm;
    ref_matrix_t classifier;
} ref_decoder_t;

/* What a sequence has so far, and room to work. */
typedef struct {
    int8_t *k, *v;        /* (n_layers, kv_heads, context, head_dim) */
    int32_t *kmax, *vmax; /* (n_layers, kv_heads, context): largest magnitude of the row, wide */
    int32_t *x, *y;       /* (dim): residual stream, a product */
    int32_t *qkv;         /* (dim) queries */
    int32_t *u, *g;       /* (hidden) */
    int32_t *row, *row2;  /* (max(dim, hidden, context)) */
    int8_t *q;            /* (max(dim, hidden, context)) */
} ref_decoder_state_t;

/* score_exponent is this unit, of the formats, + the exponent of log2(e) / sqrt(head_dim) / 127^2.
 */
int32_t ref_decoder_score_unit(int32_t head_dim);
/* 1 / 127^2 = REF_SQUARE_MULT * 2^(REF_SQUARE_SHIFT - 31), of the attention's second product. */
#define REF_SQUARE_MULT ((int32_t)(((int64_t)8192 << 31) / (127 * 127)))
#define REF_SQUARE_SHIFT (-13)
/* Bytes of a state; ref_decoder_state lays it out in memory of that size, 8-byte aligned. */
size_t ref_decoder_state_size(const ref_decoder_t *d);
void ref_decoder_state(const ref_decoder_t *d, void *memory, ref_decoder_state_t *s);
/* The residual stream (dim) that a token begins with. */
void ref_decoder_embed(const ref_decoder_t *d, int32_t token, int32_t *x);
/* Position `pos` (0..context - 1; those before it have been run) of the sequence. logits (vocab)
 * wide, or NULL: not wanted. */
void ref_decoder_step(const ref_decoder_t *d, ref_decoder_state_t *s, int32_t token, int32_t pos,
                      int32_t *logits);

#endif
