/*
 * flash_image.c - see flash_image.h. SPDX-License-Identifier: Apache-2.0
 */
#include "flash_image.h"

#include "platform.h"
#include "prog.h"

_Static_assert(sizeof(flash_header_t) == FLASH_HEADER_BYTES, "header as in the file");
_Static_assert(sizeof(flash_section_t) == FLASH_SECTION_BYTES, "section as in the file");

/* The flash has 32-bit words only. */
static void copy(uint32_t to, uint32_t from, uint32_t bytes) {
    uint32_t at = 0;
    for (; at + 4 <= bytes; at += 4) {
        reg_write(to + at, reg_read(from + at));
    }
    for (uint32_t word = at < bytes ? reg_read(from + at) : 0; at < bytes; at++, word >>= 8) {
        *(volatile uint8_t *)(uintptr_t)(to + at) = (uint8_t)word;
    }
}

void flash_complain(const char *what) {
    put_str("SYSTOLE ERROR flash: ");
    put_str(what);
}

static flash_status_t end_line(void) {
    put_char('\n');
    return FLASH_BAD;
}

static flash_status_t bad_crc(uint32_t found, uint32_t wanted) {
    put_str(" damaged: CRC ");
    put_hex(found);
    put_str(", should be ");
    put_hex(wanted);
    return end_line();
}

const char *flash_kind_name(uint32_t kind) {
    return kind == FLASH_FIRMWARE    ? "firmware"
           : kind == FLASH_PROGRAM   ? "program"
           : kind == FLASH_INPUT     ? "input"
           : kind == FLASH_MICROCODE ? "microcode"
           : kind == FLASH_TALK      ? "language model"
                                     : "section of unknown kind";
}

flash_status_t flash_open(flash_image_t *image) {
    uint32_t offset = reg_read(SOC_SYS_BASE + SOC_SYS_FLASH);
    const flash_header_t *h = &image->header;
    if (offset >= SOC_FLASH_SIZE - sizeof *image) {
        return FLASH_EMPTY;
    }
    image->base = SOC_FLASH_BASE + offset;
    copy((uint32_t)(uintptr_t)h, image->base, FLASH_HEADER_BYTES);
    if (h->magic == 0xffffffffu) {
        return FLASH_EMPTY;
    }
    if (h->magic != FLASH_MAGIC) {
        flash_complain("no boot image at 0x");
        put_hex(offset);
        return end_line();
    }
    if (h->version != FLASH_VERSION) {
        flash_complain("boot image of version ");
        put_u32(h->version);
        put_str(", this firmware reads 1");
        return end_line();
    }
    uint32_t n = h->n_sections < FLASH_MAX_SECTIONS ? h->n_sections : FLASH_MAX_SECTIONS;
    copy((uint32_t)(uintptr_t)image->section, image->base + FLASH_HEADER_BYTES,
         n * FLASH_SECTION_BYTES);
    uint32_t crc = prog_crc32(0, &h->total_size, FLASH_HEADER_BYTES - 12u);
    crc = prog_crc32(crc, image->section, n * FLASH_SECTION_BYTES);
    if (crc != h->crc32 || n != h->n_sections) {
        flash_complain("header");
        return bad_crc(crc, h->crc32);
    }
    for (uint32_t i = 0; i < n; i++) {
        const flash_section_t *s = &image->section[i];
        if (s->offset % 4 != 0 || s->offset > h->total_size ||
            s->size > h->total_size - s->offset || h->total_size > SOC_FLASH_SIZE - offset) {
            flash_complain(flash_kind_name(s->kind));
            put_str(" outside the image");
            return end_line();
        }
    }
    return FLASH_GOOD;
}

flash_status_t flash_load(const flash_image_t *image, uint32_t i, uint32_t address) {
    const flash_section_t *s = &image->section[i];
    copy(address, image->base + s->offset, s->size);
    uint32_t crc = prog_crc32(0, (const void *)(uintptr_t)address, s->size);
    if (crc != s->crc32) {
        flash_complain(flash_kind_name(s->kind));
        return bad_crc(crc, s->crc32);
    }
    return FLASH_GOOD;
}
