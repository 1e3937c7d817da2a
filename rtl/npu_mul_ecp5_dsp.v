// One signed 8 x 8 product in an ECP5 MULT18X18D, the product in its output register. Result one step after the operands
// (steps: en = 1). Counterpart: npu_mul2, generic.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_mul_ecp5_dsp (
    input  wire               clk,
    input  wire               en,
    input  wire signed [7:0]  a,
    input  wire signed [7:0]  w,
    output wire signed [15:0] prod
);
    MULT18X18D #(
        .REG_INPUTA_CLK("NONE"), .REG_INPUTB_CLK("NONE"), .REG_INPUTC_CLK("NONE"), .REG_PIPELINE_CLK("NONE"),
        .REG_OUTPUT_CLK("CLK0"), .REG_OUTPUT_CE("CE0"), .REG_OUTPUT_RST("RST0"), .GSR("DISABLED")
    ) u_mul (
        .A0(a[0]), .A1(a[1]), .A2(a[2]), .A3(a[3]), .A4(a[4]), .A5(a[5]), .A6(a[6]), .A7(a[7]), .A8(a[7]), .A9(a[7]),
        .A10(a[7]), .A11(a[7]), .A12(a[7]), .A13(a[7]), .A14(a[7]), .A15(a[7]), .A16(a[7]), .A17(a[7]), .B0(w[0]),
        .B1(w[1]), .B2(w[2]), .B3(w[3]), .B4(w[4]), .B5(w[5]), .B6(w[6]), .B7(w[7]), .B8(w[7]), .B9(w[7]), .B10(w[7]),
        .B11(w[7]), .B12(w[7]), .B13(w[7]), .B14(w[7]), .B15(w[7]), .B16(w[7]), .B17(w[7]), .SIGNEDA(1'b1),
        .SIGNEDB(1'b1), .SOURCEA(1'b0), .SOURCEB(1'b0), .CLK0(clk), .CE0(en), .RST0(1'b0), .P0(prod[0]), .P1(prod[1]),
        .P2(prod[2]), .P3(prod[3]), .P4(prod[4]), .P5(prod[5]), .P6(prod[6]), .P7(prod[7]), .P8(prod[8]),
        .P9(prod[9]), .P10(prod[10]), .P11(prod[11]), .P12(prod[12]), .P13(prod[13]), .P14(prod[14]), .P15(prod[15])
    );
endmodule
`default_nettype wire
