/*
 * target_soc.c - target `soc`: the Verilated system. RISC-V soft-core, firmware, UART and NPU run
 * the compiled program by themselves; the host only fills memory before and reads it after.
 *
 * Contract: target.h, soc_system.h. What the UART says goes to stdout, each line with "uart| "
 * before it. Report: cycles_total is what the firmware's clock says from the first step to the
 * last; by layer as in run_log.h, from the trace that the firmware reads while the NPU runs, so a
 * configuration without a trace has none; cycles_driver is what passed between the steps.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "npu_config.h"
#include "npu_device.h"
#include "progress.h"
#include "run_log.h"
#include "runtime.h"
#include "soc_system.h"
#include "target.h"

enum { MAX_STATS = 1024 };

static void on_line(void *user, const char *line) {
    (void)user;
    progress_end();
    printf("uart| %s\n", line);
    fflush(stdout);
}

/* Mailbox, then image, arena, scratch and statistics, each on its own page. */
static int place(const target_job_t *job, const prog_t *p, soc_sim_t *sim, soc_mailbox_t **mailbox,
                 uint8_t **arena, graph_error_t *err) {
    uint64_t at = 4096;
    uint64_t image = at;
    at = (at + p->h.total_size + 4095) & ~4095ull;
    uint64_t arena_at = at;
    at = (at + p->h.arena_size + 4095) & ~4095ull;
    uint64_t scratch = at;
    at = (at + p->h.scratch_size + 4095) & ~4095ull;
    uint64_t stats = at;
    at += MAX_STATS * sizeof(soc_step_stats_t);
    uint64_t trace = at = (at + 7) & ~7ull;
    uint32_t records = job->detail ? p->h.n_cmds : 0;
    at += (uint64_t)records * NPU_TRACE_WORDS * 4;
    if (at > sim->mem_size)
        return graph_fail(err, "%s: needs %" PRIu64 " bytes of main memory, the system has %zu",
                          job->path, at, sim->mem_size);
    memcpy(sim->mem + image, p->bytes, p->h.total_size);
    *arena = sim->mem + arena_at;
    *mailbox = (soc_mailbox_t *)sim->mem;
    **mailbox = (soc_mailbox_t){.magic = SOC_MAILBOX_MAGIC,
                                .version = SOC_MAILBOX_VERSION,
                                .image_addr = (uint32_t)(NPU_MEM_BASE + image),
                                .image_size = p->h.total_size,
                                .arena_addr = (uint32_t)(NPU_MEM_BASE + arena_at),
                                .arena_size = p->h.arena_size,
                                .scratch_addr = (uint32_t)(NPU_MEM_BASE + scratch),
                                .scratch_size = p->h.scratch_size,
                                .stats_addr = (uint32_t)(NPU_MEM_BASE + stats),
                                .stats_capacity = MAX_STATS,
                                .trace_addr = (uint32_t)(NPU_MEM_BASE + trace),
                                .trace_capacity = records,
                                .npu_timeout = SOC_NPU_TIMEOUT,
                                .state = SOC_MAILBOX_READY};
    return 0;
}

/* Steps, records of commands and figures into the report. The trace: words of all records. */
static int fill_report(const target_job_t *job, run_log_t *log, const soc_mailbox_t *m,
                       const soc_step_stats_t *stats, const uint32_t *trace) {
    report_t *r = job->report;
    const prog_t *p = log->prog;
    uint32_t at = 0, dropped = 0;
    r->has_cycles = 1;
    r->cycles_total = m->cycles_total;
    for (uint32_t i = 0; i < m->stats_count && i < p->h.n_steps; i++) {
        const soc_step_stats_t *s = &stats[i];
        prog_step_t step;
        r->bytes_read += s->counters[NPU_CNT_BYTES_READ];
        r->bytes_written += s->counters[NPU_CNT_BYTES_WRITTEN];
        prog_get_step(p, i, &step);
        run_log_step(log, i, &step, s->cycles);
        dropped += s->dropped;
        for (uint32_t k = 0; k < s->records && at < m->trace_count; k++, at++) {
            npu_trace_record_t record;
            npu_unpack_trace(trace + (size_t)at * NPU_TRACE_WORDS, &record);
            if (run_log_event(log, &record, 1))
                return -1;
        }
    }
    r->has_driver = 1;
    r->cycles_driver = m->cycles_total > log->end ? m->cycles_total - log->end : 0;
    if (job->detail && log->config->trace_records == 0)
        fprintf(stderr,
                "systole: note: configuration %s has no trace of commands: no cycles by layer\n",
                log->config->name);
    else if (job->detail && dropped > 0)
        fprintf(stderr,
                "systole: note: the trace dropped %" PRIu32 " of %" PRIu32
                " commands: no cycles by layer\n",
                dropped, p->h.n_cmds);
    else if (job->detail && m->stats_count < p->h.n_steps)
        fprintf(stderr,
                "systole: note: the firmware kept %" PRIu32 " of %" PRIu32
                " steps: no cycles by layer\n",
                m->stats_count, p->h.n_steps);
    return run_log_finish(log, soc_setting("SYSTOLE_LATENCY", 32, 100000), job->detail);
}

static int simulate(const target_job_t *job, run_log_t *log, soc_system_t *s, graph_error_t *err) {
    const prog_t *p = log->prog;
    soc_mailbox_t *mailbox = NULL;
    uint8_t *arena = NULL;
    prog_io_t io;
    if (place(job, p, &s->sim, &mailbox, &arena, err))
        return -1;
    for (int32_t run = 0; run < job->n_runs; run++) {
        for (uint32_t i = 0; i < p->h.n_inputs; i++) {
            prog_get_io(p, i, &io);
            memcpy(arena + io.offset, job->inputs[(uint32_t)run * p->h.n_inputs + i], io.size);
        }
        if (run > 0) {
            mailbox->flags = SOC_MAILBOX_KEEP_STATE | SOC_MAILBOX_QUIET;
            mailbox->state = SOC_MAILBOX_READY;
            s->sim.send(s->sim.ctx, 'r');
        }
        if (soc_system_run(s, job->path, mailbox, err))
            return -1;
        for (uint32_t i = 0; i < p->h.n_outputs; i++) {
            prog_get_io(p, p->h.n_inputs + i, &io);
            memcpy(job->outputs[(uint32_t)run * p->h.n_outputs + i], arena + io.offset, io.size);
        }
    }
    const uint8_t *stats = s->sim.mem + (mailbox->stats_addr - NPU_MEM_BASE);
    const uint8_t *trace = s->sim.mem + (mailbox->trace_addr - NPU_MEM_BASE);
    if (fill_report(job, log, mailbox, (const soc_step_stats_t *)stats, (const uint32_t *)trace))
        return graph_fail(err, "%s: out of memory", job->path);
    return 0;
}

/* The program must take and give what the caller has buffers for. */
static int check_io(const target_job_t *job, const prog_t *p, graph_error_t *err) {
    int ok = p->h.n_inputs == (uint32_t)job->n_inputs && p->h.n_outputs == (uint32_t)job->n_outputs;
    for (uint32_t i = 0; ok && i < p->h.n_inputs + p->h.n_outputs; i++) {
        prog_io_t io;
        prog_get_io(p, i, &io);
        ok = io.size ==
             (i < p->h.n_inputs ? job->in_desc[i].bytes : job->out_desc[i - p->h.n_inputs].bytes);
    }
    return ok ? 0 : graph_fail(err, "%s: program and model differ in their tensors", job->path);
}

static int run(const target_job_t *job, graph_error_t *err) {
    npu_compiled_t compiled = {0};
    const void *bytes = job->prog;
    size_t size = job->prog_size;
    const npu_config_t *config = npu_find_config(job->config, err->msg, sizeof err->msg);
    if (!config)
        return -1;
    if (!bytes) {
        if (npu_compile(job->graph, config, NULL, &compiled, err))
            return -1;
        bytes = compiled.bytes;
        size = compiled.size;
    }
    prog_t p;
    prog_error_t perr;
    soc_system_t s = {.on_line = on_line};
    run_log_t log = {0};
    int status = -1;
    prog_open(bytes, size, PROG_CHECK_CRC, &p, &perr);
    if (perr.code == PROG_OK)
        perr.code = prog_check_config(&p, config);
    if (perr.code != PROG_OK)
        graph_fail(err, "%s: %s", job->path, prog_strerror(perr.code));
    else if (job->needs_trace && config->trace_records == 0)
        graph_fail(err,
                   "%s: configuration %s has no trace of commands (spec/npu.toml: "
                   "trace_records), so no timeline and no page; try %s,trace_records=512",
                   job->path, config->name, config->name);
    else if (check_io(job, &p, err) == 0 &&
             soc_system_open(&s, "firmware", job->config, job->wave, job->seed, err) == 0)
        status = run_log_open(&log, &p, config, job->report)
                     ? graph_fail(err, "%s: out of memory", job->path)
                     : simulate(job, &log, &s, err);
    run_log_free(&log);
    soc_system_close(&s);
    npu_compiled_free(&compiled);
    return status;
}

const target_t target_soc = {.name = "soc",
                             .what = "Verilated system: RISC-V soft-core, firmware, UART, NPU",
                             .can_run_prog = 1,
                             .has_wave = 1,
                             .has_trace = 1,
                             .run = run};
