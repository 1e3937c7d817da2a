/*
 * flash_boot.h - put the flash's network into main memory as a loader would: program, arena with
 * its inputs, mailbox. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SYSTOLE_FLASH_BOOT_H
#define SYSTOLE_FLASH_BOOT_H

#include "flash_image.h"

/* FLASH_GOOD: the mailbox is ready to run. FLASH_EMPTY: no image, or one without a program. Inputs
 * that the image does not bring are zero. */
flash_status_t flash_boot(void);

#endif
