// The ULX3S' top, registers at its pins included (ulx3s_bench.v): an SDRAM of 32 MiB on its pins, whose clock is
// the pin that the top drives; the flash's clock is what the top gives to USRMCLK.
// SPDX-License-Identifier: Apache-2.0
#ifndef SYSTOLE_BOARD_PINS_H
#define SYSTOLE_BOARD_PINS_H

#include "sdram_part.h"

class Memory : public systole::SdramPart {
  public:
    Memory() : SdramPart({16, 13, 9}) {}
    // After the falling edge of the clock, which must be the rising one of the part's.
    void clock(Vtop &top) {
        if (!top.sdram_clk) {
            fail("its clock does not rise with the falling edge");
        }
        systole::SdramPins p;
        p.command = static_cast<unsigned>(top.sdram_csn << 3 | top.sdram_rasn << 2 |
                                          top.sdram_casn << 1 | top.sdram_wen);
        p.ba = top.sdram_ba;
        p.a = top.sdram_a;
        p.dqm = top.sdram_dqm;
        p.dq = top.sdram_dq_o;
        p.oe = top.sdram_dq_oe;
        top.sdram_dq_i = static_cast<SData>(SdramPart::clock(p));
    }
};
inline void idle(Vtop &top) {
    top.fire1 = 0;
}
inline CData &clock_of(Vtop &top) {
    return top.clk_25mhz;
}
inline CData &rx_of(Vtop &top) {
    return top.ftdi_txd;
}
inline bool tx_of(Vtop &top) {
    return top.ftdi_rxd;
}
inline void clock(systole::SpiFlash &flash, Vtop &top) {
    flash.clock(top.flash_csn, top.flash_clk, top.flash_mosi);
}

#endif
