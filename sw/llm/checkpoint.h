/*
 * checkpoint.h - reader of llama2.c's float checkpoints, version 0 ("legacy"): seven int32, then
 * the tensors.
 *
 * Contract:  the file is untrusted: sizes are checked before anything is read, every number must be
 * finite. Tensors point into `bytes`. Source: llama2.c run.c (read_checkpoint, memory_map_weights);
 * a negative vocabulary size means that the classifier has weights of its own.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_CHECKPOINT_H
#define SYSTOLE_CHECKPOINT_H

#include "graph.h"

enum { CHECKPOINT_MAX_LAYERS = 1024, CHECKPOINT_MAX_WIDTH = 65536, CHECKPOINT_MAX_VOCAB = 1 << 20 };

typedef struct {
    int32_t dim, hidden, n_layers, heads, kv_heads, vocab, context;
    int32_t head_dim, kv_dim;       /* dim / heads, head_dim * kv_heads */
    const float *embed;             /* (vocab, dim) */
    const float *attention_norm;    /* (n_layers, dim) */
    const float *wq, *wk, *wv, *wo; /* (n_layers, dim | kv_dim | kv_dim | dim, dim) */
    const float *mlp_norm;          /* (n_layers, dim) */
    const float *w1, *w2, *w3; /* (n_layers, hidden, dim), (.., dim, hidden), (.., hidden, dim) */
    const float *final_norm;   /* (dim) */
    const float *classifier;   /* (vocab, dim): embed when shared */
    void *bytes;
} checkpoint_t;

/* 0, or -1 with one line in *err and nothing to free. */
int checkpoint_read(const char *path, checkpoint_t *c, graph_error_t *err);
void checkpoint_free(checkpoint_t *c);

#endif
