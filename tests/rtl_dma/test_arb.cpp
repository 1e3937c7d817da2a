// Read arbiter of fetch and load: two clients with random requests, a bus that answers in order
// with the address as data. Every client must see exactly its own beats in its own order; the bus's
// rules hold. Prints `N passed, N failed`. SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>

#include "Vdut.h"
#include "verilated.h"

static uint64_t rnd_state = 0x9e3779b97f4a7c15ull;
static uint32_t rnd() {
    rnd_state ^= rnd_state << 13, rnd_state ^= rnd_state >> 7, rnd_state ^= rnd_state << 17;
    return uint32_t(rnd_state >> 16);
}
static bool chance(uint32_t percent) {
    return rnd() % 100 < percent;
}

struct Burst {
    uint32_t addr, left;
};

int main() {
    Vdut dut;
    long passed = 0, failed = 0;
    auto check = [&](bool ok, const char *what, long cycle) {
        if (ok)
            passed++;
        else if (failed++ < 10)
            printf("FAIL arb cycle %ld: %s\n", cycle, what);
    };
    std::deque<Burst> wanted[2], bus;
    Burst asking[2] = {};
    bool asks[2] = {}, held = false, r_held = false;
    uint32_t addr = 0, len = 0;
    long beats[2] = {};
    dut.clk = 0, dut.rst_n = 0, dut.eval(), dut.clk = 1, dut.eval(), dut.clk = 0, dut.eval();
    dut.rst_n = 1;
    for (long cycle = 0; cycle < 200000 && failed < 10; cycle++) {
        uint32_t load = (cycle >> 10) % 4 * 30 + 10;
        for (int c = 0; c < 2; c++)
            if (!asks[c] && chance(c ? load : load / 3))
                asks[c] = true, asking[c] = {rnd() & ~7u, rnd() % 16 + 1};
        dut.c0_ar_valid = asks[0], dut.c0_ar_addr = asking[0].addr,
        dut.c0_ar_len = uint8_t(asking[0].left - 1);
        dut.c1_ar_valid = asks[1], dut.c1_ar_addr = asking[1].addr,
        dut.c1_ar_len = uint8_t(asking[1].left - 1);
        dut.c0_r_ready = chance(80), dut.c1_r_ready = chance(load);
        dut.m_axi_arready = chance(load);
        dut.m_axi_rvalid = !bus.empty() && (r_held || chance(70));
        if (!bus.empty())
            dut.m_axi_rdata = bus[0].addr, dut.m_axi_rlast = bus[0].left == 1;
        dut.m_axi_rresp = bus.empty() ? 0 : bus[0].addr >> 3 & 3;
        dut.eval();
        if (held)
            check(dut.m_axi_arvalid && dut.m_axi_araddr == addr && dut.m_axi_arlen == len,
                  "AR changed", cycle);
        held = dut.m_axi_arvalid && !dut.m_axi_arready, addr = dut.m_axi_araddr,
        len = dut.m_axi_arlen;
        check(!(dut.c0_r_valid && dut.c1_r_valid), "both clients are given a beat", cycle);
        check(!(asks[0] && dut.c1_ar_ready), "fetch is not first", cycle);
        bool moved[2] = {dut.c0_r_valid && dut.c0_r_ready, dut.c1_r_valid && dut.c1_r_ready};
        check((dut.m_axi_rvalid && dut.m_axi_rready) == (moved[0] || moved[1]),
              "bus and client disagree", cycle);
        if (dut.m_axi_arvalid && dut.m_axi_arready)
            bus.push_back({addr, len + 1});
        for (int c = 0; c < 2; c++) {
            if (asks[c] && (c ? dut.c1_ar_ready : dut.c0_ar_ready))
                wanted[c].push_back(asking[c]), asks[c] = false;
            if (!moved[c])
                continue;
            bool mine = !wanted[c].empty() && wanted[c][0].addr == dut.r_data &&
                        (wanted[c][0].left == 1) == dut.r_last &&
                        dut.r_resp == (dut.r_data >> 3 & 3);
            check(mine, "beat for another", cycle);
            beats[c]++;
            if (mine) {
                wanted[c][0].addr += 8;
                if (--wanted[c][0].left == 0)
                    wanted[c].pop_front();
            }
        }
        if (moved[0] || moved[1]) {
            bus[0].addr += 8;
            if (--bus[0].left == 0)
                bus.pop_front();
        }
        check(wanted[0].size() + wanted[1].size() <= 10, "too many bursts under way", cycle);
        r_held = dut.m_axi_rvalid && !dut.m_axi_rready;
        dut.clk = 1, dut.eval();
        dut.clk = 0, dut.eval();
    }
    check(beats[0] > 1000 && beats[1] > 1000, "a client starves", 0);
    printf("%ld passed, %ld failed\n", passed, failed);
    return failed != 0;
}
