/*
 * target_ref.c - target `ref`: the operator golden models, which define every result.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "progress.h"
#include "ref_prepare.h"
#include "target.h"

static void progress(void *user, int32_t op, int32_t n_ops) {
    const graph_t *g = user;
    progress_update("ref", graph_op_name(g, &g->ops[op]), (uint64_t)op, (uint64_t)n_ops);
}

static int run(const target_job_t *job, graph_error_t *err) {
    const graph_t *g = job->graph;
    if (!g)
        return graph_fail(err, "%s: target ref runs models, not compiled programs", job->path);
    void **tensors = calloc((size_t)g->n_tensors, sizeof *tensors);
    if (!tensors)
        return graph_fail(err, "%s: out of memory", job->path);
    int status = 0;
    for (int32_t run = 0; status == 0 && run < job->n_runs; run++) {
        for (int32_t i = 0; i < g->n_inputs; i++)
            tensors[g->inputs[i]] = (void *)job->inputs[run * g->n_inputs + i]; /* only read */
        status = ref_run_graph(g, tensors, progress, (void *)g, err);
        for (int32_t i = 0; status == 0 && i < g->n_outputs; i++) {
            const graph_tensor_t *t = &g->tensors[g->outputs[i]];
            const void *from = tensors[g->outputs[i]] ? tensors[g->outputs[i]] : t->data;
            memcpy(job->outputs[run * g->n_outputs + i], from, t->bytes);
        }
    }
    progress_end();
    if (status == 0) {
        ref_free_tensors(g, tensors);
        if (target_fill_layers(job))
            status = graph_fail(err, "%s: out of memory", job->path);
    }
    free(tensors);
    return status;
}

const target_t target_ref = {
    .name = "ref", .what = "operator golden models in C: defines the result", .run = run};
