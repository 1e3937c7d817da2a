/*
 * model_run.c - fetch, dispatch, tokens, end of the list; memory access within regions.
 * Counterpart: rtl/npu_sequencer.v, rtl/npu_tokens.v. SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "model.h"

static void fail(model_t *m, npu_error_code_t code, uint32_t addr) {
    m->error.code = code;
    m->error.addr = addr;
}

uint8_t *model_memory(model_t *m, uint32_t region, uint32_t offset, uint32_t bytes, uint32_t need) {
    const model_region_t *r = &m->region[region];
    if ((uint64_t)offset + bytes > r->size || (r->flags & need) == 0) {
        fail(m, NPU_ERR_REGION, offset);
        return NULL;
    }
    /* Bus addresses wrap; memory is one piece, so a run is inside when its ends are and it does not
     * wrap. */
    uint32_t bus = r->base + offset, first = bus - NPU_MEM_BASE;
    if (first >= m->mem_size || bytes > m->mem_size - first) {
        uint32_t bad = first >= m->mem_size ? bus : NPU_MEM_BASE + (uint32_t)m->mem_size;
        fail(m, need == NPU_REGION_READ ? NPU_ERR_BUS_READ : NPU_ERR_BUS_WRITE, bad & ~7u);
        return NULL;
    }
    if (need == NPU_REGION_READ)
        m->counter[NPU_CNT_BYTES_READ] +=
            8 * (((uint64_t)bus + bytes + 7) / 8 - bus / 8); /* whole beats */
    else
        m->counter[NPU_CNT_BYTES_WRITTEN] += bytes;
    return m->mem + first;
}

/* The whole list is checked before it begins. */
static void check_list(model_t *m) {
    uint64_t end = (uint64_t)m->cmd_offset + m->cmd_bytes;
    m->error.unit = NPU_UNIT_SEQUENCER;
    if (m->cmd_offset % 8 != 0 || m->cmd_bytes % 8 != 0 || end > m->region[0].size ||
        (m->region[0].flags & NPU_REGION_READ) == 0)
        fail(m, NPU_ERR_FETCH, m->cmd_offset);
}

/* The command at byte `at` of the list into words. Returns its bytes, or 0 with error fetch. */
static uint32_t fetch(model_t *m, uint32_t at, uint32_t *words) {
    uint32_t left = m->cmd_bytes - at, size = left < 8 ? left : 8;
    const uint8_t *p = model_memory(m, 0, m->cmd_offset + at, size, NPU_REGION_READ);
    if (p) { /* the first beat tells the length */
        size = 4 * npu_cmd_words(p[0]);
        size = size == 0 ? 8 : size;
        if (size > left) {
            fail(m, NPU_ERR_FETCH, m->cmd_offset);
            return 0;
        }
        if (size > 8)
            p = model_memory(m, 0, m->cmd_offset + at + 8, size - 8, NPU_REGION_READ) ? p : NULL;
    }
    if (!p) {
        fail(m, NPU_ERR_FETCH, m->error.addr);
        return 0;
    }
    return npu_list_get(p, left, words);
}

/* 0, or -1 when a token is not there. */
static int take_tokens(model_t *m, uint32_t wait, uint32_t unit) {
    for (uint32_t from = 0; from < NPU_QUEUES; from++)
        if ((wait >> from & 1u) != 0 && m->tokens[from][unit] == 0)
            return -1;
    for (uint32_t from = 0; from < NPU_QUEUES; from++)
        m->tokens[from][unit] -= wait >> from & 1u;
    return 0;
}

static void give_tokens(model_t *m, uint32_t signal, uint32_t unit) {
    for (uint32_t to = 0; to < NPU_QUEUES; to++) {
        m->tokens[unit][to] += signal >> to & 1u;
        if (m->tokens[unit][to] > MODEL_TOKENS_MAX)
            fail(m, NPU_ERR_TOKEN, 0);
    }
}

static void dispatch(model_t *m, const uint32_t *words) {
    switch (npu_cmd_opcode(words)) {
    case NPU_OP_LOAD:
        model_load(m, words);
        break;
    case NPU_OP_STORE:
        model_store(m, words);
        break;
    case NPU_OP_CONV:
        model_conv(m, words);
        break;
    case NPU_OP_DRAIN:
        model_drain(m, words);
        break;
    case NPU_OP_POOL:
        model_pool(m, words);
        break;
    case NPU_OP_ELTWISE:
        model_eltwise(m, words);
        break;
    case NPU_OP_TABLE:
        model_table(m, words);
        break;
    case NPU_OP_NORM:
        model_norm(m, words);
        break;
    case NPU_OP_DRAINW:
        model_drainw(m, words);
        break;
    case NPU_OP_QUANTW:
        model_quantw(m, words);
        break;
    case NPU_OP_ROTATE:
        model_rotate(m, words);
        break;
    case NPU_OP_SILUW:
        model_siluw(m, words);
        break;
    case NPU_OP_SOFTMAXW:
        model_softmaxw(m, words);
        break;
    default:
        model_softmax(m, words);
        break;
    }
}

/* Command `index`, at byte *at, which moves on. Returns 0, 1 after an error (m->error), -1 when it
 * waits for ever. */
static int step(model_t *m, uint32_t index, uint32_t *at) {
    uint32_t words[NPU_CMD_WORDS];
    npu_unit_t unit = NPU_UNIT_SEQUENCER;
    m->error.cmd = index;
    m->error.unit = unit;
    uint32_t size = fetch(m, *at, words);
    if (size == 0)
        return 1;
    *at += size;
    npu_error_code_t code = npu_check_command(&m->cfg, words, &unit);
    m->error.unit = unit;
    if (code != NPU_ERR_NONE) {
        fail(m, code, 0);
        return 1;
    }
    if (take_tokens(m, npu_cmd_wait(words), unit)) {
        if (m->timeout == 0)
            return -1;
        fail(m, NPU_ERR_TIMEOUT, 0);
        return 1;
    }
    if (m->order) /* a violation is kept for npu_model_order_error(); the run goes on */
        npu_order_append(m->order, words);
    dispatch(m, words);
    if (m->error.code == NPU_ERR_NONE)
        give_tokens(m, npu_cmd_signal(words), unit);
    if (m->error.code != NPU_ERR_NONE)
        return 1;
    m->counter[NPU_CNT_COMMANDS]++;
    return 0;
}

void model_run(model_t *m) {
    memset(m->counter, 0, sizeof m->counter);
    memset(m->tokens, 0, sizeof m->tokens);
    memset(&m->error, 0, sizeof m->error);
    npu_order_free(m->order);
    m->order = NULL;
    if (m->check_order) {
        uint32_t base[NPU_REGIONS];
        for (int i = 0; i < NPU_REGIONS; i++)
            base[i] = m->region[i].base;
        m->order = npu_order_new(&m->cfg, base, base[0] + m->cmd_offset, m->cmd_bytes);
    }
    check_list(m);
    int end = m->error.code != NPU_ERR_NONE;
    uint32_t n = 0, at = 0;
    for (; at < m->cmd_bytes && end == 0; n++)
        end = step(m, n, &at);
    if (end < 0) {
        m->status |= NPU_STATUS_BUSY;
        return;
    }
    for (int from = 0; end == 0 && from < NPU_QUEUES; from++)
        for (int to = 0; to < NPU_QUEUES; to++)
            if (m->tokens[from][to] != 0) {
                m->error = (model_error_t){NPU_ERR_TOKEN, NPU_UNIT_SEQUENCER, n, 0};
                end = 1;
            }
    if (end == 0)
        memset(&m->error, 0, sizeof m->error);
    m->status |= end == 0 ? NPU_STATUS_DONE : NPU_STATUS_ERROR;
}
