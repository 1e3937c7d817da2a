/*
 * run_log.c - contract in run_log.h. SPDX-License-Identifier: Apache-2.0
 */
#include "run_log.h"

#include <stdlib.h>
#include <string.h>

#include "run_device.h"

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

static int fill_layers(const prog_t *prog, report_t *report) {
    if (report_alloc_layers(report, (int)prog->h.n_layers))
        return -1;
    report->macs = 0;
    report->rows = report->columns = prog->h.config.n;
    for (uint32_t i = 0; i < prog->h.n_layers; i++) {
        report_layer_t *to = &report->layers[i];
        prog_layer_t l;
        prog_get_layer(prog, i, &l);
        memcpy(to->name, l.name, strnlen(l.name, sizeof to->name - 1));
        memcpy(to->op, l.op, strnlen(l.op, sizeof to->op - 1));
        to->unit = l.unit == PROG_UNIT_NPU ? "npu" : "cpu";
        to->macs = l.macs;
        report->macs += l.macs;
    }
    return 0;
}

int run_log_open(run_log_t *log, const prog_t *prog, const npu_config_t *config, report_t *report) {
    *log = (run_log_t){.prog = prog, .config = config, .report = report};
    log->commands = malloc(((size_t)prog->h.n_cmds + 1) * NPU_CMD_WORDS * sizeof *log->commands);
    log->layer_of = malloc(((size_t)prog->h.n_cmds + 1) * sizeof *log->layer_of);
    log->step_begin = calloc((size_t)prog->h.n_steps + 1, sizeof *log->step_begin);
    report->trace.steps = calloc((size_t)prog->h.n_steps + 1, sizeof *report->trace.steps);
    if (!log->commands || !log->layer_of || !log->step_begin || !report->trace.steps ||
        fill_layers(prog, report))
        return -1;
    unpack_commands(prog, log->commands);
    return run_layers(prog, log->commands, log->layer_of);
}

void run_log_free(run_log_t *log) {
    free(log->commands);
    free(log->layer_of);
    free(log->step_begin);
    *log = (run_log_t){0};
}

void run_log_restart(run_log_t *log) {
    log->begin = log->end = 0;
    log->report->trace.n_steps = log->report->trace.n_events = 0;
}

int run_log_step(run_log_t *log, uint32_t index, const prog_step_t *step, uint64_t cycles) {
    int on_npu = step->kind == PROG_STEP_NPU;
    report_trace_t *t = &log->report->trace;
    log->begin = log->end;
    log->end += cycles;
    log->first_cmd = on_npu ? step->u.npu.first_cmd : 0;
    log->n_cmds_now = on_npu ? step->u.npu.count : 0;
    log->step_begin[index] = log->begin;
    t->steps[t->n_steps++] = (report_step_t){.layer = on_npu ? PROG_NONE : step->layer,
                                             .commands = log->n_cmds_now,
                                             .bytes = on_npu ? step->u.npu.size : 0,
                                             .begin = log->begin,
                                             .end = log->end};
    if (!on_npu && step->layer < log->prog->h.n_layers && cycles > 0)
        log->report->layers[step->layer].has_cycles = 1;
    return 0;
}

int run_log_event(run_log_t *log, const npu_trace_record_t *record, int has_waits) {
    report_trace_t *t = &log->report->trace;
    if (record->index >= log->n_cmds_now)
        return 0;
    if (t->n_events == log->room) {
        size_t room = log->room ? 2 * log->room : 1024;
        report_event_t *more = realloc(t->events, room * sizeof *more);
        if (!more)
            return -1;
        t->events = more;
        log->room = room;
    }
    uint32_t command = log->first_cmd + record->index;
    t->events[t->n_events++] =
        (report_event_t){.command = command,
                         .layer = log->layer_of[command],
                         .unit = record->unit,
                         .start = log->begin + record->start,
                         .end = log->begin + record->end,
                         .has_waits = has_waits,
                         .waits = {record->wait0, record->wait1, record->wait2, record->wait3}};
    return 0;
}

/* When the last own command of each layer ended; loads run ahead and do not count. */
static void fill_cycles(run_log_t *log) {
    const report_trace_t *t = &log->report->trace;
    report_layer_t *layers = log->report->layers;
    uint64_t frontier = 0;
    if (t->n_events != log->prog->h.n_cmds) { /* then only the CPU's layers are known */
        for (size_t i = 0; i < t->n_steps; i++)
            if (t->steps[i].layer < log->prog->h.n_layers)
                layers[t->steps[i].layer].cycles += t->steps[i].end - t->steps[i].begin;
        return;
    }
    for (size_t i = 0; i < t->n_events; i++) {
        const report_event_t *e = &t->events[i];
        if (e->layer != PROG_NONE && e->unit != NPU_UNIT_LOAD && e->end > layers[e->layer].cycles)
            layers[e->layer].cycles = e->end;
    }
    for (size_t i = 0; i < t->n_steps; i++) {
        const report_step_t *s = &t->steps[i];
        if (s->layer < log->prog->h.n_layers && s->end > layers[s->layer].cycles)
            layers[s->layer].cycles = s->end;
    }
    for (uint32_t i = 0; i < log->prog->h.n_layers; i++) {
        report_layer_t *l = &layers[i];
        uint64_t end = l->cycles;
        l->cycles = end > frontier ? end - frontier : 0;
        frontier = end > frontier ? end : frontier;
        if (strcmp(l->unit, "npu") == 0)
            l->has_cycles = log->prog->h.n_cmds > 0;
    }
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

/* Everything of the report that the events tell. */
static int fill_detail(run_log_t *log, uint32_t latency) {
    report_t *rep = log->report;
    report_trace_t *t = &rep->trace;
    run_span_t *spans = calloc((size_t)log->prog->h.n_cmds + 1, sizeof *spans);
    if (!spans)
        return -1;
    for (size_t i = 0; i < t->n_events; i++)
        spans[t->events[i].command] = (run_span_t){t->events[i].start, t->events[i].end};
    const run_profile_t profile = {log->prog,       log->config, log->commands, latency,
                                   log->step_begin, spans,       log->layer_of};
    int status = run_memory(&profile, rep) || run_stalls(&profile, rep) ? -1 : 0;
    free(spans);
    for (size_t i = 0; i < t->n_events; i++) {
        report_event_t *e = &t->events[i];
        uint32_t words[NPU_CMD_WORDS];
        run_command(log->commands, e->command, words);
        e->layer = log->layer_of[e->command];
        e->opcode = npu_cmd_opcode(words);
        e->bytes = port_bytes(words);
        if (e->layer != PROG_NONE)
            *(e->unit == NPU_UNIT_STORE ? &rep->layers[e->layer].bytes_written
                                        : &rep->layers[e->layer].bytes_read) += e->bytes;
    }
    run_limits(&profile, rep);
    for (int i = 0; i < rep->n_layers; i++)
        rep->layers[i].has_detail =
            rep->layers[i].has_cycles && strcmp(rep->layers[i].unit, "npu") == 0;
    return status;
}

int run_log_finish(run_log_t *log, uint32_t latency, int detail) {
    fill_cycles(log);
    int complete = log->report->trace.n_events == log->prog->h.n_cmds;
    return detail && complete ? fill_detail(log, latency) : 0;
}
