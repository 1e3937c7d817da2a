// About: the placement that fpga/anneal shortens: tiles of eight logic cells, blocks, and nets with
// their bounding boxes.
//
// A logic cell (LC) is a LUT and the flip-flop behind it. Coordinates are nextpnr's tiles; delays
// in ps; lengths in tiles, costs in 1/64 tile.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef ANNEAL_H
#define ANNEAL_H
#include <stdbool.h>
#include <stdint.h>

enum { LCS = 8, COST_UNIT = 64, PULLS_MAX = 1 << 17 };
enum {
    KIND_COMB,  // LUT
    KIND_FF,    // flip-flop
    KIND_RAMW,  // write port of a LUT RAM
    KIND_FIXED, // stays
    KIND_BLOCK, // swaps with its like
};
enum {
    COMB_HELD = 1,   // of a carry chain, multiplexer or RAM: moves with its tile only
    COMB_USES_M = 2, // selects a multiplexer with the pin that its flip-flop could load from
    COMB_RAM = 4,    // of a LUT RAM
};
enum {
    FF_FROM_M = 1, // loads from pin M
    FF_PAIRED = 2, // its LUT's output drives it, without a wire
    FF_HELD = 4,   // so does a LUT that is held
};

typedef struct {
    int kind, x, y, lc, flags;
    int slice_key;       // flip-flops that may share a slice; blocks that may change places
    int tile_key;        // flip-flops that may share a tile: clock, reset and their modes
    int inverted;        // 1: clock, 2: reset; a LUT RAM and the flip-flops of its tile must agree
    int first_net, nets; // in cell_nets
} anneal_cell_t;

typedef struct {
    int16_t x0, x1, y0, y1;
    int32_t at_x0, at_x1, at_y0, at_y1; // pins on each side
} anneal_box_t;

typedef struct {
    int first_cell, cells; // in net_cells
    int weight;            // of a tile of its half perimeter
    anneal_box_t box;
} anneal_net_t;

typedef struct {
    int comb[LCS], ff[LCS], ramw; // cells, -1: none
    bool logic;
    bool joined; // a carry chain goes on in the tile to the right
} anneal_tile_t;

typedef struct {
    int from, to; // nets
    int sink;     // cell whose pin `from` reaches, -1: a wire without delay
    int delay;
    float critical; // the longest path through it, as a part of the longest of all
} anneal_arc_t;

typedef struct {
    int net, sink, delay; // launch: sink unused
    float critical;       // capture: as in anneal_arc_t
} anneal_end_t;

typedef struct {
    int width, height, cells, nets, all_nets; // nets: those with a length; the first of all_nets
    int pulls; // nets of two pins behind them: the driver and a sink of a long path
    anneal_cell_t *cell;
    anneal_net_t *net;
    anneal_tile_t *tile; // (height, width)
    int *cell_nets, *net_cells;
    int *logic, logic_tiles; // tiles of logic
    int *block, blocks;      // cells of KIND_BLOCK
    int *site;               // block -> block in whose place it is
    int *price;              // (height, width) of a tile of wire, in 1/COST_UNIT
    int64_t *price_sum;      // (height + 1, width + 1) of the tiles above and to the left
    int *driver;             // (all_nets) cell
    anneal_arc_t *arc;       // in topological order
    anneal_end_t *launch, *capture;
    int arcs, launches, captures;
} anneal_problem_t;

_Noreturn void anneal_fail(const char *what);
void *anneal_array(int64_t count, int64_t size);

// problem.c: the text that fpga/ecp5_anneal.py writes (there: its form), and the places it reads
// back.
void anneal_read(anneal_problem_t *p, const char *path);
void anneal_write(const anneal_problem_t *p, const char *path);

void anneal_link(anneal_problem_t *p); // cell_nets anew from net_cells

// timing.c: nextpnr's estimate of wires. Returns the longest path; pulls the ends of long paths'
// wires together. A longest path below aim_ps counts as aim_ps.
int anneal_pull(anneal_problem_t *p, int aim_ps);

// crowding.c: makes the prices anew from the nets' boxes. Returns how many wires the fullest tile
// has, in percent of the mean.
int64_t anneal_price(anneal_problem_t *p);

// swaps.c
typedef struct {
    double temperature; // in costs; 0: only what does not lengthen
    int range;          // tiles, in both directions
    int64_t cost;
    uint64_t legal, accepted; // swaps
} anneal_state_t;
bool anneal_tile_legal(const anneal_problem_t *p, const anneal_tile_t *t);
int64_t anneal_cost(anneal_problem_t *p, int64_t *half_perimeters); // makes all boxes anew
void anneal_swaps(anneal_problem_t *p, anneal_state_t *s, int64_t count);
#endif
