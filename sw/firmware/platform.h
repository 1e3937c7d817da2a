/*
 * platform.h - what the firmware needs of the SoC: registers, console, clock, interrupts, exit.
 * Addresses come from rtl/soc/soc_map.vh (through the generated soc_map.h).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_PLATFORM_H
#define SYSTOLE_PLATFORM_H

#include <stdint.h>

#include "npu_driver.h"
#include "soc_map.h"

static inline uint32_t reg_read(uint32_t addr) {
    return *(volatile uint32_t *)(uintptr_t)addr;
}

static inline void reg_write(uint32_t addr, uint32_t value) {
    *(volatile uint32_t *)(uintptr_t)addr = value;
}

/* Console, blocking. put_u64 decimal; width: minimum columns, padded left with spaces. */
void put_char(char c);
void put_str(const char *s);
void put_u32(uint32_t v);
void put_i32(int32_t v);
void put_u64(uint64_t v, int width);
void put_hex(uint32_t v);
void put_padded(const char *s, int width); /* left-aligned in width columns, cut if longer */

/* Byte received since the last call, or -1. */
int get_char(void);

uint64_t clock_cycles(void);

/* Connect the NPU driver to the memory-mapped registers, and (use_irq) its interrupt to npu_irq().
 */
void platform_npu_io(npu_io_t *io);
void platform_enable_irq(npu_t *npu, int use_irq);

/* Number of NPU interrupts taken. */
uint32_t platform_irq_count(void);

/* First data access that failed since the last call: 1 and its address, or 0. */
int platform_bus_fault(uint32_t *addr);

/* Work begins: take an earlier exit code back. */
void platform_begin(void);

/* Exit code to the outside world, below 2^31; 0 = success. Returns. */
void platform_finish(uint32_t code);

/* Provided by the program: an exception happened; must not return. */
void on_exception(uint32_t mcause, uint32_t mepc);

#endif
