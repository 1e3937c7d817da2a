/*
 * fuzz_errors.c - every kind of error in the middle of a random stream: the right registers, a
 * clean stop, and after CTRL.RESET a good run. A command with an illegal field, alone, changes
 * nothing. SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz_device.h"

#define BASE_CMDS 12u
#define AT 6u /* index of the bad command */
#define ANY 0xffffffffu

typedef struct {
    npu_device_t *model, *rtl;
    const npu_config_t *cfg;
    fuzz_tally_t *tally;
    fuzz_stream_t *base, *work; /* work: copy of base that a case changes; shares sp and acc */
    uint32_t list_count;        /* commands of work; may be more than its words */
    uint32_t list_bytes;        /* of a list that is not made of work's words; else 0 */
} errors_t;

typedef struct {
    uint32_t code, unit, cmd, addr, addr_mask;
} expect_t;

static void fresh(errors_t *e) {
    *e->work = *e->base;
    e->list_count = e->base->n_cmds;
    e->list_bytes = 0;
}

static void insert(errors_t *e, const uint32_t *words) {
    fuzz_stream_t *s = e->work;
    memmove(s->words + AT + 1, s->words + AT, (s->n_cmds - AT) * sizeof s->words[0]);
    memcpy(s->words[AT], words, sizeof s->words[AT]);
    e->list_count = ++s->n_cmds;
}

/* A small legal command of each kind. */
static void simple(uint32_t opcode, uint32_t *words) {
    static const char *const ones[] = {
        "n1", "n2",    "nwin",  "nblk", "last_len", "ny",    "nx", "kh",   "kw",   "sy",
        "sx", "dil_y", "dil_x", "span", "depth",    "count", "n",  "rows", "shift"};
    static const struct {
        uint32_t opcode;
        const char *fields; /* which of `ones` it has, as letters */
    } has[] = {{NPU_OP_LOAD, "abcde"},  {NPU_OP_STORE, "abde"},   {NPU_OP_CONV, "dfghijklmn"},
               {NPU_OP_DRAIN, "fg"},    {NPU_OP_POOL, "dfghijk"}, {NPU_OP_ELTWISE, "fg"},
               {NPU_OP_TABLE, "fg"},    {NPU_OP_SOFTMAX, "fgo"},  {NPU_OP_DRAINW, "p"},
               {NPU_OP_QUANTW, "qr"},   {NPU_OP_ROTATE, "qr"},    {NPU_OP_SILUW, "qr"},
               {NPU_OP_SOFTMAXW, "qr"}, {NPU_OP_NORM, "ors"}};
    memset(words, 0, NPU_CMD_BYTES);
    words[0] = opcode;
    for (size_t i = 0; i < sizeof has / sizeof has[0]; i++)
        for (const char *f = has[i].fields; has[i].opcode == opcode && *f; f++)
            fuzz_spec_set(words, ones[*f - 'a'], 1);
    if (opcode == NPU_OP_ROTATE)
        fuzz_spec_set(words, "n", 2);
    if (opcode == NPU_OP_SOFTMAXW)
        fuzz_spec_set(words, "causal", 1);
    if (opcode == NPU_OP_STORE) {
        fuzz_spec_set(words, "run_bytes", 1);
        fuzz_spec_set(words, "region", 1);
    }
}

static int check_end(errors_t *e, const char *backend, const char *name, fuzz_end_t end,
                     expect_t want) {
    uint32_t code = end.info & 0xff, unit = end.info >> 8 & 0xf;
    if (!end.hung && end.status == NPU_STATUS_ERROR && code == want.code &&
        (want.unit == ANY || unit == want.unit) && (want.cmd == ANY || end.cmd == want.cmd) &&
        ((end.addr ^ want.addr) & want.addr_mask) == 0)
        return 0;
    printf("FAIL %s %s: %s: %sstatus %u code %u unit %u command %u address 0x%x; expected status 4 "
           "code %u unit %d command %d address 0x%x & 0x%x; rerun: %s --errors-only\n",
           e->cfg->name, backend, name, end.hung ? "hung, " : "", end.status, code, unit, end.cmd,
           end.addr, want.code, (int)want.unit, (int)want.cmd, want.addr, want.addr_mask,
           e->tally->command);
    return -1;
}

/* The good stream afterwards: reset, run, and the same bytes on both. */
static int check_recovery(errors_t *e, const char *name) {
    char text[256] = "";
    npu_device_t *dev[2] = {e->model, e->rtl};
    int bad = 0;
    for (int i = 0; i < 2 && dev[i]; i++) {
        fuzz_put(dev[i], e->base, (const uint32_t(*)[NPU_CMD_WORDS])e->base->words,
                 e->base->n_cmds);
        uint32_t left = dev[i]->read32(dev[i]->ctx, NPU_REG_STATUS);
        fuzz_end_t end = fuzz_start(dev[i]);
        if (left != 0 || end.hung || end.status != NPU_STATUS_DONE) {
            snprintf(text, sizeof text, "%s: status %u after reset, %u after the good run",
                     i ? "rtl" : "model", left, end.status);
            bad = -1;
        }
    }
    if (!bad && e->rtl)
        bad = fuzz_compare(e->model, e->rtl, e->cfg, text, sizeof text);
    if (bad)
        printf("FAIL %s: %s, then reset and a good run: %s; rerun: %s --errors-only\n",
               e->cfg->name, name, text, e->tally->command);
    return bad;
}

static void put_case(errors_t *e, npu_device_t *dev, uint32_t count) {
    uint32_t in_words = count < e->work->n_cmds ? count : e->work->n_cmds;
    fuzz_put(dev, e->work, (const uint32_t(*)[NPU_CMD_WORDS])e->work->words, in_words);
    if (e->list_bytes)
        dev->write32(dev->ctx, NPU_REG_CMD_BYTES, e->list_bytes);
}

static void run_case(errors_t *e, const char *name, expect_t want) {
    npu_device_t *dev[2] = {e->model, e->rtl};
    int bad = 0;
    for (int i = 0; i < 2 && dev[i]; i++) {
        put_case(e, dev[i], e->list_count);
        bad |= check_end(e, i ? "rtl" : "model", name, fuzz_start(dev[i]), want);
    }
    bad |= check_recovery(e, name);
    *(bad ? &e->tally->failed : &e->tally->passed) += 1;
}

/* The bad command as the whole list: error, and nothing changed. */
static void run_alone(errors_t *e, const char *name, const uint32_t *words, expect_t want) {
    char text[256] = "";
    npu_device_t *dev[2] = {e->model, e->rtl};
    int bad = 0;
    fresh(e);
    e->work->n_cmds = e->list_count = 1;
    memcpy(e->work->words[0], words, NPU_CMD_BYTES);
    want.cmd = 0;
    for (int i = 0; i < 2 && dev[i]; i++) {
        put_case(e, dev[i], 1);
        bad |= check_end(e, i ? "rtl" : "model", name, fuzz_start(dev[i]), want);
    }
    if (e->rtl && fuzz_compare(e->model, e->rtl, e->cfg, text, sizeof text)) {
        printf("FAIL %s rtl: %s had an effect: %s; rerun: %s --errors-only\n", e->cfg->name, name,
               text, e->tally->command);
        bad = 1;
    }
    *(bad ? &e->tally->failed : &e->tally->passed) += 1;
}

static void illegal_case(errors_t *e, const char *name, const uint32_t *words, int in_stream) {
    npu_unit_t unit;
    expect_t want = {npu_check_command(e->cfg, words, &unit), 0, AT, 0, 0};
    want.unit = unit;
    if (want.code == NPU_ERR_NONE) {
        printf("FAIL %s model: %s is taken for legal\n", e->cfg->name, name);
        e->tally->failed++;
        return;
    }
    run_alone(e, name, words, want);
    if (in_stream) {
        fresh(e);
        insert(e, words);
        run_case(e, name, want);
    }
}

#define N_PLUS_1 0x10001u    /* value N + 1 */
#define BEYOND_NORM 0x10002u /* value 128 N + 1 */
#define MINUS_32 0xffffffe0u
#define NEGATIVE 0x80000000u
static const char NO_MATMUL[] = "without matmul";
static const struct {
    uint32_t opcode;
    const char *field;
    uint32_t value;
    const char *also; /* another field set first; NO_MATMUL: illegal only where that is missing */
    uint32_t also_value;
} illegal[] = {
    {NPU_OP_LOAD, "n1", 0, NULL, 0},
    {NPU_OP_LOAD, "n2", 0, NULL, 0},
    {NPU_OP_LOAD, "nwin", 0, NULL, 0},
    {NPU_OP_LOAD, "nblk", 0, NULL, 0},
    {NPU_OP_LOAD, "last_len", 0, NULL, 0},
    {NPU_OP_LOAD, "last_len", N_PLUS_1, NULL, 0},
    {NPU_OP_LOAD, "win_step", N_PLUS_1, NULL, 0},
    {NPU_OP_LOAD, "lane_off", N_PLUS_1, NULL, 0},
    {NPU_OP_LOAD, "lane_off", 1, "nblk", 2},
    {NPU_OP_LOAD, "lane_off", 255, NULL, 0},
    {NPU_OP_LOAD, "packed", 1, NULL, 0},
    {NPU_OP_LOAD, "packed", 1, "nblk", 2},
    {NPU_OP_STORE, "run_bytes", 0, NULL, 0},
    {NPU_OP_STORE, "n1", 0, NULL, 0},
    {NPU_OP_STORE, "n2", 0, NULL, 0},
    {NPU_OP_STORE, "nblk", 0, NULL, 0},
    {NPU_OP_STORE, "last_len", 0, NULL, 0},
    {NPU_OP_STORE, "last_len", N_PLUS_1, NULL, 0},
    {NPU_OP_STORE, "lane_off", 1, "nblk", 2},
    {NPU_OP_STORE, "lane_off", N_PLUS_1, NULL, 0},
    {NPU_OP_CONV, "transpose", 1, "fir", 1},
    {NPU_OP_CONV, "strided", 1, "fir", 1},
    {NPU_OP_CONV, "minus", 1, "fir", 1},
    {NPU_OP_CONV, "minus", 1, "accumulate", 1},
    {NPU_OP_CONV, "transpose", 1, NO_MATMUL, 0},
    {NPU_OP_CONV, "strided", 1, NO_MATMUL, 0},
    {NPU_OP_CONV, "minus", 1, NO_MATMUL, 0},
    {NPU_OP_DRAIN, "column", 1, NO_MATMUL, 0},
    {NPU_OP_CONV, "late", 1, NULL, 0},
    {NPU_OP_CONV, "late", 1, "early", 1},
    {NPU_OP_CONV, "ny", 0, NULL, 0},
    {NPU_OP_CONV, "nx", 0, NULL, 0},
    {NPU_OP_CONV, "in_h", 32768, NULL, 0},
    {NPU_OP_CONV, "in_w", 32768, NULL, 0},
    {NPU_OP_CONV, "kh", 0, NULL, 0},
    {NPU_OP_CONV, "kw", 0, NULL, 0},
    {NPU_OP_CONV, "dil_y", 0, NULL, 0},
    {NPU_OP_CONV, "dil_x", 0, NULL, 0},
    {NPU_OP_CONV, "sy", 0, NULL, 0},
    {NPU_OP_CONV, "sx", 0, NULL, 0},
    {NPU_OP_CONV, "nblk", 0, NULL, 0},
    {NPU_OP_CONV, "dil_x", 2, "fir", 1},
    {NPU_OP_CONV, "nblk", 2, "fir", 1},
    {NPU_OP_CONV, "span", 0, "fir", 1},
    {NPU_OP_CONV, "kh", 0, "fir", 1},
    {NPU_OP_DRAIN, "ny", 0, NULL, 0},
    {NPU_OP_DRAIN, "nx", 0, NULL, 0},
    {NPU_OP_POOL, "ny", 0, NULL, 0},
    {NPU_OP_POOL, "nx", 0, NULL, 0},
    {NPU_OP_POOL, "kh", 0, NULL, 0},
    {NPU_OP_POOL, "kw", 0, NULL, 0},
    {NPU_OP_POOL, "sy", 0, NULL, 0},
    {NPU_OP_POOL, "sx", 0, NULL, 0},
    {NPU_OP_POOL, "nblk", 0, NULL, 0},
    {NPU_OP_POOL, "in_h", 32768, NULL, 0},
    {NPU_OP_POOL, "in_w", 65535, NULL, 0},
    {NPU_OP_POOL, "mult", NEGATIVE, NULL, 0},
    {NPU_OP_POOL, "shift", MINUS_32, NULL, 0},
    {NPU_OP_POOL, "shift", 31, NULL, 0},
    {NPU_OP_ELTWISE, "op", 5, NULL, 0},
    {NPU_OP_ELTWISE, "op", 7, NULL, 0},
    {NPU_OP_ELTWISE, "ny", 0, NULL, 0},
    {NPU_OP_ELTWISE, "nx", 0, NULL, 0},
    {NPU_OP_ELTWISE, "a_x", 2, NULL, 0},
    {NPU_OP_ELTWISE, "b_x", 2, NULL, 0},
    {NPU_OP_ELTWISE, "left", 23, NULL, 0},
    {NPU_OP_ELTWISE, "a_mult", NEGATIVE, NULL, 0},
    {NPU_OP_ELTWISE, "b_mult", 0xffffffffu, NULL, 0},
    {NPU_OP_ELTWISE, "o_mult", NEGATIVE, NULL, 0},
    {NPU_OP_ELTWISE, "a_shift", 31, NULL, 0},
    {NPU_OP_ELTWISE, "b_shift", 31, NULL, 0},
    {NPU_OP_ELTWISE, "o_shift", 31, NULL, 0},
    {NPU_OP_ELTWISE, "a_shift", MINUS_32, NULL, 0},
    {NPU_OP_ELTWISE, "b_shift", MINUS_32, NULL, 0},
    {NPU_OP_ELTWISE, "o_shift", MINUS_32, NULL, 0},
    {NPU_OP_TABLE, "ny", 0, NULL, 0},
    {NPU_OP_TABLE, "nx", 0, NULL, 0},
    {NPU_OP_SOFTMAX, "ny", 0, NULL, 0},
    {NPU_OP_SOFTMAX, "nx", 0, NULL, 0},
    {NPU_OP_SOFTMAX, "depth", 0, NULL, 0},
    {NPU_OP_NORM, "rows", 0, NULL, 0},
    {NPU_OP_NORM, "depth", 0, NULL, 0},
    {NPU_OP_NORM, "depth", BEYOND_NORM, NULL, 0},
    {NPU_OP_NORM, "shift", 0, NULL, 0},
    {NPU_OP_DRAINW, "count", 0, NULL, 0},
    {NPU_OP_DRAINW, "shift", 31, NULL, 0},
    {NPU_OP_DRAINW, "shift", MINUS_32, NULL, 0},
    {NPU_OP_QUANTW, "n", 0, NULL, 0},
    {NPU_OP_QUANTW, "rows", 0, NULL, 0},
    {NPU_OP_ROTATE, "n", 0, NULL, 0},
    {NPU_OP_ROTATE, "n", 7, NULL, 0},
    {NPU_OP_ROTATE, "rows", 0, NULL, 0},
    {NPU_OP_SILUW, "n", 0, NULL, 0},
    {NPU_OP_SILUW, "rows", 0, NULL, 0},
    {NPU_OP_SOFTMAXW, "n", 0, NULL, 0},
    {NPU_OP_SOFTMAXW, "rows", 0, NULL, 0},
    {NPU_OP_SOFTMAXW, "n", 65535, "rows", 2},
};

static void illegal_cases(errors_t *e) {
    static const uint32_t opcodes[] = {
        NPU_OP_LOAD,    NPU_OP_STORE, NPU_OP_CONV,     NPU_OP_DRAIN,  NPU_OP_POOL,
        NPU_OP_ELTWISE, NPU_OP_TABLE, NPU_OP_SOFTMAX,  NPU_OP_DRAINW, NPU_OP_QUANTW,
        NPU_OP_ROTATE,  NPU_OP_SILUW, NPU_OP_SOFTMAXW, NPU_OP_NORM};
    static const uint32_t unknown[] = {0x00, 0x01, 0x11, 0x21, 0x36, 0x41, 0x80, 0xff};
    uint32_t words[NPU_CMD_WORDS];
    char name[80];
    for (size_t i = 0; i < sizeof illegal / sizeof illegal[0]; i++) {
        uint32_t value = illegal[i].value == N_PLUS_1      ? e->cfg->n + 1
                         : illegal[i].value == BEYOND_NORM ? 128 * e->cfg->n + 1
                                                           : illegal[i].value;
        if (illegal[i].also == NO_MATMUL && e->cfg->matmul)
            continue;
        simple(illegal[i].opcode, words);
        if (illegal[i].also && illegal[i].also != NO_MATMUL)
            fuzz_spec_set(words, illegal[i].also, illegal[i].also_value);
        fuzz_spec_set(words, illegal[i].field, value);
        snprintf(name, sizeof name, "opcode 0x%02x with %s = %u", illegal[i].opcode,
                 illegal[i].field, value);
        illegal_case(e, name, words, i % 5 == 0);
    }
    for (size_t i = 0; i < sizeof opcodes / sizeof opcodes[0]; i++) {
        uint32_t unit;
        simple(opcodes[i], words);
        unit = npu_cmd_unit(npu_cmd_opcode(words));
        npu_cmd_set_tokens(words, 1u << unit, 0);
        snprintf(name, sizeof name, "opcode 0x%02x waits for its own unit", opcodes[i]);
        illegal_case(e, name, words, 0);
        if (!npu_config_has(e->cfg, opcodes[i])) {
            simple(opcodes[i], words);
            snprintf(name, sizeof name, "opcode 0x%02x, whose unit is left out", opcodes[i]);
            illegal_case(e, name, words, 1);
        }
        npu_cmd_set_tokens(words, 0, 1u << unit);
        snprintf(name, sizeof name, "opcode 0x%02x signals its own unit", opcodes[i]);
        illegal_case(e, name, words, 0);
    }
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        memset(words, 0, sizeof words);
        words[0] = unknown[i];
        snprintf(name, sizeof name, "opcode 0x%02x", unknown[i]);
        illegal_case(e, name, words, 1);
    }
}

/* A transfer of `bytes` at `offset` of a region, by LOAD or STORE; n1 runs. */
static void transfer(uint32_t opcode, uint32_t region, uint32_t offset, uint32_t bytes, uint32_t n1,
                     uint32_t stride, uint32_t *words) {
    simple(opcode, words);
    fuzz_spec_set(words, "region", region);
    fuzz_spec_set(words, "offset", offset);
    fuzz_spec_set(words, "run_bytes", bytes);
    fuzz_spec_set(words, "n1", n1);
    fuzz_spec_set(words, "stride1", stride);
    fuzz_spec_set(words, "sp_n1", 1);
}

static void region_cases(errors_t *e) {
    uint32_t words[NPU_CMD_WORDS];
    char name[80];
    for (int store = 0; store < 2; store++) {
        uint32_t op = store ? NPU_OP_STORE : NPU_OP_LOAD;
        uint32_t unit = store ? NPU_UNIT_STORE : NPU_UNIT_LOAD, size = e->base->region[1].size;
        const struct {
            const char *what;
            uint32_t region, offset, bytes, n1, stride, bad;
        } c[] = {
            {"leaves its region by one byte", 1, size - 16, 17, 1, 0, size - 16},
            {"begins at the end of its region", 1, size, 1, 1, 0, size},
            {"passes 2^32", 1, 0xfffffff0u, 32, 1, 0, 0xfffffff0u},
            {"is as long as 2^32 - 1", 1, 1, 0xffffffffu, 1, 0, 1},
            {"leaves its region in the second run", 1, size - 40, 20, 3, 21, size - 19},
            {"leaves its region downwards", 1, 10, 4, 3, (uint32_t)-9, 0xfffffff8u},
            {"lacks the permission", store ? 2u : 3u, 8, 4, 1, 0, 8},
        };
        for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
            fresh(e);
            transfer(op, c[i].region, c[i].offset, c[i].bytes, c[i].n1, c[i].stride, words);
            insert(e, words);
            snprintf(name, sizeof name, "%s %s", store ? "STORE" : "LOAD", c[i].what);
            run_case(e, name, (expect_t){NPU_ERR_REGION, unit, AT, c[i].bad, ANY});
        }
        fresh(e);
        e->work->region[3] = (fuzz_region_t){NPU_MEM_BASE + FUZZ_MEM_BYTES + 64, 4096,
                                             NPU_REGION_READ | NPU_REGION_WRITE};
        transfer(op, 3, 24, 300, 2, 500, words);
        insert(e, words);
        run_case(e, store ? "STORE to nothing" : "LOAD from nothing",
                 (expect_t){store ? NPU_ERR_BUS_WRITE : NPU_ERR_BUS_READ, unit, AT,
                            NPU_MEM_BASE + FUZZ_MEM_BYTES + 64 + 24, ~7u});
    }
}

static void token_cases(errors_t *e) {
    uint32_t words[NPU_CMD_WORDS];
    static const struct {
        uint32_t opcode, from;
        const char *flag;
    } waits[] = {{NPU_OP_LOAD, NPU_UNIT_ARRAY, NULL},    {NPU_OP_CONV, NPU_UNIT_LOAD, NULL},
                 {NPU_OP_CONV, NPU_UNIT_VECTOR, NULL},   {NPU_OP_CONV, NPU_UNIT_STORE, "early"},
                 {NPU_OP_CONV, NPU_UNIT_VECTOR, "late"}, {NPU_OP_TABLE, NPU_UNIT_LOAD, NULL},
                 {NPU_OP_STORE, NPU_UNIT_VECTOR, NULL}};
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        fresh(e);
        e->work->timeout = 5000;
        simple(waits[i].opcode, words);
        if (waits[i].flag)
            fuzz_spec_set(words, waits[i].flag, 1);
        if (waits[i].flag && strcmp(waits[i].flag, "late") == 0)
            fuzz_spec_set(words, "load_params", 1);
        npu_cmd_set_tokens(words, 1u << waits[i].from, 0);
        insert(e, words);
        /* a later token would come in time on hardware only, so nobody gives one */
        for (uint32_t k = AT + 1; k < e->work->n_cmds; k++)
            npu_cmd_set_tokens(e->work->words[k], 0, 0);
        for (uint32_t k = 0; k < AT; k++)
            npu_cmd_set_tokens(e->work->words[k], 0, 0);
        run_case(e, "a token that never comes",
                 (expect_t){NPU_ERR_TIMEOUT, npu_cmd_unit(npu_cmd_opcode(words)), AT, 0, 0});
    }
    fresh(e);
    simple(NPU_OP_LOAD, words);
    npu_cmd_set_tokens(words, 0, 1u << NPU_UNIT_VECTOR);
    memcpy(e->work->words[e->work->n_cmds], words, sizeof words);
    e->list_count = ++e->work->n_cmds;
    run_case(e, "a token left at the end",
             (expect_t){NPU_ERR_TOKEN, NPU_UNIT_SEQUENCER, e->list_count, 0, 0});
    /* 4096 tokens and no taker; the list runs over everything behind region 0 */
    fresh(e);
    npu_cmd_set_tokens(words, 0, 1u << NPU_UNIT_ARRAY);
    e->work->n_cmds = 0;
    e->list_count = 4100;
    e->list_bytes = e->list_count * 4 * npu_cmd_words(NPU_OP_LOAD);
    e->work->region[0].size = e->work->cmd_offset + e->list_bytes;
    size_t list = e->work->region[0].base - NPU_MEM_BASE + e->work->cmd_offset;
    for (size_t i = 0; i < e->list_bytes;)
        i += npu_list_put(words, e->work->mem + list + i);
    run_case(e, "4096 tokens", (expect_t){NPU_ERR_TOKEN, ANY, ANY, 0, 0});
}

static void fetch_cases(errors_t *e) {
    fuzz_stream_t *s = e->work;
    fresh(e);
    s->cmd_offset += 4;
    run_case(e, "misaligned list",
             (expect_t){NPU_ERR_FETCH, NPU_UNIT_SEQUENCER, 0, s->cmd_offset, ANY});
    fresh(e);
    s->region[0].size = s->cmd_offset + fuzz_list_bytes(s, s->n_cmds) - 1;
    run_case(e, "list leaves region 0 by one byte",
             (expect_t){NPU_ERR_FETCH, NPU_UNIT_SEQUENCER, 0, s->cmd_offset, ANY});
    fresh(e);
    e->list_bytes = fuzz_list_bytes(s, s->n_cmds) + 4;
    run_case(e, "list of half beats",
             (expect_t){NPU_ERR_FETCH, NPU_UNIT_SEQUENCER, 0, s->cmd_offset, ANY});
    fresh(e);
    e->list_bytes = fuzz_list_bytes(s, s->n_cmds) - 8;
    run_case(e, "list ends within a command",
             (expect_t){NPU_ERR_FETCH, NPU_UNIT_SEQUENCER, s->n_cmds - 1, s->cmd_offset, ANY});
    fresh(e);
    s->region[0].flags = NPU_REGION_WRITE;
    run_case(e, "list in a region without reads",
             (expect_t){NPU_ERR_FETCH, NPU_UNIT_SEQUENCER, 0, s->cmd_offset, ANY});
    fresh(e);
    npu_device_t *dev[2] = {e->model, e->rtl};
    int bad = 0;
    for (int i = 0; i < 2 && dev[i]; i++) {
        put_case(e, dev[i], e->list_count);
        dev[i]->write32(dev[i]->ctx, NPU_REG_REGION_BASE(0), NPU_MEM_BASE + FUZZ_MEM_BYTES);
        bad |= check_end(e, i ? "rtl" : "model", "list in no memory", fuzz_start(dev[i]),
                         (expect_t){NPU_ERR_FETCH, NPU_UNIT_SEQUENCER, ANY, 0, 0});
    }
    bad |= check_recovery(e, "list in no memory");
    *(bad ? &e->tally->failed : &e->tally->passed) += 1;
    /* the model alone: without a watchdog it stays busy until reset */
    fresh(e);
    npu_cmd_set_tokens(s->words[0], 0xf & ~(1u << npu_cmd_unit(npu_cmd_opcode(s->words[0]))), 0);
    put_case(e, e->model, e->list_count);
    fuzz_end_t end = fuzz_start(e->model);
    bad = !end.hung || end.status != NPU_STATUS_BUSY || check_recovery(e, "deadlock");
    if (bad)
        printf("FAIL %s model: deadlock without watchdog: status %u\n", e->cfg->name, end.status);
    *(bad ? &e->tally->failed : &e->tally->passed) += 1;
    fresh(e);
    e->list_count = 0;
    for (int i = 0; i < 2 && dev[i]; i++) {
        put_case(e, dev[i], 0);
        end = fuzz_start(dev[i]);
        bad = end.hung || end.status != NPU_STATUS_DONE;
        if (bad)
            printf("FAIL %s %s: empty list: status %u\n", e->cfg->name, i ? "rtl" : "model",
                   end.status);
        *(bad ? &e->tally->failed : &e->tally->passed) += 1;
    }
}

static int uses_region_3(const fuzz_stream_t *s) {
    for (uint32_t i = 0; i < s->n_cmds; i++)
        if ((npu_cmd_opcode(s->words[i]) == NPU_OP_LOAD ||
             npu_cmd_opcode(s->words[i]) == NPU_OP_STORE) &&
            (s->words[i][0] >> 16 & 3u) == 3)
            return 1;
    return 0;
}

void fuzz_errors(npu_device_t *model, npu_device_t *rtl, const npu_config_t *cfg, uint64_t seed,
                 fuzz_tally_t *tally) {
    errors_t e = {model, rtl, cfg, tally, NULL, NULL, 0, 0};
    do {
        fuzz_free(e.base);
        e.base = fuzz_generate(cfg, seed++, BASE_CMDS);
    } while (e.base && uses_region_3(e.base));
    e.work = malloc(sizeof *e.work);
    if (!e.base || !e.work) {
        printf("FAIL %s: out of memory\n", cfg->name);
        tally->failed++;
    } else {
        e.base->region[3].flags = NPU_REGION_WRITE;
        e.base->region[0].size += 2 * NPU_CMD_BYTES; /* room for inserted commands */
        npu_model_check_order(model, 0);
        illegal_cases(&e);
        region_cases(&e);
        token_cases(&e);
        fetch_cases(&e);
    }
    free(e.work);
    fuzz_free(e.base);
}
