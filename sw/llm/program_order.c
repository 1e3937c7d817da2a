/*
 * program_order.c - see program_order.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program_order.h"

#include <stdlib.h>
#include <string.h>

#include "../../cmodel/npu/model_order.h"

#define ARENA_BUS 0x80000000u /* addresses at which npu_footprint() shows region 1 */
#define NONE 0xffffffffu
#define SLACK 400u /* cycles between a DRAINW of a half and the next sums there, measured */
#define SUMS 40u   /* cycles from the array's last operand to its sums */

typedef struct {
    uint32_t words[NPU_CMD_WORDS];
    llm_cost_t cost;
    uint64_t ready;        /* when those of its predecessors that have run are through */
    uint32_t unit, left;   /* predecessors that have not run */
    uint32_t next;         /* of its successors: first edge */
    uint32_t drains;       /* first accumulator entry that a DRAINW reads; NONE: another command */
    uint32_t rank, marked; /* marked: last command that an edge from here leads to */
} command_t;

typedef struct {
    uint32_t to, next;
} edge_t;

/* A word, entry or line: its last writer, and its readers since. */
typedef struct {
    uint32_t writer, readers;
} place_t;

typedef struct {
    uint32_t command, next;
} reader_t;

/* An array that grows; items of `each` bytes. */
typedef struct {
    void *at;
    uint32_t n, room;
} room_t;

struct llm_order {
    const npu_config_t *config;
    room_t commands, edges, readers;
    uint32_t spare; /* readers to use again */
    uint32_t n_places, first_entry, first_line;
    place_t *place;
    uint8_t *half; /* (acc_depth) of the accumulators, where an entry's sums are */
    bool failed;
};

/* One more item, or NULL: out of memory. */
static void *more(llm_order_t *o, room_t *r, size_t each) {
    if (r->n == r->room && !o->failed) {
        uint32_t room = r->room ? 2 * r->room : 4096;
        void *at = realloc(r->at, room * each);
        o->failed = at == NULL;
        if (at) {
            r->at = at;
            r->room = room;
        }
    }
    return o->failed ? NULL : (char *)r->at + each * r->n++;
}

llm_order_t *llm_order_new(const npu_config_t *config, uint32_t arena_bytes) {
    llm_order_t *o = calloc(1, sizeof *o);
    if (!o)
        return NULL;
    o->config = config;
    o->spare = NONE;
    o->first_entry = config->sp_words;
    o->first_line = o->first_entry + 2 * config->acc_depth;
    o->n_places = o->first_line + arena_bytes / CC_ARENA_LINE + 1;
    o->place = malloc(o->n_places * sizeof *o->place);
    o->half = calloc(config->acc_depth, 1);
    if (!o->place || !o->half) {
        llm_order_free(o);
        return NULL;
    }
    memset(o->place, 0xff, o->n_places * sizeof *o->place); /* NONE */
    return o;
}

void llm_order_free(llm_order_t *o) {
    if (!o)
        return;
    free(o->commands.at);
    free(o->edges.at);
    free(o->readers.at);
    free(o->place);
    free(o->half);
    free(o);
}

static void depend(llm_order_t *o, uint32_t from, uint32_t to) {
    command_t *commands = o->commands.at;
    if (from == NONE || from == to || commands[from].marked == to)
        return;
    uint32_t index = o->edges.n;
    edge_t *e = more(o, &o->edges, sizeof *e);
    if (!e)
        return;
    *e = (edge_t){to, commands[from].next};
    commands[from].next = index;
    commands[from].marked = to;
    commands[to].left++;
}

static void touch_place(llm_order_t *o, place_t *p, int write) {
    uint32_t me = o->commands.n - 1;
    reader_t *all = o->readers.at;
    depend(o, p->writer, me);
    if (write) {
        while (p->readers != NONE) {
            uint32_t r = p->readers;
            depend(o, all[r].command, me);
            p->readers = all[r].next;
            all[r].next = o->spare;
            o->spare = r;
        }
        p->writer = me;
    } else if (p->readers == NONE || all[p->readers].command != me) {
        uint32_t r = o->spare;
        if (r != NONE)
            o->spare = all[r].next;
        else if (more(o, &o->readers, sizeof *all))
            r = o->readers.n - 1;
        if (o->failed)
            return;
        all = o->readers.at;
        all[r] = (reader_t){me, p->readers};
        p->readers = r;
    }
}

static void touched(void *ctx, npu_resource_t resource, uint32_t address, uint32_t count, int write,
                    int phase) {
    llm_order_t *o = ctx;
    (void)phase;
    if (resource == NPU_RES_PARAMS || count == 0)
        return;
    if (resource == NPU_RES_MEMORY) {
        if (address < ARENA_BUS)
            return;
        uint32_t first = (address - ARENA_BUS) / CC_ARENA_LINE;
        count = (address - ARENA_BUS + count - 1) / CC_ARENA_LINE - first + 1;
        address = o->first_line + first;
    } else if (resource == NPU_RES_ACCUMULATOR) {
        address += o->first_entry;
    }
    for (uint32_t i = 0; i < count && address + i < o->n_places && !o->failed; i++)
        touch_place(o, &o->place[address + i], write);
}

void llm_order_add(llm_order_t *o, const uint32_t *words, llm_cost_t cost, uint32_t rank) {
    static const uint32_t bases[NPU_REGIONS] = {0, ARENA_BUS, 0, 0};
    command_t *c = more(o, &o->commands, sizeof *c);
    if (!c)
        return;
    *c = (command_t){.cost = cost,
                     .rank = rank,
                     .unit = npu_cmd_unit(npu_cmd_opcode(words)),
                     .next = NONE,
                     .drains = NONE,
                     .marked = NONE};
    if (npu_cmd_opcode(words) == NPU_OP_DRAINW) {
        npu_cmd_drainw_t drain;
        npu_unpack_drainw(words, &drain);
        c->drains = drain.acc_addr;
    }
    memcpy(c->words, words, sizeof c->words);
    npu_footprint(o->config, bases, words, touched, o);
}

/* Commands of a unit whose predecessors have all run. */
typedef struct {
    uint32_t *at, n;
    uint64_t free; /* when the unit is */
} waiting_t;

/* What the array does: it adds to a half of the accumulators, until a time. */
typedef struct {
    uint32_t half;
    uint64_t until;
} adding_t;

static bool before(const command_t *commands, uint32_t a, uint32_t b) {
    return commands[a].rank != commands[b].rank ? commands[a].rank < commands[b].rank : a < b;
}

/* When a command can start. A DRAINW begins while the array adds to the other half, and ends
 * before it turns to this one: what it does not read then it waits for as long as a CONV takes. */
static uint64_t earliest(const llm_order_t *o, const command_t *c, const waiting_t *w,
                         const adding_t *adding) {
    uint64_t when = c->ready > w->free ? c->ready : w->free;
    if (when >= adding->until || c->drains == NONE)
        return when;
    return o->half[c->drains] == adding->half || when + c->cost.busy + SLACK > adding->until
               ? adding->until
               : when;
}

/* The one of them that starts next: index in `at`; *start: when. */
static uint32_t choose(const llm_order_t *o, const waiting_t *w, const adding_t *adding,
                       uint64_t *start) {
    const command_t *commands = o->commands.at;
    uint32_t best = NONE;
    *start = 0;
    for (uint32_t i = 0; i < w->n; i++) {
        uint64_t when = earliest(o, &commands[w->at[i]], w, adding);
        if (best == NONE || when < *start ||
            (when == *start && before(commands, w->at[i], w->at[best]))) {
            best = i;
            *start = when;
        }
    }
    return best;
}

/* Sums go to the halves in turn. */
static void choose_half(llm_order_t *o, command_t *c, adding_t *adding) {
    npu_cmd_conv_t conv;
    npu_cmd_drainw_t drain;
    if (npu_cmd_opcode(c->words) == NPU_OP_CONV) {
        npu_unpack_conv(c->words, &conv);
        conv.half = conv.accumulate ? o->half[conv.acc_addr] : adding->half ^ 1;
        for (uint32_t i = 0; i < conv.ny * conv.nx; i++)
            o->half[conv.acc_addr + i] = (uint8_t)conv.half;
        adding->half = conv.half;
        npu_pack_conv(&conv, c->words);
    } else if (c->drains != NONE) {
        npu_unpack_drainw(c->words, &drain);
        drain.half = o->half[c->drains];
        npu_pack_drainw(&drain, c->words);
    }
}

static void run(llm_order_t *o, waiting_t waiting[NPU_QUEUES], cc_t *cc) {
    command_t *commands = o->commands.at;
    const edge_t *edges = o->edges.at;
    adding_t adding = {0, 0};
    for (uint32_t done = 0; done < o->commands.n; done++) {
        uint32_t unit = 0, index = NONE;
        uint64_t start = 0;
        for (uint32_t u = 0; u < NPU_QUEUES; u++) {
            uint64_t when;
            uint32_t i = choose(o, &waiting[u], &adding, &when);
            if (i != NONE && (index == NONE || when < start)) {
                unit = u;
                index = i;
                start = when;
            }
        }
        waiting_t *w = &waiting[unit];
        command_t *c = &commands[w->at[index]];
        w->at[index] = w->at[--w->n];
        w->free = start + c->cost.busy;
        uint64_t through = w->free + c->cost.late;
        choose_half(o, c, &adding);
        if (unit == NPU_UNIT_ARRAY)
            adding.until = w->free + SUMS;
        cc_emit(cc, c->words, c->cost.busy + c->cost.late);
        for (uint32_t e = c->next; e != NONE; e = edges[e].next) {
            command_t *after = &commands[edges[e].to];
            if (after->ready < through)
                after->ready = through;
            if (--after->left == 0)
                waiting[after->unit].at[waiting[after->unit].n++] = edges[e].to;
        }
    }
}

int llm_order_emit(llm_order_t *o, cc_t *cc) {
    const command_t *commands = o->commands.at;
    uint32_t n = o->commands.n;
    uint32_t *room = o->failed ? NULL : malloc(((size_t)n * NPU_QUEUES + 1) * sizeof *room);
    if (!room)
        return -1;
    waiting_t waiting[NPU_QUEUES];
    for (uint32_t u = 0; u < NPU_QUEUES; u++)
        waiting[u] = (waiting_t){.at = room + (size_t)n * u};
    for (uint32_t i = 0; i < n; i++)
        if (commands[i].left == 0)
            waiting[commands[i].unit].at[waiting[commands[i].unit].n++] = i;
    run(o, waiting, cc);
    free(room);
    return 0;
}
