/*
 * run_device.h - a compiled program on an npu_device_t: what the targets `model` and `rtl` share.
 *
 * Contract
 *   run_device() compiles job->graph (or takes job->prog), puts image and arena into the device's
 *   memory, runs the program through driver and runtime, once for each set of inputs, copies the
 * outputs and fills the report with the last run.
 *   Image and arena begin on pages of their own, the image at NPU_MEM_BASE.
 *   Report: the prediction (memory latency of how->options, or bench conditions). When the device
 *   counts cycles: cycles_total is the sum of the NPU steps (CPU steps run on the host and cost
 *   nothing); by layer as in run_log.h, from the simulator's events. With job->detail and a
 *   configuration that has a trace, the trace's records are read too and must say the same, or the
 *   run fails.
 * Counterpart: target_soc.c. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_RUN_DEVICE_H
#define SYSTOLE_RUN_DEVICE_H

#include "../../testbench/common/npu_device.h"
#include "prog.h"
#include "target.h"

typedef struct {
    const char *name; /* of the target */
    npu_device_open_fn open;
    const npu_device_options_t *options; /* may be NULL */
    int has_cycles;                      /* cycles and trace mean something */
    uint32_t timeout;                    /* watchdog in cycles, not 0 */
    /* After each NPU step and after a failure: what the device itself complains of, or NULL. May be
     * NULL. */
    const char *(*complaint)(const npu_device_t *dev);
} run_device_t;

/* 0, or -1 with one line in *err. */
int run_device(const target_job_t *job, const run_device_t *how, graph_error_t *err);

/* When a command ran, in cycles of all NPU steps so far. */
typedef struct {
    uint64_t start, end;
} run_span_t;

/* A finished run, for those that judge it. */
typedef struct {
    const prog_t *prog;
    const npu_config_t *config;
    const uint32_t *commands;   /* (n_cmds, NPU_CMD_WORDS) */
    uint32_t latency;           /* of the memory, cycles */
    const uint64_t *step_begin; /* (n_steps) */
    const run_span_t *spans;    /* (n_cmds) */
    uint32_t *layer_of;         /* (n_cmds), PROG_NONE: of none */
} run_profile_t;

/* The words of command i of the whole command section; commands: (n_cmds, NPU_CMD_WORDS). */
void run_command(const uint32_t *commands, uint32_t i, uint32_t words[NPU_CMD_WORDS]);
/* Fills layer_of (n_cmds), PROG_NONE: of none (run_layers.c). 0, or -1: out of memory. */
int run_layers(const prog_t *prog, const uint32_t *commands, uint32_t *layer_of);
/* Fills trace.blocks, and corrects layer_of for loads (run_memory.c). 0, or -1: out of memory. */
int run_memory(const run_profile_t *p, report_t *report);
/* Fills what the array did in each layer's cycles (run_stalls.c). 0, or -1: out of memory. */
int run_stalls(const run_profile_t *p, report_t *report);
/* Fills the limits of each layer, from its commands and bytes (report_bound.c). */
void run_limits(const run_profile_t *p, report_t *report);

#endif
