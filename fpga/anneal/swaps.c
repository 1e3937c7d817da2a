// About: swaps of cells, each kept when it shortens the wires, or by chance by how much it
// lengthens them.
//
// Four kinds: LUTs, flip-flops or both of two logic cells; a run of tiles that a carry chain holds
// together with as many others; two blocks. A swap is legal when both tiles pass what nextpnr-ecp5
// asks of a tile (its validity check); tiles moved whole stay so.
//
// SPDX-License-Identifier: Apache-2.0
#include "anneal.h"

#include <math.h>
#include <stdlib.h>

enum {
    SMALL_NET = 12,   // pins: up to here a box is made anew faster than kept up
    LONGEST_RUN = 12, // tiles swapped at once
    MOVED_MAX = 2 * LONGEST_RUN * (2 * LCS + 1),
    BLOCK_RANGE = 6, // blocks go that many times as far: their columns are far apart
    TILE_SHARE = 6,
    BLOCK_SHARE = 1,
    SHARES = 64,
};

// The swap under way.
static int moved[MOVED_MAX], moved_from[MOVED_MAX][2], moved_n;
static int *touched, touched_n; // nets
static anneal_box_t *touched_box;
static uint64_t *stamp, stamp_now;
static int *touched_at;
static bool *stale; // its box is made anew

static uint64_t rng = 88172645463325252u;

static uint32_t random_bits(void) {
    rng ^= rng << 13;
    rng ^= rng >> 7;
    rng ^= rng << 17;
    return (uint32_t)(rng >> 32);
}

static int below(int n) {
    return (int)(((uint64_t)random_bits() * (uint64_t)n) >> 32);
}

static void box_of(const anneal_problem_t *p, const anneal_net_t *n, anneal_box_t *b) {
    *b = (anneal_box_t){INT16_MAX, -1, INT16_MAX, -1, 0, 0, 0, 0};
    for (int i = 0; i < n->cells; i++) {
        const anneal_cell_t *c = &p->cell[p->net_cells[n->first_cell + i]];
        if (c->x < b->x0)
            b->x0 = (int16_t)c->x, b->at_x0 = 0;
        if (c->x > b->x1)
            b->x1 = (int16_t)c->x, b->at_x1 = 0;
        if (c->y < b->y0)
            b->y0 = (int16_t)c->y, b->at_y0 = 0;
        if (c->y > b->y1)
            b->y1 = (int16_t)c->y, b->at_y1 = 0;
        b->at_x0 += c->x == b->x0, b->at_x1 += c->x == b->x1;
        b->at_y0 += c->y == b->y0, b->at_y1 += c->y == b->y1;
    }
}

// At the mean price of the tiles of its box; a pull is for time, not for wires.
static int64_t price(const anneal_problem_t *p, const anneal_net_t *n, const anneal_box_t *b) {
    int dx = b->x1 - b->x0, dy = b->y1 - b->y0, w = p->width + 1;
    int64_t length = (int64_t)n->weight * (dx + dy);
    if (n - p->net >= p->nets)
        return length;
    const int64_t *above = &p->price_sum[b->y0 * w], *below = &p->price_sum[(b->y1 + 1) * w];
    int64_t prices = below[b->x1 + 1] - below[b->x0] - above[b->x1 + 1] + above[b->x0];
    return length * prices / ((dx + 1) * (dy + 1) * COST_UNIT);
}

// One coordinate of a pin changes. False: the last pin has left a side inwards, and only the other
// pins tell where the side is now.
static bool shift(int16_t *low, int16_t *high, int32_t *at_low, int32_t *at_high, int from,
                  int to) {
    if (from == to)
        return true;
    if (from == *low && to > from && (*at_low)-- == 1)
        return false;
    if (from == *high && to < from && (*at_high)-- == 1)
        return false;
    if (to < *low)
        *low = (int16_t)to, *at_low = 1;
    else if (to == *low)
        (*at_low)++;
    if (to > *high)
        *high = (int16_t)to, *at_high = 1;
    else if (to == *high)
        (*at_high)++;
    return true;
}

static void move_cell(anneal_problem_t *p, int c, int x, int y) {
    if (c < 0)
        return;
    moved[moved_n] = c;
    moved_from[moved_n][0] = p->cell[c].x;
    moved_from[moved_n++][1] = p->cell[c].y;
    p->cell[c].x = x;
    p->cell[c].y = y;
}

static int64_t cost_of_moves(const anneal_problem_t *p) {
    touched_n = 0;
    stamp_now++;
    for (int m = 0; m < moved_n; m++) {
        const anneal_cell_t *c = &p->cell[moved[m]];
        int x = moved_from[m][0], y = moved_from[m][1];
        if (x == c->x && y == c->y)
            continue;
        for (int i = 0; i < c->nets; i++) {
            int n = p->cell_nets[c->first_net + i];
            if (stamp[n] != stamp_now) {
                stamp[n] = stamp_now;
                touched_at[n] = touched_n;
                touched[touched_n] = n;
                touched_box[touched_n++] = p->net[n].box;
                stale[n] = p->net[n].cells <= SMALL_NET;
            }
            if (stale[n])
                continue;
            anneal_box_t *b = &touched_box[touched_at[n]];
            stale[n] = !shift(&b->x0, &b->x1, &b->at_x0, &b->at_x1, x, c->x) ||
                       !shift(&b->y0, &b->y1, &b->at_y0, &b->at_y1, y, c->y);
        }
    }
    int64_t delta = 0;
    for (int i = 0; i < touched_n; i++) {
        const anneal_net_t *n = &p->net[touched[i]];
        if (stale[touched[i]])
            box_of(p, n, &touched_box[i]);
        delta += price(p, n, &touched_box[i]) - price(p, n, &n->box);
    }
    return delta;
}

// Keeps the moves or takes them back.
static bool settle(anneal_problem_t *p, anneal_state_t *s) {
    int64_t delta = cost_of_moves(p);
    if (delta > 0 && (s->temperature <= 0 ||
                      random_bits() >= exp(-(double)delta / s->temperature) * 4294967296.0)) {
        for (int m = moved_n - 1; m >= 0; m--) {
            p->cell[moved[m]].x = moved_from[m][0];
            p->cell[moved[m]].y = moved_from[m][1];
        }
        return false;
    }
    for (int i = 0; i < touched_n; i++)
        p->net[touched[i]].box = touched_box[i];
    s->cost += delta;
    return true;
}

// Blocks are not counted: the range follows the others.
static void count(anneal_state_t *s, bool kept) {
    s->legal++;
    s->accepted += kept;
}

bool anneal_tile_legal(const anneal_problem_t *p, const anneal_tile_t *t) {
    int tile_key = -1;
    for (int slice = 0; slice < LCS / 2; slice++) {
        int slice_key = -1;
        for (int l = 2 * slice; l < 2 * slice + 2; l++) {
            if (t->ff[l] < 0)
                continue;
            const anneal_cell_t *f = &p->cell[t->ff[l]];
            if (t->comb[l] >= 0 && (p->cell[t->comb[l]].flags & COMB_USES_M) &&
                (f->flags & FF_FROM_M))
                return false;
            if (tile_key >= 0 && tile_key != f->tile_key)
                return false;
            if (slice_key >= 0 && slice_key != f->slice_key)
                return false;
            tile_key = f->tile_key;
            slice_key = f->slice_key;
            for (int r = 0; r < 4; r++)
                if (t->comb[r] >= 0 && (p->cell[t->comb[r]].flags & COMB_RAM) &&
                    p->cell[t->comb[r]].inverted != f->inverted)
                    return false;
        }
    }
    return true;
}

// Slice C of a tile with a LUT RAM is its write port.
static bool write_port(const anneal_tile_t *t, int lc) {
    return t->ramw >= 0 && lc / 2 == 2;
}

static bool comb_moves(const anneal_problem_t *p, const anneal_tile_t *t, int lc) {
    return t->comb[lc] >= 0 ? !(p->cell[t->comb[lc]].flags) : !write_port(t, lc);
}

static bool ff_moves(const anneal_problem_t *p, const anneal_tile_t *t, int lc) {
    return t->ff[lc] >= 0 ? !(p->cell[t->ff[lc]].flags & FF_HELD) : !write_port(t, lc);
}

static bool paired(const anneal_problem_t *p, const anneal_tile_t *t, int lc) {
    return t->ff[lc] >= 0 && (p->cell[t->ff[lc]].flags & FF_PAIRED);
}

static anneal_tile_t *near(const anneal_problem_t *p, int x, int y, int range) {
    for (int k = 0; k < 8; k++) {
        int to_x = x + below(2 * range + 1) - range, to_y = y + below(2 * range + 1) - range;
        if (to_x < 0 || to_y < 0 || to_x >= p->width || to_y >= p->height)
            continue;
        anneal_tile_t *t = &p->tile[to_y * p->width + to_x];
        if (t->logic)
            return t;
    }
    return NULL;
}

static void swap_int(int *a, int *b) {
    int t = *a;
    *a = *b;
    *b = t;
}

static void swap_cells(anneal_problem_t *p, anneal_state_t *s) {
    int at = p->logic[below(p->logic_tiles)], la = below(LCS), kind = below(3);
    bool combs = kind != 1, ffs = kind != 0;
    anneal_tile_t *a = &p->tile[at], *b = near(p, at % p->width, at / p->width, s->range);
    if (!b)
        return;
    int lb = below(LCS);
    if (a == b && la == lb)
        return;
    if (combs && (!comb_moves(p, a, la) || !comb_moves(p, b, lb)))
        return;
    if (ffs && (!ff_moves(p, a, la) || !ff_moves(p, b, lb)))
        return;
    if (kind != 2 && (paired(p, a, la) || paired(p, b, lb)))
        return;
    if (!(combs && (a->comb[la] >= 0 || b->comb[lb] >= 0)) &&
        !(ffs && (a->ff[la] >= 0 || b->ff[lb] >= 0)))
        return;
    if (combs)
        swap_int(&a->comb[la], &b->comb[lb]);
    if (ffs)
        swap_int(&a->ff[la], &b->ff[lb]);
    if (!ffs || (anneal_tile_legal(p, a) && (a == b || anneal_tile_legal(p, b)))) {
        int to = (int)(b - p->tile), ax = at % p->width, ay = at / p->width, bx = to % p->width,
            by = to / p->width;
        moved_n = 0;
        if (a != b && combs)
            move_cell(p, a->comb[la], ax, ay), move_cell(p, b->comb[lb], bx, by);
        if (a != b && ffs)
            move_cell(p, a->ff[la], ax, ay), move_cell(p, b->ff[lb], bx, by);
        bool kept = settle(p, s);
        count(s, kept);
        if (kept)
            return;
    }
    if (combs)
        swap_int(&a->comb[la], &b->comb[lb]);
    if (ffs)
        swap_int(&a->ff[la], &b->ff[lb]);
}

static void move_tile(anneal_problem_t *p, const anneal_tile_t *t, int x, int y) {
    for (int l = 0; l < LCS; l++)
        move_cell(p, t->comb[l], x, y), move_cell(p, t->ff[l], x, y);
    move_cell(p, t->ramw, x, y);
}

static void swap_tiles(anneal_problem_t *p, anneal_state_t *s) {
    int at = p->logic[below(p->logic_tiles)], y = at / p->width, x0 = at % p->width, x1 = x0;
    while (x0 > 0 && p->tile[y * p->width + x0 - 1].joined)
        x0--;
    while (p->tile[y * p->width + x1].joined)
        x1++;
    int n = x1 - x0 + 1;
    anneal_tile_t *b = near(p, x0, y, s->range), *a = &p->tile[y * p->width + x0];
    if (!b || n > LONGEST_RUN)
        return;
    int to = (int)(b - p->tile), bx = to % p->width, by = to / p->width;
    if (bx + n > p->width || (by == y && abs(bx - x0) < n))
        return;
    if ((bx > 0 && b[-1].joined) || b[n - 1].joined)
        return;
    for (int i = 0; i < n; i++)
        if (!b[i].logic)
            return;
    moved_n = 0;
    for (int i = 0; i < n; i++)
        move_tile(p, &a[i], bx + i, by), move_tile(p, &b[i], x0 + i, y);
    bool kept = settle(p, s);
    count(s, kept);
    for (int i = 0; kept && i < n; i++) {
        anneal_tile_t t = a[i];
        a[i] = b[i];
        b[i] = t;
    }
}

static void swap_blocks(anneal_problem_t *p, anneal_state_t *s) {
    int a = p->block[below(p->blocks)], b = p->block[below(p->blocks)],
        reach = BLOCK_RANGE * s->range;
    int ax = p->cell[a].x, ay = p->cell[a].y, bx = p->cell[b].x, by = p->cell[b].y;
    if (a == b || p->cell[a].slice_key != p->cell[b].slice_key || abs(ax - bx) > reach ||
        abs(ay - by) > reach)
        return;
    moved_n = 0;
    move_cell(p, a, bx, by);
    move_cell(p, b, ax, ay);
    if (settle(p, s))
        swap_int(&p->site[a], &p->site[b]);
}

int64_t anneal_cost(anneal_problem_t *p, int64_t *half_perimeters) {
    int64_t sum = 0;
    *half_perimeters = 0;
    for (int i = 0; i < p->nets + p->pulls; i++) {
        anneal_net_t *n = &p->net[i];
        box_of(p, n, &n->box);
        sum += price(p, n, &n->box);
        if (i < p->nets)
            *half_perimeters += n->box.x1 - n->box.x0 + n->box.y1 - n->box.y0;
    }
    return sum;
}

void anneal_swaps(anneal_problem_t *p, anneal_state_t *s, int64_t count) {
    if (!stamp) {
        stamp = anneal_array(p->nets + PULLS_MAX, sizeof *stamp);
        touched = anneal_array(p->nets + PULLS_MAX, sizeof *touched);
        touched_at = anneal_array(p->nets + PULLS_MAX, sizeof *touched_at);
        touched_box = anneal_array(p->nets + PULLS_MAX, sizeof *touched_box);
        stale = anneal_array(p->nets + PULLS_MAX, sizeof *stale);
    }
    for (int64_t i = 0; i < count; i++) {
        int share = below(SHARES);
        if (share < TILE_SHARE)
            swap_tiles(p, s);
        else if (share < TILE_SHARE + BLOCK_SHARE && p->blocks > 1)
            swap_blocks(p, s);
        else
            swap_cells(p, s);
    }
}
