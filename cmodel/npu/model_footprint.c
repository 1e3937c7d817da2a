/*
 * model_footprint.c - what a command reads and writes, derived from docs/isa.md apart from the code
 * that executes it (tests/fuzz compares both). Exact: positions in the padding, forced-zero weights
 * and bytes after the last window are not reported. SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "model_order.h"

typedef struct {
    const npu_config_t *cfg;
    const uint32_t *base;
    npu_touch_fn touch;
    void *ctx;
} foot_t;

/* `count` addresses from `first`, modulo `size` (a power of two), moved up by `up`. */
static void touch_ring(const foot_t *f, npu_resource_t resource, uint32_t first, uint32_t count,
                       uint32_t size, uint32_t up, int write, int phase) {
    first &= size - 1;
    if (count >= size) {
        first = 0;
        count = size;
    }
    uint32_t head = count < size - first ? count : size - first;
    f->touch(f->ctx, resource, up + first, head, write, phase);
    if (count > head)
        f->touch(f->ctx, resource, up, count - head, write, phase);
}
static void touch_words(const foot_t *f, uint32_t first, uint32_t count, int write) {
    touch_ring(f, NPU_RES_SCRATCHPAD, first, count, f->cfg->sp_words, 0, write, NPU_PHASE_MAIN);
}
static void touch_weights(const foot_t *f, uint32_t first, uint32_t count) {
    touch_ring(f, NPU_RES_SCRATCHPAD, first, count, f->cfg->sp_words, 0, 0, NPU_PHASE_WEIGHTS);
}
static void touch_params(const foot_t *f, uint32_t first, uint32_t count) {
    touch_ring(f, NPU_RES_SCRATCHPAD, first, count, f->cfg->sp_words, 0, 0, NPU_PHASE_PARAMS);
}
static void touch_entries(const foot_t *f, uint32_t half, uint32_t first, uint32_t count,
                          int write) {
    touch_ring(f, NPU_RES_ACCUMULATOR, first, count, f->cfg->acc_depth, half * f->cfg->acc_depth,
               write, NPU_PHASE_MAIN);
}
static void touch_memory(const foot_t *f, uint32_t region, uint32_t offset, uint32_t bytes,
                         int write) {
    uint32_t bus = f->base[region] + offset;
    uint32_t head = bus != 0 && bytes > 0u - bus ? 0u - bus : bytes;
    f->touch(f->ctx, NPU_RES_MEMORY, bus, head, write, NPU_PHASE_MAIN);
    if (bytes > head)
        f->touch(f->ctx, NPU_RES_MEMORY, 0, bytes - head, write, NPU_PHASE_MAIN);
}

/* Bytes of the run that LOAD's windows use: all up to the last used one, unless windows skip some.
 */
static uint32_t used_bytes(const npu_cmd_load_t *c, uint32_t n) {
    uint32_t block = c->packed ? n / 2 : n, last = c->packed ? block : c->last_len;
    uint64_t window = (uint64_t)(c->nblk - 1) * block;
    uint64_t end = (c->nwin - 1) * (window + c->win_step) + window + last;
    uint64_t used = end > c->pad_left ? end - c->pad_left : 0;
    return used < c->run_bytes ? (uint32_t)used : c->run_bytes;
}

static void foot_load(const foot_t *f, const uint32_t *words) {
    npu_cmd_load_t c;
    npu_unpack_load(words, &c);
    uint32_t bytes = used_bytes(&c, f->cfg->n);
    for (uint32_t i2 = 0; i2 < c.n2; i2++)
        for (uint32_t i1 = 0; i1 < c.n1; i1++) {
            uint32_t src = c.offset + i1 * (uint32_t)c.stride1 + i2 * (uint32_t)c.stride2;
            uint32_t to = c.sp_addr + i2 * (uint32_t)c.sp_n2 + i1 * (uint32_t)c.sp_n1;
            if (bytes > 0)
                touch_memory(f, c.region, src, bytes, 0);
            for (uint32_t w = 0; w < c.nwin; w++)
                for (uint32_t b = 0; b < c.nblk - c.packed; b++)
                    touch_words(f, to + w * (uint32_t)c.sp_win + b * (uint32_t)c.sp_blk, 1, 1);
        }
}

static void foot_store(const foot_t *f, const uint32_t *words) {
    npu_cmd_store_t c;
    npu_unpack_store(words, &c);
    for (uint32_t i2 = 0; i2 < c.n2; i2++)
        for (uint32_t i1 = 0; i1 < c.n1; i1++) {
            uint32_t dst = c.offset + i1 * (uint32_t)c.stride1 + i2 * (uint32_t)c.stride2;
            uint32_t from = c.sp_addr + i2 * (uint32_t)c.sp_n2 + i1 * (uint32_t)c.sp_n1;
            uint64_t pos = 0;
            touch_memory(f, c.region, dst, c.run_bytes, 1);
            for (uint32_t w = 0; pos < c.run_bytes; w++)
                for (uint32_t b = 0; b < c.nblk && pos < c.run_bytes; b++) {
                    touch_words(f, from + w * (uint32_t)c.sp_win + b * (uint32_t)c.sp_blk, 1, 0);
                    pos += b == c.nblk - 1 ? c.last_len : f->cfg->n;
                }
        }
}

/* Mark the coordinates start + o*stride + k*step (o < outputs, k < taps) that lie in 0..limit-1. */
static void mark(uint8_t *used, int32_t start, uint32_t outputs, uint32_t stride, uint32_t taps,
                 uint32_t step, uint32_t limit) {
    memset(used, 0, limit);
    for (uint32_t o = 0; o < outputs; o++)
        for (uint32_t k = 0; k < taps; k++) {
            int16_t x = (int16_t)(uint16_t)((uint32_t)start + o * stride + k * step);
            if (x >= 0 && x < (int32_t)limit)
                used[x] = 1;
        }
}

/* Rows x columns of one channel block. */
static void touch_grid(const foot_t *f, const uint8_t *rows, uint32_t height, const uint8_t *cols,
                       uint32_t width, uint32_t first, int32_t pitch) {
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; rows[y] && x < width; x++) {
            uint32_t run = 0;
            while (x + run < width && cols[x + run])
                run++;
            if (run > 0)
                touch_words(f, first + y * (uint32_t)pitch + x, run, 0);
            x += run;
        }
}

static void foot_fir(const foot_t *f, const npu_cmd_conv_t *c) {
    uint32_t n = f->cfg->n, groups = f->cfg->fir_groups, taps = f->cfg->fir_taps, tile = c->w_addr;
    for (uint32_t ky = 0; ky < c->kh; ky++)
        for (uint32_t kx = 0; kx < c->kw; kx++) {
            uint32_t pass = ky / groups * ((c->kw + taps - 1) / taps) + kx / taps;
            touch_weights(f, tile + pass * n + ky % groups * taps + kx % taps, 1);
            for (uint32_t p = 0; p < c->ny * c->nx; p++) {
                uint32_t ox = p % c->nx, line = p / c->nx, at = ox * c->sx + kx % taps;
                if (ox * c->sx >= c->span)
                    continue;
                line += at / c->span;
                at = at % c->span + kx / taps * taps;
                int16_t iy = (int16_t)(uint16_t)((uint32_t)c->iy0 + line * c->sy + ky * c->dil_y);
                int16_t ix = (int16_t)(uint16_t)((uint32_t)c->ix0 + at);
                if (iy >= 0 && iy < (int32_t)c->in_h && ix >= 0 && ix < (int32_t)c->in_w)
                    touch_words(
                        f, c->in_addr + (uint32_t)iy * (uint32_t)c->row_pitch + (uint32_t)ix, 1, 0);
            }
        }
}

static void foot_conv(const foot_t *f, const uint32_t *words) {
    npu_cmd_conv_t c;
    npu_unpack_conv(words, &c);
    uint32_t width = c.nx;
    if (c.load_params) {
        touch_params(f, c.p_addr, npu_param_words(f->cfg->n, c.uniform));
        f->touch(f->ctx, NPU_RES_PARAMS, c.half, 1, 1, NPU_PHASE_PARAMS);
    }
    if (c.fir) {
        foot_fir(f, &c);
        if ((c.span + c.sx - 1) / c.sx < width)
            width = (c.span + c.sx - 1) / c.sx;
    } else {
        uint8_t rows[32768], cols[32768];
        uint32_t passes = c.nblk * c.kh * c.kw, n = f->cfg->n;
        if (!c.strided)
            touch_weights(f, c.w_addr, passes * n);
        for (uint32_t pass = 0; c.strided && pass < passes; pass++)
            touch_weights(f, c.w_addr + pass * c.span, n);
        mark(rows, c.iy0, c.ny, c.sy, c.kh, c.dil_y, c.in_h);
        mark(cols, c.ix0, c.nx, c.sx, c.kw, c.dil_x, c.in_w);
        for (uint32_t b = 0; b < c.nblk; b++)
            touch_grid(f, rows, c.in_h, cols, c.in_w, c.in_addr + b * (uint32_t)c.blk_pitch,
                       c.row_pitch);
    }
    if (c.minus)
        touch_entries(f, c.minus_half, NPU_FROM_UNIT * c.acc_from, c.ny * width, 0);
    touch_entries(f, c.half, c.acc_addr, c.ny * width, 1);
}

static void foot_drain(const foot_t *f, const uint32_t *words) {
    npu_cmd_drain_t c;
    npu_unpack_drain(words, &c);
    touch_entries(f, c.half, c.acc_addr, c.ny * c.nx, 0);
    f->touch(f->ctx, NPU_RES_PARAMS, c.half, 1, 0, NPU_PHASE_MAIN);
    if (c.column) {
        touch_entries(f, c.half, c.col_addr, 1, 0);
        f->touch(f->ctx, NPU_RES_PARAMS, c.half, 1, 1, NPU_PHASE_MAIN);
    }
    for (uint32_t oy = 0; oy < c.ny; oy++)
        for (uint32_t ox = 0; ox < c.nx; ox++)
            touch_words(f, c.out_addr + oy * (uint32_t)c.out_row + ox * (uint32_t)c.out_x, 1, 1);
}

static void foot_pool(const foot_t *f, const uint32_t *words) {
    npu_cmd_pool_t c;
    npu_unpack_pool(words, &c);
    uint8_t rows[32768], cols[32768];
    mark(rows, c.iy0, c.ny, c.sy, c.kh, 1, c.in_h);
    mark(cols, c.ix0, c.nx, c.sx, c.kw, 1, c.in_w);
    for (uint32_t b = 0; b < c.nblk; b++) {
        touch_grid(f, rows, c.in_h, cols, c.in_w, c.in_addr + b * (uint32_t)c.in_blk, c.in_row);
        for (uint32_t oy = 0; oy < c.ny; oy++)
            touch_words(f, c.out_addr + b * (uint32_t)c.out_blk + oy * (uint32_t)c.out_row, c.nx,
                        1);
    }
}

static void foot_eltwise(const foot_t *f, const uint32_t *words) {
    npu_cmd_eltwise_t c;
    npu_unpack_eltwise(words, &c);
    for (uint32_t oy = 0; oy < c.ny; oy++) {
        touch_words(f, c.a_addr + oy * (uint32_t)c.a_row, c.a_x ? c.nx : 1, 0);
        touch_words(f, c.b_addr + oy * (uint32_t)c.b_row, c.b_x ? c.nx : 1, 0);
        touch_words(f, c.out_addr + oy * (uint32_t)c.out_row, c.nx, 1);
    }
}

static void foot_table(const foot_t *f, const uint32_t *words) {
    npu_cmd_table_t c;
    npu_unpack_table(words, &c);
    if (c.load)
        touch_words(f, c.t_addr, 256 / f->cfg->n, 0);
    for (uint32_t oy = 0; oy < c.ny; oy++) {
        touch_words(f, c.in_addr + oy * (uint32_t)c.in_row, c.nx, 0);
        touch_words(f, c.out_addr + oy * (uint32_t)c.out_row, c.nx, 1);
    }
}

static void foot_softmax(const foot_t *f, const uint32_t *words) {
    npu_cmd_softmax_t c;
    npu_unpack_softmax(words, &c);
    if (c.load)
        touch_words(f, c.t_addr, 1024 / f->cfg->n, 0);
    for (uint32_t oy = 0; oy < c.ny; oy++)
        for (uint32_t b = 0; b < (c.depth + f->cfg->n - 1) / f->cfg->n; b++) {
            touch_words(f, c.in_addr + oy * (uint32_t)c.in_row + b * (uint32_t)c.in_blk, c.nx, 0);
            touch_words(f, c.out_addr + oy * (uint32_t)c.out_row + b * (uint32_t)c.out_blk, c.nx,
                        1);
        }
}

static void foot_norm(const foot_t *f, const uint32_t *words) {
    npu_cmd_norm_t c;
    npu_unpack_norm(words, &c);
    uint32_t n = f->cfg->n, blocks = (c.depth + n - 1) / n;
    if (c.load)
        touch_words(f, c.p_addr, 2 * ((4 * c.depth + n - 1) / n), 0);
    for (uint32_t r = 0; r < c.rows; r++)
        for (uint32_t b = 0; b < blocks; b++) {
            touch_words(f, c.in_addr + r * (uint32_t)c.in_row + b * (uint32_t)c.in_blk, 1, 0);
            touch_words(f, c.out_addr + r * (uint32_t)c.out_row + b * (uint32_t)c.out_blk, 1, 1);
        }
}

void npu_footprint(const npu_config_t *config, const uint32_t *region_base, const uint32_t *words,
                   npu_touch_fn touch, void *ctx) {
    const foot_t f = {config, region_base, touch, ctx};
    switch (npu_cmd_opcode(words)) {
    case NPU_OP_LOAD:
        foot_load(&f, words);
        break;
    case NPU_OP_STORE:
        foot_store(&f, words);
        break;
    case NPU_OP_CONV:
        foot_conv(&f, words);
        break;
    case NPU_OP_DRAIN:
        foot_drain(&f, words);
        break;
    case NPU_OP_POOL:
        foot_pool(&f, words);
        break;
    case NPU_OP_ELTWISE:
        foot_eltwise(&f, words);
        break;
    case NPU_OP_TABLE:
        foot_table(&f, words);
        break;
    case NPU_OP_SOFTMAX:
        foot_softmax(&f, words);
        break;
    case NPU_OP_NORM:
        foot_norm(&f, words);
        break;
    default:
        npu_footprint_wide(config, words, touch, ctx);
        break;
    }
}
