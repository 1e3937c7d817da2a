// What stands between the passes of a row: from the largest magnitude the factor that makes int8 of the row; from a sum of squares its reciprocal
// square root, from a sum its reciprocal, and the product of either with the largest magnitude: the row's scale.
// A product takes six cycles from operands to the next operands, and every one needs the last: so six rows take turns, each has every sixth cycle of one multiplier.
// Contract: `start` once before a command; root: sums are of squares, with_sum: sums; neither: none. max_valid gives a row's largest magnitude, sum_valid its sum, both
// pulses, the value held one cycle more; squares later than the magnitude, a sum earlier, each two cycles after that of the row before at least.
// Rows in order, no more than six whose record was not taken. factor_soon: its factor_valid comes 12 cycles later.
// factor_* and then record_* (a queue: {max, e, m}) come in order, after times that are the same for all data.
// Counterpart: cmodel/ref/ref_wide.c, quantize_by, ref_reciprocal, ref_reciprocal_sqrt, ref_scale_mul; ref_arith.h, ref_inv_sqrt.h.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_wide_scalar (
    input  wire        clk,
    input  wire        rst_n,
    input  wire        start,
    input  wire        root,
    input  wire        with_sum,
    input  wire        plus_31,      // of the exponent
    input  wire        max_valid,
    input  wire [31:0] max,
    input  wire        sum_valid,
    input  wire [79:0] sum,
    output wire        busy,
    output wire        factor_soon,
    output wire        factor_valid,
    output wire [31:0] factor,
    output wire [4:0]  factor_left,  // shift of the row's elements before the factor
    output wire        record_valid,
    output wire [95:0] record,
    input  wire        record_pop
);
    function [2:0] after(input [2:0] turn);
        after = turn == 3'd5 ? 3'd0 : turn + 3'd1;
    endfunction

    // ---------------------------------------------------------------- a row's two values, normalised; the later of them begins its program and goes first
    reg         max_waits_q, sum_waits_q;
    wire        max_there = max_valid || max_waits_q, sum_there = sum_valid || sum_waits_q;
    wire        max_goes = max_there && !(root && sum_there), sum_goes = sum_there && !(!root && max_there);
    wire [31:0] top;
    wire [6:0]  zeros;
    wire        empty = !top[31];
    npu_wide_normalise u_normalise (.clk(clk), .value(max_goes ? {max, 48'd0} : sum), .top(top), .zeros(zeros));
    reg  [2:0]  max_row_q, sum_row_q;                              // each row has one of six places
    reg  [2:0]  max_on_q, sum_on_q;                                // in the normaliser's stages
    reg  [8:0]  row_on_q;
    wire [2:0]  row_in = row_on_q[8:6];
    wire [6:0]  place  = 7'd79 - zeros;                            // of the sum's highest bit
    // {of the sum, row}: in [1, 2) as Q0.31, half of it; a sum of squares in [1, 4) as Q2.30: an even exponent
    reg  [31:0] value_m [0:15];
    reg  [31:0] max_m [0:7];
    reg  [5:0]  max_zeros_m [0:7];                                 // {it is 0, zeros above}
    reg  [6:0]  sum_e_m [0:7];
    reg  [5:0]  waits_q;                                           // rows that may begin
    always_ff @(posedge clk) begin
        max_waits_q <= rst_n && max_there && !max_goes;
        sum_waits_q <= rst_n && sum_there && !sum_goes;
        max_on_q    <= rst_n ? {max_on_q[1:0], max_goes} : 3'd0;
        sum_on_q    <= rst_n ? {sum_on_q[1:0], sum_goes} : 3'd0;
        row_on_q    <= {row_on_q[5:0], max_goes ? max_row_q : sum_row_q};
        if (!rst_n || start) begin
            max_row_q <= 3'd0;
            sum_row_q <= 3'd0;
        end else begin
            if (max_goes) max_row_q <= after(max_row_q);
            if (sum_goes) sum_row_q <= after(sum_row_q);
        end
        if (max_goes) max_m[max_row_q] <= max;
        if (max_on_q[2] || sum_on_q[2]) value_m[{sum_on_q[2], row_in}] <= sum_on_q[2] && root && !zeros[0] ? top : top >> 1;
        if (max_on_q[2]) max_zeros_m[row_in] <= {empty, zeros[4:0]};
        if (sum_on_q[2]) sum_e_m[row_in] <= empty ? 7'd0 : root ? {1'b0, place[6:1]} : place;
    end

    // ---------------------------------------------------------------- programs
    // 0..6 reciprocal, 7 factor; with a sum 0..6 again, or 8..17 reciprocal square root; 18 product with the largest magnitude (or with 1)
    localparam [4:0] SOON = 5'd5, RECIPROCAL_END = 5'd6, FACTOR = 5'd7, ROOT = 5'd8, ROOT_END = 5'd17, PRODUCT = 5'd18;
    localparam CW = 10;
    // {valid, of the sum, root's third: 3 first value, then y * y, m * t, y * t three times; large: denominator in [2, 4); pc}
    reg  [CW-2:0] s0_q;                                            // without large
    reg  [CW-1:0] s1_q, s2_q, s3_q, s4_q, s5_q;
    reg  [2:0]    turn_q;
    wire [2:0]    turn_r = after(turn_q);                          // the row whose product is there: it gives operands in the next cycle
    reg  [31:0]   y_m [0:7], t_m [0:7];

    // operands
    wire        of_sum0 = s0_q[7];
    wire [1:0]  third0 = s0_q[6:5];
    wire [4:0]  pc0    = s0_q[4:0];
    wire        recip0 = pc0 <= RECIPROCAL_END;
    wire        root0  = pc0 >= ROOT && pc0 <= ROOT_END;
    wire        of_y0  = recip0 && pc0 != 5'd0 && !pc0[0];         // y * t
    wire [31:0] value0 = value_m[{(of_sum0 && recip0) || root0, turn_q}], y0 = y_m[turn_q], t0 = t_m[turn_q];
    wire [31:0] x0 = pc0 == FACTOR || of_y0 || (root0 && !third0[0]) ? y0 : value0;
    wire [31:0] m0 = pc0 == FACTOR ? 32'd2130706432 :              // 127 * 2^24
                     pc0 == PRODUCT && !with_sum && !root ? 32'h4000_0000 :
                     pc0 == 5'd0 ? -32'd1010580540 :               // -32/17, Q2.29
                     root0 && third0 == 2'd3 ? (value0[31] ? 32'd108714595 : 32'd307491310) :
                     of_y0 || (root0 && third0 != 2'd0) ? t0 : y0;
    wire        k30   = (root0 && third0 != 2'd2) || (pc0 == PRODUCT && !with_sum && !root);
    // rounding is added two cycles later
    reg  [1:0]  add1_q, add2_q;                                    // {2^30, 2^29}
    wire [63:0] full;
    wire [31:0] high, rounded;
    always_ff @(posedge clk) begin
        add1_q <= root0 && third0 == 2'd3 ? 2'b00 : {!k30, k30};
        add2_q <= add1_q;
    end
    npu_wide_mul u_mul (
        .clk(clk), .en(1'b1), .in_x(x0), .in_m(m0), .in_lsh(5'd0), .in_sat(1'b0), .in_uns(root0), .in_k({1'b0, k30}), .in_rsh(5'd0),
        .in_zero(1'b0), .in_add({33'd0, add2_q, 29'd0}), .full(full), .high(high), .out(rounded)
    );

    // results. One adder: a constant or y, plus or minus the product. Of y * t four times, a step below 1/8 that never saturates.
    wire        valid5 = s5_q[9], of_sum5 = s5_q[8], large5 = s5_q[5];
    wire [1:0]  third5 = s5_q[7:6];
    wire [4:0]  pc5    = s5_q[4:0];
    wire        recip5 = pc5 <= RECIPROCAL_END;
    wire        root5  = pc5 >= ROOT && pc5 <= ROOT_END;
    wire        of_y5  = recip5 && pc5 != 5'd0 && !pc5[0];
    wire        adds   = recip5 && !pc5[0];
    wire [31:0] base   = of_y5 ? y_m[turn_r] : pc5 == 5'd0 ? 32'd1515870810 :   // 48/17, Q2.29
                         recip5 ? 32'h2000_0000 : third5 == 2'd1 ? 32'hc000_0000 : large5 ? 32'd959778883 : 32'd1357332313;
    wire [31:0] total  = base + ((of_y5 ? {high[29:0], 2'b00} : high) ^ {32{!adds}}) + {31'd0, !adds};
    wire [31:0] twice  = total[30] ? 32'h7fff_ffff : {total[30:0], 1'b0};
    wire [29:0] rooted = high[31:30] != 2'b00 ? 30'h3fff_ffff : high[29] ? high[29:0] : 30'h2000_0000;
    wire        ends   = pc5 == PRODUCT;
    wire        begins = waits_q[turn_r] && !(valid5 && !ends);
    always_ff @(posedge clk) begin
        if (!rst_n || start) turn_q <= 3'd0;
        else turn_q <= turn_r;
        waits_q <= !rst_n ? 6'd0 : (waits_q & ~(begins ? 6'd1 << turn_r : 6'd0)) | ((root ? sum_on_q[2] : max_on_q[2]) ? 6'd1 << row_in : 6'd0);
        if (valid5 && !ends) begin
            s0_q[8:7] <= {1'b1, of_sum5 || pc5 == FACTOR};
            s0_q[6:5] <= pc5 == FACTOR ? 2'd3 : third5 == 2'd2 ? 2'd0 : third5 + 2'd1;
            s0_q[4:0] <= pc5 == FACTOR ? (root ? ROOT : with_sum ? 5'd0 : PRODUCT) : pc5 == RECIPROCAL_END && of_sum5 ? PRODUCT : pc5 + 5'd1;
        end else s0_q <= {begins, 1'b0, 2'd3, 5'd0};
        s1_q <= {s0_q[8:5], value0[31], s0_q[4:0]};
        s2_q <= s1_q;
        s3_q <= s2_q;
        s4_q <= s3_q;
        s5_q <= s4_q;
        if (!rst_n) {s0_q[8], s1_q[9], s2_q[9], s3_q[9], s4_q[9], s5_q[9]} <= 6'd0;
        if (recip5 ? pc5[0] : !third5[1]) t_m[turn_r] <= recip5 || third5[0] ? total : high;
        if (recip5 ? adds : root5 && third5[1])
            y_m[turn_r] <= pc5 == RECIPROCAL_END ? twice : recip5 || third5[0] ? total : pc5 == ROOT_END ? {1'b0, rooted, 1'b0} : high;
    end
    wire [5:0] max_zeros = max_zeros_m[turn_r];
    wire       no_max    = max_zeros[5];
    assign factor_soon  = valid5 && pc5 == SOON && !of_sum5;
    assign factor_valid = valid5 && pc5 == FACTOR;
    assign factor       = high;
    assign factor_left  = no_max ? 5'd0 : max_zeros[4:0] - 5'd1;

    // ---------------------------------------------------------------- scales
    wire [7:0]  max_e = no_max ? 8'd0 : 8'd32 - {3'd0, max_zeros[4:0]};
    wire [7:0]  e     = max_e - (root || with_sum ? {1'b0, sum_e_m[turn_r]} : 8'd0) + (plus_31 ? 8'd31 : 8'd0);
    wire [7:0]  e_out;
    wire [63:0] max_m_out;
    wire        room;
    npu_fifo #(.WIDTH(72), .DEPTH(8)) u_records (
        .clk(clk), .rst_n(rst_n), .in_valid(valid5 && ends), .in_ready(room), .in_data({max_m[turn_r], high, e}),
        .out_valid(record_valid), .out_ready(record_pop), .out_data({max_m_out, e_out})
    );
    assign record = {max_m_out[63:32], {24{e_out[7]}}, e_out, max_m_out[31:0]};
    assign busy   = waits_q != 6'd0 || s0_q[8] || s1_q[9] || s2_q[9] || s3_q[9] || s4_q[9] || s5_q[9];

    wire unused = &{1'b0, full, rounded, room};
endmodule
`default_nettype wire
