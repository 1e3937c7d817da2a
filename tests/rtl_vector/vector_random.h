// Seeded random numbers for the vector unit's benches (xorshift64*), with a taste for corner
// values. SPDX-License-Identifier: Apache-2.0
#ifndef SYSTOLE_VECTOR_RANDOM_H
#define SYSTOLE_VECTOR_RANDOM_H
#include <cstdint>

struct Random {
    uint64_t state;
    explicit Random(uint64_t seed) : state(seed * 0x9e3779b97f4a7c15u + 0x1234567) {}
    uint32_t next() {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        return (uint32_t)(state * 0x2545f4914f6cdd1du >> 32);
    }
    uint32_t below(uint32_t n) {
        return (uint32_t)((uint64_t)next() * n >> 32);
    }
    int32_t range(int32_t lo, int32_t hi) {
        return lo + (int32_t)below((uint32_t)(hi - lo + 1));
    }
    bool percent(uint32_t p) {
        return below(100) < p;
    }
    // 32 bits of any magnitude; one in four near a power of two or an extreme
    uint32_t word() {
        uint32_t kind = below(8), v = next();
        if (kind == 0)
            return (v & 1 ? 0x80000000u : 0u) + (uint32_t)range(-2, 2);
        if (kind == 1)
            return (v & 1 ? 0u - (1u << below(32)) : 1u << below(32)) + (uint32_t)range(-1, 1);
        uint32_t bits = below(32);
        return kind < 5 ? v : (v & 0x80000000u ? 0u - (v >> 1 >> bits) : v >> 1 >> bits);
    }
};
#endif
