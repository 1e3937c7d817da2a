/* boot_reset.S - what the CPU finds at its reset vector when the RAM holds the boot stage.
 * SPDX-License-Identifier: Apache-2.0 */
    .section .text.reset, "ax"
    .globl boot_reset
boot_reset:
    lui t0, %hi(_start)
    jr %lo(_start)(t0)
