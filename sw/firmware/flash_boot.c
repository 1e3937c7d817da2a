/*
 * flash_boot.c - see flash_boot.h. SPDX-License-Identifier: Apache-2.0
 */
#include "flash_boot.h"

#include <string.h>

#include "mailbox.h"
#include "platform.h"
#include "prog.h"

#define PAGE 4096u
#define NPU_TIMEOUT 1000000u /* cycles without progress */

static flash_status_t complain(const char *what) {
    flash_complain(what);
    put_char('\n');
    return FLASH_BAD;
}

/* The first address behind [at, at + size), on a page; 0: does not fit. Never past the end. */
static uint32_t behind(uint32_t at, uint32_t size) {
    uint32_t end = SOC_MEM_BASE + reg_read(SOC_SYS_BASE + SOC_SYS_MEM_SIZE);
    if (at == 0 || at > end || size > end - at) {
        return 0;
    }
    return (at + size + PAGE - 1) / PAGE * PAGE;
}

static flash_status_t load_inputs(const flash_image_t *image, const prog_t *p, uint32_t arena) {
    for (uint32_t i = 0; i < image->header.n_sections; i++) {
        const flash_section_t *s = &image->section[i];
        prog_io_t io;
        if (s->kind != FLASH_INPUT) {
            continue;
        }
        if (s->argument >= p->h.n_inputs) {
            return complain("an input that the program does not have");
        }
        prog_get_io(p, s->argument, &io);
        if (s->size != io.size) {
            return complain("an input of the wrong size");
        }
        if (flash_load(image, i, arena + io.offset) != FLASH_GOOD) {
            return FLASH_BAD;
        }
    }
    return FLASH_GOOD;
}

flash_status_t flash_boot(void) {
    static flash_image_t image;
    flash_status_t status = flash_open(&image);
    uint32_t at = 0, image_at = SOC_MEM_BASE + PAGE;
    if (status != FLASH_GOOD) {
        return status;
    }
    while (at < image.header.n_sections && image.section[at].kind != FLASH_PROGRAM) {
        at++;
    }
    if (at == image.header.n_sections) {
        return FLASH_EMPTY;
    }
    if (image.header.spec_hash != NPU_SPEC_HASH) {
        return complain("program compiled for another version of the NPU");
    }
    put_str("flash: ");
    put_u32(image.header.total_size);
    put_str(" bytes, ");
    put_u32(image.header.n_sections);
    put_str(" sections\n");
    uint32_t size = image.section[at].size, arena_at = behind(image_at, size);
    if (arena_at == 0) {
        return complain("program does not fit the memory");
    }
    if (flash_load(&image, at, image_at) != FLASH_GOOD) {
        return FLASH_BAD;
    }
    prog_t p;
    prog_error_t e;
    if (prog_open((const void *)(uintptr_t)image_at, size, 0, &p, &e) != PROG_OK) {
        return complain(prog_strerror(e.code));
    }
    uint32_t scratch_at = behind(arena_at, p.h.arena_size);
    if (behind(scratch_at, p.h.scratch_size) == 0) {
        return complain("arena does not fit the memory");
    }
    memset((void *)(uintptr_t)arena_at, 0, p.h.arena_size);
    if (load_inputs(&image, &p, arena_at) != FLASH_GOOD) {
        return FLASH_BAD;
    }
    *(soc_mailbox_t *)SOC_MEM_BASE = (soc_mailbox_t){.magic = SOC_MAILBOX_MAGIC,
                                                     .version = SOC_MAILBOX_VERSION,
                                                     .image_addr = image_at,
                                                     .image_size = size,
                                                     .arena_addr = arena_at,
                                                     .arena_size = p.h.arena_size,
                                                     .scratch_addr = scratch_at,
                                                     .scratch_size = p.h.scratch_size,
                                                     .npu_timeout = NPU_TIMEOUT,
                                                     .state = SOC_MAILBOX_READY};
    return FLASH_GOOD;
}
