// About
//   AXI4 memory model for cycle-based simulators: 64-bit data, 32-bit addresses, INCR bursts, no
//   IDs, in order. It knows no simulator type: the harness copies a struct of signals in and out
//   once per cycle.
//
// Synopsis
//   AxiMem mem(bytes, size, options);
//   for (;;) {
//       const AxiToMaster &in = mem.drive();   // stable for the whole cycle, never depends on this
//       cycle's master signals
//       ... copy `in` to the design, settle it, sample its outputs into an AxiFromMaster `out` ...
//       mem.clock(out);                        // the rising edge that ends the cycle
//   }
//   if (mem.failed()) report(mem.failure());
//
// Contract
//   Latency L >= 1: a burst whose AR was accepted in cycle t has its first beat on R in cycle t+L,
//   then one beat a cycle; up to max_outstanding bursts overlap. B follows the last write beat by L
//   cycles. The model takes every freedom that AXI gives against the master: read data is sampled
//   when AR is accepted, written bytes become visible only when B is offered, write data is
//   accepted only after its address. Beats outside [base, base+size) answer DECERR, beats inside
//   the fault window SLVERR; both leave memory unchanged. A broken bus rule (4 KiB crossing,
//   length, size, unstable valid or payload, wlast, strobes of narrow transfers) is kept as text of
//   the first one: failed() stays true, and nothing is accepted or offered any more.
//
// Counterpart: testbench/icarus/axi_mem.v (4-state).
// SPDX-License-Identifier: Apache-2.0
#ifndef SYSTOLE_AXI_MEM_H
#define SYSTOLE_AXI_MEM_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace systole {

struct AxiFromMaster {
    bool arvalid, rready, awvalid, wvalid, wlast, bready;
    uint8_t arlen, arsize, arburst; // beats - 1; log2 of bytes per beat (3); 1 = INCR
    uint8_t awlen, awsize, awburst;
    uint8_t wstrb;
    uint32_t araddr, awaddr;
    uint64_t wdata;
};

struct AxiToMaster {
    bool arready, rvalid, rlast, awready, wready, bvalid;
    uint8_t rresp, bresp; // 0 OKAY, 2 SLVERR, 3 DECERR
    uint64_t rdata;
};

struct AxiMemOptions {
    uint32_t base = 0x40000000u; // bus address of byte 0
    uint32_t latency = 32;       // cycles, >= 1 (0 counts as 1)
    uint32_t stall_pct = 0;      // 0..90: chance in percent that a channel stands still in a cycle
    uint32_t beats_per_1024 =
        1024;            // data bandwidth of each direction (of both together when shared)
    bool shared = false; // at most one data beat a cycle, reads and writes together
    uint32_t max_outstanding = 64; // bursts of each direction
    uint32_t fault_base = 0;       // window that answers SLVERR
    uint32_t fault_size = 0;       // bytes; 0: none
    uint64_t seed = 1;             // of the random stalls
};

class AxiMem {
  public:
    // Borrows `bytes`, which must hold size rounded up to 8.
    AxiMem(uint8_t *bytes, size_t size, const AxiMemOptions &options);

    const AxiToMaster &drive() const {
        return out_;
    }
    void clock(const AxiFromMaster &m);
    void reset(); // forgets bursts in flight; memory, counters and random state stay

    bool failed() const {
        return !failure_.empty();
    }
    const std::string &failure() const {
        return failure_;
    }
    AxiMemOptions &options() {
        return opt_; // stalls, latency and fault window may change between cycles
    }
    uint64_t cycles() const {
        return cycle_;
    }
    uint64_t read_beats() const {
        return read_beats_;
    }
    uint64_t write_beats() const {
        return write_beats_;
    }

  private:
    static constexpr uint32_t kMaxBeats = 16;
    struct Burst {
        uint64_t ready; // cycle from which data (read) or response (write) may be offered
        uint32_t addr, beats, done;
        uint8_t size, resp; // resp: of a write
        uint64_t data[kMaxBeats];
        uint8_t flag[kMaxBeats]; // read: response of the beat; write: strobes
    };
    class Ring {
      public:
        explicit Ring(size_t n) : slots_(n) {}
        size_t count() const {
            return count_;
        }
        bool full() const {
            return count_ == slots_.size();
        }
        Burst &at(size_t i) {
            size_t k = head_ + i;
            return slots_[k < slots_.size() ? k : k - slots_.size()];
        }
        Burst &push() {
            return at(count_++);
        }
        void pop() {
            head_ = head_ + 1 == slots_.size() ? 0 : head_ + 1;
            count_--;
        }
        void clear() {
            count_ = 0;
        }

      private:
        std::vector<Burst> slots_;
        size_t head_ = 0, count_ = 0;
    };

    uint8_t response(uint32_t addr) const;
    void accept_read(const AxiFromMaster &m);
    void accept_write_beat(const AxiFromMaster &m);
    void commit(Burst &b);
    void next_outputs(bool w_waits);
    bool check(const AxiFromMaster &m);
    void check_address(const char *channel, uint32_t addr, uint32_t len, uint32_t size,
                       uint32_t burst);
    void fail(const char *format, ...) __attribute__((format(printf, 2, 3)));
    uint64_t random();

    uint8_t *bytes_;
    uint64_t size_;
    AxiMemOptions opt_;
    AxiToMaster out_{};
    AxiFromMaster last_{}; // master signals of the previous cycle, for the stability rules
    AxiToMaster last_out_{};
    Ring reads_, writes_;
    size_t filling_ = 0; // first write burst that still lacks data
    bool read_turn_ = true;
    uint32_t read_credit_ = 0, write_credit_ = 0; // 1024 = one beat
    uint64_t cycle_ = 0, read_beats_ = 0, write_beats_ = 0;
    uint64_t rng_[2];
    std::string failure_;
};

} // namespace systole

#endif
