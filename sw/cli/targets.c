/*
 * targets.c - the list of targets. Those that are not linked are weak references and simply
 * missing. SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "target.h"

extern const target_t target_ref;
extern const target_t target_model __attribute__((weak));
extern const target_t target_rtl __attribute__((weak));
extern const target_t target_soc __attribute__((weak));

static const struct {
    const char *name;
    const target_t *target;
} all[] = {
    {"ref", &target_ref}, {"model", &target_model}, {"rtl", &target_rtl}, {"soc", &target_soc}};

enum { N_ALL = sizeof all / sizeof all[0] };

const target_t *target_at(int i) {
    for (int k = 0; k < N_ALL; k++)
        if (all[k].target && i-- == 0)
            return all[k].target;
    return NULL;
}

const target_t *target_find(const char *name, graph_error_t *err) {
    for (int k = 0; k < N_ALL; k++)
        if (strcmp(all[k].name, name) == 0) {
            if (!all[k].target)
                graph_fail(err, "target %s is not part of this program", name);
            return all[k].target;
        }
    graph_fail(err, "unknown target '%.40s' (ref, model, rtl, soc)", name);
    return NULL;
}

int target_fill_layers(const target_job_t *job) {
    const graph_t *g = job->graph;
    report_t *r = job->report;
    if (!g || report_alloc_layers(r, g->n_ops))
        return g ? -1 : 0;
    r->macs = 0;
    for (int i = 0; i < g->n_ops; i++) {
        report_layer_t *l = &r->layers[i];
        snprintf(l->name, sizeof l->name, "%s", graph_op_name(g, &g->ops[i]));
        snprintf(l->op, sizeof l->op, "%s", g->ops[i].type);
        l->unit = "cpu";
        l->macs = graph_op_macs(g, &g->ops[i]);
        r->macs += l->macs;
    }
    return 0;
}
