/*
 * onnx_model.c - the unpacked file as values and nodes: constants, names resolved, nodes sorted.
 *
 * Contract: the file is untrusted. Every tensor's data has exactly the size of its shape; data
 * outside the file is read only from plain files within the model's own folder (no "..", no
 * absolute path, no link that leaves it). A graph with a cycle, a name that nothing computes, a
 * value computed twice: refused. SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "onnx_external.h"
#include "onnx_internal.h"

void *onnx_alloc(onnx_t *o, size_t size) {
    void *p = graph_alloc(o->g, size);
    if (!p)
        graph_fail(o->err, "%s: out of memory", o->path);
    return p;
}

/* ---- names */
static size_t slot_of(const onnx_t *o, const char *name) {
    uint64_t h = 1469598103934665603u;
    for (const char *c = name; *c; c++)
        h = (h ^ (uint8_t)*c) * 1099511628211u;
    size_t i = (size_t)h & (o->n_slots - 1);
    while (o->slots[i] != ONNX_NONE && strcmp(o->values[o->slots[i]].name, name) != 0)
        i = (i + 1) & (o->n_slots - 1);
    return i;
}

int32_t onnx_find(const onnx_t *o, const char *name) {
    return o->slots[slot_of(o, name)];
}

/* A new value, or ONNX_NONE and *err when the name is taken. */
static int32_t add_value(onnx_t *o, const char *name) {
    size_t slot = slot_of(o, name);
    if (o->slots[slot] != ONNX_NONE) {
        graph_fail(o->err, "%s: value %.60s is defined twice", o->path, name);
        return ONNX_NONE;
    }
    o->values[o->n_values] = (onnx_value_t){.name = name, .node = ONNX_NONE};
    o->slots[slot] = o->n_values;
    return o->n_values++;
}

static const char *printable(onnx_t *o, const char *name) {
    char *copy = onnx_alloc(o, strlen(name) + 1);
    for (size_t i = 0; copy && name[i]; i++)
        copy[i] = name[i] < 0x20 || name[i] == 0x7f ? '?' : name[i];
    return copy;
}

/* ---- constants */
static graph_type_t type_of(int32_t t) {
    static const graph_type_t map[] = {GRAPH_TYPE_UNKNOWN, GRAPH_FLOAT32,      GRAPH_UINT8,
                                       GRAPH_INT8,         GRAPH_TYPE_UNKNOWN, GRAPH_INT16,
                                       GRAPH_INT32,        GRAPH_INT64,        GRAPH_TYPE_UNKNOWN,
                                       GRAPH_BOOL,         GRAPH_TYPE_UNKNOWN, GRAPH_FLOAT64};
    return t >= 0 && t < (int32_t)(sizeof map / sizeof map[0]) ? map[t] : GRAPH_TYPE_UNKNOWN;
}

/* From the list that the type is kept in when not raw. */
static bool from_list(const Onnx__TensorProto *t, onnx_value_t *v, uint8_t *dst) {
    size_t n = v->elements;
    switch (v->type) {
    case GRAPH_FLOAT32:
        return t->n_float_data == n && (memcpy(dst, t->float_data, n * 4), true);
    case GRAPH_FLOAT64:
        return t->n_double_data == n && (memcpy(dst, t->double_data, n * 8), true);
    case GRAPH_INT64:
        return t->n_int64_data == n && (memcpy(dst, t->int64_data, n * 8), true);
    default: { /* everything narrow */
        size_t size = graph_type_size(v->type);
        if (t->n_int32_data != n)
            return false;
        for (size_t i = 0; i < n; i++)
            memcpy(dst + i * size, &t->int32_data[i], size); /* little-endian: the low bytes */
        return true;
    }
    }
}

int onnx_read_tensor(onnx_t *o, const Onnx__TensorProto *t, onnx_value_t *v) {
    v->type = type_of(t->data_type);
    v->elements = 1;
    v->rank = (int32_t)t->n_dims;
    size_t size = graph_type_size(v->type);
    if (size == 0)
        return graph_fail(o->err, "%s: constant %.60s: element type %d is not supported", o->path,
                          v->name, (int)t->data_type);
    if (t->n_dims > GRAPH_MAX_RANK)
        return graph_fail(o->err, "%s: constant %.60s: %zu dimensions, at most %d are supported",
                          o->path, v->name, t->n_dims, GRAPH_MAX_RANK);
    for (size_t d = 0; d < t->n_dims; d++) {
        if (t->dims[d] < 0 || t->dims[d] > INT32_MAX ||
            (t->dims[d] > 0 && v->elements > (size_t)INT32_MAX / size / (size_t)t->dims[d]))
            return graph_fail(
                o->err, "%s: constant %.60s: a dimension is negative, or it is larger than 2 GiB",
                o->path, v->name);
        v->dims[d] = (int32_t)t->dims[d];
        v->elements *= (size_t)t->dims[d];
    }
    uint8_t *data = onnx_alloc(o, v->elements * size);
    bool ok;
    if (!data)
        return -1;
    if (t->has_data_location && t->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL) {
        if (onnx_read_external(o, t, v->name, data, v->elements * size))
            return -1;
        ok = true;
    } else if (t->has_raw_data) {
        ok = t->raw_data.len == v->elements * size;
        if (ok && t->raw_data.len)
            memcpy(data, t->raw_data.data, t->raw_data.len);
    } else {
        ok = v->elements == 0 || from_list(t, v, data);
    }
    if (!ok)
        return graph_fail(o->err, "%s: constant %.60s: its data does not fit its shape", o->path,
                          v->name);
    v->data = data;
    v->shaped = true;
    return 0;
}

/* ---- the graph's inputs */
static int read_input(onnx_t *o, const Onnx__ValueInfoProto *info) {
    const char *name = info->name && *info->name ? printable(o, info->name) : NULL;
    int32_t known = name ? onnx_find(o, name) : ONNX_NONE;
    if (!name)
        return graph_fail(o->err, "%s: an input without a name", o->path);
    if (known != ONNX_NONE) /* an initialiser listed as input: a constant */
        return 0;
    int32_t i = add_value(o, name);
    const Onnx__TypeProto__Tensor *t =
        info->type && info->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE
            ? info->type->tensor_type
            : NULL;
    if (!t || !t->shape)
        return graph_fail(o->err, "%s: input %.60s has no shape; give the network fixed shapes",
                          o->path, name);
    int64_t dims[GRAPH_MAX_RANK];
    if (t->shape->n_dim > GRAPH_MAX_RANK)
        return graph_fail(o->err, "%s: input %.60s: %zu dimensions, at most %d are supported",
                          o->path, name, t->shape->n_dim, GRAPH_MAX_RANK);
    for (size_t d = 0; d < t->shape->n_dim; d++) {
        const Onnx__TensorShapeProto__Dimension *dim = t->shape->dim[d];
        if (dim->value_case != ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE ||
            dim->dim_value < 1)
            return graph_fail(
                o->err,
                "%s: input %.60s: dimension %zu is dynamic; export or rewrite the network "
                "with fixed shapes",
                o->path, name, d);
        dims[d] = dim->dim_value;
    }
    if (onnx_set_shape(o, NULL, i, type_of(t->elem_type), (int)t->shape->n_dim, dims))
        return -1;
    o->inputs[o->n_inputs++] = i;
    return 0;
}

/* ---- nodes */
static int node_inputs(onnx_t *o, onnx_node_t *n) {
    n->n_in = (int32_t)n->proto->n_input;
    n->in = onnx_alloc(o, n->proto->n_input * sizeof *n->in);
    for (int32_t k = 0; n->in && k < n->n_in; k++) {
        const char *name = n->proto->input[k];
        n->in[k] = name && *name ? onnx_find(o, printable(o, name)) : ONNX_NONE;
        if (name && *name && n->in[k] == ONNX_NONE)
            return onnx_fail(o, n, "its input %.60s is computed nowhere", name);
        if (n->in[k] >= 0)
            o->values[n->in[k]].uses++;
    }
    return n->in ? 0 : -1;
}

static int node_outputs(onnx_t *o, int32_t index) {
    onnx_node_t *n = &o->nodes[index];
    n->n_out = (int32_t)n->proto->n_output;
    n->out = onnx_alloc(o, n->proto->n_output * sizeof *n->out);
    for (int32_t k = 0; n->out && k < n->n_out; k++) {
        const char *name = n->proto->output[k];
        n->out[k] = ONNX_NONE;
        if (!name || !*name)
            continue;
        const char *copy = printable(o, name);
        n->out[k] = copy ? add_value(o, copy) : ONNX_NONE;
        if (n->out[k] == ONNX_NONE)
            return -1;
        o->values[n->out[k]].node = index;
        o->values[n->out[k]].output = k;
    }
    return n->out ? 0 : -1;
}

/* Nodes into an order in which every value is computed before it is used: depth first, so the
 * file's where it is one. */
static int sort_nodes(onnx_t *o) {
    onnx_node_t *sorted = onnx_alloc(o, (size_t)o->n_nodes * sizeof *sorted);
    int32_t *stack = onnx_alloc(o, (size_t)o->n_nodes * sizeof *stack), done = 0;
    int32_t *next =
        onnx_alloc(o, (size_t)o->n_nodes * sizeof *next); /* input to look at; 0: not begun */
    int32_t *place =
        onnx_alloc(o, (size_t)o->n_nodes * sizeof *place); /* in `sorted`, plus 1; 0: not there */
    if (!sorted || !stack || !next || !place)
        return -1;
    for (int32_t i = 0; i < o->n_nodes; i++) {
        int32_t depth = 0;
        if (!place[i])
            stack[depth++] = i;
        while (depth > 0) {
            int32_t at = stack[depth - 1];
            const onnx_node_t *n = &o->nodes[at];
            if (next[at] == n->n_in) {
                sorted[done++] = *n;
                place[at] = done;
                depth--;
                continue;
            }
            int32_t v = n->in[next[at]++], from = v >= 0 ? o->values[v].node : ONNX_NONE;
            if (from == ONNX_NONE || place[from])
                continue;
            if (next[from] || from == at)
                return onnx_fail(o, n, "the network has a cycle here");
            stack[depth++] = from;
        }
    }
    o->nodes = sorted;
    for (int32_t i = 0; i < o->n_values; i++)
        if (o->values[i].node != ONNX_NONE)
            o->values[i].node = place[o->values[i].node] - 1;
    return 0;
}

static int read_nodes(onnx_t *o, const Onnx__GraphProto *g) {
    for (size_t i = 0; i < g->n_node; i++) {
        onnx_node_t *n = &o->nodes[i];
        const char *domain = g->node[i]->domain ? g->node[i]->domain : "";
        n->proto = g->node[i];
        n->op = printable(o, n->proto->op_type ? n->proto->op_type : "");
        n->name = n->proto->name && *n->proto->name ? n->proto->name
                  : n->proto->n_output              ? n->proto->output[0]
                                                    : "";
        n->name = printable(o, n->name);
        if (!n->op || !n->name)
            return -1;
        if (strcmp(domain, "") != 0 && strcmp(domain, "ai.onnx") != 0 &&
            strcmp(domain, "com.microsoft") != 0)
            return onnx_fail(o, n, "operators of domain %.40s are not supported", domain);
        if (node_outputs(o, (int32_t)i))
            return -1;
    }
    for (size_t i = 0; i < g->n_node; i++)
        if (node_inputs(o, &o->nodes[i]))
            return -1;
    return sort_nodes(o);
}

int onnx_read_model(onnx_t *o) {
    const Onnx__GraphProto *g = o->model->graph;
    if (!g || g->n_node == 0 || g->n_output == 0)
        return graph_fail(o->err, "%s: the graph is empty", o->path);
    for (size_t i = 0; i < o->model->n_opset_import; i++)
        if (!o->model->opset_import[i]->domain || !*o->model->opset_import[i]->domain)
            o->opset = o->model->opset_import[i]->version;
    if (o->opset < 10)
        return graph_fail(o->err, "%s: operator set %lld; quantised networks need 10 or newer",
                          o->path, (long long)o->opset);
    size_t most = g->n_initializer + g->n_input + g->n_node; /* one more a node: see reciprocal() */
    for (size_t i = 0; i < g->n_node; i++)
        most += g->node[i]->n_output;
    for (o->n_slots = 16; o->n_slots < 2 * most + 2; o->n_slots *= 2)
        ;
    o->n_nodes = (int32_t)g->n_node;
    o->values = onnx_alloc(o, (most + 1) * sizeof *o->values);
    o->slots = onnx_alloc(o, o->n_slots * sizeof *o->slots);
    o->nodes = onnx_alloc(o, g->n_node * sizeof *o->nodes);
    o->inputs = onnx_alloc(o, (g->n_input + 1) * sizeof *o->inputs);
    o->outputs = onnx_alloc(o, g->n_output * sizeof *o->outputs);
    if (!o->values || !o->slots || !o->nodes || !o->inputs || !o->outputs)
        return -1;
    for (size_t i = 0; i < o->n_slots; i++)
        o->slots[i] = ONNX_NONE;
    for (size_t i = 0; i < g->n_initializer; i++) {
        const char *name = printable(o, g->initializer[i]->name ? g->initializer[i]->name : "");
        int32_t v = name ? add_value(o, name) : ONNX_NONE;
        if (v == ONNX_NONE || onnx_read_tensor(o, g->initializer[i], &o->values[v]))
            return -1;
    }
    if (g->n_sparse_initializer)
        return graph_fail(o->err, "%s: sparse constants are not supported", o->path);
    for (size_t i = 0; i < g->n_input; i++)
        if (read_input(o, g->input[i]))
            return -1;
    if (read_nodes(o, g))
        return -1;
    for (size_t i = 0; i < g->n_output; i++) {
        const char *name = g->output[i]->name ? printable(o, g->output[i]->name) : NULL;
        o->outputs[i] = name ? onnx_find(o, name) : ONNX_NONE;
        if (o->outputs[i] == ONNX_NONE)
            return graph_fail(o->err, "%s: output %zu (%.60s) is never computed", o->path, i,
                              name ? name : "");
        o->values[o->outputs[i]].uses++;
    }
    o->n_outputs = (int32_t)g->n_output;
    return 0;
}
