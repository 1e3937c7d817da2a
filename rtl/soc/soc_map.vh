// Address map and register offsets of the SoC: the one source. The C header (build/soc/soc_map.h) is made from the
// `define lines below by testbench/soc/build.mk, so keep the form `define SOC_NAME 32'hHEX.
// SPDX-License-Identifier: Apache-2.0
`ifndef SOC_MAP_VH
`define SOC_MAP_VH
// On-chip memory: code, data, stack. Instruction fetches work only here.
`define SOC_RAM_BASE 32'h00000000
`define SOC_RAM_SIZE 32'h00020000
// Of it, at its end, for the boot stage (sw/firmware/boot.c) on systems that have one.
`define SOC_BOOT_BYTES 32'h00001000
// Peripherals: 4 KiB each, 32-bit words.
`define SOC_UART_BASE 32'h10000000
`define SOC_TIMER_BASE 32'h10001000
`define SOC_SYS_BASE 32'h10002000
`define SOC_NPU_BASE 32'h20000000
// SPI flash, read only; where a board has none (SYS FLASH all ones) this is nobody's.
`define SOC_FLASH_BASE 32'h30000000
`define SOC_FLASH_SIZE 32'h01000000
// Boot memory of soc_small (rtl/lite), 1 KiB, and the size of its RAM, which is its main memory too.
`define SOC_SMALL_BOOT_BASE 32'hf0000000
`define SOC_SMALL_BOOT_BYTES 32'h00000400
`define SOC_SMALL_RAM_SIZE 32'h00010000
// There: local memory of the NPU, for its microcode (rtl/lite/npu_lite.v).
`define SOC_SMALL_NPU_LOCAL 32'h20010000
`define SOC_SMALL_MICROCODE_BYTES 32'h0000c000
// Main memory, shared with the NPU: the same address on the CPU's bus and on the external AXI port (NPU_MEM_BASE in
// testbench/common/npu_device.h). Not cached: what the NPU wrote is what the CPU reads.
`define SOC_MEM_BASE 32'h40000000
// UART: DATA write = send (when STATUS.0), read = received byte (when STATUS.1).
// STATUS bit 0 can send, bit 1 byte received, bit 2 receive overrun (write 1 to clear). DIV clocks per bit, >= 4.
`define SOC_UART_DATA 32'h00000000
`define SOC_UART_STATUS 32'h00000004
`define SOC_UART_DIV 32'h00000008
// Timer: MTIME counts clocks from reset; interrupt while MTIME >= MTIMECMP (reset value all ones). MTIME is read
// low word first: that latches the high word.
`define SOC_TIMER_MTIME 32'h00000000
`define SOC_TIMER_MTIMEH 32'h00000004
`define SOC_TIMER_MTIMECMP 32'h00000008
`define SOC_TIMER_MTIMECMPH 32'h0000000c
// System: FINISH write = report an exit code to the outside (simulation ends, a board lights a LED); with bit 31 set:
// work has begun, take an earlier report back.
// FLASH: byte offset of the boot image in the SPI flash (sw/firmware/flash_image.h), or all ones: the system has no flash.
// FAULT bit 0: a data access failed since it was last cleared (write 1); FAULT_ADDR: the first such address.
`define SOC_SYS_FINISH 32'h00000000
`define SOC_SYS_CLK_HZ 32'h00000004
`define SOC_SYS_MEM_SIZE 32'h00000008
`define SOC_SYS_FAULT 32'h0000000c
`define SOC_SYS_FAULT_ADDR 32'h00000010
`define SOC_SYS_FLASH 32'h00000014
// Bits of the CPU's external interrupt array.
`define SOC_IRQ_NPU 32'h00000000
`define SOC_IRQ_UART_RX 32'h00000001
`define SOC_IRQ_FAULT 32'h00000002
`endif
