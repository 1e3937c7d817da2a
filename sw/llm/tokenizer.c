/*
 * tokenizer.c - see tokenizer.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tokenizer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "flatbuf.h"

enum { MAX_PIECE = 4096 };

static int compare(const uint8_t *a, int32_t a_length, const uint8_t *b, int32_t b_length) {
    int order = memcmp(a, b, (size_t)(a_length < b_length ? a_length : b_length));
    return order ? order : (a_length > b_length) - (a_length < b_length);
}

static const token_piece_t *sorting; /* qsort has no argument for it */
static int by_text(const void *a, const void *b) {
    const token_piece_t *p = &sorting[*(const int32_t *)a], *q = &sorting[*(const int32_t *)b];
    int order = compare(p->text, p->length, q->text, q->length);
    return order ? order : (p > q) - (p < q);
}

static int read_pieces(const char *path, int32_t vocab, const char *checkpoint, fb_t *f,
                       tokenizer_t *t, graph_error_t *err) {
    size_t at = 4; /* behind the longest length, which is counted anew */
    int32_t n = 0;
    for (; at < f->size && !f->fault; n++) {
        uint32_t score = fb_u32(f, at), length = fb_u32(f, at + 4);
        if (f->fault || length > MAX_PIECE || length > f->size - at - 8)
            return graph_fail(err,
                              "%s: not a llama2.c tokenizer, or truncated: piece %d at byte %zu",
                              path, (int)n, at);
        if (n < vocab) {
            token_piece_t *p = &t->piece[n];
            *p = (token_piece_t){f->bytes + at + 8, (int32_t)length, 0};
            memcpy(&p->score, &score, sizeof score);
            if (!isfinite(p->score))
                return graph_fail(err, "%s: the score of piece %d is not finite", path, (int)n);
            t->longest = p->length > t->longest ? p->length : t->longest;
            t->sorted[n] = n;
        }
        at += 8 + length;
    }
    if (n != vocab)
        return graph_fail(err,
                          "%s: a vocabulary of %d pieces, %s has %d: give the tokenizer that the "
                          "model was trained with",
                          path, (int)n, checkpoint, (int)vocab);
    return 0;
}

int tokenizer_read(const char *path, int32_t vocab, const char *checkpoint, tokenizer_t *t,
                   graph_error_t *err) {
    size_t size;
    *t = (tokenizer_t){.n = vocab};
    t->bytes = file_read(path, &size, err);
    if (!t->bytes)
        return -1;
    t->piece = calloc((size_t)vocab, sizeof *t->piece);
    t->sorted = calloc((size_t)vocab, sizeof *t->sorted);
    fb_t cursor = {t->bytes, size, NULL};
    int status = !t->piece || !t->sorted ? graph_fail(err, "%s: out of memory", path)
                                         : read_pieces(path, vocab, checkpoint, &cursor, t, err);
    if (status) {
        tokenizer_free(t);
        return -1;
    }
    sorting = t->piece;
    qsort(t->sorted, (size_t)vocab, sizeof *t->sorted, by_text);
    return 0;
}

void tokenizer_free(tokenizer_t *t) {
    free(t->piece);
    free(t->sorted);
    free(t->bytes);
    *t = (tokenizer_t){0};
}

/* The token with this text, the first of equals; -1: none. */
static int32_t find(const tokenizer_t *t, const uint8_t *text, int32_t length) {
    int32_t low = 0, high = t->n;
    while (low < high) {
        int32_t mid = low + (high - low) / 2;
        const token_piece_t *p = &t->piece[t->sorted[mid]];
        if (compare(p->text, p->length, text, length) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == t->n)
        return -1;
    const token_piece_t *p = &t->piece[t->sorted[low]];
    return compare(p->text, p->length, text, length) == 0 ? t->sorted[low] : -1;
}

/* Joins the best pair; 0 when there is none. joined: room for two pieces. */
static int join_best(const tokenizer_t *t, int32_t *tokens, int32_t *n, uint8_t *joined) {
    float best_score = -INFINITY;
    int32_t best = -1, best_at = 0;
    for (int32_t i = 1; i + 1 < *n; i++) { /* behind TOKEN_BEGIN */
        const token_piece_t *a = &t->piece[tokens[i]], *b = &t->piece[tokens[i + 1]];
        if (a->length + b->length > t->longest)
            continue;
        memcpy(joined, a->text, (size_t)a->length);
        memcpy(joined + a->length, b->text, (size_t)b->length);
        int32_t id = find(t, joined, a->length + b->length);
        if (id >= 0 && (best < 0 || t->piece[id].score > best_score)) {
            best = id;
            best_at = i;
            best_score = t->piece[id].score;
        }
    }
    if (best < 0)
        return 0;
    tokens[best_at] = best;
    memmove(tokens + best_at + 1, tokens + best_at + 2,
            (size_t)(*n - best_at - 2) * sizeof *tokens);
    --*n;
    return 1;
}

int32_t tokenizer_encode(const tokenizer_t *t, const char *text, int32_t *tokens, int32_t room) {
    const uint8_t *s = (const uint8_t *)text;
    size_t left = strlen(text);
    int32_t n = 0, space = find(t, (const uint8_t *)" ", 1), status = -1;
    if (left / (size_t)(t->longest > 0 ? t->longest : 1) >
        (size_t)room) /* cannot fit, however well it joins */
        return -1;
    int32_t *work = malloc((left + 2) * sizeof *work);
    uint8_t *joined = malloc((size_t)t->longest * 2 + 1);
    if (work && joined) {
        work[n++] = TOKEN_BEGIN;
        if (left && space >= 0)
            work[n++] = space;
        while (left) {
            int32_t length = 1;
            while (length < 4 && (size_t)length < left && (s[length] & 0xc0) == 0x80)
                length++;
            int32_t id = find(t, s, length);
            if (id >= 0)
                work[n++] = id;
            for (int32_t i = 0; id < 0 && i < length; i++)
                if (s[i] + TOKEN_BYTE0 < t->n)
                    work[n++] = s[i] + TOKEN_BYTE0;
            s += length;
            left -= (size_t)length;
        }
        while (join_best(t, work, &n, joined))
            ;
        if (n <= room) {
            memcpy(tokens, work, (size_t)n * sizeof *tokens);
            status = n;
        }
    }
    free(work);
    free(joined);
    return status;
}

static int32_t hex(uint8_t c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

const uint8_t *tokenizer_decode(const tokenizer_t *t, int32_t before, int32_t token,
                                uint8_t byte[1], int32_t *length) {
    const token_piece_t *p = &t->piece[token];
    const uint8_t *s = p->text;
    *length = p->length;
    if (before == TOKEN_BEGIN && *length > 0 && s[0] == ' ') {
        s++;
        --*length;
    }
    if (*length == 6 && memcmp(s, "<0x", 3) == 0 && s[5] == '>' && hex(s[3]) >= 0 &&
        hex(s[4]) >= 0) {
        byte[0] = (uint8_t)(hex(s[3]) * 16 + hex(s[4]));
        *length = 1;
        return byte;
    }
    return s;
}

/* Length that the first byte of a character announces; 0: it cannot be first. */
static int32_t announced(uint8_t c) {
    return c < 0x80                ? 1
           : c >= 0xc2 && c < 0xe0 ? 2
           : c >= 0xe0 && c < 0xf0 ? 3
           : c >= 0xf0 && c < 0xf5 ? 4
                                   : 0;
}

/* May c be the n-th byte (1..3) of a character that starts with `first`? */
static int continues(uint8_t first, int32_t n, uint8_t c) {
    uint8_t low = n != 1 ? 0x80 : first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t high = n != 1 ? 0xbf : first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    return c >= low && c <= high;
}

static uint8_t *replacement(uint8_t *out) {
    memcpy(out, "\xef\xbf\xbd", 3);
    return out + 3;
}

int32_t utf8_stream(utf8_stream_t *s, const uint8_t *bytes, int32_t n, uint8_t *out) {
    uint8_t *to = out;
    if (!bytes && s->n > 0) {
        to = replacement(to);
        s->n = 0;
    }
    for (int32_t i = 0; bytes && i < n; i++) {
        if (s->n > 0 && !continues(s->held[0], s->n, bytes[i])) {
            to = replacement(to);
            s->n = 0;
        }
        if (s->n == 0 && announced(bytes[i]) == 0) {
            to = replacement(to);
            continue;
        }
        s->held[s->n++] = bytes[i];
        if (s->n < announced(s->held[0]))
            continue;
        if (s->n > 1 || (s->held[0] >= 0x20 && s->held[0] != 0x7f) || s->held[0] == '\n' ||
            s->held[0] == '\t') {
            memcpy(to, s->held, (size_t)s->n);
            to += s->n;
        }
        s->n = 0;
    }
    return (int32_t)(to - out);
}
