/*
 * placement.c - NPU or CPU, and why, from an operator's kind and parameters.
 *
 * The limits are those of the command fields (spec/npu.toml) and of what its units compute
 * (docs/isa.md). SPDX-License-Identifier: Apache-2.0
 */
#include "lower_move.h"

#define MAX_DIM 32767 /* rows and columns: 16-bit two's complement coordinates */
#define MAX_STEP 255  /* strides, dilations: 8 bits */

static npu_placement_t npu(const char *why) {
    return (npu_placement_t){true, why};
}
static npu_placement_t cpu(const char *why) {
    return (npu_placement_t){false, why};
}

static bool scale_ok(int32_t m, int32_t s) {
    return m >= 0 && s >= -31 && s <= 30;
}

static bool scales_ok(const ref_prepared_t *r, int32_t channels) {
    const int32_t *m = r->in[3].data, *s = r->in[4].data;
    for (int32_t i = 0; i < channels; i++)
        if (!scale_ok(m[i], s[i]))
            return false;
    return true;
}

static bool same_shape(const ref_shape_t *a, const ref_shape_t *b) {
    for (int d = 0; d < REF_MAX_RANK; d++)
        if (a->dims[d] != b->dims[d])
            return false;
    return true;
}

/* Rows and columns of a four-dimensional shape. */
static bool image_ok(const ref_shape_t *s) {
    return s->dims[0] == 1 && s->dims[1] == 1 && s->dims[3] <= MAX_DIM && s->dims[4] <= MAX_DIM;
}

static npu_placement_t place_conv(const ref_prepared_t *r) {
    const ref_op_t *o = &r->op;
    const ref_conv_t *c = &o->p.conv;
    bool tall = o->out.dims[3] > 1, wide = o->out.dims[4] > 1;
    if (!image_ok(&o->a) || !image_ok(&o->out))
        return cpu("an image side beyond 32767");
    if ((tall && c->stride_h > MAX_STEP) || (wide && c->stride_w > MAX_STEP))
        return cpu("a stride beyond 255");
    if ((c->kernel_h > 1 && c->dilation_h > MAX_STEP) ||
        (c->kernel_w > 1 && c->dilation_w > MAX_STEP))
        return cpu("a dilation beyond 255");
    if ((int64_t)c->kernel_h * c->dilation_h > MAX_DIM ||
        (int64_t)c->kernel_w * c->dilation_w > MAX_DIM)
        return cpu("a kernel beyond 32767");
    if (!scales_ok(r, o->out.dims[5]))
        return cpu("a multiplier that the requantiser does not have");
    if (o->kind == REF_CONV)
        return npu(c->groups > 1 ? "array, grouped" : "array");
    if (c->depth_multiplier == 1 && c->dilation_w == 1 && o->a.dims[5] > 1)
        return npu("array, depthwise mode");
    return npu("array, depthwise as sparse tiles");
}

static npu_placement_t place_fc(const ref_prepared_t *r) {
    const ref_fc_t *c = &r->op.p.fc;
    if (r->in[1].data == NULL || (r->in[2].data == NULL && r->in[2].tensor >= 0))
        return cpu("weights or bias that are not constant");
    if (c->w_zp != 0)
        return cpu("its weights have a zero point");
    if (c->batches > MAX_DIM)
        return cpu("more than 32767 rows");
    if (!scales_ok(r, c->out_depth))
        return cpu("a multiplier that the requantiser does not have");
    return npu("array");
}

static npu_placement_t place_matmul(const ref_prepared_t *r, const npu_config_t *config) {
    const ref_matmul_t *c = &r->op.p.matmul;
    if (!config->matmul)
        return cpu("products of two activations need a configuration with matmul");
    if (c->adj_a)
        return cpu("its first operand is stored transposed");
    if (c->rows > MAX_DIM || c->depth > MAX_DIM || c->cols > MAX_DIM)
        return cpu("a matrix side beyond 32767");
    if (!scale_ok(c->m, c->s))
        return cpu("a multiplier that the requantiser does not have");
    return npu("array, two activations");
}

/* Operand that is not as large as the output: 1 image, row or column for all; channels only when it
 * is constant, for then they are written out. */
static bool spreads(const ref_prepared_t *r, int k) {
    const ref_shape_t *s = k ? &r->op.b : &r->op.a;
    return s->dims[5] == r->op.out.dims[5] || r->in[k].data != NULL;
}

static npu_placement_t place_binary(const ref_prepared_t *r) {
    const ref_op_t *o = &r->op;
    const ref_binary_t *c = &o->p.binary;
    bool same = same_shape(&o->a, &o->out) && same_shape(&o->b, &o->out);
    if (!same && (!image_ok(&o->out) || !spreads(r, 0) || !spreads(r, 1)))
        return cpu(image_ok(&o->out)
                       ? "an operand broadcast over channels"
                       : "operands that differ in shape, of more than four dimensions");
    if (o->kind == REF_MAXIMUM || o->kind == REF_MINIMUM)
        return npu("vector unit");
    bool sum = o->kind != REF_MUL;
    if ((sum && (c->left_shift < 0 || c->left_shift > 22 || !scale_ok(c->a_m, c->a_s) ||
                 !scale_ok(c->b_m, c->b_s))) ||
        !scale_ok(c->out_m, c->out_s))
        return cpu("a multiplier that the vector unit does not have");
    return npu("vector unit");
}

static npu_placement_t place_pool(const ref_prepared_t *r) {
    const ref_op_t *o = &r->op;
    const ref_pool_t *c = &o->p.pool;
    if (!image_ok(&o->a) || !image_ok(&o->out) || c->filter_h > MAX_DIM || c->filter_w > MAX_DIM)
        return cpu("an image or window side beyond 32767");
    if ((o->out.dims[3] > 1 && c->stride_h > MAX_STEP) ||
        (o->out.dims[4] > 1 && c->stride_w > MAX_STEP))
        return cpu("a stride beyond 255");
    if ((int64_t)c->filter_h * c->filter_w >= 1 << 20)
        return cpu("a window beyond 2^20");
    return npu("vector unit");
}

static npu_placement_t place_mean(const ref_prepared_t *r) {
    const ref_op_t *o = &r->op;
    const ref_mean_t *c = &o->p.mean;
    const int32_t spatial = 1 << 3 | 1 << 4;
    if (o->a.rank != 4 || (c->axis_mask & ~spatial) != 0 || (c->axis_mask & spatial) == 0)
        return cpu("a reduction over other axes than rows and columns");
    if (!image_ok(&o->a))
        return cpu("an image side beyond 32767");
    if (o->kind == REF_MEAN && !scale_ok(c->m, c->s))
        return cpu("a multiplier that the vector unit does not have");
    return npu("vector unit");
}

static npu_placement_t place_prelu(const ref_prepared_t *r) {
    const int8_t *slope = r->in[1].data;
    for (size_t i = 1; slope && i < r->in[1].bytes; i++)
        if (slope[i] != slope[0])
            slope = NULL;
    if (slope == NULL || r->in[0].data || !same_shape(&r->op.a, &r->op.out))
        return cpu("more slopes than one");
    return npu("vector unit, table");
}

static npu_placement_t place_norm(const ref_prepared_t *r, const npu_config_t *config) {
    if (!config->norm)
        return cpu("this configuration has no norm unit");
    if ((uint32_t)r->op.p.norm.depth > NPU_NORM_WORDS * config->n / 4)
        return cpu("rows beyond 128 N elements");
    return npu("vector unit");
}

static npu_placement_t place_pad(const ref_prepared_t *r) {
    const ref_op_t *o = &r->op;
    if (o->p.pad.elem_size != 1)
        return cpu("elements of more than 8 bits");
    for (int d = 0; d < REF_MAX_RANK; d++)
        if (d != 3 && d != 4 && o->a.dims[d] != o->out.dims[d])
            return cpu("padding of other axes than rows and columns");
    if (!image_ok(&o->a) || !image_ok(&o->out))
        return cpu("an image side beyond 32767");
    return npu("vector unit");
}

/* Are all activations 8 bits wide? (uint8 only where a table or a copy does not mind.) */
static bool narrow(const graph_t *g, const ref_prepared_t *r) {
    bool any_byte = r->op.kind == REF_QUANTIZE;
    for (int32_t i = 0; i < r->n_in + r->n_out; i++) {
        int32_t t = i < r->n_in ? r->in[i].tensor : r->out[i - r->n_in];
        if (t < 0 || (i < r->n_in && i > 0 && r->in[i].data))
            continue; /* absent; weights, bias, lists */
        graph_type_t type = g->tensors[t].type;
        if (type != GRAPH_INT8 && !(any_byte && type == GRAPH_UINT8))
            return false;
    }
    return true;
}

npu_placement_t npu_placement(const graph_t *g, int32_t op, const ref_prepared_t *r,
                              const npu_config_t *config) {
    (void)op;
    for (int32_t i = 0; i < r->n_out; i++)
        if (g->tensors[r->out[i]].elements == 0)
            return cpu("an empty result");
    if (cc_is_move(r)) {
        const char *why_not = cc_no_move(r, config);
        return why_not ? cpu(why_not) : npu("load and store units");
    }
    if (r->op.kind == REF_ARG_MAX)
        return cpu("not in the NPU");
    if (r->op.kind != REF_COPY && r->op.kind != REF_QUANTIZE_FLOAT &&
        r->op.kind != REF_DEQUANTIZE_FLOAT && !narrow(g, r))
        return cpu("activations other than int8");
    switch (r->op.kind) {
    case REF_CONV:
    case REF_DEPTHWISE:
        return place_conv(r);
    case REF_FC:
        return place_fc(r);
    case REF_BATCH_MATMUL:
        return place_matmul(r, config);
    case REF_ADD:
    case REF_SUB:
    case REF_MUL:
    case REF_MAXIMUM:
    case REF_MINIMUM:
        return place_binary(r);
    case REF_PRELU:
        return place_prelu(r);
    case REF_TABLE:
        return npu("vector unit, table");
    case REF_RSQRT: /* below the zero point it is an error, which a table cannot tell */
        return r->op.p.unary.in_zp == INT8_MIN ? npu("vector unit, table")
                                               : cpu("values for which it is not defined");
    case REF_AVG_POOL:
    case REF_MAX_POOL:
        return place_pool(r);
    case REF_MEAN:
    case REF_REDUCE_MAX:
        return place_mean(r);
    case REF_PAD:
        return place_pad(r);
    case REF_COPY:
        return npu("no data moves");
    case REF_SOFTMAX:
        if (!config->softmax)
            return cpu("this configuration has no softmax unit");
        return r->op.p.softmax.depth <= 65535 ? npu("vector unit") : cpu("vectors beyond 65535");
    case REF_NORM:
        return place_norm(r, config);
    case REF_QUANTIZE_FLOAT:
    case REF_DEQUANTIZE_FLOAT:
        return cpu("float, at the network's edge");
    default:
        return ref_is_unary(r->op.kind) ? npu("vector unit, table") : cpu("not in the NPU");
    }
}
