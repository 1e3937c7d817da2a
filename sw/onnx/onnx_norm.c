/*
 * onnx_norm.c - layer norm and RMS norm: one node (LayerNormalization,
 * SimplifiedLayerNormalization, RMSNormalization), or the nodes that exporters write instead,
 * become one LAYER_NORMALIZATION.
 *
 * Written out it is, over the last axes or over the channels of an image,
 *   d = x - ReduceMean(x)  (RMS norm: x itself);  s = Sqrt(ReduceMean(d * d) + eps), d * d also as
 *   Pow(d, 2);  d / s, or d * (1 / s);  then perhaps * gamma and + beta, constants.
 * QuantizeLinear and DequantizeLinear between these nodes are looked through: the fused operator
 * rounds once, at its end, so it is nearer to the float network than the file's own roundings, of
 * the variance above all. SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "onnx_internal.h"

typedef struct {
    int32_t x, gamma, beta; /* values; the last two ONNX_NONE when absent */
    int axes;               /* bit d: dimension d is normalised over */
    double eps;
    bool rms;
} norm_t;

static bool same(const onnx_t *o, int32_t a, int32_t b) {
    return onnx_behind(o, a) == onnx_behind(o, b);
}

/* The node with n inputs that computes v and is `op`, or NULL. */
static const onnx_node_t *made_by(const onnx_t *o, int32_t v, const char *op, int32_t n) {
    v = v < 0 ? v : onnx_behind(o, v);
    const onnx_node_t *node = onnx_is(o, v, op) ? &o->nodes[o->values[v].node] : NULL;
    for (int32_t i = 0; node && i < n; i++)
        if (i >= node->n_in || node->in[i] < 0)
            return NULL;
    return node;
}

static bool is_number(const onnx_t *o, int32_t v, double want) {
    double value;
    return onnx_scalar(o, v, &value) && fabs(value - want) <= 1e-6 * want;
}

/* v is the mean of *x over *axes, dimensions kept. */
static bool mean(onnx_t *o, int32_t v, int32_t *x, int *axes) {
    const onnx_node_t *n = made_by(o, v, "ReduceMean", 1);
    int64_t list[GRAPH_MAX_RANK];
    if (!n || !onnx_attr_int(n, "keepdims", 1))
        return false;
    int32_t rank = o->values[n->in[0]].rank;
    int count = onnx_ints(o, n, "axes", 1, list, GRAPH_MAX_RANK); /* shapes are known: it is fine */
    *axes = count == 0 ? (1 << rank) - 1 : 0;
    for (int i = 0; i < count; i++)
        *axes |= 1 << (list[i] < 0 ? list[i] + rank : list[i]);
    *x = n->in[0];
    return true;
}

/* v is m->x minus its mean over m->axes. */
static bool centred(onnx_t *o, int32_t v, norm_t *m) {
    const onnx_node_t *n = made_by(o, v, "Sub", 2);
    int32_t x;
    if (!n || !mean(o, n->in[1], &x, &m->axes) || !same(o, x, n->in[0]))
        return false;
    m->x = n->in[0];
    return true;
}

/* v is Sqrt(mean of *d squared over *axes + *eps). */
static bool deviation(onnx_t *o, int32_t v, int32_t *d, int *axes, double *eps) {
    const onnx_node_t *n = made_by(o, v, "Sqrt", 1);
    int32_t squares;
    n = n ? made_by(o, n->in[0], "Add", 2) : NULL;
    if (!n)
        return false;
    bool swapped = onnx_scalar(o, n->in[0], eps);
    if ((!swapped && !onnx_scalar(o, n->in[1], eps)) || !(*eps >= 0) || *eps > 1e30 ||
        !mean(o, n->in[swapped], &squares, axes))
        return false;
    if ((n = made_by(o, squares, "Pow", 2)) != NULL) {
        *d = n->in[0];
        return is_number(o, n->in[1], 2);
    }
    n = made_by(o, squares, "Mul", 2);
    *d = n ? n->in[0] : ONNX_NONE;
    return n && same(o, n->in[0], n->in[1]);
}

/* The s of 1 / s, or ONNX_NONE. */
static int32_t inverse_of(const onnx_t *o, int32_t v) {
    const onnx_node_t *n = made_by(o, v, "Reciprocal", 1);
    if (n)
        return n->in[0];
    n = made_by(o, v, "Div", 2);
    return n && is_number(o, n->in[0], 1) ? n->in[1] : ONNX_NONE;
}

/* v is the normalised value, without gamma and beta. */
static bool unit(onnx_t *o, int32_t v, norm_t *m) {
    const onnx_node_t *n = made_by(o, v, "Div", 2);
    int32_t d = n ? n->in[0] : ONNX_NONE, s = n ? n->in[1] : ONNX_NONE, squared;
    int axes;
    norm_t again;
    if (!n && (n = made_by(o, v, "Mul", 2)) != NULL)
        for (int i = 0; i < 2 && s < 0; i++) {
            s = inverse_of(o, n->in[i]);
            d = n->in[!i];
        }
    if (s < 0 || !deviation(o, s, &squared, &axes, &m->eps))
        return false;
    m->rms = !centred(o, d, m);
    if (m->rms) {
        m->x = d;
        m->axes = axes;
        return same(o, squared, d);
    }
    return axes == m->axes &&
           (same(o, squared, d) ||
            (centred(o, squared, &again) && again.axes == axes && same(o, again.x, m->x)));
}

/* v is a constant with one value for each position of the normalised axes, or one in all. */
static bool per_channel(const onnx_t *o, int32_t v, const norm_t *m) {
    const onnx_value_t *c = &o->values[v], *x = &o->values[m->x];
    float *f = c->shaped && c->elements <= x->elements ? onnx_floats(o, v) : NULL;
    free(f);
    for (int d = 0; f && c->elements != 1 && d < x->rank; d++) {
        int from = d - (x->rank - c->rank);
        if ((from < 0 ? 1 : c->dims[from]) != (m->axes >> d & 1 ? x->dims[d] : 1))
            return false;
    }
    return f && c->rank <= x->rank;
}

/* v is a normalised value with gamma, if there is one. */
static bool scaled(onnx_t *o, int32_t v, norm_t *m) {
    const onnx_node_t *n = made_by(o, v, "Mul", 2);
    m->gamma = ONNX_NONE;
    if (unit(o, v, m))
        return true;
    for (int i = 0; n && i < 2; i++)
        if (unit(o, n->in[i], m) && per_channel(o, n->in[!i], m)) {
            m->gamma = n->in[!i];
            return true;
        }
    return false;
}

static bool matches(onnx_t *o, const onnx_node_t *n, norm_t *m) {
    int32_t v = n->out[0];
    m->beta = ONNX_NONE;
    if (strcmp(n->op, "Mul") == 0 || strcmp(n->op, "Div") == 0)
        return scaled(o, v, m);
    for (int i = 0; strcmp(n->op, "Add") == 0 && n->n_in == 2 && i < 2; i++)
        if (n->in[i] >= 0 && n->in[!i] >= 0 && scaled(o, n->in[i], m) &&
            per_channel(o, n->in[!i], m)) {
            m->beta = n->in[!i];
            return true;
        }
    return false;
}

bool onnx_is_norm(onnx_t *o, const onnx_node_t *n) {
    norm_t m;
    return matches(o, n, &m);
}

/* Constant v as float32 of `depth` values; ONNX_NONE and *err. */
static int32_t channels(onnx_t *o, int32_t v, int32_t depth) {
    const onnx_value_t *c = &o->values[v];
    float *f = onnx_floats(o, v), *all = f ? malloc((size_t)depth * sizeof *all) : NULL;
    int32_t t = ONNX_NONE;
    for (int32_t i = 0; all && i < depth; i++)
        all[i] = f[c->elements == 1 ? 0 : i];
    if (all)
        t = onnx_new_const(o, c->name, GRAPH_FLOAT32, 1, &depth, NULL, all);
    else
        graph_fail(o->err, "%s: out of memory", o->path);
    free(all);
    free(f);
    return t;
}

/* Which layout has the normalised axes innermost: 0 as ONNX, 1 as an image, -1 none. */
static int layout(const onnx_value_t *x, int axes) {
    int last = 0;
    while (last < x->rank && axes >> (x->rank - 1 - last) & 1)
        last++;
    if (last > 0 && axes == ((1 << last) - 1) << (x->rank - last))
        return 0;
    return onnx_may_be_image(x->rank) && axes == 1 << 1 ? 1 : -1;
}

static int lower(onnx_t *o, const onnx_want_t *w, const norm_t *m) {
    const onnx_value_t *x = &o->values[m->x];
    int nhwc = layout(x, m->axes);
    int64_t depth = 1;
    onnx_quant_t q;
    if (nhwc < 0)
        return onnx_fail(o, w->node,
                         "only a norm over the last axes or over an image's channels is supported");
    for (int d = 0; d < x->rank; d++)
        depth *= m->axes >> d & 1 ? x->dims[d] : 1;
    int32_t width = (int32_t)depth, rows[2] = {(int32_t)((int64_t)x->elements / depth), width};
    bool several = (m->axes & (m->axes - 1)) != 0; /* axes: rows of all of them */
    int32_t in[3] = {onnx_operand(o, m->x, nhwc, &q), GRAPH_ABSENT, GRAPH_ABSENT}, t;
    if (in[0] < 0 || (m->gamma >= 0 && (in[1] = channels(o, m->gamma, width)) < 0) ||
        (m->beta >= 0 && (in[2] = channels(o, m->beta, width)) < 0))
        return -1;
    if (several) {
        t = onnx_new_tensor(o, w->name, GRAPH_INT8, 2, rows, &q);
        if (!onnx_new_op(o, GRAPH_OP_RESHAPE, w->name, 1, in, 1, &t))
            return -1;
        in[0] = t;
    }
    t = several ? onnx_new_tensor(o, w->name, GRAPH_INT8, 2, rows, &w->q)
                : onnx_new_like(o, w->v, w->q, nhwc);
    graph_op_t *op = onnx_new_op(o, GRAPH_OP_LAYER_NORMALIZATION, w->name, 3, in, 1, &t);
    if (!op)
        return -1;
    op->p.norm.epsilon = (float)m->eps;
    op->p.norm.rms = m->rms;
    if (several) {
        int32_t out = onnx_new_like(o, w->v, w->q, false);
        if (!onnx_new_op(o, GRAPH_OP_RESHAPE, w->name, 1, &t, 1, &out))
            return -1;
        t = out;
    }
    return onnx_remember(o, w->v, w->q, nhwc, t);
}

int onnx_lower_written_norm(onnx_t *o, const onnx_want_t *w) {
    norm_t m;
    return !matches(o, w->node, &m) ? 0 : lower(o, w, &m) ? -1 : 1;
}

int onnx_lower_norm(onnx_t *o, const onnx_want_t *w) {
    const onnx_node_t *n = w->node;
    int rank = o->values[n->in[0]].rank, axis = onnx_axis(o, n, onnx_attr_int(n, "axis", -1), rank);
    if (axis < 0)
        return -1;
    norm_t m = {.x = n->in[0],
                .gamma = n->n_in > 1 ? n->in[1] : ONNX_NONE,
                .beta = n->n_in > 2 ? n->in[2] : ONNX_NONE,
                .axes = (1 << rank) - (1 << axis),
                .eps = (double)onnx_attr_float(n, "epsilon", 1e-5f),
                .rms = n->op[0] != 'L'};
    if ((m.gamma >= 0 && !per_channel(o, m.gamma, &m)) ||
        (m.beta >= 0 && !per_channel(o, m.beta, &m)))
        return onnx_fail(o, n, "its scale or bias is not a constant for each normalised value");
    return lower(o, w, &m);
}
