/*
 * test_predict.c - the predicted cycles of compiled programs against those of the Verilated RTL.
 *
 * Synopsis: test_predict CONFIG [-L LATENCY] [-t] [-R SEED N | MODEL.tflite]...
 *   CONFIG: a configuration whose build/rtl/CONFIG/libnpu.so is there
 *   -L memory latency of what follows (default 32)
 *   -R N random networks (tests/compiler/random_graph.h)
 *   -t when each command ran, and how far off its start and end were predicted
 *
 * A prediction may be LIMIT percent off, or SLACK cycles for each NPU step, since a dozen commands
 * do not average out. Bytes read and written must be equal. Last line: N passed, N failed,
 * N skipped. SPDX-License-Identifier: Apache-2.0
 */
#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmodel/npu/npu_model.h"
#include "../../sw/compiler/compiler.h"
#include "../../sw/runtime/prog_predict.h"
#include "../../sw/runtime/runtime.h"
#include "../compiler/random_graph.h"

#define LIMIT 5.0  /* percent */
#define SLACK 40.0 /* cycles of a step */

static const npu_config_t *config;
static npu_device_open_fn open_rtl;
static uint32_t latency = 32;
static int show_trace;
static unsigned passed, failed;

typedef struct {
    npu_device_t dev;
    const prog_t *prog;
    const npu_trace_t *predicted; /* (n_cmds) */
    uint64_t begin;               /* of the step, predicted */
    uint32_t steps;
} machine_t;

static uint32_t read_register(void *ctx, uint32_t offset) {
    npu_device_t *d = ctx;
    return d->read32(d->ctx, offset);
}
static void write_register(void *ctx, uint32_t offset, uint32_t value) {
    npu_device_t *d = ctx;
    d->write32(d->ctx, offset, value);
}
static void wait_idle(void *ctx) {
    npu_device_t *d = ctx;
    d->wait(d->ctx);
}

static void print_trace(const machine_t *m, const npu_run_step_t *s) {
    const npu_trace_t *rtl;
    size_t n = m->dev.get_trace(m->dev.ctx, &rtl);
    for (size_t i = 0; i < n; i++) {
        uint32_t k = s->step.u.npu.first_cmd + rtl[i].index, words[NPU_CMD_WORDS];
        const npu_trace_t *p = &m->predicted[k];
        prog_get_cmd(m->prog, k, words);
        printf("     command %u op %02x: rtl %" PRIu64 "..%" PRIu64 ", predicted %" PRIu64
               "..%" PRIu64 " (%+" PRId64 ", %+" PRId64 ")\n",
               k, npu_cmd_opcode(words), rtl[i].start, rtl[i].end, p->start - m->begin,
               p->end - m->begin, (int64_t)(p->start - m->begin - rtl[i].start),
               (int64_t)(p->end - m->begin - rtl[i].end));
    }
}

static void on_step(void *user, const npu_run_step_t *s) {
    machine_t *m = user;
    if (s->step.kind != PROG_STEP_NPU)
        return;
    if (show_trace)
        print_trace(m, s);
    uint64_t end = 0;
    for (uint32_t i = 0; i < s->step.u.npu.count; i++)
        if (m->predicted[s->step.u.npu.first_cmd + i].end > end)
            end = m->predicted[s->step.u.npu.first_cmd + i].end;
    m->begin = end + 2; /* where the prediction of the next step begins */
    m->steps++;
}

/* 0, or a phrase. Inputs are whatever the memory holds: time does not depend on data. */
static const char *run_rtl(machine_t *m, const npu_compiled_t *image, npu_run_result_t *result) {
    static char message[256];
    size_t arena_at = (image->size + 4095) / 4096 * 4096;
    const npu_device_options_t how = {.latency = latency, .seed = 7, .max_cycles = 50000000};
    if (open_rtl(&m->dev, config->name, arena_at + m->prog->h.arena_size + 4096, &how, message,
                 sizeof message))
        return message;
    memcpy(m->dev.mem, image->bytes, image->size);
    prog_t placed = *m->prog;
    placed.bytes = m->dev.mem;
    const npu_io_t io = {read_register, write_register, wait_idle, &m->dev};
    npu_t npu;
    void *scratch = calloc(1, placed.h.scratch_size + 16u);
    npu_status_t init = npu_init(&npu, &io, 1000000);
    npu_run_env_t env = {.npu = &npu,
                         .prog = &placed,
                         .image_addr = NPU_MEM_BASE,
                         .arena = m->dev.mem + arena_at,
                         .arena_addr = NPU_MEM_BASE + (uint32_t)arena_at,
                         .scratch = scratch,
                         .scratch_size = placed.h.scratch_size,
                         .max_polls = 16,
                         .on_step = on_step,
                         .user = m};
    const char *wrong = init != NPU_OK ? npu_strerror(init)
                        : npu_run_program(&env, result) != NPU_RUN_OK
                            ? npu_strerror(result->npu_status)
                            : NULL;
    free(scratch);
    m->dev.close(m->dev.ctx);
    return wrong;
}

static const char *compare(const graph_t *g, uint64_t *rtl, uint64_t *guess) {
    static graph_error_t err;
    npu_compiled_t image = {0};
    prog_t prog;
    prog_prediction_t p;
    npu_run_result_t r;
    const npu_memory_t memory = {latency, 8};
    if (npu_compile(g, config, NULL, &image, &err))
        return err.msg;
    if (prog_open(image.bytes, image.size, 0, &prog, NULL) != PROG_OK)
        return "image";
    npu_trace_t *trace = calloc(prog.h.n_cmds + 1u, sizeof *trace);
    machine_t m = {.prog = &prog, .predicted = trace};
    const char *wrong = prog_predict(&prog, &memory, trace, &p) ? p.error : run_rtl(&m, &image, &r);
    if (!wrong) {
        *rtl = r.npu_cycles;
        *guess = p.cycles;
        double off = (double)p.cycles - (double)r.npu_cycles;
        off = off < 0 ? -off : off;
        double percent = *rtl ? 100 * off / (double)*rtl : 0;
        if (off > SLACK * m.steps && percent > LIMIT)
            wrong = "too far off";
        else if (p.bytes_read != r.counters[NPU_CNT_BYTES_READ] ||
                 p.bytes_written != r.counters[NPU_CNT_BYTES_WRITTEN])
            wrong = "bytes differ";
    }
    free(trace);
    npu_compiled_free(&image);
    return wrong;
}

static void check(const graph_t *g, const char *what) {
    uint64_t rtl = 0, guess = 0;
    const char *wrong = compare(g, &rtl, &guess);
    double off = rtl ? 100 * ((double)guess - (double)rtl) / (double)rtl : 0;
    if (wrong)
        printf("FAIL %s: %s: rtl %" PRIu64 " cycles, predicted %" PRIu64
               " (%+.2f %%); rerun: build/tests/predict/test_predict %s -L %" PRIu32 " -t %s\n",
               what, wrong, rtl, guess, off, config->name, latency, what);
    else if (show_trace)
        printf("ok %s: rtl %" PRIu64 " cycles, predicted %" PRIu64 " (%+.2f %%)\n", what, rtl,
               guess, off);
    *(wrong ? &failed : &passed) += 1;
}

static int usage(void) {
    fprintf(stderr, "usage: test_predict CONFIG [-L LATENCY] [-t] [-R SEED N | MODEL.tflite]...\n");
    return 2;
}

int main(int argc, char **argv) {
    char path[256];
    if (argc < 2 || (config = npu_find_config(argv[1], NULL, 0)) == NULL)
        return usage();
    snprintf(path, sizeof path, "build/rtl/%s/libnpu.so", config->name);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        printf("SKIP %s: %s is not built: make %s\n0 passed, 0 failed, 1 skipped\n", config->name,
               path, path);
        return 0;
    }
    *(void **)&open_rtl = dlsym(library, "npu_rtl_open");
    for (int i = 2; i < argc; i++) {
        graph_error_t err;
        graph_t *g = NULL;
        if (strcmp(argv[i], "-t") == 0) {
            show_trace = 1;
        } else if (strcmp(argv[i], "-L") == 0 && i + 1 < argc) {
            latency = (uint32_t)strtoul(argv[++i], NULL, 0);
        } else if (strcmp(argv[i], "-R") == 0 && i + 2 < argc) {
            uint64_t seed = strtoull(argv[i + 1], NULL, 0), n = strtoull(argv[i + 2], NULL, 0);
            for (uint64_t k = seed; k < seed + n; k++) {
                char name[64];
                snprintf(name, sizeof name, "-R %" PRIu64 " 1", k);
                g = random_graph(k, false);
                check(g, name);
                graph_free(g);
            }
            i += 2;
        } else if (argv[i][0] == '-') {
            return usage();
        } else if ((g = graph_load(argv[i], &err)) == NULL) {
            printf("FAIL %s\n", err.msg);
            failed++;
        } else {
            check(g, argv[i]);
            graph_free(g);
        }
    }
    printf("%u passed, %u failed, 0 skipped\n", passed, failed);
    return failed ? 1 : 0;
}
