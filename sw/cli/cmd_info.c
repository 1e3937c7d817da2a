/*
 * cmd_info.c - `systole info`: what is in a model or a compiled program, and where each operator
 * runs. SPDX-License-Identifier: Apache-2.0
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "constant.h"
#include "network.h"
#include "npu_spec.h"
#include "prog.h"
#include "ref_prepare.h"

static const char help[] = "systole info [--config C] MODEL|PROG\n"
                           "\n"
                           "Lists a model's inputs, outputs and operators: output shape, "
                           "multiply-accumulates (MACs), the unit that runs\n"
                           "it (npu, cpu, or - when nothing here can) and why; how many channels "
                           "of the output are constant whatever the\n"
                           "input is, and how many --remove-constant of run and compile leaves "
                           "out. Of a compiled program it lists the layers\n"
                           "instead.\n"
                           "\n"
                           "  --config C   NPU configuration to decide for (default npu16); see "
                           "systole config --help\n"
                           "\n"
                           "Operators that nothing here runs are listed again at the end, with the "
                           "reason; run and compile refuse such a\n"
                           "network. Exit status 0 says that the file could be read.\n"
                           "\n"
                           "Example: systole info network.tflite\n";

static void print_io(const char *what, const io_desc_t *d, int32_t n) {
    for (int32_t i = 0; i < n; i++) {
        printf("%s %d: %s ", what, (int)i, graph_type_name(d[i].type));
        for (int32_t k = 0; k < d[i].rank; k++)
            printf(k ? "x%d" : "%d", (int)d[i].dims[k]);
        if (d[i].rank == 0)
            printf("scalar");
        if (d[i].scale > 0)
            printf(", real = %g * (q - %d)", (double)d[i].scale, (int)d[i].zero_point);
        printf(", %s\n", d[i].name);
    }
}

/* The reason without "file: operator #n X (name): ". */
static const char *short_reason(const char *msg) {
    const char *p = strstr(msg, "): ");
    return p ? p + 3 : msg;
}

/* "48/12/40": channels, constant ones, removed ones; "-" where none is special. */
static const char *channels_str(const constant_layer_t *l, char *buf, size_t size) {
    if (l->constant || l->removed)
        snprintf(buf, size, "%" PRId32 "/%" PRId32 "/%" PRId32, l->channels, l->constant,
                 l->removed);
    else
        snprintf(buf, size, "-");
    return buf;
}

/* What no target runs, one line each. */
static void print_refused(const graph_t *g, int unsupported) {
    if (!unsupported)
        return;
    printf("cannot run on any target, so run and compile refuse this network:\n");
    for (int32_t i = 0; i < g->n_ops; i++) {
        graph_error_t e;
        ref_prepared_t r;
        if (ref_prepare(g, i, &r, &e) == 0)
            ref_prepared_free(&r);
        else
            printf("  #%d %s (%s): %s\n", (int)i, g->ops[i].type, graph_op_name(g, &g->ops[i]),
                   short_reason(e.msg));
    }
    printf("remedy: requantise to int8, or replace these operators before the conversion\n");
}

static int print_graph(const network_t *n, const char *config, graph_error_t *err) {
    const graph_t *g = n->graph;
    constant_t constant;
    if (constant_remove(g, &constant, err))
        return -1;
    uint64_t macs = 0, npu_macs = 0;
    int unsupported = 0;
    printf("%4s  %-18s %-14s %10s  %-4s %-12s %10s  %-36s %s\n", "#", "operator", "output", "MACs",
           "unit", "ch/const/rem", "removable", "name", "why");
    for (int32_t i = 0; i < g->n_ops; i++) {
        const graph_op_t *op = &g->ops[i];
        const graph_tensor_t *out = graph_out(g, op, 0);
        char shape[64] = "-";
        const char *unit = "cpu", *why = "golden model; this program has no compiler to place it";
        graph_error_t e;
        ref_prepared_t r;
        uint64_t m = graph_op_macs(g, op);
        if (out)
            graph_shape_str(out, shape, sizeof shape);
        if (ref_prepare(g, i, &r, &e)) {
            unit = "-";
            why = short_reason(e.msg);
            unsupported++;
        } else {
            if (cli_placement && cli_placement(g, i, &r, config, &why)) {
                unit = "npu";
                npu_macs += m;
            }
            ref_prepared_free(&r);
        }
        macs += m;
        char channels[40];
        printf("%4d  %-18s %-14s %10" PRIu64 "  %-4s %-12s %10" PRIu64 "  %-36s %s\n", (int)i,
               op->type, shape, m, unit,
               channels_str(&constant.layers[i], channels, sizeof channels),
               constant.layers[i].macs_removed, graph_op_name(g, op), why);
    }
    printf("%d operators, %" PRIu64 " MACs", (int)g->n_ops, macs);
    if (cli_placement)
        printf(", %.1f %% of them on the NPU (%s)",
               macs ? 100.0 * (double)npu_macs / (double)macs : 0.0, config);
    if (unsupported)
        printf("; %d cannot run here", unsupported);
    printf("\n");
    if (constant.n_removed)
        printf("%" PRId32 " channels are constant or unused: --remove-constant saves %" PRIu64
               " MACs (%.1f %%), exactly\n",
               constant.n_removed, constant.macs_removed,
               macs ? 100.0 * (double)constant.macs_removed / (double)macs : 0.0);
    constant_free(&constant);
    print_refused(g, unsupported);
    return 0;
}

static void print_prog(const network_t *n) {
    prog_t p;
    uint64_t macs = 0;
    if (prog_open(n->prog, n->prog_size, 0, &p, NULL))
        return; /* network_load has opened it already */
    printf("compiled program for %s: %u bytes, %u commands, %u steps, %u bytes of arena\n",
           n->prog_config ? n->prog_config : "a configuration that does not exist",
           (unsigned)p.h.total_size, (unsigned)p.h.n_cmds, (unsigned)p.h.n_steps,
           (unsigned)p.h.arena_size);
    printf("%4s  %-18s %12s  %-4s %s\n", "#", "operator", "MACs", "unit", "name");
    for (uint32_t i = 0; i < p.h.n_layers; i++) {
        prog_layer_t l;
        prog_get_layer(&p, i, &l);
        macs += l.macs;
        printf("%4u  %-18s %12" PRIu64 "  %-4s %s\n", (unsigned)i, l.op, l.macs,
               l.unit == PROG_UNIT_NPU ? "npu" : "cpu", l.name);
    }
    printf("%u layers, %" PRIu64 " MACs\n", (unsigned)p.h.n_layers, macs);
}

int cmd_info(int argc, char **argv) {
    static const struct option options[] = {
        {"config", required_argument, 0, 'c'}, {"help", no_argument, 0, 'h'}, {0, 0, 0, 0}};
    const char *config = "npu16";
    graph_error_t err;
    network_t n;
    int o;
    opterr = 0;
    while ((o = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        if (o == 'h') {
            fputs(help, stdout);
            return EXIT_OK;
        }
        if (o != 'c')
            return cli_usage("info", "unknown or incomplete option %s", argv[optind - 1]);
        config = optarg;
    }
    if (optind != argc - 1)
        return cli_usage("info", "it needs one MODEL");
    const npu_config_t *chosen = network_config(config, &err);
    if (!chosen || network_load(argv[optind], &n, &err))
        return cli_error(&err);
    printf("%s\n", n.path);
    print_io("input", n.in_desc, n.n_inputs);
    print_io("output", n.out_desc, n.n_outputs);
    int status = n.graph ? print_graph(&n, chosen->name, &err) : 0;
    if (!n.graph)
        print_prog(&n);
    network_free(&n);
    return status ? cli_error(&err) : EXIT_OK;
}
