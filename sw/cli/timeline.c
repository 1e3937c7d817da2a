/*
 * timeline.c - what each unit did when, as trace-event JSON for Perfetto and chrome://tracing; one
 * microsecond stands for one cycle.
 *
 * Contract
 *   Tracks: load, array, vector, store, CPU (its operators, where the target counts their cycles,
 *   and behind everything what the driver took between the steps, in one piece), command lists.
 *   Units take a command before they have ended the one before; a track cannot overlap itself, so
 *   a slice begins no earlier than the previous one of its track ended. The true first cycle is
 *   args.start; args.waited: cycles for tokens of a unit, for weights, for banks (docs/isa.md).
 *   args.bytes: at the memory port, on load, store and lists (which are fetched through it); their
 *   sums are the report's bytes. Durations of lists and of the CPU's slices: cycles_total together.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>

#include "npu_spec.h"
#include "report.h"

#define CPU_TRACK NPU_QUEUES
#define LISTS_TRACK (NPU_QUEUES + 1)

/* What the command waited for, if it did. */
static void print_waits(const report_event_t *e, FILE *f) {
    static const char *const token[] = {"load", "array", "vector", "store"};
    static const char *const conv[] = {"load", "weights", "vector or store", "banks"};
    const char *const *name = e->unit == NPU_UNIT_ARRAY ? conv : token;
    int n = 0;
    for (int i = 0; i < 4; i++)
        if (e->waits[i] > 0)
            fprintf(f, "%s\"%s\": %" PRIu32, n++ ? ", " : ", \"waited\": {", name[i], e->waits[i]);
    if (n > 0)
        fprintf(f, "}");
}

static void print_event(const report_t *r, const report_event_t *e, uint64_t begin, FILE *f) {
    const report_layer_t *l = e->layer < (uint32_t)r->n_layers ? &r->layers[e->layer] : NULL;
    char name[128];
    snprintf(name, sizeof name, "%s %s", l ? l->name : "(no layer)", npu_cmd_name(e->opcode));
    fprintf(f, ",\n{\"name\": ");
    json_string(f, name);
    fprintf(f, ", \"cat\": ");
    json_string(f, l ? l->op : "none");
    fprintf(f,
            ", \"ph\": \"X\", \"pid\": 1, \"tid\": %" PRIu32 ", \"ts\": %" PRIu64
            ", \"dur\": %" PRIu64 ", \"args\": {\"command\": %" PRIu32 ", \"start\": %" PRIu64,
            e->unit, begin, e->end - begin, e->command, e->start);
    if (l)
        fprintf(f, ", \"layer\": %" PRIu32, e->layer);
    if (e->unit == NPU_UNIT_LOAD || e->unit == NPU_UNIT_STORE)
        fprintf(f, ", \"bytes\": %" PRIu64, e->bytes);
    if (e->has_waits)
        print_waits(e, f);
    fprintf(f, "}}");
}

static void print_step(const report_t *r, const report_step_t *s, FILE *f) {
    int on_cpu = s->layer < (uint32_t)r->n_layers;
    char name[128];
    if (on_cpu && s->end == s->begin) /* nobody counted */
        return;
    if (on_cpu)
        snprintf(name, sizeof name, "%s", r->layers[s->layer].name);
    else
        snprintf(name, sizeof name, "%" PRIu32 " commands", s->commands);
    fprintf(f, ",\n{\"name\": ");
    json_string(f, name);
    fprintf(f, ", \"cat\": ");
    json_string(f, on_cpu ? r->layers[s->layer].op : "list");
    fprintf(f,
            ", \"ph\": \"X\", \"pid\": 1, \"tid\": %d, \"ts\": %" PRIu64 ", \"dur\": %" PRIu64
            ", \"args\": {",
            on_cpu ? CPU_TRACK : LISTS_TRACK, s->begin, s->end - s->begin);
    if (on_cpu)
        fprintf(f, "\"layer\": %" PRIu32 "}}", s->layer);
    else
        fprintf(f, "\"commands\": %" PRIu32 ", \"bytes\": %" PRIu32 "}}", s->commands, s->bytes);
}

void report_print_timeline(const report_t *r, FILE *f) {
    static const char *const track[] = {"load", "array", "vector", "store", "CPU", "command lists"};
    fprintf(f, "{\"displayTimeUnit\": \"ns\", \"otherData\": {\"model\": ");
    json_string(f, r->model ? r->model : "");
    fprintf(f, ", \"config\": ");
    json_string(f, r->config ? r->config : "");
    fprintf(f,
            ", \"cycles_total\": %" PRIu64 "},\n\"traceEvents\": [\n"
            "{\"name\": \"process_name\", \"ph\": \"M\", \"pid\": 1, \"args\": {\"name\": \"1 us "
            "= 1 cycle\"}}",
            r->cycles_total);
    for (int i = 0; i <= LISTS_TRACK; i++)
        fprintf(
            f,
            ",\n{\"name\": \"thread_name\", \"ph\": \"M\", \"pid\": 1, \"tid\": %d, \"args\": "
            "{\"name\": \"%s\"}},\n"
            "{\"name\": \"thread_sort_index\", \"ph\": \"M\", \"pid\": 1, \"tid\": %d, \"args\": "
            "{\"sort_index\": %d}}",
            i, track[i], i, i);
    uint64_t end[NPU_QUEUES] = {0};
    for (uint32_t u = 0; u < NPU_QUEUES; u++)
        for (size_t i = 0; i < r->trace.n_events; i++) {
            const report_event_t *e = &r->trace.events[i];
            if (e->unit != u)
                continue;
            uint64_t begin = e->start > end[u] ? e->start : end[u];
            begin = begin < e->end ? begin : e->end;
            print_event(r, e, begin, f);
            end[u] = e->end > end[u] ? e->end : end[u];
        }
    for (size_t i = 0; i < r->trace.n_steps; i++)
        print_step(r, &r->trace.steps[i], f);
    if (r->has_driver && r->cycles_driver > 0)
        fprintf(f,
                ",\n{\"name\": \"driver, between the steps\", \"cat\": \"driver\", \"ph\": \"X\", "
                "\"pid\": 1, \"tid\": %d, \"ts\": %" PRIu64 ", \"dur\": %" PRIu64 ", \"args\": {}}",
                CPU_TRACK, r->cycles_total - r->cycles_driver, r->cycles_driver);
    fprintf(f, "\n]}\n");
}
