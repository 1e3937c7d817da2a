/*
 * ref_wide_tables.h - see ref_wide_tables.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_REF_WIDE_TABLES_H
#define SYSTOLE_REF_WIDE_TABLES_H

#include <stdint.h>

extern const int32_t ref_exp2_table[257], ref_logistic_table[257];

#endif
