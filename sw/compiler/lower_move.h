/*
 * lower_move.h - internal: operators that only move bytes. Counterparts: move_list.c (an operator
 * as strided copies), lower_move.c (their commands).
 *
 * A move reads and writes memory, as a CPU step does, but between the commands of one NPU step: its
 * tensors live in the arena, and the scratchpad only passes them on.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_LOWER_MOVE_H
#define SYSTOLE_LOWER_MOVE_H

#include "cc.h"

#define CC_COPY_AXES 8

/* Loops around a byte, outermost first: extent, bytes between steps in source and destination. */
typedef struct {
    int64_t n, from, to;
} cc_axis_t;

typedef struct {
    int32_t in, out;  /* operand numbers */
    int64_t from, to; /* first byte in each */
    int64_t bytes;    /* in all */
    int32_t n_axes;   /* >= 1; after normalising, the last is a run of bytes: steps 1 and 1 */
    cc_axis_t axis[CC_COPY_AXES];
} cc_copy_t;

typedef int (*cc_copy_fn)(void *ctx, const cc_copy_t *copy);

/* Is the operator lowered as a move? (Its placement may still say CPU.) */
bool cc_is_move(const ref_prepared_t *r);
/* Calls f for each copy, normalised, until it returns other than 0; that, or -1 when the operator
 * cannot be told as copies. *fill: bytes of the output that no copy writes have this value; -1:
 * there are none. */
int cc_list_copies(const ref_prepared_t *r, cc_copy_fn f, void *ctx, int32_t *fill);
/* CPU's reason, or NULL: it can be a move. */
const char *cc_no_move(const ref_prepared_t *r, const npu_config_t *config);
int cc_lower_move(cc_t *cc, int32_t op);

#endif
