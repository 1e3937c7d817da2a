/*
 * generate_text.c - the text of `systole generate`, token by token, on ref and on devices; see
 * generate.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "generate.h"
#include "sampler.h"

int generate_read_tokens(const generate_options_t *o, const checkpoint_t *c, sequence_t *q,
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

int generate_encode_prompt(const generate_options_t *o, const checkpoint_t *c, const tokenizer_t *t,
                           sequence_t *q, graph_error_t *err) {
    const char *prompt = o->prompt ? o->prompt : "";
    size_t length = strlen(prompt);
    int fits = length <= (size_t)c->context * (size_t)(t->longest > 0 ? t->longest : 1);
    if (fits)
        q->tokens = malloc(((size_t)c->context + 2 * (length + 2)) * sizeof *q->tokens);
    if (fits && !q->tokens)
        return graph_fail(err, "%s: out of memory", o->checkpoint);
    q->given =
        fits ? tokenizer_encode(t, (const uint8_t *)prompt, (int32_t)length, q->tokens, c->context)
             : -1;
    if (q->given < 0)
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

static void print_token(const tokenizer_t *t, utf8_stream_t *utf8, int32_t before, int32_t token,
                        FILE *out) {
    uint8_t byte[1], text[64];
    int32_t length;
    const uint8_t *s = tokenizer_decode(t, before, token, byte, &length);
    for (int32_t at = 0; out && at < length; at += 16) {
        int32_t n = length - at < 16 ? length - at : 16;
        fwrite(text, 1, (size_t)utf8_stream(utf8, s + at, n, text), out);
    }
    if (out)
        fflush(out);
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

int32_t generate_count(const sequence_t *q, int32_t pos, int32_t most, int *logits) {
    /* positions of the prompt share lists, unless each one's logits are kept; as many each */
    int32_t left = q->given - pos, count = 1;
    if (left > 0 && !q->keep) {
        int32_t lists = (left + most - 1) / most;
        count = (left + lists - 1) / lists;
    }
    *logits = q->keep || pos + count >= q->given;
    return count;
}

/* The sequence; with a tokenizer the text is printed. order: scratch (2, vocab). */
static int run_sequence(const generate_options_t *o, runner_t *r, const tokenizer_t *t,
                        sequence_t *q, int32_t *order, FILE *out, graph_error_t *err) {
    size_t vocab = (size_t)r->d->vocab;
    sampler_t sampler = sampler_new(o->temperature, o->top_p, o->seed);
    utf8_stream_t utf8 = {.n = 0};
    uint8_t text[16];
    int status = 0;
    for (int32_t pos = 1; t && pos < q->given; pos++)
        print_token(t, &utf8, q->tokens[pos - 1], q->tokens[pos], out);
    for (int32_t pos = 0, count; pos < q->limit; pos += count) {
        int wanted;
        count = generate_count(q, pos, r->device ? generate_device_at_once(r->device, pos) : 1,
                               &wanted);
        int32_t last = pos + count - 1, next;
        int32_t *logits = q->logits + (q->keep ? (size_t)pos * vocab : 0);
        if ((status = run_positions(r, q, pos, count, wanted ? logits : NULL, err)) != 0)
            break;
        if (last < q->given - 1 || !t)
            continue;
        next = sampler_next(&sampler, logits, (int32_t)vocab, order, order + vocab);
        if (next == TOKEN_BEGIN || next == TOKEN_END)
            break;
        q->tokens[last + 1] = next;
        print_token(t, &utf8, q->tokens[last], next, out);
        q->made++;
    }
    if (t && q->steps > 0 && out) {
        fwrite(text, 1, (size_t)utf8_stream(&utf8, NULL, 0, text), out);
        fputc('\n', out);
    }
    return status;
}

int generate_run(const generate_options_t *o, const llm_model_t *m, const tokenizer_t *t,
                 generate_device_t *device, int compare, sequence_t *q, FILE *out,
                 graph_error_t *err) {
    const ref_decoder_t *d = &m->decoder;
    size_t vocab = (size_t)d->vocab;
    runner_t r = {.d = d, .memory = calloc(1, ref_decoder_state_size(d)), .device = device};
    int32_t *order = malloc(3 * vocab * sizeof *order);
    int status = 0;
    if (!r.memory || !order)
        status = graph_fail(err, "%s: out of memory", o->checkpoint);
    if (status == 0) {
        r.expected = compare ? order + 2 * vocab : NULL;
        ref_decoder_state(d, r.memory, &r.state);
        status = run_sequence(o, &r, t, q, order, out, err);
    }
    free(r.memory);
    free(order);
    return status;
}

static void report_cost(report_t *report, generate_cost_t cost) {
    report->has_cycles = cost.has_cycles;
    report->cycles_total = cost.cycles;
    report->bytes_read = cost.bytes_read;
    report->bytes_written = cost.bytes_written;
    report->has_prediction = 1;
    report->cycles_predicted = cost.cycles_predicted;
    report->fill_tokens = cost.filled;
    report->fill_cycles = cost.cycles_filling;
    report->fill_predicted = cost.cycles_filling_predicted;
    report->has_driver = cost.has_driver;
    report->cycles_driver = cost.cycles_driver;
}

int generate_decode(const generate_options_t *o, const llm_model_t *m, const tokenizer_file_t *t,
                    sequence_t *q, report_t *report, graph_error_t *err) {
    size_t vocab = (size_t)m->decoder.vocab;
    const tokenizer_t *tokenizer = t ? &t->t : NULL;
    generate_cost_t cost;
    int status;
    q->differs = -1;
    q->keep = o->logits != NULL;
    q->logits = calloc((q->keep ? (size_t)q->limit : 1) * vocab, sizeof *q->logits);
    if (!q->logits)
        return graph_fail(err, "%s: out of memory", o->checkpoint);
    if (strcmp(o->target, "ref") == 0)
        return generate_run(o, m, tokenizer, NULL, 0, q, stdout, err);
    if (strcmp(o->target, "soc") == 0) {
        status = generate_soc(o, m, t, q, &cost, err);
    } else {
        generate_device_t *device =
            generate_device_open(m, o->target, o->config, o->checkpoint, err);
        if (!device)
            return -1;
        status = generate_run(o, m, tokenizer, device, o->compare, q, stdout, err);
        cost = generate_device_cost(device);
        generate_device_close(device);
    }
    if (status == 0) {
        report_cost(report, cost);
        report->bit_exact = o->compare ? q->differs < 0 : -1;
    }
    return status;
}
