// Scratchpad and accumulators of the design, copied in and out: where they lie in npu_top, in
// npu_lite, in a netlist. Contract: npu_device.h. SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <string>

#include "npu_rtl.h"

namespace systole {

#ifdef SYSTOLE_LITE
// npu_lite: one memory each; both halves of the accumulators are one.
void Rtl::scratchpad(uint8_t *get, const uint8_t *set) {
    size_t bytes = size_t{config_.sp_words} * config_.n;
    uint8_t *mem = variable("u_local.gen_split", "sp", config_.n, config_.sp_words);
    if (mem) {
        get ? memcpy(get, mem, bytes) : memcpy(mem, set, bytes);
    }
}

void Rtl::accumulators(uint8_t *get, const uint8_t *set) {
    size_t entry_bytes = size_t{4} * config_.n, bytes = 2 * entry_bytes * config_.acc_depth;
    uint8_t *mem = variable("u_npu.u_array", "mem", entry_bytes, size_t{2} * config_.acc_depth);
    if (mem) {
        get ? memcpy(get, mem, bytes) : memcpy(mem, set, bytes);
    }
}
#elif defined SYSTOLE_NETLIST
// A netlist for ECP5: block RAMs of 1024 words of 18 bits, one to an element of uint32_t, that is
// 2048 bytes of 9 bits or 4096 half bytes without the ninth.
// testbench/netlist/netlist.sh names them.
constexpr size_t kRamWords = 1024;

// Word w of the scratchpad is word w / banks of bank w % banks, in as many block RAMs as its depth
// asks for: each has 4096 / depth half bytes of every word.
void Rtl::scratchpad(uint8_t *get, const uint8_t *set) {
    uint32_t n = config_.n, banks = config_.sp_banks, depth = config_.sp_words / banks;
    uint32_t each = static_cast<uint32_t>(4 * kRamWords) / depth;
    for (uint32_t b = 0; b < banks; b++) {
        for (uint32_t c = 0; c < 2 * n / each; c++) {
            std::string name = "sp_" + std::to_string(b) + "_" + std::to_string(c);
            auto *mem = reinterpret_cast<uint32_t *>(variable(name, "mem", 4, kRamWords));
            for (uint32_t i = 0; mem && i < depth * each; i++) {
                size_t at = size_t{i / each * banks + b} * 2 * n + each * c + i % each;
                uint32_t *word = &mem[i / 4], shift = 9 * (i / 2 % 2) + 4 * (i % 2);
                uint32_t half = 4 * (at % 2);
                if (get) {
                    uint32_t value = (*word >> shift & 0xf) << half;
                    get[at / 2] = static_cast<uint8_t>((get[at / 2] & ~(0xfu << half)) | value);
                } else {
                    *word = (*word & ~(0xfu << shift)) | (set[at / 2] >> half & 0xfu) << shift;
                }
            }
        }
    }
}

// Entries lie in 36 bits a block RAM, of two of its words.
void Rtl::accumulators(uint8_t *get, const uint8_t *set) {
    uint32_t bits = 32 * config_.n;
    for (uint32_t h = 0; h < 2; h++) {
        for (uint32_t c = 0; c * 36 < bits; c++) {
            std::string name = "acc_" + std::to_string(h) + "_" + std::to_string(c);
            auto *mem = reinterpret_cast<uint32_t *>(variable(name, "mem", 4, kRamWords));
            for (uint32_t e = 0; mem && e < config_.acc_depth; e++) {
                for (uint32_t i = 0; i < 36 && 36 * c + i < bits; i++) {
                    size_t bit = (size_t{h} * config_.acc_depth + e) * bits + 36 * c + i;
                    uint32_t *word = &mem[2 * e + i / 18], mask = 1u << i % 18;
                    if (get) {
                        uint8_t one = static_cast<uint8_t>(1u << bit % 8);
                        get[bit / 8] = static_cast<uint8_t>(*word & mask ? get[bit / 8] | one
                                                                         : get[bit / 8] & ~one);
                    } else {
                        *word = set[bit / 8] >> bit % 8 & 1 ? *word | mask : *word & ~mask;
                    }
                }
            }
        }
    }
}
#else
// Word w of the scratchpad is word w / banks of bank w % banks.
void Rtl::scratchpad(uint8_t *get, const uint8_t *set) {
    uint32_t n = config_.n, banks = config_.sp_banks;
    for (uint32_t b = 0; b < banks; b++) {
        uint8_t *mem = variable("u_scratchpad.gen_bank[" + std::to_string(b) + "].u_bank", "mem", n,
                                config_.sp_words / banks);
        for (uint32_t w = b; mem && w < config_.sp_words; w += banks, mem += n) {
            if (get) {
                memcpy(get + size_t{w} * n, mem, n);
            } else {
                memcpy(mem, set + size_t{w} * n, n);
            }
        }
    }
}

void Rtl::accumulators(uint8_t *get, const uint8_t *set) {
    size_t half_bytes = size_t{4} * config_.n * config_.acc_depth;
    for (uint32_t h = 0; h < 2; h++) {
        uint8_t *mem = variable("u_array_unit.u_accum.gen_half[" + std::to_string(h) + "]", "mem",
                                size_t{4} * config_.n, config_.acc_depth);
        if (mem && get) {
            memcpy(get + h * half_bytes, mem, half_bytes);
        } else if (mem) {
            memcpy(mem, set + h * half_bytes, half_bytes);
        }
    }
}
#endif

} // namespace systole
