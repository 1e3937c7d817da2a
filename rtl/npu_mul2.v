// Two independent signed 8 x 8 products with one register stage: product of the operands of step s at prod in step s + 1.
//
// STYLE says what they are made of; every style computes the same (tests/rtl_mul: all 65,536 products of each).
//   0 generic: the tool's choice, and what simulation uses     1 ECP5, carry chains (npu_mul_ecp5_carry)
//   2 ECP5, a MULT18X18D each, product in its register         3 iCE40 UltraPlus, one SB_MAC16 for both, as two 8 x 8
//   4 Gowin, a MULT9X9 each, product in its register
// The vendors' cells are instantiated, not inferred: synth_ice40 -dsp of Yosys 0.23 silently miscompiles chained registered
// multiply-accumulates, and synth_ecp5 packs no registers into a MULT18X18D.
// Counterpart: the product in the inner sum of CONV in cmodel/npu.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_mul2 #(
    parameter STYLE = 0
) (
    input  wire        clk,
    input  wire        en,
    input  wire [7:0]  a0,
    input  wire [7:0]  w0,
    input  wire [7:0]  a1,
    input  wire [7:0]  w1,
    output wire [15:0] prod0,
    output wire [15:0] prod1
);
    genvar i;
    generate
        if (STYLE == 3) begin : gen_ice40
            wire unused_co, unused_acc, unused_sign;
            SB_MAC16 #(
                .TOP_8x8_MULT_REG(1'b1), .BOT_8x8_MULT_REG(1'b1), .PIPELINE_16x16_MULT_REG1(1'b1),
                .PIPELINE_16x16_MULT_REG2(1'b1), .TOPOUTPUT_SELECT(2'b10), .BOTOUTPUT_SELECT(2'b10), .MODE_8x8(1'b1),
                .A_SIGNED(1'b1), .B_SIGNED(1'b1)
            ) u_mac (
                .CLK(clk), .CE(en), .A({a1, a0}), .B({w1, w0}), .C(16'd0), .D(16'd0), .O({prod1, prod0}),
                .AHOLD(1'b0), .BHOLD(1'b0), .CHOLD(1'b0), .DHOLD(1'b0), .IRSTTOP(1'b0), .IRSTBOT(1'b0), .ORSTTOP(1'b0),
                .ORSTBOT(1'b0), .OLOADTOP(1'b0), .OLOADBOT(1'b0), .ADDSUBTOP(1'b0), .ADDSUBBOT(1'b0), .OHOLDTOP(1'b0),
                .OHOLDBOT(1'b0), .CI(1'b0), .ACCUMCI(1'b0), .SIGNEXTIN(1'b0), .CO(unused_co), .ACCUMCO(unused_acc),
                .SIGNEXTOUT(unused_sign));
        end else begin : gen_each
            for (i = 0; i < 2; i = i + 1) begin : gen_mul
                wire signed [7:0]  a = i == 0 ? a0 : a1;
                wire signed [7:0]  w = i == 0 ? w0 : w1;
                wire signed [15:0] prod;
                if (STYLE == 1) begin : gen_carry
                    npu_mul_ecp5_carry u_mul (.clk(clk), .en(en), .a(a), .w(w), .prod(prod));
                end else if (STYLE == 2) begin : gen_ecp5
                    npu_mul_ecp5_dsp u_mul (.clk(clk), .en(en), .a(a), .w(w), .prod(prod));
                end else if (STYLE == 4) begin : gen_gowin
                    wire [1:0] unused_high;
                    wire [8:0] unused_soa, unused_sob;
                    MULT9X9 #(.AREG(1'b0), .BREG(1'b0), .PIPE_REG(1'b0), .OUT_REG(1'b1), .ASIGN_REG(1'b0), .BSIGN_REG(1'b0),
                              .SOA_REG(1'b0), .MULT_RESET_MODE("SYNC")) u_mul (
                        .A({a[7], a}), .B({w[7], w}), .SIA(9'd0), .SIB(9'd0), .ASIGN(1'b1), .BSIGN(1'b1), .ASEL(1'b0),
                        .BSEL(1'b0), .CE(en), .CLK(clk), .RESET(1'b0), .DOUT({unused_high, prod}), .SOA(unused_soa),
                        .SOB(unused_sob));
                end else begin : gen_generic
                    reg signed [15:0]  prod_q;
                    wire signed [15:0] product = a * w;
                    always @(posedge clk) if (en) prod_q <= product;
                    assign prod = prod_q;
                end
            end
            assign prod0 = gen_mul[0].prod;
            assign prod1 = gen_mul[1].prod;
        end
    endgenerate
endmodule
`default_nettype wire
