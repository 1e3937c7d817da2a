// Store unit against docs/isa.md: random commands back to back, random bus and scratchpad; every
// scratchpad read, burst and beat is compared in order, tokens and events too; then faults and
// aborts, then cycles of known transfers. The expected beats come from a literal transcription of
// the STORE loops. Prints `N passed, N failed`. SPDX-License-Identifier: Apache-2.0
#include "bench.h"

struct Beat {
    uint32_t addr;
    uint16_t index;
    uint8_t strobes, data[8];
};
enum Fault { NONE, ILLEGAL, REGION, BUS, ABORT };
enum Order { ANY, ADDRESS_FIRST, DATA_FIRST }; // when the bus takes an address or its data

static std::vector<uint8_t> scratchpad(65536 * N);

struct Expected {
    std::vector<uint16_t> reads;
    std::vector<Beat> beats;
    std::vector<size_t> beats_after; // number of beats when command i has ended
    int error = 0;                   // NPU_ERR_*, raised after the beats above
    uint16_t error_index = 0;
    uint32_t error_addr = 0;
};

static bool legal(const Command &cmd, const npu_cmd_store_t &c) {
    uint32_t tokens = npu_cmd_wait(cmd.words) | npu_cmd_signal(cmd.words);
    return !(tokens & 8) && c.n1 && c.n2 && c.nblk && c.run_bytes && c.last_len >= 1 &&
           c.last_len <= (uint32_t)N && c.lane_off + (c.nblk > 1 ? N : c.last_len) <= (uint32_t)N;
}

static bool run_legal(const npu_cmd_store_t &c, uint32_t dst) {
    return (region_flags[c.region] & 2) && uint64_t(dst) + c.run_bytes <= region_size[c.region];
}

// docs/isa.md, STORE. Returns false when the command ends in an error.
static bool expect(const Command &cmd, Expected &e) {
    npu_cmd_store_t c;
    npu_unpack_store(cmd.words, &c);
    e.error_index = cmd.index;
    if (!legal(cmd, c)) {
        e.error = NPU_ERR_ILLEGAL_FIELD, e.error_addr = 0;
        return false;
    }
    for (uint32_t i2 = 0; i2 < c.n2; i2++)
        for (uint32_t i1 = 0; i1 < c.n1; i1++) {
            uint32_t dst = c.offset + i1 * uint32_t(c.stride1) + i2 * uint32_t(c.stride2);
            if (!run_legal(c, dst)) {
                e.error = NPU_ERR_REGION, e.error_addr = dst;
                return false;
            }
            uint32_t base = region_base[c.region] + dst, pos = 0;
            for (uint32_t w = 0; pos < c.run_bytes; w++)
                for (uint32_t b = 0; b < c.nblk && pos < c.run_bytes; b++) {
                    uint32_t len = b == c.nblk - 1 ? c.last_len : N;
                    if (len > c.run_bytes - pos)
                        len = c.run_bytes - pos;
                    uint16_t word = uint16_t(c.sp_addr + i2 * c.sp_n2 + i1 * c.sp_n1 +
                                             w * c.sp_win + b * c.sp_blk);
                    e.reads.push_back(word);
                    for (uint32_t j = 0; j < len; j++) {
                        uint32_t a = base + pos + j;
                        if (pos + j == 0 || (a & 7) == 0)
                            e.beats.push_back({a & ~7u, cmd.index, 0, {}});
                        e.beats.back().strobes |= 1 << (a & 7);
                        e.beats.back().data[a & 7] =
                            scratchpad[word * N + c.lane_off + j] ^ (c.xor80 ? 0x80 : 0);
                    }
                    pos += len;
                }
        }
    e.beats_after.push_back(e.beats.size());
    return true;
}

struct Bus {
    uint32_t latency_min = 1, latency_max = 1, aw_percent = 100, w_percent = 100, gnt_percent = 100,
             token_percent = 100;
    Order order = ANY;
};

static Vdut dut;
static void tick() {
    dut.clk = 1, dut.eval();
    dut.clk = 0, dut.eval();
}
static void reset() {
    dut.rst_n = 0, dut.__SYM__abort = 0, dut.cmd_valid = 0, dut.m_axi_awready = 0,
    dut.m_axi_wready = 0, dut.m_axi_bvalid = 0;
    dut.rd_gnt = 0, dut.tok_avail = 0;
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
    long abort_at = fault == ABORT ? long(below(20 + uint32_t(e.beats.size()) * 2)) : -1;
    check(fault == BUS || fault == ABORT || (e.error != 0) == (fault != NONE), "bench: error %d",
          e.error);

    struct Burst {
        uint32_t addr, beats, sent;
        long ready;
        uint16_t index;
        bool addressed;
    };
    std::deque<Burst> bursts;   // from the first handshake of address or data to the response
    std::deque<uint32_t> early; // beats of bursts whose data ended before their address came
    long cycle = 0, first = -1, end = 0, quiet = 0, stopped = -1;
    size_t head = 0, started = 0, ended = 0, read = 0, beat = 0, addressed = 0, acknowledged = 0,
           answered = 0;
    uint32_t tokens[4] = {};
    bool aw_held = false, w_held = false, error_seen = false, aborted = false, b_held = false,
         bad_seen = false;
    uint32_t aw_addr = 0, aw_len = 0, bad_index = 0, bad_burst = 0;
    uint64_t w_data = 0;
    uint8_t w_strb = 0, w_last = 0;
    int pipe1 = -1, pipe2 = -1;          // words granted one and two cycles ago
    size_t w_bursts = 0, w_in_burst = 0; // bursts whose data is complete; beats of the one after
    std::vector<uint32_t> aw_lens, w_lens;

    size_t shown = SIZE_MAX;
    int kept = 0; // beats of data that left after a stop

    for (;; cycle++) {
        show_command(dut, list, head, !(stopped >= 0 && cycle > stopped + 20), shown);
        for (int u = 0; u < 4; u++)
            if (tokens[u] == 0 && chance(bus.token_percent))
                tokens[u]++;
        dut.tok_avail = 0;
        for (int u = 0; u < 3; u++)
            dut.tok_avail |= (tokens[u] > 0) << u;
        for (int i = 0; i < N; i++)
            bytes(dut.rd_data)[i] = pipe2 >= 0 ? scratchpad[pipe2 * N + i] : uint8_t(rnd());
        bool have = !bursts.empty() && bursts[0].ready >= 0 && bursts[0].ready <= cycle;
        dut.m_axi_bvalid = have && (b_held || chance(80));
        dut.m_axi_bresp = have && bad_beat - bursts[0].addr < 8 * bursts[0].beats ? 2 : 0;
        dut.rd_gnt = dut.m_axi_awready = dut.m_axi_wready = 0;
        if (cycle == abort_at)
            aborted = true, stopped = cycle;
        dut.__SYM__abort = aborted || (stopped >= 0 && cycle > stopped + 2);
        dut.eval();
        dut.rd_gnt = dut.rd_req && chance(bus.gnt_percent);
        dut.m_axi_awready =
            chance(bus.aw_percent) &&
            !(bus.order == DATA_FIRST && aw_lens.size() >= w_bursts && !dut.m_axi_wvalid);
        dut.m_axi_wready =
            chance(bus.w_percent) && !(bus.order == ADDRESS_FIRST && aw_lens.size() <= w_bursts);
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
            if (check(ended < e.beats_after.size(), "done of command %zu that should not end",
                      ended)) {
                check(dut.ev_done_index == list[ended].index, "done index %d", dut.ev_done_index);
                check(acknowledged == e.beats_after[ended],
                      "command %zu done after %zu beats, not %zu", ended, acknowledged,
                      e.beats_after[ended]);
                uint32_t signal = npu_cmd_signal(list[ended].words);
                check(dut.tok_give == signal, "give %x, expected %x", dut.tok_give, signal);
            }
            ended++, end = cycle;
        } else {
            check(dut.tok_give == 0, "give without a done");
        }
        // Scratchpad
        if (dut.rd_req && stopped >= 0)
            check(cycle <= stopped, "read after a stop");
        pipe2 = pipe1, pipe1 = -1;
        if (dut.rd_req && dut.rd_gnt) {
            check(read < e.reads.size() && e.reads[read] == dut.rd_addr, "read %zu of word %x",
                  read, dut.rd_addr);
            read++, pipe1 = dut.rd_addr;
        }
        // Response
        b_held = dut.m_axi_bvalid && !dut.m_axi_bready;
        if (dut.m_axi_bvalid && dut.m_axi_bready) {
            if (dut.m_axi_bresp && !bad_seen)
                bad_seen = true, bad_index = bursts[0].index, bad_burst = bursts[0].addr;
            acknowledged += bursts[0].beats, answered++;
            bursts.pop_front();
        }
        // Addresses
        if (aw_held)
            check(dut.m_axi_awvalid && dut.m_axi_awaddr == aw_addr && dut.m_axi_awlen == aw_len,
                  "AW changed before its handshake");
        // An abort is known a cycle later.
        if (stopped >= 0 && cycle > stopped + aborted && !aw_held)
            check(!dut.m_axi_awvalid, "new burst after a stop");
        aw_held = dut.m_axi_awvalid && !dut.m_axi_awready, aw_addr = dut.m_axi_awaddr,
        aw_len = dut.m_axi_awlen;
        if (dut.m_axi_awvalid && dut.m_axi_awready) {
            uint32_t beats = aw_len + 1;
            check(beats <= 16 && (aw_addr & 7) == 0 &&
                      aw_addr / 4096 == (aw_addr + 8 * beats - 1) / 4096,
                  "burst of %u beats at %x", beats, aw_addr);
            uint16_t index = addressed < e.beats.size() ? e.beats[addressed].index : 0;
            for (uint32_t i = 0; i < beats; i++, addressed++)
                if (!check(addressed < e.beats.size() && e.beats[addressed].addr == aw_addr + 8 * i,
                           "beat at %x not expected", aw_addr + 8 * i))
                    break;
            aw_lens.push_back(beats);
            bursts.push_back({aw_addr, beats, 0, -1, index, true});
            check(bursts.size() <= 8, "too many bursts outstanding");
        }
        // Data
        uint64_t data;
        memcpy(&data, bytes(dut.m_axi_wdata), 8);
        if (w_held)
            check(dut.m_axi_wvalid && data == w_data && dut.m_axi_wstrb == w_strb &&
                      dut.m_axi_wlast == w_last,
                  "W changed before its handshake");
        bool late = stopped >= 0 && cycle > stopped + 1 + aborted;
        w_held = dut.m_axi_wvalid && !dut.m_axi_wready, w_data = data, w_strb = dut.m_axi_wstrb,
        w_last = dut.m_axi_wlast;
        if (dut.m_axi_wvalid && dut.m_axi_wready) {
            if (check(beat < e.beats.size(), "beat %zu not expected", beat)) {
                const Beat &b = e.beats[beat];
                // The two beats that stood in the queue leave as they are, all behind them blank.
                if (late && w_strb != 0)
                    check(++kept <= 2, "strobes %02x after a stop", w_strb);
                if (!(stopped >= 0 && w_strb == 0)) {
                    check(w_strb == b.strobes, "beat %zu at %x: strobes %02x, expected %02x", beat,
                          b.addr, w_strb, b.strobes);
                    int bad = -1;
                    for (int i = 0; i < 8; i++)
                        if ((b.strobes >> i & 1) && uint8_t(data >> 8 * i) != b.data[i])
                            bad = i;
                    check(bad < 0, "beat %zu at %x, byte %d: wrong data", beat, b.addr, bad);
                }
            }
            beat++, w_in_burst++;
            if (w_last)
                w_lens.push_back(uint32_t(w_in_burst)), w_in_burst = 0, w_bursts++;
        }
        // A burst is answered when its address and all its data have come.
        for (size_t i = 0; i < bursts.size(); i++) {
            size_t number = answered + i;
            if (bursts[i].ready < 0 && number < w_lens.size()) {
                check(w_lens[number] == aw_lens[number], "burst %zu of %u beats ends after %u",
                      number, aw_lens[number], w_lens[number]);
                bursts[i].ready = cycle + long(between(bus.latency_min, bus.latency_max));
            }
        }
        if (dut.err_valid) {
            check(!error_seen && !aborted, "error after the stop");
            error_seen = true, stopped = cycle;
            uint32_t code = fault == BUS ? uint32_t(NPU_ERR_BUS_WRITE) : uint32_t(e.error);
            uint32_t index = fault == BUS ? bad_index : e.error_index,
                     addr = fault == BUS ? bad_burst : e.error_addr;
            check(dut.err_code == code && dut.err_index == index && dut.err_addr == addr,
                  "error %d index %d addr %x, expected %d %d %x", dut.err_code, dut.err_index,
                  dut.err_addr, code, index, addr);
            if (fault == ILLEGAL || fault == REGION)
                check(acknowledged == e.beats.size(), "error after %zu beats, not %zu",
                      acknowledged, e.beats.size());
        }
        quiet = dut.progress ? 0 : quiet + 1;
        bool busy = dut.busy;
        tick();
        if (stopped >= 0 && cycle > stopped + 4 && !busy)
            break;
        if (stopped < 0 && ended == list.size() && !busy && fault != ILLEGAL && fault != REGION)
            break;
        if (!check(quiet < 3000,
                   "no progress: %zu of %zu commands ended, %zu of %zu beats, stopped %ld", ended,
                   list.size(), beat, e.beats.size(), stopped))
            exit((printf("%ld passed, %ld failed\n", passed, failed), 1));
    }
    check(bursts.empty() && beat == addressed && w_in_burst == 0, "idle with %zu bursts under way",
          bursts.size());
    if (stopped >= 0) {
        check(fault != NONE, "stopped without a fault");
        if (fault != ABORT)
            check(error_seen, "no error raised");
    } else {
        check(fault == NONE || fault == ABORT, "fault not seen");
        check(ended == list.size() && beat == e.beats.size() && started == list.size() &&
                  read == e.reads.size(),
              "ended %zu, wrote %zu, started %zu, read %zu", ended, beat, started, read);
    }
    return end - first;
}

static Command pack(const npu_cmd_store_t &c, uint32_t wait, uint32_t signal) {
    Command cmd;
    npu_pack_store(&c, cmd.words);
    npu_cmd_set_tokens(cmd.words, wait, signal);
    cmd.index = uint16_t(rnd());
    return cmd;
}

// A legal command with at most about 6000 bytes.
static Command random_command() {
    for (;;) {
        npu_cmd_store_t c = {};
        uint32_t style = below(8);
        c.region = below(3), c.xor80 = below(2);
        c.n1 = between(1, style == 0 ? 12 : 3), c.n2 = between(1, 3);
        c.run_bytes = style == 2 ? between(1, 4000) : style == 3 ? between(1, 12) : between(1, 200);
        if (style == 4)
            c.run_bytes = (c.run_bytes | 7) + 1;
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
        c.last_len = chance(30) ? N : between(1, N);
        c.lane_off = c.nblk > 1 ? 0 : below(N - c.last_len + 1);
        if (uint64_t(c.n1) * c.n2 * c.run_bytes > 6000)
            continue;
        bool ok = true;
        for (uint32_t i2 = 0; i2 < c.n2; i2++)
            for (uint32_t i1 = 0; i1 < c.n1; i1++)
                ok = ok &&
                     run_legal(c, c.offset + i1 * uint32_t(c.stride1) + i2 * uint32_t(c.stride2));
        if (ok)
            return pack(c, chance(70) ? 0 : below(8), chance(70) ? 0 : below(8));
    }
}

static Command spoiled(Fault fault) {
    for (;;) {
        Command cmd = random_command();
        npu_cmd_store_t c;
        npu_unpack_store(cmd.words, &c);
        if (fault == ILLEGAL) {
            switch (below(8)) {
            case 0:
                c.n1 = 0;
                break;
            case 1:
                c.n2 = 0;
                break;
            case 2:
                c.run_bytes = 0;
                break;
            case 3:
                c.nblk = 0;
                break;
            case 4:
                c.last_len = chance(50) ? 0 : between(N + 1, 255);
                break;
            case 5:
                c.lane_off = (c.nblk > 1 ? 0 : N - c.last_len) + between(1, 255 - N);
                break;
            case 6:
                npu_cmd_set_tokens(cmd.words, 8, 0);
                break;
            default:
                npu_cmd_set_tokens(cmd.words, 0, 8);
                break;
            }
        } else {
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
        npu_pack_store(&c, cmd.words);
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
        b.latency_min = 1, b.latency_max = 60, b.aw_percent = 30, b.w_percent = 60,
        b.token_percent = 5;
        break;
    default:
        b.latency_max = between(1, 20), b.aw_percent = between(10, 100),
        b.w_percent = between(10, 100);
        b.gnt_percent = between(10, 100), b.token_percent = between(2, 100);
    }
    if (chance(30))
        b.gnt_percent = between(20, 100);
    b.order = Order(below(3));
    return b;
}

// Cycles from the start of a transfer to its end: n commands of one shape, 32 cycles of latency.
static void measure(const char *name, const npu_cmd_store_t &c, int n, long at_most) {
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
    for (auto &b : scratchpad)
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

    npu_cmd_store_t c = {};
    c.n1 = c.n2 = c.nblk = c.sp_win = 1, c.last_len = N, c.run_bytes = 16384;
    long beats = N >= 8 ? 16384 / 8 : 16384 / 4;
    measure("16 KiB contiguous", c, 1, beats + 60);
    c.offset = 3;
    measure("16 KiB contiguous at byte 3", c, 1, beats + 60);
    c.offset = 0, c.run_bytes = 4096;
    measure("4 commands of 4 KiB", c, 4, beats + 70);
    c.run_bytes = 96, c.n1 = 100, c.stride1 = 128, c.sp_n1 = 96 / N;
    measure("100 runs of 12 beats", c, 1, (N >= 8 ? 1200 : 2400) + 170);
    c.n1 = 1, c.run_bytes = 8;
    measure("20 commands of one beat", c, 20, N > 4 ? 180 : 300);
    printf("%ld passed, %ld failed\n", passed, failed);
    return failed != 0;
}
