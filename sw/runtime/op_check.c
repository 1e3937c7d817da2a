/*
 * op_check.c - operator descriptions from an untrusted image against their operands; see
 * op_check.h.
 *
 * Each rule mirrors the index arithmetic of the kernel of that name in cmodel/ref. A new golden
 * model needs a line in `rules`; until then its CPU steps are refused (REF_E_KIND).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "op_check_internal.h"

/* Per-channel arrays of a convolution or fully connected layer: bias, multipliers, shifts. */
static int channels_ok(const op_call_t *c, int32_t n, int wide) {
    return (c->in[2] == NULL || c->in_size[2] >= op_mul(wide ? 8 : 4, n)) &&
           c->in_size[3] >= op_mul(4, n) && c->in_size[4] >= op_mul(4, n) &&
           op_shifts_ok(c->in[4], n);
}

/* CONV, DEPTHWISE, TRANSPOSE_CONV; elem: bytes of an activation. */
static int any_conv_ok(const op_call_t *c, int64_t elem) {
    const ref_op_t *op = c->op;
    const ref_conv_t *p = &op->p.conv;
    const int32_t *a = op->a.dims, *o = op->out.dims;
    if (!op_window_ok(o[H], p->stride_h, p->kernel_h, p->dilation_h, p->pad_top) ||
        !op_window_ok(o[W], p->stride_w, p->kernel_w, p->dilation_w, p->pad_left) || a[N] != o[N] ||
        !op_in_range(p->groups, 1, OP_MAX_DIM) ||
        !op_in_range(p->depth_multiplier, 1, OP_MAX_DIM) || !op_zp_ok(p->in_zp)) {
        return 0;
    }
    uint64_t weights = op_mul(op_mul((uint64_t)o[C], p->kernel_h), p->kernel_w);
    if (op->kind == REF_CONV || op->kind == REF_CONV16) {
        weights = op_mul(weights, a[C] / p->groups);
    } else if (op->kind == REF_TRANSPOSE_CONV) {
        weights = op_mul(weights, a[C]);
    }
    return c->in_size[0] >= op_mul(op_elements(&op->a), elem) && c->in_size[1] >= weights &&
           channels_ok(c, o[C], elem == 2 && p->wide) &&
           c->out_size[0] >= op_mul(op_elements(&op->out), elem);
}

static int conv_ok(const op_call_t *c) {
    return any_conv_ok(c, 1);
}

static int conv16_ok(const op_call_t *c) {
    return any_conv_ok(c, 2);
}

static int any_fc_ok(const op_call_t *c, int64_t elem) {
    const ref_fc_t *p = &c->op->p.fc;
    if (p->batches < 1 || p->depth < 1 || p->out_depth < 1 || !op_zp_ok(p->in_zp) ||
        !op_zp_ok(p->w_zp)) {
        return 0;
    }
    return c->in_size[0] >= op_mul(op_mul((uint64_t)p->batches, p->depth), elem) &&
           c->in_size[1] >= op_mul((uint64_t)p->out_depth, p->depth) &&
           channels_ok(c, p->out_depth, elem == 2 && p->wide) &&
           c->out_size[0] >= op_mul(op_mul((uint64_t)p->batches, p->out_depth), elem);
}

static int fc_ok(const op_call_t *c) {
    return any_fc_ok(c, 1);
}

static int fc16_ok(const op_call_t *c) {
    return any_fc_ok(c, 2);
}

/* a and b broadcast to out in the first n dimensions. */
static int broadcast_ok(const ref_op_t *op, int n) {
    for (int d = 0; d < n; d++) {
        int32_t o = op->out.dims[d];
        if ((op->a.dims[d] != o && op->a.dims[d] != 1) ||
            (op->b.dims[d] != o && op->b.dims[d] != 1)) {
            return 0;
        }
    }
    return 1;
}

/* elem: bytes of an element. */
static int three_tensors_ok(const op_call_t *c, int64_t elem) {
    return c->in_size[0] >= op_mul(op_elements(&c->op->a), elem) &&
           c->in_size[1] >= op_mul(op_elements(&c->op->b), elem) &&
           c->out_size[0] >= op_mul(op_elements(&c->op->out), elem);
}

static int three_shapes_ok(const op_call_t *c) {
    return three_tensors_ok(c, 1);
}

static int extremum_ok(const op_call_t *c) {
    return broadcast_ok(c->op, REF_MAX_RANK) && three_shapes_ok(c);
}

static int binary_scales_ok(const op_call_t *c) {
    const ref_binary_t *p = &c->op->p.binary;
    return op_zp_ok(p->a_zp) && op_zp_ok(p->b_zp) && op_shift_ok(p->a_s) && op_shift_ok(p->b_s) &&
           op_shift_ok(p->out_s) && op_in_range(p->left_shift, 0, 31) &&
           broadcast_ok(c->op, REF_MAX_RANK);
}

static int binary_ok(const op_call_t *c) {
    return binary_scales_ok(c) && three_shapes_ok(c);
}

static int div_ok(const op_call_t *c) {
    const ref_binary_t *p = &c->op->p.binary;
    return op_in_range(p->act_min, -128, 127) && op_in_range(p->act_max, -128, 127) &&
           op_zp_ok(p->out_zp) && binary_ok(c);
}

static int binary16_ok(const op_call_t *c) {
    return binary_scales_ok(c) && three_tensors_ok(c, 2);
}

/* The kernel checks rows, depth and columns against the shapes. */
static int matmul_ok(const op_call_t *c) {
    const ref_matmul_t *p = &c->op->p.matmul;
    return op_zp_ok(p->a_zp) && op_zp_ok(p->b_zp) && op_shift_ok(p->s) &&
           broadcast_ok(c->op, REF_MAX_RANK - 2) && three_shapes_ok(c);
}

static int any_pool_ok(const op_call_t *c, int64_t elem) {
    const ref_pool_t *p = &c->op->p.pool;
    const int32_t *a = c->op->a.dims, *o = c->op->out.dims;
    return op_window_ok(o[H], p->stride_h, p->filter_h, 1, p->pad_top) &&
           op_window_ok(o[W], p->stride_w, p->filter_w, 1, p->pad_left) && a[N] == o[N] &&
           a[C] == o[C] && c->in_size[0] >= op_mul(op_elements(&c->op->a), elem) &&
           c->out_size[0] >= op_mul(op_elements(&c->op->out), elem);
}

static int pool_ok(const op_call_t *c) {
    return any_pool_ok(c, 1);
}

static int pool16_ok(const op_call_t *c) {
    return any_pool_ok(c, 2);
}

static int reduce_ok(const op_call_t *c, uint64_t *kept) {
    *kept = 1;
    for (int d = 0; d < REF_MAX_RANK; d++) {
        int reduced = ((uint32_t)c->op->p.mean.axis_mask >> d & 1u) != 0;
        *kept = reduced ? *kept : op_mul(*kept, c->op->a.dims[d]);
    }
    return c->in_size[0] >= op_elements(&c->op->a) && c->out_size[0] >= *kept;
}

static int reduce_max_ok(const op_call_t *c) {
    uint64_t kept;
    return reduce_ok(c, &kept);
}

static int mean_ok(const op_call_t *c) {
    uint64_t kept;
    return reduce_ok(c, &kept) && op_shift_ok(c->op->p.mean.s) &&
           c->scratch_size >= op_mul(kept, 4);
}

static int softmax_ok(const op_call_t *c) {
    const ref_softmax_t *p = &c->op->p.softmax;
    if (p->outer < 1 || p->depth < 1) {
        return 0;
    }
    uint64_t bytes = op_mul((uint64_t)p->outer, p->depth);
    return c->in_size[0] >= bytes && c->in_size[1] >= 256 * 4 && c->out_size[0] >= bytes;
}

static int norm_ok(const op_call_t *c) {
    const ref_norm_t *p = &c->op->p.norm;
    if (p->outer < 1 || !op_in_range(p->depth, 1, REF_NORM_MAX_DEPTH)) {
        return 0;
    }
    uint64_t bytes = op_mul((uint64_t)p->outer, p->depth), words = op_mul(4, p->depth);
    return c->in_size[0] >= bytes && c->in_size[1] >= words && c->in_size[2] >= words &&
           c->out_size[0] >= bytes;
}

static int arg_max_ok(const op_call_t *c) {
    const ref_arg_max_t *p = &c->op->p.arg_max;
    if (p->outer < 1 || p->depth < 1 || p->inner < 1) {
        return 0;
    }
    uint64_t results = op_mul((uint64_t)p->outer, p->inner);
    return c->in_size[0] >= op_mul(results, p->depth) && c->out_size[0] >= op_mul(results, 4);
}

/* The kernel checks that output extent times scale stays in range. */
static int bilinear_ok(const op_call_t *c) {
    const int32_t *a = c->op->a.dims, *o = c->op->out.dims;
    return a[N] == o[N] && a[C] == o[C] && c->in_size[0] >= op_elements(&c->op->a) &&
           c->out_size[0] >= op_elements(&c->op->out);
}

static int count_ok(const op_call_t *c, int32_t count) {
    return count >= 0 && c->in_size[0] >= (uint32_t)count && c->out_size[0] >= (uint32_t)count;
}

static int quantize_ok(const op_call_t *c) {
    const ref_quantize_t *p = &c->op->p.quantize;
    return op_zp_ok(p->in_zp) && op_shift_ok(p->s) && count_ok(c, p->count);
}

static int quantize16_ok(const op_call_t *c) {
    const ref_quantize_t *p = &c->op->p.quantize;
    return op_zp_ok(p->in_zp) && op_shift_ok(p->s) && p->count >= 0 &&
           c->in_size[0] >= op_mul((uint64_t)p->count, p->in_wide ? 2 : 1) &&
           c->out_size[0] >= op_mul((uint64_t)p->count, p->out_wide ? 2 : 1);
}

/* The kernel checks scale and zero point. */
static int edge_ok(const op_call_t *c, int from_float) {
    const ref_edge_t *p = &c->op->p.edge;
    uint64_t floats = op_mul(4, p->count), codes = op_mul(p->wide != 0 ? 2 : 1, p->count);
    return p->count >= 0 && c->in_size[0] >= (from_float ? floats : codes) &&
           c->out_size[0] >= (from_float ? codes : floats);
}

static int quantize_float_ok(const op_call_t *c) {
    return edge_ok(c, 1);
}

static int dequantize_float_ok(const op_call_t *c) {
    return edge_ok(c, 0);
}

static int table_ok(const op_call_t *c) {
    return c->in_size[1] >= 256 && count_ok(c, c->op->p.unary.count);
}

static int unary_ok(const op_call_t *c) {
    const ref_unary_t *p = &c->op->p.unary;
    return op_zp_ok(p->in_zp) && op_shift_ok(p->s) && op_shift_ok(p->s2) && p->m2 != INT32_MIN &&
           op_in_range(p->radius, 0, OP_MAX_DIM) && count_ok(c, p->count);
}

/* Its last shift is 20 lower than said. */
static int rsqrt_ok(const op_call_t *c) {
    return op_in_range(c->op->p.unary.s, -11, 31) && unary_ok(c);
}

/* A 16-bit pipeline. */
static int hard_swish_ok(const op_call_t *c) {
    const ref_unary_t *p = &c->op->p.unary;
    return op_in_range(p->m, INT16_MIN, INT16_MAX) && op_in_range(p->m2, INT16_MIN, INT16_MAX) &&
           p->s <= 0 && op_zp_ok(p->out_zp) && unary_ok(c);
}

static int svdf_ok(const op_call_t *c) {
    const ref_svdf_t *p = &c->op->p.svdf;
    if (c->n_out != 2 || p->batches < 1 || p->input < 1 || p->units < 1 || p->rank < 1 ||
        p->memory < 1 || !op_zp_ok(p->in_zp) || !op_in_range(p->state_zp, INT16_MIN, INT16_MAX) ||
        !op_shift_ok(p->s1) || !op_shift_ok(p->s2)) {
        return 0;
    }
    uint64_t filters = op_mul((uint64_t)p->units, p->rank);
    uint64_t weights = op_mul(op_mul(filters, p->memory), p->wide_state != 0 ? 2 : 1);
    uint64_t state = op_mul(weights, p->batches);
    return c->in_size[0] >= op_mul((uint64_t)p->batches, p->input) &&
           c->in_size[1] >= op_mul(filters, p->input) && c->in_size[2] >= weights &&
           (c->in[3] == NULL || c->in_size[3] >= op_mul((uint64_t)p->units, 4)) &&
           c->in_size[4] >= state && c->out_size[0] >= op_mul((uint64_t)p->batches, p->units) &&
           c->out_size[1] >= state;
}

/* Sixteen inputs, see ref.h: activation, 4 + 4 weights, 4 biases, 20 words of scales, 2 states. */
static int lstm_ok(const op_call_t *c) {
    const ref_lstm_t *p = &c->op->p.lstm;
    if (c->n_out != 3 || p->batches < 1 || p->steps < 1 || p->input < 1 || p->units < 1 ||
        !op_zp_ok(p->in_zp) || !op_zp_ok(p->hidden_zp) || p->clip < 0 || c->in_size[13] < 80) {
        return 0;
    }
    for (int32_t i = 0; i < 10; i++) { /* multiplier, shift pairs */
        if (!op_shifts_ok((const uint8_t *)c->in[13] + 8 * i + 4, 1)) {
            return 0;
        }
    }
    for (int g = 0; g < 4; g++) {
        if (c->in_size[1 + g] < op_mul((uint64_t)p->units, p->input) ||
            c->in_size[5 + g] < op_mul((uint64_t)p->units, p->units) ||
            c->in_size[9 + g] < op_mul((uint64_t)p->units, 4)) {
            return 0;
        }
    }
    uint64_t vectors = op_mul((uint64_t)p->batches, p->steps);
    uint64_t state = op_mul((uint64_t)p->batches, p->units);
    return c->in_size[0] >= op_mul(vectors, p->input) &&
           c->out_size[0] >= op_mul(vectors, p->units) && c->in_size[14] >= state &&
           c->out_size[1] >= state && c->in_size[15] >= op_mul(state, 2) &&
           c->out_size[2] >= op_mul(state, 2) && c->scratch_size >= op_mul(8, p->units);
}

#define ANY 0u /* inputs: any number, at least two */

static const struct {
    op_rule_t ok; /* NULL: not a kind that runs here */
    uint8_t inputs;
    uint8_t optional; /* index of an input that may be absent, or 0 */
    uint8_t many_outputs;
} rules[REF_KIND_COUNT] = {
    [REF_CONV] = {conv_ok, 5, 2, 0},
    [REF_DEPTHWISE] = {conv_ok, 5, 2, 0},
    [REF_TRANSPOSE_CONV] = {conv_ok, 5, 2, 0},
    [REF_FC] = {fc_ok, 5, 2, 0},
    [REF_CONV16] = {conv16_ok, 5, 2, 0},
    [REF_DEPTHWISE16] = {conv16_ok, 5, 2, 0},
    [REF_FC16] = {fc16_ok, 5, 2, 0},
    [REF_ADD16] = {binary16_ok, 2, 0, 0},
    [REF_MUL16] = {binary16_ok, 2, 0, 0},
    [REF_AVG_POOL16] = {pool16_ok, 1, 0, 0},
    [REF_MAX_POOL16] = {pool16_ok, 1, 0, 0},
    [REF_QUANTIZE16] = {quantize16_ok, 1, 0, 0},
    [REF_ADD] = {binary_ok, 2, 0, 0},
    [REF_SUB] = {binary_ok, 2, 0, 0},
    [REF_MUL] = {binary_ok, 2, 0, 0},
    [REF_DIV] = {div_ok, 2, 0, 0},
    [REF_PRELU] = {binary_ok, 2, 0, 0},
    [REF_SQUARED_DIFFERENCE] = {binary_ok, 2, 0, 0},
    [REF_MAXIMUM] = {extremum_ok, 2, 0, 0},
    [REF_MINIMUM] = {extremum_ok, 2, 0, 0},
    [REF_BATCH_MATMUL] = {matmul_ok, 2, 0, 0},
    [REF_AVG_POOL] = {pool_ok, 1, 0, 0},
    [REF_MAX_POOL] = {pool_ok, 1, 0, 0},
    [REF_MEAN] = {mean_ok, 1, 0, 0},
    [REF_REDUCE_MAX] = {reduce_max_ok, 1, 0, 0},
    [REF_ARG_MAX] = {arg_max_ok, 1, 0, 0},
    [REF_SOFTMAX] = {softmax_ok, 2, 0, 0},
    [REF_NORM] = {norm_ok, 3, 0, 0},
    [REF_QUANTIZE] = {quantize_ok, 1, 0, 0},
    [REF_QUANTIZE_FLOAT] = {quantize_float_ok, 1, 0, 0},
    [REF_DEQUANTIZE_FLOAT] = {dequantize_float_ok, 1, 0, 0},
    [REF_LOGISTIC] = {unary_ok, 1, 0, 0},
    [REF_TANH] = {unary_ok, 1, 0, 0},
    [REF_RELU] = {unary_ok, 1, 0, 0},
    [REF_LEAKY_RELU] = {unary_ok, 1, 0, 0},
    [REF_ABS] = {unary_ok, 1, 0, 0},
    [REF_RSQRT] = {rsqrt_ok, 1, 0, 0},
    [REF_HARD_SWISH] = {hard_swish_ok, 1, 0, 0},
    [REF_TABLE] = {table_ok, 2, 0, 0},
    [REF_RESIZE_BILINEAR] = {bilinear_ok, 1, 0, 0},
    [REF_RESIZE_NEAREST] = {op_nearest_ok, 3, 0, 0},
    [REF_PAD] = {op_pad_ok, 1, 0, 0},
    [REF_COPY] = {op_copy_ok, 1, 0, 0},
    [REF_STATE_COPY] = {op_copy_ok, 1, 0, 0},
    [REF_SVDF] = {svdf_ok, 5, 3, 1},
    [REF_LSTM] = {lstm_ok, 16, 0, 1},
    [REF_CONCAT] = {op_concat_ok, ANY, 0, 0},
    [REF_TRANSPOSE] = {op_transpose_ok, 1, 0, 0},
    [REF_STRIDED_SLICE] = {op_slice_ok, 1, 0, 0},
    [REF_SPLIT] = {op_split_ok, 1, 0, 1},
    [REF_SPLIT_V] = {op_split_v_ok, 2, 0, 1},
    [REF_GATHER] = {op_gather_ok, 2, 0, 0},
    [REF_SPACE_TO_BATCH] = {op_block_ok, 1, 0, 0},
    [REF_BATCH_TO_SPACE] = {op_block_ok, 1, 0, 0},
};

int op_check(const ref_op_t *op, uint32_t n_in, const void *const *in, const uint32_t *in_size,
             uint32_t n_out, const uint32_t *out_size, uint32_t scratch_size) {
    if (op->kind < 0 || op->kind >= REF_KIND_COUNT || rules[op->kind].ok == NULL) {
        return REF_E_KIND;
    }
    uint32_t inputs = rules[op->kind].inputs;
    if (op->n_in != (int32_t)n_in || op->n_out != (int32_t)n_out || n_out < 1 ||
        (inputs != ANY ? n_in != inputs : n_in < 2) ||
        (n_out != 1 && !rules[op->kind].many_outputs)) {
        return REF_E_ARG;
    }
    for (uint32_t i = 0; i < n_in; i++) {
        if (in[i] == NULL && (i == 0 || i != rules[op->kind].optional)) {
            return REF_E_ARG;
        }
    }
    if (!op_shape_ok(&op->a) || !op_shape_ok(&op->b) || !op_shape_ok(&op->out)) {
        return REF_E_ARG;
    }
    op_call_t call = {op, in, in_size, out_size, n_in, n_out, scratch_size};
    return rules[op->kind].ok(&call) ? REF_OK : REF_E_ARG;
}
