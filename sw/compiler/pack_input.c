/*
 * pack_input.c - layers with few input channels: kernel lines packed into the array's rows.
 *
 * In NHWC the bytes of one kernel line are contiguous, so a LOAD with overlapping windows writes
 * the word of each output column directly (mode LINE); lane offsets put several lines into one word
 * (mode LINES). Horizontal padding comes from pad_left and from the end of the run; vertical
 * padding from CONV's range check (LINE) or from a fill (LINES). SPDX-License-Identifier:
 * Apache-2.0
 */
#include "lower_conv.h"

static int64_t max64(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* Rough cycles in a mode: the array and the load unit work at the same time. */
static int64_t cost_of(const cc_t *cc, const cc_conv_t *base, cc_mode_t mode, bool from_memory) {
    cc_conv_t d = *base;
    int64_t n = cc->n, load = 0;
    cc_conv_set_mode(cc, &d, mode);
    int64_t outputs = (int64_t)d.b * d.oh * d.ow, steps = outputs, passes = 0;
    for (int32_t ob = 0; ob < d.obs; ob++)
        passes += cc_conv_passes(cc, &d, ob);
    if (mode == CC_FIR)
        steps = (int64_t)d.b * d.oh * ((int64_t)(d.ow - 1) * d.sx + 1);
    if (mode == CC_LINE)
        load = (int64_t)d.b * d.blocks * d.h * d.ow;
    else if (mode == CC_LINES)
        load = (int64_t)d.b * d.kh * d.oh * d.ow + 40 * d.kh;
    else if (from_memory)
        load = (int64_t)d.b * max64((int64_t)d.h * d.w * d.blocks, (int64_t)d.h * d.w * d.c / 8);
    return max64(load, passes * max64(n, steps)) + load / 4;
}

static bool is_depthwise(const cc_conv_t *d) {
    return d->cg == 1 && d->og == 1 && d->c > 1;
}

/* Which modes the commands can express. */
static bool possible(const cc_t *cc, const cc_conv_t *d, cc_mode_t mode) {
    int32_t n = (int32_t)cc->n, width, line = ((d->kw - 1) * d->dx + 1) * d->c;
    switch (mode) {
    case CC_FIR:
        width = (d->kw - 1) * d->dx + 1;
        return is_depthwise(d) && d->kh <= 255 && width <= 255 &&
               cc_div_up(d->kh, (int32_t)cc->cfg->fir_groups) *
                       cc_div_up(width, (int32_t)cc->cfg->fir_taps) * n <
                   (int32_t)cc->sp_words / 8;
    case CC_LINE:
        return d->c <= 2 * n && d->sx * d->c <= n && line <= 4 * n && d->kw > 1;
    case CC_LINES:
        return d->sx * d->c <= n && line <= n / 2 && d->kh > 1;
    default:
        return true;
    }
}

static cc_mode_t best(const cc_t *cc, const cc_conv_t *d, bool pack) {
    cc_mode_t mode = CC_PLAIN;
    int64_t least = cost_of(cc, d, CC_PLAIN, pack);
    for (cc_mode_t m = CC_FIR; m <= CC_LINES; m++) {
        if ((m == CC_LINE || m == CC_LINES) && !pack)
            continue;
        int64_t cost = possible(cc, d, m) ? cost_of(cc, d, m, pack) : INT64_MAX;
        if (cost < least) {
            least = cost;
            mode = m;
        }
    }
    return mode;
}

cc_mode_t cc_conv_best_mode(const cc_t *cc, int32_t op, const cc_conv_t *d) {
    return best(cc, d, cc->ops[op].pack);
}

bool cc_pack_pays(const cc_t *cc, int32_t op) {
    cc_conv_t d;
    cc_conv_describe(cc, op, &d);
    return best(cc, &d, true) >= CC_LINE;
}

/* One LOAD: windows of `len` bytes, starting `from` bytes into each window, of `rows` image rows
 * from iy on, `step` apart, to lanes lane.. of the words at sp. */
static void load_windows(cc_job_t *j, cc_box_t tile, int32_t b, int32_t iy, int32_t step,
                         int32_t rows, int32_t from, int32_t len, int32_t lane, bool keep,
                         uint32_t sp) {
    const cc_conv_t *d = &j->d;
    const cc_store_t *s = &j->cc->stores[j->in];
    int32_t width = d->w * d->c, count = tile.x1 - tile.x0;
    int32_t start = (tile.x0 * d->sx - d->pl) * d->c + from;
    int32_t end = start + (count - 1) * d->sx * d->c + len; /* bytes start..end-1 of the row */
    int32_t first = cc_max(start, 0), bytes = cc_max(0, cc_min(end, width) - first);
    npu_cmd_load_t c = {.region = PROG_REGION_ARENA,
                        .xor80 = s->flip,
                        .keep = keep,
                        .offset = s->mem_offset +
                                  (uint32_t)((b * d->h + iy) * width + (bytes ? first : 0)),
                        .run_bytes = (uint32_t)bytes,
                        .n1 = (uint32_t)rows,
                        .n2 = 1,
                        .stride1 = step * width,
                        .sp_addr = sp,
                        .nwin = (uint32_t)count,
                        .nblk = 1,
                        .sp_win = 1,
                        .sp_n1 = count,
                        .pad_left = (uint32_t)(first - start),
                        .last_len = (uint32_t)len,
                        .win_step = (uint32_t)(d->sx * d->c),
                        .lane_off = (uint32_t)lane,
                        .pad_value = d->in_zp};
    cc_cmd_load(j->cc, &c);
}

static void fetch_line(cc_job_t *j, cc_box_t tile, cc_box_t box, int32_t b, const cc_view_t *v) {
    const cc_conv_t *d = &j->d;
    int32_t n = (int32_t)j->cc->n;
    if (box.y1 == box.y0)
        return;
    for (int32_t k = 0; k < d->blocks; k++)
        load_windows(j, tile, b, box.y0, 1, box.y1 - box.y0, k * n, cc_min(n, d->line - k * n), 0,
                     false, cc_view_at(v, k, b, box.y0, box.x0));
}

/* Output rows y0..y1-1 of the tile whose kernel line ky lies inside the image. */
static void rows_inside(const cc_conv_t *d, cc_box_t tile, int32_t ky, int32_t *y0, int32_t *y1) {
    int32_t at = ky * d->dy - d->pt; /* image row for output row 0 */
    *y0 = cc_max(tile.y0, at < 0 ? cc_div_up(-at, d->sy) : 0);
    *y1 = cc_min(tile.y1, d->h - 1 - at < 0 ? 0 : (d->h - 1 - at) / d->sy + 1);
    *y1 = cc_max(*y0, *y1);
}

static void fetch_lines(cc_job_t *j, cc_box_t tile, int32_t b, const cc_view_t *v) {
    const cc_conv_t *d = &j->d;
    for (int32_t q = 0; q < d->blocks; q++) {
        int32_t first = q * d->lines, last = cc_min(d->kh, first + d->lines), y0, y1;
        bool whole = true;
        for (int32_t ky = first; ky < last; ky++) {
            rows_inside(d, tile, ky, &y0, &y1);
            whole = whole && y0 == tile.y0 && y1 == tile.y1;
        }
        if (!whole)
            cc_fill(j->cc, cc_view_at(v, q, b, tile.y0, tile.x0),
                    (uint32_t)((tile.y1 - tile.y0) * (tile.x1 - tile.x0)), d->in_zp);
        for (int32_t ky = first; ky < last; ky++) {
            rows_inside(d, tile, ky, &y0, &y1);
            if (y0 < y1)
                load_windows(j, tile, b, y0 * d->sy + ky * d->dy - d->pt, d->sy, y1 - y0, 0,
                             d->line, (ky - first) * d->line, !whole || ky > first,
                             cc_view_at(v, q, b, y0, tile.x0));
        }
    }
}

void cc_load_packed(cc_job_t *j, cc_box_t tile, const cc_view_t *v) {
    cc_box_t box = cc_conv_input_box(j->cc, &j->d, tile);
    for (int32_t b = tile.b0; b < tile.b1; b++) {
        if (j->d.mode == CC_LINE)
            fetch_line(j, tile, box, b, v);
        else
            fetch_lines(j, tile, b, v);
    }
}

int cc_fetch_packed(cc_job_t *j, cc_box_t tile, cc_view_t *v) {
    int st = cc_room(j->cc, cc_conv_input_box(j->cc, &j->d, tile), v);
    if (st == CC_OK)
        cc_load_packed(j, tile, v);
    return st;
}
