/*
 * onnx_ops_nn.c - Conv, Gemm, MatMul: operators with weights, and the product of two activations.
 *
 * Weights are int8 (or uint8 around 128) behind a DequantizeLinear, per tensor or per output
 * channel, symmetric. The bias becomes round(bias / (input scale * weight scale)), which is what
 * the quantiser stored where it stored int32. SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "onnx_internal.h"

typedef struct {
    const onnx_value_t *q; /* the int8 values */
    const float *scales;   /* (n_scales) */
    size_t n_scales;
    uint8_t flip; /* bytes ^ flip are int8 */
} weights_t;

/* v as symmetric weights whose channels lie along `axis`. */
static int weights(onnx_t *o, const onnx_node_t *n, int32_t v, int axis, weights_t *w) {
    if (!onnx_is(o, v, "DequantizeLinear"))
        return onnx_fail(o, n, "its weights are not quantised; quantise %s too", n->op);
    const onnx_node_t *d = &o->nodes[o->values[v].node];
    const onnx_value_t *s = d->n_in > 1 && d->in[1] >= 0 ? &o->values[d->in[1]] : NULL;
    const onnx_value_t *z = d->n_in > 2 && d->in[2] >= 0 ? &o->values[d->in[2]] : NULL;
    w->q = &o->values[d->in[0]];
    if (!w->q->data)
        return onnx_fail(o, n, "its weights are not constant");
    if (w->q->type != GRAPH_INT8 && w->q->type != GRAPH_UINT8)
        return onnx_fail(o, n, "its weights are %s, not int8", graph_type_name(w->q->type));
    if (!s || !s->data || s->type != GRAPH_FLOAT32)
        return onnx_fail(o, n, "the scale of its weights is not constant");
    w->scales = s->data;
    w->n_scales = s->elements;
    w->flip = w->q->type == GRAPH_UINT8 ? 0x80 : 0;
    int64_t at = onnx_attr_int(d, "axis", 1);
    at = at < 0 ? at + w->q->rank : at;
    if (w->n_scales != 1 && (at != axis || w->n_scales != (size_t)w->q->dims[axis]))
        return onnx_fail(o, n, "its weights are quantised along axis %d, not along output channels",
                         (int)at);
    for (size_t i = 0; i < w->n_scales; i++)
        if (!isfinite(w->scales[i]) || w->scales[i] <= 0)
            return onnx_fail(o, n, "a scale of its weights is not a positive number");
    static const char middle[] =
        "its weights have a zero point other than the middle of their type; quantise with "
        "weight_type=QuantType.QInt8";
    if (!z && w->flip)
        return onnx_fail(o, n, middle);
    for (size_t i = 0; z && i < z->elements; i++)
        if (!z->data || z->type != w->q->type || (((const uint8_t *)z->data)[i] ^ w->flip) != 0)
            return onnx_fail(o, n, middle);
    return 0;
}

/* Graph tensor of the weights; takes `data`, arranged already. */
static int32_t weight_tensor(onnx_t *o, const weights_t *w, int rank, const int32_t *dims,
                             int quant_dim, float factor, const int8_t *data) {
    int32_t t = onnx_new_const(o, w->q->name, GRAPH_INT8, rank, dims, NULL, data);
    float *scales = t < 0 ? NULL : onnx_alloc(o, w->n_scales * sizeof *scales);
    int32_t *zeros = scales ? onnx_alloc(o, w->n_scales * sizeof *zeros) : NULL;
    if (!zeros)
        return ONNX_NONE;
    for (size_t i = 0; i < w->n_scales; i++)
        scales[i] = w->scales[i] * factor;
    o->b.tensors[t].quant = (graph_quant_t){(int32_t)w->n_scales, quant_dim, scales, zeros};
    return t;
}

/* int32 bias of value v; GRAPH_ABSENT when v is ONNX_NONE; -2 and *err. */
static int32_t bias_tensor(onnx_t *o, const onnx_node_t *n, int32_t v, int32_t channels,
                           float in_scale, const weights_t *w) {
    if (v < 0)
        return GRAPH_ABSENT;
    const onnx_value_t *x = &o->values[v];
    float *f = onnx_floats(o, v);
    int32_t *b = f ? malloc((size_t)channels * sizeof *b) : NULL, t = -2;
    if (!f || (x->elements != (size_t)channels && x->elements != 1)) {
        onnx_fail(o, n, "its bias is not a constant of %d values", (int)channels);
    } else if (b) {
        for (int32_t c = 0; c < channels; c++) {
            double unit = (double)in_scale * (double)w->scales[w->n_scales == 1 ? 0 : c];
            double r = nearbyint((double)f[x->elements == 1 ? 0 : c] / unit);
            b[c] = r >= 2147483647.0    ? INT32_MAX
                   : r <= -2147483648.0 ? INT32_MIN
                   : r == r             ? (int32_t)r
                                        : 0;
        }
        t = onnx_new_const(o, x->name, GRAPH_INT32, 1, &channels, NULL, b);
        t = t < 0 ? -2 : t;
    } else {
        graph_fail(o->err, "%s: out of memory", o->path);
    }
    free(f);
    free(b);
    return t;
}

int onnx_lower_conv(onnx_t *o, const onnx_want_t *want) {
    const onnx_node_t *n = want->node;
    onnx_quant_t q;
    onnx_window_t win;
    weights_t w;
    int32_t x = onnx_operand(o, n->in[0], true, &q);
    if (x < 0 || weights(o, n, n->in[1], 0, &w))
        return -1;
    int32_t cout = w.q->dims[0], cin = w.q->dims[1], kw = w.q->dims[w.q->rank - 1];
    int32_t kh = w.q->rank == 4 ? w.q->dims[2] : 1;
    int64_t groups = onnx_attr_int(n, "group", 1);
    bool depthwise = groups == o->values[n->in[0]].dims[1] && groups > 1;
    if (onnx_window(o, n, &o->values[n->in[0]], (int64_t[]){kh, kw}, &win))
        return -1;
    int8_t *data = malloc(w.q->elements);
    if (!data)
        return graph_fail(o->err, "%s: out of memory", o->path);
    const uint8_t *from = w.q->data;
    for (int32_t c = 0; c < cout; c++)
        for (int32_t i = 0; i < cin; i++)
            for (int32_t k = 0; k < kh * kw; k++) { /* OIHW to OHWI, or to 1HWO */
                size_t at = depthwise ? (size_t)k * (size_t)cout + (size_t)c
                                      : ((size_t)c * (size_t)(kh * kw) + (size_t)k) * (size_t)cin +
                                            (size_t)i;
                data[at] = (int8_t)(from[((size_t)c * (size_t)cin + (size_t)i) * (size_t)(kh * kw) +
                                         (size_t)k] ^
                                    w.flip);
            }
    int32_t dims[4] = {depthwise ? 1 : cout, kh, kw, depthwise ? cout : cin};
    int32_t wt = weight_tensor(o, &w, 4, dims, depthwise ? 3 : 0, 1.0f, data);
    free(data);
    int32_t b = bias_tensor(o, n, n->n_in > 2 ? n->in[2] : ONNX_NONE, cout, q.scale, &w);
    if (wt < 0 || b == -2)
        return -1;
    int32_t out = onnx_new_like(o, want->v, want->q, true);
    graph_op_t *op = onnx_new_op(o, depthwise ? GRAPH_OP_DEPTHWISE_CONV_2D : GRAPH_OP_CONV_2D,
                                 want->name, b < 0 ? 2 : 3, (int32_t[]){x, wt, b}, 1, &out);
    if (!op)
        return -1;
    op->p.conv.padding = GRAPH_PAD_EXPLICIT;
    op->p.conv.stride_h = (int32_t)win.stride[0];
    op->p.conv.stride_w = (int32_t)win.stride[1];
    op->p.conv.dilation_h = (int32_t)win.dilation[0];
    op->p.conv.dilation_w = (int32_t)win.dilation[1];
    op->p.conv.depth_multiplier = depthwise ? cout / (int32_t)groups : 1;
    op->p.conv.act = want->act;
    op->p.conv.pad_top = (int32_t)win.before[0];
    op->p.conv.pad_bottom = (int32_t)win.after[0];
    op->p.conv.pad_left = (int32_t)win.before[1];
    op->p.conv.pad_right = (int32_t)win.after[1];
    return onnx_remember(o, want->v, want->q, true, out);
}

static int32_t factor(onnx_t *o, const onnx_node_t *n, int32_t v, onnx_quant_t *q) {
    if (!onnx_is_constant(o, v))
        return onnx_operand(o, v, false, q);
    return onnx_constant_quant(o, v, q) ? onnx_fail(o, n, "its constant cannot be read")
                                        : onnx_tensor(o, v, *q, false);
}

/* Product of two activations, or with a constant that is no layer's weights. */
static int lower_product(onnx_t *o, const onnx_want_t *want) {
    const onnx_node_t *n = want->node;
    bool gemm = strcmp(n->op, "Gemm") == 0;
    onnx_quant_t qa, qb;
    if (gemm && (n->n_in > 2 || onnx_attr_float(n, "alpha", 1) != 1))
        return onnx_fail(o, n,
                         "a product of activations with a third input or a factor is not "
                         "supported; write it as MatMul, Mul and Add");
    if (want->act != GRAPH_ACT_NONE)
        return onnx_fail(o, n,
                         "an activation right behind a product of activations is not supported");
    int32_t a = factor(o, n, n->in[0], &qa), b = a < 0 ? a : factor(o, n, n->in[1], &qb);
    if (gemm && onnx_attr_int(n, "transA", 0))
        a = onnx_exchanged(o, want->name, a, 0, qa);
    if (gemm && onnx_attr_int(n, "transB", 0))
        b = onnx_exchanged(o, want->name, b, 0, qb);
    int32_t out = a < 0 || b < 0 ? ONNX_NONE : onnx_new_like(o, want->v, want->q, false);
    return out >= 0 &&
                   onnx_new_op(o, GRAPH_OP_BATCH_MATMUL, want->name, 2, (int32_t[]){a, b}, 1, &out)
               ? onnx_remember(o, want->v, want->q, false, out)
               : -1;
}

/* A MatMul whose second input is a constant matrix. */
static bool has_weights(const onnx_t *o, const onnx_node_t *n) {
    const onnx_value_t *b = &o->values[n->in[1]];
    int32_t source = onnx_is(o, n->in[1], "DequantizeLinear") ? o->nodes[b->node].in[0] : ONNX_NONE;
    return source >= 0 && o->values[source].data && b->rank == 2;
}

/* Gemm or MatMul node n with that bias (ONNX_NONE: none) as want->v. */
static int fully_connected(onnx_t *o, const onnx_want_t *want, const onnx_node_t *n,
                           int32_t bias_value) {
    bool gemm = strcmp(n->op, "Gemm") == 0;
    bool trans_b = gemm && onnx_attr_int(n, "transB", 0);
    float alpha = gemm ? onnx_attr_float(n, "alpha", 1) : 1,
          beta = gemm ? onnx_attr_float(n, "beta", 1) : 1;
    onnx_quant_t q;
    weights_t w;
    if (alpha <= 0 || (beta != 1 && n->n_in > 2))
        return onnx_fail(o, n,
                         "a negative alpha and a beta other than 1 are not supported; make them "
                         "part of its weights and its bias");
    int32_t x = onnx_operand(o, n->in[0], false, &q);
    if (gemm && onnx_attr_int(n, "transA", 0))
        x = onnx_exchanged(o, want->name, x, 0, q);
    if (x < 0 || weights(o, n, n->in[1], trans_b ? 0 : 1, &w))
        return -1;
    int32_t cout = w.q->dims[trans_b ? 0 : 1], cin = w.q->dims[trans_b ? 1 : 0];
    int8_t *data = malloc(w.q->elements);
    if (!data)
        return graph_fail(o->err, "%s: out of memory", o->path);
    for (int32_t c = 0; c < cout; c++)
        for (int32_t i = 0; i < cin; i++) {
            size_t to = (size_t)c * (size_t)cin + (size_t)i,
                   from = trans_b ? to : (size_t)i * (size_t)cout + (size_t)c;
            data[to] = (int8_t)(((const uint8_t *)w.q->data)[from] ^ w.flip);
        }
    int32_t wt = weight_tensor(o, &w, 2, (int32_t[]){cout, cin}, 0, alpha, data);
    free(data);
    int32_t bias = bias_tensor(o, n, bias_value, cout, q.scale * alpha, &w);
    if (wt < 0 || bias == -2)
        return -1;
    int32_t out = onnx_new_like(o, want->v, want->q, false);
    graph_op_t *op = onnx_new_op(o, GRAPH_OP_FULLY_CONNECTED, want->name, bias < 0 ? 2 : 3,
                                 (int32_t[]){x, wt, bias}, 1, &out);
    if (!op)
        return -1;
    op->p.fc.act = want->act;
    op->p.fc.keep_num_dims = o->values[want->v].rank != 2;
    return onnx_remember(o, want->v, want->q, false, out);
}

int onnx_lower_gemm(onnx_t *o, const onnx_want_t *want) {
    const onnx_node_t *n = want->node;
    bool gemm = strcmp(n->op, "Gemm") == 0;
    return !has_weights(o, n) && (!gemm || onnx_is(o, n->in[1], "DequantizeLinear"))
               ? lower_product(o, want)
               : fully_connected(o, want, n, gemm && n->n_in > 2 ? n->in[2] : ONNX_NONE);
}

/* v, and what lies between it and onnx_behind(v), has one use. */
static bool used_once(const onnx_t *o, int32_t v) {
    for (int32_t end = onnx_behind(o, v); v != end; v = o->nodes[o->values[v].node].in[0])
        if (o->values[v].uses != 1)
            return false;
    return o->values[v].uses == 1;
}

int onnx_lower_biased(onnx_t *o, const onnx_want_t *want) {
    const onnx_node_t *n = want->node;
    for (int i = 0; strcmp(n->op, "Add") == 0 && i < 2; i++) {
        int32_t product = onnx_behind(o, n->in[i]), c = n->in[!i];
        const onnx_value_t *y = &o->values[want->v], *x = &o->values[c];
        if (!onnx_is(o, product, "MatMul") || !used_once(o, n->in[i]) ||
            !has_weights(o, &o->nodes[o->values[product].node]) || x->rank > y->rank ||
            (x->elements != 1 && x->elements != (size_t)x->dims[x->rank - 1]) ||
            (x->elements != 1 && x->dims[x->rank - 1] != y->dims[y->rank - 1]))
            continue;
        float *constant = onnx_floats(o, c);
        free(constant);
        if (constant)
            return fully_connected(o, want, &o->nodes[o->values[product].node], c) ? -1 : 1;
    }
    return 0;
}
