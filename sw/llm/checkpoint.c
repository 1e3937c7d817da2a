/*
 * checkpoint.c - see checkpoint.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "checkpoint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "flatbuf.h"

enum { HEADER = 28 };

static const char *const field_names[7] = {"dim",        "hidden_dim", "n_layers",   "n_heads",
                                           "n_kv_heads", "vocab_size", "max_seq_len"};

static int check_header(const char *path, checkpoint_t *c, const int32_t h[7], graph_error_t *err) {
    const int32_t most[7] = {CHECKPOINT_MAX_WIDTH, CHECKPOINT_MAX_WIDTH, CHECKPOINT_MAX_LAYERS,
                             CHECKPOINT_MAX_WIDTH, CHECKPOINT_MAX_WIDTH, CHECKPOINT_MAX_VOCAB,
                             CHECKPOINT_MAX_WIDTH};
    for (int i = 0; i < 7; i++) {
        int64_t v = i == 5 && h[i] < 0 ? -(int64_t)h[i] : h[i];
        if (v < 1 || v > most[i])
            return graph_fail(
                err, "%s: not a llama2.c checkpoint (version 0): %s is %d, it should be 1 to %d",
                path, field_names[i], (int)h[i], (int)most[i]);
    }
    *c = (checkpoint_t){h[0], h[1], h[2], h[3], h[4], h[5] < 0 ? -h[5] : h[5], h[6], .bytes = NULL};
    if (c->dim % c->heads != 0 || c->dim / c->heads % 2 != 0 || c->heads % c->kv_heads != 0)
        return graph_fail(err,
                          "%s: not a llama2.c checkpoint (version 0): %d heads and %d key/value "
                          "heads do not divide dim %d",
                          path, (int)c->heads, (int)c->kv_heads, (int)c->dim);
    c->head_dim = c->dim / c->heads;
    c->kv_dim = c->head_dim * c->kv_heads;
    return 0;
}

int checkpoint_read(const char *path, checkpoint_t *c, graph_error_t *err) {
    size_t size;
    uint8_t *bytes = file_read(path, &size, err);
    if (!bytes)
        return -1;
    fb_t cursor = {bytes, size, NULL};
    int32_t h[7];
    for (size_t i = 0; i < 7; i++)
        h[i] = (int32_t)fb_u32(&cursor, 4 * i);
    if (cursor.fault) {
        free(bytes);
        return graph_fail(err, "%s: %zu bytes are no llama2.c checkpoint", path, size);
    }
    if (check_header(path, c, h, err)) {
        free(bytes);
        return -1;
    }
    uint64_t L = (uint64_t)c->n_layers, dim = (uint64_t)c->dim, hidden = (uint64_t)c->hidden;
    uint64_t kv = (uint64_t)c->kv_dim, vocab = (uint64_t)c->vocab;
    uint64_t frequencies =
        (uint64_t)c->context * (uint64_t)c->head_dim; /* not used: computed anew */
    const float *ignored;
    const struct {
        const char *name;
        const float **to;
        uint64_t n;
    } tensors[] = {{"token_embedding_table", &c->embed, vocab * dim},
                   {"rms_att_weight", &c->attention_norm, L * dim},
                   {"wq", &c->wq, L * dim * dim},
                   {"wk", &c->wk, L * kv * dim},
                   {"wv", &c->wv, L * kv * dim},
                   {"wo", &c->wo, L * dim * dim},
                   {"rms_ffn_weight", &c->mlp_norm, L * dim},
                   {"w1", &c->w1, L * hidden * dim},
                   {"w2", &c->w2, L * dim * hidden},
                   {"w3", &c->w3, L * hidden * dim},
                   {"rms_final_weight", &c->final_norm, dim},
                   {"freq_cis", &ignored, frequencies},
                   {"wcls", &c->classifier, h[5] < 0 ? vocab * dim : 0}};
    uint64_t want = HEADER, at = HEADER;
    for (size_t i = 0; i < sizeof tensors / sizeof tensors[0]; i++)
        want += 4 * tensors[i].n;
    if (want != size) {
        free(bytes);
        return graph_fail(err,
                          "%s: its header needs %llu bytes (dim %d, hidden %d, %d layers, "
                          "vocabulary %d, context %d), the file has %zu",
                          path, (unsigned long long)want, (int)h[0], (int)h[1], (int)h[2],
                          (int)h[5], (int)h[6], size);
    }
    for (size_t i = 0; i < sizeof tensors / sizeof tensors[0]; i++) {
        const float *data =
            (const float *)(const void *)(bytes + at); /* 4-byte aligned: at is a multiple of 4 */
        *tensors[i].to = data;
        for (uint64_t j = 0; j < tensors[i].n && tensors[i].to != &ignored; j++)
            if (!isfinite(data[j])) {
                free(bytes);
                return graph_fail(err, "%s: %s has a number that is not finite, at %llu", path,
                                  tensors[i].name, (unsigned long long)j);
            }
        at += 4 * tensors[i].n;
    }
    if (h[5] > 0)
        c->classifier = c->embed;
    c->bytes = bytes;
    return 0;
}

void checkpoint_free(checkpoint_t *c) {
    free(c->bytes);
    c->bytes = NULL;
}
