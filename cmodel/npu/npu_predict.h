/*
 * npu_predict.h - how many cycles the RTL needs for a command list, without running it.
 *
 * Synopsis
 *   npu_memory_t memory = NPU_MEMORY_BENCH;
 *   npu_prediction_t p;
 *   if (npu_predict(&config, &memory, &list, NULL, &p)) fail(p.error);
 *   printf("%" PRIu64 " cycles\n", p.cycles);
 *
 * Contract
 *   Any configuration, also one that has no name and no RTL built: the fields of npu_config_t are
 *   the parameters of the model, as they are those of the Verilog. Time follows from the mechanism
 *   (queues, tokens, bursts, passes, pipelines), never from data: a list has one prediction.
 *   The list is taken as legal and well ordered (npu_check_command, the order check); one that
 *   cannot end, or is cut, is an error. Every transfer counts as inside its region.
 *   Estimates, not promises: conflicts at the accumulators, and of SOFTMAX, NORM and wide rows at
 * the scratchpad's banks, do not count. Errors: make predict-table. How: docs/design.md,
 * Prediction. Whole programs, with their CPU steps: sw/runtime/prog_predict.h.
 *
 * Counterpart: the timing of rtl/npu_*.v. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_NPU_PREDICT_H
#define SYSTOLE_NPU_PREDICT_H

#include <stddef.h>
#include <stdint.h>

#include "npu_spec.h"
#include "../../testbench/common/npu_device.h"

/* The memory behind the port. */
typedef struct {
    uint32_t latency;    /* cycles from a read address to its first beat, and from the last write
                            beat to its response; >= 1 */
    uint32_t beat_bytes; /* width of the port in bytes: a power of two, 4..64 (the RTL's is 8); one
                            beat a cycle in each direction */
} npu_memory_t;
#define NPU_MEMORY_BENCH                                                                           \
    (npu_memory_t) {                                                                               \
        32, 8                                                                                      \
    }

/* A command list as the NPU gets it. */
typedef struct {
    const uint8_t *bytes; /* the commands, packed (npu_list_put) */
    uint32_t size;
    uint32_t address;                  /* bus address of the first */
    uint32_t region_base[NPU_REGIONS]; /* bus addresses: where bursts and pages begin */
} npu_list_t;

typedef struct {
    uint64_t cycles;        /* from START to the last completion, as NPU_CNT_CYCLES counts them */
    uint64_t bytes_read;    /* beats at the port, in bytes: commands and loads */
    uint64_t bytes_written; /* bytes stored */
    uint32_t commands;
    const char *error; /* a phrase, when npu_predict() failed */
} npu_prediction_t;

/* 0, or -1 with out->error. trace: room for every command, filled in list order with the times that
 * the RTL's trace would show; or NULL. */
int npu_predict(const npu_config_t *config, const npu_memory_t *memory, const npu_list_t *list,
                npu_trace_t *trace, npu_prediction_t *out);

#endif
