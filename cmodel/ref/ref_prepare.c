/*
 * ref_prepare.c - preparation: dispatch, checks and numbers that the operators share.
 *
 * Contract: ref_prepare.h. Per-operator preparation: ref_prepare_{nn,matmul,elementwise,
 * function,move,block,select}.c. Source: TensorFlow Lite kernels/internal/quantization_util.cc,
 * kernels/kernel_util.cc, kernels/padding.h. SPDX-License-Identifier: Apache-2.0
 */
#include "ref_prepare_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const prepare_t table[GRAPH_OP_COUNT] = {
    [GRAPH_OP_CONV_2D] = prep_conv,
    [GRAPH_OP_DEPTHWISE_CONV_2D] = prep_depthwise,
    [GRAPH_OP_FULLY_CONNECTED] = prep_fc,
    [GRAPH_OP_ADD] = prep_add,
    [GRAPH_OP_AVERAGE_POOL_2D] = prep_pool,
    [GRAPH_OP_MAX_POOL_2D] = prep_pool,
    [GRAPH_OP_MEAN] = prep_mean,
    [GRAPH_OP_PAD] = prep_pad,
    [GRAPH_OP_RESHAPE] = prep_reshape,
    [GRAPH_OP_SOFTMAX] = prep_softmax,
    [GRAPH_OP_QUANTIZE] = prep_quantize,
    [GRAPH_OP_DEQUANTIZE] = prep_dequantize,
    [GRAPH_OP_MUL] = prep_mul,
    [GRAPH_OP_SUB] = prep_add,
    [GRAPH_OP_LOGISTIC] = prep_sigmoidal,
    [GRAPH_OP_TANH] = prep_sigmoidal,
    [GRAPH_OP_HARD_SWISH] = prep_hard_swish,
    [GRAPH_OP_RELU] = prep_relu,
    [GRAPH_OP_RELU6] = prep_relu,
    [GRAPH_OP_LEAKY_RELU] = prep_leaky_relu,
    [GRAPH_OP_CONCATENATION] = prep_concat,
    [GRAPH_OP_MAXIMUM] = prep_extremum,
    [GRAPH_OP_MINIMUM] = prep_extremum,
    [GRAPH_OP_TRANSPOSE] = prep_transpose,
    [GRAPH_OP_STRIDED_SLICE] = prep_slice,
    [GRAPH_OP_SPLIT] = prep_split,
    [GRAPH_OP_PACK] = prep_pack,
    [GRAPH_OP_PADV2] = prep_pad,
    [GRAPH_OP_ABS] = prep_abs,
    [GRAPH_OP_RSQRT] = prep_rsqrt,
    [GRAPH_OP_ELU] = prep_elu,
    [GRAPH_OP_GELU] = prep_gelu,
    [GRAPH_OP_PRELU] = prep_prelu,
    [GRAPH_OP_SQUARED_DIFFERENCE] = prep_squared_difference,
    [GRAPH_OP_BATCH_MATMUL] = prep_batch_matmul,
    [GRAPH_OP_TRANSPOSE_CONV] = prep_transpose_conv,
    [GRAPH_OP_SUM] = prep_mean,
    [GRAPH_OP_REDUCE_MAX] = prep_reduce_max,
    [GRAPH_OP_ARG_MAX] = prep_arg_max,
    [GRAPH_OP_ARG_MIN] = prep_arg_max,
    [GRAPH_OP_GATHER] = prep_gather,
    [GRAPH_OP_RESIZE_BILINEAR] = prep_resize_bilinear,
    [GRAPH_OP_RESIZE_NEAREST_NEIGHBOR] = prep_resize_nearest,
    [GRAPH_OP_SLICE] = prep_plain_slice,
    [GRAPH_OP_UNPACK] = prep_unpack,
    [GRAPH_OP_SPLIT_V] = prep_split_v,
    [GRAPH_OP_DEPTH_TO_SPACE] = prep_depth_space,
    [GRAPH_OP_SPACE_TO_DEPTH] = prep_depth_space,
    [GRAPH_OP_SPACE_TO_BATCH_ND] = prep_space_batch,
    [GRAPH_OP_BATCH_TO_SPACE_ND] = prep_space_batch,
    [GRAPH_OP_READ_VARIABLE] = prep_state_copy,
    [GRAPH_OP_ASSIGN_VARIABLE] = prep_state_copy,
    [GRAPH_OP_SVDF] = prep_svdf,
    [GRAPH_OP_LOOKUP] = prep_lookup,
    [GRAPH_OP_DIV] = prep_div,
    [GRAPH_OP_LAYER_NORMALIZATION] = prep_norm,
    [GRAPH_OP_UNIDIRECTIONAL_SEQUENCE_LSTM] = prep_lstm,
};

/* SPLIT has its axis first, TRANSPOSE_CONV output shape and weights. */
static int first_input(graph_opcode_t code) {
    return code == GRAPH_OP_SPLIT ? 1 : code == GRAPH_OP_TRANSPOSE_CONV ? 2 : 0;
}

int ref_prepare(const graph_t *g, int32_t op_index, ref_prepared_t *r, graph_error_t *err) {
    const graph_op_t *op = &g->ops[op_index];
    prep_t p = {.g = g, .op = op, .r = r, .err = err};
    memset(r, 0, sizeof *r);
    r->op.b = (ref_shape_t){0, {1, 1, 1, 1, 1, 1}};
    if (op->code == GRAPH_OP_UNSUPPORTED || !table[op->code])
        return prep_fail(&p, "this operator is not supported");
    p.x = graph_in(g, op, first_input(op->code));
    p.y = graph_out(g, op, 0);
    PREP_REQUIRE(&p, p.x && p.y, "it lacks an input or an output");
    for (int i = 0; i < op->n_in; i++)
        if (graph_in(g, op, i))
            PREP_REQUIRE(&p, graph_in(g, op, i)->elements > 0 || i > 0, "input %d is empty", i);
    for (int i = 0; i < op->n_out; i++)
        PREP_REQUIRE(&p, graph_out(g, op, i)->elements > 0, "output %d is empty", i);
    r->op.a = prep_shape(p.x);
    r->op.out = prep_shape(p.y);
    if (table[op->code](&p)) {
        ref_prepared_free(r);
        return -1;
    }
    r->op.n_in = r->n_in;
    r->op.n_out = r->n_out;
    return 0;
}

void ref_prepared_free(ref_prepared_t *r) {
    for (size_t i = 0; i < sizeof r->owned / sizeof r->owned[0]; i++)
        free(r->owned[i]);
    memset(r, 0, sizeof *r);
}

static void *own(prep_t *p, size_t n, size_t size) {
    for (size_t i = 0; i < sizeof p->r->owned / sizeof p->r->owned[0]; i++)
        if (!p->r->owned[i]) {
            p->r->owned[i] = calloc(n ? n : 1, size);
            if (!p->r->owned[i])
                prep_fail(p, "out of memory");
            return p->r->owned[i];
        }
    prep_fail(p, "internal: too many arrays");
    return NULL;
}

int32_t *prep_array(prep_t *p, size_t n) {
    return own(p, n, sizeof(int32_t));
}

int prep_args(prep_t *p, int32_t n_in, int32_t n_out) {
    p->r->n_in = n_in;
    p->r->n_out = n_out;
    p->r->in = own(p, (size_t)n_in, sizeof *p->r->in);
    p->r->out = p->r->in ? own(p, (size_t)n_out, sizeof *p->r->out) : NULL;
    if (!p->r->out)
        return -1;
    for (int32_t i = 0; i < n_in; i++)
        p->r->in[i].tensor = GRAPH_ABSENT;
    for (int32_t i = 0; i < n_out; i++)
        p->r->out[i] = i < p->op->n_out ? p->op->out[i] : GRAPH_ABSENT;
    return 0;
}

void prep_bind(prep_t *p, int32_t slot, int input) {
    const graph_tensor_t *t = graph_in(p->g, p->op, input);
    if (t)
        p->r->in[slot] = (ref_arg_t){p->op->in[input], t->data, t->bytes};
}

void prep_bind_array(prep_t *p, int32_t slot, const int32_t *a, size_t n) {
    p->r->in[slot] = (ref_arg_t){GRAPH_ABSENT, a, n * sizeof *a};
}

int prep_simple(prep_t *p, ref_kind_t kind) {
    p->r->op.kind = kind;
    PREP_TRY(prep_args(p, 1, 1));
    prep_bind(p, 0, 0);
    return 0;
}

int prep_outputs(prep_t *p, ref_kind_t kind) {
    p->r->op.kind = kind;
    PREP_TRY(prep_args(p, 1, p->op->n_out));
    prep_bind(p, 0, first_input(p->op->code));
    return 0;
}

float prep_scale(const graph_tensor_t *t) {
    return t->quant.n_scales > 0 ? t->quant.scales[0] : 0.0f;
}

int32_t prep_zp(const graph_tensor_t *t) {
    return t->quant.n_scales > 0 ? t->quant.zero_points[0] : 0;
}

int prep_int8(prep_t *p, const graph_tensor_t *t, const char *what) {
    PREP_REQUIRE(p, t, "%s is missing", what);
    PREP_REQUIRE(p, t->type != GRAPH_FLOAT32,
                 "%s is float32: only int8 models run here, quantise the model first", what);
    PREP_REQUIRE(p, t->type == GRAPH_INT8, "%s is %s, only int8 is supported", what,
                 graph_type_name(t->type));
    PREP_REQUIRE(p, t->elements > 0, "%s is empty", what);
    PREP_REQUIRE(p, t->quant.n_scales == 1 && prep_scale(t) > 0.0f,
                 "%s is not quantised per tensor", what);
    PREP_REQUIRE(p, prep_zp(t) >= INT8_MIN && prep_zp(t) <= INT8_MAX,
                 "%s has zero point %d, outside int8", what, (int)prep_zp(t));
    return 0;
}

int prep_activation(prep_t *p, const graph_tensor_t *t, const char *what) {
    if (!t || t->type != GRAPH_INT16)
        return prep_int8(p, t, what);
    PREP_REQUIRE(p, t->elements > 0, "%s is empty", what);
    PREP_REQUIRE(p, t->quant.n_scales == 1 && prep_scale(t) > 0.0f,
                 "%s is not quantised per tensor", what);
    PREP_REQUIRE(p, prep_zp(t) == 0, "%s has zero point %d, int16 needs 0", what, (int)prep_zp(t));
    return 0;
}

int prep_inputs(prep_t *p, int min, int max) {
    PREP_REQUIRE(p, p->op->n_in >= min && p->op->n_in <= max, "it has %d inputs", (int)p->op->n_in);
    return 0;
}

ref_shape_t prep_shape(const graph_tensor_t *t) {
    ref_shape_t s = {.rank = t->rank};
    for (int d = 0; d < REF_MAX_RANK; d++) {
        int from = d - (REF_MAX_RANK - t->rank);
        s.dims[d] = from < 0 ? 1 : t->dims[from];
    }
    return s;
}

int prep_same_shape(const graph_tensor_t *a, const graph_tensor_t *b) {
    return a->rank == b->rank && memcmp(a->dims, b->dims, sizeof(int32_t) * (size_t)a->rank) == 0;
}

void ref_quantize_multiplier(double real, int32_t *m, int32_t *shift) {
    *m = 0;
    *shift = 0;
    if (real == 0.0 || !isfinite(real))
        return;
    int exponent;
    int64_t q = (int64_t)round(frexp(real, &exponent) * 2147483648.0);
    if (q == (int64_t)1 << 31) {
        q /= 2;
        exponent++;
    }
    if (exponent < -31)
        return;
    *m = (int32_t)q;
    *shift = exponent;
}

int prep_multiplier(prep_t *p, double real, int32_t *m, int32_t *shift) {
    ref_quantize_multiplier(real, m, shift);
    PREP_REQUIRE(p, isfinite(real) && *shift <= 30, "its scales differ too much");
    return 0;
}

/* TFLite's Quantize(): in float32, half away from zero; saturated here instead of an overflow. */
static int32_t quantize(float f, float scale, int32_t zp) {
    float q = roundf(f / scale);
    if (q > 1e6f)
        return 1000000;
    if (q < -1e6f)
        return -1000000;
    return zp + (int32_t)q;
}

int prep_act(prep_t *p, graph_act_t act, int32_t *lo, int32_t *hi) {
    static const float limits[][2] = {
        [GRAPH_ACT_RELU_N1_TO_1] = {-1.0f, 1.0f}, [GRAPH_ACT_RELU6] = {0.0f, 6.0f}};
    float scale = prep_scale(p->y);
    int32_t zp = prep_zp(p->y);
    *lo = p->y->type == GRAPH_INT16 ? INT16_MIN : INT8_MIN;
    *hi = p->y->type == GRAPH_INT16 ? INT16_MAX : INT8_MAX;
    if (act == GRAPH_ACT_RELU)
        *lo = zp > *lo ? zp : *lo;
    if (act == GRAPH_ACT_RELU6 || act == GRAPH_ACT_RELU_N1_TO_1) {
        int32_t min = quantize(limits[act][0], scale, zp),
                max = quantize(limits[act][1], scale, zp);
        *lo = min > *lo ? min : *lo;
        *hi = max < *hi ? max : *hi;
    }
    PREP_REQUIRE(p, *lo <= *hi, "its activation leaves no output range");
    return 0;
}

int32_t prep_pad_before(graph_padding_t padding, int32_t in, int32_t filter, int32_t stride) {
    int64_t out = ((int64_t)in + stride - 1) / stride, total = (out - 1) * stride + filter - in;
    return padding == GRAPH_PAD_SAME && total > 0 ? (int32_t)(total / 2) : 0;
}

int prep_window(prep_t *p, graph_padding_t padding, int32_t explicit_before, int32_t explicit_after,
                int32_t in, int32_t filter, int32_t stride, int32_t dilation, int32_t out,
                int32_t *before, const char *axis) {
    const int64_t limit = (int64_t)1 << 29;
    int64_t effective = ((int64_t)filter - 1) * dilation + 1;
    PREP_REQUIRE(p, in <= limit && effective <= limit && stride <= limit, "its %s is too large",
                 axis);
    int64_t expected;
    if (padding == GRAPH_PAD_SAME) {
        expected = ((int64_t)in + stride - 1) / stride;
        *before = prep_pad_before(padding, in, (int32_t)effective, stride);
    } else {
        int64_t b = padding == GRAPH_PAD_EXPLICIT ? explicit_before : 0;
        int64_t a = padding == GRAPH_PAD_EXPLICIT ? explicit_after : 0;
        PREP_REQUIRE(p, b >= 0 && a >= 0 && b <= limit && a <= limit,
                     "its padding is out of range");
        int64_t room = in + a + b - effective;
        expected = room < 0 ? 0 : room / stride + 1;
        *before = (int32_t)b;
    }
    PREP_REQUIRE(p, expected == out, "its output %s is %d, its input and options give %lld", axis,
                 (int)out, (long long)expected);
    return 0;
}

int prep_ints(prep_t *p, int i, const char *what, int32_t *values, int32_t *n, int32_t max) {
    const graph_tensor_t *t = graph_in(p->g, p->op, i);
    PREP_REQUIRE(p, t && (t->data || t->elements == 0), "%s is not constant", what);
    PREP_REQUIRE(p, t->type == GRAPH_INT32 || t->type == GRAPH_INT64, "%s is %s, not int32", what,
                 graph_type_name(t->type));
    PREP_REQUIRE(p, t->elements <= (size_t)max, "%s has %zu values, at most %d are supported", what,
                 t->elements, (int)max);
    *n = (int32_t)t->elements;
    for (int32_t k = 0; k < *n; k++) {
        int64_t v =
            t->type == GRAPH_INT32 ? ((const int32_t *)t->data)[k] : ((const int64_t *)t->data)[k];
        PREP_REQUIRE(p, v >= INT32_MIN && v <= INT32_MAX, "%s is out of range", what);
        values[k] = (int32_t)v;
    }
    return 0;
}
