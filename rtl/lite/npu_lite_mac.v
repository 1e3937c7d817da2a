// Two products of npu_lite's array: of one operand and two weights, which stay in the cell.
//
// w_we takes the weights; a is taken every cycle; the products of both stand in the cycle after.
// STYLE 0: left to the tool. STYLE 3: an SB_MAC16 of the iCE40 with its input registers (as npu_mul2). Others: npu_mul2, whose register
// is behind the product or in it.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_lite_mac #(
    parameter STYLE = 0
) (
    input  wire        clk,
    input  wire        w_we,
    input  wire [15:0] w,      // weights 1 and 0
    input  wire [7:0]  a,
    output wire [15:0] prod0,
    output wire [15:0] prod1
);
    generate
        if (STYLE == 3) begin : gen_ice40
            wire unused_co, unused_acc, unused_sign;
            SB_MAC16 #(
                .A_REG(1'b1), .B_REG(1'b1), .TOPOUTPUT_SELECT(2'b10), .BOTOUTPUT_SELECT(2'b10), .MODE_8x8(1'b1),
                .A_SIGNED(1'b1), .B_SIGNED(1'b1)
            ) u_mac (
                .CLK(clk), .CE(1'b1), .A(w), .B({a, a}), .C(16'd0), .D(16'd0), .O({prod1, prod0}),
                .AHOLD(!w_we), .BHOLD(1'b0), .CHOLD(1'b0), .DHOLD(1'b0), .IRSTTOP(1'b0), .IRSTBOT(1'b0), .ORSTTOP(1'b0),
                .ORSTBOT(1'b0), .OLOADTOP(1'b0), .OLOADBOT(1'b0), .ADDSUBTOP(1'b0), .ADDSUBBOT(1'b0), .OHOLDTOP(1'b0),
                .OHOLDBOT(1'b0), .CI(1'b0), .ACCUMCI(1'b0), .SIGNEXTIN(1'b0), .CO(unused_co), .ACCUMCO(unused_acc),
                .SIGNEXTOUT(unused_sign));
        end else if (STYLE != 0) begin : gen_cells
            reg [7:0] w0_q, w1_q;
            always @(posedge clk) if (w_we) {w1_q, w0_q} <= w;
            npu_mul2 #(.STYLE(STYLE)) u_mul (.clk(clk), .en(1'b1), .a0(a), .w0(w0_q), .a1(a), .w1(w1_q), .prod0(prod0), .prod1(prod1));
        end else begin : gen_generic
            reg  signed [7:0]  w0_q, w1_q, a_q;
            wire signed [15:0] product0 = a_q * w0_q;
            wire signed [15:0] product1 = a_q * w1_q;
            always @(posedge clk) begin
                if (w_we) {w1_q, w0_q} <= w;
                a_q <= a;
            end
            assign prod0 = product0;
            assign prod1 = product1;
        end
    endgenerate
endmodule
`default_nettype wire
