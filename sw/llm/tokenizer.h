/*
 * tokenizer.h - llama2.c's tokenizer: byte-pair encoding of a prompt, tokens to bytes.
 *
 * Contract:  the file is untrusted; it must hold exactly the vocabulary that the checkpoint has.
 * Source: llama2.c run.c (build_tokenizer, encode, decode): a space before the text, pieces by
 * UTF-8 characters, bytes as `<0xNN>` (tokens 3..258) where a character has none, then the pair
 * with the best score joined, the first of equals. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_TOKENIZER_H
#define SYSTOLE_TOKENIZER_H

#include "graph.h"

enum { TOKEN_BEGIN = 1, TOKEN_END = 2, TOKEN_BYTE0 = 3 };

typedef struct {
    const uint8_t *text; /* not terminated */
    int32_t length;
    float score;
} token_piece_t;

typedef struct {
    int32_t n, longest;
    token_piece_t *piece; /* (n) */
    int32_t *sorted;      /* (n) by text */
    void *bytes;
} tokenizer_t;

/* 0, or -1 with one line in *err and nothing to free. */
int tokenizer_read(const char *path, int32_t vocab, const char *checkpoint, tokenizer_t *t,
                   graph_error_t *err);
void tokenizer_free(tokenizer_t *t);

/* text (NUL-terminated) as TOKEN_BEGIN and its tokens, at most `room` of them; returns how many, or
 * -1 when more are needed. */
int32_t tokenizer_encode(const tokenizer_t *t, const char *text, int32_t *tokens, int32_t room);
/* Bytes of a token that follows `before`: *length of them, kept in the tokenizer or in `byte`. */
const uint8_t *tokenizer_decode(const tokenizer_t *t, int32_t before, int32_t token,
                                uint8_t byte[1], int32_t *length);

/* Bytes to text that a terminal can take: whole UTF-8 characters; U+FFFD for what is none; no
 * control characters but tab and line end. */
typedef struct {
    uint8_t held[4];
    int32_t n;
} utf8_stream_t;
/* The text of some more bytes, or of the end (bytes NULL): at most 3 * (n + 3) bytes into out.
 * Returns how many. */
int32_t utf8_stream(utf8_stream_t *s, const uint8_t *bytes, int32_t n, uint8_t *out);

#endif
