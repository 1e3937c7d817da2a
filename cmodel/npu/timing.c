/*
 * timing.c - prediction of a command list: who gives tokens to whom, the order of evaluation, the
 * result. Contract: npu_predict.h, timing.h. SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "timing.h"

/* The trace counts from the write to CTRL, two cycles before the list is checked. */
#define TRACE_LEAD 2u

void timing_words(const timing_t *t, uint32_t i, uint32_t words[NPU_CMD_WORDS]) {
    npu_list_get(t->list->bytes + t->cmd[i].at, t->list->size - t->cmd[i].at, words);
}

uint64_t timing_tokens(const timing_t *t, uint32_t i, uint32_t from) {
    uint64_t when = 0;
    for (uint32_t u = 0; u < NPU_QUEUES; u++) {
        uint32_t giver = t->cmd[i].giver[u];
        if ((from >> u & 1u) == 0 || giver == NO_COMMAND)
            continue;
        if (t->cmd[giver].end == TIME_NEVER)
            return TIME_NEVER;
        when = later(when, t->cmd[giver].end + 1);
    }
    return when;
}

static uint32_t header(const timing_t *t, uint32_t i) {
    const uint8_t *p = t->list->bytes + t->cmd[i].at;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

/* Cuts the list into commands. NULL, or what is wrong. */
static const char *cut(timing_t *t) {
    const npu_list_t *list = t->list;
    uint32_t n = 0;
    for (uint32_t pass = 0; pass < 2; pass++) {
        n = 0;
        for (uint32_t at = 0; at < list->size; n++) {
            uint32_t size = 4 * npu_cmd_words(list->bytes[at]);
            if (size == 0 || size > list->size - at)
                return size ? "the list ends within a command" : "a command has an unknown opcode";
            if (pass)
                t->cmd[n] = (timing_cmd_t){.at = at,
                                           .unit = (uint8_t)npu_cmd_unit(list->bytes[at]),
                                           .next = NO_COMMAND,
                                           .ready = TIME_NEVER,
                                           .start = TIME_NEVER,
                                           .end = TIME_NEVER};
            at += size;
        }
        if (!pass && (t->cmd = malloc(((size_t)n + 1) * sizeof *t->cmd)) == NULL)
            return "out of memory";
    }
    t->n = n;
    return NULL;
}

/* Fills giver[] and next. For each pair of units the givers stand in a chain in list order. */
static const char *match_tokens(timing_t *t, uint32_t first[NPU_QUEUES]) {
    uint32_t last[NPU_QUEUES], head[NPU_QUEUES][NPU_QUEUES], tail[NPU_QUEUES][NPU_QUEUES];
    uint32_t(*chain)[NPU_QUEUES] = malloc(((size_t)t->n + 1) * sizeof *chain);
    if (chain == NULL)
        return "out of memory";
    memset(first, 0xff, NPU_QUEUES * sizeof *first);
    memset(last, 0xff, sizeof last);
    memset(head, 0xff, sizeof head);
    memset(tail, 0xff, sizeof tail);
    const char *wrong = NULL;
    for (uint32_t i = 0; i < t->n && !wrong; i++) {
        timing_cmd_t *c = &t->cmd[i];
        uint32_t tokens = header(t, i), u = c->unit;
        *(last[u] == NO_COMMAND ? &first[u] : &t->cmd[last[u]].next) = i;
        last[u] = i;
        for (uint32_t v = 0; v < NPU_QUEUES; v++) {
            c->giver[v] = NO_COMMAND;
            chain[i][v] = NO_COMMAND;
            if (tokens >> (8 + v) & 1u) {
                if ((c->giver[v] = head[v][u]) == NO_COMMAND)
                    wrong = "a command waits for a token that no earlier one gives";
                else
                    head[v][u] = chain[head[v][u]][u];
            }
        }
        for (uint32_t v = 0; v < NPU_QUEUES; v++)
            if (tokens >> (12 + v) & 1u) {
                *(head[u][v] == NO_COMMAND ? &head[u][v] : &chain[tail[u][v]][v]) = i;
                tail[u][v] = i;
            }
    }
    free(chain);
    return wrong;
}

static void evaluate(timing_t *t) {
    for (;;) {
        while (timing_load(t) | timing_dispatch(t) | timing_array(t) | timing_vector(t))
            ;
        uint64_t fetch = timing_fetch_when(t), load = timing_load_when(t);
        uint64_t store = timing_store_when(t);
        if (store < fetch && store < load)
            timing_store(t);
        else if (fetch <= load && fetch != TIME_NEVER)
            timing_fetch_burst(t);
        else if (load != TIME_NEVER)
            timing_load_burst(t);
        else
            return;
    }
}

static const char *predict(timing_t *t, npu_trace_t *trace, npu_prediction_t *out) {
    uint32_t first[NPU_QUEUES];
    const char *wrong = cut(t);
    if (!wrong)
        wrong = match_tokens(t, first);
    if (wrong)
        return wrong;
    t->load.next = first[NPU_UNIT_LOAD];
    t->array.next = first[NPU_UNIT_ARRAY];
    t->array.waiting = NO_COMMAND;
    t->vector.next = first[NPU_UNIT_VECTOR];
    t->store.next = first[NPU_UNIT_STORE];
    t->fetch.free = 2;
    t->fetch.offset = t->list->address % t->memory.beat_bytes;
    t->fetch.beats =
        (t->fetch.offset + t->list->size + t->memory.beat_bytes - 1) / t->memory.beat_bytes;
    evaluate(t);
    uint64_t end = 0;
    for (uint32_t i = 0; i < t->n; i++) {
        const timing_cmd_t *c = &t->cmd[i];
        if (c->end == TIME_NEVER)
            return "the list cannot end";
        end = later(end, c->end);
        if (trace)
            trace[i] = (npu_trace_t){i, c->unit, c->start + TRACE_LEAD, c->end + TRACE_LEAD};
    }
    out->cycles = end + 2;
    out->bytes_read = t->beats_read * t->memory.beat_bytes;
    out->bytes_written = t->bytes_written;
    out->commands = t->n;
    return NULL;
}

int npu_predict(const npu_config_t *config, const npu_memory_t *memory, const npu_list_t *list,
                npu_trace_t *trace, npu_prediction_t *out) {
    timing_t t = {.cfg = config, .memory = *memory, .list = list};
    uint32_t width = memory->beat_bytes;
    *out = (npu_prediction_t){0};
    if (width < 4 || width > 64 || (width & (width - 1)) != 0 || memory->latency == 0)
        out->error = "the memory's port is 4 to 64 bytes wide, a power of two, its latency not 0";
    else
        out->error = predict(&t, trace, out);
    free(t.cmd);
    return out->error ? -1 : 0;
}
