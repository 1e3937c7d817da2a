/*
 * check.h - what the tests of driver and runtime share: counted checks, random numbers, the last
 * line.
 *
 * Each test program includes it once and defines TEST_NAME, its name under build/tests/runtime.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_RUNTIME_CHECK_H
#define SYSTOLE_RUNTIME_CHECK_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int passed, failed, skipped;
static uint64_t rng;

static inline void check(int ok, const char *what, int line) {
    passed += ok != 0;
    failed += ok == 0;
    if (!ok)
        printf("FAIL " TEST_NAME " line %d: %s; rerun: build/tests/runtime/" TEST_NAME "\n", line,
               what);
}
#define CHECK(x) check((x) != 0, #x, __LINE__)

static inline uint32_t rnd(void) {
    rng = rng * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(rng >> 32);
}

/* Little-endian store. */
static inline void put32(uint8_t *p, uint32_t v) {
    memcpy(p, &v, 4);
}

/* Set a word of a copy, repair the CRC, open. */

/* [SEED [ROUNDS]] of the command line: seeds rnd(), prints both, returns the rounds. */
static inline uint32_t begin(int argc, char **argv, uint32_t rounds) {
    rng = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    rounds = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 0) : rounds;
    printf("seed %" PRIu64 ", %u rounds\n", rng, rounds);
    return rounds;
}

static inline int end(void) {
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed != 0;
}

#endif
