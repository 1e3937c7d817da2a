/*
 * program_image.c - the weights as the NPU reads them, and the layout of the arena; see program.h.
 *
 * K is kept as weight tiles whose columns are tokens, V as rows, which are weight tiles whose rows
 * are tokens; both for each layer and key/value head, with the largest magnitude of each row beside
 * them. SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "program.h"

/* Room for some zero bytes at a multiple of 64; their offset. Size is checked at the end; NULL
 * weights: out of memory. */
static uint32_t reserve(llm_program_t *p, size_t bytes) {
    size_t at = (p->weights_size + 63) & ~(size_t)63;
    if (at + bytes > p->weights_room) {
        size_t room = 2 * (at + bytes);
        uint8_t *more = realloc(p->weights, room);
        if (!more) {
            free(p->weights);
            p->weights = NULL;
            p->weights_room = p->weights_size = 0;
            return 0;
        }
        p->weights = more;
        p->weights_room = room;
    }
    memset(p->weights + p->weights_size, 0, at + bytes - p->weights_size);
    p->weights_size = at + bytes;
    return (uint32_t)at;
}

static void put32(uint8_t *to, int32_t x) {
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)((uint32_t)x >> 8 * i);
}

static uint32_t put_row(llm_program_t *p, const int32_t *x, uint32_t n) {
    uint32_t at = reserve(p, 4 * (size_t)n);
    for (uint32_t i = 0; p->weights && i < n; i++)
        put32(p->weights + at + 4 * (size_t)i, x[i]);
    return at;
}

static void put_nibble(uint8_t *to, uint32_t at, int x) {
    to[at / 2] |= (uint8_t)((x & 15) << at % 2 * 4);
}

static llm_tiles_t put_packed(llm_program_t *p, const ref_matrix_t *a) {
    uint32_t n = p->config->n, rows = (uint32_t)a->rows, cols = (uint32_t)a->cols;
    uint32_t group = llm_group(n), group_bytes = (group + 1) * n / 2;
    size_t pitch = (cols + 1) / 2, factors = (cols + REF_GROUP - 1) / REF_GROUP;
    llm_tiles_t t = {.blocks = (rows + n - 1) / n, .passes = (cols + n - 1) / n};
    size_t block = llm_packed_bytes(n, t.passes);
    t.offset = reserve(p, 4 * (size_t)n * t.blocks);
    t.packed = reserve(p, block * t.blocks);
    for (uint32_t row = 0; p->weights && row < rows; row++) {
        uint8_t *tiles = p->weights + t.packed + row / n * block;
        put32(p->weights + t.offset + 4 * (size_t)row, a->mult[row]);
        for (uint32_t col = 0; col < cols; col++) {
            uint8_t *to = tiles + (size_t)(col / group) * group_bytes;
            if (col % group == 0)
                put_nibble(to, row % n, a->factor[row * factors + col / REF_GROUP]);
            put_nibble(to + (col % group + 1) * n / 2, row % n,
                       a->w4[row * pitch + col / 2] >> col % 2 * 4);
        }
    }
    return t;
}

static llm_tiles_t put_matrix(llm_program_t *p, const ref_matrix_t *a) {
    if (!a->w)
        return put_packed(p, a);
    uint32_t n = p->config->n, rows = (uint32_t)a->rows, cols = (uint32_t)a->cols;
    llm_tiles_t t = {.blocks = (rows + n - 1) / n, .passes = (cols + n - 1) / n};
    size_t block = 4 * (size_t)n + (size_t)t.passes * n * n;
    t.offset = reserve(p, block * t.blocks);
    for (uint32_t row = 0; p->weights && row < rows; row++) {
        uint8_t *to = p->weights + t.offset + row / n * block;
        put32(to + row % n * 4, a->mult[row]);
        for (uint32_t col = 0; col < cols; col++)
            to[4 * (size_t)n + (size_t)col * n + row % n] = (uint8_t)a->w[(size_t)row * cols + col];
    }
    return t;
}

static uint32_t arena(llm_program_t *p, uint64_t bytes) {
    uint64_t at = (p->arena_size + 63) & ~(uint64_t)63;
    p->arena_size = at + bytes;
    return (uint32_t)at;
}

static void lay_out_arena(llm_program_t *p) {
    const ref_decoder_t *d = &p->model->decoder;
    uint64_t n = p->config->n, heads = (uint64_t)d->n_layers * (uint64_t)d->kv_heads;
    uint64_t tokens = heads * p->context_blocks * n;
    p->arena_x = arena(p, (uint64_t)d->dim * 4 * LLM_AT_ONCE);
    p->logit_pitch = ((uint32_t)d->vocab * 4 + 63) & ~63u;
    p->arena_logits = arena(p, (uint64_t)p->logit_pitch * p->logit_rows);
    p->arena_hidden = arena(p, ((uint64_t)d->hidden + n - 1) / n * n * 4 * LLM_AT_ONCE);
    p->arena_kmax = arena(p, tokens * 4);
    p->arena_vmax = arena(p, tokens * 4);
    p->arena_k = arena(p, tokens * p->head_blocks * n);
    p->arena_v = arena(p, tokens * p->head_dim);
}

int llm_program_new(const llm_model_t *m, const npu_config_t *config, uint32_t logit_rows,
                    const char *path, llm_program_t *p, graph_error_t *err) {
    const ref_decoder_t *d = &m->decoder;
    uint32_t n = config->n;
    *p = (llm_program_t){.model = m,
                         .config = config,
                         .logit_rows = logit_rows,
                         .head_dim = (uint32_t)(d->dim / d->heads)};
    p->head_blocks = (p->head_dim + n - 1) / n;
    p->context_blocks = ((uint32_t)d->context + n - 1) / n;
    if (config->wide_lanes == 0)
        return graph_fail(err,
                          "%s: configuration %s has no wide lanes, which language models need: try "
                          "one with wide_lanes=1",
                          path, config->name);
    if (p->head_dim * 4 % n != 0)
        return graph_fail(err,
                          "%s: heads of %u values do not fill words of %u bytes: take a "
                          "configuration with a smaller array",
                          path, (unsigned)p->head_dim, (unsigned)n);
    if (llm_program_at_once(p, d->context - 1) == 0)
        return graph_fail(
            err,
            "%s: it does not fit the scratchpad of configuration %s (%u words): try one with more",
            path, config->name, (unsigned)config->sp_words);
    p->layer = calloc((size_t)d->n_layers, sizeof *p->layer);
    int32_t square[32];
    for (uint32_t i = 0; i < n; i++)
        square[i] = REF_SQUARE_MULT;
    p->square = put_row(p, square, n);
    p->rotary = reserve(p, (size_t)d->context * p->head_dim * 2);
    for (size_t i = 0; p->weights && i < (size_t)d->context * p->head_dim; i++) {
        p->weights[p->rotary + 2 * i] = (uint8_t)d->rotary[i];
        p->weights[p->rotary + 2 * i + 1] = (uint8_t)((uint16_t)d->rotary[i] >> 8);
    }
    p->final_gain = put_row(p, d->final_norm.gain, (uint32_t)d->dim);
    p->classifier = put_matrix(p, &d->classifier);
    for (int32_t i = 0; p->layer && p->weights && i < d->n_layers; i++) {
        const ref_decoder_layer_t *l = &d->layer[i];
        p->layer[i] = (llm_layer_offsets_t){put_matrix(p, &l->wq),
                                            put_matrix(p, &l->wk),
                                            put_matrix(p, &l->wv),
                                            put_matrix(p, &l->wo),
                                            put_matrix(p, &l->w1),
                                            put_matrix(p, &l->w2),
                                            put_matrix(p, &l->w3),
                                            put_row(p, l->attention_norm.gain, (uint32_t)d->dim),
                                            put_row(p, l->mlp_norm.gain, (uint32_t)d->dim)};
    }
    lay_out_arena(p);
    int status = 0;
    if (!p->layer || !p->weights)
        status = graph_fail(err, "%s: out of memory", path);
    else if (p->weights_size + p->arena_size > (size_t)1 << 30)
        status =
            graph_fail(err, "%s: weights and caches need %llu bytes, the NPU's memory holds 1 GiB",
                       path, (unsigned long long)(p->weights_size + p->arena_size));
    if (status)
        llm_program_free(p);
    return status;
}

void llm_program_free(llm_program_t *p) {
    free(p->weights);
    free(p->layer);
    *p = (llm_program_t){0};
}
