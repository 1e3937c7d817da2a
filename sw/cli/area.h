/*
 * area.h - what a configuration would cost on an FPGA, estimated, and which boards have that much.
 *
 * Contract
 *   ESTIMATES for ECP5 (Yosys 0.23, NPU alone, no place and route): each block's count is a sum of
 *   terms of the configuration with coefficients fitted to synthesis runs (area_coefficients.inc;
 *   make area-fit measures and fits them anew, make area-table prints estimate beside
 *   measurement). Other families are judged by the same numbers: LUT4s, 18x18 multipliers and 18
 *   kbit RAMs are what Gowin has too; iCE40 has neither LUT RAM nor wide multipliers, so it needs
 *   more than this. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_AREA_H
#define SYSTOLE_AREA_H

#include "npu_spec.h"

enum { AREA_LUT, AREA_DSP, AREA_RAM, AREA_KINDS };

/* LUT4 sites, products in multiplier cells (MUL_STYLE 0); multipliers 18x18; block RAMs of 18 kbit.
 */
typedef struct {
    double of[AREA_KINDS];
} area_t;

typedef struct {
    const char *name, *device;
    double has[AREA_KINDS];
} area_board_t;

area_t area_estimate(const npu_config_t *c);
/* Is it larger than any that was synthesised for the fit? */
int area_extrapolated(const npu_config_t *c);
/* Boards from the smallest to the largest; NULL behind the last. */
const area_board_t *area_board(int i);
int area_fits(const area_t *a, const area_board_t *b);
/* The first that it fits, or NULL. */
const area_board_t *area_smallest(const area_t *a);

#endif
