/*
 * generate.h - the parts of `systole generate`: what the user wants, the text, its report.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_GENERATE_H
#define SYSTOLE_GENERATE_H

#include <stdio.h>

#include "generate_device.h"
#include "report.h"
#include "tokenizer_file.h"

typedef struct {
    const char *checkpoint, *tokenizer, *prompt, *target, *report, *logits, *tokens, *image;
    long n; /* -1: not given */
    const char *config;
    int bits, stats, compare;
    double temperature, top_p;
    uint64_t seed;
} generate_options_t;

/* A sequence: `given` tokens, then up to `limit` in all. */
typedef struct {
    int32_t *tokens, given, limit;
    int32_t steps, made; /* positions that have been run; tokens of text */
    int32_t differs; /* first position whose logits, or token drawn from them, are not ref's; -1:
                        none */
    int32_t keep;    /* logits of every position */
    int32_t *logits; /* (limit, vocab) when they are kept, else (1, vocab) */
} sequence_t;

/* The given tokens, checked: those of --tokens, or of the prompt. 0 or -1 with *err. */
int generate_read_tokens(const generate_options_t *o, const checkpoint_t *c, sequence_t *q,
                         graph_error_t *err);
int generate_encode_prompt(const generate_options_t *o, const checkpoint_t *c, const tokenizer_t *t,
                           sequence_t *q, graph_error_t *err);

/* Runs the sequence on the target, and on ref to compare; with a tokenizer the text goes to stdout
 * as it is made. Allocates q->logits; fills the report's figures of the device. 0 or -1 with *err.
 */
int generate_decode(const generate_options_t *o, const llm_model_t *m, const tokenizer_file_t *t,
                    sequence_t *q, report_t *report, graph_error_t *err);
/* Of that: on ref, or on the device, whose logits are compared if `compare`; text to out (NULL:
 * nowhere). */
int generate_run(const generate_options_t *o, const llm_model_t *m, const tokenizer_t *t,
                 generate_device_t *device, int compare, sequence_t *q, FILE *out,
                 graph_error_t *err);
/* Of that: target soc (generate_soc.c). */
int generate_soc(const generate_options_t *o, const llm_model_t *m, const tokenizer_file_t *t,
                 sequence_t *q, generate_cost_t *cost, graph_error_t *err);
/* Positions of the next list, from pos on, when one list takes `most`; *logits: of the last? */
int32_t generate_count(const sequence_t *q, int32_t pos, int32_t most, int *logits);

/* Multiplications of all steps, by layer; logits of `scored` of them. 0 or -1: out of memory. */
int generate_report(const llm_model_t *m, const sequence_t *q, uint64_t scored, report_t *r);
int generate_write(const generate_options_t *o, const llm_model_t *m, const sequence_t *q,
                   const report_t *r, graph_error_t *err);
void generate_print_stats(const llm_model_t *m, const report_t *r, const sequence_t *q);

#endif
