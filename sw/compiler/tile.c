/*
 * tile.c - how large the tiles of a convolution are, by a rough cost in cycles.
 *
 * Candidates: output rows or columns cut into equal parts, and output blocks into groups
 * (outermost, so that each group's weights are read once). For each: weights of all the group's
 * blocks kept for all its tiles, or read again for every tile; operands that pass through memory
 * double-buffered, so that transfers hide behind arithmetic, or single. Or input and weights in
 * slices along the depth, when the sums of a group of blocks fit the accumulators.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "lower_conv.h"

#define COMMAND_CYCLES 12 /* fetch and start of a command, roughly */
#define RUN_CYCLES 2      /* more for each run of bytes */
#define PART_WORDS 32     /* parts are not smaller than this */

/* Several parts even where one would fit: the next layer starts when the first are drained. Where
 * the array works on an output but once, its half is drained as slowly as the next one fills, and
 * only one side of a half (cc_acc) is free when the part after next begins. */
void cc_conv_parts(const cc_t *cc, const cc_conv_t *d, int32_t th, int32_t tw, int32_t parts,
                   int32_t *rows, int32_t *cols) {
    int32_t depth = (int32_t)cc->cfg->acc_depth /
                    (d->passes == 1 && tw <= (int32_t)cc->cfg->acc_depth / 2 ? 2 : 1);
    int32_t least = cc_max(PART_WORDS, 2 * (int32_t)cc->n);
    int32_t most = parts == 1 ? depth : cc_min(depth, cc_max(least, cc_div_up(th * tw, parts)));
    *rows = cc_max(1, cc_min(th, most / tw));
    *rows = cc_div_up(th, cc_div_up(th, *rows));
    *cols = cc_div_up(tw, cc_div_up(tw, th == 1 ? most : depth));
}

/* Lines apart, or, where the end of a line and the start of the next are both padding, as one. */
int32_t cc_fir_span(const cc_conv_t *d, int32_t x0, int32_t nx) {
    int32_t ix0 = x0 * d->sx - d->pl, reach = (nx - 1) * d->sx + d->v_kw;
    int32_t joined = cc_max(cc_max(d->w - ix0, (nx - 1) * d->sx + 1), ix0 + reach);
    return cc_min(reach, joined);
}

static bool fits(cc_t *cc, const int64_t *sizes, int n) {
    uint32_t at[8];
    int done = 0;
    bool ok = true;
    while (done < n && ok) {
        if (sizes[done] > 0)
            ok = sizes[done] <= cc->sp_words &&
                 cc_alloc(cc, (uint32_t)sizes[done], &at[done]) == CC_OK;
        done += ok;
    }
    while (done-- > 0)
        if (sizes[done] > 0)
            cc_release(cc, at[done], (uint32_t)sizes[done]);
    return ok;
}

typedef struct {
    int32_t tb, th, tw, tk;
    int64_t tiles, groups;           /* spatial tiles; groups of output blocks */
    int64_t in, out, block, weights; /* words: of a tile; of an output block, of a group */
    int64_t array, load_in, load_w, store, commands; /* cycles, of all */
} plan_t;

static int64_t max64(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static void measure(const cc_job_t *j, plan_t *p) {
    const cc_conv_t *d = &j->d;
    const cc_t *cc = j->cc;
    int64_t n = cc->n;
    int32_t k0, k1, unused, part_rows, part_cols;
    int32_t rows = cc_min(d->v_h, (p->th - 1) * d->v_sy + (d->v_kh - 1) * d->v_dy + 1);
    int32_t cols = cc_min(d->v_w, (p->tw - 1) * d->v_sx + (d->v_kw - 1) * d->v_dx + 1);
    cc_conv_blocks(cc, d, 0, &k0, &unused);
    cc_conv_blocks(cc, d, p->tk - 1, &unused, &k1);
    if (d->mode == CC_PLAIN && d->cg < d->c && p->tk < d->obs)
        k1 = cc_min(d->blocks, k1 + 1); /* groups need not begin at a block */
    p->groups = cc_div_up(d->obs, p->tk);
    p->tiles = (int64_t)cc_div_up(d->b, p->tb) * cc_div_up(d->oh, p->th) * cc_div_up(d->ow, p->tw);
    int64_t pixels_in = (int64_t)p->tb * rows * cols, pixels_out = (int64_t)p->tb * p->th * p->tw;
    p->in = j->in_resident ? 0 : pixels_in * (k1 - k0);
    p->out = j->out_resident ? 0 : pixels_out * p->tk;
    p->block = d->params + d->passes * n;
    p->weights = p->block * p->tk;
    cc_conv_parts(cc, d, p->th, p->tw, 1, &part_rows, &part_cols);
    int64_t parts = (int64_t)p->tb * cc_div_up(p->th, part_rows) * cc_div_up(p->tw, part_cols);
    int64_t span = d->mode == CC_FIR ? cc_fir_span(d, 0, part_cols) : part_cols;
    int64_t steps = (int64_t)d->b * d->oh * cc_div_up(d->ow, part_cols) * span;
    p->array = d->obs * d->passes * max64(p->tiles * parts * n, steps);
    /* transfers; a part of a pixel's channels is a run of its own */
    int64_t times = p->tiles * p->groups;
    bool in_part = k1 - k0 < d->blocks, out_part = p->tk < d->obs;
    int64_t in_bytes = cc_min(d->c, (k1 - k0) * (int32_t)n),
            out_bytes = cc_min(d->oc, p->tk * (int32_t)n);
    int64_t in_run = in_part ? in_bytes / 8 + RUN_CYCLES : 0;
    int64_t out_run = out_part ? out_bytes / 8 + RUN_CYCLES : 0;
    p->load_in = times * max64(p->in, in_part ? pixels_in * in_run : pixels_in * in_bytes / 8);
    if (d->mode == CC_LINES) /* a LOAD for each kernel line; else one word after the other too */
        p->load_in = times * (pixels_out * d->kh + 8 * d->kh);
    p->store = times * max64(p->out, out_part ? pixels_out * out_run : pixels_out * out_bytes / 8);
    if (j->in_resident)
        p->load_in = 0;
    if (!j->cc->stores[j->out].in_memory)
        p->store = 0;
    p->load_w = (int64_t)d->at[d->obs] / 8;
    p->commands = p->tiles * (2 * parts * d->obs + 2 * p->groups);
}

/* Cycles of a plan; keep: weights read once; twice: tiles of input and output are transferred
 * behind arithmetic, except the first and the last. Weights always are. */
static int64_t cost_of(const plan_t *p, bool keep, bool twice) {
    int64_t times = p->tiles * p->groups;
    int64_t weights = keep ? p->load_w : p->load_w * p->tiles;
    int64_t busy = max64(p->array, weights), exposed = p->load_in + p->store;
    if (twice) {
        busy = max64(max64(p->array, weights + p->load_in), p->store);
        exposed /= times;
    }
    return busy + exposed + (p->commands + (keep ? 0 : times)) * COMMAND_CYCLES;
}

static void consider(cc_job_t *j, plan_t p, int64_t *best) {
    cc_t *cc = j->cc;
    if (p.tk > j->d.obs || j->d.passes > j->max_passes)
        return;
    measure(j, &p);
    for (int way = 0; way < 4; way++) {
        bool keep = p.tiles > 1 && !(way & 1), twice = !(way & 2);
        if (p.tiles == 1 && (way & 1))
            continue;
        int64_t cost = cost_of(&p, keep || p.tiles == 1, twice && (p.tiles * p.groups > 1));
        if (cost >= *best)
            continue;
        bool two_tiles = twice && p.tiles * p.groups > 1;
        int64_t w = keep ? p.weights : p.block;
        int64_t sizes[6] = {p.in, p.out, w, 0, 0, 0};
        if (two_tiles) {
            sizes[3] = p.in;
            sizes[4] = p.out;
        }
        if (!keep && twice && j->d.obs > 1)
            sizes[5] = p.block;
        if (!fits(cc, sizes, 6))
            continue;
        *best = cost;
        j->tb = p.tb;
        j->th = p.th;
        j->tw = p.tw;
        j->tk = p.tk;
        j->keep = keep;
        j->chunk = j->slice = 0;
    }
}

/* Cuts of `length` into equal parts, each once. */
static int32_t next_cut(int32_t length, int32_t size) {
    for (int32_t parts = cc_div_up(length, size) + 1; parts <= length; parts++)
        if (cc_div_up(length, parts) < size)
            return cc_div_up(length, parts);
    return 0;
}

/* Cycles of a plan with slices of so many blocks: input once for each group, weights once for each
 * tile, all behind arithmetic but the first slice and the last store. */
static int64_t cost_of_slices(const cc_job_t *j, const plan_t *p, int32_t slice) {
    const cc_conv_t *d = &j->d;
    int64_t times = p->tiles * p->groups, slices = cc_div_up(d->blocks, slice);
    int64_t bytes = (int64_t)slice * (int32_t)j->cc->n, pixels = p->in / d->blocks;
    int64_t in = max64(pixels * slice, pixels * (bytes / 8 + RUN_CYCLES));
    int64_t busy = max64(p->array, p->load_w * p->tiles + times * slices * in);
    int64_t convs = p->tiles * d->obs * slices;
    return max64(busy, p->store) + in + p->store / times +
           (2 * convs + times * (slices + 2) + p->tiles * d->obs) * COMMAND_CYCLES / 2;
}

/* Input and weights in slices along the depth (lower_slice.c). */
static void consider_slices(cc_job_t *j, plan_t p, int64_t *best) {
    cc_t *cc = j->cc;
    const cc_conv_t *d = &j->d;
    int32_t n = (int32_t)cc->n, plane = d->v_kh * d->v_kw;
    if (d->mode != CC_PLAIN || d->cg < d->c || j->in_resident || d->v_kh > 255 || d->v_kw > 255 ||
        p.tb > 1 || p.tk > cc_slice_blocks(cc, p.th * p.tw))
        return;
    measure(j, &p);
    for (int32_t slice = next_cut(d->blocks, d->blocks); slice > 0;
         slice = next_cut(d->blocks, slice)) {
        int64_t w = (int64_t)slice * plane * n, in = p.in / d->blocks * slice;
        int64_t cost = cost_of_slices(j, &p, slice);
        if (cost >= *best || (int64_t)slice * plane > j->max_passes)
            continue;
        int64_t sizes[8] = {in, in, p.out, (int64_t)p.tk * d->params, w, w, w, 0};
        if (p.tiles * p.groups > 1)
            sizes[7] = p.out;
        if (!fits(cc, sizes, 8))
            continue;
        *best = cost;
        j->tb = 1;
        j->th = p.th;
        j->tw = p.tw;
        j->tk = p.tk;
        j->slice = slice;
        j->keep = false;
        j->chunk = 0;
    }
}

static bool choose_whole_weights(cc_job_t *j) {
    const cc_conv_t *d = &j->d;
    int64_t best = INT64_MAX;
    for (int32_t tk = d->obs; tk > 0; tk = next_cut(d->obs, tk)) {
        if (tk < d->obs && tk * (int32_t)j->cc->n < 16)
            break; /* runs too short to be worth a look */
        if (d->b > 1)
            consider(j, (plan_t){.tb = d->b, .th = d->oh, .tw = d->ow, .tk = tk}, &best);
        for (int32_t th = d->oh; th > 0; th = next_cut(d->oh, th)) {
            consider(j, (plan_t){.tb = 1, .th = th, .tw = d->ow, .tk = tk}, &best);
            consider_slices(j, (plan_t){.tb = 1, .th = th, .tw = d->ow, .tk = tk}, &best);
        }
        for (int32_t tw = next_cut(d->ow, d->ow); tw > 0; tw = next_cut(d->ow, tw)) {
            consider(j, (plan_t){.tb = 1, .th = 1, .tw = tw, .tk = tk}, &best);
            consider_slices(j, (plan_t){.tb = 1, .th = 1, .tw = tw, .tk = tk}, &best);
        }
        if (j->in_resident && j->out_resident && best != INT64_MAX)
            break;
    }
    return best != INT64_MAX;
}

static bool try_chunks(cc_job_t *j, int32_t th, int32_t tw) {
    const cc_conv_t *d = &j->d;
    int32_t n = (int32_t)j->cc->n;
    plan_t p = {.tb = 1, .th = th, .tw = tw, .tk = d->obs};
    measure(j, &p);
    int32_t most = cc_min(d->passes, cc_min(j->max_passes, (int32_t)j->cc->sp_words / n));
    for (int32_t c = most; c > 0; c /= 2) {
        int64_t w = j->d.params + (int64_t)c * n;
        if (!fits(j->cc, (int64_t[]){p.in, p.out, w, w}, 4))
            continue;
        j->tb = 1;
        j->th = th;
        j->tw = tw;
        j->tk = d->obs;
        j->chunk = c;
        j->keep = false;
        return true;
    }
    return false;
}

/* Weights of an output block in chunks: the largest tile and chunk that fit. */
static bool choose_chunks(cc_job_t *j) {
    const cc_conv_t *d = &j->d;
    if (d->mode == CC_FIR)
        return false;
    for (int32_t th = d->oh; th > 0; th = next_cut(d->oh, th))
        if (try_chunks(j, th, d->ow))
            return true;
    for (int32_t tw = next_cut(d->ow, d->ow); tw > 0; tw = next_cut(d->ow, tw))
        if (try_chunks(j, 1, tw))
            return true;
    return false;
}

bool cc_choose_tile(cc_job_t *j) {
    return choose_whole_weights(j) || choose_chunks(j);
}
