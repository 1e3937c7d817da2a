// Behavioural SPI NOR flash for cycle-based harnesses: commands 03h, 0Bh, B9h, ABh in mode 0;
// everything else is a broken rule.
//
// Synopsis
//   SpiFlash flash(rules);
//   flash.load(bytes, size);
//   each clock: copy flash.miso() to the design, settle it, flash.clock(cs_n, clk, mosi) with its
//   pins, rising edge. if (flash.failed()) report(flash.failure());
//
// Contract: borrows `bytes`; beyond them, up to 16 MiB, the flash is erased (FFh). It starts
// powered down, as an iCE40 leaves it, and is awake `wake` clocks after ABh. A data bit is on
// miso() from one clock after the falling edge was seen until the next one; at any other time
// miso() is random. Broken rules, of which the text of the first is kept: an unknown command, one
// while powered down or not yet awake (ABh excepted), less than `deselect` clocks between two, an
// SPI clock shorter than `half` clocks low or high, chip select moving while the clock is high, a
// command cut off before its last address bit. SPDX-License-Identifier: Apache-2.0
#ifndef SYSTOLE_SPI_FLASH_H
#define SYSTOLE_SPI_FLASH_H

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

namespace systole {

struct SpiFlashRules {
    unsigned wake = 1750;  // 35 us at 50 MHz
    unsigned deselect = 5; // 100 ns at 50 MHz
    unsigned half = 1;
};

class SpiFlash {
  public:
    explicit SpiFlash(const SpiFlashRules &rules) : rules_(rules) {}

    void load(const uint8_t *bytes, size_t size) {
        bytes_ = bytes;
        size_ = size;
    }
    bool miso() const {
        return miso_;
    }
    bool failed() const {
        return !failure_.empty();
    }
    const std::string &failure() const {
        return failure_;
    }
    uint64_t clocks() const { // of SPI
        return edges_;
    }
    uint64_t commands() const { // reads begun
        return reads_;
    }

    void clock(bool cs_n, bool clk, bool mosi) {
        now_++;
        noise_ = noise_ * 6364136223846793005ull + 1442695040888963407ull;
        if (cs_n != cs_n_) {
            select(cs_n, clk);
        } else if (!cs_n && clk != clk_) {
            if (now_ - changed_ < rules_.half) {
                fail("SPI clock too fast");
            }
            clk ? rise(mosi) : fall();
            changed_ = now_;
        }
        cs_n_ = cs_n;
        clk_ = clk;
        miso_ = driven_ ? bit_ : noise_ >> 63;
    }

  private:
    void select(bool cs_n, bool clk) {
        if (clk) {
            fail("chip select moves while the clock is high");
        }
        if (cs_n) {
            if (bits_ < 8 || (command_ != 0xab && command_ != 0xb9 && bits_ < 32)) {
                fail("command cut off");
            }
            if (command_ == 0xab) {
                down_ = false;
                awake_ = now_ + rules_.wake;
            }
            down_ = down_ || command_ == 0xb9;
        } else if (now_ - deselected_ < rules_.deselect) {
            fail("deselected too short");
        }
        deselected_ = cs_n ? now_ : deselected_;
        changed_ = now_;
        bits_ = 0;
        driven_ = false;
    }
    void rise(bool mosi) {
        edges_++;
        if (bits_ < 8) {
            command_ = static_cast<uint8_t>(command_ << 1 | mosi);
        } else if (bits_ < 32) {
            address_ = (address_ << 1 | mosi) & 0xffffff;
        }
        bits_ += bits_ < 64;
        if (bits_ == 8) {
            bool read = command_ == 0x03 || command_ == 0x0b;
            if (!read && command_ != 0xab && command_ != 0xb9) {
                fail("unknown command");
            } else if (command_ != 0xab && (down_ || now_ < awake_)) {
                fail("command while powered down");
            }
            left_ = 0;
            reads_ += read;
        }
    }
    void fall() {
        unsigned first = command_ == 0x0b ? 40 : 32;
        driven_ = (command_ == 0x03 || command_ == 0x0b) && bits_ >= first;
        if (driven_ && left_ == 0) {
            byte_ = address_ < size_ ? bytes_[address_] : 0xff;
            address_ = (address_ + 1) & 0xffffff;
            left_ = 8;
        }
        if (driven_) {
            bit_ = byte_ >> --left_ & 1;
        }
    }
    void fail(const char *what) {
        if (failure_.empty()) {
            char text[96];
            snprintf(text, sizeof text, "SPI flash: %s (command %02x, clock %llu)", what, command_,
                     static_cast<unsigned long long>(now_));
            failure_ = text;
        }
    }

    SpiFlashRules rules_;
    const uint8_t *bytes_ = nullptr;
    size_t size_ = 0;
    bool cs_n_ = true, clk_ = false, miso_ = false, bit_ = false, driven_ = false, down_ = true;
    uint8_t command_ = 0, byte_ = 0;
    unsigned bits_ = 0, left_ = 0; // of the command so far; of the byte still to show
    uint32_t address_ = 0;
    uint64_t now_ = 1000, changed_ = 0, deselected_ = 0, awake_ = 0, edges_ = 0, reads_ = 0,
             noise_ = 1;
    std::string failure_;
};

} // namespace systole

#endif
