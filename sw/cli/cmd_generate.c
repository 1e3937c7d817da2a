/*
 * cmd_generate.c - `systole generate`: text from a language model, token by token.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <ctype.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "generate_device.h"
#include "network.h"
#include "npy.h"
#include "quantize.h"
#include "sampler.h"
#include "tokenizer.h"

static const char help[] =
    "systole generate CHECKPOINT --tokenizer T [--prompt P] [-n N] [--target T] [--weights "
    "int8|int4]\n"
    "                 [--temperature X] [--top-p X] [--seed N] [--report R.json] [--stats]\n"
    "                 [--tokens F] [--logits F]\n"
    "\n"
    "Continues the prompt with a language model of the Llama form. The text appears as it is made. "
    "All arithmetic is\n"
    "integer: weights and activations of 8 bits (weights: or 4), scales that follow the data; the "
    "same prompt, options\n"
    "and seed give the same text everywhere.\n"
    "\n"
    "  CHECKPOINT       llama2.c's float checkpoint, version 0 (stories260K.bin, stories15M.bin, "
    "...)\n"
    "  --tokenizer T    llama2.c's tokenizer file of the same vocabulary (tok512.bin, "
    "tokenizer.bin, ...)\n"
    "  --prompt P       the beginning, default empty: the model begins by itself\n"
    "  -n N             tokens to make at most, default 256 or what the model's context leaves "
    "room for;\n"
    "                   the model may end the text earlier\n"
    "  --target T       ref    golden model: defines every logit (default)\n"
    "                   model  C model of the NPU, executing the commands of each step\n"
    "                   rtl    Verilated NPU: cycle-exact (make rtl CONFIG=C first)\n"
    "  --config C       NPU configuration with wide lanes (default npu16,wide_lanes=4)\n"
    "  --no-compare     on model and rtl: do not run ref as well to compare every logit\n"
    "  --weights W      int8 (default), or int4: half the memory traffic, a little less exact\n"
    "  --temperature X  0: always the most probable token (default); 1: as the model was trained; "
    "more: wilder\n"
    "  --top-p X        draw only from the most probable tokens that together have probability X "
    "(default 0.9)\n"
    "  --seed N         of the drawing (default 1)\n"
    "  --stats          a line about tokens and multiplications, on stderr\n"
    "  --report R       the same as JSON, by layer\n"
    "  --logits F       the logits of every step, int32, 2^-18 each: (steps, vocabulary) .npy or "
    "raw bytes\n"
    "  --tokens F       instead of making text: run over these tokens (raw int32, little-endian), "
    "for "
    "--logits, --report\n"
    "                   or --stats\n"
    "\n"
    "Example: systole generate stories260K.bin --tokenizer tok512.bin --prompt \"One day, Lily\" "
    "-n 100 --temperature 0.8\n";

typedef struct {
    const char *checkpoint, *tokenizer, *prompt, *target, *report, *logits, *tokens;
    long n; /* -1: not given */
    const char *config;
    int bits, stats, compare;
    double temperature, top_p;
    uint64_t seed;
} options_t;

static int parse_real(const char *name, const char *text, double most, double *x) {
    char *end;
    *x = strtod(text, &end);
    if (end == text || *end || !(*x >= 0 && *x <= most))
        return cli_usage("generate", "--%s %s is not a number of 0 to %g", name, text, most);
    return 0;
}

static int parse(int argc, char **argv, options_t *o) {
    static const struct option options[] = {{"tokenizer", required_argument, 0, 'z'},
                                            {"prompt", required_argument, 0, 'p'},
                                            {"target", required_argument, 0, 't'},
                                            {"config", required_argument, 0, 'c'},
                                            {"no-compare", no_argument, 0, 'N'},
                                            {"weights", required_argument, 0, 'w'},
                                            {"temperature", required_argument, 0, 'T'},
                                            {"top-p", required_argument, 0, 'P'},
                                            {"seed", required_argument, 0, 's'},
                                            {"report", required_argument, 0, 'r'},
                                            {"logits", required_argument, 0, 'l'},
                                            {"tokens", required_argument, 0, 'k'},
                                            {"stats", no_argument, 0, 'S'},
                                            {"help", no_argument, 0, 'h'},
                                            {0, 0, 0, 0}};
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "n:p:t:c:h", options, NULL)) != -1) {
        char *end = NULL;
        int status = 0;
        switch (c) {
        case 'z':
            o->tokenizer = optarg;
            break;
        case 'p':
            o->prompt = optarg;
            break;
        case 't':
            o->target = optarg;
            break;
        case 'c':
            o->config = optarg;
            break;
        case 'N':
            o->compare = 0;
            break;
        case 'w':
            o->bits = strcmp(optarg, "int8") == 0 ? 8 : strcmp(optarg, "int4") == 0 ? 4 : 0;
            if (o->bits == 0)
                return cli_usage("generate", "--weights %s: there are int8 and int4", optarg);
            break;
        case 'T':
            status = parse_real("temperature", optarg, 100, &o->temperature);
            break;
        case 'P':
            status = parse_real("top-p", optarg, 1, &o->top_p);
            break;
        case 's':
            o->seed = strtoull(optarg, &end, 0);
            if (*end || end == optarg || !isdigit((unsigned char)optarg[0]))
                return cli_usage("generate", "--seed %s is not a number", optarg);
            break;
        case 'n':
            o->n = strtol(optarg, &end, 10);
            if (*end || end == optarg || o->n < 1 || o->n > CHECKPOINT_MAX_WIDTH)
                return cli_usage("generate", "-n %s is not a number of 1 to %d", optarg,
                                 CHECKPOINT_MAX_WIDTH);
            break;
        case 'r':
            o->report = optarg;
            break;
        case 'l':
            o->logits = optarg;
            break;
        case 'k':
            o->tokens = optarg;
            break;
        case 'S':
            o->stats = 1;
            break;
        case 'h':
            fputs(help, stdout);
            return -1;
        default:
            return cli_usage("generate", "unknown or incomplete option %s", argv[optind - 1]);
        }
        if (status)
            return status;
    }
    if (optind != argc - 1)
        return cli_usage("generate", "it needs one CHECKPOINT");
    o->checkpoint = argv[optind];
    if (!o->tokenizer && !o->tokens)
        return cli_usage("generate", "it needs --tokenizer");
    if (o->tokens && ((!o->logits && !o->report && !o->stats) || o->prompt || o->n >= 0))
        return cli_usage(
            "generate",
            "--tokens goes with --logits, --report or --stats, without --prompt and -n");
    return 0;
}

/* A sequence: `given` tokens, then up to `limit` in all. */
typedef struct {
    int32_t *tokens, given, limit;
    int32_t steps, made; /* positions that have been run; tokens of text */
    int32_t differs;     /* first position whose logits are not ref's; -1: none */
    int32_t *logits;     /* (limit, vocab) when they are kept, else (1, vocab) */
} sequence_t;

static int read_tokens(const options_t *o, const checkpoint_t *c, sequence_t *q,
                       graph_error_t *err) {
    size_t size;
    int32_t *tokens = file_read(o->tokens, &size, err);
    if (!tokens)
        return -1;
    q->tokens = tokens;
    if (size == 0 || size % 4 != 0)
        return graph_fail(err, "%s: %zu bytes are no list of int32", o->tokens, size);
    if (size / 4 > (size_t)c->context)
        return graph_fail(err, "%s: %zu tokens, the context of %s is %d", o->tokens, size / 4,
                          o->checkpoint, (int)c->context);
    q->given = q->limit = (int32_t)(size / 4);
    for (int32_t i = 0; i < q->given; i++)
        if (tokens[i] < 0 || tokens[i] >= c->vocab)
            return graph_fail(err, "%s: token %d is %d, the vocabulary of %s is %d", o->tokens,
                              (int)i, (int)tokens[i], o->checkpoint, (int)c->vocab);
    return 0;
}

static int encode_prompt(const options_t *o, const checkpoint_t *c, const tokenizer_t *t,
                         sequence_t *q, graph_error_t *err) {
    q->tokens = malloc((size_t)c->context * sizeof *q->tokens);
    if (!q->tokens)
        return graph_fail(err, "%s: out of memory", o->checkpoint);
    q->given = tokenizer_encode(t, o->prompt ? o->prompt : "", q->tokens, c->context);
    if (q->given < 0 || q->given > c->context)
        return graph_fail(err, "%s: the prompt needs more tokens than the model's context of %d",
                          o->checkpoint, (int)c->context);
    /* the last token made is not run any more */
    int32_t left = c->context - q->given + 1;
    if (o->n > left)
        return graph_fail(err,
                          "%s: -n %ld does not fit: behind %d tokens of prompt the model's context "
                          "of %d leaves %d",
                          o->checkpoint, o->n, (int)q->given, (int)c->context, (int)left);
    q->limit = q->given - 1 + (o->n >= 0 ? (int32_t)o->n : left < 256 ? left : 256);
    return 0;
}

static void print_token(const tokenizer_t *t, utf8_stream_t *utf8, int32_t before, int32_t token) {
    uint8_t byte[1], text[64];
    int32_t length;
    const uint8_t *s = tokenizer_decode(t, before, token, byte, &length);
    for (int32_t at = 0; at < length; at += 16) {
        int32_t n = length - at < 16 ? length - at : 16;
        fwrite(text, 1, (size_t)utf8_stream(utf8, s + at, n, text), stdout);
    }
    fflush(stdout);
}

/* Who runs a position: the golden model, or a device, and then the golden model as well to compare.
 */
typedef struct {
    const ref_decoder_t *d;
    void *memory;
    ref_decoder_state_t state;
    generate_device_t *device; /* NULL: ref */
    int32_t *expected;         /* (vocab) when compared, else NULL */
} runner_t;

/* Positions pos..pos + count - 1; logits, or NULL: of the last. */
static int run_positions(runner_t *r, sequence_t *q, int32_t pos, int32_t count, int32_t *logits,
                         graph_error_t *err) {
    const int32_t *tokens = q->tokens + pos;
    if (r->device && generate_device_step(r->device, tokens, count, pos, logits, err))
        return -1;
    for (int32_t i = 0; i < count && (!r->device || r->expected); i++)
        ref_decoder_step(r->d, &r->state, tokens[i], pos + i,
                         !logits || i < count - 1 ? NULL
                         : r->device              ? r->expected
                                                  : logits);
    if (r->device && r->expected && logits && q->differs < 0 &&
        memcmp(logits, r->expected, (size_t)r->d->vocab * sizeof *logits) != 0)
        q->differs = pos + count - 1;
    q->steps = pos + count;
    return 0;
}

/* The sequence; with a tokenizer the text is printed. order: scratch (2, vocab). */
static int run_sequence(const options_t *o, runner_t *r, const tokenizer_t *t, sequence_t *q,
                        int32_t *order, graph_error_t *err) {
    size_t vocab = (size_t)r->d->vocab;
    sampler_t sampler = sampler_new(o->temperature, o->top_p, o->seed);
    utf8_stream_t utf8 = {.n = 0};
    uint8_t text[16];
    int status = 0;
    for (int32_t pos = 1; t && pos < q->given; pos++)
        print_token(t, &utf8, q->tokens[pos - 1], q->tokens[pos]);
    for (int32_t pos = 0, count; pos < q->limit; pos += count) {
        /* positions of the prompt share a list, unless each one's logits are kept */
        int32_t most = r->device && !o->logits ? generate_device_at_once(r->device, pos) : 1, next;
        count = pos >= q->given ? 1 : q->given - pos < most ? q->given - pos : most;
        int32_t last = pos + count - 1;
        int32_t *logits = q->logits + (o->logits ? (size_t)pos * vocab : 0);
        int wanted = o->logits || last >= q->given - 1;
        if ((status = run_positions(r, q, pos, count, wanted ? logits : NULL, err)) != 0)
            break;
        if (last < q->given - 1 || !t)
            continue;
        next = sampler_next(&sampler, logits, (int32_t)vocab, order, order + vocab);
        if (next == TOKEN_BEGIN || next == TOKEN_END)
            break;
        if (last + 1 < q->limit)
            q->tokens[last + 1] = next;
        print_token(t, &utf8, q->tokens[last], next);
        q->made++;
    }
    if (t && q->steps > 0) {
        fwrite(text, 1, (size_t)utf8_stream(&utf8, NULL, 0, text), stdout);
        fputc('\n', stdout);
    }
    return status;
}

static int decode(const options_t *o, const llm_model_t *m, const tokenizer_t *t, sequence_t *q,
                  report_t *report, graph_error_t *err) {
    const ref_decoder_t *d = &m->decoder;
    size_t vocab = (size_t)d->vocab, kept = o->logits ? (size_t)q->limit : 1;
    int device = strcmp(o->target, "ref") != 0;
    runner_t r = {.d = d, .memory = calloc(1, ref_decoder_state_size(d))};
    int32_t *order = malloc(3 * vocab * sizeof *order);
    int status = 0;
    q->differs = -1;
    q->logits = calloc(kept * vocab, sizeof *q->logits);
    if (!r.memory || !order || !q->logits)
        status = graph_fail(err, "%s: out of memory", o->checkpoint);
    if (status == 0 && device &&
        !(r.device = generate_device_open(m, o->target, o->config, o->checkpoint, err)))
        status = -1;
    if (status == 0) {
        r.expected = device && o->compare ? order + 2 * vocab : NULL;
        ref_decoder_state(d, r.memory, &r.state);
        status = run_sequence(o, &r, t, q, order, err);
    }
    if (status == 0 && device) {
        generate_cost_t cost = generate_device_cost(r.device);
        report->has_cycles = cost.has_cycles;
        report->cycles_total = cost.cycles;
        report->bytes_read = cost.bytes_read;
        report->bytes_written = cost.bytes_written;
        report->has_prediction = 1;
        report->cycles_predicted = cost.cycles_predicted;
        report->bit_exact = o->compare ? q->differs < 0 : -1;
    }
    if (device)
        generate_device_close(r.device);
    free(r.memory);
    free(order);
    return status;
}

static void add_layer(report_t *r, int *at, int layer, const char *what, const char *op,
                      uint64_t macs) {
    report_layer_t *l = &r->layers[(*at)++];
    if (layer >= 0)
        snprintf(l->name, sizeof l->name, "layer %d %s", layer, what);
    else
        snprintf(l->name, sizeof l->name, "%s", what);
    snprintf(l->op, sizeof l->op, "%s", op);
    l->unit = "cpu";
    l->macs = macs;
    r->macs += macs;
}

/* Multiplications of all steps, by layer; logits of `scored` of them. */
static int fill_report(const llm_model_t *m, const sequence_t *q, uint64_t scored, report_t *r) {
    const ref_decoder_t *d = &m->decoder;
    uint64_t dim = (uint64_t)d->dim, steps = (uint64_t)q->steps;
    uint64_t kv = dim / (uint64_t)d->heads * (uint64_t)d->kv_heads, square = dim * dim * steps;
    int at = 0;
    r->weights = m->bits == 8 ? "int8" : "int4";
    r->tokens_prompt = (uint64_t)q->given;
    r->tokens_generated = (uint64_t)q->made;
    if (report_alloc_layers(r, 6 * d->n_layers + 1))
        return -1;
    for (int i = 0; i < d->n_layers; i++) {
        add_layer(r, &at, i, "query, key, value", "MATMUL", square + 2 * dim * kv * steps);
        add_layer(r, &at, i, "scores", "MATMUL", dim * (steps * (steps + 1) / 2));
        add_layer(r, &at, i, "values", "MATMUL", dim * (steps * (steps + 1) / 2));
        add_layer(r, &at, i, "attention output", "MATMUL", square);
        add_layer(r, &at, i, "gate, up", "MATMUL", 2 * dim * (uint64_t)d->hidden * steps);
        add_layer(r, &at, i, "down", "MATMUL", dim * (uint64_t)d->hidden * steps);
    }
    add_layer(r, &at, -1, "classifier", "MATMUL", dim * (uint64_t)d->vocab * scored);
    return 0;
}

static int write_files(const options_t *o, const llm_model_t *m, const sequence_t *q,
                       const report_t *r, graph_error_t *err) {
    atomic_file_t report, logits;
    int32_t dims[2] = {q->steps, m->decoder.vocab};
    npy_shape_t shape = {GRAPH_INT32, 2, dims, (size_t)dims[0] * (size_t)dims[1] * 4};
    if (o->report) {
        if (atomic_open(&report, o->report, err))
            return -1;
        report_print_json(r, report.f);
    }
    if (o->logits) {
        int status = atomic_open(&logits, o->logits, err);
        if (status == 0 && (status = npy_put(&logits, &shape, q->logits, err)) != 0)
            atomic_abort(&logits);
        if (status) {
            if (o->report)
                atomic_abort(&report);
            return -1;
        }
    }
    int status = o->logits ? atomic_commit(&logits, err) : 0;
    if (o->report && status)
        atomic_abort(&report);
    else if (o->report)
        status = atomic_commit(&report, err);
    return status;
}

static void print_stats(const llm_model_t *m, const report_t *r, const sequence_t *q) {
    fprintf(stderr,
            "target %s, weights %s, %" PRIu64 " tokens of prompt, %" PRIu64
            " made, %.0f MACs a token, %" PRIu64 " bytes of weights a token",
            r->target, r->weights, r->tokens_prompt, r->tokens_generated,
            (double)r->macs / q->steps, m->weight_bytes);
    if (r->has_cycles)
        fprintf(stderr, ", %.0f cycles a token", (double)r->cycles_total / q->steps);
    if (r->has_prediction)
        fprintf(stderr,
                ", configuration %s, %.0f cycles predicted a token, %.3f of them bytes read / 8",
                r->config, (double)r->cycles_predicted / q->steps,
                (double)r->bytes_read / 8 / (double)r->cycles_predicted);
    if (r->bit_exact >= 0)
        fprintf(stderr, ", every logit %s ref", r->bit_exact ? "equal to" : "NOT equal to");
    fprintf(stderr, "\n");
}

static int generate(const options_t *o, const checkpoint_t *c, int *different, graph_error_t *err) {
    tokenizer_t t = {0};
    llm_model_t m = {0};
    sequence_t q = {0};
    report_t r = {
        .target = o->target, .config = o->config, .model = o->checkpoint, .bit_exact = -1};
    int drawn = o->temperature > 0 && !o->tokens;
    r.seed = o->seed;
    r.has_seed = drawn;
    int status = o->tokens ? read_tokens(o, c, &q, err)
                           : tokenizer_read(o->tokenizer, c->vocab, o->checkpoint, &t, err) ||
                                 encode_prompt(o, c, &t, &q, err);
    if (status == 0)
        status = llm_quantize(c, o->checkpoint, o->bits, &m, err) ||
                 decode(o, &m, o->tokens ? NULL : &t, &q, &r, err);
    if (status == 0) {
        uint64_t scored = (uint64_t)(o->logits ? q.steps : q.steps - q.given + 1);
        status = fill_report(&m, &q, scored, &r)
                     ? graph_fail(err, "%s: out of memory", o->checkpoint)
                     : write_files(o, &m, &q, &r, err);
    }
    if (status == 0 && o->stats)
        print_stats(&m, &r, &q);
    if (status == 0 && q.differs >= 0) {
        fprintf(stderr, "systole: %s: the logits of %s at position %d differ from ref's\n",
                o->checkpoint, o->target, (int)q.differs);
        *different = 1;
    }
    free(q.tokens);
    free(q.logits);
    report_free(&r);
    llm_model_free(&m);
    tokenizer_free(&t);
    return status ? -1 : 0;
}

int cmd_generate(int argc, char **argv) {
    options_t o = {.target = "ref",
                   .n = -1,
                   .bits = 8,
                   .compare = 1,
                   .config = "npu16,wide_lanes=4",
                   .top_p = 0.9,
                   .seed = 1};
    graph_error_t err;
    checkpoint_t c;
    int different = 0, status = parse(argc, argv, &o);
    if (status)
        return status < 0 ? EXIT_OK : status;
    if (!target_find(o.target, &err))
        return cli_error(&err);
    const npu_config_t *config = network_config(o.config, &err);
    if (!config)
        return cli_error(&err);
    o.config = config->name;
    const char *const written[] = {o.report, o.logits};
    for (int i = 0; i < 2; i++)
        if (written[i] && atomic_probe(written[i], &err))
            return cli_error(&err);
    if (checkpoint_read(o.checkpoint, &c, &err))
        return cli_error(&err);
    status = generate(&o, &c, &different, &err);
    checkpoint_free(&c);
    return status ? cli_error(&err) : different ? EXIT_DIFFERENT : EXIT_OK;
}
