// What the DMA benches share: random numbers, regions, counted checks.
// SPDX-License-Identifier: Apache-2.0
#ifndef RTL_DMA_BENCH_H
#define RTL_DMA_BENCH_H
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <vector>

#include "Vdut.h"
#include "npu_spec.h"
#include "verilated.h"

#ifndef DUT_N
#define DUT_N 16
#endif
static const int N = DUT_N;
static const uint32_t LANES = 0xffffffffu >> (32 - DUT_N);

static uint64_t rnd_state = 0x9e3779b97f4a7c15ull;
static inline uint32_t rnd() {
    rnd_state ^= rnd_state << 13, rnd_state ^= rnd_state >> 7, rnd_state ^= rnd_state << 17;
    return uint32_t(rnd_state >> 16);
}
static inline uint32_t below(uint32_t n) {
    return rnd() % n;
}
static inline uint32_t between(uint32_t a, uint32_t b) {
    return a + rnd() % (b - a + 1);
}
static inline bool chance(uint32_t percent) {
    return below(100) < percent;
}

// A Verilator port of any width as bytes (little-endian host).
template <class T> static inline uint8_t *bytes(T &port) {
    return reinterpret_cast<uint8_t *>(&port);
}

static long passed = 0, failed = 0;
static const char *now = ""; // what is being tested, for messages
static bool check(bool ok, const char *format, ...) {
    if (ok) {
        passed++;
        return true;
    }
    failed++;
    va_list args;
    va_start(args, format);
    printf("FAIL N=%d %s: ", N, now);
    vprintf(format, args);
    printf("\n");
    va_end(args);
    if (failed > 20) {
        printf("%ld passed, %ld failed\n", passed, failed);
        exit(1);
    }
    return false;
}

// Bus memory and its four regions. Region 3 permits nothing; region 1 starts just below a 4 KiB
// border.
static const uint32_t MEM_BYTES = 1 << 20;
static std::vector<uint8_t> memory(MEM_BYTES);
static const uint32_t region_base[4] = {0x00000, 0x40ff8, 0x80000, 0xc0000};
static const uint32_t region_size[4] = {0x40000, 0x3f003, 0x3fffd, 0x10000};
static const uint32_t region_flags[4] = {3, 3, 3, 0};

struct Command {
    uint32_t words[16];
    uint16_t index;
};

/* Command `head` of the list to the port, if there is one: as the next one (fill) in a cycle, then
 * there while `offered`. `shown`: the command that stands there, SIZE_MAX at first. */
static inline void show_command(Vdut &dut, const std::vector<Command> &list, size_t head,
                                bool offered, size_t &shown) {
    bool more = head < list.size();
    dut.cmd_fill = more && shown != head;
    dut.cmd_valid = more && shown == head && offered;
    if (dut.cmd_fill) {
        memcpy(bytes(dut.cmd_next), list[head].words, 64);
        shown = head;
    } else if (more) {
        memcpy(bytes(dut.cmd_data), list[head].words, 64);
        dut.cmd_index = list[head].index;
    }
}

static void set_regions(Vdut &dut, uint32_t flags_mask) {
    memcpy(bytes(dut.reg_base), region_base, 16);
    memcpy(bytes(dut.reg_size), region_size, 16);
    dut.reg_flags = 0;
    for (int r = 0; r < 4; r++)
        dut.reg_flags |= (region_flags[r] & flags_mask) << (2 * r);
}
#endif
