/*
 * npu_config.h - configurations by what people call them: "npu16", or
 * "npu16,lanes=8,sp_words=4096".
 *
 * Synopsis
 *   const npu_config_t *c = npu_find_config("npu16,lanes=8", err, sizeof err);
 *   if (!c) fail(err);            // "configuration npu16,lanes=3: lanes=3 is not a power of two of
 * 1 to 16" puts(c->name);                // "npu16,lanes=8"
 *
 * Contract
 *   A text is a named configuration, or one with changes to the numbers of npu_config_t: n, lanes,
 * sp_words, sp_banks, acc_depth, fir_groups, fir_taps, matmul, trace_records, wide_lanes. A new n
 * brings lanes = n, FIR groups of its size and the wide lanes of the first named one of that size
 * unless they are named too. What is returned lives as long as the program; equal numbers give the
 * same pointer. Its name is canonical: a named configuration's, or the closest one's of the same n
 * with what differs, in the order above. Limits are those of the RTL (npu_top): what passes here
 * can be built.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_NPU_CONFIG_H
#define SYSTOLE_NPU_CONFIG_H

#include <stddef.h>

#include "npu_spec.h"

/* The configuration, or NULL with one line in err (may be NULL with err_size 0). */
const npu_config_t *npu_find_config(const char *text, char *err, size_t err_size);

/* The one with these numbers (`name` is not looked at), or NULL with one line in err. trace_records
 * or wide_lanes NPU_CONFIG_ANY: that of the closest named one. */
#define NPU_CONFIG_ANY 0xffffffffu
const npu_config_t *npu_config_of(const npu_config_t *numbers, char *err, size_t err_size);

/* The folder below build/rtl, build/soc and build/fpga of a configuration, from its canonical name:
 * without the characters that mean something to make. "npu16,lanes=8": npu16-lanes8. */
void npu_config_folder(const char *name, char *folder, size_t size);

/* FIR groups and taps that suit n columns: three image lines where there are rows for them. */
void npu_config_default_fir(npu_config_t *c);

#endif
