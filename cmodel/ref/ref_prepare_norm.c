/*
 * ref_prepare_norm.c - LAYER_NORMALIZATION: floats to integer parameters.
 *
 * gamma' = gamma / output scale * 2^(s + 9), beta' = beta / output scale * 2^s, with one s for all
 * channels: the largest up to 24 with which both, and their sum for the largest value that a row of
 * this length can have (sqrt(N)), stay within 31 bits. SPDX-License-Identifier: Apache-2.0
 */
#include "ref_prepare_internal.h"

#include <math.h>

#define MOST_S 24

/* Constant float32 of `depth` values as doubles times `factor`; absent: `value`. */
static int channel_values(prep_t *p, int input, double absent, double factor, double *most) {
    const graph_tensor_t *t = graph_in(p->g, p->op, input);
    *most = t ? 0 : fabs(absent * factor);
    if (!t)
        return 0;
    PREP_REQUIRE(p, t->data && t->type == GRAPH_FLOAT32, "its input %d is not constant float32",
                 input);
    PREP_REQUIRE(p, t->elements == (size_t)p->r->op.p.norm.depth,
                 "its input %d has %zu values, not %d", input, t->elements,
                 (int)p->r->op.p.norm.depth);
    for (size_t i = 0; i < t->elements; i++) {
        double v = (double)((const float *)t->data)[i] * factor;
        PREP_REQUIRE(p, isfinite(v), "its input %d holds a value that is not finite", input);
        *most = fabs(v) > *most ? fabs(v) : *most;
    }
    return 0;
}

static double channel(const graph_tensor_t *t, int32_t i, double absent) {
    return t ? (double)((const float *)t->data)[i] : absent;
}

int prep_norm(prep_t *p) {
    ref_norm_t *c = &p->r->op.p.norm;
    double gamma, beta;
    PREP_TRY(prep_inputs(p, 1, 3));
    PREP_TRY(prep_int8(p, p->x, "its input"));
    PREP_TRY(prep_int8(p, p->y, "its output"));
    PREP_REQUIRE(p, p->x->rank >= 1 && prep_same_shape(p->x, p->y), "its shapes differ");
    c->depth = p->x->dims[p->x->rank - 1];
    c->outer = (int32_t)(p->x->elements / (size_t)c->depth);
    PREP_REQUIRE(p, c->depth <= REF_NORM_MAX_DEPTH,
                 "its rows have %d values, at most %d are supported", (int)c->depth,
                 REF_NORM_MAX_DEPTH);
    c->rms = p->op->p.norm.rms;
    c->in_zp = prep_zp(p->x);
    c->out_zp = prep_zp(p->y);
    double in_scale = (double)prep_scale(p->x), per_code = 1 / (double)prep_scale(p->y);
    double eps = ldexp((double)p->op->p.norm.epsilon / in_scale / in_scale * c->depth * c->depth,
                       2 * (16 - ref_norm_bits(c->depth)));
    PREP_REQUIRE(p, eps >= 0 && eps < (double)((uint64_t)REF_NORM_MAX_EPS_HIGH << 32) - 1,
                 "its input scale is too small for its epsilon");
    uint64_t whole = (uint64_t)nearbyint(eps);
    c->eps_low = (uint32_t)whole;
    c->eps_high = (uint32_t)(whole >> 32);
    PREP_TRY(channel_values(p, 1, 1, per_code, &gamma));
    PREP_TRY(channel_values(p, 2, 0, per_code, &beta));
    for (c->s = MOST_S; c->s > 0; c->s--)
        if (ldexp(gamma, c->s + 9) < 2147483647.0 &&
            ldexp(gamma * sqrt(c->depth) + beta, c->s) < 1073741824.0)
            break;
    PREP_REQUIRE(p, c->s > 0, "its scales differ too much");
    int32_t *g = prep_array(p, (size_t)c->depth), *b = g ? prep_array(p, (size_t)c->depth) : NULL;
    if (!b)
        return -1;
    for (int32_t i = 0; i < c->depth; i++) {
        g[i] =
            (int32_t)nearbyint(ldexp(channel(graph_in(p->g, p->op, 1), i, 1) * per_code, c->s + 9));
        b[i] = (int32_t)nearbyint(ldexp(channel(graph_in(p->g, p->op, 2), i, 0) * per_code, c->s));
    }
    p->r->op.kind = REF_NORM;
    PREP_TRY(prep_args(p, 3, 1));
    prep_bind(p, 0, 0);
    prep_bind_array(p, 1, g, (size_t)c->depth);
    prep_bind_array(p, 2, b, (size_t)c->depth);
    return 0;
}
