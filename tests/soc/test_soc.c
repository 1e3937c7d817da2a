/*
 * test_soc.c - the Verilated system with its firmware: good runs, every kind of failure, and the
 * run after it.
 *
 * Synopsis:  test_soc [LIBRARY FIRMWARE]      (default build/soc/npu4/libsoc.so,
 * build/firmware/firmware.bin) Prints FAIL lines and, last, `N passed, N failed`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../sw/firmware/mailbox.h"
#include "../../testbench/soc/soc_sim.h"
#include "npu_device.h"
#include "prog_write.h"
#include "ref.h"

enum { BYTES = 48, IN_AT = 0, MID_AT = 64, OUT_AT = 128, ARENA = 192, N = 4 };
enum { IMAGE = 4096, ARENA_AT = 65536, STATS_AT = 131072, MAX_CYCLES = 20000000 };

static const char *library = "build/soc/npu4/libsoc.so",
                  *firmware_path = "build/firmware/firmware.bin";
static int passed, failed;
static char uart[16384];
static size_t uart_size;

static void check(int ok, const char *what, int line) {
    passed += ok != 0;
    failed += ok == 0;
    if (!ok)
        printf("FAIL soc line %d: %s (build/tests/soc/test_soc); UART: %s\n", line, what, uart);
}
#define CHECK(x) check((x) != 0, #x, __LINE__)

static void on_uart(void *user, char c) {
    (void)user;
    if (uart_size + 1 < sizeof uart)
        uart[uart_size++] = c;
    uart[uart_size] = 0;
}

static int said(const char *text) {
    return strstr(uart, text) != NULL;
}

/* Input -> NPU copies it through the scratchpad -> CPU subtracts it from zero -> output. */
static uint8_t *build(const char *config, uint32_t mid_offset, size_t *size) {
    const npu_config_t *c = npu_configs;
    while (strcmp(c->name, config) != 0)
        c++;
    prog_builder_t *b = prog_builder_new(c);
    uint32_t cmds[2 * NPU_CMD_WORDS];
    int8_t zero = 0;
    uint32_t zero_at = prog_add_const(b, &zero, 1, 16);
    prog_layer_t copy = {.name = "copy", .op = "COPY", .unit = PROG_UNIT_NPU, .last_cmd = 1};
    prog_layer_t negate = {.name = "negate",
                           .op = "SUB",
                           .unit = PROG_UNIT_CPU,
                           .first_cmd = PROG_NONE,
                           .last_cmd = PROG_NONE};
    prog_io_t in = {.offset = IN_AT, .size = BYTES, .type = PROG_INT8, .rank = 1, .dims = {BYTES}};
    prog_io_t out = in;
    out.offset = OUT_AT;
    npu_cmd_load_t load = {.region = 1,
                           .offset = IN_AT,
                           .run_bytes = BYTES,
                           .n1 = 1,
                           .n2 = 1,
                           .nwin = 1,
                           .nblk = BYTES / N,
                           .sp_blk = 1,
                           .last_len = N};
    npu_cmd_store_t store = {.region = 1,
                             .offset = mid_offset,
                             .run_bytes = BYTES,
                             .n1 = 1,
                             .n2 = 1,
                             .nblk = BYTES / N,
                             .sp_blk = 1,
                             .last_len = N};
    npu_pack_load(&load, cmds);
    npu_cmd_set_tokens(cmds, 0, 1u << NPU_UNIT_STORE);
    npu_pack_store(&store, cmds + NPU_CMD_WORDS);
    npu_cmd_set_tokens(cmds + NPU_CMD_WORDS, 1u << NPU_UNIT_LOAD, 0);
    ref_op_t op = {.kind = REF_SUB, .n_in = 2, .n_out = 1};
    for (int d = 0; d < REF_MAX_RANK; d++)
        op.a.dims[d] = op.b.dims[d] = op.out.dims[d] = 1;
    op.b.dims[REF_MAX_RANK - 1] = op.out.dims[REF_MAX_RANK - 1] = BYTES;
    op.p.binary = (ref_binary_t){.left_shift = 20,
                                 .a_m = 1 << 30,
                                 .a_s = 1,
                                 .b_m = 1 << 30,
                                 .b_s = 1,
                                 .out_m = 1 << 30,
                                 .out_s = -19,
                                 .act_min = -128,
                                 .act_max = 127};
    prog_operand_t operands[3] = {{PROG_REGION_IMAGE, zero_at, 1, 0},
                                  {PROG_REGION_ARENA, MID_AT, BYTES, 0},
                                  {PROG_REGION_ARENA, OUT_AT, BYTES, PROG_OPERAND_WRITE}};
    prog_add_npu_step(b, cmds, 2, prog_add_layer(b, &copy));
    prog_add_cpu_step(b, &op, sizeof op, operands, 3, prog_add_layer(b, &negate));
    prog_add_input(b, &in);
    prog_add_output(b, &out);
    prog_set_arena(b, ARENA, 0);
    uint8_t *bytes = NULL;
    prog_error_t err;
    if (prog_finish(b, &bytes, size, &err) != PROG_OK)
        abort();
    prog_builder_free(b);
    return bytes;
}

static soc_mailbox_t *mailbox(soc_sim_t *s) {
    return (soc_mailbox_t *)s->mem;
}

/* Image, a fresh input and the mailbox into memory. */
static void place(soc_sim_t *s, const char *config, uint32_t mid_offset, uint32_t flags,
                  uint32_t seed) {
    size_t size;
    uint8_t *image = build(config, mid_offset, &size);
    memcpy(s->mem + IMAGE, image, size);
    free(image);
    memset(s->mem + ARENA_AT, 0, ARENA);
    for (uint32_t i = 0; i < BYTES; i++) {
        seed = seed * 1664525u + 1013904223u;
        s->mem[ARENA_AT + IN_AT + i] = (uint8_t)(seed >> 24);
    }
    *mailbox(s) = (soc_mailbox_t){.magic = SOC_MAILBOX_MAGIC,
                                  .version = SOC_MAILBOX_VERSION,
                                  .image_addr = NPU_MEM_BASE + IMAGE,
                                  .image_size = (uint32_t)size,
                                  .arena_addr = NPU_MEM_BASE + ARENA_AT,
                                  .arena_size = ARENA,
                                  .stats_addr = NPU_MEM_BASE + STATS_AT,
                                  .stats_capacity = 8,
                                  .flags = flags,
                                  .npu_timeout = 100000,
                                  .state = SOC_MAILBOX_READY};
}

static int output_right(const soc_sim_t *s) {
    const int8_t *arena = (const int8_t *)s->mem + ARENA_AT;
    for (int i = 0; i < BYTES; i++) {
        int want = -arena[IN_AT + i];
        if (arena[OUT_AT + i] != (want > 127 ? 127 : want))
            return 0;
    }
    return 1;
}

/* Go on; `again`: with 'r' over the UART. Nonzero: FINISH was reported. */
static int go(soc_sim_t *s, int again) {
    uart_size = 0;
    uart[0] = 0;
    if (again)
        s->send(s->ctx, 'r');
    soc_sim_status_t st = s->run(s->ctx, MAX_CYCLES, on_uart, NULL);
    if (st == SOC_SIM_FAULT)
        printf("FAIL soc simulation: %s\n", s->fault(s->ctx));
    return st == SOC_SIM_FINISHED;
}

static int open_soc(soc_sim_t *s, soc_sim_open_fn open, uint32_t latency, uint32_t stall,
                    uint64_t seed) {
    static uint8_t firmware[1 << 17];
    char err[256];
    FILE *f = fopen(firmware_path, "rb");
    size_t size = f ? fread(firmware, 1, sizeof firmware, f) : 0;
    if (f)
        fclose(f);
    soc_sim_options_t o = {.latency = latency, .stall_pct = stall, .seed = seed};
    if (size == 0 || open(s, "npu4", firmware, size, &o, err, sizeof err)) {
        printf("FAIL soc: cannot open %s with %s\n", library, firmware_path);
        failed++;
        return 0;
    }
    return 1;
}

static void test_good(soc_sim_t *s) {
    place(s, "npu4", MID_AT, SOC_MAILBOX_CHECK_CRC, 1);
    CHECK(go(s, 0) && said("SYSTOLE DONE ok\n") && said("npu npu4: array 4x4"));
    CHECK(said("prediction ") && said("interrupts 1\n") && said("cpu step 1 SUB cycles "));
    CHECK(output_right(s) && s->finish_code(s->ctx) == 0);
    const soc_mailbox_t *m = mailbox(s);
    const soc_step_stats_t *stats = (const void *)(s->mem + STATS_AT);
    CHECK(m->state == SOC_MAILBOX_OK && m->steps == 2 && m->stats_count == 2);
    CHECK(stats[0].kind == PROG_STEP_NPU && stats[0].counters[NPU_CNT_COMMANDS] == 2);
    CHECK(stats[0].counters[NPU_CNT_BYTES_WRITTEN] == BYTES && stats[0].cycles > 50);
    CHECK(stats[1].kind == PROG_STEP_CPU && stats[1].layer == 1 && stats[1].cycles > BYTES);
    CHECK(m->cycles_npu == stats[0].cycles && m->cycles_cpu == stats[1].cycles);
    CHECK(m->cycles_total > m->cycles_npu + m->cycles_cpu && m->cycles_total < 1000000);
    place(s, "npu4", MID_AT, SOC_MAILBOX_POLLING | SOC_MAILBOX_QUIET, 2);
    CHECK(go(s, 1) && said("SYSTOLE DONE ok\n") && said("interrupts 1\n") && output_right(s));
}

/* After each failure the same system must run the good program, without a reset. */
static void good_again(soc_sim_t *s, uint32_t seed) {
    place(s, "npu4", MID_AT, 0, seed);
    CHECK(go(s, 1) && said("SYSTOLE DONE ok\n") && output_right(s));
}

static void test_failures(soc_sim_t *s) {
    place(s, "npu4", ARENA - 8, 0, 3); /* the store leaves its window */
    CHECK(go(s, 1) && s->finish_code(s->ctx) == SOC_FAIL_NPU);
    CHECK(
        said("SYSTOLE ERROR NPU stopped with an error: access outside a memory region, unit store, "
             "command 1, layer 0, address 0x000000b8\n"));
    CHECK(mailbox(s)->state == SOC_MAILBOX_FAILED && mailbox(s)->command == 1);
    good_again(s, 4);

    place(s, "npu8", MID_AT, 0, 5);
    CHECK(go(s, 1) &&
          said("SYSTOLE ERROR program was compiled for another hardware configuration"));
    good_again(s, 6);

    place(s, "npu4", MID_AT, SOC_MAILBOX_CHECK_CRC, 7);
    s->mem[IMAGE + 300] ^= 1;
    CHECK(go(s, 1) && said("SYSTOLE ERROR program image is damaged (CRC mismatch)"));
    good_again(s, 8);

    place(s, "npu4", MID_AT, 0, 9);
    s->mem[IMAGE + 8] ^= 1;
    CHECK(go(s, 1) && said("SYSTOLE ERROR program was compiled for another register and command "));
    good_again(s, 10);

    place(s, "npu4", MID_AT, 0, 11);
    mailbox(s)->arena_addr = 0x10000000;
    CHECK(go(s, 1) && said("SYSTOLE ERROR mailbox word 4\n"));
    place(s, "npu4", MID_AT, 0, 11);
    mailbox(s)->image_size = 0xfffffff0;
    CHECK(go(s, 1) && said("SYSTOLE ERROR mailbox word 2\n"));
    good_again(s, 12);

    /* memory that answers with errors: under the arena, seen by the NPU */
    place(s, "npu4", MID_AT, 0, 13);
    s->set_fault_window(s->ctx, NPU_MEM_BASE + ARENA_AT, BYTES);
    CHECK(go(s, 1) &&
          said("bus error on read, unit load, command 0, layer 0, address 0x40010000\n"));
    s->set_fault_window(s->ctx, 0, 0);
    good_again(s, 14);

    /* under the output, which the CPU writes */
    place(s, "npu4", MID_AT, 0, 15);
    s->set_fault_window(s->ctx, NPU_MEM_BASE + ARENA_AT + OUT_AT, BYTES);
    CHECK(go(s, 1) && said("SYSTOLE ERROR bus error on a CPU access to 0x40010080\n"));
    s->set_fault_window(s->ctx, 0, 0);
    good_again(s, 16);
}

int main(int argc, char **argv) {
    soc_sim_t s;
    if (argc == 3) {
        library = argv[1];
        firmware_path = argv[2];
    }
    void *lib = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    soc_sim_open_fn open = NULL;
    if (lib)
        *(void **)&open = dlsym(lib, "soc_sim_open");
    if (!open) {
        printf("FAIL soc: %s\n0 passed, 1 failed\n", dlerror());
        return 1;
    }
    if (open_soc(&s, open, 32, 0, 1)) {
        test_good(&s);
        test_failures(&s);
        s.reset(s.ctx);
        place(&s, "npu4", MID_AT, 0, 17);
        CHECK(go(&s, 0) && said("SYSTOLE DONE ok\n") && output_right(&s));
        s.close(s.ctx);
    }
    for (uint32_t seed = 1; seed <= 6; seed++) {
        if (open_soc(&s, open, 1 + seed * 31, seed * 15, seed * 7919)) {
            place(&s, "npu4", MID_AT, 0, seed);
            CHECK(go(&s, 0) && said("SYSTOLE DONE ok\n") && output_right(&s));
            s.close(s.ctx);
        }
    }
    dlclose(lib);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
