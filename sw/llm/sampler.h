/*
 * sampler.h - the next token from logits: greedy, temperature, top-p, from a seed.
 *
 * Contract:  integers only once it is set up, so every target draws the same token from the same
 * logits; sampler_next runs on the host and on the soft-core (sw/firmware/talk.c). Source: llama2.c
 * run.c (sample, sample_topp, random_u32: xorshift*), in integers; with equal probabilities the
 * lower token counts first. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_SAMPLER_H
#define SYSTOLE_SAMPLER_H

#include <stdint.h>

typedef struct {
    int32_t greedy;
    int32_t mult,
        shift; /* a difference of logits (wide) to powers of two (Q.20): log2(e) / temperature */
    uint32_t top_p; /* Q.30; 2^30: all tokens */
    uint64_t state; /* of the generator, not 0 */
} sampler_t;

/* temperature >= 0 (0: greedy), top_p in 0..1 (0 and 1: all tokens). */
sampler_t sampler_new(double temperature, double top_p, uint64_t seed);
/* logits (n) wide; order, weight: scratch (n). */
int32_t sampler_next(sampler_t *s, const int32_t *logits, int32_t n, int32_t *order,
                     int32_t *weight);

#endif
