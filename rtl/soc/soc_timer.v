// 64-bit clock counter with compare interrupt; registers in soc_map.vh.
// Timing: registers answer in the cycle of the request. Reading MTIME latches the high word for the next read of
// MTIMEH. irq: level, high while MTIME >= MTIMECMP.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "soc_map.vh"
module soc_timer (
    input  wire        clk,
    input  wire        rst_n,
    // Register port: one access per cycle with reg_stb high.
    input  wire        reg_stb,
    input  wire        reg_we,
    input  wire [11:0] reg_addr,
    input  wire [31:0] reg_wdata,
    output wire [31:0] reg_rdata,
    output reg         irq
);
    reg [63:0] mtime_q, mtimecmp_q;
    reg [31:0] high_q;

    wire at_time  = reg_stb && {20'd0, reg_addr} == `SOC_TIMER_MTIME;
    wire at_timeh = reg_stb && {20'd0, reg_addr} == `SOC_TIMER_MTIMEH;
    wire at_cmp   = reg_stb && {20'd0, reg_addr} == `SOC_TIMER_MTIMECMP;
    wire at_cmph  = reg_stb && {20'd0, reg_addr} == `SOC_TIMER_MTIMECMPH;

    always_ff @(posedge clk) begin
        if (!rst_n) begin
            mtime_q    <= 64'd0;
            mtimecmp_q <= 64'hffffffffffffffff;
            high_q     <= 32'd0;
            irq        <= 1'b0;
        end else begin
            mtime_q <= mtime_q + 64'd1;
            irq     <= mtime_q >= mtimecmp_q;
            if (at_time && !reg_we) high_q            <= mtime_q[63:32];
            if (at_cmp && reg_we)   mtimecmp_q[31:0]  <= reg_wdata;
            if (at_cmph && reg_we)  mtimecmp_q[63:32] <= reg_wdata;
        end
    end

    assign reg_rdata = at_time  ? mtime_q[31:0]
                     : at_timeh ? high_q
                     : at_cmp   ? mtimecmp_q[31:0]
                     : at_cmph  ? mtimecmp_q[63:32]
                     : 32'd0;
endmodule
`default_nettype wire
