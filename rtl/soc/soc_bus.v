// Data bus of the CPU: decodes the address, talks to one target at a time, answers with ack.
// Targets: RAM, the two bridges and the flash (which has no writes) have their own ack; the register blocks (UART, timer, system) get a strobe of one
// cycle and answer in it. An address without a target, or an error from a target, is acknowledged with data 0
// (the CPU has no error input on this bus) and told by a pulse on fault.
// Timing: register blocks ack one cycle after the request; others as they do, without added cycles.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "soc_map.vh"
module soc_bus #(
    parameter [31:0] MEM_SIZE = 32'h04000000,
    parameter int FLASH = 0          // 1: there is an SPI flash
) (
    input  wire        clk,
    input  wire        rst_n,
    // CPU data bus: stb (with address and data) stays until ack.
    input  wire        cpu_stb,
    input  wire [31:0] cpu_addr,
    input  wire        cpu_we,
    output wire        cpu_ack,
    output wire [31:0] cpu_rdat,
    output wire        fault,
    // RAM, bridges and flash: stb stays until ack.
    output wire        ram_stb,
    input  wire        ram_ack,
    input  wire [31:0] ram_rdat,
    output wire        mem_stb,
    input  wire        mem_ack,
    input  wire        mem_err,
    input  wire [31:0] mem_rdat,
    output wire        npu_stb,
    input  wire        npu_ack,
    input  wire        npu_err,
    input  wire [31:0] npu_rdat,
    output wire        flash_stb,
    input  wire        flash_ack,
    input  wire [31:0] flash_rdat,
    // Register blocks: strobe of one cycle, data in the same cycle.
    output wire        uart_stb,
    input  wire [31:0] uart_rdat,
    output wire        timer_stb,
    input  wire [31:0] timer_rdat,
    output wire        sys_stb,
    input  wire [31:0] sys_rdat
);
    // Whether `at` lies in the `size` bytes from `base` on. A power of two at a multiple of itself is a comparison of the bits above it,
    // which is half as deep as a subtraction; all ranges of the map are, and MEM_SIZE mostly.
    function inside_of(input [31:0] at, input [31:0] base, input [31:0] size);
        inside_of = ((size | base) & (size - 32'd1)) == 32'd0 ? ((at ^ base) & ~(size - 32'd1)) == 32'd0 : at - base < size;
    endfunction
    wire at_ram   = inside_of(cpu_addr, `SOC_RAM_BASE, `SOC_RAM_SIZE);
    wire at_mem   = inside_of(cpu_addr, `SOC_MEM_BASE, MEM_SIZE);
    wire at_npu   = cpu_addr[31:12] == 20'(`SOC_NPU_BASE >> 12);
    wire at_uart  = cpu_addr[31:12] == 20'(`SOC_UART_BASE >> 12);
    wire at_timer = cpu_addr[31:12] == 20'(`SOC_TIMER_BASE >> 12);
    wire at_sys   = cpu_addr[31:12] == 20'(`SOC_SYS_BASE >> 12);
    wire at_flash = FLASH != 0 && !cpu_we && inside_of(cpu_addr, `SOC_FLASH_BASE, `SOC_FLASH_SIZE);
    wire slow     = at_ram || at_mem || at_npu || at_flash;

    reg        reg_ack_q;
    reg        none_q;      // the register access had no target
    reg [31:0] reg_rdat_q;
    wire       reg_start = cpu_stb && !slow && !reg_ack_q;

    assign ram_stb   = cpu_stb && at_ram;
    assign mem_stb   = cpu_stb && at_mem;
    assign npu_stb   = cpu_stb && at_npu;
    assign flash_stb = cpu_stb && at_flash;
    assign uart_stb  = reg_start && at_uart;
    assign timer_stb = reg_start && at_timer;
    assign sys_stb   = reg_start && at_sys;

    always_ff @(posedge clk) begin
        reg_ack_q  <= rst_n && reg_start;
        none_q     <= !(at_uart || at_timer || at_sys);
        reg_rdat_q <= uart_rdat | timer_rdat | sys_rdat; // blocks not selected give 0
    end

    // Each acknowledges only what it is asked, and stb stays until then: no need to look at the address again.
    assign cpu_ack = ram_ack || mem_ack || npu_ack || flash_ack || reg_ack_q;
    assign fault   = cpu_stb && ((mem_ack && mem_err) || (npu_ack && npu_err) || (reg_ack_q && none_q));
    assign cpu_rdat = fault || cpu_we ? 32'd0
                    : at_ram ? ram_rdat
                    : at_mem ? mem_rdat
                    : at_npu ? npu_rdat
                    : at_flash ? flash_rdat
                    : reg_rdat_q;
endmodule
`default_nettype wire
