/*
 * prog_write.h - builder of program images (host only; may allocate).
 *
 * Synopsis
 *   prog_builder_t *b = prog_builder_new(config);
 *   uint32_t w = prog_add_const(b, weights, n, 16);    // image offset, final at once: use it in
 *                                                      // commands as (region 0, w)
 *   uint32_t l = prog_add_layer(b, &layer);            // first_cmd/last_cmd may be set later
 *   prog_add_npu_step(b, cmds, n_cmds, l);
 *   prog_add_cpu_step(b, &op, sizeof op, operands, n, l);
 *   prog_add_input(b, &io); prog_add_output(b, &io); prog_set_arena(b, bytes, scratch_bytes);
 *   if (prog_finish(b, &bytes, &size, &err)) ...; free(bytes);
 *   prog_builder_free(b);
 *
 * Errors are sticky: calls after a failed allocation or size overflow do nothing, prog_finish()
 * reports it. prog_finish() passes the result through prog_open(), so an image that a reader would
 * refuse is never produced. Counterpart: prog.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_PROG_WRITE_H
#define SYSTOLE_PROG_WRITE_H

#include "prog.h"

typedef struct prog_builder prog_builder_t;

/* NULL when out of memory. */
prog_builder_t *prog_builder_new(const npu_config_t *config);
void prog_builder_free(prog_builder_t *b);

/* Append a constant; `align` is a power of two, 1..4096, relative to the image start. Returns its
 * image offset. */
uint32_t prog_add_const(prog_builder_t *b, const void *bytes, size_t size, uint32_t align);

/* Mutable access to a constant already added, valid until the next prog_add_const(). */
uint8_t *prog_const_at(prog_builder_t *b, uint32_t image_offset);

/* Number of commands added so far == index that the next one will get. */
uint32_t prog_cmd_count(const prog_builder_t *b);

/* Append commands (count, NPU_CMD_WORDS words each) as one NPU step. Commands of
 * directly following NPU steps stay separate steps. */
void prog_add_npu_step(prog_builder_t *b, const uint32_t *cmds, uint32_t count, uint32_t layer);

/* Append a CPU step. The operator bytes are copied as they are. */
void prog_add_cpu_step(prog_builder_t *b, const void *op, size_t op_size,
                       const prog_operand_t *operands, uint32_t n_operands, uint32_t layer);

void prog_add_input(prog_builder_t *b, const prog_io_t *io);
void prog_add_output(prog_builder_t *b, const prog_io_t *io);

/* Returns the layer's index. */
uint32_t prog_add_layer(prog_builder_t *b, const prog_layer_t *layer);

/* Mutable layer entry, valid until the next prog_add_layer(); NULL if out of range. */
prog_layer_t *prog_layer_at(prog_builder_t *b, uint32_t index);

void prog_set_arena(prog_builder_t *b, uint32_t arena_bytes, uint32_t scratch_bytes);

/* The first `size` bytes of the arena keep their contents between runs; `init` (size bytes, copied)
 * is what they start with. size is a multiple of PROG_ALIGN. */
void prog_set_state(prog_builder_t *b, const void *init, uint32_t size);

/* Produce the image: *bytes is malloc'ed, 8-byte aligned, for the caller to free. */
prog_status_t prog_finish(prog_builder_t *b, uint8_t **bytes, size_t *size, prog_error_t *err);

/* Copy `s` into a fixed name field, truncated and NUL-padded. */
void prog_set_name(char *field, size_t field_size, const char *s);

#endif
