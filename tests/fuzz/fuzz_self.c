/*
 * fuzz_self.c - what the model promises, checked on a random stream without hardware:
 *   1. fast CONV in another legal order of the commands leaves the same bytes as literal CONV in
 * list order, and the order check finds nothing;
 *   2. a command reads and writes only what npu_footprint() reports;
 *   3. without one of its token pairs the order check names the list, or any order still agrees.
 * And once: model_requant() equals ref_requant(). SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz_device.h"
#include "model.h"
#include "../../cmodel/ref/ref_arith.h"

int fuzz_requant(uint64_t seed, char *text, size_t text_size) {
    static const int32_t edge[] = {
        0, 1, -1, 2, 3, INT32_MIN, 1 << 30, INT32_MAX, -(1 << 30), INT32_MIN + 1, INT32_MAX - 1};
    const uint32_t edges = sizeof edge / sizeof edge[0];
    fuzz_rng_t r = {seed};
    for (uint32_t i = 0; i < 1000000; i++) {
        int32_t x = (int32_t)fuzz_u32(&r) >> fuzz_in(&r, 0, 31);
        int32_t m = (int32_t)(fuzz_u32(&r) >> 1), shift = fuzz_in(&r, -31, 30);
        if (i % 8 == 0)
            x = edge[fuzz_u32(&r) % edges];
        if (i % 16 == 0)
            m = edge[fuzz_u32(&r) % edges] & INT32_MAX;
        int32_t want = ref_requant(x, m, shift);
        int32_t got = model_requant(x, m, shift > 0 ? shift : 0, shift > 0 ? 0 : -shift);
        if (want != got) {
            snprintf(text, text_size, "requant(%d, %d, %d): %d expected, %d found", x, m, shift,
                     want, got);
            return -1;
        }
    }
    return 0;
}

static int run_or_say(npu_device_t *dev, const char *what, char *text, size_t text_size) {
    fuzz_end_t end = fuzz_start(dev);
    if (end.hung || end.status != NPU_STATUS_DONE) {
        snprintf(text, text_size, "%s: status %u, error info 0x%x, command %u, address 0x%x", what,
                 end.status, end.info, end.cmd, end.addr);
        return -1;
    }
    return 0;
}

static int check_order(npu_device_t *literal, npu_device_t *fast, const fuzz_stream_t *s,
                       fuzz_rng_t *r, char *text, size_t text_size) {
    uint32_t words[FUZZ_MAX_CMDS][NPU_CMD_WORDS], order[FUZZ_MAX_CMDS];
    npu_model_check_order(literal, 1);
    fuzz_put(literal, s, s->words, s->n_cmds);
    if (run_or_say(literal, "list order", text, text_size))
        return -1;
    if (npu_model_order_error(literal)) {
        snprintf(text, text_size, "%s", npu_model_order_error(literal));
        return -1;
    }
    npu_model_check_order(literal, 0);
    fuzz_reorder(s, r, words, order);
    fuzz_put(fast, s, (const uint32_t(*)[NPU_CMD_WORDS])words, s->n_cmds);
    if (run_or_say(fast, "other order", text, text_size))
        return -1;
    size_t list = s->region[0].base - NPU_MEM_BASE + s->cmd_offset; /* differs by intent */
    memcpy(fast->mem + list, literal->mem + list, fuzz_list_bytes(s, s->n_cmds));
    return fuzz_compare(literal, fast, s->cfg, text, text_size);
}

/* ---- footprints */

typedef struct {
    uint8_t *set[NPU_RES_MEMORY + 1][2]; /* [resource][write], one byte for each address */
} sets_t;

static void touch(void *ctx, npu_resource_t resource, uint32_t address, uint32_t count, int write,
                  int phase) {
    sets_t *t = ctx;
    (void)phase;
    if (resource == NPU_RES_MEMORY)
        address -= NPU_MEM_BASE;
    memset(t->set[resource][write] + address, 1, count);
}

/* Before: b = a where the command reads or writes (a write may keep bytes), random elsewhere. */
static void scramble(const sets_t *t, npu_resource_t resource, size_t count, size_t bytes,
                     const uint8_t *a, uint8_t *b, fuzz_rng_t *r) {
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < bytes; j++)
            b[i * bytes + j] = t->set[resource][0][i] || t->set[resource][1][i]
                                   ? a[i * bytes + j]
                                   : (uint8_t)(a[i * bytes + j] ^ (1 + (fuzz_u32(r) & 127)));
}

/* After: written units equal in both; all others as before. */
static int judge(const sets_t *t, npu_resource_t resource, size_t count, size_t bytes,
                 const uint8_t *before, const uint8_t *after, const uint8_t *other_before,
                 const uint8_t *other_after, char *text, size_t text_size) {
    static const char *const name[] = {"scratchpad word", "accumulator entry", "", "memory byte"};
    for (size_t i = 0; i < count; i++) {
        size_t at = i * bytes;
        int wrong = t->set[resource][1][i]
                        ? memcmp(after + at, other_after + at, bytes) != 0
                        : memcmp(before + at, after + at, bytes) != 0 ||
                              memcmp(other_before + at, other_after + at, bytes) != 0;
        if (wrong) {
            snprintf(text, text_size, "%s 0x%zx: %s", name[resource], i,
                     t->set[resource][1][i] ? "depends on what the footprint does not name"
                                            : "written but not in the footprint");
            return -1;
        }
    }
    return 0;
}

typedef struct {
    uint8_t *sp, *acc, *mem;
} state_t;

static int state_new(state_t *s, const npu_config_t *cfg) {
    s->sp = calloc(cfg->sp_words, cfg->n);
    s->acc = calloc((size_t)2 * cfg->acc_depth * cfg->n, 4);
    s->mem = calloc(1, FUZZ_MEM_BYTES);
    return s->sp && s->acc && s->mem ? 0 : -1;
}
static void state_free(state_t *s) {
    free(s->sp);
    free(s->acc);
    free(s->mem);
}
static void state_get(state_t *s, npu_device_t *dev) {
    dev->get_scratchpad(dev->ctx, s->sp);
    dev->get_accumulators(dev->ctx, (int32_t *)(void *)s->acc);
    memcpy(s->mem, dev->mem, FUZZ_MEM_BYTES);
}
static void state_set(const state_t *s, npu_device_t *dev) {
    dev->set_scratchpad(dev->ctx, s->sp);
    dev->set_accumulators(dev->ctx, (const int32_t *)(const void *)s->acc);
    memcpy(dev->mem, s->mem, FUZZ_MEM_BYTES);
}

/* Device `a` runs the commands one by one; `b` runs each in a scrambled copy of a's state. */
static int check_footprints(npu_device_t *a, npu_device_t *b, const fuzz_stream_t *s, fuzz_rng_t *r,
                            char *text, size_t text_size) {
    const npu_config_t *cfg = s->cfg;
    const size_t count[] = {cfg->sp_words, (size_t)2 * cfg->acc_depth, 2, FUZZ_MEM_BYTES};
    state_t before = {0}, after = {0}, other = {0}, other_after = {0};
    sets_t t = {{{0}}};
    uint32_t base[NPU_REGIONS];
    size_t list = s->region[0].base - NPU_MEM_BASE + s->cmd_offset;
    int bad = state_new(&before, cfg) || state_new(&after, cfg) || state_new(&other, cfg) ||
              state_new(&other_after, cfg);
    for (int k = 0; k < 4; k++)
        for (int w = 0; w < 2; w++)
            bad = !(t.set[k][w] = malloc(count[k])) || bad;
    if (bad)
        snprintf(text, text_size, "out of memory");
    for (int i = 0; i < NPU_REGIONS; i++)
        base[i] = s->region[i].base;
    fuzz_put(a, s, s->words, 0);
    fuzz_put(b, s, s->words, 0);
    for (uint32_t i = 0; !bad && i < s->n_cmds; i++) {
        uint32_t words[1][NPU_CMD_WORDS];
        memcpy(words[0], s->words[i], sizeof words[0]);
        npu_cmd_set_tokens(words[0], 0, 0);
        for (int k = 0; k < 4; k++)
            for (int w = 0; w < 2; w++)
                memset(t.set[k][w], 0, count[k]);
        npu_footprint(cfg, base, words[0], touch, &t);
        uint32_t bytes = npu_list_put(words[0], a->mem + list);
        memset(t.set[NPU_RES_MEMORY][0] + list, 1, bytes);
        state_get(&before, a);
        scramble(&t, NPU_RES_SCRATCHPAD, count[0], cfg->n, before.sp, other.sp, r);
        scramble(&t, NPU_RES_ACCUMULATOR, count[1], 4 * cfg->n, before.acc, other.acc, r);
        scramble(&t, NPU_RES_MEMORY, count[3], 1, before.mem, other.mem, r);
        state_set(&other, b);
        a->write32(a->ctx, NPU_REG_CMD_BYTES, bytes);
        b->write32(b->ctx, NPU_REG_CMD_BYTES, bytes);
        bad = run_or_say(a, "footprint", text, text_size) ||
              run_or_say(b, "footprint, scrambled", text, text_size);
        state_get(&after, a);
        state_get(&other_after, b);
        bad = bad ||
              judge(&t, NPU_RES_SCRATCHPAD, count[0], cfg->n, before.sp, after.sp, other.sp,
                    other_after.sp, text, text_size) ||
              judge(&t, NPU_RES_ACCUMULATOR, count[1], 4 * cfg->n, before.acc, after.acc, other.acc,
                    other_after.acc, text, text_size) ||
              judge(&t, NPU_RES_MEMORY, count[3], 1, before.mem, after.mem, other.mem,
                    other_after.mem, text, text_size);
        if (bad) {
            size_t used = strlen(text);
            snprintf(text + used, text_size - used, " (command %u)", i);
        }
    }
    for (int k = 0; k < 4; k++)
        for (int w = 0; w < 2; w++)
            free(t.set[k][w]);
    state_free(&before);
    state_free(&after);
    state_free(&other);
    state_free(&other_after);
    return bad ? -1 : 0;
}

/* ---- removed tokens */

/* Take away the token that command `taker` takes from `from`. */
static void remove_pair(fuzz_stream_t *s, uint32_t taker, uint32_t from) {
    uint32_t unit = npu_cmd_unit(npu_cmd_opcode(s->words[taker])), number = 0;
    for (uint32_t i = 0; i < taker; i++)
        if (npu_cmd_unit(npu_cmd_opcode(s->words[i])) == unit)
            number += npu_cmd_wait(s->words[i]) >> from & 1u;
    for (uint32_t i = 0; i < taker; i++) {
        uint32_t *w = s->words[i];
        if (npu_cmd_unit(npu_cmd_opcode(w)) == from && (npu_cmd_signal(w) >> unit & 1u) != 0 &&
            number-- == 0)
            npu_cmd_set_tokens(w, npu_cmd_wait(w), npu_cmd_signal(w) & ~(1u << unit));
    }
    uint32_t *w = s->words[taker];
    npu_cmd_set_tokens(w, npu_cmd_wait(w) & ~(1u << from), npu_cmd_signal(w));
}

static int check_removal(npu_device_t *literal, npu_device_t *fast, const fuzz_stream_t *s,
                         fuzz_rng_t *r, uint32_t *caught, char *text, size_t text_size) {
    uint32_t taker = (uint32_t)fuzz_in(r, 0, (int32_t)s->n_cmds - 1), from = 0;
    for (uint32_t i = 0; i < s->n_cmds && npu_cmd_wait(s->words[taker]) == 0; i++)
        taker = (taker + 1) % s->n_cmds;
    uint32_t wait = npu_cmd_wait(s->words[taker]);
    if (wait == 0)
        return 0;
    while (!(wait >> from & 1u))
        from++;
    fuzz_stream_t less = *s; /* shares scratchpad and accumulators, read only */
    remove_pair(&less, taker, from);
    npu_model_check_order(literal, 1);
    fuzz_put(literal, &less, less.words, less.n_cmds);
    if (run_or_say(literal, "token pair removed", text, text_size))
        return -1;
    npu_model_check_order(literal, 0);
    if (npu_model_order_error(literal)) {
        ++*caught;
        return 0;
    }
    for (int i = 0; i < 3; i++)
        if (check_order(literal, fast, &less, r, text, text_size))
            return -1;
    return 0;
}

int fuzz_model_self(npu_device_t *literal, npu_device_t *fast, const fuzz_stream_t *s,
                    uint32_t *caught, char *text, size_t text_size) {
    fuzz_rng_t r = {~s->seed};
    npu_model_use_literal(literal, 1);
    if (check_order(literal, fast, s, &r, text, text_size) ||
        check_removal(literal, fast, s, &r, caught, text, text_size))
        return -1;
    if (s->seed % 4 == 0)
        return check_footprints(fast, literal, s, &r, text, text_size);
    return 0;
}
