/*
 * ref_prepare_state.c - operators with a memory: READ_VARIABLE, ASSIGN_VARIABLE, SVDF.
 *
 * Source: TensorFlow Lite Micro kernels/{read_variable,assign_variable,svdf_common}.cc.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ref_prepare_internal.h"

int prep_state_copy(prep_t *p) {
    PREP_TRY(prep_inputs(p, 1, 1));
    PREP_TRY(prep_same_type(p));
    PREP_REQUIRE(p, p->x->bytes == p->y->bytes, "its variable has another size");
    p->r->op.p.copy.bytes = (int32_t)p->x->bytes;
    return prep_simple(p, REF_STATE_COPY);
}

/* A quantised constant matrix (rows, columns). */
static int matrix(prep_t *p, const graph_tensor_t *t, graph_type_t type, int32_t rows,
                  int32_t columns, const char *what) {
    PREP_REQUIRE(p, t && t->data && t->type == type, "%s are not constant %s", what,
                 graph_type_name(type));
    PREP_REQUIRE(p, t->rank == 2 && t->dims[0] == rows && t->dims[1] == columns,
                 "%s do not fit its shapes", what);
    PREP_REQUIRE(p, t->quant.n_scales == 1 && prep_scale(t) > 0.0f,
                 "%s are not quantised per tensor", what);
    return 0;
}

int prep_svdf(prep_t *p) {
    ref_svdf_t *c = &p->r->op.p.svdf;
    PREP_REQUIRE(p, p->op->n_in == 5 && p->op->n_out == 1, "it has %d inputs", (int)p->op->n_in);
    const graph_tensor_t *feature = graph_in(p->g, p->op, 1), *time = graph_in(p->g, p->op, 2);
    const graph_tensor_t *bias = graph_in(p->g, p->op, 3), *state = graph_in(p->g, p->op, 4);
    PREP_TRY(prep_int8(p, p->x, "its input"));
    PREP_TRY(prep_int8(p, p->y, "its output"));
    PREP_REQUIRE(p,
                 feature && time && state && feature->rank == 2 && time->rank == 2 &&
                     p->x->rank == 2 && p->y->rank == 2,
                 "it lacks weights or state");
    c->rank = p->op->p.svdf.rank;
    int32_t filters = feature->dims[0];
    c->batches = p->x->dims[0];
    c->input = p->x->dims[1];
    c->memory = time->dims[1];
    PREP_REQUIRE(p, filters >= 1 && filters % c->rank == 0 && c->memory >= 1 && c->input >= 1,
                 "its weights do not divide by its rank");
    c->units = filters / c->rank;
    c->wide_state = state->type == GRAPH_INT16;
    PREP_REQUIRE(p, c->wide_state || state->type == GRAPH_INT8, "its state is %s",
                 graph_type_name(state->type));
    PREP_TRY(matrix(p, feature, GRAPH_INT8, filters, c->input, "its feature weights"));
    PREP_TRY(matrix(p, time, state->type, filters, c->memory, "its time weights"));
    PREP_REQUIRE(p,
                 state->is_variable && state->quant.n_scales == 1 && prep_scale(state) > 0.0f &&
                     state->elements == (size_t)c->batches * (size_t)filters * (size_t)c->memory,
                 "its state is no quantised variable of its size");
    PREP_REQUIRE(p, prep_zp(state) >= INT8_MIN && prep_zp(state) <= INT8_MAX,
                 "its state has a zero point out of range");
    PREP_REQUIRE(
        p, !bias || (bias->type == GRAPH_INT32 && bias->data && bias->elements == (size_t)c->units),
        "its bias does not fit");
    PREP_REQUIRE(p, p->y->dims[0] == c->batches && p->y->dims[1] == c->units,
                 "its output shape does not fit its weights");
    c->in_zp = prep_zp(p->x);
    c->state_zp = prep_zp(state);
    c->out_zp = prep_zp(p->y);
    /* both ratios in float32 */
    float product = prep_scale(p->x) * prep_scale(feature);
    PREP_TRY(prep_multiplier(p, (double)(float)(product / prep_scale(state)), &c->m1, &c->s1));
    product = prep_scale(state) * prep_scale(time);
    PREP_TRY(prep_multiplier(p, (double)(float)(product / prep_scale(p->y)), &c->m2, &c->s2));
    p->r->op.kind = REF_SVDF;
    PREP_TRY(prep_args(p, 5, 2));
    for (int i = 0; i < 5; i++)
        prep_bind(p, i, i);
    p->r->out[1] = p->op->in[4];
    return 0;
}
