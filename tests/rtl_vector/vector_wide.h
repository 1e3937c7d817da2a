// Commands on wide rows in the vector unit's bench: cycles beside cmodel/npu/timing_wide.c, and
// directed edges of the arithmetic, each against the model. Included by vector_bench.cc, whose
// Bench and measure() these use. SPDX-License-Identifier: Apache-2.0
#ifndef SYSTOLE_VECTOR_WIDE_H
#define SYSTOLE_VECTOR_WIDE_H

extern "C" {
#include "timing.h"
}

// Cycles with every grant given; the prediction may be `tolerance` off.
static int wide_show(Bench &bench, const char *name, const Command &cmd, uint32_t tolerance) {
    timing_t t{};
    t.cfg = &bench.model.cfg;
    uint64_t one = measure(bench, cmd, 1), guess = timing_wide(&t, cmd.w, 0) + 1;
    int off = one > guess + tolerance || guess > one + tolerance;
    printf("%s%-29s N=%d WIDE_LANES=%d: %llu cycles, %llu predicted\n", off ? "FAIL " : "", name, N,
           WIDE_LANES, (unsigned long long)one, (unsigned long long)guess);
    return off;
}

static Command wide_quant(uint32_t rows, uint32_t n, uint32_t norm) {
    Command cmd;
    npu_cmd_quantw_t c{};
    c.n = n, c.rows = rows, c.norm = norm, c.q_addr = 1200, c.q_blk = 1;
    c.scale_addr = 1500, c.gain_addr = 1600;
    npu_pack_quantw(&c, cmd.w);
    return cmd;
}
static Command wide_soft(uint32_t rows, uint32_t n, uint32_t causal, uint32_t vmax) {
    Command cmd;
    npu_cmd_softmaxw_t c{};
    c.n = n, c.rows = rows, c.causal = causal, c.vmax = vmax, c.q_addr = 1200, c.q_blk = 1;
    c.scale_addr = 1500, c.vmax_addr = 1600;
    npu_pack_softmaxw(&c, cmd.w);
    return cmd;
}

// QUANTW and SOFTMAXW, exactly. All rows in one place: their values do not matter here.
static int wide_row_cycles(Bench &bench) {
    int bad = 0;
    char name[64];
    for (uint32_t rows : {1u, 3u, 64u})
        for (uint32_t n : {48u, 288u, 768u})
            for (uint32_t norm = 0; norm < 2; norm++) {
                snprintf(name, sizeof name, "QUANTW%s %u x %u", norm ? ", norm" : "", rows, n);
                bad += wide_show(bench, name, wide_quant(rows, n, norm), 0);
            }
    for (uint32_t rows : {1u, 6u, 64u})
        for (uint32_t n : {4u, 64u, 256u}) {
            snprintf(name, sizeof name, "SOFTMAXW %u x %u", rows, n);
            bad += wide_show(bench, name, wide_soft(rows, n, 0, 1), 0);
        }
    bad += wide_show(bench, "SOFTMAXW, causal 64 x 1..64", wide_soft(64, 1, 1, 1), 0);
    timing_t t{};
    t.cfg = &bench.model.cfg;
    const uint32_t cases = 1000;
    for (uint32_t i = 0; i < cases; i++) {
        uint32_t n = bench.rnd.percent(70) ? 1 + bench.rnd.below(6 * N) : 1 + bench.rnd.below(400);
        uint32_t rows = 1 + bench.rnd.below(bench.rnd.percent(50) ? 4 : 30);
        uint32_t a = bench.rnd.below(2), b = bench.rnd.below(2);
        Command cmd = bench.rnd.percent(50) ? wide_quant(rows, n, a) : wide_soft(rows, n, a, b);
        uint64_t one = measure(bench, cmd, 1), guess = timing_wide(&t, cmd.w, 0) + 1;
        if (one != guess && bad++ < 10)
            printf("FAIL command %02x, %u rows of %u, %u %u: %llu cycles, %llu predicted\n",
                   npu_cmd_opcode(cmd.w), rows, n, a, b, (unsigned long long)one,
                   (unsigned long long)guess);
    }
    printf("vector_bench N=%d WIDE_LANES=%d: %u random commands on rows, cycles predicted\n", N,
           WIDE_LANES, cases);
    return bad;
}

// Rows apart in the scratchpad, 256 elements each.
static int wide_cycles(Bench &bench) {
    const int32_t row = 1024 / N;
    int bad = 0;
    Command cmd;
    npu_cmd_drainw_t d{};
    d.count = 16, d.acc_step = 1, d.scale_step = 1, d.scale_addr = 4 * row, d.out_step = 4;
    d.mult_addr = 6 * row, d.out_addr = 8 * row, d.add = 1;
    npu_pack_drainw(&d, cmd.w);
    bad += wide_show(bench, "DRAINW 16 rows, add", cmd, 0);
    d.noscale = 1;
    npu_pack_drainw(&d, cmd.w);
    bad += wide_show(bench, "DRAINW 16 rows, add, no scale", cmd, 0);
    d.add = 0;
    npu_pack_drainw(&d, cmd.w);
    bad += wide_show(bench, "DRAINW 16 rows, no scale", cmd, 0);
    d.noscale = 0, d.out_addr = 1024;
    npu_pack_drainw(&d, cmd.w);
    bad += wide_show(bench, "DRAINW 16 rows", cmd, 0);
    npu_cmd_siluw_t u{};
    u.n = 256, u.rows = 4, u.u_row = u.v_row = row, u.v_addr = 4 * (uint32_t)row;
    npu_pack_siluw(&u, cmd.w);
    bad += wide_show(bench, "SILUW 4 rows of 256", cmd, 0);
    npu_cmd_rotate_t r{};
    r.n = 64, r.rows = 4, r.x_row = row / 4, r.rot_addr = 4 * (uint32_t)row;
    npu_pack_rotate(&r, cmd.w);
    bad += wide_show(bench, "ROTATE 4 rows of 64", cmd, 0);
    bad += wide_row_cycles(bench);
    return bad;
}

// ---------------------------------------------------------------- edges

// Two rows at words A and B, a record at word S, int8 at word Q, 700 elements have room in each;
// a softmax's second row is behind them.
struct Edges {
    Bench &bench;
    uint32_t cases = 0;
    const uint32_t a = 0, b = 2816 / N, s = 5632 / N, q = 5696 / N;

    void row(uint32_t word, uint32_t n, const std::vector<int32_t> &repeated) {
        for (uint32_t j = 0; j < n; j++)
            memcpy(&bench.sp[word * N + 4 * j], &repeated[j % repeated.size()], 4);
    }
    void run(const uint32_t *words) {
        Command cmd;
        memcpy(cmd.w, words, sizeof cmd.w);
        bench.model_sp = bench.sp;
        bench.model.sp = bench.model_sp.data();
        bench.run_model(cmd);
        measure(bench, cmd, 1);
        bench.compare(cases++, cmd);
    }
    void quant(uint32_t n, const std::vector<int32_t> &x, const std::vector<int32_t> &gain,
               uint64_t eps) {
        for (uint32_t norm = 0; norm < 2; norm++) {
            npu_cmd_quantw_t c{};
            uint32_t w[16];
            c.norm = norm, c.n = n, c.rows = 1, c.in_addr = a, c.gain_addr = b, c.q_addr = q;
            c.q_blk = 1, c.scale_addr = s, c.eps_low = (uint32_t)eps;
            c.eps_high = (uint32_t)(eps >> 32);
            row(a, n, x), row(b, n, gain);
            npu_pack_quantw(&c, w), run(w);
        }
    }
    void softmax(uint32_t n, const std::vector<int32_t> &x, const std::vector<int32_t> &scale) {
        for (uint32_t flags = 0; flags < 4; flags++) {
            npu_cmd_softmaxw_t c{};
            uint32_t w[16];
            c.causal = flags & 1, c.vmax = flags >> 1, c.n = n, c.rows = 1 + (flags & 1);
            c.s_row = 8448 / N, c.s_addr = a, c.vmax_addr = b, c.q_addr = q;
            c.q_row = (int32_t)(704 / N), c.q_blk = 1, c.scale_addr = s, c.scale_row = 2;
            row(a, 700, x), row(a + 8448 / N, 700, x), row(b, 700, scale);
            npu_pack_softmaxw(&c, w), run(w);
        }
    }
    void silu(uint32_t n, const std::vector<int32_t> &u, const std::vector<int32_t> &v) {
        npu_cmd_siluw_t c{};
        uint32_t w[16];
        c.n = n, c.rows = 1, c.u_addr = a, c.v_addr = b;
        row(a, n, u), row(b, n, v);
        npu_pack_siluw(&c, w), run(w);
    }
    void rotate(uint32_t n, const std::vector<int32_t> &x, const std::vector<int32_t> &pairs) {
        npu_cmd_rotate_t c{};
        uint32_t w[16];
        c.n = n, c.rows = 1, c.x_addr = a, c.rot_addr = b;
        row(a, n, x), row(b, n / 2, pairs);
        npu_pack_rotate(&c, w), run(w);
    }
    void drain(int32_t mult, int32_t m, int32_t e, int32_t shift, int32_t exponent) {
        for (uint32_t flags = 0; flags < 4; flags++) {
            npu_cmd_drainw_t c{};
            uint32_t w[16];
            c.add = flags & 1, c.noscale = flags >> 1, c.count = 3, c.acc_step = 1;
            c.mult_addr = b, c.scale_addr = s, c.out_addr = a, c.out_step = 4, c.shift = shift;
            c.exponent = exponent;
            row(a, 3 * N, {INT32_MAX, INT32_MIN, 0, -5, 5}), row(b, N, {mult});
            row(s, 4, {m, e, 0, 0});
            npu_pack_drainw(&c, w), run(w);
        }
    }
};

static int wide_edges(Bench &bench) {
    const int32_t lo = INT32_MIN, hi = INT32_MAX;
    Edges t{bench};
    for (uint32_t n : {1u, 2u, (uint32_t)N - 1, (uint32_t)N, (uint32_t)N + 1, 699u}) {
        for (uint64_t eps : {(uint64_t)0, (uint64_t)1, ~(uint64_t)0}) {
            t.quant(n, {0}, {hi}, eps);            // nothing: scale 0
            t.quant(n, {5, -7}, {0}, eps);         // gains take all
            t.quant(n, {lo}, {lo}, eps);           // largest magnitude; squares beyond 64 bits
            t.quant(n, {lo, hi, 1, 0}, {hi}, eps); // saturated at both ends
            t.quant(n, {1}, {hi}, eps);            // largest left shift
            t.quant(n, {1 << 30, -(1 << 30) + 1}, {1 << 30, 3}, eps);
        }
        t.softmax(n, {7}, {1 << 18});     // all alike
        t.softmax(n, {hi, lo}, {hi, lo}); // apart by 2^32 - 1
        t.softmax(n, {0, -(31 << 20), -(31 << 20) + 1, -(30 << 20)}, {-1, 0, 1}); // ends of 2^-d
        t.softmax(n, {lo}, {0});                                                  // no scale
        t.silu(n, {lo, hi, 1 << 22, -(1 << 22), (1 << 22) - 1, 1 - (1 << 22), -1, 1},
               {hi, lo, 1 << 18});
        t.silu(n, {hi}, {lo});
        t.rotate(n + n % 2, {lo, lo, hi, hi},
                 {(int32_t)0x80008000, 0x7fff7fff, (int32_t)0x80007fff});
        t.rotate(n + n % 2, {hi, lo, 8191, -8192}, {0x00004000, 0x40000000, (int32_t)0xc0004000});
    }
    for (auto &v : bench.acc)
        v = bench.rnd.percent(30) ? lo : bench.rnd.percent(30) ? hi : (int32_t)bench.rnd.word();
    bench.model.acc = bench.acc.data();
    for (int32_t mult : {lo, -1, 0, 1, 1 << 30, hi})
        for (int32_t m : {lo, 0, 1, hi})
            for (int32_t e : {lo, -32, -31, -1, 0, 1, 30, 31, 32, hi})
                for (int32_t shift : {-31, 0, 30}) {
                    t.drain(mult, m, e, shift, 0);
                    t.drain(mult, m, e, shift, -128);
                    t.drain(mult, m, e, shift, 127);
                }
    printf("vector_bench N=%d WIDE_LANES=%d: %u edges equal the model\n", N, WIDE_LANES, t.cases);
    return 0;
}
#endif
