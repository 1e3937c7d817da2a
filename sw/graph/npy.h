/*
 * npy.h - tensor files: NumPy .npy (format 1, 2, 3) and raw little-endian bytes; atomic writing of
 * any file.
 *
 * Contract:  the file must have exactly the wanted type and shape. Shapes may differ by dimensions
 * of length 1 at the front (a picture without its batch dimension). Files are untrusted. By name:
 * .npy is NumPy, all else raw. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_NPY_H
#define SYSTOLE_NPY_H

#include <stdio.h>

#include "graph.h"

typedef struct {
    graph_type_t type;
    int32_t rank;
    const int32_t *dims; /* (rank) */
    size_t bytes;
} npy_shape_t;

/* Reads exactly want->bytes into dst. 0, or -1 with *err naming the file and the difference. */
int npy_read(const char *path, const npy_shape_t *want, void *dst, graph_error_t *err);
/* Atomic writing of any file: open, write through ->f, then commit (or abort: nothing remains). */
typedef struct {
    FILE *f;
    char path[4096], temp[4096 + 16];
} atomic_file_t;
int atomic_open(atomic_file_t *a, const char *path, graph_error_t *err);
int atomic_commit(atomic_file_t *a, graph_error_t *err);
void atomic_abort(atomic_file_t *a);
/* Can this file be written? Leaves nothing behind. 0 or -1 with *err. */
int atomic_probe(const char *path, graph_error_t *err);
/* A tensor into an opened file, in the form that its name asks for; not committed. 0 or -1 with
 * *err. */
int npy_put(atomic_file_t *a, const npy_shape_t *shape, const void *src, graph_error_t *err);
/* open + npy_put + commit */
int npy_write(const char *path, const npy_shape_t *shape, const void *src, graph_error_t *err);
/* All of a buffer to a file. */
int atomic_write(const char *path, const void *bytes, size_t size, graph_error_t *err);

#endif
