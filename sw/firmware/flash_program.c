/*
 * flash_program.c - flash_boot_program() of flash_boot.h. SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "flash_boot.h"
#include "platform.h"
#include "prog.h"
#include "session.h"

static flash_status_t complain(const char *what) {
    flash_complain(what);
    put_char('\n');
    return FLASH_BAD;
}

static const char *needs_of(const void *image, uint32_t size, flash_needs_t *needs) {
    prog_t p;
    prog_error_t e;
    if (prog_open(image, size, 0, &p, &e) != PROG_OK) {
        return prog_strerror(e.code);
    }
    *needs = (flash_needs_t){p.h.arena_size, p.h.scratch_size};
    return NULL;
}

static flash_status_t load_inputs(const flash_image_t *flash, const prog_t *p, uint32_t arena) {
    for (uint32_t i = 0; i < flash->header.n_sections; i++) {
        const flash_section_t *s = &flash->section[i];
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
        if (flash_load(flash, i, arena + io.offset) != FLASH_GOOD) {
            return FLASH_BAD;
        }
    }
    return FLASH_GOOD;
}

flash_status_t flash_boot_program(void) {
    static flash_image_t flash;
    soc_mailbox_t ready;
    prog_t p;
    prog_error_t e;
    flash_status_t status = flash_fetch(&flash, FLASH_PROGRAM, needs_of, &ready);
    if (status != FLASH_GOOD) {
        return status;
    }
    (void)prog_open((const void *)(uintptr_t)ready.image_addr, ready.image_size, 0, &p, &e);
    memset((void *)(uintptr_t)ready.arena_addr, 0, ready.arena_size);
    status = load_inputs(&flash, &p, ready.arena_addr);
    if (status == FLASH_GOOD) {
        *mailbox = ready;
    }
    return status;
}
