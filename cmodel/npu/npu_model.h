/*
 * npu_model.h - C model of the NPU: executes a command list and leaves the same bytes in
 * scratchpad, accumulators and memory as the RTL. The definition of each effect is docs/isa.md.
 *
 * Synopsis
 *   npu_device_t dev;
 *   if (npu_model_open(&dev, "npu16", mem_size, NULL, err, sizeof err)) fail(err);
 *   ... registers, dev.wait(dev.ctx), dev.close(dev.ctx)
 *
 * Contract
 *   START runs the whole list at once, in list order (tokens only point forward, so this is one of
 *   the legal orders). A command that waits for a token which is not there yet would stay
 *   deadlocked or depend on queue depths: error timeout when TIMEOUT is not 0, else BUSY stays set
 *   until RESET and wait() returns -1. After an error the rest of the list has no effect.
 *   Counters: BYTES_READ, BYTES_WRITTEN, ARRAY_STEPS and COMMANDS count, all others stay 0.
 *   Order check (environment NPU_MODEL_CHECK_ORDER=1, or npu_model_check_order): proves that the
 *   list is well ordered, so that every legal order gives these bytes; see model_order.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_NPU_MODEL_H
#define SYSTOLE_NPU_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "npu_config.h"
#include "../../testbench/common/npu_device.h"

/* config: as npu_find_config() understands it. An npu_device_open_fn. options may be NULL. */
int npu_model_open(npu_device_t *dev, const char *config, size_t mem_size,
                   const npu_device_options_t *options, char *err, size_t err_size);

/* NPU_ERR_NONE, NPU_ERR_ILLEGAL_OPCODE (*unit = sequencer) or NPU_ERR_ILLEGAL_FIELD (*unit = the
 * command's). words: NPU_CMD_WORDS. Region limits are not looked at: they depend on registers. */
npu_error_code_t npu_check_command(const npu_config_t *config, const uint32_t *words,
                                   npu_unit_t *unit);

/* Turn the order check on or off from the next START on. */
void npu_model_check_order(npu_device_t *dev, int on);
/* First violation of the last START in one line, or NULL. */
const char *npu_model_order_error(const npu_device_t *dev);

/* 1: run CONV by the literal loops that define it instead of the fast ones. */
void npu_model_use_literal(npu_device_t *dev, int on);

#endif
