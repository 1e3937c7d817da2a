/*
 * main.c - run the program that the loader left in main memory, or else the one in the SPI flash;
 * report over the UART.
 *
 * The last line is "SYSTOLE DONE ok" or "SYSTOLE ERROR <reason>". After it the byte 'r' on the UART
 * runs the mailbox's program again; 'L' and 'D' load and read main memory (session.h).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "flash_boot.h"
#include "platform.h"
#include "prog.h"
#include "runtime.h"
#include "session.h"
#include "trace.h"

#define MAX_STATS 128u

/* Kept on chip while the program runs: writing to main memory would cost cycles that are counted.
 */
static soc_step_stats_t stats[MAX_STATS];
static uint32_t n_stats;
static uint64_t watching;      /* cycles of the run that only looking at it took */
static uint64_t scratch[2048]; /* 16 KiB; larger needs are met by the mailbox's scratch */

static void print_layers(const prog_t *p) {
    put_str("program: ");
    put_u32(p->h.n_layers);
    put_str(" layers, ");
    put_u32(p->h.n_cmds);
    put_str(" commands, ");
    put_u32(p->h.n_steps);
    put_str(" steps\n");
    for (uint32_t i = 0; i < p->h.n_layers && (mailbox->flags & SOC_MAILBOX_QUIET) == 0; i++) {
        prog_layer_t l;
        prog_get_layer(p, i, &l);
        put_u64(i, 4);
        put_char(' ');
        put_padded(l.op, 20);
        put_str(l.unit == PROG_UNIT_NPU ? " npu " : " cpu ");
        put_u64(l.macs, 10);
        put_str(" macs\n");
    }
}

static void on_step(void *user, const npu_run_step_t *s) {
    uint32_t records = 0, dropped = 0;
    (void)user;
    if (s->step.kind == PROG_STEP_NPU) {
        uint64_t begin = clock_cycles();
        trace_step(&records, &dropped);
        watching += clock_cycles() - begin;
    }
    if (n_stats < MAX_STATS) {
        soc_step_stats_t *e = &stats[n_stats++];
        e->index = s->index;
        e->kind = s->step.kind;
        e->layer = s->step.layer;
        e->cycles = s->cycles;
        e->records = records;
        e->dropped = dropped;
        memcpy(e->counters, s->counters, sizeof e->counters);
    }
}

static uint64_t now(void *user) {
    (void)user;
    return clock_cycles();
}

static void print_run(const prog_t *p, const npu_run_result_t *r, uint64_t total) {
    put_str("cycles ");
    put_u64(total, 0);
    put_str(" npu ");
    put_u64(r->npu_cycles, 0);
    put_str(" cpu ");
    put_u64(r->cpu_cycles, 0);
    put_str(" interrupts ");
    put_u32(platform_irq_count());
    put_char('\n');
    for (uint32_t i = 0; i < n_stats; i++) {
        if (stats[i].kind == PROG_STEP_CPU) {
            prog_layer_t l = {.op = "?"};
            if (stats[i].layer != PROG_NONE) {
                prog_get_layer(p, stats[i].layer, &l);
            }
            put_str("cpu step ");
            put_u32(stats[i].index);
            put_char(' ');
            put_str(l.op);
            put_str(" cycles ");
            put_u64(stats[i].cycles, 0);
            put_char('\n');
        }
    }
}

/* Index of the largest element; the first of several. */
static void print_prediction(const prog_io_t *io, const uint8_t *data) {
    uint32_t best = 0;
    if (io->type != PROG_INT8 && io->type != PROG_UINT8) {
        return;
    }
    uint8_t flip = io->type == PROG_INT8 ? 0x80 : 0; /* orders int8 like uint8 */
    for (uint32_t i = 1; i < io->size; i++) {
        if ((data[i] ^ flip) > (data[best] ^ flip)) {
            best = i;
        }
    }
    put_str("prediction ");
    put_u32(best);
    put_str(" score ");
    put_i32(io->type == PROG_INT8 ? (int8_t)data[best] : data[best]);
    put_char('\n');
}

static void print_outputs(const prog_t *p, const uint8_t *arena) {
    for (uint32_t i = 0; i < p->h.n_outputs; i++) {
        prog_io_t io;
        prog_get_io(p, p->h.n_inputs + i, &io);
        if (i == 0) {
            print_prediction(&io, arena + io.offset);
        }
        put_str("output ");
        put_u32(i);
        put_char(' ');
        put_u32(io.size);
        put_str(" bytes crc32 ");
        put_hex(prog_crc32(0, arena + io.offset, io.size));
        put_char('\n');
    }
}

static void report_failure(const prog_t *p, npu_run_status_t st, const npu_run_result_t *r) {
    begin_error();
    if (st == NPU_RUN_E_PROGRAM) {
        put_str(prog_strerror(r->prog_status));
        put_char('\n');
        fail(SOC_FAIL_PROG, r->prog_status, 0);
    } else if (st == NPU_RUN_E_NPU) {
        put_npu_failure(r->npu_status, &r->npu_error);
        mailbox->command = PROG_NONE;
        if (r->npu_status == NPU_E_DEVICE) {
            uint32_t layer = npu_run_layer_of(p, r->npu_error.command);
            if (layer != PROG_NONE) {
                put_str(", layer ");
                put_u32(layer);
            }
            put_str(", address 0x");
            put_hex(r->npu_error.address);
            mailbox->command = r->npu_error.command;
        }
        put_char('\n');
        fail(SOC_FAIL_NPU, r->npu_status, r->npu_error.code | r->npu_error.unit << 8);
    } else {
        put_str("operator of step ");
        put_u32(r->step);
        put_str(" does not fit its operands\n");
        fail(SOC_FAIL_OP, r->step, 0);
    }
}

/* Copy the measurements out; returns the number of entries. */
static uint32_t export_stats(void) {
    uint32_t n = n_stats < mailbox->stats_capacity ? n_stats : mailbox->stats_capacity;
    if (n != 0) {
        memcpy((void *)(uintptr_t)mailbox->stats_addr, stats, n * sizeof stats[0]);
    }
    return n;
}

static void run(void) {
    static npu_t npu;
    prog_t prog;
    prog_error_t perr;
    npu_run_result_t result;
    n_stats = 0;
    watching = 0;
    if (!session_begin(&npu)) {
        return;
    }
    const void *image = (const void *)(uintptr_t)mailbox->image_addr;
    uint32_t open_flags = (mailbox->flags & SOC_MAILBOX_CHECK_CRC) != 0 ? PROG_CHECK_CRC : 0;
    if (prog_open(image, mailbox->image_size, open_flags, &prog, &perr) == PROG_OK &&
        prog.h.arena_size > mailbox->arena_size) {
        perr = (prog_error_t){PROG_E_RANGE, 0};
    }
    if (perr.code != PROG_OK) {
        begin_error();
        put_str(prog_strerror(perr.code));
        put_str(", byte ");
        put_u32(perr.offset);
        put_char('\n');
        fail(SOC_FAIL_PROG, perr.code, perr.offset);
        return;
    }
    print_layers(&prog);
    int on_chip = prog.h.scratch_size <= sizeof scratch;
    npu_run_env_t env = {
        .npu = &npu,
        .prog = &prog,
        .image_addr = mailbox->image_addr,
        .arena = (uint8_t *)(uintptr_t)mailbox->arena_addr,
        .arena_addr = mailbox->arena_addr,
        .scratch = on_chip ? (void *)scratch : (void *)(uintptr_t)mailbox->scratch_addr,
        .scratch_size = on_chip ? sizeof scratch : mailbox->scratch_size,
        .max_polls = session_polls(),
        .now = now,
        .on_step = on_step,
    };
    if ((mailbox->flags & SOC_MAILBOX_KEEP_STATE) == 0) {
        npu_run_reset(&env);
    }
    trace_begin(&npu, mailbox);
    uint64_t start = clock_cycles();
    npu_run_status_t rs = npu_run_program(&env, &result);
    uint64_t total = clock_cycles() - start - watching;
    mailbox->steps = result.steps;
    mailbox->trace_count = trace_end();
    mailbox->stats_count = export_stats();
    mailbox->cycles_total = total;
    mailbox->cycles_npu = result.npu_cycles;
    mailbox->cycles_cpu = result.cpu_cycles;
    if (rs != NPU_RUN_OK) {
        report_failure(&prog, rs, &result);
        return;
    }
    print_run(&prog, &result, total);
    print_outputs(&prog, env.arena);
    session_end();
}

int main(void) {
    session_banner();
    if (!session_loaded() && flash_boot_program() == FLASH_BAD) {
        fail(SOC_FAIL_FLASH, 0, 0);
    } else {
        run();
    }
    session_serve(run);
}
