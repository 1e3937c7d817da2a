/*
 * graph.c - the graph's memory, names, messages and file recognition.
 *
 * Contract: see graph.h. Counterpart: tflite.c reads one format into it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "graph.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

/* All memory of a graph: a chain of blocks, newest first. */
typedef struct block {
    struct block *next;
    size_t padding; /* keeps what follows 16-byte aligned */
} block_t;

_Static_assert(sizeof(block_t) % 16 == 0, "blocks keep malloc's alignment");

graph_t *graph_new(const char *path, const char *format) {
    graph_t *g = calloc(1, sizeof *g);
    if (!g)
        return NULL;
    char *copy = graph_alloc(g, strlen(path) + 1);
    if (!copy) {
        free(g);
        return NULL;
    }
    strcpy(copy, path);
    g->path = copy;
    g->format = format;
    return g;
}

void *graph_alloc(graph_t *g, size_t size) {
    if (size > SIZE_MAX - sizeof(block_t))
        return NULL;
    block_t *b = calloc(1, sizeof *b + (size ? size : 1));
    if (!b)
        return NULL;
    b->next = g->memory;
    g->memory = b;
    return b + 1;
}

void graph_free(graph_t *g) {
    if (!g)
        return;
    for (block_t *b = g->memory; b;) {
        block_t *next = b->next;
        free(b);
        b = next;
    }
    free(g);
}

static const struct {
    const char *name;
    size_t size;
} types[GRAPH_TYPE_COUNT] = {
    [GRAPH_TYPE_UNKNOWN] = {"unknown", 0}, [GRAPH_INT8] = {"int8", 1},
    [GRAPH_UINT8] = {"uint8", 1},          [GRAPH_INT16] = {"int16", 2},
    [GRAPH_INT32] = {"int32", 4},          [GRAPH_INT64] = {"int64", 8},
    [GRAPH_FLOAT32] = {"float32", 4},      [GRAPH_BOOL] = {"bool", 1},
    [GRAPH_FLOAT16] = {"float16", 2},      [GRAPH_FLOAT64] = {"float64", 8},
};

size_t graph_type_size(graph_type_t t) {
    return (unsigned)t < GRAPH_TYPE_COUNT ? types[t].size : 0;
}

const char *graph_type_name(graph_type_t t) {
    return (unsigned)t < GRAPH_TYPE_COUNT ? types[t].name : "unknown";
}

const char *graph_opcode_name(graph_opcode_t c) {
    static const char *const names[GRAPH_OP_COUNT] = {
#define GRAPH_OP_NAME(name) #name,
        GRAPH_OPS(GRAPH_OP_NAME)
#undef GRAPH_OP_NAME
    };
    return (unsigned)c < GRAPH_OP_COUNT ? names[c] : "?";
}

const char *graph_shape_str(const graph_tensor_t *t, char *buf, size_t size) {
    if (size == 0)
        return buf;
    snprintf(buf, size, "%s", t->rank == 0 ? "scalar" : "");
    for (int32_t d = 0, n = 0; d < t->rank && n >= 0 && (size_t)n < size; d++)
        n += snprintf(buf + n, size - (size_t)n, d ? "x%d" : "%d", (int)t->dims[d]);
    return buf;
}

const char *graph_op_name(const graph_t *g, const graph_op_t *op) {
    if (op->name)
        return op->name;
    return op->n_out > 0 && op->out[0] >= 0 ? g->tensors[op->out[0]].name : op->type;
}

const graph_tensor_t *graph_in(const graph_t *g, const graph_op_t *op, int i) {
    return i < op->n_in && op->in[i] >= 0 ? &g->tensors[op->in[i]] : NULL;
}

const graph_tensor_t *graph_out(const graph_t *g, const graph_op_t *op, int i) {
    return i < op->n_out && op->out[i] >= 0 ? &g->tensors[op->out[i]] : NULL;
}

void graph_initial(const graph_tensor_t *t, void *dst) {
    int zero = t->type == GRAPH_INT8 && t->quant.n_scales > 0 ? t->quant.zero_points[0] : 0;
    if (t->initial)
        memcpy(dst, t->initial, t->bytes);
    else
        memset(dst, zero, t->bytes);
}

uint64_t graph_op_macs(const graph_t *g, const graph_op_t *op) {
    const graph_tensor_t *w = graph_in(g, op, 1), *out = graph_out(g, op, 0);
    if (!w || !out)
        return 0;
    uint64_t n = out->elements;
    switch (op->code) {
    case GRAPH_OP_CONV_2D: /* weights OHWI: each output sums H*W*I */
        return w->rank == 4 ? n * (uint64_t)w->dims[1] * (uint64_t)w->dims[2] * (uint64_t)w->dims[3]
                            : 0;
    case GRAPH_OP_DEPTHWISE_CONV_2D: /* weights 1HWO */
        return w->rank == 4 ? n * (uint64_t)w->dims[1] * (uint64_t)w->dims[2] : 0;
    case GRAPH_OP_FULLY_CONNECTED: /* weights OI */
        return w->rank == 2 ? n * (uint64_t)w->dims[1] : 0;
    case GRAPH_OP_TRANSPOSE_CONV: { /* weights OHWI: each input value meets O*H*W of them */
        const graph_tensor_t *x = graph_in(g, op, 2);
        return x && w->rank == 4 ? (uint64_t)x->elements * (uint64_t)w->dims[0] *
                                       (uint64_t)w->dims[1] * (uint64_t)w->dims[2]
                                 : 0;
    }
    case GRAPH_OP_BATCH_MATMUL: { /* each output sums the first operand's inner dimension */
        const graph_tensor_t *x = graph_in(g, op, 0);
        int32_t inner = x ? x->rank - 1 - (op->p.matmul.adj_x ? 1 : 0) : -1;
        return inner >= 0 ? n * (uint64_t)x->dims[inner] : 0;
    }
    default:
        return 0;
    }
}

int graph_fail(graph_error_t *err, const char *fmt, ...) {
    if (err) {
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(err->msg, sizeof err->msg, fmt, ap);
        va_end(ap);
    }
    return -1;
}

int graph_fail_op(graph_error_t *err, const graph_t *g, const graph_op_t *op, const char *fmt,
                  ...) {
    char reason[160];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(reason, sizeof reason, fmt, ap);
    va_end(ap);
    /* the reason must survive: long paths and names give way */
    size_t path_len = strlen(g->path);
    const char *tail = path_len > 60 ? g->path + path_len - 60 : g->path;
    return graph_fail(err, "%s%s: operator #%d %s (%.40s): %s", path_len > 60 ? "..." : "", tail,
                      (int)op->index, op->type, graph_op_name(g, op), reason);
}

graph_t *graph_load_bytes(const void *bytes, size_t size, const char *path, graph_error_t *err) {
    if (size == 0) {
        graph_fail(err, "%s: the file is empty", path);
        return NULL;
    }
    if (size >= 8 && memcmp((const char *)bytes + 4, "TFL3", 4) == 0)
        return graph_load_tflite(bytes, size, path, err);
    size_t n = strlen(path);
    /* ONNX has no mark; its first field is the version, a number */
    if ((n >= 5 && strcmp(path + n - 5, ".onnx") == 0) || *(const uint8_t *)bytes == 0x08)
        return graph_load_onnx(bytes, size, path, err);
    graph_fail(err, "%s: neither a .tflite model (no TFL3 identifier) nor an .onnx one", path);
    return NULL;
}

graph_t *graph_load(const char *path, graph_error_t *err) {
    size_t size;
    void *bytes = file_read(path, &size, err);
    graph_t *g = bytes ? graph_load_bytes(bytes, size, path, err) : NULL;
    free(bytes);
    return g;
}
