/*
 * npy.c - see npy.h.
 *
 * Source of the format: NumPy Enhancement Proposal 1 (magic, version, header length, a Python dict
 * as text, data). SPDX-License-Identifier: Apache-2.0
 */
#include "npy.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- atomic writing ---- */

int atomic_open(atomic_file_t *a, const char *path, graph_error_t *err) {
    a->f = NULL;
    if (strlen(path) >= sizeof a->path)
        return graph_fail(err, "%.60s...: the file name is too long", path);
    strcpy(a->path, path);
    snprintf(a->temp, sizeof a->temp, "%s.%ld.tmp", path, (long)getpid());
    a->f = fopen(a->temp, "wb");
    if (!a->f)
        return graph_fail(err, "%s: cannot write: %s", path, strerror(errno));
    return 0;
}

void atomic_abort(atomic_file_t *a) {
    if (!a->f)
        return;
    fclose(a->f);
    remove(a->temp);
    a->f = NULL;
}

int atomic_commit(atomic_file_t *a, graph_error_t *err) {
    int bad = ferror(a->f), why = errno;
    if (fclose(a->f)) {
        bad = 1;
        why = errno;
    }
    a->f = NULL;
    if (!bad && rename(a->temp, a->path)) {
        bad = 1;
        why = errno;
    }
    if (!bad)
        return 0;
    remove(a->temp);
    return graph_fail(err, "%s: cannot write: %s", a->path, strerror(why));
}

int atomic_probe(const char *path, graph_error_t *err) {
    atomic_file_t a;
    if (atomic_open(&a, path, err))
        return -1;
    atomic_abort(&a);
    return 0;
}

int atomic_write(const char *path, const void *bytes, size_t size, graph_error_t *err) {
    atomic_file_t a;
    if (atomic_open(&a, path, err))
        return -1;
    fwrite(bytes, 1, size, a.f);
    return atomic_commit(&a, err);
}

/* ---- .npy ---- */

static const char magic[6] = {(char)0x93, 'N', 'U', 'M', 'P', 'Y'};

/* As NumPy spells them, without the byte order. */
static const char *descr_of(graph_type_t t) {
    static const char *const d[GRAPH_TYPE_COUNT] = {
        [GRAPH_INT8] = "i1",  [GRAPH_UINT8] = "u1",   [GRAPH_INT16] = "i2",
        [GRAPH_INT32] = "i4", [GRAPH_INT64] = "i8",   [GRAPH_FLOAT32] = "f4",
        [GRAPH_BOOL] = "b1",  [GRAPH_FLOAT16] = "f2", [GRAPH_FLOAT64] = "f8",
    };
    return (unsigned)t < GRAPH_TYPE_COUNT ? d[t] : NULL;
}

static void shape_text(int32_t rank, const int32_t *dims, char *buf, size_t size) {
    size_t n = (size_t)snprintf(buf, size, "(");
    for (int32_t d = 0; d < rank && n < size; d++)
        n += (size_t)snprintf(buf + n, size - n, d ? ", %d" : "%d", (int)dims[d]);
    if (n < size)
        snprintf(buf + n, size - n, rank == 1 ? ",)" : ")");
}

static int is_npy(const char *path) {
    size_t n = strlen(path);
    return n >= 4 && strcmp(path + n - 4, ".npy") == 0;
}

/* The text after 'key': in the header dict, or NULL. */
static const char *value_of(const char *header, const char *key) {
    const char *p = strstr(header, key);
    if (!p || p == header || (p[-1] != '\'' && p[-1] != '"'))
        return NULL;
    p += strlen(key);
    if (*p != '\'' && *p != '"')
        return NULL;
    for (p++; isspace((unsigned char)*p);)
        p++;
    if (*p++ != ':')
        return NULL;
    while (isspace((unsigned char)*p))
        p++;
    return p;
}

/* Checks the header's text against what is wanted. */
static int check_header(const char *path, const char *text, const npy_shape_t *want,
                        graph_error_t *err) {
    char wanted[128];
    int32_t dims[16], rank = 0, skip = 0, want_skip = 0;
    const char *descr = value_of(text, "descr"), *order = value_of(text, "fortran_order"),
               *shape = value_of(text, "shape");
    if (!descr || !order || !shape || *shape != '(' || (*descr != '\'' && *descr != '"'))
        return graph_fail(err, "%s: malformed .npy header", path);
    if (strncmp(order, "False", 5) != 0)
        return graph_fail(err, "%s: Fortran order is not supported", path);
    const char *name = descr_of(want->type);
    const char *type = descr + 1 + (*descr && strchr("<>=|", descr[1]) != NULL);
    if (!name || strncmp(type, name, 2) != 0 || (type[2] != '\'' && type[2] != '"') ||
        (descr[1] == '>' && name[1] != '1'))
        return graph_fail(err, "%s: its type is %.4s, the network needs %s", path, descr + 1,
                          graph_type_name(want->type));
    for (const char *p = shape + 1;;) {
        char *end;
        while (isspace((unsigned char)*p) || *p == ',')
            p++;
        if (*p == ')')
            break;
        long v = strtol(p, &end, 10);
        if (end == p || v < 0 || v > INT32_MAX || rank == 16)
            return graph_fail(err, "%s: malformed .npy header", path);
        dims[rank++] = (int32_t)v;
        p = *end == 'L' ? end + 1 : end;
    }
    while (skip < rank && dims[skip] == 1)
        skip++;
    while (want_skip < want->rank && want->dims[want_skip] == 1)
        want_skip++;
    if (rank - skip != want->rank - want_skip ||
        memcmp(dims + skip, want->dims + want_skip, (size_t)(rank - skip) * sizeof dims[0]) != 0) {
        char found[128];
        shape_text(want->rank, want->dims, wanted, sizeof wanted);
        shape_text(rank, dims, found, sizeof found);
        return graph_fail(err, "%s: its shape is %s, the network needs %s", path, found, wanted);
    }
    return 0;
}

static int read_header(const char *path, FILE *f, const npy_shape_t *want, graph_error_t *err) {
    uint8_t start[8], len[4] = {0};
    if (fread(start, 1, 8, f) != 8 || memcmp(start, magic, sizeof magic) != 0)
        return graph_fail(err, "%s: not a .npy file", path);
    if (start[6] < 1 || start[6] > 3)
        return graph_fail(err, "%s: .npy version %d is not known", path, start[6]);
    size_t len_size = start[6] == 1 ? 2 : 4;
    if (fread(len, 1, len_size, f) != len_size)
        return graph_fail(err, "%s: truncated", path);
    uint32_t n = len[0] | (uint32_t)len[1] << 8 | (uint32_t)len[2] << 16 | (uint32_t)len[3] << 24;
    if (n > 65536)
        return graph_fail(err, "%s: malformed .npy header", path);
    char *text = calloc(1, (size_t)n + 1);
    if (!text)
        return graph_fail(err, "%s: out of memory", path);
    int status = fread(text, 1, n, f) == n ? check_header(path, text, want, err)
                                           : graph_fail(err, "%s: truncated", path);
    free(text);
    return status;
}

int npy_read(const char *path, const npy_shape_t *want, void *dst, graph_error_t *err) {
    FILE *f = fopen(path, "rb");
    if (!f)
        return graph_fail(err, "%s: %s", path, strerror(errno));
    int status = is_npy(path) ? read_header(path, f, want, err) : 0;
    if (status == 0) {
        size_t got = fread(dst, 1, want->bytes, f);
        int more = got == want->bytes && fgetc(f) != EOF;
        if (ferror(f))
            status = graph_fail(err, "%s: %s", path, strerror(errno));
        else if (got != want->bytes)
            status = graph_fail(err, "%s: %zu bytes of data, the network needs %zu", path, got,
                                want->bytes);
        else if (more)
            status = graph_fail(err, "%s: more than the %zu bytes that the network needs", path,
                                want->bytes);
    }
    fclose(f);
    return status;
}

int npy_put(atomic_file_t *a, const npy_shape_t *shape, const void *src, graph_error_t *err) {
    if (is_npy(a->path)) {
        const char *name = descr_of(shape->type);
        char dims[128], dict[256];
        if (!name)
            return graph_fail(err, "%s: .npy cannot hold %s", a->path,
                              graph_type_name(shape->type));
        shape_text(shape->rank, shape->dims, dims, sizeof dims);
        int n =
            snprintf(dict, sizeof dict, "{'descr': '%c%s', 'fortran_order': False, 'shape': %s, }",
                     name[1] == '1' ? '|' : '<', name, dims);
        int padded = (10 + n + 1 + 63) / 64 * 64 - 10; /* data starts at a multiple of 64 */
        fwrite(magic, 1, sizeof magic, a->f);
        fputc(1, a->f);
        fputc(0, a->f);
        fputc(padded & 0xff, a->f);
        fputc(padded >> 8, a->f);
        fprintf(a->f, "%-*s\n", padded - 1, dict);
    }
    fwrite(src, 1, shape->bytes, a->f);
    return 0; /* write errors show at the commit */
}

int npy_write(const char *path, const npy_shape_t *shape, const void *src, graph_error_t *err) {
    atomic_file_t a;
    if (atomic_open(&a, path, err))
        return -1;
    if (npy_put(&a, shape, src, err)) {
        atomic_abort(&a);
        return -1;
    }
    return atomic_commit(&a, err);
}
