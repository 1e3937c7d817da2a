// About: reads a problem, writes the places found. All numbers are checked against the sizes in
// front of them.
//
// SPDX-License-Identifier: Apache-2.0
#include "anneal.h"

#include <stdio.h>
#include <stdlib.h>

static FILE *in;
enum { LONGEST_DELAY = 1000000 }; // ps

_Noreturn void anneal_fail(const char *what) {
    fprintf(stderr, "anneal: %s\n", what);
    exit(1);
}

void *anneal_array(int64_t count, int64_t size) {
    void *a = calloc((size_t)(count ? count : 1), (size_t)size);
    if (!a)
        anneal_fail("out of memory");
    return a;
}

static int number(int low, int high) {
    int v;
    if (fscanf(in, "%d", &v) != 1 || v < low || v > high)
        anneal_fail("not a problem of fpga/ecp5_anneal.py");
    return v;
}

static int size(void) {
    return number(0, 1 << 26);
}

static void read_cells(anneal_problem_t *p) {
    for (int i = 0; i < p->cells; i++) {
        anneal_cell_t *c = &p->cell[i];
        c->kind = number(KIND_COMB, KIND_BLOCK);
        c->x = number(0, p->width - 1);
        c->y = number(0, p->height - 1);
        c->lc = number(-1, LCS - 1);
        c->flags = number(0, 7);
        c->slice_key = size();
        c->tile_key = size();
        c->inverted = number(0, 3);
        int joined = number(0, 1);
        p->site[i] = i;
        if (c->kind == KIND_BLOCK)
            p->block[p->blocks++] = i;
        if (c->kind == KIND_FIXED || c->kind == KIND_BLOCK)
            continue;
        if (c->lc < 0)
            anneal_fail("a logic cell without a place in its tile");
        anneal_tile_t *t = &p->tile[c->y * p->width + c->x];
        int *slot = c->kind == KIND_COMB ? &t->comb[c->lc]
                    : c->kind == KIND_FF ? &t->ff[c->lc]
                                         : &t->ramw;
        if (*slot >= 0)
            anneal_fail("two cells in one place");
        *slot = i;
        t->logic = true;
        if (joined)
            t->joined = true;
    }
}

// What a net's wires are longer than its half perimeter by (VPR's table of crossing counts, its
// slope beyond, at most that of 50 pins).
static double crossings(int pins) {
    static const double few[] = {1,      1,      1,      1,      1.0828, 1.1536,
                                 1.2206, 1.2823, 1.3385, 1.3991, 1.4493};
    if (pins <= 10)
        return few[pins];
    return few[10] + 0.0334 * (pins > 50 ? 40 : pins - 10);
}

void anneal_link(anneal_problem_t *p) {
    int at = 0, all = p->nets + p->pulls;
    for (int i = 0; i < p->cells; i++)
        p->cell[i].nets = 0;
    for (int i = 0; i < all; i++)
        for (int k = 0; k < p->net[i].cells; k++)
            p->cell[p->net_cells[p->net[i].first_cell + k]].nets++;
    for (int i = 0; i < p->cells; i++) {
        p->cell[i].first_net = at;
        at += p->cell[i].nets;
        p->cell[i].nets = 0;
    }
    for (int i = 0; i < all; i++) {
        for (int k = 0; k < p->net[i].cells; k++) {
            anneal_cell_t *c = &p->cell[p->net_cells[p->net[i].first_cell + k]];
            p->cell_nets[c->first_net + c->nets++] = i;
        }
    }
}

static void read_nets(anneal_problem_t *p) {
    int pins = size(), at = 0;
    p->net_cells = anneal_array(pins + 2 * PULLS_MAX, sizeof *p->net_cells);
    p->cell_nets = anneal_array(pins + 2 * PULLS_MAX, sizeof *p->cell_nets);
    for (int i = 0; i < p->nets; i++) {
        anneal_net_t *n = &p->net[i];
        n->first_cell = at;
        n->cells = number(2, pins - at);
        n->weight = (int)(COST_UNIT * crossings(n->cells) + 0.5);
        for (int k = 0; k < n->cells; k++)
            p->net_cells[at++] = number(0, p->cells - 1);
    }
    anneal_link(p);
}

static anneal_end_t *read_ends(const anneal_problem_t *p, int *count) {
    *count = size();
    anneal_end_t *e = anneal_array(*count, sizeof *e);
    for (int i = 0; i < *count; i++) {
        e[i].net = number(0, p->all_nets - 1);
        e[i].sink = number(-1, p->cells - 1);
        e[i].delay = number(0, LONGEST_DELAY);
    }
    return e;
}

static void read_timing(anneal_problem_t *p) {
    p->all_nets = number(p->nets, 1 << 26);
    p->driver = anneal_array(p->all_nets, sizeof *p->driver);
    for (int i = 0; i < p->all_nets; i++)
        p->driver[i] = number(0, p->cells - 1);
    p->arcs = size();
    p->arc = anneal_array(p->arcs, sizeof *p->arc);
    for (int i = 0; i < p->arcs; i++) {
        anneal_arc_t *a = &p->arc[i];
        a->from = number(0, p->all_nets - 1);
        a->to = number(0, p->all_nets - 1);
        a->sink = number(-1, p->cells - 1);
        a->delay = number(0, LONGEST_DELAY);
    }
    p->launch = read_ends(p, &p->launches);
    p->capture = read_ends(p, &p->captures);
}

void anneal_read(anneal_problem_t *p, const char *path) {
    in = fopen(path, "r");
    if (!in)
        anneal_fail("the problem cannot be read");
    *p = (anneal_problem_t){0};
    p->width = number(1, 4096);
    p->height = number(1, 4096);
    p->cells = size();
    p->nets = size();
    p->cell = anneal_array(p->cells, sizeof *p->cell);
    p->net = anneal_array(p->nets + PULLS_MAX, sizeof *p->net);
    p->tile = anneal_array(p->width * p->height, sizeof *p->tile);
    p->logic = anneal_array(p->width * p->height, sizeof *p->logic);
    p->price = anneal_array(p->width * p->height, sizeof *p->price);
    p->price_sum = anneal_array((p->width + 1) * (p->height + 1), sizeof *p->price_sum);
    p->block = anneal_array(p->cells, sizeof *p->block);
    p->site = anneal_array(p->cells, sizeof *p->site);
    for (int i = 0; i < p->width * p->height; i++) {
        p->tile[i].ramw = -1;
        for (int l = 0; l < LCS; l++)
            p->tile[i].comb[l] = p->tile[i].ff[l] = -1;
    }
    read_cells(p);
    read_nets(p);
    read_timing(p);
    fclose(in);
    for (int i = 0; i < p->width * p->height; i++)
        if (p->tile[i].logic)
            p->logic[p->logic_tiles++] = i;
}

void anneal_write(const anneal_problem_t *p, const char *path) {
    FILE *out = fopen(path, "w");
    if (!out)
        anneal_fail("the places cannot be written");
    for (int i = 0; i < p->logic_tiles; i++) {
        const anneal_tile_t *t = &p->tile[p->logic[i]];
        int x = p->logic[i] % p->width, y = p->logic[i] / p->width;
        for (int l = 0; l < LCS; l++) {
            if (t->comb[l] >= 0)
                fprintf(out, "%d %d %d %d\n", t->comb[l], x, y, l);
            if (t->ff[l] >= 0)
                fprintf(out, "%d %d %d %d\n", t->ff[l], x, y, l);
        }
        if (t->ramw >= 0)
            fprintf(out, "%d %d %d 4\n", t->ramw, x, y);
    }
    for (int i = 0; i < p->blocks; i++)
        fprintf(out, "%d -1 -1 %d\n", p->block[i], p->site[p->block[i]]);
    if (fclose(out))
        anneal_fail("the places cannot be written");
}
