/*
 * icarus_prep.c - turns a compiled program, its inputs and its expected outputs into files for the
 * Icarus bench.
 *
 * Synopsis: icarus_prep OUT_DIR CONFIG PROG INPUT... -- EXPECTED...
 *   Inputs and expected outputs are raw little-endian bytes (.bin), one file for each, in program
 * order. Writes into OUT_DIR: mem.hex (memory as 64-bit words; what nobody defines stays unknown),
 * steps.hex (offset and bytes of each NPU step), expect.hex (byte offset in memory and value of
 * every output byte), plusargs (for vvp), defines (parameters of tb_npu for iverilog). A program
 * with a step for the CPU, or made for another configuration, is refused: exit status 1, one line.
 * Memory: the image at offset 0, the arena at the next multiple of 4096.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prog.h"

#define PAGE 4096u

static void die(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("icarus_prep: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    _Exit(1); /* at once: buffers and files of a failed run are of no use */
}

/* Whole file; the caller frees. malloc gives the 8-byte alignment that prog_open wants. */
static uint8_t *read_file(const char *path, size_t *size) {
    FILE *f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0) {
        die("%s: %s", path, strerror(errno));
    }
    long length = ftell(f);
    rewind(f);
    uint8_t *bytes = malloc(length > 0 ? (size_t)length : 1);
    if (length < 0 || bytes == NULL || fread(bytes, 1, (size_t)length, f) != (size_t)length) {
        die("%s: cannot read", path);
    }
    fclose(f);
    *size = (size_t)length;
    return bytes;
}

static FILE *create(const char *dir, const char *name) {
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path) {
        die("%s: name too long", dir);
    }
    FILE *f = fopen(path, "w");
    if (f == NULL) {
        die("%s: %s", path, strerror(errno));
    }
    return f;
}

static void finish(FILE *f, const char *name) {
    if (fclose(f) != 0) {
        die("%s: %s", name, strerror(errno));
    }
}

/* Words of `size` bytes at memory offset `at` (multiple of 8); the missing bytes of the last word
 * are unknown. */
static void put_words(FILE *f, uint32_t at, const uint8_t *bytes, size_t size) {
    fprintf(f, "@%" PRIx32 "\n", at / 8);
    for (size_t i = 0; i < size; i += 8) {
        for (size_t k = 8; k-- > 0;) {
            if (i + k < size) {
                fprintf(f, "%02x", bytes[i + k]);
            } else {
                fputs("xx", f);
            }
        }
        fputc('\n', f);
    }
}

static const npu_config_t *config_named(const char *name) {
    for (uint32_t i = 0; i < NPU_CONFIG_COUNT; i++) {
        if (strcmp(npu_configs[i].name, name) == 0) {
            return &npu_configs[i];
        }
    }
    die("unknown configuration %s", name);
    return NULL;
}

/* steps.hex; returns the number of steps. */
static uint32_t put_steps(const char *dir, const char *path, const prog_t *p) {
    FILE *f = create(dir, "steps.hex");
    for (uint32_t i = 0; i < p->h.n_steps; i++) {
        prog_step_t s;
        prog_get_step(p, i, &s);
        if (s.kind != PROG_STEP_NPU) {
            die("%s: step %" PRIu32 " runs on the CPU; this bench has only the NPU", path, i);
        }
        fprintf(f, "%08" PRIx32 " %08" PRIx32 "\n", s.u.npu.offset, s.u.npu.size);
    }
    finish(f, "steps.hex");
    return p->h.n_steps;
}

static uint8_t *read_tensor(const char *path, const prog_io_t *io) {
    size_t size;
    uint8_t *bytes = read_file(path, &size);
    if (size != io->size) {
        die("%s: %zu bytes, tensor %s has %" PRIu32, path, size, io->name, io->size);
    }
    return bytes;
}

int main(int argc, char **argv) {
    if (argc < 4) {
        die("usage: icarus_prep OUT_DIR CONFIG PROG INPUT... -- EXPECTED...");
    }
    const char *dir = argv[1], *path = argv[3];
    size_t size;
    uint8_t *image = read_file(path, &size);
    prog_t p;
    prog_error_t e;
    if (prog_open(image, size, PROG_CHECK_CRC, &p, &e) != PROG_OK) {
        die("%s: %s (offset %" PRIu32 ")", path, prog_strerror(e.code), e.offset);
    }
    if (prog_check_config(&p, config_named(argv[2])) != PROG_OK) {
        die("%s: not compiled for %s", path, argv[2]);
    }
    int split = 4;
    while (split < argc && strcmp(argv[split], "--") != 0) {
        split++;
    }
    if (split - 4 != (int)p.h.n_inputs || argc - split - 1 != (int)p.h.n_outputs) {
        die("%s: needs %" PRIu32 " inputs and %" PRIu32 " expected outputs", path, p.h.n_inputs,
            p.h.n_outputs);
    }
    uint32_t n_steps = put_steps(dir, path, &p);
    uint32_t arena = (p.h.total_size + PAGE - 1) / PAGE * PAGE;

    FILE *mem = create(dir, "mem.hex");
    put_words(mem, 0, image, p.h.total_size);
    for (uint32_t i = 0; i < p.h.n_inputs; i++) {
        prog_io_t io;
        prog_get_io(&p, i, &io);
        uint8_t *bytes = read_tensor(argv[4 + i], &io);
        put_words(mem, arena + io.offset, bytes, io.size);
        free(bytes);
    }
    finish(mem, "mem.hex");

    FILE *expect = create(dir, "expect.hex");
    uint64_t n_expect = 0;
    for (uint32_t i = 0; i < p.h.n_outputs; i++) {
        prog_io_t io;
        prog_get_io(&p, p.h.n_inputs + i, &io);
        uint8_t *bytes = read_tensor(argv[split + 1 + i], &io);
        for (uint32_t k = 0; k < io.size; k++) {
            fprintf(expect, "%08" PRIx32 "%02x\n", arena + io.offset + k, bytes[k]);
        }
        n_expect += io.size;
        free(bytes);
    }
    finish(expect, "expect.hex");

    FILE *f = create(dir, "plusargs");
    fprintf(f,
            "+mem=%s/mem.hex +steps=%s/steps.hex +expect=%s/expect.hex +n_steps=%" PRIu32
            " +n_expect=%" PRIu64,
            dir, dir, dir, n_steps, n_expect);
    fprintf(f,
            " +image_base=0 +image_size=%" PRIu32 " +arena_base=%" PRIu32 " +arena_size=%" PRIu32
            "\n",
            p.h.total_size, arena, p.h.arena_size);
    finish(f, "plusargs");
    f = create(dir, "defines");
    fprintf(f,
            "-Ptb_npu.MEM_WORDS=%" PRIu32 " -Ptb_npu.MAX_STEPS=%" PRIu32
            " -Ptb_npu.MAX_EXPECT=%" PRIu64 "\n",
            (arena + p.h.arena_size) / 8 + 1, n_steps + 1, n_expect + 1);
    finish(f, "defines");
    free(image);
    return 0;
}
