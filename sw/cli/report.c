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
    r->layers = NULL;
    r->n_layers = 0;
}

double report_utilisation(const report_t *r, uint64_t macs, uint64_t cycles) {
    double slots = (double)cycles * r->rows * r->columns;
    return slots > 0 ? (double)macs / slots : -1;
}

void json_string(FILE *f, const char *s) {
    fputc('"', f);
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            fprintf(f, "\\%c", c);
        else if (c < 0x20)
            fprintf(f, "\\u%04x", c);
        else
            fputc(c, f);
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

static void print_layer(const report_t *r, const report_layer_t *l, FILE *f) {
    fprintf(f, "    {\"name\": ");
    json_string(f, l->name);
    fprintf(f, ", \"op\": ");
    json_string(f, l->op);
    fprintf(f, ", \"unit\": ");
    json_string(f, l->unit ? l->unit : "cpu");
    number(f, "cycles", l->has_cycles, l->cycles);
    number(f, "macs", 1, l->macs);
    ratio(f, "mac_utilisation", l->has_cycles ? report_utilisation(r, l->macs, l->cycles) : -1);
    number(f, "bytes_read", l->has_cycles, l->bytes_read);
    number(f, "bytes_written", l->has_cycles, l->bytes_written);
    for (int i = 0; i < l->n_stalls; i++)
        number(f, l->stalls[i].name, l->has_cycles, l->stalls[i].cycles);
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
    number(f, "cycles_total", r->has_cycles, r->cycles_total);
    ratio(f, "mac_utilisation",
          r->has_cycles ? report_utilisation(r, r->macs, r->cycles_total) : -1);
    number(f, "bytes_read", r->has_cycles, r->bytes_read);
    number(f, "bytes_written", r->has_cycles, r->bytes_written);
    fprintf(f, ", \"bit_exact\": %s", r->bit_exact < 0 ? "null" : r->bit_exact ? "true" : "false");
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
