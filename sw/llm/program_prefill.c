/*
 * program_prefill.c - the command list of several positions that follow each other; see program.h
 * and program_prefill.h. SPDX-License-Identifier: Apache-2.0
 */
#include "program_prefill.h"

enum {
    MIN_SLOTS = 4, /* two for each part */
    CHUNK = 4,     /* rows of a norm that the other part waits for at most */
    BACK_ROWS = 2  /* that come from the arena at once */
};

static uint32_t larger(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

static uint32_t smaller(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static uint32_t heads_at_once(const prefill_t *f) {
    uint32_t heads = (uint32_t)f->s.d->kv_heads, unit = 1;
    while (unit < heads && (heads % unit || unit * f->s.p->head_dim % f->s.n))
        unit++;
    return unit;
}

/* In parts, the second from a block of tokens on where there are as many. */
static void cut(prefill_t *f, uint32_t count, uint32_t parts) {
    uint32_t n = f->s.n, first = div_up(count / 2, n) * n;
    if (parts == 1)
        first = count;
    else if (first >= count)
        first = (count + 1) / 2;
    f->parts = parts;
    f->part[0] = (prefill_part_t){.count = first};
    f->part[1] = (prefill_part_t){.first = first, .count = count - first};
    f->most = first;
    f->tall = div_up(first, n) * n;
}

static void lay_out_heads(prefill_t *f) {
    step_t *s = &f->s;
    uint32_t head = s->p->head_blocks * f->tall, kv = f->unit, q = f->unit * f->group,
             records = f->most * s->record;
    for (int i = 0; i < PREFILL_TURNS; i++)
        f->heads[i] = (prefill_unit_t){.q8 = step_take(s, q * head),
                                       .k8 = step_take(s, kv * head),
                                       .v8 = step_take(s, kv * head),
                                       .q_scale = step_take(s, q * records),
                                       .k_scale = step_take(s, kv * records),
                                       .v_scale = step_take(s, kv * records),
                                       .kmax = step_take(s, kv * f->token_words),
                                       .vmax = step_take(s, kv * f->token_words)};
    f->kv = step_take(s, f->most * f->kv_words);
    f->y = step_take(s, f->most * f->y_words);
    f->scores = step_take(s, f->group * f->most * f->token_words);
    f->p8 = step_take(s, f->group * f->most * div_up(s->length, s->n));
    f->p_scale = step_take(s, f->group * records);
}

static void lay_out_gated(prefill_t *f) {
    step_t *s = &f->s;
    f->g = step_take(s, f->most * 4);
    for (int i = 0; i < PREFILL_TURNS; i++) {
        f->u[i] = step_take(s, f->most * 4);
        f->back[i] = step_take(s, f->hidden_words * BACK_ROWS);
    }
    f->hidden8 = step_take(s, f->most * f->hidden_words / 4);
}

/* Places of everything in the scratchpad, what both halves of a layer have in the same place only
 * where they do not run at the same time; false: it does not fit. */
static bool lay_out(prefill_t *f) {
    step_t *s = &f->s;
    const ref_decoder_t *d = s->d;
    const llm_program_t *p = s->p;
    uint32_t n = s->n, turn = div_up(p->head_dim * 2, n);
    s->dim_words = wide_words(s, (uint32_t)d->dim);
    f->hidden_words = wide_words(s, (uint32_t)d->hidden);
    f->token_words = wide_words(s, s->length);
    f->kv_words = wide_words(s, f->unit * p->head_dim);
    /* the last head may write a part of a block too much */
    f->y_words = s->dim_words + (p->head_dim % n ? 4 : 0);
    for (uint32_t i = 0; i < f->parts; i++) {
        prefill_part_t *part = &f->part[i];
        part->x = step_take(s, part->count * s->dim_words);
        part->q8 = step_take(s, part->count * s->dim_words / 4);
        part->scale = step_take(s, part->count * s->record);
        part->rotary = step_take(s, part->count * turn);
    }
    s->square = step_take(s, 4);
    for (int i = 0; i < 2; i++)
        f->gain[i] = step_take(s, s->dim_words);
    s->gain = f->gain[0];
    uint32_t begin = s->top, end;
    lay_out_heads(f);
    end = s->top;
    if (f->parts == 1)
        s->top = begin;
    lay_out_gated(f);
    s->top = larger(s->top, end);
    return step_lay_out_slots(s) >= MIN_SLOTS &&
           p->head_blocks * f->most * f->parts <= p->config->acc_depth;
}

static void choose_part(prefill_t *f, uint32_t i) {
    const prefill_part_t *part = &f->part[i];
    step_t *s = &f->s;
    f->now = i;
    f->pos = f->start + part->first;
    f->tall = div_up(part->count, s->n) * s->n;
    s->count = part->count;
    s->rows = (step_rows_t){0, part->count};
    s->x = part->x;
    s->q8 = part->q8;
    s->scale = part->scale;
    s->rotary = part->rotary;
    s->side = f->parts > 1 ? i : STEP_BOTH;
}

static bool begin_in_parts(prefill_t *f, const llm_program_t *p, int32_t pos, uint32_t count,
                           uint32_t parts) {
    const ref_decoder_t *d = &p->model->decoder;
    *f = (prefill_t){.start = (uint32_t)pos, .group = (uint32_t)(d->heads / d->kv_heads)};
    step_new(&f->s, p, pos, count);
    f->unit = heads_at_once(f);
    cut(f, count, parts);
    return lay_out(f);
}

/* Rows of a part fill the array, or one part is too large. */
bool prefill_begin(prefill_t *f, const llm_program_t *p, int32_t pos, uint32_t count) {
    return (count <= 3 * p->config->n && begin_in_parts(f, p, pos, count, 1)) ||
           begin_in_parts(f, p, pos, count, 2);
}

void prefill_rank(prefill_t *f, uint32_t unit, uint32_t rank) {
    f->s.rank[unit] = rank + 2 * f->half;
}

/* The rows at `from` to int8. */
static void to_int8(prefill_t *f, uint32_t from, uint32_t words, const ref_wide_norm_t *norm) {
    step_t *s = &f->s;
    for (uint32_t t = 0, c; t < s->count; t += c) {
        c = smaller(s->count - t, CHUNK);
        step_quantize(s, from + t * words, (uint32_t)s->d->dim, c, words, s->q8 + t, 1, s->count,
                      s->scale + t * s->record, norm);
    }
}

static void normalize(prefill_t *f, const ref_wide_norm_t *norm, uint32_t gain) {
    f->s.gain = gain;
    to_int8(f, f->s.x, f->s.dim_words, norm);
}

/* Gated rows come back from the arena and become int8. */
static void gated_rows(prefill_t *f) {
    step_t *s = &f->s;
    uint32_t bytes = f->hidden_words * s->n, first = f->part[f->now].first;
    prefill_rank(f, NPU_UNIT_LOAD, 0);
    for (uint32_t t = 0, c, turn = 0; t < s->count; t += c, turn ^= 1) {
        c = smaller(s->count - t, BACK_ROWS);
        step_load(s, LLM_ARENA, s->p->arena_hidden + (first + t) * bytes, c * bytes, f->back[turn]);
        step_quantize(s, f->back[turn], (uint32_t)s->d->hidden, c, f->hidden_words, f->hidden8 + t,
                      1, s->count, s->scale + t * s->record, NULL);
    }
    prefill_rank(f, NPU_UNIT_LOAD, 1);
}

/* Block b of gate and up, gated, to the arena. */
static void gated_block(prefill_t *f, const llm_layer_offsets_t *at, const ref_decoder_layer_t *l,
                        uint32_t b) {
    step_t *s = &f->s;
    uint32_t n = s->n, left = (uint32_t)s->d->hidden - b * n, count = smaller(left, n),
             words[NPU_CMD_WORDS], row_bytes = f->hidden_words * n;
    uint32_t u = f->u[b % PREFILL_TURNS], g = f->g;
    step_matvec_blocks(s, &at->w1, &l->w1, b, 1, u, 4, false);
    step_matvec_blocks(s, &at->w3, &l->w3, b, 1, g, 4, false);
    npu_cmd_siluw_t c = {
        .u_addr = u, .v_addr = g, .n = count, .rows = s->count, .u_row = 4, .v_row = 4};
    npu_pack_siluw(&c, words);
    step_emit_vector(s, words, (uint64_t)s->count * div_up(count, s->p->config->wide_lanes));
    step_store(s, (npu_cmd_store_t){.offset = s->p->arena_hidden +
                                              f->part[f->now].first * row_bytes + b * n * 4,
                                    .run_bytes = count * 4,
                                    .n1 = s->count,
                                    .n2 = 1,
                                    .stride1 = (int32_t)row_bytes,
                                    .sp_addr = u,
                                    .nblk = div_up(count * 4, n),
                                    .sp_blk = 1,
                                    .sp_n1 = 4,
                                    .last_len = (count * 4 - 1) % n + 1});
}

static void load_gain(prefill_t *f, uint32_t offset, uint32_t gain) {
    step_load(&f->s, LLM_WEIGHTS, offset, (uint32_t)f->s.d->dim * 4, gain);
}

/* First half of layer i, of the part at hand: to the results of its heads. */
static void attention(prefill_t *f, int32_t i) {
    step_t *s = &f->s;
    load_gain(f, s->p->layer[i].attention_gain, f->gain[0]);
    prefill_rank(f, NPU_UNIT_VECTOR, 1); /* the array waits for what the other part drains */
    normalize(f, &s->d->layer[i].attention_norm, f->gain[0]);
    for (uint32_t first = 0; first < (uint32_t)s->d->kv_heads; first += f->unit) {
        prefill_heads(f, i, first);
        prefill_attend(f, i, first);
    }
    to_int8(f, f->y, f->y_words, NULL);
}

/* Second half: to the residual stream behind the layer. */
static void feed_forward(prefill_t *f, int32_t i) {
    step_t *s = &f->s;
    const ref_decoder_layer_t *l = &s->d->layer[i];
    const llm_layer_offsets_t *at = &s->p->layer[i];
    uint32_t q8 = s->q8;
    load_gain(f, at->mlp_gain, f->gain[1]);
    prefill_rank(f, NPU_UNIT_VECTOR, 0);
    step_matvec(s, &at->wo, &l->wo, s->x, s->dim_words, true);
    normalize(f, &l->mlp_norm, f->gain[1]);
    for (uint32_t b = 0; b < at->w1.blocks; b++)
        gated_block(f, at, l, b);
    gated_rows(f);
    s->q8 = f->hidden8;
    step_matvec(s, &at->w2, &l->w2, s->x, s->dim_words, true);
    s->q8 = q8;
}

static void begin(prefill_t *f) {
    step_t *s = &f->s;
    const llm_program_t *p = s->p;
    uint32_t turn = p->head_dim * 2, dim = (uint32_t)s->d->dim * 4;
    step_load(s, LLM_WEIGHTS, p->square, s->n * 4, s->square);
    for (uint32_t i = 0; i < f->parts; i++) {
        choose_part(f, i);
        for (uint32_t t = 0; t < s->count; t++) {
            step_load(s, LLM_ARENA, p->arena_x + (f->part[i].first + t) * dim, dim,
                      s->x + t * s->dim_words);
            step_load(s, LLM_WEIGHTS, p->rotary + (f->pos + t) * turn, turn,
                      s->rotary + t * div_up(turn, s->n));
        }
    }
}

void prefill_layers(prefill_t *f) {
    int32_t layers = f->s.d->n_layers, parts = (int32_t)f->parts;
    begin(f);
    for (int32_t half = 0; half < 2 * layers + parts - 1; half++) {
        prefill_rank(f, NPU_UNIT_LOAD, 1);
        prefill_rank(f, NPU_UNIT_ARRAY, 0);
        prefill_rank(f, NPU_UNIT_STORE, 0);
        /* of two halves of layers at the same time attention is added first: what it wants of the
         * array is short */
        for (int32_t k = 0; k < 2; k++)
            for (int32_t part = 0; part < parts; part++) {
                int32_t own = half - part; /* half of a layer that the part is at */
                if (own < 0 || own >= 2 * layers || own % 2 != k)
                    continue;
                choose_part(f, (uint32_t)part);
                (k ? feed_forward : attention)(f, own / 2);
            }
        f->half++;
    }
    choose_part(f, f->parts - 1);
    f->s.side = STEP_BOTH;
}
