/*
 * micro.h - what the parts of the microcode share. Every function executes what docs/isa.md says;
 * the same names in cmodel/npu/model_*.c are the definition. Nothing is cleared at START: tables
 * and parameters keep their content, the rest is set before use. SPDX-License-Identifier:
 * Apache-2.0
 */
#ifndef SYSTOLE_MICROCODE_H
#define SYSTOLE_MICROCODE_H

#include "device.h"
#include "npu_spec.h"

typedef struct {
    uint32_t code, unit, cmd, addr; /* code NPU_ERR_NONE: none */
} mc_error_t;

typedef struct {
    uint32_t bytes_read, bytes_written, busy[NPU_QUEUES], steps, commands;
} mc_counts_t;

extern mc_error_t mc_error;
extern mc_counts_t mc_counts;

/* Bus address of `bytes` > 0 bytes at `offset` of a region, counted as transferred; 0 or -1 with
 * mc_error. */
int mc_memory(uint32_t region, uint32_t offset, uint32_t bytes, uint32_t need, uint32_t *bus);

void mc_load(const uint32_t *words);
void mc_store(const uint32_t *words);
void mc_conv(const uint32_t *words);
void mc_drain(const uint32_t *words);
void mc_pool(const uint32_t *words);
void mc_eltwise(const uint32_t *words);
void mc_table(const uint32_t *words);
void mc_softmax(const uint32_t *words);

/* Parameter sets, by half. */
typedef struct {
    int32_t bias[MC_N], mult[MC_N], shift[MC_N];
} mc_params_t;
extern mc_params_t mc_params[2];

/* The requantiser. Set once, then any number of values: mc_scaled(mc_scale_begin(x)). */
static inline void mc_scale_set(int32_t mult, uint32_t right, uint32_t divide) {
    MC_MULT = (uint32_t)mult;
    MC_SETTINGS = right | divide;
}
/* srdhm(x, m) for m >= 0, then a rounding right shift. */
static inline int32_t mc_scale(int32_t x, int32_t mult, uint32_t right) {
    mc_scale_set(mult, right, 0);
    MC_VALUE = (uint32_t)x;
    return (int32_t)MC_VALUE;
}
static inline int32_t mc_requant(int32_t x, int32_t mult, int32_t shift) {
    return shift > 0 ? mc_scale((int32_t)((uint32_t)x << shift), mult, 0)
                     : mc_scale(x, mult, (uint32_t)-shift);
}
static inline int32_t mc_clamp8(int32_t v, int32_t lo, int32_t hi) {
    v = v < lo ? lo : v;
    return v > hi ? hi : v;
}
static inline int32_t mc_add(int32_t a, int32_t b) {
    return (int32_t)((uint32_t)a + (uint32_t)b);
}
/* 16-bit two's complement coordinate inside 0..limit-1 (limit <= 32767). */
static inline int mc_inside(uint32_t x, uint32_t limit) {
    return (x & 0xffffu) < limit;
}

#endif
