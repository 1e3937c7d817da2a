/*
 * session.c - see session.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "session.h"

#include <stddef.h>

#include "loader.h"
#include "platform.h"

void fail(uint32_t failure, uint32_t code, uint32_t detail) {
    mailbox->failure = failure;
    mailbox->code = code;
    mailbox->detail = detail;
    mailbox->state = SOC_MAILBOX_FAILED;
    platform_finish(failure);
}

void begin_error(void) {
    put_str("SYSTOLE ERROR ");
}

void on_exception(uint32_t mcause, uint32_t mepc) {
    begin_error();
    put_str("trap: mcause 0x");
    put_hex(mcause);
    put_str(" mepc 0x");
    put_hex(mepc);
    put_char('\n');
    fail(SOC_FAIL_TRAP, mcause, mepc);
    for (;;) {
    }
}

/* [addr, addr + size) inside main memory behind the mailbox, and aligned. */
static int in_memory(uint32_t addr, uint32_t size) {
    uint32_t offset = addr - SOC_MEM_BASE;
    uint32_t mem_size = reg_read(SOC_SYS_BASE + SOC_SYS_MEM_SIZE);
    return addr % 8 == 0 && offset >= SOC_MAILBOX_BYTES && offset <= mem_size &&
           size <= mem_size - offset;
}

/* Check the loader's words; 0, or the index of the first bad one plus one. */
static uint32_t check_mailbox(const soc_mailbox_t *m) {
    if (m->magic != SOC_MAILBOX_MAGIC || m->version != SOC_MAILBOX_VERSION) {
        return 1;
    }
    if (m->state != SOC_MAILBOX_READY) {
        return offsetof(soc_mailbox_t, state) / 4 + 1;
    }
    if (!in_memory(m->image_addr, m->image_size)) {
        return offsetof(soc_mailbox_t, image_addr) / 4 + 1;
    }
    if (!in_memory(m->arena_addr, m->arena_size)) {
        return offsetof(soc_mailbox_t, arena_addr) / 4 + 1;
    }
    if (m->scratch_size != 0 && !in_memory(m->scratch_addr, m->scratch_size)) {
        return offsetof(soc_mailbox_t, scratch_addr) / 4 + 1;
    }
    if (m->stats_capacity != 0 &&
        (m->stats_capacity > 0xffffu ||
         !in_memory(m->stats_addr, m->stats_capacity * (uint32_t)sizeof(soc_step_stats_t)))) {
        return offsetof(soc_mailbox_t, stats_addr) / 4 + 1;
    }
    if (m->trace_capacity != 0 &&
        (m->trace_capacity > 0xffffffu ||
         !in_memory(m->trace_addr, m->trace_capacity * NPU_TRACE_WORDS * 4u))) {
        return offsetof(soc_mailbox_t, trace_addr) / 4 + 1;
    }
    return 0;
}

static void print_device(const npu_t *npu) {
    const npu_config_t *c = &npu->config;
    put_str("npu ");
    put_str(c->name);
    put_str(": array ");
    put_u32(c->n);
    put_char('x');
    put_u32(c->n);
    put_str(", lanes ");
    put_u32(c->lanes);
    put_str(", scratchpad ");
    put_u32(c->sp_words * c->n / 1024);
    put_str(" KiB, spec ");
    put_hex(NPU_SPEC_HASH);
    put_char('\n');
}

uint32_t session_polls(void) {
    return mailbox->max_polls != 0 ? mailbox->max_polls : DEFAULT_POLLS;
}

void session_banner(void) {
    put_str("\nSystole firmware, ");
    put_u32(reg_read(SOC_SYS_BASE + SOC_SYS_CLK_HZ) / 1000000u);
    put_str(" MHz, ");
    put_u32(reg_read(SOC_SYS_BASE + SOC_SYS_MEM_SIZE) >> 20);
    put_str(" MiB\n");
}

int session_loaded(void) {
    return mailbox->magic == SOC_MAILBOX_MAGIC && mailbox->state == SOC_MAILBOX_READY;
}

int session_begin(npu_t *npu) {
    npu_io_t io;
    uint32_t bad = check_mailbox(mailbox), fault_addr;
    platform_begin();
    (void)platform_bus_fault(&fault_addr);
    if (bad != 0) {
        begin_error();
        put_str("mailbox word ");
        put_u32(bad - 1);
        put_char('\n');
        fail(SOC_FAIL_MAILBOX, bad - 1, 0);
        return 0;
    }
    mailbox->state = SOC_MAILBOX_RUNNING;
    platform_npu_io(&io);
    npu_status_t st = npu_init(npu, &io, mailbox->npu_timeout);
    if (st != NPU_OK) {
        begin_error();
        put_npu_failure(st, NULL);
        put_char('\n');
        fail(SOC_FAIL_NPU, st, 0);
        return 0;
    }
    print_device(npu);
    platform_enable_irq(npu, (mailbox->flags & SOC_MAILBOX_POLLING) == 0);
    return 1;
}

void put_npu_failure(npu_status_t st, const npu_error_t *error) {
    put_str(npu_strerror(st));
    if (st == NPU_E_DEVICE) {
        put_str(": ");
        put_str(npu_error_name(error->code));
        put_str(", unit ");
        put_str(npu_unit_name(error->unit));
        put_str(", command ");
        put_u32(error->command);
    }
}

void session_end(void) {
    uint32_t fault_addr;
    if (platform_bus_fault(&fault_addr)) {
        begin_error();
        put_str("bus error on a CPU access to 0x");
        put_hex(fault_addr);
        put_char('\n');
        fail(SOC_FAIL_BUS, 0, fault_addr);
        return;
    }
    put_str("SYSTOLE DONE ok\n");
    mailbox->failure = SOC_FAIL_NONE;
    mailbox->state = SOC_MAILBOX_OK;
    platform_finish(0);
}

void session_serve(void (*run)(void)) {
    for (;;) {
        int c = get_char();
        if (c == 'r') {
            run();
        } else {
            loader_serve(c);
        }
    }
}
