/*
 * sampler.c - see sampler.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sampler.h"

#include <math.h>

#include "ref_wide.h"

sampler_t sampler_new(double temperature, double top_p, uint64_t seed) {
    sampler_t s = {
        .greedy = temperature <= 0, .top_p = 1u << 30, .state = seed ? seed : 0x9e3779b97f4a7c15u};
    if (s.greedy)
        return s;
    int e;
    double m = frexp(1 / (log(2) * temperature), &e);
    s.mult = (int32_t)fmin(m * 2147483648.0, INT32_MAX);
    s.shift = e + REF_SCORE_FRAC - REF_WIDE_FRAC;
    if (top_p > 0 && top_p < 1)
        s.top_p = (uint32_t)lrint(ldexp(top_p, 30));
    return s;
}

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

/* The heap order[0 .. n - 1], last one on top, repaired from i down. */
static void sift(int32_t *order, const int32_t *weight, int32_t i, int32_t n) {
    for (int32_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && behind(weight, order[child + 1], order[child]))
            child++;
        if (!behind(weight, order[child], order[i]))
            return;
        int32_t t = order[i];
        order[i] = order[child];
        order[child] = t;
    }
}

/* By falling weight; in place, without recursion. */
static void sort(int32_t *order, const int32_t *weight, int32_t n) {
    for (int32_t i = n / 2 - 1; i >= 0; i--)
        sift(order, weight, i, n);
    for (int32_t last = n - 1; last > 0; last--) {
        int32_t t = order[0];
        order[0] = order[last];
        order[last] = t;
        sift(order, weight, 0, last);
    }
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
    if (s->top_p < 1u << 30) {
        uint64_t limit = part(sum, s->top_p << 2), total = 0;
        sort(order, weight, n);
        for (kept = 0; kept < n && total <= limit; kept++)
            total += (uint32_t)weight[order[kept]];
        sum = total;
    }
    uint64_t draw = part(sum, random_u32(&s->state)), upto = 0;
    for (int32_t i = 0; i < kept; i++) {
        upto += (uint32_t)weight[order[i]];
        if (draw < upto)
            return order[i];
    }
    return order[kept - 1];
}
