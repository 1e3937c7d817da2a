/*
 * test_norm.c - the reciprocal square root, layer norm and RMS norm in integers against double.
 *
 * Synopsis:  test_norm [SEED [ROUNDS]]
 * ref_inv_sqrt: every w up to 2^16, then random bit patterns and the neighbours of powers of two:
 * range of the result, relative error. Norms: random rows (narrow, wide, constant but for one
 * value, extremes only), lengths 1 to 32768, scales, epsilons, gammas and betas, prepared from a
 * graph as a model would be. A code may differ from the rounded real value only where that lies
 * within the stated bound of a tie, so it is at most 1 off. Last line: `N passed, N failed`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ref_inv_sqrt.h"
#include "ref_prepare.h"

#define BOUND (1.0 / 4096) /* of an output code, beyond half a code */
#define ROOT_BOUND (1.0 / (1 << 28))
#define OFF_MOST 2e-5 /* share of codes that may be 1 off */

static uint64_t state;

static uint32_t rnd(void) { /* Knuth's MMIX generator, its upper half */
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 32);
}

static int32_t below(uint32_t n) {
    return (int32_t)(rnd() % n);
}

/* 10^lo .. 10^hi */
static double power(double lo, double hi) {
    return pow(10, lo + (hi - lo) * rnd() / 4294967296.0);
}

static double worst_root;

static int root_ok(uint64_t w) {
    int32_t k, r = ref_inv_sqrt(w, &k);
    double want = 1 / sqrt((double)w), error = fabs(ldexp(r, -30 - k) / want - 1);
    worst_root = error > worst_root ? error : worst_root;
    int fits = k >= 0 && k <= 31 && w >> k >> k >= 1 && (k == 31 || w >> k >> k < 4);
    if (error < ROOT_BOUND && fits && r >= 1 << 29 && r < 1 << 30)
        return 1;
    printf("FAIL 1 / sqrt(%llu): %d * 2^-%d, relative error %g\n", (unsigned long long)w, (int)r,
           30 + (int)k, error);
    return 0;
}

static int roots(void) {
    for (uint64_t w = 1; w <= 65536; w++)
        if (!root_ok(w))
            return 0;
    for (int bit = 0; bit < 64; bit++)
        for (int64_t by = -2; by <= 2; by++)
            if (((uint64_t)1 << bit) + (uint64_t)by - 1 < UINT64_MAX - 1 &&
                !root_ok(((uint64_t)1 << bit) + (uint64_t)by))
                return 0;
    for (int i = 0; i < 300000; i++) {
        uint64_t w = ((uint64_t)rnd() << 32 | rnd()) >> rnd() % 64;
        if (w && !root_ok(w))
            return 0;
    }
    return 1;
}

static void random_row(int8_t *x, int32_t n) {
    int32_t kind = below(6), middle = below(256) - 128, spread = 1 + below(kind == 0 ? 3 : 60);
    for (int32_t i = 0; i < n; i++) {
        int32_t v = kind == 1 ? below(256) - 128 : kind == 2 ? (below(2) ? 127 : -128) : middle;
        if (kind == 0 || kind > 3) /* nearly a bell */
            v += below((uint32_t)spread) + below((uint32_t)spread) - below((uint32_t)spread) -
                 below((uint32_t)spread);
        x[i] = (int8_t)(v > 127 ? 127 : v < -128 ? -128 : v);
    }
    if (kind == 3 && below(4)) /* constant, or but for one */
        x[below((uint32_t)n)] = (int8_t)(below(256) - 128);
}

static double worst;
static uint64_t codes, off;

/* One row in double: whether y is it, up to BOUND. */
static int row_ok(const graph_t *g, const int8_t *x, const int8_t *y, int32_t n) {
    const graph_tensor_t *t = g->tensors;
    const graph_op_t *op = g->ops;
    double scale = (double)t[0].quant.scales[0], out_scale = (double)t[3].quant.scales[0];
    int64_t sum = 0; /* of codes; differences from the mean are exact as n times themselves */
    double squares = 0;
    for (int32_t i = 0; i < n; i++)
        sum += x[i];
    sum = op->p.norm.rms ? (int64_t)n * t[0].quant.zero_points[0] : sum;
    for (int32_t i = 0; i < n; i++)
        squares += pow((double)(n * (int64_t)x[i] - sum) / n, 2) / n;
    double root = sqrt(squares * scale * scale + (double)op->p.norm.epsilon);
    for (int32_t i = 0; i < n; i++) {
        double unit = squares > 0 ? (double)(n * (int64_t)x[i] - sum) / n * scale / root : 0;
        double gamma = op->in[1] >= 0 ? (double)((const float *)t[1].data)[i] : 1;
        double beta = op->in[2] >= 0 ? (double)((const float *)t[2].data)[i] : 0;
        double real = (unit * gamma + beta) / out_scale + t[3].quant.zero_points[0];
        real = real > 127 ? 127 : real < -128 ? -128 : real;
        double error = fabs(y[i] - real) - 0.5;
        codes++;
        off += y[i] != nearbyint(real);
        worst = error > worst ? error : worst;
        if (error > BOUND) {
            printf("FAIL norm of %d, rms %d, element %d: %d, in double %.5f\n", (int)n,
                   op->p.norm.rms, (int)i, y[i], real);
            return 0;
        }
    }
    return 1;
}

static int32_t random_depth(void) {
    static const int32_t some[] = {1, 2, 3, 16, 64, 255, 256, 257, 768, 1023, 4096, 32767, 32768};
    int32_t kind = below(8);
    return kind == 0 ? some[below(13)] : kind < 3 ? 1 + below(8) : 1 + below(400);
}

static int norm_round(void) {
    int32_t n = random_depth(), rows = 1 + below(4);
    graph_t *g = graph_new("test", "test");
    graph_tensor_t *t = graph_alloc(g, 4 * sizeof *t);
    float *scale = graph_alloc(g, 2 * sizeof *scale), *gamma = graph_alloc(g, 8u * (size_t)n);
    int32_t *zp = graph_alloc(g, 2 * sizeof *zp), *list = graph_alloc(g, 4 * sizeof *list);
    graph_op_t *op = graph_alloc(g, sizeof *op);
    float size = (float)power(-1, 1);
    scale[0] = (float)power(-4, 0);
    scale[1] = size / (float)(0.5 + 63.5 * rnd() / 4294967296.0);
    for (int i = 0; i < 2; i++)
        zp[i] = below(256) - 128;
    for (int32_t i = 0; i < 2 * n; i++) /* gamma, beta */
        gamma[i] = size * ((float)(rnd() >> 8) / 8388608.0f - 1.0f) * (i < n ? 1 : 3);
    for (int i = 0; i < 4; i++) {
        bool wide = i == 1 || i == 2;
        t[i] = (graph_tensor_t){.name = "t", .type = wide ? GRAPH_FLOAT32 : GRAPH_INT8};
        t[i].rank = wide ? 1 : 2;
        t[i].dims[0] = wide ? n : rows;
        t[i].dims[1] = n;
        t[i].elements = (size_t)n * (wide ? 1 : (size_t)rows);
        t[i].bytes = t[i].elements * (wide ? 4 : 1);
        t[i].data = i == 1 ? gamma : i == 2 ? gamma + n : NULL;
        if (!wide)
            t[i].quant = (graph_quant_t){1, 0, &scale[i / 3], &zp[i / 3]};
    }
    list[1] = below(8) ? 1 : GRAPH_ABSENT;
    list[2] = below(4) ? 2 : GRAPH_ABSENT;
    list[3] = 3;
    *op = (graph_op_t){GRAPH_OP_LAYER_NORMALIZATION,
                       "NORM",
                       "norm",
                       0,
                       3,
                       1,
                       list,
                       list + 3,
                       {.norm = {(float)(below(5) ? power(-12, -3) : 0), below(3) == 0}}};
    g->tensors = t;
    g->ops = op;
    g->n_tensors = 4;
    g->n_ops = 1;
    int8_t *x = malloc((size_t)rows * (size_t)n), *y = malloc((size_t)rows * (size_t)n);
    for (int32_t r = 0; r < rows; r++)
        random_row(x + (size_t)r * (size_t)n, n);
    ref_prepared_t p;
    graph_error_t err = {""};
    int ok = ref_prepare(g, 0, &p, &err) == 0;
    if (ok) {
        const void *in[3] = {x, p.in[1].data, p.in[2].data};
        ok = ref_eval(&p.op, in, (void *[]){y}, NULL) == REF_OK;
        ref_prepared_free(&p);
    }
    if (!ok)
        printf("FAIL norm of %d is refused: %s\n", (int)n, err.msg);
    for (int32_t r = 0; r < rows && ok; r++)
        ok = row_ok(g, x + (size_t)r * (size_t)n, y + (size_t)r * (size_t)n, n);
    free(x);
    free(y);
    graph_free(g);
    return ok;
}

int main(int argc, char **argv) {
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    state = seed;
    int rounds = argc > 2 ? atoi(argv[2]) : 3000, failed = !roots();
    printf("seed %llu, %d rounds\n", (unsigned long long)seed, rounds);
    for (int i = 0; i < rounds && failed < 5; i++)
        failed += !norm_round();
    printf("1/sqrt: relative error at most 2^%.2f; norms: %llu codes, at most half a code + %.6f, "
           "%llu (%.4f %%) 1 off the rounded real value\n",
           log2(worst_root), (unsigned long long)codes, worst, (unsigned long long)off,
           100.0 * (double)off / (double)codes);
    if ((double)off > OFF_MOST * (double)codes) {
        printf("FAIL more than %g of the codes are 1 off\n", OFF_MOST);
        failed++;
    }
    printf("%d passed, %d failed\n", rounds + 2 - failed, failed);
    return failed != 0;
}
