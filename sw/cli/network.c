/*
 * network.c - see network.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "npu_spec.h"
#include "prog.h"

static void *aligned(size_t size) {
    size_t room = (size + 31) / 16 * 16;
    void *p = aligned_alloc(16, room);
    if (p)
        memset(p, 0, room);
    return p;
}

void **network_new_buffers(const io_desc_t *desc, int32_t n, int32_t runs) {
    void **b = calloc((size_t)n * (size_t)runs + 1, sizeof *b);
    for (int32_t i = 0; b && i < n * runs; i++)
        if (!(b[i] = aligned(desc[i % n].bytes))) {
            network_free_buffers(b, n * runs);
            return NULL;
        }
    return b;
}

void network_free_buffers(void **buffers, int32_t n) {
    for (int32_t i = 0; buffers && i < n; i++)
        free(buffers[i]);
    free(buffers);
}

static void describe(const graph_tensor_t *t, io_desc_t *d) {
    *d = (io_desc_t){.name = t->name, .type = t->type, .rank = t->rank, .bytes = t->bytes};
    memcpy(d->dims, t->dims, sizeof t->dims);
    if (t->quant.n_scales > 0) {
        d->scale = t->quant.scales[0];
        d->zero_point = t->quant.zero_points[0];
    }
}

static int from_graph(network_t *n, graph_error_t *err) {
    const graph_t *g = n->graph;
    n->n_inputs = g->n_inputs;
    n->n_outputs = g->n_outputs;
    n->in_desc = calloc((size_t)n->n_inputs + 1, sizeof *n->in_desc);
    n->out_desc = calloc((size_t)n->n_outputs + 1, sizeof *n->out_desc);
    if (!n->in_desc || !n->out_desc)
        return graph_fail(err, "%s: out of memory", n->path);
    for (int32_t i = 0; i < n->n_inputs; i++)
        describe(&g->tensors[g->inputs[i]], &n->in_desc[i]);
    for (int32_t i = 0; i < n->n_outputs; i++)
        describe(&g->tensors[g->outputs[i]], &n->out_desc[i]);
    return 0;
}

/* The names live behind the descriptors, in the same block. */
static io_desc_t *prog_descs(const prog_t *p, uint32_t first, uint32_t count) {
    static const graph_type_t types[PROG_TYPE_COUNT_] = {
        [PROG_INT8] = GRAPH_INT8,   [PROG_UINT8] = GRAPH_UINT8,     [PROG_INT16] = GRAPH_INT16,
        [PROG_INT32] = GRAPH_INT32, [PROG_FLOAT32] = GRAPH_FLOAT32, [PROG_INT64] = GRAPH_INT64,
        [PROG_BOOL] = GRAPH_BOOL};
    prog_io_t io;
    io_desc_t *d = calloc((size_t)count + 1, sizeof *d + sizeof io.name);
    char *names = (char *)(d + count + 1);
    for (uint32_t i = 0; d && i < count; i++) {
        char *name = names + i * sizeof io.name;
        prog_get_io(p, first + i, &io);
        memcpy(name, io.name, sizeof io.name);
        d[i] = (io_desc_t){.name = name,
                           .type = types[io.type],
                           .rank = (int32_t)io.rank,
                           .bytes = io.size,
                           .zero_point = io.zero_point};
        memcpy(&d[i].scale, &io.scale_bits, sizeof d[i].scale);
        for (uint32_t k = 0; k < io.rank; k++)
            d[i].dims[k] = (int32_t)io.dims[k];
    }
    return d;
}

static int from_prog(network_t *n, graph_error_t *err) {
    prog_t p;
    prog_error_t e;
    if (prog_open(n->prog, n->prog_size, PROG_CHECK_CRC, &p, &e))
        return graph_fail(err, "%s: %s (at byte %u)", n->path, prog_strerror(e.code),
                          (unsigned)e.offset);
    n->n_inputs = (int32_t)p.h.n_inputs;
    n->n_outputs = (int32_t)p.h.n_outputs;
    n->in_desc = prog_descs(&p, 0, p.h.n_inputs);
    n->out_desc = prog_descs(&p, p.h.n_inputs, p.h.n_outputs);
    const npu_config_t made_for = {.n = p.h.config.n,
                                   .lanes = p.h.config.lanes,
                                   .sp_words = p.h.config.sp_words,
                                   .sp_banks = p.h.config.sp_banks,
                                   .acc_depth = p.h.config.acc_depth,
                                   .fir_groups = p.h.config.fir_groups,
                                   .fir_taps = p.h.config.fir_taps,
                                   .matmul = (p.h.config.features & NPU_FEATURE_MATMUL) != 0,
                                   .trace_records = NPU_CONFIG_ANY,
                                   .wide_lanes = NPU_CONFIG_ANY,
                                   .softmax = NPU_CONFIG_ANY,
                                   .norm = NPU_CONFIG_ANY};
    const npu_config_t *known = npu_config_of(&made_for, NULL, 0);
    n->prog_config = known ? known->name : NULL;
    return n->in_desc && n->out_desc ? 0 : graph_fail(err, "%s: out of memory", n->path);
}

int network_load(const char *path, network_t *n, graph_error_t *err) {
    memset(n, 0, sizeof *n);
    n->path = path;
    size_t size;
    uint8_t *bytes = file_read(path, &size, err);
    if (!bytes)
        return -1;
    int status;
    if (size >= 4 && memcmp(bytes, "SYST", 4) == 0) {
        n->prog = bytes;
        n->prog_size = size;
        status = from_prog(n, err);
    } else {
        n->graph = graph_load_bytes(bytes, size, path, err);
        free(bytes);
        status = n->graph ? from_graph(n, err) : -1;
    }
    if (status == 0)
        status = network_set_runs(n, 1, err);
    if (status)
        network_free(n);
    return status;
}

static void free_runs(network_t *n) {
    network_free_buffers(n->inputs, n->n_inputs * n->n_runs);
    network_free_buffers(n->outputs, n->n_outputs * n->n_runs);
    n->inputs = n->outputs = NULL;
    n->n_runs = 0;
}

int network_set_runs(network_t *n, int32_t n_runs, graph_error_t *err) {
    free_runs(n);
    n->n_runs = n_runs;
    n->inputs = network_new_buffers(n->in_desc, n->n_inputs, n_runs);
    n->outputs = network_new_buffers(n->out_desc, n->n_outputs, n_runs);
    return n->inputs && n->outputs ? 0 : graph_fail(err, "%s: out of memory", n->path);
}

void network_free(network_t *n) {
    free_runs(n);
    free(n->in_desc);
    free(n->out_desc);
    free(n->prog);
    graph_free(n->graph);
    memset(n, 0, sizeof *n);
}

/* splitmix64 (Steele, Lea, Flood 2014) */
static uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void network_random_inputs(network_t *n, uint64_t seed) {
    uint64_t state = seed;
    for (int32_t i = 0; i < n->n_inputs * n->n_runs; i++) {
        const io_desc_t *d = &n->in_desc[i % n->n_inputs];
        uint8_t *b = n->inputs[i];
        switch (d->type) {
        case GRAPH_FLOAT32: /* uniform in [-1, 1) */
            for (size_t k = 0; k < d->bytes / 4; k++)
                ((float *)n->inputs[i])[k] = (float)(next_random(&state) >> 40) / 8388608.0f - 1.0f;
            break;
        case GRAPH_INT8:
        case GRAPH_UINT8:
        case GRAPH_INT16: /* the whole range */
            for (size_t k = 0; k < d->bytes; k++)
                b[k] = (uint8_t)(next_random(&state) >> 56);
            break;
        default: /* indices and the like: zero is always one */
            break;
        }
    }
}

target_job_t network_job(const network_t *n, const char *config, report_t *report) {
    return (target_job_t){.path = n->path,
                          .graph = n->graph,
                          .prog = n->prog,
                          .prog_size = n->prog_size,
                          .config = config,
                          .n_inputs = n->n_inputs,
                          .n_outputs = n->n_outputs,
                          .in_desc = n->in_desc,
                          .out_desc = n->out_desc,
                          .n_runs = n->n_runs,
                          .inputs = (const void *const *)n->inputs,
                          .outputs = n->outputs,
                          .report = report};
}

int network_is_for(const network_t *n, const npu_config_t *config) {
    prog_t p;
    return prog_open(n->prog, n->prog_size, 0, &p, NULL) == PROG_OK &&
           prog_check_config(&p, config) == PROG_OK;
}

const npu_config_t *network_config(const char *text, graph_error_t *err) {
    return npu_find_config(text, err->msg, sizeof err->msg);
}
