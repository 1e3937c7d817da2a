/*
 * target_rtl.h - the Verilated NPU as a device, for `run` and `generate`.
 *
 * Contract:  one at a time in a process. The simulator's library and its settings: target_rtl.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_TARGET_RTL_H
#define SYSTOLE_TARGET_RTL_H

#include "run_device.h"

typedef struct {
    const char *config, *wave; /* wave: file, or NULL */
    int detail;                /* the trace is read while it runs */
    uint64_t seed;
} rtl_wishes_t;

typedef struct {
    void *library;
    npu_device_options_t options;
    run_device_t how; /* refers to options: do not move */
} rtl_t;

/* 0, or -1 with *err and nothing to close. */
int target_rtl_open(const rtl_wishes_t *w, rtl_t *r, graph_error_t *err);
void target_rtl_close(rtl_t *r);

#endif
