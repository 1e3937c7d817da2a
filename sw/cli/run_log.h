/*
 * run_log.h - a run as it happened, turned into the figures of its report: what the targets `rtl`
 * and `soc` share.
 *
 * Synopsis
 *   run_log_open(&log, &prog, config, report);       layers, commands
 *   for each step: run_log_step(&log, &step, cycles); then its run_log_event()s, begin = log.begin
 *   run_log_finish(&log, latency, detail);
 *   run_log_free(&log);
 *
 * Contract
 *   Time is the sum of the steps so far: cycles of the NPU steps, and of the CPU steps where the
 *   target counts them; nothing lies between steps. A layer's cycles are how much later it ended
 *   than all layers before it (its last array, vector or store command, or its CPU step), so that
 *   layers add up. Layers on the NPU have cycles when every command has an event, layers on the CPU
 *   when one of its steps took some.
 *   With detail also of each layer its bytes, what the array did meanwhile, and its limits. A load
 *   belongs to the layer that first reads what it brought.
 *   Functions return 0, or -1 when out of memory. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_RUN_LOG_H
#define SYSTOLE_RUN_LOG_H

#include "prog.h"
#include "report.h"

typedef struct {
    const prog_t *prog;
    const npu_config_t *config;
    report_t *report;
    uint32_t *commands;   /* (n_cmds, NPU_CMD_WORDS) */
    uint32_t *layer_of;   /* (n_cmds): of each command, or PROG_NONE */
    uint64_t *step_begin; /* (n_steps) */
    uint64_t begin, end;  /* of the last step */
    uint32_t first_cmd;   /* of the last step; n_cmds_now: its commands, 0 on the CPU */
    uint32_t n_cmds_now;
    size_t room; /* of report->trace.events */
} run_log_t;

int run_log_open(run_log_t *log, const prog_t *prog, const npu_config_t *config, report_t *report);
/* index: of the step; cycles: that it took, 0 where nobody counts. */
int run_log_step(run_log_t *log, uint32_t index, const prog_step_t *step, uint64_t cycles);
/* A record of the last step's commands; one that names none of them is left out. waits: NULL when
 * nobody counted. */
int run_log_event(run_log_t *log, const npu_trace_record_t *record, int has_waits);
/* Forgets the steps so far: another run begins. */
void run_log_restart(run_log_t *log);
int run_log_finish(run_log_t *log, uint32_t latency, int detail);
void run_log_free(run_log_t *log);

#endif
