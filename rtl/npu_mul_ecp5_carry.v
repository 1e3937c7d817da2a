// One signed 8 x 8 product from ECP5 carry chains: 36 CCU2C and 7 LUTs. Result one step after the operands (steps: en = 1).
//
// A CCU2C half computes S = f(A,B,C,D) ^ carry, and passes the carry where f = 1, else yields f(A,B,0,0): with
// f = AB ^ CD, one chain adds two rows of the product with their ANDs inside. Four such chains make a times two bits of w each:
//   pair k = a * w[2k] + 2a * w[2k+1], k = 0..2;   pair 3 = a * w[6] - 2a * w[7]     (10 bits signed)
// and three adders sum them. The register stage lies between: pairs (0,1) and (2,3) are added before it, the two sums after.
// The negative row is inverted (f = ~AB ^ CD, the inverted term on A, B), and the 1 it still needs is a carry into bit 1.
// A chain that starts with CIN from a net costs a cell more, so half 0 of each makes the first carry and bit 0 is a LUT: here f = 0
// with C = D = 1, and f(A,B,0,0) is the carry: 0, 1 for the negative row, AB in an adder (npu_add_ecp5).
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_mul_ecp5_carry (
    input  wire               clk,
    input  wire               en,
    input  wire signed [7:0]  a,
    input  wire signed [7:0]  w,
    output wire signed [15:0] prod
);
    wire [39:0] pairs;  // pair k at 10k
    genvar k, h;
    generate
        for (k = 0; k < 4; k = k + 1) begin : gen_pair
            localparam NEGATIVE = k == 3;
            wire [5:0] carry;
            wire       unused = &{1'b0, carry[5]};
            assign pairs[10*k] = a[0] & w[2*k];
            for (h = 0; h < 5; h = h + 1) begin : gen_cell
                // Bits 2h and 2h + 1 of the pair.
                localparam LO = h == 4 ? 7 : 2 * h, HI = h == 4 ? 7 : 2 * h + 1, BELOW = h == 0 ? 0 : 2 * h - 1;
                if (h == 0) begin : gen_first
                    CCU2C #(.INIT0(NEGATIVE ? 16'h000f : 16'h0000), .INIT1(NEGATIVE ? 16'h8777 : 16'h7888),
                            .INJECT1_0("NO"), .INJECT1_1("NO")) u_cell (
                        .CIN(1'bx), .COUT(carry[1]), .A0(1'b0), .B0(1'b0), .C0(1'b1), .D0(1'b1),
                        .A1(a[0]), .B1(w[2*k+1]), .C1(a[1]), .D1(w[2*k]), .S1(pairs[10*k+1]));
                end else begin : gen_next
                    CCU2C #(.INIT0(NEGATIVE ? 16'h8777 : 16'h7888), .INIT1(NEGATIVE ? 16'h8777 : 16'h7888),
                            .INJECT1_0("NO"), .INJECT1_1("NO")) u_cell (
                        .CIN(carry[h]), .COUT(carry[h+1]), .A0(a[BELOW]), .B0(w[2*k+1]), .C0(a[LO]), .D0(w[2*k]),
                        .A1(a[LO]), .B1(w[2*k+1]), .C1(a[HI]), .D1(w[2*k]), .S0(pairs[10*k+2*h]), .S1(pairs[10*k+2*h+1]));
                end
            end
        end
    endgenerate

    // Sums of 12 bits signed: a times the lower, the upper half of w.
    reg signed [11:0] lower_q, upper_q;
    wire [9:0]  lower, upper;
    wire [11:0] high;
    npu_add_ecp5 #(.WIDTH(10)) u_lower (.x({{2{pairs[9]}}, pairs[9:2]}), .y(pairs[19:10]), .sum(lower));
    npu_add_ecp5 #(.WIDTH(10)) u_upper (.x({{2{pairs[29]}}, pairs[29:22]}), .y(pairs[39:30]), .sum(upper));
    npu_add_ecp5 #(.WIDTH(12)) u_high (.x({{4{lower_q[11]}}, lower_q[11:4]}), .y(upper_q), .sum(high));
    always @(posedge clk)
        if (en) begin
            lower_q <= {lower, pairs[1:0]};
            upper_q <= {upper, pairs[21:20]};
        end
    assign prod = {high, lower_q[3:0]};
endmodule
`default_nettype wire
