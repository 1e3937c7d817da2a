/*
 * program.h - a decoder (ref_decoder.h) as command lists of the NPU: the weights as it reads them,
 * and for each position the list that runs it;
 * or several positions, as those of a prompt, in one list.
 *
 * Contract:  memory regions: 0 the list, read; LLM_ARENA what a sequence has and results, read and
 * written, zero at the beginning; LLM_WEIGHTS, read. Before a list runs, the host puts each token's
 * embedding (dim, wide) at arena_x; after it the logits (vocab, wide) of position pos are at
 * arena_logits, in row pos modulo logit_rows, equal to ref_decoder_step's. What the accumulators
 * and the scratchpad hold between lists does not matter. Shapes: a head's wide values must fill
 * whole scratchpad words (head_dim * 4 a multiple of N). SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_LLM_PROGRAM_H
#define SYSTOLE_LLM_PROGRAM_H

#include "image.h"
#include "npu_config.h"
#include "quantize.h"

enum { LLM_AT_ONCE = 64 }; /* positions in one list, at most */

/* A matrix in the weights. int8: for each block of N rows the N multipliers (wide), then a tile of
 * N words for each N columns. int4: the multipliers of all rows; then for each block of N rows
 * groups of columns, at `packed`: N factors, then N weights for each column, 4 bits each. */
typedef struct {
    uint32_t offset, blocks, passes; /* of N rows, of N columns */
    uint32_t packed;                 /* 0: int8 */
} llm_tiles_t;

/* Columns that share their factors in the weights: of those in ref_matrix_t's groups, as many as a
 * tile has. */
static inline uint32_t llm_group(uint32_t n) {
    return n < REF_GROUP ? n : REF_GROUP;
}
/* Bytes of a block's int4 tiles. */
static inline uint32_t llm_packed_bytes(uint32_t n, uint32_t passes) {
    return passes * n / llm_group(n) * (llm_group(n) + 1) * n / 2;
}

typedef struct {
    llm_tiles_t wq, wk, wv, wo, w1, w2, w3;
    uint32_t attention_gain, mlp_gain; /* wide rows */
} llm_layer_offsets_t;

typedef struct {
    const llm_model_t *model;
    const npu_config_t *config;
    uint8_t *weights;
    size_t weights_size, weights_room;
    llm_layer_offsets_t *layer; /* (n_layers) */
    llm_tiles_t classifier;
    uint32_t final_gain, square, rotary; /* offsets in the weights */
    uint64_t arena_size;
    uint32_t arena_x, arena_logits, arena_k, arena_v, arena_kmax, arena_vmax;
    uint32_t arena_hidden;            /* rows (positions in a list, hidden) wide, in whole blocks */
    uint32_t logit_rows, logit_pitch; /* rows of logits, bytes from one to the next */
    uint32_t head_dim, head_blocks, context_blocks; /* blocks: of N */
} llm_program_t;

/* logit_rows: 1, or as many as positions whose logits are kept. 0, or -1 with *err (path: for it)
 * and nothing to free. The model must outlive the program. */
int llm_program_new(const llm_model_t *m, const npu_config_t *config, uint32_t logit_rows,
                    const char *path, llm_program_t *p, graph_error_t *err);
void llm_program_free(llm_program_t *p);
/* Positions that one list can hold, from pos on: 1 to LLM_AT_ONCE. */
uint32_t llm_program_at_once(const llm_program_t *p, int32_t pos);
/* The list of positions pos..pos + count - 1, in the NPU's form; malloc. With or without logits, of
 * the last one. 0 or -1 with *err. */
int llm_program_step(const llm_program_t *p, int32_t pos, uint32_t count, bool logits,
                     const char *path, uint32_t **list, uint32_t *bytes, graph_error_t *err);

#endif
