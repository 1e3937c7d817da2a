/*
 * small_boot.c - the boot memory of soc_small (rtl/lite): copies the firmware from the SPI flash's
 * boot image (flash_image.h) to the start of the RAM, compares its CRC, starts it.
 * Contract: less than SOC_SMALL_BOOT_BYTES; nothing but the stack, in the RAM's end, is written
 * beside the firmware; no data segment. A failure is one line on the UART and an exit code.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flash_image.h"
#include "mailbox.h"
#include "soc_map.h"

#define REG(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define STACK_BYTES 1024u

__attribute__((naked, section(".text.start"))) void boot_start(void) {
    __asm__ volatile("lui sp, %hi(__stack_top)\n\tj boot_main");
}

static void __attribute__((noreturn)) fail(const char *text) {
    for (; *text != 0; text++) {
        while ((REG(SOC_UART_BASE + SOC_UART_STATUS) & 1u) == 0) {
        }
        REG(SOC_UART_BASE + SOC_UART_DATA) = (uint8_t)*text;
    }
    REG(SOC_SYS_BASE + SOC_SYS_FINISH) = SOC_FAIL_FLASH;
    for (;;) {
    }
}

/* Words from `from` to `to`; their CRC. */
static uint32_t copy(uint32_t to, uint32_t from, uint32_t bytes) {
    static const uint32_t table[16] = {
        0x00000000u, 0x1db71064u, 0x3b6e20c8u, 0x26d930acu, 0x76dc4190u, 0x6b6b51f4u,
        0x4db26158u, 0x5005713cu, 0xedb88320u, 0xf00f9344u, 0xd6d6a3e8u, 0xcb61b38cu,
        0x9b64c2b0u, 0x86d3d2d4u, 0xa00ae278u, 0xbdbdf21cu,
    };
    uint32_t crc = 0xffffffffu;
    for (; bytes != 0; bytes -= 4, from += 4, to += 4) {
        uint32_t word = REG(from);
        REG(to) = word;
        crc ^= word;
        for (int i = 0; i < 8; i++) {
            crc = crc >> 4 ^ table[crc & 15u];
        }
    }
    return ~crc;
}

__attribute__((used, noreturn)) void boot_main(void) {
    uint32_t base = SOC_FLASH_BASE + REG(SOC_SYS_BASE + SOC_SYS_FLASH);
    if (REG(base) != FLASH_MAGIC) {
        fail("SYSTOLE ERROR boot: no image\n");
    }
    uint32_t n = REG(base + 20);
    for (uint32_t at = base + FLASH_HEADER_BYTES; n > 0; n--, at += FLASH_SECTION_BYTES) {
        uint32_t size = REG(at + 12);
        if (REG(at) != FLASH_FIRMWARE) {
            continue;
        }
        if (size % 4 != 0 || size > SOC_SMALL_RAM_SIZE - STACK_BYTES ||
            REG(at + 4) != SOC_RAM_BASE) {
            fail("SYSTOLE ERROR boot: firmware does not fit\n");
        }
        if (copy(SOC_RAM_BASE, base + REG(at + 8), size) != REG(at + 16)) {
            fail("SYSTOLE ERROR boot: firmware damaged\n");
        }
        __asm__ volatile("jr %0" : : "r"(SOC_RAM_BASE) : "memory");
    }
    fail("SYSTOLE ERROR boot: no firmware\n");
}
