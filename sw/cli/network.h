/*
 * network.h - what a command line names: a model (.tflite) or a compiled program, with its inputs
 * and outputs.
 *
 * Contract:  network_load recognises the file by content. Buffers are 16-byte aligned.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_NETWORK_H
#define SYSTOLE_NETWORK_H

#include "npu_config.h"
#include "target.h"

typedef struct {
    const char *path;
    graph_t *graph; /* a model, else NULL */
    void *prog;     /* a compiled program's bytes, else NULL */
    size_t prog_size;
    const char *prog_config; /* the configuration that the program is for, or NULL when there can be
                                none such */
    int32_t n_inputs, n_outputs;
    io_desc_t *in_desc, *out_desc;
    int32_t n_runs;           /* 1, unless network_set_runs says otherwise */
    void **inputs, **outputs; /* (n_runs, n_inputs), (n_runs, n_outputs): zeroed buffers */
} network_t;

int network_load(const char *path, network_t *n,
                 graph_error_t *err); /* 0 or -1; then nothing to free */
void network_free(network_t *n);
/* Buffers, all zero again, for a sequence of runs. 0 or -1. */
int network_set_runs(network_t *n, int32_t n_runs, graph_error_t *err);
/* Random values of the inputs' types from a seed, the same on every machine. */
void network_random_inputs(network_t *n, uint64_t seed);
/* Fresh buffers (runs, n), to be freed with network_free_buffers(, runs * n); or NULL. */
void **network_new_buffers(const io_desc_t *desc, int32_t n, int32_t runs);
void network_free_buffers(void **buffers, int32_t n);
/* A job over the network's own buffers; the rest is up to the caller. */
target_job_t network_job(const network_t *n, const char *config, report_t *report);
/* The compiled program runs on that configuration? */
int network_is_for(const network_t *n, const npu_config_t *config);
/* npu_find_config(), for a command line. */
const npu_config_t *network_config(const char *text, graph_error_t *err);

/* Commands; each gets its own arguments, argv[0] its name. Exit status. */
enum { EXIT_OK = 0, EXIT_ERROR = 1, EXIT_USAGE = 2, EXIT_DIFFERENT = 3 };
int cmd_info(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_explore(int argc, char **argv) __attribute__((weak));
int cmd_config(int argc, char **argv);
int cmd_generate(int argc, char **argv) __attribute__((weak));
int cmd_compile(int argc, char **argv) __attribute__((weak)); /* supplied by the compiler */

/* "systole: MESSAGE" on stderr; returns EXIT_ERROR. */
int cli_error(const graph_error_t *err);
/* For wrong options: one line and a hint; returns EXIT_USAGE. */
int cli_usage(const char *command, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
