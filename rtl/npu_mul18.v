// A signed product of up to 18 x 18 bits: combinational (REG = 0) or with one register, no enable (REG = 1).
//
// STYLE as in npu_mul2: 4 instantiates Gowin's MULT18X18, which Yosys 0.23 does not infer; in all others the product is
// left to the tool, which makes a multiplier cell of it where the family has one.
// No counterpart in cmodel.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_mul18 #(
    parameter STYLE = 0,
    parameter REG = 1,
    parameter AW = 18,
    parameter BW = 18
) (
    input  wire             clk,
    input  wire [AW-1:0]    a,
    input  wire [BW-1:0]    b,
    output wire [AW+BW-1:0] p
);
    generate
        if (STYLE == 4) begin : gen_gowin
            wire [35:0] full;
            wire [17:0] unused_soa, unused_sob;
            wire        unused = &{1'b0, full};
            MULT18X18 #(.AREG(1'b0), .BREG(1'b0), .PIPE_REG(1'b0), .OUT_REG(REG != 0), .ASIGN_REG(1'b0), .BSIGN_REG(1'b0),
                        .SOA_REG(1'b0), .MULT_RESET_MODE("SYNC")) u_mul (
                .A({{(18 - AW + 1) {a[AW-1]}}, a[AW-2:0]}), .B({{(18 - BW + 1) {b[BW-1]}}, b[BW-2:0]}), .SIA(18'd0), .SIB(18'd0),
                .ASIGN(1'b1), .BSIGN(1'b1), .ASEL(1'b0), .BSEL(1'b0), .CE(1'b1), .CLK(clk), .RESET(1'b0), .DOUT(full),
                .SOA(unused_soa), .SOB(unused_sob));
            assign p = full[AW+BW-1:0];
        end else begin : gen_generic
            wire signed [AW-1:0]    sa = a;
            wire signed [BW-1:0]    sb = b;
            wire signed [AW+BW-1:0] product = sa * sb;
            if (REG != 0) begin : gen_register
                reg signed [AW+BW-1:0] product_q;
                always @(posedge clk) product_q <= product;
                assign p = product_q;
            end else begin : gen_wire
                wire unused = &{1'b0, clk};
                assign p = product;
            end
        end
    endgenerate
endmodule
`default_nettype wire
