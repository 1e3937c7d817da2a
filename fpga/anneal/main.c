// About: simulated annealing of a placement, for shorter wires than nextpnr's placers leave.
//
// Synopsis: anneal PROBLEM PLACES [--temperature TILES] [--steps N] [--swaps N] [--path NS]
//
// fpga/ecp5_anneal.py writes PROBLEM and reads PLACES.
//   --temperature  at the start (5); falls to 0.06
//   --steps        in which it falls (240); one at 0 follows
//   --swaps        tried in a step (3000000)
//   --path         once the longest path is shorter than this, paths are measured against it (0)
// One line a step; the same placement every time. Exit status 1 with one line for a problem that
// is none, or an illegal tile in it.
//
// Arithmetic: the schedule of swap range and the lengths of nets are VPR's (Betz and Rose, 1997);
// tiles and delays are those of nextpnr-ecp5.
//
// SPDX-License-Identifier: Apache-2.0
#include "anneal.h"

#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double LAST_TEMPERATURE = 0.06, ACCEPTED_AIM = 0.44;
enum { FIRST_RANGE = 12, LEAST_RANGE = 2, MOST_RANGE = 20 };

static double option(const char *text, double low, double high) {
    char *end;
    double v = strtod(text, &end);
    if (*end || !(v >= low && v <= high))
        anneal_fail("an option's number is outside its range (fpga/anneal/main.c)");
    return v;
}

static void check(const anneal_problem_t *p, const char *what) {
    for (int i = 0; i < p->logic_tiles; i++)
        if (!anneal_tile_legal(p, &p->tile[p->logic[i]]))
            anneal_fail(what);
}

static int next_range(const anneal_state_t *s) {
    double accepted = s->legal ? (double)s->accepted / (double)s->legal : 0;
    int next = (int)(s->range * (1 - ACCEPTED_AIM + accepted) + 0.5);
    return next < LEAST_RANGE ? LEAST_RANGE : next > MOST_RANGE ? MOST_RANGE : next;
}

int main(int argc, char **argv) {
    static const struct option options[] = {{"temperature", 1, 0, 't'},
                                            {"steps", 1, 0, 's'},
                                            {"swaps", 1, 0, 'n'},
                                            {"path", 1, 0, 'p'},
                                            {0}};
    double first = 5, path_ns = 0;
    int steps = 240;
    int64_t swaps = 3000000, half, found;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 't')
            first = option(optarg, LAST_TEMPERATURE, 1000);
        else if (o == 's')
            steps = (int)option(optarg, 1, 10000);
        else if (o == 'n')
            swaps = (int64_t)option(optarg, 1, 1e12);
        else if (o == 'p')
            path_ns = option(optarg, 0, 1e5);
        else
            return 2;
    }
    if (argc - optind != 2)
        anneal_fail("usage: anneal PROBLEM PLACES [--temperature TILES] [--steps N] [--swaps N] "
                    "[--path NS]");
    static anneal_problem_t p; // lives as long as the program
    anneal_read(&p, argv[optind]);
    check(&p, "the placement has an illegal tile");
    anneal_cost(&p, &found);
    printf("%d tiles of logic, %d cells, %d nets, half perimeters %" PRId64 "\n", p.logic_tiles,
           p.cells, p.nets, found);
    anneal_state_t s = {.range = FIRST_RANGE};
    for (int step = 0; step <= steps; step++) {
        int worst = anneal_pull(&p, (int)(path_ns * 1000 + 0.5));
        s.temperature =
            step == steps ? 0
                          : COST_UNIT * first * pow(LAST_TEMPERATURE / first, (double)step / steps);
        int64_t fullest = anneal_price(&p);
        s.cost = anneal_cost(&p, &half);
        s.legal = s.accepted = 0;
        printf("step %d of %d: temperature %.2f, path %.2f ns, half perimeters %" PRId64
               ", fullest tile %" PRId64 " %%, %d pulls\n",
               step, steps, s.temperature / COST_UNIT, worst / 1000.0, half, fullest, p.pulls);
        fflush(stdout);
        anneal_swaps(&p, &s, swaps);
        s.range = next_range(&s);
    }
    if (anneal_cost(&p, &half) != s.cost)
        anneal_fail("the swaps' cost is not that of the result");
    check(&p, "the result has an illegal tile");
    anneal_write(&p, argv[optind + 1]);
    printf("half perimeters %" PRId64 " -> %" PRId64 ", path %.2f ns\n", found, half,
           anneal_pull(&p, 0) / 1000.0);
    return 0;
}
