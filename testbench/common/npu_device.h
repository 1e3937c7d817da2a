/* An NPU seen from the host: registers, the memory behind its port, and windows into its state.
 *
 * Implemented twice: by the C model (npu_model_open, cmodel/npu) and by the Verilated RTL (a shared
 * object for each configuration that exports `npu_rtl_open`, testbench/verilator). Driver, runtime
 * and tests see only this.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef NPU_DEVICE_H
#define NPU_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bus address of byte 0 of `mem`; the same as the SoC's main memory. */
#define NPU_MEM_BASE 0x40000000u

/* Behaviour of the memory behind the port (ignored by the model). */
typedef struct {
    uint32_t latency;    /* cycles from a read address to its first beat (bench: 32) */
    uint32_t stall_pct;  /* 0..90: chance in percent that a channel is not ready in a cycle (random
                            back-pressure) */
    uint64_t seed;       /* of the random back-pressure and of uninitialised registers */
    const char *wave;    /* FST file, or NULL */
    uint64_t max_cycles; /* per wait; 0 = no limit */
} npu_device_options_t;

/* What a unit did with a command: index in the list, unit (npu_unit_t), first and last cycle since
 * START. */
typedef struct {
    uint32_t index, unit;
    uint64_t start, end;
} npu_trace_t;

typedef struct npu_device {
    void *ctx;
    uint8_t *mem;    /* the memory; valid until close */
    size_t mem_size; /* bytes; accesses beyond answer with a bus error */
    uint32_t (*read32)(void *ctx, uint32_t offset);
    void (*write32)(void *ctx, uint32_t offset, uint32_t value);
    /* Advance until the interrupt is pending or BUSY is low; returns 0, or -1 when max_cycles
     * passed first. */
    int (*wait)(void *ctx);
    /* Copies for comparison. Scratchpad: sp_words*n bytes. Accumulators: 2*acc_depth*n int32 (half
     * 0 first). */
    void (*get_scratchpad)(void *ctx, uint8_t *dst);
    void (*get_accumulators)(void *ctx, int32_t *dst);
    void (*set_scratchpad)(void *ctx, const uint8_t *src);
    void (*set_accumulators)(void *ctx, const int32_t *src);
    /* Trace of the last run: number of entries and the entries (valid until the next START). May be
     * NULL for the model. */
    size_t (*get_trace)(void *ctx, const npu_trace_t **entries);
    uint64_t (*cycles)(void *ctx); /* total simulated clock cycles; 0 for the model */
    void (*close)(void *ctx);
} npu_device_t;

/* Both openers: fill *dev for configuration `config` (a name of npu_configs) with mem_size bytes of
 * zeroed memory. Return 0, or -1 with a message in err. The RTL library is built for one
 * configuration and refuses others. */
typedef int (*npu_device_open_fn)(npu_device_t *dev, const char *config, size_t mem_size,
                                  const npu_device_options_t *options, char *err, size_t err_size);

#ifdef __cplusplus
}
#endif
#endif
