/*
 * report.h - the figures of one run, and their JSON form (DESIGN: target, config, seed, macs,
 * cycles_total, cycles_predicted, mac_utilisation, bytes_read, bytes_written, bit_exact, layers).
 *
 * Contract:  counters are valid only where has_cycles is set: otherwise null in JSON, and so is the
 * prediction without has_prediction. Figures:
 * cycles of the NPU's clock, bytes at the memory port, MACs as in graph_op_macs, of the network
 * that ran: macs + macs_removed are the model's.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_REPORT_H
#define SYSTOLE_REPORT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "constant.h"
#include "graph.h"

#define REPORT_STALLS 3 /* stall_load, stall_post, stall_weights */
#define REPORT_NO_LAYER 0xffffffffu

/* What can bound a layer; the limits are in report_bound.c. */
typedef enum {
    REPORT_ARRAY,
    REPORT_PORT,
    REPORT_OUTPUT_STAGE,
    REPORT_VECTOR,
    REPORT_LATENCY,
    REPORT_LIMITS
} report_limit_t;

typedef struct {
    char name[64], op[32];
    const char *unit;            /* "npu", "cpu" */
    uint64_t macs, macs_removed; /* executed; of constant channels, not executed */
    int has_cycles;
    uint64_t cycles, bytes_read, bytes_written;
    int has_detail; /* the fields below are valid */
    /* What the array did in the layer's cycles: array_busy + stalls + array_idle == cycles. */
    uint64_t array_busy, stalls[REPORT_STALLS], array_idle;
    uint64_t limits[REPORT_LIMITS]; /* cycles that each resource needs at least */
} report_layer_t;

/* What a unit did with a command, in cycles since the first doorbell, summed over all lists. */
typedef struct {
    uint32_t command, layer; /* index in the program; REPORT_NO_LAYER: of none */
    uint32_t unit, opcode;   /* npu_unit_t, npu_opcode_t */
    uint64_t start, end, bytes;
    int has_waits;
    uint32_t waits[4]; /* npu_trace_record_t */
} report_event_t;

/* One command list (layer REPORT_NO_LAYER), or an operator on the CPU. */
typedef struct {
    uint32_t layer, commands, bytes; /* bytes of the list */
    uint64_t begin, end;
} report_step_t;

/* Scratchpad words that held something of a layer: from its first write to its last read. */
typedef struct {
    uint32_t first, words, layer, is_weights;
    uint64_t from, to;
} report_block_t;

typedef struct {
    report_event_t *events; /* in order of their end within a unit */
    report_step_t *steps;
    report_block_t *blocks;
    size_t n_events, n_steps, n_blocks;
    uint32_t sp_words, sp_word_bytes;
} report_trace_t;

typedef struct {
    const char *target, *config, *model;
    uint64_t seed;
    int has_seed;          /* inputs were random */
    uint64_t macs;         /* executed: what mac_utilisation counts */
    uint64_t macs_removed; /* of the model, but not executed; see report_removed */
    int constant_removed;  /* channels; 0: the whole model ran */
    int has_cycles;
    uint64_t cycles_total, bytes_read, bytes_written;
    int has_prediction; /* by the C model's timing, sw/runtime/prog_predict.h */
    uint64_t cycles_predicted;
    uint32_t cpu_steps; /* operators on the CPU: in no cycle count of model and rtl */
    int has_driver;
    uint64_t cycles_driver; /* of cycles_total: between the steps; 0 where nobody counts them */
    uint32_t rows, columns; /* of the array; 0 unknown */
    const char *weights;    /* of a language model: "int8", "int4"; else NULL */
    uint64_t tokens_prompt, tokens_generated; /* of a language model: run, and made */
    /* of its lists that fill the caches with the prompt, without logits: tokens, MACs, cycles */
    uint64_t fill_tokens, fill_macs, fill_cycles, fill_predicted;
    int bit_exact; /* against ref: 1, 0, or -1 not compared */
    int n_layers;
    report_layer_t *layers; /* (n_layers), malloc */
    report_trace_t trace;   /* empty where a target has none */
} report_t;

/* n zeroed layers; 0 or -1. */
int report_alloc_layers(report_t *r, int n);
void report_free(report_t *r);
/* Notes what the network that ran lacks of the model. Its layers are the model's. */
void report_removed(report_t *r, const constant_t *k);
/* MACs / (cycles x rows x columns), or -1 when unknown. */
double report_utilisation(const report_t *r, uint64_t macs, uint64_t cycles);
/* Writes JSON atomically. 0 or -1 with *err. */
int report_write(const report_t *r, const char *path, graph_error_t *err);
void report_print_json(const report_t *r, FILE *f);
/* A JSON string, quoted and escaped; safe inside an HTML script element; bytes that are no UTF-8
 * appear as Latin-1. */
void json_string(FILE *f, const char *s);

/* "array", "port", ... */
const char *report_limit_name(report_limit_t limit);
/* Which limit is the largest (in a tie the first). */
report_limit_t report_bound(const uint64_t limits[REPORT_LIMITS]);

/* Perfetto / Chrome trace-event JSON of report->trace (timeline.c). */
void report_print_timeline(const report_t *r, FILE *f);
/* The page of `systole run --html` (html_page.c). */
void report_print_html(const report_t *r, FILE *f);

#endif
