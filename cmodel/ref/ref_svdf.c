/*
 * ref_svdf.c - SVDF: a low-rank fully connected layer over the last `memory` inputs.
 *
 * Contract: ref.h. Sums modulo 2^32.
 * Source: TensorFlow Lite Micro kernels/svdf_common.cc (EvalIntegerSvdfReference).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ref_kernels.h"

#include <string.h>

static int32_t get(const void *a, size_t i, int wide) {
    return wide ? ((const int16_t *)a)[i] : ((const int8_t *)a)[i];
}

static void put(void *a, size_t i, int wide, int32_t v) {
    if (wide)
        ((int16_t *)a)[i] = (int16_t)(uint16_t)(uint32_t)v;
    else
        ((int8_t *)a)[i] = (int8_t)(uint8_t)(uint32_t)v;
}

int ref_k_svdf(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_svdf_t *p = &op->p.svdf;
    const int8_t *x = in[0], *feature = in[1];
    const int32_t *bias = in[3];
    int8_t *y = out[0]; /* (batches, units) */
    void *state = out[1];
    int wide = p->wide_state != 0;
    int32_t lo = wide ? INT16_MIN : INT8_MIN, hi = wide ? INT16_MAX : INT8_MAX;
    (void)scratch;
    if (p->batches < 1 || p->input < 1 || p->units < 1 || p->rank < 1 || p->memory < 1)
        return REF_E_ARG;
    size_t filters = (size_t)p->units * (size_t)p->rank, memory = (size_t)p->memory;
    size_t entries = (size_t)p->batches * filters * memory, elem = wide ? 2 : 1;
    memmove(state, (const uint8_t *)in[4] + elem, (entries - 1) * elem);
    for (size_t b = 0; b < (size_t)p->batches; b++)
        for (size_t f = 0; f < filters; f++) {
            uint32_t acc = 0;
            for (int32_t i = 0; i < p->input; i++)
                acc += (uint32_t)(feature[f * (size_t)p->input + (size_t)i] *
                                  (x[b * (size_t)p->input + (size_t)i] - p->in_zp));
            int32_t v = ref_clamp(ref_requant(ref_wrap(acc), p->m1, p->s1), lo, hi);
            put(state, (b * filters + f) * memory + memory - 1, wide, p->state_zp + v);
        }
    for (size_t b = 0; b < (size_t)p->batches; b++)
        for (size_t u = 0; u < (size_t)p->units; u++) {
            uint32_t acc = bias ? (uint32_t)bias[u] : 0;
            for (size_t k = 0; k < (size_t)p->rank * memory; k++) {
                size_t w = u * (size_t)p->rank * memory + k;
                acc += (uint32_t)(get(in[2], w, wide) *
                                  (get(state, b * filters * memory + w, wide) - p->state_zp));
            }
            *y++ = (int8_t)ref_output_stage(ref_wrap(acc), p->m2, p->s2, p->out_zp, INT8_MIN,
                                            INT8_MAX);
        }
    return REF_OK;
}
