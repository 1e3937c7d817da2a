/*
 * quantize.c - see quantize.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "quantize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NORM_EPSILON 1e-5

typedef struct block {
    struct block *next;
    size_t padding;
} block_t;

typedef struct {
    const checkpoint_t *c;
    const char *path;
    int bits;
    double query; /* factor of wq */
    llm_model_t *m;
    graph_error_t *err;
} job_t;

/* count * size bytes that live as long as the model; NULL with the message. */
static void *room(job_t *j, size_t count, size_t size) {
    block_t *b = calloc(1, sizeof *b + count * size);
    if (!b) {
        graph_fail(j->err, "%s: out of memory", j->path);
        return NULL;
    }
    b->next = j->m->blocks;
    j->m->blocks = b;
    return b + 1;
}

/* x > 0 = *m * 2^(result - 31), *m in [2^30, 2^31); 0 gives 0. */
static int32_t mantissa(double x, int32_t *m) {
    int e;
    int64_t r = (int64_t)llround(frexp(x, &e) * 2147483648.0);
    if (r == (int64_t)1 << 31) {
        r >>= 1;
        e++;
    }
    *m = (int32_t)r;
    return x > 0 ? e : -1000;
}

static int8_t clamp_shift(int32_t s) {
    return (int8_t)(s < -31 ? -31 : s > 30 ? 30 : s);
}

/* Scales of the rows (rows) times `unit`: the wide result of acc * scale * token scale. */
static int set_scales(job_t *j, ref_matrix_t *a, const double *scale, double unit) {
    int32_t *mult = room(j, (size_t)a->rows, sizeof *mult), e, largest;
    double max = 0;
    if (!mult)
        return -1;
    for (int32_t i = 0; i < a->rows; i++)
        max = fmax(max, scale[i]);
    e = mantissa(max * unit, &largest);
    for (int32_t i = 0; i < a->rows; i++)
        mult[i] = max > 0 ? (int32_t)lrint(scale[i] / max * largest) : 0;
    a->mult = mult;
    a->shift = ref_sum_headroom(a->cols);
    a->exponent = e - a->shift;
    return 0;
}

/* Weights (rows, cols) that take a row quantised to int8; unit: what one step of int8 times token
 * scale is worth, in wide values. importance of the columns: NULL for all alike. */
static int matrix(job_t *j, ref_matrix_t *a, const float *w, int32_t rows, int32_t cols,
                  double unit, const float *importance) {
    size_t pitch = (size_t)(cols + 1) / 2, groups = (size_t)(cols + REF_GROUP - 1) / REF_GROUP;
    int8_t *q = room(j, j->bits == 8 ? (size_t)rows : 1, (size_t)cols);
    uint8_t *w4 = j->bits == 4 ? room(j, (size_t)rows, pitch) : NULL;
    uint8_t *factor = j->bits == 4 ? room(j, (size_t)rows, groups) : NULL;
    double *scale = malloc((size_t)rows * sizeof *scale);
    int status = -1;
    *a = (ref_matrix_t){rows, cols, 0, 0, j->bits == 8 ? q : NULL, w4, factor, NULL};
    if (!scale)
        graph_fail(j->err, "%s: out of memory", j->path);
    else if (q && (j->bits == 8 || (w4 && factor))) {
        for (int32_t i = 0; i < rows; i++) {
            const float *row = w + (int64_t)i * cols;
            if (j->bits == 8) {
                scale[i] = llm_quantize_row8(row, cols, q + (int64_t)i * cols);
                continue;
            }
            scale[i] = llm_quantize_row4(row, importance, cols, q, factor + (size_t)i * groups);
            for (int32_t k = 0; k < cols; k++)
                w4[(size_t)i * pitch + (size_t)k / 2] |= (uint8_t)((q[k] & 15) << (k % 2 * 4));
        }
        status = set_scales(j, a, scale, unit);
    }
    free(scale);
    j->m->macs += (uint64_t)rows * (uint64_t)cols;
    j->m->weight_bytes +=
        (uint64_t)rows * (j->bits == 8 ? (uint64_t)cols : pitch + (groups + 1) / 2) +
        4 * (uint64_t)rows;
    return status;
}

/* Gains; *unit: what a step of int8 times token scale behind this norm is worth; *importance (n):
 * squares of the gains. */
static int norm(job_t *j, ref_wide_norm_t *a, const float *gain, int32_t n, double *unit,
                float **importance) {
    int32_t *g = room(j, (size_t)n, sizeof *g);
    double max = 0;
    *importance = room(j, (size_t)n, sizeof **importance);
    if (!g || !*importance)
        return -1;
    for (int32_t i = 0; i < n; i++)
        max = fabs((double)gain[i]) > max ? fabs((double)gain[i]) : max;
    for (int32_t i = 0; i < n; i++) {
        double r = max > 0 ? (double)gain[i] / max : 0;
        g[i] = (int32_t)lrint(r * INT32_MAX);
        (*importance)[i] = (float)(r * r);
    }
    *a = (ref_wide_norm_t){g, (uint64_t)llrint(ldexp(n * NORM_EPSILON, 2 * REF_WIDE_FRAC))};
    *unit = ldexp(max * sqrt(n) / 127, REF_WIDE_FRAC);
    return 0;
}

static int layer(job_t *j, int32_t i, ref_decoder_layer_t *l) {
    const checkpoint_t *c = j->c;
    size_t n = (size_t)i, square = (size_t)c->dim * (size_t)c->dim,
           kv = (size_t)c->kv_dim * (size_t)c->dim;
    size_t mlp = (size_t)c->hidden * (size_t)c->dim;
    const double plain =
        1.0 / 127; /* rows quantised as they are: the token scale is in wide values already */
    double unit;
    float *g;
    return norm(j, &l->attention_norm, c->attention_norm + n * (size_t)c->dim, c->dim, &unit, &g) ||
           matrix(j, &l->wq, c->wq + n * square, c->dim, c->dim, unit * j->query, g) ||
           matrix(j, &l->wk, c->wk + n * kv, c->kv_dim, c->dim, unit, g) ||
           matrix(j, &l->wv, c->wv + n * kv, c->kv_dim, c->dim, unit, g) ||
           matrix(j, &l->wo, c->wo + n * square, c->dim, c->dim, plain, NULL) ||
           norm(j, &l->mlp_norm, c->mlp_norm + n * (size_t)c->dim, c->dim, &unit, &g) ||
           matrix(j, &l->w1, c->w1 + n * mlp, c->hidden, c->dim, unit, g) ||
           matrix(j, &l->w3, c->w3 + n * mlp, c->hidden, c->dim, unit, g) ||
           matrix(j, &l->w2, c->w2 + n * mlp, c->dim, c->hidden, plain, NULL);
}

static int embedding(job_t *j, ref_decoder_t *d) {
    const checkpoint_t *c = j->c;
    int8_t *q = room(j, (size_t)c->vocab, (size_t)c->dim), *shift = room(j, (size_t)c->vocab, 1);
    int32_t *mult = room(j, (size_t)c->vocab, sizeof *mult);
    if (!q || !shift || !mult)
        return -1;
    for (int32_t i = 0; i < c->vocab; i++) {
        size_t at = (size_t)i * (size_t)c->dim;
        double scale = llm_quantize_row8(c->embed + at, c->dim, q + at);
        shift[i] = clamp_shift(mantissa(ldexp(scale, REF_WIDE_FRAC), &mult[i]));
    }
    d->embed = q;
    d->embed_mult = mult;
    d->embed_shift = shift;
    return 0;
}

static int rotary(job_t *j, ref_decoder_t *d) {
    const checkpoint_t *c = j->c;
    int16_t *table = room(j, (size_t)c->context, (size_t)c->head_dim * sizeof *table);
    if (!table)
        return -1;
    for (int32_t pos = 0; pos < c->context; pos++)
        for (int32_t i = 0; i < c->head_dim; i += 2) {
            double angle = pos * pow(10000.0, -(double)i / c->head_dim);
            int16_t *to = table + (int64_t)pos * c->head_dim + i;
            to[0] = (int16_t)lrint(16384 * cos(angle));
            to[1] = (int16_t)lrint(16384 * sin(angle));
        }
    d->rotary = table;
    return 0;
}

int llm_quantize(const checkpoint_t *c, const char *path, int bits, llm_model_t *m,
                 graph_error_t *err) {
    *m = (llm_model_t){.bits = bits};
    job_t j = {c, path, bits, 1, m, err};
    ref_decoder_t *d = &m->decoder;
    ref_decoder_layer_t *layers = room(&j, (size_t)c->n_layers, sizeof *layers);
    double unit;
    float *g;
    *d = (ref_decoder_t){c->dim,      c->hidden, c->n_layers, c->heads,
                         c->kv_heads, c->vocab,  c->context,  .layer = layers};
    /* log2(e) / sqrt(head_dim) / 127^2: its mantissa goes into the queries' scales, the exponent
     * stays */
    j.query = frexp(1 / (log(2) * sqrt(c->head_dim) * 127 * 127), &d->score_exponent);
    d->score_exponent += ref_decoder_score_unit(c->head_dim);
    int status = !layers || embedding(&j, d) || rotary(&j, d) ||
                 norm(&j, &d->final_norm, c->final_norm, c->dim, &unit, &g) ||
                 matrix(&j, &d->classifier, c->classifier, c->vocab, c->dim, unit, g);
    for (int32_t i = 0; status == 0 && i < c->n_layers; i++)
        status = layer(&j, i, &layers[i]);
    if (status)
        llm_model_free(m);
    return status ? -1 : 0;
}

void llm_model_free(llm_model_t *m) {
    for (block_t *b = m->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    m->blocks = NULL;
}
