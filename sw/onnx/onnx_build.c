/*
 * onnx_build.c - tensors and operators of the graph that lowering makes, growing arrays until the
 * end. Contract: onnx_internal.h. SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "onnx_internal.h"

static void *grow(onnx_t *o, void *array, int32_t n, int32_t *room, size_t size) {
    if (n < *room)
        return array;
    *room = *room ? *room * 2 : 64;
    void *more = realloc(array, (size_t)*room * size);
    if (!more)
        graph_fail(o->err, "%s: out of memory", o->path);
    return more;
}

int32_t onnx_new_tensor(onnx_t *o, const char *name, graph_type_t type, int rank,
                        const int32_t *dims, const onnx_quant_t *q) {
    onnx_builder_t *b = &o->b;
    graph_tensor_t *more = grow(o, b->tensors, b->n_tensors, &b->room_tensors, sizeof *b->tensors);
    if (!more)
        return ONNX_NONE;
    b->tensors = more;
    graph_tensor_t t = {.name = name, .type = type, .rank = rank, .elements = 1};
    for (int d = 0; d < rank; d++) {
        t.dims[d] = dims[d];
        t.elements *= (size_t)dims[d];
    }
    t.bytes = t.elements * graph_type_size(type);
    if (q) {
        float *scale = onnx_alloc(o, sizeof *scale);
        int32_t *zp = onnx_alloc(o, sizeof *zp);
        if (!scale || !zp)
            return ONNX_NONE;
        *scale = q->scale;
        *zp = q->zp;
        t.quant = (graph_quant_t){1, 0, scale, zp};
    }
    b->tensors[b->n_tensors] = t;
    return b->n_tensors++;
}

int onnx_stored_dims(const onnx_value_t *x, bool nhwc, int32_t dims[GRAPH_MAX_RANK]) {
    bool row = nhwc && x->rank == 3;
    if (row)
        dims[1] = 1;
    for (int d = 0; d < x->rank; d++)
        dims[onnx_stored_axis(d, x->rank, nhwc)] = x->dims[d];
    return x->rank + row;
}

int32_t onnx_new_like(onnx_t *o, int32_t v, onnx_quant_t q, bool nhwc) {
    const onnx_value_t *x = &o->values[v];
    int32_t dims[GRAPH_MAX_RANK];
    int rank = onnx_stored_dims(x, nhwc, dims);
    return onnx_new_tensor(o, x->name, GRAPH_INT8, rank, dims, &q);
}

int32_t onnx_new_view(onnx_t *o, const char *name, int32_t t, onnx_quant_t q, int rank,
                      const int32_t *dims) {
    int32_t out = t < 0 ? t : onnx_new_tensor(o, name, GRAPH_INT8, rank, dims, &q);
    return out >= 0 && onnx_new_op(o, GRAPH_OP_RESHAPE, name, 1, &t, 1, &out) ? out : ONNX_NONE;
}

int32_t onnx_new_const(onnx_t *o, const char *name, graph_type_t type, int rank,
                       const int32_t *dims, const onnx_quant_t *q, const void *data) {
    int32_t t = onnx_new_tensor(o, name, type, rank, dims, q);
    if (t < 0)
        return t;
    size_t bytes = o->b.tensors[t].bytes;
    void *copy = onnx_alloc(o, bytes);
    if (!copy)
        return ONNX_NONE;
    memcpy(copy, data, bytes);
    o->b.tensors[t].data = copy;
    return t;
}

int32_t onnx_new_ints(onnx_t *o, const char *name, int n, const int32_t *values) {
    return onnx_new_const(o, name, GRAPH_INT32, 1, &n, NULL, values);
}

graph_op_t *onnx_new_op(onnx_t *o, graph_opcode_t code, const char *name, int n_in,
                        const int32_t *in, int n_out, const int32_t *out) {
    onnx_builder_t *b = &o->b;
    for (int i = 0; i < n_out; i++)
        if (out[i] < 0)
            return NULL;
    graph_op_t *more = grow(o, b->ops, b->n_ops, &b->room_ops, sizeof *b->ops);
    int32_t *list = onnx_alloc(o, (size_t)(n_in + n_out) * sizeof *list);
    char *copy =
        onnx_alloc(o, strlen(name) + 1); /* the file's own text goes when it has been read */
    if (!more || !list || !copy) {
        b->ops = more ? more : b->ops;
        return NULL;
    }
    b->ops = more;
    memcpy(list, in, (size_t)n_in * sizeof *list);
    memcpy(list + n_in, out, (size_t)n_out * sizeof *list);
    strcpy(copy, name);
    graph_op_t *op = &b->ops[b->n_ops];
    *op = (graph_op_t){.code = code,
                       .type = graph_opcode_name(code),
                       .name = copy,
                       .index = b->n_ops,
                       .n_in = n_in,
                       .n_out = n_out,
                       .in = list,
                       .out = list + n_in};
    b->n_ops++;
    return op;
}

int onnx_remember(onnx_t *o, int32_t v, onnx_quant_t q, bool nhwc, int32_t tensor) {
    onnx_rep_t *r = tensor < 0 ? NULL : onnx_alloc(o, sizeof *r);
    if (!r)
        return -1;
    *r = (onnx_rep_t){o->values[v].reps, q, tensor, nhwc && onnx_may_be_image(o->values[v].rank)};
    o->values[v].reps = r;
    return 0;
}

int onnx_build_graph(onnx_t *o) {
    graph_t *g = o->g;
    g->n_tensors = o->b.n_tensors;
    g->n_ops = o->b.n_ops;
    if (g->n_ops == 0)
        return graph_fail(o->err, "%s: the network computes nothing", o->path);
    g->tensors = onnx_alloc(o, (size_t)g->n_tensors * sizeof *g->tensors);
    g->ops = onnx_alloc(o, (size_t)g->n_ops * sizeof *g->ops);
    if (!g->tensors || !g->ops)
        return -1;
    memcpy(g->tensors, o->b.tensors, (size_t)g->n_tensors * sizeof *g->tensors);
    memcpy(g->ops, o->b.ops, (size_t)g->n_ops * sizeof *g->ops);
    return 0;
}
