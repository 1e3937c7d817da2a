// A board with an SDRAM, its top with all registers at the pins (bench_BOARD.v): the part, of shape
// BOARD_SDRAM, is on the pins, its clock the one that the top drives.
// SPDX-License-Identifier: Apache-2.0
#ifndef SYSTOLE_BOARD_PINS_H
#define SYSTOLE_BOARD_PINS_H

#include "sdram_part.h"

class Memory : public systole::SdramPart {
  public:
    Memory() : SdramPart(BOARD_SDRAM) {}
    // After the falling edge of the clock, which must be the rising one of the part's.
    void clock(Vtop &top) {
        if (!top.sdram_clk) {
            fail("its clock does not rise with the falling edge");
        }
        systole::SdramPins p;
        p.command = static_cast<unsigned>(top.sdram_cs_n << 3 | top.sdram_ras_n << 2 |
                                          top.sdram_cas_n << 1 | top.sdram_we_n);
        p.ba = top.sdram_ba;
        p.a = top.sdram_a;
        p.dqm = top.sdram_dqm;
        p.dq = top.sdram_dq_o;
        p.oe = top.sdram_dq_oe;
        top.sdram_dq_i = SdramPart::clock(p);
    }
};
inline void idle(Vtop &) {}
inline CData &clock_of(Vtop &top) {
    return top.clk;
}
inline CData &rx_of(Vtop &top) {
    return top.uart_rx;
}
inline bool tx_of(Vtop &top) {
    return top.uart_tx;
}
inline void clock(systole::SpiFlash &flash, Vtop &top) {
    flash.clock(top.flash_cs_n, top.flash_clk, top.flash_mosi);
}

#endif
