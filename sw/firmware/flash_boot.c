/*
 * flash_boot.c - flash_fetch() of flash_boot.h. SPDX-License-Identifier: Apache-2.0
 */
#include "flash_boot.h"

#include "platform.h"

#define PAGE 4096u
#define NPU_TIMEOUT 1000000u /* cycles without progress */

static flash_status_t complain(flash_kind_t kind, const char *what) {
    flash_complain(flash_kind_name(kind));
    put_str(what);
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

flash_status_t flash_fetch(flash_image_t *flash, flash_kind_t kind, flash_needs_of_t needs_of,
                           soc_mailbox_t *ready) {
    flash_status_t status = flash_open(flash);
    uint32_t at = 0, image_at = SOC_MEM_BASE + PAGE;
    if (status != FLASH_GOOD) {
        return status;
    }
    while (at < flash->header.n_sections && flash->section[at].kind != kind) {
        at++;
    }
    if (at == flash->header.n_sections) {
        return FLASH_EMPTY;
    }
    if (flash->header.spec_hash != NPU_SPEC_HASH) {
        return complain(kind, " compiled for another version of the NPU");
    }
    put_str("flash: ");
    put_u32(flash->header.total_size);
    put_str(" bytes, ");
    put_u32(flash->header.n_sections);
    put_str(" sections\n");
    uint32_t size = flash->section[at].size, arena_at = behind(image_at, size);
    if (arena_at == 0) {
        return complain(kind, " does not fit the memory");
    }
    if (flash_load(flash, at, image_at) != FLASH_GOOD) {
        return FLASH_BAD;
    }
    flash_needs_t needs;
    const char *wrong = needs_of((const void *)(uintptr_t)image_at, size, &needs);
    if (wrong) {
        flash_complain(wrong);
        put_char('\n');
        return FLASH_BAD;
    }
    uint32_t scratch_at = behind(arena_at, needs.arena);
    if (behind(scratch_at, needs.scratch) == 0) {
        return complain(kind, "'s arena does not fit the memory");
    }
    *ready = (soc_mailbox_t){.magic = SOC_MAILBOX_MAGIC,
                             .version = SOC_MAILBOX_VERSION,
                             .image_addr = image_at,
                             .image_size = size,
                             .arena_addr = arena_at,
                             .arena_size = needs.arena,
                             .scratch_addr = scratch_at,
                             .scratch_size = needs.scratch,
                             .npu_timeout = NPU_TIMEOUT,
                             .state = SOC_MAILBOX_READY};
    return FLASH_GOOD;
}
