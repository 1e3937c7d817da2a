/*
 * constant_internal.h - what the parts of constant.h share: constant.c (driver), constant_role.c
 * (how channels depend on each other), constant_find.c (which are constant), constant_keep.c (which
 * must stay), constant_rewrite.c (the smaller graph). SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_CONSTANT_INTERNAL_H
#define SYSTOLE_CONSTANT_INTERNAL_H

#include <stdbool.h>

#include "constant.h"
#include "ref_prepare.h"

enum { NOT_CONSTANT = -1 };

/* How an operator's output channels (C of them) come from its input channels. */
typedef enum {
    ROLE_OPAQUE,    /* not known */
    ROLE_SAME,      /* c from c of every operand; an operand with one channel serves all */
    ROLE_JOIN,      /* CONCATENATION of channels */
    ROLE_FLATTEN,   /* c from c modulo the input's channels */
    ROLE_DENSE,     /* sum over weights (C, taps, input channels) */
    ROLE_DEPTHWISE, /* c from c / multiplier, weights (taps, C) */
    ROLE_GROUPED    /* as dense, within groups */
} role_t;

typedef struct {
    role_t role;
    bool fixed;       /* its tensors keep their channels */
    bool prepared;    /* r is valid */
    ref_prepared_t r; /* of the original graph */
    int32_t taps;     /* DENSE, GROUPED, DEPTHWISE: kernel elements; FC: depth / channels */
    uint8_t *needs;   /* DENSE: (C, input channels), see constant_keep.c */
} constant_op_t;

typedef struct {
    int32_t n;      /* channels; 0: not 8-bit, or a scalar */
    int16_t *value; /* (n) the byte 0..255, or NOT_CONSTANT */
    uint8_t *keep;  /* (n) */
} constant_tensor_t;

typedef struct {
    const graph_t *g;
    constant_op_t *ops;         /* (n_ops) */
    constant_tensor_t *tensors; /* (n_tensors) */
} constant_state_t;

/* An operand that takes part in the analysis: computed, not a constant of the model. */
static inline bool constant_is_computed(const graph_t *g, int32_t tensor) {
    return tensor >= 0 && g->tensors[tensor].data == NULL;
}

/* Operands of r.in[] that hold channels: the first n_in of ADD and the like, of CONCAT all but the
 * list of lengths, of the others one. */
int32_t constant_operands(const ref_prepared_t *r);

/* Fills role, fixed, taps. */
void constant_role(const constant_state_t *k, constant_op_t *o, const graph_op_t *op);
/* Fills the value[] of every tensor. 0 or -1: out of memory. */
int constant_find(constant_state_t *k);
/* Fills keep[] of every tensor. 0 or -1: out of memory. */
int constant_keep(constant_state_t *k);
/* What the tap reads over all output positions of a DENSE operator. */
typedef enum { TAP_IMAGE, TAP_PADDING, TAP_BOTH } tap_t;
tap_t constant_tap(const constant_op_t *o, int32_t tap);
/* The graph that has only what keep[] says, or NULL: out of memory. */
graph_t *constant_rewrite(const constant_state_t *k);

#endif
