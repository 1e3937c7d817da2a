/*
 * sampler_new.c - the numbers that the sampler works with, from what the user says; see sampler.h.
 * The only part with floats: on the host.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>

#include "ref_wide.h"
#include "sampler.h"

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
