/*
 * ref_run.c - runs a whole graph with the golden models, on the host.
 *
 * Contract: ref_prepare.h (ref_run_graph).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ref_prepare.h"

#include <stdlib.h>
#include <string.h>

/* Gathers in[] and out[] (allocating outputs), evaluates. */
static int run_op(const graph_t *g, int32_t i, const ref_prepared_t *r, void **tensors,
                  graph_error_t *err) {
    const graph_op_t *op = &g->ops[i];
    const void **in = calloc((size_t)r->n_in + 1, sizeof *in);
    void **out = calloc((size_t)r->n_out + 1, sizeof *out);
    size_t scratch_size = ref_scratch_size(&r->op);
    void *scratch = malloc(scratch_size ? scratch_size : 1);
    int status = in && out && scratch ? 0 : graph_fail_op(err, g, op, "out of memory");
    for (int32_t k = 0; status == 0 && k < r->n_in; k++) {
        in[k] = r->in[k].data;
        if (!in[k] && r->in[k].tensor >= 0 && !(in[k] = tensors[r->in[k].tensor]))
            status = graph_fail_op(err, g, op, "input %d has no data", (int)k);
    }
    for (int32_t k = 0; status == 0 && k < r->n_out; k++) {
        int32_t t = r->out[k];
        if (!tensors[t] && !(tensors[t] = malloc(g->tensors[t].bytes)))
            status = graph_fail_op(err, g, op, "out of memory");
        out[k] = tensors[t];
    }
    if (status == 0) {
        status = ref_eval(&r->op, in, out, scratch);
        if (status == REF_E_DATA)
            graph_fail_op(err, g, op, "an input value is outside what it is defined for");
        else if (status)
            graph_fail_op(err, g, op, "internal: the golden model refuses it");
        status = status ? -1 : 0;
    }
    free(scratch);
    free(out);
    free(in);
    return status;
}

int ref_run_graph(const graph_t *g, void **tensors, ref_progress_t progress, void *user,
                  graph_error_t *err) {
    ref_prepared_t *ops = calloc((size_t)g->n_ops, sizeof *ops);
    int32_t ready = 0;
    int status = 0;
    if (!ops)
        return graph_fail(err, "%s: out of memory", g->path);
    for (; status == 0 && ready < g->n_ops; ready += status == 0) /* refuse before any work */
        status = ref_prepare(g, ready, &ops[ready], err);
    for (int32_t t = 0; status == 0 && t < g->n_tensors; t++)
        if (g->tensors[t].is_variable && !g->tensors[t].data && !tensors[t]) {
            tensors[t] = malloc(g->tensors[t].bytes + 1);
            if (tensors[t])
                graph_initial(&g->tensors[t], tensors[t]);
            else
                status = graph_fail(err, "%s: out of memory", g->path);
        }
    for (int32_t i = 0; status == 0 && i < g->n_ops; i++) {
        if (progress)
            progress(user, i, g->n_ops);
        status = run_op(g, i, &ops[i], tensors, err);
    }
    for (int32_t i = 0; i < ready; i++)
        ref_prepared_free(&ops[i]);
    free(ops);
    if (status)
        ref_free_tensors(g, tensors);
    return status;
}

void ref_free_tensors(const graph_t *g, void **tensors) {
    for (int32_t i = 0; i < g->n_ops; i++)
        for (int32_t k = 0; k < g->ops[i].n_out; k++) {
            free(tensors[g->ops[i].out[k]]);
            tensors[g->ops[i].out[k]] = NULL;
        }
    for (int32_t t = 0; t < g->n_tensors; t++)
        if (g->tensors[t].is_variable && !g->tensors[t].data) {
            free(tensors[t]);
            tensors[t] = NULL;
        }
}
