/*
 * ref_prepare_internal.h - internal to ref_prepare*.c: what the preparation of each operator
 * shares. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_REF_PREPARE_INTERNAL_H
#define SYSTOLE_REF_PREPARE_INTERNAL_H

#include "ref_arith.h"
#include "ref_prepare.h"

typedef struct {
    const graph_t *g;
    const graph_op_t *op;
    const graph_tensor_t *x, *y; /* first input and first output, never NULL */
    ref_prepared_t *r;
    graph_error_t *err;
} prep_t;

typedef int (*prepare_t)(prep_t *p); /* 0, or -1 with *err set */

int prep_conv(prep_t *p);
int prep_depthwise(prep_t *p);
int prep_fc(prep_t *p);
int prep_pool(prep_t *p);
int prep_mean(prep_t *p);
int prep_softmax(prep_t *p);
int prep_add(prep_t *p);
int prep_mul(prep_t *p);
int prep_extremum(prep_t *p);
int prep_quantize(prep_t *p);
int prep_dequantize(prep_t *p);
int prep_sigmoidal(prep_t *p);
int prep_hard_swish(prep_t *p);
int prep_relu(prep_t *p);
int prep_leaky_relu(prep_t *p);
int prep_pad(prep_t *p);
int prep_reshape(prep_t *p);
int prep_concat(prep_t *p);
int prep_pack(prep_t *p);
int prep_split(prep_t *p);
int prep_transpose(prep_t *p);
int prep_slice(prep_t *p);
int prep_state_copy(prep_t *p);
int prep_svdf(prep_t *p);
int prep_lstm(prep_t *p);
int prep_abs(prep_t *p);
int prep_rsqrt(prep_t *p);
int prep_elu(prep_t *p);
int prep_gelu(prep_t *p);
int prep_lookup(prep_t *p);
int prep_norm(prep_t *p);
int prep_div(prep_t *p);
int prep_prelu(prep_t *p);
int prep_squared_difference(prep_t *p);
int prep_batch_matmul(prep_t *p);
int prep_transpose_conv(prep_t *p);
int prep_reduce_max(prep_t *p);
int prep_arg_max(prep_t *p);
int prep_gather(prep_t *p);
int prep_resize_bilinear(prep_t *p);
int prep_resize_nearest(prep_t *p);
int prep_plain_slice(prep_t *p);
int prep_unpack(prep_t *p);
int prep_split_v(prep_t *p);
int prep_depth_space(prep_t *p);
int prep_space_batch(prep_t *p);

/* Fails with a formatted reason: `return prep_fail(p, "...")`. */
#define prep_fail(p, ...) graph_fail_op((p)->err, (p)->g, (p)->op, __VA_ARGS__)
/* Fails unless cond. */
#define PREP_REQUIRE(p, cond, ...)                                                                 \
    do {                                                                                           \
        if (!(cond))                                                                               \
            return prep_fail(p, __VA_ARGS__);                                                      \
    } while (0)
/* Passes a failure on. */
#define PREP_TRY(call)                                                                             \
    do {                                                                                           \
        if (call)                                                                                  \
            return -1;                                                                             \
    } while (0)

/* t exists, is int8, per-tensor quantised with a positive scale and a zero point in range. */
int prep_int8(prep_t *p, const graph_tensor_t *t, const char *what);
/* The same, or int16 with zero point 0. */
int prep_activation(prep_t *p, const graph_tensor_t *t, const char *what);
int prep_inputs(prep_t *p, int min, int max); /* number of inputs */
float prep_scale(const graph_tensor_t *t);    /* per tensor */
int32_t prep_zp(const graph_tensor_t *t);
ref_shape_t prep_shape(const graph_tensor_t *t);
int prep_same_shape(const graph_tensor_t *a, const graph_tensor_t *b);
/* QuantizeMultiplier, refusing shifts beyond 31. */
int prep_multiplier(prep_t *p, double real, int32_t *m, int32_t *shift);
/* Quantised clamp limits of a fused activation (TFLite CalculateActivationRangeQuantized), of
 * the output's type: int8 or int16. */
int prep_act(prep_t *p, graph_act_t act, int32_t *lo, int32_t *hi);
/* Output length and padding before, as TFLite; checks that the model's output has that length. */
int prep_window(prep_t *p, graph_padding_t padding, int32_t explicit_before, int32_t explicit_after,
                int32_t in, int32_t filter, int32_t stride, int32_t dilation, int32_t out,
                int32_t *before, const char *axis);
/* Constant int32 or int64 list of input `i`, at most `max` values. */
int prep_ints(prep_t *p, int i, const char *what, int32_t *values, int32_t *n, int32_t max);
/* An array owned by the prepared op, n int32; NULL and *err when out of memory. */
int32_t *prep_array(prep_t *p, size_t n);
/* in[] / out[] with n entries; then fill them. */
int prep_args(prep_t *p, int32_t n_in, int32_t n_out);
void prep_bind(prep_t *p, int32_t slot, int input); /* input of the op, may be absent */
void prep_bind_array(prep_t *p, int32_t slot, const int32_t *a, size_t n); /* computed */
/* One input (op's input 0), one output: the most common. */
int prep_simple(prep_t *p, ref_kind_t kind);

/* One int8 in, one int8 out of the same size: p.unary without multipliers. */
int prep_unary(prep_t *p, ref_kind_t kind);
/* Two int8 operands that broadcast to the output. */
int prep_binary(prep_t *p, ref_kind_t kind);
/* One int8 in, one int8 out, list of axes as input 1: axis_mask, n, zero points. */
int prep_axes(prep_t *p, ref_mean_t *c);
/* Input p.x, constant weights 1, bias after the input: fills and binds in[0..4], one multiplier per
 * output channel; quant_dim: the weights' dimension of output channels. */
int prep_weighted(prep_t *p, ref_kind_t kind, int32_t channels, int32_t quant_dim);
/* QuantizeMultiplierSmallerThanOneExp: 0 < real < 1. */
int prep_below_one(prep_t *p, double real, int32_t *m, int32_t *s);
/* Padding before the first element; 0 unless GRAPH_PAD_SAME. Lengths below 2^29. */
int32_t prep_pad_before(graph_padding_t padding, int32_t in, int32_t filter, int32_t stride);
/* Input and output of one known type. */
int prep_same_type(prep_t *p);
/* Lengths before and after an axis of t. */
void prep_around(const graph_tensor_t *t, int32_t axis, int32_t *outer, int32_t *inner);
/* One input (p.x), all outputs of the operator. */
int prep_outputs(prep_t *p, ref_kind_t kind);

#endif
