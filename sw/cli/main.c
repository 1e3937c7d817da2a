/*
 * main.c - the program `systole`: finds the command, prints the help.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "network.h"

static const char help[] =
    "systole - runs int8 neural networks on a systolic-array NPU: golden model, C model, RTL, "
    "whole system\n"
    "\n"
    "  systole info    MODEL                         operators, shapes, MACs; for each: NPU or "
    "CPU, and why\n"
    "  systole compile MODEL -o PROG [--config C]    weights + command stream for one "
    "configuration\n"
    "  systole run     MODEL|PROG --target T         one inference on ref, model, rtl or soc\n"
    "  systole bench   MODEL... [--config C]         cycles and MAC utilisation, as a table\n"
    "  systole explore MODEL...                      many configurations, predicted: which are "
    "worth building\n"
    "  systole generate CHECKPOINT --tokenizer T     text from a language model, token by token\n"
    "  systole config  [C]                           configurations: the named ones, or what one "
    "is\n"
    "\n"
    "MODEL is a .tflite or .onnx file, PROG what `compile` wrote. `systole COMMAND --help` tells "
    "more.\n"
    "\n"
    "Exit status: 0 done, 1 error (one line on stderr, nothing written), 2 wrong use, 3 result "
    "differs from ref.\n";

int cli_error(const graph_error_t *err) {
    fprintf(stderr, "systole: %s\n", err->msg);
    return EXIT_ERROR;
}

int cli_usage(const char *command, const char *fmt, ...) {
    va_list ap;
    fprintf(stderr, "systole %s: ", command);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fprintf(stderr, "; see systole %s --help\n", command);
    return EXIT_USAGE;
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {{"info", cmd_info},        {"compile", cmd_compile}, {"run", cmd_run},
                {"bench", cmd_bench},      {"config", cmd_config},   {"explore", cmd_explore},
                {"generate", cmd_generate}};

int main(int argc, char **argv) {
    if (argc < 2) {
        fputs(help, stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        fputs(help, stdout);
        return EXIT_OK;
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[1], commands[i].name) != 0)
            continue;
        if (!commands[i].run) {
            fprintf(stderr, "systole: command %s is not part of this program\n", argv[1]);
            return EXIT_ERROR;
        }
        int status = commands[i].run(argc - 1, argv + 1);
        if (fflush(stdout) != 0 || ferror(stdout)) {
            fprintf(stderr, "systole: cannot write to standard output\n");
            return status ? status : EXIT_ERROR;
        }
        return status;
    }
    fprintf(stderr,
            "systole: unknown command '%.40s' (info, compile, run, bench, config, explore, "
            "generate); see "
            "systole "
            "--help\n",
            argv[1]);
    return EXIT_USAGE;
}
