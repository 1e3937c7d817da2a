/*
 * lower_slice.c - convolutions and fully connected layers whose input passes through memory, too
 * deep for a tile of it that is worth its weights: input and weights stream along the depth.
 *
 * Sums of several output blocks stay in the accumulators; for each slice of the input (some channel
 * blocks, all kernel positions) every one of them adds its share. So a slice is loaded once for all
 * these blocks, weights once for all positions of the tile, and both while the array works on the
 * slice before. Blocks take the two halves in turn, so parameters of one are loaded while the one
 * before is drained. Counterparts: lower_conv.c (loops around it, commands), tile.c (when, and how
 * large). SPDX-License-Identifier: Apache-2.0
 */
#include "lower_conv.h"

int32_t cc_slice_blocks(const cc_t *cc, int32_t outputs) {
    return outputs > 0 ? 2 * ((int32_t)cc->cfg->acc_depth / outputs) : 0;
}

/* Parameter blocks of the output blocks k0..k1-1, one behind the other. */
static void load_params(const cc_job_t *j, int32_t k0, int32_t k1, uint32_t at) {
    const cc_conv_t *d = &j->d;
    npu_cmd_load_t c = {.region = PROG_REGION_IMAGE,
                        .offset = d->image_offset + d->at[k0],
                        .run_bytes = (uint32_t)d->params * j->cc->n,
                        .n1 = (uint32_t)(k1 - k0),
                        .n2 = 1,
                        .stride1 = (int32_t)(d->at[k0 + 1] - d->at[k0]),
                        .sp_addr = at,
                        .sp_n1 = d->params,
                        .nwin = 1,
                        .nblk = (uint32_t)d->params,
                        .sp_blk = 1,
                        .last_len = j->cc->n};
    cc_cmd_load(j->cc, &c);
}

/* Adds slice ch to the sums of an output block. */
static int emit_share(cc_job_t *j, cc_box_t tile, int32_t ob, const cc_chunk_t *ch, cc_acc_t acc,
                      const cc_view_t *in, uint32_t params) {
    cc_t *cc = j->cc;
    const cc_conv_t *d = &j->d;
    uint32_t words = (uint32_t)ch->passes * cc->n, at;
    int st = cc_alloc(cc, words, &at);
    if (st != CC_OK)
        return st;
    uint32_t offset = d->at[ob] + ((uint32_t)d->params + (uint32_t)ch->first * cc->n) * cc->n;
    cc_load_const(cc, d->image_offset + offset, words * cc->n, at);
    cc_conv_emit(j, tile, acc, ch, in, at, params, ch->k0 + ch->nk == d->blocks);
    cc_release(cc, at, words);
    return CC_OK;
}

static int emit_slice(cc_job_t *j, cc_box_t tile, int32_t k0, uint32_t params,
                      const cc_view_t *out) {
    cc_t *cc = j->cc;
    const cc_conv_t *d = &j->d;
    int32_t plane = d->v_kh * d->v_kw, nk = cc_min(j->slice, d->blocks - k0);
    int32_t outputs = (tile.y1 - tile.y0) * (tile.x1 - tile.x0);
    cc_chunk_t ch = {k0, nk, 0, d->v_kh, 0, d->v_kw, k0 * plane, nk * plane};
    cc_box_t box = cc_conv_input_box(cc, d, tile);
    cc_view_t in;
    box.k0 = k0;
    box.k1 = k0 + nk;
    int st = cc_fetch(cc, j->in, j->o->direct[0], box, &in);
    for (int32_t ob = tile.k0; ob < tile.k1 && st == CC_OK; ob++) {
        int32_t i = ob - tile.k0;
        cc_acc_t acc = {(uint32_t)i & 1, (uint32_t)(i / 2 * outputs)};
        st = emit_share(j, tile, ob, &ch, acc, &in, params + (uint32_t)(i * d->params));
        if (st != CC_OK || k0 + nk < d->blocks)
            continue;
        st = cc_conv_drain(j, tile, acc, ob, out);
        if (st == CC_OK)
            st = cc_conv_end_block(j, ob);
    }
    if (st == CC_OK)
        cc_drop(cc, &in);
    return st;
}

int cc_lower_slices(cc_job_t *j, cc_box_t tile) {
    cc_t *cc = j->cc;
    uint32_t words = (uint32_t)((tile.k1 - tile.k0) * j->d.params), params;
    cc_view_t out;
    int st = cc_target(cc, j->out, tile, &out);
    if (st != CC_OK || (st = cc_alloc(cc, words, &params)) != CC_OK)
        return st;
    load_params(j, tile.k0, tile.k1, params);
    for (int32_t k = 0; k < j->d.blocks && st == CC_OK; k += j->slice)
        st = emit_slice(j, tile, k, params, &out);
    if (st != CC_OK)
        return st;
    cc_release(cc, params, words);
    cc_put(cc, j->out, tile, &out);
    return CC_OK;
}
