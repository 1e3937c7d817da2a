/*
 * no_ops.c - in place of the golden models where the memory has no room for them: every operator of
 * a CPU step is refused. SPDX-License-Identifier: Apache-2.0
 */
#include "op_check.h"

int op_check(const ref_op_t *op, uint32_t n_in, const void *const *in, const uint32_t *in_size,
             uint32_t n_out, const uint32_t *out_size, uint32_t scratch_size) {
    (void)op, (void)n_in, (void)in, (void)in_size, (void)n_out, (void)out_size, (void)scratch_size;
    return REF_E_KIND;
}

int ref_eval(const ref_op_t *op, const void *const *in, void *const *out, void *scratch) {
    (void)op, (void)in, (void)out, (void)scratch;
    return REF_E_KIND;
}

const char *ref_kind_name(int32_t kind) {
    (void)kind;
    return "cpu";
}
