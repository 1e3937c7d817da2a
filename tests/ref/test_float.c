/*
 * test_float.c - the golden models of QUANTIZE from and DEQUANTIZE to float32, which compute on bit
 * patterns, against this machine's own IEEE 754 arithmetic.
 *
 * Synopsis:  test_float [SEED [ROUNDS]]
 * All codes for a scale at once; scales and values: random bit patterns (denormal, huge, infinite,
 * NaN among them), values on ties and one step beside them. Last line: `N passed, N failed`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ref.h"

enum { COUNT = 512 };

static uint64_t state;

static uint32_t rnd(void) { /* Knuth's MMIX generator, its upper half */
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 32);
}

static float of_bits(uint32_t bits) {
    float f;
    memcpy(&f, &bits, 4);
    return f;
}

static uint32_t bits_of(float f) {
    uint32_t bits;
    memcpy(&bits, &f, 4);
    return bits;
}

static float random_scale(void) {
    uint32_t kind = rnd() % 4;
    if (kind == 0)
        return of_bits(1 + rnd() % 0x7f7fffff);
    if (kind == 1)
        return of_bits((97 + rnd() % 50) << 23); /* a power of two: ties */
    return of_bits(((110 + rnd() % 20) << 23) + rnd() % (1u << 23));
}

static float random_value(float scale) {
    uint32_t kind = rnd() % 4, step = rnd() % 3;
    if (kind == 0)
        return of_bits(rnd());
    float x = scale * ((float)(int32_t)(rnd() % 1024) - 512.0f + (kind == 1 ? 0.5f : 0.0f));
    if (kind == 3)
        return scale * ((float)(rnd() >> 8) / 32768.0f - 256.0f);
    return step == 0 ? x : nextafterf(x, step == 1 ? INFINITY : -INFINITY);
}

static int32_t quantized(float x, const ref_edge_t *p) {
    float r = roundf(x / of_bits(p->scale_bits));
    int32_t lo = p->wide ? INT16_MIN : p->is_unsigned ? 0 : INT8_MIN;
    int32_t hi = p->wide ? INT16_MAX : lo + 255;
    int32_t q = isnan(r) ? p->zp : r > 1e6f ? hi : r < -1e6f ? lo : (int32_t)r + p->zp;
    return q < lo ? lo : q > hi ? hi : q;
}

static int32_t code(const void *codes, int i, const ref_edge_t *p) {
    return p->wide          ? ((const int16_t *)codes)[i]
           : p->is_unsigned ? ((const uint8_t *)codes)[i]
                            : ((const int8_t *)codes)[i];
}

static int one_round(void) {
    uint32_t type = rnd() % 3;
    float scale = random_scale(), x[COUNT], y[COUNT];
    int16_t codes[COUNT];
    const void *in[1] = {x};
    void *out[1] = {codes};
    ref_op_t op = {.kind = REF_QUANTIZE_FLOAT, .n_in = 1, .n_out = 1};
    for (int d = 0; d < REF_MAX_RANK; d++)
        op.a.dims[d] = op.b.dims[d] = op.out.dims[d] = 1;
    ref_edge_t *p = &op.p.edge;
    *p = (ref_edge_t){COUNT, type == 1, type == 2, 0, bits_of(scale)};
    p->zp = type == 2 ? 0 : (int32_t)(rnd() % 256) - (type == 0 ? 128 : 0);
    for (int i = 0; i < COUNT; i++)
        x[i] = random_value(scale);
    if (ref_eval(&op, in, out, NULL) != REF_OK)
        return 0;
    for (int i = 0; i < COUNT; i++)
        if (code(codes, i, p) != quantized(x[i], p)) {
            printf("FAIL quantize %a / %a, zero point %d: %d, IEEE 754 says %d\n", (double)x[i],
                   (double)scale, (int)p->zp, (int)code(codes, i, p), (int)quantized(x[i], p));
            return 0;
        }
    op.kind = REF_DEQUANTIZE_FLOAT;
    for (int i = 0; i < COUNT; i++) {
        if (type == 2)
            codes[i] = (int16_t)rnd();
        else
            ((uint8_t *)codes)[i] = (uint8_t)i;
    }
    in[0] = codes;
    out[0] = y;
    if (ref_eval(&op, in, out, NULL) != REF_OK)
        return 0;
    for (int i = 0; i < COUNT; i++) {
        float want = (float)((double)scale * (double)(code(codes, i, p) - p->zp));
        if (bits_of(y[i]) != bits_of(want)) {
            printf("FAIL dequantize %d, zero point %d, scale %a: %a, IEEE 754 says %a\n",
                   (int)code(codes, i, p), (int)p->zp, (double)scale, (double)y[i], (double)want);
            return 0;
        }
    }
    return 1;
}

int main(int argc, char **argv) {
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    int rounds = argc > 2 ? atoi(argv[2]) : 4000, failed = 0;
    state = seed;
    printf("seed %llu, %d rounds of %d values\n", (unsigned long long)seed, rounds, COUNT);
    for (int i = 0; i < rounds && failed < 5; i++)
        failed += !one_round();
    if (failed)
        printf("rerun: build/tests/ref/test_float %llu %d\n", (unsigned long long)seed, rounds);
    printf("%d passed, %d failed\n", rounds - failed, failed);
    return failed != 0;
}
