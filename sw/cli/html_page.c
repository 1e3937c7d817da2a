/*
 * html_page.c - the report as one page that needs nothing else: sw/cli/report.html with the figures
 * put in as JSON, {"report": as --report writes it, "trace": {...}}.
 *
 * Contract: trace.events: [unit, layer or -1, opcode, start, end, bytes, command,
 * [waits] where they were counted]; trace.blocks:
 * [first word, words, layer or -1, is weights, from, to]; trace.steps: [layer or -1, begin, end];
 * cycles as in report.h. json_string() leaves nothing that could end the script element.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <string.h>

#include "npu_spec.h"
#include "report.h"

extern const char report_page[]; /* report.html */

static int layer_number(uint32_t layer) {
    return layer == REPORT_NO_LAYER ? -1 : (int)layer;
}

static void print_trace(const report_trace_t *t, FILE *f) {
    fprintf(f, "{\"words\":%" PRIu32 ",\"word_bytes\":%" PRIu32 ",\"events\":[", t->sp_words,
            t->sp_word_bytes);
    for (size_t i = 0; i < t->n_events; i++) {
        const report_event_t *e = &t->events[i];
        fprintf(f, "%s[%" PRIu32 ",%d,\"%s\",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu32,
                i ? ",\n" : "\n", e->unit, layer_number(e->layer), npu_cmd_name(e->opcode),
                e->start, e->end, e->bytes, e->command);
        if (e->has_waits)
            fprintf(f, ",[%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 "]", e->waits[0],
                    e->waits[1], e->waits[2], e->waits[3]);
        fprintf(f, "]");
    }
    fprintf(f, "],\n\"blocks\":[");
    for (size_t i = 0; i < t->n_blocks; i++) {
        const report_block_t *b = &t->blocks[i];
        fprintf(f, "%s[%" PRIu32 ",%" PRIu32 ",%d,%" PRIu32 ",%" PRIu64 ",%" PRIu64 "]",
                i ? ",\n" : "\n", b->first, b->words, layer_number(b->layer), b->is_weights,
                b->from, b->to);
    }
    fprintf(f, "],\n\"steps\":[");
    for (size_t i = 0; i < t->n_steps; i++)
        fprintf(f, "%s[%d,%" PRIu64 ",%" PRIu64 "]", i ? "," : "", layer_number(t->steps[i].layer),
                t->steps[i].begin, t->steps[i].end);
    fprintf(f, "]}");
}

void report_print_html(const report_t *r, FILE *f) {
    static const char mark[] = "@DATA@";
    const char *at = strstr(report_page, mark);
    fwrite(report_page, 1, (size_t)(at - report_page), f);
    fprintf(f, "{\"report\":");
    report_print_json(r, f);
    fprintf(f, ",\"trace\":");
    print_trace(&r->trace, f);
    fprintf(f, "}");
    fputs(at + sizeof mark - 1, f);
}
