/*
 * fuzz.c - random command streams on the NPU's model and on its Verilated RTL, byte for byte.
 *
 * Synopsis
 *   fuzz [--config C] [--seed S] [--count K] [--cmds M] [--errors-only | --no-errors]
 *        [--lib build/rtl/C/libnpu.so] [--latency L] [--stall P] [--wave F.fst] [--spec
 * spec/npu.toml] With --lib: each stream on model and RTL; memory, scratchpad, accumulators and
 * error registers must agree. A difference is traced to the first command of which a run of the
 * list up to it differs. Without --lib: the model against itself (fuzz_self.c), for all
 * configurations unless --config. Then every kind of error (fuzz_errors.c). Last line: N passed, N
 * failed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_device.h"

typedef struct {
    const char *config, *lib, *wave, *spec;
    uint64_t seed;
    uint32_t count, cmds, latency, stall;
    int errors, streams;
} options_t;

static const char *(*rtl_fault)(void *ctx);

static void say_failure(const fuzz_tally_t *tally, const fuzz_stream_t *s, const char *what,
                        const char *text) {
    printf("FAIL %s seed %llu: %s: %s; rerun: %s --seed %llu --count 1 --no-errors\n", s->cfg->name,
           (unsigned long long)s->seed, what, text, tally->command, (unsigned long long)s->seed);
}

/* One list on both. 0 when they agree; else -1 and one line. */
static int run_both(npu_device_t *model, npu_device_t *rtl, const fuzz_stream_t *s,
                    const uint32_t (*words)[NPU_CMD_WORDS], uint32_t n, char *text,
                    size_t text_size) {
    fuzz_put(model, s, words, n);
    fuzz_end_t a = fuzz_start(model);
    if (a.status != NPU_STATUS_DONE || npu_model_order_error(model)) {
        snprintf(text, text_size, "model: status %u error info 0x%x command %u address 0x%x %s",
                 a.status, a.info, a.cmd, a.addr,
                 npu_model_order_error(model) ? npu_model_order_error(model) : "");
        return -1;
    }
    fuzz_put(rtl, s, words, n);
    fuzz_end_t b = fuzz_start(rtl);
    if (b.hung) {
        const char *fault = rtl_fault ? rtl_fault(rtl->ctx) : NULL;
        snprintf(text, text_size, "rtl did not end: %s", fault ? fault : "too many cycles");
        return -1;
    }
    if (memcmp(&a, &b, sizeof a) != 0) {
        snprintf(text, text_size,
                 "registers: rtl status %u error info 0x%x command %u address 0x%x", b.status,
                 b.info, b.cmd, b.addr);
        return -1;
    }
    return fuzz_compare(model, rtl, s->cfg, text, text_size);
}

static void trace_difference(npu_device_t *model, npu_device_t *rtl, const fuzz_stream_t *s) {
    static uint32_t words[FUZZ_MAX_CMDS][NPU_CMD_WORDS];
    char text[512];
    for (uint32_t n = 1; n <= s->n_cmds; n++) {
        fuzz_prefix(s, n, words);
        if (run_both(model, rtl, s, (const uint32_t(*)[NPU_CMD_WORDS])words, n, text,
                     sizeof text) == 0)
            continue;
        printf("  first with command %u of %u: %s\n  command %u: ", n - 1, s->n_cmds, text, n - 1);
        fuzz_spec_print(stdout, s->words[n - 1]);
        for (uint32_t i = 0; i < n; i++) {
            printf("    %2u: ", i);
            fuzz_spec_print(stdout, words[i]);
        }
        return;
    }
    printf("  no run of a part of the list differs: it depends on what happens at the same time\n");
    for (uint32_t i = 0; i < s->n_cmds; i++) {
        printf("    %2u: ", i);
        fuzz_spec_print(stdout, s->words[i]);
    }
}

static void streams_rtl(const options_t *o, npu_device_t *model, npu_device_t *rtl,
                        const npu_config_t *cfg, fuzz_tally_t *tally) {
    char text[512];
    npu_model_check_order(model, 1);
    for (uint32_t i = 0; i < o->count; i++) {
        fuzz_stream_t *s = fuzz_generate(cfg, o->seed + i, o->cmds);
        int bad = !s || run_both(model, rtl, s, (const uint32_t(*)[NPU_CMD_WORDS])s->words,
                                 s->n_cmds, text, sizeof text);
        *(bad ? &tally->failed : &tally->passed) += 1;
        if (bad && s) {
            say_failure(tally, s, "model and rtl", text);
            if (!rtl_fault || !rtl_fault(rtl->ctx))
                trace_difference(model, rtl, s);
        }
        fflush(stdout);
        fuzz_free(s);
        if (rtl_fault && rtl_fault(rtl->ctx)) {
            printf("FAIL %s: the simulation stopped for good: %s\n", cfg->name,
                   rtl_fault(rtl->ctx));
            return;
        }
    }
    npu_model_check_order(model, 0);
    printf("%s: %u streams of %u commands, %llu cycles\n", cfg->name, o->count, o->cmds,
           (unsigned long long)rtl->cycles(rtl->ctx));
}

static void streams_model(const options_t *o, npu_device_t *literal, npu_device_t *fast,
                          const npu_config_t *cfg, fuzz_tally_t *tally) {
    uint32_t caught = 0;
    char text[512];
    int wrong = fuzz_requant(o->seed, text, sizeof text);
    *(wrong ? &tally->failed : &tally->passed) += 1;
    if (wrong)
        printf("FAIL %s model: %s\n", cfg->name, text);
    for (uint32_t i = 0; i < o->count; i++) {
        fuzz_stream_t *s = fuzz_generate(cfg, o->seed + i, o->cmds);
        int bad = !s || fuzz_model_self(literal, fast, s, &caught, text, sizeof text);
        *(bad ? &tally->failed : &tally->passed) += 1;
        if (bad && s)
            say_failure(tally, s, "model", text);
        fuzz_free(s);
    }
    printf("%s: %u streams; %u of as many removed token pairs were named by the order check\n",
           cfg->name, o->count, caught);
    if (o->count >= 20 && caught == 0) {
        printf("FAIL %s: the order check never named a removed token\n", cfg->name);
        tally->failed++;
    }
}

static int open_rtl(const options_t *o, npu_device_t *rtl) {
    char err[256] = "";
    npu_device_options_t opt = {o->latency, o->stall, o->seed * 0x9e3779b97f4a7c15u | 1, o->wave,
                                20000000};
    void *lib = dlopen(o->lib, RTLD_NOW | RTLD_LOCAL);
    if (!lib) {
        fprintf(stderr, "error: %s\n", dlerror());
        return -1;
    }
    npu_device_open_fn open_fn;
    void *symbol = dlsym(lib, "npu_rtl_open"), *fault = dlsym(lib, "npu_rtl_fault");
    memcpy(&open_fn, &symbol, sizeof symbol);
    memcpy(&rtl_fault, &fault, sizeof fault);
    if (!symbol || open_fn(rtl, o->config, FUZZ_MEM_BYTES, &opt, err, sizeof err)) {
        fprintf(stderr, "error: %s: %s\n", o->lib, symbol ? err : "no npu_rtl_open");
        return -1;
    }
    return 0;
}

static int fuzz_config(const options_t *o, const npu_config_t *cfg, fuzz_tally_t *tally) {
    npu_device_t model, second;
    char err[256];
    if (npu_model_open(&model, cfg->name, FUZZ_MEM_BYTES, NULL, err, sizeof err)) {
        fprintf(stderr, "error: %s\n", err);
        return -1;
    }
    int bad = o->lib ? open_rtl(o, &second)
                     : npu_model_open(&second, cfg->name, FUZZ_MEM_BYTES, NULL, err, sizeof err);
    if (!bad) {
        if (o->streams && o->lib)
            streams_rtl(o, &model, &second, cfg, tally);
        else if (o->streams)
            streams_model(o, &model, &second, cfg, tally);
        if (o->errors)
            fuzz_errors(&model, o->lib ? &second : NULL, cfg, o->seed, tally);
        second.close(second.ctx);
    }
    model.close(model.ctx);
    return bad;
}

static int parse(int argc, char **argv, options_t *o) {
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i], *v = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(a, "--errors-only") == 0) {
            o->streams = 0;
            continue;
        }
        if (strcmp(a, "--no-errors") == 0) {
            o->errors = 0;
            continue;
        }
        if (!v)
            return -1;
        i++;
        if (strcmp(a, "--config") == 0)
            o->config = v;
        else if (strcmp(a, "--lib") == 0)
            o->lib = v;
        else if (strcmp(a, "--wave") == 0)
            o->wave = v;
        else if (strcmp(a, "--spec") == 0)
            o->spec = v;
        else if (strcmp(a, "--seed") == 0)
            o->seed = strtoull(v, NULL, 0);
        else if (strcmp(a, "--count") == 0)
            o->count = (uint32_t)strtoul(v, NULL, 0);
        else if (strcmp(a, "--cmds") == 0)
            o->cmds = (uint32_t)strtoul(v, NULL, 0);
        else if (strcmp(a, "--latency") == 0)
            o->latency = (uint32_t)strtoul(v, NULL, 0);
        else if (strcmp(a, "--stall") == 0)
            o->stall = (uint32_t)strtoul(v, NULL, 0);
        else
            return -1;
    }
    return o->lib && !o->config ? -1 : 0;
}

int main(int argc, char **argv) {
    options_t o = {NULL, NULL, NULL, "spec/npu.toml", 1, 100, 30, 32, 0, 1, 1};
    if (parse(argc, argv, &o)) {
        fprintf(stderr,
                "usage: fuzz [--config C] [--seed S] [--count K] [--cmds M] [--lib LIB (with "
                "--config)] [--latency L] [--stall P] [--wave F] [--spec F] [--errors-only] "
                "[--no-errors]\n");
        return 2;
    }
    if (o.config && !npu_find_config(o.config, NULL, 0)) {
        fprintf(stderr, "error: no configuration is called %s\n", o.config);
        return 2;
    }
    if (fuzz_spec_read(o.spec))
        return 2;
    fuzz_tally_t tally = {0};
    for (int i = 0; i < (o.config ? 1 : NPU_CONFIG_COUNT); i++) {
        const npu_config_t *cfg = o.config ? npu_find_config(o.config, NULL, 0) : &npu_configs[i];
        char command[512];
        snprintf(command, sizeof command, "%s --config %s --cmds %u%s%s --latency %u --stall %u",
                 argv[0], cfg->name, o.cmds, o.lib ? " --lib " : "", o.lib ? o.lib : "", o.latency,
                 o.stall);
        tally.command = command;
        if (fuzz_config(&o, cfg, &tally))
            tally.failed++;
    }
    printf("%d passed, %d failed\n", tally.passed, tally.failed);
    return tally.failed ? 1 : 0;
}
