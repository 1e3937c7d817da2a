/*
 * conv_desc.c - a convolution's description, and its weights packed as the array reads them.
 *
 * Image layout of an output block: parameter block (bias, multiplier, shift of N channels; the
 * short form where multiplier and shift are the same for all), then N words for each pass, row r of
 * the tile in word r, output channel c in lane c. The input's zero point is folded away: bias - zp
 * * (sum of the channel's weights). Padding reads as the zero point, so this holds at the borders
 * too.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "conv.h"
#include "../../cmodel/ref/ref_arith.h"

static void describe_fc(const cc_t *cc, const cc_op_t *o, cc_conv_t *d) {
    const ref_fc_t *p = &o->r.op.p.fc;
    const cc_store_t *s = &cc->stores[o->in[0]];
    d->oc = p->out_depth;
    d->in_zp = p->in_zp;
    d->out_zp = p->out_zp;
    d->lo = p->act_min;
    d->hi = p->act_max;
    d->b = d->h = d->oh = d->kh = d->kw = 1;
    d->w = d->ow = p->batches;
    d->c = p->depth;
    if (o->direct[0] && s->resident && s->c != p->depth) { /* flattened image: a kernel as large */
        d->h = s->b * s->h;
        d->oh = p->batches;
        d->w = d->kw = s->w;
        d->ow = 1;
        d->kh = d->sy = s->h;
        d->c = s->c;
    }
}

void cc_conv_describe(const cc_t *cc, int32_t op, cc_conv_t *d) {
    const cc_op_t *o = &cc->ops[op];
    const ref_op_t *r = &o->r.op;
    memset(d, 0, sizeof *d);
    d->sy = d->sx = d->dy = d->dx = 1;
    d->weights = o->r.in[1].data;
    d->bias = o->r.in[2].data;
    d->mult = o->r.in[3].data;
    d->shift = o->r.in[4].data;
    if (r->kind == REF_FC) {
        describe_fc(cc, o, d);
    } else {
        const ref_conv_t *p = &r->p.conv;
        d->b = r->a.dims[2];
        d->h = o->in_h;
        d->w = o->in_w;
        d->c = r->a.dims[5];
        d->oh = r->out.dims[3];
        d->ow = r->out.dims[4];
        d->oc = r->out.dims[5];
        d->kh = p->kernel_h;
        d->kw = p->kernel_w;
        d->sy = p->stride_h;
        d->sx = p->stride_w;
        d->dy = p->dilation_h;
        d->dx = p->dilation_w;
        d->pt = o->pad_top;
        d->pl = o->pad_left;
        d->in_zp = p->in_zp;
        d->out_zp = p->out_zp;
        d->lo = p->act_min;
        d->hi = p->act_max;
    }
    /* A tap that is never dilated, a step that is never made: any value means the same. */
    if (d->kh == 1)
        d->dy = 1;
    if (d->kw == 1)
        d->dx = 1;
    if (d->oh == 1)
        d->sy = 1;
    if (d->ow == 1)
        d->sx = 1;
    if (r->kind == REF_DEPTHWISE) {
        d->cg = 1;
        d->og = r->p.conv.depth_multiplier;
        d->w_oc = 1;
        d->w_kx = d->oc;
    } else {
        int32_t groups = r->kind == REF_CONV ? r->p.conv.groups : 1;
        d->cg = d->c / groups;
        d->og = d->oc / groups;
        d->w_oc = d->kh * d->kw * d->cg;
        d->w_kx = d->cg;
    }
    d->w_ky = d->kw * d->w_kx;
    d->uniform = true;
    for (int32_t c = 1; c < d->oc; c++)
        d->uniform = d->uniform && d->mult[c] == d->mult[0] && d->shift[c] == d->shift[0];
    d->params = (int32_t)npu_param_words(cc->n, d->uniform);
    d->obs = cc_blocks(cc, d->oc);
    /* Pointwise: rows and images are one long row. */
    if (d->kh == 1 && d->kw == 1 && d->sy == 1 && d->sx == 1 && d->pt == 0 && d->pl == 0 &&
        d->oh == d->h && d->ow == d->w && (int64_t)d->b * d->h * d->w <= 32767) {
        d->w = d->ow = d->b * d->h * d->w;
        d->b = d->h = d->oh = 1;
    }
    cc_conv_set_mode(cc, d, CC_PLAIN);
}

void cc_conv_set_mode(const cc_t *cc, cc_conv_t *d, cc_mode_t mode) {
    int32_t n = (int32_t)cc->n;
    d->mode = mode;
    d->blocks = cc_blocks(cc, d->c);
    d->v_kh = d->kh;
    d->v_kw = d->kw;
    d->v_sy = d->sy;
    d->v_sx = d->sx;
    d->v_dy = d->dy;
    d->v_dx = d->dx;
    d->v_pt = d->pt;
    d->v_pl = d->pl;
    d->v_h = d->h;
    d->v_w = d->w;
    if (mode == CC_FIR) { /* the array has no column dilation there: taps between are zero */
        d->v_kw = (d->kw - 1) * d->dx + 1;
        d->v_dx = 1;
    }
    if (mode == CC_LINE || mode == CC_LINES) {
        d->line = ((d->kw - 1) * d->dx + 1) * d->c;
        d->lines = mode == CC_LINES ? cc_min(n / d->line, d->kh) : 1;
        d->blocks = mode == CC_LINES ? cc_div_up(d->kh, d->lines) : cc_blocks(cc, d->line);
        d->v_kw = d->v_sx = d->v_dx = 1;
        d->v_pl = 0;
        d->v_w = d->ow;
    }
    if (mode == CC_LINES) {
        d->v_kh = d->v_sy = d->v_dy = 1;
        d->v_pt = 0;
        d->v_h = d->oh;
    }
    d->passes = 0;
    for (int32_t ob = 0; ob < d->obs; ob++)
        d->passes = cc_max(d->passes, cc_conv_passes(cc, d, ob));
}

void cc_conv_blocks(const cc_t *cc, const cc_conv_t *d, int32_t ob, int32_t *k0, int32_t *k1) {
    int32_t n = (int32_t)cc->n;
    *k0 = 0;
    *k1 = d->blocks;
    if (d->mode == CC_FIR) {
        *k0 = ob;
        *k1 = ob + 1;
    } else if (d->mode == CC_PLAIN && d->cg < d->c) {
        int32_t first = ob * n / d->og, last = (cc_min(d->oc, (ob + 1) * n) - 1) / d->og;
        *k0 = first * d->cg / n;
        *k1 = ((last + 1) * d->cg - 1) / n + 1;
    }
}

int32_t cc_conv_passes(const cc_t *cc, const cc_conv_t *d, int32_t ob) {
    int32_t k0, k1;
    if (d->mode == CC_FIR)
        return cc_div_up(d->kh, (int32_t)cc->cfg->fir_groups) *
               cc_div_up(d->v_kw, (int32_t)cc->cfg->fir_taps);
    cc_conv_blocks(cc, d, ob, &k0, &k1);
    return (k1 - k0) * d->v_kh * d->v_kw;
}

/* Weight of output channel oc for input channel ic (of all) and tap ky, kx; 0 outside its group. */
static int8_t weight(const cc_conv_t *d, int32_t oc, int32_t ic, int32_t ky, int32_t kx) {
    int32_t in_group = ic - oc / d->og * d->cg;
    if (oc >= d->oc || ic >= d->c || in_group < 0 || in_group >= d->cg)
        return 0;
    return d->weights[(size_t)oc * (size_t)d->w_oc + (size_t)(ky * d->w_ky + kx * d->w_kx) +
                      (size_t)in_group];
}

/* Row r of the tile (block, vy, vx): which input channel and tap it carries. False: none. */
static bool row_source(const cc_t *cc, const cc_conv_t *d, int32_t block, int32_t vy, int32_t vx,
                       int32_t r, int32_t *ic, int32_t *ky, int32_t *kx) {
    int32_t n = (int32_t)cc->n, lane = block * n + r;
    *ky = vy;
    *kx = vx;
    *ic = lane;
    if (d->mode == CC_PLAIN)
        return true;
    if (d->mode == CC_LINES) {
        if (r >= d->lines * d->line)
            return false;
        *ky = block * d->lines + r / d->line;
        lane = r % d->line;
    }
    *ic = lane % d->c;
    *kx = lane / d->c / d->dx;
    return lane < d->line && lane / d->c % d->dx == 0 && *ky < d->kh;
}

static void pack_tiles(const cc_t *cc, const cc_conv_t *d, int32_t ob, int8_t *to) {
    int32_t n = (int32_t)cc->n, k0, k1, ic, ky, kx;
    cc_conv_blocks(cc, d, ob, &k0, &k1);
    for (int32_t k = k0; k < k1; k++)
        for (int32_t vy = 0; vy < d->v_kh; vy++)
            for (int32_t vx = 0; vx < d->v_kw; vx++)
                for (int32_t r = 0; r < n; r++, to += n)
                    if (row_source(cc, d, k, vy, vx, r, &ic, &ky, &kx))
                        for (int32_t c = 0; c < n; c++)
                            to[c] = weight(d, ob * n + c, ic, ky, kx);
}

static void pack_fir(const cc_t *cc, const cc_conv_t *d, int32_t ob, int8_t *to) {
    int32_t n = (int32_t)cc->n, groups = (int32_t)cc->cfg->fir_groups;
    int32_t taps = (int32_t)cc->cfg->fir_taps;
    for (int32_t ky0 = 0; ky0 < d->kh; ky0 += groups)
        for (int32_t kx0 = 0; kx0 < d->v_kw; kx0 += taps, to += n * n)
            for (int32_t g = 0; g < groups && ky0 + g < d->kh; g++)
                for (int32_t k = 0; k < taps && kx0 + k < d->v_kw; k++)
                    for (int32_t c = 0; c < n && (kx0 + k) % d->dx == 0; c++)
                        to[(taps * g + k) * n + c] =
                            weight(d, ob * n + c, ob * n + c, ky0 + g, (kx0 + k) / d->dx);
}

static int32_t folded_bias(const cc_conv_t *d, int32_t oc) {
    int32_t sum = 0;
    for (int32_t ky = 0; ky < d->kh; ky++)
        for (int32_t kx = 0; kx < d->kw; kx++)
            for (int32_t i = 0; i < d->cg; i++)
                sum = ref_add_wrap(sum, weight(d, oc, oc / d->og * d->cg + i, ky, kx));
    return ref_sub_wrap(d->bias ? d->bias[oc] : 0, ref_mul_wrap(d->in_zp, sum));
}

static void put32(uint8_t *p, int32_t v) {
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)((uint32_t)v >> 8 * i);
}

int cc_conv_sizes(const cc_t *cc, cc_conv_t *d) {
    int32_t n = (int32_t)cc->n;
    size_t total = 0;
    d->at = malloc(((size_t)d->obs + 1) * sizeof *d->at);
    if (d->at == NULL)
        return CC_FATAL;
    for (int32_t ob = 0; ob < d->obs; ob++) {
        d->at[ob] = (uint32_t)total;
        total += (size_t)n * (size_t)d->params +
                 (size_t)cc_conv_passes(cc, d, ob) * (size_t)n * (size_t)n;
    }
    d->at[d->obs] = (uint32_t)total;
    return total < INT32_MAX ? CC_OK : CC_NOSPACE;
}

int cc_conv_pack(cc_t *cc, cc_conv_t *d) {
    int32_t n = (int32_t)cc->n;
    size_t total = d->at[d->obs];
    uint8_t *bytes = calloc(1, total);
    if (bytes == NULL)
        return CC_FATAL;
    for (int32_t ob = 0; ob < d->obs; ob++) {
        uint8_t *p = bytes + d->at[ob];
        for (int32_t c = 0; c < n && ob * n + c < d->oc; c++) {
            int32_t oc = ob * n + c;
            put32(p + 4 * c, folded_bias(d, oc));
            if (d->uniform)
                continue;
            put32(p + 4 * n + 4 * c, d->mult[oc]);
            p[8 * n + c] = (uint8_t)d->shift[oc];
        }
        if (d->uniform) {
            put32(p + 4 * n, d->mult[0]);
            p[4 * n + 4] = (uint8_t)d->shift[0];
        }
        int8_t *tiles = (int8_t *)p + n * d->params;
        if (d->mode == CC_FIR)
            pack_fir(cc, d, ob, tiles);
        else
            pack_tiles(cc, d, ob, tiles);
    }
    d->image_offset = prog_add_const(cc->image, bytes, total, 64);
    cc->ops[cc->layer].weight_bytes = (uint32_t)total;
    free(bytes);
    return CC_OK;
}
