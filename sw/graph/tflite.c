/*
 * tflite.c - .tflite (FlatBuffers, TFLite schema version 3) into a graph.
 *
 * Contract:  bytes are untrusted: everything is read through flatbuf.h's cursor; every index, size
 * and order is checked; memory stays below 16 times the file's size + 64 MiB. Subgraph 0 is
 * the network; others are read where CALL_ONCE names them (tflite_state.c). To add an operator: a
 * line in tflite_options.c, its name in graph.h. Source:
 * tensorflow/compiler/mlir/lite/schema/schema.fbs (field numbers below are positions in its
 * tables). SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tflite_internal.h"
#include "tflite_names.h"

void *tflite_alloc(reader_t *r, size_t size) {
    if (size > r->budget) {
        graph_fail(r->err, "%s: lists repeat without bound (corrupt)", r->g->path);
        return NULL;
    }
    r->budget -= size;
    void *p = graph_alloc(r->owner, size);
    if (!p)
        graph_fail(r->err, "%s: out of memory", r->g->path);
    return p;
}

int tflite_check(reader_t *r, const char *where) {
    if (r->fb.fault)
        return graph_fail(r->err, "%s: %s: %s", r->g->path, where, r->fb.fault);
    return 0;
}

/* ---- tensors ---- */

static graph_type_t tensor_type(int32_t t) {
    static const graph_type_t map[] = {GRAPH_FLOAT32, GRAPH_FLOAT16, GRAPH_INT32,
                                       GRAPH_UINT8,   GRAPH_INT64,   GRAPH_TYPE_UNKNOWN,
                                       GRAPH_BOOL,    GRAPH_INT16,   GRAPH_TYPE_UNKNOWN,
                                       GRAPH_INT8,    GRAPH_FLOAT64};
    return t >= 0 && t < (int32_t)(sizeof map / sizeof map[0]) ? map[t] : GRAPH_TYPE_UNKNOWN;
}

/* A printable copy of a string, at most 255 characters. */
static const char *read_string(reader_t *r, fb_table_t t, int field) {
    fb_vector_t v = fb_vector(&r->fb, t, field, 1);
    size_t n = v.n < 255 ? v.n : 255;
    char *s = tflite_alloc(r, n + 1);
    if (!s)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = r->fb.bytes[v.pos + i];
        s[i] = (char)(c < 0x20 || c == 0x7f ? '?' : c);
    }
    return s;
}

static int read_quant(reader_t *r, fb_table_t t, graph_tensor_t *x) {
    fb_table_t q = fb_table(&r->fb, t, 4);
    fb_vector_t scales = fb_vector(&r->fb, q, 2, 4);
    fb_vector_t zeros = fb_vector(&r->fb, q, 3, 8);
    int32_t dim = fb_i32(&r->fb, q, 6, 0);
    if (tflite_check(r, x->name) || scales.n == 0)
        return r->fb.fault ? -1 : 0;
    if (scales.n > 1 && (dim < 0 || dim >= x->rank || x->dims[dim] != (int32_t)scales.n))
        return graph_fail(r->err, "%s: tensor %s: %u scales do not fit its shape", r->g->path,
                          x->name, (unsigned)scales.n);
    if (zeros.n > 1 && zeros.n != scales.n)
        return graph_fail(r->err, "%s: tensor %s: %u zero points for %u scales", r->g->path,
                          x->name, (unsigned)zeros.n, (unsigned)scales.n);
    float *scale = tflite_alloc(r, scales.n * sizeof *scale);
    int32_t *zero = tflite_alloc(r, scales.n * sizeof *zero);
    if (!scale || !zero)
        return -1;
    for (uint32_t i = 0; i < scales.n; i++) {
        int64_t z = zeros.n == 0 ? 0 : fb_i64_at(&r->fb, zeros, zeros.n == 1 ? 0 : i);
        scale[i] = fb_f32_at(&r->fb, scales, i);
        if (!isfinite(scale[i]) || scale[i] < 0.0f)
            return graph_fail(r->err, "%s: tensor %s: scale %u is not a positive number",
                              r->g->path, x->name, (unsigned)i);
        if (z < INT32_MIN || z > INT32_MAX)
            return graph_fail(r->err, "%s: tensor %s: zero point out of range", r->g->path,
                              x->name);
        zero[i] = (int32_t)z;
    }
    x->quant = (graph_quant_t){(int32_t)scales.n, dim, scale, zero};
    return 0;
}

static int read_data(reader_t *r, fb_table_t t, graph_tensor_t *x) {
    uint32_t index = (uint32_t)fb_i32(&r->fb, t, 2, 0);
    if (index == 0)
        return tflite_check(r, x->name);
    if (index >= r->buffers.n)
        return graph_fail(r->err, "%s: tensor %s: buffer %u does not exist", r->g->path, x->name,
                          (unsigned)index);
    fb_table_t b = fb_table_at(&r->fb, r->buffers, index);
    fb_vector_t bytes = fb_vector(&r->fb, b, 0, 1);
    uint64_t pos = bytes.pos, n = bytes.n;
    uint64_t far = fb_field_u64(&r->fb, b, 1, 0); /* data behind the FlatBuffer, files over 2 GB */
    if (n == 0 && far > 1) {
        pos = far;
        n = fb_field_u64(&r->fb, b, 2, 0);
        if (pos > r->fb.size || n > r->fb.size - pos)
            return graph_fail(r->err, "%s: tensor %s: data lies outside the file", r->g->path,
                              x->name);
    }
    if (tflite_check(r, x->name))
        return -1;
    if (n == 0)
        return 0;
    bool known = x->type != GRAPH_TYPE_UNKNOWN;
    if (known && n != x->bytes)
        return graph_fail(r->err, "%s: tensor %s: %llu bytes of data, its shape needs %zu",
                          r->g->path, x->name, (unsigned long long)n, x->bytes);
    void *copy = tflite_alloc(r, (size_t)n);
    if (!copy)
        return -1;
    memcpy(copy, r->fb.bytes + pos, (size_t)n);
    x->data = copy;
    x->bytes = (size_t)n;
    return 0;
}

static int read_tensor(reader_t *r, fb_table_t t, graph_tensor_t *x) {
    fb_vector_t shape = fb_vector(&r->fb, t, 0, 4);
    x->name = read_string(r, t, 3);
    if (!x->name || tflite_check(r, "tensor"))
        return -1;
    if (shape.n > GRAPH_MAX_RANK)
        return graph_fail(r->err, "%s: tensor %s: %u dimensions, at most %d are supported",
                          r->g->path, x->name, (unsigned)shape.n, GRAPH_MAX_RANK);
    x->rank = (int32_t)shape.n;
    x->elements = 1;
    x->type = tensor_type(fb_i8(&r->fb, t, 1, 0));
    if (fb_has(&r->fb, t, 6)) /* sparse storage: not what its shape says */
        x->type = GRAPH_TYPE_UNKNOWN;
    x->is_variable = fb_i8(&r->fb, t, 5, 0) != 0;
    size_t elem = graph_type_size(x->type);
    for (uint32_t d = 0; d < shape.n; d++) {
        int32_t n = fb_i32_at(&r->fb, shape, d);
        if (n < 0)
            return graph_fail(r->err, "%s: tensor %s: dimension %u is negative (dynamic?)",
                              r->g->path, x->name, (unsigned)d);
        x->dims[d] = n;
        if (n > 0 && x->elements > (size_t)INT32_MAX / (size_t)n / (elem ? elem : 1))
            return graph_fail(r->err, "%s: tensor %s: larger than 2 GiB", r->g->path, x->name);
        x->elements *= (size_t)n;
    }
    x->bytes = x->elements * elem;
    return read_quant(r, t, x) || read_data(r, t, x) ? -1 : 0;
}

/* ---- operators ---- */

/* A list of tensor indices; absent (-1) only where allowed. */
static const int32_t *read_indices(reader_t *r, fb_vector_t v, bool optional, const char *what) {
    int32_t *list = tflite_alloc(r, (size_t)v.n * sizeof *list);
    for (uint32_t i = 0; list && i < v.n; i++) {
        list[i] = fb_i32_at(&r->fb, v, i);
        if (list[i] < (optional ? -1 : 0) || list[i] >= r->g->n_tensors) {
            graph_fail(r->err, "%s: %s: tensor %d does not exist", r->g->path, what, (int)list[i]);
            return NULL;
        }
    }
    return list;
}

/* The first name of a fused layer's list "a;b;c". */
static const char *short_name(reader_t *r, const graph_op_t *op) {
    const char *full = graph_op_name(r->g, op);
    size_t n = strcspn(full, ";");
    char *name = tflite_alloc(r, n + 1);
    if (name)
        memcpy(name, full, n);
    return name;
}

static const char *unsupported_name(reader_t *r, int32_t builtin, fb_table_t code) {
    if (builtin == 32) { /* CUSTOM */
        const char *custom = read_string(r, code, 1);
        return custom && *custom ? custom : "CUSTOM";
    }
    size_t known = sizeof tflite_names / sizeof tflite_names[0];
    if (builtin >= 0 && (size_t)builtin < known)
        return tflite_names[builtin];
    char *name = tflite_alloc(r, 32);
    if (name)
        snprintf(name, 32, "BUILTIN_%d", (int)builtin);
    return name;
}

static int read_op(reader_t *r, fb_table_t t, graph_op_t *op) {
    fb_vector_t in = fb_vector(&r->fb, t, 1, 4), out = fb_vector(&r->fb, t, 2, 4);
    uint32_t code_index = (uint32_t)fb_i32(&r->fb, t, 0, 0);
    char where[32];
    snprintf(where, sizeof where, "operator #%d", (int)op->index);
    if (tflite_check(r, where))
        return -1;
    if (code_index >= r->codes.n)
        return graph_fail(r->err, "%s: %s: code %u does not exist", r->g->path, where,
                          (unsigned)code_index);
    fb_table_t code = fb_table_at(&r->fb, r->codes, code_index);
    int32_t old = fb_i8(&r->fb, code, 0, 0), builtin = fb_i32(&r->fb, code, 3, 0);
    builtin = old > builtin ? old : builtin; /* schema: the larger of the two fields holds */
    op->n_in = (int32_t)in.n;
    op->n_out = (int32_t)out.n;
    op->in = read_indices(r, in, true, where);
    op->out = op->in ? read_indices(r, out, false, where) : NULL;
    if (!op->in || !op->out || tflite_check(r, where))
        return -1;
    op->name = op->n_out > 0 ? short_name(r, op) : "";
    if (!op->name)
        return -1;
    const tflite_operator_t *known = tflite_operator(builtin);
    if (known) {
        op->code = known->code;
        op->type = tflite_names[builtin];
        if (!known->read)
            return 0;
        int32_t type = fb_i8(&r->fb, t, 3, 0);
        if (type != known->options_type && type != 0)
            return graph_fail_op(r->err, r->g, op, "options of another operator (corrupt)");
        const char *why = known->read(&r->fb, fb_table(&r->fb, t, 4), &op->p);
        if (tflite_check(r, where))
            return -1;
        return why ? graph_fail_op(r->err, r->g, op, "%s", why) : 0;
    }
    op->code = GRAPH_OP_UNSUPPORTED;
    op->type = unsupported_name(r, builtin, code);
    return op->type ? tflite_check(r, where) : -1;
}

/* Every tensor is written once, and before it is read. */
static int check_order(reader_t *r) {
    graph_t *g = r->g;
    uint8_t *known = tflite_alloc(r, (size_t)g->n_tensors);
    if (!known)
        return -1;
    for (int32_t i = 0; i < g->n_tensors; i++)
        known[i] = g->tensors[i].data || g->tensors[i].is_variable || g->tensors[i].elements == 0;
    for (int32_t i = 0; i < g->n_inputs; i++) {
        if (known[g->inputs[i]])
            return graph_fail(r->err, "%s: input %d is constant or listed twice", g->path, (int)i);
        known[g->inputs[i]] = 1;
    }
    for (int32_t i = 0; i < g->n_ops; i++) {
        const graph_op_t *op = &g->ops[i];
        for (int32_t k = 0; k < op->n_in; k++)
            if (op->in[k] >= 0 && !known[op->in[k]])
                return graph_fail_op(r->err, g, op, "input %d (%.40s) is read before it is written",
                                     (int)k, g->tensors[op->in[k]].name);
        for (int32_t k = 0; k < op->n_out; k++) {
            if (known[op->out[k]] && !g->tensors[op->out[k]].is_variable)
                return graph_fail_op(r->err, g, op, "output %d (%.40s) is written twice", (int)k,
                                     g->tensors[op->out[k]].name);
            known[op->out[k]] = 1;
        }
    }
    for (int32_t i = 0; i < g->n_outputs; i++)
        if (!known[g->outputs[i]])
            return graph_fail(r->err, "%s: output %d is never computed", g->path, (int)i);
    return 0;
}

int tflite_read_subgraph(reader_t *r, uint32_t index) {
    graph_t *g = r->g;
    fb_table_t sub = fb_table_at(&r->fb, r->subgraphs, index);
    fb_vector_t tensors = fb_vector(&r->fb, sub, 0, 4), ops = fb_vector(&r->fb, sub, 3, 4);
    fb_vector_t inputs = fb_vector(&r->fb, sub, 1, 4), outputs = fb_vector(&r->fb, sub, 2, 4);
    if (tflite_check(r, "graph"))
        return -1;
    if (ops.n == 0 || (outputs.n == 0 && index == 0))
        return graph_fail(r->err, "%s: the graph is empty", g->path);
    g->tensors = tflite_alloc(r, (size_t)tensors.n * sizeof *g->tensors);
    g->ops = tflite_alloc(r, (size_t)ops.n * sizeof *g->ops);
    if (!g->tensors || !g->ops)
        return -1;
    g->n_tensors = (int32_t)tensors.n;
    for (uint32_t i = 0; i < tensors.n; i++)
        if (read_tensor(r, fb_table_at(&r->fb, tensors, i), &g->tensors[i]))
            return -1;
    g->n_ops = (int32_t)ops.n;
    for (uint32_t i = 0; i < ops.n; i++) {
        g->ops[i].index = (int32_t)i;
        if (read_op(r, fb_table_at(&r->fb, ops, i), &g->ops[i]))
            return -1;
    }
    g->n_inputs = (int32_t)inputs.n;
    g->n_outputs = (int32_t)outputs.n;
    g->inputs = read_indices(r, inputs, false, "inputs");
    g->outputs = g->inputs ? read_indices(r, outputs, false, "outputs") : NULL;
    return g->outputs ? 0 : -1;
}

static int read_model(reader_t *r) {
    fb_table_t model = fb_root(&r->fb);
    int32_t version = fb_i32(&r->fb, model, 0, 0);
    r->codes = fb_vector(&r->fb, model, 1, 4);
    r->subgraphs = fb_vector(&r->fb, model, 2, 4);
    r->buffers = fb_vector(&r->fb, model, 4, 4);
    if (tflite_check(r, "header"))
        return -1;
    if (version != 3)
        return graph_fail(r->err, "%s: schema version %d, only 3 is known", r->g->path,
                          (int)version);
    if (r->subgraphs.n == 0)
        return graph_fail(r->err, "%s: the model has no graph", r->g->path);
    return tflite_read_subgraph(r, 0) || tflite_resolve_state(r) || check_order(r) ? -1 : 0;
}

graph_t *graph_load_tflite(const void *bytes, size_t size, const char *path, graph_error_t *err) {
    reader_t r = {.fb = {.bytes = bytes, .size = size}, .err = err};
    r.budget = 16 * size + ((size_t)64 << 20);
    r.g = graph_new(path, "tflite");
    if (!r.g) {
        graph_fail(err, "%s: out of memory", path);
        return NULL;
    }
    r.owner = r.g;
    if (read_model(&r)) {
        graph_free(r.g);
        return NULL;
    }
    return r.g;
}
