// Array unit against the literal CONV of the C model: random command sequences, random scratchpad
// denial, random tokens. Compiled once for each configuration (-DCONFIG=...). After each sequence
// every accumulator and both parameter sets are compared. Also measures cycles of an undisturbed
// ordinary and FIR command. Prints `N passed, N failed`. SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

extern "C" {
#include "../../cmodel/npu/model.h"
}
#include "Vdut.h"
#include "verilated.h"

static uint64_t state;
static uint32_t rnd() {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return uint32_t(state >> 20);
}
static uint32_t range(uint32_t lo, uint32_t hi) {
    return lo + rnd() % (hi - lo + 1);
}
template <class T> static uint8_t *bytes(T &port) {
    return reinterpret_cast<uint8_t *>(&port);
}

struct Bench {
    Vdut dut;
    model_t *m;
    uint32_t n;
    std::vector<uint8_t> pipe[4][2];
    bool piped[4][2] = {};
    unsigned denial = 0; // percent
    long cycles = 0, done = 0;
    bool popped = false;
    int token_pct = 100;
    unsigned tokens = 0; // available now

    // One clock. Tokens and grants of the cycle are drawn first, then everything is looked at as it
    // settles.
    void cycle() {
        dut.clk = 0;
        if (rnd() % 100 < unsigned(token_pct))
            tokens = 0xd;
        dut.avail = uint8_t(tokens);
        for (int c = 0; c < 4; c++) {
            uint8_t *dst = bytes(dut.rd_data) + c * n;
            if (piped[c][1])
                memcpy(dst, pipe[c][1].data(), n);
            else
                for (uint32_t l = 0; l < n; l++)
                    dst[l] = uint8_t(rnd());
        }
        dut.eval();
        unsigned gnt = 0;
        uint64_t addr = dut.rd_addr;
        for (int c = 0; c < 4; c++)
            if ((dut.rd_req >> c & 1) && rnd() % 100 >= denial)
                gnt |= 1u << c;
        dut.rd_gnt = uint8_t(gnt);
        dut.eval();
        if (dut.take & ~tokens) {
            printf("FAIL: token taken that is not there\n");
            exit(1);
        }
        if (token_pct < 100)
            tokens &= ~unsigned(dut.take);
        popped = dut.cmd_valid && dut.cmd_ready;
        if (dut.ev_done)
            done++;
        for (int c = 0; c < 4; c++) {
            pipe[c][1] = pipe[c][0], piped[c][1] = piped[c][0];
            piped[c][0] = gnt >> c & 1;
            const uint8_t *src =
                reinterpret_cast<uint8_t *>(model_word(m, uint16_t(addr >> (16 * c))));
            pipe[c][0].assign(src, src + n);
        }
        dut.clk = 1;
        dut.eval();
        cycles++;
    }
    void reset() {
        dut.rst_n = 0, dut.cmd_valid = 0, dut.__SYM__abort = 0, dut.acc_rd_req = 0;
        for (int i = 0; i < 4; i++)
            cycle();
        dut.rst_n = 1;
        cycle();
    }
    bool run(const std::vector<std::vector<uint32_t>> &list, long limit) {
        size_t next = 0, shown = SIZE_MAX;
        done = 0;
        long start = cycles;
        while (done < long(list.size())) {
            if (cycles - start > limit)
                return false;
            dut.cmd_valid = next < list.size() && (token_pct == 100 || rnd() % 4);
            dut.cmd_fill = next < list.size() && next != shown;
            if (dut.cmd_fill) { // the cycle before the port shows it
                memcpy(bytes(dut.cmd_next), list[next].data(), 64);
                dut.cmd_valid = 0;
                shown = next;
            } else if (dut.cmd_valid) {
                memcpy(bytes(dut.cmd_data), list[next].data(), 64);
                dut.cmd_index = uint16_t(next);
            }
            cycle();
            if (popped)
                next++;
        }
        dut.cmd_valid = 0;
        for (int i = 0; i < 5; i++)
            cycle();
        return !dut.busy;
    }
    long compare(const char *what) {
        long bad = 0;
        dut.acc_rd_req = 0;
        for (uint32_t h = 0; h < 2; h++)
            for (uint32_t e = 0; e < m->cfg.acc_depth; e++) {
                dut.acc_rd_req = 1, dut.acc_rd_half = uint8_t(h), dut.acc_rd_addr = uint16_t(e);
                cycle();
                dut.acc_rd_req = 0;
                cycle();
                if (memcmp(bytes(dut.acc_rd_data), model_entry(m, h, e), 4 * n)) {
                    if (!bad++) {
                        const int32_t *got = reinterpret_cast<int32_t *>(bytes(dut.acc_rd_data));
                        for (uint32_t l = 0; l < n; l++)
                            if (got[l] != model_entry(m, h, e)[l]) {
                                printf("FAIL %s: half %u entry %u lane %u: rtl %d model %d\n", what,
                                       h, e, l, got[l], model_entry(m, h, e)[l]);
                                break;
                            }
                    }
                }
            }
        for (uint32_t h = 0; h < 2; h++)
            for (uint32_t l = 0; l < n; l++) {
                uint32_t lanes = m->cfg.lanes, at = l % lanes;
                dut.par_rd_half = uint8_t(h), dut.par_rd_pos = uint8_t(l - at);
                dut.eval();
                int32_t bias, mult;
                memcpy(&bias, bytes(dut.par_bias) + 4 * at, 4);
                memcpy(&mult, bytes(dut.par_mult) + 4 * at, 4);
                int shift = 0;
                for (uint32_t k = 0; k < 6; k++)
                    shift |= (bytes(dut.par_shift)[(6 * at + k) / 8] >> (6 * at + k) % 8 & 1) << k;
                /* the model limits shifts that no program has; inside the limits both hold what was
                 * loaded */
                bool limited = m->shift[h][l] <= -31 || m->shift[h][l] >= 30;
                if (bias != m->bias[h][l] || mult != m->mult[h][l] ||
                    (!limited && shift != (m->shift[h][l] & 63)))
                    bad++, printf("FAIL %s: half %u lane %u: bias %d, mult %d, shift %d; model %d "
                                  "%d %d\n",
                                  what, h, l, bias, mult, shift, m->bias[h][l], m->mult[h][l],
                                  m->shift[h][l] & 63);
            }
        return bad;
    }
};

static npu_cmd_conv_t random_conv(const npu_config_t &cfg, bool first) {
    npu_cmd_conv_t c = {};
    c.fir = rnd() & 1, c.half = rnd() & 1, c.accumulate = rnd() & 1,
    c.load_params = first || rnd() % 3 == 0, c.early = rnd() % 5 == 0,
    c.late = c.load_params && !c.early && rnd() % 2;
    c.in_addr = rnd() & 0xffff, c.w_addr = rnd() & 0xffff, c.p_addr = rnd() & 0xffff,
    c.acc_addr = rnd() & 0xffff;
    do
        c.ny = range(1, 12), c.nx = range(1, 24);
    while (c.ny * c.nx > cfg.acc_depth);
    c.in_h = range(1, 30), c.in_w = range(1, 30);
    c.iy0 = int32_t(range(0, 12)) - 6, c.ix0 = int32_t(range(0, 12)) - 6;
    c.row_pitch = int16_t(rnd()), c.blk_pitch = int16_t(rnd());
    if (rnd() & 1)
        c.row_pitch = int32_t(c.in_w), c.blk_pitch = int32_t(c.in_w * c.in_h);
    c.kh = range(1, rnd() % 4 ? 3 : 7), c.kw = range(1, rnd() % 4 ? 3 : 12);
    c.dil_y = range(1, 3), c.dil_x = c.fir ? 1 : range(1, 3), c.sy = range(1, 3),
    c.sx = range(1, 3);
    c.nblk = c.fir ? 1 : range(1, 3);
    uint32_t least = (c.nx - 1) * c.sx + 1;
    c.span = c.fir ? range(least, least + c.kw) : rnd() & 0xffff;
    c.pad_value = int8_t(rnd());
    if (cfg.matmul && !c.fir && rnd() % 3) {
        c.transpose = rnd() & 1, c.strided = rnd() & 1;
        c.minus = !c.accumulate && (rnd() & 1);
        c.minus_half = rnd() & 1, c.acc_from = rnd() & 255;
        uint32_t gap = (16 * c.acc_from - c.acc_addr) % cfg.acc_depth, count = c.ny * c.nx;
        if (c.minus_half == c.half && (gap < count || gap + count > cfg.acc_depth))
            c.minus = 0; // entries read and written by one command lie apart
    }
    return c;
}

int main() {
    const char *config = CONFIG;
    npu_device_t dev;
    char err[200];
    if (npu_model_open(&dev, config, 4096, nullptr, err, sizeof err))
        return printf("%s\n", err), 1;
    Bench b;
    b.m = static_cast<model_t *>(dev.ctx);
    b.n = b.m->cfg.n;
    for (auto &p : b.pipe)
        for (auto &q : p)
            q.assign(b.n, 0);
    long passed = 0, failed = 0, rounds = ROUNDS;
    // Every accumulator must be known before it is compared or added to.
    for (long round = 0; round < rounds && failed < 5; round++) {
        uint64_t seed = 0x1234567 + uint64_t(round) * 7919;
        state = seed * 0x9e3779b97f4a7c15ull + 1;
        for (size_t i = 0; i < size_t(b.m->cfg.sp_words) * b.n; i++)
            b.m->sp[i] = int8_t(rnd());
        std::vector<std::vector<uint32_t>> list;
        for (int h = 0; h < 2; h++) { // clear both halves, load both parameter sets
            npu_cmd_conv_t c = {};
            c.half = uint32_t(h), c.load_params = 1, c.p_addr = uint32_t(100 + h * 9), c.ny = 1,
            c.nx = b.m->cfg.acc_depth, c.kh = c.kw = 1;
            c.dil_y = c.dil_x = c.sy = c.sx = c.nblk = 1, c.in_h = 1, c.in_w = 0;
            std::vector<uint32_t> w(16);
            npu_pack_conv(&c, w.data());
            list.push_back(w);
        }
        int count = int(range(1, 6));
        for (int i = 0; i < count; i++) {
            npu_cmd_conv_t c = random_conv(b.m->cfg, false), prev;
            npu_unpack_conv(list.back().data(), &prev);
            if (c.minus && i > 0 && !prev.minus && rnd() % 2) { // begins with entries just written
                prev.half = c.minus_half;
                prev.acc_addr = (16 * c.acc_from + rnd() % 3 - (prev.ny * prev.nx - 1)) & 0xffff;
                uint32_t tokens = list.back()[0] & 0xff00;
                npu_pack_conv(&prev, list.back().data());
                list.back()[0] |= tokens;
            }
            std::vector<uint32_t> w(16);
            npu_pack_conv(&c, w.data());
            npu_cmd_set_tokens(w.data(), rnd() & 0xd, rnd() & 0xd);
            list.push_back(w);
        }
        for (auto &w : list) {
            npu_unit_t unit;
            if (npu_check_command(&b.m->cfg, w.data(), &unit) != NPU_ERR_NONE)
                return printf("FAIL: generator made an illegal command\n"), 1;
            b.m->literal = 1;
            model_conv(b.m, w.data());
        }
        b.denial = round % 3 == 0 ? 0 : rnd() % 60;
        b.token_pct = round % 2 ? 100 : 30;
        b.reset();
        char what[80];
        snprintf(what, sizeof what, "array %s round %ld", config, round);
        bool ended = b.run(list, 400000);
        if (!ended)
            printf("FAIL %s: does not end\n", what);
        long bad = ended ? b.compare(what) : 1;
        if (bad)
            failed++;
        else
            passed++;
        if (bad)
            for (auto &w : list) {
                npu_cmd_conv_t c;
                npu_unpack_conv(w.data(), &c);
                printf("  fir %u half %u acc %u ny %u nx %u k %ux%u dil %u,%u s %u,%u nblk %u span "
                       "%u load %u early %u late %u transpose %u strided %u minus %u,%u,%u\n",
                       c.fir, c.half, c.accumulate, c.ny, c.nx, c.kh, c.kw, c.dil_y, c.dil_x, c.sy,
                       c.sx, c.nblk, c.span, c.load_params, c.early, c.late, c.transpose, c.strided,
                       c.minus, c.minus_half, c.acc_from);
            }
    }
    // Cycles of four back-to-back commands, undisturbed: 3x3 over a 16x16 image.
    for (int fir = 0; fir < 2; fir++) {
        b.denial = 0, b.token_pct = 100;
        b.reset();
        std::vector<std::vector<uint32_t>> list;
        uint32_t rows = b.m->cfg.acc_depth >= 256 ? 16 : 8;
        for (int i = 0; i < 4; i++) {
            npu_cmd_conv_t c = {};
            c.fir = uint32_t(fir), c.half = uint32_t(i & 1), c.load_params = 1, c.ny = rows,
            c.nx = 16, c.kh = c.kw = 3, c.iy0 = c.ix0 = -1;
            c.dil_y = c.dil_x = c.sy = c.sx = c.nblk = 1, c.in_h = rows, c.in_w = 16,
            c.row_pitch = 16, c.span = 17;
            std::vector<uint32_t> w(16);
            npu_pack_conv(&c, w.data());
            list.push_back(w);
        }
        long start = b.cycles;
        b.run(list, 1000000);
        printf("%s %s 3x3 on %ux16, four commands: %ld cycles\n", config, fir ? "fir" : "conv",
               rows, b.cycles - start - 5);
    }
    // The same of four transposed products: 128 positions (and one that sums the weights), four
    // blocks.
    if (b.m->cfg.matmul) {
        b.denial = 0, b.token_pct = 100;
        b.reset();
        std::vector<std::vector<uint32_t>> list;
        uint32_t rows = b.m->cfg.acc_depth > 128 ? 128 : 64;
        for (int i = 0; i < 4; i++) {
            npu_cmd_conv_t c = {};
            c.transpose = c.strided = c.minus = 1, c.half = uint32_t(i & 1), c.load_params = 1;
            c.acc_from = rows == 128 ? 16 : 5, c.ny = 1, c.nx = rows + 1, c.in_h = 1, c.in_w = rows;
            c.kh = c.kw = c.dil_y = c.dil_x = c.sy = c.sx = 1, c.nblk = 4, c.blk_pitch = 128;
            c.span = 128, c.w_addr = uint32_t(i) * b.n;
            std::vector<uint32_t> w(16);
            npu_pack_conv(&c, w.data());
            list.push_back(w);
        }
        long start = b.cycles;
        b.run(list, 1000000);
        printf("%s product, %u positions, four blocks deep, four commands: %ld cycles\n", config,
               rows, b.cycles - start - 5);
    }
    printf("%ld passed, %ld failed\n", passed, failed);
    dev.close(dev.ctx);
    return failed != 0;
}
