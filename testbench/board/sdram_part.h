// A single-data-rate SDRAM of four banks, clock by clock: what a board's controller talks to.
//
// clock() once a clock of the part, with what its pins see at that edge; returns what it drives
// until the next edge. Keeps the rules of order (rows open and closed where they must be, mode
// register set, nobody drives against the part); the times are kept by testbench/sdram, in ns.
// SPDX-License-Identifier: Apache-2.0
#ifndef SYSTOLE_SDRAM_PART_H
#define SYSTOLE_SDRAM_PART_H

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace systole {

struct SdramShape {
    unsigned data_bits, row_bits, column_bits; // 16 or 32 pins; a bank is 2^row_bits rows
};

struct SdramPins {
    unsigned command = 7; // cs_n, ras_n, cas_n, we_n
    unsigned ba = 0, a = 0;
    unsigned dqm = 0; // a bit a byte
    uint32_t dq = 0;
    bool oe = false; // the controller drives dq
};

// CAS latency 2, bursts of a beat of 64 bits: what soc_sdram is told on every board.
class SdramPart {
  public:
    explicit SdramPart(const SdramShape &shape)
        : shape_(shape), words_(size_t{4} << (shape.row_bits + shape.column_bits), 0xdeadbeef) {}
    bool failed() const {
        return !failure_.empty();
    }
    const std::string &failure() const {
        return failure_;
    }

    uint32_t clock(const SdramPins &p) {
        if (out_[0].on && p.oe) {
            fail("controller and part drive data");
        }
        for (size_t i = 0; i + 1 < out_.size(); i++) {
            out_[i] = out_[i + 1];
        }
        out_.back() = Word{};
        if (write_left_ > 0) {
            put(p);
        }
        act(p);
        if (out_[0].on && dqm_ != 0) { // the mask of two edges before the one that takes the word
            fail("a byte mask while data is read");
        }
        dqm_ = p.dqm;
        return out_[0].data;
    }

  protected:
    void fail(const char *what) {
        if (failure_.empty()) {
            failure_ = std::string("SDRAM: ") + what;
        }
    }

  private:
    static constexpr unsigned kCas = 2;
    struct Word {
        uint32_t data = 0xbad0bad0;
        bool on = false;
    };

    void put(const SdramPins &p) {
        if (!p.oe) {
            fail("no data for a write");
        }
        uint32_t &word = words_[write_at_++];
        for (unsigned byte = 0; byte < shape_.data_bits / 8; byte++) {
            if ((p.dqm >> byte & 1) == 0) {
                const uint32_t mask = uint32_t{0xff} << (8 * byte);
                word = (word & ~mask) | (p.dq & mask);
            }
        }
        write_left_--;
    }
    size_t column(const SdramPins &p) {
        const size_t columns = size_t{1} << shape_.column_bits;
        const size_t row = row_[p.ba] < 0 ? 0 : static_cast<size_t>(row_[p.ba]);
        if (row_[p.ba] < 0) {
            fail("column command to a closed bank");
        }
        if (write_left_ > 0 || out_[kCas - 1].on) {
            fail("a burst cut off");
        }
        if ((p.a & (columns - 1)) + burst_ > columns) {
            fail("a burst over the end of its row");
            return 0;
        }
        return (row << 2 | p.ba) * columns + (p.a & (columns - 1));
    }
    void act(const SdramPins &p) {
        if (burst_ == 0 && p.command != 7 && p.command != 2 && p.command != 1 && p.command != 0) {
            fail("a command before the mode register is set");
            return;
        }
        switch (p.command) {
        case 7:
            break;
        case 3: // activate
            if (row_[p.ba] >= 0) {
                fail("activate of an open bank");
            }
            row_[p.ba] = static_cast<int>(p.a & ((1u << shape_.row_bits) - 1));
            break;
        case 5: { // read: the first word is driven kCas - 1 edges from here
            const size_t at = column(p);
            for (unsigned i = 0; i < burst_; i++) {
                out_[kCas - 1 + i] = {words_[at + i], true};
            }
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
            if ((p.a >> 4 & 7) != kCas || burst_ != 64 / shape_.data_bits) {
                fail("mode register: not CAS 2 and bursts of 64 bits");
                burst_ = 1;
            }
            break;
        default:
            fail("unknown command");
        }
    }

    SdramShape shape_;
    std::vector<uint32_t> words_;
    std::array<int, 4> row_{-1, -1, -1, -1};
    std::array<Word, 8> out_{}; // [0]: driven until the next edge
    unsigned burst_ = 0, write_left_ = 0, dqm_ = 0;
    size_t write_at_ = 0;
    std::string failure_;
};

} // namespace systole
#endif
