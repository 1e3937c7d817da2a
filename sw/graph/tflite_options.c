/*
 * tflite_options.c - which TFLite operators are known, and the option tables of each.
 *
 * Field numbers are positions in the option tables of the schema
 * (tensorflow/compiler/mlir/lite/schema/schema.fbs). SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>

#include "tflite_internal.h"

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

static const char *opt_svdf(fb_t *fb, fb_table_t t, graph_params_t *p) {
    p->svdf.rank = fb_i32(fb, t, 0, 0);
    return p->svdf.rank >= 1 ? NULL : "its rank is below 1";
}

static const char *opt_lstm(fb_t *fb, fb_table_t t, graph_params_t *p) {
    p->lstm.cell_clip = fb_f32(fb, t, 1, 0.0f);
    p->lstm.time_major = fb_i8(fb, t, 3, 0) != 0;
    if (fb_i8(fb, t, 0, 0) != 4)
        return "its activation is not TANH";
    if (!isfinite(p->lstm.cell_clip))
        return "its clip is not a number";
    return fb_i8(fb, t, 5, 0) ? "diagonal recurrent weights are not supported" : NULL;
}

/* Where the names stand in the file: tflite_state.c compares them there. */
static const char *opt_variable(fb_t *fb, fb_table_t t, graph_params_t *p) {
    fb_vector_t container = fb_vector(fb, t, 0, 1), name = fb_vector(fb, t, 1, 1);
    p->variable.container = container.pos;
    p->variable.container_n = container.n;
    p->variable.name = name.pos;
    p->variable.name_n = name.n;
    return NULL;
}

static const char *opt_call(fb_t *fb, fb_table_t t, graph_params_t *p) {
    p->call.subgraph = fb_i32(fb, t, 0, 0);
    return NULL;
}

static const tflite_operator_t operators[] = {
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
    {27, GRAPH_OP_SVDF, 6, opt_svdf},
    {28, GRAPH_OP_TANH, 0, NULL},
    {34, GRAPH_OP_PAD, 0, NULL},
    {36, GRAPH_OP_GATHER, 23, opt_gather},
    {37, GRAPH_OP_BATCH_TO_SPACE_ND, 0, NULL},
    {38, GRAPH_OP_SPACE_TO_BATCH_ND, 0, NULL},
    {39, GRAPH_OP_TRANSPOSE, 0, NULL},
    {40, GRAPH_OP_MEAN, 27, opt_reduce},
    {41, GRAPH_OP_SUB, 28, opt_binary},
    {43, GRAPH_OP_RESHAPE, 0, NULL}, /* SQUEEZE: the output's shape says all */
    {44, GRAPH_OP_UNIDIRECTIONAL_SEQUENCE_LSTM, 71, opt_lstm},
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
    {129, GRAPH_OP_CALL_ONCE, 103, opt_call},
    {142, GRAPH_OP_VAR_HANDLE, 111, opt_variable},
    {143, GRAPH_OP_READ_VARIABLE, 0, NULL},
    {144, GRAPH_OP_ASSIGN_VARIABLE, 0, NULL},
    {150, GRAPH_OP_GELU, 116, opt_gelu},
};

const tflite_operator_t *tflite_operator(int32_t builtin) {
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (operators[i].builtin == builtin)
            return &operators[i];
    return NULL;
}
