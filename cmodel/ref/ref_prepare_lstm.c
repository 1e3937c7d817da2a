/*
 * ref_prepare_lstm.c - UNIDIRECTIONAL_SEQUENCE_LSTM: floats to integer parameters.
 *
 * Only the plain form, as in the oracle: no peepholes, projection or layer norm.
 * Source: TensorFlow Lite Micro kernels/{unidirectional_sequence_lstm,lstm_eval_common}.cc.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ref_prepare_internal.h"

#include <math.h>

enum { HIDDEN = 18, CELL = 19 }; /* inputs of the operator */

static int weights(prep_t *p, int i, int32_t rows, int32_t columns) {
    const graph_tensor_t *w = graph_in(p->g, p->op, i);
    PREP_REQUIRE(p, w && w->data && w->type == GRAPH_INT8, "input %d is not constant int8", i);
    PREP_REQUIRE(p, w->rank == 2 && w->dims[0] == rows && w->dims[1] == columns,
                 "input %d does not fit its shapes", i);
    PREP_REQUIRE(p, w->quant.n_scales == 1 && prep_scale(w) > 0.0f && prep_zp(w) == 0,
                 "input %d is not quantised per tensor with zero point 0", i);
    return 0;
}

static int bias(prep_t *p, int i, int32_t n) {
    const graph_tensor_t *b = graph_in(p->g, p->op, i);
    PREP_REQUIRE(p, b && b->data && b->type == GRAPH_INT32 && b->elements == (size_t)n,
                 "input %d is no constant int32 bias of %d", i, (int)n);
    return 0;
}

static int states(prep_t *p, const ref_lstm_t *c) {
    const graph_tensor_t *hidden = graph_in(p->g, p->op, HIDDEN),
                         *cell = graph_in(p->g, p->op, CELL);
    size_t n = (size_t)c->batches * (size_t)c->units;
    PREP_TRY(prep_int8(p, hidden, "its hidden state"));
    PREP_REQUIRE(p,
                 cell && cell->type == GRAPH_INT16 && cell->quant.n_scales == 1 &&
                     prep_scale(cell) > 0.0f && prep_zp(cell) == 0,
                 "its cell state is not int16 with zero point 0");
    PREP_REQUIRE(p, hidden->is_variable && cell->is_variable && !hidden->data && !cell->data,
                 "its states are not variables");
    PREP_REQUIRE(p, hidden->elements == n && cell->elements == n, "its states do not fit");
    return 0;
}

static int multipliers(prep_t *p, int32_t *m) {
    const graph_tensor_t *hidden = graph_in(p->g, p->op, HIDDEN),
                         *cell = graph_in(p->g, p->op, CELL);
    const float gate_in = 0.000244140625f, gate_out = 0.000030517578125f; /* 2^-12, 2^-15 */
    for (int g = 0; g < 4; g++) { /* as FULLY_CONNECTED per tensor: scales in float32 */
        float w = prep_scale(graph_in(p->g, p->op, 1 + g)),
              r = prep_scale(graph_in(p->g, p->op, 5 + g));
        double real = (double)(float)(prep_scale(p->x) * w) / (double)gate_in;
        PREP_TRY(prep_multiplier(p, real, &m[4 * g], &m[4 * g + 1]));
        real = (double)(float)(prep_scale(hidden) * r) / (double)gate_in;
        PREP_TRY(prep_multiplier(p, real, &m[4 * g + 2], &m[4 * g + 3]));
    }
    double product = (double)gate_out * (double)gate_out;
    PREP_TRY(prep_multiplier(p, product / (double)prep_scale(cell), &m[16], &m[17]));
    return prep_multiplier(p, product / (double)prep_scale(hidden), &m[18], &m[19]);
}

/* The cell state's scale as a power of two: argument of the tanh; and the clip in its steps. */
static int cell_state(prep_t *p, ref_lstm_t *c) {
    float scale = prep_scale(graph_in(p->g, p->op, CELL)), clip = p->op->p.lstm.cell_clip;
    int32_t left = 15 + (int32_t)roundf(logf(scale) * (1.0f / logf(2.0f))) - 3;
    PREP_REQUIRE(p, left >= -30 && left <= 12, "its cell state has a scale out of range");
    c->tanh_m = left < 0 ? 3 : 3 << left;
    c->tanh_s = left < 0 ? -left : 0;
    c->has_clip = clip > 0.0f;
    double q = (double)clip / (double)scale;
    c->clip = q > 32767.0 ? 32767 : q < 0.0 ? 0 : (int32_t)q;
    return 0;
}

int prep_lstm(prep_t *p) {
    static const int absent[] = {9, 10, 11, 16, 17, 20, 21, 22, 23};
    ref_lstm_t *c = &p->r->op.p.lstm;
    PREP_REQUIRE(p, p->op->n_in == 24 && p->op->n_out == 1, "it has %d inputs", (int)p->op->n_in);
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
        PREP_REQUIRE(p, p->op->in[absent[i]] < 0,
                     "peepholes, projection and layer norm are not supported");
    PREP_TRY(prep_int8(p, p->x, "its input"));
    PREP_TRY(prep_int8(p, p->y, "its output"));
    PREP_REQUIRE(p,
                 p->x->rank == 3 && p->y->rank == 3 && p->y->dims[0] == p->x->dims[0] &&
                     p->y->dims[1] == p->x->dims[1],
                 "its shapes are not three-dimensional and alike");
    c->time_major = p->op->p.lstm.time_major;
    c->batches = p->x->dims[c->time_major ? 1 : 0];
    c->steps = p->x->dims[c->time_major ? 0 : 1];
    c->input = p->x->dims[2];
    c->units = p->y->dims[2];
    for (int g = 0; g < 4; g++) {
        PREP_TRY(weights(p, 1 + g, c->units, c->input));
        PREP_TRY(weights(p, 5 + g, c->units, c->units));
        PREP_TRY(bias(p, 12 + g, c->units));
    }
    PREP_TRY(states(p, c));
    PREP_TRY(cell_state(p, c));
    c->in_zp = prep_zp(p->x);
    c->hidden_zp = prep_zp(graph_in(p->g, p->op, HIDDEN));
    int32_t *m = prep_array(p, 20);
    if (!m || multipliers(p, m))
        return -1;
    p->r->op.kind = REF_LSTM;
    PREP_TRY(prep_args(p, 16, 3));
    for (int i = 0; i < 9; i++)
        prep_bind(p, i, i);
    for (int g = 0; g < 4; g++)
        prep_bind(p, 9 + g, 12 + g);
    prep_bind_array(p, 13, m, 20);
    prep_bind(p, 14, HIDDEN);
    prep_bind(p, 15, CELL);
    p->r->out[1] = p->op->in[HIDDEN];
    p->r->out[2] = p->op->in[CELL];
    return 0;
}
