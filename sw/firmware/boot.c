/*
 * boot.c - the boot stage: copies the firmware from the SPI flash into the on-chip RAM and starts
 * it. For boards whose bitstream holds only this, so that firmware can change without synthesis.
 * It lives in the last SOC_BOOT_BYTES of the RAM (boot.ld), with a jump to itself at the reset
 * vector, which the firmware overwrites: after that, reset starts the firmware.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flash_image.h"
#include "mailbox.h"
#include "platform.h"

static void __attribute__((noreturn)) stop(void) {
    platform_finish(SOC_FAIL_FLASH);
    for (;;) {
    }
}

void on_exception(uint32_t mcause, uint32_t mepc) {
    put_str("SYSTOLE ERROR boot: trap: mcause 0x");
    put_hex(mcause);
    put_str(" mepc 0x");
    put_hex(mepc);
    put_char('\n');
    stop();
}

int main(void) {
    static flash_image_t image;
    flash_status_t status = flash_open(&image);
    if (status == FLASH_EMPTY) {
        flash_complain("no boot image\n");
    }
    for (uint32_t i = 0; status == FLASH_GOOD && i < image.header.n_sections; i++) {
        const flash_section_t *s = &image.section[i];
        if (s->kind != FLASH_FIRMWARE) {
            continue;
        }
        if (s->argument != SOC_RAM_BASE || s->size > SOC_RAM_SIZE - SOC_BOOT_BYTES) {
            flash_complain("firmware does not fit the RAM\n");
            stop();
        }
        if (flash_load(&image, i, s->argument) != FLASH_GOOD) {
            stop();
        }
        __asm__ volatile(".option push\n.option arch, +zifencei\nfence.i\n.option pop\njr %0"
                         :
                         : "r"(s->argument)
                         : "memory");
    }
    if (status == FLASH_GOOD) {
        flash_complain("boot image without firmware\n");
    }
    stop();
}
