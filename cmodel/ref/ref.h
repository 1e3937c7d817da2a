/*
 * ref.h - operator golden models: the definition of an operator's result. Integer only, no malloc,
 * no libm, no floats: the same source runs on the host and bare-metal on the soft-core.
 *
 * Synopsis:  ref_eval(&op, in, out, scratch)   with op, and the order of in[]/out[], made by
 * ref_prepare() on the host. Contract:  ref_op_t is plain data: no pointers, 32-bit integers only,
 * little-endian hosts alike, so its bytes can be stored in a compiled program and used as they are.
 * Tensors are dense, row-major, NHWC. ref_eval returns 0, or REF_E_* and writes nothing. Scratch is
 * 8-byte aligned. in[] by kind (W = constant weights of the model, others computed by ref_prepare;
 * all int32 arrays 4-byte aligned): CONV, DEPTHWISE, FC   0 input int8, 1 W int8, 2 bias int32
 * (cout) or NULL, 3 multiplier int32 (cout), 4 shift int32 (cout) ADD SUB MUL MAXIMUM MINIMUM   0
 * a, 1 b SOFTMAX               0 input, 1 exp table int32 (256), see ref_softmax_t NORM 0 input,
 * 1, 2 int32 (depth) CONCAT 0..n-1
 * inputs, n: axis lengths int32 (n) BATCH_MATMUL, PRELU, SQUARED_DIFFERENCE 0 a, 1 b (PRELU: slope)
 * TRANSPOSE_CONV as CONV; CONV16, DEPTHWISE16, FC16 as CONV, but 0 input int16, and 2 bias int64
 * when wide; TABLE 0 input, 1 table int8 (256) by (uint8_t)x; GATHER 0 input, 1 indices int32;
 * RESIZE_NEAREST 0 input, 1 source row int32 (out h), 2 source column int32 (out w); SPLIT_V 0
 * input, 1 axis lengths int32 (n); SVDF 0 input int8 (batches, input), 1 feature weights int8
 * (units * rank, input), 2 time weights (units * rank, memory), 3 bias int32 (units) or NULL, 4
 * state before (batches, units * rank, memory), out[1] state after, which may be the same memory;
 * LSTM 0 input, 1-4 input weights int8 (units, input) of input, forget, cell, output gate, 5-8
 * recurrent weights int8 (units, units), 9-12 bias int32 (units), 13 int32 (20): per gate m, s of
 * the input's and m, s of the recurrent product, then m, s to the cell's and to the output's scale,
 * 14 hidden state int8 and 15 cell state int16 before (batches, units), out[1], out[2] after, which
 * may be the same memory; all others 0 input. out[]: one output, except SVDF, LSTM, SPLIT, SPLIT_V:
 * n outputs. Arithmetic: ref_arith.h. Oracle: TensorFlow Lite Micro reference kernels, default
 * flags (double rounding). SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_REF_H
#define SYSTOLE_REF_H

#include <stddef.h>
#include <stdint.h>

#define REF_MAX_RANK 6

enum {
    REF_OK = 0,
    REF_E_KIND = -1, /* kind not known here */
    REF_E_ARG = -2,  /* parameters out of range */
    REF_E_DATA = -3  /* a value that the operator does not take: RSQRT, GATHER */
};

typedef enum {
    REF_NONE = 0,
    REF_CONV = 1,
    REF_DEPTHWISE = 2,
    REF_FC = 3,
    REF_ADD = 4,
    REF_AVG_POOL = 5,
    REF_MAX_POOL = 6,
    REF_MEAN = 7,
    REF_PAD = 8,
    REF_COPY = 9, /* RESHAPE: same bytes */
    REF_SOFTMAX = 10,
    REF_QUANTIZE = 11, /* 8-bit to 8-bit */
    REF_MUL = 12,
    REF_SUB = 13,
    REF_LOGISTIC = 14,
    REF_TANH = 15,
    REF_HARD_SWISH = 16,
    REF_RELU = 17, /* RELU, RELU6: rescale (or not) and clamp */
    REF_LEAKY_RELU = 18,
    REF_CONCAT = 19, /* CONCATENATION, PACK */
    REF_MAXIMUM = 20,
    REF_MINIMUM = 21,
    REF_TRANSPOSE = 22,
    REF_STRIDED_SLICE = 23,
    REF_SPLIT = 24,
    REF_QUANTIZE_FLOAT = 25,   /* float32 -> 8 or 16 bits; bit patterns, integer arithmetic */
    REF_DEQUANTIZE_FLOAT = 26, /* 8 or 16 bits -> float32 */
    REF_BATCH_MATMUL = 27,
    REF_TRANSPOSE_CONV = 28,
    REF_PRELU = 29,
    REF_SQUARED_DIFFERENCE = 30,
    REF_ABS = 31,
    REF_RSQRT = 32,
    REF_TABLE = 33, /* ELU, GELU: int8 -> int8 by a table that the preparation makes */
    REF_REDUCE_MAX = 34,
    REF_ARG_MAX = 35, /* ARG_MAX, ARG_MIN */
    REF_GATHER = 36,
    REF_RESIZE_BILINEAR = 37,
    REF_RESIZE_NEAREST = 38,
    REF_SPLIT_V = 39,
    REF_SPACE_TO_BATCH = 40,
    REF_BATCH_TO_SPACE = 41,
    REF_CONV16 = 42, /* int16 activations, int8 weights */
    REF_DEPTHWISE16 = 43,
    REF_FC16 = 44,
    REF_STATE_COPY = 45, /* READ_VARIABLE, ASSIGN_VARIABLE: p.copy; its bytes must really move */
    REF_SVDF = 46,
    REF_LSTM = 47,  /* UNIDIRECTIONAL_SEQUENCE_LSTM */
    REF_ADD16 = 48, /* 16-bit activations, parameters as the 8-bit kinds */
    REF_MUL16 = 49,
    REF_AVG_POOL16 = 50,
    REF_MAX_POOL16 = 51,
    REF_QUANTIZE16 = 52, /* int8 or int16 to int8 or int16 */
    REF_NORM = 53,       /* LAYER_NORMALIZATION, RMS norm */
    REF_DIV = 54,
    REF_KIND_COUNT
} ref_kind_t;

/* Aligned at the end, as TFLite broadcasts: dims[REF_MAX_RANK-1] is the innermost; unused leading
 * ones are 1. */
typedef struct {
    int32_t rank; /* the model's own rank */
    int32_t dims[REF_MAX_RANK];
} ref_shape_t;

/* y = clamp(requant(acc, M, s) + out_zp). Zero points are the tensors' own (never negated). */
typedef struct {
    int32_t stride_h, stride_w, dilation_h, dilation_w;
    int32_t pad_top, pad_left;
    int32_t kernel_h, kernel_w;
    int32_t depth_multiplier; /* depthwise; 1 for conv */
    int32_t groups;           /* conv: input channels / filter input channels */
    int32_t in_zp, out_zp, act_min, act_max;
    int32_t wide; /* 16-bit kinds: int64 bias and accumulator, one rounding (ref_requant64) */
} ref_conv_t;

typedef struct {
    int32_t batches, depth, out_depth; /* input (batches, depth), weights (out_depth, depth) */
    int32_t in_zp, w_zp, out_zp, act_min, act_max;
    int32_t wide; /* as ref_conv_t */
} ref_fc_t;

/* PRELU: a_zp, b_zp; x >= 0: requant(x, a_m, a_s); below: requant(x * slope, b_m, b_s); + out_zp.
 * SQUARED_DIFFERENCE: both operands as in SUB, the difference squared, then out_m, out_s.
 * ADD, SUB: out = requant(requant((a - a_zp) << left_shift, a_m, a_s) +- the same of b, out_m,
 * out_s) + out_zp, clamped. MUL: out = requant((a - a_zp) * (b - b_zp), out_m, out_s) + out_zp,
 * clamped. DIV: see div_one.  MAXIMUM, MINIMUM: none is used. */
typedef struct {
    int32_t left_shift;
    int32_t a_zp, a_m, a_s, b_zp, b_m, b_s;
    int32_t out_zp, out_m, out_s, act_min, act_max;
} ref_binary_t;

typedef struct {
    int32_t filter_h, filter_w, stride_h, stride_w, pad_top, pad_left;
    int32_t act_min, act_max;
} ref_pool_t;

/* sum over the axes in axis_mask (bit d = dims[d] of the aligned shape). MEAN, and SUM (then m, s
 * do not hold 1/n). REDUCE_MAX: axis_mask and n only. out = clamp(requant(sum - n * in_zp, m, s) +
 * out_zp) where m, s already hold 1/n. */
typedef struct {
    int32_t axis_mask;
    int32_t n; /* elements summed per output */
    int32_t in_zp, out_zp, m, s;
} ref_mean_t;

typedef struct {
    int32_t elem_size;
    int32_t before[REF_MAX_RANK]; /* aligned like dims */
    int32_t value;                /* low elem_size bytes are stored */
} ref_pad_t;

typedef struct {
    int32_t bytes;
} ref_copy_t;

/* Over the innermost axis. in[1][d] = exp(-d * scale * beta) in Q0.31 for d = max - x in 0..255,
 * and 0 where d lies beyond diff_min (such elements give exactly -128). m, s, diff_min: what the
 * table was made from. */
typedef struct {
    int32_t outer, depth;
    int32_t m, s, diff_min;
} ref_softmax_t;

/* Over the innermost axis: ref_norm.c. in[1], in[2]: gamma', beta' int32 (depth), the latter and
 * what is added to it with s fraction bits. eps: epsilon * depth^2 / input scale^2 *
 * 4^(16 - ref_norm_bits(depth)), two halves.
 * rms: without subtracting the mean. */
#define REF_NORM_MAX_DEPTH 32768
#define REF_NORM_MAX_EPS_HIGH (1u << 20)
typedef struct {
    int32_t outer, depth, rms;
    int32_t in_zp, out_zp, s;
    uint32_t eps_low, eps_high;
} ref_norm_t;

/* Bits of depth - 1, at least 1. */
static inline int32_t ref_norm_bits(int32_t depth) {
    int32_t bits = 1;
    while (bits < 31 && 1 << bits < depth)
        bits++;
    return bits;
}

/* out = clamp(requant(x - in_zp, m, s) + out_zp) to the output type's range. (Equal scales and zero
 * points 128 apart between int8 and uint8 come out as x ^ 0x80.) */
typedef struct {
    int32_t count;
    int32_t in_unsigned, out_unsigned;
    int32_t in_zp, out_zp, m, s;
    int32_t in_wide, out_wide; /* QUANTIZE16: int16, else int8 */
} ref_quantize_t;

/* Element-wise int8 -> int8. LOGISTIC, TANH: in_zp, radius, m, s. RELU: in_zp, m, s, out_zp, act (m
 * == 0: clamp only). LEAKY_RELU: m, s for x >= 0; m2, s2 below. ABS: m, s (m == 0: no rescale);
 * RSQRT: m, s; TABLE: count only. HARD_SWISH: m, s output; m2, s2 "reluish". */
typedef struct {
    int32_t count;
    int32_t in_zp, out_zp, m, s, m2, s2, radius, act_min, act_max;
} ref_unary_t;

/* CONCAT: outer blocks, inputs of in[n][i] * inner bytes each; SPLIT_V: outputs of in[1][i] * inner
 * bytes. SPLIT (and UNPACK): outer blocks, n equal outputs of inner bytes. */
typedef struct {
    int32_t n, outer, inner; /* inner in bytes */
} ref_concat_t;

typedef struct {
    int32_t elem_size;
    int32_t perm[REF_MAX_RANK]; /* aligned: out axis d comes from in axis perm[d] */
} ref_transpose_t;

typedef struct {
    int32_t elem_size;
    int32_t start[REF_MAX_RANK], stride[REF_MAX_RANK], count[REF_MAX_RANK]; /* aligned */
} ref_slice_t;

/* out[.., i, j] = clamp(requant(sum over k of (a[.., i, k] - a_zp) * (b[.., k, j] - b_zp), m, s) +
 * out_zp). Leading dimensions broadcast; adj_a, adj_b: the operand is stored transposed. */
typedef struct {
    int32_t rows, depth, cols;
    int32_t adj_a, adj_b;
    int32_t a_zp, b_zp, out_zp, m, s;
} ref_matmul_t;

/* ARG_MAX: outer x depth x inner; int32 indices, the first of equals. min: the smallest instead. */
typedef struct {
    int32_t outer, depth, inner, min;
} ref_arg_max_t;

/* out (batch, outer, coords, inner) = in (batch, outer, axis, inner) at indices (batch, coords). */
typedef struct {
    int32_t batch, outer, axis, coords;
    int32_t inner; /* in bytes */
} ref_gather_t;

/* RESIZE_BILINEAR: source steps per output pixel with 10 + more fraction bits (more: 0 or 10); the
 * position is rounded to 10. RESIZE_NEAREST: elem_size. */
typedef struct {
    int32_t scale_h, scale_w, half_pixel;
    int32_t elem_size;
    int32_t more;
} ref_resize_t;

/* SPACE_TO_BATCH: before = padding, filled with value. BATCH_TO_SPACE: before = crop. NHWC. */
typedef struct {
    int32_t elem_size, block_h, block_w, before_h, before_w;
    int32_t value;
} ref_block_t;

/* Rows of state shift by one, the newest entry is requant(input * feature weights, m1, s1) +
 * state_zp; out = requant(bias + sum over the unit's rank rows of state * time weights, m2, s2). */
typedef struct {
    int32_t batches, input, units, rank, memory;
    int32_t wide_state; /* state and time weights int16, else int8 */
    int32_t in_zp, state_zp, out_zp, m1, s1, m2, s2;
} ref_svdf_t;

/* input (batches, steps, input) or, time_major, (steps, batches, input); output likewise with
 * units. The cell state times tanh_m, shifted right by tanh_s, is the tanh's argument. */
typedef struct {
    int32_t batches, steps, input, units, time_major;
    int32_t in_zp, hidden_zp;
    int32_t tanh_m, tanh_s;
    int32_t has_clip, clip; /* of the cell state: +- clip */
} ref_lstm_t;

/* QUANTIZE_FLOAT: out = clamp(round(x / scale) + zp), half away from zero; DEQUANTIZE_FLOAT: out =
 * scale * (x - zp). scale_bits: the float32 scale's bit pattern. The integers are int16 (wide),
 * uint8 (is_unsigned) or int8. */
typedef struct {
    int32_t count;
    int32_t is_unsigned, wide, zp;
    uint32_t scale_bits;
} ref_edge_t;

typedef struct {
    int32_t kind; /* ref_kind_t */
    int32_t n_in, n_out;
    ref_shape_t a, b,
        out; /* first input, second input (binary operators) or weights, (first) output */
    union {
        ref_conv_t conv;
        ref_fc_t fc;
        ref_binary_t binary;
        ref_pool_t pool;
        ref_mean_t mean;
        ref_pad_t pad;
        ref_copy_t copy;
        ref_softmax_t softmax;
        ref_quantize_t quantize;
        ref_unary_t unary;
        ref_concat_t concat;
        ref_transpose_t transpose;
        ref_slice_t slice;
        ref_edge_t edge;
        ref_matmul_t matmul;
        ref_arg_max_t arg_max;
        ref_gather_t gather;
        ref_resize_t resize;
        ref_block_t block;
        ref_svdf_t svdf;
        ref_lstm_t lstm;
        ref_norm_t norm;
        int32_t words[24];
    } p;
} ref_op_t;

_Static_assert(sizeof(ref_op_t) == 48 * 4, "ref_op_t is 48 words: its bytes are a file format");

/* Bytes of scratch that ref_eval needs; 0 for most. */
size_t ref_scratch_size(const ref_op_t *op);
int ref_eval(const ref_op_t *op, const void *const *in, void *const *out, void *scratch);
const char *ref_kind_name(int32_t kind);

#endif
