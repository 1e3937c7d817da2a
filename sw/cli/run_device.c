/*
 * run_device.c - contract in run_device.h. SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "npu_driver.h"
#include "npy.h"
#include "prog_predict.h"
#include "progress.h"
#include "run_device.h"
#include "runtime.h"

#define PAGE 4096u
#define MAX_POLLS                                                                                  \
    16u /* wait() runs to the end of a list; the polls after it are for the driver                 \
         */

typedef struct {
    const target_job_t *job;
    const run_device_t *how;
    npu_device_t dev;
    prog_t prog; /* in the device's memory */
    uint8_t *arena;
    uint32_t *commands; /* (n_cmds, NPU_CMD_WORDS) */
    uint32_t *layer_of; /* (n_cmds): of each command, or PROG_NONE */
    const npu_config_t *config;
    uint64_t *step_begin; /* (n_steps): in cycles of all NPU steps so far */
    uint64_t steps_end;   /* cycles of the NPU steps so far */
    char failed[256];     /* the first complaint after a step; empty: none */
} run_t;

static uint32_t dev_read(void *ctx, uint32_t offset) {
    npu_device_t *dev = &((run_t *)ctx)->dev;
    return dev->read32(dev->ctx, offset);
}
static void dev_write(void *ctx, uint32_t offset, uint32_t value) {
    npu_device_t *dev = &((run_t *)ctx)->dev;
    dev->write32(dev->ctx, offset, value);
}
static void dev_wait(void *ctx) {
    npu_device_t *dev = &((run_t *)ctx)->dev;
    dev->wait(dev->ctx); /* a device that hangs shows it by staying busy */
}

static const char *complaint(run_t *r) {
    return r->how->complaint ? r->how->complaint(&r->dev) : NULL;
}

static void keep_trace(run_t *r, const npu_run_step_t *s) {
    const npu_trace_t *trace = NULL;
    size_t n = r->how->has_cycles && r->dev.get_trace ? r->dev.get_trace(r->dev.ctx, &trace) : 0;
    report_trace_t *t = &r->job->report->trace;
    report_event_t *events = realloc(t->events, (t->n_events + n + 1) * sizeof *events);
    if (!events) {
        snprintf(r->failed, sizeof r->failed, "out of memory");
        return;
    }
    t->events = events;
    for (size_t i = 0; i < n; i++) {
        uint32_t command = s->step.u.npu.first_cmd + trace[i].index;
        if (trace[i].index >= s->step.u.npu.count)
            continue;
        events[t->n_events++] = (report_event_t){.command = command,
                                                 .layer = r->layer_of[command],
                                                 .unit = trace[i].unit,
                                                 .start = r->steps_end + trace[i].start,
                                                 .end = r->steps_end + trace[i].end};
    }
}

static void on_step(void *user, const npu_run_step_t *s) {
    run_t *r = user;
    char what[64];
    snprintf(what, sizeof what, "step %" PRIu32 " of %" PRIu32 ": %s", s->index + 1,
             r->prog.h.n_steps, s->op);
    progress_update(r->how->name, what, s->index + 1, r->prog.h.n_steps);
    int on_npu = s->step.kind == PROG_STEP_NPU;
    report_trace_t *t = &r->job->report->trace;
    r->step_begin[s->index] = r->steps_end;
    t->steps[t->n_steps++] = (report_step_t){.layer = on_npu ? PROG_NONE : s->step.layer,
                                             .commands = on_npu ? s->step.u.npu.count : 0,
                                             .bytes = on_npu ? s->step.u.npu.size : 0,
                                             .begin = r->steps_end,
                                             .end = r->steps_end + (on_npu ? s->cycles : 0)};
    if (!on_npu)
        return;
    keep_trace(r, s);
    r->steps_end += s->cycles;
    if (!r->failed[0] && complaint(r))
        snprintf(r->failed, sizeof r->failed, "%s", complaint(r));
}

/* The device, with image, arena and inputs in its memory. */
static int place(run_t *r, const void *bytes, size_t size, graph_error_t *err) {
    const target_job_t *job = r->job;
    prog_t p;
    prog_error_t perr;
    char message[256] = "";
    prog_open(bytes, size, PROG_CHECK_CRC, &p, &perr);
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
        int is_input = i < p.h.n_inputs;
        same =
            io.size == (is_input ? job->in_desc[i].bytes : job->out_desc[i - p.h.n_inputs].bytes);
        if (same && is_input)
            memcpy(r->arena + io.offset, job->inputs[i], io.size);
    }
    return same ? 0 : graph_fail(err, "%s: program and model differ in their tensors", job->path);
}

void run_command(const uint32_t *commands, uint32_t i, uint32_t words[NPU_CMD_WORDS]) {
    memcpy(words, commands + (size_t)i * NPU_CMD_WORDS, NPU_CMD_WORDS * sizeof *words);
}

/* All commands, which have their own lengths in the image, at equal distances. */
static void unpack_commands(const prog_t *prog, uint32_t *commands) {
    const uint8_t *list = prog->bytes + prog->h.cmd_offset;
    uint32_t at = 0;
    for (uint32_t i = 0; i < prog->h.n_cmds; i++) {
        npu_list_get(list + at, prog->h.cmd_size - at, commands + (size_t)i * NPU_CMD_WORDS);
        at += 4 * npu_cmd_words(list[at]);
    }
}

static int find_layers(run_t *r, graph_error_t *err) {
    r->layer_of = malloc(((size_t)r->prog.h.n_cmds + 1) * sizeof *r->layer_of);
    r->step_begin = calloc((size_t)r->prog.h.n_steps + 1, sizeof *r->step_begin);
    r->job->report->trace.steps =
        calloc((size_t)r->prog.h.n_steps + 1, sizeof *r->job->report->trace.steps);
    r->commands = malloc(((size_t)r->prog.h.n_cmds + 1) * NPU_CMD_WORDS * sizeof *r->commands);
    if (!r->commands || !r->layer_of || !r->step_begin || !r->job->report->trace.steps)
        return graph_fail(err, "%s: out of memory", r->job->path);
    unpack_commands(&r->prog, r->commands);
    return run_layers(&r->prog, r->commands, r->layer_of)
               ? graph_fail(err, "%s: out of memory", r->job->path)
               : 0;
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
    if (r->layer_of[e->command] != PROG_NONE)
        prog_get_layer(&r->prog, r->layer_of[e->command], &l);
    return graph_fail(err,
                      "%s: NPU error %s in unit %s, command %" PRIu32 ", address 0x%" PRIx32
                      ", layer %s (%s)",
                      path, npu_error_name(e->code), npu_unit_name(e->unit), e->command, e->address,
                      l.name, l.op);
}

/* Beats of the bus that a LOAD's runs take, or bytes that a STORE writes, in bytes; else 0. */
static uint64_t port_bytes(const uint32_t *words) {
    uint64_t bytes = 0;
    if (npu_cmd_opcode(words) == NPU_OP_STORE) {
        npu_cmd_store_t c;
        npu_unpack_store(words, &c);
        bytes = (uint64_t)c.n1 * c.n2 * c.run_bytes;
    } else if (npu_cmd_opcode(words) == NPU_OP_LOAD) {
        npu_cmd_load_t c;
        npu_unpack_load(words, &c);
        for (uint32_t i = 0; c.run_bytes > 0 && i < c.n1 * c.n2; i++) {
            uint32_t at =
                c.offset + i % c.n1 * (uint32_t)c.stride1 + i / c.n1 * (uint32_t)c.stride2;
            bytes += ((uint64_t)at % 8 + c.run_bytes + 7) / 8 * 8;
        }
    }
    return bytes;
}

/* Everything of the report that the trace tells. 0, or -1 when out of memory. */
static int fill_detail(const run_t *r) {
    report_t *rep = r->job->report;
    report_trace_t *t = &rep->trace;
    run_span_t *spans = calloc((size_t)r->prog.h.n_cmds + 1, sizeof *spans);
    if (!spans)
        return -1;
    for (size_t i = 0; i < t->n_events; i++)
        spans[t->events[i].command] = (run_span_t){t->events[i].start, t->events[i].end};
    const run_profile_t profile = {
        &r->prog,      r->config, r->commands, r->how->options ? r->how->options->latency : 0,
        r->step_begin, spans,     r->layer_of};
    int status = run_memory(&profile, rep) || run_stalls(&profile, rep) ? -1 : 0;
    free(spans);
    for (size_t i = 0; i < t->n_events; i++) {
        report_event_t *e = &t->events[i];
        uint32_t words[NPU_CMD_WORDS];
        run_command(r->commands, e->command, words);
        e->layer = r->layer_of[e->command];
        e->opcode = npu_cmd_opcode(words);
        e->bytes = port_bytes(words);
        if (e->layer != PROG_NONE)
            *(e->unit == NPU_UNIT_STORE ? &rep->layers[e->layer].bytes_written
                                        : &rep->layers[e->layer].bytes_read) += e->bytes;
    }
    run_limits(&profile, rep);
    for (int i = 0; i < rep->n_layers; i++)
        rep->layers[i].has_detail = rep->layers[i].has_cycles;
    return status;
}

static int fill_report(const run_t *r, const npu_run_result_t *res) {
    report_t *rep = r->job->report;
    const prog_header_t *h = &r->prog.h;
    if (report_alloc_layers(rep, (int)h->n_layers))
        return -1;
    rep->macs = 0;
    rep->has_cycles = r->how->has_cycles;
    rep->cycles_total = res->npu_cycles;
    rep->bytes_read = res->counters[NPU_CNT_BYTES_READ];
    rep->bytes_written = res->counters[NPU_CNT_BYTES_WRITTEN];
    rep->rows = rep->columns = h->config.n;
    for (uint32_t i = 0; i < h->n_layers; i++) {
        prog_layer_t l;
        prog_get_layer(&r->prog, i, &l);
        snprintf(rep->layers[i].name, sizeof rep->layers[i].name, "%s", l.name);
        snprintf(rep->layers[i].op, sizeof rep->layers[i].op, "%s", l.op);
        rep->layers[i].unit = l.unit == PROG_UNIT_NPU ? "npu" : "cpu";
        rep->layers[i].macs = l.macs;
        rep->layers[i].has_cycles = r->how->has_cycles && l.unit == PROG_UNIT_NPU;
        rep->macs += l.macs;
    }
    /* When the last own command of each layer ended; loads run ahead and do not count. */
    uint64_t frontier = 0;
    for (size_t i = 0; i < rep->trace.n_events; i++) {
        const report_event_t *e = &rep->trace.events[i];
        if (e->layer != PROG_NONE && e->unit != NPU_UNIT_LOAD &&
            e->end > rep->layers[e->layer].cycles)
            rep->layers[e->layer].cycles = e->end;
    }
    for (uint32_t i = 0; i < h->n_layers; i++) {
        uint64_t end = rep->layers[i].cycles;
        rep->layers[i].cycles = end > frontier ? end - frontier : 0;
        frontier = end > frontier ? end : frontier;
    }
    return rep->has_cycles && r->job->detail ? fill_detail(r) : 0;
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

static int execute(run_t *r, graph_error_t *err) {
    const npu_io_t io = {dev_read, dev_write, dev_wait, r};
    npu_t npu;
    npu_status_t init = npu_init(&npu, &io, r->how->timeout);
    if (init != NPU_OK)
        return graph_fail(err, "%s: NPU: %s", r->job->path,
                          complaint(r) ? complaint(r) : npu_strerror(init));
    void *scratch = malloc(r->prog.h.scratch_size + 16u);
    if (!scratch)
        return graph_fail(err, "%s: out of memory", r->job->path);
    npu_run_env_t env = {.npu = &npu,
                         .prog = &r->prog,
                         .image_addr = NPU_MEM_BASE,
                         .arena = r->arena,
                         .arena_addr = NPU_MEM_BASE + (uint32_t)(r->arena - r->dev.mem),
                         .scratch = scratch,
                         .scratch_size = r->prog.h.scratch_size,
                         .max_polls = MAX_POLLS,
                         .on_step = on_step,
                         .user = r};
    npu_run_result_t res;
    npu_run_status_t st = npu_run_program(&env, &res);
    progress_end();
    free(scratch);
    if (st != NPU_RUN_OK)
        return explain(r, st, &res, complaint(r), err);
    if (r->failed[0])
        return explain(r, st, &res, r->failed, err);
    for (uint32_t i = 0; i < r->prog.h.n_outputs; i++) {
        prog_io_t out;
        prog_get_io(&r->prog, r->prog.h.n_inputs + i, &out);
        memcpy(r->job->outputs[i], r->arena + out.offset, out.size);
    }
    if (fill_report(r, &res))
        return graph_fail(err, "%s: out of memory", r->job->path);
    return predict(r, err);
}

int run_device(const target_job_t *job, const run_device_t *how, graph_error_t *err) {
    npu_compiled_t compiled = {0};
    run_t r = {.job = job, .how = how};
    const npu_config_t *config = NULL;
    for (int i = 0; i < NPU_CONFIG_COUNT; i++)
        if (strcmp(npu_configs[i].name, job->config) == 0)
            config = &npu_configs[i];
    if (!config)
        return graph_fail(err, "unknown configuration '%.40s'", job->config);
    r.config = config;
    if (!job->prog && npu_compile(job->graph, config, NULL, &compiled, err))
        return -1;
    int status = place(&r, job->prog ? job->prog : compiled.bytes,
                       job->prog ? job->prog_size : compiled.size, err);
    if (status == 0)
        status = find_layers(&r, err);
    if (status == 0)
        status = execute(&r, err);
    if (r.dev.close)
        r.dev.close(r.dev.ctx);
    free(r.layer_of);
    free(r.commands);
    free(r.step_begin);
    npu_compiled_free(&compiled);
    return status;
}
