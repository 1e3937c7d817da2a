/*
 * onnx_external.c - see onnx_external.h. The location is a path below the model's folder; its
 * components are opened one by one without following links, so that nothing outside is reached
 * whatever the names are. SPDX-License-Identifier: Apache-2.0
 */
#define _XOPEN_SOURCE 700
#include "onnx_external.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *entry(const Onnx__TensorProto *t, const char *key) {
    for (size_t i = 0; i < t->n_external_data; i++)
        if (t->external_data[i]->key && strcmp(t->external_data[i]->key, key) == 0)
            return t->external_data[i]->value;
    return NULL;
}

/* Folder of the model's file. */
static int open_folder(const char *path) {
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    free(folder);
    return fd;
}

/* Opens `location` below the folder `at`, which it closes; -1 when it is not a plain path to a file
 * there. */
static int open_below(int at, const char *location) {
    char part[256];
    while (at >= 0) {
        size_t n = strcspn(location, "/");
        bool last = location[n] == 0;
        int next = -1;
        if (n > 0 && n < sizeof part) {
            memcpy(part, location, n);
            part[n] = 0;
            if (strcmp(part, "..") != 0)
                next = openat(at, part,
                              O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK |
                                  (last ? 0 : O_DIRECTORY));
        }
        close(at);
        at = next;
        if (last)
            break;
        location += n + 1;
    }
    return at;
}

static bool number(const char *s, uint64_t absent, uint64_t *v) {
    char *end;
    *v = absent;
    if (!s)
        return true;
    *v = strtoull(s, &end, 10);
    return *s >= '0' && *s <= '9' && *end == 0;
}

int onnx_read_external(onnx_t *o, const Onnx__TensorProto *t, const char *name, void *dst,
                       size_t bytes) {
    const char *location = entry(t, "location");
    uint64_t offset, length;
    struct stat st;
    if (!location || !number(entry(t, "offset"), 0, &offset) ||
        !number(entry(t, "length"), bytes, &length) || length != bytes)
        return graph_fail(o->err,
                          "%s: constant %.60s: its place outside the file does not fit its shape",
                          o->path, name);
    int fd = open_below(open_folder(o->path), location);
    if (fd < 0)
        return graph_fail(o->err, "%s: constant %.40s: %.60s is not a file in the model's folder",
                          o->path, name, location);
    bool ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && offset <= (uint64_t)st.st_size &&
              bytes <= (uint64_t)st.st_size - offset &&
              lseek(fd, (off_t)offset, SEEK_SET) == (off_t)offset;
    for (size_t got = 0; ok && got < bytes;) {
        ssize_t n = read(fd, (char *)dst + got, bytes - got);
        ok = n > 0;
        got += ok ? (size_t)n : 0;
    }
    close(fd);
    return ok ? 0
              : graph_fail(o->err, "%s: constant %.40s: %.60s is too short or cannot be read",
                           o->path, name, location);
}
