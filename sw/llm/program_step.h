/*
 * program_step.h - one command list under construction: where everything lies in the scratchpad,
 * and the commands. Internal to program*.c; order between the units is the compiler's (cc_emit).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_LLM_PROGRAM_STEP_H
#define SYSTOLE_LLM_PROGRAM_STEP_H

#include "cc.h"
#include "program.h"
#include "program_order.h"

enum { STEP_BOTH = 2 };

/* Positions of a list that go through a phase together. */
typedef struct {
    uint32_t first, count;
} step_rows_t;

/* Addresses in the scratchpad. Wide rows are as long as whole blocks of N elements. */
typedef struct {
    uint32_t length; /* of the longest row of scores */
    uint32_t count;  /* positions T; int8 rows of all of them: block b of row t at b * T + t */
    const llm_program_t *p;
    const ref_decoder_t *d;
    cc_t cc;
    llm_order_t *order; /* of several positions: commands go there; else to cc as they come */
    step_rows_t rows;   /* those that commands are for, of `count` */
    uint32_t n, record; /* words of a scale record */
    uint32_t x;         /* wide rows (T) */
    uint32_t dim_words; /* from one to the next */
    uint32_t q8;        /* int8 rows that enter a product; their scales: scale */
    uint32_t scale, gain, rotary, square;
    uint32_t out[2]; /* logits on their way */
    /* Slots and accumulator entries are given out in turn: all of them, or to each of two parts of
     * the list that run at the same time one side of them. */
    uint32_t side; /* 0 or 1; STEP_BOTH */
    uint32_t slots, slot[2], slot_words, n_slots;
    uint32_t acc[2], half_turn; /* next entry of each side */
    uint32_t rank[NPU_QUEUES];  /* of the next commands of a unit (program_order.h) */
    uint32_t top;               /* first free word */
    /* one position: wide rows, */
    uint32_t y, k, v, u, g;
    uint32_t heads8, heads_scale;      /* queries: block b of head h at b * heads + h */
    uint32_t k8, k_scale, v8, v_scale; /* likewise */
    uint32_t kmax[2], vmax[2];         /* rows of one head; heads in turn */
    uint32_t scores, score_words;      /* rows of a group */
    uint32_t p8, p_scale;              /* weights of a group: block b of head r at b * group + r */
} step_t;

static inline uint32_t div_up(uint32_t a, uint32_t b) {
    return (a + b - 1) / b;
}
/* Words of a wide row of `count` elements in whole blocks of N. */
static inline uint32_t wide_words(const step_t *s, uint32_t count) {
    return div_up(count, s->n) * 4;
}

/* First token of a layer's key/value head among all in the caches. */
static inline uint32_t tokens_before(const step_t *s, int32_t layer, uint32_t head) {
    return ((uint32_t)layer * (uint32_t)s->d->kv_heads + head) * s->p->context_blocks * s->n;
}

void step_new(step_t *s, const llm_program_t *p, int32_t pos, uint32_t count);
/* Room for some words. */
uint32_t step_take(step_t *s, uint32_t words);
/* What is left, behind room for logits, becomes the ring of slots; how many there are, 0: none that
 * a head fits. */
uint32_t step_lay_out_slots(step_t *s);
/* A command of the vector unit that moves so many groups of lanes; one whose rows go through it in
 * passes of so many elements in all. */
void step_emit_vector(step_t *s, const uint32_t *words, uint64_t groups);
void step_emit_rows(step_t *s, const uint32_t *words, uint32_t rows, uint32_t elements);
void step_emit_load(step_t *s, npu_cmd_load_t c);
/* Contiguous bytes to contiguous words. */
void step_load(step_t *s, uint32_t region, uint32_t offset, uint32_t bytes, uint32_t sp);
void step_store(step_t *s, npu_cmd_store_t c);
/* Next slot of the ring. */
uint32_t step_next_slot(step_t *s);
void step_emit_conv(step_t *s, npu_cmd_conv_t c);
/* ny rows, `row` words apart, of nx vectors, their blocks `pitch` apart, times `passes` tiles. */
void step_conv(step_t *s, uint32_t in, uint32_t pitch, uint32_t ny, uint32_t row, uint32_t nx,
               uint32_t tiles, uint32_t passes, uint32_t acc, uint32_t half, bool accumulate);
void step_drain(step_t *s, npu_cmd_drainw_t c);
/* Rows to int8, `q_row` words (and scale records) apart, blocks of a row `blk` words apart; through
 * a norm where norm is given. */
void step_quantize(step_t *s, uint32_t in, uint32_t count, uint32_t rows, uint32_t row_words,
                   uint32_t q8, uint32_t q_row, uint32_t blk, uint32_t scale,
                   const ref_wide_norm_t *norm);
/* Accumulator entries for the next product: the halves in turn. */
uint32_t step_entries(step_t *s, uint32_t count, uint32_t *half);
/* The int8 rows at q8, those of `rows`, times a matrix; blocks first..first + count - 1 to wide
 * rows at out, `pitch` words apart. */
void step_matvec_blocks(step_t *s, const llm_tiles_t *t, const ref_matrix_t *a, uint32_t first,
                        uint32_t count, uint32_t out, uint32_t pitch, bool add);
uint32_t step_blocks_at_once(const step_t *s, const llm_tiles_t *t);
/* The same for as many blocks as there are, and for the whole matrix. */
void step_matvec_range(step_t *s, const llm_tiles_t *t, const ref_matrix_t *a, uint32_t first,
                       uint32_t count, uint32_t out, uint32_t pitch, bool add);
void step_matvec(step_t *s, const llm_tiles_t *t, const ref_matrix_t *a, uint32_t out,
                 uint32_t pitch, bool add);

/* The attention of layer i of one position, from the quantised row (q8, scale) to y; key and value
 * go into the caches (program_attention.c). */
void step_attention(step_t *s, int32_t i, uint32_t pos);

#endif
