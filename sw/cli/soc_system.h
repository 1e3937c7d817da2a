/*
 * soc_system.h - the Verilated system with a firmware, and what its UART says.
 *
 * Contract:  simulator: build/soc/CONFIG/libsoc.so, firmware: build/firmware/NAME.bin, both found
 * beside this program (or in $SYSTOLE_BUILD). $SYSTOLE_LATENCY, $SYSTOLE_STALL: memory latency in
 * cycles (default 32) and percent of random stalls (default 0).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_SOC_SYSTEM_H
#define SYSTOLE_SOC_SYSTEM_H

#include "../../testbench/soc/soc_sim.h"
#include "../firmware/mailbox.h"
#include "graph.h"

#define SOC_NPU_TIMEOUT 1000000u /* cycles without progress */

typedef struct {
    /* Set before it runs; user: for them. */
    void (*on_line)(void *user, const char *line); /* a line of the UART, not empty */
    /* Text between STX and ETX, as it comes; NULL: there is none. */
    void (*on_text)(void *user, char c);
    void *user;
    /* The rest is its own. */
    void *lib;
    soc_sim_t sim;
    char line[256]; /* UART text not yet ended by a newline */
    size_t line_size;
    char last[256]; /* last full line */
    int in_text;
} soc_system_t;

/* 0, or -1 with *err and nothing to close. wave: file or NULL. */
int soc_system_open(soc_system_t *s, const char *firmware, const char *config, const char *wave,
                    uint64_t seed, graph_error_t *err);
/* Goes on until the firmware says that it has ended, well; path: for messages. 0 or -1. */
int soc_system_run(soc_system_t *s, const char *path, const soc_mailbox_t *mailbox,
                   graph_error_t *err);
void soc_system_close(soc_system_t *s);
/* A number from the environment. */
uint32_t soc_setting(const char *name, uint32_t fallback, uint32_t max);

#endif
