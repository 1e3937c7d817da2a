/*
 * test_runtime.c - program images, operator check, driver and runtime, on the host with sanitizers.
 *
 * Synopsis:  test_runtime [SEED [ROUNDS]]
 *   image     built, opened, every field read back; every refusal that the format names
 *   mutate    ROUNDS images with random damage: refused, or executed without a sanitizer report
 *   op_check  ROUNDS operator descriptions with random damage, on buffers of exact size: the same
 *   driver    identification, busy, time-out, device error, lost interrupt, recovery
 *   run       a program on the C model: DMA round trip, CPU step, error and the run after it
 * Prints FAIL lines and, last, `N passed, N failed, N skipped`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "npu_model.h"
#include "op_check.h"
#include "prog_write.h"
#include "runtime.h"

static int passed, failed, skipped;
static uint64_t rng;

static void check(int ok, const char *what, int line) {
    passed += ok != 0;
    failed += ok == 0;
    if (!ok)
        printf("FAIL runtime line %d: %s (build/tests/runtime/test_runtime)\n", line, what);
}
#define CHECK(x) check((x) != 0, #x, __LINE__)

static uint32_t rnd(void) {
    rng = rng * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(rng >> 32);
}

static const npu_config_t *config(void) {
    return npu_find_config("npu8");
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

static void put32(uint8_t *p, uint32_t v) {
    memcpy(p, &v, 4);
}

/* Set a word of a copy, repair the CRC, open. */
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
    CHECK(prog_check_config(&p, npu_find_config("npu8s")) == PROG_E_CONFIG);

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
               config()->fir_taps << 24;
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
            ran += npu_run_program(&env, &r) == NPU_RUN_OK;
            opened++;
            free(arena);
        }
        free(copy);
    }
    CHECK(opened > rounds / 100 && ran > rounds / 1000);
    free(image);
}

/* ---- operator descriptions: valid ones must pass, damaged ones must be refused or be harmless */

static ref_op_t random_op(int32_t kind, uint32_t in_size[16], uint32_t out_size[16]) {
    ref_op_t op = {.kind = kind, .n_in = 1, .n_out = 1};
    int32_t dims[REF_MAX_RANK] = {1,
                                  1,
                                  1 + (int32_t)(rnd() % 2),
                                  1 + (int32_t)(rnd() % 5),
                                  1 + (int32_t)(rnd() % 5),
                                  1 + (int32_t)(rnd() % 6)};
    uint32_t bytes = 1;
    for (int d = 0; d < REF_MAX_RANK; d++) {
        op.a.dims[d] = op.b.dims[d] = op.out.dims[d] = dims[d];
        bytes *= (uint32_t)dims[d];
    }
    in_size[0] = out_size[0] = bytes;
    switch (kind) {
    case REF_CONV:
    case REF_DEPTHWISE:
        op.n_in = 5;
        op.p.conv = (ref_conv_t){1, 1, 1, 1, 1, 1, 3, 3, 1, 1, 0, 0, -128, 127, 0};
        in_size[1] = 9u * (uint32_t)dims[5] * (kind == REF_CONV ? (uint32_t)dims[5] : 1);
        in_size[2] = in_size[3] = in_size[4] = 4u * (uint32_t)dims[5];
        break;
    case REF_CONV16:
    case REF_DEPTHWISE16:
        op.n_in = 5;
        op.p.conv =
            (ref_conv_t){1, 1, 1, 1, 1, 1, 3, 3, 1, 1, 0, 0, -128, 127, (int32_t)(rnd() % 2)};
        in_size[0] = out_size[0] = 2 * bytes;
        in_size[1] = 9u * (uint32_t)dims[5] * (kind == REF_CONV16 ? (uint32_t)dims[5] : 1);
        in_size[3] = in_size[4] = 4u * (uint32_t)dims[5];
        in_size[2] = (op.p.conv.wide ? 8u : 4u) * (uint32_t)dims[5];
        break;
    case REF_FC16:
        op.n_in = 5;
        op.p.fc = (ref_fc_t){(int32_t)bytes / dims[5], dims[5], dims[5], 0, 0, 0, -128, 127, 0};
        in_size[0] = out_size[0] = 2 * bytes;
        in_size[1] = (uint32_t)(dims[5] * dims[5]);
        in_size[2] = in_size[3] = in_size[4] = 4u * (uint32_t)dims[5];
        break;
    case REF_FC:
        op.n_in = 5;
        op.p.fc = (ref_fc_t){(int32_t)bytes / dims[5], dims[5], dims[5], 0, 0, 0, -128, 127, 0};
        in_size[1] = (uint32_t)(dims[5] * dims[5]);
        in_size[2] = in_size[3] = in_size[4] = 4u * (uint32_t)dims[5];
        break;
    case REF_ADD:
    case REF_SUB:
    case REF_MUL:
    case REF_MAXIMUM:
    case REF_MINIMUM:
        op.n_in = 2;
        in_size[1] = bytes;
        break;
    case REF_ADD16:
    case REF_MUL16:
        op.n_in = 2;
        in_size[0] = in_size[1] = out_size[0] = 2 * bytes;
        break;
    case REF_QUANTIZE16:
        op.p.quantize.count = (int32_t)bytes;
        op.p.quantize.in_wide = (int32_t)(rnd() % 2);
        op.p.quantize.out_wide = 1;
        in_size[0] = bytes << op.p.quantize.in_wide;
        out_size[0] = 2 * bytes;
        break;
    case REF_AVG_POOL16:
    case REF_MAX_POOL16:
        in_size[0] = out_size[0] = 2 * bytes;
        op.p.pool = (ref_pool_t){3, 3, 1, 1, 1, 1, -128, 127};
        break;
    case REF_AVG_POOL:
    case REF_MAX_POOL:
        op.p.pool = (ref_pool_t){3, 3, 1, 1, 1, 1, -128, 127};
        break;
    case REF_MEAN:
        op.p.mean = (ref_mean_t){1 << 3 | 1 << 4, dims[3] * dims[4], 0, 0, 1 << 30, 0};
        op.out.dims[3] = op.out.dims[4] = 1;
        out_size[0] = (uint32_t)(dims[2] * dims[5]);
        break;
    case REF_PAD:
        op.p.pad = (ref_pad_t){1, {0, 0, 0, 1, 1, 0}, 0};
        op.out.dims[3] += 2;
        op.out.dims[4] += 1;
        out_size[0] = (uint32_t)(dims[2] * (dims[3] + 2) * (dims[4] + 1) * dims[5]);
        break;
    case REF_SOFTMAX:
        op.n_in = 2;
        op.p.softmax.outer = (int32_t)bytes / dims[5];
        op.p.softmax.depth = dims[5];
        in_size[1] = 1024;
        break;
    case REF_CONCAT:
        op.n_in = 3;
        op.p.concat = (ref_concat_t){2, 1, 1};
        in_size[1] = bytes;
        in_size[2] = 8;
        out_size[0] = 2 * bytes;
        break;
    case REF_SPLIT:
        op.n_out = 2;
        op.p.concat = (ref_concat_t){2, 1, (int32_t)bytes};
        in_size[0] = 2 * bytes;
        out_size[1] = bytes;
        break;
    case REF_TRANSPOSE:
        op.p.transpose = (ref_transpose_t){1, {0, 1, 2, 4, 3, 5}};
        op.out.dims[3] = dims[4];
        op.out.dims[4] = dims[3];
        break;
    case REF_STRIDED_SLICE:
        op.p.slice.elem_size = 1;
        for (int d = 0; d < REF_MAX_RANK; d++) {
            op.p.slice.stride[d] = 1;
            op.p.slice.count[d] = dims[d];
        }
        break;
    case REF_TRANSPOSE_CONV:
        op.n_in = 5;
        op.p.conv = (ref_conv_t){1, 1, 1, 1, 1, 1, 3, 3, 1, 1, 0, 0, -128, 127, 0};
        in_size[1] = 9u * (uint32_t)(dims[5] * dims[5]);
        in_size[2] = in_size[3] = in_size[4] = 4u * (uint32_t)dims[5];
        break;
    case REF_PRELU:
    case REF_SQUARED_DIFFERENCE:
        op.n_in = 2;
        in_size[1] = bytes;
        break;
    case REF_BATCH_MATMUL:
        op.n_in = 2;
        op.b.dims[4] = op.b.dims[5] = dims[5];
        op.p.matmul = (ref_matmul_t){dims[4], dims[5], dims[5], 0, 0, 0, 0, 0, 1 << 30, 0};
        in_size[1] = (uint32_t)(dims[2] * dims[3] * dims[5] * dims[5]);
        break;
    case REF_TABLE:
        op.n_in = 2;
        op.p.unary.count = (int32_t)bytes;
        in_size[1] = 256;
        break;
    case REF_REDUCE_MAX:
        op.p.mean.axis_mask = 1 << 3 | 1 << 4;
        op.out.dims[3] = op.out.dims[4] = 1;
        out_size[0] = (uint32_t)(dims[2] * dims[5]);
        break;
    case REF_ARG_MAX:
        op.p.arg_max = (ref_arg_max_t){dims[2] * dims[3], dims[4], dims[5], 0};
        out_size[0] = 4u * (uint32_t)(dims[2] * dims[3] * dims[5]);
        break;
    case REF_GATHER:
        op.n_in = 2;
        op.p.gather = (ref_gather_t){dims[2], dims[3], dims[4], 3, dims[5]};
        in_size[1] = 12u * (uint32_t)dims[2];
        out_size[0] = 3u * (uint32_t)(dims[2] * dims[3] * dims[5]);
        break;
    case REF_RESIZE_BILINEAR:
        op.p.resize = (ref_resize_t){1024, 1024, 0, 1};
        break;
    case REF_RESIZE_NEAREST:
        op.n_in = 3;
        op.p.resize.elem_size = 1;
        in_size[1] = 4u * (uint32_t)dims[3];
        in_size[2] = 4u * (uint32_t)dims[4];
        break;
    case REF_SPLIT_V:
        op.n_in = 2;
        op.n_out = 2;
        op.p.concat = (ref_concat_t){2, 1, 1};
        in_size[0] = 2 * bytes;
        in_size[1] = 8;
        out_size[1] = bytes;
        break;
    case REF_SPACE_TO_BATCH:
        op.p.block = (ref_block_t){1, 2, 2, 0, 0, 0};
        op.out.dims[2] = 4 * dims[2];
        op.out.dims[3] = (dims[3] + 1) / 2;
        op.out.dims[4] = (dims[4] + 1) / 2;
        out_size[0] = (uint32_t)(4 * dims[2] * op.out.dims[3] * op.out.dims[4] * dims[5]);
        break;
    case REF_BATCH_TO_SPACE:
        op.p.block = (ref_block_t){1, 2, 2, 0, 0, 0};
        op.a.dims[2] = 4 * dims[2];
        op.a.dims[3] = (dims[3] + 1) / 2;
        op.a.dims[4] = (dims[4] + 1) / 2;
        in_size[0] = (uint32_t)(4 * dims[2] * op.a.dims[3] * op.a.dims[4] * dims[5]);
        break;
    case REF_SVDF: {
        uint32_t filters = 2u * (uint32_t)dims[3], memory = (uint32_t)dims[4];
        op.n_in = 5;
        op.n_out = 2;
        op.p.svdf =
            (ref_svdf_t){dims[2], dims[5], dims[3], 2,       dims[4], (int32_t)(rnd() % 2), 0, 0,
                         0,       1 << 30, 0,       1 << 30, 0};
        uint32_t elem = op.p.svdf.wide_state ? 2 : 1;
        in_size[0] = (uint32_t)(dims[2] * dims[5]);
        in_size[1] = filters * (uint32_t)dims[5];
        in_size[2] = filters * memory * elem;
        in_size[3] = 4u * (uint32_t)dims[3];
        in_size[4] = out_size[1] = (uint32_t)dims[2] * filters * memory * elem;
        out_size[0] = (uint32_t)(dims[2] * dims[3]);
        break;
    }
    case REF_LSTM: {
        uint32_t units = (uint32_t)dims[5], input = (uint32_t)dims[4];
        op.n_in = 16;
        op.n_out = 3;
        op.p.lstm.batches = dims[2];
        op.p.lstm.steps = dims[3];
        op.p.lstm.input = dims[4];
        op.p.lstm.units = dims[5];
        op.p.lstm.has_clip = (int32_t)(rnd() % 2);
        for (int g = 0; g < 4; g++) {
            in_size[1 + g] = units * input;
            in_size[5 + g] = units * units;
            in_size[9 + g] = 4 * units;
        }
        in_size[0] = (uint32_t)(dims[2] * dims[3]) * input;
        out_size[0] = (uint32_t)(dims[2] * dims[3]) * units;
        in_size[13] = 80;
        in_size[14] = out_size[1] = (uint32_t)dims[2] * units;
        in_size[15] = out_size[2] = 2u * (uint32_t)dims[2] * units;
        break;
    }
    case REF_STATE_COPY:
    case REF_COPY:
        op.p.copy.bytes = (int32_t)bytes;
        break;
    case REF_QUANTIZE:
        op.p.quantize.count = (int32_t)bytes;
        break;
    default:
        op.p.unary.count = (int32_t)bytes;
    }
    return op;
}

/* op_check, then ref_eval on buffers of exactly the given sizes. */
static int try_op(const ref_op_t *op, const ref_op_t *shape, const uint32_t *in_size,
                  const uint32_t *out_size) {
    void *in[16] = {0}, *out[16] = {0};
    uint32_t scratch_size = 8 * out_size[0]; /* enough for every kind */
    void *scratch = malloc(scratch_size);
    for (int i = 0; i < shape->n_in; i++) {
        in[i] = malloc(in_size[i]);
        memset(in[i], 0, in_size[i]);
        for (uint32_t k = 0; i == 0 && shape->kind != REF_RSQRT && k < in_size[i]; k++)
            ((uint8_t *)in[i])[k] = (uint8_t)rnd();
        if (shape->kind == REF_SOFTMAX && i == 1)
            for (int k = 0; k < 256; k++)
                put32((uint8_t *)in[1] + 4 * k, 0x7fffffffu >> k / 16);
        if ((shape->kind == REF_CONCAT && i == 2) || (shape->kind == REF_SPLIT_V && i == 1)) {
            const uint32_t *length = shape->kind == REF_CONCAT ? in_size : out_size;
            put32(in[i], length[0]);
            put32((uint8_t *)in[i] + 4, length[1]);
        }
    }
    for (int i = 0; i < shape->n_out; i++)
        out[i] = malloc(out_size[i]);
    int st = op_check(op, (uint32_t)shape->n_in, (const void *const *)in, in_size,
                      (uint32_t)shape->n_out, out_size, scratch_size);
    if (st == REF_OK)
        st = ref_eval(op, (const void *const *)in, out, scratch);
    for (int i = 0; i < 16; i++) {
        free(in[i]);
        free(out[i]);
    }
    free(scratch);
    return st;
}

static void test_op_check(uint32_t rounds) {
    uint32_t refused = 0, harmless = 0;
    for (uint32_t i = 0; i < rounds; i++) {
        uint32_t in_size[16] = {0}, out_size[16] = {0};
        int32_t kind = 1 + (int32_t)(i % (REF_KIND_COUNT - 1));
        if (kind == REF_HOST_QUANTIZE || kind == REF_HOST_DEQUANTIZE)
            continue;
        ref_op_t op = random_op(kind, in_size, out_size), damaged = op;
        int good = try_op(&op, &op, in_size, out_size);
        if (good == REF_E_KIND) {
            if (i < REF_KIND_COUNT) {
                printf("SKIP runtime op_check: no rule for %s in op_check.c, so its CPU steps are "
                       "refused\n",
                       ref_kind_name(kind));
                skipped++;
            }
            continue;
        }
        if (good != REF_OK) {
            printf("FAIL runtime op_check: a good %s is refused\n", ref_kind_name(kind));
            failed++;
            return;
        }
        for (uint32_t n = 1 + rnd() % 2; n > 0; n--) {
            uint32_t at = rnd() % (sizeof op / 4), v = rnd() >> rnd() % 32;
            if (rnd() % 2)
                v = rnd() % 12;
            if (rnd() % 4 == 0)
                v = 0u - v;
            put32((uint8_t *)&damaged + 4 * at, v);
        }
        /* operands of other sizes; those that try_op() fills keep theirs */
        if (rnd() % 2 && kind != REF_SOFTMAX && kind != REF_CONCAT && kind != REF_SPLIT_V)
            in_size[rnd() % (uint32_t)op.n_in] = 1 + rnd() % 300;
        if (rnd() % 2)
            out_size[rnd() % (uint32_t)op.n_out] = 1 + rnd() % 300;
        int st = try_op(&damaged, &op, in_size, out_size);
        refused += st != REF_OK;
        harmless += st == REF_OK;
    }
    CHECK(refused > rounds / 4 && harmless > rounds / 100);
}

/* ---- driver against a register file that misbehaves */

typedef struct {
    uint32_t id, version, hash, config0, config1;
    uint32_t busy_polls; /* STATUS reads until done; counts down */
    uint32_t end, status, polls, irq_enable;
    int stuck, lost_irq;
    npu_t *npu;
} fake_t;

static uint32_t fake_read(void *ctx, uint32_t offset) {
    fake_t *f = ctx;
    switch (offset) {
    case NPU_REG_ID:
        return f->id;
    case NPU_REG_VERSION:
        return f->version;
    case NPU_REG_SPEC_HASH:
        return f->hash;
    case NPU_REG_CONFIG0:
        return f->config0;
    case NPU_REG_CONFIG1:
        return f->config1;
    case NPU_REG_STATUS:
        f->polls++;
        if ((f->status & NPU_STATUS_BUSY) != 0 && !f->stuck && f->busy_polls-- == 0)
            f->status = f->end;
        return f->status;
    case NPU_REG_ERR_INFO:
        return NPU_ERR_BUS_READ | NPU_UNIT_LOAD << 8;
    case NPU_REG_ERR_CMD:
        return 17;
    case NPU_REG_ERR_ADDR:
        return 0x40001234;
    case NPU_REG_COUNTER(NPU_CNT_CYCLES):
        return 0xfffffffe;
    case NPU_REG_COUNTER(NPU_CNT_CYCLES) + 4:
        return 3;
    default:
        return 0;
    }
}
static void fake_write(void *ctx, uint32_t offset, uint32_t value) {
    fake_t *f = ctx;
    if (offset == NPU_REG_STATUS)
        f->status &= ~value;
    if (offset == NPU_REG_IRQ_ENABLE)
        f->irq_enable = value;
    if (offset == NPU_REG_CTRL && (value & NPU_CTRL_START) != 0)
        f->status = NPU_STATUS_BUSY;
    if (offset == NPU_REG_CTRL && (value & NPU_CTRL_RESET) != 0 && !f->stuck)
        f->status = 0;
}
/* Time passes: the device ends after some waits and interrupts, unless the interrupt gets lost. */
static void fake_wait(void *ctx) {
    fake_t *f = ctx;
    if ((f->status & NPU_STATUS_BUSY) != 0 && !f->stuck && f->busy_polls-- == 0) {
        f->status = f->end;
        if ((f->status & f->irq_enable) != 0 && !f->lost_irq)
            npu_irq(f->npu);
    }
}

static void test_driver(void) {
    npu_t npu;
    fake_t good = {.id = NPU_ID,
                   .version = NPU_VERSION,
                   .hash = NPU_SPEC_HASH,
                   .config0 = 16 | 16 << 8 | 3 << 16 | 5 << 24,
                   .config1 = 13 | 9 << 8 | 3 << 16,
                   .busy_polls = 5,
                   .end = NPU_STATUS_DONE,
                   .npu = &npu};
    fake_t f = good;
    npu_io_t io = {fake_read, fake_write, NULL, &f};
    npu_error_t e;
    uint64_t counters[NPU_CNT_COUNT];
    CHECK(npu_init(&npu, &io, 0) == NPU_OK && strcmp(npu.config.name, "npu16") == 0);
    CHECK(npu_submit(&npu, 4, 8) == NPU_E_ARG && npu_submit(&npu, 8, 1 << 24) == NPU_E_ARG);
    CHECK(npu_submit(&npu, 8, 16) == NPU_OK && npu_submit(&npu, 8, 16) == NPU_E_BUSY);
    CHECK(npu_poll(&npu) == NPU_E_BUSY && npu_wait(&npu, 100) == NPU_OK);
    npu_read_counters(&npu, counters);
    CHECK(counters[NPU_CNT_CYCLES] == 0x3fffffffeu);
    CHECK(npu_set_region(&npu, 4, 0, 8, 1) == NPU_E_ARG);
    CHECK(npu_set_region(&npu, 0, 4, 8, 1) == NPU_E_ARG);
    CHECK(npu_set_region(&npu, 0, 0xfffffff8, 16, 1) == NPU_E_ARG);
    CHECK(npu_set_region(&npu, 0, 0xfffffff8, 8, 3) == NPU_OK);

    f = good; /* device error, then recovery */
    f.end = NPU_STATUS_ERROR;
    CHECK(npu_submit(&npu, 0, 8) == NPU_OK && npu_wait(&npu, 100) == NPU_E_DEVICE);
    npu_get_error(&npu, &e);
    CHECK(e.code == NPU_ERR_BUS_READ && e.unit == NPU_UNIT_LOAD && e.command == 17);
    CHECK(e.address == 0x40001234 && strcmp(npu_unit_name(e.unit), "load") == 0);
    CHECK(npu_recover(&npu, 10) == NPU_OK && npu_poll(&npu) == NPU_E_BUSY);

    f = good; /* hang: bounded waits */
    f.stuck = 1;
    CHECK(npu_submit(&npu, 0, 8) == NPU_OK && npu_wait(&npu, 100) == NPU_E_TIMEOUT);
    CHECK(f.polls < 110 && npu_recover(&npu, 50) == NPU_E_RESET);

    for (int lost = 0; lost < 2; lost++) { /* interrupt; and one that never comes */
        f = good;
        f.busy_polls = 500;
        f.lost_irq = lost;
        io.wait = fake_wait;
        CHECK(npu_init(&npu, &io, 0) == NPU_OK);
        npu_enable_irq(&npu, 1);
        f.polls = 0;
        CHECK(npu_submit(&npu, 0, 8) == NPU_OK && npu_wait(&npu, 1000) == NPU_OK);
        CHECK(f.polls < 20);
        CHECK(npu_submit(&npu, 0, 8) == NPU_OK && npu_wait(&npu, 1) == NPU_E_TIMEOUT);
    }

    f = good; /* identification */
    f.id = 0;
    CHECK(npu_init(&npu, &io, 0) == NPU_E_ID);
    f = good;
    f.version ^= 0x100;
    CHECK(npu_init(&npu, &io, 0) == NPU_E_VERSION);
    f = good;
    f.version ^= 1; /* patch level */
    CHECK(npu_init(&npu, &io, 0) == NPU_OK);
    f = good;
    f.hash++;
    CHECK(npu_init(&npu, &io, 0) == NPU_E_SPEC);
    f = good;
    f.config0 = 0;
    CHECK(npu_init(&npu, &io, 0) == NPU_E_CONFIG);
    f = good;
    f.config1 = 40;
    CHECK(npu_init(&npu, &io, 0) == NPU_E_CONFIG);
    f = good;
    f.stuck = 1;
    f.status = NPU_STATUS_BUSY;
    CHECK(npu_init(&npu, &io, 0) == NPU_E_RESET);
    for (int i = -1; i <= NPU_STATUS_COUNT_; i++)
        CHECK(npu_strerror((npu_status_t)i) != NULL && prog_strerror((prog_status_t)i) != NULL);
}

int main(int argc, char **argv) {
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    uint32_t rounds = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 0) : 30000;
    printf("seed %" PRIu64 ", %u rounds\n", seed, rounds);
    rng = seed;
    test_image();
    test_driver();
    test_run();
    test_mutate(rounds);
    test_op_check(rounds);
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed != 0;
}
