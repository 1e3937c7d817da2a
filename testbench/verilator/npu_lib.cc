// The Verilated NPU as an npu_device_t (testbench/common/npu_device.h): one shared object for each
// configuration.
//
// Contract
//   Exports npu_rtl_open and npu_rtl_fault only; no global state, so several instances and several
//   configurations live in one process (one thread at a time for each instance). Nothing here ends
//   the process: a simulator assertion or a broken bus rule stops the instance for good; wait()
//   then returns -1, reads give 0, npu_rtl_fault() says what happened. Registers and memories of
//   the design start with random content from the seed. Register accesses cost clock cycles, as on
//   hardware; wait() polls STATUS and looks at the interrupt every cycle.
//
// Build: build.mk passes -DSYSTOLE_CONFIG="name", -DSYSTOLE_CONFIG_NUMBERS=its fields and, for the
// library with waves, -DSYSTOLE_TRACE. Counterpart: cmodel/npu (npu_model_open).
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <string>

#include "npu_rtl.h"

namespace {

using systole::Rtl;

Rtl *self(void *ctx) {
    return static_cast<Rtl *>(ctx);
}
uint32_t dev_read32(void *ctx, uint32_t offset) {
    return self(ctx)->read32(offset);
}
void dev_write32(void *ctx, uint32_t offset, uint32_t value) {
    self(ctx)->write32(offset, value);
}
int dev_wait(void *ctx) {
    return self(ctx)->wait();
}
void dev_get_scratchpad(void *ctx, uint8_t *dst) {
    self(ctx)->scratchpad(dst, nullptr);
}
void dev_set_scratchpad(void *ctx, const uint8_t *src) {
    self(ctx)->scratchpad(nullptr, src);
}
void dev_get_accumulators(void *ctx, int32_t *dst) {
    self(ctx)->accumulators(reinterpret_cast<uint8_t *>(dst), nullptr);
}
void dev_set_accumulators(void *ctx, const int32_t *src) {
    self(ctx)->accumulators(nullptr, reinterpret_cast<const uint8_t *>(src));
}
size_t dev_get_trace(void *ctx, const npu_trace_t **entries) {
    *entries = self(ctx)->trace().data();
    return self(ctx)->trace().size();
}
uint64_t dev_cycles(void *ctx) {
    return self(ctx)->cycles();
}
void dev_close(void *ctx) {
    delete self(ctx);
}

} // namespace

extern "C" __attribute__((visibility("default"))) const char *npu_rtl_fault(void *ctx) {
    const std::string &text = self(ctx)->fault();
    return text.empty() ? nullptr : text.c_str();
}

extern "C" __attribute__((visibility("default"))) int
npu_rtl_open(npu_device_t *dev, const char *config, size_t mem_size,
             const npu_device_options_t *options, char *err, size_t err_size) {
    static const npu_config_t built = {SYSTOLE_CONFIG, SYSTOLE_CONFIG_NUMBERS};
    if (strcmp(config, SYSTOLE_CONFIG) != 0) {
        snprintf(err, err_size, "this RTL library is built for " SYSTOLE_CONFIG ", not for %s",
                 config);
        return -1;
    }
    if (mem_size > UINT32_MAX - NPU_MEM_BASE) {
        snprintf(err, err_size, "%zu bytes of memory do not fit above 0x%08x", mem_size,
                 NPU_MEM_BASE);
        return -1;
    }
#ifndef SYSTOLE_TRACE
    if (options->wave) {
        snprintf(err, err_size, "waves need the library libnpu_trace.so");
        return -1;
    }
#endif
    try {
        auto rtl = std::make_unique<Rtl>(built, mem_size, *options);
        *dev = npu_device_t{};
        dev->mem = rtl->mem();
        dev->mem_size = mem_size;
        dev->read32 = dev_read32;
        dev->write32 = dev_write32;
        dev->wait = dev_wait;
        dev->get_scratchpad = dev_get_scratchpad;
        dev->get_accumulators = dev_get_accumulators;
        dev->set_scratchpad = dev_set_scratchpad;
        dev->set_accumulators = dev_set_accumulators;
        dev->get_trace = dev_get_trace;
        dev->cycles = dev_cycles;
        dev->close = dev_close;
        dev->ctx = rtl.release();
    } catch (const std::exception &e) {
        snprintf(err, err_size, "%s", e.what());
        return -1;
    }
    return 0;
}
