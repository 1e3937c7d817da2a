/*
 * flash_boot.h - put what the flash holds into main memory as a loader would: image, room for its
 * arena and for the CPU, and the mailbox that says where they are.
 *
 * Synopsis
 *   static flash_image_t flash;
 *   soc_mailbox_t ready;
 *   if (flash_fetch(&flash, FLASH_TALK, needs_of, &ready) == FLASH_GOOD) *mailbox = ready;
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_FLASH_BOOT_H
#define SYSTOLE_FLASH_BOOT_H

#include "flash_image.h"
#include "mailbox.h"

typedef struct {
    uint32_t arena, scratch; /* bytes */
} flash_needs_t;

/* What the `size` bytes at `image` need beside them; NULL, or why they cannot be used. */
typedef const char *(*flash_needs_of_t)(const void *image, uint32_t size, flash_needs_t *needs);

/* The first section of that kind. FLASH_GOOD: it lies in main memory, behind the mailbox's page,
 * there is room for what it needs, and *ready is the mailbox that has it run; the mailbox itself
 * and the arena are as they were. FLASH_EMPTY: no flash, or nothing of that kind in it. FLASH_BAD:
 * reported. */
flash_status_t flash_fetch(flash_image_t *flash, flash_kind_t kind, flash_needs_of_t needs_of,
                           soc_mailbox_t *ready);

/* A network (FLASH_PROGRAM) and its inputs; those that the flash does not bring are zero.
 * FLASH_GOOD: the mailbox is ready to run. */
flash_status_t flash_boot_program(void);

#endif
