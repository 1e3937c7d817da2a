/*
 * run_stalls.c - where the array waited, by layer, from the trace of a run and the tokens of the
 * command list.
 *
 * Contract
 *   Between the end of a CONV's predecessor and the moment when its first operand may enter, the
 *   array has nothing to do. That time is stall_load as long as a token from the load unit is
 *   missing, then stall_post as long as one from the vector or store unit is missing; the rest is
 *   stall_weights (weights not loaded yet, and the end of the predecessor's pipeline). From there
 *   to its end it is busy. Each layer gets what falls into its own cycles, whichever layer the
 *   CONV is of, so array_busy + stalls + array_idle (no CONV left in the list) == cycles. Token i
 *   of a pair of units is the i-th given and the i-th taken.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "run_device.h"
#include "runtime.h"

typedef struct {
    uint64_t *end; /* when each was given, in list order */
    uint32_t given, taken;
} tokens_t;

/* Where time has come to, in the layers' cycles. */
typedef struct {
    report_t *report;
    int layer;
    uint64_t layer_end; /* of the current layer */
} cursor_t;

/* Adds from..to, which begins no earlier than the last one ended, to a field of each layer it
 * touches: 0 busy, 1.. stalls. */
static void add(cursor_t *c, int field, uint64_t from, uint64_t to) {
    while (from < to) {
        while (c->layer < c->report->n_layers && c->layer_end <= from)
            if (++c->layer < c->report->n_layers)
                c->layer_end += c->report->layers[c->layer].cycles;
        if (c->layer >= c->report->n_layers)
            return;
        report_layer_t *l = &c->report->layers[c->layer];
        uint64_t until = to < c->layer_end ? to : c->layer_end;
        *(field == 0 ? &l->array_busy : &l->stalls[field - 1]) += until - from;
        from = until;
    }
}

/* One step; the tokens' room is for all its commands. */
static void run_step(const run_profile_t *p, const prog_step_t *step, uint64_t begin,
                     tokens_t (*tokens)[NPU_QUEUES], cursor_t *cursor) {
    uint64_t idle = begin; /* since when the array has nothing to do */
    for (int u = 0; u < NPU_QUEUES; u++)
        for (int v = 0; v < NPU_QUEUES; v++)
            tokens[u][v].given = tokens[u][v].taken = 0;
    for (uint32_t i = 0; i < step->u.npu.count; i++) {
        uint32_t command = step->u.npu.first_cmd + i, words[NPU_CMD_WORDS];
        run_command(p->commands, command, words);
        uint32_t unit = npu_cmd_unit(npu_cmd_opcode(words));
        uint64_t when[NPU_QUEUES] = {0};
        for (uint32_t from = 0; from < NPU_QUEUES; from++) {
            tokens_t *t = &tokens[from][unit];
            if ((npu_cmd_wait(words) >> from & 1u) != 0 && t->taken < t->given)
                when[from] = t->end[t->taken++];
        }
        for (uint32_t to = 0; to < NPU_QUEUES; to++) {
            tokens_t *t = &tokens[unit][to];
            if ((npu_cmd_signal(words) >> to & 1u) != 0)
                t->end[t->given++] = p->spans[command].end;
        }
        if (unit != NPU_UNIT_ARRAY)
            continue;
        uint64_t post = when[NPU_UNIT_VECTOR] > when[NPU_UNIT_STORE] ? when[NPU_UNIT_VECTOR]
                                                                     : when[NPU_UNIT_STORE];
        const uint64_t until[3] = {when[NPU_UNIT_LOAD], post, p->spans[command].start};
        for (int k = 0; k < 3; k++) {
            uint64_t to = until[k] < until[2] ? until[k] : until[2];
            add(cursor, k + 1, idle, to);
            idle = to > idle ? to : idle;
        }
        add(cursor, 0, idle, p->spans[command].end);
        idle = p->spans[command].end > idle ? p->spans[command].end : idle;
    }
}

int run_stalls(const run_profile_t *p, report_t *report) {
    const prog_t *prog = p->prog;
    tokens_t tokens[NPU_QUEUES][NPU_QUEUES];
    cursor_t cursor = {report, 0, report->n_layers > 0 ? report->layers[0].cycles : 0};
    uint64_t *room = calloc((size_t)NPU_QUEUES * NPU_QUEUES * (prog->h.n_cmds + 1u), sizeof *room);
    if (!room)
        return -1;
    for (uint32_t i = 0; i < NPU_QUEUES * NPU_QUEUES; i++)
        tokens[i / NPU_QUEUES][i % NPU_QUEUES].end = room + (size_t)i * (prog->h.n_cmds + 1u);
    for (uint32_t i = 0; i < prog->h.n_steps; i++) {
        prog_step_t step;
        prog_get_step(prog, i, &step);
        if (step.kind == PROG_STEP_NPU)
            run_step(p, &step, p->step_begin[i], tokens, &cursor);
    }
    free(room);
    for (int i = 0; i < report->n_layers; i++) {
        report_layer_t *l = &report->layers[i];
        l->array_idle = l->cycles - l->array_busy - l->stalls[0] - l->stalls[1] - l->stalls[2];
    }
    return 0;
}
