// chained_mac beside its netlist, module netlist. Last line: `chained: n steps compared, n wrong`.
// SPDX-License-Identifier: Apache-2.0
`timescale 1ns / 1ps
`default_nettype none
module tb_chained;
    reg         clk = 1'b0;
    reg  [31:0] r = 0;
    wire [19:0] sum, want;
    integer     steps, wrong = 0, seed = 6;
    chained_mac model (.clk(clk), .a0(r[7:0]), .w0(r[15:8]), .a1(r[23:16]), .w1(r[31:24]), .sum_q(want));
    netlist dut (.clk(clk), .a0(r[7:0]), .w0(r[15:8]), .a1(r[23:16]), .w1(r[31:24]), .sum_q(sum));
    initial begin
        for (steps = 0; steps < 1000; steps = steps + 1) begin
            r = $random(seed);
            #5 clk = 1'b1;
            #5 clk = 1'b0;
            if (steps > 4 && sum !== want) wrong = wrong + 1;
        end
        $display("chained: %0d steps compared, %0d wrong", steps, wrong);
    end
endmodule
`default_nettype wire
