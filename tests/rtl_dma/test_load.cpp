// Load unit against docs/isa.md: random commands back to back, random bus and scratchpad; every bus
// burst and every scratchpad write is compared in order, tokens and events too; then faults and
// aborts, then cycles of known transfers. The expected writes come from a literal transcription of
// the LOAD loops. Prints `N passed, N failed`. SPDX-License-Identifier: Apache-2.0
#include "bench.h"

struct Write {
    uint16_t word;
    uint32_t enable;
    uint8_t data[32];
};
struct Beat {
    uint32_t addr;
    uint16_t index;
    bool run_end;
};
enum Fault { NONE, ILLEGAL, REGION, BUS, ABORT };

// Expected effects of a list of commands, in order.
struct Expected {
    std::vector<Write> writes;
    std::vector<Beat> beats;
    std::vector<size_t> writes_after; // number of writes when command i has ended
    int error = 0;                    // NPU_ERR_*, raised after the writes above
    uint16_t error_index = 0;
    uint32_t error_addr = 0;
};

static bool legal(const Command &cmd, const npu_cmd_load_t &c) {
    uint32_t tokens = npu_cmd_wait(cmd.words) | npu_cmd_signal(cmd.words);
    return !(tokens & 1) && c.n1 && c.n2 && c.nwin && c.nblk && c.last_len >= 1 &&
           c.last_len <= (uint32_t)N && c.win_step <= (uint32_t)N &&
           c.lane_off + (c.nblk > 1 ? N : c.last_len) <= (uint32_t)N;
}

static bool run_legal(const npu_cmd_load_t &c, uint32_t src) {
    return !c.run_bytes ||
           ((region_flags[c.region] & 1) && uint64_t(src) + c.run_bytes <= region_size[c.region]);
}

// docs/isa.md, LOAD. Returns false when the command ends in an error.
static bool expect(const Command &cmd, Expected &e) {
    npu_cmd_load_t c;
    npu_unpack_load(cmd.words, &c);
    e.error_index = cmd.index;
    if (!legal(cmd, c)) {
        e.error = NPU_ERR_ILLEGAL_FIELD, e.error_addr = 0;
        return false;
    }
    for (uint32_t i2 = 0; i2 < c.n2; i2++)
        for (uint32_t i1 = 0; i1 < c.n1; i1++) {
            uint32_t src = c.offset + i1 * uint32_t(c.stride1) + i2 * uint32_t(c.stride2);
            if (!run_legal(c, src)) {
                e.error = NPU_ERR_REGION, e.error_addr = src;
                return false;
            }
            uint32_t base = region_base[c.region] + src;
            if (c.run_bytes) {
                for (uint32_t a = base & ~7u; a < base + c.run_bytes; a += 8)
                    e.beats.push_back({a, cmd.index, false});
                e.beats.back().run_end = true;
            }
            uint64_t pos = 0;
            for (uint32_t w = 0; w < c.nwin; w++)
                for (uint32_t b = 0; b < c.nblk; b++) {
                    bool last = b == c.nblk - 1;
                    uint32_t len = last ? c.last_len : N;
                    Write write;
                    write.word = uint16_t(c.sp_addr + i2 * c.sp_n2 + i1 * c.sp_n1 + w * c.sp_win +
                                          b * c.sp_blk);
                    write.enable = c.keep ? 0 : LANES;
                    memset(write.data, c.pad_value, sizeof write.data);
                    for (uint32_t j = 0; j < len; j++) {
                        uint64_t k = pos + j;
                        uint8_t x = uint8_t(c.pad_value);
                        if (k >= c.pad_left && k - c.pad_left < c.run_bytes)
                            x = memory[base + (k - c.pad_left)] ^ (c.xor80 ? 0x80 : 0);
                        write.enable |= 1u << (c.lane_off + j);
                        write.data[c.lane_off + j] = x;
                    }
                    e.writes.push_back(write);
                    pos += last ? c.win_step : uint32_t(N);
                }
        }
    e.writes_after.push_back(e.writes.size());
    return true;
}

struct Bus {
    uint32_t latency_min = 1, latency_max = 1, ar_percent = 100, r_percent = 100, gnt_percent = 100,
             token_percent = 100;
};

static Vdut dut;
static void tick() {
    dut.clk = 1, dut.eval();
    dut.clk = 0, dut.eval();
}
static void reset() {
    dut.rst_n = 0, dut.__SYM__abort = 0, dut.cmd_valid = 0, dut.r_valid = 0, dut.ar_ready = 0,
    dut.wr_gnt = 0, dut.tok_avail = 0;
    dut.clk = 0, dut.eval();
    tick(), tick();
    dut.rst_n = 1;
}

// Runs the list to its end, its error or the abort; returns cycles from the first start to the last
// done.
static long run(const std::vector<Command> &list, const Bus &bus, Fault fault) {
    Expected e;
    for (const Command &c : list)
        if (!expect(c, e))
            break;
    uint32_t bad_beat =
        fault == BUS && !e.beats.empty() ? e.beats[below(uint32_t(e.beats.size()))].addr : ~0u;
    long abort_at = fault == ABORT ? long(below(20 + uint32_t(e.writes.size()) * 2)) : -1;
    check(fault == BUS || fault == ABORT || (e.error != 0) == (fault != NONE), "bench: error %d",
          e.error);

    struct Burst {
        uint32_t addr, beats, sent;
        long ready;
        uint16_t index;
    };
    std::deque<Burst> bursts;
    long cycle = 0, first = -1, end = 0, quiet = 0, stopped = -1;
    size_t shown = SIZE_MAX;
    size_t head = 0, started = 0, ended = 0, wrote = 0, beat = 0;
    uint32_t tokens[4] = {}, gave[4] = {}, expect_gave[4] = {};
    bool r_held = false, ar_held = false, error_seen = false, aborted = false;
    uint32_t ar_addr = 0, ar_len = 0, bad_index = 0, bad_burst = 0;
    bool bad_seen = false;

    for (;; cycle++) {
        show_command(dut, list, head, !(stopped >= 0 && cycle > stopped + 20), shown);
        for (int u = 0; u < 4; u++)
            if (tokens[u] == 0 && chance(bus.token_percent))
                tokens[u]++;
        dut.tok_avail = 0;
        for (int u = 1; u < 4; u++)
            dut.tok_avail |= (tokens[u] > 0) << u;
        dut.ar_ready = chance(bus.ar_percent);
        bool have = !bursts.empty() && bursts[0].ready <= cycle;
        dut.r_valid = have && (r_held || chance(bus.r_percent));
        uint32_t addr = have ? bursts[0].addr + 8 * bursts[0].sent : 0;
        if (have)
            memcpy(bytes(dut.r_data), &memory[addr], 8);
        dut.r_resp = have && addr == bad_beat ? 2 : 0;
        dut.r_last = have && bursts[0].sent + 1 == bursts[0].beats;
        dut.wr_gnt = 0;
        if (cycle == abort_at)
            aborted = true, stopped = cycle;
        dut.__SYM__abort = aborted || (stopped >= 0 && cycle > stopped + 2);
        dut.eval();
        dut.wr_gnt = dut.wr_req && chance(bus.gnt_percent);
        dut.eval();

        if (dut.cmd_valid && dut.cmd_ready) {
            check(!(stopped >= 0 && cycle > stopped), "started after a stop");
            uint32_t wait = npu_cmd_wait(list[head].words);
            check(dut.tok_take == wait && (wait & ~dut.tok_avail) == 0,
                  "take %x, wait %x, available %x", dut.tok_take, wait, dut.tok_avail);
            for (int u = 0; u < 4; u++)
                if (wait >> u & 1)
                    tokens[u]--;
            if (first < 0)
                first = cycle;
            head++;
        } else {
            check(dut.tok_take == 0, "take without a start");
        }
        if (dut.ev_start)
            check(dut.ev_start_index == list[started].index, "start index %d", dut.ev_start_index),
                started++;
        if (dut.ev_done) {
            if (check(ended < e.writes_after.size(), "done of command %zu that should not end",
                      ended)) {
                check(dut.ev_done_index == list[ended].index, "done index %d", dut.ev_done_index);
                check(wrote == e.writes_after[ended], "command %zu done after %zu writes, not %zu",
                      ended, wrote, e.writes_after[ended]);
                uint32_t signal = npu_cmd_signal(list[ended].words);
                check(dut.tok_give == signal, "give %x, expected %x", dut.tok_give, signal);
            }
            ended++, end = cycle;
        } else {
            check(dut.tok_give == 0, "give without a done");
        }
        // Bus
        if (ar_held)
            check(dut.ar_valid && dut.ar_addr == ar_addr && dut.ar_len == ar_len,
                  "AR changed before its handshake");
        // An abort is known a cycle later.
        if (stopped >= 0 && cycle > stopped + aborted && !ar_held)
            check(!dut.ar_valid, "new burst after a stop");
        ar_held = dut.ar_valid && !dut.ar_ready, ar_addr = dut.ar_addr, ar_len = dut.ar_len;
        if (dut.ar_valid && dut.ar_ready) {
            uint32_t beats = dut.ar_len + 1u;
            check(beats <= 16 && (ar_addr & 7) == 0 &&
                      ar_addr / 4096 == (ar_addr + 8 * beats - 1) / 4096,
                  "burst of %u beats at %x", beats, ar_addr);
            uint16_t index = beat < e.beats.size() ? e.beats[beat].index : 0;
            for (uint32_t i = 0; i < beats; i++, beat++)
                if (!check(beat < e.beats.size() && e.beats[beat].addr == ar_addr + 8 * i,
                           "beat at %x not expected", ar_addr + 8 * i))
                    break;
            bursts.push_back({ar_addr, beats, 0,
                              cycle + long(between(bus.latency_min, bus.latency_max)), index});
            check(bursts.size() <= 8, "too many bursts outstanding");
        }
        r_held = dut.r_valid && !dut.r_ready;
        if (dut.r_valid && dut.r_ready) {
            if (dut.r_resp && !bad_seen)
                bad_seen = true, bad_index = bursts[0].index, bad_burst = bursts[0].addr;
            if (++bursts[0].sent == bursts[0].beats)
                bursts.pop_front();
        }
        // Scratchpad
        if (dut.wr_req && stopped >= 0)
            check(cycle <= stopped, "write after a stop");
        if (dut.wr_req && dut.wr_gnt) {
            if (check(wrote < e.writes.size(), "write %zu not expected", wrote)) {
                const Write &w = e.writes[wrote];
                uint32_t be = 0;
                memcpy(&be, bytes(dut.wr_be), (N + 7) / 8);
                check(dut.wr_addr == w.word && be == w.enable,
                      "write %zu: word %x lanes %x, expected %x %x", wrote, dut.wr_addr, be, w.word,
                      w.enable);
                int bad = -1;
                for (int l = 0; l < N; l++)
                    if ((w.enable >> l & 1) && bytes(dut.wr_data)[l] != w.data[l])
                        bad = l;
                check(bad < 0, "write %zu, lane %d: %02x, expected %02x", wrote, bad,
                      bytes(dut.wr_data)[bad < 0 ? 0 : bad], w.data[bad < 0 ? 0 : bad]);
            }
            wrote++;
        }
        if (dut.err_valid) {
            check(!error_seen && !aborted, "error after the stop");
            error_seen = true, stopped = cycle;
            uint32_t code = fault == BUS ? uint32_t(NPU_ERR_BUS_READ) : uint32_t(e.error);
            uint32_t index = fault == BUS ? bad_index : e.error_index,
                     addr = fault == BUS ? bad_burst : e.error_addr;
            check(dut.err_code == code && dut.err_index == index && dut.err_addr == addr,
                  "error %d index %d addr %x, expected %d %d %x", dut.err_code, dut.err_index,
                  dut.err_addr, code, index, addr);
            if (fault == ILLEGAL || fault == REGION)
                check(wrote == e.writes.size(), "error after %zu writes, not %zu", wrote,
                      e.writes.size());
        }
        quiet = dut.progress ? 0 : quiet + 1;
        bool busy = dut.busy;
        tick();
        if (stopped >= 0 && cycle > stopped + 4 && !busy)
            break;
        if (stopped < 0 && ended == list.size() && !busy && fault != ILLEGAL && fault != REGION &&
            !(fault == BUS && bad_seen))
            break;
        if (!check(quiet < 3000,
                   "no progress: %zu of %zu commands ended, %zu of %zu writes, stopped %ld", ended,
                   list.size(), wrote, e.writes.size(), stopped))
            exit((printf("%ld passed, %ld failed\n", passed, failed), 1));
    }
    if (stopped >= 0) {
        check(bursts.empty(), "idle with %zu bursts under way", bursts.size());
        check(fault != NONE, "stopped without a fault");
        if (fault != ABORT)
            check(error_seen, "no error raised");
    } else {
        check(fault == NONE || fault == ABORT || (fault == BUS && !bad_seen), "fault not seen");
        check(ended == list.size() && wrote == e.writes.size() && started == list.size(),
              "ended %zu, wrote %zu, started %zu", ended, wrote, started);
        check(bursts.empty() && beat == e.beats.size(), "beats read %zu, expected %zu", beat,
              e.beats.size());
    }
    (void)gave, (void)expect_gave;
    return end - first;
}

static Command pack(const npu_cmd_load_t &c, uint32_t wait, uint32_t signal) {
    Command cmd;
    npu_pack_load(&c, cmd.words);
    npu_cmd_set_tokens(cmd.words, wait, signal);
    cmd.index = uint16_t(rnd());
    return cmd;
}

// A legal command with at most about 600 writes.
static Command random_command() {
    for (;;) {
        npu_cmd_load_t c = {};
        uint32_t style = below(8);
        c.region = below(3), c.xor80 = below(2), c.keep = below(2);
        c.n1 = between(1, style == 0 ? 12 : 3), c.n2 = between(1, 3);
        c.run_bytes = style == 1   ? 0
                      : style == 2 ? between(1, 4000)
                      : style == 3 ? between(1, 12)
                                   : between(1, 200);
        if (style == 4)
            c.run_bytes &= ~7u;
        c.offset = below(region_size[c.region]);
        if (chance(20))
            c.offset = region_size[c.region] - c.run_bytes;
        if (chance(30))
            c.offset &= ~7u;
        c.stride1 = int32_t(below(9000)) - 4500, c.stride2 = int32_t(below(20000)) - 10000;
        if (chance(20))
            c.stride1 = int32_t(c.run_bytes);
        c.sp_addr = below(65536), c.sp_blk = int16_t(rnd()), c.sp_win = int16_t(rnd()),
        c.sp_n1 = int16_t(rnd());
        c.sp_n2 = int16_t(rnd());
        c.nblk = chance(50) ? 1 : between(1, 5);
        c.last_len = between(1, N), c.win_step = chance(30) ? c.last_len : below(N + 1);
        if (chance(20))
            c.last_len = N, c.win_step = N;
        c.lane_off = c.nblk > 1 ? 0 : below(N - c.last_len + 1);
        c.pad_left = chance(50)   ? 0
                     : chance(80) ? below(40)
                     : chance(80) ? below(600)
                                  : between(60000, 65535);
        c.pad_value = int8_t(rnd());
        uint32_t advance = (c.nblk - 1) * N + c.win_step;
        uint64_t cover = advance ? (uint64_t(c.pad_left) + c.run_bytes + 2 * N) / advance + 1 : 5;
        if (c.pad_left > 1000)
            c.n1 = c.n2 = 1;
        c.nwin = chance(60) ? uint32_t(cover) : between(1, uint32_t(cover) + 3);
        if (uint64_t(c.n1) * c.n2 * c.nwin * c.nblk > (c.pad_left > 1000 ? 20000u : 600u))
            continue;
        bool ok = true;
        for (uint32_t i2 = 0; i2 < c.n2; i2++)
            for (uint32_t i1 = 0; i1 < c.n1; i1++)
                ok = ok &&
                     run_legal(c, c.offset + i1 * uint32_t(c.stride1) + i2 * uint32_t(c.stride2));
        if (ok)
            return pack(c, chance(70) ? 0 : below(8) * 2, chance(70) ? 0 : below(8) * 2);
    }
}

static Command spoiled(Fault fault) {
    for (;;) {
        Command cmd = random_command();
        npu_cmd_load_t c;
        npu_unpack_load(cmd.words, &c);
        if (fault == ILLEGAL) {
            switch (below(9)) {
            case 0:
                c.n1 = 0;
                break;
            case 1:
                c.n2 = 0;
                break;
            case 2:
                c.nwin = 0;
                break;
            case 3:
                c.nblk = 0;
                break;
            case 4:
                c.last_len = chance(50) ? 0 : between(N + 1, 255);
                break;
            case 5:
                c.win_step = between(N + 1, 255);
                break;
            case 6:
                c.lane_off = (c.nblk > 1 ? 0 : N - c.last_len) + between(1, 255 - N);
                break;
            case 7:
                npu_cmd_set_tokens(cmd.words, 1, 0);
                break;
            default:
                npu_cmd_set_tokens(cmd.words, 0, 1);
                break;
            }
        } else {
            if (!c.run_bytes)
                continue;
            switch (below(4)) {
            case 0:
                c.region = 3;
                break;
            case 1:
                c.offset = region_size[c.region] - c.run_bytes + between(1, 100);
                break;
            case 2:
                c.run_bytes = chance(50) ? 0xffffffffu : region_size[c.region] + between(1, 9);
                break;
            default:
                c.n1 = 4, c.stride1 = int32_t(region_size[c.region] / 2 + 16);
                break;
            }
        }
        uint32_t tokens = cmd.words[0] & 0xff00;
        npu_pack_load(&c, cmd.words);
        cmd.words[0] |= tokens;
        Expected e;
        if (!expect(cmd, e) &&
            e.error == (fault == ILLEGAL ? NPU_ERR_ILLEGAL_FIELD : NPU_ERR_REGION))
            return cmd;
    }
}

static Bus random_bus() {
    Bus b;
    switch (below(4)) {
    case 0:
        break;
    case 1:
        b.latency_min = b.latency_max = 32;
        break;
    case 2:
        b.latency_min = 1, b.latency_max = 60, b.ar_percent = 30, b.r_percent = 60,
        b.token_percent = 5;
        break;
    default:
        b.latency_max = between(1, 20), b.ar_percent = between(10, 100),
        b.r_percent = between(10, 100);
        b.gnt_percent = between(10, 100), b.token_percent = between(2, 100);
    }
    if (chance(30))
        b.gnt_percent = between(20, 100);
    return b;
}

// Cycles from the start of a transfer to its end: n commands of one shape, 32 cycles of latency.
static void measure(const char *name, const npu_cmd_load_t &c, int n, long at_most) {
    now = name;
    std::vector<Command> list(n, pack(c, 0, 0));
    Bus bus;
    bus.latency_min = bus.latency_max = 32;
    reset();
    long cycles = run(list, bus, NONE);
    printf("N=%d %s: %ld cycles\n", N, name, cycles);
    check(cycles <= at_most, "%ld cycles, more than %ld", cycles, at_most);
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 1500;
    for (auto &b : memory)
        b = uint8_t(rnd());
    set_regions(dut, 3);
    for (int round = 0; round < rounds; round++) {
        Fault fault = round % 3 ? NONE : Fault(1 + below(4));
        static char name[80];
        snprintf(name, sizeof name, "round %d fault %d", round, fault);
        now = name;
        std::vector<Command> list;
        for (uint32_t i = between(1, 12); i > 0; i--)
            list.push_back(random_command());
        if (fault == ILLEGAL || fault == REGION)
            list[below(uint32_t(list.size()))] = spoiled(fault);
        reset();
        run(list, random_bus(), fault);
    }

    npu_cmd_load_t c = {};
    c.n1 = c.n2 = c.nblk = c.sp_win = 1, c.last_len = c.win_step = N, c.run_bytes = 16384,
    c.nwin = 16384 / N;
    uint32_t beats = N >= 8 ? 16384 / 8 : 16384 / 4;
    measure("16 KiB contiguous", c, 1, beats + 60);
    c.offset = 3;
    measure("16 KiB contiguous at byte 3", c, 1, beats + 60);
    c.offset = 0, c.run_bytes = 4096, c.nwin = 4096 / N;
    measure("4 commands of 4 KiB", c, 4, beats + 70);
    c.run_bytes = 96, c.n1 = 100, c.stride1 = 128, c.nwin = 96 / N, c.sp_n1 = 96 / N;
    measure("100 runs of 12 beats", c, 1, (N >= 8 ? 1200 : 2400) + 170);
    c.run_bytes = 28, c.n1 = 96, c.stride1 = 28, c.nwin = 28, c.win_step = 1,
    c.last_len = N < 9 ? 3 : 9, c.pad_left = 1, c.sp_n1 = 28;
    measure("96 rows of 28 packed windows, step 1", c, 1, 96 * 28 + 170);
    c.run_bytes = 0, c.n1 = 1, c.nwin = 1000;
    measure("fill of 1000 words", c, 1, 1020);
    c.nwin = 1, c.n1 = 1, c.run_bytes = 8;
    measure("20 commands of one beat", c, 20, N > 4 ? 150 : 250);
    printf("%ld passed, %ld failed\n", passed, failed);
    return failed != 0;
}
