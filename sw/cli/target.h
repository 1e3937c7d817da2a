/*
 * target.h - what executes a network: the interface between `systole run` / `bench` and ref, model,
 * rtl, soc.
 *
 * Contract:  a target is one `const target_t target_NAME` in its own file; targets.c names them all
 * with weak references, so a program links without the ones that are not built. run() gets checked
 * inputs and room for the outputs; it fills outputs and the report, or returns -1 with one line in
 * *err and no file written. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_TARGET_H
#define SYSTOLE_TARGET_H

#include "graph.h"
#include "ref_prepare.h"
#include "report.h"

/* A network's input or output, of a model or of a compiled program. */
typedef struct {
    const char *name;
    graph_type_t type;
    int32_t rank, dims[8];
    size_t bytes;
    float scale; /* 0: not quantised */
    int32_t zero_point;
} io_desc_t;

typedef struct {
    const char *path;     /* the model or program, for messages */
    const graph_t *graph; /* the model, or NULL when a compiled program is run */
    const void *prog; /* the compiled program's bytes (8-byte aligned), or NULL: the target compiles
                         the graph */
    size_t prog_size;
    const char *config; /* named configuration, never NULL */
    int config_given;   /* the user chose it (a program brings its own) */
    const char *wave;   /* file to write, or NULL */
    int detail;         /* the report shall have what it can: trace, limits, stalls */
    int needs_trace;    /* a timeline or page is wanted: fail early without a trace */
    uint64_t seed;      /* of random inputs; also for random hardware behaviour */
    int32_t n_inputs, n_outputs;
    const io_desc_t *in_desc, *out_desc;
    /* A sequence of runs, at least one: the network's state carries over from each to the next. */
    int32_t n_runs;
    const void *const *inputs; /* (n_runs, n_inputs) in_desc[i].bytes each, 8-byte aligned */
    void *const *outputs;      /* (n_runs, n_outputs) out_desc[i].bytes each, 8-byte aligned */
    report_t *report; /* of the last run; zeroed with bit_exact = -1; macs is filled when the graph
                         is known */
} target_job_t;

typedef struct {
    const char *name;                                        /* "ref" */
    const char *what;                                        /* one line for --help */
    int can_run_prog;                                        /* accepts a compiled program */
    int has_wave, has_trace;                                 /* trace: the report's, with detail */
    int (*run)(const target_job_t *job, graph_error_t *err); /* 0 or -1 */
} target_t;

/* By name; NULL and *err when it is unknown or not part of this program. */
const target_t *target_find(const char *name, graph_error_t *err);
/* i-th target that is linked in, NULL behind the last. */
const target_t *target_at(int i);
/* Runs one layer table of macs and ops into the report (unit "cpu", no cycles): a start for targets
 * without counters. */
int target_fill_layers(const target_job_t *job);

/* Does this prepared operator run on the NPU of that configuration? *why: a static phrase. Weak:
 * absent in a program without the compiler (placement.c asks it). */
int cli_placement(const graph_t *g, int32_t op, const ref_prepared_t *r, const char *config,
                  const char **why) __attribute__((weak));

#endif
