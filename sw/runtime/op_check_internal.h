/*
 * op_check_internal.h - arithmetic on untrusted sizes, shared by op_check.c and op_check_move.c.
 * All products above OP_MAX_BYTES become OP_TOO_BIG, so 64 bits never overflow.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_OP_CHECK_INTERNAL_H
#define SYSTOLE_OP_CHECK_INTERNAL_H

#include <string.h>

#include "op_check.h"

#define OP_MAX_DIM (1 << 24)
#define OP_MAX_BYTES 0x7fffffffu
#define OP_TOO_BIG ((uint64_t)1 << 40) /* more than any operand has */

/* NHWC of an aligned rank-4 shape. */
enum { N = REF_MAX_RANK - 4, H = REF_MAX_RANK - 3, W = REF_MAX_RANK - 2, C = REF_MAX_RANK - 1 };

/* a * b; OP_TOO_BIG when it or a factor is above OP_MAX_BYTES or below 0. */
static inline uint64_t op_mul(uint64_t a, int64_t b) {
    if (b < 0 || b > OP_MAX_BYTES || a > OP_MAX_BYTES || a * (uint64_t)b > OP_MAX_BYTES) {
        return OP_TOO_BIG;
    }
    return a * (uint64_t)b;
}

static inline uint64_t op_elements(const ref_shape_t *s) {
    uint64_t n = 1;
    for (int d = 0; d < REF_MAX_RANK; d++) {
        n = op_mul(n, s->dims[d]);
    }
    return n;
}

static inline int op_shape_ok(const ref_shape_t *s) {
    for (int d = 0; d < REF_MAX_RANK; d++) {
        if (s->dims[d] < 1 || s->dims[d] > OP_MAX_DIM) {
            return 0;
        }
    }
    return op_elements(s) <= OP_MAX_BYTES;
}

static inline int op_in_range(int32_t v, int32_t lo, int32_t hi) {
    return v >= lo && v <= hi;
}

/* Shifts that ref_requant() is defined for, and zero points of 8-bit types. */
static inline int op_shift_ok(int32_t s) {
    return op_in_range(s, -31, 31);
}

static inline int op_zp_ok(int32_t zp) {
    return op_in_range(zp, -128, 255);
}

static inline int op_shifts_ok(const void *array, int32_t n) {
    for (int32_t i = 0; i < n; i++) {
        int32_t s;
        memcpy(&s, (const uint8_t *)array + 4 * (size_t)i, 4);
        if (!op_shift_ok(s)) {
            return 0;
        }
    }
    return 1;
}

/* Window arithmetic stays in int32: output extent, stride, taps, dilation, padding. */
static inline int op_window_ok(int32_t out, int32_t stride, int32_t taps, int32_t dilation,
                               int32_t pad) {
    return op_in_range(stride, 1, OP_MAX_DIM) && op_in_range(taps, 1, OP_MAX_DIM) &&
           op_in_range(dilation, 1, OP_MAX_DIM) && op_in_range(pad, -OP_MAX_DIM, OP_MAX_DIM) &&
           (int64_t)(out - 1) * stride + (int64_t)(taps - 1) * dilation < INT32_MAX - OP_MAX_DIM;
}

/* Operands of one call; see op_check(). */
typedef struct {
    const ref_op_t *op;
    const void *const *in;
    const uint32_t *in_size, *out_size;
    uint32_t n_in, n_out, scratch_size;
} op_call_t;

/* May this call run? Number and presence of operands and op->{a,b,out} are checked already. */
typedef int (*op_rule_t)(const op_call_t *c);

/* op_check_move.c: operators that only move bytes. */
int op_copy_ok(const op_call_t *c);
int op_pad_ok(const op_call_t *c);
int op_transpose_ok(const op_call_t *c);
int op_slice_ok(const op_call_t *c);
int op_concat_ok(const op_call_t *c);
int op_split_ok(const op_call_t *c);
int op_split_v_ok(const op_call_t *c);
int op_gather_ok(const op_call_t *c);
int op_nearest_ok(const op_call_t *c);
int op_block_ok(const op_call_t *c);

#endif
