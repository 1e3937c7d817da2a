// npu_requant against ref_arith.h: random operands with corner values, both modes.
// Synopsis: requant_bench [COUNT] [SEED]   (default 10000000 1). Exit 0 when every result is equal.
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>

#include "Vnpu_requant.h"
#include "ref_arith.h"
#include "vector_random.h"

struct Case {
    uint32_t x, add, mult;
    uint8_t lsh, rsh, divide;
};

static uint32_t expected(const Case &c) {
    if (!c.divide) {
        int32_t y = ref_add_wrap((int32_t)c.x, (int32_t)c.add);
        int32_t shifted = ref_shl_wrap(y, c.lsh);
        return (uint32_t)ref_rdbpot(ref_srdhm(shifted, (int32_t)c.mult), c.rsh);
    }
    bool negative = c.x >> 31;
    uint32_t magnitude = (negative ? 0u - c.x : c.x) + c.add;
    uint32_t shifted = c.lsh > 31 ? 0 : magnitude << c.lsh;
    uint32_t q = (uint32_t)((uint64_t)shifted * c.mult >> 31) >> c.rsh;
    q = q > 0x7fffffff ? 0x7fffffff : q;
    return negative ? 0u - q : q;
}

int main(int argc, char **argv) {
    long count = argc > 1 ? atol(argv[1]) : 10000000;
    Random rnd(argc > 2 ? strtoull(argv[2], nullptr, 0) : 1);
    const int latency = 7;
    Case pipe[latency];
    Vnpu_requant top;
    for (long n = 0; n < count + latency; n++) {
        Case &slot = pipe[n % latency];
        if (n >= latency) {
            uint32_t want = expected(slot);
            if (top.out != want) {
                printf("requant_bench: FAILED x=%08x add=%08x mult=%08x lsh=%u rsh=%u divide=%u: "
                       "%08x, expected %08x\n",
                       slot.x, slot.add, slot.mult, slot.lsh, slot.rsh, slot.divide, top.out, want);
                return 1;
            }
        }
        slot.divide = rnd.below(4) == 0;
        slot.x = rnd.word();
        slot.add = rnd.below(2) ? 0 : rnd.word();
        slot.mult = rnd.word();
        if (slot.divide || rnd.below(8)) // signed multipliers too: softmax's reciprocal uses them
            slot.mult &= 0x7fffffff;
        slot.lsh = rnd.below(2) ? 0 : rnd.below(53);
        slot.rsh = rnd.below(32);
        top.in_x = slot.x;
        top.in_add = slot.add;
        top.in_mult = slot.mult;
        top.in_lsh = slot.lsh;
        top.in_rsh = slot.rsh;
        top.in_divide = slot.divide;
        top.clk = 0;
        top.eval();
        top.clk = 1;
        top.eval();
    }
    printf("requant_bench: %ld vectors equal\n", count);
    return 0;
}
