/*
 * run_stalls.c - where the array waited, by layer, from the trace of a run and the tokens of the
 * command list.
 *
 * Contract
 *   Between the end of a CONV's predecessor and the moment when its first operand may enter, the
 *   array has nothing to do. That time is stall_load as long as a token from the load unit is
 *   missing, then stall_post as long as one from the vector or store unit is missing; the rest is
 *   stall_weights (weights not loaded yet, and the end of the predecessor's pipeline). It belongs
 * to the layer of the waiting CONV. Token i of a pair of units is the i-th given and the i-th
 * taken. SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "run_device.h"
#include "runtime.h"

typedef struct {
    uint64_t *end; /* when each was given, in list order */
    uint32_t given, taken;
} tokens_t;

static uint32_t unit_of(uint32_t word) {
    uint32_t op = word & 0xff;
    return op == NPU_OP_LOAD    ? NPU_UNIT_LOAD
           : op == NPU_OP_CONV  ? NPU_UNIT_ARRAY
           : op == NPU_OP_STORE ? NPU_UNIT_STORE
                                : NPU_UNIT_VECTOR;
}

static void add_stalls(report_layer_t *l, uint64_t from, uint64_t load, uint64_t post,
                       uint64_t start) {
    const uint64_t until[3] = {load, post, start};
    for (int i = 0; i < 3; i++) {
        uint64_t to = until[i] < start ? until[i] : start;
        if (to > from) {
            l->stalls[i].cycles += to - from;
            from = to;
        }
    }
}

/* One step; the tokens' room is for all its commands. */
static void run_step(const prog_t *prog, const prog_step_t *step, uint64_t begin,
                     const run_span_t *spans, const uint32_t *layer_of,
                     tokens_t (*tokens)[NPU_QUEUES], report_t *report) {
    const uint8_t *p = prog->bytes + step->u.npu.offset;
    uint64_t idle = begin; /* since when the array has nothing to do */
    for (int u = 0; u < NPU_QUEUES; u++)
        for (int v = 0; v < NPU_QUEUES; v++)
            tokens[u][v].given = tokens[u][v].taken = 0;
    for (uint32_t i = 0; i < step->u.npu.count; i++, p += NPU_CMD_BYTES) {
        uint32_t word = (uint32_t)p[0] | (uint32_t)p[1] << 8, unit = unit_of(word);
        uint32_t command = step->u.npu.first_cmd + i;
        uint64_t when[NPU_QUEUES] = {0};
        for (uint32_t from = 0; from < NPU_QUEUES; from++) {
            tokens_t *t = &tokens[from][unit];
            if ((npu_cmd_wait(&word) >> from & 1u) != 0 && t->taken < t->given)
                when[from] = t->end[t->taken++];
        }
        for (uint32_t to = 0; to < NPU_QUEUES; to++) {
            tokens_t *t = &tokens[unit][to];
            if ((npu_cmd_signal(&word) >> to & 1u) != 0)
                t->end[t->given++] = spans[command].end;
        }
        if (unit != NPU_UNIT_ARRAY)
            continue;
        uint64_t post = when[NPU_UNIT_VECTOR] > when[NPU_UNIT_STORE] ? when[NPU_UNIT_VECTOR]
                                                                     : when[NPU_UNIT_STORE];
        if (layer_of[command] != PROG_NONE)
            add_stalls(&report->layers[layer_of[command]], idle, when[NPU_UNIT_LOAD], post,
                       spans[command].start);
        idle = spans[command].end > idle ? spans[command].end : idle;
    }
}

int run_stalls(const prog_t *prog, const uint64_t *step_begin, const run_span_t *spans,
               const uint32_t *layer_of, report_t *report) {
    static const char *const name[] = {"stall_load", "stall_post", "stall_weights"};
    tokens_t tokens[NPU_QUEUES][NPU_QUEUES];
    uint64_t *room = calloc((size_t)NPU_QUEUES * NPU_QUEUES * (prog->h.n_cmds + 1u), sizeof *room);
    if (!room)
        return -1;
    for (uint32_t i = 0; i < NPU_QUEUES * NPU_QUEUES; i++)
        tokens[i / NPU_QUEUES][i % NPU_QUEUES].end = room + (size_t)i * (prog->h.n_cmds + 1u);
    for (int i = 0; i < report->n_layers; i++) {
        report_layer_t *l = &report->layers[i];
        l->n_stalls = l->has_cycles ? 3 : 0;
        for (int k = 0; k < l->n_stalls; k++)
            l->stalls[k].name = name[k];
    }
    for (uint32_t i = 0; i < prog->h.n_steps; i++) {
        prog_step_t step;
        prog_get_step(prog, i, &step);
        if (step.kind == PROG_STEP_NPU)
            run_step(prog, &step, step_begin[i], spans, layer_of, tokens, report);
    }
    free(room);
    return 0;
}
