/*
 * onnx_quant.c - how a value is quantised: what the file says, and what follows where it leaves an
 * operator between quantised ones in float. Contract: onnx_internal.h. SPDX-License-Identifier:
 * Apache-2.0
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "onnx_internal.h"

#define DEEPEST 200 /* unquantised nodes behind each other */

bool onnx_node_quant(const onnx_t *o, const onnx_node_t *n, onnx_quant_t *q) {
    const onnx_value_t *s = n->n_in > 1 && n->in[1] >= 0 ? &o->values[n->in[1]] : NULL;
    const onnx_value_t *z = n->n_in > 2 && n->in[2] >= 0 ? &o->values[n->in[2]] : NULL;
    if (!s || !s->data || s->elements != 1 || s->type != GRAPH_FLOAT32)
        return false;
    q->scale = *(const float *)s->data;
    if (!isfinite(q->scale) || q->scale <= 0)
        return false;
    graph_type_t type = z ? z->type : GRAPH_UINT8;
    if (z && (!z->data || z->elements != 1))
        return false;
    if (type == GRAPH_INT8)
        q->zp = *(const int8_t *)z->data;
    else if (type == GRAPH_UINT8)
        q->zp = (z ? *(const uint8_t *)z->data : 0) - 128;
    return type == GRAPH_INT8 || type == GRAPH_UINT8;
}

bool onnx_limits(const onnx_t *o, const onnx_node_t *n, double *lo, double *hi) {
    *lo = strcmp(n->op, "Relu") == 0 ? 0 : -INFINITY;
    *hi = INFINITY;
    if (strcmp(n->op, "Relu") == 0)
        return true;
    if (strcmp(n->op, "Clip") != 0)
        return false;
    *lo = (double)onnx_attr_float(n, "min", -INFINITY);
    *hi = (double)onnx_attr_float(n, "max", INFINITY);
    return (n->n_in < 2 || n->in[1] < 0 || onnx_scalar(o, n->in[1], lo)) &&
           (n->n_in < 3 || n->in[2] < 0 || onnx_scalar(o, n->in[2], hi));
}

/* A quantisation that covers lo..hi, with a code for 0. */
static bool covering(double lo, double hi, onnx_quant_t *q) {
    lo = lo < 0 ? lo : 0;
    hi = hi > 0 ? hi : 0;
    if (!isfinite(lo) || !isfinite(hi) || hi - lo < 1e-30 || hi - lo > 1e30)
        return false;
    q->scale = (float)((hi - lo) / 255.0);
    q->zp = (int32_t)nearbyint(-128.0 - lo / (double)q->scale);
    q->zp = q->zp < -128 ? -128 : q->zp > 127 ? 127 : q->zp;
    return true;
}

static void range_of(onnx_quant_t q, double *lo, double *hi) {
    *lo = (-128.0 - q.zp) * (double)q.scale;
    *hi = (127.0 - q.zp) * (double)q.scale;
}

/* Range of a constant; false when v is none. */
static bool constant_range(const onnx_t *o, int32_t v, double *lo, double *hi) {
    float *f = onnx_floats(o, v);
    *lo = *hi = 0;
    for (size_t i = 0; f && i < o->values[v].elements; i++) {
        *lo = fmin(*lo, (double)f[i]);
        *hi = fmax(*hi, (double)f[i]);
    }
    free(f);
    return f != NULL;
}

/* Of a sum, difference, product or joining: from the ranges of the operands. */
static bool combined(onnx_t *o, const onnx_node_t *n, onnx_quant_t *q) {
    double lo = 0, hi = 0;
    char op = n->op[0];
    for (int32_t i = 0; i < n->n_in; i++) {
        onnx_quant_t qi;
        double l, h;
        if (n->in[i] < 0)
            return false;
        if (!constant_range(o, n->in[i], &l, &h)) {
            if (!onnx_natural(o, n->in[i], &qi))
                return false;
            range_of(qi, &l, &h);
        }
        if (op == 'M' && i > 0) {
            double p[4] = {lo * l, lo * h, hi * l, hi * h};
            lo = fmin(fmin(p[0], p[1]), fmin(p[2], p[3]));
            hi = fmax(fmax(p[0], p[1]), fmax(p[2], p[3]));
        } else if (op == 'C') {
            lo = fmin(lo, l);
            hi = fmax(hi, h);
        } else {
            lo += op == 'S' && i > 0 ? -h : l;
            hi += op == 'S' && i > 0 ? -l : h;
        }
    }
    return covering(lo, hi, q);
}

static bool find_natural(onnx_t *o, int32_t v, onnx_quant_t *q) {
    static const char *const combines[] = {"Add", "Sub", "Mul", "Concat"};
    const onnx_node_t *n = v >= 0 && o->values[v].node >= 0 ? &o->nodes[o->values[v].node] : NULL;
    double lo, hi;
    if (!n)
        return false;
    if (strcmp(n->op, "DequantizeLinear") == 0)
        return onnx_node_quant(o, n, q);
    if (strcmp(n->op, "Softmax") == 0) {
        *q = (onnx_quant_t){1.0f / 256.0f, -128};
        return true;
    }
    if (onnx_elementwise(n) && onnx_function_range(o, n->out[0], &lo, &hi))
        return covering(lo, hi, q);
    for (size_t i = 0; i < sizeof combines / sizeof combines[0]; i++)
        if (strcmp(n->op, combines[i]) == 0)
            return combined(o, n, q);
    return (onnx_limits(o, n, &lo, &hi) || onnx_keeps_quant(n)) && onnx_natural(o, n->in[0], q);
}

/* Each value is looked at once, so that nodes that use a value twice cost nothing more. */
bool onnx_natural(onnx_t *o, int32_t v, onnx_quant_t *q) {
    if (v < 0 || o->natural[v].scale < 0 || o->quant_depth >= DEEPEST)
        return false;
    if (o->natural[v].scale == 0) {
        o->quant_depth++;
        bool found = find_natural(o, v, q);
        o->quant_depth--;
        o->natural[v] = found ? *q : (onnx_quant_t){-1, 0};
    }
    *q = o->natural[v];
    return q->scale > 0;
}

int32_t onnx_behind(const onnx_t *o, int32_t v) {
    for (;;) {
        int32_t from = ONNX_NONE;
        if (onnx_is(o, v, "Identity"))
            from = o->nodes[o->values[v].node].in[0];
        else if (onnx_is(o, v, "DequantizeLinear") &&
                 onnx_is(o, o->nodes[o->values[v].node].in[0], "QuantizeLinear"))
            from = o->nodes[o->values[o->nodes[o->values[v].node].in[0]].node].in[0];
        if (from < 0)
            return v;
        v = from;
    }
}
