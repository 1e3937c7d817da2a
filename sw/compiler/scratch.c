/*
 * scratch.c - scratchpad words for tiles and weights, given out while lowering.
 *
 * Lowering runs in program order, so at any moment only what the current tile needs is allocated,
 * and all the rest may be overwritten, once the commands that still use it have ended. The words
 * that come free earliest (estimated) are taken: buffers rotate through the whole free scratchpad,
 * and the load of the next weights or tile waits as little as possible for work still going on.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "cc.h"

int cc_alloc(cc_t *cc, uint32_t words, uint32_t *addr) {
    uint32_t best = 0, total = cc->sp_words;
    uint64_t best_time = UINT64_MAX;
    bool tight = cc->ops[cc->layer].tight;
    if (words == 0 || words > total)
        return CC_NOSPACE;
    /* Sliding maximum of the idle times over `words` neighbours: a queue of candidates whose times
     * fall from head to tail. */
    uint32_t *queue = malloc(total * sizeof *queue);
    uint64_t *time = malloc(total * sizeof *time);
    if (queue == NULL || time == NULL) {
        free(queue);
        free(time);
        cc->failed = true;
        return CC_FATAL;
    }
    uint32_t head = 0, tail = 0, run = 0;
    for (uint32_t i = 0; i < total; i++) {
        if (cc->busy[i]) {
            run = 0;
            head = tail = 0;
            continue;
        }
        run++;
        time[i] = tight ? 0 : cc_idle_time(cc, i);
        while (tail > head && time[queue[tail - 1]] <= time[i])
            tail--;
        queue[tail++] = i;
        if (run < words)
            continue;
        while (queue[head] + words <= i)
            head++;
        if (time[queue[head]] < best_time) {
            best_time = time[queue[head]];
            best = i + 1 - words;
        }
    }
    free(queue);
    free(time);
    if (best_time == UINT64_MAX)
        return CC_NOSPACE;
    memset(cc->busy + best, 1, words);
    *addr = best;
    return CC_OK;
}

void cc_release(cc_t *cc, uint32_t addr, uint32_t words) {
    memset(cc->busy + addr, 0, words);
}

uint32_t cc_free_words(const cc_t *cc) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < cc->sp_words; i++)
        n += !cc->busy[i];
    return n;
}

uint32_t cc_free_extent(const cc_t *cc) {
    uint32_t best = 0, run = 0;
    for (uint32_t i = 0; i < cc->sp_words; i++) {
        run = cc->busy[i] ? 0 : run + 1;
        if (run > best)
            best = run;
    }
    return best;
}
