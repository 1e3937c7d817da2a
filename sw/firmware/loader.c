/*
 * loader.c - see loader.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "loader.h"

#include <stdint.h>

#include "platform.h"
#include "prog.h"

/* The next byte, or -1 after a quarter of a second without one. */
static int wait_char(void) {
    uint64_t end = clock_cycles() + reg_read(SOC_SYS_BASE + SOC_SYS_CLK_HZ) / 4;
    int c;
    do {
        c = get_char();
    } while (c < 0 && clock_cycles() < end);
    return c;
}

/* Little-endian words; 0, or -1 at a pause. */
static int get_words(uint32_t *words, int n) {
    for (int i = 0; i < n; i++) {
        words[i] = 0;
        for (int shift = 0; shift < 32; shift += 8) {
            int c = wait_char();
            if (c < 0) {
                return -1;
            }
            words[i] |= (uint32_t)c << shift;
        }
    }
    return 0;
}

static int in_memory(uint32_t addr, uint32_t size) {
    uint32_t offset = addr - SOC_MEM_BASE, all = reg_read(SOC_SYS_BASE + SOC_SYS_MEM_SIZE);
    return addr % 4 == 0 && offset <= all && size <= all - offset;
}

/* Words are gathered here: main memory costs its whole latency for each access. */
static int receive(uint32_t addr, uint32_t size) {
    volatile uint8_t *bytes = (volatile uint8_t *)(uintptr_t)addr;
    uint32_t at = 0, word = 0;
    for (; at < size; at++) {
        int c = wait_char();
        if (c < 0) {
            return -1;
        }
        word = word >> 8 | (uint32_t)c << 24;
        if (at % 4 == 3) {
            *(volatile uint32_t *)(uintptr_t)(addr + at - 3) = word;
        }
    }
    for (uint32_t i = size % 4; i > 0; i--) {
        bytes[size - i] = (uint8_t)(word >> (32 - 8 * i));
    }
    return 0;
}

static void load(void) {
    uint32_t words[2];
    if (get_words(words, 2) != 0) {
        put_str("LOADER timeout\n");
    } else if (!in_memory(words[0], words[1])) {
        put_str("LOADER refused\n");
    } else {
        put_str("LOAD ok\n");
        if (receive(words[0], words[1]) != 0) {
            put_str("LOADER timeout\n");
            return;
        }
        put_str("LOADED ");
        put_hex(prog_crc32(0, (const void *)(uintptr_t)words[0], words[1]));
        put_char('\n');
    }
}

static void dump(void) {
    uint32_t words[2];
    if (get_words(words, 2) != 0) {
        put_str("LOADER timeout\n");
    } else if (!in_memory(words[0], words[1])) {
        put_str("LOADER refused\n");
    } else {
        put_str("DUMP ok\n");
        for (uint32_t i = 0; i < words[1]; i++) {
            put_char((char)((const volatile uint8_t *)(uintptr_t)words[0])[i]);
        }
    }
}

void loader_serve(int command) {
    if (command == 'L') {
        load();
    } else if (command == 'D') {
        dump();
    }
}
