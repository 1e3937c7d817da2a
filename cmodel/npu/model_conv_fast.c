/*
 * model_conv_fast.c - the same effect as model_conv_literal(), 10 to 50 GMAC/s. Compared with it on
 * random commands by tests/fuzz.
 *
 * Plain mode: a weight tile becomes pairs of int16 rows, so that one multiply-add instruction does
 * two rows of eight columns; C with the same layout where the machine has no AVX2.
 * FIR mode: element by element over the lanes. SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "model.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define HAVE_AVX2_PATH 1
#endif

/* acc[l] += sum over r of a[r] * tile[r][l], with tile as (n/2, n, 2): row pairs interleaved. */
typedef void (*kernel_fn)(uint32_t n, const int16_t *tile, const int16_t *a, int32_t *acc);

static void kernel_portable(uint32_t n, const int16_t *tile, const int16_t *a, int32_t *acc) {
    int32_t sum[MODEL_MAX_N] = {0};
    for (uint32_t r = 0; r < n; r += 2, tile += 2 * n)
        for (uint32_t l = 0; l < n; l++)
            sum[l] += a[r] * tile[2 * l] + a[r + 1] * tile[2 * l + 1];
    for (uint32_t l = 0; l < n; l++)
        acc[l] = (int32_t)((uint32_t)acc[l] + (uint32_t)sum[l]);
}

#ifdef HAVE_AVX2_PATH
static inline __attribute__((always_inline, target("avx2"))) void
kernel_avx2(uint32_t n, const int16_t *tile, const int16_t *a, int32_t *acc) {
    __m256i sum[MODEL_MAX_N / 8];
    for (uint32_t v = 0; v < n / 8; v++)
        sum[v] = _mm256_loadu_si256((const __m256i *)(const void *)(acc + 8 * v));
    for (uint32_t r = 0; r < n; r += 2) {
        int32_t two;
        memcpy(&two, a + r, sizeof two);
        __m256i pair = _mm256_set1_epi32(two);
        for (uint32_t v = 0; v < n / 8; v++) {
            __m256i w = _mm256_loadu_si256((const __m256i *)(const void *)(tile + r * n + 16 * v));
            sum[v] = _mm256_add_epi32(sum[v], _mm256_madd_epi16(pair, w));
        }
    }
    for (uint32_t v = 0; v < n / 8; v++)
        _mm256_storeu_si256((__m256i *)(void *)(acc + 8 * v), sum[v]);
}
static __attribute__((target("avx2"))) void kernel_8(uint32_t n, const int16_t *tile,
                                                     const int16_t *a, int32_t *acc) {
    (void)n;
    kernel_avx2(8, tile, a, acc);
}
static __attribute__((target("avx2"))) void kernel_16(uint32_t n, const int16_t *tile,
                                                      const int16_t *a, int32_t *acc) {
    (void)n;
    kernel_avx2(16, tile, a, acc);
}
static __attribute__((target("avx2"))) void kernel_32(uint32_t n, const int16_t *tile,
                                                      const int16_t *a, int32_t *acc) {
    (void)n;
    kernel_avx2(32, tile, a, acc);
}
#endif

static kernel_fn choose_kernel(uint32_t n) {
#ifdef HAVE_AVX2_PATH
    if (__builtin_cpu_supports("avx2"))
        return n == 8 ? kernel_8 : n == 16 ? kernel_16 : n == 32 ? kernel_32 : kernel_portable;
#endif
    (void)n;
    return kernel_portable;
}

static MODEL_CLONES void plain_pass(model_t *m, const npu_cmd_conv_t *c, kernel_fn kernel,
                                    uint32_t pass, uint32_t blk, uint32_t ky, uint32_t kx) {
    uint32_t n = m->cfg.n, p = 0;
    int add = pass > 0 || c->accumulate;
    int16_t tile[MODEL_MAX_N * MODEL_MAX_N], a[MODEL_MAX_N], pad[MODEL_MAX_N];
    for (uint32_t i = 0; i < n; i++) { /* word i: row i of the tile, or its column */
        const int8_t *w = model_word(m, model_tile(m, c, pass) + i);
        for (uint32_t j = 0; j < n; j++)
            if (c->transpose)
                tile[(j / 2 * n + i) * 2 + j % 2] = w[j];
            else
                tile[(i / 2 * n + j) * 2 + i % 2] = w[j];
        pad[i] = (int16_t)c->pad_value;
    }
    for (uint32_t oy = 0; oy < c->ny; oy++) {
        int32_t iy = model_coord(c->iy0 + (int32_t)(oy * c->sy + ky * c->dil_y));
        int row_inside = model_inside(iy, c->in_h);
        uint32_t row =
            c->in_addr + blk * (uint32_t)c->blk_pitch + (uint32_t)iy * (uint32_t)c->row_pitch;
        for (uint32_t ox = 0; ox < c->nx; ox++, p++) {
            int32_t ix = model_coord(c->ix0 + (int32_t)(ox * c->sx + kx * c->dil_x));
            const int16_t *operand = pad;
            if (row_inside && model_inside(ix, c->in_w)) {
                const int8_t *word = model_word(m, row + (uint32_t)ix);
                for (uint32_t r = 0; r < n; r++)
                    a[r] = word[r];
                operand = a;
            }
            int32_t *acc = model_entry(m, c->half, c->acc_addr + p);
            if (!add) {
                const int32_t *from = model_minus(m, c, p);
                for (uint32_t l = 0; l < n; l++)
                    acc[l] = c->minus ? (int32_t)(0u - (uint32_t)from[l]) : 0;
            }
            kernel(n, tile, operand, acc);
        }
    }
}

static MODEL_CLONES void fir_pass(model_t *m, const npu_cmd_conv_t *c, uint32_t pass, uint32_t ky0,
                                  uint32_t kx0) {
    uint32_t n = m->cfg.n, taps = m->cfg.fir_taps, p = 0;
    uint32_t groups = c->kh - ky0 < m->cfg.fir_groups ? c->kh - ky0 : m->cfg.fir_groups;
    uint32_t used = c->kw - kx0 < taps ? c->kw - kx0 : taps;
    int add = pass > 0 || c->accumulate;
    int8_t pad[MODEL_MAX_N];
    memset(pad, c->pad_value, sizeof pad);
    for (uint32_t oy = 0; oy < c->ny; oy++)
        for (uint32_t ox = 0; ox < c->nx && ox * c->sx < c->span; ox++, p++) {
            int32_t *acc = model_entry(m, c->half, c->acc_addr + p);
            if (!add)
                memset(acc, 0, n * sizeof *acc);
            for (uint32_t k = 0; k < used; k++) {
                uint32_t line = oy, at = ox * c->sx + k;
                for (; at >= c->span; at -= c->span)
                    line++;
                int32_t ix = model_coord(c->ix0 + (int32_t)(kx0 + at));
                for (uint32_t g = 0; g < groups; g++) {
                    int32_t iy =
                        model_coord(c->iy0 + (int32_t)(line * c->sy + (ky0 + g) * c->dil_y));
                    const int8_t *w = model_word(m, c->w_addr + pass * n + taps * g + k);
                    const int8_t *a = pad;
                    if (model_inside(iy, c->in_h) && model_inside(ix, c->in_w))
                        a = model_word(m, c->in_addr + (uint32_t)iy * (uint32_t)c->row_pitch +
                                              (uint32_t)ix);
                    for (uint32_t l = 0; l < n; l++)
                        acc[l] = (int32_t)((uint32_t)acc[l] + (uint32_t)(w[l] * a[l]));
                }
            }
        }
}

void model_conv_fast(model_t *m, const npu_cmd_conv_t *c) {
    kernel_fn kernel = choose_kernel(m->cfg.n);
    uint32_t pass = 0;
    if (c->fir) {
        for (uint32_t ky0 = 0; ky0 < c->kh; ky0 += m->cfg.fir_groups)
            for (uint32_t kx0 = 0; kx0 < c->kw; kx0 += m->cfg.fir_taps)
                fir_pass(m, c, pass++, ky0, kx0);
        return;
    }
    for (uint32_t blk = 0; blk < c->nblk; blk++)
        for (uint32_t ky = 0; ky < c->kh; ky++)
            for (uint32_t kx = 0; kx < c->kw; kx++)
                plain_pass(m, c, kernel, pass++, blk, ky, kx);
}
