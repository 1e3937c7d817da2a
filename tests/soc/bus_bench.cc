// CPU bridge and a random AXI master on the arbiter, against the checking memory model. Every
// 64-bit word keeps the list of values it was given; a read must return one that is no older than
// the last one acknowledged when the read began: that is what "the CPU sees what the NPU wrote"
// means. Owners of words: first quarter master a, second quarter the CPU, third a. The last 4 KiB
// answer with errors. Prints FAIL lines and `N passed, N failed`; one pass for each seed.
// SPDX-License-Identifier: Apache-2.0
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

#include "Vbus.h"
#include "axi_mem.h"
#include "verilated.h"

static const uint32_t BASE = 0x40000000, SIZE = 0x10000, FAULT = 0xf000, WORDS = SIZE / 8;

struct Burst {
    uint32_t addr, beats, done;
    std::vector<size_t> since; // read: version acknowledged at its start; write: version it creates
};
struct Beat {
    uint64_t data;
    uint8_t strb;
    bool last;
};

class Bench {
  public:
    Bench(uint64_t seed)
        : rng_(seed * 0x9e3779b97f4a7c15ull | 1), bytes_(SIZE),
          mem_(bytes_.data(), SIZE, options(seed)) {
        for (auto &h : history_) {
            h.push_back(0);
        }
    }
    std::string run(int cycles);
    long reads = 0, writes = 0;

  private:
    static systole::AxiMemOptions options(uint64_t seed) {
        systole::AxiMemOptions o;
        o.base = BASE;
        o.latency = 1 + seed % 7 * 9;
        o.stall_pct = seed % 4 * 25;
        o.fault_base = BASE + FAULT;
        o.fault_size = SIZE - FAULT;
        o.seed = seed;
        return o;
    }
    uint32_t rnd(uint32_t n) {
        rng_ ^= rng_ << 13, rng_ ^= rng_ >> 7, rng_ ^= rng_ << 17;
        return uint32_t(rng_ >> 24) % n;
    }
    uint64_t rnd64() {
        return uint64_t(rnd(1u << 31)) << 33 ^ uint64_t(rnd(1u << 31)) << 11 ^ rnd(1u << 11);
    }
    // A new value for a word that only one side writes.
    size_t push(uint32_t word, uint64_t data, uint8_t strb) {
        uint64_t v = history_[word].back();
        for (int i = 0; i < 8; i++) {
            if (strb >> i & 1) {
                v = (v & ~(0xffull << 8 * i)) | (data & (0xffull << 8 * i));
            }
        }
        history_[word].push_back(v);
        return history_[word].size() - 1;
    }
    bool seen(uint32_t word, size_t since, uint64_t value, uint64_t mask) {
        for (size_t i = since; i < history_[word].size(); i++) {
            if (((history_[word][i] ^ value) & mask) == 0) {
                return true;
            }
        }
        return false;
    }
    void drive_cpu();
    void drive_a();
    void after_cpu();
    void after_a();
    void fail(const char *what, uint32_t addr) {
        if (failure_.empty()) {
            char text[120];
            snprintf(text, sizeof text, "%s at 0x%08x, cycle %ld", what, addr, cycle_);
            failure_ = text;
        }
    }

    uint64_t rng_;
    std::vector<uint8_t> bytes_;
    systole::AxiMem mem_;
    Vbus top_;
    std::vector<uint64_t> history_[WORDS];
    size_t acked_[WORDS] = {};
    long cycle_ = 0;
    std::string failure_;
    size_t cpu_since_ = 0;
    std::deque<Burst> ar_, aw_, reading_, writing_; // to be shown; accepted
    std::deque<Beat> w_;
};

// The CPU likes a few neighbouring words, so that its read buffer is hit.
void Bench::drive_cpu() {
    if (top_.wb_stb || rnd(3) == 0) {
        return;
    }
    bool we = rnd(4) == 0;
    uint32_t offset = we || rnd(2) ? 0x4000 + rnd(0x40) * 4 : rnd(0x40) * 4;
    if (rnd(50) == 0) {
        offset = FAULT + rnd(0x400) * 4;
    }
    if (rnd(20) == 0) {
        offset = (offset & 0xf000) + rnd(0x400) * 4;
    }
    we = we && (offset >= FAULT || (offset >= 0x4000 && offset < 0x8000));
    top_.wb_stb = 1;
    top_.wb_we = we;
    top_.wb_addr = BASE + offset;
    top_.wb_sel = we ? 1 + rnd(15) : 15;
    top_.wb_wdat = uint32_t(rnd64());
    cpu_since_ = acked_[offset / 8];
    if (we && offset < FAULT) {
        push(offset / 8, uint64_t(top_.wb_wdat) * 0x100000001ull,
             offset & 4 ? top_.wb_sel << 4 : top_.wb_sel);
    }
}

void Bench::after_cpu() {
    if (!top_.wb_ack) {
        return;
    }
    uint32_t offset = top_.wb_addr - BASE;
    if (!top_.wb_stb) {
        fail("ack without request", top_.wb_addr);
    }
    if ((top_.wb_err != 0) != (offset >= FAULT)) {
        fail("wrong error answer to the CPU", top_.wb_addr);
    }
    if (top_.wb_we) {
        acked_[offset / 8] = history_[offset / 8].size() - 1;
        writes++;
    } else if (offset < FAULT) {
        uint64_t mask = offset & 4 ? 0xffffffff00000000ull : 0xffffffffull;
        if (!seen(offset / 8, cpu_since_, top_.wb_rdat * 0x100000001ull, mask)) {
            fail("the CPU read a stale or wrong value", top_.wb_addr);
        }
        reads++;
    }
}

void Bench::drive_a() {
    if (ar_.size() + reading_.size() < 8 && rnd(4) == 0) {
        Burst b{0, 1 + rnd(16), 0, {}};
        b.addr = rnd(2) ? rnd(16) * 8 : rnd(3) * 0x4000 + rnd(0x800) * 8;
        b.beats = b.addr % 4096 + b.beats * 8 > 4096 ? 1 : b.beats;
        ar_.push_back(b);
    }
    if (aw_.size() + writing_.size() < 8 && rnd(4) == 0) {
        Burst b{0, 1 + rnd(16), 0, {}};
        b.addr = rnd(2) ? rnd(16) * 8 : rnd(2) * 0x8000 + rnd(0x800) * 8;
        b.beats = b.addr % 4096 + b.beats * 8 > 4096 ? 1 : b.beats;
        for (uint32_t i = 0; i < b.beats; i++) {
            Beat beat{rnd64(), uint8_t(rnd(4) ? 0xff : rnd(256)), i + 1 == b.beats};
            b.since.push_back(push(b.addr / 8 + i, beat.data, beat.strb));
            w_.push_back(beat);
        }
        aw_.push_back(b);
    }
    if (!top_.a_arvalid && !ar_.empty() && rnd(2)) {
        Burst &b = ar_.front();
        for (uint32_t i = 0; i < b.beats; i++) {
            b.since.push_back(acked_[b.addr / 8 + i]);
        }
        top_.a_arvalid = 1;
        top_.a_araddr = BASE + b.addr;
        top_.a_arlen = b.beats - 1;
    }
    if (!top_.a_awvalid && !aw_.empty() && rnd(2)) {
        top_.a_awvalid = 1;
        top_.a_awaddr = BASE + aw_.front().addr;
        top_.a_awlen = aw_.front().beats - 1;
    }
    if (!top_.a_wvalid && !w_.empty() && rnd(4)) { // may come before its address
        top_.a_wvalid = 1;
        top_.a_wdata = w_.front().data;
        top_.a_wstrb = w_.front().strb;
        top_.a_wlast = w_.front().last;
    }
    top_.a_rready = rnd(4) != 0;
    top_.a_bready = rnd(3) != 0;
}

void Bench::after_a() {
    if (top_.a_arvalid && top_.a_arready) {
        reading_.push_back(ar_.front());
        ar_.pop_front();
    }
    if (top_.a_awvalid && top_.a_awready) {
        writing_.push_back(aw_.front());
        aw_.pop_front();
    }
    if (top_.a_wvalid && top_.a_wready) {
        w_.pop_front();
    }
    if (top_.a_rvalid && top_.a_rready) {
        if (reading_.empty()) {
            return fail("read data without a burst", 0);
        }
        Burst &b = reading_.front();
        uint32_t word = b.addr / 8 + b.done;
        if (!seen(word, b.since[b.done], top_.m_rdata, ~0ull)) {
            fail("master a read a stale or wrong value", BASE + word * 8);
        }
        reads++;
        if (++b.done == b.beats) {
            if (!top_.m_rlast) {
                fail("no last", BASE + word * 8);
            }
            reading_.pop_front();
        }
    }
    if (top_.a_bvalid && top_.a_bready) {
        if (writing_.empty()) {
            return fail("write response without a burst", 0);
        }
        Burst &b = writing_.front();
        for (uint32_t i = 0; i < b.beats; i++) {
            acked_[b.addr / 8 + i] = b.since[i];
        }
        writes++;
        writing_.pop_front();
    }
}

std::string Bench::run(int cycles) {
    Vbus &t = top_;
    for (cycle_ = 0; cycle_ < cycles && failure_.empty(); cycle_++) {
        const systole::AxiToMaster &in = mem_.drive();
        t.m_arready = in.arready;
        t.m_rvalid = in.rvalid;
        t.m_rdata = in.rdata;
        t.m_rresp = in.rresp;
        t.m_rlast = in.rlast;
        t.m_awready = in.awready;
        t.m_wready = in.wready;
        t.m_bvalid = in.bvalid;
        t.m_bresp = in.bresp;
        t.rst_n = cycle_ >= 4;
        if (t.rst_n) {
            drive_cpu();
            drive_a();
        }
        t.clk = 0;
        t.eval();
        bool ack = t.wb_ack, ar = t.a_arready, aw = t.a_awready, w = t.a_wready;
        if (t.rst_n) {
            systole::AxiFromMaster m{};
            m.arvalid = t.m_arvalid;
            m.araddr = t.m_araddr;
            m.arlen = t.m_arlen;
            m.arsize = t.m_arsize;
            m.arburst = t.m_arburst;
            m.rready = t.m_rready;
            m.awvalid = t.m_awvalid;
            m.awaddr = t.m_awaddr;
            m.awlen = t.m_awlen;
            m.awsize = t.m_awsize;
            m.awburst = t.m_awburst;
            m.wvalid = t.m_wvalid;
            m.wdata = t.m_wdata;
            m.wstrb = t.m_wstrb;
            m.wlast = t.m_wlast;
            m.bready = t.m_bready;
            mem_.clock(m);
            after_cpu();
            after_a();
            if (mem_.failed()) {
                fail(mem_.failure().c_str(), 0);
            }
        }
        t.clk = 1;
        t.eval();
        if (ack) {
            t.wb_stb = 0;
        }
        t.a_arvalid = t.a_arvalid && !ar;
        t.a_awvalid = t.a_awvalid && !aw;
        t.a_wvalid = t.a_wvalid && !w;
    }
    if (failure_.empty() && (reads < cycles / 200 || writes < cycles / 2000)) {
        fail("too little traffic", 0);
    }
    return failure_;
}

int main(int argc, char **argv) {
    uint64_t first = argc > 1 ? strtoull(argv[1], nullptr, 0) : 1, count = argc > 1 ? 1 : 28;
    long passed = 0, failed = 0;
    for (uint64_t seed = first; seed < first + count; seed++) {
        auto *bench = new Bench(seed);
        std::string why = bench->run(30000);
        passed += why.empty();
        failed += !why.empty();
        if (!why.empty()) {
            printf("FAIL soc bus seed %" PRIu64 ": %s (build/test/soc_bus/Vbus %" PRIu64 ")\n",
                   seed, why.c_str(), seed);
        }
        delete bench;
    }
    printf("%ld passed, %ld failed\n", passed, failed);
    return failed != 0;
}
