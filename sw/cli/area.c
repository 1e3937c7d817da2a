/*
 * area.c - see area.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "area.h"

#include <stddef.h>

/* What a block's cost may depend on; area_coefficients.inc has a column for each. scripts/area.py
 * computes the same from the same numbers. */
enum { TERM_ONE, TERM_N, TERM_NN, TERM_LANES, TERM_BANKS_N, TERM_FIR_N, TERM_TRACE, TERMS };

static const struct {
    const char *block;
    double coefficient[AREA_KINDS][TERMS];
} blocks[] = {
#include "area_coefficients.inc"
};

int area_extrapolated(const npu_config_t *c) {
    return c->n > AREA_LARGEST_N;
}

static uint32_t div_up(uint32_t a, uint32_t b) {
    return (a + b - 1) / b;
}

area_t area_estimate(const npu_config_t *c) {
    const double term[TERMS] = {1,
                                c->n,
                                c->n * c->n,
                                c->lanes,
                                c->sp_banks * c->n,
                                c->fir_groups * c->n,
                                c->trace_records > 0};
    area_t a = {{0}};
    for (size_t b = 0; b < sizeof blocks / sizeof blocks[0]; b++)
        for (int k = 0; k < AREA_KINDS; k++)
            for (int t = 0; t < TERMS; t++)
                a.of[k] += blocks[b].coefficient[k][t] * term[t];
    /* Exact: a bank holds two bytes of 1024 words in a block, an accumulator lane 512 entries. */
    a.of[AREA_RAM] += c->sp_banks * (c->n / 2) * div_up(c->sp_words / c->sp_banks, 1024) +
                      2 * c->n * div_up(c->acc_depth, 512);
    for (int k = 0; k < AREA_KINDS; k++)
        a.of[k] = a.of[k] < 0 ? 0 : (double)(uint64_t)(a.of[k] + 0.5);
    return a;
}

static const area_board_t boards[] = {
    {"UP5K", "iCE40 UP5K", {5280, 8, 63}}, /* 30 RAMs of 4 kbit and 1 Mbit of SPRAM */
    {"GW2AR-18", "Gowin GW2AR-18", {20736, 48, 46}},
    {"25F", "ULX3S with ECP5-25F", {24288, 28, 56}},
    {"45F", "ULX3S with ECP5-45F", {43848, 72, 108}},
    {"85F", "ULX3S with ECP5-85F", {83640, 156, 208}},
};

const area_board_t *area_board(int i) {
    return i >= 0 && (size_t)i < sizeof boards / sizeof boards[0] ? &boards[i] : NULL;
}

int area_fits(const area_t *a, const area_board_t *b) {
    for (int k = 0; k < AREA_KINDS; k++)
        if (a->of[k] > b->has[k])
            return 0;
    return 1;
}

const area_board_t *area_smallest(const area_t *a) {
    const area_board_t *b;
    for (int i = 0; (b = area_board(i)) && !area_fits(a, b); i++)
        ;
    return b;
}
