/*
 * explore_front.c - which rows nothing beats.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "explore.h"

/* At least as good in everything, better in something; of equals the one with more scratchpad (it
 * costs nothing), then the first. */
static int beats(const explore_row_t *a, const explore_row_t *b) {
    int better = a->cost < b->cost;
    if (a->cost > b->cost)
        return 0;
    for (int k = 0; k < AREA_KINDS; k++) {
        if (a->area.of[k] > b->area.of[k])
            return 0;
        better |= a->area.of[k] < b->area.of[k];
    }
    if (!better && a->config->sp_words != b->config->sp_words)
        return a->config->sp_words > b->config->sp_words;
    return better || a < b;
}

void explore_front(explore_row_t *rows, int n) {
    for (int i = 0; i < n; i++) {
        rows[i].front = rows[i].done && !rows[i].reason[0];
        for (int j = 0; j < n && rows[i].front; j++)
            if (j != i && rows[j].done && !rows[j].reason[0] && rows[j].port == rows[i].port &&
                beats(&rows[j], &rows[i]))
                rows[i].front = 0;
    }
}
