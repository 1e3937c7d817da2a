/*
 * mailbox.h - how a loader (simulation harness, board loader) and the firmware talk: one structure
 * at the start of main memory. Little-endian; all addresses are bus addresses in main memory.
 *
 * Contract: the loader fills the first part, sets `state` to SOC_MAILBOX_READY, and releases the
 * CPU (or sends 'r' over the UART). The firmware sets RUNNING, then OK or FAILED as its last write,
 * then reports through the FINISH register and the UART.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_MAILBOX_H
#define SYSTOLE_MAILBOX_H

#include <stdint.h>

#include "npu_spec.h"

#define SOC_MAILBOX_MAGIC 0x584f424du /* "MBOX" */
#define SOC_MAILBOX_VERSION 2u
#define SOC_MAILBOX_BYTES 256u /* space kept for it */

enum { SOC_MAILBOX_READY = 1, SOC_MAILBOX_RUNNING = 2, SOC_MAILBOX_OK = 3, SOC_MAILBOX_FAILED = 4 };

/* Flags. */
#define SOC_MAILBOX_CHECK_CRC 1u /* check the image's CRC (slow on a soft-core) */
#define SOC_MAILBOX_POLLING 2u   /* poll STATUS, do not use the interrupt */
#define SOC_MAILBOX_QUIET 4u     /* UART: no layer table */
/* Go on with the network's state as the previous run left it in the arena; without this flag the
 * run begins with the state that the image starts with. */
#define SOC_MAILBOX_KEEP_STATE 8u

/* Where a failure was found. */
enum {
    SOC_FAIL_NONE = 0,
    SOC_FAIL_MAILBOX = 1, /* code: index of the offending word */
    SOC_FAIL_PROG = 2,    /* code: prog_status_t, detail: byte offset */
    SOC_FAIL_NPU = 3,     /* code: npu_status_t, detail: npu_error_code_t | unit << 8 */
    SOC_FAIL_OP = 4,      /* code: step */
    SOC_FAIL_TRAP = 5,    /* code: mcause, detail: mepc */
    SOC_FAIL_BUS = 6,     /* code: 0, detail: address */
    SOC_FAIL_FLASH = 7,   /* boot image refused; code: 0 */
    SOC_FAIL_IMAGE = 8    /* language model's image refused; code: 0 */
};

/* What the firmware measured of one step; counters are those of an NPU step. */
typedef struct {
    uint32_t index, kind, layer;
    uint32_t records, dropped; /* of the trace: those of this step, commands without one */
    uint32_t reserved;
    uint64_t cycles;
    uint64_t counters[NPU_CNT_COUNT];
} soc_step_stats_t;

typedef struct {
    uint32_t magic, version;
    uint32_t image_addr, image_size;     /* PROG, or sw/llm/image.h; address multiple of 8 */
    uint32_t arena_addr, arena_size;     /* address multiple of 8 */
    uint32_t scratch_addr, scratch_size; /* CPU steps, where on-chip memory does not do; may be 0 */
    uint32_t stats_addr,
        stats_capacity; /* array of soc_step_stats_t; capacity in entries, may be 0 */
    uint32_t flags;
    uint32_t npu_timeout; /* TIMEOUT register of the NPU, cycles */
    uint32_t max_polls;   /* of npu_wait(); 0 = a default */
    uint32_t state;
    uint32_t trace_addr, trace_capacity; /* records of NPU_TRACE_WORDS words; capacity may be 0 */
    /* Written by the firmware. */
    uint32_t failure, code, detail, command; /* command: index in the program, NPU failures */
    uint32_t steps;                          /* completed */
    uint32_t stats_count;                    /* entries written */
    uint32_t trace_count;                    /* records written, of all steps in their order */
    uint32_t reserved;
    uint64_t cycles_total, cycles_npu, cycles_cpu;
} soc_mailbox_t;

#ifdef __cplusplus
#define SOC_ASSERT static_assert
#else
#define SOC_ASSERT _Static_assert
#endif
SOC_ASSERT(sizeof(soc_mailbox_t) <= SOC_MAILBOX_BYTES, "mailbox fits its space");

#endif
