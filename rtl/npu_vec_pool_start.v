// First tap address and row step of a POOL, multiplied bit by bit: 16 cycles once in a command, instead of two multipliers.
// Contract: `start` samples nothing: the fields must be stable until `done` pulses; results hold until the next start.
//   first = in_addr + iy0*in_row + ix0,  row_step = sy*in_row   (modulo 2^16)
// No counterpart in cmodel.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_vec_pool_start (
    input  wire        clk,
    input  wire        rst_n,
    input  wire        start,
    input  wire [15:0] in_addr,
    input  wire [15:0] iy0,
    input  wire [15:0] ix0,
    input  wire [15:0] in_row,
    input  wire [7:0]  sy,
    output wire        done,
    output wire [15:0] first,
    output wire [15:0] row_step
);
    reg        busy_q;
    reg [3:0]  bit_q;
    reg [15:0] first_q, step_q, row_q, iy_q;
    reg [7:0]  sy_q;
    assign done     = busy_q && bit_q == 4'd15;
    assign first    = first_q + (iy_q[0] ? row_q : 16'd0);
    assign row_step = step_q + (sy_q[0] ? row_q : 16'd0);
    always_ff @(posedge clk)
        if (!rst_n) begin
            busy_q  <= 1'b0;
            bit_q   <= 4'd0;
            first_q <= 16'd0;
            step_q  <= 16'd0;
            row_q   <= 16'd0;
            iy_q    <= 16'd0;
            sy_q    <= 8'd0;
        end else if (start) begin
            busy_q  <= 1'b1;
            bit_q   <= 4'd0;
            first_q <= in_addr + ix0;
            step_q  <= 16'd0;
            row_q   <= in_row;
            iy_q    <= iy0;
            sy_q    <= sy;
        end else if (busy_q) begin
            busy_q  <= !done;
            bit_q   <= bit_q + 4'd1;
            first_q <= first;
            step_q  <= row_step;
            row_q   <= {row_q[14:0], 1'b0};
            iy_q    <= {1'b0, iy_q[15:1]};
            sy_q    <= {1'b0, sy_q[7:1]};
        end
endmodule
`default_nettype wire
