/*
 * fuzz_gen.h - random, legal, well-ordered command streams for one configuration and seed.
 *
 * Contract
 *   A stream is everything a device needs: register values, memory, scratchpad, accumulators and a
 *   command list in memory. All fields are stressed within their range; tokens follow from the real
 *   conflicts (npu_order_needs) plus harmless pairs, so any legal order leaves the same bytes.
 *   A stream does not depend on state that a device keeps (parameter sets and tables are loaded
 *   before use). Operands that docs/isa.md leaves undefined are not made: multipliers outside
 *   0..2^31-1, outputs that overlap inputs of the same command other than word for word.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_FUZZ_GEN_H
#define SYSTOLE_FUZZ_GEN_H

#include <stddef.h>
#include <stdint.h>

#include "npu_model.h"

#define FUZZ_MEM_BYTES (512u * 1024u)
#define FUZZ_MAX_CMDS 256u

typedef struct {
    uint32_t base, size, flags;
} fuzz_region_t;

typedef struct {
    const npu_config_t *cfg;
    uint64_t seed;
    fuzz_region_t region[NPU_REGIONS]; /* 0 commands and data, 1 read-write, 2 constants, 3 write */
    uint32_t cmd_offset, n_cmds, timeout;
    uint32_t words[FUZZ_MAX_CMDS][NPU_CMD_WORDS];
    uint8_t mem[FUZZ_MEM_BYTES]; /* without the command list */
    uint8_t *sp;                 /* (sp_words, n) */
    int32_t *acc;                /* (2, acc_depth, n) */
} fuzz_stream_t;

/* Random numbers: one state, one sequence on every machine. */
typedef struct {
    uint64_t state;
} fuzz_rng_t;
uint32_t fuzz_u32(fuzz_rng_t *r);
/* lo..hi, both included. */
int32_t fuzz_in(fuzz_rng_t *r, int32_t lo, int32_t hi);
/* 1 with a chance of pct percent. */
int fuzz_chance(fuzz_rng_t *r, int pct);

/* One command's fields without its tokens, legal for the configuration (fuzz_cmds.c). Memory
 * accesses lie inside the stream's regions. Not yet looked at: conflicts within the command,
 * content of parameter blocks. */
typedef struct {
    const npu_config_t *cfg;
    const fuzz_region_t *region;
    uint32_t zone, zone_words; /* where most scratchpad addresses fall */
    int params_ok[2], table_ok, exp_ok;
    uint32_t norm_ok;            /* channels whose factors NORM has */
    const uint32_t *param_words; /* scratchpad words where a legal parameter block lies now */
    uint32_t n_params;
    const uint32_t *exp_words; /* the same for exponential tables */
    uint32_t n_exps;
    uint32_t const_params, const_exps; /* region 2: offset of 8 parameter blocks, 2 tables */
    uint32_t budget;                   /* about the cycles that a command may take */
} fuzz_place_t;
void fuzz_random_command(fuzz_rng_t *r, const fuzz_place_t *place, uint32_t *words);
/* What its fields are made of. A count: mostly small, rarely far above `most`. A scratchpad word.
 * Words between things `size` words long. */
uint32_t fuzz_count(fuzz_rng_t *r, uint32_t most);
uint32_t fuzz_word(fuzz_rng_t *r, const fuzz_place_t *p);
int32_t fuzz_pitch(fuzz_rng_t *r, uint32_t size);

/* The commands on wide rows (fuzz_wide.c): one of them, -1 when it would take too long; int32 of
 * every magnitude for them, in a scratchpad; does one have a defined effect? Leaves the scratchpad
 * words that it reads and writes. */
int fuzz_random_wide(fuzz_rng_t *r, const fuzz_place_t *place, uint32_t *words);
void fuzz_wide_content(fuzz_rng_t *r, uint8_t *bytes, size_t size);
int fuzz_wide_is_defined(const npu_config_t *cfg, const uint32_t *words, uint8_t *reads,
                         uint8_t *writes);
/* LOAD of parameter block or exponential table `i` of region 2 to scratchpad word `to`. */
void fuzz_load_block(fuzz_rng_t *r, const fuzz_place_t *place, int exps, uint32_t i, uint32_t to,
                     uint32_t *words);

/* Bytes of legal random content. */
void fuzz_param_block(fuzz_rng_t *r, uint32_t n, uint8_t *dst); /* 9 * n */
void fuzz_exp_table(fuzz_rng_t *r, uint8_t *dst);               /* 1024 */

/* Stream `seed` with about n_cmds commands. NULL when out of memory. */
fuzz_stream_t *fuzz_generate(const npu_config_t *cfg, uint64_t seed, uint32_t n_cmds);
void fuzz_free(fuzz_stream_t *s);
/* Bytes of the first n commands in a list. */
uint32_t fuzz_list_bytes(const fuzz_stream_t *s, uint32_t n);
/* The first n commands of s, with the tokens that nobody takes any more not given. */
void fuzz_prefix(const fuzz_stream_t *s, uint32_t n, uint32_t (*words)[NPU_CMD_WORDS]);
/* Another legal order of the same commands; order[i] = index in s of command i. */
void fuzz_reorder(const fuzz_stream_t *s, fuzz_rng_t *r, uint32_t (*words)[NPU_CMD_WORDS],
                  uint32_t *order);

#endif
