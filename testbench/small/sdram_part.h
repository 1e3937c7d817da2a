// An SDRAM of 4 banks x 2,048 rows x 256 words of 32 bits behind the pin registers of a board,
// clock by clock: one register for what goes out, one for data that comes back, the part's clock
// inverted. Byte masks tied low, as boards do.
//
// clock() once a clock, with what the controller drives in it; returns the data that it sees in it.
// Keeps the rules of order (rows open and closed where they must be, mode register set, nobody
// drives against the part); the times are kept by testbench/sdram, in ns. SPDX-License-Identifier:
// Apache-2.0
#ifndef SYSTOLE_SDRAM_PART_H
#define SYSTOLE_SDRAM_PART_H

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace systole {

struct SdramPins {
    unsigned command = 7; // cs_n, ras_n, cas_n, we_n
    unsigned ba = 0, a = 0;
    uint32_t dq = 0;
    bool oe = false;
};

class SdramPart {
  public:
    SdramPart() : words_(size_t{1} << 21, 0xdeadbeef) {}
    bool failed() const {
        return !failure_.empty();
    }
    const std::string &failure() const {
        return failure_;
    }
    unsigned long long reads() const {
        return reads_;
    }

    uint32_t clock(const SdramPins &now) {
        const SdramPins p = pins_; // what the pins' registers hold in this clock
        pins_ = now;
        const uint32_t seen = out_[0];
        const bool driven = out_on_[0];
        shift();
        if (driven && p.oe) {
            fail("controller and part drive data");
        }
        if (write_left_ > 0) {
            put(p);
        }
        act(p);
        return seen;
    }

  private:
    static constexpr unsigned kCas = 2;

    void fail(const char *what) {
        if (failure_.empty()) {
            failure_ = std::string("SDRAM: ") + what;
        }
    }
    void shift() {
        for (size_t i = 0; i + 1 < out_.size(); i++) {
            out_[i] = out_[i + 1];
            out_on_[i] = out_on_[i + 1];
        }
        out_.back() = 0xbad0bad0;
        out_on_.back() = false;
    }
    void put(const SdramPins &p) {
        if (!p.oe) {
            fail("no data for a write");
        }
        words_[write_at_++] = p.dq;
        write_left_--;
    }
    size_t column(const SdramPins &p) {
        if (row_[p.ba] < 0) {
            fail("column command to a closed bank");
        }
        return (static_cast<size_t>(row_[p.ba]) << 10 | p.ba << 8 | (p.a & 0xff)) & 0x1fffff;
    }
    void act(const SdramPins &p) {
        if (burst_ == 0 && p.command != 7 && p.command != 2 && p.command != 1 && p.command != 0) {
            fail("a command before the mode register is set");
        }
        switch (p.command) {
        case 7:
            break;
        case 3: // activate
            if (row_[p.ba] >= 0) {
                fail("activate of an open bank");
            }
            row_[p.ba] = static_cast<int>(p.a & 0x7ff);
            break;
        case 5: { // read: the first word is in the register of the way back kCas clocks from here
            const size_t at = column(p);
            for (unsigned i = 0; i < burst_; i++) {
                out_[kCas - 1 + i] = words_[at + i];
                out_on_[kCas - 1 + i] = true;
            }
            reads_++;
            break;
        }
        case 4: // write
            write_at_ = column(p);
            write_left_ = burst_;
            put(p);
            break;
        case 2: // precharge
            for (unsigned b = 0; b < 4; b++) {
                if ((p.a >> 10 & 1) != 0 || b == p.ba) {
                    row_[b] = -1;
                }
            }
            break;
        case 1: // refresh
            for (int row : row_) {
                if (row >= 0) {
                    fail("refresh with an open bank");
                }
            }
            break;
        case 0: // mode register
            burst_ = 1u << (p.a & 7);
            if ((p.a >> 4 & 7) != kCas || burst_ != 2) {
                fail("mode register: not CAS 2 and bursts of 2");
            }
            break;
        default:
            fail("unknown command");
        }
    }

    std::vector<uint32_t> words_;
    std::array<int, 4> row_{-1, -1, -1, -1};
    std::array<uint32_t, 8> out_{};
    std::array<bool, 8> out_on_{};
    SdramPins pins_;
    unsigned burst_ = 0, write_left_ = 0;
    size_t write_at_ = 0;
    unsigned long long reads_ = 0;
    std::string failure_;
};

} // namespace systole
#endif
