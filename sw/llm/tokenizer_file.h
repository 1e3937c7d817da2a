/*
 * tokenizer_file.h - reader of llama2.c's tokenizer files.
 *
 * Contract:  the file is untrusted; it must hold exactly the vocabulary that the checkpoint has.
 * Source: llama2.c run.c (build_tokenizer).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_TOKENIZER_FILE_H
#define SYSTOLE_TOKENIZER_FILE_H

#include "graph.h"
#include "tokenizer.h"

typedef struct {
    tokenizer_t t; /* refers to the rest */
    token_piece_t *piece;
    int32_t *sorted;
    uint8_t *bytes;
    uint32_t size; /* of them: the whole file */
} tokenizer_file_t;

/* 0, or -1 with one line in *err and nothing to free. */
int tokenizer_read(const char *path, int32_t vocab, const char *checkpoint, tokenizer_file_t *t,
                   graph_error_t *err);
void tokenizer_free(tokenizer_file_t *t);

#endif
