/*
 * model_regs.c - the register file (spec/npu.toml) and the device interface of the model.
 * Counterpart: rtl/npu_regs.v. SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

static uint32_t log2_of(uint32_t power) {
    uint32_t n = 0;
    while (power >> n > 1)
        n++;
    return n;
}

static uint32_t read_region(const model_t *m, uint32_t offset) {
    const model_region_t *r = &m->region[(offset - NPU_REG_REGION_BASE(0)) / 16];
    switch (offset % 16) {
    case 0:
        return r->base;
    case 4:
        return r->size;
    case 8:
        return r->flags;
    default:
        return 0;
    }
}

static uint32_t read_counter(model_t *m, uint32_t offset) {
    if (offset % 8 == 4)
        return m->counter_high;
    uint64_t value = m->counter[(offset - NPU_REG_COUNTER(0)) / 8];
    m->counter_high = (uint32_t)(value >> 32);
    return (uint32_t)value;
}

static uint32_t model_read32(void *ctx, uint32_t offset) {
    model_t *m = ctx;
    const npu_config_t *c = &m->cfg;
    if (offset % 4 != 0)
        return 0;
    if (offset >= NPU_REG_REGION_BASE(0) && offset < NPU_REG_REGION_BASE(NPU_REGIONS))
        return read_region(m, offset);
    if (offset >= NPU_REG_COUNTER(0) && offset < NPU_REG_COUNTER(NPU_CNT_COUNT))
        return read_counter(m, offset);
    switch (offset) {
    case NPU_REG_ID:
        return NPU_ID;
    case NPU_REG_VERSION:
        return NPU_VERSION;
    case NPU_REG_SPEC_HASH:
        return NPU_SPEC_HASH;
    case NPU_REG_CONFIG0:
        return c->n | c->lanes << 8 | c->fir_groups << 16 | c->matmul << 20 |
               (c->norm ? NPU_FEATURE_NORM : 0) | c->fir_taps << 24;
    case NPU_REG_CONFIG1:
        return log2_of(c->sp_words) | log2_of(c->acc_depth) << 8 | log2_of(c->sp_banks) << 16 |
               log2_of(c->trace_records) << 24 | (c->softmax ? NPU_FEATURE_SOFTMAX : 0) |
               c->wide_lanes << 29;
    case NPU_REG_STATUS:
        return m->status;
    case NPU_REG_IRQ_ENABLE:
        return m->irq_enable;
    case NPU_REG_ERR_INFO:
        return (uint32_t)m->error.code | m->error.unit << 8;
    case NPU_REG_ERR_CMD:
        return m->error.cmd;
    case NPU_REG_ERR_ADDR:
        return m->error.addr;
    case NPU_REG_TIMEOUT:
        return m->timeout;
    case NPU_REG_CMD_OFFSET:
        return m->cmd_offset;
    case NPU_REG_CMD_BYTES:
        return m->cmd_bytes;
    case NPU_REG_TRACE_STATUS: /* no clock, so no record: all dropped */
        return c->trace_records == 0 ? 0
               : m->counter[NPU_CNT_COMMANDS] > 0xffff
                   ? 0xffff0000u
                   : (uint32_t)m->counter[NPU_CNT_COMMANDS] << 16;
    default:
        return 0;
    }
}

static void write_ctrl(model_t *m, uint32_t value) {
    if ((value & NPU_CTRL_RESET) != 0) {
        m->status = 0; /* the error registers keep their content until the next START */
        memset(m->tokens, 0, sizeof m->tokens);
    } else if ((value & NPU_CTRL_START) != 0 && (m->status & NPU_STATUS_BUSY) == 0) {
        m->status = 0;
        model_run(m);
    }
}

static void model_write32(void *ctx, uint32_t offset, uint32_t value) {
    model_t *m = ctx;
    if (offset >= NPU_REG_REGION_BASE(0) && offset < NPU_REG_REGION_BASE(NPU_REGIONS)) {
        model_region_t *r = &m->region[(offset - NPU_REG_REGION_BASE(0)) / 16];
        if (offset % 16 == 0)
            r->base = value & ~7u;
        else if (offset % 16 == 4)
            r->size = value;
        else if (offset % 16 == 8)
            r->flags = value & (NPU_REGION_READ | NPU_REGION_WRITE);
        return;
    }
    switch (offset) {
    case NPU_REG_CTRL:
        write_ctrl(m, value);
        break;
    case NPU_REG_STATUS:
        m->status &= ~(value & (NPU_STATUS_DONE | NPU_STATUS_ERROR));
        break;
    case NPU_REG_IRQ_ENABLE:
        m->irq_enable = value & (NPU_STATUS_DONE | NPU_STATUS_ERROR);
        break;
    case NPU_REG_TIMEOUT:
        m->timeout = value;
        break;
    case NPU_REG_CMD_OFFSET:
        m->cmd_offset = value;
        break;
    case NPU_REG_CMD_BYTES:
        m->cmd_bytes = value & 0xffffffu;
        break;
    default: /* read-only or not there */
        break;
    }
}

static int model_wait(void *ctx) {
    const model_t *m = ctx;
    return (m->status & NPU_STATUS_BUSY) != 0 ? -1 : 0;
}

static size_t sp_bytes(const model_t *m) {
    return (size_t)m->cfg.sp_words * m->cfg.n;
}
static size_t acc_bytes(const model_t *m) {
    return (size_t)2 * m->cfg.acc_depth * m->cfg.n * sizeof(int32_t);
}
static void get_scratchpad(void *ctx, uint8_t *dst) {
    memcpy(dst, ((model_t *)ctx)->sp, sp_bytes(ctx));
}
static void set_scratchpad(void *ctx, const uint8_t *src) {
    memcpy(((model_t *)ctx)->sp, src, sp_bytes(ctx));
}
static void get_accumulators(void *ctx, int32_t *dst) {
    memcpy(dst, ((model_t *)ctx)->acc, acc_bytes(ctx));
}
static void set_accumulators(void *ctx, const int32_t *src) {
    memcpy(((model_t *)ctx)->acc, src, acc_bytes(ctx));
}
static uint64_t no_cycles(void *ctx) {
    (void)ctx;
    return 0;
}

static void model_close(void *ctx) {
    model_t *m = ctx;
    npu_order_free(m->order);
    free(m->mem);
    free(m->sp);
    free(m->acc);
    free(m);
}

int npu_model_open(npu_device_t *dev, const char *config, size_t mem_size,
                   const npu_device_options_t *options, char *err, size_t err_size) {
    const npu_config_t *cfg = npu_find_config(config, err, err_size);
    const char *check = getenv("NPU_MODEL_CHECK_ORDER");
    (void)options;
    if (!cfg)
        return -1;
    if (mem_size == 0 || mem_size > 0x100000000u - NPU_MEM_BASE) {
        snprintf(err, err_size, "%zu bytes of device memory do not fit its address space",
                 mem_size);
        return -1;
    }
    model_t *m = calloc(1, sizeof *m);
    if (m) {
        m->cfg = *cfg;
        m->mem_size = mem_size;
        m->mem = calloc(1, mem_size);
        m->sp = calloc(1, sp_bytes(m));
        m->acc = calloc(1, acc_bytes(m));
    }
    if (!m || !m->mem || !m->sp || !m->acc) {
        if (m)
            model_close(m);
        snprintf(err, err_size, "no memory for the model");
        return -1;
    }
    m->check_order = check && strcmp(check, "0") != 0 && check[0] != 0;
    *dev = (npu_device_t){
        .ctx = m,
        .mem = m->mem,
        .mem_size = mem_size,
        .read32 = model_read32,
        .write32 = model_write32,
        .wait = model_wait,
        .get_scratchpad = get_scratchpad,
        .get_accumulators = get_accumulators,
        .set_scratchpad = set_scratchpad,
        .set_accumulators = set_accumulators,
        .get_trace = NULL,
        .cycles = no_cycles,
        .close = model_close,
    };
    return 0;
}

void npu_model_check_order(npu_device_t *dev, int on) {
    ((model_t *)dev->ctx)->check_order = on;
}
const char *npu_model_order_error(const npu_device_t *dev) {
    const model_t *m = dev->ctx;
    return m->order ? npu_order_error(m->order) : NULL;
}
void npu_model_use_literal(npu_device_t *dev, int on) {
    ((model_t *)dev->ctx)->literal = on;
}
