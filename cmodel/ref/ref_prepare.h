/*
 * ref_prepare.h - from graph (floats) to integer parameters, as TensorFlow Lite Micro prepares
 * them. Host only.
 *
 * Synopsis:  ref_prepared_t r;  if (ref_prepare(g, i, &r, &err)) ...;  r.op, r.in[], r.out[];
 * ref_prepared_free(&r); Contract:  checks everything the kernels assume (types, shapes,
 * quantisation): what passes can be evaluated. The pieces a compiler needs are in r.op.p and in
 * r.in[]: per-channel multipliers and shifts are in[3], in[4] of CONV, DEPTHWISE and FC (per-tensor
 * FC: the same value in every channel); the softmax table is in[1]. Precision: conv, depthwise,
 * per-channel FC, ADD in double; per-tensor FC multiplies the scales in float32 first.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_REF_PREPARE_H
#define SYSTOLE_REF_PREPARE_H

#include "../../sw/graph/graph.h"
#include "ref.h"

/* One entry of in[]: a graph tensor (constant or not), or an array computed here, or absent (both
 * GRAPH_ABSENT, NULL). */
typedef struct {
    int32_t tensor;   /* index into graph_t.tensors or GRAPH_ABSENT */
    const void *data; /* constant bytes (of the tensor or computed); NULL: activation or absent */
    size_t bytes;
} ref_arg_t;

typedef struct {
    ref_op_t op;
    int32_t n_in, n_out; /* = op.n_in, op.n_out */
    ref_arg_t *in;       /* (n_in) in the order that ref.h documents */
    int32_t *out;        /* (n_out) tensor indices */
    void *owned[6];      /* memory of the arrays above */
} ref_prepared_t;

/* 0, or -1 and one line in *err naming file, operator and reason (then nothing needs freeing). */
int ref_prepare(const graph_t *g, int32_t op_index, ref_prepared_t *r, graph_error_t *err);
void ref_prepared_free(ref_prepared_t *r);

/* TFLite QuantizeMultiplier: real = m * 2^(shift - 31), m in [2^30, 2^31) or 0. */
void ref_quantize_multiplier(double real, int32_t *m, int32_t *shift);
/* Softmax table of 256: see ref_softmax_t. */
void ref_softmax_table(int32_t m, int32_t shift, int32_t diff_min, int32_t table[256]);
/* Any element-wise int8 -> int8 op (REF_LOGISTIC..REF_LEAKY_RELU, REF_QUANTIZE 8 bit) as
 * table[(uint8_t)x]. 0, or -1 when the kind is not one. */
int ref_unary_table(const ref_op_t *op, uint8_t table[256]);
/* Is the kind element-wise with one 8-bit input? */
int ref_is_unary(int32_t kind);

/* Runs the whole graph with the golden models.
 * tensors: (g->n_tensors) pointers; the caller sets those of the graph inputs; constants may be
 * NULL (taken from the graph); every other NULL that an op writes is allocated with malloc: all
 * intermediates stay readable. Variables keep their value: call again with the same array, and new
 * inputs, for the next step of a sequence. Free with ref_free_tensors. progress (NULL allowed):
 * called before each op. */
typedef void (*ref_progress_t)(void *user, int32_t op, int32_t n_ops);
int ref_run_graph(const graph_t *g, void **tensors, ref_progress_t progress, void *user,
                  graph_error_t *err);
/* Frees what ref_run_graph allocated: everything that is no constant and no graph input. */
void ref_free_tensors(const graph_t *g, void **tensors);

#endif
