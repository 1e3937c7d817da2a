/*
 * cmd_config.c - `systole config`: the named configurations, or what a text means.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <getopt.h>
#include <stdio.h>

#include "area.h"
#include "network.h"

static const char help[] =
    "systole config [C] [--verilog]\n"
    "\n"
    "Without C: the named configurations. With C: its numbers, and how the tools call it.\n"
    "\n"
    "C, here and behind every --config, is a named configuration, or one with changes to its "
    "numbers:\n"
    "  npu16,lanes=8,sp_words=4096\n"
    "\n"
    "  n           4, 8, 16, 32       array rows = columns = bytes of a scratchpad word\n"
    "  lanes       1 to n             requantise lanes (a power of two, as the next three)\n"
    "  sp_words    256 to 65536       words of the scratchpad\n"
    "  sp_banks    2 to 32            its banks\n"
    "  acc_depth   2 n to 65536       entries of one accumulator half\n"
    "  fir_groups  1 to 3             image lines of the depthwise mode\n"
    "  fir_taps    groups x taps <= n taps of each line\n"
    "  matmul      0, 1                transposed weight tiles, zero point corrections\n"
    "  trace_records  0, 16 to 32768  places for records of commands\n"
    "  wide_lanes  0, 1, 2, 4         lanes of the wide row engine (language models), at most n/4\n"
    "  softmax     0, 1               a softmax unit; without, the CPU does it\n"
    "  norm        0, 1               layer norms in the vector unit; without, the CPU does them\n"
    "\n"
    "A new n brings lanes = n and FIR groups that fit, unless they are given. Targets ref and "
    "model "
    "run any\n"
    "configuration; rtl, soc and synthesis are built by make rtl|soc|synth CONFIG=C.\n"
    "LUT sites, 18x18 multipliers and 18 kbit RAMs are estimates for ECP5, the NPU alone (make "
    "area-table).\n"
    "\n"
    "  --verilog   print the Verilog header that the build uses\n";

static void print_verilog(const npu_config_t *c) {
    printf("// Configuration %s: custom.\n"
           "// Made by systole config --verilog: do not edit.\n"
           "// SPDX-License-Identifier: Apache-2.0\n"
           "`define NPU_CFG_N %u\n`define NPU_CFG_LANES %u\n`define NPU_CFG_SP_WORDS %u\n"
           "`define NPU_CFG_SP_BANKS %u\n`define NPU_CFG_ACC_DEPTH %u\n"
           "`define NPU_CFG_FIR_GROUPS %u\n`define NPU_CFG_FIR_TAPS %u\n`define "
           "NPU_CFG_MATMUL %u\n`define NPU_CFG_TRACE_RECORDS %u\n`define NPU_CFG_WIDE_LANES %u\n"
           "`define NPU_CFG_SOFTMAX %u\n`define NPU_CFG_NORM %u\n",
           c->name, (unsigned)c->n, (unsigned)c->lanes, (unsigned)c->sp_words,
           (unsigned)c->sp_banks, (unsigned)c->acc_depth, (unsigned)c->fir_groups,
           (unsigned)c->fir_taps, (unsigned)c->matmul, (unsigned)c->trace_records,
           (unsigned)c->wide_lanes, (unsigned)c->softmax, (unsigned)c->norm);
}

static void print_row(const npu_config_t *c) {
    const area_t a = area_estimate(c);
    printf("%-24s %3u %6u %9u %5u %10u %7ux%-2u %6u %9u %11u %9.0f %4.0f %4.0f\n", c->name,
           (unsigned)c->n, (unsigned)c->lanes, (unsigned)c->sp_words, (unsigned)c->sp_banks,
           (unsigned)c->acc_depth, (unsigned)c->fir_groups, (unsigned)c->fir_taps,
           (unsigned)c->trace_records, (unsigned)(c->n * c->n),
           (unsigned)(c->n * c->sp_words / 1024), a.of[AREA_LUT], a.of[AREA_DSP], a.of[AREA_RAM]);
}

int cmd_config(int argc, char **argv) {
    static const struct option options[] = {
        {"verilog", no_argument, 0, 'v'}, {"help", no_argument, 0, 'h'}, {0, 0, 0, 0}};
    int verilog = 0, o;
    graph_error_t err;
    opterr = 0;
    while ((o = getopt_long(argc, argv, "vh", options, NULL)) != -1) {
        if (o == 'h') {
            fputs(help, stdout);
            return EXIT_OK;
        }
        if (o != 'v')
            return cli_usage("config", "unknown option %s", argv[optind - 1]);
        verilog = 1;
    }
    if (argc - optind > 1 || (verilog && argc == optind))
        return cli_usage("config", "it takes one configuration");
    const npu_config_t *one = argc > optind ? network_config(argv[optind], &err) : NULL;
    if (argc > optind && !one)
        return cli_error(&err);
    if (verilog) {
        print_verilog(one);
        return EXIT_OK;
    }
    printf("%-24s %3s %6s %9s %5s %10s %10s %6s %9s %11s %9s %4s %4s\n", "configuration", "n",
           "lanes", "sp_words", "banks", "acc_depth", "FIR", "trace", "MAC/cycle", "scratch KiB",
           "LUT est.", "DSP", "RAM");
    for (int i = 0; i < (one ? 1 : NPU_CONFIG_COUNT); i++)
        print_row(one ? one : &npu_configs[i]);
    return EXIT_OK;
}
