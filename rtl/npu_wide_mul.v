// One multiplication of the wide rows' pipeline: y = rdbpot(sat32((shl(x) * m + add) >>> k), rsh), a stage each for shift, products,
// sums (two), k, and the rounding shift (two).
// Contract: one operand set a cycle while `en`; out seven enabled cycles later, `full` (shl(x) * m + add, 64 bits) four, `high`
// (shifted by k, saturated) five. Every input belongs to the operand set of the same cycle, but for in_add, which is read with the products:
// two enabled cycles later. in_sat: the left shift saturates, else it is modulo 2^32. in_uns: x and m are unsigned, and not shifted.
// in_k: 0 31, 1 30, 2 18, 3 14. in_zero: the result is 0. No reset: data only.
// Counterpart: cmodel/ref/ref_wide.c, ref_wide_scale and shift_round.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_wide_mul (
    input  wire        clk,
    input  wire        en,
    input  wire [31:0] in_x,
    input  wire [31:0] in_m,
    input  wire [4:0]  in_lsh,
    input  wire        in_sat,
    input  wire        in_uns,
    input  wire [1:0]  in_k,
    input  wire [4:0]  in_rsh,
    input  wire        in_zero,
    input  wire [63:0] in_add,
    output wire [63:0] full,
    output wire [31:0] high,
    output wire [31:0] out
);
    // 1: left shift; it loses nothing when all bits down to the new sign are the sign
    wire signed [62:0] shifted = $signed({{31{in_x[31]}}, in_x}) <<< in_lsh;
    wire               lost = in_sat && shifted[62:31] != {32{in_x[31]}};
    reg [31:0] x1_q, m1_q;
    reg        uns1_q, zero1_q, zero2_q, zero3_q, zero4_q, zero5_q;
    reg [1:0]  k1_q, k2_q, k3_q, k4_q;
    reg [4:0]  rsh1_q, rsh2_q, rsh3_q, rsh4_q, rsh5_q;
    always_ff @(posedge clk)
        if (en) begin
            x1_q    <= lost ? {in_x[31], {31{~in_x[31]}}} : shifted[31:0];
            m1_q    <= in_m;
            uns1_q  <= in_uns;
            zero1_q <= in_zero;
            zero2_q <= zero1_q;
            zero3_q <= zero2_q;
            zero4_q <= zero3_q;
            zero5_q <= zero4_q;
            k1_q    <= in_k;
            k2_q    <= k1_q;
            k3_q    <= k2_q;
            k4_q    <= k3_q;
            rsh1_q  <= in_rsh;
            rsh2_q  <= rsh1_q;
            rsh3_q  <= rsh2_q;
            rsh4_q  <= rsh3_q;
            rsh5_q  <= rsh4_q;
        end

    // 2: products
    wire signed [16:0] xh = {x1_q[31] & ~uns1_q, x1_q[31:16]};
    wire signed [16:0] xl = {1'b0, x1_q[15:0]};
    wire signed [16:0] mh = {m1_q[31] & ~uns1_q, m1_q[31:16]};
    wire signed [16:0] ml = {1'b0, m1_q[15:0]};
    reg signed [33:0] hh2_q, hl2_q, lh2_q, ll2_q;
    always_ff @(posedge clk)
        if (en) begin
            hh2_q <= xh * mh;
            hl2_q <= xh * ml;
            lh2_q <= xl * mh;
            ll2_q <= xl * ml;
        end

    // 3, 4: sums
    wire [34:0] mid = {hl2_q[33], hl2_q} + {lh2_q[33], lh2_q};
    reg [63:0] base3_q, p4_q;
    reg [34:0] mid3_q;
    always_ff @(posedge clk)
        if (en) begin
            base3_q <= {hh2_q[31:0], ll2_q[31:0]} + in_add;
            mid3_q  <= mid;
            p4_q    <= base3_q + {{13{mid3_q[34]}}, mid3_q, 16'd0};
        end
    assign full = p4_q;

    // 5: to 32 bits
    wire signed [49:0] p14 = p4_q[63:14];
    wire signed [49:0] part = k4_q == 2'd0 ? p14 >>> 17 : k4_q == 2'd1 ? p14 >>> 16 : k4_q == 2'd2 ? p14 >>> 4 : p14;
    reg [31:0] r5_q;
    always_ff @(posedge clk)
        if (en) r5_q <= part[49:31] == {19{part[49]}} ? part[31:0] : {part[49], {31{~part[49]}}};
    assign high = r5_q;

    // 6, 7: rounding right shift, ties away from zero
    wire signed [32:0] doubled = {r5_q, 1'b0};
    wire [32:0] right  = doubled >>> rsh5_q;
    wire [31:0] below  = ~(32'hffff_ffff << rsh5_q) >> 1;
    wire        sticky = |(r5_q & below);
    reg  [31:0] q6_q, out_q;
    reg         inc6_q;
    always_ff @(posedge clk)
        if (en) begin
            q6_q   <= zero5_q ? 32'd0 : right[32:1];
            inc6_q <= !zero5_q && right[0] && (!r5_q[31] || sticky);
            out_q  <= q6_q + {31'd0, inc6_q};
        end
    assign out = out_q;

    wire unused = &{1'b0, hh2_q[33:32], ll2_q[33:32], p4_q[13:0]};
endmodule
`default_nettype wire
