/*
 * soc_sim.h - the Verilated SoC (soft-core, RAM, UART, NPU) as seen from the host: one shared
 * object for each configuration, build/soc/CONFIG/libsoc.so, that exports soc_sim_open.
 *
 * Synopsis
 *   soc_sim_open_fn open = dlsym(lib, "soc_sim_open");
 *   soc_sim_t sim;
 *   if (open(&sim, "npu16", firmware, firmware_size, &options, err, sizeof err)) fail(err);
 *   fill sim.mem (mailbox at its start: sw/firmware/mailbox.h);
 *   if (sim.run(sim.ctx, max_cycles, on_uart, user) == SOC_SIM_FINISHED) read sim.mem ...;
 *   sim.close(sim.ctx);
 *
 * Contract: the CPU leaves reset with the first run(). Bus address of sim.mem[0] is NPU_MEM_BASE.
 * No global state; one thread at a time per instance; nothing here ends the process.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_SOC_SIM_H
#define SYSTOLE_SOC_SIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint32_t latency;   /* cycles from read address to first beat; bench: 32 */
    uint32_t stall_pct; /* 0..90: chance in percent that a memory channel stands still in a cycle */
    uint64_t seed;      /* of the stalls and of uninitialised registers and memories */
    const char *wave;   /* FST file (needs libsoc_trace.so), or NULL */
} soc_sim_options_t;

typedef enum {
    SOC_SIM_FINISHED = 0, /* the firmware wrote FINISH: see finish_code() */
    SOC_SIM_TIMEOUT = 1,  /* max_cycles passed */
    SOC_SIM_FAULT = 2     /* broken bus rule or simulator assertion: see fault() */
} soc_sim_status_t;

/* One byte that the SoC sent. */
typedef void (*soc_sim_uart_fn)(void *user, char c);

typedef struct {
    void *ctx;
    uint8_t *mem;    /* main memory; valid until close */
    size_t mem_size; /* bytes */
    /* Go on from where it stopped until FINISH is written, max_cycles pass (0 = no limit) or a
     * fault; the last bytes on the UART are waited for. on_uart may be NULL. */
    soc_sim_status_t (*run)(void *ctx, uint64_t max_cycles, soc_sim_uart_fn on_uart, void *user);
    /* Send a byte over the UART during the next run(), which then waits for the firmware to take
     * its last FINISH back. */
    void (*send)(void *ctx, char byte);
    /* Reset CPU, NPU and everything else, with fresh firmware; main memory stays. */
    void (*reset)(void *ctx);
    /* Reads and writes of this window of main memory answer SLVERR; size 0: none. */
    void (*set_fault_window)(void *ctx, uint32_t base, uint32_t size);
    uint32_t (*finish_code)(void *ctx);
    uint64_t (*cycles)(void *ctx);   /* simulated clock cycles in total */
    const char *(*fault)(void *ctx); /* text, "" when there was none */
    /* What the SPI flash holds from the place of the boot image on; a copy is taken. The rest is
     * erased, as is all of it before the first call. */
    void (*set_flash)(void *ctx, const void *bytes, size_t size);
    void (*close)(void *ctx);
} soc_sim_t;

/* 0, or -1 with a message in err. `firmware`: bytes for the start of the on-chip RAM. */
typedef int (*soc_sim_open_fn)(soc_sim_t *sim, const char *config, const void *firmware,
                               size_t firmware_size, const soc_sim_options_t *options, char *err,
                               size_t err_size);

#ifdef __cplusplus
}
#endif
#endif
