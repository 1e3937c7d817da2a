/*
 * fuzz_gen.c - streams: memory and state, commands that do not conflict with themselves, tokens for
 * the conflicts between units. Contract in fuzz_gen.h. SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz_gen.h"
#include "model_order.h"

#define PARAM_BLOCKS 8u
#define EXP_TABLES 2u
#define MAX_BLOCKS 32

/* A list under construction. Sequence numbers of a unit's commands count from 1. */
typedef struct {
    fuzz_stream_t *s;
    fuzz_rng_t rng;
    fuzz_place_t place;
    npu_order_t *order;
    uint32_t base[NPU_REGIONS];
    uint32_t params[MAX_BLOCKS], exps[MAX_BLOCKS]; /* words of legal blocks */
    uint32_t seq[NPU_QUEUES], index[NPU_QUEUES][FUZZ_MAX_CMDS + 1];
    uint32_t end[FUZZ_MAX_CMDS][NPU_QUEUES]; /* clock when the command has ended */
    uint32_t now[NPU_QUEUES][NPU_QUEUES], weights[NPU_QUEUES];
    uint32_t given[NPU_QUEUES][NPU_QUEUES]; /* [from][to] seq of the last giver */
    uint8_t *reads, *writes;                /* scratchpad words of the command at hand */
} gen_t;

/* ---- scratchpad sets of a command */

static void touch_sets(void *ctx, npu_resource_t resource, uint32_t address, uint32_t count,
                       int write, int phase) {
    gen_t *g = ctx;
    (void)phase;
    if (resource == NPU_RES_SCRATCHPAD)
        memset((write ? g->writes : g->reads) + address, 1, count);
}

static void find_sets(gen_t *g, const uint32_t *words) {
    memset(g->reads, 0, g->s->cfg->sp_words);
    memset(g->writes, 0, g->s->cfg->sp_words);
    npu_footprint(g->s->cfg, g->base, words, touch_sets, g);
}

static int sets_meet(const gen_t *g) {
    for (uint32_t i = 0; i < g->s->cfg->sp_words; i++)
        if (g->reads[i] && g->writes[i])
            return 1;
    return 0;
}

typedef struct {
    uint32_t addr, x;
    int32_t row;
} grid_t;

static uint32_t grid_word(const gen_t *g, grid_t a, uint32_t oy, uint32_t ox) {
    return (a.addr + oy * (uint32_t)a.row + ox * a.x) & (g->s->cfg->sp_words - 1);
}

/* May `in` be read while `out` is written, one word after the other? Apart, or word for word the
 * same. */
static int grids_agree(gen_t *g, grid_t in, grid_t out, uint32_t ny, uint32_t nx) {
    int same = 1, apart = 1, once = 1;
    memset(g->writes, 0, g->s->cfg->sp_words);
    for (uint32_t oy = 0; oy < ny; oy++)
        for (uint32_t ox = 0; ox < nx; ox++) {
            uint8_t *w = &g->writes[grid_word(g, out, oy, ox)];
            once = once && !*w;
            *w = 1;
            same = same && grid_word(g, in, oy, ox) == grid_word(g, out, oy, ox);
        }
    for (uint32_t oy = 0; oy < ny; oy++)
        for (uint32_t ox = 0; ox < nx; ox++)
            apart = apart && !g->writes[grid_word(g, in, oy, ox)];
    return apart || (same && once);
}

static int command_is_defined(gen_t *g, const uint32_t *words) {
    switch (npu_cmd_opcode(words)) {
    case NPU_OP_ELTWISE: {
        npu_cmd_eltwise_t c;
        npu_unpack_eltwise(words, &c);
        grid_t a = {c.a_addr, c.a_x, c.a_row}, b = {c.b_addr, c.b_x, c.b_row};
        grid_t out = {c.out_addr, 1, c.out_row};
        return grids_agree(g, a, out, c.ny, c.nx) && grids_agree(g, b, out, c.ny, c.nx);
    }
    case NPU_OP_TABLE: {
        npu_cmd_table_t c;
        npu_unpack_table(words, &c);
        grid_t in = {c.in_addr, 1, c.in_row}, out = {c.out_addr, 1, c.out_row};
        return grids_agree(g, in, out, c.ny, c.nx);
    }
    case NPU_OP_NORM: {
        npu_cmd_norm_t c;
        npu_unpack_norm(words, &c);
        uint32_t n = g->s->cfg->n, blocks = (c.depth + n - 1) / n;
        grid_t in = {c.in_addr, (uint32_t)c.in_blk, c.in_row};
        grid_t out = {c.out_addr, (uint32_t)c.out_blk, c.out_row};
        return grids_agree(g, in, out, c.rows, blocks);
    }
    case NPU_OP_DRAINW:
    case NPU_OP_QUANTW:
    case NPU_OP_ROTATE:
    case NPU_OP_SILUW:
    case NPU_OP_SOFTMAXW:
        return fuzz_wide_is_defined(g->s->cfg, words, g->reads, g->writes);
    default:
        find_sets(g, words);
        return !sets_meet(g);
    }
}

/* ---- legal blocks in the scratchpad */

static uint32_t drop_written(const gen_t *g, uint32_t *blocks, uint32_t count, uint32_t words) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        int whole = 1;
        for (uint32_t w = 0; w < words; w++)
            whole = whole && !g->writes[(blocks[i] + w) & (g->s->cfg->sp_words - 1)];
        if (whole)
            blocks[kept++] = blocks[i];
    }
    return kept;
}

/* g->writes was written; then a block of one kind may lie at `block`. */
static void update_blocks(gen_t *g, int kind, uint32_t block) {
    uint32_t n = g->s->cfg->n;
    g->place.n_params = drop_written(g, g->params, g->place.n_params, NPU_PARAM_WORDS);
    g->place.n_exps = drop_written(g, g->exps, g->place.n_exps, 1024 / n);
    block &= g->s->cfg->sp_words - 1;
    if (kind == 1 && g->place.n_params < MAX_BLOCKS)
        g->params[g->place.n_params++] = block;
    if (kind == 2 && g->place.n_exps < MAX_BLOCKS)
        g->exps[g->place.n_exps++] = block;
}

/* ---- tokens */

static void join(uint32_t *a, const uint32_t *b) {
    for (int u = 0; u < NPU_QUEUES; u++)
        a[u] = b[u] > a[u] ? b[u] : a[u];
}

/* Unit `to` takes a token that command `seq` or a later one of unit `from` gives. */
static void couple(gen_t *g, uint32_t *words, uint32_t from, uint32_t to, uint32_t seq) {
    uint32_t least = g->given[from][to] + 1;
    if (seq < least)
        seq = least;
    if (fuzz_chance(&g->rng, 40))
        seq = (uint32_t)fuzz_in(&g->rng, (int32_t)seq, (int32_t)g->seq[from]);
    uint32_t giver = g->index[from][seq];
    uint32_t *other = g->s->words[giver];
    npu_cmd_set_tokens(other, npu_cmd_wait(other), npu_cmd_signal(other) | 1u << to);
    npu_cmd_set_tokens(words, npu_cmd_wait(words) | 1u << from, npu_cmd_signal(words));
    g->given[from][to] = seq;
    join(g->now[to], g->end[giver]);
    if (to == NPU_UNIT_ARRAY && from == NPU_UNIT_LOAD)
        join(g->weights, g->end[giver]);
}

static void set_wait(uint32_t *words, uint32_t early, uint32_t late) {
    npu_cmd_conv_t c;
    uint32_t tokens = words[0] & 0xff00u;
    npu_unpack_conv(words, &c);
    c.early = early;
    c.late = late;
    npu_pack_conv(&c, words);
    words[0] |= tokens;
}

static void order_command(gen_t *g, uint32_t *words, uint32_t unit) {
    npu_order_need_t need;
    uint32_t want[NPU_QUEUES] = {0};
    npu_cmd_conv_t conv = {0};
    npu_order_needs(g->order, words, &need);
    if (unit == NPU_UNIT_ARRAY)
        npu_unpack_conv(words, &conv);
    int early = (int)conv.early, late = 0;
    for (uint32_t v = 0; v < NPU_QUEUES; v++) {
        uint32_t w = need.seq[NPU_PHASE_WEIGHTS][v], m = need.seq[NPU_PHASE_MAIN][v];
        uint32_t last = need.seq[NPU_PHASE_PARAMS][v];
        if (m > g->now[unit][v])
            want[v] = m;
        if (last > g->now[unit][v] && last > want[v]) {
            late = v == NPU_UNIT_VECTOR && want[v] == 0; /* only the parameters need it */
            want[v] = last;
        }
        if (w > g->weights[v]) {
            if (v != NPU_UNIT_LOAD)
                early = 1;
            if ((w > g->now[unit][v] || v == NPU_UNIT_LOAD) && w > want[v])
                want[v] = w;
        }
        if (v != unit && want[v] == 0 && fuzz_chance(&g->rng, 10) && g->seq[v] > g->given[v][unit])
            want[v] = g->seq[v]; /* harmless */
    }
    late = late && !early && fuzz_chance(&g->rng, 80);
    if (early || late)
        set_wait(words, (uint32_t)early, (uint32_t)late);
    for (uint32_t v = 0; v < NPU_QUEUES; v++)
        if (want[v] > 0)
            couple(g, words, v, unit, want[v]);
    if (unit == NPU_UNIT_ARRAY && early)
        join(g->weights, g->now[unit]);
}

/* Append a command: its tokens, the order check's memory of it, clocks. */
static void append(gen_t *g, uint32_t *words, int kind, uint32_t block) {
    uint32_t unit = npu_cmd_unit(npu_cmd_opcode(words)), at = g->s->n_cmds++;
    order_command(g, words, unit);
    memcpy(g->s->words[at], words, sizeof g->s->words[at]);
    npu_order_append(g->order, words); /* tokens given later confuse it: only its accesses count */
    g->index[unit][++g->seq[unit]] = at;
    g->now[unit][unit] = g->seq[unit];
    memcpy(g->end[at], g->now[unit], sizeof g->end[at]);
    find_sets(g, words);
    update_blocks(g, kind, block);
    npu_cmd_conv_t conv;
    npu_cmd_norm_t norm;
    switch (npu_cmd_opcode(words)) {
    case NPU_OP_CONV:
        npu_unpack_conv(words, &conv);
        g->place.params_ok[conv.half] |= (int)conv.load_params;
        break;
    case NPU_OP_TABLE:
        g->place.table_ok = 1;
        break;
    case NPU_OP_SOFTMAX:
        g->place.exp_ok = 1;
        break;
    case NPU_OP_NORM:
        npu_unpack_norm(words, &norm);
        if (norm.load && norm.depth > g->place.norm_ok)
            g->place.norm_ok = norm.depth;
        break;
    default:
        break;
    }
}

static void random_command(gen_t *g) {
    uint32_t words[NPU_CMD_WORDS];
    if (fuzz_chance(&g->rng, 8)) {
        int exps = fuzz_chance(&g->rng, 30);
        uint32_t to = (g->place.zone + (uint32_t)fuzz_in(&g->rng, -600, 600)) & 65535;
        uint32_t i = (uint32_t)fuzz_in(&g->rng, 0, (int32_t)(exps ? EXP_TABLES : PARAM_BLOCKS) - 1);
        fuzz_load_block(&g->rng, &g->place, exps, i, to, words);
        append(g, words, exps ? 2 : 1, to);
        return;
    }
    do {
        fuzz_random_command(&g->rng, &g->place, words);
    } while (!command_is_defined(g, words));
    append(g, words, 0, 0);
}

/* ---- memory and state */

static void place_regions(gen_t *g) {
    fuzz_stream_t *s = g->s;
    fuzz_rng_t *r = &g->rng;
    static const uint32_t start[] = {0, 65536, 262144, 0};
    for (int i = 0; i < NPU_REGIONS; i++) {
        s->region[i].base = start[i] + 8 * (uint32_t)fuzz_in(r, 0, 600);
        s->region[i].size = (uint32_t)fuzz_in(r, 30000, 56000);
        s->region[i].flags = NPU_REGION_READ;
    }
    s->region[1].flags = NPU_REGION_READ | NPU_REGION_WRITE;
    s->region[1].size += (uint32_t)fuzz_in(r, 0, 65536);
    s->region[3].base = s->region[1].base + 8 * (uint32_t)fuzz_in(r, 0, 2000);
    s->region[3].size = (uint32_t)fuzz_in(r, 100, 30000);
    s->region[3].flags = NPU_REGION_WRITE | (uint32_t)fuzz_in(r, 0, 1);
    /* the list lies behind the data of region 0, so that no LOAD reads it (fuzz_reorder) */
    s->cmd_offset = 8 * (uint32_t)fuzz_in(r, 20, 3000);
    s->region[0].size = s->cmd_offset;
    for (int i = 0; i < NPU_REGIONS; i++)
        s->region[i].base += NPU_MEM_BASE;
}

static void fill(gen_t *g) {
    fuzz_stream_t *s = g->s;
    fuzz_rng_t *r = &g->rng;
    uint32_t n = s->cfg->n, exp_words = 1024 / n;
    for (size_t i = 0; i < FUZZ_MEM_BYTES; i++)
        s->mem[i] = (uint8_t)fuzz_u32(r);
    for (size_t i = 0; i < (size_t)s->cfg->sp_words * n; i++)
        s->sp[i] = (uint8_t)fuzz_u32(r);
    if (s->cfg->wide_lanes)
        fuzz_wide_content(r, s->sp, (size_t)s->cfg->sp_words * n);
    for (size_t i = 0; i < (size_t)2 * s->cfg->acc_depth * n; i++)
        s->acc[i] = fuzz_chance(r, 25) ? (int32_t)fuzz_u32(r) : fuzz_in(r, -200000, 200000);
    g->place.const_params = (uint32_t)fuzz_in(r, 0, 4000);
    g->place.const_exps = g->place.const_params + PARAM_BLOCKS * NPU_PARAM_WORDS * n;
    uint8_t *constants = s->mem + (s->region[2].base - NPU_MEM_BASE);
    for (uint32_t i = 0; i < PARAM_BLOCKS; i++)
        fuzz_param_block(r, n, constants + g->place.const_params + i * NPU_PARAM_WORDS * n);
    for (uint32_t i = 0; i < EXP_TABLES; i++)
        fuzz_exp_table(r, constants + g->place.const_exps + i * 1024);
    for (int i = 0; i < 5; i++) { /* a later one may overwrite an earlier one */
        int exps = i == 0;
        uint32_t words = exps ? exp_words : NPU_PARAM_WORDS;
        uint32_t at = (uint32_t)fuzz_in(r, 0, (int32_t)(s->cfg->sp_words - words));
        if (exps)
            fuzz_exp_table(r, s->sp + (size_t)at * n);
        else
            fuzz_param_block(r, n, s->sp + (size_t)at * n);
        memset(g->writes, 0, s->cfg->sp_words);
        memset(g->writes + at, 1, words);
        update_blocks(g, exps ? 2 : 1, at);
    }
}

fuzz_stream_t *fuzz_generate(const npu_config_t *cfg, uint64_t seed, uint32_t n_cmds) {
    fuzz_stream_t *s = calloc(1, sizeof *s);
    gen_t *g = calloc(1, sizeof *g);
    if (!s || !g)
        goto fail;
    s->cfg = cfg;
    s->seed = seed;
    s->sp = malloc((size_t)cfg->sp_words * cfg->n);
    s->acc = malloc((size_t)2 * cfg->acc_depth * cfg->n * sizeof *s->acc);
    g->s = s;
    g->rng.state = seed;
    g->reads = malloc(cfg->sp_words);
    g->writes = malloc(cfg->sp_words);
    if (!s->sp || !s->acc || !g->reads || !g->writes)
        goto fail;
    g->place.cfg = cfg;
    g->place.region = s->region;
    g->place.param_words = g->params;
    g->place.exp_words = g->exps;
    g->place.zone = (uint32_t)fuzz_in(&g->rng, 0, 65535);
    g->place.zone_words = 64u << fuzz_in(&g->rng, 0, 5);
    g->place.budget = fuzz_chance(&g->rng, 90) ? 1500 : 15000;
    place_regions(g);
    for (int i = 0; i < NPU_REGIONS; i++)
        g->base[i] = s->region[i].base;
    g->order = npu_order_new(cfg, g->base, 0, 0);
    if (!g->order)
        goto fail;
    fill(g);
    for (uint32_t i = 0; i < n_cmds && i < FUZZ_MAX_CMDS; i++)
        random_command(g);
    s->region[0].size += fuzz_list_bytes(s, s->n_cmds) + (uint32_t)fuzz_in(&g->rng, 0, 9);
    npu_order_free(g->order);
    free(g->reads);
    free(g->writes);
    free(g);
    return s;
fail:
    if (g) {
        free(g->reads);
        free(g->writes);
    }
    free(g);
    fuzz_free(s);
    return NULL;
}

void fuzz_free(fuzz_stream_t *s) {
    if (s) {
        free(s->sp);
        free(s->acc);
    }
    free(s);
}

uint32_t fuzz_list_bytes(const fuzz_stream_t *s, uint32_t n) {
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t words = npu_cmd_words(npu_cmd_opcode(s->words[i]));
        bytes += words ? 4 * words : 8;
    }
    return bytes;
}

void fuzz_prefix(const fuzz_stream_t *s, uint32_t n, uint32_t (*words)[NPU_CMD_WORDS]) {
    uint32_t spare[NPU_QUEUES][NPU_QUEUES] = {{0}}; /* given and not taken */
    memcpy(words, s->words, n * sizeof *words);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t v = 0, u = npu_cmd_unit(npu_cmd_opcode(words[i])); v < NPU_QUEUES; v++) {
            spare[u][v] += npu_cmd_signal(words[i]) >> v & 1u;
            spare[v][u] -= npu_cmd_wait(words[i]) >> v & 1u;
        }
    for (uint32_t i = n; i-- > 0;) {
        uint32_t u = npu_cmd_unit(npu_cmd_opcode(words[i])), signal = npu_cmd_signal(words[i]);
        for (uint32_t v = 0; v < NPU_QUEUES; v++)
            if ((signal >> v & 1u) != 0 && spare[u][v] > 0) {
                spare[u][v]--;
                signal &= ~(1u << v);
            }
        npu_cmd_set_tokens(words[i], npu_cmd_wait(words[i]), signal);
    }
}

void fuzz_reorder(const fuzz_stream_t *s, fuzz_rng_t *r, uint32_t (*words)[NPU_CMD_WORDS],
                  uint32_t *order) {
    uint32_t tokens[NPU_QUEUES][NPU_QUEUES] = {{0}}, next[NPU_QUEUES] = {0};
    for (uint32_t done = 0; done < s->n_cmds;) {
        uint32_t u = (uint32_t)fuzz_in(r, 0, NPU_QUEUES - 1), at = next[u], ready = 1;
        while (at < s->n_cmds && npu_cmd_unit(npu_cmd_opcode(s->words[at])) != u)
            at++;
        next[u] = at;
        if (at == s->n_cmds)
            continue;
        const uint32_t *w = s->words[at];
        for (uint32_t v = 0; v < NPU_QUEUES; v++)
            ready = ready && (!(npu_cmd_wait(w) >> v & 1u) || tokens[v][u] > 0);
        if (!ready)
            continue;
        for (uint32_t v = 0; v < NPU_QUEUES; v++) {
            tokens[v][u] -= npu_cmd_wait(w) >> v & 1u;
            tokens[u][v] += npu_cmd_signal(w) >> v & 1u;
        }
        memcpy(words[done], w, sizeof words[done]);
        order[done++] = at;
        next[u]++;
    }
}
