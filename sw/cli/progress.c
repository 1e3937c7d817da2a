/*
 * progress.c - see progress.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static double started, shown;
static int visible;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void progress_update(const char *what, const char *detail, uint64_t done, uint64_t total) {
    double t = now();
    if (started == 0)
        started = t;
    if (t - started < 1.0 || t - shown < 0.1 || !isatty(STDERR_FILENO))
        return;
    shown = t;
    visible = 1;
    if (total > 0)
        fprintf(stderr, "\r\033[K%s: %3d %% %.60s, %.0f s", what,
                (int)(100.0 * (double)done / (double)total), detail, t - started);
    else
        fprintf(stderr, "\r\033[K%s: %.60s, %.0f s", what, detail, t - started);
    fflush(stderr);
}

void progress_end(void) {
    if (visible)
        fprintf(stderr, "\r\033[K");
    visible = 0;
    started = shown = 0;
}
