/*
 * model_order.c - the order check: vector clocks over tokens, last writer and last readers of every
 * word. Contract in model_order.h. SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_order.h"

#define PAGE_BITS 12
#define PAGE_BYTES (1u << PAGE_BITS)
#define MAX_COMMANDS 65536

typedef struct {
    uint32_t seq[NPU_QUEUES]; /* commands of each unit known to have ended */
} clocks_t;

/* Sequence numbers count from 1 in each unit; 0 = never. */
typedef struct {
    uint32_t writer;      /* seq of the last writer */
    uint32_t writer_unit; /* valid when writer > 0 */
    uint32_t reader[NPU_QUEUES];
} slot_t;

/* Memory is read by the load unit only and written by the store unit only. */
typedef struct page {
    struct page *older; /* all pages, for npu_order_free */
    uint16_t writer[PAGE_BYTES], reader[PAGE_BYTES];
} page_t;

/* Tokens of one pair of units: the clocks that were given, in order. */
typedef struct {
    clocks_t *given;
    uint32_t count, room, taken;
} queue_t;

struct npu_order {
    npu_config_t cfg;
    uint32_t base[NPU_REGIONS];
    uint32_t list_address, list_bytes;
    slot_t *sp, *acc, params[2];
    page_t **page; /* 2^20 pages of the bus */
    page_t *newest;
    clocks_t now[NPU_QUEUES], weights;
    uint32_t count;                        /* commands so far */
    uint32_t unit_count[NPU_QUEUES];       /* of each unit */
    uint32_t *index[NPU_QUEUES];           /* seq -> index in the list */
    queue_t token[NPU_QUEUES][NPU_QUEUES]; /* [from][to] */
    int out_of_memory;
    char error[256];
    /* the command at hand */
    uint32_t unit;
    npu_order_need_t *need;
};

static void join(clocks_t *a, const clocks_t *b) {
    for (int u = 0; u < NPU_QUEUES; u++)
        a->seq[u] = b->seq[u] > a->seq[u] ? b->seq[u] : a->seq[u];
}

npu_order_t *npu_order_new(const npu_config_t *config, const uint32_t *region_base,
                           uint32_t list_address, uint32_t list_bytes) {
    npu_order_t *o = calloc(1, sizeof *o);
    if (!o)
        return NULL;
    o->cfg = *config;
    memcpy(o->base, region_base, sizeof o->base);
    o->list_address = list_address;
    o->list_bytes = list_bytes;
    o->sp = calloc(config->sp_words, sizeof *o->sp);
    o->acc = calloc((size_t)2 * config->acc_depth, sizeof *o->acc);
    o->page = calloc((size_t)1 << (32 - PAGE_BITS), sizeof *o->page);
    int ok = o->sp && o->acc && o->page;
    for (int u = 0; u < NPU_QUEUES; u++) {
        o->index[u] = calloc(MAX_COMMANDS + 1, sizeof *o->index[u]);
        ok = ok && o->index[u];
    }
    if (!ok) {
        npu_order_free(o);
        return NULL;
    }
    return o;
}

void npu_order_free(npu_order_t *o) {
    if (!o)
        return;
    for (page_t *p = o->newest, *older; p; p = older) {
        older = p->older;
        free(p);
    }
    for (int u = 0; u < NPU_QUEUES; u++) {
        free(o->index[u]);
        for (int v = 0; v < NPU_QUEUES; v++)
            free(o->token[u][v].given);
    }
    free(o->page);
    free(o->sp);
    free(o->acc);
    free(o);
}

static slot_t *slot_of(npu_order_t *o, npu_resource_t resource, uint32_t address) {
    return resource == NPU_RES_SCRATCHPAD    ? &o->sp[address]
           : resource == NPU_RES_ACCUMULATOR ? &o->acc[address]
                                             : &o->params[address];
}

static page_t *page_of(npu_order_t *o, uint32_t address) {
    page_t **p = &o->page[address >> PAGE_BITS];
    if (!*p && (*p = calloc(1, sizeof **p)) != NULL) {
        (*p)->older = o->newest;
        o->newest = *p;
    }
    if (!*p)
        o->out_of_memory = 1;
    return *p;
}

static void ask(npu_order_t *o, int phase, uint32_t unit, uint32_t seq, npu_resource_t resource,
                uint32_t address) {
    npu_order_need_t *need = o->need;
    if (unit == o->unit || seq <= need->seq[phase][unit])
        return;
    need->seq[phase][unit] = seq;
    need->resource[phase][unit] = resource;
    need->address[phase][unit] = address;
}

/* npu_touch_fn: which earlier accesses conflict? */
static void touch_needs(void *ctx, npu_resource_t resource, uint32_t address, uint32_t count,
                        int write, int phase) {
    npu_order_t *o = ctx;
    for (uint32_t i = 0; i < count; i++, address++) {
        if (resource == NPU_RES_MEMORY) {
            const page_t *p = o->page[address >> PAGE_BITS];
            if (!p)
                continue;
            ask(o, phase, NPU_UNIT_STORE, p->writer[address % PAGE_BYTES], resource, address);
            if (write)
                ask(o, phase, NPU_UNIT_LOAD, p->reader[address % PAGE_BYTES], resource, address);
            continue;
        }
        const slot_t *s = slot_of(o, resource, address);
        if (s->writer > 0)
            ask(o, phase, s->writer_unit, s->writer, resource, address);
        for (uint32_t u = 0; write && u < NPU_QUEUES; u++)
            ask(o, phase, u, s->reader[u], resource, address);
    }
}

/* npu_touch_fn: remember the accesses of the command at hand. */
static void touch_commit(void *ctx, npu_resource_t resource, uint32_t address, uint32_t count,
                         int write, int phase) {
    npu_order_t *o = ctx;
    uint32_t seq = o->unit_count[o->unit];
    (void)phase;
    if (resource == NPU_RES_MEMORY && write && o->error[0] == 0 &&
        (address - o->list_address < o->list_bytes || o->list_address - address < count))
        snprintf(o->error, sizeof o->error,
                 "not well ordered: command %u writes memory 0x%08x, the command list itself",
                 o->count, address);
    for (uint32_t i = 0; i < count; i++, address++) {
        if (resource == NPU_RES_MEMORY) {
            page_t *p = page_of(o, address);
            if (p)
                (write ? p->writer : p->reader)[address % PAGE_BYTES] = (uint16_t)seq;
            continue;
        }
        slot_t *s = slot_of(o, resource, address);
        if (write) {
            s->writer = seq;
            s->writer_unit = o->unit;
        } else {
            s->reader[o->unit] = seq;
        }
    }
}

void npu_order_needs(npu_order_t *o, const uint32_t *words, npu_order_need_t *need) {
    memset(need, 0, sizeof *need);
    o->need = need;
    o->unit = npu_cmd_unit(npu_cmd_opcode(words));
    npu_footprint(&o->cfg, o->base, words, touch_needs, o);
}

static void report(npu_order_t *o, const npu_order_need_t *need, int phase, uint32_t other) {
    static const char *const unit[] = {"load", "array", "vector", "store"};
    static const char *const resource[] = {"scratchpad word", "accumulator entry", "parameter set",
                                           "memory byte"};
    uint32_t address = need->address[phase][other];
    npu_resource_t r = need->resource[phase][other];
    if (o->error[0] != 0)
        return;
    snprintf(o->error, sizeof o->error,
             "not well ordered: command %u (%s%s) is not ordered after command %u (%s): %s 0x%x",
             o->count, unit[o->unit],
             o->unit != NPU_UNIT_ARRAY    ? ""
             : phase == NPU_PHASE_WEIGHTS ? ", its weights"
             : phase == NPU_PHASE_PARAMS  ? ", its parameters"
                                          : "",
             o->index[other][need->seq[phase][other]], unit[other], resource[r], address);
}

static int take(npu_order_t *o, uint32_t from, int before_weights) {
    queue_t *q = &o->token[from][o->unit];
    if (q->taken == q->count) {
        if (o->error[0] == 0)
            snprintf(o->error, sizeof o->error,
                     "command %u waits for a token from unit %u that no earlier command gives",
                     o->count, from);
        return -1;
    }
    const clocks_t *clock = &q->given[q->taken++];
    join(&o->now[o->unit], clock);
    if (before_weights)
        join(&o->weights, clock);
    return 0;
}

static void give(npu_order_t *o, uint32_t to) {
    queue_t *q = &o->token[o->unit][to];
    if (q->count == q->room) {
        uint32_t room = q->room ? 2 * q->room : 64;
        clocks_t *given = realloc(q->given, room * sizeof *given);
        if (!given) {
            o->out_of_memory = 1;
            return;
        }
        q->given = given;
        q->room = room;
    }
    q->given[q->count++] = o->now[o->unit];
}

int npu_order_append(npu_order_t *o, const uint32_t *words) {
    npu_order_need_t need;
    npu_order_needs(o, words, &need);
    uint32_t unit = o->unit;
    npu_cmd_conv_t conv = {0};
    if (unit == NPU_UNIT_ARRAY)
        npu_unpack_conv(words, &conv);
    uint32_t wait = npu_cmd_wait(words), late = conv.late ? 1u << NPU_UNIT_VECTOR : 0;
    for (uint32_t from = 0; from < NPU_QUEUES; from++)
        if ((wait & ~late) >> from & 1u)
            take(o, from, unit == NPU_UNIT_ARRAY && from == NPU_UNIT_LOAD);
    clocks_t main = o->now[unit];
    if (wait & late)
        take(o, NPU_UNIT_VECTOR, 0);
    if (conv.early)
        join(&o->weights, &o->now[unit]);
    for (int phase = 0; phase < NPU_PHASES; phase++) {
        const clocks_t *clock = phase == NPU_PHASE_WEIGHTS ? &o->weights
                                : phase == NPU_PHASE_MAIN  ? &main
                                                           : &o->now[unit];
        for (uint32_t v = 0; v < NPU_QUEUES; v++)
            if (need.seq[phase][v] > clock->seq[v])
                report(o, &need, phase, v);
    }
    o->index[unit][++o->unit_count[unit]] = o->count;
    o->now[unit].seq[unit] = o->unit_count[unit];
    npu_footprint(&o->cfg, o->base, words, touch_commit, o);
    for (uint32_t to = 0; to < NPU_QUEUES; to++)
        if ((npu_cmd_signal(words) >> to & 1u) != 0)
            give(o, to);
    o->count++;
    if (o->out_of_memory && o->error[0] == 0)
        snprintf(o->error, sizeof o->error, "no memory for the order check");
    return o->error[0] != 0 ? -1 : 0;
}

const char *npu_order_error(const npu_order_t *o) {
    return o->error[0] != 0 ? o->error : NULL;
}
