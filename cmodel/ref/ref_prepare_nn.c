/*
 * ref_prepare_nn.c - CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED, pools, MEAN, SOFTMAX: floats to
 * integer parameters.
 *
 * Source: TensorFlow Lite Micro
 * kernels/{conv,depthwise_conv,fully_connected,pooling,reduce,softmax}_common.cc.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ref_prepare_internal.h"

#include <math.h>

/* 16-bit kinds sum in 64 bits unless the bias has 32. */
static int prep_wide(const prep_t *p, const graph_tensor_t *bias) {
    return p->x->type == GRAPH_INT16 && !(bias && bias->type == GRAPH_INT32);
}

int prep_weighted(prep_t *p, ref_kind_t kind, int32_t channels, int32_t quant_dim) {
    const int input = kind == REF_TRANSPOSE_CONV ? 2 : 0,
              bias_input = kind == REF_TRANSPOSE_CONV ? 3 : 2;
    const graph_tensor_t *w = graph_in(p->g, p->op, 1), *bias = graph_in(p->g, p->op, bias_input);
    int per_channel = w->quant.n_scales > 1, wide = prep_wide(p, bias),
        fc = kind == REF_FC || kind == REF_FC16;
    PREP_REQUIRE(p, w->quant.n_scales >= 1, "its weights are not quantised");
    PREP_REQUIRE(p, !per_channel || (w->quant.dim == quant_dim && w->quant.n_scales == channels),
                 "its weights are quantised along dimension %d", (int)w->quant.dim);
    for (int32_t i = 0; i < w->quant.n_scales; i++)
        PREP_REQUIRE(p,
                     w->quant.zero_points[i] == 0 ||
                         (fc && !per_channel && w->quant.zero_points[i] >= INT8_MIN &&
                          w->quant.zero_points[i] <= INT8_MAX),
                     "its weights have a zero point other than 0");
    if (bias) {
        PREP_REQUIRE(p, bias->type == GRAPH_INT32 || (wide && bias->type == GRAPH_INT64),
                     "its bias is %s, not int32", graph_type_name(bias->type));
        PREP_REQUIRE(p, kind != REF_DEPTHWISE16 || wide, "its bias is int32, not int64");
        PREP_REQUIRE(p, bias->data, "its bias is not constant");
        PREP_REQUIRE(p, bias->elements == (size_t)channels,
                     "its bias has %zu values for %d channels", bias->elements, (int)channels);
    }
    int32_t *m = prep_array(p, (size_t)channels), *s = m ? prep_array(p, (size_t)channels) : NULL;
    if (!s)
        return -1;
    for (int32_t c = 0; c < channels; c++) {
        float w_scale = w->quant.scales[per_channel ? c : 0];
        double real;
        if (fc && !per_channel) /* GetQuantizedConvolutionMultipler: product in float32 */
            real = (double)(float)(prep_scale(p->x) * w_scale) / (double)prep_scale(p->y);
        else
            real = (double)prep_scale(p->x) * (double)w_scale / (double)prep_scale(p->y);
        PREP_TRY(prep_multiplier(p, real, &m[c], &s[c]));
        PREP_REQUIRE(p, !wide || s[c] <= 7, "its scales differ too much");
    }
    p->r->op.kind = kind;
    p->r->op.b = prep_shape(w);
    PREP_TRY(prep_args(p, 5, 1));
    prep_bind(p, 0, input);
    prep_bind(p, 1, 1);
    prep_bind(p, 2, bias_input);
    prep_bind_array(p, 3, m, (size_t)channels);
    prep_bind_array(p, 4, s, (size_t)channels);
    return 0;
}

static int conv_or_depthwise(prep_t *p, ref_kind_t kind) {
    const graph_tensor_t *x = p->x, *y = p->y, *w = graph_in(p->g, p->op, 1);
    ref_conv_t *c = &p->r->op.p.conv;
    const int dw = kind == REF_DEPTHWISE;
    PREP_TRY(prep_inputs(p, 2, 3));
    PREP_TRY(prep_activation(p, x, "its input"));
    PREP_TRY(prep_activation(p, y, "its output"));
    PREP_REQUIRE(p, p->x->type == p->y->type, "its input and output differ in type");
    PREP_REQUIRE(p, w && w->type == GRAPH_INT8, "its weights are %s, only int8 is supported",
                 w ? graph_type_name(w->type) : "missing");
    PREP_REQUIRE(p, w->data, "its weights are not constant");
    PREP_REQUIRE(p, x->rank == 4 && y->rank == 4 && w->rank == 4, "it is not four-dimensional");
    int32_t channels = w->dims[dw ? 3 : 0];
    PREP_REQUIRE(p, w->elements > 0, "its weights are empty");
    PREP_REQUIRE(p, y->dims[3] == channels && y->dims[0] == x->dims[0],
                 "its output shape does not fit its weights");
    if (dw) {
        PREP_REQUIRE(p, w->dims[0] == 1 && channels % x->dims[3] == 0,
                     "its weights do not fit its input");
        c->depth_multiplier = channels / x->dims[3];
        c->groups = 1;
    } else {
        PREP_REQUIRE(p, x->dims[3] % w->dims[3] == 0 && channels % (x->dims[3] / w->dims[3]) == 0,
                     "its weights do not fit its input");
        c->depth_multiplier = 1;
        c->groups = x->dims[3] / w->dims[3];
    }
    c->kernel_h = w->dims[1];
    c->kernel_w = w->dims[2];
    c->stride_h = p->op->p.conv.stride_h;
    c->stride_w = p->op->p.conv.stride_w;
    c->dilation_h = p->op->p.conv.dilation_h;
    c->dilation_w = p->op->p.conv.dilation_w;
    PREP_TRY(prep_window(p, p->op->p.conv.padding, p->op->p.conv.pad_top, p->op->p.conv.pad_bottom,
                         x->dims[1], c->kernel_h, c->stride_h, c->dilation_h, y->dims[1],
                         &c->pad_top, "height"));
    PREP_TRY(prep_window(p, p->op->p.conv.padding, p->op->p.conv.pad_left, p->op->p.conv.pad_right,
                         x->dims[2], c->kernel_w, c->stride_w, c->dilation_w, y->dims[2],
                         &c->pad_left, "width"));
    c->in_zp = prep_zp(x);
    c->out_zp = prep_zp(y);
    PREP_TRY(prep_act(p, p->op->p.conv.act, &c->act_min, &c->act_max));
    c->wide = prep_wide(p, graph_in(p->g, p->op, 2));
    if (x->type == GRAPH_INT16)
        kind = dw ? REF_DEPTHWISE16 : REF_CONV16;
    return prep_weighted(p, kind, channels, dw ? 3 : 0);
}

int prep_conv(prep_t *p) {
    return conv_or_depthwise(p, REF_CONV);
}

int prep_depthwise(prep_t *p) {
    return conv_or_depthwise(p, REF_DEPTHWISE);
}

int prep_fc(prep_t *p) {
    const graph_tensor_t *w = graph_in(p->g, p->op, 1);
    ref_fc_t *c = &p->r->op.p.fc;
    PREP_TRY(prep_inputs(p, 2, 3));
    PREP_TRY(prep_activation(p, p->x, "its input"));
    PREP_TRY(prep_activation(p, p->y, "its output"));
    PREP_REQUIRE(p, p->x->type == p->y->type, "its input and output differ in type");
    PREP_REQUIRE(p, w && w->type == GRAPH_INT8, "its weights are %s, only int8 is supported",
                 w ? graph_type_name(w->type) : "missing");
    PREP_REQUIRE(p, w->rank == 2 && w->elements > 0, "its weights are not a matrix");
    PREP_REQUIRE(p, p->y->rank >= 1, "its output is a scalar");
    c->out_depth = w->dims[0];
    c->depth = w->dims[1];
    PREP_REQUIRE(p, p->y->dims[p->y->rank - 1] == c->out_depth,
                 "its output shape does not fit its weights");
    size_t batches = p->y->elements / (size_t)c->out_depth;
    PREP_REQUIRE(p, p->x->elements == batches * (size_t)c->depth,
                 "its input has %zu values, its weights and output need %zu", p->x->elements,
                 batches * (size_t)c->depth);
    c->batches = (int32_t)batches;
    c->in_zp = prep_zp(p->x);
    c->w_zp = prep_zp(w);
    c->out_zp = prep_zp(p->y);
    PREP_TRY(prep_act(p, p->op->p.fc.act, &c->act_min, &c->act_max));
    c->wide = prep_wide(p, graph_in(p->g, p->op, 2));
    return prep_weighted(p, p->x->type == GRAPH_INT16 ? REF_FC16 : REF_FC, c->out_depth, 0);
}

int prep_pool(prep_t *p) {
    const graph_tensor_t *x = p->x, *y = p->y;
    ref_pool_t *c = &p->r->op.p.pool;
    PREP_TRY(prep_inputs(p, 1, 1));
    PREP_TRY(prep_activation(p, x, "its input"));
    PREP_TRY(prep_activation(p, y, "its output"));
    PREP_REQUIRE(p, x->type == y->type, "its input and output differ in type");
    PREP_REQUIRE(p, x->rank == 4 && y->rank == 4, "it is not four-dimensional");
    PREP_REQUIRE(p, x->dims[0] == y->dims[0] && x->dims[3] == y->dims[3],
                 "its output shape does not fit its input");
    PREP_REQUIRE(p, fabsf(prep_scale(x) - prep_scale(y)) <= 1.0e-6f && prep_zp(x) == prep_zp(y),
                 "its input and output are quantised differently");
    c->filter_h = p->op->p.pool.filter_h;
    c->filter_w = p->op->p.pool.filter_w;
    c->stride_h = p->op->p.pool.stride_h;
    c->stride_w = p->op->p.pool.stride_w;
    PREP_TRY(prep_window(p, p->op->p.pool.padding, p->op->p.pool.pad_top, p->op->p.pool.pad_bottom,
                         x->dims[1], c->filter_h, c->stride_h, 1, y->dims[1], &c->pad_top,
                         "height"));
    PREP_TRY(prep_window(p, p->op->p.pool.padding, p->op->p.pool.pad_left, p->op->p.pool.pad_right,
                         x->dims[2], c->filter_w, c->stride_w, 1, y->dims[2], &c->pad_left,
                         "width"));
    PREP_TRY(prep_act(p, p->op->p.pool.act, &c->act_min, &c->act_max));
    int max = p->op->code == GRAPH_OP_MAX_POOL_2D, wide = x->type == GRAPH_INT16;
    return prep_simple(p, wide  ? max ? REF_MAX_POOL16 : REF_AVG_POOL16
                          : max ? REF_MAX_POOL
                                : REF_AVG_POOL);
}

int prep_axes(prep_t *p, ref_mean_t *c) {
    int32_t axes[16], n_axes;
    int64_t n = 1;
    size_t kept = 1;
    PREP_TRY(prep_inputs(p, 2, 2));
    PREP_TRY(prep_int8(p, p->x, "its input"));
    PREP_TRY(prep_int8(p, p->y, "its output"));
    PREP_TRY(prep_ints(p, 1, "its list of axes", axes, &n_axes, 16));
    for (int32_t i = 0; i < n_axes; i++) {
        int32_t axis = axes[i] < 0 ? axes[i] + p->x->rank : axes[i];
        PREP_REQUIRE(p, axis >= 0 && axis < p->x->rank, "axis %d does not exist", (int)axes[i]);
        c->axis_mask |= 1 << (axis + REF_MAX_RANK - p->x->rank);
    }
    for (int d = 0; d < REF_MAX_RANK; d++) {
        if (c->axis_mask >> d & 1)
            n *= p->r->op.a.dims[d];
        else
            kept *= (size_t)p->r->op.a.dims[d];
    }
    PREP_REQUIRE(p, kept == p->y->elements, "its output shape does not fit its axes");
    c->n = (int32_t)n;
    c->in_zp = prep_zp(p->x);
    c->out_zp = prep_zp(p->y);
    return 0;
}

/* MEAN, and SUM, which leaves out the 1/n. */
int prep_mean(prep_t *p) {
    ref_mean_t *c = &p->r->op.p.mean;
    PREP_TRY(prep_axes(p, c));
    PREP_TRY(prep_multiplier(p, (double)prep_scale(p->x) / (double)prep_scale(p->y), &c->m, &c->s));
    if (p->op->code == GRAPH_OP_MEAN) {
        /* 1/n goes into the multiplier with as many bits as n has (QuantizedMeanOrSum) */
        int32_t shift = 31 - ref_clz((uint32_t)c->n);
        shift = shift < 31 + c->s ? shift : 31 + c->s;
        c->m = (int32_t)(((int64_t)c->m << shift) / c->n);
        c->s -= shift;
    }
    return prep_simple(p, REF_MEAN);
}

void ref_softmax_table(int32_t m, int32_t shift, int32_t diff_min, int32_t table[256]) {
    for (int32_t d = 0; d < 256; d++) {
        int32_t scaled = ref_srdhm(ref_shl_wrap(-d, shift), m); /* Q5.26 */
        table[d] = -d >= diff_min ? ref_exp_on_negative_values(scaled, 5) : 0;
    }
}

int prep_softmax(prep_t *p) {
    ref_softmax_t *c = &p->r->op.p.softmax;
    PREP_TRY(prep_inputs(p, 1, 1));
    PREP_TRY(prep_int8(p, p->x, "its input"));
    PREP_TRY(prep_int8(p, p->y, "its output"));
    PREP_REQUIRE(p, p->x->rank >= 1 && prep_same_shape(p->x, p->y), "its shapes differ");
    PREP_REQUIRE(p, prep_scale(p->y) == 1.0f / 256.0f && prep_zp(p->y) == -128,
                 "its output needs scale 1/256 and zero point -128");
    c->depth = p->x->dims[p->x->rank - 1];
    c->outer = (int32_t)(p->x->elements / (size_t)c->depth);
    /* PreprocessSoftmaxScaling: to Q5.26 */
    double real = (double)p->op->p.softmax.beta * (double)prep_scale(p->x) * 67108864.0;
    real = real < 2147483647.0 ? real : 2147483647.0;
    PREP_REQUIRE(p, real > 1.0, "its input scale is too small");
    ref_quantize_multiplier(real, &c->m, &c->s);
    /* CalculateInputRadius */
    c->diff_min = -(int32_t)floor(31.0 * 67108864.0 / (double)((int64_t)1 << c->s));
    int32_t *table = prep_array(p, 256);
    if (!table)
        return -1;
    ref_softmax_table(c->m, c->s, c->diff_min, table);
    p->r->op.kind = REF_SOFTMAX;
    PREP_TRY(prep_args(p, 2, 1));
    prep_bind(p, 0, 0);
    prep_bind_array(p, 1, table, 256);
    return 0;
}
