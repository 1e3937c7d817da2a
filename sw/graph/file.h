/*
 * file.h - all bytes of a file into memory.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_FILE_H
#define SYSTOLE_FILE_H

#include <stddef.h>

#include "graph.h"

/* Not by seeking: pipes are files too. At most 2 GiB. 16-byte aligned, to be freed with free(); or
 * NULL with *err. */
void *file_read(const char *path, size_t *size, graph_error_t *err);

#endif
