// npu_mul18 of one style against the product itself, in the widths that the NPU uses, registered and not: corner and random operands.
// Parameter STYLE. Last line: `STYLE s: n products compared, n wrong`.
// SPDX-License-Identifier: Apache-2.0
`timescale 1ns / 1ps
`default_nettype none
module tb_mul18 #(
    parameter STYLE = 0
);
    reg         clk = 1'b0;
    reg  [16:0] a = 17'd0, b = 17'd0;
    wire [33:0] registered;
    wire [31:0] half;
    wire [17:0] nine;
    npu_mul18 #(.STYLE(STYLE), .AW(17), .BW(17)) u_registered (.clk(clk), .a(a), .b(b), .p(registered));
    npu_mul18 #(.STYLE(STYLE), .REG(0), .AW(16), .BW(16)) u_half (.clk(clk), .a(a[15:0]), .b(b[15:0]), .p(half));
    npu_mul18 #(.STYLE(STYLE), .REG(0), .AW(9), .BW(9)) u_nine (.clk(clk), .a(a[8:0]), .b(b[8:0]), .p(nine));

    reg signed [33:0] want = 34'd0;
    wire signed [31:0] want_half = $signed(a[15:0]) * $signed(b[15:0]);
    wire signed [17:0] want_small = $signed(a[8:0]) * $signed(b[8:0]);
    integer steps = 0, compared = 0, wrong = 0, seed = 7;
    function [16:0] operand(input integer step);
        case (step % 8)
            0: operand = 17'h10000;
            1: operand = 17'h0ffff;
            2: operand = 17'h08000;
            3: operand = 17'h00100;
            default: operand = $random(seed);
        endcase
    endfunction
    always #5 clk = ~clk;
    always @(posedge clk) want <= $signed(a) * $signed(b);
    always @(negedge clk) begin
        if (steps > 1) begin
            compared = compared + 3;
            wrong = wrong + (registered !== want) + (half !== want_half) + (nine !== want_small);
        end
        if (steps == 20000) begin
            $display("STYLE %0d: %0d products compared, %0d wrong", STYLE, compared, wrong);
            $finish;
        end
        steps <= steps + 1;
        // the old operands' register was compared above; the new ones show at once at the unregistered products
        a <= operand(steps);
        b <= operand(steps / 8 + steps);
    end
endmodule
`default_nettype wire
