/*
 * tokenizer.h - llama2.c's tokenizer: byte-pair encoding of a prompt, tokens to bytes. The same
 * source runs on the host and on the soft-core (sw/firmware/talk.c).
 *
 * Contract:  no malloc, no floats. Source: llama2.c run.c (encode, decode): a space before the
 * text, pieces by UTF-8 characters, bytes as `<0xNN>` (tokens 3..258) where a character has none,
 * then the pair with the best score joined, the first of equals.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_TOKENIZER_H
#define SYSTOLE_TOKENIZER_H

#include <stdbool.h>
#include <stdint.h>

enum { TOKEN_BEGIN = 1, TOKEN_END = 2, TOKEN_BYTE0 = 3 };

typedef struct {
    uint32_t at;    /* of its text in tokenizer_t.text */
    int32_t length; /* bytes, not terminated */
    int32_t score;  /* only compared: a float's bits in an integer of the same order */
} token_piece_t;

typedef struct {
    int32_t n, longest;
    const token_piece_t *piece; /* (n) */
    const int32_t *sorted;      /* (n) tokens by text, equal ones by number */
    const uint8_t *text;
} tokenizer_t;

typedef struct {
    const uint8_t *bytes;
    int32_t length;
} token_text_t;

/* Every piece lies in text_size bytes, every number of `sorted` is a token's. */
bool tokenizer_valid(const tokenizer_t *t, uint32_t text_size);
/* Less than, equal to or greater than 0 as the token's text comes before, is, or comes behind a
 * followed by b. */
int32_t tokenizer_order(const tokenizer_t *t, int32_t token, token_text_t a, token_text_t b);
/* text (length) as TOKEN_BEGIN and its tokens; tokens: room for 2 * (length + 2), to work in.
 * Returns how many, or -1 when there are more than `most`. */
int32_t tokenizer_encode(const tokenizer_t *t, const uint8_t *text, int32_t length, int32_t *tokens,
                         int32_t most);
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
