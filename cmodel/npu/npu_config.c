/*
 * npu_config.c - see npu_config.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "npu_config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 128

/* The numbers by name, in canonical order, with the limits of the RTL: addresses have 16 bits, an
 * array has three line feeds, a bank and an accumulator half at least two words. */
static const struct {
    const char *name;
    size_t at;
    uint32_t min, max;
    int power; /* of two */
    int none;  /* 0 is a value too */
} fields[] = {
    {"n", offsetof(npu_config_t, n), 4, 32, 1, 0},
    {"lanes", offsetof(npu_config_t, lanes), 1, 32, 1, 0},
    {"sp_words", offsetof(npu_config_t, sp_words), 256, 65536, 1, 0},
    {"sp_banks", offsetof(npu_config_t, sp_banks), 2, 32, 1, 0},
    {"acc_depth", offsetof(npu_config_t, acc_depth), 64, 65536, 1, 0},
    {"fir_groups", offsetof(npu_config_t, fir_groups), 1, 3, 0, 0},
    {"fir_taps", offsetof(npu_config_t, fir_taps), 1, 32, 0, 0},
    {"matmul", offsetof(npu_config_t, matmul), 1, 1, 1, 1},
    {"trace_records", offsetof(npu_config_t, trace_records), 16, 32768, 1, 1},
    {"wide_lanes", offsetof(npu_config_t, wide_lanes), 1, 4, 1, 1},
    {"softmax", offsetof(npu_config_t, softmax), 1, 1, 1, 1},
    {"norm", offsetof(npu_config_t, norm), 1, 1, 1, 1},
};
enum {
    FIELDS = sizeof fields / sizeof fields[0],
    LANES = 1,
    FIR_GROUPS = 5,
    FIR_TAPS = 6,
    TRACE = 8, /* the first of those that a program does not depend on */
    WIDE = 9
};

static uint32_t get(const npu_config_t *c, int field) {
    return *(const uint32_t *)((const char *)c + fields[field].at);
}

static void set(npu_config_t *c, int field, uint32_t value) {
    *(uint32_t *)((char *)c + fields[field].at) = value;
}

static const npu_config_t *refuse(char *err, size_t size, const char *text, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static const npu_config_t *refuse(char *err, size_t size, const char *text, const char *fmt, ...) {
    if (size == 0)
        return NULL;
    va_list ap;
    int used = snprintf(err, size, "configuration %.60s: ", text);
    va_start(ap, fmt);
    if (used > 0 && (size_t)used < size)
        vsnprintf(err + used, size - (size_t)used, fmt, ap);
    va_end(ap);
    return NULL;
}

void npu_config_default_fir(npu_config_t *c) {
    c->fir_groups = c->n / 4 < 3 ? c->n / 4 : 3;
    c->fir_taps = c->n / c->fir_groups;
}

void npu_config_folder(const char *name, char *folder, size_t size) {
    size_t used = 0;
    for (; *name && used + 1 < size; name++)
        if (*name != '=')
            folder[used++] = *name == ',' ? '-' : *name;
    folder[used] = 0;
}

static int equal(const npu_config_t *a, const npu_config_t *b) {
    for (int i = 0; i < FIELDS; i++)
        if (get(a, i) != get(b, i))
            return 0;
    return 1;
}

/* The named one of the same n (else the first) with the fewest other numbers. */
static const npu_config_t *closest(const npu_config_t *c) {
    const npu_config_t *best = &npu_configs[0];
    int least = 2 * FIELDS;
    for (int k = 0; k < NPU_CONFIG_COUNT; k++) {
        int differ = npu_configs[k].n != c->n ? FIELDS : 0;
        for (int i = 0; i < TRACE; i++)
            differ += get(c, i) != get(&npu_configs[k], i);
        if (differ < least) {
            least = differ;
            best = &npu_configs[k];
        }
    }
    return best;
}

static void canonical_name(const npu_config_t *c, char name[NAME_SIZE]) {
    const npu_config_t *base = closest(c);
    int used = snprintf(name, NAME_SIZE, "%s", base->name);
    for (int i = 0; i < FIELDS; i++)
        if (get(c, i) != get(base, i))
            used += snprintf(name + used, NAME_SIZE - (size_t)used, ",%s=%u", fields[i].name,
                             (unsigned)get(c, i));
}

/* Custom configurations that were asked for; never freed. */
typedef struct known {
    npu_config_t config;
    char name[NAME_SIZE];
    struct known *next;
} known_t;
static known_t *known;

static const npu_config_t *intern(const npu_config_t *c, char *err, size_t err_size) {
    for (int k = 0; k < NPU_CONFIG_COUNT; k++)
        if (equal(c, &npu_configs[k]))
            return &npu_configs[k];
    for (known_t *k = known; k; k = k->next)
        if (equal(c, &k->config))
            return &k->config;
    known_t *k = calloc(1, sizeof *k);
    if (!k)
        return refuse(err, err_size, "?", "out of memory");
    canonical_name(c, k->name);
    k->config = *c;
    k->config.name = k->name;
    k->next = known;
    known = k;
    return &k->config;
}

/* Checked and interned; text: for the message. */
static const npu_config_t *checked(const npu_config_t *c, const char *text, char *err,
                                   size_t err_size) {
    for (int i = 0; i < FIELDS; i++) {
        uint32_t v = get(c, i);
        if (v == 0 && fields[i].none)
            continue;
        if (v < fields[i].min || v > fields[i].max || (fields[i].power && (v & (v - 1)) != 0))
            return refuse(err, err_size, text, "%s=%u is not %s%s of %u to %u", fields[i].name,
                          (unsigned)v, fields[i].none ? "0 or " : "",
                          fields[i].power ? "a power of two" : "a number", (unsigned)fields[i].min,
                          (unsigned)fields[i].max);
    }
    if (c->lanes > c->n)
        return refuse(err, err_size, text, "lanes=%u does not divide n=%u", (unsigned)c->lanes,
                      (unsigned)c->n);
    if (c->sp_words / c->sp_banks < 2)
        return refuse(err, err_size, text,
                      "sp_words=%u is less than two words for each of %u banks",
                      (unsigned)c->sp_words, (unsigned)c->sp_banks);
    if (c->acc_depth < 2 * c->n)
        return refuse(err, err_size, text, "acc_depth=%u is less than 2 n = %u",
                      (unsigned)c->acc_depth, (unsigned)(2 * c->n));
    if (c->fir_groups * c->fir_taps > c->n)
        return refuse(err, err_size, text, "fir_groups=%u x fir_taps=%u needs more than n=%u rows",
                      (unsigned)c->fir_groups, (unsigned)c->fir_taps, (unsigned)c->n);
    if (4 * c->wide_lanes > c->n)
        return refuse(err, err_size, text, "wide_lanes=%u is more than n/4 = %u",
                      (unsigned)c->wide_lanes, (unsigned)(c->n / 4));
    return intern(c, err, err_size);
}

const npu_config_t *npu_config_of(const npu_config_t *numbers, char *err, size_t err_size) {
    npu_config_t c = *numbers;
    const npu_config_t *like = closest(&c);
    if (c.trace_records == NPU_CONFIG_ANY)
        c.trace_records = like->trace_records;
    if (c.wide_lanes == NPU_CONFIG_ANY)
        c.wide_lanes = like->wide_lanes;
    if (c.softmax == NPU_CONFIG_ANY)
        c.softmax = like->softmax;
    if (c.norm == NPU_CONFIG_ANY)
        c.norm = like->norm;
    return checked(&c, "given in numbers", err, err_size);
}

/* Field of "NAME=VALUE" of len characters, or -1; *value: NULL when there is none. */
static int field_of(const char *part, size_t len, const char **value) {
    const char *equals = memchr(part, '=', len);
    size_t name = equals ? (size_t)(equals - part) : len;
    *value = equals ? equals + 1 : NULL;
    for (int i = 0; i < FIELDS; i++)
        if (strlen(fields[i].name) == name && strncmp(fields[i].name, part, name) == 0)
            return i;
    return -1;
}

const npu_config_t *npu_find_config(const char *text, char *err, size_t err_size) {
    size_t len = strcspn(text, ",");
    npu_config_t c;
    int base = -1, given[FIELDS] = {0};
    char names[160] = "";
    for (int k = 0; k < NPU_CONFIG_COUNT; k++) {
        if (strlen(npu_configs[k].name) == len && strncmp(npu_configs[k].name, text, len) == 0)
            base = k;
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", k ? ", " : "", npu_configs[k].name);
    }
    if (base < 0) {
        if (err_size)
            snprintf(err, err_size,
                     "unknown configuration '%.40s' (%s; or one with changes: npu16,lanes=8)", text,
                     names);
        return NULL;
    }
    c = npu_configs[base];
    while (text[len] != 0) {
        const char *part = text + len + 1, *value;
        size_t part_len = strcspn(part, ",");
        int field = field_of(part, part_len, &value);
        if (field < 0)
            return refuse(err, err_size, text,
                          "'%.*s' is none of n, lanes, sp_words, sp_banks, acc_depth, fir_groups, "
                          "fir_taps, matmul, trace_records, wide_lanes, softmax, norm",
                          (int)(part_len < 40 ? part_len : 40), part);
        if (given[field]++)
            return refuse(err, err_size, text, "%s is given twice", fields[field].name);
        size_t digits = value ? strspn(value, "0123456789") : 0;
        if (digits == 0 || digits > 9 || value + digits != part + part_len)
            return refuse(err, err_size, text, "%s wants =NUMBER", fields[field].name);
        set(&c, field, (uint32_t)strtoul(value, NULL, 10));
        len += 1 + part_len;
    }
    if (c.n != npu_configs[base].n && c.n >= fields[0].min) {
        npu_config_t fit = c;
        npu_config_default_fir(&fit);
        c.lanes = given[LANES] ? c.lanes : c.n;
        if (!given[FIR_GROUPS] && !given[FIR_TAPS]) {
            c.fir_groups = fit.fir_groups;
            c.fir_taps = fit.fir_taps;
        }
        for (int k = 0; !given[WIDE] && k < NPU_CONFIG_COUNT; k++)
            if (npu_configs[k].n == c.n) {
                c.wide_lanes = npu_configs[k].wide_lanes;
                break;
            }
    }
    return checked(&c, text, err, err_size);
}
