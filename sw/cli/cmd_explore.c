/*
 * cmd_explore.c - `systole explore`: many configurations on the predicting C model, and which of
 * them are worth building. The parts: explore.h. SPDX-License-Identifier: Apache-2.0
 */
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explore.h"
#include "network.h"
#include "npy.h"

static const char help[] =
    "systole explore MODEL... [--csv F] [--plot F.svg] [--jobs N] [axes]\n"
    "\n"
    "Predicts the cycles of each model on many configurations (C model, no RTL), estimates what "
    "each "
    "would cost on\n"
    "an FPGA, and prints those that no other beats in cycles, LUT, DSP and RAM together, with the "
    "smallest board\n"
    "that has room. Several models: cycles of each; the front is that of their geometric mean.\n"
    "\n"
    "  --n LIST          rows = columns of the array, bytes of a scratchpad word (4,8,16,32: what "
    "can "
    "be built)\n"
    "  --lanes LIST      requantise lanes (default n, n/2, n/4, n/8)\n"
    "  --sp-words LIST   words of the scratchpad (default 1024,2048,4096,8192,16384)\n"
    "  --sp-banks LIST   its banks (default those of the named configuration)\n"
    "  --acc-depth LIST  accumulator entries of a half (default as above)\n"
    "  --port LIST       bytes a cycle at the memory port (default 4,8,16; the RTL has 8, others "
    "are "
    "predictions\n"
    "                    of a port that is not built, and have fronts of their own)\n"
    "  --latency N       of the memory, cycles (default 32)\n"
    "  --csv F           all rows, with the reason where there are no cycles; written too when "
    "interrupted\n"
    "  --plot F.svg      picture: cycles against LUT, DSP and RAM\n"
    "  --jobs N          processes (default: processors)\n"
    "\n"
    "Cycles are predictions (make predict-table: how far from the RTL); areas are estimates for "
    "ECP5, "
    "the NPU alone\n"
    "(make area-table: how far from synthesis). Then: systole run MODEL --target rtl --config C "
    "says how "
    "to build one.\n"
    "\n"
    "Example: systole explore a.tflite b.tflite --n 8,16 --port 8 --csv a.csv --plot a.svg\n";

enum { MAX_LIST = 16, MAX_CONFIGS = 4096 };

typedef struct {
    int count;
    uint32_t value[MAX_LIST];
} list_t;

typedef struct {
    list_t n, lanes, sp_words, sp_banks, acc_depth, port;
    long jobs, latency;
    const char *csv, *plot;
} options_t;

/* 0, or -1: not a list of numbers. */
static int parse_list(const char *text, list_t *l) {
    l->count = 0;
    for (;;) {
        char *end;
        unsigned long v = strtoul(text, &end, 10);
        if (end == text || *text < '0' || *text > '9' || v > 1000000 || l->count == MAX_LIST)
            return -1;
        l->value[l->count++] = (uint32_t)v;
        if (*end == 0)
            return 0;
        if (*end != ',')
            return -1;
        text = end + 1;
    }
}

static int parse_number(const char *text, long max, long *value) {
    char *end;
    *value = strtol(text, &end, 10);
    return end == text || *end || *value < 1 || *value > max ? -1 : 0;
}

/* 0, or an exit status + 1. */
static int parse(int argc, char **argv, options_t *o) {
    static const struct option options[] = {{"n", required_argument, 0, 'n'},
                                            {"lanes", required_argument, 0, 'l'},
                                            {"sp-words", required_argument, 0, 's'},
                                            {"sp-banks", required_argument, 0, 'b'},
                                            {"acc-depth", required_argument, 0, 'a'},
                                            {"port", required_argument, 0, 'p'},
                                            {"latency", required_argument, 0, 'm'},
                                            {"csv", required_argument, 0, 'c'},
                                            {"plot", required_argument, 0, 'g'},
                                            {"jobs", required_argument, 0, 'j'},
                                            {"help", no_argument, 0, 'h'},
                                            {0, 0, 0, 0}};
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        list_t *list = c == 'n'   ? &o->n
                       : c == 'l' ? &o->lanes
                       : c == 's' ? &o->sp_words
                       : c == 'b' ? &o->sp_banks
                       : c == 'a' ? &o->acc_depth
                       : c == 'p' ? &o->port
                                  : NULL;
        if (c == 'h') {
            fputs(help, stdout);
            return EXIT_OK + 1;
        }
        if (list && parse_list(optarg, list))
            return cli_usage("explore", "'%.40s' is not a list of at most %d numbers (4,8,16)",
                             optarg, MAX_LIST) +
                   1;
        if (c == 'c')
            o->csv = optarg;
        else if (c == 'g')
            o->plot = optarg;
        else if ((c == 'j' && parse_number(optarg, 256, &o->jobs)) ||
                 (c == 'm' && parse_number(optarg, 100000, &o->latency)))
            return cli_usage("explore", "'%.40s' is not a number of 1 to %d", optarg,
                             c == 'j' ? 256 : 100000) +
                   1;
        else if (c == '?')
            return cli_usage("explore", "unknown or incomplete option %s", argv[optind - 1]) + 1;
    }
    if (optind == argc || argc - optind > EXPLORE_MODELS)
        return cli_usage("explore", "it needs 1 to %d MODELs", EXPLORE_MODELS) + 1;
    if (o->port.count > EXPLORE_PORTS)
        return cli_usage("explore", "at most %d port widths", EXPLORE_PORTS) + 1;
    for (int i = 0; i < o->port.count; i++) {
        uint32_t p = o->port.value[i];
        if (p < 4 || p > 64 || (p & (p - 1)) != 0)
            return cli_usage("explore", "--port %u is not a power of two of 4 to 64", (unsigned)p) +
                   1;
    }
    return 0;
}

/* Lanes of n columns: those asked for, or four. */
static int lanes_of(const options_t *o, uint32_t n, uint32_t lanes[MAX_LIST]) {
    int m = 0;
    for (int i = 0; i < o->lanes.count; i++)
        lanes[m++] = o->lanes.value[i];
    for (uint32_t by = 8; o->lanes.count == 0 && by > 0; by /= 2)
        if (n / by > 0)
            lanes[m++] = n / by;
    return m;
}

static int one_of(const list_t *l, int i, uint32_t *value) {
    if (l->count)
        *value = l->value[i];
    return l->count != 0;
}

/* The texts and configurations of the sweep. Number of them, or -1: too many. */
static int enumerate(const options_t *o, explore_row_t *rows, const npu_config_t **configs) {
    int m = 0, banks = o->sp_banks.count ? o->sp_banks.count : 1,
        accs = o->acc_depth.count ? o->acc_depth.count : 1;
    for (int a = 0; a < o->n.count; a++) {
        uint32_t lanes[MAX_LIST], n = o->n.value[a], v;
        int n_lanes = lanes_of(o, n, lanes), named = n == 4 || n == 8 || n == 16 || n == 32;
        for (int l = 0; l < n_lanes; l++)
            for (int s = 0; s < o->sp_words.count; s++)
                for (int b = 0; b < banks; b++)
                    for (int d = 0; d < accs; d++) {
                        if (m == MAX_CONFIGS)
                            return -1;
                        explore_row_t *r = &rows[m];
                        int used = snprintf(r->text, sizeof r->text,
                                            named ? "npu%u,lanes=%u,sp_words=%u"
                                                  : "npu16,n=%u,lanes=%u,sp_words=%u",
                                            (unsigned)n, (unsigned)lanes[l],
                                            (unsigned)o->sp_words.value[s]);
                        if (one_of(&o->sp_banks, b, &v))
                            used += snprintf(r->text + used, sizeof r->text - (size_t)used,
                                             ",sp_banks=%u", (unsigned)v);
                        if (one_of(&o->acc_depth, d, &v))
                            used += snprintf(r->text + used, sizeof r->text - (size_t)used,
                                             ",acc_depth=%u", (unsigned)v);
                        snprintf(r->text + used, sizeof r->text - (size_t)used, ",trace_records=0");
                        configs[m] = npu_find_config(r->text, r->reason, sizeof r->reason);
                        if (configs[m])
                            snprintf(r->text, sizeof r->text, "%s", configs[m]->name);
                        m++;
                    }
    }
    return m;
}

/* rows: (n_configs, n_ports); the first n_configs hold what enumerate() said. */
static void fill_rows(const explore_sweep_t *s, explore_row_t *rows) {
    uint32_t least[EXPLORE_MODELS];
    for (int k = 0; k < s->n_models; k++) {
        least[k] = UINT32_MAX;
        for (int i = 0; i < s->n_configs; i++)
            if (s->done[i * s->n_models + k] && !s->cells[i * s->n_models + k].reason[0] &&
                s->cells[i * s->n_models + k].cpu_layers < least[k])
                least[k] = s->cells[i * s->n_models + k].cpu_layers;
    }
    for (int i = s->n_configs - 1; i >= 0; i--) {
        const explore_row_t from = rows[i];
        for (int p = s->n_ports - 1; p >= 0; p--) {
            explore_row_t *r = &rows[i * s->n_ports + p];
            double logs = 0;
            *r = from;
            r->port = s->port[p];
            r->config = s->configs[i];
            r->done = 1;
            if (!r->config)
                continue;
            r->area = area_estimate(r->config);
            for (int k = 0; k < s->n_models; k++) {
                const explore_cell_t *cell = &s->cells[i * s->n_models + k];
                r->done &= s->done[i * s->n_models + k];
                r->cycles[k] = cell->cycles[p];
                logs += log((double)(cell->cycles[p] ? cell->cycles[p] : 1));
                if (cell->reason[0])
                    snprintf(r->reason, sizeof r->reason, "%s", cell->reason);
                else if (cell->cpu_layers > least[k])
                    snprintf(r->reason, sizeof r->reason,
                             "%u operators fall to the CPU for want of room, %u elsewhere",
                             (unsigned)cell->cpu_layers, (unsigned)least[k]);
            }
            r->cost = s->n_models == 1 ? (double)r->cycles[0] : round(exp(logs / s->n_models));
        }
    }
}

static const char *base(const char *path) {
    return strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
}

static void csv_text(FILE *f, const char *s) {
    fputc('"', f);
    for (; *s; s++)
        fprintf(f, *s == '"' ? "\"\"" : "%c", *s);
    fputc('"', f);
}

static void write_csv(FILE *f, const explore_sweep_t *s, const explore_row_t *rows) {
    fprintf(f, "config,n,lanes,sp_words,sp_banks,acc_depth,port_bytes,port_built");
    for (int k = 0; k < s->n_models; k++) {
        fputc(',', f);
        char head[160];
        snprintf(head, sizeof head, "cycles %.140s", base(s->paths[k]));
        csv_text(f, head);
    }
    fprintf(f, ",cycles,lut_estimate,dsp_estimate,ram_estimate,board,front,reason\n");
    for (int i = 0; i < s->n_configs * s->n_ports; i++) {
        const explore_row_t *r = &rows[i];
        const npu_config_t *c = r->config;
        if (!r->done)
            continue;
        csv_text(f, r->text);
        if (c)
            fprintf(f, ",%u,%u,%u,%u,%u", (unsigned)c->n, (unsigned)c->lanes, (unsigned)c->sp_words,
                    (unsigned)c->sp_banks, (unsigned)c->acc_depth);
        else
            fprintf(f, ",,,,,");
        fprintf(f, ",%u,%s", (unsigned)r->port, r->port == EXPLORE_RTL_PORT ? "yes" : "no");
        for (int k = 0; k < s->n_models; k++)
            if (r->cycles[k])
                fprintf(f, ",%" PRIu64, r->cycles[k]);
            else
                fputc(',', f);
        const area_board_t *board = area_smallest(&r->area);
        if (r->reason[0])
            fputc(',', f);
        else
            fprintf(f, ",%.0f", r->cost);
        if (c)
            fprintf(f, ",%.0f,%.0f,%.0f,%s", r->area.of[AREA_LUT], r->area.of[AREA_DSP],
                    r->area.of[AREA_RAM], board ? board->name : "none");
        else
            fprintf(f, ",,,,");
        fprintf(f, ",%s,", r->front ? "yes" : "no");
        csv_text(f, r->reason);
        fputc('\n', f);
    }
}

static void print_row(const explore_sweep_t *s, const explore_row_t *r) {
    const area_board_t *board = area_smallest(&r->area);
    printf("%-46s %12.0f", r->text, r->cost);
    for (int k = 0; k < s->n_models && s->n_models > 1; k++)
        printf(" %12" PRIu64, r->cycles[k]);
    printf(" %8.0f%c %4.0f %5.0f  %s\n", r->area.of[AREA_LUT],
           area_extrapolated(r->config) ? '*' : ' ', r->area.of[AREA_DSP], r->area.of[AREA_RAM],
           board ? board->name : "none");
}

static int by_cost(const void *a, const void *b) {
    const explore_row_t *x = *(const explore_row_t *const *)a,
                        *y = *(const explore_row_t *const *)b;
    double d = x->cost == y->cost ? x->area.of[AREA_LUT] - y->area.of[AREA_LUT] : x->cost - y->cost;
    return d == 0 ? strcmp(x->text, y->text) : (d > 0) - (d < 0);
}

/* sorted: room for all rows. */
static void print_front(const explore_sweep_t *s, const explore_row_t *rows,
                        const explore_row_t **sorted, int port) {
    int n = s->n_configs * s->n_ports, m = 0, good = 0;
    uint32_t width = s->port[port];
    for (int i = 0; i < n; i++) {
        good += rows[i].port == width && rows[i].done && !rows[i].reason[0];
        if (rows[i].port == width && rows[i].front)
            sorted[m++] = &rows[i];
    }
    qsort(sorted, (size_t)m, sizeof *sorted, by_cost);
    printf("\nPort of %u bytes a cycle%s: front of %d among %d configurations\n", (unsigned)width,
           width == EXPLORE_RTL_PORT ? "" : " (not built: predictions only)", m, good);
    printf("%-46s %12s", "configuration", s->n_models > 1 ? "geom. mean" : "cycles");
    for (int k = 0; k < s->n_models && s->n_models > 1; k++)
        printf(" %12.12s", base(s->paths[k]));
    printf(" %8s %5s %5s  %s\n", "LUT", "DSP", "RAM", "smallest board");
    for (int i = 0; i < m; i++)
        print_row(s, sorted[i]);
    const area_board_t *b;
    for (int k = 0; (b = area_board(k)); k++) {
        int at = 0;
        while (at < m && !area_fits(&sorted[at]->area, b))
            at++;
        printf("  fastest on %-8s (%s): %s\n", b->name, b->device,
               at < m ? sorted[at]->text : "none fits");
    }
}

static int write_file(const char *path, const explore_sweep_t *s, const explore_row_t *rows,
                      int plot, graph_error_t *err) {
    atomic_file_t file;
    char title[128];
    if (!path)
        return 0;
    if (atomic_open(&file, path, err))
        return -1;
    snprintf(title, sizeof title, s->n_models == 1 ? "%.100s" : "%.80s and %d more",
             base(s->paths[0]), s->n_models - 1);
    if (plot)
        explore_plot(file.f, rows, s->n_configs * s->n_ports, title,
                     s->n_models == 1 ? "cycles of one inference" : "geometric mean of the cycles");
    else
        write_csv(file.f, s, rows);
    return atomic_commit(&file, err);
}

static int report(const options_t *o, const explore_sweep_t *s, explore_row_t *rows,
                  int interrupted, graph_error_t *err) {
    int n = s->n_configs * s->n_ports, bad = 0, done = 0;
    const explore_row_t **sorted = calloc((size_t)n + 1, sizeof *sorted);
    if (!sorted)
        return graph_fail(err, "out of memory");
    fill_rows(s, rows);
    explore_front(rows, n);
    for (int i = 0; i < n; i++) {
        done += rows[i].done;
        bad += rows[i].done && rows[i].reason[0];
    }
    printf(
        "%d rows (configuration and port), latency %u; cycles predicted, area estimated (ECP5, NPU "
        "alone); %d without cycles%s\n"
        "*: extrapolated from smaller arrays; products in multiplier cells, one each\n",
        n, (unsigned)s->latency, bad, bad && !o->csv ? " (--csv says why)" : "");
    for (int p = 0; p < s->n_ports; p++)
        print_front(s, rows, sorted, p);
    free(sorted);
    if (write_file(o->csv, s, rows, 0, err) || write_file(o->plot, s, rows, 1, err))
        return -1;
    return interrupted ? graph_fail(err, "explore: interrupted; %d of %d rows%s%s", done, n,
                                    o->csv ? " are in " : "", o->csv ? o->csv : "")
                       : 0;
}

static int sweep(const options_t *o, explore_sweep_t *s, graph_error_t *err) {
    explore_row_t *rows = calloc(MAX_CONFIGS * (size_t)o->port.count, sizeof *rows);
    const npu_config_t **configs = calloc(MAX_CONFIGS, sizeof *configs);
    int status = -1;
    s->n_configs = rows && configs ? enumerate(o, rows, configs) : 0;
    s->configs = configs;
    size_t cells = s->n_configs > 0 ? (size_t)s->n_configs * (size_t)s->n_models : 1;
    s->cells = calloc(cells, sizeof *s->cells);
    s->done = calloc(cells, 1);
    if (!rows || !configs || !s->cells || !s->done)
        graph_fail(err, "out of memory");
    else if (s->n_configs < 0)
        graph_fail(err, "explore: more than %d configurations; give shorter lists", MAX_CONFIGS);
    else if ((status = explore_run(s, (int)o->jobs, err)) >= 0)
        status = report(o, s, rows, status, err);
    free(rows);
    free(configs);
    free(s->cells);
    free(s->done);
    return status;
}

int cmd_explore(int argc, char **argv) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    options_t o = {.n = {4, {4, 8, 16, 32}},
                   .sp_words = {5, {1024, 2048, 4096, 8192, 16384}},
                   .port = {3, {4, 8, 16}},
                   .jobs = processors > 0 ? processors : 1,
                   .latency = 32};
    graph_error_t err;
    graph_t *graphs[EXPLORE_MODELS] = {0};
    int status = parse(argc, argv, &o);
    if (status)
        return status - 1;
    explore_sweep_t s = {.n_models = argc - optind,
                         .n_ports = o.port.count,
                         .paths = (const char **)argv + optind,
                         .graphs = graphs,
                         .latency = (uint32_t)o.latency};
    memcpy(s.port, o.port.value, sizeof s.port);
    for (int k = 0; k < s.n_models && status == 0; k++)
        status = (graphs[k] = graph_load(s.paths[k], &err)) ? 0 : -1;
    if (status == 0)
        status = sweep(&o, &s, &err);
    for (int k = 0; k < s.n_models; k++)
        graph_free(graphs[k]);
    return status ? cli_error(&err) : EXIT_OK;
}
