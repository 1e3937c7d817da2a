/*
 * small.c - firmware of soc_small: run the network of the SPI flash's boot image, report over the
 * UART. The last line is "SYSTOLE DONE ok" or "SYSTOLE ERROR <reason>"; then 'r' runs it again.
 *
 * With a RAM of SOC_SMALL_RAM_SIZE the program stays in the flash, where the NPU reads commands and
 * weights, and the RAM holds the network's arena between .bss and stack. A larger memory takes the
 * program behind these first 64 KiB, and the arena behind it. Every operator must run on the NPU
 * (no_ops.c). No timer: cycles are the NPU's.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "flash_image.h"
#include "mailbox.h"
#include "platform.h"
#include "prog.h"
#include "runtime.h"

#define NPU_TIMEOUT 1u /* cycles; the small NPU has none but for tokens that never come */
#define MAX_POLLS 0xffffffffu

extern uint64_t __bss_end[], __arena_end[];

static flash_image_t image;
static uint32_t mem_size; /* bytes */
static uint32_t free_at;  /* of a larger memory: the first address behind the program */

static int fail(uint32_t code) {
    platform_finish(code);
    return 0;
}

static int complain(uint32_t code, const char *what) {
    put_str("SYSTOLE ERROR ");
    put_str(what);
    put_char('\n');
    return fail(code);
}

void on_exception(uint32_t mcause, uint32_t mepc) {
    put_str("SYSTOLE ERROR trap: mcause 0x");
    put_hex(mcause);
    put_str(" mepc 0x");
    put_hex(mepc);
    put_char('\n');
    platform_finish(SOC_FAIL_TRAP);
    for (;;) {
    }
}

/* Section of a kind, or NULL. */
static const flash_section_t *find(uint32_t kind) {
    for (uint32_t i = 0; i < image.header.n_sections; i++) {
        if (image.section[i].kind == kind) {
            return &image.section[i];
        }
    }
    return NULL;
}

static int load_microcode(void) {
    const flash_section_t *s = find(FLASH_MICROCODE);
    if (s == NULL) {
        return complain(SOC_FAIL_FLASH, "flash: no microcode");
    }
    if (s->size > SOC_SMALL_MICROCODE_BYTES) {
        return complain(SOC_FAIL_FLASH, "flash: microcode does not fit");
    }
    return flash_load(&image, (uint32_t)(s - image.section), SOC_SMALL_NPU_LOCAL) == FLASH_GOOD ||
           fail(SOC_FAIL_FLASH);
}

/* Address of the program where it lies, its CRC compared; read in words, of which the flash
 * delivers one after the other. Or in memory, at SOC_SMALL_RAM_SIZE. 0 with an error. */
static uint32_t place_program(const flash_section_t *s) {
    uint32_t crc = 0;
    if (mem_size > SOC_SMALL_RAM_SIZE) {
        if (s->size > mem_size - SOC_SMALL_RAM_SIZE - 64u) {
            complain(SOC_FAIL_PROG, "the program does not fit the memory");
            return 0;
        }
        free_at = (SOC_SMALL_RAM_SIZE + s->size + 63u) & ~63u;
        return flash_load(&image, (uint32_t)(s - image.section),
                          SOC_MEM_BASE + SOC_SMALL_RAM_SIZE) == FLASH_GOOD
                   ? SOC_MEM_BASE + SOC_SMALL_RAM_SIZE
                   : (uint32_t)fail(SOC_FAIL_FLASH);
    }
    for (uint32_t i = 0; i < s->size; i += 4) {
        uint32_t word = reg_read(image.base + s->offset + i);
        crc = prog_crc32(crc, &word, s->size - i < 4 ? s->size - i : 4);
    }
    if (crc != s->crc32) {
        complain(SOC_FAIL_FLASH, "flash: program damaged");
        return 0;
    }
    return image.base + s->offset;
}

/* The program, and its arena. */
static int open_program(prog_t *prog, uint8_t **arena) {
    const flash_section_t *s = find(FLASH_PROGRAM);
    prog_error_t e = {PROG_OK, 0};
    uintptr_t begin = (uintptr_t)__bss_end, end = (uintptr_t)__arena_end;
    if (s == NULL || image.header.spec_hash != NPU_SPEC_HASH) {
        return complain(SOC_FAIL_FLASH, s ? "flash: program compiled for another version of the NPU"
                                          : "flash: no program");
    }
    uint32_t at = place_program(s);
    if (at == 0) {
        return 0;
    }
    if (prog_open((const void *)(uintptr_t)at, s->size, 0, prog, &e) != PROG_OK) {
        return complain(SOC_FAIL_PROG, prog_strerror(e.code));
    }
    if (mem_size > SOC_SMALL_RAM_SIZE) {
        begin = free_at;
        end = mem_size;
    }
    if (prog->h.arena_size > end - begin) {
        return complain(SOC_FAIL_PROG, "the network's arena does not fit the RAM");
    }
    *arena = (uint8_t *)begin;
    return 1;
}

/* Inputs that the image does not bring are zero. */
static int load_inputs(const prog_t *prog, uint8_t *arena) {
    for (uint32_t i = 0; i < prog->h.n_inputs; i++) {
        prog_io_t io;
        prog_get_io(prog, i, &io);
        memset(arena + io.offset, 0, io.size);
    }
    for (uint32_t i = 0; i < image.header.n_sections; i++) {
        const flash_section_t *s = &image.section[i];
        prog_io_t io;
        if (s->kind != FLASH_INPUT) {
            continue;
        }
        if (s->argument >= prog->h.n_inputs) {
            return complain(SOC_FAIL_FLASH, "flash: an input that the program does not have");
        }
        prog_get_io(prog, s->argument, &io);
        if (s->size != io.size) {
            return complain(SOC_FAIL_FLASH, "flash: an input of the wrong size");
        }
        if (flash_load(&image, i, (uint32_t)(uintptr_t)arena + io.offset) != FLASH_GOOD) {
            return fail(SOC_FAIL_FLASH);
        }
    }
    return 1;
}

static void print_number(const char *name, uint32_t value) {
    put_str(name);
    put_u32(value);
}

/* Largest element and all bytes of each output. */
static void print_outputs(const prog_t *prog, const uint8_t *arena) {
    for (uint32_t i = 0; i < prog->h.n_outputs; i++) {
        prog_io_t io;
        prog_get_io(prog, prog->h.n_inputs + i, &io);
        const uint8_t *data = arena + io.offset;
        uint8_t flip = io.type == PROG_INT8 ? 0x80 : 0; /* orders int8 like uint8 */
        uint32_t best = 0;
        for (uint32_t j = 1; j < io.size; j++) {
            best = (data[j] ^ flip) > (data[best] ^ flip) ? j : best;
        }
        if (i == 0) {
            print_number("prediction ", best);
            put_char('\n');
        }
        print_number("output ", i);
        put_str(" crc32 ");
        put_hex(prog_crc32(0, data, io.size));
        put_str(" bytes");
        for (uint32_t j = 0; j < io.size && j < 64; j++) {
            put_char(' ');
            put_char("0123456789abcdef"[data[j] >> 4]);
            put_char("0123456789abcdef"[data[j] & 15]);
        }
        put_char('\n');
    }
}

static int report(npu_run_status_t status, const npu_run_result_t *r) {
    switch (status) {
    case NPU_RUN_OK:
        return 1;
    case NPU_RUN_E_PROGRAM:
        return complain(SOC_FAIL_PROG, prog_strerror(r->prog_status));
    case NPU_RUN_E_OP:
        return complain(SOC_FAIL_OP,
                        "an operator runs on the CPU, and this system has none of them");
    default:
        put_str(npu_error_name(r->npu_error.code));
        print_number(", command ", r->npu_error.command);
        put_str(", address 0x");
        put_hex(r->npu_error.address);
        put_char('\n');
        return complain(SOC_FAIL_NPU, npu_strerror(r->npu_status));
    }
}

static int run(void) {
    static npu_t npu;
    static prog_t prog;
    npu_io_t io;
    npu_run_result_t result;
    uint8_t *arena = NULL;
    platform_begin();
    mem_size = reg_read(SOC_SYS_BASE + SOC_SYS_MEM_SIZE);
    if (flash_open(&image) != FLASH_GOOD) {
        return complain(SOC_FAIL_FLASH, "flash: no boot image");
    }
    if (!load_microcode() || !open_program(&prog, &arena)) {
        return 0;
    }
    platform_npu_io(&io);
    npu_status_t st = npu_init(&npu, &io, NPU_TIMEOUT);
    if (st != NPU_OK) {
        return complain(SOC_FAIL_NPU, npu_strerror(st));
    }
    npu_run_env_t env = {
        .npu = &npu,
        .prog = &prog,
        .image_addr = (uint32_t)(uintptr_t)prog.bytes,
        .arena = arena,
        .arena_addr = SOC_MEM_BASE + (uint32_t)(uintptr_t)arena,
        .max_polls = MAX_POLLS,
    };
    npu_run_reset(&env);
    if (!load_inputs(&prog, arena)) {
        return 0;
    }
    put_str(npu.config.name);
    print_number(": ", prog.h.n_cmds);
    put_str(" commands\n");
    if (!report(npu_run_program(&env, &result), &result)) {
        return 0;
    }
    print_number("npu cycles ", (uint32_t)result.npu_cycles);
    print_number(", of them load ", (uint32_t)result.counters[NPU_CNT_LOAD_BUSY]);
    print_number(" array ", (uint32_t)result.counters[NPU_CNT_ARRAY_BUSY]);
    print_number(" vector ", (uint32_t)result.counters[NPU_CNT_VECTOR_BUSY]);
    print_number(" store ", (uint32_t)result.counters[NPU_CNT_STORE_BUSY]);
    put_char('\n');
    print_outputs(&prog, arena);
    put_str("SYSTOLE DONE ok\n");
    platform_finish(0);
    return 1;
}

int main(void) {
    put_str("\nSystole, small system, ");
    put_u32(reg_read(SOC_SYS_BASE + SOC_SYS_CLK_HZ) / 1000000u);
    put_str(" MHz\n");
    for (;;) {
        run();
        while (get_char() != 'r') {
        }
    }
}
