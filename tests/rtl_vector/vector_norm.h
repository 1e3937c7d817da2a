// NORM in the vector unit's bench: cycles beside cmodel/npu/timing_norm.c, and directed edges of
// the arithmetic, each against the model. Included by vector_bench.cc, whose Bench and measure()
// these use. SPDX-License-Identifier: Apache-2.0
#ifndef SYSTOLE_VECTOR_NORM_H
#define SYSTOLE_VECTOR_NORM_H

// Cycles with every grant given are those predicted; at most 2 more where a pass is little longer
// than the root, whose last questions to the multiplier then meet those of the next row's variance.
static int norm_cycles(Bench &bench) {
    const struct {
        uint32_t rows, depth;
    } shapes[] = {{1, 10},  {1, 128}, {3, 128}, {32, 256},   {128, 256},
                  {5, 250}, {7, 3},   {4, 1},   {2, 100 * N}};
    timing_t t{};
    t.cfg = &bench.model.cfg;
    int bad = 0;
    for (auto s : shapes)
        for (uint32_t load = 0; load < 2; load++) {
            Command cmd;
            npu_cmd_norm_t c{};
            c.load = load, c.rows = s.rows, c.depth = s.depth, c.shift = 20;
            c.in_row = c.out_row = (int32_t)((s.depth + N - 1) / N), c.in_blk = c.out_blk = 1;
            npu_pack_norm(&c, cmd.w);
            uint64_t one = measure(bench, cmd, 1), guess = timing_norm(&t, cmd.w, 0) + 1;
            const int off = one < guess || one > guess + 2;
            printf("%sNORM %u rows of %u%s N=%d LANES=%d: %llu cycles, %llu predicted\n",
                   off ? "FAIL " : "", s.rows, s.depth, load ? ", load" : "", N, LANES,
                   (unsigned long long)one, (unsigned long long)guess);
            bad += off;
        }
    return bad;
}

// One command on rows of `codes` (repeated), with gammas and betas likewise; the whole scratchpad
// equals the model's.
static void norm_edge(Bench &bench, npu_cmd_norm_t c, const std::vector<int8_t> &codes,
                      const std::vector<int32_t> &gammas, const std::vector<int32_t> &betas) {
    const uint32_t words = (c.depth + N - 1) / N, wides = (4 * c.depth + N - 1) / N;
    const uint32_t in = 1024; // the parameters lie from 0 on
    for (uint32_t j = 0; j < wides * N / 4; j++) {
        memcpy(&bench.sp[4 * j], &gammas[j % gammas.size()], 4);
        memcpy(&bench.sp[wides * N + 4 * j], &betas[j % betas.size()], 4);
    }
    for (uint32_t j = 0; j < c.rows * words * N; j++)
        bench.sp[(in * N + j) % (SP_WORDS * N)] = codes[j % codes.size()];
    bench.model_sp = bench.sp;
    bench.model.sp = bench.model_sp.data();
    c.load = 1, c.in_addr = c.out_addr = in;
    c.in_row = c.out_row = (int32_t)words, c.in_blk = c.out_blk = 1;
    Command cmd;
    npu_pack_norm(&c, cmd.w);
    npu_unit_t unit;
    if (npu_check_command(&bench.model.cfg, cmd.w, &unit) != NPU_ERR_NONE)
        fail("an edge of NORM is not legal", bench.cycle, 0);
    measure(bench, cmd, 1);
    bench.run_model(cmd);
    bench.compare(0, cmd);
}

// Betas that leave of each x its last bits only: found by halving, so a scale that is off by its
// last bit shows where a factor as large as gamma can be would hide it.
static void norm_last_bits(Bench &bench, npu_cmd_norm_t c, const std::vector<int8_t> &codes) {
    ref_op_t op{};
    op.kind = REF_NORM;
    op.p.norm = {1, (int32_t)c.depth, (int32_t)c.rms, c.in_zp, 0, 1, c.eps_low, c.eps_high};
    std::vector<int8_t> x(c.depth), y(c.depth);
    std::vector<int32_t> gammas(c.depth, INT32_MAX), low(c.depth, INT32_MIN / 2),
        high(c.depth, INT32_MAX / 2), betas(c.depth);
    for (uint32_t j = 0; j < c.depth; j++)
        x[j] = codes[j % codes.size()];
    for (int step = 0; step < 32; step++) {
        for (uint32_t j = 0; j < c.depth; j++)
            betas[j] = low[j] + (high[j] - low[j]) / 2;
        const void *in[3] = {x.data(), gammas.data(), betas.data()};
        void *out[1] = {y.data()};
        if (ref_k_norm(&op, in, out, nullptr) != REF_OK)
            fail("the golden norm refuses", bench.cycle, 0);
        for (uint32_t j = 0; j < c.depth; j++)
            (y[j] >= 0 ? high : low)[j] = betas[j];
    }
    c.shift = 1, c.zp = 0, c.rows = 1;
    norm_edge(bench, c, codes, gammas, betas);
}

static int norm_edges(Bench &bench) {
    const int32_t hi = INT32_MAX, lo = INT32_MIN;
    uint32_t count = 0;
    const std::vector<std::vector<int8_t>> rows = {
        {0}, {127}, {-128}, {-128, 127}, {127, 127, 127, 126}, {-128, 127, 127, 127, 127}, {1, -1}};
    const std::vector<std::vector<int32_t>> factors = {
        {hi, lo, 0}, {lo}, {hi}, {1 << 29, -(1 << 29), 1, -1}};
    const uint32_t depths[] = {1, 2, 3, N - 1, N, N + 1, 64, 65, 128 * N - 1, 128 * N};
    for (uint32_t depth : depths)
        for (auto &row : rows)
            for (auto &factor : factors)
                for (uint32_t kind = 0; kind < 6; kind++) {
                    if (depth > 5 * N && (row.size() + factor.size() + kind) % 7 != 0)
                        continue; // long rows: some of them
                    npu_cmd_norm_t c{};
                    c.rows = depth < 100 ? 2 : 1, c.depth = depth, c.rms = kind & 1;
                    c.in_zp = kind < 2 ? 127 : kind < 4 ? -128 : row[0], c.zp = row[0];
                    c.shift = kind == 5 ? 31 : kind == 4 ? 1 : 22;
                    c.eps_low = kind == 2 ? 0xffffffffu : kind == 3 ? 1 : 0;
                    c.eps_high = kind == 2 ? 0xfffff : 0;
                    norm_edge(bench, c, row, factor,
                              kind & 2 ? factor : std::vector<int32_t>{0, hi, lo});
                    count++;
                }
    for (uint32_t k = 0; k < 60; k++, count++) {
        npu_cmd_norm_t c{};
        const uint32_t words = (k % 9 + 1) * (k % 7 == 0 ? 8 : 1);
        c.depth = k % 2 ? words * N : (words - 1) * N + 1 + k % N;
        c.rms = k % 3 == 0, c.in_zp = bench.rnd.range(-128, 127);
        c.eps_low = k % 4 ? bench.rnd.word() : 0;
        std::vector<int8_t> codes(words * N);
        for (auto &q : codes)
            q = (int8_t)(k % 5 ? bench.rnd.range(-128, 127) : bench.rnd.range(-3, 3));
        norm_last_bits(bench, c, codes);
    }
    printf("vector_bench N=%d LANES=%d: %u edges of NORM\n", N, LANES, count);
    return 0;
}

#endif
