/*
 * mem.c - memcpy, memmove, memset, memcmp by words where both sides are aligned alike. The C
 * library's go byte by byte, and in main memory every access costs the memory's full latency.
 * Compiled with -fno-tree-loop-distribute-patterns, so that no loop becomes a call of itself.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WORD sizeof(uint32_t)
typedef uint32_t __attribute__((may_alias)) word_t;

static int aligned(const void *p) {
    return (uintptr_t)p % WORD == 0;
}

static int alike(const void *a, const void *b) {
    return (uintptr_t)a % WORD == (uintptr_t)b % WORD;
}

void *memcpy(void *restrict to, const void *restrict from, size_t n) {
    uint8_t *d = to;
    const uint8_t *s = from;
    if (alike(d, s)) {
        for (; n > 0 && !aligned(d); n--) {
            *d++ = *s++;
        }
        for (; n >= WORD; n -= WORD, d += WORD, s += WORD) {
            *(word_t *)d = *(const word_t *)s;
        }
    }
    while (n-- > 0) {
        *d++ = *s++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t n) {
    uint8_t *d = to;
    const uint8_t *s = from;
    if ((uintptr_t)d - (uintptr_t)s >= n) { /* the start of `from` is not overwritten too early */
        return memcpy(to, from, n);
    }
    d += n;
    s += n;
    if (alike(d, s)) {
        for (; n > 0 && !aligned(d); n--) {
            *--d = *--s;
        }
        for (; n >= WORD; n -= WORD) {
            d -= WORD;
            s -= WORD;
            *(word_t *)d = *(const word_t *)s;
        }
    }
    while (n-- > 0) {
        *--d = *--s;
    }
    return to;
}

void *memset(void *to, int value, size_t n) {
    uint8_t *d = to;
    uint32_t v = (uint8_t)value * 0x01010101u;
    for (; n > 0 && !aligned(d); n--) {
        *d++ = (uint8_t)v;
    }
    for (; n >= WORD; n -= WORD, d += WORD) {
        *(word_t *)d = v;
    }
    while (n-- > 0) {
        *d++ = (uint8_t)v;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t n) {
    const uint8_t *x = a, *y = b;
    for (; n > 0; n--, x++, y++) {
        if (*x != *y) {
            return *x - *y;
        }
    }
    return 0;
}
