/*
 * ref_prepare_function.c - ABS, RSQRT, ELU, GELU, PRELU, SQUARED_DIFFERENCE: floats to integer
 * parameters.
 *
 * Source: TensorFlow Lite Micro kernels/{elementwise,elu,prelu_common,squared_difference}.cc; GELU,
 * which the micro interpreter lacks: TensorFlow Lite kernels/activations.cc and
 * reference/gelu.h. SPDX-License-Identifier: Apache-2.0
 */
#include "ref_prepare_internal.h"

#include <math.h>

int prep_abs(prep_t *p) {
    ref_unary_t *c = &p->r->op.p.unary;
    PREP_TRY(prep_unary(p, REF_ABS));
    if (prep_scale(p->x) == prep_scale(p->y))
        return 0; /* m == 0: no rescale */
    double real = (double)(float)(prep_scale(p->x) / prep_scale(p->y));
    PREP_TRY(prep_multiplier(p, real, &c->m, &c->s));
    PREP_REQUIRE(p, c->m != 0, "its scales differ too much");
    return 0;
}

int prep_rsqrt(prep_t *p) {
    ref_unary_t *c = &p->r->op.p.unary;
    PREP_TRY(prep_unary(p, REF_RSQRT));
    float root = sqrtf(prep_scale(p->x));
    double real = 1.0 / (double)(float)(root * prep_scale(p->y));
    PREP_TRY(prep_multiplier(p, real, &c->m, &c->s));
    PREP_REQUIRE(p, c->s >= -11 && c->s <= 30, "its scales differ too much");
    return 0;
}

static float elu(float v) {
    return v < 0.0f ? expf(v) - 1.0f : v;
}
static float gelu(float v) {
    return 0.5f * v * erfcf(v * -0.70710678118654752440f);
}
static float gelu_tanh(float v) {
    const float sqrt_2_over_pi = (float)(1.12837916709551257390 * 0.70710678118654752440);
    return 0.5f * v * (1.0f + tanhf(sqrt_2_over_pi * (v + 0.044715f * v * v * v)));
}

/* TFLite's look-up tables: in float32, half away from zero. */
static int table(prep_t *p, float (*f)(float)) {
    float in_scale = prep_scale(p->x), inverse = 1.0f / prep_scale(p->y);
    PREP_TRY(prep_unary(p, REF_TABLE));
    int8_t *t = (int8_t *)prep_array(p, 256 / sizeof(int32_t));
    if (!t)
        return -1;
    for (int32_t q = INT8_MIN; q <= INT8_MAX; q++) {
        float y = roundf(f(in_scale * (float)(q - prep_zp(p->x))) * inverse) + (float)prep_zp(p->y);
        t[(uint8_t)q] = (int8_t)(y > 127.0f ? 127 : y < -128.0f ? -128 : isnan(y) ? 0 : (int32_t)y);
    }
    PREP_TRY(prep_args(p, 2, 1));
    prep_bind(p, 0, 0);
    prep_bind_array(p, 1, (const int32_t *)(const void *)t, 256 / sizeof(int32_t));
    return 0;
}

int prep_elu(prep_t *p) {
    return table(p, elu);
}

int prep_gelu(prep_t *p) {
    return table(p, p->op->p.gelu.approximate ? gelu_tanh : gelu);
}

int prep_lookup(prep_t *p) {
    const graph_tensor_t *t = graph_in(p->g, p->op, 1);
    PREP_TRY(prep_inputs(p, 2, 2));
    PREP_TRY(prep_int8(p, p->x, "its input"));
    PREP_TRY(prep_int8(p, p->y, "its output"));
    PREP_REQUIRE(p, p->x->elements == p->y->elements, "its input and output differ in size");
    PREP_REQUIRE(p, t && t->data && t->type == GRAPH_INT8 && t->elements == 256,
                 "its table is not 256 constant bytes");
    p->r->op.kind = REF_TABLE;
    p->r->op.p.unary.count = (int32_t)p->x->elements;
    PREP_TRY(prep_args(p, 2, 1));
    prep_bind(p, 0, 0);
    prep_bind(p, 1, 1);
    return 0;
}

int prep_prelu(prep_t *p) {
    ref_binary_t *c = &p->r->op.p.binary;
    PREP_TRY(prep_binary(p, REF_PRELU));
    const graph_tensor_t *slope = graph_in(p->g, p->op, 1);
    double sx = (double)prep_scale(p->x), sy = (double)prep_scale(p->y);
    c->a_zp = prep_zp(p->x);
    c->b_zp = prep_zp(slope);
    c->out_zp = prep_zp(p->y);
    PREP_TRY(prep_multiplier(p, sx / sy, &c->a_m, &c->a_s));
    return prep_multiplier(p, sx * (double)prep_scale(slope) / sy, &c->b_m, &c->b_s);
}

int prep_squared_difference(prep_t *p) {
    ref_binary_t *c = &p->r->op.p.binary;
    PREP_TRY(prep_binary(p, REF_SQUARED_DIFFERENCE));
    const graph_tensor_t *b = graph_in(p->g, p->op, 1);
    float sa = prep_scale(p->x), sb = prep_scale(b);
    double twice = 2.0 * (double)(sa > sb ? sa : sb);
    c->left_shift = 7;
    c->a_zp = prep_zp(p->x);
    c->b_zp = prep_zp(b);
    c->out_zp = prep_zp(p->y);
    c->act_min = INT8_MIN;
    c->act_max = INT8_MAX;
    PREP_TRY(prep_below_one(p, (double)sa / twice, &c->a_m, &c->a_s));
    PREP_TRY(prep_below_one(p, (double)sb / twice, &c->b_m, &c->b_s));
    /* the oracle multiplies 2^14 by the output scale in float32 */
    double real = twice * twice / (double)(float)(16384.0f * prep_scale(p->y));
    return prep_multiplier(p, real, &c->out_m, &c->out_s);
}
