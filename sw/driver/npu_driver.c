/*
 * npu_driver.c - driver of the NPU; contract in npu_driver.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "npu_driver.h"

#include <stddef.h>

#define IRQ_RECHECK_POLLS 64u
#define RESET_POLLS 100000u
#define STATUS_EVENTS (NPU_STATUS_DONE | NPU_STATUS_ERROR)

static uint32_t rd(const npu_t *npu, uint32_t offset) {
    return npu->io.read32(npu->io.ctx, offset);
}

static void wr(const npu_t *npu, uint32_t offset, uint32_t value) {
    npu->io.write32(npu->io.ctx, offset, value);
}

/* Decode CONFIG0/CONFIG1; 0 when a value is outside what any configuration may have. The name does
 * not depend on the trace: programs do not. */
static int decode_config(uint32_t c0, uint32_t c1, npu_config_t *c) {
    uint32_t log_sp = c1 & 0xffu, log_acc = (c1 >> 8) & 0xffu, log_banks = (c1 >> 16) & 0xffu,
             log_trace = (c1 >> 24) & 0xfu, wide = c1 >> 29;
    if (log_sp > 16 || log_acc > 16 || log_banks > log_sp || (wide & (wide - 1)) != 0) {
        return 0;
    }
    *c = (npu_config_t){.name = "custom",
                        .n = c0 & 0xffu,
                        .lanes = (c0 >> 8) & 0xffu,
                        .sp_words = 1u << log_sp,
                        .sp_banks = 1u << log_banks,
                        .acc_depth = 1u << log_acc,
                        .fir_groups = (c0 >> 16) & 0xfu,
                        .matmul = (c0 >> 20) & 1u,
                        .fir_taps = c0 >> 24,
                        .trace_records = log_trace != 0 ? 1u << log_trace : 0,
                        .wide_lanes = wide,
                        .softmax = (c1 & NPU_FEATURE_SOFTMAX) != 0,
                        .norm = (c0 & NPU_FEATURE_NORM) != 0};
    if (c->n == 0 || c->lanes == 0 || c->n % c->lanes != 0 || c->fir_groups * c->fir_taps > c->n) {
        return 0;
    }
    /* The named one: of several that differ only in their wide lanes, that with as many. */
    int found = 0;
    for (uint32_t i = 0; i < NPU_CONFIG_COUNT; i++) {
        const npu_config_t *k = &npu_configs[i];
        if ((!found || k->wide_lanes == wide) && k->n == c->n && k->lanes == c->lanes &&
            k->sp_words == c->sp_words && k->sp_banks == c->sp_banks &&
            k->acc_depth == c->acc_depth && k->fir_groups == c->fir_groups &&
            k->fir_taps == c->fir_taps && k->matmul == c->matmul) {
            c->name = k->name;
            found = 1;
        }
    }
    return 1;
}

npu_status_t npu_init(npu_t *npu, const npu_io_t *io, uint32_t timeout_cycles) {
    *npu = (npu_t){.io = *io};
    if (io->read32 == NULL || io->write32 == NULL) {
        return NPU_E_ARG;
    }
    if (rd(npu, NPU_REG_ID) != NPU_ID) {
        return NPU_E_ID;
    }
    npu->version = rd(npu, NPU_REG_VERSION);
    if (npu->version >> 8 != (uint32_t)NPU_VERSION >> 8) { /* the patch level may differ */
        return NPU_E_VERSION;
    }
    if (rd(npu, NPU_REG_SPEC_HASH) != NPU_SPEC_HASH) {
        return NPU_E_SPEC;
    }
    if (!decode_config(rd(npu, NPU_REG_CONFIG0), rd(npu, NPU_REG_CONFIG1), &npu->config)) {
        return NPU_E_CONFIG;
    }
    wr(npu, NPU_REG_IRQ_ENABLE, 0);
    npu_status_t st = npu_recover(npu, RESET_POLLS);
    if (st != NPU_OK) {
        return st;
    }
    for (uint32_t i = 0; i < NPU_REGIONS; i++) {
        npu_set_region(npu, i, 0, 0, 0);
    }
    wr(npu, NPU_REG_TIMEOUT, timeout_cycles);
    return NPU_OK;
}

void npu_enable_irq(npu_t *npu, int on) {
    npu->use_irq = on != 0;
    wr(npu, NPU_REG_IRQ_ENABLE, on ? STATUS_EVENTS : 0);
}

void npu_irq(npu_t *npu) {
    uint32_t events = rd(npu, NPU_REG_STATUS) & STATUS_EVENTS;
    wr(npu, NPU_REG_STATUS, events);
    npu->irq_status |= events;
}

npu_status_t npu_set_region(npu_t *npu, uint32_t region, uint32_t base, uint32_t size,
                            uint32_t flags) {
    if (region >= NPU_REGIONS || base % 8 != 0 ||
        (flags & ~(NPU_REGION_READ | NPU_REGION_WRITE)) != 0 ||
        base + (uint64_t)size > 1ull << 32) {
        return NPU_E_ARG;
    }
    wr(npu, NPU_REG_REGION_FLAGS(region), 0); /* closed while base and size disagree */
    wr(npu, NPU_REG_REGION_BASE(region), base);
    wr(npu, NPU_REG_REGION_SIZE(region), size);
    wr(npu, NPU_REG_REGION_FLAGS(region), flags);
    return NPU_OK;
}

npu_status_t npu_submit(npu_t *npu, uint32_t offset, uint32_t bytes) {
    if (offset % 8 != 0 || bytes % 8 != 0 || bytes > 0xffffffu) {
        return NPU_E_ARG;
    }
    if ((rd(npu, NPU_REG_STATUS) & NPU_STATUS_BUSY) != 0) {
        return NPU_E_BUSY;
    }
    wr(npu, NPU_REG_STATUS, STATUS_EVENTS);
    npu->irq_status = 0;
    wr(npu, NPU_REG_CMD_OFFSET, offset);
    wr(npu, NPU_REG_CMD_BYTES, bytes);
    wr(npu, NPU_REG_CTRL, NPU_CTRL_START);
    return NPU_OK;
}

/* Verdict on the events seen so far. An error counts once the device is idle again. */
static npu_status_t verdict(uint32_t status) {
    if ((status & NPU_STATUS_BUSY) != 0 || (status & STATUS_EVENTS) == 0) {
        return NPU_E_BUSY;
    }
    return (status & NPU_STATUS_ERROR) != 0 ? NPU_E_DEVICE : NPU_OK;
}

npu_status_t npu_poll(npu_t *npu) {
    /* irq_status second: an interrupt between the two reads moves events from STATUS into it, and
     * reading in this order cannot miss them. */
    uint32_t status = rd(npu, NPU_REG_STATUS);
    return verdict(status | npu->irq_status);
}

npu_status_t npu_wait(npu_t *npu, uint32_t max_polls) {
    for (uint32_t i = 0; i < max_polls; i++) {
        if (!npu->use_irq || npu->irq_status != 0 || i % IRQ_RECHECK_POLLS == 0) {
            npu_status_t st = npu_poll(npu);
            if (st != NPU_E_BUSY) {
                return st;
            }
        }
        if (npu->io.wait != NULL) {
            npu->io.wait(npu->io.ctx);
        }
    }
    npu_status_t st = npu_poll(npu);
    return st == NPU_E_BUSY ? NPU_E_TIMEOUT : st;
}

void npu_get_error(const npu_t *npu, npu_error_t *error) {
    uint32_t info = rd(npu, NPU_REG_ERR_INFO);
    error->code = info & 0xffu;
    error->unit = (info >> 8) & 0xfu;
    error->command = rd(npu, NPU_REG_ERR_CMD);
    error->address = rd(npu, NPU_REG_ERR_ADDR);
}

npu_status_t npu_recover(npu_t *npu, uint32_t max_polls) {
    wr(npu, NPU_REG_CTRL, NPU_CTRL_RESET);
    for (uint32_t i = 0; i <= max_polls; i++) {
        if ((rd(npu, NPU_REG_STATUS) & NPU_STATUS_BUSY) == 0) {
            wr(npu, NPU_REG_STATUS, STATUS_EVENTS);
            npu->irq_status = 0;
            return NPU_OK;
        }
        if (npu->io.wait != NULL) {
            npu->io.wait(npu->io.ctx);
        }
    }
    return NPU_E_RESET;
}

void npu_read_counters(const npu_t *npu, uint64_t counters[NPU_CNT_COUNT]) {
    for (uint32_t i = 0; i < NPU_CNT_COUNT; i++) {
        uint32_t low = rd(npu, NPU_REG_COUNTER(i)); /* latches the high word */
        counters[i] = (uint64_t)rd(npu, NPU_REG_COUNTER(i) + 4u) << 32 | low;
    }
}

uint32_t npu_read_trace(const npu_t *npu, uint32_t *words, uint32_t records, uint32_t *dropped) {
    uint32_t status = npu->config.trace_records != 0 ? rd(npu, NPU_REG_TRACE_STATUS) : 0;
    uint32_t n = (status & 0xffffu) < records ? status & 0xffffu : records;
    for (uint32_t i = 0; i < n * NPU_TRACE_WORDS; i++) {
        words[i] = rd(npu, NPU_REG_TRACE_DATA);
    }
    if (dropped != NULL) {
        *dropped = status >> 16;
    }
    return n;
}

const char *npu_strerror(npu_status_t status) {
    static const char *const text[NPU_STATUS_COUNT_] = {
        "no error",
        "argument out of range",
        "no NPU found (ID register)",
        "NPU has another interface version",
        "NPU was built from another specification (SPEC_HASH)",
        "NPU reports an impossible configuration",
        "NPU is busy",
        "NPU did not finish in time",
        "NPU stopped with an error",
        "NPU did not come out of soft reset",
    };
    return (uint32_t)status < NPU_STATUS_COUNT_ ? text[status] : "unknown status";
}

const char *npu_error_name(uint32_t code) {
    switch (code) {
    case NPU_ERR_NONE:
        return "none";
    case NPU_ERR_ILLEGAL_OPCODE:
        return "illegal opcode";
    case NPU_ERR_ILLEGAL_FIELD:
        return "illegal field";
    case NPU_ERR_REGION:
        return "access outside a memory region";
    case NPU_ERR_BUS_READ:
        return "bus error on read";
    case NPU_ERR_BUS_WRITE:
        return "bus error on write";
    case NPU_ERR_TIMEOUT:
        return "no progress (timeout)";
    case NPU_ERR_TOKEN:
        return "token count";
    case NPU_ERR_FETCH:
        return "command fetch";
    default:
        return "unknown";
    }
}

const char *npu_unit_name(uint32_t unit) {
    switch (unit) {
    case NPU_UNIT_LOAD:
        return "load";
    case NPU_UNIT_ARRAY:
        return "array";
    case NPU_UNIT_VECTOR:
        return "vector";
    case NPU_UNIT_STORE:
        return "store";
    case NPU_UNIT_SEQUENCER:
        return "sequencer";
    default:
        return "unknown";
    }
}
