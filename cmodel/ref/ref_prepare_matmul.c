/*
 * ref_prepare_matmul.c - BATCH_MATMUL, TRANSPOSE_CONV: floats to integer parameters.
 *
 * Source: TensorFlow Lite Micro kernels/{batch_matmul,transpose_conv}.cc.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ref_prepare_internal.h"

int prep_batch_matmul(prep_t *p) {
    ref_matmul_t *c = &p->r->op.p.matmul;
    const graph_tensor_t *x = p->x, *y = p->y, *w = graph_in(p->g, p->op, 1);
    const int row = REF_MAX_RANK - 2, col = REF_MAX_RANK - 1;
    PREP_TRY(prep_inputs(p, 2, 2));
    PREP_TRY(prep_int8(p, x, "its first input"));
    PREP_TRY(prep_int8(p, w, "its second input"));
    PREP_TRY(prep_int8(p, y, "its output"));
    PREP_REQUIRE(p, x->rank >= 2 && x->rank <= 5 && w->rank >= 2 && w->rank <= 5,
                 "its inputs need two to five dimensions");
    p->r->op.b = prep_shape(w);
    const int32_t *a = p->r->op.a.dims, *b = p->r->op.b.dims, *o = p->r->op.out.dims;
    c->adj_a = p->op->p.matmul.adj_x;
    c->adj_b = p->op->p.matmul.adj_y;
    c->rows = a[c->adj_a ? col : row];
    c->depth = a[c->adj_a ? row : col];
    c->cols = b[c->adj_b ? row : col];
    PREP_REQUIRE(p, b[c->adj_b ? col : row] == c->depth && o[row] == c->rows && o[col] == c->cols,
                 "its matrices do not fit");
    for (int d = 0; d < row; d++)
        PREP_REQUIRE(
            p, (a[d] == b[d] || a[d] == 1 || b[d] == 1) && o[d] == (a[d] > b[d] ? a[d] : b[d]),
            "its batches do not broadcast");
    c->a_zp = prep_zp(x);
    c->b_zp = prep_zp(w);
    c->out_zp = prep_zp(y);
    /* product of the scales in float32, as in FULLY_CONNECTED per tensor */
    double real = (double)(float)(prep_scale(x) * prep_scale(w)) / (double)prep_scale(y);
    PREP_TRY(prep_multiplier(p, real, &c->m, &c->s));
    p->r->op.kind = REF_BATCH_MATMUL;
    PREP_TRY(prep_args(p, 2, 1));
    prep_bind(p, 0, 0);
    prep_bind(p, 1, 1);
    return 0;
}

/* Padding is that of the convolution from output to input. Inputs: 0 output shape, 1 weights, 2
 * input, 3 bias. */
int prep_transpose_conv(prep_t *p) {
    const graph_tensor_t *x = p->x, *y = p->y, *w = graph_in(p->g, p->op, 1);
    ref_conv_t *c = &p->r->op.p.conv;
    PREP_TRY(prep_inputs(p, 3, 4));
    PREP_TRY(prep_int8(p, x, "its input"));
    PREP_TRY(prep_int8(p, y, "its output"));
    PREP_REQUIRE(p, w && w->type == GRAPH_INT8, "its weights are %s, only int8 is supported",
                 w ? graph_type_name(w->type) : "missing");
    PREP_REQUIRE(p, w->data, "its weights are not constant");
    PREP_REQUIRE(p, x->rank == 4 && y->rank == 4 && w->rank == 4 && w->elements > 0,
                 "it is not four-dimensional");
    PREP_REQUIRE(p,
                 w->dims[0] == y->dims[3] && w->dims[3] == x->dims[3] && x->dims[0] == y->dims[0],
                 "its weights do not fit its shapes");
    c->kernel_h = w->dims[1];
    c->kernel_w = w->dims[2];
    c->stride_h = p->op->p.conv.stride_h;
    c->stride_w = p->op->p.conv.stride_w;
    c->dilation_h = c->dilation_w = c->groups = c->depth_multiplier = 1;
    const graph_padding_t padding = p->op->p.conv.padding;
    const int32_t limit = 1 << 28;
    PREP_REQUIRE(p,
                 y->dims[1] <= limit && y->dims[2] <= limit && c->stride_h <= limit &&
                     c->stride_w <= limit && c->kernel_h <= limit && c->kernel_w <= limit,
                 "it is too large");
    c->pad_top = prep_pad_before(padding, y->dims[1], c->kernel_h, c->stride_h);
    c->pad_left = prep_pad_before(padding, y->dims[2], c->kernel_w, c->stride_w);
    c->in_zp = prep_zp(x);
    c->out_zp = prep_zp(y);
    PREP_TRY(prep_act(p, p->op->p.conv.act, &c->act_min, &c->act_max));
    return prep_weighted(p, REF_TRANSPOSE_CONV, y->dims[3], 0);
}
