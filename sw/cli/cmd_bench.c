/*
 * cmd_bench.c - `systole bench`: networks on the cycle-exact RTL, one line each.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "constant.h"
#include "network.h"
#include "npy.h"

static const char help[] =
    "systole bench MODEL|PROG... [--config C] [--target T] [--repeat N] [--json F]\n"
    "\n"
    "Measures each network with one random input (seed 1): MACs, cycles of an array that never "
    "waits (ideal),\n"
    "cycles from doorbell to completion, MAC utilisation, bytes at the memory port, seconds of "
    "simulation (compiled\n"
    "programs load at once; a MODEL's seconds include compiling it). The whole network, every MAC "
    "of it. A MODEL with\n"
    "channels that are provably constant gets a second line, `- without constants`: the same "
    "outputs, fewer MACs; its\n"
    "utilisation counts only the MACs that were executed.\n"
    "\n"
    "  --config C   NPU configuration (default npu16); see systole config --help\n"
    "  --target T   what measures: rtl (default) or soc; model predicts the cycles of rtl\n"
    "  --repeat N   run each N times; seconds are those of the fastest (default 1)\n"
    "  --json F     everything as JSON: [{\"seconds\": S, \"report\": as of systole run,\n"
    "               \"without_constants\": the same of the second line, or absent}, ...]\n";

typedef struct {
    const target_t *target;
    const char *config;
    long repeat;
    atomic_file_t *json; /* or NULL */
    int n_written;
} bench_t;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The last run's report and the seconds of the fastest. g: the network's graph, or what is left of
 * it. */
static int measure(const bench_t *b, const network_t *n, const graph_t *g, report_t *r,
                   double *seconds, graph_error_t *err) {
    target_job_t job = network_job(n, b->config, r);
    job.graph = g;
    job.seed = 1;
    for (long i = 0; i < b->repeat; i++) {
        report_t fresh = {.target = b->target->name,
                          .config = b->config,
                          .model = n->path,
                          .seed = job.seed,
                          .has_seed = 1,
                          .bit_exact = -1};
        report_free(r);
        *r = fresh;
        job.detail = b->json && i == b->repeat - 1; /* the trace costs time */
        double start = now();
        if (b->target->run(&job, err))
            return -1;
        double s = now() - start;
        *seconds = i == 0 || s < *seconds ? s : *seconds;
    }
    return 0;
}

/* Cycles and what follows from them; a prediction is marked. */
static void print_cycles(const report_t *r) {
    uint64_t cycles = r->has_cycles ? r->cycles_total : r->cycles_predicted;
    if (!r->has_cycles && !r->has_prediction) {
        printf(" %12s %11s %12s %12s", "-", "-", "-", "-");
        return;
    }
    printf(r->has_cycles ? " %12" PRIu64 : " %11" PRIu64 "p", cycles);
    printf(" %9.1f %%", 100 * report_utilisation(r, r->macs, cycles));
    if (r->has_cycles)
        printf(" %12" PRIu64 " %12" PRIu64, r->bytes_read, r->bytes_written);
    else
        printf(" %12s %12s", "-", "-");
}

static void print_line(const char *name, const report_t *r, double seconds) {
    printf("%-36s %12" PRIu64, name, r->macs);
    if (r->rows && r->columns)
        printf(" %12" PRIu64, r->macs / ((uint64_t)r->rows * r->columns));
    else
        printf(" %12s", "-");
    print_cycles(r);
    printf(" %9.3f%s\n", seconds, r->cpu_steps ? "  (without the CPU steps)" : "");
    fflush(stdout);
}

/* One line and one JSON object, begun with `open`, not closed. The outputs stay in n->outputs. */
static int bench_line(const bench_t *b, network_t *n, const constant_t *constant, const char *name,
                      const char *open, graph_error_t *err) {
    report_t r = {0};
    double seconds = 0;
    int status = measure(b, n, constant ? constant->graph : n->graph, &r, &seconds, err);
    if (status == 0 && constant)
        report_removed(&r, constant);
    if (status == 0)
        print_line(name, &r, seconds);
    if (status == 0 && b->json) {
        fprintf(b->json->f, "%s{\"seconds\": %.6f, \"report\": ", open, seconds);
        report_print_json(&r, b->json->f);
    }
    report_free(&r);
    return status;
}

/* The line without constant channels; its outputs must be those of the line before. */
static int bench_removed(const bench_t *b, network_t *n, graph_error_t *err) {
    constant_t constant;
    if (constant_remove(n->graph, &constant, err))
        return -1;
    int status = 0;
    if (constant.n_removed) {
        void **whole = n->outputs;
        n->outputs = network_new_buffers(n->out_desc, n->n_outputs, 1);
        status = n->outputs ? bench_line(b, n, &constant, "- without constants",
                                         ", \"without_constants\": ", err)
                            : graph_fail(err, "%s: out of memory", n->path);
        for (int32_t i = 0; status == 0 && i < n->n_outputs; i++)
            if (memcmp(whole[i], n->outputs[i], n->out_desc[i].bytes) != 0)
                status = graph_fail(err, "%s: output %d differs without constant channels", n->path,
                                    (int)i);
        if (status == 0 && b->json)
            fprintf(b->json->f, "}");
        network_free_buffers(n->outputs, n->n_outputs);
        n->outputs = whole;
    }
    constant_free(&constant);
    return status;
}

static int bench_one(const char *path, bench_t *b, graph_error_t *err) {
    network_t n;
    if (network_load(path, &n, err))
        return -1;
    network_random_inputs(&n, 1);
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    int status = 0;
    if (n.prog && !b->target->can_run_prog)
        status = graph_fail(err, "%s: target %s runs models, not compiled programs", path,
                            b->target->name);
    else
        status = bench_line(b, &n, NULL, name, b->n_written++ ? ",\n" : "", err);
    if (status == 0 && n.graph)
        status = bench_removed(b, &n, err);
    if (status == 0 && b->json)
        fprintf(b->json->f, "}");
    network_free(&n);
    return status;
}

int cmd_bench(int argc, char **argv) {
    static const struct option options[] = {
        {"config", required_argument, 0, 'c'}, {"target", required_argument, 0, 't'},
        {"repeat", required_argument, 0, 'n'}, {"json", required_argument, 0, 'j'},
        {"help", no_argument, 0, 'h'},         {0, 0, 0, 0}};
    const char *target_name = "rtl", *json_name = NULL;
    bench_t b = {.config = "npu16", .repeat = 1};
    atomic_file_t json;
    graph_error_t err;
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "c:t:n:j:h", options, NULL)) != -1) {
        if (c == 'h') {
            fputs(help, stdout);
            return EXIT_OK;
        }
        char *end = NULL;
        if (c == 'c')
            b.config = optarg;
        else if (c == 't')
            target_name = optarg;
        else if (c == 'j')
            json_name = optarg;
        else if (c == 'n') {
            b.repeat = strtol(optarg, &end, 10);
            if (*end || end == optarg || b.repeat < 1 || b.repeat > 1000000)
                return cli_usage("bench", "--repeat %s is not a number of 1 to 1000000", optarg);
        } else
            return cli_usage("bench", "unknown or incomplete option %s", argv[optind - 1]);
    }
    if (optind == argc)
        return cli_usage("bench", "it needs at least one MODEL");
    b.target = target_find(target_name, &err);
    const npu_config_t *config = b.target ? network_config(b.config, &err) : NULL;
    if (!config || (json_name && atomic_open(&json, json_name, &err)))
        return cli_error(&err);
    b.config = config->name;
    b.json = json_name ? &json : NULL;
    printf("%s, configuration %s%s\n", target_name, b.config,
           strcmp(target_name, "model") == 0 ? "; p: predicted" : "");
    printf("%-36s %12s %12s %12s %11s %12s %12s %9s\n", "network", "MACs", "ideal cycles", "cycles",
           "utilisation", "bytes read", "written", "seconds");
    if (b.json)
        fprintf(json.f, "[");
    for (int i = optind; i < argc; i++)
        if (bench_one(argv[i], &b, &err)) {
            if (b.json)
                atomic_abort(&json);
            return cli_error(&err);
        }
    if (b.json) {
        fprintf(json.f, "]\n");
        if (atomic_commit(&json, &err))
            return cli_error(&err);
    }
    return EXIT_OK;
}
