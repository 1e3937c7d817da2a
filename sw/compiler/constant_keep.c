/*
 * constant_keep.c - which channels must stay.
 *
 * Contract: constant_internal.h. Starts from the network's inputs and outputs and from operators
 * that keep all they touch; a channel that stays makes others stay: those that its producer reads,
 * and those that operators channel by channel pair it with. What nothing asks for goes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "constant_internal.h"

#include <stdlib.h>
#include <string.h>

static tap_t tap_of(int32_t offset, int32_t stride, int32_t in, int32_t out) {
    int32_t inside = 0;
    for (int32_t i = 0; i < out; i++) {
        int64_t at = (int64_t)i * stride + offset;
        inside += at >= 0 && at < in;
    }
    return inside == out ? TAP_IMAGE : inside == 0 ? TAP_PADDING : TAP_BOTH;
}

tap_t constant_tap(const constant_op_t *o, int32_t tap) {
    enum { H = REF_MAX_RANK - 3, W = REF_MAX_RANK - 2 };
    const ref_op_t *op = &o->r.op;
    const ref_conv_t *p = &op->p.conv;
    if (op->kind == REF_FC)
        return TAP_IMAGE;
    if (op->kind != REF_CONV) /* TRANSPOSE_CONV: not every tap meets every position */
        return TAP_BOTH;
    tap_t y = tap_of(tap / p->kernel_w * p->dilation_h - p->pad_top, p->stride_h, op->a.dims[H],
                     op->out.dims[H]);
    tap_t x = tap_of(tap % p->kernel_w * p->dilation_w - p->pad_left, p->stride_w, op->a.dims[W],
                     op->out.dims[W]);
    return y == TAP_PADDING || x == TAP_PADDING ? TAP_PADDING
           : y == TAP_IMAGE && x == TAP_IMAGE   ? TAP_IMAGE
                                                : TAP_BOTH;
}

/* needs[c][i]: output c reads input i, and no addend to the bias can stand for it. */
static int find_needs(const constant_state_t *k, constant_op_t *o) {
    const ref_prepared_t *r = &o->r;
    const constant_tensor_t *x = &k->tensors[r->in[0].tensor];
    int32_t n = x->n, channels = k->tensors[r->out[0]].n;
    int32_t zero = r->op.kind == REF_FC ? r->op.p.fc.w_zp : 0;
    int32_t zp = r->op.kind == REF_FC ? r->op.p.fc.in_zp : r->op.p.conv.in_zp;
    const int8_t *w = r->in[1].data;
    tap_t *taps = malloc(sizeof *taps * (size_t)o->taps);
    o->needs = calloc((size_t)channels * (size_t)n, 1);
    for (int32_t t = 0; taps && t < o->taps; t++)
        taps[t] = constant_tap(o, t);
    for (int32_t c = 0; taps && o->needs && c < channels; c++)
        for (int32_t t = 0; t < o->taps; t++)
            for (int32_t i = 0; i < n; i++, w++) {
                bool vanishes = *w == zero || taps[t] == TAP_PADDING;
                bool folds = x->value[i] != NOT_CONSTANT &&
                             (taps[t] == TAP_IMAGE || (int8_t)x->value[i] == zp);
                o->needs[(size_t)c * (size_t)n + (size_t)i] |= !vanishes && !folds;
            }
    free(taps);
    return taps && o->needs ? 0 : -1;
}

static void keep_all(constant_state_t *k, int32_t tensor) {
    if (tensor >= 0)
        memset(k->tensors[tensor].keep, 1, (size_t)k->tensors[tensor].n);
}

static void keep_fixed(constant_state_t *k) {
    const graph_t *g = k->g;
    for (int32_t i = 0; i < g->n_inputs; i++)
        keep_all(k, g->inputs[i]);
    for (int32_t i = 0; i < g->n_outputs; i++)
        keep_all(k, g->outputs[i]);
    for (int32_t i = 0; i < g->n_ops; i++) {
        for (int32_t j = 0; k->ops[i].fixed && j < g->ops[i].n_in; j++)
            keep_all(k, g->ops[i].in[j]);
        for (int32_t j = 0; k->ops[i].fixed && j < g->ops[i].n_out; j++)
            keep_all(k, g->ops[i].out[j]);
    }
}

/* Sets *keep; counts what is new. */
static int32_t set(uint8_t *keep) {
    int32_t new = !*keep;
    *keep = 1;
    return new;
}

/* ROLE_SAME: channel c stays in all operands and outputs, or in none. */
static int32_t spread_same(constant_state_t *k, const ref_prepared_t *r) {
    int32_t n = k->tensors[r->out[0]].n, operands = constant_operands(r), new = 0;
    for (int32_t c = 0; c < n; c++)
        for (int pass = 0, any = 0; pass < 2; pass++) {
            for (int32_t i = 0; i < operands + r->n_out; i++) {
                int32_t t = i < operands ? r->in[i].tensor : r->out[i - operands];
                constant_tensor_t *x = &k->tensors[t];
                if (i < operands && !constant_is_computed(k->g, t))
                    continue;
                if (pass == 0)
                    any |= x->keep[x->n == n ? c : 0];
                else if (any)
                    new += set(&x->keep[x->n == n ? c : 0]);
            }
        }
    return new;
}

/* Two channels stay together. */
static int32_t tie(uint8_t *a, uint8_t *b) {
    return *a || *b ? set(a) + set(b) : 0;
}

static int32_t spread_join(constant_state_t *k, const ref_prepared_t *r) {
    int32_t at = 0, new = 0;
    for (int32_t i = 0; i < constant_operands(r); i++) {
        constant_tensor_t *x = &k->tensors[r->in[i].tensor];
        uint8_t *y = k->tensors[r->out[0]].keep + at, any = 0;
        bool computed = constant_is_computed(k->g, r->in[i].tensor);
        for (int32_t c = 0; c < x->n; c++) {
            new += computed ? tie(&x->keep[c], &y[c]) : 0;
            any |= y[c];
        }
        if (!any) /* no operand may vanish */
            new += set(&y[0]);
        at += x->n;
    }
    return new;
}

static int32_t spread_dense(constant_state_t *k, const constant_op_t *o) {
    constant_tensor_t *x = &k->tensors[o->r.in[0].tensor];
    const constant_tensor_t *y = &k->tensors[o->r.out[0]];
    int32_t new = 0;
    for (int32_t c = 0; c < y->n; c++)
        for (int32_t i = 0; y->keep[c] && i < x->n; i++)
            if (o->needs[(size_t)c * (size_t)x->n + (size_t)i])
                new += set(&x->keep[i]);
    return new;
}

/* Output c belongs to input c / multiplier (DEPTHWISE) or c modulo n (FLATTEN). */
static int32_t spread_fan_out(constant_state_t *k, const constant_op_t *o) {
    constant_tensor_t *x = &k->tensors[o->r.in[0].tensor], *y = &k->tensors[o->r.out[0]];
    int32_t new = 0, multiplier = y->n / x->n;
    for (int32_t c = 0; c < y->n; c++)
        new += tie(&y->keep[c], &x->keep[o->role == ROLE_FLATTEN ? c % x->n : c / multiplier]);
    return new;
}

static int32_t spread(constant_state_t *k, const constant_op_t *o) {
    switch (o->role) {
    case ROLE_SAME:
        return spread_same(k, &o->r);
    case ROLE_JOIN:
        return spread_join(k, &o->r);
    case ROLE_DENSE:
        return spread_dense(k, o);
    case ROLE_FLATTEN:
    case ROLE_DEPTHWISE:
        return spread_fan_out(k, o);
    default:
        return 0;
    }
}

/* A tensor of no channels is none: its first one stays. */
static int32_t keep_one(constant_state_t *k) {
    int32_t new = 0;
    for (int32_t t = 0; t < k->g->n_tensors; t++) {
        constant_tensor_t *c = &k->tensors[t];
        if (c->n > 0 && memchr(c->keep, 1, (size_t)c->n) == NULL)
            new += set(&c->keep[0]);
    }
    return new;
}

int constant_keep(constant_state_t *k) {
    for (int32_t i = 0; i < k->g->n_ops; i++)
        if (k->ops[i].role == ROLE_DENSE && find_needs(k, &k->ops[i]))
            return -1;
    keep_fixed(k);
    int32_t new = 1;
    while (new) {
        new = 0;
        for (int32_t i = k->g->n_ops - 1; i >= 0; i--)
            new += spread(k, &k->ops[i]);
        if (!new)
            new = keep_one(k);
    }
    return 0;
}
