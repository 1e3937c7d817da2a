/*
 * quantize_row.c - one row of weights as int8, or as int4 in integer groups; see quantize.h.
 *
 * The search for int4: many row scales; for each, every factor and every number that can be best;
 * the scale by least squares, again, until nothing changes. SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <stddef.h>

#include "quantize.h"

enum { MAX_FACTOR = 15, SCALES = 48, ROUNDS = 4 };

double llm_quantize_row8(const float *w, int32_t n, int8_t *q) {
    double max = 0;
    for (int32_t i = 0; i < n; i++)
        max = fabs((double)w[i]) > max ? fabs((double)w[i]) : max;
    for (int32_t i = 0; i < n; i++)
        q[i] = max > 0 ? (int8_t)lrint((double)w[i] / max * 127) : 0;
    return max / 127;
}

/* Of one group, with this step: the error, and the numbers. */
static float group_error(const float *w, const float *importance, int32_t n, float step,
                         int8_t *q) {
    float error = 0, inverse = 1 / step;
    for (int32_t i = 0; i < n; i++) {
        float r = rintf(w[i] * inverse);
        r = r < -8 ? -8 : r > 7 ? 7 : r;
        float d = w[i] - step * r;
        error += d * d * (importance ? importance[i] : 1);
        q[i] = (int8_t)r;
    }
    return error;
}

/* The best factor of each group at this scale. Returns the row's error. */
static double choose(const float *w, const float *importance, int32_t n, double scale, int8_t *q,
                     uint8_t *factor) {
    double error = 0;
    for (int32_t g = 0; g * REF_GROUP < n; g++) {
        int32_t at = g * REF_GROUP, len = n - at < REF_GROUP ? n - at : REF_GROUP;
        const float *a = importance ? importance + at : NULL;
        float max = 0, best = INFINITY;
        int8_t trial[REF_GROUP];
        for (int32_t i = 0; i < len; i++)
            max = fabsf(w[at + i]) > max ? fabsf(w[at + i]) : max;
        /* the step is between what holds the largest without loss and what clips it to half */
        double widest = max / (7 * scale) + 1, narrowest = max / (15 * scale);
        for (int m = 1; m <= MAX_FACTOR; m++) {
            if ((m > widest && m > 1) || (m < narrowest - 1 && m < MAX_FACTOR))
                continue;
            float e = group_error(w + at, a, len, (float)(scale * m), trial);
            if (e < best) {
                best = e;
                factor[g] = (uint8_t)m;
                for (int32_t i = 0; i < len; i++)
                    q[at + i] = trial[i];
            }
        }
        error += (double)best;
    }
    return error;
}

/* The scale that fits the numbers best; the one before where they are all zero. */
static double fit(const float *w, const float *importance, int32_t n, double scale, const int8_t *q,
                  const uint8_t *factor) {
    double up = 0, down = 0;
    for (int32_t i = 0; i < n; i++) {
        double r = (double)q[i] * factor[i / REF_GROUP], a = importance ? (double)importance[i] : 1;
        up += a * (double)w[i] * r;
        down += a * r * r;
    }
    return down > 0 && up > 0 ? up / down : scale;
}

double llm_quantize_row4(const float *w, const float *importance, int32_t n, int8_t *q,
                         uint8_t *factor) {
    double max = 0, best = INFINITY, best_scale = 0;
    for (int32_t i = 0; i < n; i++)
        max = fabs((double)w[i]) > max ? fabs((double)w[i]) : max;
    if (max <= 0 || (float)(max / 1e6) <= 0) {
        for (int32_t i = 0; i < n; i++)
            q[i] = 0;
        for (int32_t g = 0; g * REF_GROUP < n; g++)
            factor[g] = 1;
        return 0;
    }
    for (int k = 0; k < SCALES;
         k++) { /* the largest group's step, max / 7.5 or less, is 5 to 15 times the scale */
        double scale = max / 7.5 / (4.5 + 11.5 * k / (SCALES - 1));
        for (int round = 0; round < ROUNDS; round++) {
            double error = choose(w, importance, n, scale, q, factor);
            if (error < best) {
                best = error;
                best_scale = scale;
            }
            scale = fit(w, importance, n, scale, q, factor);
        }
    }
    choose(w, importance, n, best_scale, q, factor);
    return best_scale;
}
