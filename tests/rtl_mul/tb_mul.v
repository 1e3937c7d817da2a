// All 65,536 products of one style of npu_mul2 against the product itself, in both halves, with random pauses (en = 0).
// Parameter STYLE. Last line: `STYLE s: n products compared, n wrong`.
// SPDX-License-Identifier: Apache-2.0
`timescale 1ns / 1ps
`default_nettype none
module tb_mul #(
    parameter STYLE = 0
);
    reg         clk = 1'b0, en = 1'b0;
    reg  [15:0] count = 16'd0;
    wire [7:0]  a0 = count[7:0], w0 = count[15:8];
    wire [7:0]  a1 = ~count[15:8], w1 = count[7:0];  // all pairs too, in another order
    wire [15:0] prod0, prod1;
    npu_mul2 #(.STYLE(STYLE)) dut (
        .clk(clk), .en(en), .a0(a0), .w0(w0), .a1(a1), .w1(w1), .prod0(prod0), .prod1(prod1));

    // Operands change at negedge; a rising edge with en = 1 is a step, whose product must stand from then to the next step.
    reg signed [15:0] want0, want1;
    integer steps = 0, wrong = 0, seed = 4;
    always #5 clk = ~clk;
    always @(posedge clk)
        if (en) begin
            want0 <= $signed(a0) * $signed(w0);
            want1 <= $signed(a1) * $signed(w1);
            steps <= steps + 1;
        end
    always @(negedge clk) begin
        if (steps > 0 && (prod0 !== want0 || prod1 !== want1)) begin
            wrong = wrong + 1;
            if (wrong < 4) $display("STYLE %0d: step %0d: %0d and %0d, want %0d and %0d", STYLE, steps, $signed(prod0),
                                    $signed(prod1), want0, want1);
        end
        if (steps == 65536) begin
            $display("STYLE %0d: %0d products compared, %0d wrong", STYLE, 2 * steps, wrong);
            $finish;
        end
        if (en) count <= count + 16'd1;
        else count <= count;
        en <= $random(seed) % 4 != 0;
    end
endmodule
`default_nettype wire
