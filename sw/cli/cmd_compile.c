/*
 * cmd_compile.c - `systole compile`: model to program image, with a report of what was made.
 * Files are written atomically: both or none. SPDX-License-Identifier: Apache-2.0
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "constant.h"
#include "network.h"
#include "npy.h"

static const char help[] =
    "systole compile MODEL -o PROG [--config C] [--report R.json] [--remove-constant]\n"
    "\n"
    "Writes the model's weights, command stream and CPU operators for one configuration.\n"
    "\n"
    "  -o, --output PROG   the program\n"
    "  --config C          NPU configuration (default npu16); see systole config --help\n"
    "  --report R          JSON: for each layer unit and why, commands, weight bytes, array steps\n"
    "  --remove-constant   leave out channels that are provably constant: the same results, fewer "
    "MACs\n"
    "\n"
    "Example: systole compile network.tflite -o network.prog && systole run network.prog --target "
    "model\n";

typedef struct {
    const char *output, *config, *report;
    int remove;
} options_t;

/* 0, or an exit status + 1. */
static int parse(int argc, char **argv, options_t *o) {
    static const struct option options[] = {
        {"output", required_argument, 0, 'o'}, {"config", required_argument, 0, 'c'},
        {"report", required_argument, 0, 'r'}, {"remove-constant", no_argument, 0, 'k'},
        {"help", no_argument, 0, 'h'},         {0, 0, 0, 0}};
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "o:c:r:h", options, NULL)) != -1) {
        switch (c) {
        case 'o':
            o->output = optarg;
            break;
        case 'c':
            o->config = optarg;
            break;
        case 'r':
            o->report = optarg;
            break;
        case 'k':
            o->remove = 1;
            break;
        case 'h':
            fputs(help, stdout);
            return EXIT_OK + 1;
        default:
            return cli_usage("compile", "unknown option or missing value: %s", argv[optind - 1]) +
                   1;
        }
    }
    if (optind + 1 != argc)
        return cli_usage("compile", "one MODEL is needed") + 1;
    if (!o->output)
        return cli_usage("compile", "-o PROG is needed") + 1;
    return 0;
}

static int write_files(const options_t *o, const npu_compiled_t *c, const char *json,
                       graph_error_t *err) {
    atomic_file_t program, report;
    if (atomic_open(&program, o->output, err))
        return -1;
    if (o->report && atomic_open(&report, o->report, err)) {
        atomic_abort(&program);
        return -1;
    }
    fwrite(c->bytes, 1, c->size, program.f);
    if (o->report)
        fputs(json, report.f);
    if (atomic_commit(&program, err)) {
        if (o->report)
            atomic_abort(&report);
        return -1;
    }
    return o->report ? atomic_commit(&report, err) : 0;
}

static void print_summary(const options_t *o, const npu_compiled_t *c) {
    uint32_t cpu = 0;
    for (uint32_t i = 0; i < c->n_layers; i++)
        cpu += !c->layers[i].on_npu;
    printf("%s: %zu bytes for %s: %" PRIu32 " operators (%" PRIu32 " on the CPU), %" PRIu32
           " commands, %" PRIu32 " bytes of weights, %" PRIu32 " bytes of arena, %" PRIu32
           " of %" PRIu32 " tensors stay in the scratchpad\n",
           o->output, c->size, o->config, c->n_layers, cpu, c->n_commands, c->weight_bytes,
           c->arena_bytes, c->n_resident, c->n_tensors);
}

int cmd_compile(int argc, char **argv) {
    options_t o = {.config = "npu16"};
    graph_error_t err;
    npu_compiled_t compiled;
    int status = parse(argc, argv, &o);
    if (status)
        return status - 1;
    const npu_config_t *config = network_config(o.config, &err);
    if (!config)
        return cli_error(&err);
    o.config = config->name;
    graph_t *g = graph_load(argv[optind], &err);
    if (!g)
        return cli_error(&err);
    constant_t constant = {0};
    if ((o.remove && constant_remove(g, &constant, &err)) ||
        npu_compile(o.remove ? constant.graph : g, config, NULL, &compiled, &err)) {
        constant_free(&constant);
        graph_free(g);
        return cli_error(&err);
    }
    compiled.macs_removed = constant.macs_removed;
    char *json = o.report ? npu_compiled_json(&compiled, g, config) : NULL;
    if (o.report && !json)
        status = graph_fail(&err, "%s: out of memory", argv[optind]);
    else
        status = write_files(&o, &compiled, json, &err);
    if (status == 0)
        print_summary(&o, &compiled);
    if (status == 0 && o.remove)
        printf("%" PRId32 " channels removed, and %" PRIu64 " of %" PRIu64
               " MACs with them; the results stay the same\n",
               constant.n_removed, constant.macs_removed, constant.macs);
    free(json);
    npu_compiled_free(&compiled);
    constant_free(&constant);
    graph_free(g);
    return status ? cli_error(&err) : EXIT_OK;
}
