// The iCEBreaker's top: all its memory is inside. Reset ends by itself.
// SPDX-License-Identifier: Apache-2.0
#ifndef SYSTOLE_BOARD_PINS_H
#define SYSTOLE_BOARD_PINS_H

struct Memory {
    bool failed() const {
        return false;
    }
    std::string failure() const {
        return {};
    }
    void clock(Vtop &) {}
};
inline void idle(Vtop &top) {
    top.btn_n = 1;
}
inline CData &clock_of(Vtop &top) {
    return top.clk_12mhz;
}
inline CData &rx_of(Vtop &top) {
    return top.rx;
}
inline bool tx_of(Vtop &top) {
    return top.tx;
}
inline void clock(systole::SpiFlash &flash, Vtop &top) {
    flash.clock(top.flash_csn, top.flash_sck, top.flash_mosi);
}

#endif
