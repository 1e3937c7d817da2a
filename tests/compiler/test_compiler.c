/*
 * test_compiler.c - compile models and run them on the C model, order checker on; outputs must
 * equal the golden models' and, where a file has them, the expected ones, byte for byte.
 *
 * Synopsis: test_compiler [-c CONFIG]... [-l WORDS] [-n] [-g] [-q] MODEL.tflite...
 *   -c configuration (default: all five); -l use only WORDS of the scratchpad; -n nothing resident;
 *   -R SEED N: N random networks of several operators (random_graph.h), in place of MODEL
 *   -d LIB the Verilated RTL (build/rtl/CONFIG/libnpu.so) in place of the model, bench conditions
 *   -f chains strip by strip wherever possible
 *   -k without the channels that are provably constant (constant.h); random networks have many.
 * The golden models must give the same on the smaller network too
 *   -v each layer; -t with -d, when each command ran; -g golden models only as expectation (do not
 * look for *.out0.bin); -q only failures and sums Inputs: STEM.inK.bin beside MODEL, else every
 * CASE.inK.bin in its folder, else random (seed 1). Without MODEL: the digits network and its
 * pictures. SPDX-License-Identifier: Apache-2.0
 */
#include <dirent.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../sw/compiler/compiler.h"
#include "../../sw/compiler/constant.h"
#include "../../cmodel/npu/npu_model.h"
#include "../../sw/runtime/runtime.h"
#include "random_graph.h"

#define MAX_CASES 64

static unsigned passed, failed, skipped;
static bool quiet, golden_only, verbose, trace, without_constant;
static unsigned long long macs_all, macs_removed, channels_removed;
static npu_compile_options_t options;
static const char *library; /* RTL; NULL: the C model */

static void *read_file(const char *path, size_t *size) {
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return NULL;
    fseek(f, 0, SEEK_END);
    long n = ftell(f);
    rewind(f);
    uint8_t *bytes = malloc(n > 0 ? (size_t)n : 1);
    *size = bytes && n > 0 ? fread(bytes, 1, (size_t)n, f) : 0;
    fclose(f);
    return bytes;
}

/* ------------------------------------------------------------------ run on the model */
static void model_wait(void *ctx) {
    npu_device_t *dev = ctx;
    dev->wait(dev->ctx);
}

typedef struct {
    npu_device_t dev;
    npu_t npu;
    prog_t prog;
    uint8_t *arena;
    void *scratch;
    npu_run_env_t env;
    bool open;
} machine_t;

static uint32_t read_register(void *ctx, uint32_t offset) {
    npu_device_t *d = ctx;
    return d->read32(d->ctx, offset);
}
static void write_register(void *ctx, uint32_t offset, uint32_t value) {
    npu_device_t *d = ctx;
    d->write32(d->ctx, offset, value);
}

static bool machine_open(machine_t *m, const npu_config_t *cfg, const npu_compiled_t *c, char *why,
                         size_t why_size) {
    prog_error_t e;
    prog_status_t p = prog_open(c->bytes, c->size, PROG_CHECK_CRC, &m->prog, &e);
    if (p != PROG_OK) {
        snprintf(why, why_size, "image: %s", prog_strerror(p));
        return false;
    }
    size_t arena_at = (c->size + 4095) / 4096 * 4096;
    npu_device_open_fn opener = npu_model_open;
    npu_device_options_t how = {.latency = 32, .seed = 12345, .max_cycles = 100000000};
    void *handle = library ? dlopen(library, RTLD_NOW) : NULL;
    if (library)
        *(void **)&opener = handle ? dlsym(handle, "npu_rtl_open") : NULL;
    if (opener == NULL) {
        snprintf(why, why_size, "%s", dlerror());
        return false;
    }
    if (opener(&m->dev, cfg->name, arena_at + m->prog.h.arena_size + 4096, &how, why, why_size))
        return false;
    m->open = true;
    if (library == NULL)
        npu_model_check_order(&m->dev, 1);
    memcpy(m->dev.mem, c->bytes, c->size);
    prog_open(m->dev.mem, c->size, 0, &m->prog, &e);
    npu_io_t io = {read_register, write_register, model_wait, &m->dev};
    npu_status_t st = npu_init(&m->npu, &io, 1000000);
    if (st != NPU_OK) {
        snprintf(why, why_size, "driver: %s", npu_strerror(st));
        return false;
    }
    m->arena = m->dev.mem + arena_at;
    m->scratch = malloc(m->prog.h.scratch_size + 8);
    m->env = (npu_run_env_t){.npu = &m->npu,
                             .prog = &m->prog,
                             .image_addr = NPU_MEM_BASE,
                             .arena = m->arena,
                             .arena_addr = NPU_MEM_BASE + (uint32_t)arena_at,
                             .scratch = m->scratch,
                             .scratch_size = m->prog.h.scratch_size,
                             .max_polls = 1000000};
    return m->scratch != NULL;
}

static void machine_close(machine_t *m) {
    free(m->scratch);
    if (m->open)
        m->dev.close(m->dev.ctx);
    memset(m, 0, sizeof *m);
}

/* When each command of the last NPU step ran. */
static void print_trace(const machine_t *m) {
    const npu_trace_t *e;
    size_t n = m->dev.get_trace ? m->dev.get_trace(m->dev.ctx, &e) : 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t words[NPU_CMD_WORDS];
        prog_get_cmd(&m->prog, e[i].index, words);
        printf("     trace %u unit %u op %02x wait %x signal %x: %llu..%llu\n", e[i].index,
               e[i].unit, npu_cmd_opcode(words), npu_cmd_wait(words), npu_cmd_signal(words),
               (unsigned long long)e[i].start, (unsigned long long)e[i].end);
    }
}

/* What was in the arena before must not matter: filled with a pattern. */
static bool machine_run(machine_t *m, const graph_t *g, void *const *tensors, char *why,
                        size_t why_size) {
    npu_run_result_t r;
    prog_io_t io;
    memset(m->arena, 0xa5, m->prog.h.arena_size);
    for (int32_t i = 0; i < g->n_inputs; i++) {
        prog_get_io(&m->prog, (uint32_t)i, &io);
        memcpy(m->arena + io.offset, tensors[g->inputs[i]], io.size);
    }
    npu_run_status_t st = npu_run_program(&m->env, &r);
    const char *order = library ? NULL : npu_model_order_error(&m->dev);
    if (library && !quiet)
        printf(
            "     cycles %llu: array busy %llu steps %llu, stalls load %llu post %llu weights %llu "
            "bank %llu; busy load %llu vector %llu store %llu; read %llu\n",
            (unsigned long long)r.npu_cycles, (unsigned long long)r.counters[NPU_CNT_ARRAY_BUSY],
            (unsigned long long)r.counters[NPU_CNT_ARRAY_STEPS],
            (unsigned long long)r.counters[NPU_CNT_STALL_LOAD],
            (unsigned long long)r.counters[NPU_CNT_STALL_POST],
            (unsigned long long)r.counters[NPU_CNT_STALL_WEIGHTS],
            (unsigned long long)r.counters[NPU_CNT_STALL_BANK],
            (unsigned long long)r.counters[NPU_CNT_LOAD_BUSY],
            (unsigned long long)r.counters[NPU_CNT_VECTOR_BUSY],
            (unsigned long long)r.counters[NPU_CNT_STORE_BUSY],
            (unsigned long long)r.counters[NPU_CNT_BYTES_READ]);
    if (trace)
        print_trace(m);
    if (st != NPU_RUN_OK) {
        snprintf(why, why_size, "run status %d, step %u, driver %s, device %s, command %u, 0x%x",
                 st, r.step, npu_strerror(r.npu_status), npu_error_name(r.npu_error.code),
                 r.npu_error.command, r.npu_error.address);
        return false;
    }
    if (order) {
        snprintf(why, why_size, "not well ordered: %s", order);
        return false;
    }
    for (int32_t i = 0; i < g->n_outputs; i++) {
        prog_get_io(&m->prog, (uint32_t)(g->n_inputs + i), &io);
        const uint8_t *got = m->arena + io.offset, *want = tensors[g->outputs[i]];
        for (uint32_t k = 0; k < io.size; k++)
            if (got[k] != want[k]) {
                snprintf(why, why_size, "output %d, first different byte %u of %u: got %u, want %u",
                         (int)i, k, io.size, got[k], want[k]);
                return false;
            }
    }
    return true;
}

/* ------------------------------------------------------------------ cases */
static uint32_t random_state = 1;
static uint8_t random_byte(void) {
    random_state = random_state * 1664525u + 1013904223u;
    return (uint8_t)(random_state >> 24);
}

/* Inputs of a case; NULL stem: random. False when a file is missing or has the wrong size. */
static bool load_inputs(const graph_t *g, const char *stem, void **tensors) {
    for (int32_t i = 0; i < g->n_inputs; i++) {
        const graph_tensor_t *t = &g->tensors[g->inputs[i]];
        char path[1024];
        size_t size = 0;
        if (stem == NULL) {
            uint8_t *p = tensors[g->inputs[i]] = malloc(t->bytes + 1);
            for (size_t k = 0; p && k < t->bytes; k++)
                p[k] = random_byte();
            continue;
        }
        snprintf(path, sizeof path, "%s.in%d.bin", stem, (int)i);
        tensors[g->inputs[i]] = read_file(path, &size);
        if (tensors[g->inputs[i]] == NULL || size != t->bytes)
            return false;
    }
    return true;
}

static bool equals_files(const graph_t *g, const char *stem, void *const *tensors) {
    for (int32_t i = 0; stem && !golden_only && i < g->n_outputs; i++) {
        char path[1024];
        size_t size = 0;
        snprintf(path, sizeof path, "%s.out%d.bin", stem, (int)i);
        uint8_t *want = read_file(path, &size);
        bool equal = want == NULL || (size == g->tensors[g->outputs[i]].bytes &&
                                      memcmp(want, tensors[g->outputs[i]], size) == 0);
        free(want);
        if (!equal)
            return false;
    }
    return true;
}

/* The golden models on the smaller network h give what they gave on g. */
static bool equals_smaller(const graph_t *g, const graph_t *h, void *const *tensors, char *why,
                           size_t why_size) {
    graph_error_t e;
    void **own = calloc((size_t)h->n_tensors, sizeof *own);
    for (int32_t i = 0; own && i < g->n_inputs; i++)
        own[g->inputs[i]] = tensors[g->inputs[i]];
    bool ok = own && ref_run_graph(h, own, NULL, NULL, &e) == 0;
    snprintf(why, why_size, "without constants: %s", own && !ok ? e.msg : "no memory");
    for (int32_t i = 0; ok && i < g->n_outputs; i++) {
        int32_t t = g->outputs[i];
        if (own[t] && memcmp(own[t], tensors[t], g->tensors[t].bytes) != 0) {
            snprintf(why, why_size, "without constants: golden model's output %d differs", (int)i);
            ok = false;
        }
    }
    if (own)
        ref_free_tensors(h, own);
    free(own);
    return ok;
}

static void tell(bool ok, const char *model, const char *stem, const char *config,
                 const char *why) {
    if (ok)
        passed++;
    else
        failed++;
    if (!ok)
        printf("FAIL %s %s %s: %s\n", model, stem ? stem : "random", config, why);
    else if (!quiet)
        printf("ok   %s %s %s\n", model, stem ? stem : "random", config);
}

static void run_cases(const graph_t *g, const char *model, char *const *stems, int n_stems,
                      const npu_config_t *const *configs, int n_configs) {
    char why[512] = "";
    constant_t constant = {0};
    graph_error_t e;
    if (without_constant && constant_remove(g, &constant, &e) != 0) {
        tell(false, model, "constant", "-", e.msg);
        return;
    }
    const graph_t *h = without_constant ? constant.graph : g;
    macs_all += constant.macs;
    macs_removed += constant.macs_removed;
    channels_removed += (unsigned long long)constant.n_removed;
    for (int k = 0; k < n_configs; k++) {
        npu_compiled_t c;
        machine_t m = {0};
        if (npu_compile(h, configs[k], &options, &c, &e) != 0) {
            tell(false, model, "compile", configs[k]->name, e.msg);
            continue;
        }
        if (!quiet)
            printf("     %s %s: %u commands, %u steps, %u cpu, %u/%u resident, %u B weights, ~%llu "
                   "cycles, %u attempts\n",
                   model, configs[k]->name, c.n_commands, c.n_steps, c.n_cpu_steps, c.n_resident,
                   c.n_tensors, c.weight_bytes, (unsigned long long)c.cycles_estimated, c.attempts);
        for (uint32_t i = 0; i < c.n_layers; i++)
            if (!c.layers[i].on_npu && npu_find_config("npu16", NULL, 0) == configs[k] && !quiet)
                printf("     cpu: %s: %s\n", g->ops[c.layers[i].op].type, c.layers[i].why);
        for (uint32_t i = 0; verbose && i < c.n_layers; i++)
            printf("     %-18s %8llu ideal %8u steps %4u cmds %7u weights\n",
                   g->ops[c.layers[i].op].type,
                   (unsigned long long)(c.layers[i].macs / configs[k]->n / configs[k]->n),
                   c.layers[i].array_steps, c.layers[i].commands, c.layers[i].weight_bytes);
        bool ready = machine_open(&m, configs[k], &c, why, sizeof why);
        if (!ready)
            tell(false, model, "open", configs[k]->name, why);
        for (int s = 0; ready && s < n_stems; s++) {
            void **tensors = calloc((size_t)g->n_tensors, sizeof *tensors);
            bool ok = tensors && load_inputs(g, stems[s], tensors);
            snprintf(why, sizeof why, "inputs missing");
            if (ok && (ok = ref_run_graph(g, tensors, NULL, NULL, &e) == 0)) {
                ok = equals_files(g, stems[s], tensors);
                snprintf(why, sizeof why, "golden model differs from the expected file");
                ok = ok && (h == g || equals_smaller(g, h, tensors, why, sizeof why));
                ok = ok && machine_run(&m, g, tensors, why, sizeof why);
            } else if (tensors && ok) {
                snprintf(why, sizeof why, "%s", e.msg);
            }
            tell(ok, model, stems[s], configs[k]->name, why);
            if (tensors) {
                ref_free_tensors(g, tensors);
                for (int32_t i = 0; i < g->n_inputs; i++)
                    free(tensors[g->inputs[i]]);
            }
            free(tensors);
        }
        machine_close(&m);
        npu_compiled_free(&c);
    }
    constant_free(&constant);
}

/* Names of the cases beside a model, without ".in0.bin". */
static int find_cases(const char *model, char **stems) {
    char path[1024], *slash, *dot;
    int n = 0;
    snprintf(path, sizeof path, "%s", model);
    dot = strrchr(path, '.');
    if (dot)
        *dot = 0;
    size_t length = strlen(path);
    snprintf(path + length, sizeof path - length, ".in0.bin");
    FILE *own = fopen(path, "rb");
    path[length] = 0;
    if (own) {
        fclose(own);
        stems[0] = strdup(path);
        return 1;
    }
    slash = strrchr(path, '/');
    if (slash)
        *slash = 0;
    DIR *d = opendir(slash ? path : ".");
    struct dirent *entry;
    while (d && (entry = readdir(d)) && n < MAX_CASES) {
        char *end = strstr(entry->d_name, ".in0.bin");
        if (end == NULL || end[8])
            continue;
        char full[2048];
        snprintf(full, sizeof full, "%s/%.*s", slash ? path : ".", (int)(end - entry->d_name),
                 entry->d_name);
        stems[n++] = strdup(full);
    }
    if (d)
        closedir(d);
    if (n == 0)
        stems[n++] = NULL;
    return n;
}

static void run_model(const char *model, const npu_config_t *const *configs, int n_configs) {
    graph_error_t e;
    graph_t *g = graph_load(model, &e);
    char *stems[MAX_CASES];
    if (g == NULL) {
        tell(false, model, "load", "-", e.msg);
        return;
    }
    int n = find_cases(model, stems);
    run_cases(g, model, stems, n, configs, n_configs);
    for (int i = 0; i < n; i++)
        free(stems[i]);
    graph_free(g);
}

/* `count` random networks from `seed` on, each with a configuration and scratchpad limit of its own
 * unless given. */
static void run_random(uint32_t seed, uint32_t count, const npu_config_t *const *configs,
                       int n_configs) {
    static const uint32_t limits[] = {0, 0, 0, 1500, 700, 300};
    npu_compile_options_t given = options;
    for (uint32_t i = seed; i < seed + count; i++) {
        graph_t *g = random_graph(i, without_constant);
        char name[96];
        char *stem = NULL;
        const npu_config_t *config = configs[i % (uint32_t)n_configs];
        if (given.sp_limit == 0)
            options.sp_limit = limits[i / 5 % 6];
        options.no_resident = given.no_resident || i % 7 == 0;
        snprintf(name, sizeof name, "-R %u 1 -c %s%s%s -l %u", i, config->name,
                 options.no_resident ? " -n" : "", without_constant ? " -k" : "", options.sp_limit);
        random_state = i;
        run_cases(g, name, &stem, 1, &config, 1);
        graph_free(g);
    }
    options = given;
}

static int usage(void) {
    fprintf(stderr, "usage: test_compiler [-c CONFIG]... [-l WORDS] [-n] [-g] [-q] MODEL...\n");
    return 2;
}

int main(int argc, char **argv) {
    const npu_config_t *configs[NPU_CONFIG_COUNT];
    int n_configs = 0, i = 1;
    uint32_t seed = 0, count = 0;
    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "-c") == 0 && i + 1 < argc && n_configs < NPU_CONFIG_COUNT) {
            configs[n_configs] = npu_find_config(argv[++i], NULL, 0);
            if (configs[n_configs++] == NULL)
                return usage();
        } else if (strcmp(argv[i], "-l") == 0 && i + 1 < argc) {
            options.sp_limit = (uint32_t)atoi(argv[++i]);
        } else if (strcmp(argv[i], "-R") == 0 && i + 2 < argc) {
            seed = (uint32_t)atoi(argv[++i]);
            count = (uint32_t)atoi(argv[++i]);
        } else if (strcmp(argv[i], "-d") == 0 && i + 1 < argc) {
            library = argv[++i];
        } else if (strcmp(argv[i], "-f") == 0) {
            options.all_chains = true;
        } else if (strcmp(argv[i], "-k") == 0) {
            without_constant = true;
        } else if (strcmp(argv[i], "-n") == 0) {
            options.no_resident = true;
        } else if (strcmp(argv[i], "-g") == 0) {
            golden_only = true;
        } else if (strcmp(argv[i], "-t") == 0) {
            trace = true;
        } else if (strcmp(argv[i], "-v") == 0) {
            verbose = true;
        } else if (strcmp(argv[i], "-q") == 0) {
            quiet = true;
        } else {
            return usage();
        }
    }
    if (n_configs == 0)
        for (; n_configs < NPU_CONFIG_COUNT; n_configs++)
            configs[n_configs] = &npu_configs[n_configs];
    run_random(seed, count, configs, n_configs);
    if (i == argc && count == 0)
        run_model("sw/examples/digits/digits.tflite", configs, n_configs);
    for (; i < argc; i++)
        run_model(argv[i], configs, n_configs);
    if (count > 0 && without_constant && channels_removed < count)
        tell(false, "random networks", "constant", "-", "hardly any channel was removed");
    if (without_constant)
        printf("     %llu channels and %llu of %llu MACs removed\n", channels_removed, macs_removed,
               macs_all);
    printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
    return failed ? 1 : 0;
}
