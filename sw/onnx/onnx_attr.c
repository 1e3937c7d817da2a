/*
 * onnx_attr.c - attributes of a node. Contract: onnx_internal.h; an attribute of another type than
 * asked counts as absent. SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "onnx_internal.h"

const Onnx__AttributeProto *onnx_attr(const onnx_node_t *n, const char *name) {
    for (size_t i = 0; i < n->proto->n_attribute; i++)
        if (n->proto->attribute[i]->name && strcmp(n->proto->attribute[i]->name, name) == 0)
            return n->proto->attribute[i];
    return NULL;
}

int64_t onnx_attr_int(const onnx_node_t *n, const char *name, int64_t absent) {
    const Onnx__AttributeProto *a = onnx_attr(n, name);
    return a && a->has_i ? a->i : absent;
}

float onnx_attr_float(const onnx_node_t *n, const char *name, float absent) {
    const Onnx__AttributeProto *a = onnx_attr(n, name);
    return a && a->has_f ? a->f : absent;
}

const char *onnx_attr_string(const onnx_node_t *n, const char *name, char buf[32]) {
    const Onnx__AttributeProto *a = onnx_attr(n, name);
    size_t len = a && a->has_s ? a->s.len : 0;
    len = len < 31 ? len : 31;
    if (len)
        memcpy(buf, a->s.data, len);
    buf[len] = 0;
    return buf;
}

bool onnx_attr_ints(const onnx_node_t *n, const char *name, int64_t *values, size_t count) {
    const Onnx__AttributeProto *a = onnx_attr(n, name);
    if (!a)
        return true;
    if (a->n_ints != count)
        return false;
    memcpy(values, a->ints, count * sizeof *values);
    return true;
}

int onnx_ints(onnx_t *o, const onnx_node_t *n, const char *name, int input, int64_t *values,
              int most) {
    const Onnx__AttributeProto *a = onnx_attr(n, name);
    if (a) {
        if (a->n_ints > (size_t)most)
            return onnx_fail(o, n, "%s has %zu values, at most %d are supported", name, a->n_ints,
                             most);
        if (a->n_ints)
            memcpy(values, a->ints, a->n_ints * sizeof *values);
        return (int)a->n_ints;
    }
    if (input >= n->n_in || n->in[input] < 0)
        return 0;
    const onnx_value_t *v = &o->values[n->in[input]];
    if (!v->data || (v->type != GRAPH_INT64 && v->type != GRAPH_INT32))
        return onnx_fail(o, n, "%s (%.40s) is not a constant list of integers", name, v->name);
    if (v->elements > (size_t)most)
        return onnx_fail(o, n, "%s has %zu values, at most %d are supported", name, v->elements,
                         most);
    for (size_t i = 0; i < v->elements; i++)
        values[i] =
            v->type == GRAPH_INT64 ? ((const int64_t *)v->data)[i] : ((const int32_t *)v->data)[i];
    return (int)v->elements;
}
