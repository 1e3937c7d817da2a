/*
 * test_wide.c - the language model's arithmetic (ref_wide.h, int4 rows, sampler, UTF-8) against
 * double, with the bounds that the header states.
 *
 * Synopsis:  test_wide [SEED]
 * Last line: `N passed, N failed`.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quantize.h"
#include "ref_wide_tables.h"
#include "sampler.h"
#include "tokenizer.h"

enum { LONGEST = 1024 };

static uint64_t state;
static int passed, failed;

static uint32_t rnd(void) { /* Knuth's MMIX generator, its upper half */
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 32);
}
/* Any magnitude: a random number of bits. */
static int32_t random_wide(void) {
    int32_t x = (int32_t)(rnd() >> (1 + rnd() % 31));
    return rnd() & 1 ? -x : x;
}
static double real(ref_scale_t s) {
    return ldexp(s.m, s.e - 31);
}

/* One check: the worst of many errors must be below its bound. */
static void check(const char *what, double worst, double bound) {
    int good = worst <= bound; /* not a number: bad */
    passed += good;
    failed += !good;
    if (!good)
        printf("FAIL %s: error %g, bound %g\n", what, worst, bound);
}
static void worse(double *worst, double error) {
    if (!(error <= *worst))
        *worst = error;
}

static void test_functions(void) {
    double entries = 0, exp2_error = 0, logistic = 0, reciprocal = 0, root = 0, scaled = 0;
    for (int i = 0; i <= 256; i++) {
        worse(&entries, fabs(ref_exp2_table[i] - floor(ldexp(exp2(-i / 256.0), 30) + 0.5)));
        worse(&entries,
              fabs(ref_logistic_table[i] - floor(ldexp(1 / (1 + exp(-i / 16.0)), 30) + 0.5)));
    }
    check("table entries", entries, 0);
    for (uint32_t d = 0; d < 32u << REF_SCORE_FRAC; d += 1 + rnd() % 512) {
        double want = ldexp(exp2(-ldexp(d, -REF_SCORE_FRAC)), 30);
        double most = d >= 31u << REF_SCORE_FRAC ? 1 : 0.51;
        worse(&exp2_error, (fabs(ref_exp2_neg(d) - want) - most) / want);
    }
    check("2^-d", exp2_error, 1.0e-6);
    check("2^-d far away", ref_exp2_neg(UINT32_MAX) + ref_exp2_neg(31u << REF_SCORE_FRAC), 0);
    for (int i = 0; i < 200000; i++) {
        int32_t u = i < 10 ? INT32_MIN + i : random_wide();
        worse(&logistic,
              fabs(ldexp(ref_wide_logistic(u), -30) - 1 / (1 + exp(-ldexp(u, -REF_WIDE_FRAC)))));
        uint64_t x = ((uint64_t)rnd() << 32 | rnd()) >> rnd() % 64, lo = rnd() >> rnd() % 32;
        x += x == 0;
        worse(&reciprocal, fabs(real(ref_reciprocal(x)) * (double)x - 1));
        uint64_t hi = x >> 2; /* as sums of squares are: the high part below 2^62 */
        if (hi || lo)
            worse(&root, fabs(real(ref_reciprocal_sqrt(hi, lo)) *
                                  sqrt(ldexp((double)hi, 32) + (double)lo) -
                              1));
        int32_t w = random_wide(), s = (int32_t)(rnd() % 71) - 40;
        int32_t m = (int32_t)(rnd() >> 1);
        double want = fmax(INT32_MIN, fmin(INT32_MAX, ldexp(w, s > 0 ? s : 0))) *
                      ldexp(m, (s < 0 ? s : 0) - 31);
        worse(&scaled, fabs(ref_wide_scale(w, m, s) - want));
    }
    check("logistic", logistic, 5e-5);
    check("reciprocal", reciprocal, ldexp(1, -27));
    check("reciprocal square root", root, ldexp(1, -28));
    check("wide scale", scaled, 1.0 + 1e-9); /* two roundings */
}

static void test_rows(void) {
    static int32_t x[LONGEST], y[LONGEST], z[LONGEST], gain[LONGEST];
    static int8_t q[LONGEST];
    static int16_t rotary[LONGEST];
    static int32_t vmax[LONGEST];
    double quantize = 0, scales = 0, norm = 0, norm_scale = 0, rotate = 0, soft = 0, soft_scale = 0,
           silu = 0, largest = 0, add = 0;
    for (int round = 0; round < 300; round++) {
        int32_t n = 2 + 2 * (int32_t)(rnd() % (LONGEST / 2)), bits = 4 + (int32_t)(rnd() % 28);
        double squares = 0, max = 0, sum = 0;
        for (int32_t i = 0; i < n; i++) {
            x[i] = (int32_t)rnd() >> (32 - bits);
            y[i] = (int32_t)rnd() >> (11 - rnd() % 2);
            gain[i] = (int32_t)rnd() >> rnd() % 4;
            squares += (double)x[i] * x[i];
        }
        x[rnd() % (uint32_t)n] = round % 7 == 0 ? INT32_MIN : round % 7 == 1 ? INT32_MAX : x[0];
        squares = 0;
        for (int32_t i = 0; i < n; i++) {
            squares += (double)x[i] * x[i];
            max = fmax(max, fabs((double)x[i]));
        }
        ref_scale_t t = ref_row_quantize(x, n, q);
        worse(&scales, fabs(real(t) - fmin(max, INT32_MAX)) / fmax(max, 1));
        for (int32_t i = 0; i < n; i++)
            worse(&quantize, max > 0 ? fabs((double)x[i] * 127 / max - q[i]) : abs(q[i]));

        ref_wide_norm_t g = {gain, (uint64_t)n << 10};
        t = ref_row_norm(x, &g, n, z, q);
        double rms = sqrt(squares + ldexp(n, 10)), top = 0;
        for (int32_t i = 0; i < n; i++)
            top = fmax(top, fabs(ldexp((double)x[i] * gain[i], -31)));
        worse(&norm_scale, (fabs(real(t) * rms - top) - 0.51) / fmax(top, 1));
        for (int32_t i = 0; i < n && top > 1e4;
             i++) /* below, the half of a unit that a product may err shows */
            worse(&norm, fabs(ldexp((double)x[i] * gain[i], -31) * 127 / top - q[i]));

        memcpy(z, x, sizeof z);
        for (int32_t i = 0; i < n; i += 2) {
            double angle = rnd() * 1e-6;
            rotary[i] = (int16_t)lrint(16384 * cos(angle));
            rotary[i + 1] = (int16_t)lrint(16384 * sin(angle));
        }
        ref_row_rotate(z, rotary, n);
        for (int32_t i = 0; i < n; i += 2) {
            double a = x[i], b = x[i + 1], c = rotary[i] / 16384.0, s = rotary[i + 1] / 16384.0;
            worse(&rotate, fabs(z[i] - fmax(INT32_MIN, fmin(INT32_MAX, a * c - b * s))));
            worse(&rotate, fabs(z[i + 1] - fmax(INT32_MIN, fmin(INT32_MAX, a * s + b * c))));
        }

        int32_t high = INT32_MIN;
        for (int32_t i = 0; i < n; i++) {
            y[i] = round % 5 == 0 ? x[i] : y[i];
            high = y[i] > high ? y[i] : high;
            vmax[i] = (int32_t)(rnd() >> (1 + rnd() % 16));
        }
        t = ref_row_softmax(y, round % 3 ? vmax : NULL, n, z, q);
        top = 0;
        for (int32_t i = 0; i < n; i++) {
            double e = exp2(ldexp((double)y[i] - high, -REF_SCORE_FRAC));
            sum += e;
            top = fmax(top, e * (round % 3 ? vmax[i] : 1));
        }
        /* half a unit of the largest weight, and the exponential's error */
        worse(&soft_scale, (fabs(real(t) * sum / top - 1) - 2e-6) * (round % 3 ? top / 2 : 1));
        for (int32_t i = 0; i < n; i++)
            worse(&soft, fabs(exp2(ldexp((double)y[i] - high, -REF_SCORE_FRAC)) *
                                  (round % 3 ? vmax[i] : 1) * 127 / top -
                              q[i]));

        memcpy(z, y, sizeof z);
        ref_row_silu_mul(z, x, n);
        for (int32_t i = 0; i < n; i++) {
            double u = ldexp(y[i], -REF_WIDE_FRAC), v = ldexp(x[i], -REF_WIDE_FRAC);
            double want = fmax(-8192, fmin(8192, u / (1 + exp(-u)) * v)),
                   bound = fabs(u * v) * 5e-5 + fabs(v) * 2e-6 + 4e-6;
            worse(&silu, fabs(ldexp(z[i], -REF_WIDE_FRAC) - want) / bound);
        }
        memcpy(z, x, sizeof z);
        ref_row_add(z, y, n);
        for (int32_t i = 0; i < n; i++)
            worse(&add, fabs(z[i] - fmax(INT32_MIN, fmin(INT32_MAX, (double)x[i] + y[i]))));
    }
    check("quantise", quantize, 0.51);
    check("quantise: scale", scales, 1e-9);
    check("norm", norm, 0.53);
    check("norm: scale", norm_scale, ldexp(1, -18));
    check("rotate", rotate, 0.5);
    check("softmax", soft, 0.55);
    check("softmax: scale", soft_scale, 1.1);
    check("silu", silu, 1);
    check("add", add, 0);
    memset(x, 0, sizeof x);
    ref_wide_norm_t g = {gain, 1 << 20};
    for (int32_t i = 0; i < 8; i++)
        q[i] = 1;
    largest = real(ref_row_norm(x, &g, 8, z, q));
    for (int32_t i = 0; i < 8; i++)
        largest += abs(q[i]);
    check("row of zeros", largest, 0);
}

static void test_matrices(void) {
    enum { ROWS = 40, COLS = 172 };
    static int8_t w[ROWS * COLS], q[COLS], row[COLS];
    static uint8_t w4[ROWS * COLS / 2], factor[ROWS * ((COLS + REF_GROUP - 1) / REF_GROUP)];
    static float real_w[COLS], importance[COLS];
    int32_t mult[ROWS];
    double product = 0, unpacked = 0, better = 0;
    for (int i = 0; i < COLS; i++)
        q[i] = (int8_t)((int)(rnd() % 255) - 127);
    for (int r = 0; r < ROWS; r++) {
        double max = 0, error = 0, plain = 0;
        for (int i = 0; i < COLS; i++) {
            real_w[i] = (float)((int32_t)rnd() * 1e-9 * ((int32_t)rnd() * 1e-9));
            importance[i] = (float)(0.1 + rnd() % 10);
            max = fmax(max, fabs((double)real_w[i]));
        }
        uint8_t *f = factor + r * ((COLS + REF_GROUP - 1) / REF_GROUP);
        double scale = llm_quantize_row4(real_w, importance, COLS, row, f);
        for (int i = 0; i < COLS; i++) {
            int value = row[i] * f[i / REF_GROUP];
            double d = (double)real_w[i] - scale * value,
                   p = (double)real_w[i] - max / 7 * rint((double)real_w[i] / (max / 7));
            error += d * d * (double)importance[i];
            plain += p * p * (double)importance[i];
            if (row[i] < -8 || row[i] > 7 || f[i / REF_GROUP] < 1 || f[i / REF_GROUP] > 15)
                worse(&unpacked, 1);
            w[r * COLS + i] = (int8_t)value;
            w4[(r * COLS + i) / 2] |= (uint8_t)((row[i] & 15) << (i % 2 * 4));
        }
        worse(&better, error / plain);
        mult[r] = (int32_t)(rnd() >> 1) | 1 << 30;
    }
    const int32_t shift = ref_sum_headroom(COLS);
    ref_matrix_t eight = {ROWS, COLS, shift, -9, w, NULL, NULL, mult},
                 four = {ROWS, COLS, shift, -9, NULL, w4, factor, mult};
    ref_scale_t t = {(int32_t)(rnd() >> 1) | 1 << 30, 3};
    int32_t a[ROWS], b[ROWS];
    ref_matvec(&eight, q, t, a);
    ref_matvec(&four, q, t, b);
    for (int r = 0; r < ROWS; r++) {
        double sum = 0;
        for (int i = 0; i < COLS; i++)
            sum += w[r * COLS + i] * q[i];
        worse(&product, fabs(a[r] - sum * ldexp(mult[r], shift - 31) * real(t) * ldexp(1, -9)));
        worse(&unpacked, abs(a[r] - b[r]));
    }
    check("matrix x vector", product, 1.1);
    check("int4 weights are the int8 weights they stand for", unpacked, 0);
    check("int4 with groups against one scale a row: squared error", better, 0.9);
}

/* Chi-square of draws against the probabilities; greedy; top-p. */
static void test_sampler(void) {
    enum { N = 8, DRAWS = 40000 };
    int32_t logits[N], order[N], weight[N], count[N] = {0};
    double p[N], sum = 0, chi = 0, temperature = 0.7;
    for (int i = 0; i < N; i++) {
        logits[i] = (int32_t)(rnd() % (2u << REF_WIDE_FRAC)) - (1 << REF_WIDE_FRAC);
        sum += p[i] = exp(ldexp(logits[i], -REF_WIDE_FRAC) / temperature);
    }
    sampler_t s = sampler_new(temperature, 1, 7), greedy = sampler_new(0, 0.9, 7),
              narrow = sampler_new(temperature, 1e-6, 7);
    int best = sampler_next(&greedy, logits, N, order, weight), wrong = 0;
    for (int i = 0; i < DRAWS; i++) {
        count[sampler_next(&s, logits, N, order, weight)]++;
        wrong += sampler_next(&narrow, logits, N, order, weight) != best;
    }
    for (int i = 0; i < N; i++) {
        double expected = DRAWS * p[i] / sum;
        chi += (count[i] - expected) * (count[i] - expected) / expected;
        wrong += p[i] > p[best];
    }
    check("sampler: chi-square, 7 degrees of freedom", chi, 30);
    check("sampler: greedy, and the smallest top-p", wrong, 0);
    s = sampler_new(temperature, 0.6, 9);
    double inside = 0;
    int kept = 0, falling[N];
    for (int i = 0; i < N; i++) { /* tokens by falling probability */
        int at = i;
        for (; at > 0 && p[falling[at - 1]] < p[i]; at--)
            falling[at] = falling[at - 1];
        falling[at] = i;
    }
    while (inside <= 0.6)
        inside += p[falling[kept++]] / sum;
    memset(count, 0, sizeof count);
    for (int i = 0; i < DRAWS; i++)
        count[sampler_next(&s, logits, N, order, weight)]++;
    wrong = 0;
    for (int k = 0; k < N; k++)
        wrong += (count[falling[k]] > 0) != (k < kept);
    check("sampler: top-p keeps the fewest that exceed it", wrong, 0);
}

static void test_utf8(void) {
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"plain\n\ttext", "plain\n\ttext"},
        {"\x1b[31m\x07\x7f", "[31m"},
        {"h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
        {"\xc3(", "\xef\xbf\xbd("},
        {"\x80\xff\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xe2\x82", "\xef\xbf\xbd"}};
    int wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        utf8_stream_t s = {.n = 0};
        uint8_t out[256];
        int32_t n = 0;
        for (const char *c = cases[i].in; *c; c++) /* byte by byte, as tokens may cut it */
            n += utf8_stream(&s, (const uint8_t *)c, 1, out + n);
        n += utf8_stream(&s, NULL, 0, out + n);
        wrong += n != (int32_t)strlen(cases[i].out) || memcmp(out, cases[i].out, (size_t)n) != 0;
    }
    check("UTF-8 stream", wrong, 0);
}

int main(int argc, char **argv) {
    state = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    printf("seed %llu\n", (unsigned long long)state);
    test_functions();
    test_rows();
    test_matrices();
    test_sampler();
    test_utf8();
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
