// One lane of the wide rows' pipeline: table of 2^-d or of the logistic function, then two multiplications, then a sum or a clamp.
// Contract: one element a cycle while `en`. in_* is registered (stage 0); the first product's result r1 is there after stage 10,
// the second's r2 seven stages later, out_wide and out_byte one more. With is_rotate the second multiplication takes stage 5's operands instead of r1
// and all of its results come five stages earlier. Signals of the command stay while elements are in the pipeline; the others belong to the element at
// their stage: passes follow each other without a gap.
//          x         b            c           r1                      r2
//  drain   sum       multiplier   old value   requant(x, b)           wide_scale(r1, scale)         out_wide = r2 + old
//  norm 1  x         gain         x           srdhm(x, gain)          square = x * x
//  quant   x         gain         -           srdhm(x, gain) or x     to int8 by scale              out_byte
//  exp     score     -            vmax        2^(x - max)             srdhm(r1, vmax) or r1
//  silu    u         -            v           u * logistic(u)         r1 * v
//  rotate  x         {sin, cos}   partner     -                       x * cos +- partner * sin, five stages earlier
// Counterpart: cmodel/ref/ref_wide.c.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_wide_lane (
    input  wire        clk,
    input  wire        en,
    input  wire [31:0] in_x,
    input  wire [31:0] in_b,
    input  wire [31:0] in_c,
    input  wire        in_odd,      // rotate: second of its pair
    // of the command
    input  wire        is_silu,
    input  wire        is_rotate,
    input  wire        by_one,      // first multiplication by 1 instead of b
    input  wire [4:0]  lsh1,
    input  wire [4:0]  rsh1,
    input  wire        add_old,
    // of the elements at stages 0, 2 and 3
    input  wire        exp0,
    input  wire        exp2,
    input  wire        exp3,
    input  wire [31:0] max,         // at stage 0
    // of the element at stage 10
    input  wire        m2_c,        // second multiplication by c
    input  wire        m2_one,      // ... by 1
    input  wire        m2_square,   // ... of c by c
    input  wire [31:0] scale_m,
    input  wire [4:0]  scale_lsh,
    input  wire [4:0]  scale_rsh,
    input  wire        scale_zero,
    // of the element two stages further
    input  wire        add_one,     // m2_one
    input  wire        add_none,    // m2_square
    output wire [31:0] r1,
    output wire [31:0] r2,
    output wire [63:0] square,
    output wire [31:0] out_wide,
    output wire [7:0]  out_byte
);
    // ---------------------------------------------------------------- 0 .. 3: table
    reg [31:0] x0_q, b0_q, x1_q, b1_q, x2_q, b2_q, x3_q, b3_q;
    reg        odd0_q, odd1_q, odd2_q, odd3_q;
    wire [31:0] below = max - x0_q;
    wire [31:0] flipped = x0_q ^ {32{x0_q[31]}};
    wire [31:0] magnitude = flipped + {31'd0, x0_q[31] && flipped != 32'h7fff_ffff};
    reg  [13:0] low1_q;
    reg  [11:0] whole1_q, whole2_q;
    reg         full1_q, full2_q;  // logistic of 16 and more
    wire [56:0] entry;  // {to the next one, value}
    npu_wide_rom u_rom (.clk(clk), .en(en), .addr(exp0 ? {1'b0, below[19:12]} : {1'b1, magnitude[21:14]}), .data(entry));

    reg [30:0] value2_q;
    reg signed [40:0] slope2_q;
    wire signed [25:0] step1 = entry[56:31];
    wire signed [14:0] low1  = {1'b0, low1_q};
    wire signed [40:0] half2 = exp2 ? 41'sd2048 : 41'sd8192;
    wire signed [40:0] risen = slope2_q + half2;
    wire [31:0] rise2 = exp2 ? {{3{risen[40]}}, risen[40:12]} : {{5{risen[40]}}, risen[40:14]};
    wire        neg2  = !exp2 && x2_q[31];
    wire [31:0] y2    = (neg2 ? 32'h4000_0000 - {1'b0, value2_q} : {1'b0, value2_q}) + (rise2 ^ {32{neg2}}) + {31'd0, neg2};
    reg  [31:0] y3_q;
    reg  [4:0]  rsh3_q;
    reg         zero3_q;
    always_ff @(posedge clk)
        if (en) begin
            x0_q   <= in_x;
            b0_q   <= in_b;
            odd0_q <= in_odd;
            x1_q   <= x0_q;
            b1_q   <= b0_q;
            odd1_q <= odd0_q;
            x2_q   <= x1_q;
            b2_q   <= b1_q;
            odd2_q <= odd1_q;
            x3_q   <= x2_q;
            b3_q   <= b2_q;
            odd3_q <= odd2_q;
            low1_q   <= exp0 ? {2'd0, below[11:0]} : magnitude[13:0];
            whole1_q <= below[31:20];
            full1_q  <= magnitude[31:22] != 10'd0;
            whole2_q <= whole1_q;
            full2_q  <= full1_q;
            value2_q <= entry[30:0];
            slope2_q <= step1 * low1;
            y3_q     <= !exp2 && full2_q ? {1'b0, !x2_q[31], 30'd0} : y2;
            rsh3_q   <= exp2 ? whole2_q[4:0] : rsh1;
            zero3_q  <= exp2 && whole2_q >= 12'd31;
        end

    // c travels beside
    reg [32*18-1:0] c_q;
    always_ff @(posedge clk) if (en) c_q <= {c_q[32*17-1:0], in_c};
    wire [31:0] c5 = c_q[32*5+:32], c10 = c_q[32*10+:32], c17 = c_q[32*17+:32];
    reg [16:0] turn4_q, turn5_q;  // {odd, sin}
    always_ff @(posedge clk)
        if (en) begin
            turn4_q <= {odd3_q, b3_q[31:16]};
            turn5_q <= turn4_q;
        end

    // ---------------------------------------------------------------- two multiplications
    wire        one1 = by_one || exp3;
    wire [31:0] m1 = one1 ? 32'h4000_0000 : is_silu ? y3_q : is_rotate ? {{16{b3_q[15]}}, b3_q[15:0]} : b3_q;
    wire        k1 = one1 || is_silu;  // 30, else 31
    wire [63:0] p1;
    wire [31:0] high1;
    npu_wide_mul u_first (
        .clk(clk), .en(en), .in_x(exp3 ? y3_q : x3_q), .in_m(m1), .in_lsh(lsh1), .in_sat(1'b0), .in_uns(1'b0),
        .in_k({1'b0, k1}), .in_rsh(rsh3_q), .in_zero(zero3_q),
        .in_add(is_rotate ? 64'h2000 : k1 ? 64'h2000_0000 : 64'h4000_0000), .full(p1), .high(high1), .out(r1)
    );
    wire [31:0] sin5 = {{16{turn5_q[15]}}, turn5_q[15:0]};
    wire [31:0] m2 = is_rotate ? (turn5_q[16] ? sin5 : 32'd0 - sin5) : m2_c || m2_square ? c10 : m2_one ? 32'h4000_0000 : scale_m;
    wire [1:0]  k2 = is_rotate ? 2'd3 : is_silu ? 2'd2 : {1'b0, m2_one};
    wire        free = is_rotate || m2_c || m2_one || m2_square;  // no shifts
    // the rounding is needed when the product reaches the sums
    wire [63:0] add2 = is_rotate ? p1 : add_none ? 64'd0 : is_silu ? 64'h2_0000 : add_one ? 64'h2000_0000 : 64'h4000_0000;
    wire [31:0] high2;
    npu_wide_mul u_second (
        .clk(clk), .en(en), .in_x(is_rotate ? c5 : m2_square ? c10 : r1), .in_m(m2), .in_lsh(free ? 5'd0 : scale_lsh), .in_sat(1'b1),
        .in_uns(1'b0), .in_k(k2), .in_rsh(free ? 5'd0 : scale_rsh), .in_zero(!free && scale_zero), .in_add(add2),
        .full(square), .high(high2), .out(r2)
    );

    // ---------------------------------------------------------------- results
    wire [32:0] sum = {r2[31], r2} + (add_old ? {c17[31], c17} : 33'd0);
    reg  [31:0] wide_q;
    reg  [7:0]  byte_q;
    wire        fits = r2[31:7] == {25{r2[31]}} && r2[7:0] != 8'h80;
    always_ff @(posedge clk)
        if (en) begin
            wide_q <= sum[32] != sum[31] ? {sum[32], {31{~sum[32]}}} : sum[31:0];
            byte_q <= fits ? r2[7:0] : r2[31] ? 8'h81 : 8'h7f;
        end
    assign out_wide = wide_q;
    assign out_byte = byte_q;

    wire unused = &{1'b0, high1, high2, risen[11:0]};
endmodule
`default_nettype wire
