/*
 * tflite_internal.h - internal to the .tflite reader: tflite.c (tensors, operators),
 * tflite_options.c (options by operator), tflite_state.c (variables). SPDX-License-Identifier:
 * Apache-2.0
 */
#ifndef SYSTOLE_TFLITE_INTERNAL_H
#define SYSTOLE_TFLITE_INTERNAL_H

#include "flatbuf.h"
#include "graph.h"

typedef struct {
    fb_t fb;
    graph_t *g;     /* being filled */
    graph_t *owner; /* whose memory all of it is */
    graph_error_t *err;
    size_t budget; /* bytes that may still be allocated */
    fb_vector_t buffers, codes, subgraphs;
} reader_t;

/* Reads an operator's option table: NULL, or the reason for refusing. */
typedef const char *(*options_t)(fb_t *, fb_table_t, graph_params_t *);

typedef struct {
    int32_t builtin; /* enum BuiltinOperator */
    graph_opcode_t code;
    int32_t options_type; /* place in union BuiltinOptions, 0: none needed */
    options_t read;
} tflite_operator_t;

/* NULL: not supported. */
const tflite_operator_t *tflite_operator(int32_t builtin);

void *tflite_alloc(reader_t *r, size_t size);
/* The cursor's fault, if there is one, as the error. */
int tflite_check(reader_t *r, const char *where);
/* Tensors, operators, inputs and outputs of a subgraph into r->g; 0 or -1. */
int tflite_read_subgraph(reader_t *r, uint32_t index);
/* VAR_HANDLE and CALL_ONCE become tensors and their initial values: see tflite_state.c. */
int tflite_resolve_state(reader_t *r);

#endif
