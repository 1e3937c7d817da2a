/*
 * test_driver.c - the driver against a register file that misbehaves, on the host with sanitizers.
 *
 * Synopsis:  test_driver
 *   identification, busy, time-out, device error, lost interrupt, recovery.
 *   Prints FAIL lines and, last, `N passed, N failed, N skipped`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "npu_driver.h"
#include "prog.h"

#define TEST_NAME "test_driver"
#include "check.h"

/* ---- driver against a register file that misbehaves */

typedef struct {
    uint32_t id, version, hash, config0, config1;
    uint32_t busy_polls; /* STATUS reads until done; counts down */
    uint32_t end, status, polls, irq_enable;
    uint32_t records, dropped, next_word; /* of the trace: waiting; the words count up */
    int stuck, lost_irq;
    npu_t *npu;
} fake_t;

static uint32_t fake_read(void *ctx, uint32_t offset) {
    fake_t *f = ctx;
    switch (offset) {
    case NPU_REG_ID:
        return f->id;
    case NPU_REG_VERSION:
        return f->version;
    case NPU_REG_SPEC_HASH:
        return f->hash;
    case NPU_REG_CONFIG0:
        return f->config0;
    case NPU_REG_CONFIG1:
        return f->config1;
    case NPU_REG_STATUS:
        f->polls++;
        if ((f->status & NPU_STATUS_BUSY) != 0 && !f->stuck && f->busy_polls-- == 0)
            f->status = f->end;
        return f->status;
    case NPU_REG_ERR_INFO:
        return NPU_ERR_BUS_READ | NPU_UNIT_LOAD << 8;
    case NPU_REG_ERR_CMD:
        return 17;
    case NPU_REG_ERR_ADDR:
        return 0x40001234;
    case NPU_REG_COUNTER(NPU_CNT_CYCLES):
        return 0xfffffffe;
    case NPU_REG_COUNTER(NPU_CNT_CYCLES) + 4:
        return 3;
    case NPU_REG_TRACE_STATUS:
        return f->records | f->dropped << 16;
    case NPU_REG_TRACE_DATA:
        if (f->records == 0)
            return 0;
        f->next_word++;
        f->records -= f->next_word % NPU_TRACE_WORDS == 0;
        return f->next_word - 1;
    default:
        return 0;
    }
}
static void fake_write(void *ctx, uint32_t offset, uint32_t value) {
    fake_t *f = ctx;
    if (offset == NPU_REG_STATUS)
        f->status &= ~value;
    if (offset == NPU_REG_IRQ_ENABLE)
        f->irq_enable = value;
    if (offset == NPU_REG_CTRL && (value & NPU_CTRL_START) != 0)
        f->status = NPU_STATUS_BUSY;
    if (offset == NPU_REG_CTRL && (value & NPU_CTRL_RESET) != 0 && !f->stuck)
        f->status = 0;
}
/* Time passes: the device ends after some waits and interrupts, unless the interrupt gets lost. */
static void fake_wait(void *ctx) {
    fake_t *f = ctx;
    if ((f->status & NPU_STATUS_BUSY) != 0 && !f->stuck && f->busy_polls-- == 0) {
        f->status = f->end;
        if ((f->status & f->irq_enable) != 0 && !f->lost_irq)
            npu_irq(f->npu);
    }
}

static void test_driver(void) {
    npu_t npu;
    fake_t good = {.id = NPU_ID,
                   .version = NPU_VERSION,
                   .hash = NPU_SPEC_HASH,
                   .config0 = 16 | 16 << 8 | 3 << 16 | 1 << 20 | 5 << 24,
                   .config1 = 13 | 9 << 8 | 3 << 16,
                   .busy_polls = 5,
                   .end = NPU_STATUS_DONE,
                   .npu = &npu};
    fake_t f = good;
    npu_io_t io = {fake_read, fake_write, NULL, &f};
    npu_error_t e;
    uint64_t counters[NPU_CNT_COUNT];
    CHECK(npu_init(&npu, &io, 0) == NPU_OK && strcmp(npu.config.name, "npu16") == 0);
    CHECK(npu_submit(&npu, 4, 8) == NPU_E_ARG && npu_submit(&npu, 8, 1 << 24) == NPU_E_ARG);
    CHECK(npu_submit(&npu, 8, 16) == NPU_OK && npu_submit(&npu, 8, 16) == NPU_E_BUSY);
    CHECK(npu_poll(&npu) == NPU_E_BUSY && npu_wait(&npu, 100) == NPU_OK);
    npu_read_counters(&npu, counters);
    CHECK(counters[NPU_CNT_CYCLES] == 0x3fffffffeu);
    CHECK(npu_set_region(&npu, 4, 0, 8, 1) == NPU_E_ARG);
    CHECK(npu_set_region(&npu, 0, 4, 8, 1) == NPU_E_ARG);
    CHECK(npu_set_region(&npu, 0, 0xfffffff8, 16, 1) == NPU_E_ARG);
    CHECK(npu_set_region(&npu, 0, 0xfffffff8, 8, 3) == NPU_OK);

    uint32_t words[4 * NPU_TRACE_WORDS],
        dropped = 7; /* trace: of a device without one, then of one */
    npu_trace_record_t record;
    f.records = 3;
    CHECK(npu.config.trace_records == 0 && npu_read_trace(&npu, words, 4, &dropped) == 0);
    CHECK(dropped == 0 && f.next_word == 0);
    f = good;
    f.config1 |= 9 << 24;
    f.records = 3;
    f.dropped = 2;
    CHECK(npu_init(&npu, &io, 0) == NPU_OK && npu.config.trace_records == 512);
    CHECK(strcmp(npu.config.name, "npu16") == 0 && npu.config.softmax == 0);
    f.config1 |= NPU_FEATURE_SOFTMAX;
    CHECK(npu_init(&npu, &io, 0) == NPU_OK && npu.config.softmax == 1);
    CHECK(npu.config.norm == 0);
    f.config0 |= NPU_FEATURE_NORM;
    CHECK(npu_init(&npu, &io, 0) == NPU_OK && npu.config.norm == 1);
    CHECK(npu.config.matmul == 1 && strcmp(npu.config.name, "npu16") == 0);
    f.config1 += (4u << 29) + 1; /* wide lanes, and a scratchpad of twice as many words */
    CHECK(npu_init(&npu, &io, 0) == NPU_OK && strcmp(npu.config.name, "npu16w") == 0);
    f.config1 -= (4u << 29) + 1;
    CHECK(npu_init(&npu, &io, 0) == NPU_OK && strcmp(npu.config.name, "npu16") == 0);
    CHECK(npu.config.trace_records == 512);
    CHECK(npu_read_trace(&npu, words, 2, NULL) == 2 && f.next_word == 2 * NPU_TRACE_WORDS);
    CHECK(npu_read_trace(&npu, words, 4, &dropped) == 1 && dropped == 2 && words[0] == 10);
    CHECK(npu_read_trace(&npu, words, 4, &dropped) == 0);
    npu_unpack_trace((const uint32_t[]){0x30012, 5, 9, 0x20001, 0x40003}, &record);
    CHECK(record.index == 0x12 && record.unit == NPU_UNIT_STORE && record.start == 5);
    CHECK(record.end == 9 && record.wait0 == 1 && record.wait1 == 2 && record.wait3 == 4);

    f = good; /* device error, then recovery */
    f.end = NPU_STATUS_ERROR;
    CHECK(npu_submit(&npu, 0, 8) == NPU_OK && npu_wait(&npu, 100) == NPU_E_DEVICE);
    npu_get_error(&npu, &e);
    CHECK(e.code == NPU_ERR_BUS_READ && e.unit == NPU_UNIT_LOAD && e.command == 17);
    CHECK(e.address == 0x40001234 && strcmp(npu_unit_name(e.unit), "load") == 0);
    CHECK(npu_recover(&npu, 10) == NPU_OK && npu_poll(&npu) == NPU_E_BUSY);

    f = good; /* hang: bounded waits */
    f.stuck = 1;
    CHECK(npu_submit(&npu, 0, 8) == NPU_OK && npu_wait(&npu, 100) == NPU_E_TIMEOUT);
    CHECK(f.polls < 110 && npu_recover(&npu, 50) == NPU_E_RESET);

    for (int lost = 0; lost < 2; lost++) { /* interrupt; and one that never comes */
        f = good;
        f.busy_polls = 500;
        f.lost_irq = lost;
        io.wait = fake_wait;
        CHECK(npu_init(&npu, &io, 0) == NPU_OK);
        npu_enable_irq(&npu, 1);
        f.polls = 0;
        CHECK(npu_submit(&npu, 0, 8) == NPU_OK && npu_wait(&npu, 1000) == NPU_OK);
        CHECK(f.polls < 20);
        CHECK(npu_submit(&npu, 0, 8) == NPU_OK && npu_wait(&npu, 1) == NPU_E_TIMEOUT);
    }

    f = good; /* identification */
    f.id = 0;
    CHECK(npu_init(&npu, &io, 0) == NPU_E_ID);
    f = good;
    f.version ^= 0x100;
    CHECK(npu_init(&npu, &io, 0) == NPU_E_VERSION);
    f = good;
    f.version ^= 1; /* patch level */
    CHECK(npu_init(&npu, &io, 0) == NPU_OK);
    f = good;
    f.hash++;
    CHECK(npu_init(&npu, &io, 0) == NPU_E_SPEC);
    f = good;
    f.config0 = 0;
    CHECK(npu_init(&npu, &io, 0) == NPU_E_CONFIG);
    f = good;
    f.config1 = 40;
    CHECK(npu_init(&npu, &io, 0) == NPU_E_CONFIG);
    f = good;
    f.config1 |= 3u << 29; /* wide lanes */
    CHECK(npu_init(&npu, &io, 0) == NPU_E_CONFIG);
    f = good;
    f.stuck = 1;
    f.status = NPU_STATUS_BUSY;
    CHECK(npu_init(&npu, &io, 0) == NPU_E_RESET);
    for (int i = -1; i <= NPU_STATUS_COUNT_; i++)
        CHECK(npu_strerror((npu_status_t)i) != NULL && prog_strerror((prog_status_t)i) != NULL);
}

int main(int argc, char **argv) {
    begin(argc, argv, 0);
    test_driver();
    return end();
}
