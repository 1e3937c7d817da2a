/*
 * constant_find.c - which channels hold one value whatever the input is.
 *
 * Contract: constant_internal.h. The channels of an output that depend on constant channels alone
 * have values that do not depend on the input: one evaluation of the operator's golden model, with
 * anything in the other channels, shows them all. Those that show one byte at every position are
 * constant. SPDX-License-Identifier: Apache-2.0
 */
#include "constant_internal.h"

#include <stdlib.h>
#include <string.h>

/* The bytes of an operand: constants where they are known, else the zero point. NULL: no memory. */
static uint8_t *witness(const constant_state_t *k, int32_t tensor) {
    const graph_tensor_t *t = &k->g->tensors[tensor];
    const constant_tensor_t *c = &k->tensors[tensor];
    uint8_t *bytes = malloc(t->bytes + 1);
    int32_t other = t->quant.n_scales > 0 ? t->quant.zero_points[0] : 0;
    for (size_t i = 0; bytes && i < t->bytes; i += (size_t)c->n)
        for (int32_t j = 0; j < c->n; j++)
            bytes[i + (size_t)j] = (uint8_t)(c->value[j] == NOT_CONSTANT ? other : c->value[j]);
    return bytes;
}

/* Does output channel c of an operator with weights read constants only? */
static bool reads_constants(const constant_op_t *o, const constant_tensor_t *x, int32_t c,
                            int32_t channels) {
    const int8_t *w = o->r.in[1].data;
    const ref_conv_t *p = &o->r.op.p.conv;
    if (o->role == ROLE_DEPTHWISE) {
        if (x->value[c / p->depth_multiplier] != NOT_CONSTANT)
            return true;
        for (int32_t t = 0; t < o->taps; t++)
            if (w[(size_t)t * (size_t)channels + (size_t)c] != 0)
                return false;
        return true;
    }
    int32_t zero = o->r.op.kind == REF_FC ? o->r.op.p.fc.w_zp : 0;
    int32_t groups = o->role == ROLE_GROUPED ? p->groups : 1, n = x->n / groups;
    int32_t first = c / (channels / groups) * n;
    w += (size_t)c * (size_t)o->taps * (size_t)n;
    for (int32_t t = 0; t < o->taps; t++)
        for (int32_t i = 0; i < n; i++)
            if (w[(size_t)t * (size_t)n + (size_t)i] != zero && x->value[first + i] == NOT_CONSTANT)
                return false;
    return true;
}

static bool all_constant(const constant_state_t *k, const constant_op_t *o, int32_t c) {
    const ref_prepared_t *r = &o->r;
    if (o->role == ROLE_JOIN) {
        int32_t i = 0;
        while (c >= k->tensors[r->in[i].tensor].n)
            c -= k->tensors[r->in[i++].tensor].n;
        return k->tensors[r->in[i].tensor].value[c] != NOT_CONSTANT;
    }
    for (int32_t i = 0; i < constant_operands(r); i++) {
        const constant_tensor_t *x = &k->tensors[r->in[i].tensor];
        if (x->value[c % x->n] == NOT_CONSTANT) /* SAME: c, or the only one; FLATTEN: c modulo n */
            return false;
    }
    return true;
}

static int candidates(const constant_state_t *k, const constant_op_t *o, uint8_t *candidate) {
    int32_t n = k->tensors[o->r.out[0]].n, found = 0;
    bool has_weights =
        o->role == ROLE_DENSE || o->role == ROLE_GROUPED || o->role == ROLE_DEPTHWISE;
    for (int32_t c = 0; c < n; c++) {
        candidate[c] = has_weights ? reads_constants(o, &k->tensors[o->r.in[0].tensor], c, n)
                                   : all_constant(k, o, c);
        found += candidate[c];
    }
    return found;
}

/* One evaluation of the golden model. outputs: (n_out), malloc'ed here. 0, 1: it refuses the
 * values, -1: out of memory. */
static int evaluate(const constant_state_t *k, const ref_prepared_t *r, uint8_t **outputs) {
    int32_t n = constant_operands(r);
    const void **in = calloc((size_t)r->n_in + 1, sizeof *in);
    uint8_t **made = calloc((size_t)n + 1, sizeof *made);
    void *scratch = malloc(ref_scratch_size(&r->op) + 1);
    int status = in && made && scratch ? 0 : -1;
    for (int32_t i = 0; status == 0 && i < r->n_in; i++) {
        in[i] = r->in[i].data;
        if (i < n && !in[i]) {
            in[i] = made[i] = witness(k, r->in[i].tensor);
            status = made[i] ? 0 : -1;
        }
    }
    for (int32_t i = 0; status == 0 && i < r->n_out; i++) {
        outputs[i] = malloc(k->g->tensors[r->out[i]].bytes + 1);
        status = outputs[i] ? 0 : -1;
    }
    if (status == 0)
        status = ref_eval(&r->op, in, (void *const *)outputs, scratch) ? 1 : 0;
    for (int32_t i = 0; made && i < n; i++)
        free(made[i]);
    free(scratch);
    free(made);
    free(in);
    return status;
}

/* The same with only the candidates among the output channels: most of the work is elsewhere. */
static int evaluate_dense(const constant_state_t *k, const constant_op_t *o,
                          const uint8_t *candidate, int32_t count, uint8_t **outputs) {
    ref_prepared_t r = o->r;
    ref_arg_t in[5];
    int32_t n = k->tensors[r.out[0]].n;
    size_t row = r.in[1].bytes / (size_t)n;
    int8_t *w = malloc(row * (size_t)count);
    int32_t *lists = malloc(sizeof *lists * 3 * (size_t)count);
    int status = w && lists ? 0 : -1;
    memcpy(in, r.in, sizeof in);
    for (int32_t c = 0, to = 0; status == 0 && c < n; c++) {
        if (!candidate[c])
            continue;
        memcpy(w + row * (size_t)to, (const int8_t *)r.in[1].data + row * (size_t)c, row);
        for (int32_t l = 0; l < 3; l++)
            if (r.in[2 + l].data)
                lists[l * count + to] = ((const int32_t *)r.in[2 + l].data)[c];
        to++;
    }
    in[1] = (ref_arg_t){GRAPH_ABSENT, w, row * (size_t)count};
    for (int32_t l = 0; status == 0 && l < 3; l++)
        if (in[2 + l].data)
            in[2 + l].data = lists + l * count;
    r.in = in;
    r.op.out.dims[REF_MAX_RANK - 1] = count;
    if (r.op.kind == REF_FC)
        r.op.p.fc.out_depth = count;
    if (status == 0)
        status = evaluate(k, &r, outputs);
    free(lists);
    free(w);
    return status;
}

/* Channel `at` of (positions, n): its byte if it is the same everywhere. */
static int16_t uniform(const uint8_t *bytes, size_t positions, int32_t n, int32_t at) {
    for (size_t i = 1; i < positions; i++)
        if (bytes[i * (size_t)n + (size_t)at] != bytes[at])
            return NOT_CONSTANT;
    return bytes[at];
}

static int find_in_op(constant_state_t *k, const constant_op_t *o) {
    const ref_prepared_t *r = &o->r;
    int32_t n = k->tensors[r->out[0]].n;
    uint8_t *candidate = calloc((size_t)n + 1, 1);
    uint8_t **outputs = calloc((size_t)r->n_out + 1, sizeof *outputs);
    int32_t found = candidate ? candidates(k, o, candidate) : 0;
    bool dense = o->role == ROLE_DENSE;
    int status = candidate && outputs ? 0 : -1;
    if (status == 0 && found > 0)
        status = dense ? evaluate_dense(k, o, candidate, found, outputs) : evaluate(k, r, outputs);
    for (int32_t i = 0; status == 0 && found > 0 && i < r->n_out; i++) {
        const constant_tensor_t *y = &k->tensors[r->out[i]];
        size_t positions = k->g->tensors[r->out[i]].elements / (size_t)n;
        for (int32_t c = 0, at = 0; c < n; c++)
            if (candidate[c]) {
                y->value[c] = uniform(outputs[i], positions, dense ? found : n, dense ? at : c);
                at++;
            }
    }
    for (int32_t i = 0; outputs && i < r->n_out; i++)
        free(outputs[i]);
    free(outputs);
    free(candidate);
    return status < 0 ? -1 : 0;
}

int constant_find(constant_state_t *k) {
    for (int32_t t = 0; t < k->g->n_tensors; t++) {
        constant_tensor_t *c = &k->tensors[t];
        const graph_tensor_t *x = &k->g->tensors[t];
        for (int32_t i = 0; i < c->n; i++)
            c->value[i] =
                x->data ? uniform(x->data, x->elements / (size_t)c->n, c->n, i) : NOT_CONSTANT;
    }
    for (int32_t i = 0; i < k->g->n_ops; i++)
        if (k->ops[i].role != ROLE_OPAQUE && find_in_op(k, &k->ops[i]))
            return -1;
    return 0;
}
