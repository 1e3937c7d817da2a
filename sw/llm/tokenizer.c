/*
 * tokenizer.c - see tokenizer.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tokenizer.h"

#include <string.h>

int32_t tokenizer_order(const tokenizer_t *t, int32_t token, token_text_t a, token_text_t b) {
    const token_piece_t *p = &t->piece[token];
    const uint8_t *s = t->text + p->at;
    int32_t first = p->length < a.length ? p->length : a.length,
            rest = p->length - first < b.length ? p->length - first : b.length,
            order = memcmp(s, a.bytes, (size_t)first);
    if (order == 0 && rest > 0)
        order = memcmp(s + first, b.bytes, (size_t)rest);
    return order ? order : (p->length > a.length + b.length) - (p->length < a.length + b.length);
}

/* The token with this text, a and then b, the first of equals; -1: none. */
static int32_t find(const tokenizer_t *t, token_text_t a, token_text_t b) {
    int32_t low = 0, high = t->n;
    while (low < high) {
        int32_t mid = low + (high - low) / 2;
        if (tokenizer_order(t, t->sorted[mid], a, b) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == t->n)
        return -1;
    return tokenizer_order(t, t->sorted[low], a, b) == 0 ? t->sorted[low] : -1;
}

static token_text_t text_of(const tokenizer_t *t, int32_t token) {
    return (token_text_t){t->text + t->piece[token].at, t->piece[token].length};
}

/* The token that tokens[i] and the next one join to; -1: none. The first is TOKEN_BEGIN. */
static int32_t joined(const tokenizer_t *t, const int32_t *tokens, int32_t n, int32_t i) {
    if (i < 1 || i + 1 >= n)
        return -1;
    token_text_t a = text_of(t, tokens[i]), b = text_of(t, tokens[i + 1]);
    return a.length + b.length > t->longest ? -1 : find(t, a, b);
}

/* Joins the best pair, the first of equals, until there is none; join: room for n. Returns how many
 * are left. */
static int32_t join_all(const tokenizer_t *t, int32_t *tokens, int32_t n, int32_t *join) {
    for (int32_t i = 0; i < n; i++)
        join[i] = joined(t, tokens, n, i);
    for (;;) {
        int32_t best = 0;
        for (int32_t i = 1; i + 1 < n; i++)
            if (join[i] >= 0 && (best == 0 || t->piece[join[i]].score > t->piece[join[best]].score))
                best = i;
        if (best == 0)
            return n;
        tokens[best] = join[best];
        size_t behind = (size_t)(n - best - 2) * sizeof *tokens;
        memmove(tokens + best + 1, tokens + best + 2, behind);
        memmove(join + best + 1, join + best + 2, behind);
        n--;
        join[best - 1] = joined(t, tokens, n, best - 1);
        join[best] = joined(t, tokens, n, best);
    }
}

int32_t tokenizer_encode(const tokenizer_t *t, const uint8_t *s, int32_t left, int32_t *tokens,
                         int32_t most) {
    const token_text_t none = {s, 0}, space = {(const uint8_t *)" ", 1};
    int32_t n = 0, all = left + 2, blank = find(t, space, none);
    if (left / (t->longest > 0 ? t->longest : 1) > most) /* cannot fit, however well it joins */
        return -1;
    tokens[n++] = TOKEN_BEGIN;
    if (left && blank >= 0)
        tokens[n++] = blank;
    while (left) {
        int32_t length = 1;
        while (length < 4 && length < left && (s[length] & 0xc0) == 0x80)
            length++;
        int32_t id = find(t, (token_text_t){s, length}, none);
        if (id >= 0)
            tokens[n++] = id;
        for (int32_t i = 0; id < 0 && i < length; i++)
            if (s[i] + TOKEN_BYTE0 < t->n)
                tokens[n++] = s[i] + TOKEN_BYTE0;
        s += length;
        left -= length;
    }
    n = join_all(t, tokens, n, tokens + all);
    return n <= most ? n : -1;
}

bool tokenizer_valid(const tokenizer_t *t, uint32_t text_size) {
    for (int32_t i = 0; i < t->n; i++) {
        const token_piece_t *p = &t->piece[i];
        if (p->length < 0 || p->length > t->longest || p->at > text_size ||
            (uint32_t)p->length > text_size - p->at || t->sorted[i] < 0 || t->sorted[i] >= t->n)
            return false;
    }
    return true;
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
    const uint8_t *s = t->text + p->at;
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
