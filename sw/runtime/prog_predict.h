/*
 * prog_predict.h - how many cycles of the NPU a compiled program takes, without running it.
 *
 * Synopsis
 *   npu_memory_t memory = NPU_MEMORY_BENCH;
 *   prog_prediction_t p;
 *   if (prog_predict(&prog, &memory, NULL, &p)) fail(p.error);
 *
 * Contract
 *   The configuration is that of the program, named or not. The sum of the NPU steps, as target rtl
 *   reports it; CPU steps are counted (cpu_steps) and cost 0: their time is that of a processor
 *   which this model does not know. Image and arena begin on 4 KiB pages, as on target rtl.
 *   Counterparts: cmodel/npu/npu_predict.h, runtime.h. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_PROG_PREDICT_H
#define SYSTOLE_PROG_PREDICT_H

#include "../../cmodel/npu/npu_predict.h"
#include "prog.h"

typedef struct {
    uint64_t cycles, bytes_read, bytes_written; /* sums over the NPU steps */
    uint32_t cpu_steps;                         /* not in the cycles */
    const char *error;                          /* a phrase, when it failed */
} prog_prediction_t;

/* 0, or -1 with out->error. trace: (n_cmds) in the order of the command section, index of the whole
 * section, times since the first step began, steps one after the other; or NULL. */
int prog_predict(const prog_t *prog, const npu_memory_t *memory, npu_trace_t *trace,
                 prog_prediction_t *out);

#endif
