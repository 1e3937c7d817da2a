/*
 * report.c - what was compiled, as JSON. SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cc.h"

typedef struct {
    char *text;
    size_t size, capacity;
    bool failed;
} text_t;

static void put_bytes(text_t *t, const char *s, size_t n) {
    if (t->failed)
        return;
    if (t->size + n + 1 > t->capacity) {
        size_t capacity = 2 * (t->size + n + 1);
        char *text = realloc(t->text, capacity);
        if (text == NULL) {
            t->failed = true;
            return;
        }
        t->text = text;
        t->capacity = capacity;
    }
    memcpy(t->text + t->size, s, n);
    t->size += n;
    t->text[t->size] = 0;
}

__attribute__((format(printf, 2, 3))) static void put(text_t *t, const char *fmt, ...) {
    char line[256];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    if (n > 0)
        put_bytes(t, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

/* A JSON string; bytes that are no printable ASCII are written as escapes. */
static void put_string(text_t *t, const char *s) {
    put_bytes(t, "\"", 1);
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            put_bytes(t, "\\", 1);
        if (c < 0x20 || c > 0x7e)
            put(t, "\\u%04x", c);
        else
            put_bytes(t, s, 1);
    }
    put_bytes(t, "\"", 1);
}

static void put_layer(text_t *t, const npu_layer_t *l, const graph_t *g) {
    const graph_op_t *op = &g->ops[l->op];
    put(t, "    {\"name\": ");
    put_string(t, graph_op_name(g, op));
    put(t, ", \"op\": ");
    put_string(t, op->type);
    put(t, ", \"unit\": \"%s\", \"why\": ", l->on_npu ? "npu" : "cpu");
    put_string(t, l->why);
    put(t, ", \"macs\": %llu, \"commands\": %u, \"weight_bytes\": %u, \"array_steps\": %u",
        (unsigned long long)l->macs, l->commands, l->weight_bytes, l->array_steps);
    if (l->first_cmd == PROG_NONE)
        put(t, ", \"first_command\": null, \"last_command\": null}");
    else
        put(t, ", \"first_command\": %u, \"last_command\": %u}", l->first_cmd, l->last_cmd);
}

char *npu_compiled_json(const npu_compiled_t *c, const graph_t *g, const npu_config_t *config) {
    text_t t = {0};
    put(&t, "{\n  \"model\": ");
    put_string(&t, g->path);
    put(&t, ",\n  \"config\": \"%s\",\n  \"commands\": %u,\n  \"steps\": %u,\n", config->name,
        c->n_commands, c->n_steps);
    put(&t, "  \"cpu_steps\": %u,\n  \"image_bytes\": %zu,\n  \"weight_bytes\": %u,\n",
        c->n_cpu_steps, c->size, c->weight_bytes);
    put(&t, "  \"arena_bytes\": %u,\n  \"tensors\": %u,\n  \"resident_tensors\": %u,\n",
        c->arena_bytes, c->n_tensors, c->n_resident);
    put(&t, "  \"macs_removed\": %llu,\n  \"cycles_estimated\": %llu,\n  \"layers\": [\n",
        (unsigned long long)c->macs_removed, (unsigned long long)c->cycles_estimated);
    for (uint32_t i = 0; i < c->n_layers; i++) {
        put_layer(&t, &c->layers[i], g);
        put(&t, "%s\n", i + 1 < c->n_layers ? "," : "");
    }
    put(&t, "  ]\n}\n");
    if (t.failed) {
        free(t.text);
        return NULL;
    }
    return t.text;
}
