/*
 * constant_role.c - how an operator's output channels depend on its input channels.
 *
 * Contract: constant_internal.h. Every statement here is one about the golden models (cmodel/ref):
 * what an output channel reads, never what it computes. SPDX-License-Identifier: Apache-2.0
 */
#include "constant_internal.h"

int32_t constant_operands(const ref_prepared_t *r) {
    switch (r->op.kind) {
    case REF_ADD:
    case REF_SUB:
    case REF_MUL:
    case REF_MAXIMUM:
    case REF_MINIMUM:
    case REF_SQUARED_DIFFERENCE:
    case REF_PRELU:
        return 2;
    case REF_CONCAT:
        return r->n_in - 1;
    default:
        return 1;
    }
}

static int32_t innermost(const graph_tensor_t *t) {
    return t->rank > 0 ? t->dims[t->rank - 1] : 0;
}

static bool is_last(int32_t axis, int32_t rank) {
    return axis == -1 || axis == rank - 1;
}

/* Does the operator leave the innermost dimension's meaning alone? Shapes are checked apart. */
static bool keeps_channels(const ref_prepared_t *r, const graph_op_t *op, const graph_t *g) {
    enum { C = REF_MAX_RANK - 1 };
    const graph_tensor_t *x = graph_in(g, op, op->code == GRAPH_OP_SPLIT ? 1 : 0);
    switch (r->op.kind) {
    case REF_ADD:
    case REF_SUB:
    case REF_MUL:
    case REF_MAXIMUM:
    case REF_MINIMUM:
    case REF_SQUARED_DIFFERENCE:
    case REF_PRELU:
    case REF_LOGISTIC:
    case REF_TANH:
    case REF_HARD_SWISH:
    case REF_RELU:
    case REF_LEAKY_RELU:
    case REF_ABS:
    case REF_RSQRT:
    case REF_TABLE:
    case REF_QUANTIZE:
    case REF_AVG_POOL:
    case REF_MAX_POOL:
    case REF_RESIZE_BILINEAR:
    case REF_RESIZE_NEAREST:
    case REF_SPACE_TO_BATCH:
    case REF_BATCH_TO_SPACE:
    case REF_COPY:
    case REF_PAD: /* with equal channel counts none are added */
        return true;
    case REF_MEAN:
    case REF_REDUCE_MAX:
        return !(r->op.p.mean.axis_mask >> C & 1);
    case REF_TRANSPOSE:
        return op->code == GRAPH_OP_TRANSPOSE && r->op.p.transpose.perm[C] == C;
    case REF_STRIDED_SLICE:
        return r->op.p.slice.start[C] == 0 && r->op.p.slice.stride[C] == 1 &&
               r->op.p.slice.count[C] == innermost(x) &&
               !(op->code == GRAPH_OP_STRIDED_SLICE &&
                 op->p.strided_slice.shrink_mask >> (x->rank - 1) & 1);
    case REF_CONCAT:
        return op->code == GRAPH_OP_CONCATENATION
                   ? !is_last(op->p.concat.axis, graph_out(g, op, 0)->rank)
                   : !is_last(op->p.pack.axis, graph_out(g, op, 0)->rank);
    case REF_SPLIT:
        return op->code != GRAPH_OP_UNPACK || !is_last(op->p.pack.axis, x->rank);
    case REF_SPLIT_V:
        return true;
    default:
        return false;
    }
}

/* Every operand that is a tensor and every output holds channels. */
static bool all_have_channels(const constant_state_t *k, const ref_prepared_t *r) {
    for (int32_t i = 0; i < constant_operands(r); i++)
        if (r->in[i].tensor < 0 || k->tensors[r->in[i].tensor].n == 0)
            return false;
    for (int32_t i = 0; i < r->n_out; i++)
        if (r->out[i] < 0 || k->tensors[r->out[i]].n == 0)
            return false;
    return true;
}

static bool all_equal(const constant_state_t *k, const ref_prepared_t *r) {
    int32_t n = k->tensors[r->out[0]].n, one = constant_operands(r) > 1 && r->op.kind != REF_CONCAT;
    for (int32_t i = 0; i < constant_operands(r); i++) {
        int32_t m = k->tensors[r->in[i].tensor].n;
        if (m != n && !(one && m == 1)) /* broadcast */
            return false;
    }
    for (int32_t i = 1; i < r->n_out; i++)
        if (k->tensors[r->out[i]].n != n)
            return false;
    return true;
}

static role_t weighted(const constant_state_t *k, constant_op_t *o) {
    const ref_prepared_t *r = &o->r;
    const ref_conv_t *c = &r->op.p.conv;
    int32_t n = k->tensors[r->in[0].tensor].n;
    if (r->in[1].data == NULL) /* computed */
        return ROLE_OPAQUE;
    if (r->op.kind == REF_FC) {
        o->taps = r->op.p.fc.depth / n;
        return r->op.p.fc.depth % n == 0 ? ROLE_DENSE : ROLE_OPAQUE;
    }
    o->taps = c->kernel_h * c->kernel_w;
    if (r->op.kind == REF_DEPTHWISE)
        return ROLE_DEPTHWISE;
    return c->groups == 1 ? ROLE_DENSE : ROLE_GROUPED;
}

static role_t role_of(const constant_state_t *k, constant_op_t *o, const graph_op_t *op) {
    const ref_prepared_t *r = &o->r;
    if (!o->prepared || !all_have_channels(k, r))
        return ROLE_OPAQUE;
    switch (r->op.kind) {
    case REF_CONV:
    case REF_DEPTHWISE:
    case REF_FC:
    case REF_TRANSPOSE_CONV:
        return weighted(k, o);
    default:
        break;
    }
    int32_t in = k->tensors[r->in[0].tensor].n, out = k->tensors[r->out[0]].n;
    if (keeps_channels(r, op, k->g) && all_equal(k, r))
        return ROLE_SAME;
    if (r->op.kind == REF_COPY && out % in == 0)
        return ROLE_FLATTEN;
    if (op->code == GRAPH_OP_CONCATENATION)
        return ROLE_JOIN;
    return ROLE_OPAQUE;
}

void constant_role(const constant_state_t *k, constant_op_t *o, const graph_op_t *op) {
    o->role = role_of(k, o, op);
    /* SLICE names the number of channels, a group needs as many as the others */
    o->fixed = o->role == ROLE_OPAQUE || o->role == ROLE_GROUPED || op->code == GRAPH_OP_SLICE;
    /* of several operands constant ones are cut to size, a single one is left alone */
    if (o->role != ROLE_OPAQUE && constant_operands(&o->r) == 1)
        o->fixed |= o->r.in[0].data != NULL;
    for (int32_t i = 0; i < op->n_in; i++)
        o->fixed |= op->in[i] >= 0 && k->g->tensors[op->in[i]].is_variable;
}
