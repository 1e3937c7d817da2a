// About: longest path through each wire, with nextpnr's estimate of a wire's delay, and the pulls
// on those of long paths.
//
// SPDX-License-Identifier: Apache-2.0
#include "anneal.h"

#include <math.h>
#include <stdlib.h>

// A net's box has no say in where in it the driver is: each wire of a path that is at least LONG of
// the longest is a net of its own as well, which in the longest path weighs PULL times a net of two
// pins, and by the POWER of its part less in others. What counts is the mean of now and before: a
// wire that was pulled is short, and without memory it would be let go at once.
static const double POWER = 24, PULL = 20, LONG = 0.8;

static int least(int a, int b) {
    return a < b ? a : b;
}

// As the placer of nextpnr-ecp5 estimates it, speed grade 6: hops of one and two tiles, then longer
// wires.
static int wire(const anneal_problem_t *p, int net, int sink) {
    if (sink < 0)
        return 0;
    const anneal_cell_t *a = &p->cell[p->driver[net]], *b = &p->cell[sink];
    int dx = abs(a->x - b->x), dy = abs(a->y - b->y);
    return 80 * (6 + dx - least(dx, 5) + dy - least(dy, 5) + 2 * (least(dx, 5) + least(dy, 5)));
}

static void raise_to(int *a, int b) {
    if (b > *a)
        *a = b;
}

// A wire of a path of this part of the longest; *mean: with what it was.
static void pull(anneal_problem_t *p, int net, int sink, float *mean, double now) {
    *mean = (float)(*mean > 0 ? (*mean + now) / 2 : now);
    double critical = *mean;
    if (sink < 0 || critical < LONG || p->pulls == PULLS_MAX || p->driver[net] == sink)
        return;
    int i = p->nets + p->pulls, at = i ? p->net[i - 1].first_cell + p->net[i - 1].cells : 0;
    p->net[i] = (anneal_net_t){.first_cell = at,
                               .cells = 2,
                               .weight = (int)(COST_UNIT * PULL * pow(critical, POWER) + 0.5)};
    p->net_cells[at] = p->driver[net];
    p->net_cells[at + 1] = sink;
    p->pulls++;
}

int anneal_pull(anneal_problem_t *p, int aim_ps) {
    int *arrival = anneal_array(p->all_nets, sizeof *arrival),
        *tail = anneal_array(p->all_nets, sizeof *tail), worst = 0;
    for (int i = 0; i < p->all_nets; i++)
        arrival[i] = tail[i] = -1; // -1: no path
    for (int i = 0; i < p->launches; i++)
        raise_to(&arrival[p->launch[i].net], p->launch[i].delay);
    for (int i = 0; i < p->arcs; i++) {
        const anneal_arc_t *a = &p->arc[i];
        if (arrival[a->from] >= 0)
            raise_to(&arrival[a->to], arrival[a->from] + wire(p, a->from, a->sink) + a->delay);
    }
    for (int i = 0; i < p->captures; i++)
        raise_to(&tail[p->capture[i].net],
                 wire(p, p->capture[i].net, p->capture[i].sink) + p->capture[i].delay);
    for (int i = p->arcs - 1; i >= 0; i--) {
        const anneal_arc_t *a = &p->arc[i];
        if (tail[a->to] >= 0)
            raise_to(&tail[a->from], tail[a->to] + wire(p, a->from, a->sink) + a->delay);
    }
    for (int i = 0; i < p->all_nets; i++)
        if (arrival[i] >= 0 && tail[i] >= 0)
            raise_to(&worst, arrival[i] + tail[i]);
    int reference = worst > aim_ps ? worst : aim_ps;
    p->pulls = 0;
    for (int i = 0; i < p->arcs; i++) {
        anneal_arc_t *a = &p->arc[i];
        int before = arrival[a->from], path = before + wire(p, a->from, a->sink) + a->delay;
        if (before >= 0 && tail[a->to] >= 0)
            pull(p, a->from, a->sink, &a->critical, (double)(path + tail[a->to]) / reference);
    }
    for (int i = 0; i < p->captures; i++) {
        anneal_end_t *e = &p->capture[i];
        int before = arrival[e->net], path = before + wire(p, e->net, e->sink) + e->delay;
        if (before >= 0)
            pull(p, e->net, e->sink, &e->critical, (double)path / reference);
    }
    anneal_link(p);
    free(arrival);
    free(tail);
    return worst;
}
