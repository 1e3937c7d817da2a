/*
 * ref_kernels.h - internal to cmodel/ref: the kernels behind ref_eval, and small shape helpers.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_REF_KERNELS_H
#define SYSTOLE_REF_KERNELS_H

#include "ref.h"
#include "ref_arith.h"

typedef const void *const *ref_in_t;
typedef void *const *ref_out_t;
typedef int (*ref_kernel_t)(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);

int ref_k_conv(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_depthwise(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_fc(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_add(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_avg_pool(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_max_pool(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_mean(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_pad(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_copy(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_softmax(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_quantize(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_mul(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_logistic(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_tanh(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_hard_swish(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_relu(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_leaky_relu(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_concat(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_extremum(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_transpose(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_slice(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_batch_matmul(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_transpose_conv(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_prelu(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_squared_difference(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_abs(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_rsqrt(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_table(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_reduce_max(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_arg_max(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_gather(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_resize_bilinear(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_resize_nearest(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_split_v(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_space_to_batch(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_batch_to_space(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_conv16(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_depthwise16(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_fc16(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_svdf(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_lstm(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_add16(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_mul16(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_pool16(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_quantize_float(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_dequantize_float(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_quantize16(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_div(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_norm(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);
int ref_k_split(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch);

/* NHWC of an aligned rank-4 shape. */
enum { REF_N = 2, REF_H = 3, REF_W = 4, REF_C = 5 };

static inline size_t ref_elements(const ref_shape_t *s) {
    size_t n = 1;
    for (int d = 0; d < REF_MAX_RANK; d++)
        n *= (size_t)s->dims[d];
    return n;
}

/* Row-major steps of a shape, in elements. */
static inline void ref_strides(const ref_shape_t *s, size_t stride[REF_MAX_RANK]) {
    size_t n = 1;
    for (int d = REF_MAX_RANK - 1; d >= 0; d--) {
        stride[d] = n;
        n *= (size_t)s->dims[d];
    }
}

/* Steps for walking a broadcast operand along an output: 0 where the operand has length 1. */
static inline void ref_broadcast_strides(const ref_shape_t *s, size_t stride[REF_MAX_RANK]) {
    ref_strides(s, stride);
    for (int d = 0; d < REF_MAX_RANK; d++)
        if (s->dims[d] == 1)
            stride[d] = 0;
}

/* Next index of a shape in row-major order. */
static inline void ref_next(const ref_shape_t *s, int32_t index[REF_MAX_RANK]) {
    for (int d = REF_MAX_RANK - 1; d >= 0; d--) {
        if (++index[d] < s->dims[d])
            return;
        index[d] = 0;
    }
}

#endif
