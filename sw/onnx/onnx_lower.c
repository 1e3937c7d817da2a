/*
 * onnx_lower.c - from quantised values to tensors: on demand, from the network's outputs backwards.
 *
 * A real-valued value has a tensor for each quantisation in which it is wanted (nearly always one):
 * that of the QuantizeLinear behind it. Each operator is lowered when its result is wanted, with
 * the quantisation of its result known, so an activation between operator and QuantizeLinear is
 * part of the operator, and what nothing reads is never made. SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "onnx_internal.h"

#define DEEPEST 4000 /* nodes between an output and an input; recursion, about 300 bytes each */

static const struct {
    const char *op;
    onnx_lower_t lower;
    bool takes_act;  /* a clamp becomes its fused activation */
    bool same_quant; /* its output lies in its input's range: has its quantisation unless told
                        otherwise */
} ops[] = {{"Conv", onnx_lower_conv, true, false},
           {"Gemm", onnx_lower_gemm, true, false},
           {"MatMul", onnx_lower_gemm, true, false},
           {"Add", onnx_lower_binary, true, false},
           {"Sub", onnx_lower_binary, true, false},
           {"Mul", onnx_lower_binary, true, false},
           {"Div", onnx_lower_binary, true, false},
           {"Pow", onnx_lower_power, false, false},
           {"Max", onnx_lower_binary, false, false},
           {"Min", onnx_lower_binary, false, false},
           {"MaxPool", onnx_lower_pool, false, true},
           {"AveragePool", onnx_lower_pool, false, true},
           {"GlobalAveragePool", onnx_lower_global_pool, false, true},
           {"ReduceMean", onnx_lower_mean, false, true},
           {"Softmax", onnx_lower_softmax, false, false},
           {"LayerNormalization", onnx_lower_norm, false, false},
           {"SimplifiedLayerNormalization", onnx_lower_norm, false, false},
           {"RMSNormalization", onnx_lower_norm, false, false},
           {"Reshape", onnx_lower_reshape, false, true},
           {"Flatten", onnx_lower_reshape, false, true},
           {"Squeeze", onnx_lower_reshape, false, true},
           {"Unsqueeze", onnx_lower_reshape, false, true},
           {"Transpose", onnx_lower_transpose, false, true},
           {"Concat", onnx_lower_concat, false, false},
           {"Split", onnx_lower_split, false, true},
           {"Slice", onnx_lower_slice, false, true},
           {"Gather", onnx_lower_gather, false, true},
           {"Pad", onnx_lower_pad, false, true},
           {"Resize", onnx_lower_resize, false, true}};

static int op_of(const onnx_node_t *n) {
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
        if (strcmp(n->op, ops[i].op) == 0)
            return (int)i;
    return -1;
}

bool onnx_keeps_quant(const onnx_node_t *n) {
    int op = op_of(n);
    return op >= 0 && ops[op].same_quant;
}

bool onnx_is(const onnx_t *o, int32_t v, const char *op) {
    return v >= 0 && o->values[v].node >= 0 && strcmp(o->nodes[o->values[v].node].op, op) == 0;
}

static bool same_quant(onnx_quant_t a, onnx_quant_t b) {
    return a.scale == b.scale && a.zp == b.zp;
}

/* ---- layouts */

/* Which values of three and four dimensions are kept as images: what image operators make, and
 * what is computed from such position by position. */
static bool made_as_image(const onnx_t *o, const onnx_node_t *n) {
    static const char *const makes[] = {"Conv", "MaxPool", "AveragePool", "GlobalAveragePool",
                                        "Resize"},
                             *const follows[] = {
                                 "QuantizeLinear", "DequantizeLinear", "Slice", "Split", "Pad",
                                 "ReduceMean"};
    bool any = false, all = true;
    for (size_t i = 0; i < sizeof makes / sizeof makes[0]; i++)
        if (strcmp(n->op, makes[i]) == 0)
            return true;
    for (int32_t i = 0; i < n->n_in; i++) {
        bool image = n->in[i] >= 0 && o->image[n->in[i]];
        any = any || image;
        all = all && image;
    }
    for (size_t i = 0; i < sizeof follows / sizeof follows[0]; i++)
        if (strcmp(n->op, follows[i]) == 0)
            return o->image[n->in[0]];
    if (strcmp(n->op, "Softmax") == 0) /* over channels */
        return o->values[n->out[0]].rank == 4 && o->opset >= 13 &&
               (onnx_attr_int(n, "axis", -1) == 1 || onnx_attr_int(n, "axis", -1) == -3);
    return strcmp(n->op, "Concat") == 0 ? all : onnx_elementwise(n) && any;
}

static int find_layouts(onnx_t *o) {
    o->image = onnx_alloc(o, (size_t)o->n_values + 1);
    for (int32_t i = 0; o->image && i < o->n_nodes; i++)
        for (int32_t k = 0; k < o->nodes[i].n_out; k++) {
            int32_t v = o->nodes[i].out[k];
            if (v >= 0 && onnx_may_be_image(o->values[v].rank) && !o->values[v].data)
                o->image[v] = made_as_image(o, &o->nodes[i]);
        }
    return o->image ? 0 : -1;
}

int32_t onnx_relayout(onnx_t *o, const onnx_value_t *x, int32_t t, onnx_quant_t q, bool nhwc) {
    static const int32_t to_nhwc[4] = {0, 2, 3, 1}, to_nchw[4] = {0, 3, 1, 2};
    int32_t c = x->dims[1], row = x->rank == 4 ? x->dims[2] : 1, column = x->dims[x->rank - 1];
    int32_t plain[4] = {x->dims[0], c, row, column}, image[4] = {x->dims[0], row, column, c};
    bool moves = c > 1 && row * (int64_t)column > 1;
    int32_t dims[GRAPH_MAX_RANK];
    if (moves) {
        if (nhwc && x->rank == 3)
            t = onnx_new_view(o, x->name, t, q, 4, plain);
        int32_t in[2] = {t, onnx_new_ints(o, "layout", 4, nhwc ? to_nhwc : to_nchw)};
        t = onnx_new_tensor(o, x->name, GRAPH_INT8, 4, nhwc ? image : plain, &q);
        if (in[0] < 0 || in[1] < 0 || !onnx_new_op(o, GRAPH_OP_TRANSPOSE, x->name, 2, in, 1, &t))
            return ONNX_NONE;
    }
    int rank = onnx_stored_dims(x, nhwc, dims);
    return !moves || (!nhwc && x->rank == 3) ? onnx_new_view(o, x->name, t, q, rank, dims) : t;
}

/* The tensor that holds v as q in that layout, made from the other layout if need be; ONNX_NONE
 * without *err: none. */
static int32_t held(onnx_t *o, int32_t v, onnx_quant_t q, bool nhwc, bool *failed) {
    const onnx_rep_t *other = NULL;
    for (const onnx_rep_t *r = o->values[v].reps; r; r = r->next) {
        if (same_quant(r->q, q) && r->nhwc == nhwc)
            return r->tensor;
        if (same_quant(r->q, q))
            other = r;
    }
    if (!other)
        return ONNX_NONE;
    int32_t t = onnx_relayout(o, &o->values[v], other->tensor, q, nhwc);
    *failed = t < 0 || onnx_remember(o, v, q, nhwc, t);
    return *failed ? ONNX_NONE : t;
}

/* ---- values that no operator makes */
static int32_t constant(onnx_t *o, int32_t v, onnx_quant_t q, bool nhwc) {
    const onnx_value_t *x = &o->values[v];
    float *f = onnx_floats(o, v);
    int8_t *data = f ? onnx_alloc(o, x->elements) : NULL;
    int32_t dims[GRAPH_MAX_RANK], t = ONNX_NONE;
    for (size_t i = 0; data && i < x->elements; i++) {
        double r = nearbyint((double)f[i] / (double)q.scale) + q.zp;
        size_t at = i;
        if (nhwc) { /* i = (n*C + c)*HW + p */
            size_t c = (size_t)x->dims[1], hw = x->elements / c / (size_t)x->dims[0];
            at = (i / (hw * c) * hw + i % hw) * c + i / hw % c;
        }
        data[at] = (int8_t)(r > 127 ? 127 : r < -128 ? -128 : r == r ? r : 0);
    }
    free(f);
    int rank = onnx_stored_dims(x, nhwc, dims);
    if (data)
        t = onnx_new_const(o, x->name, GRAPH_INT8, rank, dims, &q, data);
    return t >= 0 && onnx_remember(o, v, q, nhwc, t) == 0 ? t : ONNX_NONE;
}

/* One operator from tensor `from` to a new one for v. */
static int quantize_to(onnx_t *o, int32_t v, onnx_quant_t q, bool nhwc, int32_t from) {
    int32_t out = from < 0 ? ONNX_NONE : onnx_new_like(o, v, q, nhwc);
    return out >= 0 && onnx_new_op(o, GRAPH_OP_QUANTIZE, o->values[v].name, 1, &from, 1, &out)
               ? onnx_remember(o, v, q, nhwc, out)
               : -1;
}

/* The graph tensor of input v. */
static int32_t input_tensor(const onnx_t *o, int32_t v) {
    for (int32_t i = 0; i < o->n_inputs; i++)
        if (o->inputs[i] == v)
            return i; /* made first */
    return ONNX_NONE;
}

static int dequantized(onnx_t *o, const onnx_node_t *n, int32_t v, onnx_quant_t q, bool nhwc) {
    int32_t from = n->in[0];
    onnx_quant_t own;
    if (!onnx_node_quant(o, n, &own))
        return onnx_fail(o, n, "only int8 and uint8 with one constant scale are supported here");
    int32_t input = input_tensor(o, from), t;
    if (input >= 0) {
        if (o->values[from].type == GRAPH_INT8 && same_quant(own, q))
            return onnx_remember(o, v, q, false, input);
        return quantize_to(o, v, q, false, input);
    }
    if (!onnx_is(o, from, "QuantizeLinear"))
        return onnx_fail(o, n,
                         "its input is computed by an integer operator, which is not supported");
    const onnx_node_t *qn = &o->nodes[o->values[from].node];
    onnx_quant_t before;
    if (!onnx_node_quant(o, qn, &before))
        return onnx_fail(o, qn, "only int8 and uint8 with one constant scale are supported here");
    if (!same_quant(before, own))
        return onnx_fail(o, n, "its scale is not that of the QuantizeLinear before it");
    t = onnx_tensor(o, qn->in[0], own, nhwc);
    if (t < 0)
        return -1;
    return same_quant(own, q) ? onnx_remember(o, v, q, nhwc, t) : quantize_to(o, v, q, nhwc, t);
}

/* ---- clamps */
/* A clamp right behind an operator: its fused activation where it is one, else a table on its
 * result. */
static int clamp(onnx_t *o, const onnx_want_t *w, double lo, double hi) {
    int32_t x = w->node->in[0];
    const onnx_node_t *n = o->values[x].node >= 0 ? &o->nodes[o->values[x].node] : NULL;
    int op = n ? op_of(n) : -1;
    graph_act_t act = lo == 0 && isinf(hi)     ? GRAPH_ACT_RELU
                      : lo == 0 && hi == 6     ? GRAPH_ACT_RELU6
                      : lo == -1 && hi == 1    ? GRAPH_ACT_RELU_N1_TO_1
                      : isinf(lo) && isinf(hi) ? GRAPH_ACT_NONE
                                               : (graph_act_t)-1;
    if (op >= 0 && ops[op].takes_act && act != (graph_act_t)-1 && !onnx_is_norm(o, n))
        return ops[op].lower(o, &(onnx_want_t){n, w->v, w->q, act, w->name});
    bool nhwc = o->image[x];
    int32_t t = onnx_tensor(o, x, w->q, nhwc);
    int8_t table[256];
    for (int c = -128; c < 128; c++) {
        double real = ((double)c - w->q.zp) * (double)w->q.scale;
        double r = nearbyint((real < lo   ? lo
                              : real > hi ? hi
                                          : real) /
                             (double)w->q.scale) +
                   w->q.zp;
        table[(uint8_t)c] = (int8_t)(r > 127 ? 127 : r < -128 ? -128 : r);
    }
    int32_t out = t < 0 ? ONNX_NONE : onnx_new_like(o, w->v, w->q, nhwc);
    int32_t in[2] = {
        t, t < 0 ? ONNX_NONE
                 : onnx_new_const(o, "table", GRAPH_INT8, 1, &(int32_t){256}, NULL, table)};
    if (in[1] < 0 || !onnx_new_op(o, GRAPH_OP_LOOKUP, w->name, 2, in, 1, &out))
        return -1;
    return onnx_remember(o, w->v, w->q, nhwc, out);
}

static int computed(onnx_t *o, const onnx_node_t *n, int32_t v, onnx_quant_t q) {
    onnx_want_t w = {n, v, q, GRAPH_ACT_NONE, n->name};
    double lo, hi;
    int op = op_of(n), done = onnx_elementwise(n) ? onnx_lower_function(o, &w, false) : 0;
    if (!done)
        done = onnx_lower_written_norm(o, &w);
    if (done)
        return done < 0 ? -1 : 0;
    if (onnx_limits(o, n, &lo, &hi))
        return clamp(o, &w, lo, hi);
    done = onnx_elementwise(n) ? onnx_lower_function(o, &w, true) : 0;
    if (done)
        return done < 0 ? -1 : 0;
    if (op >= 0)
        return ops[op].lower(o, &w);
    return onnx_fail(o, n,
                     "its inputs are not one quantised value and constants; quantise %s and the "
                     "operators around "
                     "it too",
                     n->op);
}

int32_t onnx_tensor(onnx_t *o, int32_t v, onnx_quant_t q, bool nhwc) {
    onnx_value_t *x = &o->values[v];
    bool failed = false;
    nhwc = nhwc && onnx_may_be_image(x->rank);
    int32_t t = held(o, v, q, nhwc, &failed);
    if (t >= 0 || failed)
        return t;
    if (++o->depth > DEEPEST) {
        graph_fail(o->err, "%s: more than %d nodes in a row", o->path, DEEPEST);
        return ONNX_NONE;
    }
    const onnx_node_t *n = x->node >= 0 ? &o->nodes[x->node] : NULL;
    bool dequantize = n && strcmp(n->op, "DequantizeLinear") == 0;
    int status;
    if (x->data || (dequantize && o->values[n->in[0]].data))
        status = constant(o, v, q, nhwc) < 0 ? -1 : 0;
    else if (!n)
        status = quantize_to(o, v, q, false, input_tensor(o, v));
    else if (dequantize)
        status = dequantized(o, n, v, q, o->image[v]);
    else
        status = computed(o, n, v, q);
    o->depth--;
    if (status)
        return ONNX_NONE;
    t = held(o, v, q, nhwc, &failed);
    if (t < 0 && !failed)
        graph_fail(o->err, "%s: internal: value %.60s was not made", o->path, x->name);
    return t;
}

int32_t onnx_operand(onnx_t *o, int32_t v, bool nhwc, onnx_quant_t *q) {
    if (!onnx_natural(o, v, q)) {
        graph_fail(o->err, "%s: value %.60s (%.20s) is not quantised; quantise that operator too",
                   o->path, o->values[v].name,
                   o->values[v].node >= 0 ? o->nodes[o->values[v].node].op : "input");
        return ONNX_NONE;
    }
    return onnx_tensor(o, v, *q, nhwc);
}

/* ---- the network's ends */
static int lower_inputs(onnx_t *o) {
    int32_t *list = onnx_alloc(o, (size_t)(o->n_inputs + 1) * sizeof *list);
    for (int32_t i = 0; list && i < o->n_inputs; i++) {
        onnx_value_t *x = &o->values[o->inputs[i]];
        onnx_quant_t q = {0, 0};
        bool eight = x->type == GRAPH_INT8 || x->type == GRAPH_UINT8, quant = false;
        if (!eight && x->type != GRAPH_FLOAT32)
            return graph_fail(o->err,
                              "%s: input %.60s is %s; float32, int8 and uint8 are supported",
                              o->path, x->name, graph_type_name(x->type));
        for (int32_t k = 0; eight && k < o->n_nodes && !quant; k++)
            if (strcmp(o->nodes[k].op, "DequantizeLinear") == 0 &&
                o->nodes[k].in[0] == o->inputs[i])
                quant = onnx_node_quant(o, &o->nodes[k], &q);
        if (eight && !quant)
            return graph_fail(o->err, "%s: input %.60s is not followed by DequantizeLinear",
                              o->path, x->name);
        q.zp += x->type == GRAPH_UINT8 ? 128 : 0;
        list[i] = onnx_new_tensor(o, x->name, x->type, x->rank, x->dims, eight ? &q : NULL);
        if (list[i] < 0)
            return -1;
    }
    o->g->inputs = list;
    o->g->n_inputs = o->n_inputs;
    return list ? 0 : -1;
}

static int32_t lower_output(onnx_t *o, int32_t v) {
    onnx_value_t *x = &o->values[v];
    onnx_quant_t q;
    if (onnx_is(o, v, "QuantizeLinear")) {
        const onnx_node_t *n = &o->nodes[x->node];
        if (!onnx_node_quant(o, n, &q))
            return onnx_fail(o, n,
                             "only int8 and uint8 with one constant scale are supported here");
        int32_t t = onnx_tensor(o, n->in[0], q, false);
        if (t < 0 || x->type == GRAPH_INT8)
            return t;
        q.zp += 128;
        int32_t out = onnx_new_tensor(o, x->name, GRAPH_UINT8, x->rank, x->dims, &q);
        return onnx_new_op(o, GRAPH_OP_QUANTIZE, x->name, 1, &t, 1, &out) ? out : ONNX_NONE;
    }
    if (x->type != GRAPH_FLOAT32)
        return graph_fail(o->err, "%s: output %.60s is %s; float32, int8 and uint8 are supported",
                          o->path, x->name, graph_type_name(x->type));
    int32_t t = onnx_operand(o, v, false, &q);
    int32_t out =
        t < 0 ? ONNX_NONE : onnx_new_tensor(o, x->name, GRAPH_FLOAT32, x->rank, x->dims, NULL);
    return out >= 0 && onnx_new_op(o, GRAPH_OP_DEQUANTIZE, x->name, 1, &t, 1, &out) ? out
                                                                                    : ONNX_NONE;
}

int onnx_lower(onnx_t *o) {
    int32_t *list = onnx_alloc(o, (size_t)o->n_outputs * sizeof *list);
    if (!list || onnx_find_sources(o) || find_layouts(o) || lower_inputs(o))
        return -1;
    for (int32_t i = 0; i < o->n_outputs; i++)
        if ((list[i] = lower_output(o, o->outputs[i])) < 0)
            return -1;
    o->g->outputs = list;
    o->g->n_outputs = o->n_outputs;
    return 0;
}
