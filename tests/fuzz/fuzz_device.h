/*
 * fuzz_device.h - put streams on devices, compare devices, name what differs; the commands' fields
 * by name, read from spec/npu.toml. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_FUZZ_DEVICE_H
#define SYSTOLE_FUZZ_DEVICE_H

#include <stdio.h>

#include "fuzz_gen.h"

/* Registers after a run. */
typedef struct {
    int hung; /* wait() gave up */
    uint32_t status, info, cmd, addr;
} fuzz_end_t;

/* Reset the device, then memory, scratchpad, accumulators and registers of the stream, with `words`
 * as the command list. */
void fuzz_put(npu_device_t *dev, const fuzz_stream_t *s, const uint32_t (*words)[NPU_CMD_WORDS],
              uint32_t n);
/* START and wait. */
fuzz_end_t fuzz_start(npu_device_t *dev);
/* 0 when memory, scratchpad and accumulators agree; else -1 and one line in text. */
int fuzz_compare(npu_device_t *want, npu_device_t *got, const npu_config_t *cfg, char *text,
                 size_t text_size);

/* Read spec/npu.toml; 0, or -1 with a message on stderr. */
int fuzz_spec_read(const char *path);
/* Set a field of a command by its name; stops the program when there is none. */
void fuzz_spec_set(uint32_t *words, const char *field, uint32_t value);
void fuzz_spec_print(FILE *f, const uint32_t *words);

/* Results: one FAIL line each, counted. */
typedef struct {
    const char *command; /* rerun command without seed */
    int passed, failed;
} fuzz_tally_t;

/* Error cases of one configuration on one device; with_rtl loosens nothing. */
void fuzz_errors(npu_device_t *model, npu_device_t *rtl, const npu_config_t *cfg, uint64_t seed,
                 fuzz_tally_t *tally);
/* The model against itself: literal and fast CONV, another legal order, footprints, removed tokens.
 * 0, or -1 with one line in text. *caught counts removed tokens that the order check named. */
int fuzz_model_self(npu_device_t *literal, npu_device_t *fast, const fuzz_stream_t *s,
                    uint32_t *caught, char *text, size_t text_size);
/* model_requant() against ref_requant(): 0, or -1 with one line in text. */
int fuzz_requant(uint64_t seed, char *text, size_t text_size);

#endif
