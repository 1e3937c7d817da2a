/*
 * random_graph.h - random networks of several operators, for test_compiler.c: branches, reshapes,
 * pads, gates, joins and splits, tensors read twice, several outputs, batches, NPU and CPU mixed.
 *
 * random_graph(seed, zeros) always gives the same graph; shapes and quantisation satisfy
 * ref_prepare(). SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_RANDOM_GRAPH_H
#define SYSTOLE_RANDOM_GRAPH_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../sw/graph/graph.h"

#define RG_OPS 16
#define RG_TENSORS (16 * RG_OPS)

typedef struct {
    graph_t *g;
    uint64_t state;
    int32_t live[RG_TENSORS], n_live; /* int8 activations that operators may read */
    int32_t outputs[RG_TENSORS];
    bool zeros; /* channels of zero weights, for what removes constants */
} rg_t;

static uint32_t rg_next(rg_t *r) {
    r->state = r->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(r->state >> 33);
}
static int32_t rg_range(rg_t *r, int32_t lo, int32_t hi) {
    return lo + (int32_t)(rg_next(r) % (uint32_t)(hi - lo + 1));
}

static int32_t rg_tensor(rg_t *r, graph_type_t type, int32_t rank, const int32_t *dims, float scale,
                         int32_t zp) {
    int32_t i = r->g->n_tensors++;
    graph_tensor_t *t = &r->g->tensors[i];
    float *s = graph_alloc(r->g, sizeof *s);
    int32_t *z = graph_alloc(r->g, sizeof *z);
    *s = scale;
    *z = zp;
    *t = (graph_tensor_t){.name = "t", .type = type, .rank = rank, .elements = 1};
    for (int32_t d = 0; d < rank; d++) {
        t->dims[d] = dims[d];
        t->elements *= (size_t)dims[d];
    }
    t->bytes = t->elements * graph_type_size(type);
    t->quant = (graph_quant_t){.n_scales = 1, .scales = s, .zero_points = z};
    return i;
}

static int32_t rg_constant(rg_t *r, graph_type_t type, int32_t rank, const int32_t *dims,
                           float scale, int32_t zp) {
    int32_t i = rg_tensor(r, type, rank, dims, scale, zp);
    graph_tensor_t *t = &r->g->tensors[i];
    uint8_t *bytes = graph_alloc(r->g, t->bytes);
    for (size_t k = 0; k < t->elements; k++)
        if (type == GRAPH_INT8)
            bytes[k] = (uint8_t)rg_range(r, -127, 127);
        else
            ((int32_t *)bytes)[k] = rg_range(r, -3000, 3000);
    t->data = bytes;
    return i;
}

static graph_op_t *rg_op(rg_t *r, graph_opcode_t code, int32_t n_in, const int32_t *in,
                         int32_t out) {
    graph_op_t *op = &r->g->ops[r->g->n_ops];
    int32_t *list = graph_alloc(r->g, sizeof *list * (size_t)(n_in + 1));
    memcpy(list, in, sizeof *list * (size_t)n_in);
    list[n_in] = out;
    *op = (graph_op_t){.code = code,
                       .type = graph_opcode_name(code),
                       .index = r->g->n_ops++,
                       .n_in = n_in,
                       .n_out = 1,
                       .in = list,
                       .out = list + n_in};
    if (r->g->tensors[out].type == GRAPH_INT8)
        r->live[r->n_live++] = out;
    return op;
}

/* A scale for each output channel, up to that of all. */
static void rg_scales(rg_t *r, int32_t w, int32_t outputs, int32_t dim) {
    graph_quant_t *q = &r->g->tensors[w].quant;
    float *scales = graph_alloc(r->g, sizeof *scales * (size_t)outputs);
    for (int32_t c = 0; c < outputs; c++)
        scales[c] = q->scales[0] * (float)rg_range(r, 1, 8) / 8.0f;
    *q = (graph_quant_t){outputs, dim, scales,
                         graph_alloc(r->g, sizeof *q->zero_points * (size_t)outputs)};
}

/* Zeros some output channels' weights, and those of some input channels; biases of 0 among the
 * others; scales for each channel. w: (outputs, taps, inputs), by_column: (taps, outputs). */
static void rg_zero(rg_t *r, int32_t w, int32_t b, int32_t outputs, int32_t inputs,
                    bool by_column) {
    int8_t *data = (int8_t *)r->g->tensors[w].data;
    int32_t rest = (int32_t)r->g->tensors[w].elements / outputs;
    int32_t often = r->zeros ? rg_range(r, 0, 4) : 0;
    for (int32_t c = 0; c < outputs && r->zeros; c++) {
        bool zero = rg_range(r, 0, 4) < often;
        for (int32_t i = 0; i < rest && zero; i++)
            data[by_column ? i * outputs + c : c * rest + i] = 0;
        if (b >= 0 && rg_range(r, 0, 2) == 0)
            ((int32_t *)r->g->tensors[b].data)[c] = 0;
    }
    if (r->zeros && rg_range(r, 0, 1))
        rg_scales(r, w, outputs, by_column ? 3 : 0);
    for (int32_t i = 0; i < inputs && r->zeros && !by_column; i++)
        if (rg_range(r, 0, 4) == 0)
            for (int32_t k = i; k < outputs * rest; k += inputs)
                data[k] = 0;
}

static int32_t rg_out_length(int32_t in, int32_t k, int32_t s, int32_t d, bool same) {
    int32_t effective = (k - 1) * d + 1;
    return same ? (in + s - 1) / s : in < effective ? 0 : (in - effective) / s + 1;
}

static void rg_conv(rg_t *r, int32_t in, bool depthwise) {
    const graph_tensor_t *x = &r->g->tensors[in];
    int32_t kh = rg_range(r, 1, 4), kw = rg_range(r, 1, 4), sy = rg_range(r, 1, 2), sx = sy;
    int32_t dy = sy > 1 ? 1 : rg_range(r, 1, 2), dx = dy, m = rg_range(r, 1, 4) == 1 ? 2 : 1;
    if (rg_range(r, 0, 3) == 0)
        kh = kw = sy = sx = dy = dx = 1;
    int32_t oc = depthwise ? x->dims[3] * m : rg_range(r, 1, 40);
    bool same = rg_range(r, 0, 2) > 0;
    int32_t oh = rg_out_length(x->dims[1], kh, sy, dy, same);
    int32_t ow = rg_out_length(x->dims[2], kw, sx, dx, same);
    if (oh < 1 || ow < 1)
        return;
    int32_t k = kh * kw * (depthwise ? 1 : x->dims[3]);
    float ws = 0.01f, xs = x->quant.scales[0], ys = xs * ws * 60.0f * sqrtf((float)k);
    int32_t w = rg_constant(
        r, GRAPH_INT8, 4,
        depthwise ? (int32_t[]){1, kh, kw, oc} : (int32_t[]){oc, kh, kw, x->dims[3]}, ws, 0);
    int32_t b = rg_constant(r, GRAPH_INT32, 1, (int32_t[]){oc}, xs * ws, 0);
    rg_zero(r, w, b, oc, x->dims[3], depthwise);
    int32_t y = rg_tensor(r, GRAPH_INT8, 4, (int32_t[]){x->dims[0], oh, ow, oc}, ys,
                          rg_range(r, -100, 100));
    graph_op_t *op = rg_op(r, depthwise ? GRAPH_OP_DEPTHWISE_CONV_2D : GRAPH_OP_CONV_2D,
                           rg_range(r, 2, 3), (int32_t[]){in, w, b}, y);
    op->p.conv.padding = same ? GRAPH_PAD_SAME : GRAPH_PAD_VALID;
    op->p.conv.stride_h = sy;
    op->p.conv.stride_w = sx;
    op->p.conv.dilation_h = dy;
    op->p.conv.dilation_w = dx;
    op->p.conv.depth_multiplier = m;
    op->p.conv.act = rg_range(r, 0, 1) ? GRAPH_ACT_RELU6 : GRAPH_ACT_NONE;
}

static void rg_fc(rg_t *r, int32_t in) {
    const graph_tensor_t *x = &r->g->tensors[in];
    int32_t batch = x->dims[0], depth = (int32_t)(x->elements / (size_t)batch);
    int32_t oc = rg_range(r, 1, 40);
    float ws = 0.01f, ys = x->quant.scales[0] * ws * 60.0f * sqrtf((float)depth);
    if (depth > 6000)
        return;
    int32_t w = rg_constant(r, GRAPH_INT8, 2, (int32_t[]){oc, depth}, ws, 0);
    rg_zero(r, w, GRAPH_ABSENT, oc, x->dims[x->rank - 1], false);
    int32_t y = rg_tensor(r, GRAPH_INT8, 2, (int32_t[]){batch, oc}, ys, rg_range(r, -100, 100));
    rg_op(r, GRAPH_OP_FULLY_CONNECTED, 2, (int32_t[]){in, w}, y);
}

static int32_t rg_int_list(rg_t *r, int32_t rank, const int32_t *dims, const int32_t *values) {
    int32_t i = rg_tensor(r, GRAPH_INT32, rank, dims, 1.0f, 0);
    graph_tensor_t *t = &r->g->tensors[i];
    int32_t *list = graph_alloc(r->g, t->bytes);
    memcpy(list, values, t->bytes);
    t->data = list;
    t->quant.n_scales = 0;
    return i;
}

static const graph_opcode_t rg_norms[] = {GRAPH_OP_SOFTMAX, GRAPH_OP_LOGISTIC,
                                          GRAPH_OP_LAYER_NORMALIZATION};

static void rg_same_shape(rg_t *r, int32_t in, graph_opcode_t code) {
    const graph_tensor_t *x = &r->g->tensors[in];
    float s = x->quant.scales[0];
    bool soft = code == GRAPH_OP_SOFTMAX || code == GRAPH_OP_LOGISTIC, tanh = code == GRAPH_OP_TANH;
    if (((soft || tanh) && s > 4.0f) || (code == GRAPH_OP_HARD_SWISH && s > 1.0f))
        return; /* beyond what the kernel takes */
    int32_t y = rg_tensor(r, GRAPH_INT8, x->rank, x->dims,
                          soft   ? 1.0f / 256
                          : tanh ? 1.0f / 128
                                 : s * 1.1f,
                          soft   ? -128
                          : tanh ? 0
                                 : rg_range(r, -100, 100));
    graph_op_t *op = rg_op(r, code, 1, &in, y);
    if (code == GRAPH_OP_SOFTMAX)
        op->p.softmax.beta = 1.0f;
    if (code == GRAPH_OP_LAYER_NORMALIZATION)
        op->p.norm.epsilon = 1e-5f;
    if (code == GRAPH_OP_LEAKY_RELU)
        op->p.leaky_relu.alpha = 0.1f;
}

/* ADD or SUB with a tensor of the same shape, itself, or a constant. */
static void rg_add(rg_t *r, int32_t in) {
    const graph_tensor_t *x = &r->g->tensors[in];
    int32_t other = rg_range(r, 0, 3) ? GRAPH_ABSENT : in;
    for (int32_t i = 0; i < r->n_live && other == GRAPH_ABSENT; i++) {
        const graph_tensor_t *t = &r->g->tensors[r->live[i]];
        if (r->live[i] != in && t->rank == x->rank &&
            memcmp(t->dims, x->dims, sizeof(int32_t) * (size_t)x->rank) == 0)
            other = r->live[i];
    }
    float s = x->quant.scales[0];
    if (other == GRAPH_ABSENT)
        other = rg_constant(r, GRAPH_INT8, x->rank, x->dims, s * 0.7f, 5);
    float t = r->g->tensors[other].quant.scales[0];
    int32_t y =
        rg_tensor(r, GRAPH_INT8, x->rank, x->dims, (s > t ? s : t) * 1.3f, rg_range(r, -100, 100));
    bool swap = rg_range(r, 0, 1);
    graph_opcode_t code = rg_range(r, 0, 3) ? GRAPH_OP_ADD : GRAPH_OP_SUB;
    rg_op(r, code, 2, (int32_t[]){swap ? other : in, swap ? in : other}, y)->p.binary.act =
        rg_range(r, 0, 1) ? GRAPH_ACT_RELU : GRAPH_ACT_NONE;
}

static void rg_binary(rg_t *r, int32_t in, int32_t other) {
    static const graph_opcode_t codes[5] = {GRAPH_OP_MUL, GRAPH_OP_MAXIMUM, GRAPH_OP_MINIMUM,
                                            GRAPH_OP_SUB, GRAPH_OP_ADD};
    const graph_tensor_t *x = &r->g->tensors[in], *b = &r->g->tensors[other];
    graph_opcode_t code = codes[rg_range(r, 0, 7) % 5];
    float s = x->quant.scales[0], t = b->quant.scales[0];
    float ys = code == GRAPH_OP_MUL ? s * t * 60.0f : (s > t ? s : t) * 1.3f;
    int32_t zp = rg_range(r, -100, 100);
    if (code == GRAPH_OP_MAXIMUM || code == GRAPH_OP_MINIMUM) {
        ys = s;
        zp = x->quant.zero_points[0];
    }
    bool swap = rg_range(r, 0, 1);
    int32_t y = rg_tensor(r, GRAPH_INT8, x->rank, x->dims, ys, zp);
    rg_op(r, code, 2, (int32_t[]){swap ? other : in, swap ? in : other}, y)->p.binary.act =
        code == GRAPH_OP_MUL && rg_range(r, 0, 1) ? GRAPH_ACT_RELU : GRAPH_ACT_NONE;
}

/* With a constant of any shape that broadcasts, in front or behind. */
static void rg_spread(rg_t *r, int32_t in) {
    const graph_tensor_t *x = &r->g->tensors[in];
    int32_t dims[4], from = rg_range(r, 0, x->rank - 1);
    for (int32_t d = 0; d < x->rank; d++)
        dims[d] = rg_range(r, 0, 1) ? x->dims[d] : 1;
    rg_binary(r, in,
              rg_constant(r, GRAPH_INT8, x->rank - from, dims + from, x->quant.scales[0] * 0.7f,
                          rg_range(r, -20, 20)));
}

/* CONCATENATION with another live tensor, itself or a constant, along any axis. */
static void rg_concat(rg_t *r, int32_t in) {
    const graph_tensor_t *x = &r->g->tensors[in];
    int32_t axis = rg_range(r, 1, x->rank - 1), list[3] = {in, in, in}, n = rg_range(r, 2, 3);
    int32_t dims[4];
    memcpy(dims, x->dims, sizeof dims);
    dims[axis] = 0;
    for (int32_t k = 0; k < n; k++) {
        if (k > 0 && rg_range(r, 0, 1)) {
            int32_t d[4];
            memcpy(d, x->dims, sizeof d);
            d[axis] = rg_range(r, 1, 20);
            list[k] =
                rg_constant(r, GRAPH_INT8, x->rank, d, x->quant.scales[0], x->quant.zero_points[0]);
        }
        for (int32_t i = 0; k > 0 && i < r->n_live; i++) {
            const graph_tensor_t *t = &r->g->tensors[r->live[i]];
            bool fits = t->rank == x->rank && t->quant.scales[0] == x->quant.scales[0] &&
                        t->quant.zero_points[0] == x->quant.zero_points[0] && rg_range(r, 0, 1);
            for (int32_t d = 0; d < x->rank; d++)
                fits = fits && (d == axis || t->dims[d] == x->dims[d]);
            if (fits)
                list[k] = r->live[i];
        }
        dims[axis] += r->g->tensors[list[k]].dims[axis];
    }
    int32_t y =
        rg_tensor(r, GRAPH_INT8, x->rank, dims, x->quant.scales[0], x->quant.zero_points[0]);
    if (r->g->tensors[y].elements < 60000)
        rg_op(r, GRAPH_OP_CONCATENATION, n, list, y)->p.concat.axis = axis;
}

/* STRIDED_SLICE, steps 1 to 3 and -1. */
static void rg_slice(rg_t *r, int32_t in) {
    const graph_tensor_t *x = &r->g->tensors[in];
    int32_t v[3][4], dims[4], rank[1] = {x->rank};
    for (int32_t d = 0; d < x->rank; d++) {
        int32_t from = rg_range(r, 0, x->dims[d] - 1), to = rg_range(r, from + 1, x->dims[d]);
        int32_t step = rg_range(r, 0, 2) ? 1 : rg_range(r, 2, 3);
        if (d == 0 || rg_range(r, 0, 2) == 0) {
            from = 0;
            to = x->dims[d];
            step = 1;
        }
        v[0][d] = from;
        v[1][d] = to;
        v[2][d] = step;
        dims[d] = (to - from + step - 1) / step;
        if (d > 0 && from > 0 && rg_range(r, 0, 5) == 0) { /* backwards */
            v[0][d] = to - 1;
            v[1][d] = from - 1;
            v[2][d] = -1;
            dims[d] = to - from;
        }
    }
    int32_t list[4] = {in, 0, 0, 0};
    for (int k = 0; k < 3; k++)
        list[1 + k] = rg_int_list(r, 1, rank, v[k]);
    int32_t y =
        rg_tensor(r, GRAPH_INT8, x->rank, dims, x->quant.scales[0], x->quant.zero_points[0]);
    rg_op(r, GRAPH_OP_STRIDED_SLICE, 4, list, y);
}

/* SPLIT in halves or thirds. */
static void rg_split(rg_t *r, int32_t in) {
    const graph_tensor_t *x = &r->g->tensors[in];
    int32_t axis = rg_range(r, 1, x->rank - 1), n = x->dims[axis] % 3 ? 2 : 3, dims[4], out[3];
    if (x->dims[axis] % n)
        return;
    memcpy(dims, x->dims, sizeof dims);
    dims[axis] /= n;
    int32_t list = rg_int_list(r, 1, (int32_t[]){1}, &axis);
    for (int32_t k = 0; k < n; k++)
        out[k] =
            rg_tensor(r, GRAPH_INT8, x->rank, dims, x->quant.scales[0], x->quant.zero_points[0]);
    graph_op_t *op = rg_op(r, GRAPH_OP_SPLIT, 2, (int32_t[]){list, in}, out[0]);
    int32_t *all = graph_alloc(r->g, sizeof out);
    memcpy(all, out, sizeof *all * (size_t)n);
    op->out = all;
    op->n_out = n;
    for (int32_t k = 1; k < n; k++)
        r->live[r->n_live++] = out[k];
}

/* TRANSPOSE of rows and columns, or of channels to the front; SPACE_TO_DEPTH, DEPTH_TO_SPACE. */
static void rg_shuffle(rg_t *r, int32_t in) {
    static const int32_t perms[3][4] = {{0, 2, 1, 3}, {0, 3, 1, 2}, {0, 3, 2, 1}};
    const graph_tensor_t *x = &r->g->tensors[in];
    const int32_t *d = x->dims, *perm = perms[rg_range(r, 0, 2)];
    int32_t to_depth[4] = {d[0], d[1] / 2, d[2] / 2, d[3] * 4};
    int32_t to_space[4] = {d[0], d[1] * 2, d[2] * 2, d[3] / 4};
    int32_t turned[4] = {d[0], d[perm[1]], d[perm[2]], d[perm[3]]};
    int32_t how = d[1] % 2 == 0 && d[2] % 2 == 0 && d[3] <= 16  ? 1
                  : d[3] % 4 == 0 && (int64_t)d[1] * d[2] < 300 ? 2
                                                                : 0;
    int32_t y = rg_tensor(r, GRAPH_INT8, 4,
                          how == 1 ? to_depth
                          : how    ? to_space
                                   : turned,
                          x->quant.scales[0], x->quant.zero_points[0]);
    if (how) {
        graph_opcode_t code = how == 1 ? GRAPH_OP_SPACE_TO_DEPTH : GRAPH_OP_DEPTH_TO_SPACE;
        rg_op(r, code, 1, &in, y)->p.block.size = 2;
        return;
    }
    int32_t list = rg_int_list(r, 1, (int32_t[]){4}, perm);
    rg_op(r, GRAPH_OP_TRANSPOSE, 2, (int32_t[]){in, list}, y);
}

static const graph_opcode_t rg_functions[7] = {
    GRAPH_OP_LOGISTIC,   GRAPH_OP_TANH, GRAPH_OP_HARD_SWISH, GRAPH_OP_RELU6,
    GRAPH_OP_LEAKY_RELU, GRAPH_OP_ELU,  GRAPH_OP_ABS};

/* y = x * f(x): a gate as in SiLU. */
static void rg_gate(rg_t *r, int32_t in) {
    int32_t before = r->n_live;
    rg_same_shape(r, in, rg_functions[rg_range(r, 0, 2)]);
    if (r->n_live > before)
        rg_binary(r, in, r->live[r->n_live - 1]);
}

/* Squeeze and excite: mean, two 1 x 1 convolutions, a gate for each channel. */
static void rg_excite(rg_t *r, int32_t in) {
    const graph_tensor_t *x = &r->g->tensors[in];
    int32_t n = x->dims[0], c = x->dims[3], few = rg_range(r, 1, 20);
    int32_t axes = rg_int_list(r, 1, (int32_t[]){2}, (int32_t[]){1, 2});
    int32_t v = rg_tensor(r, GRAPH_INT8, 4, (int32_t[]){n, 1, 1, c}, x->quant.scales[0] * 0.5f, 0);
    rg_op(r, GRAPH_OP_MEAN, 2, (int32_t[]){in, axes}, v)->p.reduce.keep_dims = true;
    for (int k = 0; k < 2; k++) {
        int32_t from = k ? few : c, to = k ? c : few;
        float s = r->g->tensors[v].quant.scales[0], out = s * 0.6f * sqrtf((float)from);
        int32_t w = rg_constant(r, GRAPH_INT8, 4, (int32_t[]){to, 1, 1, from}, 0.01f, 0);
        int32_t b = rg_constant(r, GRAPH_INT32, 1, (int32_t[]){to}, s * 0.01f, 0);
        rg_zero(r, w, b, to, from, false);
        int32_t y = rg_tensor(r, GRAPH_INT8, 4, (int32_t[]){n, 1, 1, to}, out, rg_range(r, -9, 9));
        graph_op_t *op = rg_op(r, GRAPH_OP_CONV_2D, 3, (int32_t[]){v, w, b}, y);
        op->p.conv.padding = GRAPH_PAD_VALID;
        op->p.conv.stride_h = op->p.conv.stride_w = 1;
        op->p.conv.dilation_h = op->p.conv.dilation_w = 1;
        op->p.conv.act = k ? GRAPH_ACT_NONE : GRAPH_ACT_RELU;
        v = y;
    }
    int32_t before = r->n_live;
    rg_same_shape(r, v, GRAPH_OP_LOGISTIC);
    rg_binary(r, in, r->n_live > before ? r->live[r->n_live - 1] : v);
}

static void rg_pool(rg_t *r, int32_t in) {
    const graph_tensor_t *x = &r->g->tensors[in];
    int32_t k = rg_range(r, 1, 3), s = rg_range(r, 1, 2);
    bool same = rg_range(r, 0, 1);
    int32_t oh = rg_out_length(x->dims[1], k, s, 1, same);
    int32_t ow = rg_out_length(x->dims[2], k, s, 1, same);
    if (oh < 1 || ow < 1)
        return;
    int32_t y = rg_tensor(r, GRAPH_INT8, 4, (int32_t[]){x->dims[0], oh, ow, x->dims[3]},
                          x->quant.scales[0], x->quant.zero_points[0]);
    graph_op_t *op =
        rg_op(r, rg_range(r, 0, 1) ? GRAPH_OP_MAX_POOL_2D : GRAPH_OP_AVERAGE_POOL_2D, 1, &in, y);
    op->p.pool.padding = same ? GRAPH_PAD_SAME : GRAPH_PAD_VALID;
    op->p.pool.filter_h = op->p.pool.filter_w = k;
    op->p.pool.stride_h = op->p.pool.stride_w = s;
}

static void rg_pad(rg_t *r, int32_t in) {
    const graph_tensor_t *x = &r->g->tensors[in];
    int32_t p[8] = {
        0, 0, rg_range(r, 0, 2), rg_range(r, 0, 2), rg_range(r, 0, 2), rg_range(r, 0, 2), 0, 0};
    int32_t list = rg_int_list(r, 2, (int32_t[]){4, 2}, p);
    int32_t y = rg_tensor(
        r, GRAPH_INT8, 4,
        (int32_t[]){x->dims[0], x->dims[1] + p[2] + p[3], x->dims[2] + p[4] + p[5], x->dims[3]},
        x->quant.scales[0], x->quant.zero_points[0]);
    rg_op(r, GRAPH_OP_PAD, 2, (int32_t[]){in, list}, y);
    if (rg_range(r, 0, 2))
        rg_conv(r, y, rg_range(r, 0, 1));
}

static void rg_mean(rg_t *r, int32_t in) {
    const graph_tensor_t *x = &r->g->tensors[in];
    int32_t axes = rg_int_list(r, 1, (int32_t[]){2}, (int32_t[]){1, 2});
    bool keep = rg_range(r, 0, 1), max = rg_range(r, 0, 2) == 0;
    int32_t y = rg_tensor(r, GRAPH_INT8, keep ? 4 : 2,
                          keep ? (int32_t[]){x->dims[0], 1, 1, x->dims[3]}
                               : (int32_t[]){x->dims[0], x->dims[3]},
                          x->quant.scales[0] * (max ? 1.0f : 0.5f),
                          max ? x->quant.zero_points[0] : rg_range(r, -50, 50));
    graph_opcode_t code = max ? GRAPH_OP_REDUCE_MAX : GRAPH_OP_MEAN;
    rg_op(r, code, 2, (int32_t[]){in, axes}, y)->p.reduce.keep_dims = keep;
}

/* RESHAPE: flattened, rows merged, or to one image for each row. */
static void rg_reshape(rg_t *r, int32_t in) {
    const graph_tensor_t *x = &r->g->tensors[in];
    int32_t flat[2] = {x->dims[0], (int32_t)(x->elements / (size_t)x->dims[0])};
    int32_t c = x->dims[x->rank - 1], pixels = (int32_t)(x->elements / (size_t)c);
    int32_t row[4] = {1, 1, pixels, c};
    bool two = rg_range(r, 0, 1);
    int32_t y = rg_tensor(r, GRAPH_INT8, two ? 2 : 4, two ? flat : row, x->quant.scales[0],
                          x->quant.zero_points[0]);
    int32_t shape = rg_int_list(r, 1, (int32_t[]){two ? 2 : 4}, two ? flat : row);
    rg_op(r, GRAPH_OP_RESHAPE, 2, (int32_t[]){in, shape}, y);
}

/* uint8 input or output through QUANTIZE. */
static int32_t rg_flip(rg_t *r, int32_t in, graph_type_t to) {
    const graph_tensor_t *x = &r->g->tensors[in];
    int32_t y = rg_tensor(r, to, x->rank, x->dims, x->quant.scales[0],
                          x->quant.zero_points[0] + (to == GRAPH_UINT8 ? 128 : -128));
    rg_op(r, GRAPH_OP_QUANTIZE, 1, &in, y);
    return y;
}

/* The rows of a tensor with each other: y = x x^T, perhaps z = y x or z = softmax(y) x; then the
 * same matrix for all. */
static void rg_attend(rg_t *r, int32_t in) {
    const graph_tensor_t *x = &r->g->tensors[in];
    int32_t rows = x->dims[x->rank - 2], depth = x->dims[x->rank - 1], dims[4];
    float s = x->quant.scales[0];
    if (rows > 70 || x->elements > 20000)
        return;
    memcpy(dims, x->dims, sizeof(int32_t) * (size_t)x->rank);
    dims[x->rank - 1] = rows;
    int32_t y = rg_tensor(r, GRAPH_INT8, x->rank, dims, s * s * 20.0f * sqrtf((float)depth),
                          rg_range(r, -100, 100));
    rg_op(r, GRAPH_OP_BATCH_MATMUL, 2, (int32_t[]){in, in}, y)->p.matmul.adj_y = true;
    if (rg_range(r, 0, 2) == 0)
        return;
    if (rg_range(r, 0, 1)) {
        rg_same_shape(r, y, GRAPH_OP_SOFTMAX);
        y = r->live[r->n_live - 1];
    }
    x = &r->g->tensors[in];
    float t = r->g->tensors[y].quant.scales[0];
    int32_t z = rg_tensor(r, GRAPH_INT8, x->rank, x->dims, s * t * 20.0f * sqrtf((float)rows),
                          rg_range(r, -100, 100));
    rg_op(r, GRAPH_OP_BATCH_MATMUL, 2, (int32_t[]){y, in}, z);
}

static int32_t rg_shape_as(rg_t *r, int32_t in, int32_t rank, const int32_t *dims) {
    const graph_tensor_t *x = &r->g->tensors[in];
    int32_t y = rg_tensor(r, GRAPH_INT8, rank, dims, x->quant.scales[0], x->quant.zero_points[0]);
    int32_t list = rg_int_list(r, 1, &rank, dims);
    rg_op(r, GRAPH_OP_RESHAPE, 2, (int32_t[]){in, list}, y);
    return y;
}

static int32_t rg_transpose(rg_t *r, int32_t in, const int32_t perm[4]) {
    const graph_tensor_t *x = &r->g->tensors[in];
    int32_t dims[4], rank = 4;
    for (int d = 0; d < 4; d++)
        dims[d] = x->dims[perm[d]];
    int32_t y = rg_tensor(r, GRAPH_INT8, 4, dims, x->quant.scales[0], x->quant.zero_points[0]);
    int32_t list = rg_int_list(r, 1, &rank, perm);
    rg_op(r, GRAPH_OP_TRANSPOSE, 2, (int32_t[]){in, list}, y);
    return y;
}

/* A pointwise convolution. */
static int32_t rg_pointwise(rg_t *r, int32_t in, int32_t oc) {
    const graph_tensor_t *x = &r->g->tensors[in];
    int32_t c = x->dims[3], dims[4] = {x->dims[0], x->dims[1], x->dims[2], oc};
    float xs = x->quant.scales[0], ws = 0.01f;
    int32_t w = rg_constant(r, GRAPH_INT8, 4, (int32_t[]){oc, 1, 1, c}, ws, 0);
    int32_t b = rg_constant(r, GRAPH_INT32, 1, (int32_t[]){oc}, xs * ws, 0);
    int32_t y = rg_tensor(r, GRAPH_INT8, 4, dims, xs * ws * 60.0f * sqrtf((float)c),
                          rg_range(r, -100, 100));
    graph_op_t *op = rg_op(r, GRAPH_OP_CONV_2D, 3, (int32_t[]){in, w, b}, y);
    op->p.conv.padding = GRAPH_PAD_SAME;
    op->p.conv.stride_h = op->p.conv.stride_w = 1;
    op->p.conv.dilation_h = op->p.conv.dilation_w = 1;
    return y;
}

/* Attention over the pixels of an image, its heads side by side in the channels. */
static void rg_heads(rg_t *r, int32_t in) {
    static const int32_t straight[4] = {0, 2, 1, 3}, turned[4] = {0, 2, 3, 1};
    const graph_tensor_t *x = &r->g->tensors[in];
    int32_t heads = rg_range(r, 1, 4), width = 4 << rg_range(r, 0, 3);
    if (x->dims[1] * x->dims[2] > 70)
        return;
    in = rg_pointwise(r, in, heads * width);
    x = &r->g->tensors[in];
    int32_t b = x->dims[0], tokens = x->dims[1] * x->dims[2], c = x->dims[3], image[4];
    memcpy(image, x->dims, sizeof image);
    float s = x->quant.scales[0];
    int32_t split = rg_shape_as(r, in, 4, (int32_t[]){b, tokens, heads, c / heads});
    int32_t q = rg_transpose(r, split, straight), turn = rg_range(r, 0, 1);
    int32_t k = turn || rg_range(r, 0, 1) ? rg_transpose(r, split, turn ? turned : straight) : q;
    int32_t y = rg_tensor(r, GRAPH_INT8, 4, (int32_t[]){b, heads, tokens, tokens},
                          s * s * 20.0f * sqrtf((float)(c / heads)), rg_range(r, -100, 100));
    rg_op(r, GRAPH_OP_BATCH_MATMUL, 2, (int32_t[]){q, k}, y)->p.matmul.adj_y = !turn;
    float t = r->g->tensors[y].quant.scales[0];
    int32_t v = rg_range(r, 0, 1) ? q : rg_transpose(r, split, straight);
    int32_t z = rg_tensor(r, GRAPH_INT8, 4, (int32_t[]){b, heads, tokens, c / heads},
                          s * t * 20.0f * sqrtf((float)tokens), rg_range(r, -100, 100));
    rg_op(r, GRAPH_OP_BATCH_MATMUL, 2, (int32_t[]){y, v}, z);
    z = rg_transpose(r, z, straight);
    rg_shape_as(r, z, 4, image);
}

static void rg_any(rg_t *r) {
    /* mostly the newest tensor, else any */
    int32_t in = r->live[rg_range(r, 0, 3) ? r->n_live - 1 : rg_range(r, 0, r->n_live - 1)];
    bool image = r->g->tensors[in].rank == 4;
    switch (rg_range(r, 0, r->zeros ? 44 : 29)) { /* the last ones: layers with weights */
    case 0:
        rg_fc(r, in);
        break;
    case 1:
    case 2:
    case 3:
        rg_add(r, in);
        break;
    case 4:
        rg_reshape(r, in);
        break;
    case 5:
        rg_same_shape(r, in, rg_norms[rg_range(r, 0, 2)]);
        break;
    case 6:
        rg_same_shape(r, in, GRAPH_OP_QUANTIZE);
        break;
    case 7:
        if (image)
            rg_pool(r, in);
        break;
    case 8:
        if (image)
            rg_pad(r, in);
        break;
    case 9:
        if (image)
            rg_mean(r, in);
        break;
    case 10:
        rg_same_shape(r, in, rg_functions[rg_range(r, 0, 6)]);
        break;
    case 11:
        rg_spread(r, in);
        break;
    case 12:
        rg_gate(r, in);
        break;
    case 13:
        if (image)
            rg_excite(r, in);
        break;
    case 14:
    case 15:
        rg_concat(r, in);
        break;
    case 16:
        rg_slice(r, in);
        break;
    case 17:
        rg_split(r, in);
        break;
    case 18:
        if (image)
            rg_shuffle(r, in);
        break;
    case 19:
    case 20:
        rg_attend(r, in);
        break;
    case 21:
    case 22:
        if (image)
            rg_heads(r, in);
        break;
    default:
        if (image)
            rg_conv(r, in, rg_range(r, 0, 2) == 0);
        else
            rg_fc(r, in);
        break;
    }
}

/* graph_free() it. */
static graph_t *random_graph(uint64_t seed, bool zeros) {
    rg_t r = {.g = graph_new("random", "random"), .state = seed * 7919 + 17, .zeros = zeros};
    for (int i = 0; i < 5; i++)
        rg_next(&r);
    graph_t *g = r.g;
    g->tensors = graph_alloc(g, sizeof *g->tensors * RG_TENSORS);
    g->ops = graph_alloc(g, sizeof *g->ops * 4 * RG_OPS);
    int32_t dims[4] = {rg_range(&r, 0, 3) ? 1 : 2, rg_range(&r, 1, 24), rg_range(&r, 1, 24),
                       rg_range(&r, 0, 1) ? rg_range(&r, 1, 4) : rg_range(&r, 1, 40)};
    bool bytes = rg_range(&r, 0, 3) == 0;
    int32_t *inputs = graph_alloc(g, sizeof *inputs);
    inputs[0] = rg_tensor(&r, bytes ? GRAPH_UINT8 : GRAPH_INT8, 4, dims, 0.05f,
                          rg_range(&r, -60, 60) + (bytes ? 128 : 0));
    g->inputs = inputs;
    g->n_inputs = 1;
    if (bytes)
        rg_flip(&r, inputs[0], GRAPH_INT8);
    else
        r.live[r.n_live++] = inputs[0];
    int32_t want = rg_range(&r, 1, RG_OPS - 4);
    while (g->n_ops < want)
        rg_any(&r);
    /* outputs: the newest, perhaps as uint8, and perhaps others */
    int32_t *outputs = graph_alloc(g, sizeof *outputs * RG_TENSORS);
    g->outputs = outputs;
    for (int32_t i = 0; i + 1 < r.n_live; i++)
        if (rg_range(&r, 0, 6) == 0 && r.live[i] != inputs[0])
            outputs[g->n_outputs++] = r.live[i];
    int32_t last = r.live[r.n_live - 1];
    outputs[g->n_outputs++] = rg_range(&r, 0, 3) ? last : rg_flip(&r, last, GRAPH_UINT8);
    return g;
}

#endif
