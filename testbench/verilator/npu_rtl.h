// The Verilated NPU with its clock, memory and register port; one object is one device.
//
// Contract: as in npu_lib.cc; methods in the terms of testbench/common/npu_device.h.
// SPDX-License-Identifier: Apache-2.0
#ifndef SYSTOLE_NPU_RTL_H
#define SYSTOLE_NPU_RTL_H

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "Vnpu.h"
#include "verilated.h"
#ifdef SYSTOLE_TRACE
#include "verilated_fst_c.h"
#endif

#include "axi_mem.h"
#include "npu_device.h"
#include "npu_spec.h"

namespace systole {

class Rtl {
  public:
    Rtl(const npu_config_t &config, size_t mem_size, const npu_device_options_t &options);
    ~Rtl();

    uint32_t read32(uint32_t offset);
    void write32(uint32_t offset, uint32_t value);
    int wait();
    void scratchpad(uint8_t *get, const uint8_t *set);
    void accumulators(uint8_t *get, const uint8_t *set);
    const std::vector<npu_trace_t> &trace() const {
        return trace_;
    }
    uint64_t cycles() const {
        return cycle_;
    }
    uint8_t *mem() {
        return bytes_.data();
    }
    const std::string &fault() const {
        return fault_;
    }

  private:
    // Register port and interrupt as they stood just before the last rising edge.
    struct Seen {
        bool awready, wready, bvalid, arready, rvalid, irq;
        uint32_t rdata;
    };
    void step();
    void sample();
    void record_trace();
    bool stalls();
    void fail(const std::string &text);
    uint8_t *variable(const std::string &scope, const char *name, size_t element_bytes,
                      size_t elements);

    const npu_config_t &config_;
    npu_device_options_t options_;
    std::vector<uint8_t> bytes_;
    AxiMem axi_;
    AxiFromMaster master_{};
    Seen seen_{};
    VerilatedContext context_;
    std::unique_ptr<Vnpu> top_;
#ifdef SYSTOLE_TRACE
    std::unique_ptr<VerilatedFstC> wave_;
#endif
    uint64_t cycle_ = 0, start_cycle_ = 0, dice_;
    std::vector<npu_trace_t> trace_;
    std::vector<size_t> open_[NPU_QUEUES]; // entries of trace_ without an end
    std::string fault_;
};

} // namespace systole

#endif
