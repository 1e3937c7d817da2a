/*
 * ref_decoder.c - see ref_decoder.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ref_decoder.h"

static int32_t max2(int32_t a, int32_t b) {
    return a > b ? a : b;
}

/* Scores are requant(sum, kmax, headroom): q * k * 2^(this - 31) times the key's largest. */
int32_t ref_decoder_score_unit(int32_t head_dim) {
    return REF_SCORE_FRAC - 2 * REF_WIDE_FRAC + 31 - ref_sum_headroom(head_dim);
}

static size_t place(size_t *at, size_t bytes) {
    size_t here = *at;
    *at += (bytes + 7) & ~(size_t)7;
    return here;
}

/* With memory NULL: only counts. */
static size_t lay_out(const ref_decoder_t *d, uint8_t *memory, ref_decoder_state_t *s) {
    size_t rows = (size_t)d->n_layers * (size_t)d->kv_heads * (size_t)d->context, at = 0;
    size_t head_dim = (size_t)(d->dim / d->heads);
    size_t longest = (size_t)max2(max2(d->dim, d->hidden), d->context);
    size_t offset[11], bytes[11] = {rows * head_dim,
                                    rows * head_dim,
                                    rows * sizeof(int32_t),
                                    rows * sizeof(int32_t),
                                    (size_t)d->dim * 4,
                                    (size_t)d->dim * 4,
                                    (size_t)d->dim * 4,
                                    (size_t)d->hidden * 4,
                                    (size_t)d->hidden * 4,
                                    longest * 4,
                                    longest * 4};
    for (int i = 0; i < 11; i++)
        offset[i] = place(&at, bytes[i]);
    size_t q = place(&at, longest);
    if (memory)
        *s = (ref_decoder_state_t){(int8_t *)memory + offset[0],
                                   (int8_t *)memory + offset[1],
                                   (int32_t *)(void *)(memory + offset[2]),
                                   (int32_t *)(void *)(memory + offset[3]),
                                   (int32_t *)(void *)(memory + offset[4]),
                                   (int32_t *)(void *)(memory + offset[5]),
                                   (int32_t *)(void *)(memory + offset[6]),
                                   (int32_t *)(void *)(memory + offset[7]),
                                   (int32_t *)(void *)(memory + offset[8]),
                                   (int32_t *)(void *)(memory + offset[9]),
                                   (int32_t *)(void *)(memory + offset[10]),
                                   (int8_t *)memory + q};
    return at;
}

size_t ref_decoder_state_size(const ref_decoder_t *d) {
    return lay_out(d, NULL, NULL);
}

void ref_decoder_state(const ref_decoder_t *d, void *memory, ref_decoder_state_t *s) {
    lay_out(d, memory, s);
}

/* What ref_row_quantize returned, as the wide value that it is. */
static int32_t largest(ref_scale_t t) {
    return t.m >> (31 - t.e);
}

/* One query head against the rows 0..pos of its key and value head. q (head_dim) wide, rotated;
 * out (head_dim) wide. */
static void attend(const ref_decoder_t *d, ref_decoder_state_t *s, size_t head_rows, int32_t pos,
                   const int32_t *q, int32_t *out) {
    int32_t n = d->dim / d->heads, key = ref_sum_headroom(n);
    int32_t headroom = ref_sum_headroom(d->context);
    const int8_t *k = s->k + head_rows * (size_t)n, *v = s->v + head_rows * (size_t)n;
    const int32_t *kmax = s->kmax + head_rows, *vmax = s->vmax + head_rows;
    ref_scale_t t = ref_row_quantize(q, n, s->q);
    for (int32_t j = 0; j <= pos; j++) {
        int32_t acc = 0;
        for (int32_t i = 0; i < n; i++)
            acc += s->q[i] * k[(int64_t)j * n + i];
        s->row[j] = ref_wide_scale(ref_requant(acc, kmax[j], key), t.m, t.e + d->score_exponent);
    }
    t = ref_row_softmax(s->row, vmax, pos + 1, s->row2, s->q);
    for (int32_t i = 0; i < n; i++) {
        int32_t acc = 0;
        for (int32_t j = 0; j <= pos; j++)
            acc += s->q[j] * v[(int64_t)j * n + i];
        acc = ref_requant(acc, REF_SQUARE_MULT, headroom);
        out[i] = ref_wide_scale(acc, t.m, t.e + REF_SQUARE_SHIFT - headroom);
    }
}

/* The attention of one layer: s->x normalised in, result in s->y (dim). */
static void attention(const ref_decoder_t *d, ref_decoder_state_t *s, int32_t layer, int32_t pos) {
    const ref_decoder_layer_t *l = &d->layer[layer];
    int32_t n = d->dim / d->heads, group = d->heads / d->kv_heads;
    const int16_t *rotary = d->rotary + (int64_t)pos * n;
    ref_scale_t t = ref_row_norm(s->x, &l->attention_norm, d->dim, s->row, s->q);
    ref_matvec(&l->wq, s->q, t, s->qkv);
    ref_matvec(&l->wk, s->q, t, s->row);
    ref_matvec(&l->wv, s->q, t, s->row2);
    for (int32_t h = 0; h < d->kv_heads; h++) {
        size_t at =
            ((size_t)layer * (size_t)d->kv_heads + (size_t)h) * (size_t)d->context + (size_t)pos;
        ref_row_rotate(s->row + h * n, rotary, n);
        s->kmax[at] = largest(ref_row_quantize(s->row + h * n, n, s->k + at * (size_t)n));
        s->vmax[at] = largest(ref_row_quantize(s->row2 + h * n, n, s->v + at * (size_t)n));
    }
    for (int32_t h = 0; h < d->heads; h++) {
        size_t rows =
            ((size_t)layer * (size_t)d->kv_heads + (size_t)(h / group)) * (size_t)d->context;
        ref_row_rotate(s->qkv + h * n, rotary, n);
        attend(d, s, rows, pos, s->qkv + h * n, s->y + h * n);
    }
}

void ref_decoder_embed(const ref_decoder_t *d, int32_t token, int32_t *x) {
    const int8_t *row = d->embed + (int64_t)token * d->dim;
    int32_t mult = d->embed_mult[token], shift = d->embed_shift[token];
    for (int32_t i = 0; i < d->dim; i++)
        x[i] = ref_wide_scale(row[i], mult, shift);
}

void ref_decoder_step(const ref_decoder_t *d, ref_decoder_state_t *s, int32_t token, int32_t pos,
                      int32_t *logits) {
    ref_scale_t t;
    ref_decoder_embed(d, token, s->x);
    for (int32_t layer = 0; layer < d->n_layers; layer++) {
        const ref_decoder_layer_t *l = &d->layer[layer];
        attention(d, s, layer, pos);
        t = ref_row_quantize(s->y, d->dim, s->q);
        ref_matvec(&l->wo, s->q, t, s->y);
        ref_row_add(s->x, s->y, d->dim);
        t = ref_row_norm(s->x, &l->mlp_norm, d->dim, s->row, s->q);
        ref_matvec(&l->w1, s->q, t, s->u);
        ref_matvec(&l->w3, s->q, t, s->g);
        ref_row_silu_mul(s->u, s->g, d->hidden);
        t = ref_row_quantize(s->u, d->hidden, s->q);
        ref_matvec(&l->w2, s->q, t, s->y);
        ref_row_add(s->x, s->y, d->dim);
    }
    if (!logits)
        return;
    t = ref_row_norm(s->x, &d->final_norm, d->dim, s->row, s->q);
    ref_matvec(&d->classifier, s->q, t, logits);
}
