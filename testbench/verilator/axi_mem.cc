// AXI4 memory model; contract in axi_mem.h.
// SPDX-License-Identifier: Apache-2.0
#include "axi_mem.h"

#include <cinttypes>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace systole {

namespace {
constexpr uint8_t kSlvErr = 2, kDecErr = 3;
constexpr uint32_t kBeat = 1024, kCreditMax = 4 * kBeat;

uint64_t splitmix(uint64_t &state) {
    uint64_t z = (state += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}
} // namespace

AxiMem::AxiMem(uint8_t *bytes, size_t size, const AxiMemOptions &options)
    : bytes_(bytes), size_(size), opt_(options),
      reads_(options.max_outstanding ? options.max_outstanding : 1),
      writes_(options.max_outstanding ? options.max_outstanding : 1) {
    uint64_t state = options.seed;
    rng_[0] = splitmix(state);
    rng_[1] = splitmix(state) | 1;
}

void AxiMem::reset() {
    reads_.clear();
    writes_.clear();
    filling_ = 0;
    out_ = AxiToMaster{};
    last_out_ = AxiToMaster{};
    last_ = AxiFromMaster{};
}

uint64_t AxiMem::random() { // xoroshiro128+
    uint64_t a = rng_[0], b = rng_[1], sum = a + b;
    b ^= a;
    rng_[0] = ((a << 24) | (a >> 40)) ^ b ^ (b << 16);
    rng_[1] = (b << 37) | (b >> 27);
    return sum;
}

void AxiMem::fail(const char *format, ...) {
    if (failed()) {
        return;
    }
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    char where[48];
    snprintf(where, sizeof where, " (cycle %" PRIu64 ")", cycle_);
    failure_ = std::string("AXI rule broken: ") + text + where;
}

void AxiMem::check_address(const char *channel, uint32_t addr, uint32_t len, uint32_t size,
                           uint32_t burst) {
    if (len >= kMaxBeats) {
        fail("%s length %u beats, at most %u", channel, len + 1, kMaxBeats);
    }
    if (size > 3 || (size < 3 && len != 0)) {
        fail("%s size %u with %u beats: a burst uses all 8 bytes", channel, size, len + 1);
    }
    if (burst != 1) {
        fail("%s burst type %u is not INCR", channel, burst);
    }
    if ((addr & ((1u << (size & 3)) - 1)) != 0) {
        fail("%s address 0x%08x not aligned to its beat", channel, addr);
    }
    if ((addr & 0xfff) + (len + 1) * 8 > 4096 + (addr & 7)) {
        fail("%s burst at 0x%08x with %u beats crosses 4 KiB", channel, addr, len + 1);
    }
}

// What was offered and not taken must stand unchanged.
bool AxiMem::check(const AxiFromMaster &m) {
    const AxiFromMaster &l = last_;
    if (l.arvalid && !last_out_.arready &&
        (!m.arvalid || m.araddr != l.araddr || m.arlen != l.arlen || m.arsize != l.arsize ||
         m.arburst != l.arburst)) {
        fail("AR changed before it was accepted (address 0x%08x)", l.araddr);
    }
    if (l.awvalid && !last_out_.awready &&
        (!m.awvalid || m.awaddr != l.awaddr || m.awlen != l.awlen || m.awsize != l.awsize ||
         m.awburst != l.awburst)) {
        fail("AW changed before it was accepted (address 0x%08x)", l.awaddr);
    }
    if (l.wvalid && !last_out_.wready &&
        (!m.wvalid || m.wdata != l.wdata || m.wstrb != l.wstrb || m.wlast != l.wlast)) {
        fail("W changed before it was accepted");
    }
    if (m.arvalid) {
        check_address("AR", m.araddr, m.arlen, m.arsize, m.arburst);
    }
    if (m.awvalid) {
        check_address("AW", m.awaddr, m.awlen, m.awsize, m.awburst);
    }
    return !failed();
}

uint8_t AxiMem::response(uint32_t addr) const {
    if (addr - opt_.fault_base < opt_.fault_size) {
        return kSlvErr;
    }
    return addr - opt_.base < size_ ? 0 : kDecErr;
}

void AxiMem::accept_read(const AxiFromMaster &m) {
    Burst &b = reads_.push();
    b.ready = cycle_ + (opt_.latency ? opt_.latency : 1);
    b.addr = m.araddr & ~7u;
    b.beats = m.arlen + 1u;
    b.done = 0;
    for (uint32_t i = 0; i < b.beats; i++) {
        uint32_t addr = b.addr + 8 * i;
        b.flag[i] = response(addr);
        b.data[i] = 0;
        if (b.flag[i] == 0) {
            memcpy(&b.data[i], bytes_ + (addr - opt_.base), 8);
        }
    }
}

void AxiMem::accept_write_beat(const AxiFromMaster &m) {
    if (filling_ >= writes_.count()) {
        fail("write data without an address"); // not reachable: wready is low then
        return;
    }
    Burst &b = writes_.at(filling_);
    uint32_t lanes = b.size >= 3 ? 0xffu : ((1u << (1u << b.size)) - 1) << (b.addr & 7);
    if (m.wstrb & ~lanes) {
        fail("strobes %02x outside the %u bytes at 0x%08x", m.wstrb, 1u << b.size, b.addr);
    }
    b.data[b.done] = m.wdata;
    b.flag[b.done] = m.wstrb;
    b.done++;
    write_beats_++;
    (opt_.shared ? read_credit_ : write_credit_) -= kBeat;
    if (m.wlast != (b.done == b.beats)) {
        fail("wlast is %d on beat %u of %u of the burst at 0x%08x", m.wlast, b.done, b.beats,
             b.addr);
    }
    if (b.done == b.beats) {
        b.ready = cycle_ + (opt_.latency ? opt_.latency : 1);
        filling_++;
    }
}

void AxiMem::commit(Burst &b) {
    b.resp = 0;
    for (uint32_t i = 0; i < b.beats; i++) {
        uint32_t addr = (b.addr & ~7u) + 8 * i;
        uint8_t resp = response(addr);
        if (resp != 0) {
            b.resp = resp > b.resp ? resp : b.resp;
            continue;
        }
        uint8_t *to = bytes_ + (addr - opt_.base);
        const uint8_t *from = reinterpret_cast<const uint8_t *>(&b.data[i]);
        for (uint32_t k = 0; k < 8; k++) {
            if ((b.flag[i] >> k) & 1) {
                to[k] = from[k];
            }
        }
    }
}

void AxiMem::clock(const AxiFromMaster &m) {
    if (failed() || !check(m)) {
        out_ = AxiToMaster{};
        cycle_++;
        return;
    }
    last_ = m;
    last_out_ = out_;
    if (m.arvalid && out_.arready) {
        accept_read(m);
    }
    if (out_.rvalid && m.rready) {
        Burst &b = reads_.at(0);
        read_beats_++;
        if (++b.done == b.beats) {
            reads_.pop();
        }
        out_.rvalid = false;
    }
    if (out_.bvalid && m.bready) {
        writes_.pop();
        filling_--;
        out_.bvalid = false;
    }
    if (m.wvalid && out_.wready) {
        accept_write_beat(m);
    }
    if (m.awvalid && out_.awready) {
        Burst &b = writes_.push();
        b.addr = m.awaddr;
        b.beats = m.awlen + 1u;
        b.done = 0;
        b.size = m.awsize;
    }
    cycle_++;
    next_outputs(m.wvalid && !out_.wready);
}

// w_waits: write data stood at the port in the last cycle and was not taken.
void AxiMem::next_outputs(bool w_waits) {
    uint64_t dice = 0;
    uint32_t threshold = 0;
    if (opt_.stall_pct) {
        dice = random();
        threshold = opt_.stall_pct * 4096u / 100u;
    }
    auto runs = [&](int channel) { return ((dice >> (12 * channel)) & 0xfff) >= threshold; };

    uint32_t rate = opt_.beats_per_1024 < kBeat ? opt_.beats_per_1024 : kBeat;
    uint32_t &r_credit = read_credit_;
    uint32_t &w_credit = opt_.shared ? read_credit_ : write_credit_;
    r_credit = r_credit + rate < kCreditMax ? r_credit + rate : kCreditMax;
    if (!opt_.shared) {
        w_credit = w_credit + rate < kCreditMax ? w_credit + rate : kCreditMax;
    }

    if (!out_.rvalid) { // an offered beat stays
        bool ready = reads_.count() && reads_.at(0).ready <= cycle_ && runs(0) && r_credit >= kBeat;
        if (ready && (!opt_.shared || !w_waits || read_turn_)) {
            Burst &b = reads_.at(0);
            out_.rvalid = true;
            out_.rdata = b.data[b.done];
            out_.rresp = b.flag[b.done];
            out_.rlast = b.done + 1 == b.beats;
            r_credit -= kBeat;
            read_turn_ = false;
        }
    }
    out_.wready =
        filling_ < writes_.count() && runs(1) && w_credit >= kBeat && !(opt_.shared && out_.rvalid);
    read_turn_ = read_turn_ || out_.wready;
    out_.arready = !reads_.full() && runs(2);
    out_.awready = !writes_.full() && runs(3);
    if (!out_.bvalid && filling_ > 0 && writes_.at(0).ready <= cycle_ && runs(4)) {
        commit(writes_.at(0));
        out_.bvalid = true;
        out_.bresp = writes_.at(0).resp;
    }
}

} // namespace systole
