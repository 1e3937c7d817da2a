/*
 * report.c - see report.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "npy.h"

int report_alloc_layers(report_t *r, int n) {
    r->layers = calloc((size_t)n + 1, sizeof *r->layers);
    r->n_layers = r->layers ? n : 0;
    return r->layers ? 0 : -1;
}

void report_free(report_t *r) {
    free(r->layers);
    free(r->trace.events);
    free(r->trace.steps);
    free(r->trace.blocks);
    r->layers = NULL;
    r->n_layers = 0;
    r->trace = (report_trace_t){0};
}

void report_removed(report_t *r, const constant_t *k) {
    r->macs_removed = k->macs_removed;
    r->constant_removed = k->n_removed;
    for (int i = 0; i < r->n_layers; i++)
        r->layers[i].macs_removed = k->layers[i].macs_removed;
}

double report_utilisation(const report_t *r, uint64_t macs, uint64_t cycles) {
    double slots = (double)cycles * r->rows * r->columns;
    return slots > 0 ? (double)macs / slots : -1;
}

/* Bytes of the UTF-8 sequence at s, 0 when there is none. */
static int utf8_length(const unsigned char *s) {
    int n = *s < 0x80 ? 1 : *s >= 0xc2 && *s < 0xe0 ? 2 : (*s & 0xf0) == 0xe0 ? 3 : 0;
    n = *s >= 0xf0 && *s < 0xf5 ? 4 : n;
    for (int i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return (*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
                   (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f)
               ? 0
               : n;
}

void json_string(FILE *f, const char *text) {
    fputc('"', f);
    for (const unsigned char *s = (const unsigned char *)text; *s; s++) {
        int n = utf8_length(s);
        if (*s == '"' || *s == '\\')
            fprintf(f, "\\%c", *s);
        else if (n == 0 || *s < 0x20 || *s == '<' || *s == 0x7f)
            fprintf(f, "\\u%04x", *s);
        else {
            fwrite(s, 1, (size_t)n, f);
            s += n - 1;
        }
    }
    fputc('"', f);
}

static void number(FILE *f, const char *key, int known, uint64_t v) {
    if (known)
        fprintf(f, ", \"%s\": %" PRIu64, key, v);
    else
        fprintf(f, ", \"%s\": null", key);
}

static void ratio(FILE *f, const char *key, double v) {
    if (v >= 0)
        fprintf(f, ", \"%s\": %.6f", key, v);
    else
        fprintf(f, ", \"%s\": null", key);
}

/* The binding limit and the distance from it; l: also what the array did, or NULL. */
static void print_detail(uint64_t cycles, const uint64_t limits[REPORT_LIMITS],
                         const report_layer_t *l, FILE *f) {
    static const char *const stall[REPORT_STALLS] = {"stall_load", "stall_post", "stall_weights"};
    report_limit_t bound = report_bound(limits);
    if (l) {
        number(f, "array_busy", 1, l->array_busy);
        for (int i = 0; i < REPORT_STALLS; i++)
            number(f, stall[i], 1, l->stalls[i]);
        number(f, "array_idle", 1, l->array_idle);
    }
    if (limits[bound] > 0)
        fprintf(f, ", \"bound\": \"%s\"", report_limit_name(bound));
    else
        fprintf(f, ", \"bound\": null");
    fprintf(f, ", \"bound_cycles\": %" PRIu64 ", \"bound_distance\": %" PRId64, limits[bound],
            (int64_t)cycles - (int64_t)limits[bound]);
    fprintf(f, ", \"limits\": {");
    for (int i = 0; i < REPORT_LIMITS; i++)
        fprintf(f, "%s\"%s\": %" PRIu64, i ? ", " : "", report_limit_name(i), limits[i]);
    fprintf(f, "}");
}

/* Limits of the whole network: layers share the units, so their needs add up; DRAINs and the other
 * vector commands share one unit. The port also fetches the commands. Latencies do not add up. */
static void network_limits(const report_t *r, uint64_t limits[REPORT_LIMITS]) {
    uint64_t bytes = r->bytes_read > r->bytes_written ? r->bytes_read : r->bytes_written, unit = 0;
    memset(limits, 0, REPORT_LIMITS * sizeof *limits);
    for (int i = 0; i < r->n_layers; i++) {
        const uint64_t *l = r->layers[i].limits;
        limits[REPORT_ARRAY] += l[REPORT_ARRAY];
        limits[REPORT_OUTPUT_STAGE] += l[REPORT_OUTPUT_STAGE];
        limits[REPORT_VECTOR] += l[REPORT_VECTOR];
        unit +=
            l[REPORT_VECTOR] > l[REPORT_OUTPUT_STAGE] ? l[REPORT_VECTOR] : l[REPORT_OUTPUT_STAGE];
    }
    limits[limits[REPORT_VECTOR] > limits[REPORT_OUTPUT_STAGE] ? REPORT_VECTOR
                                                               : REPORT_OUTPUT_STAGE] = unit;
    limits[REPORT_PORT] = (bytes + 7) / 8;
}

static void print_layer(const report_t *r, const report_layer_t *l, FILE *f) {
    fprintf(f, "    {\"name\": ");
    json_string(f, l->name);
    fprintf(f, ", \"op\": ");
    json_string(f, l->op);
    fprintf(f, ", \"unit\": ");
    json_string(f, l->unit ? l->unit : "cpu");
    number(f, "cycles", l->has_cycles, l->cycles);
    number(f, "macs", 1, l->macs);
    number(f, "macs_removed", 1, l->macs_removed);
    ratio(f, "mac_utilisation", l->has_cycles ? report_utilisation(r, l->macs, l->cycles) : -1);
    int has_bytes = l->has_cycles && l->unit && strcmp(l->unit, "npu") == 0;
    number(f, "bytes_read", has_bytes, l->bytes_read);
    number(f, "bytes_written", has_bytes, l->bytes_written);
    if (l->has_detail)
        print_detail(l->cycles, l->limits, l, f);
    fprintf(f, "}");
}

void report_print_json(const report_t *r, FILE *f) {
    fprintf(f, "{\n  \"model\": ");
    json_string(f, r->model ? r->model : "");
    fprintf(f, ",\n  \"target\": ");
    json_string(f, r->target ? r->target : "");
    fprintf(f, ", \"config\": ");
    json_string(f, r->config ? r->config : "");
    number(f, "seed", r->has_seed, r->seed);
    fprintf(f, ",\n  \"macs\": %" PRIu64, r->macs);
    number(f, "macs_removed", 1, r->macs_removed);
    number(f, "channels_removed", 1, (uint64_t)r->constant_removed);
    number(f, "cycles_total", r->has_cycles, r->cycles_total);
    if (r->has_driver)
        number(f, "cycles_driver", 1, r->cycles_driver);
    number(f, "cycles_predicted", r->has_prediction, r->cycles_predicted);
    number(f, "cpu_steps", r->has_prediction, r->cpu_steps);
    ratio(f, "mac_utilisation",
          r->has_cycles ? report_utilisation(r, r->macs, r->cycles_total) : -1);
    number(f, "bytes_read", r->has_cycles, r->bytes_read);
    number(f, "bytes_written", r->has_cycles, r->bytes_written);
    fprintf(f, ", \"bit_exact\": %s", r->bit_exact < 0 ? "null" : r->bit_exact ? "true" : "false");
    if (r->weights) {
        fprintf(f, ",\n  \"weights\": ");
        json_string(f, r->weights);
        number(f, "tokens_prompt", 1, r->tokens_prompt);
        number(f, "tokens_generated", 1, r->tokens_generated);
        if (r->fill_tokens > 0) {
            number(f, "fill_tokens", 1, r->fill_tokens);
            number(f, "fill_macs", 1, r->fill_macs);
            number(f, "fill_cycles", r->has_cycles, r->fill_cycles);
            number(f, "fill_cycles_predicted", r->has_prediction, r->fill_predicted);
        }
    }
    int has_detail = 0;
    for (int i = 0; i < r->n_layers; i++)
        has_detail |= r->layers[i].has_detail;
    if (has_detail) {
        uint64_t limits[REPORT_LIMITS];
        network_limits(r, limits);
        fprintf(f, ",\n  \"rows\": %" PRIu32 ", \"columns\": %" PRIu32, r->rows, r->columns);
        print_detail(r->cycles_total, limits, NULL, f);
    }
    fprintf(f, ",\n  \"layers\": [");
    for (int i = 0; i < r->n_layers; i++) {
        fprintf(f, i ? ",\n" : "\n");
        print_layer(r, &r->layers[i], f);
    }
    fprintf(f, "\n  ]\n}\n");
}

int report_write(const report_t *r, const char *path, graph_error_t *err) {
    atomic_file_t a;
    if (atomic_open(&a, path, err))
        return -1;
    report_print_json(r, a.f);
    return atomic_commit(&a, err);
}
