/*
 * trial.c - lowering that can be taken back: several ways are tried, the one that ends first by the
 * scheduler's times is taken. No step may end between begin and undo. Counterparts: cascade.c,
 * emit.c (the step). SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "cc.h"

void cc_trial_end(cc_trial_t *s) {
    free(s->cmds);
    free(s->touch);
    free(s->line);
}

bool cc_trial_begin(const cc_t *cc, cc_trial_t *s) {
    const cc_step_t *t = &cc->step;
    *s = (cc_trial_t){.step = *t, .turn = cc->turn};
    s->cmds = malloc((t->n + 1) * sizeof *t->cmds);
    s->touch = malloc(t->n_touch * sizeof *t->touch);
    s->line = malloc(t->n_line * sizeof *t->line);
    if (s->cmds == NULL || s->touch == NULL || s->line == NULL) {
        cc_trial_end(s);
        return false;
    }
    if (t->n)
        memcpy(s->cmds, t->cmds, t->n * sizeof *t->cmds);
    memcpy(s->touch, t->touch, t->n_touch * sizeof *t->touch);
    memcpy(s->line, t->line, t->n_line * sizeof *t->line);
    return true;
}

void cc_trial_undo(cc_t *cc, const cc_trial_t *s) {
    cc_step_t *t = &cc->step;
    if (s->step.n)
        memcpy(t->cmds, s->cmds, s->step.n * sizeof *t->cmds);
    memcpy(t->touch, s->touch, t->n_touch * sizeof *t->touch);
    memcpy(t->line, s->line, t->n_line * sizeof *t->line);
    memcpy(t->last_of, s->step.last_of, sizeof t->last_of);
    memcpy(t->token, s->step.token, sizeof t->token);
    memcpy(t->weights, s->step.weights, sizeof t->weights);
    t->n = s->step.n;
    cc->turn = s->turn;
}
