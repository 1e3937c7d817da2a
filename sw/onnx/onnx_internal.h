/*
 * onnx_internal.h - internal to the .onnx reader: the file's network as values and nodes, and what
 * its parts offer each other.
 *
 * Order of work (onnx.c): onnx_wire.c looks at nesting, libprotobuf-c unpacks, onnx_model.c makes
 * values and nodes in an order that works, onnx_shape.c finds every shape and folds constants,
 * onnx_lower.c turns quantised values into tensors of a graph_t, by the operators of onnx_ops*.c.
 *
 * Numbers: real = scale * (q - zero point). uint8 values are kept as int8 with zero point - 128.
 * Layout: ONNX values are N,C,H,W; a value of rank 4 may be stored so or as N,H,W,C (`nhwc`),
 * which is what convolutions and pools take. A sequence N,C,L is an image of one row there: its
 * `nhwc` tensor is N,1,L,C, of rank 4. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_ONNX_INTERNAL_H
#define SYSTOLE_ONNX_INTERNAL_H

#include "graph.h"
#include "onnx.pb-c.h"

#define ONNX_NONE (-1)
#define ONNX_MAX_IN 64 /* inputs of a node, but for Concat */

typedef Onnx__NodeProto node_proto_t;

typedef struct {
    float scale;
    int32_t zp; /* of int8 */
} onnx_quant_t;

/* A tensor of the graph that holds a value, quantised so. */
typedef struct onnx_rep {
    struct onnx_rep *next;
    onnx_quant_t q;
    int32_t tensor;
    bool nhwc;
} onnx_rep_t;

typedef struct {
    const char *name;
    graph_type_t type; /* GRAPH_TYPE_UNKNOWN until known */
    bool shaped;
    int32_t rank, dims[GRAPH_MAX_RANK];
    size_t elements;
    const void *data; /* constant: elements of its type, little-endian, aligned; else NULL */
    int32_t node;     /* that computes it, or ONNX_NONE */
    int32_t output;   /* of that node */
    int32_t uses;     /* nodes and graph outputs that read it */
    onnx_rep_t *reps;
} onnx_value_t;

typedef struct onnx onnx_t;

typedef struct {
    const node_proto_t *proto;
    const char *op;    /* type, "Conv" */
    const char *name;  /* for people: its own, or its first output's */
    int32_t *in, *out; /* value indices or ONNX_NONE */
    int32_t n_in, n_out;
} onnx_node_t;

/* Tensors and operators of the graph, growing. */
typedef struct {
    graph_tensor_t *tensors;
    graph_op_t *ops;
    int32_t n_tensors, n_ops, room_tensors, room_ops;
} onnx_builder_t;

struct onnx {
    const char *path;
    graph_error_t *err;
    graph_t *g; /* owns all memory but the protobuf's and the builder's */
    Onnx__ModelProto *model;
    int64_t opset;
    onnx_value_t *values;
    int32_t n_values;
    onnx_node_t *nodes; /* in an order in which every value is computed before it is used */
    int32_t n_nodes;
    int32_t *inputs, *outputs; /* values */
    int32_t n_inputs, n_outputs;
    int32_t *slots; /* hash of names: value or ONNX_NONE */
    size_t n_slots;
    onnx_builder_t b;
    int32_t depth;         /* of recursion while lowering */
    int32_t *sources;      /* by value: onnx_function.c */
    onnx_quant_t *natural; /* by value: onnx_quant.c; scale 0: not known yet, below 0: none */
    int32_t quant_depth;
    bool *image; /* by value: made as N,H,W,C */
};

/* ---- onnx_wire.c */
/* Whether messages nest at most `limit` deep and every length fits: NULL, or what is wrong. */
const char *onnx_check_wire(const void *bytes, size_t size, int limit);

/* ---- onnx_model.c */
int onnx_read_model(onnx_t *o); /* 0, or -1 and *err */
int32_t onnx_find(const onnx_t *o, const char *name);
/* A constant's bytes from the file, of a tensor at most 2 GiB. */
int onnx_read_tensor(onnx_t *o, const Onnx__TensorProto *t, onnx_value_t *v);
void *onnx_alloc(onnx_t *o, size_t size); /* NULL and *err when out of memory */

/* ---- onnx_attr.c: a node's attributes, or the default where absent */
const Onnx__AttributeProto *onnx_attr(const onnx_node_t *n, const char *name);
int64_t onnx_attr_int(const onnx_node_t *n, const char *name, int64_t absent);
float onnx_attr_float(const onnx_node_t *n, const char *name, float absent);
/* "" where absent; not longer than 31 characters. */
const char *onnx_attr_string(const onnx_node_t *n, const char *name, char buf[32]);
/* Fills n values; those absent keep what they are. false: another number of them. */
bool onnx_attr_ints(const onnx_node_t *n, const char *name, int64_t *values, size_t count);
/* Integers that are an attribute in older operator sets, a constant input in newer ones: their
 * number, 0 when absent, -1 and *err when not constant or more than `most`. */
int onnx_ints(onnx_t *o, const onnx_node_t *n, const char *name, int input, int64_t *values,
              int most);

/* ---- onnx_shape.c, onnx_fold.c */
int onnx_infer(onnx_t *o);
/* Computes the node's output where its inputs are constant and it is one that shapes are made with:
 * 1; else 0; -1. */
int onnx_fold(onnx_t *o, onnx_node_t *n);
/* Sets a value's shape; refuses lengths below 1 and more than 2 GiB. */
int onnx_set_shape(onnx_t *o, const onnx_node_t *n, int32_t v, graph_type_t type, int rank,
                   const int64_t *dims);
int onnx_shape_set(onnx_t *o, const onnx_node_t *n, graph_type_t type, int rank,
                   const int64_t *dims);             /* of output 0 */
int onnx_wide(const onnx_value_t *x, int64_t *dims); /* dims as int64; the rank */
/* Input i of a node, or NULL when absent. */
static inline onnx_value_t *onnx_in(const onnx_t *o, const onnx_node_t *n, int i) {
    return i < n->n_in && n->in[i] >= 0 ? &o->values[n->in[i]] : NULL;
}
/* Shapes of the outputs of one operator. */
int onnx_shape_flatten(onnx_t *o, const onnx_node_t *n);
int onnx_shape_concat(onnx_t *o, const onnx_node_t *n);
int onnx_shape_split(onnx_t *o, const onnx_node_t *n);
int onnx_shape_gather(onnx_t *o, const onnx_node_t *n);
int onnx_shape_slice(onnx_t *o, const onnx_node_t *n);
int onnx_shape_pad(onnx_t *o, const onnx_node_t *n);
int onnx_shape_resize(onnx_t *o, const onnx_node_t *n);
int onnx_shape_same(onnx_t *o, const onnx_node_t *n);
int onnx_shape_reshape(onnx_t *o, const onnx_node_t *n);
int onnx_shape_squeeze(onnx_t *o, const onnx_node_t *n);
int onnx_shape_unsqueeze(onnx_t *o, const onnx_node_t *n);
int onnx_shape_transpose(onnx_t *o, const onnx_node_t *n);
/* Windows of convolutions and pools, from attributes: rows, columns. A sequence has one row. */
typedef struct {
    int64_t kernel[2], stride[2], dilation[2], before[2], after[2];
    int64_t beyond[2]; /* of `after`: the part that ceil_mode adds to the padding */
    int64_t out[2];
} onnx_window_t;
int onnx_window(onnx_t *o, const onnx_node_t *n, const onnx_value_t *x, const int64_t *kernel,
                onnx_window_t *w);
/* Slice: starts and ends as positions (end exclusive, -1 before the first), axes and steps; their
 * number, or -1. */
int onnx_slice(onnx_t *o, const onnx_node_t *n, int64_t *start, int64_t *end, int64_t *axes,
               int64_t *step);
/* Pad: elements before and after each dimension; below 0: that many fewer. */
int onnx_pads(onnx_t *o, const onnx_node_t *n, int64_t before[GRAPH_MAX_RANK],
              int64_t after[GRAPH_MAX_RANK]);
/* Axis from the attribute or `axis`, counted from the front; -1 and *err when there is none such.
 */
int onnx_axis(onnx_t *o, const onnx_node_t *n, int64_t axis, int32_t rank);

/* ---- onnx_lower.c */
int onnx_lower(onnx_t *o);
/* Tensor that holds v (a real-valued value) quantised as q; -1 and *err. */
int32_t onnx_tensor(onnx_t *o, int32_t v, onnx_quant_t q, bool nhwc);
/* Tensor t of a value of that shape in the other layout, `nhwc`; ONNX_NONE and *err. */
int32_t onnx_relayout(onnx_t *o, const onnx_value_t *x, int32_t t, onnx_quant_t q, bool nhwc);
/* How v is quantised in the file, or, where the file leaves an operator between quantised ones in
 * float, a quantisation that its values fit for sure; false when there is neither. */
bool onnx_natural(onnx_t *o, int32_t v, onnx_quant_t *q);
/* The same as onnx_tensor with the file's quantisation; *err when it has none. */
int32_t onnx_operand(onnx_t *o, int32_t v, bool nhwc, onnx_quant_t *q);
bool onnx_is_constant(const onnx_t *o, int32_t v); /* or the DequantizeLinear of one */
/* The code of a real value: half to even, what is no number the zero point. */
int8_t onnx_code(double real, onnx_quant_t q);
/* A constant operand's own quantisation: the file's, or symmetric; -1: it cannot be read. */
int onnx_constant_quant(onnx_t *o, int32_t v, onnx_quant_t *q);
/* Scale and zero point of a QuantizeLinear or DequantizeLinear, per tensor. */
bool onnx_node_quant(const onnx_t *o, const onnx_node_t *n, onnx_quant_t *q);
/* Limits of Relu and Clip; false for anything else. */
bool onnx_limits(const onnx_t *o, const onnx_node_t *n, double *lo, double *hi);
/* Whether its output lies in its input's range: it has its quantisation unless told otherwise. */
bool onnx_keeps_quant(const onnx_node_t *n);
bool onnx_is(const onnx_t *o, int32_t v, const char *op); /* v is computed by such a node */
/* The value behind pairs of QuantizeLinear and DequantizeLinear, and Identity: what v is before
 * roundings. */
int32_t onnx_behind(const onnx_t *o, int32_t v);

/* ---- onnx_build.c: the graph's tensors and operators; -1 or NULL and *err when out of memory */
int32_t onnx_new_tensor(onnx_t *o, const char *name, graph_type_t type, int rank,
                        const int32_t *dims, const onnx_quant_t *q);
/* A tensor with the shape of v. */
int32_t onnx_new_like(onnx_t *o, int32_t v, onnx_quant_t q, bool nhwc);
/* Tensor t, quantised as q, as one of another shape with as many elements. */
int32_t onnx_new_view(onnx_t *o, const char *name, int32_t t, onnx_quant_t q, int rank,
                      const int32_t *dims);
/* Constant tensor; data is copied. */
int32_t onnx_new_const(onnx_t *o, const char *name, graph_type_t type, int rank,
                       const int32_t *dims, const onnx_quant_t *q, const void *data);
int32_t onnx_new_ints(onnx_t *o, const char *name, int n, const int32_t *values);
/* Valid until the next call. `name`: of the layer. */
graph_op_t *onnx_new_op(onnx_t *o, graph_opcode_t code, const char *name, int n_in,
                        const int32_t *in, int n_out, const int32_t *out);
int onnx_remember(onnx_t *o, int32_t v, onnx_quant_t q, bool nhwc, int32_t tensor);
int onnx_build_graph(onnx_t *o); /* moves tensors and operators into o->g */

/* ---- onnx_ops*.c: a node whose output 0 is wanted quantised as q. 0 with the value remembered, or
 * -1. */
typedef struct {
    const onnx_node_t *node;
    int32_t v; /* the output that is wanted */
    onnx_quant_t q;
    graph_act_t act; /* to be applied before quantisation */
    const char *name;
} onnx_want_t;
typedef int (*onnx_lower_t)(onnx_t *o, const onnx_want_t *w);
int onnx_lower_conv(onnx_t *o, const onnx_want_t *w);
int onnx_lower_gemm(onnx_t *o, const onnx_want_t *w); /* Gemm, MatMul */
/* An Add of a constant to a MatMul with constant weights, the only use of it: 1: lowered as one
 * layer; 0: it is none; -1 and *err. */
int onnx_lower_biased(onnx_t *o, const onnx_want_t *w);
int onnx_lower_pool(onnx_t *o, const onnx_want_t *w);
int onnx_lower_global_pool(onnx_t *o, const onnx_want_t *w);
int onnx_lower_mean(onnx_t *o, const onnx_want_t *w);
int onnx_lower_softmax(onnx_t *o, const onnx_want_t *w);
int onnx_lower_binary(onnx_t *o, const onnx_want_t *w);
int onnx_lower_power(onnx_t *o, const onnx_want_t *w); /* onnx_power.c */
int onnx_lower_reshape(onnx_t *o, const onnx_want_t *w);
int onnx_lower_transpose(onnx_t *o, const onnx_want_t *w);
int onnx_lower_concat(onnx_t *o, const onnx_want_t *w);
int onnx_lower_split(onnx_t *o, const onnx_want_t *w);
int onnx_lower_slice(onnx_t *o, const onnx_want_t *w);
int onnx_lower_gather(onnx_t *o, const onnx_want_t *w);
int onnx_lower_pad(onnx_t *o, const onnx_want_t *w);
int onnx_lower_resize(onnx_t *o, const onnx_want_t *w); /* onnx_resize.c */
/* Operator `code` from w->node's input 0 in that layout to w->v in the same; n_more: further
 * inputs.
 */
graph_op_t *onnx_move(onnx_t *o, const onnx_want_t *w, graph_opcode_t code, bool nhwc, int n_more,
                      const int32_t *more);
/* t, quantised as q, with dimensions `axis` and the last exchanged. */
int32_t onnx_exchanged(onnx_t *o, const char *name, int32_t t, int axis, onnx_quant_t q);
/* Elements start[d]..end[d] - 1 along each of t's dimensions; t itself where these are all. */
int32_t onnx_new_slice(onnx_t *o, const char *name, int32_t t, onnx_quant_t q, const int32_t *start,
                       const int32_t *end);
/* w->v from tensor x of w->node's input 0 in that layout, by a GATHER along each dimension d that
 * has indices, index[d] >= 0 (by dimension of the value). x < 0: -1. */
int onnx_gather_along(onnx_t *o, const onnx_want_t *w, int32_t x, bool nhwc, const int32_t *index);
/* Position in storage of axis d of a value of that rank. */
static inline int onnx_stored_axis(int d, int rank, bool nhwc) {
    static const int image[4] = {0, 3, 1, 2}, sequence[3] = {0, 3, 2};
    return nhwc && rank == 4 ? image[d] : nhwc && rank == 3 ? sequence[d] : d;
}
/* Dimensions of v's tensor; their number. */
int onnx_stored_dims(const onnx_value_t *x, bool nhwc, int32_t dims[GRAPH_MAX_RANK]);
/* Whether values of that rank may be stored as images. */
static inline bool onnx_may_be_image(int rank) {
    return rank == 3 || rank == 4;
}

/* ---- onnx_norm.c: layer norm and RMS norm */
int onnx_lower_norm(onnx_t *o, const onnx_want_t *w); /* one node */
/* Written out in several nodes, of which w->node is the last: 1: now remembered; 0: it is none; -1
 * and *err. */
int onnx_lower_written_norm(onnx_t *o, const onnx_want_t *w);
bool onnx_is_norm(onnx_t *o, const onnx_node_t *n); /* such a last node */

/* ---- onnx_function.c: functions of one quantised value become tables */
int onnx_find_sources(onnx_t *o);
/* Whether node n computes element by element. */
bool onnx_elementwise(const onnx_node_t *n);
/* 1: v is a function of one quantised value (unquantised: of one that the file leaves in float,
 * with the quantisation of onnx_natural), and is now remembered as q; 0: it is not; -1 and *err. */
int onnx_lower_function(onnx_t *o, const onnx_want_t *w, bool unquantised);
/* Smallest and largest of v, a function of one quantised value; false when it is none. */
bool onnx_function_range(onnx_t *o, int32_t v, double *lo, double *hi);
/* Constant of one element, through DequantizeLinear too. */
bool onnx_scalar(const onnx_t *o, int32_t v, double *value);
/* All elements of a constant as float (malloc'ed), through DequantizeLinear too; NULL when not
 * constant. */
float *onnx_floats(const onnx_t *o, int32_t v);

/* Fails with "PATH: node OP (NAME): reason". Returns -1. */
int onnx_fail(onnx_t *o, const onnx_node_t *n, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
