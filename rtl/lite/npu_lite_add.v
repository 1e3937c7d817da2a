// sum = first ? b : a + b, modulo 2^32: one LUT a bit.
//
// STYLE 0: left to the tool, which takes two LUTs a bit on an iCE40. STYLE 3: SB_CARRY and SB_LUT4; the LUT of the adder has an input
// left for `first`.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_lite_add #(
    parameter STYLE = 0
) (
    input  wire        first,
    input  wire [31:0] a,
    input  wire [31:0] b,
    output wire [31:0] sum
);
    genvar i;
    generate
        if (STYLE == 3) begin : gen_ice40
            wire [32:0] carry;
            assign carry[0] = 1'b0;
            for (i = 0; i < 32; i = i + 1) begin : gen_bit
                SB_CARRY u_carry (.CO(carry[i+1]), .I0(a[i]), .I1(b[i]), .CI(carry[i]));
                // I0 = first, I1 = a, I2 = b, I3 = carry: I0 ? I2 : I1 ^ I2 ^ I3
                SB_LUT4 #(.LUT_INIT(16'b1110_0001_1011_0100)) u_lut (.O(sum[i]), .I0(first), .I1(a[i]), .I2(b[i]), .I3(carry[i]));
            end
            wire unused = &{1'b0, carry[32]};
        end else begin : gen_generic
            assign sum = (first ? 32'd0 : a) + b;
        end
    endgenerate
endmodule
`default_nettype wire
