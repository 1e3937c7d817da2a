/*
 * fuzz_cmds.c - one random legal command of each kind. Contract in fuzz_gen.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "fuzz_gen.h"

/* splitmix64 */
uint32_t fuzz_u32(fuzz_rng_t *r) {
    uint64_t z = (r->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) >> 16);
}
int32_t fuzz_in(fuzz_rng_t *r, int32_t lo, int32_t hi) {
    uint32_t span = (uint32_t)hi - (uint32_t)lo + 1;
    uint32_t x = fuzz_u32(r);
    return (int32_t)((uint32_t)lo + (span ? x % span : x));
}
int fuzz_chance(fuzz_rng_t *r, int pct) {
    return fuzz_in(r, 0, 99) < pct;
}

static uint32_t pick(fuzz_rng_t *r, uint32_t lo, uint32_t hi) {
    return (uint32_t)fuzz_in(r, (int32_t)lo, (int32_t)hi);
}
uint32_t fuzz_count(fuzz_rng_t *r, uint32_t most) {
    if (fuzz_chance(r, 3))
        return pick(r, 1, 40 * most);
    return fuzz_chance(r, 25) ? 1 : pick(r, 1, fuzz_chance(r, 80) ? (most + 1) / 2 : most);
}
uint32_t fuzz_word(fuzz_rng_t *r, const fuzz_place_t *p) {
    if (fuzz_chance(r, 8))
        return pick(r, 0, 65535);
    return (p->zone + pick(r, 0, p->zone_words - 1)) & 65535;
}
int32_t fuzz_pitch(fuzz_rng_t *r, uint32_t size) {
    int kind = fuzz_in(r, 0, 99);
    if (kind < 60)
        return (int32_t)size + fuzz_in(r, 0, 3);
    if (kind < 75)
        return -(int32_t)size - fuzz_in(r, 0, 3);
    return kind < 97 ? fuzz_in(r, -70, 70) : fuzz_in(r, -32768, 32767);
}
static uint32_t count(fuzz_rng_t *r, uint32_t most) {
    return fuzz_count(r, most);
}
static uint32_t word(fuzz_rng_t *r, const fuzz_place_t *p) {
    return fuzz_word(r, p);
}
static int32_t pitch(fuzz_rng_t *r, uint32_t size) {
    return fuzz_pitch(r, size);
}
static int32_t s8(fuzz_rng_t *r) {
    return fuzz_in(r, -128, 127);
}
static void clamp_fields(fuzz_rng_t *r, int32_t *lo, int32_t *hi) {
    *lo = -128;
    *hi = 127;
    if (fuzz_chance(r, 50))
        return;
    *lo = s8(r);
    *hi = fuzz_chance(r, 95) ? fuzz_in(r, *lo, 127) : s8(r); /* lo > hi is defined: hi */
}
static int32_t multiplier(fuzz_rng_t *r) {
    static const int32_t edge[] = {0, 1, 1 << 30, INT32_MAX, (1 << 30) + 1, INT32_MAX - 1};
    if (fuzz_chance(r, 10))
        return edge[pick(r, 0, 5)];
    return fuzz_chance(r, 70) ? fuzz_in(r, 1 << 30, INT32_MAX) : fuzz_in(r, 0, INT32_MAX);
}
static int32_t shift(fuzz_rng_t *r, int32_t likely_lo, int32_t likely_hi) {
    return fuzz_chance(r, 75) ? fuzz_in(r, likely_lo, likely_hi) : fuzz_in(r, -31, 30);
}

/* Runs of `bytes` in a region with need: sets region, offset, strides. 0, or -1 if it does not fit.
 */
static int runs(fuzz_rng_t *r, const fuzz_place_t *p, uint32_t need, uint32_t bytes, uint32_t n1,
                uint32_t n2, uint32_t *region, uint32_t *offset, int32_t *stride1,
                int32_t *stride2) {
    int64_t lo = 0, hi, s1, s2;
    *region = pick(r, 0, NPU_REGIONS - 1);
    if ((p->region[*region].flags & need) == 0)
        return -1;
    s1 = fuzz_chance(r, 50) ? (int64_t)bytes + fuzz_in(r, 0, 40) : fuzz_in(r, -900, 900);
    s2 = fuzz_chance(r, 50) ? s1 * (int64_t)n1 + fuzz_in(r, 0, 40) : fuzz_in(r, -3000, 3000);
    if (n1 == 1 && fuzz_chance(r, 50))
        s1 = fuzz_in(r, INT32_MIN, INT32_MAX); /* not used */
    if (n2 == 1 && fuzz_chance(r, 50))
        s2 = fuzz_in(r, INT32_MIN, INT32_MAX);
    int64_t far1 = s1 * (int64_t)(n1 - 1), far2 = s2 * (int64_t)(n2 - 1);
    lo = (far1 < 0 ? far1 : 0) + (far2 < 0 ? far2 : 0);
    hi = (far1 > 0 ? far1 : 0) + (far2 > 0 ? far2 : 0) + bytes;
    int64_t room = (int64_t)p->region[*region].size - (hi - lo);
    if (room < 0)
        return -1;
    uint32_t at = fuzz_chance(r, 10) ? (uint32_t)room : pick(r, 0, (uint32_t)room);
    if (fuzz_chance(r, 20)) /* start within a few bytes of a page end */
        at = at < 4096 ? at : (at & ~4095u) - pick(r, 0, 20);
    *offset = (uint32_t)((int64_t)at - lo);
    *stride1 = (int32_t)s1;
    *stride2 = (int32_t)s2;
    return 0;
}

static uint32_t run_length(fuzz_rng_t *r, uint32_t likely) {
    int kind = fuzz_in(r, 0, 99);
    if (kind < 50)
        return likely > 0 ? likely : 1;
    if (kind < 65)
        return likely + pick(r, 0, 20);
    return kind < 95 ? pick(r, 1, 300) : pick(r, 1, 5000);
}

static int make_load(fuzz_rng_t *r, const fuzz_place_t *p, uint32_t *words) {
    npu_cmd_load_t c = {0};
    uint32_t n = p->cfg->n;
    c.xor80 = pick(r, 0, 1);
    c.keep = pick(r, 0, 1);
    c.n1 = count(r, 8);
    c.n2 = count(r, 5);
    c.nblk = count(r, 6);
    c.nwin = count(r, 8);
    c.last_len = fuzz_chance(r, 30) ? n : pick(r, 1, n);
    c.win_step = fuzz_chance(r, 40) ? c.last_len : pick(r, 0, n);
    c.lane_off = c.nblk > 1 ? 0 : pick(r, 0, n - c.last_len);
    if (c.nblk > 1 && c.lane_off + n > n)
        c.lane_off = 0;
    c.pad_left = fuzz_chance(r, 40) ? 0
                                    : pick(r, 0,
                                           fuzz_chance(r, 90)   ? 3 * n
                                           : fuzz_chance(r, 80) ? 600
                                                                : 65535);
    if (p->cfg->wide_lanes && fuzz_chance(r, 20)) {
        c.packed = 1;
        c.keep = c.lane_off = 0;
        c.nblk = fuzz_chance(r, 60) ? 17 : 1 + count(r, 20);
        c.last_len = n;
        c.win_step = n / 2;
    }
    uint32_t window = c.packed ? c.nblk * n / 2 : (c.nblk - 1) * n + c.win_step;
    c.run_bytes = fuzz_chance(r, 8) ? 0 : run_length(r, c.nwin * window);
    if (c.run_bytes == 0) {
        c.region = pick(r, 0, NPU_REGIONS - 1);
        c.offset = fuzz_u32(r);
        c.stride1 = (int32_t)fuzz_u32(r);
        c.stride2 = (int32_t)fuzz_u32(r);
    } else if (runs(r, p, NPU_REGION_READ, c.run_bytes, c.n1, c.n2, &c.region, &c.offset,
                    &c.stride1, &c.stride2)) {
        return -1;
    }
    c.sp_addr = word(r, p);
    int windows_apart = fuzz_chance(r, 50);
    c.sp_blk = pitch(r, windows_apart ? 1 : c.nwin);
    c.sp_win = pitch(r, windows_apart ? c.nblk : 1);
    c.sp_n1 = pitch(r, c.nblk * c.nwin);
    c.sp_n2 = pitch(r, c.nblk * c.nwin * c.n1);
    c.pad_value = s8(r);
    npu_pack_load(&c, words);
    uint64_t all = (uint64_t)c.n1 * c.n2;
    return all * (c.nwin * c.nblk + c.run_bytes / 8 + 40) > p->budget ? -1 : 0;
}

static int make_store(fuzz_rng_t *r, const fuzz_place_t *p, uint32_t *words) {
    npu_cmd_store_t c = {0};
    uint32_t n = p->cfg->n;
    c.xor80 = pick(r, 0, 1);
    c.n1 = count(r, 8);
    c.n2 = count(r, 5);
    c.nblk = count(r, 6);
    c.last_len = fuzz_chance(r, 30) ? n : pick(r, 1, n);
    c.lane_off = c.nblk > 1 ? 0 : pick(r, 0, n - c.last_len);
    c.run_bytes = run_length(r, count(r, 6) * ((c.nblk - 1) * n + c.last_len));
    if (runs(r, p, NPU_REGION_WRITE, c.run_bytes, c.n1, c.n2, &c.region, &c.offset, &c.stride1,
             &c.stride2))
        return -1;
    c.sp_addr = word(r, p);
    c.sp_blk = pitch(r, fuzz_chance(r, 50) ? 1 : 6);
    c.sp_win = pitch(r, c.nblk);
    c.sp_n1 = pitch(r, 8);
    c.sp_n2 = pitch(r, 40);
    npu_pack_store(&c, words);
    uint32_t pieces = c.run_bytes / (c.nblk > 1 ? n / 2 + 1 : c.last_len);
    return (uint64_t)c.n1 * c.n2 * (pieces + c.run_bytes / 8 + 40) > p->budget ? -1 : 0;
}

/* First input coordinate and limit for outputs windows of taps. */
static void axis(fuzz_rng_t *r, uint32_t outputs, uint32_t stride, uint32_t reach, int32_t *start,
                 uint32_t *limit) {
    uint32_t extent = (outputs - 1) * stride + reach;
    *start = fuzz_chance(r, 40) ? 0 : fuzz_in(r, -(int32_t)reach - 1, 3);
    *limit = fuzz_chance(r, 70) ? extent + pick(r, 0, 3) : pick(r, 0, extent);
    if (fuzz_chance(r, 3)) { /* wrap of the 16-bit coordinates */
        *start = fuzz_chance(r, 50) ? fuzz_in(r, 32740, 32767) : fuzz_in(r, -32768, -32740);
        *limit = pick(r, 32700, 32767);
    }
    if (*limit > 32767)
        *limit = 32767;
}

static int make_conv(fuzz_rng_t *r, const fuzz_place_t *p, uint32_t *words) {
    npu_cmd_conv_t c = {0};
    const npu_config_t *cfg = p->cfg;
    c.fir = pick(r, 0, 1);
    c.half = pick(r, 0, 1);
    c.accumulate = pick(r, 0, 1);
    c.early = fuzz_chance(r, 15);
    c.kh = fuzz_chance(r, 35) ? 1 : pick(r, 1, fuzz_chance(r, 95) ? 5 : 255);
    c.kw = fuzz_chance(r, 35)
               ? 1
               : pick(r, 1, fuzz_chance(r, 95) ? (c.fir && fuzz_chance(r, 20) ? 23 : 5) : 255);
    c.dil_y = fuzz_chance(r, 70) ? 1 : pick(r, 1, fuzz_chance(r, 90) ? 4 : 255);
    c.dil_x = c.fir || fuzz_chance(r, 70) ? 1 : pick(r, 1, fuzz_chance(r, 90) ? 4 : 255);
    c.sy = fuzz_chance(r, 60) ? 1 : pick(r, 1, fuzz_chance(r, 95) ? 4 : 255);
    c.sx = fuzz_chance(r, 60) ? 1 : pick(r, 1, fuzz_chance(r, 95) ? 4 : 255);
    c.nblk = c.fir ? 1 : count(r, 6);
    c.ny = count(r, 14);
    c.nx = count(r, 20);
    uint32_t least = (c.nx - 1) * c.sx + 1, apart = (c.nx - 1) * c.sx + c.kw;
    if (apart > 60000)
        return -1;
    c.span = fuzz_chance(r, 50) ? apart : pick(r, least, apart + 4);
    axis(r, c.ny, c.sy, (c.kh - 1) * c.dil_y + 1, &c.iy0, &c.in_h);
    axis(r, c.nx, c.sx, (c.kw - 1) * c.dil_x + 1, &c.ix0, &c.in_w);
    c.in_addr = word(r, p);
    c.w_addr = word(r, p);
    c.p_addr = word(r, p);
    if (p->n_params > 0 && fuzz_chance(r, p->params_ok[c.half] ? 25 : 80)) {
        c.load_params = 1;
        c.uniform = pick(r, 0, 1);
        c.p_addr = p->param_words[pick(r, 0, p->n_params - 1)] +
                   (fuzz_chance(r, 20) ? cfg->sp_words * pick(r, 0, 65536 / cfg->sp_words - 1) : 0);
    }
    c.acc_addr = fuzz_chance(r, 70) ? pick(r, 0, cfg->acc_depth - 1) : pick(r, 0, 65535);
    c.row_pitch = pitch(r, c.in_w < 300 ? c.in_w : 20);
    c.blk_pitch = pitch(r, c.in_h * c.in_w < 200 ? c.in_h * c.in_w : 100);
    c.pad_value = s8(r);
    if (cfg->matmul && !c.fir && fuzz_chance(r, 60)) {
        c.transpose = pick(r, 0, 1);
        c.strided = pick(r, 0, 1);
        c.span = fuzz_chance(r, 10) ? 0 : (uint32_t)pitch(r, cfg->n) & 0xffffu;
        c.minus = !c.accumulate && pick(r, 0, 1);
        c.minus_half = pick(r, 0, 1);
        c.acc_from = pick(r, 0, 255);
        /* entries read and written by one command lie apart */
        uint32_t gap = (c.acc_from * 16 - c.acc_addr) & (cfg->acc_depth - 1);
        if (c.minus_half == c.half && (gap < c.ny * c.nx || gap + c.ny * c.nx > cfg->acc_depth))
            c.minus = 0;
    }
    npu_pack_conv(&c, words);
    uint32_t groups = c.fir ? (c.kh + cfg->fir_groups - 1) / cfg->fir_groups : c.nblk * c.kh;
    uint32_t taps = c.fir ? (c.kw + cfg->fir_taps - 1) / cfg->fir_taps : c.kw;
    uint32_t steps = c.ny * (c.fir ? c.span : c.nx) + cfg->n;
    return (uint64_t)groups * taps * steps > p->budget ? -1 : 0;
}

static int make_drain(fuzz_rng_t *r, const fuzz_place_t *p, uint32_t *words) {
    npu_cmd_drain_t c = {0};
    c.half = pick(r, 0, 1);
    if (!p->params_ok[c.half])
        return -1;
    c.acc_addr = fuzz_chance(r, 70) ? pick(r, 0, p->cfg->acc_depth - 1) : pick(r, 0, 65535);
    c.out_addr = word(r, p);
    c.ny = count(r, 14);
    c.nx = count(r, 20);
    c.out_x = pitch(r, 1);
    c.out_row = pitch(r, c.nx);
    c.zp = s8(r);
    c.column = p->cfg->matmul && fuzz_chance(r, 30);
    c.col_addr = fuzz_chance(r, 70) ? pick(r, 0, p->cfg->acc_depth - 1) : pick(r, 0, 65535);
    clamp_fields(r, &c.act_min, &c.act_max);
    npu_pack_drain(&c, words);
    return (uint64_t)c.ny * c.nx * (p->cfg->n / p->cfg->lanes) > p->budget ? -1 : 0;
}

static int make_pool(fuzz_rng_t *r, const fuzz_place_t *p, uint32_t *words) {
    npu_cmd_pool_t c = {0};
    c.sum = pick(r, 0, 1);
    c.divide = pick(r, 0, 1);
    c.kh = fuzz_chance(r, 30) ? 1 : count(r, 6);
    c.kw = fuzz_chance(r, 30) ? 1 : count(r, 6);
    c.sy = pick(r, 1, fuzz_chance(r, 95) ? 4 : 255);
    c.sx = pick(r, 1, fuzz_chance(r, 95) ? 4 : 255);
    c.nblk = count(r, 4);
    c.ny = count(r, 8);
    c.nx = count(r, 10);
    axis(r, c.ny, c.sy, c.kh, &c.iy0, &c.in_h);
    axis(r, c.nx, c.sx, c.kw, &c.ix0, &c.in_w);
    c.in_addr = word(r, p);
    c.out_addr = word(r, p);
    c.in_row = pitch(r, c.in_w < 300 ? c.in_w : 20);
    c.in_blk = pitch(r, c.in_h * c.in_w < 200 ? c.in_h * c.in_w : 100);
    c.out_row = pitch(r, c.nx);
    c.out_blk = pitch(r, c.nx * c.ny);
    c.bias = fuzz_chance(r, 50)   ? 0
             : fuzz_chance(r, 70) ? fuzz_in(r, -9999, 9999)
                                  : (int32_t)fuzz_u32(r);
    c.mult = multiplier(r);
    c.shift = shift(r, -9, 0);
    c.nudge = fuzz_chance(r, 50) ? pick(r, 0, 64) : fuzz_u32(r);
    c.zp = s8(r);
    clamp_fields(r, &c.act_min, &c.act_max);
    uint32_t area = c.kh * c.kw;
    if (c.sum && c.divide && fuzz_chance(r, 75)) { /* a real average */
        uint32_t log2 = 0;
        while ((1u << log2) < area)
            log2++;
        c.bias = 0;
        c.nudge = area / 2;
        c.shift = area == 1 ? 1 : -(int32_t)(log2 - 1);
        c.mult =
            area == 1 ? 1 << 30 : (int32_t)((((uint64_t)1 << (31 + log2 - 1)) + area - 1) / area);
    }
    npu_pack_pool(&c, words);
    return (uint64_t)c.nblk * c.ny * c.nx * (area + p->cfg->n / p->cfg->lanes) > p->budget ? -1 : 0;
}

static int make_eltwise(fuzz_rng_t *r, const fuzz_place_t *p, uint32_t *words) {
    npu_cmd_eltwise_t c = {0};
    c.op = pick(r, 0, 4);
    c.ny = count(r, 8);
    c.nx = count(r, 20);
    c.a_x = !fuzz_chance(r, 20);
    c.b_x = !fuzz_chance(r, 20);
    c.a_addr = word(r, p);
    c.b_addr = word(r, p);
    c.out_addr = word(r, p);
    c.a_row = pitch(r, c.nx);
    c.b_row = pitch(r, c.nx);
    c.out_row = pitch(r, c.nx);
    if (fuzz_chance(r, 30)) { /* in place */
        c.out_addr = c.a_addr;
        c.out_row = c.a_row;
    } else if (fuzz_chance(r, 30)) {
        c.out_addr = c.b_addr;
        c.out_row = c.b_row;
    }
    c.left = fuzz_chance(r, 70) ? 20 : pick(r, 0, 22);
    c.a_mult = multiplier(r);
    c.b_mult = multiplier(r);
    c.o_mult = multiplier(r);
    c.a_shift = shift(r, -6, 1);
    c.b_shift = shift(r, -6, 1);
    /* mostly such that the results spread over int8 */
    int32_t scale = c.op == 2 ? -8 : -(int32_t)c.left - c.a_shift;
    scale = scale < -28 ? -28 : scale > 28 ? 28 : scale;
    c.o_shift = shift(r, scale - 2, scale + 1);
    c.a_zp = s8(r);
    c.b_zp = s8(r);
    c.o_zp = s8(r);
    clamp_fields(r, &c.act_min, &c.act_max);
    npu_pack_eltwise(&c, words);
    return (uint64_t)c.ny * c.nx * (p->cfg->n / p->cfg->lanes) > p->budget ? -1 : 0;
}

static int make_table(fuzz_rng_t *r, const fuzz_place_t *p, uint32_t *words) {
    npu_cmd_table_t c = {0};
    c.load = !p->table_ok || fuzz_chance(r, 40);
    c.ny = count(r, 8);
    c.nx = count(r, 20);
    c.in_addr = word(r, p);
    c.out_addr = word(r, p);
    c.in_row = pitch(r, c.nx);
    c.out_row = pitch(r, c.nx);
    if (fuzz_chance(r, 30)) {
        c.out_addr = c.in_addr;
        c.out_row = c.in_row;
    }
    c.t_addr = word(r, p);
    npu_pack_table(&c, words);
    return c.ny * c.nx > p->budget ? -1 : 0;
}

static int make_softmax(fuzz_rng_t *r, const fuzz_place_t *p, uint32_t *words) {
    npu_cmd_softmax_t c = {0};
    if (!p->exp_ok && p->n_exps == 0)
        return -1;
    c.load = !p->exp_ok || (p->n_exps > 0 && fuzz_chance(r, 30));
    c.t_addr = c.load ? p->exp_words[pick(r, 0, p->n_exps - 1)] : word(r, p);
    c.ny = count(r, 4);
    c.nx = count(r, 5);
    c.depth = fuzz_chance(r, 85) ? pick(r, 1, 4 * p->cfg->n + 3) : pick(r, 1, 500);
    uint32_t blocks = (c.depth + p->cfg->n - 1) / p->cfg->n;
    c.in_addr = word(r, p);
    c.out_addr = word(r, p);
    int blocks_apart = fuzz_chance(r, 50);
    c.in_row = pitch(r, blocks_apart ? c.nx : c.nx * blocks);
    c.out_row = pitch(r, blocks_apart ? c.nx : c.nx * blocks);
    c.in_blk = pitch(r, blocks_apart ? c.nx * c.ny : c.nx);
    c.out_blk = pitch(r, blocks_apart ? c.nx * c.ny : c.nx);
    npu_pack_softmax(&c, words);
    return (uint64_t)c.ny * c.nx * (3 * blocks + 2 * c.depth + 60) > 2 * p->budget ? -1 : 0;
}

static int make_norm(fuzz_rng_t *r, const fuzz_place_t *p, uint32_t *words) {
    npu_cmd_norm_t c = {0};
    uint32_t n = p->cfg->n;
    if (!p->cfg->norm)
        return -1;
    c.depth =
        fuzz_chance(r, 85) ? pick(r, 1, 4 * n + 3) : pick(r, 1, fuzz_chance(r, 80) ? 500 : 128 * n);
    c.load = c.depth > p->norm_ok || fuzz_chance(r, 30);
    c.p_addr = word(r, p);
    c.rms = fuzz_chance(r, 40);
    c.in_zp = s8(r);
    c.zp = s8(r);
    c.rows = count(r, 6);
    uint32_t blocks = (c.depth + n - 1) / n;
    int blocks_apart = fuzz_chance(r, 50);
    c.in_addr = word(r, p);
    c.out_addr = word(r, p);
    c.in_row = pitch(r, blocks_apart ? 1 : blocks);
    c.out_row = pitch(r, blocks_apart ? 1 : blocks);
    c.in_blk = pitch(r, blocks_apart ? c.rows : 1);
    c.out_blk = pitch(r, blocks_apart ? c.rows : 1);
    if (fuzz_chance(r, 30)) { /* in place */
        c.out_addr = c.in_addr;
        c.out_row = c.in_row;
        c.out_blk = c.in_blk;
    }
    c.shift = fuzz_chance(r, 70) ? pick(r, 16, 24) : pick(r, 1, 31);
    c.eps_low = fuzz_chance(r, 30) ? pick(r, 0, 3) : fuzz_u32(r);
    c.eps_high = fuzz_chance(r, 60) ? 0 : fuzz_u32(r) & 0xfffff;
    npu_pack_norm(&c, words);
    return (uint64_t)c.rows * (c.depth + 60) + 2 * c.depth > 2 * p->budget ? -1 : 0;
}

void fuzz_load_block(fuzz_rng_t *r, const fuzz_place_t *place, int exps, uint32_t i, uint32_t to,
                     uint32_t *words) {
    npu_cmd_load_t c = {0};
    uint32_t n = place->cfg->n;
    uint32_t bytes = exps ? 1024 : NPU_PARAM_WORDS * n;
    c.region = 2;
    c.keep = pick(r, 0, 1);
    c.offset = (exps ? place->const_exps : place->const_params) + i * bytes;
    c.run_bytes = bytes;
    c.n1 = c.n2 = c.nwin = 1;
    c.sp_addr = to;
    c.nblk = bytes / n;
    c.sp_blk = 1;
    c.last_len = c.win_step = n;
    c.pad_value = s8(r);
    npu_pack_load(&c, words);
}

void fuzz_param_block(fuzz_rng_t *r, uint32_t n, uint8_t *dst) {
    int32_t likely = fuzz_in(r, -20, -11);
    for (uint32_t l = 0; l < n; l++) {
        int32_t bias = fuzz_chance(r, 80) ? fuzz_in(r, -70000, 70000) : (int32_t)fuzz_u32(r);
        int32_t mult = multiplier(r);
        if (l == 1) /* the low byte is the shift of the short form */
            mult = (mult & ~0xff) | (shift(r, likely, likely + 2) & 0xff);
        for (uint32_t j = 0; j < 4; j++) {
            dst[4 * l + j] = (uint8_t)((uint32_t)bias >> (8 * j));
            dst[4 * n + 4 * l + j] = (uint8_t)((uint32_t)mult >> (8 * j));
        }
        dst[8 * n + l] = (uint8_t)shift(r, likely, likely + 2);
    }
}

void fuzz_exp_table(fuzz_rng_t *r, uint8_t *dst) {
    uint32_t value = 0x7fffffffu;
    int smooth = fuzz_chance(r, 70), cut = fuzz_in(r, 1, 255);
    uint32_t slope = pick(r, 1, fuzz_chance(r, 60) ? 6 : 60);
    for (int d = 0; d < 256; d++) {
        uint32_t e = d == 0 ? 0x7fffffffu : smooth ? value : fuzz_u32(r) >> 1;
        if (d > cut)
            e = 0;
        for (int j = 0; j < 4; j++)
            dst[4 * d + j] = (uint8_t)(e >> (8 * j));
        value -= value / 64 * slope;
    }
}

void fuzz_random_command(fuzz_rng_t *r, const fuzz_place_t *place, uint32_t *words) {
    typedef int (*make_fn)(fuzz_rng_t *, const fuzz_place_t *, uint32_t *);
    static const make_fn make[] = {make_load,  make_load,   make_load, make_store,   make_store,
                                   make_conv,  make_conv,   make_conv, make_conv,    make_drain,
                                   make_drain, make_drain,  make_pool, make_eltwise, make_table,
                                   make_norm,  make_softmax};
    if (place->cfg->wide_lanes && fuzz_chance(r, 35) && fuzz_random_wide(r, place, words) == 0)
        return;
    const uint32_t last = sizeof make / sizeof make[0] - 1; /* the softmax, which not all have */
    while (make[pick(r, 0, place->cfg->softmax ? last : last - 1)](r, place, words))
        continue;
}
