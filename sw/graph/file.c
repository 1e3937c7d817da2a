/*
 * file.c - see file.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *file_read(const char *path, size_t *size, graph_error_t *err) {
    const size_t most = (size_t)1 << 31;
    FILE *f = fopen(path, "rb");
    char *bytes = NULL;
    size_t room = 0;
    int status = 0;
    *size = 0;
    if (!f) {
        graph_fail(err, "%s: %s", path, strerror(errno));
        return NULL;
    }
    while (status == 0) {
        if (*size == room) {
            char *more = NULL;
            room = room ? room * 2 : 1 << 16;
            if (room > most)
                status = graph_fail(err, "%s: larger than 2 GiB", path);
            else if (!(more = realloc(bytes, room))) /* glibc: 16-byte aligned */
                status = graph_fail(err, "%s: out of memory", path);
            if (status)
                break;
            bytes = more;
        }
        size_t got = fread(bytes + *size, 1, room - *size, f);
        *size += got;
        if (got == 0)
            break;
    }
    if (status == 0 && ferror(f))
        status = graph_fail(err, "%s: %s", path, strerror(errno));
    fclose(f);
    if (status) {
        free(bytes);
        return NULL;
    }
    return bytes;
}
