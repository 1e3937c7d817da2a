/*
 * ref_prepare_elementwise.c - ADD, SUB, MUL, MAXIMUM, MINIMUM, QUANTIZE, DEQUANTIZE, int8 -> int8
 * functions.
 *
 * Source: TensorFlow Lite Micro
 * kernels/{add,sub,mul,logistic,hard_swish,activations,leaky_relu,quantize}_common.cc, tanh.cc.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ref_prepare_internal.h"

#include <math.h>
#include <string.h>

int prep_binary(prep_t *p, ref_kind_t kind) {
    const graph_tensor_t *b = graph_in(p->g, p->op, 1);
    PREP_TRY(prep_inputs(p, 2, 2));
    if (p->x->type == GRAPH_INT16 && (kind == REF_ADD || kind == REF_MUL)) {
        PREP_TRY(prep_activation(p, p->x, "its first input"));
        PREP_TRY(prep_activation(p, b, "its second input"));
        PREP_TRY(prep_activation(p, p->y, "its output"));
        PREP_REQUIRE(p, b->type == GRAPH_INT16 && p->y->type == GRAPH_INT16,
                     "its operands differ in type");
        kind = kind == REF_ADD ? REF_ADD16 : REF_MUL16;
    } else {
        PREP_TRY(prep_int8(p, p->x, "its first input"));
        PREP_TRY(prep_int8(p, b, "its second input"));
        PREP_TRY(prep_int8(p, p->y, "its output"));
    }
    p->r->op.kind = kind;
    p->r->op.b = prep_shape(b);
    for (int d = 0; d < REF_MAX_RANK; d++) {
        int32_t da = p->r->op.a.dims[d], db = p->r->op.b.dims[d];
        PREP_REQUIRE(
            p, (da == db || da == 1 || db == 1) && p->r->op.out.dims[d] == (da > db ? da : db),
            "its shapes do not broadcast");
    }
    PREP_TRY(prep_args(p, 2, 1));
    prep_bind(p, 0, 0);
    prep_bind(p, 1, 1);
    return 0;
}

int prep_below_one(prep_t *p, double real, int32_t *m, int32_t *s) {
    PREP_REQUIRE(p, real > 0.0 && real < 1.0, "its scales differ too much");
    PREP_TRY(prep_multiplier(p, real, m, s));
    PREP_REQUIRE(p, *s <= 0, "its scales differ too much");
    return 0;
}

/* ADD in double, SUB in float32. */
int prep_add(prep_t *p) {
    ref_binary_t *c = &p->r->op.p.binary;
    int sub = p->op->code == GRAPH_OP_SUB;
    PREP_TRY(prep_binary(p, sub ? REF_SUB : REF_ADD));
    const graph_tensor_t *b = graph_in(p->g, p->op, 1);
    float sa = prep_scale(p->x), sb = prep_scale(b), so = prep_scale(p->y);
    float max = sa > sb ? sa : sb;
    double ra, rb, ro;
    c->left_shift = p->y->type == GRAPH_INT16 ? 15 : 20;
    if (sub) {
        float twice = 2 * max;
        ra = (double)(float)(sa / twice);
        rb = (double)(float)(sb / twice);
        ro = (double)(float)(twice / (float)(1048576.0f * so));
    } else {
        double twice = 2 * (double)max;
        ra = (double)sa / twice;
        rb = (double)sb / twice;
        ro = twice / ((double)(1 << c->left_shift) * (double)so);
    }
    c->a_zp = prep_zp(p->x);
    c->b_zp = prep_zp(b);
    c->out_zp = prep_zp(p->y);
    PREP_TRY(prep_below_one(p, ra, &c->a_m, &c->a_s));
    PREP_TRY(prep_below_one(p, rb, &c->b_m, &c->b_s));
    PREP_TRY(prep_below_one(p, ro, &c->out_m, &c->out_s));
    return prep_act(p, p->op->p.binary.act, &c->act_min, &c->act_max);
}

int prep_mul(prep_t *p) {
    ref_binary_t *c = &p->r->op.p.binary;
    PREP_TRY(prep_binary(p, REF_MUL));
    const graph_tensor_t *b = graph_in(p->g, p->op, 1);
    c->a_zp = prep_zp(p->x);
    c->b_zp = prep_zp(b);
    c->out_zp = prep_zp(p->y);
    double real = (double)prep_scale(p->x) * (double)prep_scale(b) / (double)prep_scale(p->y);
    PREP_TRY(prep_multiplier(p, real, &c->out_m, &c->out_s));
    return prep_act(p, p->op->p.binary.act, &c->act_min, &c->act_max);
}

int prep_div(prep_t *p) {
    ref_binary_t *c = &p->r->op.p.binary;
    PREP_TRY(prep_binary(p, REF_DIV));
    const graph_tensor_t *b = graph_in(p->g, p->op, 1);
    c->a_zp = prep_zp(p->x);
    c->b_zp = prep_zp(b);
    c->out_zp = prep_zp(p->y);
    double real = (double)prep_scale(p->x) / ((double)prep_scale(b) * (double)prep_scale(p->y));
    PREP_TRY(prep_multiplier(p, real, &c->out_m, &c->out_s));
    return prep_act(p, p->op->p.binary.act, &c->act_min, &c->act_max);
}

int prep_extremum(prep_t *p) {
    return prep_binary(p, p->op->code == GRAPH_OP_MAXIMUM ? REF_MAXIMUM : REF_MINIMUM);
}

static int is_8bit(const graph_tensor_t *t) {
    return t->type == GRAPH_INT8 || t->type == GRAPH_UINT8;
}

/* Per-tensor quantised 8-bit, either sign. */
static int quantised_8bit(prep_t *p, const graph_tensor_t *t, const char *what) {
    int32_t lo = t->type == GRAPH_UINT8 ? 0 : INT8_MIN, hi = lo + 255, zp = prep_zp(t);
    PREP_REQUIRE(p, is_8bit(t), "%s is %s, not supported", what, graph_type_name(t->type));
    PREP_REQUIRE(p, t->quant.n_scales == 1 && prep_scale(t) > 0.0f,
                 "%s is not quantised per tensor", what);
    PREP_REQUIRE(p, zp >= lo && zp <= hi, "%s has a zero point out of range", what);
    return 0;
}

/* float32 at the network's edge. */
static int edge(prep_t *p, ref_kind_t kind, const graph_tensor_t *q) {
    ref_edge_t *c = &p->r->op.p.edge;
    float scale = prep_scale(q);
    PREP_REQUIRE(p, p->x->elements == p->y->elements, "its shapes differ");
    const char *what = kind == REF_QUANTIZE_FLOAT ? "its output" : "its input";
    c->wide = q->type == GRAPH_INT16;
    PREP_TRY(c->wide ? prep_activation(p, q, what) : quantised_8bit(p, q, what));
    c->count = (int32_t)p->x->elements;
    c->is_unsigned = q->type == GRAPH_UINT8;
    c->zp = prep_zp(q);
    memcpy(&c->scale_bits, &scale, sizeof scale);
    return prep_simple(p, kind);
}

int prep_quantize(prep_t *p) {
    ref_quantize_t *c = &p->r->op.p.quantize;
    PREP_TRY(prep_inputs(p, 1, 1));
    if (p->x->type == GRAPH_FLOAT32)
        return edge(p, REF_QUANTIZE_FLOAT, p->y);
    c->in_wide = p->x->type == GRAPH_INT16;
    c->out_wide = p->y->type == GRAPH_INT16;
    if (c->in_wide || c->out_wide) {
        PREP_TRY(prep_activation(p, p->x, "its input"));
        PREP_TRY(prep_activation(p, p->y, "its output"));
    } else {
        PREP_TRY(quantised_8bit(p, p->x, "its input"));
        PREP_TRY(quantised_8bit(p, p->y, "its output"));
    }
    PREP_REQUIRE(p, p->x->elements == p->y->elements, "its shapes differ");
    c->count = (int32_t)p->x->elements;
    c->in_unsigned = p->x->type == GRAPH_UINT8;
    c->out_unsigned = p->y->type == GRAPH_UINT8;
    c->in_zp = prep_zp(p->x);
    c->out_zp = prep_zp(p->y);
    PREP_TRY(prep_multiplier(p, (double)prep_scale(p->x) / (double)prep_scale(p->y), &c->m, &c->s));
    return prep_simple(p, c->in_wide || c->out_wide ? REF_QUANTIZE16 : REF_QUANTIZE);
}

int prep_dequantize(prep_t *p) {
    PREP_TRY(prep_inputs(p, 1, 1));
    PREP_REQUIRE(p, p->y->type == GRAPH_FLOAT32, "its output is %s, not float32",
                 graph_type_name(p->y->type));
    return edge(p, REF_DEQUANTIZE_FLOAT, p->x);
}

int prep_unary(prep_t *p, ref_kind_t kind) {
    ref_unary_t *c = &p->r->op.p.unary;
    PREP_TRY(prep_inputs(p, 1, 1));
    PREP_TRY(prep_int8(p, p->x, "its input"));
    PREP_TRY(prep_int8(p, p->y, "its output"));
    PREP_REQUIRE(p, p->x->elements == p->y->elements, "its shapes differ");
    c->count = (int32_t)p->x->elements;
    c->in_zp = prep_zp(p->x);
    c->out_zp = prep_zp(p->y);
    c->act_min = INT8_MIN;
    c->act_max = INT8_MAX;
    return prep_simple(p, kind);
}

int prep_sigmoidal(prep_t *p) {
    ref_unary_t *c = &p->r->op.p.unary;
    int logistic = p->op->code == GRAPH_OP_LOGISTIC;
    PREP_TRY(prep_unary(p, logistic ? REF_LOGISTIC : REF_TANH));
    PREP_REQUIRE(p, !logistic || c->out_zp == -128, "its output needs zero point -128");
    ref_quantize_multiplier((double)prep_scale(p->x) * 134217728.0, &c->m, &c->s); /* to Q4.27 */
    PREP_REQUIRE(p, c->s >= 0 && c->s <= 30, "its input scale is out of range");
    double radius = floor(15.0 * 134217728.0 / (double)((int64_t)1 << c->s));
    c->radius = radius > 65536.0 ? 65536 : (int32_t)radius; /* differences stay below 256 */
    return 0;
}

/* TFLite DownScaleInt32ToInt16Multiplier. */
static int32_t to_int16_multiplier(int32_t m) {
    return m >= INT32_MAX - (1 << 15) ? INT16_MAX : (m + (1 << 15)) >> 16;
}

int prep_hard_swish(prep_t *p) {
    ref_unary_t *c = &p->r->op.p.unary;
    PREP_TRY(prep_unary(p, REF_HARD_SWISH));
    float hires = (float)((1.0f / 128.0f) * prep_scale(p->x));
    PREP_TRY(prep_multiplier(p, (double)(float)(hires / prep_scale(p->y)), &c->m, &c->s));
    PREP_TRY(prep_multiplier(p, (double)(float)(hires / (3.0f / 32768.0f)), &c->m2, &c->s2));
    PREP_REQUIRE(p, c->s <= 0 && c->s >= -15 && c->s2 >= -15, "its scales differ too much");
    c->m = to_int16_multiplier(c->m);
    c->m2 = to_int16_multiplier(c->m2);
    return 0;
}

int prep_relu(prep_t *p) {
    ref_unary_t *c = &p->r->op.p.unary;
    PREP_TRY(prep_unary(p, REF_RELU));
    if (p->op->code == GRAPH_OP_RELU6) { /* clamps codes of the input, never rescales */
        float six = roundf(6.0f / prep_scale(p->x));
        c->act_min = c->in_zp;
        c->act_max =
            six > 255.0f ? INT8_MAX : ref_clamp((int32_t)six + c->in_zp, INT8_MIN, INT8_MAX);
        return 0;
    }
    double real = (double)(float)(prep_scale(p->x) / prep_scale(p->y));
    PREP_TRY(prep_multiplier(p, real, &c->m, &c->s));
    PREP_REQUIRE(p, c->m != 0, "its scales differ too much");
    c->act_min = c->out_zp;
    return 0;
}

int prep_leaky_relu(prep_t *p) {
    ref_unary_t *c = &p->r->op.p.unary;
    PREP_TRY(prep_unary(p, REF_LEAKY_RELU));
    float sx = prep_scale(p->x), sy = prep_scale(p->y);
    float alpha = (float)((float)(sx * p->op->p.leaky_relu.alpha) / sy);
    PREP_TRY(prep_multiplier(p, (double)alpha, &c->m2, &c->s2));
    return prep_multiplier(p, (double)(float)(sx / sy), &c->m, &c->s);
}

int ref_is_unary(int32_t kind) {
    return kind == REF_LOGISTIC || kind == REF_TANH || kind == REF_HARD_SWISH || kind == REF_RELU ||
           kind == REF_LEAKY_RELU || kind == REF_QUANTIZE || kind == REF_ABS;
}

int ref_unary_table(const ref_op_t *op, uint8_t table[256]) {
    ref_op_t all = *op;
    uint8_t x[256];
    const void *in[1] = {x};
    void *out[1] = {table};
    if (!ref_is_unary(op->kind))
        return -1;
    for (int i = 0; i < 256; i++)
        x[i] = (uint8_t)i;
    if (op->kind == REF_QUANTIZE)
        all.p.quantize.count = 256;
    else
        all.p.unary.count = 256;
    return ref_eval(&all, in, out, NULL) ? -1 : 0;
}
