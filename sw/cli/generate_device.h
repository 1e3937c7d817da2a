/*
 * generate_device.h - a language model on an NPU device: the lists of sw/llm/program.h, submitted
 * by the driver.
 *
 *  SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_GENERATE_DEVICE_H
#define SYSTOLE_GENERATE_DEVICE_H

#include "quantize.h"

typedef struct generate_device generate_device_t;

/* What the lists cost, of all steps so far. */
typedef struct {
    int has_cycles;                     /* the device has a clock */
    uint64_t cycles;                    /* counted by it */
    uint64_t cycles_predicted;          /* by the C model's timing, bench memory */
    uint64_t bytes_read, bytes_written; /* at the memory port */
    /* of those without logits, which fill the caches with a prompt: positions 0.. that they ran */
    uint64_t filled, cycles_filling, cycles_filling_predicted;
    int has_driver;         /* somebody counts what passes between the lists */
    uint64_t cycles_driver; /* of cycles */
} generate_cost_t;

/* target: "model" or "rtl"; config: named configuration or a variation; path: of the checkpoint,
 * for messages. NULL with *err. */
generate_device_t *generate_device_open(const llm_model_t *m, const char *target,
                                        const char *config, const char *path, graph_error_t *err);
/* Positions that can run at once, from pos on. */
int32_t generate_device_at_once(const generate_device_t *g, int32_t pos);
/* Positions pos..pos + count - 1 with these tokens (count); logits (vocab) of the last, or NULL. 0
 * or -1 with *err. */
int generate_device_step(generate_device_t *g, const int32_t *tokens, int32_t count, int32_t pos,
                         int32_t *logits, graph_error_t *err);
generate_cost_t generate_device_cost(const generate_device_t *g);
void generate_device_close(generate_device_t *g);

#endif
