// System registers: exit code to the outside, clock rate, memory size, place of the boot image, record of failed data accesses; registers in
// soc_map.vh. Why the record: the CPU's data bus has no error response, so a failed access completes with data 0 and
// is told by interrupt and by this register instead.
// Timing: registers answer in the cycle of the request. finish_valid is high from a write
// to FINISH with bit 31 clear until one with bit 31 set.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "soc_map.vh"
module soc_sys #(
    parameter int CLK_HZ = 50000000,
    parameter [31:0] MEM_SIZE = 32'h04000000,    // bytes of main memory
    parameter [31:0] FLASH_OFFSET = 32'hffffffff // of the boot image; all ones: no flash
) (
    input  wire        clk,
    input  wire        rst_n,
    // Register port: one access per cycle with reg_stb high.
    input  wire        reg_stb,
    input  wire        reg_we,
    input  wire [11:0] reg_addr,
    input  wire [31:0] reg_wdata,
    output reg  [31:0] reg_rdata,
    // fault: pulse, a data access to fault_addr failed.
    input  wire        fault,
    input  wire [31:0] fault_addr,
    output wire        irq,
    output reg         finish_valid,
    output reg  [31:0] finish_code
);
    reg        fault_q;
    reg [31:0] fault_addr_q;

    wire at_finish = reg_stb && {20'd0, reg_addr} == `SOC_SYS_FINISH;
    wire at_fault  = reg_stb && {20'd0, reg_addr} == `SOC_SYS_FAULT;

    always_ff @(posedge clk) begin
        if (!rst_n) begin
            fault_q      <= 1'b0;
            fault_addr_q <= 32'd0;
            finish_valid <= 1'b0;
            finish_code  <= 32'd0;
        end else begin
            if (at_fault && reg_we && reg_wdata[0]) fault_q <= 1'b0;
            if (fault && !fault_q) begin
                fault_q      <= 1'b1;
                fault_addr_q <= fault_addr;
            end
            if (at_finish && reg_we) begin
                finish_valid <= !reg_wdata[31];
                finish_code  <= reg_wdata;
            end
        end
    end
    assign irq = fault_q;

    always_comb begin
        reg_rdata = 32'd0;
        if (reg_stb) begin
            case ({20'd0, reg_addr})
                `SOC_SYS_FINISH:     reg_rdata = finish_code;
                `SOC_SYS_CLK_HZ:     reg_rdata = CLK_HZ;
                `SOC_SYS_MEM_SIZE:   reg_rdata = MEM_SIZE;
                `SOC_SYS_FLASH:      reg_rdata = FLASH_OFFSET;
                `SOC_SYS_FAULT:      reg_rdata = {31'd0, fault_q};
                `SOC_SYS_FAULT_ADDR: reg_rdata = fault_addr_q;
                default:             reg_rdata = 32'd0;
            endcase
        end
    end
endmodule
`default_nettype wire
