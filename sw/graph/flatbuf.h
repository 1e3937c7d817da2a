/*
 * flatbuf.h - a bounds-checked cursor over a FlatBuffers file: the only code that touches untrusted
 * model bytes.
 *
 * Contract:  every read is checked against the file's size. The first fault sets fb_t.fault to a
 * reason and from then on every read yields 0 / empty: callers may check once at the end of a step.
 * No allocation, no recursion. Source:    FlatBuffers internals (tables with vtables, vectors with
 * a u32 length, relative u32 offsets), little endian. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_FLATBUF_H
#define SYSTOLE_FLATBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const uint8_t *bytes;
    size_t size;
    const char *fault; /* NULL while all is well */
} fb_t;

/* A table's place; pos 0 is "absent": every field then has its default. */
typedef struct {
    size_t pos, vtable;
    uint32_t vtable_size, size;
} fb_table_t;

/* A vector's elements: bytes[pos .. pos + n * elem). n is 0 when absent. */
typedef struct {
    size_t pos;
    uint32_t n;
} fb_vector_t;

uint8_t fb_u8(fb_t *fb, size_t pos);
uint16_t fb_u16(fb_t *fb, size_t pos);
uint32_t fb_u32(fb_t *fb, size_t pos);
uint64_t fb_u64(fb_t *fb, size_t pos);

fb_table_t fb_root(fb_t *fb);
bool fb_has(fb_t *fb, fb_table_t t, int field);
/* Scalar fields by index in the schema's table, with the schema's default. */
int32_t fb_i32(fb_t *fb, fb_table_t t, int field, int32_t def);
int32_t fb_i8(fb_t *fb, fb_table_t t, int field, int32_t def);
uint64_t fb_field_u64(fb_t *fb, fb_table_t t, int field, uint64_t def);
float fb_f32(fb_t *fb, fb_table_t t, int field, float def);
fb_table_t fb_table(fb_t *fb, fb_table_t t, int field);
fb_vector_t fb_vector(fb_t *fb, fb_table_t t, int field, size_t elem_size);
/* Element i of a vector of tables; of int32; of float32; of int64. i < n. */
fb_table_t fb_table_at(fb_t *fb, fb_vector_t v, uint32_t i);
int32_t fb_i32_at(fb_t *fb, fb_vector_t v, uint32_t i);
float fb_f32_at(fb_t *fb, fb_vector_t v, uint32_t i);
int64_t fb_i64_at(fb_t *fb, fb_vector_t v, uint32_t i);

#endif
