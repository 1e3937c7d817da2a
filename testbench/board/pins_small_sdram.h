// soc_small_sdram, what the Colorlight i5 and the Tang Nano 20K share. The registers at the pins,
// one for what goes out and one for data that comes back, are the boards' and stand here; the
// part's clock is clk inverted, byte masks are tied low. SPDX-License-Identifier: Apache-2.0
#ifndef SYSTOLE_BOARD_PINS_H
#define SYSTOLE_BOARD_PINS_H

#include "sdram_part.h"

class Memory : public systole::SdramPart {
  public:
    Memory() : SdramPart({32, 11, 8}) {}
    void clock(Vtop &top) {
        top.sdram_dq_i = back_;
        back_ = SdramPart::clock(out_);
        out_.command = static_cast<unsigned>(top.sdram_cs_n << 3 | top.sdram_ras_n << 2 |
                                             top.sdram_cas_n << 1 | top.sdram_we_n);
        out_.ba = top.sdram_ba;
        out_.a = top.sdram_a;
        out_.dq = top.sdram_dq_o;
        out_.oe = top.sdram_dq_oe;
    }

  private:
    systole::SdramPins out_;
    uint32_t back_ = 0;
};
inline void idle(Vtop &top) {
    top.hold_n = 1;
}
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
