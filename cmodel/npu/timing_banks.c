/*
 * timing_banks.c - the scratchpad's banks as far as one unit keeps another waiting: the operands of
 * the array go before its weights, these before the vector unit's streams, these before the store
 * unit's words. Counterpart: rtl/npu_scratchpad.v. SPDX-License-Identifier: Apache-2.0
 */
#include "timing.h"

/* The bit of a word's bank. */
static uint32_t bank_of(const timing_t *t, uint32_t address) {
    return 1u << (address & (t->cfg->sp_banks - 1));
}

void timing_bank_read(timing_t *t, timing_reader_t who, uint64_t time, uint32_t address) {
    uint32_t at = time % READ_CYCLES;
    if (t->banks.read[at].cycle != time)
        for (int i = 0; i <= READ_STORE; i++)
            t->banks.read[at].before[i] = 0;
    t->banks.read[at].cycle = time;
    for (int i = (int)who + 1; i <= READ_STORE; i++)
        t->banks.read[at].before[i] |= bank_of(t, address);
}

uint64_t timing_bank_free(const timing_t *t, timing_reader_t who, uint64_t time, uint32_t address) {
    uint32_t bank = bank_of(t, address);
    while (t->banks.read[time % READ_CYCLES].cycle == time &&
           t->banks.read[time % READ_CYCLES].before[who] & bank)
        time++;
    return time;
}

void timing_bank_writes(timing_t *t, uint32_t address, uint32_t rows, uint32_t row,
                        uint32_t columns, uint32_t column, uint32_t pace, uint64_t last) {
    uint64_t time = last - ((uint64_t)rows * columns - 1) * pace;
    for (uint32_t y = 0; y < rows; y++)
        for (uint32_t x = 0; x < columns; x++, time += pace) {
            uint32_t at = time % READ_CYCLES;
            t->banks.write[at].cycle = time;
            t->banks.write[at].bank = bank_of(t, address + y * row + x * column);
        }
}

uint64_t timing_bank_writable(const timing_t *t, uint64_t time, uint32_t address) {
    uint32_t bank = bank_of(t, address);
    while (t->banks.write[time % READ_CYCLES].cycle == time &&
           t->banks.write[time % READ_CYCLES].bank == bank)
        time++;
    return time;
}
