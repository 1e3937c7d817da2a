/*
 * platform.c - console, clock, interrupts of the SoC; see platform.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "platform.h"

#include <stddef.h>

#define UART(reg) (SOC_UART_BASE + (reg))
#define TIMER(reg) (SOC_TIMER_BASE + (reg))
#define SYS(reg) (SOC_SYS_BASE + (reg))

#define UART_CAN_SEND 1u
#define UART_RECEIVED 2u

#define MCAUSE_INTERRUPT 0x80000000u
#define CAUSE_EXTERNAL 11u
#define MIE_EXTERNAL (1u << 11)
#define MSTATUS_MIE (1u << 3)

/* CSRs of VexRiscv's external interrupt array: mask and (masked) pending bits. */
#define CSR_IRQ_MASK "0xbc0"
#define CSR_IRQ_PENDING "0xfc0"
#define CSR_OP(op) ".option push\n.option arch, +zicsr\n" op "\n.option pop"
#define CSR_WRITE(csr, v) __asm__ volatile(CSR_OP("csrw " csr ", %0") : : "r"(v) : "memory")
#define CSR_SET(csr, v) __asm__ volatile(CSR_OP("csrs " csr ", %0") : : "r"(v) : "memory")
#define CSR_READ(csr, v) __asm__ volatile(CSR_OP("csrr %0, " csr) : "=r"(v) : : "memory")

static npu_t *irq_npu;
static volatile uint32_t irq_count;

void put_char(char c) {
    while ((reg_read(UART(SOC_UART_STATUS)) & UART_CAN_SEND) == 0) {
    }
    reg_write(UART(SOC_UART_DATA), (uint8_t)c);
}

void put_str(const char *s) {
    while (*s != 0) {
        put_char(*s++);
    }
}

void put_padded(const char *s, int width) {
    for (int i = 0; i < width; i++) {
        put_char(*s != 0 ? *s++ : ' ');
    }
}

void put_u64(uint64_t v, int width) {
    char text[20];
    int n = 0;
    do {
        text[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    for (int i = n; i < width; i++) {
        put_char(' ');
    }
    while (n > 0) {
        put_char(text[--n]);
    }
}

void put_u32(uint32_t v) {
    put_u64(v, 0);
}

void put_i32(int32_t v) {
    if (v < 0) {
        put_char('-');
    }
    put_u64(v < 0 ? 0u - (uint32_t)v : (uint32_t)v, 0);
}

void put_hex(uint32_t v) {
    for (int i = 28; i >= 0; i -= 4) {
        put_char("0123456789abcdef"[v >> i & 15u]);
    }
}

int get_char(void) {
    if ((reg_read(UART(SOC_UART_STATUS)) & UART_RECEIVED) == 0) {
        return -1;
    }
    return (int)(reg_read(UART(SOC_UART_DATA)) & 0xffu);
}

uint64_t clock_cycles(void) {
    uint32_t low = reg_read(TIMER(SOC_TIMER_MTIME)); /* latches the high word */
    return (uint64_t)reg_read(TIMER(SOC_TIMER_MTIMEH)) << 32 | low;
}

static uint32_t npu_read(void *ctx, uint32_t offset) {
    (void)ctx;
    return reg_read(SOC_NPU_BASE + offset);
}

static void npu_write(void *ctx, uint32_t offset, uint32_t value) {
    (void)ctx;
    reg_write(SOC_NPU_BASE + offset, value);
}

void platform_npu_io(npu_io_t *io) {
    /* No wait function: npu_wait() looks at a word that the interrupt handler sets. */
    *io = (npu_io_t){.read32 = npu_read, .write32 = npu_write, .wait = NULL, .ctx = NULL};
}

void platform_enable_irq(npu_t *npu, int use_irq) {
    irq_npu = npu;
    npu_enable_irq(npu, use_irq);
    CSR_WRITE(CSR_IRQ_MASK, use_irq ? 1u << SOC_IRQ_NPU : 0u);
    CSR_WRITE("mie", use_irq ? MIE_EXTERNAL : 0u);
    if (use_irq) {
        CSR_SET("mstatus", MSTATUS_MIE);
    }
}

uint32_t platform_irq_count(void) {
    return irq_count;
}

int platform_bus_fault(uint32_t *addr) {
    if (reg_read(SYS(SOC_SYS_FAULT)) == 0) {
        return 0;
    }
    *addr = reg_read(SYS(SOC_SYS_FAULT_ADDR));
    reg_write(SYS(SOC_SYS_FAULT), 1);
    return 1;
}

void platform_begin(void) {
    reg_write(SYS(SOC_SYS_FINISH), 0x80000000u);
}

void platform_finish(uint32_t code) {
    reg_write(SYS(SOC_SYS_FINISH), code);
}

/* Called by trap_entry in crt0.S. */
void trap_handler(uint32_t mcause, uint32_t mepc);
void trap_handler(uint32_t mcause, uint32_t mepc) {
    if (mcause == (MCAUSE_INTERRUPT | CAUSE_EXTERNAL)) {
        uint32_t pending;
        CSR_READ(CSR_IRQ_PENDING, pending);
        if ((pending & 1u << SOC_IRQ_NPU) != 0) {
            npu_irq(irq_npu);
            irq_count++;
            return;
        }
    }
    on_exception(mcause, mepc);
}
