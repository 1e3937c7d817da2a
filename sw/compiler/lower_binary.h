/*
 * lower_binary.h - internal: element-wise operators. Counterparts: lower_binary.c, lower_vector.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_LOWER_BINARY_H
#define SYSTOLE_LOWER_BINARY_H

#include "cc.h"

bool cc_is_binary(int32_t kind);
/* Is the kind, on the NPU, a table of 256 bytes? */
bool cc_is_table(int32_t kind);
/* Has it an operand of another shape than the output's? */
bool cc_broadcasts(const ref_op_t *op);
int cc_lower_binary(cc_t *cc, int32_t op);
/* ny rows of nx words of a, b, out: addresses, words between rows; step: words between columns. */
void cc_emit_binary(cc_t *cc, const ref_op_t *op, int32_t ny, int32_t nx, const uint32_t at[3],
                    const int32_t row[3], const int32_t step[2]);

#endif
