/*
 * run_device.c - contract in run_device.h. SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "npu_config.h"
#include "npu_driver.h"
#include "npy.h"
#include "prog_predict.h"
#include "progress.h"
#include "run_device.h"
#include "run_log.h"
#include "runtime.h"

#define PAGE 4096u
/* wait() runs to the end of a list, the polls after it are for the driver; with detail (trace) it
 * returns every few hundred cycles, and only the device's watchdog bounds the run. */
#define MAX_POLLS 16u
#define MAX_POLLS_TRACED 0x7fffffffu

typedef struct {
    const target_job_t *job;
    const run_device_t *how;
    npu_device_t dev;
    prog_t prog; /* in the device's memory */
    uint8_t *arena;
    run_log_t log;
    const npu_t *npu;            /* while it runs */
    int traced;                  /* the trace's records are wanted and there */
    npu_trace_record_t *records; /* (n_cmds): of the step that runs */
    uint32_t n_records, dropped;
    char failed[256]; /* the first complaint after a step; empty: none */
} run_t;

static uint32_t dev_read(void *ctx, uint32_t offset) {
    npu_device_t *dev = &((run_t *)ctx)->dev;
    return dev->read32(dev->ctx, offset);
}
static void dev_write(void *ctx, uint32_t offset, uint32_t value) {
    npu_device_t *dev = &((run_t *)ctx)->dev;
    dev->write32(dev->ctx, offset, value);
}
static void read_trace(run_t *r);
static void dev_wait(void *ctx) {
    npu_device_t *dev = &((run_t *)ctx)->dev;
    dev->wait(dev->ctx); /* a device that hangs shows it by staying busy */
    read_trace(ctx);
}

static const char *complaint(run_t *r) {
    return r->how->complaint ? r->how->complaint(&r->dev) : NULL;
}

/* What waits in the device's trace, behind the records of this step that are here already. */
static void read_trace(run_t *r) {
    if (!r->npu || !r->traced)
        return;
    for (;;) {
        uint32_t words[64 * NPU_TRACE_WORDS];
        uint32_t n = npu_read_trace(r->npu, words, 64, &r->dropped);
        for (uint32_t i = 0; i < n && r->n_records < r->prog.h.n_cmds; i++)
            npu_unpack_trace(words + i * NPU_TRACE_WORDS, &r->records[r->n_records++]);
        if (n < 64)
            return;
    }
}

/* The simulator's events of a step into the log, with the waits that the records tell. */
static void keep_trace(run_t *r, const npu_run_step_t *s) {
    const npu_trace_t *trace = NULL;
    size_t n = r->how->has_cycles && r->dev.get_trace ? r->dev.get_trace(r->dev.ctx, &trace) : 0;
    uint32_t count = s->step.u.npu.count;
    read_trace(r);
    npu_trace_record_t *by_index = calloc((size_t)count + 1, sizeof *by_index);
    uint8_t *seen = calloc((size_t)count + 1, 1);
    int out_of_memory = !by_index || !seen;
    for (uint32_t i = 0; !out_of_memory && i < r->n_records; i++)
        if (r->records[i].index < count) {
            by_index[r->records[i].index] = r->records[i];
            seen[r->records[i].index]++;
        }
    uint32_t kept = 0;
    for (size_t i = 0; !out_of_memory && i < n; i++) {
        npu_trace_record_t e = {.index = trace[i].index,
                                .unit = trace[i].unit,
                                .start = (uint32_t)trace[i].start,
                                .end = (uint32_t)trace[i].end};
        const npu_trace_record_t *own =
            e.index < count && seen[e.index] == 1 ? &by_index[e.index] : NULL;
        if (own) {
            if (own->unit != e.unit || own->start != e.start || own->end != e.end)
                snprintf(r->failed, sizeof r->failed,
                         "trace of command %" PRIu32 " says unit %" PRIu32 " from %" PRIu32
                         " to %" PRIu32 ", the simulator saw unit %" PRIu32 " from %" PRIu32
                         " to %" PRIu32,
                         e.index, own->unit, own->start, own->end, e.unit, e.start, e.end);
            e = *own;
            kept++;
        }
        out_of_memory |= run_log_event(&r->log, &e, own != NULL) != 0;
    }
    if (out_of_memory)
        snprintf(r->failed, sizeof r->failed, "out of memory");
    else if (r->traced && (kept != r->n_records || kept + r->dropped != count))
        snprintf(r->failed, sizeof r->failed,
                 "trace of %" PRIu32 " commands: %" PRIu32 " records for %" PRIu32
                 " of them, %" PRIu32 " said to be dropped",
                 count, r->n_records, kept, r->dropped);
    free(by_index);
    free(seen);
    r->n_records = r->dropped = 0;
}

static void on_step(void *user, const npu_run_step_t *s) {
    run_t *r = user;
    char what[64];
    snprintf(what, sizeof what, "step %" PRIu32 " of %" PRIu32 ": %s", s->index + 1,
             r->prog.h.n_steps, s->op);
    progress_update(r->how->name, what, s->index + 1, r->prog.h.n_steps);
    int on_npu = s->step.kind == PROG_STEP_NPU;
    run_log_step(&r->log, s->index, &s->step, on_npu ? s->cycles : 0);
    if (!on_npu)
        return;
    keep_trace(r, s);
    if (!r->failed[0] && complaint(r))
        snprintf(r->failed, sizeof r->failed, "%s", complaint(r));
}

/* The device, with image and room for the arena in its memory. */
static int place(run_t *r, const void *bytes, size_t size, graph_error_t *err) {
    const target_job_t *job = r->job;
    prog_t p;
    prog_error_t perr;
    char message[256] = "";
    prog_open(bytes, size, 0, &p, &perr); /* just made, or checked when the file was read */
    if (perr.code != PROG_OK)
        return graph_fail(err, "%s: %s (at byte %" PRIu32 ")", job->path, prog_strerror(perr.code),
                          perr.offset);
    uint64_t arena_at = ((uint64_t)size + PAGE - 1) / PAGE * PAGE;
    uint64_t end = (arena_at + p.h.arena_size + PAGE) / PAGE * PAGE;
    if (end > 0x100000000u - NPU_MEM_BASE)
        return graph_fail(err, "%s: needs %" PRIu64 " bytes of device memory", job->path, end);
    if (r->how->open(&r->dev, job->config, end, r->how->options, message, sizeof message)) {
        r->dev = (npu_device_t){0};
        return graph_fail(err, "%s: %s", job->path, message);
    }
    memcpy(r->dev.mem, bytes, size);
    r->arena = r->dev.mem + arena_at;
    r->prog = p;
    r->prog.bytes = r->dev.mem;
    int same = p.h.n_inputs == (uint32_t)job->n_inputs && p.h.n_outputs == (uint32_t)job->n_outputs;
    for (uint32_t i = 0; same && i < p.h.n_inputs + p.h.n_outputs; i++) {
        prog_io_t io;
        prog_get_io(&p, i, &io);
        same = io.size ==
               (i < p.h.n_inputs ? job->in_desc[i].bytes : job->out_desc[i - p.h.n_inputs].bytes);
    }
    return same ? 0 : graph_fail(err, "%s: program and model differ in their tensors", job->path);
}

/* One line for a run that failed. */
static int explain(const run_t *r, npu_run_status_t st, const npu_run_result_t *res,
                   const char *complaint_text, graph_error_t *err) {
    const char *path = r->job->path;
    const npu_error_t *e = &res->npu_error;
    if (complaint_text)
        return graph_fail(err, "%s: step %" PRIu32 ": %s", path, res->step, complaint_text);
    if (st == NPU_RUN_E_PROGRAM)
        return graph_fail(err, "%s: %s", path, prog_strerror(res->prog_status));
    if (st == NPU_RUN_E_OP)
        return graph_fail(err, "%s: step %" PRIu32 ": operator does not fit its operands", path,
                          res->step);
    if (res->npu_status != NPU_E_DEVICE || e->command >= r->prog.h.n_cmds)
        return graph_fail(err, "%s: step %" PRIu32 ": NPU: %s", path, res->step,
                          npu_strerror(res->npu_status));
    prog_layer_t l = {.name = "?", .op = "?"};
    if (r->log.layer_of[e->command] != PROG_NONE)
        prog_get_layer(&r->prog, r->log.layer_of[e->command], &l);
    return graph_fail(err,
                      "%s: NPU error %s in unit %s, command %" PRIu32 ", address 0x%" PRIx32
                      ", layer %s (%s)",
                      path, npu_error_name(e->code), npu_unit_name(e->unit), e->command, e->address,
                      l.name, l.op);
}

static int fill_report(run_t *r, const npu_run_result_t *res) {
    report_t *rep = r->job->report;
    rep->has_cycles = r->how->has_cycles;
    rep->cycles_total = res->npu_cycles;
    rep->bytes_read = res->counters[NPU_CNT_BYTES_READ];
    rep->bytes_written = res->counters[NPU_CNT_BYTES_WRITTEN];
    return rep->has_cycles ? run_log_finish(&r->log, r->how->options ? r->how->options->latency : 0,
                                            r->job->detail)
                           : 0;
}

/* From the command lists alone: the cycles that the RTL needs where nothing stalls at random. */
static int predict(const run_t *r, graph_error_t *err) {
    report_t *rep = r->job->report;
    npu_memory_t memory = NPU_MEMORY_BENCH;
    prog_prediction_t p;
    if (r->how->options && r->how->options->latency > 0)
        memory.latency = r->how->options->latency;
    if (prog_predict(&r->prog, &memory, NULL, &p))
        return graph_fail(err, "%s: no prediction of cycles: %s", r->job->path, p.error);
    rep->has_prediction = 1;
    rep->cycles_predicted = p.cycles;
    rep->cpu_steps = p.cpu_steps;
    return 0;
}

/* Inputs in, run, outputs out; trace and report tell of this run alone. */
static npu_run_status_t one_run(run_t *r, const npu_run_env_t *env, int32_t run,
                                npu_run_result_t *res) {
    const target_job_t *job = r->job;
    prog_io_t io;
    run_log_restart(&r->log);
    for (int32_t i = 0; i < job->n_inputs; i++) {
        prog_get_io(&r->prog, (uint32_t)i, &io);
        memcpy(r->arena + io.offset, job->inputs[run * job->n_inputs + i], io.size);
    }
    npu_run_status_t st = npu_run_program(env, res);
    for (int32_t i = 0; st == NPU_RUN_OK && i < job->n_outputs; i++) {
        prog_get_io(&r->prog, r->prog.h.n_inputs + (uint32_t)i, &io);
        memcpy(job->outputs[run * job->n_outputs + i], r->arena + io.offset, io.size);
    }
    return st;
}

static int execute(run_t *r, graph_error_t *err) {
    const npu_io_t io = {dev_read, dev_write, dev_wait, r};
    npu_t npu;
    npu_status_t init = npu_init(&npu, &io, r->how->timeout);
    if (init != NPU_OK)
        return graph_fail(err, "%s: NPU: %s", r->job->path,
                          complaint(r) ? complaint(r) : npu_strerror(init));
    r->npu = &npu;
    r->traced = r->how->has_cycles && r->job->detail && npu.config.trace_records != 0;
    r->records = malloc(((size_t)r->prog.h.n_cmds + 1) * sizeof *r->records);
    void *scratch = malloc(r->prog.h.scratch_size + 16u);
    if (!scratch || !r->records)
        return graph_fail(err, "%s: out of memory", r->job->path);
    npu_run_env_t env = {.npu = &npu,
                         .prog = &r->prog,
                         .image_addr = NPU_MEM_BASE,
                         .arena = r->arena,
                         .arena_addr = NPU_MEM_BASE + (uint32_t)(r->arena - r->dev.mem),
                         .scratch = scratch,
                         .scratch_size = r->prog.h.scratch_size,
                         .max_polls =
                             r->how->has_cycles && r->job->detail ? MAX_POLLS_TRACED : MAX_POLLS,
                         .on_step = on_step,
                         .user = r};
    npu_run_result_t res;
    npu_run_status_t st = NPU_RUN_OK;
    npu_run_reset(&env);
    for (int32_t i = 0; st == NPU_RUN_OK && !r->failed[0] && i < r->job->n_runs; i++)
        st = one_run(r, &env, i, &res);
    r->npu = NULL;
    progress_end();
    free(scratch);
    if (st != NPU_RUN_OK)
        return explain(r, st, &res, complaint(r), err);
    if (r->failed[0])
        return explain(r, st, &res, r->failed, err);
    if (fill_report(r, &res))
        return graph_fail(err, "%s: out of memory", r->job->path);
    return predict(r, err);
}

int run_device(const target_job_t *job, const run_device_t *how, graph_error_t *err) {
    npu_compiled_t compiled = {0};
    run_t r = {.job = job, .how = how};
    const npu_config_t *config = npu_find_config(job->config, err->msg, sizeof err->msg);
    if (!config)
        return -1;
    if (!job->prog && npu_compile(job->graph, config, NULL, &compiled, err))
        return -1;
    int status = place(&r, job->prog ? job->prog : compiled.bytes,
                       job->prog ? job->prog_size : compiled.size, err);
    if (status == 0 && run_log_open(&r.log, &r.prog, config, job->report))
        status = graph_fail(err, "%s: out of memory", job->path);
    if (status == 0)
        status = execute(&r, err);
    if (r.dev.close)
        r.dev.close(r.dev.ctx);
    free(r.records);
    run_log_free(&r.log);
    npu_compiled_free(&compiled);
    return status;
}
