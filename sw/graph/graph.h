/*
 * graph.h - a network in memory, as read from a model file, neutral of file format and of hardware.
 *
 * Synopsis:  graph_error_t e;  graph_t *g = graph_load("model.tflite", &e);  ...  graph_free(g);
 * Contract:  ops are in execution order; every tensor index in an op is valid or GRAPH_ABSENT; dims
 * are >= 1 (never negative, zero only in constant helper tensors); elements x element size fits in
 * 2^31 - 1 bytes; constant data has exactly the tensor's byte size and is 8-byte aligned; scales
 * are finite and > 0. NHWC activations. Weights keep TFLite's layouts: conv OHWI, depthwise 1HWO,
 * fully connected OI. Counterparts: tflite.c (reader), ref_prepare.h (integer parameters), the
 * compiler. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_GRAPH_H
#define SYSTOLE_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GRAPH_MAX_RANK 6
#define GRAPH_ABSENT (-1) /* an optional input that is not there */

/* One clear line: file, operator index and name where known, reason. */
typedef struct {
    char msg[256];
} graph_error_t;

typedef enum {
    GRAPH_TYPE_UNKNOWN = 0,
    GRAPH_INT8,
    GRAPH_UINT8,
    GRAPH_INT16,
    GRAPH_INT32,
    GRAPH_INT64,
    GRAPH_FLOAT32,
    GRAPH_BOOL,
    GRAPH_FLOAT16,
    GRAPH_FLOAT64,
    GRAPH_TYPE_COUNT
} graph_type_t;

/* X(NAME): every operator the graph knows by name; the rest is GRAPH_OP_UNSUPPORTED. */
#define GRAPH_OPS(X)                                                                               \
    X(UNSUPPORTED)                                                                                 \
    X(CONV_2D)                                                                                     \
    X(DEPTHWISE_CONV_2D)                                                                           \
    X(FULLY_CONNECTED)                                                                             \
    X(ADD)                                                                                         \
    X(AVERAGE_POOL_2D)                                                                             \
    X(MAX_POOL_2D)                                                                                 \
    X(MEAN)                                                                                        \
    X(PAD)                                                                                         \
    X(RESHAPE)                                                                                     \
    X(SOFTMAX)                                                                                     \
    X(QUANTIZE)                                                                                    \
    X(DEQUANTIZE)                                                                                  \
    X(MUL)                                                                                         \
    X(SUB)                                                                                         \
    X(LOGISTIC)                                                                                    \
    X(TANH)                                                                                        \
    X(HARD_SWISH)                                                                                  \
    X(RELU)                                                                                        \
    X(RELU6)                                                                                       \
    X(LEAKY_RELU)                                                                                  \
    X(CONCATENATION)                                                                               \
    X(MAXIMUM)                                                                                     \
    X(MINIMUM)                                                                                     \
    X(TRANSPOSE)                                                                                   \
    X(STRIDED_SLICE)                                                                               \
    X(SPLIT)                                                                                       \
    X(PACK)                                                                                        \
    X(PADV2)                                                                                       \
    X(ABS)                                                                                         \
    X(RSQRT)                                                                                       \
    X(ELU)                                                                                         \
    X(GELU)                                                                                        \
    X(PRELU)                                                                                       \
    X(SQUARED_DIFFERENCE)                                                                          \
    X(BATCH_MATMUL)                                                                                \
    X(TRANSPOSE_CONV)                                                                              \
    X(SUM)                                                                                         \
    X(REDUCE_MAX)                                                                                  \
    X(ARG_MAX)                                                                                     \
    X(ARG_MIN)                                                                                     \
    X(GATHER)                                                                                      \
    X(RESIZE_BILINEAR)                                                                             \
    X(RESIZE_NEAREST_NEIGHBOR)                                                                     \
    X(SLICE)                                                                                       \
    X(UNPACK)                                                                                      \
    X(SPLIT_V)                                                                                     \
    X(DEPTH_TO_SPACE)                                                                              \
    X(SPACE_TO_DEPTH)                                                                              \
    X(SPACE_TO_BATCH_ND)                                                                           \
    X(BATCH_TO_SPACE_ND)                                                                           \
    X(SVDF)                                                                                        \
    X(UNIDIRECTIONAL_SEQUENCE_LSTM)                                                                \
    X(VAR_HANDLE)                                                                                  \
    X(READ_VARIABLE)                                                                               \
    X(ASSIGN_VARIABLE)                                                                             \
    X(CALL_ONCE)                                                                                   \
    X(LOOKUP) /* int8 -> int8 by the 256 bytes of input 1, by code read as unsigned */             \
    X(DIV)    /* a / b, ONNX's; binary.act */                                                      \
    X(LAYER_NORMALIZATION) /* over the last axis; gamma, beta: float32 inputs 1, 2, may be absent  \
                            */

typedef enum {
#define GRAPH_OP_ENUM(name) GRAPH_OP_##name,
    GRAPH_OPS(GRAPH_OP_ENUM)
#undef GRAPH_OP_ENUM
        GRAPH_OP_COUNT
} graph_opcode_t;

typedef enum { GRAPH_PAD_SAME = 0, GRAPH_PAD_VALID = 1, GRAPH_PAD_EXPLICIT = 2 } graph_padding_t;

typedef enum {
    GRAPH_ACT_NONE = 0,
    GRAPH_ACT_RELU,
    GRAPH_ACT_RELU_N1_TO_1,
    GRAPH_ACT_RELU6
} graph_act_t;

/* real = scale * (q - zero_point). n_scales is 0 (not quantised), 1 (per tensor) or dims[dim] (per
 * channel); n_zero_points equals n_scales. */
typedef struct {
    int32_t n_scales;
    int32_t dim;
    const float *scales;        /* (n_scales) */
    const int32_t *zero_points; /* (n_scales) */
} graph_quant_t;

typedef struct {
    const char *name; /* never NULL */
    graph_type_t type;
    int32_t rank; /* 0..GRAPH_MAX_RANK; 0 is a scalar */
    int32_t dims[GRAPH_MAX_RANK];
    size_t elements;
    size_t bytes;
    graph_quant_t quant;
    const void *data;    /* constant: `bytes` little-endian bytes; NULL: computed, a variable or a
                            graph input */
    bool is_variable;    /* keeps its value from run to run */
    const void *initial; /* of a variable: `bytes` bytes; NULL: see graph_initial */
} graph_tensor_t;

/* Which member holds depends on the opcode; strides, dilations and filter sizes are >= 1. */
typedef union {
    struct {
        graph_padding_t padding;
        int32_t stride_h, stride_w, dilation_h, dilation_w;
        int32_t depth_multiplier; /* depthwise only: output channels / input channels */
        graph_act_t act;
        int32_t pad_top, pad_left, pad_bottom, pad_right; /* GRAPH_PAD_EXPLICIT only */
    } conv; /* CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV */
    struct {
        graph_act_t act;
        bool keep_num_dims;
    } fc;
    struct {
        graph_act_t act;
    } binary; /* ADD, SUB, MUL, DIV */
    struct {
        graph_padding_t padding;
        int32_t stride_h, stride_w, filter_h, filter_w;
        graph_act_t act;
        int32_t pad_top, pad_left, pad_bottom, pad_right; /* GRAPH_PAD_EXPLICIT only */
    } pool;
    struct {
        bool keep_dims;
    } reduce; /* axes: input 1 */
    struct {
        float beta;
    } softmax;
    struct {
        float alpha;
    } leaky_relu;
    struct {
        int32_t axis;
        graph_act_t act;
    } concat;
    struct {
        int32_t axis;
    } pack; /* PACK, UNPACK */
    struct {
        bool adj_x, adj_y;
    } matmul;
    struct {
        int32_t axis, batch_dims;
    } gather;
    struct {
        bool align_corners, half_pixel_centers;
        double step_h, step_w; /* bilinear: source pixels per output pixel; 0: from the sizes, as
                                  TFLite rounds them */
    } resize;
    struct {
        int32_t size; /* >= 1 */
    } block;          /* DEPTH_TO_SPACE, SPACE_TO_DEPTH */
    struct {
        bool approximate;
    } gelu;
    struct {
        int32_t rank;
    } svdf;
    struct {
        float cell_clip; /* 0: none */
        bool time_major;
    } lstm;
    struct {
        float epsilon;
        bool rms; /* RMS norm: the mean is not subtracted */
    } norm;       /* LAYER_NORMALIZATION */
    struct {      /* while reading: where the names stand in the file */
        size_t container, name;
        uint32_t container_n, name_n;
    } variable;
    struct {
        int32_t subgraph;
    } call;
    struct {
        int32_t begin_mask, end_mask, shrink_mask, ellipsis_mask, new_axis_mask;
    } strided_slice;
} graph_params_t;

typedef struct {
    graph_opcode_t code;
    const char *type; /* e.g. "CONV_2D"; for GRAPH_OP_UNSUPPORTED the name of the file's format */
    const char
        *name;     /* for people: the first output's name up to its first ';', see graph_op_name */
    int32_t index; /* position in the file and in graph_t.ops */
    int32_t n_in, n_out;
    const int32_t *in;  /* (n_in) tensor index or GRAPH_ABSENT */
    const int32_t *out; /* (n_out) tensor index */
    graph_params_t p;
} graph_op_t;

typedef struct {
    const char *path;   /* as given by the user, for messages */
    const char *format; /* "tflite", "onnx" */
    int32_t n_tensors, n_ops, n_inputs, n_outputs;
    graph_tensor_t *tensors; /* (n_tensors) */
    graph_op_t *ops;         /* (n_ops) */
    const int32_t *inputs;   /* (n_inputs) tensor indices */
    const int32_t *outputs;  /* (n_outputs) tensor indices */
    void *memory;            /* owns everything above */
} graph_t;

/* Reads a model file, format recognised by content. NULL and *err on any fault; never crashes on
 * any bytes. */
graph_t *graph_load(const char *path, graph_error_t *err);
/* The same from bytes in memory (copied); `path` only names it in messages. */
graph_t *graph_load_bytes(const void *bytes, size_t size, const char *path, graph_error_t *err);
graph_t *graph_load_tflite(const void *bytes, size_t size, const char *path, graph_error_t *err);
graph_t *graph_load_onnx(const void *bytes, size_t size, const char *path, graph_error_t *err);
void graph_free(graph_t *g);

size_t graph_type_size(graph_type_t t);      /* bytes of an element, 0 unknown */
const char *graph_type_name(graph_type_t t); /* "int8" */
const char *graph_opcode_name(graph_opcode_t c);
/* "1x32x32x3"; a scalar is "scalar". Returns buf. */
const char *graph_shape_str(const graph_tensor_t *t, char *buf, size_t size);
/* Name of a layer in reports: from its first output tensor (fused layers list several, the first is
 * taken). */
const char *graph_op_name(const graph_t *g, const graph_op_t *op);
/* Input `i` of op as tensor, or NULL when absent. */
const graph_tensor_t *graph_in(const graph_t *g, const graph_op_t *op, int i);
const graph_tensor_t *graph_out(const graph_t *g, const graph_op_t *op, int i);
/* What a variable holds before the first run, into dst (t->bytes): its initial value, else its zero
 * point (int8) or zeros. */
void graph_initial(const graph_tensor_t *t, void *dst);
/* Multiply-accumulates of one op: convolutions, fully connected, matrix products; 0 for the rest.
 * Padding taps count (as is usual). */
uint64_t graph_op_macs(const graph_t *g, const graph_op_t *op);

/* Memory that lives as long as the graph (zeroed; NULL when exhausted): for readers. */
void *graph_alloc(graph_t *g, size_t size);
graph_t *graph_new(const char *path, const char *format);
/* printf into *err (NULL allowed); returns -1. */
int graph_fail(graph_error_t *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "PATH: operator #3 CONV_2D (name): " + reason. Returns -1. */
int graph_fail_op(graph_error_t *err, const graph_t *g, const graph_op_t *op, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
