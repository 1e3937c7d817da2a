// The Verilated NPU with its clock, memory and register port; contract in npu_rtl.h.
// SPDX-License-Identifier: Apache-2.0
#include "npu_rtl.h"

#include <cstring>
#include <stdexcept>

#include "verilated_sym_props.h"
#include "verilated_syms.h"

// The simulator's own ends of the world, turned into an exception that step() catches.
void vl_fatal(const char *file, int line, const char *, const char *message) {
    throw std::runtime_error(std::string(file) + ":" + std::to_string(line) + ": " + message);
}
void vl_stop(const char *file, int line, const char *) {
    throw std::runtime_error(std::string(file) + ":" + std::to_string(line) +
                             ": assertion or $stop");
}
void vl_finish(const char *file, int line, const char *) {
    throw std::runtime_error(std::string(file) + ":" + std::to_string(line) + ": $finish");
}

namespace systole {

// Path of the NPU; the build may say another.
#ifdef SYSTOLE_LITE
#define SYSTOLE_TOP "npu_lite_axi"
#elif !defined SYSTOLE_TOP
#define SYSTOLE_TOP "npu_top"
#endif

namespace {
constexpr int kResetCycles = 8;
constexpr unsigned kAccessLimit = 100000; // cycles for a register access before it counts as hung

AxiMemOptions memory_options(const npu_device_options_t &o) {
    AxiMemOptions m;
    m.base = NPU_MEM_BASE;
    m.latency = o.latency;
    m.stall_pct = o.stall_pct > 90 ? 90 : o.stall_pct;
    m.seed = o.seed;
    return m;
}

} // namespace

Rtl::Rtl(const npu_config_t &config, size_t mem_size, const npu_device_options_t &options)
    : config_(config), options_(options), bytes_((mem_size + 7) & ~size_t{7}),
      axi_(bytes_.data(), mem_size, memory_options(options)), dice_(options.seed | 1) {
    // Small seeds leave nearly all registers at one: spread them.
    uint64_t s = (options.seed + 0x9e3779b97f4a7c15ull) * 0xbf58476d1ce4e5b9ull;
    context_.randSeed(static_cast<int>((s >> 33) | 0x40000000u));
    context_.randReset(2);
    context_.fatalOnError(true);
#ifdef SYSTOLE_TRACE
    context_.traceEverOn(true);
#endif
    top_ = std::make_unique<Vnpu>(&context_, "TOP");
#ifdef SYSTOLE_TRACE
    if (options.wave) {
        wave_ = std::make_unique<VerilatedFstC>();
        top_->trace(wave_.get(), 99);
        wave_->open(options.wave);
        if (!wave_->isOpen()) {
            throw std::runtime_error(std::string("cannot write ") + options.wave);
        }
    }
#endif
    top_->clk = 0;
    top_->rst_n = 0;
    top_->s_axil_awvalid = 0;
    top_->s_axil_wvalid = 0;
    top_->s_axil_arvalid = 0;
    top_->s_axil_bready = 0;
    top_->s_axil_rready = 0;
    for (int i = 0; i < kResetCycles; i++) {
        step();
    }
    top_->rst_n = 1;
    step();
    if (!fault_.empty()) {
        throw std::runtime_error(fault_);
    }
}

Rtl::~Rtl() {
#ifdef SYSTOLE_TRACE
    if (wave_) {
        wave_->close();
    }
#endif
    try {
        top_->final();
    } catch (const std::exception &) { // a fault that nobody asked for any more
    }
}

void Rtl::fail(const std::string &text) {
    if (fault_.empty()) {
        fault_ = text;
    }
}

void Rtl::sample() {
    const Vnpu &t = *top_;
    seen_ = Seen{t.s_axil_awready != 0, t.s_axil_wready != 0, t.s_axil_bvalid != 0,
                 t.s_axil_arready != 0, t.s_axil_rvalid != 0, t.irq != 0,
                 t.s_axil_rdata};
    AxiFromMaster &m = master_;
    m.arvalid = t.m_axi_arvalid;
    m.araddr = t.m_axi_araddr;
    m.arlen = t.m_axi_arlen;
    m.arsize = t.m_axi_arsize;
    m.arburst = t.m_axi_arburst;
    m.rready = t.m_axi_rready;
    m.awvalid = t.m_axi_awvalid;
    m.awaddr = t.m_axi_awaddr;
    m.awlen = t.m_axi_awlen;
    m.awsize = t.m_axi_awsize;
    m.awburst = t.m_axi_awburst;
    m.wvalid = t.m_axi_wvalid;
    m.wdata = t.m_axi_wdata;
    m.wstrb = t.m_axi_wstrb;
    m.wlast = t.m_axi_wlast;
    m.bready = t.m_axi_bready;
}

// One clock cycle: settle with the memory's signals of this cycle, sample, rising edge.
void Rtl::step() {
    if (!fault_.empty()) {
        return;
    }
    Vnpu &t = *top_;
    const AxiToMaster &in = axi_.drive();
    t.m_axi_arready = in.arready;
    t.m_axi_rvalid = in.rvalid;
    t.m_axi_rdata = in.rdata;
    t.m_axi_rresp = in.rresp;
    t.m_axi_rlast = in.rlast;
    t.m_axi_awready = in.awready;
    t.m_axi_wready = in.wready;
    t.m_axi_bvalid = in.bvalid;
    t.m_axi_bresp = in.bresp;
    try {
        t.clk = 0;
        t.eval();
#ifdef SYSTOLE_TRACE
        if (wave_) {
            wave_->dump(10 * cycle_);
        }
#endif
        sample();
        if (t.rst_n) {
            axi_.clock(master_);
            record_trace();
        }
        t.clk = 1;
        t.eval();
#ifdef SYSTOLE_TRACE
        if (wave_) {
            wave_->dump(10 * cycle_ + 5);
        }
#endif
    } catch (const std::exception &e) {
        fail(e.what());
        return;
    }
    cycle_++;
    if (axi_.failed()) {
        fail(axi_.failure());
    }
}

// Each unit pulses start and done with the command's index; commands of one unit end in order.
void Rtl::record_trace() {
    const Vnpu &t = *top_;
    uint32_t start = t.trace_start, done = t.trace_done;
    if ((start | done) == 0) {
        return;
    }
    uint64_t now = cycle_ - start_cycle_;
    for (uint32_t u = 0; u < NPU_QUEUES; u++) {
        if ((start >> u) & 1) {
            uint32_t index = (t.trace_start_index >> (16 * u)) & 0xffff;
            open_[u].push_back(trace_.size());
            trace_.push_back(npu_trace_t{index, u, now, 0});
        }
        if ((done >> u) & 1) {
            if (open_[u].empty()) {
                fail("trace: a unit ended a command that it never began");
                return;
            }
            uint32_t index = (t.trace_done_index >> (16 * u)) & 0xffff;
            npu_trace_t &entry = trace_[open_[u].front()];
            open_[u].erase(open_[u].begin());
            entry.end = now;
            if (entry.index != index) {
                fail("trace: unit " + std::to_string(u) + " ended command " +
                     std::to_string(index) + " before " + std::to_string(entry.index));
            }
        }
    }
}

// With random stalls on, the register port too begins and takes at random moments.
bool Rtl::stalls() {
    if (options_.stall_pct == 0) {
        return false;
    }
    dice_ = dice_ * 6364136223846793005ull + 1442695040888963407ull;
    return (dice_ >> 40) % 100 < options_.stall_pct;
}

uint32_t Rtl::read32(uint32_t offset) {
    Vnpu &t = *top_;
    bool asked = false;
    uint32_t data = 0;
    t.s_axil_araddr = offset & 0xfff;
    for (unsigned n = 0; n < kAccessLimit && fault_.empty(); n++) {
        if (!asked && !t.s_axil_arvalid && !stalls()) {
            t.s_axil_arvalid = 1;
        }
        t.s_axil_rready = !stalls();
        step();
        if (t.s_axil_arvalid && seen_.arready) {
            t.s_axil_arvalid = 0;
            asked = true;
        }
        if (asked && t.s_axil_rready && seen_.rvalid) {
            data = seen_.rdata;
            t.s_axil_rready = 0;
            return data;
        }
    }
    fail("register read got no answer");
    return 0;
}

void Rtl::write32(uint32_t offset, uint32_t value) {
    Vnpu &t = *top_;
    bool address_sent = false, data_sent = false;
    bool starts = offset == NPU_REG_CTRL && (value & NPU_CTRL_START) &&
                  !(read32(NPU_REG_STATUS) & NPU_STATUS_BUSY);
    if (starts) {
        trace_.clear();
        for (auto &list : open_) {
            list.clear();
        }
    }
    t.s_axil_awaddr = offset & 0xfff;
    t.s_axil_wdata = value;
    t.s_axil_wstrb = 0xf;
    for (unsigned n = 0; n < kAccessLimit && fault_.empty(); n++) {
        if (!address_sent && !t.s_axil_awvalid && !stalls()) {
            t.s_axil_awvalid = 1;
        }
        if (!data_sent && !t.s_axil_wvalid && !stalls()) {
            t.s_axil_wvalid = 1;
        }
        t.s_axil_bready = !stalls();
        if (starts && !(address_sent && data_sent)) {
            start_cycle_ =
                cycle_; /* the cycle in which the write is taken: address and data at once */
        }
        step();
        if (t.s_axil_awvalid && seen_.awready) {
            t.s_axil_awvalid = 0;
            address_sent = true;
        }
        if (t.s_axil_wvalid && seen_.wready) {
            t.s_axil_wvalid = 0;
            data_sent = true;
        }
        if (address_sent && data_sent && t.s_axil_bready && seen_.bvalid) {
            t.s_axil_bready = 0;
            return;
        }
    }
    fail("register write got no answer");
}

int Rtl::wait() {
    uint64_t end = options_.max_cycles ? cycle_ + options_.max_cycles : UINT64_MAX;
    for (unsigned gap = 4;; gap = gap < 256 ? 2 * gap : gap) {
        bool busy = (read32(NPU_REG_STATUS) & NPU_STATUS_BUSY) != 0;
        if (!fault_.empty()) {
            return -1;
        }
        if (!busy || seen_.irq) {
            return 0;
        }
        if (cycle_ >= end) {
            return -1;
        }
        for (unsigned i = 0; i < gap && !seen_.irq && fault_.empty(); i++) {
            step();
        }
    }
}

// Storage of a public variable, looked up by name; its shape must be the one that the configuration
// says.
uint8_t *Rtl::variable(const std::string &scope, const char *name, size_t element_bytes,
                       size_t elements) {
    const VerilatedScope *s = context_.scopeFind(("TOP." SYSTOLE_TOP "." + scope).c_str());
    const VerilatedVar *v = s ? s->varFind(name) : nullptr;
    if (!v || v->totalSize() != element_bytes * elements) {
        fail("no variable " + scope + "." + name + " of " +
             std::to_string(element_bytes * elements) + " bytes");
        return nullptr;
    }
    return static_cast<uint8_t *>(v->datap());
}

} // namespace systole
