// The Verilated SoC behind soc_sim.h: clock, memory model, UART and SPI flash on its pins, firmware
// into the RAM.
//
// Contract
//   Exports soc_sim_open only. Registers and memories of the design start with random content from
//   the seed. The UART is decoded from the pin, so a wrong baud rate or frame shows. Simulator
//   assertions and broken bus rules stop the instance for good.
//
// Build: build.mk passes -DSYSTOLE_CONFIG="name", -DSOC_UART_CLOCKS=n, -DSOC_MEM_BYTES=n,
// -DSOC_FLASH_OFFSET=n and, with waves, -DSYSTOLE_TRACE. SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "Vsoc.h"
#include "verilated.h"
#include "verilated_sym_props.h"
#include "verilated_syms.h"
#ifdef SYSTOLE_TRACE
#include "verilated_fst_c.h"
#endif

#include "axi_mem.h"
#include "npu_device.h"
#include "soc_map.h"
#include "soc_sim.h"
#include "spi_flash.h"

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

namespace {

static_assert(SOC_MEM_BASE == NPU_MEM_BASE, "one memory map for host-driven NPU and SoC");

constexpr int kResetCycles = 8;
constexpr unsigned kBit = SOC_UART_CLOCKS;

// Receiver of the SoC's transmit pin; one call a cycle.
class UartListener {
  public:
    // The byte completed in this cycle, or -1.
    int clock(bool pin) {
        if (left_ == 0) {
            if (!pin) {
                left_ = 10; // start, 8 data, stop
                count_ = kBit / 2;
            }
            return -1;
        }
        if (count_-- != 0) {
            return -1;
        }
        count_ = kBit - 1;
        left_--;
        if (left_ == 9) { // middle of the start bit
            return pin ? (left_ = 0, -1) : -1;
        }
        if (left_ > 0) {
            shift_ = static_cast<uint8_t>(shift_ >> 1 | (pin ? 0x80 : 0));
            return -1;
        }
        if (!pin) {
            framing_errors_++;
        }
        return shift_;
    }
    bool idle() const {
        return left_ == 0;
    }
    unsigned framing_errors() const {
        return framing_errors_;
    }

  private:
    unsigned left_ = 0, count_ = 0, framing_errors_ = 0;
    uint8_t shift_ = 0;
};

// Driver of the SoC's receive pin; one call a cycle.
class UartTalker {
  public:
    void send(uint8_t byte) {
        frame_ = (0x100u | byte) << 1; // start 0, data, stop 1
        left_ = 10;
        count_ = kBit;
    }
    bool clock() {
        if (left_ == 0) {
            return true;
        }
        bool pin = frame_ & 1;
        if (--count_ == 0) {
            count_ = kBit;
            frame_ >>= 1;
            left_--;
        }
        return pin;
    }

  private:
    unsigned frame_ = 0, left_ = 0, count_ = 0;
};

struct FreeDeleter {
    void operator()(void *p) const {
        std::free(p);
    }
};

systole::AxiMemOptions memory_options(const soc_sim_options_t &o) {
    systole::AxiMemOptions m;
    m.base = SOC_MEM_BASE;
    m.latency = o.latency;
    m.stall_pct = o.stall_pct > 90 ? 90 : o.stall_pct;
    m.seed = o.seed;
    return m;
}

class Soc {
  public:
    Soc(const void *firmware, size_t firmware_size, const soc_sim_options_t &options);
    ~Soc();
    soc_sim_status_t run(uint64_t max_cycles, soc_sim_uart_fn on_uart, void *user);
    void send(char byte);
    void reset();
    void set_fault_window(uint32_t base, uint32_t size) {
        axi_.options().fault_base = base;
        axi_.options().fault_size = size;
    }
    uint32_t finish_code() const {
        return top_->finish_code;
    }
    uint64_t cycles() const {
        return cycle_;
    }
    const std::string &fault() const {
        return fault_;
    }
    uint8_t *mem() {
        return bytes_.get();
    }
    void set_flash(const void *bytes, size_t size) {
        flash_bytes_.assign(SOC_FLASH_OFFSET, 0xff);
        const uint8_t *b = static_cast<const uint8_t *>(bytes);
        flash_bytes_.insert(flash_bytes_.end(), b, b + size);
        flash_.load(flash_bytes_.data(), flash_bytes_.size());
    }

  private:
    void step();

    std::string firmware_;
    std::unique_ptr<uint8_t, FreeDeleter> bytes_; // calloc: untouched pages cost nothing
    systole::AxiMem axi_;
    std::vector<uint8_t> flash_bytes_;
    systole::SpiFlash flash_{systole::SpiFlashRules()};
    VerilatedContext context_;
    std::unique_ptr<Vsoc> top_;
    void *ram_ = nullptr; // of the design: 32-bit words in host order
#ifdef SYSTOLE_TRACE
    std::unique_ptr<VerilatedFstC> wave_;
#endif
    UartListener listener_;
    UartTalker talker_;
    int received_ = -1;
    uint64_t cycle_ = 0;
    bool stale_ = false; // FINISH still shows the report of an earlier job
    std::string fault_;
};

Soc::Soc(const void *firmware, size_t firmware_size, const soc_sim_options_t &options)
    : firmware_(static_cast<const char *>(firmware), firmware_size),
      bytes_(static_cast<uint8_t *>(std::calloc(SOC_MEM_BYTES, 1))),
      axi_(bytes_.get(), SOC_MEM_BYTES, memory_options(options)) {
    if (!bytes_) {
        throw std::bad_alloc();
    }
    if (firmware_size > SOC_RAM_SIZE) {
        throw std::runtime_error("firmware does not fit the on-chip RAM");
    }
    firmware_.resize((firmware_size + 3) & ~size_t{3});
    // Small seeds leave nearly all registers at one: spread them.
    uint64_t s = (options.seed + 0x9e3779b97f4a7c15ull) * 0xbf58476d1ce4e5b9ull;
    context_.randSeed(static_cast<int>((s >> 33) | 0x40000000u));
    context_.randReset(2);
    context_.fatalOnError(true);
#ifdef SYSTOLE_TRACE
    context_.traceEverOn(true);
#endif
    top_ = std::make_unique<Vsoc>(&context_, "TOP");
    const VerilatedScope *scope = context_.scopeFind("TOP.soc_top.u_ram");
    const VerilatedVar *var = scope ? scope->varFind("mem") : nullptr;
    if (!var || var->totalSize() != SOC_RAM_SIZE) {
        throw std::runtime_error("the design has no RAM of the size that the address map says");
    }
    ram_ = var->datap();
#ifdef SYSTOLE_TRACE
    if (options.wave) {
        wave_ = std::make_unique<VerilatedFstC>();
        top_->trace(wave_.get(), 99);
        wave_->open(options.wave);
        if (!wave_->isOpen()) {
            throw std::runtime_error(std::string("cannot write ") + options.wave);
        }
    }
#else
    if (options.wave) {
        throw std::runtime_error("this library cannot write waves: use libsoc_trace.so");
    }
#endif
    reset();
    if (!fault_.empty()) {
        throw std::runtime_error(fault_);
    }
}

Soc::~Soc() {
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

// One clock cycle: settle with the memory's signals of this cycle, sample, rising edge.
void Soc::step() {
    if (!fault_.empty()) {
        return;
    }
    Vsoc &t = *top_;
    const systole::AxiToMaster &in = axi_.drive();
    t.m_axi_arready = in.arready;
    t.m_axi_rvalid = in.rvalid;
    t.m_axi_rdata = in.rdata;
    t.m_axi_rresp = in.rresp;
    t.m_axi_rlast = in.rlast;
    t.m_axi_awready = in.awready;
    t.m_axi_wready = in.wready;
    t.m_axi_bvalid = in.bvalid;
    t.m_axi_bresp = in.bresp;
    t.uart_rx = talker_.clock();
    t.flash_miso = flash_.miso();
    try {
        t.clk = 0;
        t.eval();
#ifdef SYSTOLE_TRACE
        if (wave_) {
            wave_->dump(10 * cycle_);
        }
#endif
        systole::AxiFromMaster m{};
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
        if (t.rst_n) {
            axi_.clock(m);
            received_ = listener_.clock(t.uart_tx);
            flash_.clock(t.flash_cs_n, t.flash_clk, t.flash_mosi);
        }
        t.clk = 1;
        t.eval();
#ifdef SYSTOLE_TRACE
        if (wave_) {
            wave_->dump(10 * cycle_ + 5);
        }
#endif
    } catch (const std::exception &e) {
        fault_ = e.what();
    }
    cycle_++;
    if (axi_.failed() && fault_.empty()) {
        fault_ = axi_.failure();
    }
    if (flash_.failed() && fault_.empty()) {
        fault_ = flash_.failure();
    }
    if (listener_.framing_errors() != 0 && fault_.empty()) {
        fault_ = "UART framing error";
    }
}

// Finished: FINISH is reported and the transmit line has been idle for more than one frame.
soc_sim_status_t Soc::run(uint64_t max_cycles, soc_sim_uart_fn on_uart, void *user) {
    uint64_t end = max_cycles ? cycle_ + max_cycles : UINT64_MAX;
    unsigned quiet = 0;
    while (cycle_ < end) {
        step();
        if (!fault_.empty()) {
            return SOC_SIM_FAULT;
        }
        if (received_ >= 0 && on_uart) {
            on_uart(user, static_cast<char>(received_));
        }
        received_ = -1;
        stale_ = stale_ && top_->finish_valid;
        quiet = top_->finish_valid && !stale_ && listener_.idle() ? quiet + 1 : 0;
        if (quiet > 16 * kBit) {
            return SOC_SIM_FINISHED;
        }
    }
    return SOC_SIM_TIMEOUT;
}

void Soc::send(char byte) {
    talker_.send(static_cast<uint8_t>(byte));
    stale_ = true;
}

void Soc::reset() {
    axi_.reset();
    listener_ = UartListener();
    talker_ = UartTalker();
    flash_ = systole::SpiFlash(systole::SpiFlashRules());
    flash_.load(flash_bytes_.data(), flash_bytes_.size());
    stale_ = false;
    top_->rst_n = 0;
    for (int i = 0; i < kResetCycles && fault_.empty(); i++) {
        step();
    }
    std::memcpy(ram_, firmware_.data(), firmware_.size());
    top_->rst_n = 1;
}

// ---- the C interface

Soc *self(void *ctx) {
    return static_cast<Soc *>(ctx);
}

} // namespace

extern "C" __attribute__((visibility("default"))) int
soc_sim_open(soc_sim_t *sim, const char *config, const void *firmware, size_t firmware_size,
             const soc_sim_options_t *options, char *err, size_t err_size) {
    if (strcmp(config, SYSTOLE_CONFIG) != 0) {
        snprintf(err, err_size, "this library simulates configuration %s, not %s", SYSTOLE_CONFIG,
                 config);
        return -1;
    }
    Soc *soc;
    try {
        soc = new Soc(firmware, firmware_size, *options);
    } catch (const std::exception &e) {
        snprintf(err, err_size, "%s", e.what());
        return -1;
    }
    sim->ctx = soc;
    sim->mem = soc->mem();
    sim->mem_size = SOC_MEM_BYTES;
    sim->run = [](void *ctx, uint64_t max_cycles, soc_sim_uart_fn on_uart, void *user) {
        return self(ctx)->run(max_cycles, on_uart, user);
    };
    sim->send = [](void *ctx, char byte) { self(ctx)->send(byte); };
    sim->reset = [](void *ctx) { self(ctx)->reset(); };
    sim->set_fault_window = [](void *ctx, uint32_t base, uint32_t size) {
        self(ctx)->set_fault_window(base, size);
    };
    sim->set_flash = [](void *ctx, const void *bytes, size_t size) {
        self(ctx)->set_flash(bytes, size);
    };
    sim->finish_code = [](void *ctx) { return self(ctx)->finish_code(); };
    sim->cycles = [](void *ctx) { return self(ctx)->cycles(); };
    sim->fault = [](void *ctx) { return self(ctx)->fault().c_str(); };
    sim->close = [](void *ctx) { delete self(ctx); };
    return 0;
}
