/*
 * cmd_bench.c - `systole bench`: networks on the cycle-exact RTL, one line each.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "network.h"

static const char help[] =
    "systole bench MODEL|PROG... [--config C] [--target T]\n"
    "\n"
    "Measures each network with one random input (seed 1): MACs, cycles of an array that never "
    "waits (ideal),\n"
    "cycles from doorbell to completion, MAC utilisation, bytes at the memory port.\n"
    "\n"
    "  --config C   NPU configuration (default npu16)\n"
    "  --target T   what measures: rtl (default) or soc; model where it estimates cycles\n";

static int bench_one(const char *path, const target_t *target, const char *config,
                     graph_error_t *err) {
    network_t n;
    if (network_load(path, &n, err))
        return -1;
    report_t r = {.target = target->name, .config = config, .model = path, .bit_exact = -1};
    target_job_t job = network_job(&n, config, &r);
    job.seed = 1;
    network_random_inputs(&n, job.seed);
    int status = n.prog && !target->can_run_prog
                     ? graph_fail(err, "%s: target %s runs models, not compiled programs", path,
                                  target->name)
                     : target->run(&job, err);
    if (status == 0) {
        const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
        printf("%-36s %12" PRIu64, name, r.macs);
        if (r.rows && r.columns)
            printf(" %12" PRIu64, r.macs / ((uint64_t)r.rows * r.columns));
        else
            printf(" %12s", "-");
        if (r.has_cycles)
            printf(" %12" PRIu64 " %9.1f %% %12" PRIu64 " %12" PRIu64 "\n", r.cycles_total,
                   100 * report_utilisation(&r, r.macs, r.cycles_total), r.bytes_read,
                   r.bytes_written);
        else
            printf(" %12s %11s %12s %12s\n", "-", "-", "-", "-");
        fflush(stdout);
    }
    report_free(&r);
    network_free(&n);
    return status;
}

int cmd_bench(int argc, char **argv) {
    static const struct option options[] = {{"config", required_argument, 0, 'c'},
                                            {"target", required_argument, 0, 't'},
                                            {"help", no_argument, 0, 'h'},
                                            {0, 0, 0, 0}};
    const char *config = "npu16", *target_name = "rtl";
    graph_error_t err;
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "c:t:h", options, NULL)) != -1) {
        if (c == 'h') {
            fputs(help, stdout);
            return EXIT_OK;
        }
        if (c != 'c' && c != 't')
            return cli_usage("bench", "unknown or incomplete option %s", argv[optind - 1]);
        *(c == 'c' ? &config : &target_name) = optarg;
    }
    if (optind == argc)
        return cli_usage("bench", "it needs at least one MODEL");
    const target_t *target = target_find(target_name, &err);
    if (!target || network_check_config(config, &err))
        return cli_error(&err);
    printf("%s, configuration %s\n", target_name, config);
    printf("%-36s %12s %12s %12s %11s %12s %12s\n", "network", "MACs", "ideal cycles", "cycles",
           "utilisation", "bytes read", "written");
    for (int i = optind; i < argc; i++)
        if (bench_one(argv[i], target, config, &err))
            return cli_error(&err);
    return EXIT_OK;
}
