/*
 * soc_system.c - see soc_system.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "soc_system.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "npu_config.h"
#include "progress.h"

enum { FIRMWARE_MAX = 1 << 20, CHUNK = 250000, STX = 2, ETX = 3 };
#define MAX_CYCLES 20000000000ull /* a run that takes longer hangs */

static void on_uart(void *user, char c) {
    soc_system_t *s = user;
    if (s->on_text && (c == STX || s->in_text)) {
        if (c != STX && c != ETX)
            s->on_text(s->user, c);
        s->in_text = c != ETX;
        return;
    }
    if (c != '\n' && s->line_size + 1 < sizeof s->line) {
        s->line[s->line_size++] = c;
        return;
    }
    s->line[s->line_size] = 0;
    if (s->line_size > 0) {
        s->on_line(s->user, s->line);
        memcpy(s->last, s->line, s->line_size + 1);
    }
    s->line_size = 0;
}

/* build directory of this program, or $SYSTOLE_BUILD; a file of it in path. 0 or -1. */
static int find_built(const char *name, char *path, size_t size) {
    const char *env = getenv("SYSTOLE_BUILD");
    char self[1024];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = 0;
    for (int up = 0; up < 4; up++) {
        if (env) {
            snprintf(path, size, "%s/%s", env, name);
        } else {
            char *slash = strrchr(self, '/');
            if (!slash)
                break;
            *slash = 0;
            snprintf(path, size, "%s/%s", self, name);
        }
        if (access(path, R_OK) == 0)
            return 0;
        if (env)
            break;
    }
    snprintf(path, size, "build/%s", name);
    return access(path, R_OK) == 0 ? 0 : -1;
}

uint32_t soc_setting(const char *name, uint32_t fallback, uint32_t max) {
    const char *text = getenv(name);
    unsigned long v = text ? strtoul(text, NULL, 0) : fallback;
    return v > max ? max : (uint32_t)v;
}

int soc_system_open(soc_system_t *s, const char *firmware_name, const char *config,
                    const char *wave, uint64_t seed, graph_error_t *err) {
    char folder[128], name[160], path[1200], message[256];
    static uint8_t firmware[FIRMWARE_MAX];
    snprintf(name, sizeof name, "firmware/%s.bin", firmware_name);
    if (find_built(name, path, sizeof path))
        return graph_fail(err, "no firmware (%s): make soc CONFIG=%s", path, config);
    FILE *f = fopen(path, "rb");
    size_t firmware_size = f ? fread(firmware, 1, sizeof firmware, f) : 0;
    if (f)
        fclose(f);
    if (firmware_size == 0)
        return graph_fail(err, "%s: cannot read", path);
    npu_config_folder(config, folder, sizeof folder);
    snprintf(name, sizeof name, "soc/%s/libsoc%s.so", folder, wave ? "_trace" : "");
    if (find_built(name, path, sizeof path))
        return graph_fail(err, "no simulator of the system (%s): make soc%s CONFIG=%s", path,
                          wave ? "-trace" : "", config);
    s->lib = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!s->lib)
        return graph_fail(err, "%s", dlerror());
    soc_sim_open_fn open;
    *(void **)&open = dlsym(s->lib, "soc_sim_open");
    soc_sim_options_t options = {.latency = soc_setting("SYSTOLE_LATENCY", 32, 100000),
                                 .stall_pct = soc_setting("SYSTOLE_STALL", 0, 90),
                                 .seed = seed,
                                 .wave = wave};
    if (!open) {
        graph_fail(err, "%s: not a simulator of the system", path);
    } else if (open(&s->sim, config, firmware, firmware_size, &options, message, sizeof message)) {
        graph_fail(err, "%s: %s", path, message);
    } else {
        return 0;
    }
    dlclose(s->lib);
    s->lib = NULL;
    return -1;
}

int soc_system_run(soc_system_t *s, const char *path, const soc_mailbox_t *mailbox,
                   graph_error_t *err) {
    soc_sim_status_t st;
    do {
        char text[64];
        st = s->sim.run(s->sim.ctx, CHUNK, on_uart, s);
        uint64_t cycles = s->sim.cycles(s->sim.ctx);
        snprintf(text, sizeof text, "%.1f M cycles", (double)cycles * 1e-6);
        if (!s->on_text)
            progress_update("soc", text, 0, 0);
        if (cycles > MAX_CYCLES)
            break;
    } while (st == SOC_SIM_TIMEOUT);
    progress_end();
    if (st == SOC_SIM_FAULT)
        return graph_fail(err, "%s: simulation: %s", path, s->sim.fault(s->sim.ctx));
    if (st == SOC_SIM_TIMEOUT)
        return graph_fail(err, "%s: the system did not finish in %llu cycles", path, MAX_CYCLES);
    if (mailbox->state != SOC_MAILBOX_OK) {
        const char *text = strncmp(s->last, "SYSTOLE ERROR ", 14) == 0 ? s->last + 14 : s->last;
        return graph_fail(err, "%s: firmware: %s", path, text);
    }
    return 0;
}

void soc_system_close(soc_system_t *s) {
    if (s->lib) {
        s->sim.close(s->sim.ctx);
        dlclose(s->lib);
    }
    s->lib = NULL;
}
