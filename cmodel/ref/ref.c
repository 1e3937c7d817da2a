/*
 * ref.c - ref_eval: checks what every kernel relies on, then calls the kernel of the kind.
 *
 * Contract: ref.h. To add an operator: a line in `kernels`, a kernel, its parameters in ref.h, its
 * preparation. SPDX-License-Identifier: Apache-2.0
 */
#include "ref_kernels.h"

static const struct {
    const char *name;
    ref_kernel_t run;
} kernels[REF_KIND_COUNT] = {
    [REF_NONE] = {"none", 0},
    [REF_CONV] = {"conv", ref_k_conv},
    [REF_DEPTHWISE] = {"depthwise", ref_k_depthwise},
    [REF_FC] = {"fully_connected", ref_k_fc},
    [REF_ADD] = {"add", ref_k_add},
    [REF_AVG_POOL] = {"average_pool", ref_k_avg_pool},
    [REF_MAX_POOL] = {"max_pool", ref_k_max_pool},
    [REF_MEAN] = {"mean", ref_k_mean},
    [REF_PAD] = {"pad", ref_k_pad},
    [REF_COPY] = {"copy", ref_k_copy},
    [REF_SOFTMAX] = {"softmax", ref_k_softmax},
    [REF_QUANTIZE] = {"quantize", ref_k_quantize},
    [REF_MUL] = {"mul", ref_k_mul},
    [REF_SUB] = {"sub", ref_k_add},
    [REF_LOGISTIC] = {"logistic", ref_k_logistic},
    [REF_TANH] = {"tanh", ref_k_tanh},
    [REF_HARD_SWISH] = {"hard_swish", ref_k_hard_swish},
    [REF_RELU] = {"relu", ref_k_relu},
    [REF_LEAKY_RELU] = {"leaky_relu", ref_k_leaky_relu},
    [REF_CONCAT] = {"concat", ref_k_concat},
    [REF_MAXIMUM] = {"maximum", ref_k_extremum},
    [REF_MINIMUM] = {"minimum", ref_k_extremum},
    [REF_TRANSPOSE] = {"transpose", ref_k_transpose},
    [REF_STRIDED_SLICE] = {"strided_slice", ref_k_slice},
    [REF_SPLIT] = {"split", ref_k_split},
    [REF_BATCH_MATMUL] = {"batch_matmul", ref_k_batch_matmul},
    [REF_TRANSPOSE_CONV] = {"transpose_conv", ref_k_transpose_conv},
    [REF_PRELU] = {"prelu", ref_k_prelu},
    [REF_SQUARED_DIFFERENCE] = {"squared_difference", ref_k_squared_difference},
    [REF_ABS] = {"abs", ref_k_abs},
    [REF_RSQRT] = {"rsqrt", ref_k_rsqrt},
    [REF_TABLE] = {"table", ref_k_table},
    [REF_REDUCE_MAX] = {"reduce_max", ref_k_reduce_max},
    [REF_ARG_MAX] = {"arg_max", ref_k_arg_max},
    [REF_GATHER] = {"gather", ref_k_gather},
    [REF_RESIZE_BILINEAR] = {"resize_bilinear", ref_k_resize_bilinear},
    [REF_RESIZE_NEAREST] = {"resize_nearest", ref_k_resize_nearest},
    [REF_SPLIT_V] = {"split_v", ref_k_split_v},
    [REF_SPACE_TO_BATCH] = {"space_to_batch", ref_k_space_to_batch},
    [REF_BATCH_TO_SPACE] = {"batch_to_space", ref_k_batch_to_space},
    [REF_CONV16] = {"conv16", ref_k_conv16},
    [REF_DEPTHWISE16] = {"depthwise16", ref_k_depthwise16},
    [REF_FC16] = {"fc16", ref_k_fc16},
    [REF_STATE_COPY] = {"state_copy", ref_k_copy},
    [REF_SVDF] = {"svdf", ref_k_svdf},
    [REF_LSTM] = {"lstm", ref_k_lstm},
    [REF_DIV] = {"div", ref_k_div},
    [REF_NORM] = {"norm", ref_k_norm},
    [REF_ADD16] = {"add16", ref_k_add16},
    [REF_MUL16] = {"mul16", ref_k_mul16},
    [REF_AVG_POOL16] = {"average_pool16", ref_k_pool16},
    [REF_MAX_POOL16] = {"max_pool16", ref_k_pool16},
    [REF_QUANTIZE16] = {"quantize16", ref_k_quantize16},
    [REF_QUANTIZE_FLOAT] = {"quantize_float", ref_k_quantize_float},
    [REF_DEQUANTIZE_FLOAT] = {"dequantize_float", ref_k_dequantize_float},
};

const char *ref_kind_name(int32_t kind) {
    return kind >= 0 && kind < REF_KIND_COUNT ? kernels[kind].name : "?";
}

size_t ref_scratch_size(const ref_op_t *op) {
    if (op->kind == REF_LSTM)
        return (size_t)op->p.lstm.units * 4 * sizeof(int16_t);
    return op->kind == REF_MEAN ? ref_elements(&op->out) * sizeof(int32_t) : 0;
}

static int shape_ok(const ref_shape_t *s) {
    for (int d = 0; d < REF_MAX_RANK; d++)
        if (s->dims[d] < 1)
            return 0;
    return 1;
}

int ref_eval(const ref_op_t *op, const void *const *in, void *const *out, void *scratch) {
    if (op->kind < 0 || op->kind >= REF_KIND_COUNT || !kernels[op->kind].run)
        return REF_E_KIND;
    if (!shape_ok(&op->a) || !shape_ok(&op->b) || !shape_ok(&op->out))
        return REF_E_ARG;
    return kernels[op->kind].run(op, in, out, scratch);
}
