/*
 * late.c - a softmax among the commands of the operators around it.
 *
 * Each unit takes its commands in order: a softmax of all rows at once would keep the drains of the
 * product after it waiting, and so the array. In its window (follow.c: from the product that makes
 * its rows to the one that reads them) it is lowered in short pieces instead: one whenever the
 * vector unit would otherwise be idle until the array's next sums are there, and at the latest
 * when its rows are read. Lifetimes of what it touches cover the window (cc_first_op, cc_last_op).
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "cc.h"

static int32_t result_of(const cc_t *cc) {
    const cc_pieces_t *p = &cc->late;
    return cc->ops[p->after != CC_NONE ? p->after : p->op].out;
}

static int next_piece(cc_t *cc) {
    int32_t layer = cc->layer;
    cc->layer = cc->late.op;
    int st = cc_pieces_next(cc, &cc->late);
    cc->layer = layer;
    return st;
}

/* Pixels of a tensor up to the end of a box, in the order in which they lie. */
static int32_t pixels_to(cc_box_t box) {
    return ((box.b1 - 1) * box.h + box.y1 - 1) * box.w + box.x1;
}

int cc_late_begin(cc_t *cc, int32_t op) {
    cc_pieces_t *p = &cc->late;
    if (p->op != CC_NONE) { /* its tables stay over the border of operators */
        if (p->op <= op)
            p->ready = p->pixels;
        memset(cc->busy + p->table, 1, p->table_words);
        memset(cc->busy + p->after_table, 1, p->after_words);
        return CC_OK;
    }
    int32_t softmax = cc_window_at(cc, op);
    if (softmax == CC_NONE || cc->ops[softmax].since != op)
        return CC_OK;
    int32_t layer = cc->layer;
    cc->layer = softmax;
    int st = cc_pieces_begin(cc, softmax, p);
    cc->layer = layer;
    p->ready = softmax == op ? p->pixels : 0;
    cc->ops[softmax].done = true;
    if (p->after != CC_NONE)
        cc->ops[p->after].done = true;
    return st;
}

int cc_late_end(cc_t *cc, int32_t op) {
    cc_pieces_t *p = &cc->late;
    int st = CC_OK;
    if (p->op == CC_NONE || cc->ops[p->op].until != op)
        return CC_OK;
    while (st == CC_OK && p->next < p->pixels)
        st = next_piece(cc);
    cc_pieces_end(cc, p);
    return st;
}

static uint64_t end_of(const cc_t *cc, uint32_t unit) {
    int32_t last = cc->step.last_of[unit];
    return last < 0 ? 0 : cc->step.cmds[last].end;
}

void cc_late_pace(cc_t *cc) {
    cc_pieces_t *p = &cc->late;
    while (p->op != CC_NONE && p->next < p->pixels &&
           cc_min(p->pixels, p->next + p->piece) <= p->ready &&
           end_of(cc, NPU_UNIT_VECTOR) < end_of(cc, NPU_UNIT_ARRAY) && cc_pieces_room(cc, p))
        if (next_piece(cc) != CC_OK)
            cc->failed = true; /* there is room, so it is memory */
}

void cc_late_ready(cc_t *cc, int32_t store, cc_box_t box) {
    cc_pieces_t *p = &cc->late;
    if (p->op != CC_NONE && cc->ops[p->op].in[0] == store)
        p->ready = pixels_to(box);
}

int cc_late_reach(cc_t *cc, int32_t store, cc_box_t box) {
    cc_pieces_t *p = &cc->late;
    int st = CC_OK;
    if (p->op == CC_NONE || store != result_of(cc))
        return CC_OK;
    while (st == CC_OK && p->next < cc_min(p->pixels, pixels_to(box)))
        st = next_piece(cc);
    return st;
}
