/*
 * test_runtime.c - program images and runtime, on the host with sanitizers.
 *
 * Synopsis:  test_runtime [SEED [ROUNDS]]
 *   image     built, opened, every field read back; every refusal that the format names
 *   mutate    ROUNDS images with random damage: refused, or executed without a sanitizer report
 *   run       a program on the C model: DMA round trip, CPU step, error and the run after it
 * Prints FAIL lines and, last, `N passed, N failed, N skipped`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "npu_model.h"
#include "prog_write.h"
#include "ref.h"
#include "runtime.h"

#define TEST_NAME "test_runtime"
#include "check.h"

static const npu_config_t *config(void) {
    return npu_find_config("npu8", NULL, 0);
}

/* ---- the example program: input -> NPU copies it through the scratchpad -> CPU negates -> output
 */

enum { BYTES = 48, IN_AT = 0, MID_AT = 64, OUT_AT = 128, ARENA = 192 };

static void copy_commands(uint32_t *w, uint32_t out_offset) {
    npu_cmd_load_t load = {.region = 1,
                           .offset = IN_AT,
                           .run_bytes = BYTES,
                           .n1 = 1,
                           .n2 = 1,
                           .nwin = 1,
                           .nblk = BYTES / 8,
                           .sp_blk = 1,
                           .last_len = 8};
    npu_cmd_store_t store = {.region = 1,
                             .offset = out_offset,
                             .run_bytes = BYTES,
                             .n1 = 1,
                             .n2 = 1,
                             .nblk = BYTES / 8,
                             .sp_blk = 1,
                             .last_len = 8};
    npu_pack_load(&load, w);
    npu_cmd_set_tokens(w, 0, 1u << NPU_UNIT_STORE);
    npu_pack_store(&store, w + NPU_CMD_WORDS);
    npu_cmd_set_tokens(w + NPU_CMD_WORDS, 1u << NPU_UNIT_LOAD, 0);
}

/* The CPU step subtracts the input from a constant, all scales one. */
static ref_op_t negate_op(void) {
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
    return op;
}

static uint8_t *build(uint32_t mid_offset, size_t *size) {
    prog_builder_t *b = prog_builder_new(config());
    uint32_t cmds[2 * NPU_CMD_WORDS];
    int8_t zero = 0;
    uint32_t zero_at = prog_add_const(b, &zero, 1, 16);
    prog_layer_t npu = {.name = "copy through the scratchpad",
                        .op = "COPY",
                        .macs = 5000000000u,
                        .unit = PROG_UNIT_NPU,
                        .first_cmd = 0,
                        .last_cmd = 1};
    prog_layer_t cpu = {.name = "negate",
                        .op = "SUB",
                        .unit = PROG_UNIT_CPU,
                        .first_cmd = PROG_NONE,
                        .last_cmd = PROG_NONE};
    prog_io_t in = {.offset = IN_AT,
                    .size = BYTES,
                    .type = PROG_INT8,
                    .rank = 2,
                    .dims = {1, BYTES},
                    .scale_bits = 0x3f800000,
                    .zero_point = -3,
                    .name = "in"};
    prog_io_t out = in;
    out.offset = OUT_AT;
    prog_set_name(out.name, sizeof out.name, "a name much longer than the field that holds it");
    uint32_t l0 = prog_add_layer(b, &npu), l1 = prog_add_layer(b, &cpu);
    copy_commands(cmds, mid_offset);
    prog_add_npu_step(b, cmds, 2, l0);
    ref_op_t op = negate_op();
    prog_operand_t operands[3] = {{PROG_REGION_IMAGE, zero_at, 1, 0},
                                  {PROG_REGION_ARENA, MID_AT, BYTES, 0},
                                  {PROG_REGION_ARENA, OUT_AT, BYTES, PROG_OPERAND_WRITE}};
    prog_add_cpu_step(b, &op, sizeof op, operands, 3, l1);
    prog_add_input(b, &in);
    prog_add_output(b, &out);
    prog_set_arena(b, ARENA, 0);
    uint8_t *bytes;
    prog_error_t err;
    CHECK(prog_finish(b, &bytes, size, &err) == PROG_OK);
    prog_builder_free(b);
    return bytes;
}

static prog_status_t open_changed(const uint8_t *image, size_t size, uint32_t at, uint32_t value) {
    uint8_t *copy = malloc(size);
    prog_t p;
    memcpy(copy, image, size);
    put32(copy + at, value);
    put32(copy + 16, prog_crc32(0, copy + 20, size - 20));
    prog_status_t st = prog_open(copy, size, PROG_CHECK_CRC, &p, NULL);
    free(copy);
    return st;
}

static void test_image(void) {
    size_t size;
    uint8_t *image = build(MID_AT, &size);
    prog_t p;
    prog_error_t err;
    CHECK(prog_crc32(0, "123456789", 9) == 0xcbf43926u);
    CHECK(prog_open(image, size, PROG_CHECK_CRC, &p, &err) == PROG_OK);
    CHECK(p.h.n_steps == 2 && p.h.n_cmds == 2 && p.h.n_layers == 2 && p.h.arena_size == ARENA);
    CHECK(p.h.cmd_offset % 64 == 0 && p.h.n_inputs == 1 && p.h.n_outputs == 1);
    prog_step_t s;
    prog_get_step(&p, 0, &s);
    CHECK(s.kind == PROG_STEP_NPU && s.layer == 0 && s.u.npu.offset == p.h.cmd_offset);
    CHECK(s.u.npu.count == 2 && s.u.npu.first_cmd == 0);
    prog_get_step(&p, 1, &s);
    CHECK(s.kind == PROG_STEP_CPU && s.layer == 1 && s.u.cpu.n_operands == 3);
    CHECK(s.u.cpu.op_size == sizeof(ref_op_t));
    prog_io_t io;
    prog_get_io(&p, 0, &io);
    CHECK(strcmp(io.name, "in") == 0 && io.zero_point == -3 && io.dims[1] == BYTES);
    prog_get_io(&p, 1, &io);
    CHECK(strlen(io.name) == sizeof io.name - 1 && io.offset == OUT_AT);
    prog_layer_t l;
    prog_get_layer(&p, 0, &l);
    CHECK(l.macs == 5000000000u && strcmp(l.op, "COPY") == 0 && l.last_cmd == 1);
    CHECK(npu_run_layer_of(&p, 1) == 0 && npu_run_layer_of(&p, 2) == PROG_NONE);
    CHECK(prog_check_config(&p, config()) == PROG_OK);
    CHECK(prog_check_config(&p, npu_find_config("npu8s", NULL, 0)) == PROG_E_CONFIG);
    const npu_config_t *without = npu_find_config("npu8,softmax=0", NULL, 0);
    CHECK(without && prog_check_config(&p, without) == PROG_OK); /* it uses no softmax */
    p.h.config.features |= NPU_FEATURE_SOFTMAX;
    CHECK(prog_check_config(&p, without) == PROG_E_FEATURE);
    CHECK(prog_check_config(&p, config()) == PROG_OK);
    const npu_config_t *with = npu_find_config("npu8,norm=1", NULL, 0);
    CHECK(with && prog_check_config(&p, with) == PROG_OK);
    p.h.config.features |= NPU_FEATURE_NORM;
    CHECK(prog_check_config(&p, with) == PROG_OK);
    CHECK(prog_check_config(&p, config()) == PROG_E_FEATURE);
    p.h.config.features &= ~NPU_FEATURE_NORM;

    for (size_t n = 0; n < size; n++) { /* every truncation */
        uint8_t *cut = malloc(n ? n : 1);
        memcpy(cut, image, n);
        if (prog_open(cut, n, 0, &p, &err) == PROG_OK || err.code == PROG_OK)
            CHECK(!"truncated image was opened");
        free(cut);
    }
    prog_open(image, size, 0, &p, NULL);
    uint32_t step = p.h.step_offset, operand = p.h.operand_offset, io_at = p.h.io_offset;
    CHECK(open_changed(image, size, 0, 1) == PROG_E_MAGIC);
    CHECK(open_changed(image, size, 4, 99) == PROG_E_VERSION);
    CHECK(open_changed(image, size, 8, NPU_SPEC_HASH ^ 1) == PROG_E_SPEC);
    CHECK(open_changed(image, size, 12, (uint32_t)size - 8) == PROG_E_TRUNCATED);
    CHECK(open_changed(image, size, 252, 1) == PROG_E_VALUE);            /* reserved */
    CHECK(open_changed(image, size, step, 7) == PROG_E_VALUE);           /* kind */
    CHECK(open_changed(image, size, step + 4, 2) == PROG_E_VALUE);       /* layer */
    CHECK(open_changed(image, size, step + 12, 3) == PROG_E_RANGE);      /* commands */
    CHECK(open_changed(image, size, step + 12, 1) == PROG_E_VALUE);      /* one left over */
    CHECK(open_changed(image, size, step + 40, 8) == PROG_E_RANGE);      /* operator bytes */
    CHECK(open_changed(image, size, operand + 4, 0) == PROG_E_RANGE);    /* inside the header */
    CHECK(open_changed(image, size, operand + 12, 1) == PROG_E_VALUE);   /* writes the image */
    CHECK(open_changed(image, size, operand + 20, 4) == PROG_E_ALIGN);   /* arena offset */
    CHECK(open_changed(image, size, operand + 24, 200) == PROG_E_RANGE); /* arena size */
    CHECK(open_changed(image, size, operand + 16, 2) == PROG_E_VALUE);   /* region */
    CHECK(open_changed(image, size, io_at + 4, BYTES + 1) == PROG_E_VALUE);
    CHECK(open_changed(image, size, io_at, ARENA) == PROG_E_RANGE);
    CHECK(open_changed(image, size, io_at + 8, PROG_TYPE_COUNT_) == PROG_E_VALUE);
    CHECK(open_changed(image, size, io_at + 12, 9) == PROG_E_VALUE);
    image[size - 1] ^= 1;
    CHECK(prog_open(image, size, PROG_CHECK_CRC, &p, &err) == PROG_E_CRC);
    free(image);

    prog_builder_t *b = prog_builder_new(config());
    prog_add_npu_step(b, NULL, 0, PROG_NONE); /* no commands: refused, and the refusal stays */
    CHECK(prog_finish(b, &image, &size, &err) == PROG_E_VALUE && image == NULL);
    prog_builder_free(b);
}

/* ---- the C model as a device of the driver */

static uint32_t dev_read(void *ctx, uint32_t offset) {
    npu_device_t *d = ctx;
    return d->read32(d->ctx, offset);
}
static void dev_write(void *ctx, uint32_t offset, uint32_t value) {
    npu_device_t *d = ctx;
    d->write32(d->ctx, offset, value);
}
static void dev_wait(void *ctx) {
    npu_device_t *d = ctx;
    d->wait(d->ctx);
}

typedef struct {
    uint32_t npu_steps, cpu_steps;
} seen_t;

static void on_step(void *user, const npu_run_step_t *s) {
    seen_t *seen = user;
    seen->npu_steps += s->step.kind == PROG_STEP_NPU;
    seen->cpu_steps += s->step.kind == PROG_STEP_CPU && strcmp(s->op, "sub") == 0;
}

/* Image and arena in the device's memory; runs it. */
static npu_run_status_t run_on(npu_device_t *dev, npu_t *npu, const prog_t *p, seen_t *seen,
                               npu_run_result_t *r) {
    memcpy(dev->mem + 4096, p->bytes, p->h.total_size);
    prog_t placed = *p;
    placed.bytes = dev->mem + 4096;
    npu_run_env_t env = {.npu = npu,
                         .prog = &placed,
                         .image_addr = NPU_MEM_BASE + 4096,
                         .arena = dev->mem + 65536,
                         .arena_addr = NPU_MEM_BASE + 65536,
                         .max_polls = 4,
                         .on_step = on_step,
                         .user = seen};
    return npu_run_program(&env, r);
}

static void test_run(void) {
    npu_device_t dev;
    char msg[200];
    npu_t npu;
    npu_run_result_t r;
    seen_t seen = {0, 0};
    prog_t p;
    if (npu_model_open(&dev, "npu8", 1 << 20, NULL, msg, sizeof msg)) {
        CHECK(!"the C model opens");
        return;
    }
    npu_io_t io = {dev_read, dev_write, dev_wait, &dev};
    CHECK(npu_init(&npu, &io, 10000) == NPU_OK);
    CHECK(strcmp(npu.config.name, "npu8") == 0);
    uint8_t *arena = dev.mem + 65536;
    for (int round = 0; round < 3; round++) {
        /* the second time the store leaves its region: typed error, and the third run works */
        size_t size;
        uint8_t *image = build(round == 1 ? ARENA - 8 : MID_AT, &size);
        prog_open(image, size, 0, &p, NULL);
        for (int i = 0; i < BYTES; i++)
            arena[IN_AT + i] = (uint8_t)rnd();
        memset(arena + MID_AT, 0, ARENA - MID_AT);
        npu_run_status_t st = run_on(&dev, &npu, &p, &seen, &r);
        if (round == 1) {
            CHECK(st == NPU_RUN_E_NPU && r.npu_status == NPU_E_DEVICE && r.step == 0);
            CHECK(r.npu_error.code == NPU_ERR_REGION && r.npu_error.unit == NPU_UNIT_STORE);
            CHECK(r.npu_error.command == 1 && r.npu_error.address == ARENA - 8);
        } else {
            CHECK(st == NPU_RUN_OK && r.steps == 2);
            int bad = memcmp(arena + IN_AT, arena + MID_AT, BYTES);
            for (int i = 0; i < BYTES; i++) {
                int32_t want = -(int32_t)(int8_t)arena[MID_AT + i];
                bad |= (int8_t)arena[OUT_AT + i] != (want > 127 ? 127 : want);
            }
            CHECK(!bad);
            CHECK(r.counters[NPU_CNT_COMMANDS] == 2);
        }
        free(image);
    }
    CHECK(seen.npu_steps == 2 && seen.cpu_steps == 2);
    size_t size;
    uint8_t *image = build(MID_AT, &size);
    put32(image + 20, 16); /* another array size */
    prog_open(image, size, 0, &p, NULL);
    CHECK(run_on(&dev, &npu, &p, &seen, &r) == NPU_RUN_E_PROGRAM && r.prog_status == PROG_E_CONFIG);
    free(image);
    dev.close(dev.ctx);
}

/* ---- mutated images: what opens must run without a sanitizer report (NPU steps on a device that
 * does nothing: the hardware has its own checks) */

static uint32_t idle_regs[64];

static uint32_t idle_read(void *ctx, uint32_t offset) {
    (void)ctx;
    switch (offset) {
    case NPU_REG_ID:
        return NPU_ID;
    case NPU_REG_VERSION:
        return NPU_VERSION;
    case NPU_REG_SPEC_HASH:
        return NPU_SPEC_HASH;
    case NPU_REG_CONFIG0:
        return config()->n | config()->lanes << 8 | config()->fir_groups << 16 |
               config()->matmul << 20 | config()->fir_taps << 24;
    case NPU_REG_CONFIG1:
        return 13u | 9u << 8 | 3u << 16;
    case NPU_REG_STATUS:
        return NPU_STATUS_DONE;
    default:
        return offset < 256 ? idle_regs[offset / 4] : 0;
    }
}
static void idle_write(void *ctx, uint32_t offset, uint32_t value) {
    (void)ctx;
    idle_regs[offset / 4 % 64] = value;
}

/* State: the arena's first bytes keep what a run left there, until they are reset. */
static void test_state(void) {
    static const uint8_t first[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    static uint64_t arena[8];
    prog_builder_t *b = prog_builder_new(config());
    uint8_t *image = NULL;
    size_t size;
    prog_t p;
    prog_error_t e;
    ref_op_t op = {.kind = REF_COPY, .n_in = 1, .n_out = 1, .p.copy.bytes = 16};
    for (int d = 0; d < REF_MAX_RANK; d++)
        op.a.dims[d] = op.b.dims[d] = op.out.dims[d] = 1;
    prog_operand_t operands[2] = {{PROG_REGION_ARENA, 32, 16, 0},
                                  {PROG_REGION_ARENA, 0, 16, PROG_OPERAND_WRITE}};
    prog_add_cpu_step(b, &op, sizeof op, operands, 2, PROG_NONE);
    prog_set_arena(b, sizeof arena, 0);
    prog_set_state(b, first, sizeof first);
    CHECK(prog_finish(b, &image, &size, &e) == PROG_OK);
    CHECK(prog_open(image, size, PROG_CHECK_CRC, &p, &e) == PROG_OK && p.h.state_size == 16);
    npu_io_t io = {idle_read, idle_write, NULL, NULL};
    npu_t npu;
    npu_run_result_t r;
    CHECK(npu_init(&npu, &io, 0) == NPU_OK);
    npu_run_env_t env = {.npu = &npu, .prog = &p, .arena = (uint8_t *)arena, .max_polls = 1};
    memset(arena, 0xee, sizeof arena);
    npu_run_reset(&env);
    CHECK(memcmp(arena, first, 16) == 0 && ((uint8_t *)arena)[16] == 0xee);
    CHECK(npu_run_program(&env, &r) == NPU_RUN_OK && ((uint8_t *)arena)[0] == 0xee);
    npu_run_reset(&env);
    CHECK(memcmp(arena, first, 16) == 0);
    uint32_t at = (uint32_t)offsetof(prog_header_t, state_size);
    CHECK(open_changed(image, size, at, 20) == PROG_E_ALIGN);
    CHECK(open_changed(image, size, at, 128) == PROG_E_RANGE); /* beyond the arena */
    CHECK(open_changed(image, size, at, 0) == PROG_E_VALUE);   /* contents without state */
    CHECK(open_changed(image, size, at, 64) == PROG_E_RANGE);  /* contents beyond the constants */
    CHECK(open_changed(image, size, at + 4, 0) == PROG_E_RANGE);
    CHECK(open_changed(image, size, at + 4, p.h.state_init + 4) == PROG_E_ALIGN);
    free(image);
    prog_builder_free(b);
}

static void test_mutate(uint32_t rounds) {
    size_t size;
    uint8_t *image = build(MID_AT, &size);
    npu_io_t io = {idle_read, idle_write, NULL, NULL};
    npu_t npu;
    uint32_t opened = 0, ran = 0;
    CHECK(npu_init(&npu, &io, 0) == NPU_OK);
    for (uint32_t i = 0; i < rounds; i++) {
        uint8_t *copy = malloc(size);
        prog_t p;
        memcpy(copy, image, size);
        for (uint32_t n = 1 + rnd() % 3; n > 0; n--) {
            static const uint32_t interesting[] = {0, 1, 7, 8, 0x7fffffff, 0x80000000, 0xffffffff};
            uint32_t at = rnd() % (uint32_t)(size / 4) * 4;
            if (rnd() % 2) /* tables more often than commands */
                at = (uint32_t)(size - 4 - rnd() % 700 / 4 * 4);
            uint32_t v = rnd() % 3 ? interesting[rnd() % 7] : rnd() >> rnd() % 32;
            put32(copy + at, v);
        }
        if (prog_open(copy, size, 0, &p, NULL) == PROG_OK && p.h.arena_size <= 1 << 20) {
            npu_run_result_t r;
            uint8_t *arena = malloc(p.h.arena_size + 1);
            memset(arena, 0x55, p.h.arena_size);
            npu_run_env_t env = {.npu = &npu, .prog = &p, .arena = arena, .max_polls = 1};
            npu_run_reset(&env);
            ran += npu_run_program(&env, &r) == NPU_RUN_OK;
            opened++;
            free(arena);
        }
        free(copy);
    }
    CHECK(opened > rounds / 100 && ran > rounds / 1000);
    free(image);
}

int main(int argc, char **argv) {
    uint32_t rounds = begin(argc, argv, 30000);
    test_image();
    test_run();
    test_state();
    test_mutate(rounds);
    return end();
}
