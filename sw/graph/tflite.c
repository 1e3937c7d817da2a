/*
 * tflite.c - .tflite (FlatBuffers, TFLite schema version 3) into a graph.
 *
 * Contract:  bytes are untrusted: everything is read through flatbuf.h's cursor; every index, size
 * and order is checked; memory stays below 16 times the file's size + 64 MiB. Only subgraph 0 is
 * read. To add an operator: a line in `operators`, a parser if it has options, its name in graph.h.
 * Source:    tensorflow/compiler/mlir/lite/schema/schema.fbs (field numbers below are positions in
 * its tables). SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "flatbuf.h"
#include "graph.h"
#include "tflite_names.h"

typedef struct {
    fb_t fb;
    graph_t *g;
    graph_error_t *err;
    size_t budget; /* bytes that may still be allocated */
    fb_vector_t buffers;
    fb_vector_t codes;
} reader_t;

static void *alloc(reader_t *r, size_t size) {
    if (size > r->budget) {
        graph_fail(r->err, "%s: lists repeat without bound (corrupt)", r->g->path);
        return NULL;
    }
    r->budget -= size;
    void *p = graph_alloc(r->g, size);
    if (!p)
        graph_fail(r->err, "%s: out of memory", r->g->path);
    return p;
}

/* The cursor's fault, if there is one, as the error. */
static int check(reader_t *r, const char *where) {
    if (r->fb.fault)
        return graph_fail(r->err, "%s: %s: %s", r->g->path, where, r->fb.fault);
    return 0;
}

/* ---- options, by operator: field numbers as in the schema's option table ---- */

typedef const char *(*options_t)(fb_t *, fb_table_t,
                                 graph_params_t *); /* NULL or the reason for refusing */

static const char *read_act(fb_t *fb, fb_table_t t, int field, graph_act_t *act) {
    static const char *const refused[] = {"fused activation TANH is not supported",
                                          "fused activation SIGN_BIT is not supported"};
    int32_t a = fb_i8(fb, t, field, 0);
    if (a == 4 || a == 5)
        return refused[a - 4];
    if (a < 0 || a > 5)
        return "unknown fused activation (corrupt)";
    *act = (graph_act_t)a; /* same numbers */
    return NULL;
}

static const char *read_padding(fb_t *fb, fb_table_t t, int field, graph_padding_t *padding) {
    int32_t p = fb_i8(fb, t, field, 0);
    if (p != 0 && p != 1)
        return "unknown padding (corrupt)";
    *padding = p ? GRAPH_PAD_VALID : GRAPH_PAD_SAME;
    return NULL;
}

static const char *conv_common(graph_params_t *p) {
    if (p->conv.stride_h < 1 || p->conv.stride_w < 1)
        return "stride below 1";
    if (p->conv.dilation_h < 1 || p->conv.dilation_w < 1)
        return "dilation below 1";
    return NULL;
}

static const char *opt_conv(fb_t *fb, fb_table_t t, graph_params_t *p) {
    const char *why = read_padding(fb, t, 0, &p->conv.padding);
    p->conv.stride_w = fb_i32(fb, t, 1, 0);
    p->conv.stride_h = fb_i32(fb, t, 2, 0);
    why = why ? why : read_act(fb, t, 3, &p->conv.act);
    p->conv.dilation_w = fb_i32(fb, t, 4, 1);
    p->conv.dilation_h = fb_i32(fb, t, 5, 1);
    p->conv.depth_multiplier = 1;
    return why ? why : conv_common(p);
}

static const char *opt_depthwise(fb_t *fb, fb_table_t t, graph_params_t *p) {
    const char *why = read_padding(fb, t, 0, &p->conv.padding);
    p->conv.stride_w = fb_i32(fb, t, 1, 0);
    p->conv.stride_h = fb_i32(fb, t, 2, 0);
    p->conv.depth_multiplier = fb_i32(fb, t, 3, 0); /* informative: shapes decide */
    why = why ? why : read_act(fb, t, 4, &p->conv.act);
    p->conv.dilation_w = fb_i32(fb, t, 5, 1);
    p->conv.dilation_h = fb_i32(fb, t, 6, 1);
    return why ? why : conv_common(p);
}

static const char *opt_pool(fb_t *fb, fb_table_t t, graph_params_t *p) {
    const char *why = read_padding(fb, t, 0, &p->pool.padding);
    p->pool.stride_w = fb_i32(fb, t, 1, 0);
    p->pool.stride_h = fb_i32(fb, t, 2, 0);
    p->pool.filter_w = fb_i32(fb, t, 3, 0);
    p->pool.filter_h = fb_i32(fb, t, 4, 0);
    why = why ? why : read_act(fb, t, 5, &p->pool.act);
    if (!why && (p->pool.stride_w < 1 || p->pool.stride_h < 1))
        why = "stride below 1";
    if (!why && (p->pool.filter_w < 1 || p->pool.filter_h < 1))
        why = "filter size below 1";
    return why;
}

static const char *opt_fc(fb_t *fb, fb_table_t t, graph_params_t *p) {
    p->fc.keep_num_dims = fb_i8(fb, t, 2, 0) != 0;
    if (fb_i8(fb, t, 1, 0) != 0)
        return "shuffled weights are not supported";
    return read_act(fb, t, 0, &p->fc.act);
}

static const char *opt_binary(fb_t *fb, fb_table_t t, graph_params_t *p) {
    return read_act(fb, t, 0, &p->binary.act);
}

static const char *opt_reduce(fb_t *fb, fb_table_t t, graph_params_t *p) {
    p->reduce.keep_dims = fb_i8(fb, t, 0, 0) != 0;
    return NULL;
}

static const char *opt_softmax(fb_t *fb, fb_table_t t, graph_params_t *p) {
    p->softmax.beta = fb_f32(fb, t, 0, 0.0f);
    return p->softmax.beta > 0.0f && isfinite(p->softmax.beta) ? NULL : "beta is not positive";
}

static const char *opt_leaky(fb_t *fb, fb_table_t t, graph_params_t *p) {
    p->leaky_relu.alpha = fb_f32(fb, t, 0, 0.0f);
    return isfinite(p->leaky_relu.alpha) ? NULL : "alpha is not a number";
}

static const char *opt_concat(fb_t *fb, fb_table_t t, graph_params_t *p) {
    p->concat.axis = fb_i32(fb, t, 0, 0);
    return read_act(fb, t, 1, &p->concat.act);
}

static const char *opt_pack(fb_t *fb, fb_table_t t, graph_params_t *p) {
    p->pack.axis = fb_i32(fb, t, 1, 0);
    return NULL;
}

static const char *opt_slice(fb_t *fb, fb_table_t t, graph_params_t *p) {
    p->strided_slice.begin_mask = fb_i32(fb, t, 0, 0);
    p->strided_slice.end_mask = fb_i32(fb, t, 1, 0);
    p->strided_slice.ellipsis_mask = fb_i32(fb, t, 2, 0);
    p->strided_slice.new_axis_mask = fb_i32(fb, t, 3, 0);
    p->strided_slice.shrink_mask = fb_i32(fb, t, 4, 0);
    return NULL;
}

static const char *opt_transpose_conv(fb_t *fb, fb_table_t t, graph_params_t *p) {
    const char *why = read_padding(fb, t, 0, &p->conv.padding);
    p->conv.stride_w = fb_i32(fb, t, 1, 0);
    p->conv.stride_h = fb_i32(fb, t, 2, 0);
    why = why ? why : read_act(fb, t, 3, &p->conv.act);
    p->conv.dilation_w = p->conv.dilation_h = p->conv.depth_multiplier = 1;
    return why ? why : conv_common(p);
}

static const char *opt_unpack(fb_t *fb, fb_table_t t, graph_params_t *p) {
    p->pack.axis = fb_i32(fb, t, 1, 0);
    return NULL;
}

static const char *opt_matmul(fb_t *fb, fb_table_t t, graph_params_t *p) {
    p->matmul.adj_x = fb_i8(fb, t, 0, 0) != 0;
    p->matmul.adj_y = fb_i8(fb, t, 1, 0) != 0;
    return NULL;
}

static const char *opt_gather(fb_t *fb, fb_table_t t, graph_params_t *p) {
    p->gather.axis = fb_i32(fb, t, 0, 0);
    p->gather.batch_dims = fb_i32(fb, t, 1, 0);
    return NULL;
}

static const char *opt_bilinear(fb_t *fb, fb_table_t t, graph_params_t *p) {
    p->resize.align_corners = fb_i8(fb, t, 2, 0) != 0;
    p->resize.half_pixel_centers = fb_i8(fb, t, 3, 0) != 0;
    return NULL;
}

static const char *opt_nearest(fb_t *fb, fb_table_t t, graph_params_t *p) {
    p->resize.align_corners = fb_i8(fb, t, 0, 0) != 0;
    p->resize.half_pixel_centers = fb_i8(fb, t, 1, 0) != 0;
    return NULL;
}

static const char *opt_block(fb_t *fb, fb_table_t t, graph_params_t *p) {
    p->block.size = fb_i32(fb, t, 0, 0);
    return p->block.size >= 1 && p->block.size < 1 << 15 ? NULL : "block size out of range";
}

static const char *opt_gelu(fb_t *fb, fb_table_t t, graph_params_t *p) {
    p->gelu.approximate = fb_i8(fb, t, 0, 0) != 0;
    return NULL;
}

static const struct {
    int32_t builtin; /* enum BuiltinOperator */
    graph_opcode_t code;
    int32_t options_type; /* place in union BuiltinOptions, 0: none needed */
    options_t read;
} operators[] = {
    {0, GRAPH_OP_ADD, 11, opt_binary},
    {1, GRAPH_OP_AVERAGE_POOL_2D, 5, opt_pool},
    {2, GRAPH_OP_CONCATENATION, 10, opt_concat},
    {3, GRAPH_OP_CONV_2D, 1, opt_conv},
    {4, GRAPH_OP_DEPTHWISE_CONV_2D, 2, opt_depthwise},
    {5, GRAPH_OP_DEPTH_TO_SPACE, 94, opt_block},
    {6, GRAPH_OP_DEQUANTIZE, 0, NULL},
    {9, GRAPH_OP_FULLY_CONNECTED, 8, opt_fc},
    {14, GRAPH_OP_LOGISTIC, 0, NULL},
    {17, GRAPH_OP_MAX_POOL_2D, 5, opt_pool},
    {18, GRAPH_OP_MUL, 21, opt_binary},
    {19, GRAPH_OP_RELU, 0, NULL},
    {21, GRAPH_OP_RELU6, 0, NULL},
    {22, GRAPH_OP_RESHAPE, 0, NULL},
    {23, GRAPH_OP_RESIZE_BILINEAR, 15, opt_bilinear},
    {25, GRAPH_OP_SOFTMAX, 9, opt_softmax},
    {26, GRAPH_OP_SPACE_TO_DEPTH, 19, opt_block},
    {28, GRAPH_OP_TANH, 0, NULL},
    {34, GRAPH_OP_PAD, 0, NULL},
    {36, GRAPH_OP_GATHER, 23, opt_gather},
    {37, GRAPH_OP_BATCH_TO_SPACE_ND, 0, NULL},
    {38, GRAPH_OP_SPACE_TO_BATCH_ND, 0, NULL},
    {39, GRAPH_OP_TRANSPOSE, 0, NULL},
    {40, GRAPH_OP_MEAN, 27, opt_reduce},
    {41, GRAPH_OP_SUB, 28, opt_binary},
    {43, GRAPH_OP_RESHAPE, 0, NULL}, /* SQUEEZE: the output's shape says all */
    {45, GRAPH_OP_STRIDED_SLICE, 32, opt_slice},
    {49, GRAPH_OP_SPLIT, 0, NULL},
    {54, GRAPH_OP_PRELU, 0, NULL},
    {55, GRAPH_OP_MAXIMUM, 0, NULL},
    {56, GRAPH_OP_ARG_MAX, 0, NULL},
    {57, GRAPH_OP_MINIMUM, 0, NULL},
    {60, GRAPH_OP_PADV2, 0, NULL},
    {65, GRAPH_OP_SLICE, 0, NULL},
    {67, GRAPH_OP_TRANSPOSE_CONV, 49, opt_transpose_conv},
    {70, GRAPH_OP_RESHAPE, 0, NULL}, /* EXPAND_DIMS */
    {74, GRAPH_OP_SUM, 27, opt_reduce},
    {76, GRAPH_OP_RSQRT, 0, NULL},
    {79, GRAPH_OP_ARG_MIN, 0, NULL},
    {82, GRAPH_OP_REDUCE_MAX, 27, opt_reduce},
    {83, GRAPH_OP_PACK, 59, opt_pack},
    {88, GRAPH_OP_UNPACK, 64, opt_unpack},
    {97, GRAPH_OP_RESIZE_NEAREST_NEIGHBOR, 74, opt_nearest},
    {98, GRAPH_OP_LEAKY_RELU, 75, opt_leaky},
    {99, GRAPH_OP_SQUARED_DIFFERENCE, 0, NULL},
    {101, GRAPH_OP_ABS, 0, NULL},
    {102, GRAPH_OP_SPLIT_V, 0, NULL},
    {111, GRAPH_OP_ELU, 0, NULL},
    {114, GRAPH_OP_QUANTIZE, 0, NULL},
    {117, GRAPH_OP_HARD_SWISH, 0, NULL},
    {126, GRAPH_OP_BATCH_MATMUL, 101, opt_matmul},
    {150, GRAPH_OP_GELU, 116, opt_gelu},
};

/* ---- tensors ---- */

static graph_type_t tensor_type(int32_t t) {
    static const graph_type_t map[] = {GRAPH_FLOAT32, GRAPH_FLOAT16, GRAPH_INT32,
                                       GRAPH_UINT8,   GRAPH_INT64,   GRAPH_TYPE_UNKNOWN,
                                       GRAPH_BOOL,    GRAPH_INT16,   GRAPH_TYPE_UNKNOWN,
                                       GRAPH_INT8,    GRAPH_FLOAT64};
    return t >= 0 && t < (int32_t)(sizeof map / sizeof map[0]) ? map[t] : GRAPH_TYPE_UNKNOWN;
}

/* A printable copy of a string, at most 255 characters. */
static const char *read_string(reader_t *r, fb_table_t t, int field) {
    fb_vector_t v = fb_vector(&r->fb, t, field, 1);
    size_t n = v.n < 255 ? v.n : 255;
    char *s = alloc(r, n + 1);
    if (!s)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = r->fb.bytes[v.pos + i];
        s[i] = (char)(c < 0x20 || c == 0x7f ? '?' : c);
    }
    return s;
}

static int read_quant(reader_t *r, fb_table_t t, graph_tensor_t *x) {
    fb_table_t q = fb_table(&r->fb, t, 4);
    fb_vector_t scales = fb_vector(&r->fb, q, 2, 4);
    fb_vector_t zeros = fb_vector(&r->fb, q, 3, 8);
    int32_t dim = fb_i32(&r->fb, q, 6, 0);
    if (check(r, x->name) || scales.n == 0)
        return r->fb.fault ? -1 : 0;
    if (scales.n > 1 && (dim < 0 || dim >= x->rank || x->dims[dim] != (int32_t)scales.n))
        return graph_fail(r->err, "%s: tensor %s: %u scales do not fit its shape", r->g->path,
                          x->name, (unsigned)scales.n);
    if (zeros.n > 1 && zeros.n != scales.n)
        return graph_fail(r->err, "%s: tensor %s: %u zero points for %u scales", r->g->path,
                          x->name, (unsigned)zeros.n, (unsigned)scales.n);
    float *scale = alloc(r, scales.n * sizeof *scale);
    int32_t *zero = alloc(r, scales.n * sizeof *zero);
    if (!scale || !zero)
        return -1;
    for (uint32_t i = 0; i < scales.n; i++) {
        int64_t z = zeros.n == 0 ? 0 : fb_i64_at(&r->fb, zeros, zeros.n == 1 ? 0 : i);
        scale[i] = fb_f32_at(&r->fb, scales, i);
        if (!isfinite(scale[i]) || scale[i] < 0.0f)
            return graph_fail(r->err, "%s: tensor %s: scale %u is not a positive number",
                              r->g->path, x->name, (unsigned)i);
        if (z < INT32_MIN || z > INT32_MAX)
            return graph_fail(r->err, "%s: tensor %s: zero point out of range", r->g->path,
                              x->name);
        zero[i] = (int32_t)z;
    }
    x->quant = (graph_quant_t){(int32_t)scales.n, dim, scale, zero};
    return 0;
}

static int read_data(reader_t *r, fb_table_t t, graph_tensor_t *x) {
    uint32_t index = (uint32_t)fb_i32(&r->fb, t, 2, 0);
    if (index == 0)
        return check(r, x->name);
    if (index >= r->buffers.n)
        return graph_fail(r->err, "%s: tensor %s: buffer %u does not exist", r->g->path, x->name,
                          (unsigned)index);
    fb_table_t b = fb_table_at(&r->fb, r->buffers, index);
    fb_vector_t bytes = fb_vector(&r->fb, b, 0, 1);
    uint64_t pos = bytes.pos, n = bytes.n;
    uint64_t far = fb_field_u64(&r->fb, b, 1, 0); /* data behind the FlatBuffer, files over 2 GB */
    if (n == 0 && far > 1) {
        pos = far;
        n = fb_field_u64(&r->fb, b, 2, 0);
        if (pos > r->fb.size || n > r->fb.size - pos)
            return graph_fail(r->err, "%s: tensor %s: data lies outside the file", r->g->path,
                              x->name);
    }
    if (check(r, x->name))
        return -1;
    if (n == 0)
        return 0;
    bool known = x->type != GRAPH_TYPE_UNKNOWN;
    if (known && n != x->bytes)
        return graph_fail(r->err, "%s: tensor %s: %llu bytes of data, its shape needs %zu",
                          r->g->path, x->name, (unsigned long long)n, x->bytes);
    void *copy = alloc(r, (size_t)n);
    if (!copy)
        return -1;
    memcpy(copy, r->fb.bytes + pos, (size_t)n);
    x->data = copy;
    x->bytes = (size_t)n;
    return 0;
}

static int read_tensor(reader_t *r, fb_table_t t, graph_tensor_t *x) {
    fb_vector_t shape = fb_vector(&r->fb, t, 0, 4);
    x->name = read_string(r, t, 3);
    if (!x->name || check(r, "tensor"))
        return -1;
    if (shape.n > GRAPH_MAX_RANK)
        return graph_fail(r->err, "%s: tensor %s: %u dimensions, at most %d are supported",
                          r->g->path, x->name, (unsigned)shape.n, GRAPH_MAX_RANK);
    x->rank = (int32_t)shape.n;
    x->elements = 1;
    x->type = tensor_type(fb_i8(&r->fb, t, 1, 0));
    if (fb_has(&r->fb, t, 6)) /* sparse storage: not what its shape says */
        x->type = GRAPH_TYPE_UNKNOWN;
    x->is_variable = fb_i8(&r->fb, t, 5, 0) != 0;
    size_t elem = graph_type_size(x->type);
    for (uint32_t d = 0; d < shape.n; d++) {
        int32_t n = fb_i32_at(&r->fb, shape, d);
        if (n < 0)
            return graph_fail(r->err, "%s: tensor %s: dimension %u is negative (dynamic?)",
                              r->g->path, x->name, (unsigned)d);
        x->dims[d] = n;
        if (n > 0 && x->elements > (size_t)INT32_MAX / (size_t)n / (elem ? elem : 1))
            return graph_fail(r->err, "%s: tensor %s: larger than 2 GiB", r->g->path, x->name);
        x->elements *= (size_t)n;
    }
    x->bytes = x->elements * elem;
    return read_quant(r, t, x) || read_data(r, t, x) ? -1 : 0;
}

/* ---- operators ---- */

/* A list of tensor indices; absent (-1) only where allowed. */
static const int32_t *read_indices(reader_t *r, fb_vector_t v, bool optional, const char *what) {
    int32_t *list = alloc(r, (size_t)v.n * sizeof *list);
    for (uint32_t i = 0; list && i < v.n; i++) {
        list[i] = fb_i32_at(&r->fb, v, i);
        if (list[i] < (optional ? -1 : 0) || list[i] >= r->g->n_tensors) {
            graph_fail(r->err, "%s: %s: tensor %d does not exist", r->g->path, what, (int)list[i]);
            return NULL;
        }
    }
    return list;
}

/* The first name of a fused layer's list "a;b;c". */
static const char *short_name(reader_t *r, const graph_op_t *op) {
    const char *full = graph_op_name(r->g, op);
    size_t n = strcspn(full, ";");
    char *name = alloc(r, n + 1);
    if (name)
        memcpy(name, full, n);
    return name;
}

static const char *unsupported_name(reader_t *r, int32_t builtin, fb_table_t code) {
    if (builtin == 32) { /* CUSTOM */
        const char *custom = read_string(r, code, 1);
        return custom && *custom ? custom : "CUSTOM";
    }
    size_t known = sizeof tflite_names / sizeof tflite_names[0];
    if (builtin >= 0 && (size_t)builtin < known)
        return tflite_names[builtin];
    char *name = alloc(r, 32);
    if (name)
        snprintf(name, 32, "BUILTIN_%d", (int)builtin);
    return name;
}

static int read_op(reader_t *r, fb_table_t t, graph_op_t *op) {
    fb_vector_t in = fb_vector(&r->fb, t, 1, 4), out = fb_vector(&r->fb, t, 2, 4);
    uint32_t code_index = (uint32_t)fb_i32(&r->fb, t, 0, 0);
    char where[32];
    snprintf(where, sizeof where, "operator #%d", (int)op->index);
    if (check(r, where))
        return -1;
    if (code_index >= r->codes.n)
        return graph_fail(r->err, "%s: %s: code %u does not exist", r->g->path, where,
                          (unsigned)code_index);
    fb_table_t code = fb_table_at(&r->fb, r->codes, code_index);
    int32_t old = fb_i8(&r->fb, code, 0, 0), builtin = fb_i32(&r->fb, code, 3, 0);
    builtin = old > builtin ? old : builtin; /* schema: the larger of the two fields holds */
    op->n_in = (int32_t)in.n;
    op->n_out = (int32_t)out.n;
    op->in = read_indices(r, in, true, where);
    op->out = op->in ? read_indices(r, out, false, where) : NULL;
    if (!op->in || !op->out || check(r, where))
        return -1;
    op->name = op->n_out > 0 ? short_name(r, op) : "";
    if (!op->name)
        return -1;
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        if (operators[i].builtin != builtin)
            continue;
        op->code = operators[i].code;
        op->type = tflite_names[builtin];
        if (!operators[i].read)
            return 0;
        int32_t type = fb_i8(&r->fb, t, 3, 0);
        if (type != operators[i].options_type && type != 0)
            return graph_fail_op(r->err, r->g, op, "options of another operator (corrupt)");
        const char *why = operators[i].read(&r->fb, fb_table(&r->fb, t, 4), &op->p);
        if (check(r, where))
            return -1;
        return why ? graph_fail_op(r->err, r->g, op, "%s", why) : 0;
    }
    op->code = GRAPH_OP_UNSUPPORTED;
    op->type = unsupported_name(r, builtin, code);
    return op->type ? check(r, where) : -1;
}

/* Every tensor is written once, and before it is read. */
static int check_order(reader_t *r) {
    graph_t *g = r->g;
    uint8_t *known = alloc(r, (size_t)g->n_tensors);
    if (!known)
        return -1;
    for (int32_t i = 0; i < g->n_tensors; i++)
        known[i] = g->tensors[i].data || g->tensors[i].is_variable || g->tensors[i].elements == 0;
    for (int32_t i = 0; i < g->n_inputs; i++) {
        if (known[g->inputs[i]])
            return graph_fail(r->err, "%s: input %d is constant or listed twice", g->path, (int)i);
        known[g->inputs[i]] = 1;
    }
    for (int32_t i = 0; i < g->n_ops; i++) {
        const graph_op_t *op = &g->ops[i];
        for (int32_t k = 0; k < op->n_in; k++)
            if (op->in[k] >= 0 && !known[op->in[k]])
                return graph_fail_op(r->err, g, op, "input %d (%.40s) is read before it is written",
                                     (int)k, g->tensors[op->in[k]].name);
        for (int32_t k = 0; k < op->n_out; k++) {
            if (known[op->out[k]] && !g->tensors[op->out[k]].is_variable)
                return graph_fail_op(r->err, g, op, "output %d (%.40s) is written twice", (int)k,
                                     g->tensors[op->out[k]].name);
            known[op->out[k]] = 1;
        }
    }
    for (int32_t i = 0; i < g->n_outputs; i++)
        if (!known[g->outputs[i]])
            return graph_fail(r->err, "%s: output %d is never computed", g->path, (int)i);
    return 0;
}

static int read_model(reader_t *r) {
    graph_t *g = r->g;
    fb_table_t model = fb_root(&r->fb);
    int32_t version = fb_i32(&r->fb, model, 0, 0);
    r->codes = fb_vector(&r->fb, model, 1, 4);
    fb_vector_t subgraphs = fb_vector(&r->fb, model, 2, 4);
    r->buffers = fb_vector(&r->fb, model, 4, 4);
    if (check(r, "header"))
        return -1;
    if (version != 3)
        return graph_fail(r->err, "%s: schema version %d, only 3 is known", g->path, (int)version);
    if (subgraphs.n == 0)
        return graph_fail(r->err, "%s: the model has no graph", g->path);
    fb_table_t sub = fb_table_at(&r->fb, subgraphs, 0);
    fb_vector_t tensors = fb_vector(&r->fb, sub, 0, 4), ops = fb_vector(&r->fb, sub, 3, 4);
    fb_vector_t inputs = fb_vector(&r->fb, sub, 1, 4), outputs = fb_vector(&r->fb, sub, 2, 4);
    if (check(r, "graph"))
        return -1;
    if (ops.n == 0 || outputs.n == 0)
        return graph_fail(r->err, "%s: the graph is empty", g->path);
    g->tensors = alloc(r, (size_t)tensors.n * sizeof *g->tensors);
    g->ops = alloc(r, (size_t)ops.n * sizeof *g->ops);
    if (!g->tensors || !g->ops)
        return -1;
    g->n_tensors = (int32_t)tensors.n;
    for (uint32_t i = 0; i < tensors.n; i++)
        if (read_tensor(r, fb_table_at(&r->fb, tensors, i), &g->tensors[i]))
            return -1;
    g->n_ops = (int32_t)ops.n;
    for (uint32_t i = 0; i < ops.n; i++) {
        g->ops[i].index = (int32_t)i;
        if (read_op(r, fb_table_at(&r->fb, ops, i), &g->ops[i]))
            return -1;
    }
    g->n_inputs = (int32_t)inputs.n;
    g->n_outputs = (int32_t)outputs.n;
    g->inputs = read_indices(r, inputs, false, "inputs");
    g->outputs = g->inputs ? read_indices(r, outputs, false, "outputs") : NULL;
    return g->outputs ? check_order(r) : -1;
}

graph_t *graph_load_tflite(const void *bytes, size_t size, const char *path, graph_error_t *err) {
    reader_t r = {.fb = {.bytes = bytes, .size = size}, .err = err};
    r.budget = 16 * size + ((size_t)64 << 20);
    r.g = graph_new(path, "tflite");
    if (!r.g) {
        graph_fail(err, "%s: out of memory", path);
        return NULL;
    }
    if (read_model(&r)) {
        graph_free(r.g);
        return NULL;
    }
    return r.g;
}
