/*
 * op_check_move.c - operators that only move bytes: descriptions from an untrusted image against
 * their operands; see op_check.h. Each rule mirrors the index arithmetic of the kernel of that
 * name.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "op_check_internal.h"

static int32_t word_at(const void *array, int32_t i) {
    int32_t v;
    memcpy(&v, (const uint8_t *)array + 4 * (size_t)i, 4);
    return v;
}

/* Shapes a and out, elements of elem_size bytes, fit the first operands. */
static int move_ok(const op_call_t *c, int32_t elem_size, int32_t max_elem) {
    return op_in_range(elem_size, 1, max_elem) &&
           c->in_size[0] >= op_mul(op_elements(&c->op->a), elem_size) &&
           c->out_size[0] >= op_mul(op_elements(&c->op->out), elem_size);
}

int op_copy_ok(const op_call_t *c) {
    int32_t n = c->op->p.copy.bytes;
    return n >= 0 && c->in_size[0] >= (uint32_t)n && c->out_size[0] >= (uint32_t)n;
}

int op_pad_ok(const op_call_t *c) {
    for (int d = 0; d < REF_MAX_RANK; d++) {
        if (!op_in_range(c->op->p.pad.before[d], -OP_MAX_DIM, OP_MAX_DIM)) {
            return 0;
        }
    }
    return move_ok(c, c->op->p.pad.elem_size, 4);
}

int op_transpose_ok(const op_call_t *c) {
    const ref_op_t *op = c->op;
    uint32_t seen = 0;
    for (int d = 0; d < REF_MAX_RANK; d++) {
        int32_t from = op->p.transpose.perm[d];
        if (!op_in_range(from, 0, REF_MAX_RANK - 1) || op->out.dims[d] != op->a.dims[from]) {
            return 0;
        }
        seen |= 1u << from;
    }
    return seen == (1u << REF_MAX_RANK) - 1 && move_ok(c, op->p.transpose.elem_size, 8);
}

int op_slice_ok(const op_call_t *c) {
    const ref_op_t *op = c->op;
    const ref_slice_t *p = &op->p.slice;
    uint64_t taken = 1;
    for (int d = 0; d < REF_MAX_RANK; d++) {
        if (!op_in_range(p->start[d], 0, op->a.dims[d] - 1) ||
            !op_in_range(p->count[d], 1, OP_MAX_DIM) ||
            !op_in_range(p->stride[d], -OP_MAX_DIM, OP_MAX_DIM)) {
            return 0;
        }
        int64_t last = p->start[d] + (int64_t)(p->count[d] - 1) * p->stride[d];
        if (last < 0 || last >= op->a.dims[d]) {
            return 0;
        }
        taken = op_mul(taken, p->count[d]);
    }
    return taken == op_elements(&op->out) && move_ok(c, p->elem_size, 8);
}

int op_concat_ok(const op_call_t *c) {
    const ref_concat_t *p = &c->op->p.concat;
    uint64_t total = 0;
    if (p->n != (int32_t)c->n_in - 1 || p->outer < 1 || p->inner < 1 ||
        c->in_size[p->n] < 4u * (uint32_t)p->n) {
        return 0;
    }
    for (int32_t i = 0; i < p->n; i++) {
        uint64_t bytes = op_mul(op_mul((uint64_t)p->outer, word_at(c->in[p->n], i)), p->inner);
        if (c->in_size[i] < bytes) {
            return 0;
        }
        total += bytes;
    }
    return c->out_size[0] >= total;
}

int op_split_ok(const op_call_t *c) {
    const ref_concat_t *p = &c->op->p.concat;
    if (p->n != (int32_t)c->n_out || p->outer < 1 || p->inner < 1) {
        return 0;
    }
    uint64_t bytes = op_mul((uint64_t)p->outer, p->inner);
    for (uint32_t i = 0; i < c->n_out; i++) {
        if (c->out_size[i] < bytes) {
            return 0;
        }
    }
    return c->in_size[0] >= op_mul(bytes, p->n);
}

int op_split_v_ok(const op_call_t *c) {
    const ref_concat_t *p = &c->op->p.concat;
    uint64_t total = 0;
    if (p->n != (int32_t)c->n_out || p->outer < 1 || p->inner < 1 ||
        c->in_size[1] < 4u * (uint32_t)p->n) {
        return 0;
    }
    for (int32_t i = 0; i < p->n; i++) {
        uint64_t bytes = op_mul(op_mul((uint64_t)p->outer, word_at(c->in[1], i)), p->inner);
        if (c->out_size[i] < bytes) {
            return 0;
        }
        total += bytes;
    }
    return c->in_size[0] >= total;
}

/* The kernel checks the indices themselves. */
int op_gather_ok(const op_call_t *c) {
    const ref_gather_t *p = &c->op->p.gather;
    if (p->batch < 1 || p->outer < 1 || p->axis < 1 || p->coords < 1 || p->inner < 1) {
        return 0;
    }
    uint64_t blocks = op_mul((uint64_t)p->batch, p->outer);
    return c->in_size[0] >= op_mul(op_mul(blocks, p->axis), p->inner) &&
           c->in_size[1] >= op_mul(op_mul((uint64_t)p->batch, p->coords), 4) &&
           c->out_size[0] >= op_mul(op_mul(blocks, p->coords), p->inner);
}

/* The kernel checks the positions themselves. */
int op_nearest_ok(const op_call_t *c) {
    const int32_t *a = c->op->a.dims, *o = c->op->out.dims;
    return a[N] == o[N] && a[C] == o[C] && c->in_size[1] >= op_mul(4, o[H]) &&
           c->in_size[2] >= op_mul(4, o[W]) && move_ok(c, c->op->p.resize.elem_size, 8);
}

/* The kernels check that the shapes belong together. */
int op_block_ok(const op_call_t *c) {
    const ref_block_t *p = &c->op->p.block;
    const int32_t *o = c->op->out.dims;
    return op_window_ok(o[H], p->block_h, 1, 1, p->before_h) &&
           op_window_ok(o[W], p->block_w, 1, 1, p->before_w) &&
           op_in_range(p->before_h, 0, OP_MAX_DIM) && op_in_range(p->before_w, 0, OP_MAX_DIM) &&
           op_mul((uint64_t)p->block_h, p->block_w) <= OP_MAX_BYTES && move_ok(c, p->elem_size, 4);
}
