/*
 * onnx_wire.c - a look at a protobuf message before the library unpacks it: libprotobuf-c recurses
 * for each nested message without a limit, so a small file could exhaust the stack.
 *
 * Contract: messages that can hold one of their own kind, directly or not, count; all others are at
 * most four deep. Field numbers: onnx.proto. Counterpart: onnx.c, which calls it first.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "onnx_internal.h"

typedef struct {
    const uint8_t *bytes;
    size_t pos, end;
    const char *fault;
} cursor_t;

static uint64_t varint(cursor_t *c) {
    uint64_t v = 0;
    for (int shift = 0; shift < 70; shift += 7) {
        if (c->pos >= c->end)
            break;
        uint8_t b = c->bytes[c->pos++];
        v |= shift < 64 ? (uint64_t)(b & 0x7f) << shift : 0;
        if (!(b & 0x80))
            return v;
    }
    c->fault = "it ends within a number";
    return 0;
}

/* Kinds of message, and which fields lead on to kinds that can nest; all else is not looked into.
 */
enum {
    OTHER,
    MODEL,
    TRAINING,
    FUNCTION,
    GRAPH,
    NODE,
    ATTRIBUTE,
    VALUE_INFO,
    TYPE,
    OF_TYPE,
    OF_MAP
};
static const struct {
    uint8_t kind, field, child;
} children[] = {{MODEL, 7, GRAPH},       {MODEL, 20, TRAINING},   {MODEL, 25, FUNCTION},
                {TRAINING, 1, GRAPH},    {TRAINING, 2, GRAPH},    {FUNCTION, 7, NODE},
                {GRAPH, 1, NODE},        {GRAPH, 11, VALUE_INFO}, {GRAPH, 12, VALUE_INFO},
                {GRAPH, 13, VALUE_INFO}, {NODE, 5, ATTRIBUTE},    {ATTRIBUTE, 6, GRAPH},
                {ATTRIBUTE, 11, GRAPH},  {ATTRIBUTE, 14, TYPE},   {ATTRIBUTE, 15, TYPE},
                {VALUE_INFO, 2, TYPE},   {TYPE, 4, OF_TYPE},      {TYPE, 9, OF_TYPE},
                {TYPE, 5, OF_MAP},       {OF_TYPE, 1, TYPE},      {OF_MAP, 2, TYPE}};

static int child(int kind, uint64_t field) {
    for (size_t i = 0; i < sizeof children / sizeof children[0]; i++)
        if (children[i].kind == kind && children[i].field == field)
            return children[i].child;
    return OTHER;
}

static const char *walk(const uint8_t *bytes, size_t pos, size_t end, int kind, int limit) {
    cursor_t c = {bytes, pos, end, NULL};
    if (limit == 0)
        return "its messages nest too deep";
    while (c.pos < c.end && !c.fault) {
        uint64_t key = varint(&c), n = 0;
        switch (key & 7) {
        case 0:
            varint(&c);
            continue;
        case 1:
            n = 8;
            break;
        case 2:
            n = varint(&c);
            break;
        case 5:
            n = 4;
            break;
        default:
            return "it is not a protobuf message";
        }
        if (c.fault)
            break;
        if (n > c.end - c.pos)
            return "a field is longer than the file";
        int next = (key & 7) == 2 ? child(kind, key >> 3) : OTHER;
        const char *why =
            next == OTHER ? NULL : walk(bytes, c.pos, c.pos + (size_t)n, next, limit - 1);
        if (why)
            return why;
        c.pos += (size_t)n;
    }
    return c.fault;
}

const char *onnx_check_wire(const void *bytes, size_t size, int limit) {
    return walk(bytes, 0, size, MODEL, limit);
}
