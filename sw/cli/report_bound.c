/*
 * report_bound.c - how many cycles each resource needs at least for a layer, and which one binds.
 *
 * Contract: the limits of a layer are sums over its commands, from docs/isa.md and docs/design.md:
 *   array         passes * max(vectors, N + 1) of each CONV: a pass takes a step for each vector
 * and the next tile needs N + 1 to load; FIR mode: passes * positions of its lines port the larger
 * of bytes read and bytes written, at 8 a cycle output_stage  N / LANES for each vector of a DRAIN
 *   vector        the vector unit's other commands (see vector_cycles); it also runs the DRAINs, so
 *                 both together where a layer has both
 *   latency       one vector's way through the units that the layer uses, pipelines empty
 * A layer may take fewer cycles than its bound: part of its work ran behind the layers before it.
 * Counterparts: rtl/npu_array_unit.v, rtl/npu_vector_unit.v. SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "run_device.h"

#define PORT_BYTES 8u
/* Pipelines, from a command's first operand to its tokens: measured, rounded down. */
#define ARRAY_PIPELINE 10u /* beside 2N of the array itself */
#define VECTOR_PIPELINE 12u
#define RECIPROCAL (7u * 12u)
#define PORT_PIPELINE 8u /* beside the latency of the memory */

const char *report_limit_name(report_limit_t limit) {
    static const char *const name[REPORT_LIMITS] = {"array", "port", "output_stage", "vector",
                                                    "latency"};
    return name[limit];
}

report_limit_t report_bound(const uint64_t limits[REPORT_LIMITS]) {
    int best = 0;
    for (int i = 1; i < REPORT_LIMITS; i++)
        if (limits[i] > limits[best])
            best = i;
    return best;
}

static uint64_t conv_cycles(const npu_config_t *cfg, const uint32_t *words) {
    npu_cmd_conv_t c;
    npu_unpack_conv(words, &c);
    uint64_t passes, vectors;
    if (c.fir) {
        passes = (uint64_t)((c.kh + cfg->fir_groups - 1) / cfg->fir_groups) *
                 ((c.kw + cfg->fir_taps - 1) / cfg->fir_taps);
        vectors = (uint64_t)(c.ny - 1) * c.span + (uint64_t)(c.nx - 1) * c.sx + 1;
    } else {
        passes = (uint64_t)c.nblk * c.kh * c.kw;
        vectors = (uint64_t)c.ny * c.nx;
    }
    return passes * (vectors > cfg->n + 1 ? vectors : cfg->n + 1);
}

static uint64_t drain_cycles(const npu_config_t *cfg, const uint32_t *words) {
    npu_cmd_drain_t c;
    npu_unpack_drain(words, &c);
    return (uint64_t)c.ny * c.nx * (cfg->n / cfg->lanes);
}

/* POOL: a tap takes the lanes once over; ADD, SUB: three lane slots a word, the others one; TABLE:
 * one, and one for each entry it loads; SOFTMAX: two passes of an element a cycle, and the
 * reciprocal between them, seven products of which each needs the one before. */
static uint64_t vector_cycles(const npu_config_t *cfg, const uint32_t *words) {
    uint64_t beats = cfg->n / cfg->lanes;
    npu_cmd_pool_t pool;
    npu_cmd_eltwise_t elt;
    npu_cmd_table_t table;
    npu_cmd_softmax_t soft;
    npu_cmd_norm_t norm;
    switch (npu_cmd_opcode(words)) {
    case NPU_OP_POOL:
        npu_unpack_pool(words, &pool);
        return (uint64_t)pool.nblk * pool.ny * pool.nx * pool.kh * pool.kw * beats;
    case NPU_OP_ELTWISE:
        npu_unpack_eltwise(words, &elt);
        return (uint64_t)elt.ny * elt.nx * beats * (elt.op < 2 ? 3 : 1);
    case NPU_OP_TABLE:
        npu_unpack_table(words, &table);
        return (uint64_t)table.ny * table.nx * beats + (table.load ? 256 : 0);
    case NPU_OP_SOFTMAX:
        npu_unpack_softmax(words, &soft);
        return (uint64_t)soft.ny * soft.nx * (2 * soft.depth + RECIPROCAL) +
               (soft.load ? 1024 / cfg->n : 0);
    case NPU_OP_NORM:
        npu_unpack_norm(words, &norm);
        return (uint64_t)norm.rows * norm.depth / (cfg->lanes >= 16 ? 4 : 1);
    default:
        return 0;
    }
}

void run_limits(const run_profile_t *p, report_t *report) {
    const uint32_t n = p->config->n;
    for (uint32_t i = 0; i < p->prog->h.n_cmds; i++) {
        if (p->layer_of[i] == PROG_NONE)
            continue;
        report_layer_t *l = &report->layers[p->layer_of[i]];
        uint32_t words[NPU_CMD_WORDS];
        run_command(p->commands, i, words);
        switch (npu_cmd_opcode(words)) {
        case NPU_OP_CONV:
            l->limits[REPORT_ARRAY] += conv_cycles(p->config, words);
            break;
        case NPU_OP_DRAIN:
            l->limits[REPORT_OUTPUT_STAGE] += drain_cycles(p->config, words);
            break;
        default:
            l->limits[REPORT_VECTOR] += vector_cycles(p->config, words);
        }
    }
    for (int i = 0; i < report->n_layers; i++) {
        report_layer_t *l = &report->layers[i];
        uint64_t *limit = l->limits;
        uint64_t bytes = l->bytes_read > l->bytes_written ? l->bytes_read : l->bytes_written;
        limit[REPORT_PORT] = (bytes + PORT_BYTES - 1) / PORT_BYTES;
        limit[REPORT_LATENCY] =
            (limit[REPORT_ARRAY] ? 2 * n + ARRAY_PIPELINE : 0) +
            (limit[REPORT_OUTPUT_STAGE] || limit[REPORT_VECTOR] ? VECTOR_PIPELINE : 0) +
            (l->bytes_written ? PORT_PIPELINE + p->latency : 0);
        if (limit[REPORT_VECTOR] > 0 && limit[REPORT_OUTPUT_STAGE] > 0) {
            uint64_t both = limit[REPORT_VECTOR] + limit[REPORT_OUTPUT_STAGE];
            limit[limit[REPORT_VECTOR] >= limit[REPORT_OUTPUT_STAGE] ? REPORT_VECTOR
                                                                     : REPORT_OUTPUT_STAGE] = both;
        }
    }
}
