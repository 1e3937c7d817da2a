/*
 * timing_banks.c - the scratchpad's banks as far as one unit keeps another waiting: the vector
 * unit's streams, which may stay in one bank for a row, go before the store unit's reads.
 * Counterpart: rtl/npu_scratchpad.v. SPDX-License-Identifier: Apache-2.0
 */
#include "timing.h"

void timing_bank_read(timing_t *t, uint64_t time, uint32_t address) {
    uint32_t at = time % READ_CYCLES;
    if (t->banks.read[at].cycle != time)
        t->banks.read[at].banks = 0;
    t->banks.read[at].cycle = time;
    t->banks.read[at].banks |= 1u << (address & (t->cfg->sp_banks - 1));
}

uint64_t timing_bank_free(const timing_t *t, uint64_t time, uint32_t address) {
    uint32_t bank = 1u << (address & (t->cfg->sp_banks - 1));
    while (t->banks.read[time % READ_CYCLES].cycle == time &&
           t->banks.read[time % READ_CYCLES].banks & bank)
        time++;
    return time;
}
