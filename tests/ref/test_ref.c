/*
 * test_ref.c - golden models, model reader and their arithmetic against expected bytes. Driven by
 * run.py.
 *
 * Synopsis:  test_ref unit                      fixed-point arithmetic against independent formulas
 *            test_ref refuse MODEL              spoilt graphs are refused, with operator and reason
 * named test_ref tar [--all] FILE.tar      single-operator cases OP/NNNNN.{tflite,inK.bin,outK.bin}
 * test_ref case MODEL PREFIX         PREFIX.inK.bin -> PREFIX.outK.bin test_ref tensors MODEL
 * PREFIX DIR  as case; and every DIR/tN.bin equals tensor N test_ref fuzz SECONDS SEED MODEL...
 * mutated models: no crash, no sanitizer report, a reason when refused Prints FAIL and SKIP lines
 * and, last, `N passed, N failed, N skipped`. SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ref_arith.h"
#include "ref_prepare.h"

static int passed, failed, skipped;

static void *slurp(const char *path, size_t *size) {
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    fseek(f, 0, SEEK_END);
    *size = (size_t)ftell(f);
    rewind(f);
    uint8_t *b = malloc(*size + 1);
    if (fread(b, 1, *size, f) != *size)
        *size = 0;
    fclose(f);
    return b;
}

/* ---- one case: how to fetch PREFIX.KIND.bin ---- */

typedef const uint8_t *(*fetch_t)(void *user, const char *prefix, const char *suffix, size_t *size);

static void release(graph_t *g, void **t) {
    ref_free_tensors(g, t);
    for (int i = 0; i < g->n_inputs; i++)
        free(t[g->inputs[i]]);
    free(t);
    graph_free(g);
}

/* Files of a later step of a sequence: stepN.inK.bin, stepN.outK.bin. */
static const char *step_name(char name[64], int step, const char *kind, int i) {
    if (step)
        snprintf(name, 64, "step%d.%s%d.bin", step, kind, i);
    else
        snprintf(name, 64, "%s%d.bin", kind, i);
    return name;
}

static int has_step(int step, const char *prefix, fetch_t fetch, void *user) {
    char name[64];
    size_t n;
    return fetch(user, prefix, step_name(name, step, "in", 0), &n) != NULL;
}

static int run_step(const graph_t *g, void **t, int step, const char *prefix, fetch_t fetch,
                    void *user) {
    graph_error_t e;
    char name[64];
    for (int i = 0; i < g->n_inputs; i++) {
        size_t n, want = g->tensors[g->inputs[i]].bytes;
        const uint8_t *x = fetch(user, prefix, step_name(name, step, "in", i), &n);
        if (!x || n != want) {
            printf("FAIL ref %s: %s is missing or has the wrong size\n", prefix, name);
            return 1;
        }
        free(t[g->inputs[i]]);
        t[g->inputs[i]] = malloc(want);
        memcpy(t[g->inputs[i]], x, want);
    }
    if (ref_run_graph(g, t, NULL, NULL, &e)) {
        printf("FAIL ref %s: %s\n", prefix, e.msg);
        return 1;
    }
    for (int i = 0; i < g->n_outputs; i++) {
        size_t n;
        const uint8_t *y = fetch(user, prefix, step_name(name, step, "out", i), &n);
        const uint8_t *have = t[g->outputs[i]];
        size_t want = g->tensors[g->outputs[i]].bytes, k = 0;
        while (y && n == want && k < n && y[k] == have[k])
            k++;
        if (!y || n != want || k < n) {
            printf("FAIL ref %s: %s differs at byte %zu of %zu\n", prefix, name, k, want);
            return 1;
        }
    }
    return 0;
}

/* Runs a model on the case's inputs; compares outputs, and tensors of `dir` when not NULL. */
static int run_case(const void *model, size_t size, const char *prefix, const char *dir,
                    fetch_t fetch, void *user) {
    graph_error_t e;
    graph_t *g = graph_load_bytes(model, size, prefix, &e);
    if (!g) {
        printf("FAIL ref %s: %s\n", prefix, e.msg);
        return 1;
    }
    void **t = calloc((size_t)g->n_tensors, sizeof *t);
    int bad = 0;
    for (int step = 0; !bad && (step == 0 || has_step(step, prefix, fetch, user)); step++)
        bad = run_step(g, t, step, prefix, fetch, user);
    for (int i = 0; dir && i < g->n_tensors; i++) {
        char path[4096];
        size_t n, bytes = g->tensors[i].bytes;
        snprintf(path, sizeof path, "%s/t%d.bin", dir, i);
        uint8_t *want = slurp(path, &n);
        const void *have = t[i] ? t[i] : g->tensors[i].data;
        if (want && (n != bytes || !have || memcmp(want, have, n))) {
            printf("FAIL ref %s: tensor %d (%s) differs\n", prefix, i, g->tensors[i].name);
            failed++;
        } else if (want) {
            passed++;
        }
        free(want);
    }
    release(g, t);
    return bad;
}

static void count(int bad) {
    passed += !bad;
    failed += bad;
}

/* ---- files ---- */

static const uint8_t *fetch_file(void *user, const char *prefix, const char *suffix, size_t *size) {
    uint8_t **last = user;
    char path[4096];
    snprintf(path, sizeof path, "%s.%s", prefix, suffix);
    free(*last);
    return *last = slurp(path, size);
}

static void test_files(const char *model, const char *prefix, const char *dir) {
    size_t size;
    uint8_t *last = NULL, *bytes = slurp(model, &size);
    if (!bytes) {
        printf("FAIL ref %s: cannot read it\n", model);
        failed++;
        return;
    }
    count(run_case(bytes, size, prefix, dir, fetch_file, &last));
    free(last);
    free(bytes);
}

/* ---- single_op.tar: entries of plain ustar, in memory ---- */

typedef struct {
    const uint8_t *bytes;
    size_t size;
} tar_t;

/* Next entry at *pos: its name, data and size; 0 at the end. */
static int tar_next(const tar_t *t, size_t *pos, char name[101], const uint8_t **data,
                    size_t *size) {
    if (*pos + 512 > t->size || t->bytes[*pos] == 0)
        return 0;
    memcpy(name, t->bytes + *pos, 100);
    name[100] = 0;
    char octal[13] = {0};
    memcpy(octal, t->bytes + *pos + 124, 12);
    *size = strtoul(octal, NULL, 8);
    *data = t->bytes + *pos + 512;
    *pos += 512 + (*size + 511) / 512 * 512;
    return *pos <= t->size + 512;
}

typedef struct {
    tar_t tar;
    size_t near; /* entries of a case are neighbours: inputs and outputs come before the model */
} tar_case_t;

static const uint8_t *fetch_tar(void *user, const char *prefix, const char *suffix, size_t *size) {
    tar_case_t *c = user;
    char name[101], want[128];
    const uint8_t *data;
    snprintf(want, sizeof want, "%s.%s", prefix, suffix);
    for (size_t pos = c->near; tar_next(&c->tar, &pos, name, &data, size);)
        if (strcmp(name, want) == 0)
            return data;
    return NULL;
}

static int known_operator(const char *name, size_t n) {
    for (int c = 1; c < GRAPH_OP_COUNT; c++)
        if (strlen(graph_opcode_name(c)) == n && strncmp(graph_opcode_name(c), name, n) == 0)
            return 1;
    return 0;
}

/* all: the folders need not be operators' names. */
static void test_tar(const char *path, int all) {
    tar_case_t c = {{NULL, 0}, 0};
    uint8_t *bytes = slurp(path, &c.tar.size);
    char name[101], op[101] = "", prefix[101], first[101] = "";
    const uint8_t *data;
    size_t size, pos = 0, at = 0;
    int op_skipped = 0, op_passed = 0;
    if (!bytes) {
        printf("FAIL ref %s: cannot read it\n", path);
        failed++;
        return;
    }
    c.tar.bytes = bytes;
    for (;; at = pos) {
        int more = tar_next(&c.tar, &pos, name, &data, &size);
        size_t n = more ? strcspn(name, "/") : 0;
        if (!more || strlen(op) != n || strncmp(op, name, n) != 0) { /* another operator begins */
            if (op_skipped)
                printf("SKIP ref single_op/%s: %d cases, no golden model\n", op, op_skipped);
            else if (*op)
                printf("ok   ref single_op/%s: %d cases\n", op, op_passed);
            op_skipped = op_passed = 0;
            if (!more)
                break;
            memcpy(op, name, n);
            op[n] = 0;
        }
        size_t stem = strcspn(name, ".");
        if (strncmp(first, name, stem) != 0 || first[stem] != '.') { /* another case begins */
            strcpy(first, name);
            c.near = at;
        }
        if (strcmp(name + stem, ".tflite") != 0)
            continue;
        if (!all && !known_operator(op, n)) {
            op_skipped++;
            skipped++;
            continue;
        }
        memcpy(prefix, name, stem);
        prefix[stem] = 0;
        int bad = run_case(data, size, prefix, NULL, fetch_tar, &c);
        op_passed += !bad;
        count(bad);
    }
    free(bytes);
}

/* ---- arithmetic ---- */

static uint64_t state = 1;
static uint32_t random32(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 32);
}

static void expect(const char *what, int64_t a, int64_t b, int64_t have, int64_t want) {
    if (have == want)
        return;
    if (failed < 20)
        printf("FAIL ref %s(%" PRId64 ", %" PRId64 ") = %" PRId64 ", expected %" PRId64 "\n", what,
               a, b, have, want);
    failed++;
}

/* Corner values more often than chance. */
static int32_t operand(void) {
    static const int32_t corners[] = {0,       1,         -1, INT32_MAX, INT32_MIN, INT32_MIN + 1,
                                      1 << 30, -(1 << 30)};
    uint32_t r = random32();
    if (r % 4 == 0)
        return corners[random32() % 8] + (int32_t)(r >> 8 & 1 ? 0 : 0);
    return (int32_t)random32() >> (r >> 8) % 31;
}

static void test_unit(void) {
    for (int i = 0; i < 1000000; i++) {
        int32_t a = operand(), b = operand(), n = (int32_t)(random32() % 32);
        int64_t shifted = ((int64_t)a * b + ((int64_t)1 << 30)) >> 31; /* the adder's form: floor */
        if (shifted > INT32_MAX)
            shifted = INT32_MAX;
        expect("srdhm", a, b, ref_srdhm(a, b), shifted);
        /* ties away from zero, on the magnitude */
        int64_t magnitude = a < 0 ? -(int64_t)a : a;
        int64_t rounded = n ? (magnitude + ((int64_t)1 << (n - 1))) >> n : magnitude;
        expect("rdbpot", a, n, ref_rdbpot(a, n), a < 0 ? -rounded : rounded);
        expect("shl_wrap", a, n, (uint32_t)ref_shl_wrap(a, n),
               (uint32_t)((uint64_t)(uint32_t)a << n));
        int64_t sum = (int64_t)a + b;
        expect("half_sum", a, b, ref_half_sum(a, b), (sum + (sum >= 0 ? 1 : -1)) / 2);
    }
    /* multipliers: value within half a unit of 31 bits */
    for (int i = 0; i < 100000; i++) {
        double real =
            (double)(random32() | 1) / 4294967296.0 * (double)(1u << random32() % 20) / 4096.0;
        int32_t m, s;
        ref_quantize_multiplier(real, &m, &s);
        double back = (double)m / 2147483648.0;
        back = s >= 0 ? back * (double)((int64_t)1 << s) : back / (double)((int64_t)1 << -s);
        expect("quantize_multiplier", m, s,
               m >= 1 << 30 && back / real < 1 + 5e-10 && back / real > 1 - 5e-10, 1);
    }
    /* the softmax table falls, starts at one and is 0 beyond diff_min */
    int32_t table[256];
    ref_softmax_table(1 << 30, 24, -100, table);
    expect("softmax_table", 0, 0, table[0], INT32_MAX);
    for (int d = 1; d < 256; d++)
        expect("softmax_table", d, 0, table[d] <= table[d - 1] && (d <= 100) == (table[d] > 0), 1);
    count(failed > 0);
}

/* ---- refusals: one fault at a time in operator 0, a CONV_2D ---- */

enum {
    FLOAT_INPUT,
    UNKNOWN_OP,
    NO_WEIGHTS,
    PER_CHANNEL_INPUT,
    ZERO_POINT,
    OUTPUT_SHAPE,
    STRIDE,
    N_FAULTS
};

static void spoil(graph_t *g, int fault) {
    graph_op_t *op = &g->ops[0];
    graph_tensor_t *x = &g->tensors[op->in[0]], *w = &g->tensors[op->in[1]],
                   *y = &g->tensors[op->out[0]];
    static const int32_t far_zero[1] = {200};
    switch (fault) {
    case FLOAT_INPUT:
        x->type = GRAPH_FLOAT32;
        break;
    case UNKNOWN_OP:
        op->code = GRAPH_OP_UNSUPPORTED;
        op->type = "MAGIC";
        break;
    case NO_WEIGHTS:
        w->data = NULL;
        break;
    case PER_CHANNEL_INPUT:
        x->quant.n_scales = 0;
        break;
    case ZERO_POINT:
        y->quant.zero_points = far_zero;
        break;
    case OUTPUT_SHAPE:
        y->dims[1]++;
        break;
    case STRIDE:
        op->p.conv.stride_w = 1 << 30;
        break;
    }
}

static void test_refuse(const char *model) {
    static const char *const says[N_FAULTS] = {"float32",       "not supported",  "not constant",
                                               "not quantised", "zero point 200", "height is",
                                               "width"};
    for (int fault = 0; fault < N_FAULTS; fault++) {
        graph_error_t e = {""};
        ref_prepared_t r;
        graph_t *g = graph_load(model, &e);
        int good = 0;
        if (g) {
            spoil(g, fault);
            good = ref_prepare(g, 0, &r, &e) != 0;
            if (!good)
                ref_prepared_free(&r);
            good = good && strstr(e.msg, says[fault]) && strstr(e.msg, "operator #0") &&
                   strstr(e.msg, g->ops[0].type);
            graph_free(g);
        }
        if (!good)
            printf("FAIL ref refuse %d: wanted '%s', got '%s'\n", fault, says[fault], e.msg);
        count(!good);
    }
}

/* ---- fuzzing the reader and the preparation ---- */

/* Small enough to be run for real? */
static int affordable(const graph_t *g) {
    uint64_t bytes = 0, macs = 0;
    for (int i = 0; i < g->n_tensors; i++)
        bytes += g->tensors[i].bytes;
    for (int i = 0; i < g->n_ops; i++) {
        const graph_op_t *op = &g->ops[i];
        macs += graph_op_macs(g, op);
        if (op->code == GRAPH_OP_AVERAGE_POOL_2D || op->code == GRAPH_OP_MAX_POOL_2D)
            macs += graph_in(g, op, 0) && graph_out(g, op, 0)
                        ? graph_in(g, op, 0)->elements * graph_out(g, op, 0)->elements
                        : 0;
    }
    return bytes < 4000000 && macs < 3000000;
}

static void fuzz_one(const uint8_t *bytes, size_t size, const char *path, int *loaded, int *ran) {
    graph_error_t e = {""};
    graph_t *g = graph_load_bytes(bytes, size, path, &e);
    if (!g) {
        expect("a refused model has a reason", 0, 0, e.msg[0] != 0, 1);
        return;
    }
    (*loaded)++;
    int good = 1;
    for (int i = 0; i < g->n_ops; i++) {
        ref_prepared_t r;
        char reason[64];
        if (ref_prepare(g, i, &r, &e))
            good = 0;
        else
            ref_prepared_free(&r);
        graph_op_macs(g, &g->ops[i]);
        for (int k = 0; k < g->ops[i].n_in; k++)
            if (graph_in(g, &g->ops[i], k))
                graph_shape_str(graph_in(g, &g->ops[i], k), reason, sizeof reason);
    }
    if (good && affordable(g)) {
        void **t = calloc((size_t)g->n_tensors, sizeof *t);
        for (int i = 0; i < g->n_inputs; i++)
            t[g->inputs[i]] = calloc(1, g->tensors[g->inputs[i]].bytes + 1);
        *ran += ref_run_graph(g, t, NULL, NULL, &e) == 0;
        release(g, t);
        return;
    }
    graph_free(g);
}

static void test_fuzz(double seconds, uint64_t seed, char **models, int n_models) {
    struct timespec begin, now;
    int runs = 0, loaded = 0, ran = 0;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    state = seed;
    for (;; runs++) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        if ((double)(now.tv_sec - begin.tv_sec) + (double)(now.tv_nsec - begin.tv_nsec) * 1e-9 >
            seconds)
            break;
        const char *path = models[random32() % (uint32_t)n_models];
        size_t size, cut;
        uint8_t *bytes = slurp(path, &size);
        if (!bytes || size < 16) {
            free(bytes);
            printf("FAIL ref fuzz: cannot read %s\n", path);
            failed++;
            return;
        }
        for (int rounds = 0; rounds < 40; rounds++, runs++) {
            uint8_t *copy = malloc(size); /* exact size: ASan sees one byte beyond */
            memcpy(copy, bytes, size);
            cut = random32() % 16 == 0 ? random32() % (size + 1) : size;
            for (uint32_t k = random32() % 6 + 1; k > 0; k--) {
                /* structure sits at the start and the end of a file, data between */
                size_t zone = size < 4096 ? size : 4096, at = random32() % zone;
                if (random32() % 2)
                    at = size - 1 - at;
                uint32_t how = random32() % 4;
                if (how == 0)
                    copy[at] ^= (uint8_t)(1u << random32() % 8);
                else if (how == 1)
                    copy[at] = (uint8_t)random32();
                else if (how == 2)
                    copy[at] = (uint8_t)(random32() % 2 ? 0xff : 0);
                else if (at + 4 <= size)
                    memcpy(copy + at, copy + random32() % (size - 4), 4);
            }
            uint8_t *exact = malloc(cut ? cut : 1);
            memcpy(exact, copy, cut);
            fuzz_one(exact, cut, path, &loaded, &ran);
            free(exact);
            free(copy);
        }
        free(bytes);
    }
    printf("ok   ref fuzz: %d mutated models (seed %" PRIu64 "), %d still load, %d still run\n",
           runs, seed, loaded, ran);
    count(failed > 0);
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "unit") == 0) {
        test_unit();
    } else if (argc == 3 && strcmp(argv[1], "refuse") == 0) {
        test_refuse(argv[2]);
    } else if (argc == 3 && strcmp(argv[1], "tar") == 0) {
        test_tar(argv[2], 0);
    } else if (argc == 4 && strcmp(argv[1], "tar") == 0 && strcmp(argv[2], "--all") == 0) {
        test_tar(argv[3], 1);
    } else if (argc >= 4 && strcmp(argv[1], "case") == 0) {
        test_files(argv[2], argv[3], NULL);
    } else if (argc >= 5 && strcmp(argv[1], "tensors") == 0) {
        test_files(argv[2], argv[3], argv[4]);
    } else if (argc >= 5 && strcmp(argv[1], "fuzz") == 0) {
        test_fuzz(atof(argv[2]), strtoull(argv[3], NULL, 0), argv + 4, argc - 4);
    } else {
        fprintf(stderr, "usage: see the header of test_ref.c\n");
        return 2;
    }
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed > 0;
}
