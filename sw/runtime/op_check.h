/*
 * op_check.h - may this operator description be executed on these operands?
 *
 * The golden models (cmodel/ref) trust their ref_op_t: ref_prepare() made it. A program image is an
 * untrusted file, so before a CPU step runs, its ref_op_t is held against the sizes of its
 * operands: after REF_OK, ref_eval() reads and writes only inside them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_OP_CHECK_H
#define SYSTOLE_OP_CHECK_H

#include "ref.h"

/* in[i] / out[i]: operand, NULL if absent; in_size / out_size: bytes. scratch_size: bytes of
 * scratch. Arrays have n_in and n_out entries, which must be what the operator says. Returns
 * REF_OK, REF_E_KIND or REF_E_ARG. */
int op_check(const ref_op_t *op, uint32_t n_in, const void *const *in, const uint32_t *in_size,
             uint32_t n_out, const uint32_t *out_size, uint32_t scratch_size);

#endif
