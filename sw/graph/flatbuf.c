/*
 * flatbuf.c - see flatbuf.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flatbuf.h"

#include <string.h>

/* pos .. pos + n lies in the file? */
static bool inside(fb_t *fb, size_t pos, size_t n) {
    if (fb->fault)
        return false;
    if (pos > fb->size || n > fb->size - pos) {
        fb->fault = "an offset points outside the file (truncated or corrupt)";
        return false;
    }
    return true;
}

uint8_t fb_u8(fb_t *fb, size_t pos) {
    return inside(fb, pos, 1) ? fb->bytes[pos] : 0;
}

uint16_t fb_u16(fb_t *fb, size_t pos) {
    if (!inside(fb, pos, 2))
        return 0;
    return (uint16_t)(fb->bytes[pos] | fb->bytes[pos + 1] << 8);
}

uint32_t fb_u32(fb_t *fb, size_t pos) {
    uint32_t v = 0;
    if (inside(fb, pos, 4))
        for (int i = 3; i >= 0; i--)
            v = v << 8 | fb->bytes[pos + (size_t)i];
    return v;
}

uint64_t fb_u64(fb_t *fb, size_t pos) {
    if (!inside(fb, pos, 8))
        return 0;
    return fb_u32(fb, pos) | (uint64_t)fb_u32(fb, pos + 4) << 32;
}

static float as_float(uint32_t bits) {
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static fb_table_t table_at(fb_t *fb, size_t pos) {
    fb_table_t none = {0}, t = {.pos = pos};
    int32_t back = (int32_t)fb_u32(fb, pos); /* vtable = pos - back */
    if (fb->fault)
        return none;
    int64_t vtable = (int64_t)pos - back;
    if (vtable < 0) {
        fb->fault = "a table's layout lies outside the file (corrupt)";
        return none;
    }
    t.vtable = (size_t)vtable;
    t.vtable_size = fb_u16(fb, t.vtable);
    t.size = fb_u16(fb, t.vtable + 2);
    if (!fb->fault && (t.vtable_size < 4 || t.size < 4))
        fb->fault = "a table's layout is malformed (corrupt)";
    return inside(fb, t.vtable, t.vtable_size) && inside(fb, t.pos, t.size) ? t : none;
}

/* The position that the relative offset stored at pos refers to. */
static size_t follow(fb_t *fb, size_t pos) {
    uint32_t offset = fb_u32(fb, pos);
    if (!fb->fault && (offset == 0 || offset > fb->size - pos))
        fb->fault = "an offset points outside the file (truncated or corrupt)";
    return fb->fault ? 0 : pos + offset;
}

fb_table_t fb_root(fb_t *fb) {
    size_t pos = follow(fb, 0);
    return fb->fault ? (fb_table_t){0} : table_at(fb, pos);
}

/* Position of a field of n bytes, 0 when it is absent (then the default holds). */
static size_t field_pos(fb_t *fb, fb_table_t t, int field, size_t n) {
    size_t slot = 4 + 2 * (size_t)field;
    if (fb->fault || t.pos == 0 || slot + 2 > t.vtable_size)
        return 0;
    uint16_t offset = fb_u16(fb, t.vtable + slot);
    if (offset == 0)
        return 0;
    if (offset < 4 || offset + n > t.size) {
        fb->fault = "a field lies outside its table (corrupt)";
        return 0;
    }
    return t.pos + offset;
}

bool fb_has(fb_t *fb, fb_table_t t, int field) {
    return field_pos(fb, t, field, 1) != 0;
}

int32_t fb_i32(fb_t *fb, fb_table_t t, int field, int32_t def) {
    size_t pos = field_pos(fb, t, field, 4);
    return pos ? (int32_t)fb_u32(fb, pos) : def;
}

int32_t fb_i8(fb_t *fb, fb_table_t t, int field, int32_t def) {
    size_t pos = field_pos(fb, t, field, 1);
    return pos ? (int8_t)fb_u8(fb, pos) : def;
}

uint64_t fb_field_u64(fb_t *fb, fb_table_t t, int field, uint64_t def) {
    size_t pos = field_pos(fb, t, field, 8);
    return pos ? fb_u64(fb, pos) : def;
}

float fb_f32(fb_t *fb, fb_table_t t, int field, float def) {
    size_t pos = field_pos(fb, t, field, 4);
    return pos ? as_float(fb_u32(fb, pos)) : def;
}

fb_table_t fb_table(fb_t *fb, fb_table_t t, int field) {
    size_t pos = field_pos(fb, t, field, 4);
    if (pos)
        pos = follow(fb, pos);
    return pos ? table_at(fb, pos) : (fb_table_t){0};
}

fb_vector_t fb_vector(fb_t *fb, fb_table_t t, int field, size_t elem_size) {
    fb_vector_t v = {0};
    size_t pos = field_pos(fb, t, field, 4);
    if (pos)
        pos = follow(fb, pos);
    if (!pos)
        return v;
    uint32_t n = fb_u32(fb, pos);
    if (!inside(fb, pos, 4) || !inside(fb, pos + 4, 0))
        return v;
    if (n > (fb->size - (pos + 4)) / elem_size) {
        fb->fault = "a list is longer than the file (truncated or corrupt)";
        return v;
    }
    v.pos = pos + 4;
    v.n = n;
    return v;
}

fb_table_t fb_table_at(fb_t *fb, fb_vector_t v, uint32_t i) {
    size_t pos = i < v.n ? follow(fb, v.pos + 4 * (size_t)i) : 0;
    return pos ? table_at(fb, pos) : (fb_table_t){0};
}

int32_t fb_i32_at(fb_t *fb, fb_vector_t v, uint32_t i) {
    return i < v.n ? (int32_t)fb_u32(fb, v.pos + 4 * (size_t)i) : 0;
}

float fb_f32_at(fb_t *fb, fb_vector_t v, uint32_t i) {
    return i < v.n ? as_float(fb_u32(fb, v.pos + 4 * (size_t)i)) : 0.0f;
}

int64_t fb_i64_at(fb_t *fb, fb_vector_t v, uint32_t i) {
    return i < v.n ? (int64_t)fb_u64(fb, v.pos + 8 * (size_t)i) : 0;
}
