/*
 * cmd_generate.c - `systole generate`: text from a language model, token by token.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "generate_image.h"
#include "network.h"
#include "npy.h"

static const char help[] =
    "systole generate CHECKPOINT --tokenizer T [--prompt P] [-n N] [--target T] [--weights "
    "int8|int4]\n"
    "                 [--temperature X] [--top-p X] [--seed N] [--report R.json] [--stats]\n"
    "                 [--tokens F] [--logits F] [--image F]\n"
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
    "                   soc    Verilated system: the firmware has tokenizer and sampling, the text "
    "comes over\n"
    "                          the UART (make soc CONFIG=C first)\n"
    "  --config C       NPU configuration with wide lanes (default npu16w)\n"
    "  --no-compare     on other targets: do not run ref as well to compare every logit\n"
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
    "  --image F        run nothing: write what a board's soft-core needs to make this text, for "
    "the\n"
    "                   configuration of its bitstream (--config); make flash-image calls it\n"
    "\n"
    "Example: systole generate stories260K.bin --tokenizer tok512.bin --prompt \"One day, Lily\" "
    "-n 100 --temperature 0.8\n";

static int parse_real(const char *name, const char *text, double most, double *x) {
    char *end;
    *x = strtod(text, &end);
    if (end == text || *end || !(*x >= 0 && *x <= most))
        return cli_usage("generate", "--%s %s is not a number of 0 to %g", name, text, most);
    return 0;
}

static int parse(int argc, char **argv, generate_options_t *o) {
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
                                            {"image", required_argument, 0, 'i'},
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
        case 'i':
            o->image = optarg;
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
    if (o->image && (o->tokens || o->logits || o->report || o->stats))
        return cli_usage("generate",
                         "--image runs nothing: no --tokens, --logits, --report or --stats");
    return 0;
}

/* Runs it; the text, report, logits. *different: the target's logits are not ref's. */
static int make_text(const generate_options_t *o, const llm_model_t *m, const tokenizer_file_t *t,
                     sequence_t *q, int *different, graph_error_t *err) {
    report_t r = {.target = o->target,
                  .config = o->config,
                  .model = o->checkpoint,
                  .bit_exact = -1,
                  .seed = o->seed,
                  .has_seed = o->temperature > 0 && !o->tokens};
    int status = generate_decode(o, m, o->tokens ? NULL : t, q, &r, err);
    if (status == 0) {
        uint64_t scored = (uint64_t)(o->logits ? q->steps : q->steps - q->given + 1);
        status = generate_report(m, q, scored, &r)
                     ? graph_fail(err, "%s: out of memory", o->checkpoint)
                     : generate_write(o, m, q, &r, err);
    }
    if (status == 0 && o->stats)
        generate_print_stats(m, &r, q);
    if (status == 0 && q->differs >= 0) {
        fprintf(stderr,
                "systole: %s: the logits of %s at position %d, or what it drew from them, differ "
                "from ref's\n",
                o->checkpoint, o->target, (int)q->differs);
        *different = 1;
    }
    report_free(&r);
    return status;
}

static int generate(const generate_options_t *o, const checkpoint_t *c, int *different,
                    graph_error_t *err) {
    tokenizer_file_t t = {0};
    llm_model_t m = {0};
    sequence_t q = {0};
    int status = o->tokens ? generate_read_tokens(o, c, &q, err)
                           : tokenizer_read(o->tokenizer, c->vocab, o->checkpoint, &t, err) ||
                                 generate_encode_prompt(o, c, &t.t, &q, err);
    if (status == 0)
        status = llm_quantize(c, o->checkpoint, o->bits, &m, err);
    if (status == 0)
        status = o->image ? generate_image_file(o, &m, &t, &q, err)
                          : make_text(o, &m, &t, &q, different, err);
    free(q.tokens);
    free(q.logits);
    llm_model_free(&m);
    tokenizer_free(&t);
    return status ? -1 : 0;
}

int cmd_generate(int argc, char **argv) {
    generate_options_t o = {.target = "ref",
                            .n = -1,
                            .bits = 8,
                            .compare = 1,
                            .config = "npu16w",
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
    const char *const written[] = {o.report, o.logits, o.image};
    for (int i = 0; i < 3; i++)
        if (written[i] && atomic_probe(written[i], &err))
            return cli_error(&err);
    if (checkpoint_read(o.checkpoint, &c, &err))
        return cli_error(&err);
    status = generate(&o, &c, &different, &err);
    checkpoint_free(&c);
    return status ? cli_error(&err) : different ? EXIT_DIFFERENT : EXIT_OK;
}
