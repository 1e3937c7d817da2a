/*
 * move.c - tensors between memory (plain NHWC) and scratchpad (channel blocks).
 *
 * A box of a tensor that is resident needs no command; otherwise it gets room and a LOAD or STORE.
 * Whole rows of the image, and whole images, are one run of bytes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "cc.h"

#define LATENCY 40u /* estimated cycles from a read request to its data */

uint32_t cc_box_words(cc_box_t b) {
    return (uint32_t)(b.k1 - b.k0) * (uint32_t)(b.b1 - b.b0) * (uint32_t)(b.y1 - b.y0) *
           (uint32_t)(b.x1 - b.x0);
}

uint32_t cc_view_at(const cc_view_t *v, int32_t k, int32_t b, int32_t y, int32_t x) {
    return (v->base + (uint32_t)(k * v->blk) + (uint32_t)(b * v->image) + (uint32_t)(y * v->row) +
            (uint32_t)x) &
           0xffffu;
}

void cc_cmd_load(cc_t *cc, const npu_cmd_load_t *c) {
    uint32_t words[NPU_CMD_WORDS];
    uint64_t runs = (uint64_t)c->n1 * c->n2;
    uint64_t beats = runs * ((c->run_bytes + 7) / 8 + (runs > 1)),
             writes = runs * c->nwin * c->nblk;
    npu_pack_load(c, words);
    cc_emit(cc, words, (beats > writes ? beats : writes) + (c->run_bytes ? LATENCY : 0));
}

void cc_load_const(cc_t *cc, uint32_t image_offset, uint32_t bytes, uint32_t sp) {
    uint32_t words = (bytes + cc->n - 1) / cc->n;
    npu_cmd_load_t c = {.region = PROG_REGION_IMAGE,
                        .offset = image_offset,
                        .run_bytes = bytes,
                        .n1 = 1,
                        .n2 = 1,
                        .sp_addr = sp,
                        .nwin = 1,
                        .nblk = words,
                        .sp_blk = 1,
                        .last_len = cc->n};
    cc_cmd_load(cc, &c);
}

void cc_fill(cc_t *cc, uint32_t sp, uint32_t words, int32_t value) {
    npu_cmd_load_t c = {.n1 = 1,
                        .n2 = 1,
                        .sp_addr = sp,
                        .nwin = 1,
                        .nblk = words,
                        .sp_blk = 1,
                        .last_len = cc->n,
                        .pad_value = value};
    cc_cmd_load(cc, &c);
}

static void whole_view(const cc_store_t *s, cc_box_t box, cc_view_t *v) {
    *v =
        (cc_view_t){.base = s->sp, .blk = s->b * s->h * s->w, .image = box.h * box.w, .row = box.w};
}

int cc_room(cc_t *cc, cc_box_t box, cc_view_t *v) {
    uint32_t words = cc_box_words(box);
    memset(v, 0, sizeof *v);
    if (words == 0)
        return CC_OK; /* nothing of it is in range: never read */
    int st = cc_alloc(cc, words, &v->temp);
    if (st != CC_OK)
        return st;
    v->temp_words = words;
    v->row = box.x1 - box.x0;
    v->image = (box.y1 - box.y0) * v->row;
    v->blk = (box.b1 - box.b0) * v->image;
    v->base = (v->temp - (uint32_t)(box.k0 * v->blk) - (uint32_t)(box.b0 * v->image) -
               (uint32_t)(box.y0 * v->row) - (uint32_t)box.x0) &
              0xffffu;
    return CC_OK;
}

/* How a box lies in memory: runs of `pixels` pixels (or of one pixel's part), n1 x n2 of them. */
typedef struct {
    uint32_t offset, run_bytes, n1, n2, nwin, last_len;
    int32_t stride1, stride2, sp_n1, sp_n2;
} runs_t;

static runs_t runs_of(const cc_t *cc, const cc_store_t *s, cc_box_t b, const cc_view_t *v) {
    int32_t n = (int32_t)cc->n, nb = b.b1 - b.b0, ny = b.y1 - b.y0, nx = b.x1 - b.x0;
    int32_t bytes = cc_min(b.c, b.k1 * n) - b.k0 * n; /* of a pixel */
    runs_t r = {.n1 = 1, .n2 = 1, .nwin = 1};
    r.offset =
        s->mem_offset +
        (((uint32_t)b.b0 * (uint32_t)b.h + (uint32_t)b.y0) * (uint32_t)b.w + (uint32_t)b.x0) *
            (uint32_t)b.c +
        (uint32_t)(b.k0 * n);
    r.last_len = (uint32_t)(bytes - (b.k1 - b.k0 - 1) * n);
    if (bytes < b.c) { /* some blocks only: pixel by pixel; images and rows must be one loop */
        r.run_bytes = (uint32_t)bytes;
        r.n1 = (uint32_t)nx;
        r.stride1 = b.c;
        r.sp_n1 = 1;
        r.n2 = (uint32_t)(nb > 1 ? nb : ny);
        r.stride2 = (nb > 1 ? b.h : 1) * b.w * b.c;
        r.sp_n2 = nb > 1 ? v->image : v->row;
        return r;
    }
    bool rows = nx == b.w && v->row == nx, images = rows && ny == b.h && v->image == ny * nx;
    r.nwin = (uint32_t)(images ? nb * ny * nx : rows ? ny * nx : nx);
    r.run_bytes = r.nwin * (uint32_t)b.c;
    if (!rows) {
        r.n1 = (uint32_t)ny;
        r.stride1 = b.w * b.c;
        r.sp_n1 = v->row;
    }
    if (!images) {
        r.n2 = (uint32_t)nb;
        r.stride2 = b.h * b.w * b.c;
        r.sp_n2 = v->image;
    }
    return r;
}

static void load_box(cc_t *cc, const cc_store_t *s, cc_box_t b, const cc_view_t *v) {
    if (b.c > (b.k1 - b.k0) * (int32_t)cc->n && b.b1 - b.b0 > 1 && b.y1 - b.y0 > 1) {
        for (int32_t i = b.b0; i < b.b1; i++) { /* three loops around a pixel's part */
            cc_box_t one = b;
            one.b0 = i;
            one.b1 = i + 1;
            load_box(cc, s, one, v);
        }
        return;
    }
    runs_t r = runs_of(cc, s, b, v);
    npu_cmd_load_t c = {.region = s->data ? PROG_REGION_IMAGE : PROG_REGION_ARENA,
                        .xor80 = s->flip,
                        .offset = r.offset,
                        .run_bytes = r.run_bytes,
                        .n1 = r.n1,
                        .n2 = r.n2,
                        .stride1 = r.stride1,
                        .stride2 = r.stride2,
                        .sp_addr = cc_view_at(v, b.k0, b.b0, b.y0, b.x0),
                        .nwin = r.nwin,
                        .nblk = (uint32_t)(b.k1 - b.k0),
                        .sp_blk = v->blk,
                        .sp_win = 1,
                        .sp_n1 = r.sp_n1,
                        .sp_n2 = r.sp_n2,
                        .last_len = r.last_len,
                        .win_step = r.last_len};
    cc_cmd_load(cc, &c);
}

static void store_box(cc_t *cc, const cc_store_t *s, cc_box_t b, const cc_view_t *v) {
    if (b.c > (b.k1 - b.k0) * (int32_t)cc->n && b.b1 - b.b0 > 1 && b.y1 - b.y0 > 1) {
        for (int32_t i = b.b0; i < b.b1; i++) {
            cc_box_t one = b;
            one.b0 = i;
            one.b1 = i + 1;
            store_box(cc, s, one, v);
        }
        return;
    }
    runs_t r = runs_of(cc, s, b, v);
    uint32_t words[NPU_CMD_WORDS];
    npu_cmd_store_t c = {.region = PROG_REGION_ARENA,
                         .xor80 = s->flip,
                         .offset = r.offset,
                         .run_bytes = r.run_bytes,
                         .n1 = r.n1,
                         .n2 = r.n2,
                         .stride1 = r.stride1,
                         .stride2 = r.stride2,
                         .sp_addr = cc_view_at(v, b.k0, b.b0, b.y0, b.x0),
                         .nblk = (uint32_t)(b.k1 - b.k0),
                         .sp_blk = v->blk,
                         .sp_win = 1,
                         .sp_n1 = r.sp_n1,
                         .sp_n2 = r.sp_n2,
                         .last_len = r.last_len};
    npu_pack_store(&c, words);
    uint64_t runs = (uint64_t)r.n1 * r.n2;
    uint64_t beats = runs * ((r.run_bytes + 7) / 8 + 2), reads = runs * r.nwin * c.nblk;
    cc_emit(cc, words, (beats > reads ? beats : reads) + LATENCY / 2);
}

static bool lives_in_scratchpad(const cc_t *cc, const cc_store_t *s) {
    return s->resident && cc->layer >= s->from && cc->layer <= s->to;
}

static void place_constant(cc_t *cc, cc_store_t *s) {
    if (s->data && !s->added) {
        s->mem_offset = prog_add_const(cc->image, s->data, s->bytes, 8);
        s->added = true;
    }
}

void cc_load_box(cc_t *cc, int32_t store, cc_box_t box, const cc_view_t *v) {
    place_constant(cc, &cc->stores[store]);
    if (cc_box_words(box))
        load_box(cc, &cc->stores[store], box, v);
}

int cc_fetch(cc_t *cc, int32_t store, bool direct, cc_box_t box, cc_view_t *v) {
    cc_store_t *s = &cc->stores[store];
    int st = cc_late_reach(cc, store, box);
    if (st != CC_OK)
        return st;
    place_constant(cc, s);
    if (direct && lives_in_scratchpad(cc, s)) {
        if (!s->loaded) {
            cc_box_t all = {s->h, s->w, s->c, 0, s->b, 0, s->h, 0, s->w, 0, cc_blocks(cc, s->c)};
            whole_view(s, all, v);
            load_box(cc, s, all, v);
            s->loaded = true;
        }
        whole_view(s, box, v);
        return CC_OK;
    }
    st = cc_room(cc, box, v);
    if (st == CC_OK && v->temp_words)
        load_box(cc, s, box, v);
    return st;
}

int cc_target(cc_t *cc, int32_t store, cc_box_t box, cc_view_t *v) {
    cc_store_t *s = &cc->stores[store];
    if (lives_in_scratchpad(cc, s)) {
        s->loaded = true;
        whole_view(s, box, v);
        return CC_OK;
    }
    return cc_room(cc, box, v);
}

void cc_put(cc_t *cc, int32_t store, cc_box_t box, cc_view_t *v) {
    const cc_store_t *s = &cc->stores[store];
    if (s->in_memory && cc_box_words(box))
        store_box(cc, s, box, v);
    cc_drop(cc, v);
}

void cc_drop(cc_t *cc, cc_view_t *v) {
    if (v->temp_words)
        cc_release(cc, v->temp, v->temp_words);
    v->temp_words = 0;
}
