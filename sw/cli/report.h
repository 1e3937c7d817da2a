/*
 * report.h - the figures of one run, and their JSON form (DESIGN: target, config, seed, macs,
 * cycles_total, mac_utilisation, bytes_read, bytes_written, bit_exact, layers).
 *
 * Contract:  counters are valid only where has_cycles is set: otherwise null in JSON. Figures:
 * cycles of the NPU's clock, bytes at the memory port, MACs as in graph_op_macs.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_REPORT_H
#define SYSTOLE_REPORT_H

#include <stdint.h>
#include <stdio.h>

#include "graph.h"

#define REPORT_MAX_STALLS 8

typedef struct {
    char name[64], op[32];
    const char *unit; /* "npu", "cpu" */
    uint64_t macs;
    int has_cycles;
    uint64_t cycles, bytes_read, bytes_written;
    int n_stalls; /* where the array waited, e.g. {"stall_load", 120} */
    struct {
        const char *name;
        uint64_t cycles;
    } stalls[REPORT_MAX_STALLS];
} report_layer_t;

typedef struct {
    const char *target, *config, *model;
    uint64_t seed;
    int has_seed; /* inputs were random */
    uint64_t macs;
    int has_cycles;
    uint64_t cycles_total, bytes_read, bytes_written;
    uint32_t rows, columns; /* of the array; 0 unknown */
    int bit_exact;          /* against ref: 1, 0, or -1 not compared */
    int n_layers;
    report_layer_t *layers; /* (n_layers), malloc */
} report_t;

/* n zeroed layers; 0 or -1. */
int report_alloc_layers(report_t *r, int n);
void report_free(report_t *r);
/* MACs / (cycles x rows x columns), or -1 when unknown. */
double report_utilisation(const report_t *r, uint64_t macs, uint64_t cycles);
/* Writes JSON atomically. 0 or -1 with *err. */
int report_write(const report_t *r, const char *path, graph_error_t *err);
void report_print_json(const report_t *r, FILE *f);
/* A JSON string, quoted and escaped. */
void json_string(FILE *f, const char *s);

#endif
