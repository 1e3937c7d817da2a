// npu_vector_unit against the C model: random commands, random denial of every grant, random token
// delays, illegal commands, aborts. Synopsis: vector_bench [COMMANDS] [SEED] [OPCODE]     random
// test; OPCODE (hex) restricts it
//           vector_bench edges                          of NORM and the commands on wide rows
//           vector_bench cycles                         cycles of some commands when every grant is
//           given
// Compared: the whole scratchpad at every idle point; each command's writes granted before its
// tokens and ev_done; tokens. SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>

#include "Vnpu_vector_unit.h"
extern "C" {
#include "model.h"
#define _Static_assert static_assert // ref.h is C
#include "ref.h"
#include "ref_kernels.h"
}
#include "vector_commands.h"

#ifndef WIDE_LANES
#define WIDE_LANES 0
#endif
static const uint32_t SP_WORDS = 2048, EXP_ADDR = 512, ACC_DEPTH = 128;

[[noreturn]] static void fail(const char *what, uint64_t cycle, uint32_t index) {
    printf("FAIL vector_bench N=%d LANES=%d: %s (cycle %llu, command %u)\n", N, LANES, what,
           (unsigned long long)cycle, index);
    exit(1);
}

struct Bench {
    Vnpu_vector_unit top;
    Random rnd;
    model_t model{};
    std::vector<int8_t> sp, model_sp;
    std::vector<int32_t> acc;
    uint32_t grant_percent = 100;
    uint64_t cycle = 0;
    // what the last cycle showed
    bool wide = false; // the last command
    bool popped = false, error = false, wrote = false, read = false, started = false, done = false;
    uint32_t took = 0, gave = 0, written = 0, done_index = 0, start_index = 0, err_code = 0,
             err_index = 0;
    // data on its way: [0] arrives next cycle
    struct Flight {
        bool valid;
        std::vector<uint8_t> data;
    };
    std::deque<Flight> a{2}, b{2}, c{2};

    bool stands = false; // the command on the port

    explicit Bench(uint64_t seed)
        : rnd(seed), sp(SP_WORDS * N), model_sp(SP_WORDS * N), acc(2 * ACC_DEPTH * N) {
        model.cfg = npu_config_t{"bench", N, LANES, SP_WORDS,   1,       ACC_DEPTH, 1,
                                 1,       0, 0,     WIDE_LANES, SOFTMAX, NORM};
        model.sp = model_sp.data();
        model.acc = acc.data();
        scramble();
        top.__SYM__abort = 0;
        no_command();
        top.avail = 0;
        reset();
    }

    // new contents of accumulators, parameters and some of the scratchpad
    void scramble() {
        for (auto &v : acc)
            v = rnd.percent(80) ? rnd.range(-200000, 200000) : (int32_t)rnd.word();
        for (int h = 0; h < 2; h++)
            for (int l = 0; l < N; l++) {
                model.bias[h][l] =
                    rnd.percent(80) ? rnd.range(-100000, 100000) : (int32_t)rnd.word();
                model.mult[h][l] = (int32_t)(rnd.word() & 0x7fffffffu);
                model.shift[h][l] =
                    (int8_t)(rnd.percent(70) ? rnd.range(-14, 0) : rnd.range(-31, 30));
            }
        int32_t centre = rnd.range(-128, 127), spread = rnd.range(0, 255);
        for (size_t i = 0; i < sp.size(); i++)
            if (rnd.percent(50)) {
                int32_t v = centre + (int32_t)rnd.below((uint32_t)spread + 1);
                sp[i] = (int8_t)(rnd.percent(20) ? rnd.range(-128, 127) : v > 127 ? 127 : v);
            }
        if (WIDE_LANES && rnd.percent(70)) {
            fuzz_rng_t content = {rnd.next()};
            fuzz_wide_content(&content, (uint8_t *)sp.data(), sp.size());
        }
        double beta = 0.001 + rnd.below(1000) * 0.0005;
        for (int d = 0; d < 256; d++) {
            double t = std::exp(-beta * d) * 2147483648.0;
            int32_t v = t >= 2147483647.0 ? 2147483647 : (int32_t)t;
            memcpy(&sp[EXP_ADDR * N + 4 * d], &v, 4);
        }
        model_sp = sp;
        model.sp = model_sp.data();
    }
    /* the parameters that the unit asks for, in the same cycle */
    void set_params() {
        uint8_t shift[8 * sizeof(uint64_t)] = {0};
        int h = top.par_half, first = top.par_pos % N;
        memcpy((char *)&top.par_bias, model.bias[h] + first, 4 * LANES);
        memcpy((char *)&top.par_mult, model.mult[h] + first, 4 * LANES);
        for (int l = 0; l < LANES; l++)
            for (int k = 0; k < 6; k++) {
                int at = 6 * l + k;
                shift[at / 8] |= (uint8_t)((model.shift[h][first + l] >> k & 1) << at % 8);
            }
        memcpy((char *)&top.par_shift, shift, (6 * LANES + 7) / 8);
    }

    void present(std::deque<Flight> &f, void *port, size_t bytes) {
        if (f.front().valid)
            memcpy(port, f.front().data.data(), bytes);
        else
            for (size_t i = 0; i < bytes; i++)
                ((uint8_t *)port)[i] = (uint8_t)rnd.next();
        f.pop_front();
    }
    static void fetch(std::deque<Flight> &f, bool granted, const void *from, size_t bytes) {
        Flight x{granted, {}};
        if (granted)
            x.data.assign((const uint8_t *)from, (const uint8_t *)from + bytes);
        f.push_back(x);
    }
    bool grant(bool req) {
        return req && rnd.percent(grant_percent);
    }

    void step() {
        present(a, &top.va_data, N);
        present(b, &top.vb_data, N);
        if (c.front().valid) /* else the entry of the last read stays */
            memcpy(&top.acc_rd_data, c.front().data.data(), 4 * N);
        c.pop_front();
        top.clk = 0;
        top.va_gnt = top.vb_gnt = top.vw_gnt = top.acc_rd_gnt = 0;
        top.eval();
        top.va_gnt = grant(top.va_req);
        top.vb_gnt = grant(top.vb_req);
        top.vw_gnt = grant(top.vw_req);
        top.acc_rd_gnt = grant(top.acc_rd_req);
        set_params();
        top.eval();
        popped = top.cmd_ready;
        stands = stands && !popped;
        took = top.take;
        gave = top.give;
        error = top.err_valid;
        started = top.ev_start;
        done = top.ev_done;
        done_index = top.ev_done_index;
        start_index = top.ev_start_index;
        err_code = top.err_code;
        err_index = top.err_index;
        read = top.va_gnt || top.vb_gnt || top.acc_rd_gnt;
        wrote = top.vw_gnt;
        fetch(a, top.va_gnt, &sp[top.va_addr % SP_WORDS * N], N);
        fetch(b, top.vb_gnt, &sp[top.vb_addr % SP_WORDS * N], N);
        fetch(c, top.acc_rd_gnt,
              &acc[((size_t)top.acc_rd_half * ACC_DEPTH + top.acc_rd_addr % ACC_DEPTH) * N], 4 * N);
        if (wrote) {
            for (int l = 0; l < N; l++)
                if ((uint64_t)top.vw_be >> l & 1)
                    sp[top.vw_addr % SP_WORDS * N + (uint32_t)l] =
                        ((const int8_t *)&top.vw_data)[l];
            written++;
            if (!wide && (uint64_t)top.vw_be != ((uint64_t)1 << N) - 1)
                fail("a lane is not written", cycle, 0);
        }
        top.clk = 1;
        top.eval();
        cycle++;
    }
    void reset() {
        top.rst_n = 0;
        step();
        step();
        top.rst_n = 1;
    }
    // To the port: in the cycle before it stands there it comes as the next one.
    void set_command(const Command &cmd) {
        top.cmd_fill = !stands;
        top.cmd_valid = stands;
        memcpy(stands ? (char *)&top.cmd_data : (char *)&top.cmd_next, cmd.w, 64);
        top.cmd_index = (uint16_t)cmd.index;
        stands = true;
    }
    void no_command() {
        stands = top.cmd_fill = top.cmd_valid = 0;
    }
    void run_model(const Command &cmd) {
        wide = npu_cmd_opcode(cmd.w) > NPU_OP_NORM;
        switch (npu_cmd_opcode(cmd.w)) {
        case NPU_OP_DRAIN:
            model_drain(&model, cmd.w);
            break;
        case NPU_OP_POOL:
            model_pool(&model, cmd.w);
            break;
        case NPU_OP_ELTWISE:
            model_eltwise(&model, cmd.w);
            break;
        case NPU_OP_TABLE:
            model_table(&model, cmd.w);
            break;
        case NPU_OP_NORM:
            model_norm(&model, cmd.w);
            break;
        case NPU_OP_DRAINW:
            model_drainw(&model, cmd.w);
            break;
        case NPU_OP_QUANTW:
            model_quantw(&model, cmd.w);
            break;
        case NPU_OP_ROTATE:
            model_rotate(&model, cmd.w);
            break;
        case NPU_OP_SILUW:
            model_siluw(&model, cmd.w);
            break;
        case NPU_OP_SOFTMAXW:
            model_softmaxw(&model, cmd.w);
            break;
        default:
            model_softmax(&model, cmd.w);
            break;
        }
    }
    void compare(uint32_t index, const Command &last) {
        for (size_t i = 0; i < sp.size(); i++)
            if (sp[i] != model_sp[i]) {
                printf("word %zu lane %zu: %d, expected %d; last command %02x\n", i / N, i % N,
                       sp[i], model_sp[i], npu_cmd_opcode(last.w));
                for (int k = 0; k < 16; k++)
                    printf("%08x%c", last.w[k], k % 8 == 7 ? '\n' : ' ');
                fail("scratchpad differs", cycle, index);
            }
    }
};

static int random_test(uint32_t count, uint64_t seed, uint32_t only) {
    Bench bench(seed);
    Generator gen(seed + 1000, N, SP_WORDS, EXP_ADDR);
    Random &rnd = bench.rnd;
    gen.only = only;
    uint32_t tokens[4] = {0}, made = 0, finished = 0, errors = 0, aborts = 0, compares = 0,
             owed = 0;
    std::deque<Command> running; // popped, not done
    bool have = false, settle = false;
    Command cmd, last;
    uint64_t moved = bench.cycle;
    while (finished + errors < count || !running.empty()) {
        if (!have && !settle && made < count) {
            cmd = gen.next(&bench.model.cfg);
            cmd.index = made++ & 0xffff;
            have = true;
        }
        bool offer = have && !settle && (bench.stands || rnd.percent(60));
        if (offer)
            bench.set_command(cmd);
        else
            bench.no_command();
        uint32_t avail = 0;
        for (int u = 0; u < 4; u++)
            if (u != 2) {
                tokens[u] += tokens[u] < 4 && rnd.percent(15);
                avail |= (tokens[u] != 0) << u;
            }
        bench.top.avail = (uint8_t)avail;
        bench.step();
        if (bench.took & ~avail)
            fail("takes a token that is not there", bench.cycle, cmd.index);
        for (int u = 0; u < 4; u++)
            tokens[u] -= bench.took >> u & 1;
        if (bench.took && !bench.popped)
            fail("takes tokens without a command", bench.cycle, cmd.index);
        if (bench.popped) {
            if (!offer || !cmd.legal || bench.took != npu_cmd_wait(cmd.w))
                fail("wrong start", bench.cycle, cmd.index);
            bench.run_model(cmd);
            running.push_back(cmd);
            last = cmd;
            settle = cmd.sync;
            have = false;
            bench.no_command();
        }
        if (bench.started && (running.empty() || bench.start_index != running.back().index))
            fail("wrong index at start", bench.cycle, bench.start_index);
        if (bench.wrote || bench.popped)
            moved = bench.cycle;
        if (bench.done) {
            if (running.empty())
                fail("ends what it did not start", bench.cycle, 0);
            owed += running.front().words;
            if (bench.done_index != running.front().index)
                fail("wrong index", bench.cycle, running.front().index);
            if (bench.gave != npu_cmd_signal(running.front().w) || bench.written < owed)
                fail("ends before its last write, or gives wrong tokens", bench.cycle,
                     running.front().index);
            running.pop_front();
            finished++;
        } else if (bench.gave)
            fail("gives tokens without an end", bench.cycle, 0);
        bool drop = bench.error;
        if (bench.error) {
            if (cmd.legal || !have || bench.err_code != NPU_ERR_ILLEGAL_FIELD ||
                bench.err_index != cmd.index || !running.empty())
                fail("wrong error", bench.cycle, cmd.index);
            errors++;
            have = false;
            bench.compare(cmd.index, last);
        } else if (!running.empty() && rnd.below(10000) == 0) {
            drop = true;
            aborts++;
        }
        if (drop) {
            bench.top.__SYM__abort = 1;
            bool quiet = bench.error; // an abort is known to the unit a cycle later
            for (int k = 0; k < 6; k++) {
                bench.step();
                if (quiet && (bench.read || bench.wrote))
                    fail("requests after abort", bench.cycle, cmd.index);
                quiet = true;
            }
            bench.top.clk = 0;
            bench.top.eval();
            if (bench.top.busy)
                fail("busy after abort", bench.cycle, cmd.index);
            bench.no_command();
            bench.reset();
            bench.top.__SYM__abort = 0;
            made -= have;
            finished += (uint32_t)running.size(); // dropped
            running.clear();
            have = settle = false;
            gen.table_loaded = gen.exp_loaded = false;
            gen.norm_loaded = 0;
            bench.model_sp = bench.sp;
            bench.model.sp = bench.model_sp.data();
            owed = bench.written = 0;
            moved = bench.cycle;
        }
        if (settle && running.empty() && !bench.top.busy) {
            bench.compare(last.index, last);
            if (bench.written != owed)
                fail("wrong number of writes", bench.cycle, last.index);
            compares++;
            settle = false;
            bench.scramble();
            const uint32_t rates[5] = {100, 90, 60, 30, 10};
            bench.grant_percent = rates[rnd.below(5)];
        }
        if (bench.cycle - moved > 60000)
            fail("hangs", bench.cycle, cmd.index);
    }
    for (int k = 0; k < 20; k++)
        bench.step();
    bench.compare(last.index, last);
    printf("vector_bench N=%d LANES=%d seed %llu: %u commands, %u illegal, %u aborts, %u "
           "comparisons, %llu cycles\n",
           N, LANES, (unsigned long long)seed, finished, errors, aborts, compares,
           (unsigned long long)bench.cycle);
    return 0;
}

// Cycles from the pop of the first to the last end of `repeat` equal commands.
static uint64_t measure(Bench &bench, const Command &cmd, uint32_t repeat) {
    uint32_t popped = 0, ended = 0;
    uint64_t from = 0;
    bench.wide = npu_cmd_opcode(cmd.w) > NPU_OP_NORM;
    for (int k = 0; k < 20; k++)
        bench.step();
    while (ended < repeat) {
        if (popped < repeat)
            bench.set_command(cmd);
        else
            bench.no_command();
        bench.step();
        if (bench.popped && popped++ == 0)
            from = bench.cycle;
        ended += bench.done;
    }
    return bench.cycle - from;
}

static void show(Bench &bench, const char *name, const Command &cmd) {
    uint64_t one = measure(bench, cmd, 1), five = measure(bench, cmd, 5);
    printf("%-26s N=%d LANES=%d: %4u vectors, %6llu cycles; each further one %.1f, %.3f a vector\n",
           name, N, LANES, cmd.words, (unsigned long long)one, (double)(five - one) / 4,
           (double)(five - one) / 4 / cmd.words);
}

#include "vector_wide.h"
#include "vector_norm.h"

static int cycles() {
    Bench bench(1);
    Command cmd;
    npu_cmd_drain_t d{};
    d.ny = 4, d.nx = 64, d.out_row = 64, d.out_x = 1, d.act_min = -128, d.act_max = 127;
    npu_pack_drain(&d, cmd.w), cmd.words = 256;
    show(bench, "DRAIN", cmd);
    npu_cmd_eltwise_t e{};
    e.ny = 4, e.nx = 64, e.a_row = e.b_row = e.out_row = 64, e.a_x = e.b_x = 1, e.b_addr = 300,
    e.out_addr = 1000, e.left = 20;
    const char *names[5] = {"ELTWISE add", "ELTWISE sub", "ELTWISE mul", "ELTWISE max",
                            "ELTWISE min"};
    for (e.op = 0; e.op < 5; e.op++) {
        npu_pack_eltwise(&e, cmd.w);
        show(bench, names[e.op], cmd);
    }
    npu_cmd_table_t t{};
    t.load = 1, t.ny = 4, t.nx = 64, t.in_row = t.out_row = 64, t.out_addr = 1000;
    npu_pack_table(&t, cmd.w);
    show(bench, "TABLE, load", cmd);
    t.load = 0;
    npu_pack_table(&t, cmd.w);
    show(bench, "TABLE", cmd);
    npu_cmd_pool_t p{};
    p.ny = p.nx = 8, p.nblk = 1, p.kh = p.kw = 3, p.sy = p.sx = 2, p.iy0 = p.ix0 = -1,
    p.in_h = p.in_w = 16, p.in_row = 16;
    p.out_addr = 1000, p.out_row = 8, p.act_max = 127;
    npu_pack_pool(&p, cmd.w), cmd.words = 64;
    show(bench, "POOL 3x3 max", cmd);
#ifndef SEVERAL // lanes of SOFTMAX and NORM that the timing model does not know
    if (NORM && norm_cycles(bench))
        return 1;
#endif
    if (!SOFTMAX)
        return 0;
    npu_cmd_softmax_t s{};
    s.load = 1, s.ny = s.nx = 1, s.depth = 10, s.in_blk = s.out_blk = 1, s.out_addr = 1000,
    s.t_addr = EXP_ADDR;
    npu_pack_softmax(&s, cmd.w), cmd.words = (10 + N - 1) / N;
    show(bench, "SOFTMAX 1x10, load", cmd);
    s.load = 0, s.depth = 128;
    npu_pack_softmax(&s, cmd.w), cmd.words = 128 / N;
    show(bench, "SOFTMAX 1x128", cmd);
    if (WIDE_LANES)
        return wide_cycles(bench);
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 1 && std::string(argv[1]) == "cycles")
        return cycles();
    if (argc > 1 && std::string(argv[1]) == "edges") {
        Bench bench(2);
        return (NORM ? norm_edges(bench) : 0) || (WIDE_LANES ? wide_edges(bench) : 0);
    }
    return random_test(argc > 1 ? (uint32_t)atoi(argv[1]) : 2000,
                       argc > 2 ? strtoull(argv[2], nullptr, 0) : 1,
                       argc > 3 ? (uint32_t)strtoul(argv[3], nullptr, 16) : 0);
}
