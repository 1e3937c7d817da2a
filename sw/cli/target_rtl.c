/*
 * target_rtl.c - target `rtl`: the compiled program on the Verilated NPU, the driver on the host.
 *
 * Contract: target.h. The simulator of a configuration is build/rtl/FOLDER/libnpu.so
 * (npu_config_folder(); with waves: libnpu_trace.so), found beside this program (or in
 * $SYSTOLE_BUILD). $SYSTOLE_LATENCY: memory latency in cycles (default 32), $SYSTOLE_STALL: percent
 * of random stalls on every channel (default 0), $SYSTOLE_RTL_SEED: of the stalls and of what
 * registers hold at power-up (default: that of the inputs). Counterpart:
 * testbench/verilator/npu_lib.cc. SPDX-License-Identifier: Apache-2.0
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "npu_config.h"
#include "run_device.h"
#include "target_rtl.h"

#define TRACE_EVERY 512u /* cycles after which the trace is read, before it is full */
#define WATCHDOG 200000u /* cycles without progress in any unit */

/* Of the library that is loaded; a process runs one target at a time. */
static const char *(*rtl_fault)(void *ctx);

static const char *complaint(const npu_device_t *dev) {
    return rtl_fault && dev->ctx ? rtl_fault(dev->ctx) : NULL;
}

/* rtl/FOLDER/NAME of the configuration in $SYSTOLE_BUILD, or in the folder of this program or one
 * above. 0 or -1. */
static int find_library(const char *config, const char *name, char *path, size_t size) {
    const char *env = getenv("SYSTOLE_BUILD");
    char self[1024];
    char folder[128];
    npu_config_folder(config, folder, sizeof folder);
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = 0;
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(self, '/');
        if (!env && !slash)
            break;
        if (slash)
            *slash = 0;
        snprintf(path, size, "%s/rtl/%s/%s", env ? env : self, folder, name);
        if (access(path, R_OK) == 0)
            return 0;
    }
    return -1;
}

/* 0, or -1 when the variable is set to something else than a number of 0..max. */
static int setting(const char *name, uint64_t max, uint64_t *value, graph_error_t *err) {
    const char *text = getenv(name);
    if (!text)
        return 0;
    char *end;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 0);
    if (errno || end == text || *end || *text == '-' || v > max)
        return graph_fail(err, "%s=%.40s: not a number of 0 to %llu", name, text,
                          (unsigned long long)max);
    *value = v;
    return 0;
}

int target_rtl_open(const rtl_wishes_t *w, rtl_t *r, graph_error_t *err) {
    uint64_t latency = 32, stall = 0, seed = w->seed;
    if (setting("SYSTOLE_LATENCY", 100000, &latency, err) ||
        setting("SYSTOLE_STALL", 90, &stall, err) ||
        setting("SYSTOLE_RTL_SEED", UINT64_MAX, &seed, err))
        return -1;
    char path[1200];
    if (find_library(w->config, w->wave ? "libnpu_trace.so" : "libnpu.so", path, sizeof path))
        return graph_fail(err, "the RTL of %.100s is not built: run make rtl%s CONFIG=%.100s",
                          w->config, w->wave ? "-trace" : "", w->config);
    r->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!r->library)
        return graph_fail(err, "%s", dlerror());
    r->options = (npu_device_options_t){.latency = (uint32_t)latency,
                                        .stall_pct = (uint32_t)stall,
                                        .seed = seed,
                                        .max_cycles = w->detail ? TRACE_EVERY : 0,
                                        .wave = w->wave};
    r->how = (run_device_t){.name = "rtl",
                            .options = &r->options,
                            .has_cycles = 1,
                            .timeout = WATCHDOG + 100u * (uint32_t)latency,
                            .complaint = complaint};
    *(void **)&r->how.open = dlsym(r->library, "npu_rtl_open");
    *(void **)&rtl_fault = dlsym(r->library, "npu_rtl_fault");
    if (r->how.open && rtl_fault)
        return 0;
    target_rtl_close(r);
    return graph_fail(err, "%s: not a simulator of the NPU", path);
}

void target_rtl_close(rtl_t *r) {
    rtl_fault = NULL;
    dlclose(r->library);
}

static int run(const target_job_t *job, graph_error_t *err) {
    const rtl_wishes_t wishes = {job->config, job->wave, job->detail, job->seed};
    rtl_t rtl;
    if (target_rtl_open(&wishes, &rtl, err))
        return -1;
    int status = run_device(job, &rtl.how, err);
    target_rtl_close(&rtl);
    return status;
}

const target_t target_rtl = {.name = "rtl",
                             .what = "Verilated NPU, driven from the host",
                             .can_run_prog = 1,
                             .has_wave = 1,
                             .has_trace = 1,
                             .run = run};
