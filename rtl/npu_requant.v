// One requantise lane, fully pipelined: y = add + x, then shift left, multiply high, shift right.
//   divide = 0:  out = rdbpot(srdhm((x + add) << lsh, mult) + late, rsh)             TFLite's double rounding
//   divide = 1:  out = sign(x) * min((((|x| + add) << lsh) * mult >> 31) >> rsh, 2^31-1)   no rounding, mult >= 0
// Contract: one operand set a cycle, result exactly 7 cycles later, no stall, no reset (data only). in_late comes 3 cycles
// after the rest (with LATE; else it is 0; not where the product saturates). Sums and left shifts modulo 2^32; lsh >= 32 gives 0; mult is signed (-2^31 * -2^31 saturates as in gemmlowp); rsh 0..31.
// srdhm is (a*b + 2^30) >>> 31, built from four 17x17 products, so that each fits one 18x18 multiplier.
// Counterpart: cmodel/ref/ref_arith.h, ref_requant (lsh = max(shift, 0), rsh = max(-shift, 0)).
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_requant #(
    parameter LATE = 0,      // 1: with in_late
    parameter MUL_STYLE = 0  // npu_mul18
) (
    input  wire        clk,
    input  wire [31:0] in_x,
    input  wire [31:0] in_add,
    input  wire [31:0] in_mult,
    input  wire [5:0]  in_lsh,
    input  wire [4:0]  in_rsh,
    input  wire        in_divide,
    input  wire [31:0] in_late,
    output wire [31:0] out
);
    // 1: bias, or magnitude + nudge
    wire neg = in_divide & in_x[31];
    reg [31:0] y1_q, m1_q;
    reg [5:0]  lsh1_q;
    // right shift, divide, sign of the dividend: carried to the stage that uses them
    reg [4:0] rsh1_q, rsh2_q, rsh3_q, rsh4_q, rsh5_q;
    reg [1:0] dn1_q, dn2_q, dn3_q, dn4_q, dn5_q;  // {divide, negative}
    always_ff @(posedge clk) begin
        y1_q   <= (in_x ^ {32{neg}}) + in_add + {31'd0, neg};
        m1_q   <= in_mult;
        lsh1_q <= in_lsh;
        rsh1_q <= in_rsh;
        rsh2_q <= rsh1_q;
        rsh3_q <= rsh2_q;
        rsh4_q <= rsh3_q;
        rsh5_q <= rsh4_q;
        dn1_q  <= {in_divide, neg};
        dn2_q  <= dn1_q;
        dn3_q  <= dn2_q;
        dn4_q  <= dn3_q;
        dn5_q  <= dn4_q;
    end

    // 2: left shift
    reg [31:0] x2_q, m2_q;
    always_ff @(posedge clk) begin
        x2_q <= lsh1_q[5] ? 32'd0 : y1_q << lsh1_q[4:0];
        m2_q <= m1_q;
    end

    // 3: products; the upper half of x is unsigned when dividing
    wire signed [16:0] xh = {x2_q[31] & ~dn2_q[1], x2_q[31:16]};
    wire signed [16:0] xl = {1'b0, x2_q[15:0]};
    wire signed [16:0] mh = {m2_q[31], m2_q[31:16]};
    wire signed [16:0] ml = {1'b0, m2_q[15:0]};
    wire signed [33:0] hh3_q, hl3_q, lh3_q, ll3_q;  // the multipliers' registers
    npu_mul18 #(.STYLE(MUL_STYLE), .AW(17), .BW(17)) u_hh (.clk(clk), .a(xh), .b(mh), .p(hh3_q));
    npu_mul18 #(.STYLE(MUL_STYLE), .AW(17), .BW(17)) u_hl (.clk(clk), .a(xh), .b(ml), .p(hl3_q));
    npu_mul18 #(.STYLE(MUL_STYLE), .AW(17), .BW(17)) u_lh (.clk(clk), .a(xl), .b(mh), .p(lh3_q));
    npu_mul18 #(.STYLE(MUL_STYLE), .AW(17), .BW(17)) u_ll (.clk(clk), .a(xl), .b(ml), .p(ll3_q));
    reg sat3_q, sat4_q;
    always_ff @(posedge clk) begin
        sat3_q <= x2_q == 32'h8000_0000 && m2_q == 32'h8000_0000 && !dn2_q[1];
        sat4_q <= sat3_q;
    end

    // 4: middle products and the nudge 2^30 (2^14 at weight 2^16)
    reg [31:0] hh4_q;
    reg [15:0] ll4_q;
    reg [47:0] mid4_q;
    wire [32:0] outer = {hh3_q[31:0], ll3_q[31]} + (LATE != 0 ? {in_late[31], in_late} : 33'd0);  // late at weight 2^31
    wire [34:0] mid = {hl3_q[33], hl3_q} + {lh3_q[33], lh3_q} + {20'd0, ~dn3_q[1], 14'd0};
    always_ff @(posedge clk) begin
        hh4_q  <= outer[32:1];
        ll4_q  <= {outer[0], ll3_q[30:16]};
        mid4_q <= {{13{mid[34]}}, mid};
    end

    // 5: product bits 62..31
    wire [47:0] total = {hh4_q, ll4_q} + mid4_q;  // product >> 16
    reg  [31:0] r5_q;
    always_ff @(posedge clk) r5_q <= sat4_q ? 32'h7fff_ffff : total[46:15];

    // 6: right shift; the bit below the result, and whether any bit is left under that one: what each step of the shift drops
    wire        top  = r5_q[31] & ~dn5_q[1];
    wire [33:0] from = {top, r5_q, 1'b0};
    wire [33:0] by16 = rsh5_q[4] ? {{16{top}}, from[33:16]} : from;
    wire [33:0] by8  = rsh5_q[3] ? {{8{top}}, by16[33:8]} : by16;
    wire [33:0] by4  = rsh5_q[2] ? {{4{top}}, by8[33:4]} : by8;
    wire [33:0] by2  = rsh5_q[1] ? {{2{top}}, by4[33:2]} : by4;
    wire [33:0] shifted = rsh5_q[0] ? {top, by2[33:1]} : by2;
    wire        sticky = (rsh5_q[4] && |from[15:0]) || (rsh5_q[3] && |by16[7:0]) || (rsh5_q[2] && |by8[3:0])
                       || (rsh5_q[1] && |by4[1:0]) || (rsh5_q[0] && by2[0]);
    reg  [31:0] q6_q;
    reg         inc6_q;
    always_ff @(posedge clk) begin
        q6_q   <= (dn5_q[1] && shifted[32] ? 32'h7fff_ffff : shifted[32:1]) ^ {32{dn5_q[0]}};
        inc6_q <= dn5_q[1] ? dn5_q[0] : shifted[0] & (~r5_q[31] | sticky);
    end

    // 7: round, or restore the sign
    reg [31:0] out_q;
    always_ff @(posedge clk) out_q <= q6_q + {31'd0, inc6_q};
    assign out = out_q;

    wire unused = &{1'b0, in_late, hh3_q[33:32], ll3_q[33:32], ll3_q[15:0], total[47], total[14:0], shifted[33]};
endmodule
`default_nettype wire
