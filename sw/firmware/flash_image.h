/*
 * flash_image.h - the boot image in the SPI flash: what it looks like, and how it is read.
 *
 * Layout, little-endian words; scripts/flash_image.py writes it, at the offset that the system's
 * FLASH register says.
 *   header      FLASH_HEADER_BYTES, flash_header_t
 *   sections    n_sections of FLASH_SECTION_BYTES, flash_section_t
 *   ...         their bytes, each from a multiple of 8, filled up with FFh
 * The header's CRC covers the image from `total_size` on to the end of the section table, a
 * section's CRC its bytes. Flash that is erased there (FFFFFFFFh) is no image; anything else that
 * is not one is an error.
 *
 * Synopsis (the boot stage and the firmware)
 *   flash_image_t image;
 *   if (flash_open(&image) == FLASH_GOOD && flash_load(&image, i, address) == FLASH_GOOD) ...
 *
 * Contract: nothing is believed before its CRC has been right. Every function that answers
 * FLASH_BAD has said why, in one line "SYSTOLE ERROR flash: ...". Nothing is written outside the
 * range that the caller named.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_FLASH_IMAGE_H
#define SYSTOLE_FLASH_IMAGE_H

#include <stdint.h>

#define FLASH_MAGIC 0x4c465953u /* "SYFL" */
#define FLASH_VERSION 1u
#define FLASH_HEADER_BYTES 32u
#define FLASH_SECTION_BYTES 32u
#define FLASH_MAX_SECTIONS 16u

typedef enum {
    FLASH_FIRMWARE = 1,  /* argument: address in the on-chip RAM where it goes and begins */
    FLASH_PROGRAM = 2,   /* a PROG (prog.h); argument 0 */
    FLASH_INPUT = 3,     /* argument: index of the program's input that it is */
    FLASH_MICROCODE = 4, /* of the small NPU (rtl/lite); argument 0 */
    FLASH_TALK = 5       /* a language model's image (sw/llm/image.h); argument 0 */
} flash_kind_t;

typedef struct {
    uint32_t magic, version;
    uint32_t crc32;      /* of bytes [12, FLASH_HEADER_BYTES + n_sections * FLASH_SECTION_BYTES) */
    uint32_t total_size; /* bytes, whole image */
    uint32_t spec_hash;  /* of the program, or the language model; 0: there is none */
    uint32_t n_sections;
    uint32_t reserved[2]; /* 0 */
} flash_header_t;

typedef struct {
    uint32_t kind, argument;
    uint32_t offset, size; /* bytes, in the image */
    uint32_t crc32;
    uint32_t reserved[3]; /* 0 */
} flash_section_t;

typedef struct {
    uint32_t base; /* bus address of the header */
    flash_header_t header;
    flash_section_t section[FLASH_MAX_SECTIONS];
} flash_image_t;

typedef enum { FLASH_GOOD = 0, FLASH_EMPTY, FLASH_BAD } flash_status_t;

/* Reads and checks header and section table. FLASH_EMPTY: no flash, or erased. */
flash_status_t flash_open(flash_image_t *image);

/* Copies section i to `address`, a multiple of 4 with room for its size, and compares the CRC of
 * what is then there. */
flash_status_t flash_load(const flash_image_t *image, uint32_t i, uint32_t address);

/* The beginning of every complaint. */
void flash_complain(const char *what);
/* What a section is called in messages. */
const char *flash_kind_name(uint32_t kind);

#endif
