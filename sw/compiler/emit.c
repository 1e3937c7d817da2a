/*
 * emit.c - commands of one NPU step: what must wait for what, tokens, and the order of the list.
 *
 * The lowering appends commands in program order: executing them one after another is right. Here
 * the conflicts (same scratchpad word, accumulator entry, parameter set, arena line; at least one
 * write; different units) become tokens, as few as possible: a need is dropped when a token that
 * this command or an earlier one of its unit takes already implies it (vector clocks). What a CONV
 * reads as weights counts only tokens of the load unit, because it reads them before it takes the
 * others; where only its parameter set is in use, it need not wait for the vector unit before that.
 * For each ordered pair of units the n-th token given is the n-th taken: both sides only
 * ever move forward.
 * The list is then sorted by the estimated start of each command, so that loads stand as far ahead
 * of their use as the machine will run them; order within a unit never changes, and every token
 * points forward.
 *
 * What a command touches comes from npu_footprint(), the same that checks programs in the C model.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "cc.h"
#include "../../cmodel/npu/model_order.h"

#define ARENA_BUS 0x80000000u /* addresses at which npu_footprint() shows region 1 */
#define MAX_STEP_COMMANDS 60000u
#define START_UP 4u     /* estimated cycles between two commands of a unit */
#define PARAMS_TIME 16u /* of reading a parameter block */

typedef struct {
    cc_t *cc;
    int32_t index;
    uint32_t unit;
    int32_t need[NPU_PHASES][NPU_QUEUES];
} probe_t;

static void conflict(probe_t *p, int32_t (*t)[NPU_QUEUES], int write, int phase) {
    for (uint32_t u = 0; u < NPU_QUEUES; u++) {
        if (u == p->unit)
            continue;
        int32_t last = write && t[0][u] > t[1][u] ? t[0][u] : t[1][u];
        if (last > p->need[phase][u])
            p->need[phase][u] = last;
    }
    t[write][p->unit] = p->index;
}

static void touched(void *ctx, npu_resource_t resource, uint32_t address, uint32_t count, int write,
                    int phase) {
    probe_t *p = ctx;
    cc_step_t *s = &p->cc->step;
    const npu_config_t *cfg = p->cc->cfg;
    if (resource == NPU_RES_MEMORY) {
        if (address < ARENA_BUS || count == 0)
            return;
        uint32_t first = (address - ARENA_BUS) / CC_ARENA_LINE;
        uint32_t last = (address - ARENA_BUS + count - 1) / CC_ARENA_LINE;
        for (uint32_t i = first; i <= last && i < s->n_line; i++)
            conflict(p, s->line[i], write, phase);
        return;
    }
    if (resource == NPU_RES_ACCUMULATOR)
        address += cfg->sp_words;
    else if (resource == NPU_RES_PARAMS)
        address += cfg->sp_words + 2 * cfg->acc_depth;
    for (uint32_t i = 0; i < count; i++)
        conflict(p, s->touch[address + i], write, phase);
}

int cc_step_begin(cc_t *cc) {
    cc_step_t *s = &cc->step;
    if (s->touch == NULL) {
        s->n_touch = cc->cfg->sp_words + 2 * cc->cfg->acc_depth + 2;
        s->n_line = cc->arena_bytes / CC_ARENA_LINE + 1;
        s->touch = malloc(s->n_touch * sizeof *s->touch);
        s->line = malloc(s->n_line * sizeof *s->line);
        if (s->touch == NULL || s->line == NULL)
            return CC_FATAL;
    }
    memset(s->touch, 0xff, s->n_touch * sizeof *s->touch); /* -1 everywhere */
    memset(s->line, 0xff, s->n_line * sizeof *s->line);
    memset(s->last_of, 0xff, sizeof s->last_of);
    memset(s->token, 0xff, sizeof s->token);
    memset(s->weights, 0xff, sizeof s->weights);
    s->n = 0;
    return CC_OK;
}

void cc_step_free(cc_t *cc) {
    free(cc->step.cmds);
    free(cc->step.touch);
    free(cc->step.line);
    memset(&cc->step, 0, sizeof cc->step);
}

static cc_cmd_t *append(cc_t *cc) {
    cc_step_t *s = &cc->step;
    if (s->n == s->capacity) {
        uint32_t capacity = s->capacity ? 2 * s->capacity : 1024;
        cc_cmd_t *cmds = realloc(s->cmds, capacity * sizeof *cmds);
        if (cmds == NULL) {
            cc->failed = true;
            return NULL;
        }
        s->cmds = cmds;
        s->capacity = capacity;
    }
    return &s->cmds[s->n++];
}

/* Is need[v] implied by the tokens taken[] of other units? */
static bool implied(const cc_step_t *s, const int32_t taken[NPU_QUEUES],
                    const int32_t need[NPU_QUEUES], uint32_t v) {
    for (uint32_t w = 0; w < NPU_QUEUES; w++)
        if (w != v && taken[w] >= 0 && s->cmds[taken[w]].known[v] >= need[v])
            return true;
    return false;
}

static void drop_known(const cc_cmd_t *c, int32_t need[NPU_QUEUES]) {
    for (uint32_t v = 0; v < NPU_QUEUES; v++)
        if (need[v] <= c->known[v])
            need[v] = -1;
}

/* Reduce the needs of a command to tokens: from[v] is the command of unit v that gives one, or -1.
 * True: what it needs of the vector unit, only the parameter block needs (docs/isa.md, `late`). */
static bool choose_tokens(const cc_step_t *s, const cc_cmd_t *c, probe_t *p, bool early,
                          int32_t from[NPU_QUEUES]) {
    int32_t *need = p->need[NPU_PHASE_MAIN], *last = p->need[NPU_PHASE_PARAMS];
    int32_t *weights = p->need[NPU_PHASE_WEIGHTS];
    for (uint32_t v = 0; v < NPU_QUEUES && early; v++) { /* all of it before anything */
        need[v] = need[v] > last[v] ? need[v] : last[v];
        need[v] = need[v] > weights[v] ? need[v] : weights[v];
        last[v] = weights[v] = -1;
    }
    drop_known(c, need);
    drop_known(c, last);
    bool late = need[NPU_UNIT_VECTOR] < 0;
    for (uint32_t v = 0; v < NPU_QUEUES; v++)
        if (last[v] > need[v] && !(late && v == NPU_UNIT_VECTOR))
            need[v] = last[v];
    /* Implication follows the order of time, so no two needs imply each other. */
    for (uint32_t v = 0; v < NPU_QUEUES; v++)
        from[v] = need[v] >= 0 && !implied(s, need, need, v) ? need[v] : -1;
    for (uint32_t v = 0; v < NPU_QUEUES; v++) {
        if (weights[v] > s->weights[v] && weights[v] > from[v])
            from[v] = weights[v]; /* of the load unit only: else it is early */
    }
    late = late && last[NPU_UNIT_VECTOR] >= 0 && !implied(s, from, last, NPU_UNIT_VECTOR);
    if (late)
        from[NPU_UNIT_VECTOR] = last[NPU_UNIT_VECTOR];
    return late;
}

static void set_wait(uint32_t *words, bool early, bool late) {
    npu_cmd_conv_t c;
    npu_unpack_conv(words, &c);
    c.early = early;
    c.late = late;
    npu_pack_conv(&c, words);
}

/* Weights that another unit than load made, and that no CONV before was sure to find. */
static bool wants_early(const cc_step_t *s, const probe_t *p) {
    for (uint32_t v = 0; v < NPU_QUEUES; v++)
        if (v != NPU_UNIT_LOAD && p->need[NPU_PHASE_WEIGHTS][v] > s->weights[v])
            return true;
    return false;
}

/* What weight reads from now on follow: with `early` all that command c does, else its token from
 * the load unit and what that implies (docs/isa.md). */
static void weights_follow(cc_step_t *s, const cc_cmd_t *c, bool early, int32_t loaded) {
    const int32_t *known = early ? c->known : loaded >= 0 ? s->cmds[loaded].known : NULL;
    for (uint32_t v = 0; v < NPU_QUEUES && known; v++)
        s->weights[v] = known[v] > s->weights[v] ? known[v] : s->weights[v];
    if (loaded > s->weights[NPU_UNIT_LOAD])
        s->weights[NPU_UNIT_LOAD] = loaded;
}

void cc_emit(cc_t *cc, const uint32_t *words, uint64_t cost) {
    static const uint32_t bases[NPU_REGIONS] = {0, ARENA_BUS, 0, 0};
    cc_step_t *s = &cc->step;
    if (s->n >= MAX_STEP_COMMANDS && (!cc->image || cc_step_end(cc) != CC_OK))
        cc->failed = true;
    cc_cmd_t *c = cc->failed ? NULL : append(cc);
    if (c == NULL)
        return;
    int32_t index = (int32_t)s->n - 1, from[NPU_QUEUES];
    uint32_t unit = npu_cmd_unit(npu_cmd_opcode(words));
    memset(c, 0, sizeof *c);
    memcpy(c->words, words, sizeof c->words);
    c->unit = (uint8_t)unit;
    c->layer = cc->ops[cc->layer].index;
    int32_t before = s->last_of[unit];
    if (before >= 0) {
        memcpy(c->known, s->cmds[before].known, sizeof c->known);
        c->start = s->cmds[before].end;
    } else {
        memset(c->known, 0xff, sizeof c->known);
    }
    c->known[unit] = before;
    probe_t p = {cc, index, unit, {{-1, -1, -1, -1}, {-1, -1, -1, -1}, {-1, -1, -1, -1}}};
    npu_footprint(cc->cfg, bases, words, touched, &p);
    bool early = unit == NPU_UNIT_ARRAY && wants_early(s, &p);
    bool late = choose_tokens(s, c, &p, early, from);
    uint64_t params = 0; /* when their token is there */
    uint32_t wait = 0;
    for (uint32_t v = 0; v < NPU_QUEUES; v++) {
        if (from[v] < 0)
            continue;
        cc_cmd_t *giver = &s->cmds[from[v]];
        npu_cmd_set_tokens(giver->words, npu_cmd_wait(giver->words),
                           npu_cmd_signal(giver->words) | 1u << unit);
        wait |= 1u << v;
        s->token[v][unit] = from[v];
        if (giver->start > c->start)
            c->start = giver->start; /* in the list, tokens point forward */
        if (late && v == NPU_UNIT_VECTOR)
            params = giver->end + PARAMS_TIME;
        else if (giver->end > c->start)
            c->start = giver->end;
        for (uint32_t w = 0; w < NPU_QUEUES; w++)
            if (giver->known[w] > c->known[w])
                c->known[w] = giver->known[w];
        if (from[v] > c->known[v])
            c->known[v] = from[v];
    }
    if (early || late)
        set_wait(c->words, early, late);
    if (unit == NPU_UNIT_ARRAY)
        weights_follow(s, c, early, from[NPU_UNIT_LOAD]);
    npu_cmd_set_tokens(c->words, wait, 0);
    c->end = c->start + cost + START_UP;
    if (c->end < params)
        c->end = params;
    s->last_of[unit] = index;
}

uint64_t cc_idle_time(const cc_t *cc, uint32_t word) {
    const cc_step_t *s = &cc->step;
    uint64_t t = 0;
    for (int k = 0; k < 2; k++)
        for (uint32_t u = 0; u < NPU_QUEUES; u++) {
            int32_t i = s->touch[word][k][u];
            if (i >= 0 && s->cmds[i].end > t)
                t = s->cmds[i].end;
        }
    return t;
}

typedef struct {
    uint64_t start;
    uint32_t index;
} slot_t;

static int by_start(const void *a, const void *b) {
    const slot_t *x = a, *y = b;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* Indices of the commands by estimated start; malloc, NULL when out of memory. */
static slot_t *list_order(const cc_step_t *s, uint64_t *end) {
    slot_t *slots = malloc((s->n + 1) * sizeof *slots);
    *end = 0;
    for (uint32_t i = 0; slots && i < s->n; i++) {
        slots[i] = (slot_t){s->cmds[i].start, i};
        if (s->cmds[i].end > *end)
            *end = s->cmds[i].end;
    }
    if (slots)
        qsort(slots, s->n, sizeof *slots, by_start);
    return slots;
}

uint32_t *cc_step_packed(cc_t *cc, uint32_t *bytes) {
    const cc_step_t *s = &cc->step;
    uint64_t end;
    slot_t *slots = cc->failed ? NULL : list_order(s, &end);
    uint32_t *list = slots ? malloc((size_t)s->n * NPU_CMD_BYTES + 1) : NULL;
    *bytes = 0;
    for (uint32_t i = 0; list && i < s->n; i++) {
        *bytes += npu_list_put(s->cmds[slots[i].index].words, (uint8_t *)list + *bytes);
    }
    free(slots);
    return list;
}

int cc_step_end(cc_t *cc) {
    cc_step_t *s = &cc->step;
    if (cc->failed)
        return CC_FATAL;
    if (s->n == 0)
        return CC_OK;
    uint64_t end;
    slot_t *slots = list_order(s, &end);
    uint32_t *list = malloc((size_t)s->n * NPU_CMD_BYTES);
    if (slots == NULL || list == NULL) {
        free(slots);
        free(list);
        cc->failed = true;
        return CC_FATAL;
    }
    uint32_t first = prog_cmd_count(cc->image);
    for (uint32_t i = 0; i < s->n; i++) {
        const cc_cmd_t *c = &s->cmds[slots[i].index];
        npu_layer_t *l = &cc->layers[c->layer];
        memcpy(list + (size_t)i * NPU_CMD_WORDS, c->words,
               NPU_CMD_BYTES); /* packed by the builder */
        l->commands++;
        if (c->unit == NPU_UNIT_LOAD)
            continue;
        if (l->first_cmd == PROG_NONE)
            l->first_cmd = first + i;
        l->last_cmd = first + i;
    }
    int32_t layer = s->cmds[slots[0].index].layer;
    prog_add_npu_step(cc->image, list, s->n, (uint32_t)layer);
    cc->cycles += end;
    cc->n_steps++;
    free(slots);
    free(list);
    return cc_step_begin(cc);
}
