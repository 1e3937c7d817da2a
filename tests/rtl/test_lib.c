/*
 * test_lib.c - the Verilated NPU as a device (testbench/verilator/npu_lib.cc): several instances
 * and configurations in one process, seeds, trace, bus errors, time limits, what it refuses.
 *
 * Synopsis: build/tests/rtl/test_lib     (needs build/rtl/npu4 and npu8)
 * Last line: N passed, N failed. SPDX-License-Identifier: Apache-2.0
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "npu_device.h"
#include "npu_driver.h"

#define MEM (64u * 1024u)
#define FROM 4096u /* memory offsets of the copied bytes */
#define TO 32768u
#define BYTES 3001u

static int passed, failed;
static void expect(int ok, const char *what) {
    passed += ok != 0;
    failed += !ok;
    if (!ok)
        printf("FAIL rtl library: %s; rerun: build/tests/rtl/test_lib\n", what);
}

typedef struct {
    npu_device_open_fn open;
    const char *(*fault)(void *ctx);
} lib_t;

static lib_t load(const char *config) {
    char path[256];
    snprintf(path, sizeof path, "build/rtl/%s/libnpu.so", config);
    void *h = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    lib_t lib = {0};
    if (h) {
        *(void **)&lib.open = dlsym(h, "npu_rtl_open");
        *(void **)&lib.fault = dlsym(h, "npu_rtl_fault");
    }
    if (!lib.open || !lib.fault) {
        printf("FAIL rtl library: %s: %s\n0 passed, 1 failed\n", path, h ? "no entry" : dlerror());
        exit(1);
    }
    return lib;
}

static uint32_t rd(void *dev, uint32_t offset) {
    npu_device_t *d = dev;
    return d->read32(d->ctx, offset);
}
static void wr(void *dev, uint32_t offset, uint32_t value) {
    npu_device_t *d = dev;
    d->write32(d->ctx, offset, value);
}
static void wait_device(void *dev) {
    npu_device_t *d = dev;
    d->wait(d->ctx);
}

/* An opened device with a copy of BYTES bytes as its command list: LOAD, token, STORE. */
typedef struct {
    npu_device_t dev;
    npu_t npu;
    uint32_t bytes, second; /* of the list; where its STORE begins */
} run_t;

static int open_run(const lib_t *lib, const char *config, npu_device_options_t o, run_t *r) {
    char err[256] = "";
    if (lib->open(&r->dev, config, MEM, &o, err, sizeof err)) {
        printf("open %s: %s\n", config, err);
        return -1;
    }
    const npu_io_t io = {rd, wr, wait_device, &r->dev};
    if (npu_init(&r->npu, &io, 0) != NPU_OK)
        return -1;
    uint32_t n = r->npu.config.n, words[2][NPU_CMD_WORDS];
    const npu_cmd_load_t l = {.region = 1,
                              .offset = FROM,
                              .run_bytes = BYTES,
                              .n1 = 1,
                              .n2 = 1,
                              .sp_addr = 5,
                              .nwin = (BYTES + n - 1) / n,
                              .nblk = 1,
                              .sp_win = 1,
                              .last_len = n,
                              .win_step = n};
    const npu_cmd_store_t s = {.region = 1,
                               .offset = TO,
                               .run_bytes = BYTES,
                               .n1 = 1,
                               .n2 = 1,
                               .sp_addr = 5,
                               .nblk = 1,
                               .sp_win = 1,
                               .last_len = n};
    npu_pack_load(&l, words[0]);
    npu_pack_store(&s, words[1]);
    npu_cmd_set_tokens(words[0], 0, 1u << NPU_UNIT_STORE);
    npu_cmd_set_tokens(words[1], 1u << NPU_UNIT_LOAD, 0);
    for (uint32_t i = 0; i < MEM; i++)
        r->dev.mem[i] = (uint8_t)(i * 2654435761u >> 24);
    r->bytes = npu_list_put(words[0], r->dev.mem);
    r->second = r->bytes; /* byte offset of the STORE */
    r->bytes += npu_list_put(words[1], r->dev.mem + r->bytes);
    npu_set_region(&r->npu, 0, NPU_MEM_BASE, 4096, NPU_REGION_READ);
    npu_set_region(&r->npu, 1, NPU_MEM_BASE, MEM, NPU_REGION_READ | NPU_REGION_WRITE);
    return 0;
}

static int copied(const run_t *r) {
    return memcmp(r->dev.mem + FROM, r->dev.mem + TO, BYTES) == 0 &&
           r->dev.mem[TO + BYTES] == (uint8_t)((TO + BYTES) * 2654435761u >> 24);
}

static npu_status_t go(run_t *r) {
    npu_status_t st = npu_submit(&r->npu, 0, r->bytes);
    return st == NPU_OK ? npu_wait(&r->npu, 4) : st;
}

static void refusals(const lib_t *lib) {
    npu_device_t dev;
    npu_device_options_t o = {.latency = 4};
    char err[256] = "";
    expect(lib->open(&dev, "npu4", MEM, &o, err, sizeof err) == -1 && strstr(err, "npu8"),
           "another configuration is refused");
    expect(lib->open(&dev, "npu8", (size_t)4 << 30, &o, err, sizeof err) == -1 &&
               strstr(err, "fit"),
           "too much memory is refused");
    o.wave = "build/test/never.fst";
    expect(lib->open(&dev, "npu8", MEM, &o, err, sizeof err) == -1 && strstr(err, "libnpu_trace"),
           "waves are refused by the fast library");
}

static void side_by_side(const lib_t *four, const lib_t *eight) {
    run_t r[3];
    int ok =
        open_run(four, "npu4", (npu_device_options_t){.latency = 3}, &r[0]) == 0 &&
        open_run(eight, "npu8", (npu_device_options_t){.latency = 60, .seed = 4}, &r[1]) == 0 &&
        open_run(eight, "npu8", (npu_device_options_t){.latency = 9, .stall_pct = 50}, &r[2]) == 0;
    expect(ok, "three devices at once");
    if (!ok)
        return;
    for (int i = 0; i < 3; i++)
        npu_submit(&r[i].npu, 0, r[i].bytes);
    for (int i = 0; i < 3; i++) {
        expect(npu_wait(&r[2 - i].npu, 4) == NPU_OK && copied(&r[2 - i]), "interleaved runs");
        expect(!four->fault(r[i].dev.ctx), "no fault");
    }
    for (int i = 0; i < 3; i++)
        r[i].dev.close(r[i].dev.ctx);
}

static uint64_t cycles_of(const lib_t *lib, npu_device_options_t o) {
    run_t r;
    if (open_run(lib, "npu8", o, &r))
        return 0;
    uint64_t n = go(&r) == NPU_OK && copied(&r) ? r.dev.cycles(r.dev.ctx) : 0;
    r.dev.close(r.dev.ctx);
    return n;
}

static void seeds(const lib_t *lib) {
    uint64_t a = cycles_of(lib, (npu_device_options_t){.latency = 20, .stall_pct = 40, .seed = 1});
    uint64_t b = cycles_of(lib, (npu_device_options_t){.latency = 20, .stall_pct = 40, .seed = 1});
    uint64_t c = cycles_of(lib, (npu_device_options_t){.latency = 20, .stall_pct = 40, .seed = 2});
    uint64_t fast = cycles_of(lib, (npu_device_options_t){.latency = 1});
    uint64_t slow = cycles_of(lib, (npu_device_options_t){.latency = 200});
    expect(a != 0 && a == b, "the same seed gives the same cycles");
    expect(c != 0 && a != c, "another seed gives other stalls");
    expect(fast != 0 && slow > fast + 300, "latency is felt by fetch, load and store");
}

static void windows_and_trace(const lib_t *lib) {
    run_t r;
    if (open_run(lib, "npu8", (npu_device_options_t){.latency = 32}, &r)) {
        expect(0, "open");
        return;
    }
    const npu_config_t *c = &r.npu.config;
    size_t sp = (size_t)c->sp_words * c->n, acc = (size_t)2 * c->acc_depth * c->n;
    uint8_t *a = malloc(sp), *b = malloc(sp);
    int32_t *x = malloc(acc * 4), *y = malloc(acc * 4);
    for (size_t i = 0; i < sp; i++)
        a[i] = (uint8_t)(i * 40503u >> 7);
    for (size_t i = 0; i < acc; i++)
        x[i] = (int32_t)(i * 2654435761u);
    r.dev.set_scratchpad(r.dev.ctx, a);
    r.dev.set_accumulators(r.dev.ctx, x);
    r.dev.get_scratchpad(r.dev.ctx, b);
    r.dev.get_accumulators(r.dev.ctx, y);
    expect(memcmp(a, b, sp) == 0 && memcmp(x, y, acc * 4) == 0, "what was set is read back");
    npu_enable_irq(&r.npu, 1); /* wait() must end on the interrupt too */
    npu_submit(&r.npu, 0, r.bytes);
    expect(r.dev.wait(r.dev.ctx) == 0 && (rd(&r.dev, NPU_REG_STATUS) & NPU_STATUS_DONE),
           "interrupt");
    r.dev.get_scratchpad(r.dev.ctx, b);
    r.dev.get_accumulators(r.dev.ctx, y);
    uint32_t words = (BYTES + c->n - 1) / c->n;
    expect(memcmp(b + 5 * c->n, r.dev.mem + FROM, BYTES) == 0, "loaded words");
    expect(memcmp(a, b, 5 * c->n) == 0 && memcmp(x, y, acc * 4) == 0 &&
               memcmp(a + (5 + words) * c->n, b + (5 + words) * c->n, sp - (5 + words) * c->n) == 0,
           "everything else stays");
    const npu_trace_t *t;
    size_t n = r.dev.get_trace(r.dev.ctx, &t);
    uint64_t counters[NPU_CNT_COUNT];
    npu_read_counters(&r.npu, counters);
    expect(n == 2 && t[0].unit == NPU_UNIT_LOAD && t[0].index == 0 && t[1].unit == NPU_UNIT_STORE &&
               t[1].index == 1 && t[0].start < t[0].end && t[0].end <= t[1].start &&
               t[1].start < t[1].end && t[1].end <= counters[NPU_CNT_CYCLES] + 16,
           "trace of both commands");
    expect(counters[NPU_CNT_BYTES_WRITTEN] == BYTES && counters[NPU_CNT_COMMANDS] == 2, "counters");
    free(a);
    free(b);
    free(x);
    free(y);
    r.dev.close(r.dev.ctx);
}

/* Errors leave the device usable: each ends with a run that works. */
static void errors(const lib_t *lib) {
    run_t r;
    npu_error_t e;
    if (open_run(lib, "npu8",
                 (npu_device_options_t){.latency = 12, .stall_pct = 20, .max_cycles = 5000}, &r)) {
        expect(0, "open");
        return;
    }
    for (int store = 0; store < 2; store++) {
        uint32_t *offset = (uint32_t *)(r.dev.mem + (store ? r.second : 0)) + 1, good = *offset;
        npu_set_region(&r.npu, 1, NPU_MEM_BASE, 2 * MEM, NPU_REGION_READ | NPU_REGION_WRITE);
        *offset = MEM - 128;
        npu_status_t st = go(&r);
        npu_get_error(&r.npu, &e);
        expect(st == NPU_E_DEVICE && e.code == (store ? NPU_ERR_BUS_WRITE : NPU_ERR_BUS_READ) &&
                   e.command == (uint32_t)store,
               "behind the memory the bus answers with an error");
        *offset = good;
        expect(npu_recover(&r.npu, 100) == NPU_OK && go(&r) == NPU_OK && copied(&r), "recovery");
    }
    npu_cmd_set_tokens((uint32_t *)r.dev.mem, 1u << NPU_UNIT_ARRAY, 1u << NPU_UNIT_STORE);
    npu_submit(&r.npu, 0, r.bytes);
    expect(r.dev.wait(r.dev.ctx) == -1, "wait gives up after max_cycles");
    npu_cmd_set_tokens((uint32_t *)r.dev.mem, 0, 1u << NPU_UNIT_STORE);
    expect(npu_recover(&r.npu, 100) == NPU_OK && go(&r) == NPU_OK && copied(&r), "after a hang");
    expect(!lib->fault(r.dev.ctx), "no broken rule");
    r.dev.close(r.dev.ctx);
}

int main(void) {
    lib_t four = load("npu4"), eight = load("npu8");
    refusals(&eight);
    side_by_side(&four, &eight);
    seeds(&eight);
    windows_and_trace(&eight);
    errors(&eight);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
