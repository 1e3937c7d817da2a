/*
 * onnx.c - .onnx (protobuf) into a graph: int8 networks in the QDQ form that ONNX Runtime's static
 * quantiser writes (QuantizeLinear and DequantizeLinear around every operator, int8 weights per
 * channel).
 *
 * Contract: the same as graph_load_tflite. Operators between the DequantizeLinear of their inputs
 * and the QuantizeLinear of their output become one integer operator with the semantics of ref.h; a
 * function of one value, in any number of nodes, becomes a table of 256 bytes that rounds half to
 * even, as QuantizeLinear does. The file is untrusted; no file outside its folder is opened. Shapes
 * must be fixed. Source: https://onnx.ai/onnx/operators. SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "onnx_internal.h"

#define NESTING 12

int onnx_fail(onnx_t *o, const onnx_node_t *n, const char *fmt, ...) {
    char reason[180];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(reason, sizeof reason, fmt, ap);
    va_end(ap);
    return graph_fail(o->err, "%s: node %.30s (%.40s): %s", o->path, n->op, n->name, reason);
}

/* libprotobuf-c's memory, below 32 times the file's size + 64 MiB. */
typedef struct {
    size_t budget;
    bool spent;
} unpack_t;

static void *unpack_alloc(void *data, size_t size) {
    unpack_t *u = data;
    if (size > u->budget) {
        u->spent = true;
        return NULL;
    }
    u->budget -= size;
    return malloc(size);
}

static void unpack_free(void *data, void *p) {
    (void)data;
    free(p);
}

graph_t *graph_load_onnx(const void *bytes, size_t size, const char *path, graph_error_t *err) {
    unpack_t u = {.budget = 32 * size + ((size_t)64 << 20)};
    ProtobufCAllocator allocator = {
        .alloc = unpack_alloc, .free = unpack_free, .allocator_data = &u};
    const char *why = onnx_check_wire(bytes, size, NESTING);
    onnx_t o = {.path = path, .err = err};
    if (why) {
        graph_fail(err, "%s: not an ONNX model: %s", path, why);
        return NULL;
    }
    o.model = onnx__model_proto__unpack(&allocator, size, bytes);
    if (!o.model) {
        graph_fail(err, "%s: not an ONNX model%s", path,
                   u.spent ? ": it unpacks to too much" : " (corrupt)");
        return NULL;
    }
    o.g = graph_new(path, "onnx");
    int status =
        !o.g ? graph_fail(err, "%s: out of memory", path)
             : onnx_read_model(&o) || onnx_infer(&o) || onnx_lower(&o) || onnx_build_graph(&o);
    free(o.b.tensors);
    free(o.b.ops);
    onnx__model_proto__free_unpacked(o.model, &allocator);
    if (status) {
        graph_free(o.g);
        return NULL;
    }
    return o.g;
}
