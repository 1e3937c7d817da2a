/*
 * constant_rewrite.c - the graph with the channels that stay.
 *
 * Contract: constant_internal.h. Computed tensors shrink in place; weights, biases, scales and
 * constant operands that change become tensors of their own, since operators may share them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "constant_internal.h"

#include <string.h>

typedef struct {
    const constant_state_t *k;
    graph_t *h; /* the new graph */
} rewrite_t;

static int32_t kept(const constant_tensor_t *c) {
    int32_t n = 0;
    for (int32_t i = 0; i < c->n; i++)
        n += c->keep[i];
    return n;
}

static void set_dim(graph_tensor_t *t, int32_t d, int32_t size) {
    t->elements = t->elements / (size_t)t->dims[d] * (size_t)size;
    t->bytes = t->elements * graph_type_size(t->type);
    t->dims[d] = size;
}

/* A new constant like tensor `like`, its data to be filled through *data; -1: out of memory. */
static int32_t constant_like(rewrite_t *w, const graph_tensor_t *like, void *data) {
    if (!data)
        return GRAPH_ABSENT;
    w->h->tensors[w->h->n_tensors] = *like;
    w->h->tensors[w->h->n_tensors].data = data;
    return w->h->n_tensors++;
}

/* Of every row of n elements, those with keep[] set. */
static void *select(rewrite_t *w, const void *data, size_t rows, int32_t n, size_t size,
                    const uint8_t *keep) {
    uint8_t *to = graph_alloc(w->h, rows * (size_t)n * size), *at = to;
    const uint8_t *from = data;
    for (size_t i = 0; to && i < rows; i++)
        for (int32_t c = 0; c < n; c++, from += size)
            if (keep[c]) {
                memcpy(at, from, size);
                at += size;
            }
    return to;
}

/* Scales for each output channel: of those that stay. */
static int select_scales(rewrite_t *w, graph_quant_t *q, const constant_tensor_t *y, int32_t n) {
    if (q->n_scales <= 1)
        return 0;
    q->scales = select(w, q->scales, 1, y->n, sizeof *q->scales, y->keep);
    q->zero_points = select(w, q->zero_points, 1, y->n, sizeof *q->zero_points, y->keep);
    q->n_scales = n;
    return q->scales && q->zero_points ? 0 : -1;
}

/* What the inputs that go add to output channel c: always the same, modulo 2^32. */
static uint32_t share(const constant_op_t *o, const constant_tensor_t *x, int32_t c) {
    const ref_op_t *op = &o->r.op;
    int32_t zero = op->kind == REF_FC ? op->p.fc.w_zp : 0;
    int32_t zp = op->kind == REF_FC ? op->p.fc.in_zp : op->p.conv.in_zp;
    const int8_t *w = (const int8_t *)o->r.in[1].data + (size_t)c * (size_t)o->taps * (size_t)x->n;
    uint32_t sum = 0;
    for (int32_t t = 0; t < o->taps; t++) {
        int32_t n = constant_tap(o, t) == TAP_IMAGE ? x->n : 0;
        for (int32_t i = 0; i < n; i++)
            if (!x->keep[i] && x->value[i] != NOT_CONSTANT)
                sum += (uint32_t)(((int8_t)x->value[i] - zp) *
                                  (w[(size_t)t * (size_t)x->n + (size_t)i] - zero));
    }
    return sum;
}

static void *new_bias(rewrite_t *w, const constant_op_t *o, int32_t n) {
    const constant_tensor_t *x = &w->k->tensors[o->r.in[0].tensor];
    const constant_tensor_t *y = &w->k->tensors[o->r.out[0]];
    const int32_t *old = o->r.in[2].data;
    int32_t *bias = graph_alloc(w->h, sizeof *bias * (size_t)n), at = 0;
    for (int32_t c = 0; bias && c < y->n; c++)
        if (y->keep[c]) {
            uint32_t sum =
                (old ? (uint32_t)old[c] : 0) + (o->role == ROLE_DENSE ? share(o, x, c) : 0);
            memcpy(&bias[at++], &sum, sizeof sum);
        }
    return bias;
}

/* Weights (C, taps, inputs), of DEPTHWISE (taps, C). */
static void *new_weights(rewrite_t *w, const constant_op_t *o) {
    const constant_tensor_t *x = &w->k->tensors[o->r.in[0].tensor];
    const constant_tensor_t *y = &w->k->tensors[o->r.out[0]];
    const void *old = o->r.in[1].data;
    if (o->role == ROLE_DEPTHWISE)
        return select(w, old, (size_t)o->taps, y->n, 1, y->keep);
    void *rows = select(w, old, 1, y->n, (size_t)o->taps * (size_t)x->n, y->keep);
    return rows ? select(w, rows, (size_t)kept(y) * (size_t)o->taps, x->n, 1, x->keep) : NULL;
}

static int rewrite_weights(rewrite_t *w, const constant_op_t *o, const graph_op_t *old,
                           graph_op_t *op) {
    const constant_tensor_t *x = &w->k->tensors[o->r.in[0].tensor];
    const constant_tensor_t *y = &w->k->tensors[o->r.out[0]];
    int32_t n_in = kept(x), n_out = kept(y), bias_at = o->r.op.kind == REF_TRANSPOSE_CONV ? 3 : 2;
    if (n_in == x->n && n_out == y->n)
        return 0;
    graph_tensor_t weights = w->k->g->tensors[old->in[1]];
    graph_tensor_t bias = {.name = "bias", .type = GRAPH_INT32, .rank = 1, .dims = {1}};
    bool has_bias = bias_at < old->n_in && old->in[bias_at] >= 0;
    if (has_bias)
        bias = w->k->g->tensors[old->in[bias_at]];
    if (select_scales(w, &weights.quant, y, n_out) || select_scales(w, &bias.quant, y, n_out))
        return -1;
    if (o->role == ROLE_DEPTHWISE) {
        set_dim(&weights, 3, n_out);
    } else {
        int32_t last = weights.rank - 1; /* of FC this is taps and inputs */
        set_dim(&weights, 0, n_out);
        set_dim(&weights, last, weights.dims[last] / x->n * n_in);
    }
    bias.rank = 1;
    bias.dims[0] = n_out;
    bias.elements = (size_t)n_out;
    bias.bytes = sizeof(int32_t) * (size_t)n_out;
    int32_t *in = graph_alloc(w->h, sizeof *in * (size_t)(bias_at + 1));
    if (!in)
        return -1;
    memcpy(in, old->in, sizeof *in * (size_t)(old->n_in < bias_at ? old->n_in : bias_at));
    in[1] = constant_like(w, &weights, new_weights(w, o));
    in[bias_at] = constant_like(w, &bias, new_bias(w, o, n_out));
    op->in = in;
    op->n_in = bias_at + 1;
    return in[1] < 0 || in[bias_at] < 0 ? -1 : 0;
}

/* Constant operands of ADD, CONCATENATION and the like: channels as in the output's keep[at..]. */
static int rewrite_operands(rewrite_t *w, const constant_op_t *o, const graph_op_t *old,
                            graph_op_t *op) {
    const constant_tensor_t *y = &w->k->tensors[o->r.out[0]];
    int32_t at = 0, operands = constant_operands(&o->r);
    int32_t *in = graph_alloc(w->h, sizeof *in * (size_t)(old->n_in + 1));
    if (!in)
        return -1;
    memcpy(in, old->in, sizeof *in * (size_t)old->n_in);
    op->in = in;
    for (int32_t i = 0; i < operands && operands > 1; i++) {
        graph_tensor_t t = w->k->g->tensors[old->in[i]];
        constant_tensor_t part = {.n = w->k->tensors[old->in[i]].n, .keep = y->keep + at};
        at += o->role == ROLE_JOIN ? part.n : 0;
        bool broadcast = o->role == ROLE_SAME && part.n != y->n;
        if (!t.data || broadcast || kept(&part) == part.n)
            continue;
        void *data = select(w, t.data, t.elements / (size_t)part.n, part.n, 1, part.keep);
        set_dim(&t, t.rank - 1, kept(&part));
        in[i] = constant_like(w, &t, data);
        if (in[i] < 0)
            return -1;
    }
    return 0;
}

static int rewrite_op(rewrite_t *w, int32_t i) {
    const constant_op_t *o = &w->k->ops[i];
    const graph_op_t *old = &w->k->g->ops[i];
    switch (o->fixed ? ROLE_OPAQUE : o->role) {
    case ROLE_DENSE:
    case ROLE_DEPTHWISE:
        return rewrite_weights(w, o, old, &w->h->ops[i]);
    case ROLE_SAME:
    case ROLE_JOIN:
        return rewrite_operands(w, o, old, &w->h->ops[i]);
    default:
        return 0;
    }
}

graph_t *constant_rewrite(const constant_state_t *k) {
    const graph_t *g = k->g;
    graph_t *h = graph_new(g->path, g->format);
    if (!h)
        return NULL;
    rewrite_t w = {k, h};
    void *memory = h->memory;
    const char *path = h->path;
    size_t room = (size_t)g->n_tensors + 1; /* operators make weights, bias, constant operands */
    for (int32_t i = 0; i < g->n_ops; i++)
        room += 2 + (size_t)g->ops[i].n_in;
    *h = *g;
    h->memory = memory;
    h->path = path;
    h->tensors = graph_alloc(h, sizeof *h->tensors * room);
    h->ops = graph_alloc(h, sizeof *h->ops * ((size_t)g->n_ops + 1));
    int status = h->tensors && h->ops ? 0 : -1;
    if (status == 0) {
        memcpy(h->tensors, g->tensors, sizeof *h->tensors * (size_t)g->n_tensors);
        memcpy(h->ops, g->ops, sizeof *h->ops * (size_t)g->n_ops);
    }
    for (int32_t t = 0; status == 0 && t < g->n_tensors; t++)
        if (k->tensors[t].n > 0 && !g->tensors[t].data)
            set_dim(&h->tensors[t], h->tensors[t].rank - 1, kept(&k->tensors[t]));
    for (int32_t i = 0; status == 0 && i < g->n_ops; i++)
        status = rewrite_op(&w, i);
    if (status) {
        graph_free(h);
        return NULL;
    }
    return h;
}
