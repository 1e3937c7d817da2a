/*
 * generate_report.c - figures and files of `systole generate`; see generate.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <string.h>

#include "generate.h"
#include "npy.h"

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

/* MACs of a layer's kinds of product over positions 0..steps - 1; of attention what each one needs.
 */
typedef struct {
    uint64_t qkv, attention, output, gates, down;
} layer_macs_t;

static layer_macs_t layer_macs(const ref_decoder_t *d, uint64_t steps) {
    uint64_t dim = (uint64_t)d->dim, hidden = (uint64_t)d->hidden,
             kv = dim / (uint64_t)d->heads * (uint64_t)d->kv_heads;
    return (layer_macs_t){.qkv = (dim * dim + 2 * dim * kv) * steps,
                          .attention = dim * (steps * (steps + 1) / 2),
                          .output = dim * dim * steps,
                          .gates = 2 * dim * hidden * steps,
                          .down = dim * hidden * steps};
}

int generate_report(const llm_model_t *m, const sequence_t *q, uint64_t scored, report_t *r) {
    const ref_decoder_t *d = &m->decoder;
    layer_macs_t all = layer_macs(d, (uint64_t)q->steps), fill = layer_macs(d, r->fill_tokens);
    int at = 0;
    r->weights = m->bits == 8 ? "int8" : "int4";
    r->tokens_prompt = (uint64_t)q->given;
    r->tokens_generated = (uint64_t)q->made;
    r->fill_macs = (uint64_t)d->n_layers *
                   (fill.qkv + 2 * fill.attention + fill.output + fill.gates + fill.down);
    if (report_alloc_layers(r, 6 * d->n_layers + 1))
        return -1;
    for (int i = 0; i < d->n_layers; i++) {
        add_layer(r, &at, i, "query, key, value", "MATMUL", all.qkv);
        add_layer(r, &at, i, "scores", "MATMUL", all.attention);
        add_layer(r, &at, i, "values", "MATMUL", all.attention);
        add_layer(r, &at, i, "attention output", "MATMUL", all.output);
        add_layer(r, &at, i, "gate, up", "MATMUL", all.gates);
        add_layer(r, &at, i, "down", "MATMUL", all.down);
    }
    add_layer(r, &at, -1, "classifier", "MATMUL", (uint64_t)d->dim * (uint64_t)d->vocab * scored);
    return 0;
}

int generate_write(const generate_options_t *o, const llm_model_t *m, const sequence_t *q,
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

void generate_print_stats(const llm_model_t *m, const report_t *r, const sequence_t *q) {
    fprintf(stderr,
            "target %s, weights %s, %" PRIu64 " tokens of prompt, %" PRIu64
            " made, %.0f MACs a token, %" PRIu64 " bytes of weights a token",
            r->target, r->weights, r->tokens_prompt, r->tokens_generated,
            (double)r->macs / q->steps, m->weight_bytes);
    if (r->has_cycles)
        fprintf(stderr, ", %.0f cycles a token", (double)r->cycles_total / q->steps);
    if (r->has_driver)
        fprintf(stderr, " (%.0f without the NPU)", (double)r->cycles_driver / q->steps);
    if (r->has_prediction)
        fprintf(stderr,
                ", configuration %s, %.0f cycles predicted a token, %.3f of them bytes read / 8",
                r->config, (double)r->cycles_predicted / q->steps,
                (double)r->bytes_read / 8 / (double)r->cycles_predicted);
    if (r->bit_exact >= 0)
        fprintf(stderr, ", every logit %s ref", r->bit_exact ? "equal to" : "NOT equal to");
    fprintf(stderr, "\n");
}
