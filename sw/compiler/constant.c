/*
 * constant.c - constant_remove(): prepare, find what is constant, what must stay, rewrite.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "constant_internal.h"

static int start_tensors(constant_state_t *k) {
    for (int32_t t = 0; t < k->g->n_tensors; t++) {
        const graph_tensor_t *x = &k->g->tensors[t];
        constant_tensor_t *c = &k->tensors[t];
        bool has = x->rank > 0 && x->elements > 0 && graph_type_size(x->type) == 1 &&
                   (x->type == GRAPH_INT8 || x->type == GRAPH_UINT8) && !x->is_variable;
        c->n = has ? x->dims[x->rank - 1] : 0;
        c->value = malloc(sizeof *c->value * (size_t)c->n + 1);
        c->keep = calloc((size_t)c->n + 1, 1);
        if (!c->value || !c->keep)
            return -1;
    }
    return 0;
}

/* A tensor that an operator may not shrink: also written elsewhere, or a constant or an input. */
static void fix_shared(constant_state_t *k, int32_t *writers) {
    const graph_t *g = k->g;
    for (int32_t i = 0; i < g->n_inputs; i++)
        writers[g->inputs[i]]++;
    for (int32_t i = 0; i < g->n_ops; i++)
        for (int32_t j = 0; j < g->ops[i].n_out; j++)
            if (g->ops[i].out[j] >= 0)
                writers[g->ops[i].out[j]] += g->tensors[g->ops[i].out[j]].data ? 2 : 1;
    for (int32_t i = 0; i < g->n_ops; i++)
        for (int32_t j = 0; j < g->ops[i].n_out; j++)
            if (g->ops[i].out[j] >= 0 && writers[g->ops[i].out[j]] > 1) {
                k->ops[i].role = ROLE_OPAQUE;
                k->ops[i].fixed = true;
            }
}

static int start_ops(constant_state_t *k) {
    int32_t *writers = calloc((size_t)k->g->n_tensors + 1, sizeof *writers);
    if (!writers)
        return -1;
    for (int32_t i = 0; i < k->g->n_ops; i++) {
        graph_error_t unsupported;
        k->ops[i].prepared = ref_prepare(k->g, i, &k->ops[i].r, &unsupported) == 0;
        constant_role(k, &k->ops[i], &k->g->ops[i]);
    }
    fix_shared(k, writers);
    free(writers);
    return 0;
}

static int summarise(const constant_state_t *k, constant_t *out) {
    const graph_t *g = k->g;
    out->layers = calloc((size_t)g->n_ops + 1, sizeof *out->layers);
    for (int32_t i = 0; out->layers && i < g->n_ops; i++) {
        constant_layer_t *l = &out->layers[i];
        int32_t t = g->ops[i].n_out > 0 ? g->ops[i].out[0] : GRAPH_ABSENT;
        const constant_tensor_t *c = t >= 0 ? &k->tensors[t] : NULL;
        l->channels = c ? c->n : 0;
        for (int32_t j = 0; j < l->channels; j++) {
            l->constant += c->value[j] != NOT_CONSTANT;
            l->removed += !c->keep[j];
        }
        l->macs = graph_op_macs(g, &g->ops[i]);
        l->macs_removed = l->macs - graph_op_macs(out->graph, &out->graph->ops[i]);
        out->macs += l->macs;
        out->macs_removed += l->macs_removed;
        out->n_removed += l->removed;
    }
    return out->layers ? 0 : -1;
}

static void free_state(constant_state_t *k) {
    for (int32_t i = 0; k->ops && i < k->g->n_ops; i++) {
        if (k->ops[i].prepared)
            ref_prepared_free(&k->ops[i].r);
        free(k->ops[i].needs);
    }
    for (int32_t t = 0; k->tensors && t < k->g->n_tensors; t++) {
        free(k->tensors[t].value);
        free(k->tensors[t].keep);
    }
    free(k->ops);
    free(k->tensors);
}

int constant_remove(const graph_t *g, constant_t *out, graph_error_t *err) {
    constant_state_t k = {.g = g};
    memset(out, 0, sizeof *out);
    k.ops = calloc((size_t)g->n_ops + 1, sizeof *k.ops);
    k.tensors = calloc((size_t)g->n_tensors + 1, sizeof *k.tensors);
    int status = k.ops && k.tensors && start_tensors(&k) == 0 && start_ops(&k) == 0 &&
                         constant_find(&k) == 0 && constant_keep(&k) == 0
                     ? 0
                     : -1;
    if (status == 0) {
        out->graph = constant_rewrite(&k);
        status = out->graph ? summarise(&k, out) : -1;
    }
    free_state(&k);
    if (status) {
        constant_free(out);
        graph_fail(err, "%s: out of memory", g->path);
    }
    return status;
}

void constant_free(constant_t *k) {
    graph_free(k->graph);
    free(k->layers);
    memset(k, 0, sizeof *k);
}
