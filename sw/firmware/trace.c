/*
 * trace.c - see trace.h. SPDX-License-Identifier: Apache-2.0
 */
#include "trace.h"

#include <stddef.h>
#include <string.h>

#define ON_CHIP 640u /* records; 12.5 KiB */

static uint32_t words[ON_CHIP * NPU_TRACE_WORDS];
static const npu_t *device; /* NULL: no trace */
static uint32_t held, written, capacity, address, of_step, lost, dropped_now;

static void write_out(void) {
    uint32_t n = held < capacity - written ? held : capacity - written;
    memcpy((void *)(uintptr_t)(address + written * NPU_TRACE_WORDS * 4u), words,
           n * NPU_TRACE_WORDS * 4u);
    written += n;
    held = 0;
}

static void collect(uint32_t most) {
    if (held == ON_CHIP) {
        write_out();
    }
    uint32_t room = capacity - written - held; /* a caller that wants fewer loses the others */
    uint32_t at = held * NPU_TRACE_WORDS;
    most = most < ON_CHIP - held ? most : ON_CHIP - held;
    uint32_t n = npu_read_trace(device, words + at, most, &dropped_now);
    lost += n > room ? n - room : 0;
    n = n < room ? n : room;
    held += n;
    of_step += n;
}

/* One at a time: the end of the list shall be noticed soon. */
static void wait(void *ctx) {
    (void)ctx;
    collect(1);
}

void trace_begin(npu_t *npu, const soc_mailbox_t *mailbox) {
    held = written = of_step = lost = 0;
    capacity = mailbox->trace_capacity;
    address = mailbox->trace_addr;
    device = capacity != 0 && npu->config.trace_records != 0 ? npu : NULL;
    if (device != NULL) {
        npu->io.wait = wait;
    }
}

void trace_step(uint32_t *records, uint32_t *dropped) {
    *records = *dropped = 0;
    if (device == NULL) {
        return;
    }
    uint32_t before;
    do {
        before = of_step + lost;
        collect(ON_CHIP);
    } while (of_step + lost != before);
    *records = of_step;
    *dropped = dropped_now + lost;
    of_step = lost = 0;
    if (held > ON_CHIP / 2) { /* between lists, where it disturbs nobody */
        write_out();
    }
}

uint32_t trace_end(void) {
    if (device == NULL) {
        return 0;
    }
    write_out();
    return written;
}
