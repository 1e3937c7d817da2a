/*
 * npu_driver.h - driver of the NPU: one library for the soft-core (memory-mapped registers) and for
 * the host (register access through a simulator).
 *
 * Synopsis
 *   npu_t npu;
 *   if ((st = npu_init(&npu, &io, timeout_cycles)) != NPU_OK) fail(npu_strerror(st));
 *   npu_set_region(&npu, 0, image_addr, image_size, NPU_REGION_READ);
 *   npu_set_region(&npu, 1, arena_addr, arena_size, NPU_REGION_READ | NPU_REGION_WRITE);
 *   st = npu_submit(&npu, cmd_offset, cmd_bytes);
 *   if (st == NPU_OK) st = npu_wait(&npu, max_polls);
 *   if (st == NPU_E_DEVICE) { npu_get_error(&npu, &e); npu_recover(&npu, max_polls); }
 *
 * Contract
 *   No allocation, no floating point, no global state, bounded time: every loop ends after the
 *   number of polls that the caller gave. A device that failed or hung is usable again after
 *   npu_recover(); regions and TIMEOUT keep their values. Interrupt use is optional: see npu_irq().
 *   Not re-entrant, except npu_irq(), which may interrupt any other call.
 *   Registers: spec/npu.toml (spec/gen/npu_spec.h). Counterparts: rtl/npu_regs.v, cmodel/npu.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_NPU_DRIVER_H
#define SYSTOLE_NPU_DRIVER_H

#include <stdint.h>

#include "npu_spec.h"

typedef enum {
    NPU_OK = 0,
    NPU_E_ARG,     /* argument out of range, or misaligned */
    NPU_E_ID,      /* no NPU answers at this address */
    NPU_E_VERSION, /* NPU with another major or minor interface version */
    NPU_E_SPEC,    /* driver and hardware were built from different specifications */
    NPU_E_CONFIG,  /* configuration registers hold impossible values */
    NPU_E_BUSY,    /* still running */
    NPU_E_TIMEOUT, /* did not finish within the given number of polls */
    NPU_E_DEVICE,  /* the device reported an error: npu_get_error() */
    NPU_E_RESET,   /* soft reset did not finish: only a system reset helps */
    NPU_STATUS_COUNT_
} npu_status_t;

/* Register access. Offsets are byte offsets of 32-bit registers. */
typedef struct {
    uint32_t (*read32)(void *ctx, uint32_t offset);
    void (*write32)(void *ctx, uint32_t offset, uint32_t value);
    void (*wait)(void *ctx); /* called once per poll while busy; NULL: spin. Host: advance simulated
                                time; soft-core: wait for interrupt */
    void *ctx;
} npu_io_t;

typedef struct {
    npu_io_t io;
    npu_config_t config;          /* of the device; name is "custom" if no named one matches */
    uint32_t version;             /* VERSION register */
    volatile uint32_t irq_status; /* STATUS bits that npu_irq() collected since npu_submit() */
    uint32_t use_irq;             /* npu_wait() trusts npu_irq() to bring DONE and ERROR */
} npu_t;

typedef struct {
    uint32_t code;    /* npu_error_code_t */
    uint32_t unit;    /* npu_unit_t */
    uint32_t command; /* index in the command list of the last npu_submit() */
    uint32_t address; /* region offset or bus address, see ERR_ADDR */
} npu_error_t;

/* Identify the device, read its configuration, bring it to a known idle state with all regions
 * closed. timeout_cycles: watchdog of the device, 0 = none. */
npu_status_t npu_init(npu_t *npu, const npu_io_t *io, uint32_t timeout_cycles);

/* Turn the interrupt output on or off. While on, the system's interrupt handler must call
 * npu_irq(). */
void npu_enable_irq(npu_t *npu, int on);

/* To be called by the interrupt handler: collects and acknowledges DONE and ERROR, which ends the
 * interrupt request. */
void npu_irq(npu_t *npu);

/* region 0..NPU_REGIONS-1; base multiple of 8; flags of NPU_REGION_READ, NPU_REGION_WRITE (0 closes
 * it). */
npu_status_t npu_set_region(npu_t *npu, uint32_t region, uint32_t base, uint32_t size,
                            uint32_t flags);

/* Start `count` commands (0..65535) at byte `offset` (multiple of 8) of region 0. Does not wait. */
npu_status_t npu_submit(npu_t *npu, uint32_t offset, uint32_t bytes);

/* NPU_E_BUSY while running, NPU_OK when done, NPU_E_DEVICE when it stopped with an error. */
npu_status_t npu_poll(npu_t *npu);

/* npu_poll() until it no longer says busy, at most max_polls times. With the interrupt on, a lost
 * interrupt is found too: the register is read every 64th poll. */
npu_status_t npu_wait(npu_t *npu, uint32_t max_polls);

/* First error since npu_submit(). Valid until npu_recover() or the next npu_submit(). */
void npu_get_error(const npu_t *npu, npu_error_t *error);

/* Soft reset: stop, drain, forget. NPU_E_RESET if it does not become idle within max_polls. */
npu_status_t npu_recover(npu_t *npu, uint32_t max_polls);

/* Counters of the last run, indexed by npu_counter_t. */
void npu_read_counters(const npu_t *npu, uint64_t counters[NPU_CNT_COUNT]);

/* The trace of the last or current run: moves up to `records` waiting records to words (records,
 * NPU_TRACE_WORDS; npu_unpack_trace() decodes one), oldest first, and returns their number.
 * *dropped (may be NULL): records that found no place in the device's ring since npu_submit(). A
 * ring that is read often enough while the device runs drops none; reading costs it no cycles. 0
 * records and 0 dropped where config.trace_records is 0. */
uint32_t npu_read_trace(const npu_t *npu, uint32_t *words, uint32_t records, uint32_t *dropped);

/* One short English phrase each, never NULL. */
const char *npu_strerror(npu_status_t status);
const char *npu_error_name(uint32_t code);
const char *npu_unit_name(uint32_t unit);

#endif
