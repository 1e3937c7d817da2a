// Random reads through soc_flash from the flash model that checks its rules
// (testbench/soc/spi_flash.h).
//
// Synopsis: Vflash SEED HALF
//   HALF: clocks that the model wants of half an SPI clock. Last line: PASS and what it cost, or
//   FAIL why. tests/soc/flash.sh builds it with the parameters to try.
// SPDX-License-Identifier: Apache-2.0
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "Vflash.h"
#include "spi_flash.h"
#include "verilated.h"

namespace {

constexpr uint32_t kSize = 1 << 16;
constexpr int kRuns = 300;

uint64_t rng;
uint32_t random_below(uint32_t n) {
    rng = rng * 6364136223846793005ull + 1442695040888963407ull;
    return static_cast<uint32_t>((rng >> 33) % n);
}

} // namespace

int main(int argc, char **argv) {
    rng = argc > 1 ? strtoull(argv[1], nullptr, 0) : 1;
    std::vector<uint8_t> bytes(kSize);
    for (uint8_t &b : bytes) {
        b = static_cast<uint8_t>(random_below(256));
    }
    systole::SpiFlashRules rules;
    rules.half = argc > 2 ? static_cast<unsigned>(atoi(argv[2])) : 1;
    systole::SpiFlash flash(rules);
    flash.load(bytes.data(), bytes.size());
    Vflash t;
    uint64_t words = 0, clocks = 0, commands = 0, busy = 0;
    bool was_stb = false;
    auto step = [&] {
        t.flash_miso = flash.miso();
        t.clk = 0;
        t.eval();
        if (t.rst_n) {
            flash.clock(t.flash_cs_n, t.flash_clk, t.flash_mosi);
        }
        bool ack = t.ack;
        if (ack && !was_stb) {
            printf("FAIL ack without a request\n");
            exit(1);
        }
        was_stb = t.stb;
        t.clk = 1;
        t.eval();
        return ack;
    };
    t.rst_n = 0;
    t.stb = 0;
    for (int i = 0; i < 4; i++) {
        step();
    }
    t.rst_n = 1;
    for (int run = 0; run < kRuns; run++) {
        // Now and then over the end of what is written, and of the flash itself.
        uint32_t at = 4 * random_below(kSize / 4 + 8), n = 1 + random_below(20);
        at = random_below(20) == 0 ? 0xfffff0 : at;
        commands++;
        for (uint32_t i = 0; i < n; i++, at = (at + 4) & 0xffffff) {
            uint32_t want = 0;
            for (uint32_t k = 0; k < 4; k++) {
                want |= (at + k < kSize ? bytes[at + k] : 0xffu) << 8 * k;
            }
            for (uint32_t idle = random_below(4) == 0 ? random_below(200) : 0; idle > 0; idle--) {
                step();
            }
            t.stb = 1;
            t.addr = at;
            uint64_t waited = 0, before = flash.clocks();
            while (!step() && waited < 20000) {
                waited++;
            }
            t.stb = 0;
            if (flash.failed() || waited == 20000 || t.rdat != want) {
                printf("FAIL address %06x, word %u of a run: %s %08x, want %08x\n", at, i,
                       flash.failed() ? flash.failure().c_str() : "got", t.rdat, want);
                return 1;
            }
            words++;
            clocks += flash.clocks() - before;
            busy = waited > busy ? waited : busy;
        }
    }
    // Runs that go on where the last one ended need no command; the words read ahead count as well.
    if (flash.commands() > commands + 1 ||
        flash.clocks() > (words + commands + 1) * 32 + commands * 40 + 16) {
        printf("FAIL %" PRIu64 " commands and %" PRIu64 " SPI clocks for %" PRIu64
               " words in %" PRIu64 " runs\n",
               flash.commands(), flash.clocks(), words, commands);
        return 1;
    }
    printf("PASS %" PRIu64 " words in %" PRIu64 " runs, %" PRIu64 " SPI clocks\n", words, commands,
           flash.clocks());
    return 0;
}
