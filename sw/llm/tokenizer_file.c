/*
 * tokenizer_file.c - see tokenizer_file.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tokenizer_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "flatbuf.h"

enum { MAX_PIECE = 4096 };

static const tokenizer_t *sorting; /* qsort has no argument for it */
static int by_text(const void *a, const void *b) {
    int32_t i = *(const int32_t *)a, k = *(const int32_t *)b;
    const token_piece_t *q = &sorting->piece[k];
    const token_text_t text = {sorting->text + q->at, q->length}, none = {text.bytes, 0};
    int32_t order = tokenizer_order(sorting, i, text, none);
    return order ? order : (i > k) - (i < k);
}

/* The bits of a finite float as an integer of the same order. */
static int32_t ordered(float score) {
    int32_t bits;
    score = score == 0 ? 0 : score; /* one zero */
    memcpy(&bits, &score, sizeof bits);
    return bits < 0 ? bits ^ INT32_MAX : bits;
}

static int read_pieces(const char *path, int32_t vocab, const char *checkpoint, fb_t *f,
                       tokenizer_file_t *t, graph_error_t *err) {
    size_t at = 4; /* behind the longest length, which is counted anew */
    int32_t n = 0;
    for (; at < f->size && !f->fault; n++) {
        uint32_t score = fb_u32(f, at), length = fb_u32(f, at + 4);
        if (f->fault || length > MAX_PIECE || length > f->size - at - 8)
            return graph_fail(err,
                              "%s: not a llama2.c tokenizer, or truncated: piece %d at byte %zu",
                              path, (int)n, at);
        if (n < vocab) {
            float value;
            memcpy(&value, &score, sizeof value);
            if (!isfinite(value))
                return graph_fail(err, "%s: the score of piece %d is not finite", path, (int)n);
            t->piece[n] = (token_piece_t){(uint32_t)(at + 8), (int32_t)length, ordered(value)};
            t->t.longest = (int32_t)length > t->t.longest ? (int32_t)length : t->t.longest;
            t->sorted[n] = n;
        }
        at += 8 + length;
    }
    if (n != vocab)
        return graph_fail(err,
                          "%s: a vocabulary of %d pieces, %s has %d: give the tokenizer that the "
                          "model was trained with",
                          path, (int)n, checkpoint, (int)vocab);
    if (vocab <= TOKEN_END)
        return graph_fail(err, "%s: %d pieces: none for the begin and the end of a text", path,
                          (int)vocab);
    return 0;
}

int tokenizer_read(const char *path, int32_t vocab, const char *checkpoint, tokenizer_file_t *t,
                   graph_error_t *err) {
    size_t size;
    *t = (tokenizer_file_t){.t = {.n = vocab}};
    t->bytes = file_read(path, &size, err);
    if (!t->bytes)
        return -1;
    t->size = (uint32_t)size;
    t->piece = calloc((size_t)vocab, sizeof *t->piece);
    t->sorted = calloc((size_t)vocab, sizeof *t->sorted);
    t->t.piece = t->piece;
    t->t.sorted = t->sorted;
    t->t.text = t->bytes;
    fb_t cursor = {t->bytes, size, NULL};
    int status = !t->piece || !t->sorted ? graph_fail(err, "%s: out of memory", path)
                                         : read_pieces(path, vocab, checkpoint, &cursor, t, err);
    if (status) {
        tokenizer_free(t);
        return -1;
    }
    sorting = &t->t;
    qsort(t->sorted, (size_t)vocab, sizeof *t->sorted, by_text);
    return 0;
}

void tokenizer_free(tokenizer_file_t *t) {
    free(t->piece);
    free(t->sorted);
    free(t->bytes);
    *t = (tokenizer_file_t){0};
}
