/*
 * ref_move.c - operators that only move bytes: PAD, RESHAPE, CONCATENATION, PACK, SPLIT, TRANSPOSE,
 * STRIDED_SLICE.
 *
 * Contract: ref.h. Any element size.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ref_kernels.h"

#include <string.h>

int ref_k_copy(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    (void)scratch;
    if (op->p.copy.bytes < 0)
        return REF_E_ARG;
    memmove(out[0], in[0], (size_t)op->p.copy.bytes);
    return REF_OK;
}

int ref_k_pad(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_pad_t *p = &op->p.pad;
    const uint8_t *x = in[0];
    uint8_t *y = out[0];
    size_t elem = (size_t)p->elem_size, n = ref_elements(&op->out), stride[REF_MAX_RANK];
    uint8_t value[4];
    (void)scratch;
    if (p->elem_size < 1 || p->elem_size > 4)
        return REF_E_ARG;
    for (size_t b = 0; b < 4; b++)
        value[b] = (uint8_t)((uint32_t)p->value >> 8 * b);
    ref_strides(&op->a, stride);
    int32_t index[REF_MAX_RANK] = {0};
    for (size_t i = 0; i < n; i++, ref_next(&op->out, index)) {
        size_t from = 0;
        int inside = 1;
        for (int d = 0; d < REF_MAX_RANK; d++) {
            int32_t k = index[d] - p->before[d];
            if (k < 0 || k >= op->a.dims[d])
                inside = 0;
            else
                from += (size_t)k * stride[d];
        }
        memcpy(y + i * elem, inside ? x + from * elem : value, elem);
    }
    return REF_OK;
}

int ref_k_concat(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_concat_t *p = &op->p.concat;
    const int32_t *lengths = in[p->n]; /* (n) along the axis */
    uint8_t *y = out[0];
    (void)scratch;
    for (int32_t o = 0; o < p->outer; o++)
        for (int32_t i = 0; i < p->n; i++) {
            size_t bytes = (size_t)lengths[i] * (size_t)p->inner;
            memcpy(y, (const uint8_t *)in[i] + (size_t)o * bytes, bytes);
            y += bytes;
        }
    return REF_OK;
}

int ref_k_split(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_concat_t *p = &op->p.concat;
    const uint8_t *x = in[0];
    size_t bytes = (size_t)p->inner;
    (void)scratch;
    for (int32_t o = 0; o < p->outer; o++)
        for (int32_t i = 0; i < p->n; i++) {
            memcpy((uint8_t *)out[i] + (size_t)o * bytes, x, bytes);
            x += bytes;
        }
    return REF_OK;
}

int ref_k_transpose(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_transpose_t *p = &op->p.transpose;
    const uint8_t *x = in[0];
    uint8_t *y = out[0];
    size_t elem = (size_t)p->elem_size, n = ref_elements(&op->out), stride[REF_MAX_RANK];
    int32_t index[REF_MAX_RANK] = {0};
    (void)scratch;
    ref_strides(&op->a, stride);
    for (int d = 0; d < REF_MAX_RANK; d++)
        if (p->perm[d] < 0 || p->perm[d] >= REF_MAX_RANK ||
            op->out.dims[d] != op->a.dims[p->perm[d]])
            return REF_E_ARG;
    for (size_t i = 0; i < n; i++, ref_next(&op->out, index)) {
        size_t from = 0;
        for (int d = 0; d < REF_MAX_RANK; d++)
            from += (size_t)index[d] * stride[p->perm[d]];
        memcpy(y + i * elem, x + from * elem, elem);
    }
    return REF_OK;
}

int ref_k_slice(const ref_op_t *op, ref_in_t in, ref_out_t out, void *scratch) {
    const ref_slice_t *p = &op->p.slice;
    const uint8_t *x = in[0];
    uint8_t *y = out[0];
    size_t elem = (size_t)p->elem_size, stride[REF_MAX_RANK];
    ref_shape_t taken = {REF_MAX_RANK, {0}};
    int32_t index[REF_MAX_RANK] = {0};
    (void)scratch;
    ref_strides(&op->a, stride);
    for (int d = 0; d < REF_MAX_RANK; d++) {
        int64_t last = p->start[d] + (int64_t)(p->count[d] - 1) * p->stride[d];
        if (p->count[d] < 1 || p->start[d] < 0 || p->start[d] >= op->a.dims[d] || last < 0 ||
            last >= op->a.dims[d])
            return REF_E_ARG;
        taken.dims[d] = p->count[d];
    }
    size_t n = ref_elements(&taken);
    if (n != ref_elements(&op->out))
        return REF_E_ARG;
    for (size_t i = 0; i < n; i++, ref_next(&taken, index)) {
        size_t from = 0;
        for (int d = 0; d < REF_MAX_RANK; d++)
            from += (size_t)(p->start[d] + index[d] * p->stride[d]) * stride[d];
        memcpy(y + i * elem, x + from * elem, elem);
    }
    return REF_OK;
}
