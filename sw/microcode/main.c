/*
 * main.c - the command list from START to END: fetch, check, tokens, dispatch, errors, counters.
 * Counterpart: cmodel/npu/model_run.c. SPDX-License-Identifier: Apache-2.0
 */
#include "micro.h"
#include "npu_model.h"

#define TOKENS_MAX 4095u

mc_error_t mc_error;
mc_counts_t mc_counts;

/* Reset entry, at address 0. */
__attribute__((naked, section(".start"))) void mc_start(void) {
    __asm__ volatile("lui sp, %hi(__stack_top)\n\taddi sp, sp, %lo(__stack_top)\n\tj mc_main");
}

/* No multiplier: what the compiler calls for `*`. */
uint32_t __mulsi3(uint32_t a, uint32_t b);
uint32_t __mulsi3(uint32_t a, uint32_t b) {
    uint32_t product = 0;
    for (; b != 0; b >>= 1, a <<= 1)
        if ((b & 1u) != 0)
            product += a;
    return product;
}

static void fail(uint32_t code, uint32_t addr) {
    mc_error.code = code;
    mc_error.addr = addr;
}

int mc_memory(uint32_t region, uint32_t offset, uint32_t bytes, uint32_t need, uint32_t *bus) {
    uint32_t at = 16u * region, end = offset + bytes;
    if (end < offset || end > MC_REG(NPU_REG_REGION_SIZE(0) + at) ||
        (MC_REG(NPU_REG_REGION_FLAGS(0) + at) & need) == 0) {
        fail(NPU_ERR_REGION, offset);
        return -1;
    }
    *bus = (MC_REG(NPU_REG_REGION_BASE(0) + at) & ~7u) + offset;
    if (need == NPU_REGION_READ)
        mc_counts.bytes_read += ((*bus + bytes + 3u) & ~3u) - (*bus & ~3u);
    else
        mc_counts.bytes_written += bytes;
    return 0;
}

static void check_list(uint32_t offset, uint32_t bytes) {
    uint32_t end = offset + bytes;
    if (((offset | bytes) & 7u) != 0 || end < offset || end > MC_REG(NPU_REG_REGION_SIZE(0)) ||
        (MC_REG(NPU_REG_REGION_FLAGS(0)) & NPU_REGION_READ) == 0)
        fail(NPU_ERR_FETCH, offset);
}

/* The command at byte `at` of the list; its bytes, 0 with an error. */
static uint32_t fetch(uint32_t list, uint32_t at, uint32_t left, uint32_t *words) {
    uint32_t bus = (MC_REG(NPU_REG_REGION_BASE(0)) & ~7u) + list + at, n;
    MC_BUS_ADDR = bus;
    words[0] = MC_BUS_NEXT;
    n = npu_cmd_words(words[0] & 0xffu);
    n = n == 0 ? 2 : n;
    if (4 * n > left && MC_ERR == 0) {
        fail(NPU_ERR_FETCH, list);
        return 0;
    }
    for (uint32_t i = 1; i < n; i++)
        words[i] = MC_BUS_NEXT;
    if (MC_ERR != 0) {
        fail(NPU_ERR_FETCH, bus & ~7u);
        return 0;
    }
    mc_counts.bytes_read += 4 * n;
    return 4 * n;
}

/* tokens[4 * from + to]. A token that is not there now never comes: what would give it stands later
 * in the list. So the time-out is over at once, and without one the NPU stays busy until reset. */
static int take_tokens(uint16_t *tokens, uint32_t wait, uint32_t unit) {
    for (uint32_t from = 0; from < NPU_QUEUES; from++)
        if ((wait >> from & 1u) != 0 && tokens[4 * from + unit] == 0) {
            while (MC_REG(NPU_REG_TIMEOUT) == 0) {
            }
            fail(NPU_ERR_TIMEOUT, 0);
            return -1;
        }
    for (uint32_t from = 0; from < NPU_QUEUES; from++)
        tokens[4 * from + unit] = (uint16_t)(tokens[4 * from + unit] - (wait >> from & 1u));
    return 0;
}

static void give_tokens(uint16_t *tokens, uint32_t signal, uint32_t unit) {
    for (uint32_t to = 0; to < NPU_QUEUES; to++) {
        uint32_t n = tokens[4 * unit + to] + (signal >> to & 1u);
        tokens[4 * unit + to] = (uint16_t)n;
        if (n > TOKENS_MAX)
            fail(NPU_ERR_TOKEN, 0);
    }
}

static void dispatch(const uint32_t *words) {
    switch (npu_cmd_opcode(words)) {
    case NPU_OP_LOAD:
        mc_load(words);
        break;
    case NPU_OP_STORE:
        mc_store(words);
        break;
    case NPU_OP_CONV:
        mc_conv(words);
        break;
    case NPU_OP_DRAIN:
        mc_drain(words);
        break;
    case NPU_OP_POOL:
        mc_pool(words);
        break;
    case NPU_OP_ELTWISE:
        mc_eltwise(words);
        break;
    case NPU_OP_TABLE:
        mc_table(words);
        break;
    default:
        mc_softmax(words);
        break;
    }
}

static void run_list(uint32_t list, uint32_t bytes) {
    static const npu_config_t config = {.name = "", .n = MC_N, .softmax = NPU_CFG_SOFTMAX};
    uint16_t tokens[NPU_QUEUES * NPU_QUEUES];
    uint32_t words[NPU_CMD_WORDS], at = 0, index = 0;
    for (uint32_t i = 0; i < NPU_QUEUES * NPU_QUEUES; i++)
        tokens[i] = 0;
    for (; at < bytes; index++) {
        npu_unit_t unit = NPU_UNIT_SEQUENCER;
        uint32_t begin = MC_CYCLES;
        mc_error.cmd = index;
        mc_error.unit = unit;
        uint32_t size = fetch(list, at, bytes - at, words);
        if (size == 0)
            return;
        at += size;
        uint32_t code = npu_check_command(&config, words, &unit);
        mc_error.unit = unit;
        if (code != NPU_ERR_NONE) {
            fail(code, 0);
            return;
        }
        if (take_tokens(tokens, npu_cmd_wait(words), unit))
            return;
        dispatch(words);
        if (mc_error.code == NPU_ERR_NONE)
            give_tokens(tokens, npu_cmd_signal(words), unit);
        if (mc_error.code != NPU_ERR_NONE)
            return;
        mc_counts.busy[unit] += MC_CYCLES - begin;
        mc_counts.commands++;
    }
    mc_error.unit = NPU_UNIT_SEQUENCER;
    mc_error.cmd = index;
    for (uint32_t i = 0; i < NPU_QUEUES * NPU_QUEUES; i++)
        if (tokens[i] != 0)
            fail(NPU_ERR_TOKEN, 0);
}

static void count(uint32_t counter, uint32_t value) {
    MC_REG(NPU_REG_COUNTER(counter)) =
        value; /* the high word stays 0: a list takes less than 2^32 cycles */
}

__attribute__((used, noreturn)) void mc_main(void) {
    uint32_t list = MC_REG(NPU_REG_CMD_OFFSET), bytes = MC_REG(NPU_REG_CMD_BYTES) & 0xffffffu;
    mc_error = (mc_error_t){NPU_ERR_NONE, NPU_UNIT_SEQUENCER, 0, 0};
    mc_counts = (mc_counts_t){0};
    MC_REG(NPU_REG_ERR_INFO) = 0;
    MC_REG(NPU_REG_ERR_CMD) = 0;
    MC_REG(NPU_REG_ERR_ADDR) = 0;
    check_list(list, bytes);
    if (mc_error.code == NPU_ERR_NONE)
        run_list(list, bytes);
    if (mc_error.code != NPU_ERR_NONE) {
        MC_REG(NPU_REG_ERR_INFO) = mc_error.code | mc_error.unit << 8;
        MC_REG(NPU_REG_ERR_CMD) = mc_error.cmd;
        MC_REG(NPU_REG_ERR_ADDR) = mc_error.addr;
    }
    count(NPU_CNT_BYTES_READ, mc_counts.bytes_read);
    count(NPU_CNT_BYTES_WRITTEN, mc_counts.bytes_written);
    count(NPU_CNT_LOAD_BUSY, mc_counts.busy[NPU_UNIT_LOAD]);
    count(NPU_CNT_ARRAY_BUSY, mc_counts.busy[NPU_UNIT_ARRAY]);
    count(NPU_CNT_VECTOR_BUSY, mc_counts.busy[NPU_UNIT_VECTOR]);
    count(NPU_CNT_STORE_BUSY, mc_counts.busy[NPU_UNIT_STORE]);
    count(NPU_CNT_ARRAY_STEPS, mc_counts.steps);
    count(NPU_CNT_COMMANDS, mc_counts.commands);
    count(NPU_CNT_CYCLES, MC_CYCLES);
    MC_END = mc_error.code == NPU_ERR_NONE ? NPU_STATUS_DONE : NPU_STATUS_ERROR;
    for (;;) {
    }
}
