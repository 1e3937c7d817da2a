// Commands on wide rows in the vector unit's bench: cycles beside cmodel/npu/timing_wide.c, and
// directed edges of the arithmetic, each against the model. Included by vector_bench.cc, whose
// Bench and measure() these use. SPDX-License-Identifier: Apache-2.0
#ifndef SYSTOLE_VECTOR_WIDE_H
#define SYSTOLE_VECTOR_WIDE_H

extern "C" {
#include "timing.h"
}

// Cycles with every grant given; the prediction may be one off for each row.
static int wide_show(Bench &bench, const char *name, const Command &cmd, uint32_t rows) {
    timing_t t{};
    t.cfg = &bench.model.cfg;
    uint64_t one = measure(bench, cmd, 1), guess = timing_wide(&t, cmd.w, 0) + 1;
    int off = one > guess + rows || guess > one + rows;
    printf("%s%-26s N=%d WIDE_LANES=%d: %llu cycles, %llu predicted\n", off ? "FAIL " : "", name, N,
           WIDE_LANES, (unsigned long long)one, (unsigned long long)guess);
    return off;
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
    bad += wide_show(bench, "DRAINW 16 rows, add", cmd, 16);
    d.noscale = 1;
    npu_pack_drainw(&d, cmd.w);
    bad += wide_show(bench, "DRAINW 16 rows, no scale", cmd, 16);
    npu_cmd_siluw_t u{};
    u.n = 256, u.rows = 4, u.u_row = u.v_row = row, u.v_addr = 4 * (uint32_t)row;
    npu_pack_siluw(&u, cmd.w);
    bad += wide_show(bench, "SILUW 4 rows of 256", cmd, 4);
    npu_cmd_rotate_t r{};
    r.n = 64, r.rows = 4, r.x_row = row / 4, r.rot_addr = 4 * (uint32_t)row;
    npu_pack_rotate(&r, cmd.w);
    bad += wide_show(bench, "ROTATE 4 rows of 64", cmd, 4);
    npu_cmd_quantw_t q{};
    q.n = 250, q.rows = 3, q.in_row = row, q.q_addr = 4 * (uint32_t)row, q.q_row = row / 4;
    q.q_blk = 1, q.scale_addr = 6 * (uint32_t)row, q.scale_row = 2;
    q.gain_addr = 7 * (uint32_t)row;
    npu_pack_quantw(&q, cmd.w);
    bad += wide_show(bench, "QUANTW 3 rows of 250", cmd, 3);
    q.norm = 1;
    npu_pack_quantw(&q, cmd.w);
    bad += wide_show(bench, "QUANTW, norm, the same", cmd, 3);
    npu_cmd_softmaxw_t s{};
    s.n = 100, s.rows = 3, s.s_row = row, s.q_addr = 4 * (uint32_t)row, s.q_row = row / 4;
    s.q_blk = 1, s.scale_addr = 6 * (uint32_t)row, s.scale_row = 2, s.vmax = 1;
    s.vmax_addr = 7 * (uint32_t)row;
    npu_pack_softmaxw(&s, cmd.w);
    bad += wide_show(bench, "SOFTMAXW 3 rows of 100", cmd, 3);
    s.causal = 1;
    npu_pack_softmaxw(&s, cmd.w);
    bad += wide_show(bench, "SOFTMAXW, causal", cmd, 3);
    // as a prefill has them; all rows in one place, their values do not matter here
    q.rows = 64, q.in_row = q.q_row = q.scale_row = 0;
    for (uint32_t n : {48u, 288u, 768u}) {
        q.q_addr = 1200, q.scale_addr = 1300, q.gain_addr = 1400, q.n = n, q.norm = 0;
        npu_pack_quantw(&q, cmd.w);
        bad += wide_show(bench, n == 48 ? "QUANTW 64 rows of 48" : n == 288 ? "QUANTW 64 rows of 288" : "QUANTW 64 rows of 768", cmd, 3);
        q.norm = 1;
        npu_pack_quantw(&q, cmd.w);
        bad += wide_show(bench, "QUANTW, norm, the same", cmd, 3);
    }
    s.n = 1, s.rows = 64, s.s_row = s.q_row = s.scale_row = 0;
    npu_pack_softmaxw(&s, cmd.w);
    bad += wide_show(bench, "SOFTMAXW 64 rows, causal", cmd, 3);
    s.causal = 0;
    for (uint32_t n : {4u, 16u, 64u, 256u}) {
        s.n = n;
        npu_pack_softmaxw(&s, cmd.w);
        bad += wide_show(bench, "SOFTMAXW 64 rows", cmd, 3);
    }
    q.rows = s.rows = 1;
    for (uint32_t n : {48u, 288u, 768u}) {
        q.n = n, q.norm = 0, s.n = n;
        npu_pack_quantw(&q, cmd.w);
        bad += wide_show(bench, "QUANTW 1 row", cmd, 3);
        q.norm = 1;
        npu_pack_quantw(&q, cmd.w);
        bad += wide_show(bench, "QUANTW, norm, 1 row", cmd, 3);
        npu_pack_softmaxw(&s, cmd.w);
        bad += wide_show(bench, "SOFTMAXW 1 row", cmd, 3);
    }
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
