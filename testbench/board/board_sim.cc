// A board's system in simulation, from power-up: a flash on its pins, an SDRAM where the board has
// one, a terminal on its UART. BOARD_PINS is the header that says what its top calls them.
//
// Synopsis: board_sim IMAGE OFFSET [CYCLES]
//   IMAGE: bytes of the flash from OFFSET on. Prints what the UART sends; ends with the line
//   "SYSTOLE DONE ..." or "SYSTOLE ERROR ...". The last line says cycles and speed, on stderr.
// Exit status: 0 after DONE, 1 after ERROR, after CYCLES (100 M) and when a rule of the flash
// or of the SDRAM was broken.
//
// Registers and memories start random; the PLL's output is the clock of the pin.
// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "Vtop.h"
#include "spi_flash.h"
#include "verilated.h"

#include BOARD_PINS

namespace {

constexpr unsigned kUartClocks = BOARD_UART_CLOCKS;
constexpr unsigned kPowerUp = 4; // clocks until the reset is in every register

// 8N1, sampled in the middle of each bit. A start bit that is over by its middle is none: registers
// of an iCE40 come up as zero, so the line is low until the reset.
class UartReceiver {
  public:
    // The byte that this clock completed, or -1.
    int clock(bool tx) {
        if (left_ == 0) {
            if (!tx) {
                left_ = 10;
                count_ = kUartClocks / 2;
            }
            return -1;
        }
        if (--count_ > 0) {
            return -1;
        }
        count_ = kUartClocks;
        if (left_ == 10 && tx) {
            left_ = 0;
            return -1;
        }
        if (--left_ == 0) {
            return byte_;
        }
        byte_ = (byte_ >> 1 | (tx ? 0x80 : 0)) & 0xff;
        return -1;
    }

  private:
    unsigned left_ = 0, count_ = 0;
    int byte_ = 0;
};

int fail(const std::string &text) {
    std::fprintf(stderr, "board_sim: %s\n", text.c_str());
    return 1;
}

} // namespace

int main(int argc, char **argv) {
    if (argc < 3) {
        return fail("usage: board_sim IMAGE OFFSET [CYCLES]");
    }
    std::ifstream in(argv[1], std::ios::binary);
    std::vector<uint8_t> bytes(std::strtoul(argv[2], nullptr, 0), 0xff);
    if (!in) {
        return fail(std::string("cannot read ") + argv[1]);
    }
    bytes.insert(bytes.end(), std::istreambuf_iterator<char>(in), {});
    const unsigned long long limit = argc > 3 ? std::strtoull(argv[3], nullptr, 0) : 100000000;

    systole::SpiFlashRules rules; // of the part at BOARD_CLK_HZ
    rules.wake = 35 * (BOARD_CLK_HZ / 1000000);
    rules.deselect = (BOARD_CLK_HZ / 1000000 + 9) / 10;
    systole::SpiFlash flash(rules);
    flash.load(bytes.data(), bytes.size());

    VerilatedContext context;
    context.randSeed(0x5eed1234);
    context.randReset(2);
    auto top = std::make_unique<Vtop>(&context);
    idle(*top);
    rx_of(*top) = 1;
    Memory memory;
    UartReceiver uart;
    std::string line;
    int status = -1;
    unsigned long long cycle = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (; cycle < limit && status < 0; cycle++) {
        top->flash_miso = flash.miso();
        clock_of(*top) = 0;
        top->eval();
        if (cycle >=
            kPowerUp) { // registers come up as zero: selected, until reset, without a clock
            clock(flash, *top);
            memory.clock(*top);
        }
        const int byte = uart.clock(tx_of(*top));
        clock_of(*top) = 1;
        top->eval();
        if (flash.failed() || memory.failed()) {
            return fail("cycle " + std::to_string(cycle) + ": " +
                        (flash.failed() ? flash.failure() : memory.failure()));
        }
        if (byte >= 0) {
            std::putchar(byte);
            line += static_cast<char>(byte);
            if (byte == '\n') {
                std::fflush(stdout);
                status = line.rfind("SYSTOLE DONE", 0) == 0    ? 0
                         : line.rfind("SYSTOLE ERROR", 0) == 0 ? 1
                                                               : -1;
                line.clear();
            }
        }
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::fprintf(stderr, "%llu cycles, %.0f a second, %llu flash reads\n", cycle,
                 cycle / took.count(), static_cast<unsigned long long>(flash.commands()));
    return status < 0 ? fail("no end after " + std::to_string(cycle) + " cycles") : status;
}
