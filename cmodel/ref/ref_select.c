/*
 * ref_select.c - REDUCE_MAX, ARG_MAX, ARG_MIN, GATHER.
 *
 * Contract: ref.h. None rescales.
 * Source: TensorFlow Lite kernels/internal/reference/{reduce,arg_min_max}.h,
 * micro/kernels/gather.cc. SPDX-License-Identifier: Apache-2.0
 */
#include "ref_kernels.h"

#include <string.h>

int ref_k_reduce_max(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const int8_t *x = in[0];
    int8_t *y = out[0];
    ref_shape_t kept = op->a;
    size_t stride[REF_MAX_RANK], n = ref_elements(&op->a);
    int32_t index[REF_MAX_RANK] = {0};
    (void)scratch;
    for (int d = 0; d < REF_MAX_RANK; d++)
        if (op->p.mean.axis_mask >> d & 1)
            kept.dims[d] = 1;
    if (ref_elements(&kept) != ref_elements(&op->out))
        return REF_E_ARG;
    ref_broadcast_strides(&kept, stride);
    memset(y, (uint8_t)INT8_MIN, ref_elements(&kept));
    for (size_t i = 0; i < n; i++, ref_next(&op->a, index)) {
        size_t o = 0;
        for (int d = 0; d < REF_MAX_RANK; d++)
            o += (size_t)index[d] * stride[d];
        y[o] = x[i] > y[o] ? x[i] : y[o];
    }
    return REF_OK;
}

int ref_k_arg_max(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_arg_max_t *p = &op->p.arg_max;
    const int8_t *x = in[0]; /* (outer, depth, inner) */
    int32_t *y = out[0];     /* (outer, inner) */
    (void)scratch;
    for (int32_t o = 0; o < p->outer; o++)
        for (int32_t i = 0; i < p->inner; i++) {
            const int8_t *v = x + (size_t)o * p->depth * p->inner + i;
            int32_t best = 0;
            for (int32_t k = 1; k < p->depth; k++) {
                int32_t a = v[(size_t)k * p->inner], b = v[(size_t)best * p->inner];
                if (p->min ? a < b : a > b)
                    best = k;
            }
            *y++ = best;
        }
    return REF_OK;
}

int ref_k_gather(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_gather_t *p = &op->p.gather;
    const uint8_t *x = in[0];
    const int32_t *index = in[1]; /* (batch, coords) */
    uint8_t *y = out[0];
    size_t inner = (size_t)p->inner;
    (void)scratch;
    for (size_t i = 0; i < (size_t)p->batch * p->coords; i++)
        if (index[i] < 0 || index[i] >= p->axis)
            return REF_E_DATA;
    for (int32_t b = 0; b < p->batch; b++)
        for (int32_t o = 0; o < p->outer; o++)
            for (int32_t c = 0; c < p->coords; c++, y += inner)
                memcpy(y,
                       x + (((size_t)b * p->outer + o) * p->axis +
                            (size_t)index[(size_t)b * p->coords + c]) *
                               inner,
                       inner);
    return REF_OK;
}
