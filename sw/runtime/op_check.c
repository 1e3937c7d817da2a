/*
 * op_check.c - operator descriptions from an untrusted image against their operands; see
 * op_check.h.
 *
 * Each case mirrors the index arithmetic of the kernel of that name in cmodel/ref. All products are
 * of factors below 2^24 with every partial product checked, so 64 bits never overflow.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "op_check.h"

#include <string.h>

#define MAX_DIM (1 << 24)
#define MAX_BYTES 0x7fffffffu
#define TOO_BIG ((uint64_t)MAX_BYTES + 1)

enum { N = REF_MAX_RANK - 4, H = REF_MAX_RANK - 3, W = REF_MAX_RANK - 2, C = REF_MAX_RANK - 1 };

/* a * b of values already <= TOO_BIG, saturating at TOO_BIG; a factor below 0 gives TOO_BIG. */
static uint64_t mul(uint64_t a, int64_t b) {
    if (b < 0 || b > MAX_BYTES || a >= TOO_BIG || a * (uint64_t)b > MAX_BYTES) {
        return TOO_BIG;
    }
    return a * (uint64_t)b;
}

static uint64_t elements(const ref_shape_t *s) {
    uint64_t n = 1;
    for (int d = 0; d < REF_MAX_RANK; d++) {
        n = mul(n, s->dims[d]);
    }
    return n;
}

static int shape_ok(const ref_shape_t *s) {
    for (int d = 0; d < REF_MAX_RANK; d++) {
        if (s->dims[d] < 1 || s->dims[d] > MAX_DIM) {
            return 0;
        }
    }
    return elements(s) <= MAX_BYTES;
}

static int in_range(int32_t v, int32_t lo, int32_t hi) {
    return v >= lo && v <= hi;
}

/* Shifts that ref_requant() is defined for, and zero points of 8-bit types. */
static int shift_ok(int32_t s) {
    return in_range(s, -31, 31);
}

static int zp_ok(int32_t zp) {
    return in_range(zp, -128, 255);
}

static int shifts_ok(const void *array, int32_t n) {
    for (int32_t i = 0; i < n; i++) {
        int32_t s;
        memcpy(&s, (const uint8_t *)array + 4 * (size_t)i, 4);
        if (!shift_ok(s)) {
            return 0;
        }
    }
    return 1;
}

/* Window arithmetic stays in int32: output extent, stride, taps, dilation, padding. */
static int window_ok(int32_t out, int32_t stride, int32_t taps, int32_t dilation, int32_t pad) {
    return in_range(stride, 1, MAX_DIM) && in_range(taps, 1, MAX_DIM) &&
           in_range(dilation, 1, MAX_DIM) && in_range(pad, -MAX_DIM, MAX_DIM) &&
           (int64_t)(out - 1) * stride + (int64_t)(taps - 1) * dilation < INT32_MAX - MAX_DIM;
}

static int conv_ok(const ref_op_t *op, const void *const *in, const uint32_t *in_size,
                   const uint32_t *out_size) {
    const ref_conv_t *p = &op->p.conv;
    const int32_t *a = op->a.dims, *o = op->out.dims;
    int depthwise = op->kind == REF_DEPTHWISE;
    if (!window_ok(o[H], p->stride_h, p->kernel_h, p->dilation_h, p->pad_top) ||
        !window_ok(o[W], p->stride_w, p->kernel_w, p->dilation_w, p->pad_left) || a[N] != o[N] ||
        !in_range(p->groups, 1, MAX_DIM) || !in_range(p->depth_multiplier, 1, MAX_DIM)) {
        return 0;
    }
    uint64_t weights = mul(mul((uint64_t)o[C], p->kernel_h), p->kernel_w);
    if (!depthwise) {
        weights = mul(weights, a[C] / p->groups);
    }
    return in_size[0] >= elements(&op->a) && in_size[1] >= weights &&
           (in[2] == NULL || in_size[2] >= mul(4, o[C])) && in_size[3] >= mul(4, o[C]) &&
           in_size[4] >= mul(4, o[C]) && shifts_ok(in[4], o[C]) && zp_ok(p->in_zp) &&
           out_size[0] >= elements(&op->out);
}

static int fc_ok(const ref_op_t *op, const void *const *in, const uint32_t *in_size,
                 const uint32_t *out_size) {
    const ref_fc_t *p = &op->p.fc;
    if (p->batches < 1 || p->depth < 1 || p->out_depth < 1) {
        return 0;
    }
    return in_size[0] >= mul((uint64_t)p->batches, p->depth) &&
           in_size[1] >= mul((uint64_t)p->out_depth, p->depth) &&
           (in[2] == NULL || in_size[2] >= mul(4, p->out_depth)) &&
           in_size[3] >= mul(4, p->out_depth) && in_size[4] >= mul(4, p->out_depth) &&
           shifts_ok(in[4], p->out_depth) && zp_ok(p->in_zp) && zp_ok(p->w_zp) &&
           out_size[0] >= mul((uint64_t)p->batches, p->out_depth);
}

static int binary_ok(const ref_op_t *op, const uint32_t *in_size, const uint32_t *out_size) {
    for (int d = 0; d < REF_MAX_RANK; d++) {
        int32_t o = op->out.dims[d];
        if ((op->a.dims[d] != o && op->a.dims[d] != 1) ||
            (op->b.dims[d] != o && op->b.dims[d] != 1)) {
            return 0;
        }
    }
    const ref_binary_t *p = &op->p.binary;
    if (op->kind != REF_MAXIMUM && op->kind != REF_MINIMUM &&
        (!zp_ok(p->a_zp) || !zp_ok(p->b_zp) || !shift_ok(p->a_s) || !shift_ok(p->b_s) ||
         !shift_ok(p->out_s) || !in_range(p->left_shift, 0, 31))) {
        return 0;
    }
    return in_size[0] >= elements(&op->a) && in_size[1] >= elements(&op->b) &&
           out_size[0] >= elements(&op->out);
}

static int pool_ok(const ref_op_t *op, const uint32_t *in_size, const uint32_t *out_size) {
    const ref_pool_t *p = &op->p.pool;
    const int32_t *a = op->a.dims, *o = op->out.dims;
    return window_ok(o[H], p->stride_h, p->filter_h, 1, p->pad_top) &&
           window_ok(o[W], p->stride_w, p->filter_w, 1, p->pad_left) && a[N] == o[N] &&
           a[C] == o[C] && in_size[0] >= elements(&op->a) && out_size[0] >= elements(&op->out);
}

static int mean_ok(const ref_op_t *op, const uint32_t *in_size, const uint32_t *out_size,
                   uint32_t scratch_size) {
    uint64_t kept = 1;
    for (int d = 0; d < REF_MAX_RANK; d++) {
        kept = (op->p.mean.axis_mask >> d & 1) != 0 ? kept : mul(kept, op->a.dims[d]);
    }
    return shift_ok(op->p.mean.s) && in_size[0] >= elements(&op->a) && out_size[0] >= kept &&
           scratch_size >= mul(kept, 4);
}

/* Operators that move elements of elem_size bytes from shape a to shape out. */
static int move_ok(const ref_op_t *op, int32_t elem_size, int32_t max_elem, const uint32_t *in_size,
                   const uint32_t *out_size) {
    return in_range(elem_size, 1, max_elem) && in_size[0] >= mul(elements(&op->a), elem_size) &&
           out_size[0] >= mul(elements(&op->out), elem_size);
}

static int pad_ok(const ref_op_t *op, const uint32_t *in_size, const uint32_t *out_size) {
    for (int d = 0; d < REF_MAX_RANK; d++) {
        if (!in_range(op->p.pad.before[d], -MAX_DIM, MAX_DIM)) {
            return 0;
        }
    }
    return move_ok(op, op->p.pad.elem_size, 4, in_size, out_size);
}

static int transpose_ok(const ref_op_t *op, const uint32_t *in_size, const uint32_t *out_size) {
    uint32_t seen = 0;
    for (int d = 0; d < REF_MAX_RANK; d++) {
        int32_t from = op->p.transpose.perm[d];
        if (!in_range(from, 0, REF_MAX_RANK - 1) || op->out.dims[d] != op->a.dims[from]) {
            return 0;
        }
        seen |= 1u << from;
    }
    return seen == (1u << REF_MAX_RANK) - 1 &&
           move_ok(op, op->p.transpose.elem_size, 8, in_size, out_size);
}

static int slice_ok(const ref_op_t *op, const uint32_t *in_size, const uint32_t *out_size) {
    const ref_slice_t *p = &op->p.slice;
    uint64_t taken = 1;
    for (int d = 0; d < REF_MAX_RANK; d++) {
        if (!in_range(p->start[d], 0, op->a.dims[d] - 1) || !in_range(p->count[d], 1, MAX_DIM) ||
            !in_range(p->stride[d], -MAX_DIM, MAX_DIM)) {
            return 0;
        }
        int64_t last = p->start[d] + (int64_t)(p->count[d] - 1) * p->stride[d];
        if (last < 0 || last >= op->a.dims[d]) {
            return 0;
        }
        taken = mul(taken, p->count[d]);
    }
    return taken == elements(&op->out) && move_ok(op, p->elem_size, 8, in_size, out_size);
}

static int concat_ok(const ref_op_t *op, uint32_t n_in, const void *const *in,
                     const uint32_t *in_size, const uint32_t *out_size) {
    const ref_concat_t *p = &op->p.concat;
    uint64_t total = 0;
    if (n_in < 2 || p->n != (int32_t)n_in - 1 || p->outer < 1 || p->inner < 1 ||
        in_size[p->n] < 4u * (uint32_t)p->n) {
        return 0;
    }
    for (int32_t i = 0; i < p->n; i++) {
        int32_t length;
        memcpy(&length, (const uint8_t *)in[p->n] + 4 * i, 4);
        uint64_t bytes = mul(mul((uint64_t)p->outer, length), p->inner);
        if (in_size[i] < bytes) {
            return 0;
        }
        total += bytes;
    }
    return out_size[0] >= total;
}

static int split_ok(const ref_op_t *op, const uint32_t *in_size, uint32_t n_out,
                    const uint32_t *out_size) {
    const ref_concat_t *p = &op->p.concat;
    if (p->n != (int32_t)n_out || p->outer < 1 || p->inner < 1) {
        return 0;
    }
    uint64_t bytes = mul((uint64_t)p->outer, p->inner);
    for (uint32_t i = 0; i < n_out; i++) {
        if (out_size[i] < bytes) {
            return 0;
        }
    }
    return in_size[0] >= mul(bytes, p->n);
}

static int softmax_ok(const ref_op_t *op, const uint32_t *in_size, const uint32_t *out_size) {
    const ref_softmax_t *p = &op->p.softmax;
    if (p->outer < 1 || p->depth < 1) {
        return 0;
    }
    uint64_t bytes = mul((uint64_t)p->outer, p->depth);
    return in_size[0] >= bytes && in_size[1] >= 256 * 4 && out_size[0] >= bytes;
}

static int count_ok(int32_t count, const uint32_t *in_size, const uint32_t *out_size) {
    return count >= 0 && in_size[0] >= (uint32_t)count && out_size[0] >= (uint32_t)count;
}

static int unary_ok(const ref_op_t *op, const uint32_t *in_size, const uint32_t *out_size) {
    const ref_unary_t *p = &op->p.unary;
    if (!zp_ok(p->in_zp) || !shift_ok(p->s) || !shift_ok(p->s2) || p->m2 == INT32_MIN) {
        return 0;
    }
    if (op->kind == REF_HARD_SWISH &&
        (!in_range(p->m, INT16_MIN, INT16_MAX) || p->s > 0 ||
         !in_range(p->m2, INT16_MIN, INT16_MAX) || !zp_ok(p->out_zp))) {
        return 0;
    }
    return in_range(p->radius, 0, MAX_DIM) && count_ok(p->count, in_size, out_size);
}

/* Inputs that each kind reads; 0 = any number of at least two (concatenation). */
static uint32_t expected_inputs(int32_t kind) {
    switch (kind) {
    case REF_CONV:
    case REF_DEPTHWISE:
    case REF_FC:
        return 5;
    case REF_ADD:
    case REF_SUB:
    case REF_MUL:
    case REF_MAXIMUM:
    case REF_MINIMUM:
    case REF_SOFTMAX:
        return 2;
    case REF_CONCAT:
        return 0;
    default:
        return 1;
    }
}

static int kind_ok(const ref_op_t *op, uint32_t n_in, const void *const *in,
                   const uint32_t *in_size, uint32_t n_out, const uint32_t *out_size,
                   uint32_t scratch_size) {
    switch (op->kind) {
    case REF_CONV:
    case REF_DEPTHWISE:
        return conv_ok(op, in, in_size, out_size);
    case REF_FC:
        return fc_ok(op, in, in_size, out_size);
    case REF_ADD:
    case REF_SUB:
    case REF_MUL:
    case REF_MAXIMUM:
    case REF_MINIMUM:
        return binary_ok(op, in_size, out_size);
    case REF_AVG_POOL:
    case REF_MAX_POOL:
        return pool_ok(op, in_size, out_size);
    case REF_MEAN:
        return mean_ok(op, in_size, out_size, scratch_size);
    case REF_PAD:
        return pad_ok(op, in_size, out_size);
    case REF_COPY:
        return count_ok(op->p.copy.bytes, in_size, out_size);
    case REF_SOFTMAX:
        return softmax_ok(op, in_size, out_size);
    case REF_QUANTIZE:
        return zp_ok(op->p.quantize.in_zp) && shift_ok(op->p.quantize.s) &&
               count_ok(op->p.quantize.count, in_size, out_size);
    case REF_LOGISTIC:
    case REF_TANH:
    case REF_HARD_SWISH:
    case REF_RELU:
    case REF_LEAKY_RELU:
        return unary_ok(op, in_size, out_size);
    case REF_CONCAT:
        return concat_ok(op, n_in, in, in_size, out_size);
    case REF_TRANSPOSE:
        return transpose_ok(op, in_size, out_size);
    case REF_STRIDED_SLICE:
        return slice_ok(op, in_size, out_size);
    case REF_SPLIT:
        return split_ok(op, in_size, n_out, out_size);
    default:
        return -1;
    }
}

int op_check(const ref_op_t *op, uint32_t n_in, const void *const *in, const uint32_t *in_size,
             uint32_t n_out, const uint32_t *out_size, uint32_t scratch_size) {
    uint32_t want = expected_inputs(op->kind);
    if (op->n_in != (int32_t)n_in || op->n_out != (int32_t)n_out || n_out < 1 ||
        (want != 0 ? n_in != want : n_in < 2) || (op->kind != REF_SPLIT && n_out != 1)) {
        return REF_E_ARG;
    }
    for (uint32_t i = 0; i < n_in; i++) {
        if (in[i] == NULL && !(i == 2 && want == 5)) { /* only a bias may be absent */
            return REF_E_ARG;
        }
    }
    if (!shape_ok(&op->a) || !shape_ok(&op->b) || !shape_ok(&op->out)) {
        return REF_E_ARG;
    }
    int ok = kind_ok(op, n_in, in, in_size, n_out, out_size, scratch_size);
    return ok < 0 ? REF_E_KIND : ok ? REF_OK : REF_E_ARG;
}
