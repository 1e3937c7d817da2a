// Tests of the AXI memory model (testbench/verilator/axi_mem.h): latency, bandwidth, order, errors,
// and that every broken bus rule is noticed. Last line: `N passed, N failed`.
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstring>
#include <functional>
#include <vector>

#include "axi_mem.h"

using systole::AxiFromMaster;
using systole::AxiMem;
using systole::AxiMemOptions;
using systole::AxiToMaster;

namespace {

constexpr uint32_t kBase = 0x40000000u;
constexpr size_t kSize = 1 << 16;
int passed, failed;

void expect(bool ok, const char *what) {
    if (ok) {
        passed++;
    } else {
        failed++;
        printf("FAIL axi_mem: %s (rerun: build/test/axi_mem_test)\n", what);
    }
}

AxiFromMaster idle() {
    AxiFromMaster m{};
    m.arsize = m.awsize = 3;
    m.arburst = m.awburst = 1;
    m.rready = m.bready = true;
    return m;
}

// Master that reads `bursts` bursts of `beats` from consecutive addresses as fast as it is let.
struct ReadResult {
    uint64_t first_ar, first_beat, last_beat, beats;
    bool same;
};
ReadResult read_all(AxiMem &mem, const std::vector<uint8_t> &bytes, uint32_t bursts,
                    uint32_t beats) {
    ReadResult r{~0ull, ~0ull, 0, 0, true};
    AxiFromMaster m = idle();
    uint32_t sent = 0;
    m.arlen = beats - 1;
    for (int guard = 0; r.beats < uint64_t{bursts} * beats && guard < 2000000 && !mem.failed();
         guard++) {
        m.arvalid = sent < bursts;
        m.araddr = kBase + sent * beats * 8;
        const AxiToMaster in = mem.drive();
        uint64_t now = mem.cycles();
        if (in.rvalid) {
            r.first_beat = r.beats == 0 ? now : r.first_beat;
            r.last_beat = now;
            r.same = r.same && memcmp(&in.rdata, &bytes[r.beats * 8], 8) == 0 && in.rresp == 0 &&
                     in.rlast == ((r.beats + 1) % beats == 0);
            r.beats++;
        }
        mem.clock(m);
        if (m.arvalid && in.arready) {
            r.first_ar = sent == 0 ? now : r.first_ar;
            sent++;
        }
    }
    return r;
}

// Writes then reads back through the port; returns cycles taken, 0 when a byte differs.
uint64_t write_all(AxiMem &mem, std::vector<uint8_t> &bytes, uint32_t bursts, uint32_t beats,
                   bool read_too) {
    std::vector<uint8_t> want(bytes);
    AxiFromMaster m = idle();
    uint32_t sent = 0, data = 0, acks = 0, asked = 0, got = 0, total = bursts * beats;
    m.awlen = m.arlen = beats - 1;
    uint64_t begin = mem.cycles();
    for (int guard = 0;
         (acks < bursts || (read_too && got < total)) && guard < 2000000 && !mem.failed();
         guard++) {
        m.awvalid = sent < bursts;
        m.awaddr = kBase + sent * beats * 8;
        m.wvalid = data < total;
        m.wdata = 0x0101010101010101ull * (data & 0xff) ^ 0x8877665544332211ull;
        m.wstrb = static_cast<uint8_t>(data * 37 + 1);
        m.wlast = (data + 1) % beats == 0;
        m.arvalid = read_too && asked < bursts;
        m.araddr = kBase + kSize / 2 + asked * beats * 8;
        const AxiToMaster in = mem.drive();
        mem.clock(m);
        sent += m.awvalid && in.awready;
        asked += m.arvalid && in.arready;
        got += in.rvalid;
        acks += in.bvalid && in.bresp == 0;
        if (m.wvalid && in.wready) {
            for (int k = 0; k < 8; k++) {
                if ((m.wstrb >> k) & 1) {
                    want[data * 8 + k] = static_cast<uint8_t>(m.wdata >> (8 * k));
                }
            }
            data++;
        }
    }
    return bytes == want && !mem.failed() ? mem.cycles() - begin : 0;
}

// `first` is offered for as long as nothing accepts it, then `second`; the rule must be noticed
// within 64 cycles.
bool noticed(const std::function<void(AxiFromMaster &, int cycle)> &drive, const char *text,
             uint32_t stall = 0) {
    std::vector<uint8_t> bytes(kSize);
    AxiMemOptions o;
    o.stall_pct = stall;
    o.latency = 4;
    AxiMem mem(bytes.data(), kSize, o);
    for (int i = 0; i < 64; i++) {
        AxiFromMaster m = idle();
        drive(m, i);
        mem.clock(m);
    }
    return mem.failed() && mem.failure().find(text) != std::string::npos;
}

void fill(std::vector<uint8_t> &bytes) {
    uint32_t x = 12345;
    for (uint8_t &b : bytes) {
        x = x * 1664525u + 1013904223u;
        b = static_cast<uint8_t>(x >> 24);
    }
}

void timing() {
    std::vector<uint8_t> bytes(kSize);
    fill(bytes);
    for (uint32_t latency : {1u, 2u, 32u, 200u}) {
        AxiMemOptions o;
        o.latency = latency;
        AxiMem mem(bytes.data(), kSize, o);
        ReadResult r = read_all(mem, bytes, 256, 16);
        expect(r.same && r.beats == 4096, "read data, responses and rlast");
        expect(r.first_beat - r.first_ar == latency, "first beat comes `latency` cycles after AR");
        expect(r.last_beat - r.first_beat == 4095, "then one beat a cycle");
    }
    AxiMemOptions half;
    half.beats_per_1024 = 512;
    AxiMem slow(bytes.data(), kSize, half);
    ReadResult r = read_all(slow, bytes, 64, 16);
    expect(r.same && r.last_beat - r.first_beat >= 2040 && r.last_beat - r.first_beat <= 2048,
           "half the bandwidth");

    AxiMemOptions both;
    AxiMem full(bytes.data(), kSize, both);
    uint64_t separate = write_all(full, bytes, 64, 16, true);
    both.shared = true;
    AxiMem one(bytes.data(), kSize, both);
    uint64_t shared = write_all(one, bytes, 64, 16, true);
    expect(separate > 0 && separate < 1024 + 80, "reads and writes at the same time");
    expect(shared >= 2048 && shared < 2048 + 120, "a shared port carries one beat a cycle");
}

void stalls() {
    for (uint64_t seed = 1; seed <= 20; seed++) {
        std::vector<uint8_t> bytes(kSize);
        fill(bytes);
        AxiMemOptions o;
        o.latency = 1 + seed * 9;
        o.stall_pct = 10 + seed * 4;
        o.seed = seed * 0x123456789abcdefull;
        o.shared = seed & 1;
        AxiMem mem(bytes.data(), kSize, o);
        uint32_t beats = 1 + seed % 16, bursts = 512 / beats; // all below 4 KiB
        expect(write_all(mem, bytes, bursts, beats, true) > 0, "writes with random stalls");
        AxiMem again(bytes.data(), kSize, o);
        ReadResult r = read_all(again, bytes, bursts, beats);
        expect(r.same && r.beats == bursts * beats, "reads with random stalls");
    }
}

void errors() {
    std::vector<uint8_t> bytes(kSize), before;
    fill(bytes);
    before = bytes;
    AxiMemOptions o;
    o.latency = 2;
    o.fault_base = kBase + 512;
    o.fault_size = 8;
    AxiMem mem(bytes.data(), kSize, o);
    int seen[4] = {0, 0, 0, 0};
    const uint32_t at[4] = {kBase + kSize - 8, kBase + kSize, kBase - 8, kBase + 512};
    const uint8_t want[4] = {0, 3, 3, 2};
    for (int i = 0; i < 4; i++) {
        bool asked = false, addressed = false, sent = false;
        for (int c = 0; c < 20; c++) {
            AxiFromMaster m = idle();
            m.arvalid = !asked;
            m.awvalid = !addressed;
            m.wvalid = !sent && i > 0; // the first address is only read
            m.awvalid = m.awvalid && i > 0;
            m.araddr = m.awaddr = at[i];
            m.wdata = 0x5555;
            m.wstrb = 0xff;
            m.wlast = true;
            const AxiToMaster in = mem.drive();
            mem.clock(m);
            asked = asked || (m.arvalid && in.arready);
            addressed = addressed || (m.awvalid && in.awready);
            sent = sent || (m.wvalid && in.wready);
            seen[i] += in.rvalid && in.rresp == want[i] &&
                       (want[i] || memcmp(&in.rdata, &bytes[kSize - 8], 8) == 0);
            seen[i] += in.bvalid && in.bresp == want[i];
        }
    }
    expect(seen[0] == 1 && seen[1] == 2 && seen[2] == 2 && seen[3] == 2,
           "DECERR outside, SLVERR in the fault window");
    expect(bytes == before, "failing writes change nothing");
}

void rules() {
    auto ar = [](uint32_t addr, int len) {
        return [=](AxiFromMaster &m, int) {
            m.arvalid = true;
            m.araddr = addr;
            m.arlen = static_cast<uint8_t>(len);
        };
    };
    expect(noticed(ar(kBase + 4096 - 64, 8), "crosses 4 KiB"), "4 KiB crossing");
    expect(!noticed(ar(kBase + 4096 - 64, 7), ""), "a burst that ends at 4 KiB is legal");
    expect(noticed(ar(kBase, 16), "length"), "length");
    expect(noticed(ar(kBase + 4, 0), "aligned"), "alignment");
    auto size = [](AxiFromMaster &m, int) {
        m.arvalid = true, m.araddr = kBase, m.arlen = 1, m.arsize = 2;
    };
    expect(noticed(size, "size"), "narrow burst");
    auto burst = [](AxiFromMaster &m, int) { m.awvalid = true, m.awaddr = kBase, m.awburst = 2; };
    expect(noticed(burst, "INCR"), "burst type");
    auto drop = [](AxiFromMaster &m, int c) { m.arvalid = c % 2 == 0, m.araddr = kBase; };
    expect(noticed(drop, "AR changed", 80), "dropped arvalid");
    auto move = [](AxiFromMaster &m, int c) {
        m.awvalid = true, m.awaddr = kBase + 8u * static_cast<uint32_t>(c);
    };
    expect(noticed(move, "AW changed", 80), "changed awaddr");
    auto data = [](AxiFromMaster &m, int c) {
        m.awvalid = true, m.awaddr = kBase, m.wvalid = true, m.wlast = true,
        m.wdata = static_cast<uint64_t>(c);
    };
    expect(noticed(data, "W changed", 80), "changed wdata");
    auto last = [](AxiFromMaster &m, int) {
        m.awvalid = true, m.awaddr = kBase, m.awlen = 3, m.wvalid = true, m.wlast = true;
    };
    expect(noticed(last, "wlast"), "early wlast");
    auto strobe = [](AxiFromMaster &m, int) {
        m.awvalid = true, m.awaddr = kBase + 4, m.awsize = 2, m.wvalid = true, m.wlast = true,
        m.wstrb = 0xff;
    };
    expect(noticed(strobe, "strobes"), "strobes of a narrow write");
}

} // namespace

int main() {
    timing();
    stalls();
    errors();
    rules();
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
