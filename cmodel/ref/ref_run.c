/*
 * ref_run.c - runs a whole graph with the golden models, on the host; also the float edges of a
 * network.
 *
 * Contract: ref_prepare.h (ref_run_graph).
 * Source of the edges: TensorFlow Lite kernels/internal/reference/{quantize,dequantize}.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ref_prepare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* float32 -> 8 bit: divide and round half away in float32; and back in double. */
static void edge(const ref_op_t *op, const void *in, void *out) {
    const ref_edge_t *p = &op->p.edge;
    int32_t lo = p->is_unsigned ? 0 : INT8_MIN, hi = lo + 255;
    float scale;
    memcpy(&scale, &p->scale_bits, sizeof scale);
    for (int32_t i = 0; i < p->count; i++) {
        if (op->kind == REF_HOST_DEQUANTIZE) {
            int32_t q = p->is_unsigned ? ((const uint8_t *)in)[i] : ((const int8_t *)in)[i];
            ((float *)out)[i] = (float)((double)scale * (double)(q - p->zp));
            continue;
        }
        float r = roundf(((const float *)in)[i] / scale);
        int32_t q = r >= 512.0f ? hi : r <= -512.0f ? lo : isnan(r) ? p->zp : (int32_t)r + p->zp;
        ((uint8_t *)out)[i] = (uint8_t)(q < lo ? lo : q > hi ? hi : q);
    }
}

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
        if (r->op.kind == REF_HOST_QUANTIZE || r->op.kind == REF_HOST_DEQUANTIZE)
            edge(&r->op, in[0], out[0]);
        else
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
