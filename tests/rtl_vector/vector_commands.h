// Random vector-unit commands for the bench: legal ones whose result does not depend on how far
// reads run ahead of writes. Counterpart: docs/isa.md; the model's structures and packers of
// spec/gen/npu_spec.h. SPDX-License-Identifier: Apache-2.0
#ifndef SYSTOLE_VECTOR_COMMANDS_H
#define SYSTOLE_VECTOR_COMMANDS_H
#include <cstring>
#include <vector>

#include "model.h"
extern "C" {
#include "../fuzz/fuzz_gen.h"
}
#include "vector_random.h"

struct Command {
    uint32_t w[16] = {0};
    uint32_t words = 0; // it writes
    uint32_t index = 0;
    bool legal = true;
    bool sync = false; // wait for the unit to be idle after it, and compare
};

// Finds words that are read after an earlier element of the same command wrote them.
struct Hazard {
    std::vector<bool> written;
    uint32_t mask;
    bool found = false;
    explicit Hazard(uint32_t sp_words) : written(sp_words), mask(sp_words - 1) {}
    void read(uint32_t addr) {
        found |= written[addr & mask];
    }
    void write(uint32_t addr) {
        written[addr & mask] = true;
    }
};

struct Generator {
    Random rnd;
    uint32_t n, sp_words, exp_addr;
    bool table_loaded = false, exp_loaded = false;
    uint32_t norm_loaded = 0; // channels
    uint32_t only = 0;        // an opcode, 0: all
    fuzz_rng_t wide_rng;

    Generator(uint64_t seed, uint32_t n_, uint32_t sp_words_, uint32_t exp_addr_)
        : rnd(seed), n(n_), sp_words(sp_words_), exp_addr(exp_addr_), wide_rng{seed} {}

    int32_t stride(int32_t typical) {
        return rnd.percent(60)   ? typical
               : rnd.percent(70) ? rnd.range(-80, 80)
                                 : rnd.range(-32768, 32767);
    }
    uint32_t addr() {
        return rnd.below(0x10000);
    }
    int32_t mult() {
        return (int32_t)(rnd.percent(70) ? 0x40000000u + rnd.below(0x40000000u)
                                         : rnd.word() & 0x7fffffffu);
    }
    int32_t shift() {
        return rnd.percent(60) ? rnd.range(-12, 0) : rnd.range(-31, 30);
    }
    void clamps(int32_t *lo, int32_t *hi) {
        bool full = rnd.percent(50);
        *lo = full ? -128 : rnd.range(-128, 127);
        *hi = full ? 127 : rnd.range(-128, 127); // also below *lo
    }
    void grid(uint32_t *ny, uint32_t *nx) {
        uint32_t most = rnd.percent(10) ? 40 : rnd.percent(50) ? 8 : 3;
        *ny = 1 + rnd.below(most < 8 ? most : 8);
        *nx = 1 + rnd.below(most);
    }

    bool drain(Command &cmd) {
        npu_cmd_drain_t c{};
        grid(&c.ny, &c.nx);
        c.half = rnd.below(2);
        c.acc_addr = addr();
        c.out_addr = addr();
        c.out_row = stride((int32_t)c.nx);
        c.out_x = rnd.percent(70) ? 1 : stride(1);
        c.zp = rnd.range(-128, 127);
        clamps(&c.act_min, &c.act_max);
        npu_pack_drain(&c, cmd.w);
        cmd.words = c.ny * c.nx;
        return true;
    }
    bool pool(Command &cmd) {
        npu_cmd_pool_t c{};
        grid(&c.ny, &c.nx);
        c.nblk = 1 + rnd.below(3);
        c.sum = rnd.percent(60);
        c.divide = rnd.below(2);
        c.kh = 1 + rnd.below(rnd.percent(80) ? 3 : 9);
        c.kw = 1 + rnd.below(rnd.percent(80) ? 3 : 9);
        c.sy = rnd.percent(90) ? 1 + rnd.below(3) : 1 + rnd.below(255);
        c.sx = rnd.percent(90) ? 1 + rnd.below(3) : 1 + rnd.below(255);
        bool far = rnd.percent(10); // coordinates that wrap
        c.iy0 = far ? rnd.range(-32768, 32767) : rnd.range(-3, 2);
        c.ix0 = far ? rnd.range(-32768, 32767) : rnd.range(-3, 2);
        c.in_h = rnd.percent(5) ? 0 : far ? rnd.below(32768) : 1 + rnd.below(20);
        c.in_w = rnd.percent(5) ? 0 : far ? rnd.below(32768) : 1 + rnd.below(20);
        c.in_addr = addr();
        c.out_addr = addr();
        c.in_row = stride((int32_t)c.in_w);
        c.in_blk = stride((int32_t)(c.in_w * c.in_h));
        c.out_row = stride((int32_t)c.nx);
        c.out_blk = stride((int32_t)(c.nx * c.ny));
        uint32_t count = c.kh * c.kw;
        if (c.divide && rnd.percent(70)) { // as docs/isa.md divides by a count
            int32_t r = 0;
            while ((1u << (r + 1)) < count)
                r++;
            c.nudge = count / 2;
            c.shift = count == 1 ? 1 : -r;
            c.mult =
                count == 1 ? 1 << 30 : (int32_t)((((uint64_t)1 << (31 + r)) + count - 1) / count);
        } else {
            c.nudge = rnd.word();
            c.shift = shift();
            c.mult = mult();
            c.bias = (int32_t)rnd.word();
        }
        c.zp = rnd.range(-128, 127);
        clamps(&c.act_min, &c.act_max);
        npu_pack_pool(&c, cmd.w);
        cmd.words = c.nblk * c.ny * c.nx;
        Hazard h(sp_words);
        for (uint32_t b = 0; b < c.nblk; b++)
            for (uint32_t oy = 0; oy < c.ny; oy++)
                for (uint32_t ox = 0; ox < c.nx; ox++) {
                    for (uint32_t k = 0; k < count; k++) {
                        int32_t iy = model_coord(c.iy0 + (int32_t)(oy * c.sy + k / c.kw));
                        int32_t ix = model_coord(c.ix0 + (int32_t)(ox * c.sx + k % c.kw));
                        if (model_inside(iy, c.in_h) && model_inside(ix, c.in_w))
                            h.read(c.in_addr + b * (uint32_t)c.in_blk +
                                   (uint32_t)iy * (uint32_t)c.in_row + (uint32_t)ix);
                    }
                    h.write(c.out_addr + b * (uint32_t)c.out_blk + oy * (uint32_t)c.out_row + ox);
                }
        return !h.found;
    }
    bool eltwise(Command &cmd) {
        npu_cmd_eltwise_t c{};
        grid(&c.ny, &c.nx);
        c.op = rnd.below(5);
        c.a_addr = addr();
        c.b_addr = addr();
        c.a_x = rnd.percent(80);
        c.b_x = rnd.percent(80);
        c.a_row = stride((int32_t)c.nx);
        c.b_row = stride((int32_t)c.nx);
        c.out_row = rnd.percent(50) ? c.a_row : stride((int32_t)c.nx);
        c.out_addr = rnd.percent(30)   ? c.a_addr
                     : rnd.percent(30) ? c.b_addr
                                       : addr(); // in place, too
        c.left = rnd.percent(60) ? 20 : rnd.below(23);
        c.a_mult = mult();
        c.b_mult = mult();
        c.o_mult = mult();
        c.a_shift = shift();
        c.b_shift = shift();
        c.o_shift = rnd.percent(50) ? rnd.range(-20, -12) : shift();
        c.a_zp = rnd.range(-128, 127);
        c.b_zp = rnd.range(-128, 127);
        c.o_zp = rnd.range(-128, 127);
        clamps(&c.act_min, &c.act_max);
        npu_pack_eltwise(&c, cmd.w);
        cmd.words = c.ny * c.nx;
        Hazard h(sp_words);
        for (uint32_t oy = 0; oy < c.ny; oy++)
            for (uint32_t ox = 0; ox < c.nx; ox++) {
                h.read(c.a_addr + oy * (uint32_t)c.a_row + ox * c.a_x);
                h.read(c.b_addr + oy * (uint32_t)c.b_row + ox * c.b_x);
                h.write(c.out_addr + oy * (uint32_t)c.out_row + ox);
            }
        return !h.found;
    }
    bool table(Command &cmd) {
        npu_cmd_table_t c{};
        grid(&c.ny, &c.nx);
        c.load = !table_loaded || rnd.percent(20);
        c.in_addr = addr();
        c.in_row = stride((int32_t)c.nx);
        c.out_row = rnd.percent(50) ? c.in_row : stride((int32_t)c.nx);
        c.out_addr = rnd.percent(30) ? c.in_addr : addr();
        c.t_addr = addr();
        npu_pack_table(&c, cmd.w);
        cmd.words = c.ny * c.nx;
        Hazard h(sp_words);
        for (uint32_t oy = 0; oy < c.ny; oy++)
            for (uint32_t ox = 0; ox < c.nx; ox++) {
                h.read(c.in_addr + oy * (uint32_t)c.in_row + ox);
                h.write(c.out_addr + oy * (uint32_t)c.out_row + ox);
            }
        table_loaded |= !h.found;
        return !h.found;
    }
    bool softmax(Command &cmd) {
        npu_cmd_softmax_t c{};
        c.ny = 1 + rnd.below(3);
        c.nx = 1 + rnd.below(3);
        c.load = !exp_loaded || rnd.percent(15);
        c.depth = 1 + rnd.below(rnd.percent(10) ? 20 * n : 3 * n);
        int32_t words = (int32_t)((c.depth + n - 1) / n);
        c.in_addr = addr();
        c.in_blk = stride((int32_t)(c.nx * c.ny));
        c.in_row = stride((int32_t)c.nx);
        bool in_place = rnd.percent(20);
        c.out_addr = in_place ? c.in_addr : addr();
        c.out_row = in_place ? c.in_row : stride((int32_t)c.nx);
        c.out_blk = in_place ? c.in_blk : stride((int32_t)(c.nx * c.ny));
        c.t_addr = rnd.percent(85) ? exp_addr + sp_words * rnd.below(8) : addr();
        npu_pack_softmax(&c, cmd.w);
        cmd.words = c.ny * c.nx * (uint32_t)words;
        Hazard h(sp_words);
        for (uint32_t oy = 0; oy < c.ny; oy++)
            for (uint32_t ox = 0; ox < c.nx; ox++)
                for (uint32_t pass = 0; pass < 3; pass++)
                    for (uint32_t b = 0; b < (uint32_t)words; b++) {
                        h.read(c.in_addr + oy * (uint32_t)c.in_row + ox + b * (uint32_t)c.in_blk);
                        if (pass == 2)
                            h.write(c.out_addr + oy * (uint32_t)c.out_row + ox +
                                    b * (uint32_t)c.out_blk);
                    }
        exp_loaded |= !h.found;
        return !h.found;
    }

    bool norm(Command &cmd) {
        npu_cmd_norm_t c{};
        c.rows = 1 + rnd.below(rnd.percent(80) ? 4 : 12);
        c.depth = 1 + rnd.below(rnd.percent(10) ? 128 * n : rnd.percent(40) ? 20 * n : 3 * n);
        if (rnd.percent(20))
            c.depth = (c.depth + n - 1) / n * n; // whole words
        if (c.rows * c.depth > 20000)
            c.rows = 2;
        c.load = c.depth > norm_loaded || rnd.percent(20);
        c.rms = rnd.percent(40);
        c.in_zp = rnd.range(-128, 127);
        c.zp = rnd.range(-128, 127);
        c.p_addr = addr();
        int32_t words = (int32_t)((c.depth + n - 1) / n);
        c.in_addr = addr();
        c.in_blk = rnd.percent(50) ? stride((int32_t)c.rows) : 1;
        c.in_row = c.in_blk == 1 ? stride(words) : stride(1);
        bool in_place = rnd.percent(30);
        c.out_addr = in_place ? c.in_addr : addr();
        c.out_row = in_place ? c.in_row : stride(1);
        c.out_blk = in_place ? c.in_blk : stride((int32_t)c.rows);
        c.shift = rnd.percent(70) ? 14 + rnd.below(11) : 1 + rnd.below(31);
        c.eps_low = rnd.percent(30) ? rnd.below(3) : rnd.word();
        c.eps_high = rnd.percent(60) ? 0 : rnd.word() & 0xfffff;
        npu_pack_norm(&c, cmd.w);
        cmd.words = c.rows * (uint32_t)words;
        Hazard h(sp_words);
        for (uint32_t r = 0; r < c.rows; r++)
            for (uint32_t pass = 0; pass < 2; pass++)
                for (uint32_t b = 0; b < (uint32_t)words; b++) {
                    h.read(c.in_addr + r * (uint32_t)c.in_row + b * (uint32_t)c.in_blk);
                    if (pass == 1)
                        h.write(c.out_addr + r * (uint32_t)c.out_row + b * (uint32_t)c.out_blk);
                }
        if (!h.found && c.load && c.depth > norm_loaded)
            norm_loaded = c.depth;
        return !h.found;
    }

    // A command on wide rows, as tests/fuzz makes them; each word that it writes it writes once.
    bool wide(const npu_config_t *config, uint32_t opcode, Command &cmd) {
        fuzz_place_t place{};
        place.cfg = config;
        place.zone_words = sp_words;
        place.budget = rnd.percent(95) ? 1500 : 20000;
        std::vector<uint8_t> reads(sp_words), writes(sp_words);
        if (fuzz_random_wide(&wide_rng, &place, cmd.w) ||
            (opcode && npu_cmd_opcode(cmd.w) != opcode) ||
            !fuzz_wide_is_defined(config, cmd.w, reads.data(), writes.data()))
            return false;
        npu_footprint_wide(
            config, cmd.w,
            [](void *words, npu_resource_t, uint32_t, uint32_t count, int write, int) {
                *(uint32_t *)words += write ? count : 0;
            },
            &cmd.words);
        return true;
    }

    Command next(const npu_config_t *config) {
        for (;;) {
            Command cmd;
            bool narrow = only >= NPU_OP_DRAIN && only <= NPU_OP_NORM;
            bool is_wide = config->wide_lanes && (only ? !narrow : rnd.percent(40));
            if (is_wide && !wide(config, only, cmd))
                continue;
            uint32_t op = only ? only : NPU_OP_DRAIN + rnd.below(config->norm ? 6 : 5);
            if (!only && rnd.percent(30))
                op = NPU_OP_DRAIN;
            bool good = is_wide                ? true
                        : op == NPU_OP_DRAIN   ? drain(cmd)
                        : op == NPU_OP_POOL    ? pool(cmd)
                        : op == NPU_OP_ELTWISE ? eltwise(cmd)
                        : op == NPU_OP_TABLE   ? table(cmd)
                        : op == NPU_OP_NORM    ? norm(cmd)
                                               : softmax(cmd);
            if (!good)
                continue;
            uint32_t wait = rnd.percent(50) ? 0 : rnd.below(16) & 0xbu,
                     signal = rnd.percent(50) ? 0 : rnd.below(16) & 0xbu;
            npu_cmd_set_tokens(cmd.w, wait, signal);
            npu_unit_t unit;
            if (rnd.percent(25)) { // spoil a field; keep it only when that makes it illegal
                Command bad = cmd;
                uint32_t k = rnd.below(13), bit = rnd.below(4) * 8;
                if (k)
                    bad.w[k] = rnd.percent(50) ? bad.w[k] & ~(0xffffu << (bit & 16))
                                               : bad.w[k] ^ (0xe0u << bit);
                else
                    bad.w[0] ^= rnd.percent(50) ? 1u << (10 + 4 * rnd.below(2)) : 4u << 16;
                if (npu_check_command(config, bad.w, &unit) != NPU_ERR_NONE) {
                    bad.legal = false;
                    bad.words = 0;
                    return bad;
                }
            }
            cmd.sync = rnd.percent(35);
            if (npu_check_command(config, cmd.w, &unit) != NPU_ERR_NONE) { // a feature is absent
                cmd.legal = false;
                cmd.words = 0;
            }
            return cmd;
        }
    }
};
#endif
