// About: what a tile of wire costs where many wires want to be.
//
// How many: each net spreads its length evenly over its box (RUDY; Spindler and Johannes, 2007).
// Where that is more than CROWDED times the mean of the tiles with logic, wires cost more, by
// PRICE for each further CROWDED times.
//
// SPDX-License-Identifier: Apache-2.0
#include "anneal.h"

#include <stdlib.h>

static const double CROWDED = 1.4, PRICE = 6;
enum { SPREAD_UNIT = 1 << 10 };

// Each number becomes the sum of those above and to the left, itself included.
static void add_up(int64_t *a, int width, int height) {
    for (int i = 0; i < width * height; i++)
        if (i % width)
            a[i] += a[i - 1];
    for (int i = width; i < width * height; i++)
        a[i] += a[i - width];
}

// A net's share of each tile of its box, as differences at the corners.
static void spread(const anneal_net_t *n, int64_t *wires, int width) {
    const anneal_box_t *b = &n->box;
    int dx = b->x1 - b->x0, dy = b->y1 - b->y0;
    int64_t v = (int64_t)n->weight * SPREAD_UNIT * (dx + dy) / ((dx + 1) * (dy + 1));
    int64_t *top = &wires[b->y0 * width], *bottom = &wires[(b->y1 + 1) * width];
    top[b->x0] += v;
    top[b->x1 + 1] -= v;
    bottom[b->x0] -= v;
    bottom[b->x1 + 1] += v;
}

int64_t anneal_price(anneal_problem_t *p) {
    int w = p->width + 1, h = p->height + 1;
    int64_t *wires = anneal_array(w * h, sizeof *wires), sum = 0, most = 0;
    for (int i = 0; i < p->nets; i++)
        spread(&p->net[i], wires, w);
    add_up(wires, w, h);
    for (int i = 0; i < p->logic_tiles; i++)
        sum += wires[p->logic[i] / p->width * w + p->logic[i] % p->width];
    double limit = CROWDED * (double)sum / p->logic_tiles;
    for (int y = 0; y < p->height; y++) {
        for (int x = 0; x < p->width; x++) {
            int64_t v = wires[y * w + x];
            double excess = limit > 0 && (double)v > limit ? (double)v / limit - 1 : 0;
            int now = COST_UNIT + (int)(COST_UNIT * PRICE * excess + 0.5),
                *price = &p->price[y * p->width + x];
            // The mean of now and before: else wires go to and fro.
            *price = *price ? (*price + now) / 2 : now;
            p->price_sum[(y + 1) * w + x + 1] = *price;
            if (v > most)
                most = v;
        }
    }
    add_up(p->price_sum, w, h);
    free(wires);
    return sum ? 100 * most * p->logic_tiles / sum : 0;
}
