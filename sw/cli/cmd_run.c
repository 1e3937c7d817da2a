/*
 * cmd_run.c - `systole run`: one inference on one target, compared with ref, outputs and report
 * written atomically. SPDX-License-Identifier: Apache-2.0
 */
#include <ctype.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "constant.h"
#include "network.h"
#include "npy.h"

static const char help[] =
    "systole run MODEL|PROG [--target T] [--config C] [--input F]... [--output F]... [--report "
    "R.json]\n"
    "            [--runs N] [--seed N] [--wave W.fst] [--timeline T.json] [--html P.html] "
    "[--no-compare]\n"
    "            [--remove-constant]\n"
    "\n"
    "Runs one inference, or a sequence of them: what the network keeps between runs (variables, "
    "the "
    "state of\n"
    "LSTM and SVDF) carries over. Without --input the inputs are random, from a seed that is "
    "printed.\n"
    "\n"
    "  --target T      ref    operator golden models: define the result (default)\n"
    "                  model  C model of the NPU, executing the compiled commands\n"
    "                  rtl    Verilated NPU, driver on the host: cycle-exact\n"
    "                  soc    Verilated system: RISC-V soft-core, firmware, UART, NPU\n"
    "  --config C      NPU configuration (default npu16; a compiled program brings its own); see "
    "systole config --help\n"
    "  --input F       a tensor: .npy, or raw little-endian bytes (any other name); repeat in "
    "model order;\n"
    "                  further ones are the inputs of further runs\n"
    "  --output F      the same for the outputs: those of every run, or only as many as one run "
    "has: "
    "the last run's\n"
    "  --runs N        number of runs with random inputs (default 1)\n"
    "  --report R      figures as JSON: cycles, MAC utilisation, bytes, stalls, by layer\n"
    "  --seed N        of the random input (default 1)\n"
    "  --wave W        waveform (rtl, soc); slow\n"
    "  --timeline T    what each unit did when, for Perfetto or chrome://tracing (rtl, soc)\n"
    "  --html P        the report as one self-contained page with diagrams (rtl, soc)\n"
    "  --no-compare    do not run ref as well to compare the result\n"
    "  --remove-constant  run the network without the channels that are provably constant; the "
    "result is the same,\n"
    "                  the report's macs are what was executed, macs_removed what was not\n"
    "\n"
    "In the report cycles_predicted is what the C model expects of the RTL (model, rtl); cpu_steps "
    "operators run on\n"
    "the CPU, in neither figure. The cycles of a layer are how much later it ended than all layers "
    "before it. "
    "They "
    "are the sum of\n"
    "array_busy, stall_load, stall_post, stall_weights (the array waited for data, for the vector "
    "or "
    "store unit,\n"
    "for weights) and array_idle (no array work was left). limits has the cycles that each "
    "resource "
    "needs at least\n"
    "for the layer, bound names the largest, bound_distance is cycles - bound_cycles (negative: "
    "part "
    "of the work ran\n"
    "behind earlier layers):\n"
    "  array           the array's steps: vectors of each pass, or a tile's loading time where it "
    "is "
    "longer\n"
    "  port            the larger of bytes read and written, at 8 a cycle\n"
    "  output_stage    requantise lanes: vectors drained from the accumulators\n"
    "  vector          pooling, element-wise operators, tables, softmax in the vector unit\n"
    "  latency         one vector's way through empty pipelines: the layer is too small to fill "
    "them\n"
    "\n"
    "Example: systole run network.tflite --target rtl --input picture.npy --output scores.npy\n";

enum { MAX_FILES = 4096, MAX_RUNS = 1 << 20 };

typedef struct {
    const char *target, *config, *report, *wave, *timeline, *html;
    const char *inputs[MAX_FILES], *outputs[MAX_FILES];
    int n_inputs, n_outputs, compare, remove;
    long runs; /* 0: not given */
    uint64_t seed;
} options_t;

static int parse(int argc, char **argv, options_t *o) {
    static const struct option options[] = {
        {"target", required_argument, 0, 't'},   {"config", required_argument, 0, 'c'},
        {"input", required_argument, 0, 'i'},    {"output", required_argument, 0, 'o'},
        {"report", required_argument, 0, 'r'},   {"seed", required_argument, 0, 's'},
        {"runs", required_argument, 0, 'N'},     {"wave", required_argument, 0, 'w'},
        {"timeline", required_argument, 0, 'l'}, {"html", required_argument, 0, 'p'},
        {"no-compare", no_argument, 0, 'n'},     {"remove-constant", no_argument, 0, 'k'},
        {"help", no_argument, 0, 'h'},           {0, 0, 0, 0}};
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "t:c:i:o:r:s:h", options, NULL)) != -1) {
        char *end = NULL;
        switch (c) {
        case 't':
            o->target = optarg;
            break;
        case 'c':
            o->config = optarg;
            break;
        case 'i':
        case 'o':
            if ((c == 'i' ? o->n_inputs : o->n_outputs) == MAX_FILES)
                return cli_usage("run", "more than %d files", MAX_FILES);
            if (c == 'i')
                o->inputs[o->n_inputs++] = optarg;
            else
                o->outputs[o->n_outputs++] = optarg;
            break;
        case 'r':
            o->report = optarg;
            break;
        case 's':
            o->seed = strtoull(optarg, &end, 0);
            if (*end || end == optarg || !isdigit((unsigned char)optarg[0]))
                return cli_usage("run", "--seed %s is not a number", optarg);
            break;
        case 'N':
            o->runs = strtol(optarg, &end, 10);
            if (*end || end == optarg || o->runs < 1 || o->runs > MAX_RUNS)
                return cli_usage("run", "--runs %s is not a number of 1 to %d", optarg, MAX_RUNS);
            break;
        case 'w':
            o->wave = optarg;
            break;
        case 'l':
            o->timeline = optarg;
            break;
        case 'p':
            o->html = optarg;
            break;
        case 'n':
            o->compare = 0;
            break;
        case 'k':
            o->remove = 1;
            break;
        case 'h':
            fputs(help, stdout);
            return -1;
        default:
            return cli_usage("run", "unknown or incomplete option %s", argv[optind - 1]);
        }
    }
    if (optind != argc - 1)
        return cli_usage("run", "it needs one MODEL or PROG");
    return 0;
}

static npy_shape_t shape_of(const io_desc_t *d) {
    return (npy_shape_t){d->type, d->rank, d->dims, d->bytes};
}

/* Buffers for as many runs as there are inputs, and the inputs. */
static int read_inputs(network_t *n, const options_t *o, report_t *r, graph_error_t *err) {
    int per_run = n->n_inputs, runs = o->runs ? (int)o->runs : 1;
    if (o->n_inputs > 0) {
        if (per_run == 0 || o->n_inputs % per_run != 0)
            return graph_fail(err, "%s: it has %d inputs, %d files are given", n->path, per_run,
                              o->n_inputs);
        runs = o->n_inputs / per_run;
        if (o->runs && o->runs != runs)
            return graph_fail(err, "%s: inputs for %d runs are given, --runs says %ld", n->path,
                              runs, o->runs);
    }
    if (o->n_outputs > n->n_outputs && o->n_outputs != n->n_outputs * runs)
        return graph_fail(err, "%s: it has %d outputs, %d runs, %d files are given", n->path,
                          (int)n->n_outputs, runs, o->n_outputs);
    if (network_set_runs(n, runs, err))
        return -1;
    if (o->n_inputs == 0) {
        network_random_inputs(n, o->seed);
        r->seed = o->seed;
        r->has_seed = 1;
        printf("random input, seed %" PRIu64 "\n", o->seed);
    }
    for (int i = 0; i < o->n_inputs; i++) {
        npy_shape_t s = shape_of(&n->in_desc[i % per_run]);
        if (npy_read(o->inputs[i], &s, n->inputs[i], err))
            return -1;
    }
    return 0;
}

/* Says where the first difference is; then 0, else 1. */
static int equal_outputs(const network_t *n, const char *target, void *const *ref) {
    for (int32_t i = 0; i < n->n_outputs * n->n_runs; i++) {
        int32_t run = i / n->n_outputs, output = i % n->n_outputs;
        const uint8_t *a = n->outputs[i], *b = ref[i];
        size_t k = 0;
        while (k < n->out_desc[output].bytes && a[k] == b[k])
            k++;
        if (k < n->out_desc[output].bytes) {
            fprintf(stderr, "systole: %s: output %d of %s", n->path, (int)output, target);
            if (n->n_runs > 1)
                fprintf(stderr, " in run %d", (int)run);
            fprintf(stderr, " differs from ref at byte %zu: %d, ref has %d\n", k, a[k], b[k]);
            return 0;
        }
    }
    return 1;
}

/* Runs ref too. 1 equal, 0 different, -1 error. */
static int compare(const network_t *n, const char *target, graph_error_t *err) {
    report_t r = {.bit_exact = -1};
    target_job_t job = network_job(n, "", &r);
    job.outputs = network_new_buffers(n->out_desc, n->n_outputs, n->n_runs);
    const target_t *ref = target_find("ref", err);
    int equal = -1;
    if (!job.outputs)
        graph_fail(err, "%s: out of memory", n->path);
    else if (ref && ref->run(&job, err) == 0)
        equal = equal_outputs(n, target, job.outputs);
    network_free_buffers((void **)job.outputs, n->n_outputs * n->n_runs);
    report_free(&r);
    return equal;
}

static double value(const io_desc_t *d, const void *data, size_t i) {
    double q = d->type == GRAPH_FLOAT32 ? (double)((const float *)data)[i]
               : d->type == GRAPH_UINT8 ? ((const uint8_t *)data)[i]
                                        : ((const int8_t *)data)[i];
    return d->scale > 0 ? (double)d->scale * (q - d->zero_point) : q;
}

/* The largest values of each output of the last run, as a classifier's user wants to see them. */
static void print_outputs(const network_t *n) {
    void *const *outputs = n->outputs + (size_t)(n->n_runs - 1) * (size_t)n->n_outputs;
    for (int32_t i = 0; i < n->n_outputs; i++) {
        const io_desc_t *d = &n->out_desc[i];
        size_t elem = graph_type_size(d->type), count = elem ? d->bytes / elem : 0, last = count;
        double bound = 0;
        if (d->type != GRAPH_INT8 && d->type != GRAPH_UINT8 && d->type != GRAPH_FLOAT32)
            continue;
        printf("output %d:", (int)i);
        for (int k = 0; k < 3 && (size_t)k < count; k++) { /* next best below (bound, last) */
            size_t best = count;
            for (size_t j = 0; j < count; j++) {
                double v = value(d, outputs[i], j);
                int below = last == count || v < bound || (v == bound && j > last);
                if (below && (best == count || v > value(d, outputs[i], best)))
                    best = j;
            }
            if (best == count)
                break;
            bound = value(d, outputs[i], best);
            last = best;
            printf("%s [%zu] %.6g", k ? "," : "", best, bound);
        }
        printf("%s\n", count > 3 ? ", ..." : "");
    }
}

static void print_summary(const network_t *n, const report_t *r) {
    printf("target %s", r->target);
    if (strcmp(r->target, "ref") != 0)
        printf(", configuration %s", r->config);
    if (n->n_runs > 1)
        printf(", %d runs, of the last", (int)n->n_runs);
    printf(", %" PRIu64 " MACs", r->macs);
    if (r->macs_removed)
        printf(" (%" PRIu64 " of constant channels removed)", r->macs_removed);
    if (r->has_cycles) {
        double u = report_utilisation(r, r->macs, r->cycles_total);
        printf(", %" PRIu64 " cycles", r->cycles_total);
        if (u >= 0)
            printf(", MAC utilisation %.1f %%", 100 * u);
    } else if (r->has_prediction) {
        printf(", %" PRIu64 " cycles predicted", r->cycles_predicted);
        if (r->cpu_steps)
            printf(" without %" PRIu32 " CPU steps", r->cpu_steps);
    }
    if (r->bit_exact >= 0)
        printf(", %s ref", r->bit_exact ? "equal to" : "DIFFERENT from");
    printf("\n");
}

/* All files or none: written beside their names first, renamed when every one is complete. */
static int write_files(const network_t *n, const options_t *o, const report_t *r,
                       graph_error_t *err) {
    static void (*const print[])(const report_t *, FILE *) = {
        report_print_json, report_print_timeline, report_print_html};
    const char *const names[] = {o->report, o->timeline, o->html};
    int n_files = o->n_outputs, opened = 0, status = 0, which[3] = {0};
    int skipped = o->n_outputs > n->n_outputs ? 0 : (n->n_runs - 1) * n->n_outputs;
    for (int i = 0; i < 3; i++)
        if (names[i])
            which[n_files++ - o->n_outputs] = i;
    atomic_file_t *files = calloc((size_t)n_files + 1, sizeof *files);
    if (!files)
        return graph_fail(err, "%s: out of memory", n->path);
    for (; status == 0 && opened < n_files; opened += status == 0)
        status = atomic_open(
            &files[opened],
            opened < o->n_outputs ? o->outputs[opened] : names[which[opened - o->n_outputs]], err);
    for (int i = 0; status == 0 && i < o->n_outputs; i++) {
        npy_shape_t s = shape_of(&n->out_desc[i % n->n_outputs]);
        status = npy_put(&files[i], &s, n->outputs[skipped + i], err);
    }
    for (int i = o->n_outputs; status == 0 && i < n_files; i++)
        print[which[i - o->n_outputs]](r, files[i].f);
    for (int i = 0; i < opened; i++) {
        if (status == 0)
            status = atomic_commit(&files[i], err);
        else
            atomic_abort(&files[i]);
    }
    free(files);
    return status;
}

static int run(network_t *n, const options_t *o, const target_t *target, report_t *r,
               graph_error_t *err) {
    for (int i = 0; i < o->n_outputs; i++) /* better now than after a long run */
        if (atomic_probe(o->outputs[i], err))
            return -1;
    const char *const written[] = {o->report, o->timeline, o->html};
    for (int i = 0; i < 3; i++)
        if (written[i] && atomic_probe(written[i], err))
            return -1;
    constant_t constant = {0};
    if (read_inputs(n, o, r, err) || (o->remove && constant_remove(n->graph, &constant, err)))
        return -1;
    target_job_t job = network_job(n, r->config, r);
    job.config_given = o->config != NULL;
    job.wave = o->wave;
    job.detail = o->report || o->timeline || o->html;
    job.needs_trace = o->timeline || o->html;
    job.seed = o->seed;
    if (o->remove)
        job.graph = constant.graph;
    int status = target->run(&job, err);
    if (status == 0 && o->remove)
        report_removed(r, &constant);
    constant_free(&constant);
    if (status)
        return -1;
    if (o->compare && n->graph && (o->remove || strcmp(target->name, "ref") != 0)) {
        r->bit_exact = compare(n, target->name, err);
        if (r->bit_exact < 0)
            return -1;
    }
    return write_files(n, o, r, err);
}

int cmd_run(int argc, char **argv) {
    options_t o = {.target = "ref", .seed = 1, .compare = 1};
    graph_error_t err;
    network_t n;
    int status = parse(argc, argv, &o);
    if (status)
        return status < 0 ? EXIT_OK : status;
    const target_t *target = target_find(o.target, &err);
    if (!target)
        return cli_error(&err);
    const npu_config_t *config = o.config ? network_config(o.config, &err) : NULL;
    if (o.config && !config)
        return cli_error(&err);
    o.config = config ? config->name : NULL;
    if ((o.wave && !target->has_wave) || ((o.timeline || o.html) && !target->has_trace))
        return cli_usage("run", "target %s writes no %s", target->name,
                         o.wave && !target->has_wave ? "waves"
                         : o.timeline                ? "timeline"
                                                     : "page");
    if (network_load(argv[optind], &n, &err))
        return cli_error(&err);
    report_t r = {.target = target->name, .model = n.path, .bit_exact = -1};
    r.config = o.config ? o.config : n.prog_config ? n.prog_config : "npu16";
    if (n.prog && !target->can_run_prog)
        status = graph_fail(&err, "%s: target %s runs models, not compiled programs", n.path,
                            target->name);
    else if (n.prog && config && !network_is_for(&n, config))
        status = graph_fail(&err, "%s: compiled for configuration %s, not for %s", n.path,
                            n.prog_config ? n.prog_config : "that does not exist", o.config);
    else if (n.prog && o.remove)
        status =
            graph_fail(&err, "%s: is compiled already: give --remove-constant to compile", n.path);
    else
        status = run(&n, &o, target, &r, &err);
    if (status) {
        status = cli_error(&err);
    } else {
        print_outputs(&n);
        print_summary(&n, &r);
        status = r.bit_exact == 0 ? EXIT_DIFFERENT : EXIT_OK;
    }
    report_free(&r);
    network_free(&n);
    return status;
}
