/*
 * runtime.h - run a compiled program: NPU steps through the driver, CPU steps with the golden
 * models. Same source on host (model, rtl) and soft-core.
 *
 * Synopsis
 *   npu_run_env_t env = {.npu = &npu, .prog = &prog, .image_addr = .., .arena = .., .arena_addr =
 * .., .max_polls = 1000000}; npu_run_reset(&env); copy the inputs to arena + io.offset;
 * npu_run_result_t r; if (npu_run_program(&env, &r) != NPU_RUN_OK) fail(...); read the outputs at
 * arena + io.offset; and so on with the next inputs.
 *
 * Contract
 *   No allocation, no float. The image must have passed prog_open() and stay unchanged. Pointers
 * and bus addresses name the same memory: `image_addr`, `arena_addr` are what the NPU must use for
 *   prog->bytes and `arena`. After a failure the device has been recovered where possible, and the
 *   next run works.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_RUNTIME_H
#define SYSTOLE_RUNTIME_H

#include "npu_driver.h"
#include "prog.h"

typedef enum {
    NPU_RUN_OK = 0,
    NPU_RUN_E_PROGRAM, /* the program does not fit this device or memory: result.prog_status */
    NPU_RUN_E_NPU,     /* driver error: result.npu_status, for NPU_E_DEVICE also result.npu_error */
    NPU_RUN_E_OP       /* a CPU step's operator does not fit its operands, or is unknown */
} npu_run_status_t;

/* One executed step, as the observer sees it. */
typedef struct {
    uint32_t index;   /* of the step */
    prog_step_t step; /* decoded */
    const char *op;   /* CPU steps: operator name; NPU steps: "npu" */
    uint64_t cycles;  /* by env.now, 0 without a clock. NPU: the device's CYCLES counter */
    uint64_t counters[NPU_CNT_COUNT]; /* of an NPU step; 0 for a CPU step */
} npu_run_step_t;

typedef struct {
    npu_t *npu; /* initialised */
    const prog_t *prog;
    uint32_t image_addr; /* bus address of prog->bytes, multiple of 8 */
    uint8_t *arena;      /* prog->h.arena_size bytes, 8-byte aligned */
    uint32_t arena_addr; /* bus address of arena, multiple of 8 */
    void *scratch;       /* 8-byte aligned memory for CPU steps; may be NULL if none is needed */
    uint32_t scratch_size;
    uint32_t max_polls;                              /* bound for one NPU step, see npu_wait() */
    uint64_t (*now)(void *);                         /* clock in cycles, or NULL */
    void (*on_step)(void *, const npu_run_step_t *); /* after each step, or NULL */
    void *user;                                      /* argument of both */
} npu_run_env_t;

typedef struct {
    uint32_t steps;                   /* completed */
    uint64_t npu_cycles, cpu_cycles;  /* sums over steps */
    uint64_t counters[NPU_CNT_COUNT]; /* sums over NPU steps */
    /* What went wrong; `step` is PROG_NONE when nothing had begun. */
    uint32_t step;
    prog_status_t prog_status;
    npu_status_t npu_status;
    npu_error_t npu_error; /* command: index in the whole command section of the program */
} npu_run_result_t;

/* The network's state (prog.h) as it is before the first run: to be called once before that, and
 * again to start a sequence anew. Between runs the caller leaves those bytes alone. */
void npu_run_reset(const npu_run_env_t *env);

npu_run_status_t npu_run_program(const npu_run_env_t *env, npu_run_result_t *result);

/* Layer to which a command of the whole command section belongs, or PROG_NONE. */
uint32_t npu_run_layer_of(const prog_t *prog, uint32_t command);

#endif
