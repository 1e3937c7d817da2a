// Scratchpad against a plain array: random requests of all clients, grants checked against the
// priority rule, data two cycles after the grant. Compiled once for each N (-GN=...). Prints `N
// passed, N failed`. SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "Vdut.h"
#include "verilated.h"

#ifndef DUT_N
#define DUT_N 16
#endif
#ifndef DUT_BANKS
#define DUT_BANKS 8
#endif
static const int N = DUT_N, BANKS = DUT_BANKS, WORDS = 256, CYCLES = 200000;

static uint64_t state = 0x9e3779b97f4a7c15ull;
static uint32_t rnd() {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return uint32_t(state >> 16);
}

// A Verilator port of any width as bytes (little-endian host).
template <class T> static uint8_t *bytes(T &port) {
    return reinterpret_cast<uint8_t *>(&port);
}

struct Expect {
    bool valid;
    uint8_t data[32];
};

int main() {
    Vdut dut;
    std::vector<uint8_t> mem(WORDS * N);
    Expect pipe[7][2] = {};
    long checks = 0, failed = 0;
    // Fill every word first, so that nothing undefined is read.
    int fill = 0;
    dut.clk = 0, dut.rst_n = 0;
    for (int cycle = 0; cycle < CYCLES && failed < 10; cycle++) {
        dut.rst_n = 1;
        uint16_t ra[7], wa[2];
        uint8_t wd[2][32];
        uint32_t be[2];
        unsigned density = (cycle >> 8) & 3;
        dut.wr_req = fill < WORDS ? 1 : rnd() & 3;
        dut.rd_req = fill < WORDS
                         ? 0
                         : rnd() & 127 & (density == 0 ? 127u : rnd() | (density == 1 ? 64u : 0u));
        for (int c = 0; c < 7; c++)
            ra[c] = uint16_t(density == 3 ? rnd() % 16 : rnd());
        for (int c = 0; c < 2; c++) {
            wa[c] = uint16_t(fill < WORDS ? fill : rnd());
            be[c] = fill < WORDS ? 0xffffffffu >> (32 - N) : rnd() & (0xffffffffu >> (32 - N));
            for (int l = 0; l < N; l++)
                wd[c][l] = uint8_t(rnd());
        }
        if (fill < WORDS)
            fill++;
        // A read of the word that is written in the same cycle is undefined: keep them apart.
        unsigned req = dut.rd_req;
        for (int c = 0; c < 7; c++)
            for (int w = 0; w < 2; w++)
                if ((dut.wr_req >> w & 1) && ra[c] % WORDS == wa[w] % WORDS)
                    req &= ~(1u << c);
        dut.rd_req = uint8_t(req);
        memcpy(bytes(dut.rd_addr), ra, sizeof ra);
        memcpy(bytes(dut.wr_addr), wa, sizeof wa);
        uint64_t all_be = be[0] | uint64_t(be[1]) << N;
        memcpy(bytes(dut.wr_be), &all_be, N == 4 ? 1 : 2 * N / 8);
        for (int c = 0; c < 2; c++)
            memcpy(bytes(dut.wr_data) + c * N, wd[c], N);
        dut.eval();

        unsigned taken = 0, expect_gnt = 0;
        for (int c = 0; c < 7; c++)
            if ((req >> c & 1) && !(taken >> (ra[c] % BANKS) & 1))
                expect_gnt |= 1u << c, taken |= 1u << (ra[c] % BANKS);
        unsigned expect_wr = dut.wr_req;
        if (expect_wr == 3 && wa[0] % BANKS == wa[1] % BANKS)
            expect_wr = 1;
        checks += 2;
        if (dut.rd_gnt != expect_gnt || dut.wr_gnt != expect_wr) {
            printf("FAIL scratchpad N=%d cycle %d: grants %02x %x, expected %02x %x\n", N, cycle,
                   dut.rd_gnt, dut.wr_gnt, expect_gnt, expect_wr);
            failed++;
        }
        for (int c = 0; c < 7; c++) {
            Expect now = {(expect_gnt >> c & 1) != 0, {}};
            if (now.valid)
                memcpy(now.data, &mem[ra[c] % WORDS * N], N);
            if (pipe[c][0].valid) {
                checks++;
                if (memcmp(bytes(dut.rd_data) + c * N, pipe[c][0].data, N)) {
                    printf("FAIL scratchpad N=%d cycle %d: data of client %d\n", N, cycle, c);
                    failed++;
                }
            }
            pipe[c][0] = pipe[c][1];
            pipe[c][1] = now;
        }
        for (int w = 0; w < 2; w++)
            for (int l = 0; l < N; l++)
                if ((expect_wr >> w & 1) && (be[w] >> l & 1))
                    mem[wa[w] % WORDS * N + l] = wd[w][l];
        dut.clk = 1, dut.eval();
        dut.clk = 0, dut.eval();
    }
    printf("%ld passed, %ld failed\n", checks - failed, failed);
    return failed != 0;
}
