/*
 * explore.h - what the parts of `systole explore` share: the rows of a sweep.
 *
 * Contract
 *   A row is one configuration behind one port width. explore_run() predicts the cycles of all, in
 *   processes of its own; the result does not depend on their number. A configuration that fails
 *   has a reason instead of cycles. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_EXPLORE_H
#define SYSTOLE_EXPLORE_H

#include <stdio.h>

#include "area.h"
#include "graph.h"

enum { EXPLORE_PORTS = 5, EXPLORE_MODELS = 16, EXPLORE_RTL_PORT = 8 };

typedef struct {
    uint32_t cpu_layers;            /* operators on the CPU: not in the cycles */
    uint64_t cycles[EXPLORE_PORTS]; /* of one inference, by port width */
    char reason[128];               /* why there are none; "" */
} explore_cell_t;

typedef struct {
    const npu_config_t *config; /* NULL: refused, see reason */
    char text[128];             /* its name, or what was asked for */
    uint32_t port;              /* bytes a cycle */
    area_t area;
    int done;                        /* false: not reached before an interrupt */
    uint64_t cycles[EXPLORE_MODELS]; /* by model */
    double cost;                     /* cycles, or their geometric mean over the models */
    char reason[160];                /* "": good */
    int front;                       /* no other of this port width is at least as good in all */
} explore_row_t;

typedef struct {
    int n_models, n_configs, n_ports;
    const char **paths;                    /* (n_models) */
    graph_t **graphs;                      /* (n_models) */
    const npu_config_t *const *configs;    /* (n_configs), NULL: refused */
    uint32_t port[EXPLORE_PORTS], latency; /* bytes, cycles */
    explore_cell_t *cells;                 /* (n_configs, n_models), filled by explore_run */
    unsigned char *done;                   /* (n_configs, n_models) */
} explore_sweep_t;

/* 0; 1 when interrupted (the cells that are done are good); -1 with *err. jobs >= 1. */
int explore_run(explore_sweep_t *s, int jobs, graph_error_t *err);

/* Marks the rows of each port width that no other row beats in cost, LUT, DSP and RAM; of
 * rows equal in all, the one with more scratchpad words, then the first. */
void explore_front(explore_row_t *rows, int n);

/* The picture, SVG: cycles against each kind of area. title: one line; what: of the cycles. */
void explore_plot(FILE *f, const explore_row_t *rows, int n, const char *title, const char *what);

#endif
