/*
 * constant.h - channels that hold one value whatever the input is, and the network without them.
 *
 * Synopsis
 *   constant_t k;
 *   if (constant_remove(g, &k, &err)) fail(err.msg);
 *   npu_compile(k.graph, ...);  constant_free(&k);  graph_free(g);
 *
 * Contract
 *   Host only. A channel is an index of an 8-bit tensor's innermost dimension. It is constant when
 *   every value it depends on is (a convolution depends on the inputs that its weights other than
 *   zero read) and the golden model gives the same byte at all of its positions: borders of padded
 *   layers are positions as any.
 *   k.graph has the same operators in the same order, the same inputs and outputs, and for every
 *   input bytes the same output bytes; tensors between have fewer channels. Removed is what no
 *   consumer needs: its weights there are zero, or it is constant and its share goes into the
 *   consumer's bias, modulo 2^32. A constant other than the zero point stays where one of its
 *   weights meets padding at some positions and an image at others. At least one channel of a
 *   tensor stays.
 *   An operator that is not known to work channel by channel keeps all it reads and writes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_CONSTANT_H
#define SYSTOLE_CONSTANT_H

#include <stdint.h>

#include "graph.h"

/* Of one operator; channels are those of its first output (0: not an 8-bit tensor). */
typedef struct {
    int32_t channels, constant, removed; /* removed: constant ones, and those that nobody needs */
    uint64_t macs, macs_removed;         /* macs: before */
} constant_layer_t;

typedef struct {
    graph_t *graph;           /* borrows names and constants of the graph it was made from */
    constant_layer_t *layers; /* (n_ops) */
    int32_t n_removed;        /* channels, over all operators */
    uint64_t macs, macs_removed;
} constant_t;

/* 0, or -1 with one line in *err (out of memory only; then *k is empty). An operator that
 * ref_prepare() refuses is kept as it is. */
int constant_remove(const graph_t *g, constant_t *k, graph_error_t *err);
void constant_free(constant_t *k);

#endif
