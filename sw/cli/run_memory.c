/*
 * run_memory.c - what the scratchpad held when, and which layer a load was for: from the trace of a
 * run and the footprints of its commands.
 *
 * Contract
 *   A word is held from the start of the command that wrote it to the end of the last one that read
 *   it (or to the end of its writer, when nobody did). Words side by side with the same layer, kind
 *   and time are one block. It belongs to the writer's layer; a load's is that of its first reader.
 *   LOADs that leave the other lanes (keep) prolong what is there. SPDX-License-Identifier:
 * Apache-2.0
 */
#include <stdlib.h>

#include "model_order.h"
#include "run_device.h"

#define NOBODY 0xffffffffu

typedef struct {
    uint32_t writer; /* command, or NOBODY */
    int read, is_weights;
    uint64_t to;
} word_t;

typedef struct {
    const run_profile_t *p;
    report_trace_t *trace;
    word_t *words;    /* (sp_words) */
    uint32_t *beside; /* (n_cmds): of a LOAD that keeps, the writer of other lanes, or NOBODY */
    size_t room;      /* of trace->blocks */
    uint32_t command, opcode;
    int keep;              /* the command is a LOAD that keeps other lanes */
    uint32_t param, table; /* first word of a CONV's parameters, of a table; NOBODY: none */
    uint32_t param_words;
    int failed;
} walk_t;

/* Layers are filled in at the end: `layer` is the writer until then. */
static void end_word(walk_t *w, uint32_t at) {
    const word_t *word = &w->words[at];
    report_trace_t *t = w->trace;
    if (word->writer == NOBODY)
        return;
    report_block_t *last = t->n_blocks > 0 ? &t->blocks[t->n_blocks - 1] : NULL;
    if (last && last->layer == word->writer && last->first + last->words == at &&
        last->is_weights == (uint32_t)word->is_weights) {
        last->words++;
        last->to = word->to > last->to ? word->to : last->to;
        return;
    }
    if (t->n_blocks == w->room) {
        size_t room = w->room ? 2 * w->room : 1024;
        report_block_t *more = realloc(t->blocks, room * sizeof *more);
        if (!more) {
            w->failed = 1;
            return;
        }
        t->blocks = more;
        w->room = room;
    }
    t->blocks[t->n_blocks++] = (report_block_t){
        at, 1, word->writer, (uint32_t)word->is_weights, w->p->spans[word->writer].start, word->to};
}

static int is_constant(const walk_t *w, uint32_t at, int phase) {
    return phase == NPU_PHASE_WEIGHTS || (w->param != NOBODY && at - w->param < w->param_words) ||
           (w->table != NOBODY && at - w->table < 1024 / w->p->config->n);
}

static void touch(void *ctx, npu_resource_t resource, uint32_t address, uint32_t count, int write,
                  int phase) {
    walk_t *w = ctx;
    const run_span_t *span = &w->p->spans[w->command];
    if (resource != NPU_RES_SCRATCHPAD)
        return;
    for (uint32_t at = address; at < address + count; at++) {
        word_t *word = &w->words[at];
        if (write && w->keep && word->writer != NOBODY) {
            if (word->writer != w->command)
                w->beside[w->command] = word->writer;
        } else if (write && word->writer != w->command) {
            end_word(w, at);
            *word = (word_t){w->command, 0, 0, span->end};
        } else if (!write && word->writer != NOBODY) {
            uint32_t *layer = &w->p->layer_of[word->writer], command[NPU_CMD_WORDS];
            if (!word->read) {
                word->read = 1;
                word->is_weights = is_constant(w, at, phase);
                run_command(w->p->commands, word->writer, command);
                if (npu_cmd_opcode(command) == NPU_OP_LOAD && *layer == PROG_NONE)
                    *layer = w->p->layer_of[w->command];
            }
            word->to = span->end > word->to ? span->end : word->to;
        }
    }
}

static int compare(const void *left, const void *right) {
    const report_block_t *a = left, *b = right;
    const uint64_t key[][2] = {{a->layer, b->layer},
                               {a->is_weights, b->is_weights},
                               {a->from, b->from},
                               {a->to, b->to},
                               {a->first, b->first}};
    for (size_t i = 0; i < sizeof key / sizeof key[0]; i++)
        if (key[i][0] != key[i][1])
            return key[i][0] < key[i][1] ? -1 : 1;
    return 0;
}

/* Words may end in any order: joins neighbours that were held at the same time for the same layer.
 */
static void join_blocks(report_trace_t *t) {
    size_t n = 0;
    if (t->n_blocks > 0)
        qsort(t->blocks, t->n_blocks, sizeof *t->blocks, compare);
    for (size_t i = 0; i < t->n_blocks; i++) {
        report_block_t *b = &t->blocks[i], *last = n > 0 ? &t->blocks[n - 1] : NULL;
        if (last && last->layer == b->layer && last->is_weights == b->is_weights &&
            last->from == b->from && last->to == b->to && last->first + last->words == b->first)
            last->words += b->words;
        else
            t->blocks[n++] = *b;
    }
    t->n_blocks = n;
}

int run_memory(const run_profile_t *p, report_t *report) {
    static const uint32_t bases[NPU_REGIONS] = {0};
    walk_t w = {.p = p, .trace = &report->trace};
    uint32_t n_words = p->config->sp_words;
    uint32_t n_cmds = p->prog->h.n_cmds;
    w.words = malloc(n_words * sizeof *w.words);
    w.beside = malloc(((size_t)n_cmds + 1) * sizeof *w.beside);
    if (!w.words || !w.beside) {
        free(w.words);
        free(w.beside);
        return -1;
    }
    for (uint32_t i = 0; i < n_words; i++)
        w.words[i] = (word_t){.writer = NOBODY};
    for (w.command = 0; w.command < n_cmds; w.command++) {
        uint32_t words[NPU_CMD_WORDS];
        npu_cmd_load_t load;
        npu_cmd_conv_t conv;
        npu_cmd_table_t table;
        npu_cmd_softmax_t soft;
        npu_cmd_norm_t norm;
        run_command(p->commands, w.command, words);
        w.beside[w.command] = NOBODY;
        w.keep = 0;
        w.param = w.table = NOBODY;
        switch (npu_cmd_opcode(words)) {
        case NPU_OP_LOAD:
            npu_unpack_load(words, &load);
            w.keep = load.keep != 0;
            p->layer_of[w.command] = PROG_NONE; /* its place in the list says nothing */
            break;
        case NPU_OP_CONV:
            npu_unpack_conv(words, &conv);
            w.param = conv.load_params ? conv.p_addr : NOBODY;
            w.param_words =
                conv.uniform ? 4 + (5 + p->config->n - 1) / p->config->n : NPU_PARAM_WORDS;
            break;
        case NPU_OP_TABLE:
            npu_unpack_table(words, &table);
            w.table = table.load ? table.t_addr : NOBODY;
            break;
        case NPU_OP_SOFTMAX:
            npu_unpack_softmax(words, &soft);
            w.table = soft.load ? soft.t_addr : NOBODY;
            break;
        case NPU_OP_NORM:
            npu_unpack_norm(words, &norm);
            w.table = norm.load ? norm.p_addr : NOBODY;
            break;
        }
        npu_footprint(p->config, bases, words, touch, &w);
    }
    for (uint32_t i = 0; i < n_words; i++)
        end_word(&w, i);
    for (uint32_t i = 0; i < n_cmds; i++)
        if (p->layer_of[i] == PROG_NONE && w.beside[i] != NOBODY)
            p->layer_of[i] = p->layer_of[w.beside[i]];
    for (size_t i = 0; i < report->trace.n_blocks; i++)
        report->trace.blocks[i].layer = p->layer_of[report->trace.blocks[i].layer];
    join_blocks(&report->trace);
    report->trace.sp_words = n_words;
    report->trace.sp_word_bytes = p->config->n;
    free(w.words);
    free(w.beside);
    return w.failed ? -1 : 0;
}
