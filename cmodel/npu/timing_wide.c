/*
 * timing_wide.c - DRAINW, QUANTW, ROTATE, SILUW, SOFTMAXW.
 *
 * A pass moves `wide_lanes` elements a cycle through the pipeline. DRAINW, ROTATE and SILUW are one
 * pass over all rows. Of QUANTW and SOFTMAXW, passes of several rows follow each other in a fixed
 * order, each a cycle behind the one before, if what it needs is there: words of the scratchpad,
 * the row's largest score or its factor, a place in the scalar unit. All offsets are those of
 * rtl/npu_wide*.v. Banks that other units, or the other stream, read are not looked at.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "timing.h"

#define FIRST_WORD 6u /* from the command's start to the first group of lanes */
#define PIPE 22u      /* from a group of lanes to the end of the command */
#define EARLY 5u      /* ... earlier: the second multiplication does not wait for the first */

#define READ_AHEAD 8u    /* words of a stream */
#define WORDS_READ 4u    /* from a word's address to the word */
#define PASSES_AHEAD 4u  /* whose addresses have begun, before their groups */
#define AHEAD 4u         /* rows between a row's factor and its int8 pass */
#define PLACES 6u        /* rows in the scalar unit, and cycles of one of its products */
#define TO_WORD 19u      /* from a group to its word */
#define TO_MAGNITUDE 13u /* from a row's last group to its largest magnitude */
#define TO_SQUARES 17u   /* ... and to its sum of squares */
#define TO_WEIGHT 20u    /* ... of a softmax, and to its largest score */
#define FACTOR_SOON 37u  /* from a place's beginning to the row's int8 pass */
#define HISTORY 32u      /* passes and rows that are remembered: more than are under way */

static uint64_t groups(const timing_t *t, uint32_t elements) {
    uint32_t lanes = t->cfg->wide_lanes ? t->cfg->wide_lanes : 1;
    return (elements + lanes - 1) / lanes;
}

/* Cycles of what happened, the last HISTORY of each. */
typedef struct {
    const timing_t *t;
    uint32_t soft, products, found; /* cycles to what the scalar unit begins with; its products */
    uint64_t start;                 /* of the unit */
    uint64_t turn, address, group;  /* the next pass's turn; the last address, group */
    uint32_t words, passes, scaled, done; /* words and passes begun; rows scaled, records written */
    uint64_t taken[READ_AHEAD];           /* words */
    uint64_t begun[PASSES_AHEAD];         /* passes */
    uint64_t word[HISTORY][2];            /* first and last cycle of a pass that writes */
    uint32_t writes;
    uint64_t score[HISTORY], factor[HISTORY], scale[HISTORY], record[HISTORY], weights[HISTORY];
} rows_t;

/* Scale records go between words. */
static void write_records(rows_t *p, uint32_t rows) {
    for (; p->done < rows; p->done++) {
        uint64_t *at = &p->record[p->done % HISTORY];
        *at = p->scale[p->done % HISTORY];
        if (p->done)
            *at = later(*at, p->record[(p->done - 1) % HISTORY] + 2);
        for (uint32_t word = 0; word < (p->t->cfg->n < 16 ? 2 : 1); word++) {
            *at += word;
            for (uint32_t i = p->writes < HISTORY ? 0 : p->writes - HISTORY; i < p->writes; i++)
                if (*at >= p->word[i % HISTORY][0] && *at <= p->word[i % HISTORY][1])
                    *at = p->word[i % HISTORY][1] + 1;
        }
    }
}

/* A pass: n elements are read, `length` go through the lanes, from cycle `ready` on. */
static void pass(rows_t *p, uint32_t n, uint32_t length, uint64_t readable, uint64_t ready,
                 int writes) {
    const npu_config_t *cfg = p->t->cfg;
    uint32_t per_word = cfg->n / 4;
    uint64_t *begun = &p->begun[p->passes++ % PASSES_AHEAD];
    uint64_t load = later(later(p->turn, p->address + 1), later(*begun + 1, readable));
    p->turn = load + 1;
    p->address = load;
    *begun = p->group = later(later(load + 1, p->group + 1), ready);
    uint64_t first = 0;
    for (uint32_t at = 0; at < n; at += per_word) {
        uint64_t *taken = &p->taken[p->words++ % READ_AHEAD];
        p->address = later(p->address, *taken) + 1;
        p->group = later(p->group + 1, p->address + WORDS_READ);
        if (at == 0)
            first = p->group;
        p->group += groups(p->t, n - at < per_word ? n - at : per_word) - 1;
        *taken = p->group;
    }
    p->group += groups(p->t, length) - groups(p->t, n);
    if (writes) {
        p->word[p->writes % HISTORY][0] = first + TO_WORD;
        p->word[p->writes++ % HISTORY][1] = p->group + TO_WORD;
    }
}

static void highest(rows_t *p, uint32_t row, uint32_t n) {
    pass(p, n, n, 0, 0, 0);
    p->score[row % HISTORY] = p->group + TO_WEIGHT + 1;
}

static void scale(rows_t *p, uint32_t row, uint32_t n) {
    uint64_t ready = p->soft ? p->score[row % HISTORY] : 0;
    if (row >= PLACES) {
        write_records(p, row - PLACES + 1);
        ready = later(ready, p->record[(row - PLACES) % HISTORY] + 2);
    }
    pass(p, n, n, 0, ready, p->soft != 0);
    p->weights[row % HISTORY] = p->group + TO_WORD + 2;
    uint64_t begins = p->group + p->found + 4;
    begins += (row + PLACES - (begins - p->start) % PLACES) % PLACES; /* each place has its turn */
    p->factor[row % HISTORY] = begins + FACTOR_SOON;
    p->scale[row % HISTORY] = begins + PLACES * p->products + 1;
}

static void bytes(rows_t *p, uint32_t row, uint32_t n, uint32_t length) {
    pass(p, n, length, p->soft ? p->weights[row % HISTORY] : 0, p->factor[row % HISTORY], 1);
}

/* Rows of n elements, `more` more each; as int8 they are all as long as the last. */
static uint64_t rows_of(const timing_t *t, uint32_t rows, uint32_t n, uint32_t more, int soft,
                        uint32_t found, uint32_t products, uint64_t s) {
    rows_t p = {.t = t, .soft = soft != 0, .products = products, .found = found};
    p.start = s + 1;
    p.turn = s + 2;
    uint32_t lanes = t->cfg->n, longest = n + more * (rows - 1);
    uint32_t length = (longest + lanes - 1) / lanes * lanes;
    for (uint32_t round = 0; round < rows + p.soft + AHEAD; round++) {
        uint32_t scaled = round - p.soft, last = scaled - AHEAD; /* huge: not yet */
        if (soft && round < rows)
            highest(&p, round, n + more * round);
        else
            p.turn += p.soft;
        if (scaled < rows)
            scale(&p, scaled, n + more * scaled);
        else
            p.turn++;
        if (last < rows)
            bytes(&p, last, n + more * last, length);
        else
            p.turn++;
    }
    write_records(&p, rows);
    return later(p.group + PIPE, p.record[(rows - 1) % HISTORY] + 3);
}

uint64_t timing_wide(const timing_t *t, const uint32_t *words, uint64_t s) {
    npu_cmd_drainw_t d;
    npu_cmd_quantw_t q;
    npu_cmd_siluw_t u;
    npu_cmd_softmaxw_t x;
    switch (npu_cmd_opcode(words)) {
    case NPU_OP_DRAINW:
        npu_unpack_drainw(words, &d);
        /* scale records take their turn in the stream of old values, else only the first is met */
        return s + FIRST_WORD + d.count * (groups(t, t->cfg->n) + (d.add && !d.noscale)) + PIPE +
               (!d.add && !d.noscale);
    case NPU_OP_QUANTW:
        npu_unpack_quantw(words, &q); /* products: 8 for the factor, 10 for a root, the scale */
        return rows_of(t, q.rows, q.n, 0, 0, q.norm ? TO_SQUARES : TO_MAGNITUDE, q.norm ? 19 : 9,
                       s);
    case NPU_OP_SOFTMAXW:
        npu_unpack_softmaxw(words, &x); /* 8 for the factor, 7 for a reciprocal, the scale */
        return rows_of(t, x.rows, x.n, x.causal, 1, TO_WEIGHT, 16, s);
    default: /* ROTATE and SILUW have these fields at the same places */
        npu_unpack_siluw(words, &u);
        return s + FIRST_WORD + u.rows * groups(t, u.n) + PIPE -
               (npu_cmd_opcode(words) == NPU_OP_ROTATE ? EARLY : 0);
    }
}
