/*
 * sampler.c - see sampler.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sampler.h"

#include "ref_wide.h"

static uint32_t random_u32(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)(*state * 0x2545F4914F6CDD1Du >> 32);
}

/* x * r / 2^32, x < 2^62 */
static uint64_t part(uint64_t x, uint32_t r) {
    return (x >> 32) * r + ((x & 0xffffffffu) * r >> 32);
}

/* Is token a behind token b in the order of falling weight? */
static int behind(const int32_t *weight, int32_t a, int32_t b) {
    return weight[a] < weight[b] || (weight[a] == weight[b] && a > b);
}

/* The heap order[0 .. n - 1], first one on top, repaired from i down. */
static void sift(int32_t *order, const int32_t *weight, int32_t i, int32_t n) {
    for (int32_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && behind(weight, order[child], order[child + 1]))
            child++;
        if (!behind(weight, order[i], order[child]))
            return;
        int32_t t = order[i];
        order[i] = order[child];
        order[child] = t;
    }
}

/* The first tokens in the order of falling weight that together have more than `limit`, or all: to
 * the end of order, the first one last. In place; what is not asked for is not sorted. Returns how
 * many; *total: their weight. */
static int32_t take_first(int32_t *order, const int32_t *weight, int32_t n, uint64_t limit,
                          uint64_t *total) {
    int32_t kept = 0;
    *total = 0;
    for (int32_t i = n / 2 - 1; i >= 0; i--)
        sift(order, weight, i, n);
    while (kept < n && *total <= limit) {
        int32_t top = order[0];
        kept++;
        order[0] = order[n - kept];
        order[n - kept] = top;
        *total += (uint32_t)weight[top];
        sift(order, weight, 0, n - kept);
    }
    return kept;
}

int32_t sampler_next(sampler_t *s, const int32_t *logits, int32_t n, int32_t *order,
                     int32_t *weight) {
    int32_t best = 0, kept = n;
    uint64_t sum = 0;
    for (int32_t i = 1; i < n; i++)
        best = logits[i] > logits[best] ? i : best;
    if (s->greedy)
        return best;
    for (int32_t i = 0; i < n; i++) {
        int64_t below = (int64_t)logits[best] - logits[i];
        int32_t d =
            ref_wide_scale(below > INT32_MAX ? INT32_MAX : (int32_t)below, s->mult, s->shift);
        weight[i] = ref_exp2_neg((uint32_t)d);
        order[i] = i;
        sum += (uint32_t)weight[i];
    }
    int32_t at = 0, step = 1; /* of the first token to draw from, and to the next */
    if (s->top_p < 1u << 30) {
        kept = take_first(order, weight, n, part(sum, s->top_p << 2), &sum);
        at = n - 1;
        step = -1;
    }
    uint64_t draw = part(sum, random_u32(&s->state)), upto = 0;
    for (int32_t i = 0; i < kept; i++, at += step) {
        upto += (uint32_t)weight[order[at]];
        if (draw < upto)
            return order[at];
    }
    return order[at - step];
}
