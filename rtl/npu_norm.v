// NORM front end: layer norm and RMS norm of int8 rows. A row comes twice, LANES elements a cycle: through stream a for its sums, through
// stream b to be scaled. Between the two npu_norm_scalar makes factor A, offset C and shift of the row; meanwhile the sums of the rows behind
// it are taken. A lane's x = (A q - C) >> shift goes through a requantise lane with the element's gamma; beta is added behind the multiplication.
// Contract: `start` pulses before load_run or run, with the command's fields, which stay. With load_run, words of stream a are the gammas, then the
// betas of a row; `loaded` pulses with the last. With run, a_pop and b_pop take words; `issue` (needs `room`) reserves an output word at its first element.
// Beats as of npu_softmax, with x to be increased by beat_round, multiplied by beat_mult; beat_late, valid 4 cycles after its beat, is 0 when none
// was there. The parameters survive reset. LANES is a power of 2, at most N / 4.
// Counterpart: cmodel/npu/model_norm.c; the arithmetic is that of cmodel/ref/ref_norm.c.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "npu_spec.vh"
module npu_norm #(
    parameter N         = 16,
    parameter LANES     = 4,
    parameter MUL_STYLE = 0
) (
    input  wire           clk,
    input  wire           rst_n,
    input  wire           start,
    input  wire           load_run,
    output wire           loaded,
    input  wire           run,
    // of the command
    input  wire [15:0]    depth,
    input  wire           rms,
    input  wire [7:0]     in_zp,
    input  wire [51:0]    epsilon,
    // word streams
    input  wire           a_valid,
    input  wire [8*N-1:0] a_word,
    output wire           a_pop,
    input  wire           b_valid,
    input  wire [8*N-1:0] b_word,
    output wire           b_pop,
    // output words and beats
    input  wire           room,
    output wire           issue,
    output wire           beat_valid,
    output wire           beat_first,
    output wire           beat_last,
    output wire [7:0]     beat_pos,
    output wire [LANES-1:0] beat_mask,
    output wire [32*LANES-1:0] beat_x,
    output wire [LANES-1:0] beat_round,
    output wire [32*LANES-1:0] beat_mult,
    output wire [32*LANES-1:0] beat_late
);
    localparam LN = $clog2(N), LL = $clog2(LANES);
    localparam LP = LN - 2 - LL;                 // 2^LP groups have their gammas in one word
    localparam LR = $clog2(`NPU_NORM_WORDS);
    localparam integer GROUPS = N / LANES, LANES2 = 2 * LANES;
    localparam LI = LR + LP;                     // bits of a group's index in its row
    genvar l;

    // ---------------------------------------------------------------- gammas and betas
    reg  [LR-1:0] row_q;
    reg           beta_q;
    wire [15:0]   rows_up = (depth - 16'd1) >> (LN - 2);
    wire          row_take = load_run && a_valid;
    wire          row_end = row_q == rows_up[LR-1:0];
    assign loaded = row_take && beta_q && row_end;
    always_ff @(posedge clk)
        if (!rst_n) begin
            row_q  <= 0;
            beta_q <= 1'b0;
        end else if (row_take) begin
            row_q  <= row_end ? 0 : row_q + 1'b1;
            beta_q <= beta_q ^ row_end;
        end
    (* no_rw_check *)  // written only while nothing is looked up
    reg  [8*N-1:0] gammas [0:`NPU_NORM_WORDS-1];
    (* no_rw_check *)
    reg  [8*N-1:0] betas [0:`NPU_NORM_WORDS-1];
    reg  [8*N-1:0] gamma4_q, beta8_q;
    reg  [LI*8-1:0] index_q;                     // of the groups taken 1 .. 8 cycles ago
    wire [LI-1:0]  index3 = index_q[LI*2+:LI], index7 = index_q[LI*6+:LI];
    always_ff @(posedge clk) begin
        if (row_take && !beta_q) gammas[row_q] <= a_word;
        if (row_take && beta_q) betas[row_q] <= a_word;
        gamma4_q <= gammas[index3[LI-1-:LR]];
        beta8_q  <= betas[index7[LI-1-:LR]];
    end

    // ---------------------------------------------------------------- first pass: sum and sum of squares
    reg  [15:0] left1_q;      // elements of the row still to come
    reg  [7:0]  group1_q;     // in the word
    reg         pending_q;    // sums of the row before are not yet with the scalar unit
    reg         last1, word_end1;  // of the row, of the word: with what is taken next, from flip-flops
    wire        begin1 = start || (take1 && last1);
    wire        more1 = take1 && !word_end1;
    wire        last1_next = begin1 ? depth <= LANES[15:0] : left1_q <= LANES2[15:0];
    wire        take1 = run && a_valid && !(last1 && pending_q);
    wire        sums_take;
    assign a_pop = (take1 && word_end1) || row_take;
    always_ff @(posedge clk)
        if (!rst_n) begin
            left1_q   <= 16'd0;
            group1_q  <= 8'd0;
            pending_q <= 1'b0;
            last1     <= 1'b1;
            word_end1 <= 1'b1;
        end else begin
            if (begin1) left1_q <= depth;
            else if (take1) left1_q <= left1_q - LANES[15:0];
            if (begin1 || take1) begin
                last1     <= last1_next;
                word_end1 <= last1_next || (more1 ? group1_q + 8'd2 : 8'd1) == GROUPS[7:0];
            end
            if (take1) group1_q <= word_end1 ? 8'd0 : group1_q + 8'd1;
            pending_q <= (take1 && last1) || (pending_q && !sums_take);
        end

    wire [8*N-1:0] turned1 = a_word >> {group1_q, {(LL + 3) {1'b0}}};
    wire [7:0]     zp = rms ? in_zp : 8'd0;
    reg  [9*LANES-1:0] d1_q, d2_q;
    wire [18*LANES-1:0] square2;
    reg  [2:0]  valid1_q, first1_q, last1_q;     // stages 1 .. 3
    reg  [15:0] part3_q;
    reg  [21:0] square3_q;
    reg  [23:0] sum_q;
    reg  [31:0] squares_q;
    wire [23:0] sum;
    wire [31:0] squares;
    reg  [23:0] row_sum_q;
    reg  [31:0] row_squares_q;
    reg         sums_valid_q;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : gen_square
            localparam integer L = l;
            wire [7:0] q = turned1[8*l+:8];
            always_ff @(posedge clk) d1_q[9*l+:9] <= left1_q > L[15:0] ? {q[7], q} - {zp[7], zp} : 9'd0;
            npu_mul18 #(.STYLE(MUL_STYLE), .AW(9), .BW(9)) u_square (.clk(clk), .a(d1_q[9*l+:9]), .b(d1_q[9*l+:9]), .p(square2[18*l+:18]));
        end
    endgenerate
    reg [15:0] part;
    reg [21:0] part_squares;
    integer    i;
    always_comb begin
        part         = 16'd0;
        part_squares = 22'd0;
        for (i = 0; i < LANES; i = i + 1) begin
            part         = part + {{7{d2_q[9*i+8]}}, d2_q[9*i+:9]};
            part_squares = part_squares + {4'd0, square2[18*i+:18]};
        end
    end
    assign sum     = (first1_q[2] ? 24'd0 : sum_q) + {{8{part3_q[15]}}, part3_q};
    assign squares = (first1_q[2] ? 32'd0 : squares_q) + {10'd0, square3_q};
    always_ff @(posedge clk) begin
        valid1_q  <= rst_n ? {valid1_q[1:0], take1} : 3'd0;
        first1_q  <= {first1_q[1:0], left1_q == depth};
        last1_q   <= {last1_q[1:0], last1};
        d2_q      <= d1_q;
        part3_q   <= part;
        square3_q <= part_squares;
        if (valid1_q[2]) begin
            sum_q     <= sum;
            squares_q <= squares;
        end
        if (valid1_q[2] && last1_q[2]) begin
            row_sum_q     <= sum;
            row_squares_q <= squares;
        end
        sums_valid_q <= rst_n && ((valid1_q[2] && last1_q[2]) || (sums_valid_q && !sums_take));
    end

    // ---------------------------------------------------------------- scales
    wire        scale_valid;
    wire [31:0] scale_factor;
    wire [39:0] scale_offset;
    wire [4:0]  scale_shift;
    wire        take2, first2;
    reg  [2:0]  begin_q;      // a row's first group was taken 1, 2, 3 cycles ago
    npu_norm_scalar #(.MUL_STYLE(MUL_STYLE)) u_scalar (
        .clk(clk), .rst_n(rst_n), .start(start), .depth(depth), .rms(rms), .in_zp(in_zp), .epsilon(epsilon),
        .sums_valid(sums_valid_q), .sum(row_sum_q), .squares(row_squares_q), .sums_take(sums_take),
        .scale_valid(scale_valid), .factor(scale_factor), .offset(scale_offset), .shift(scale_shift),
        .scale_take(take2 && first2), .scale_free(begin_q[2])
    );

    // ---------------------------------------------------------------- second pass
    reg  [15:0] left2_q;
    reg  [7:0]  group2_q;
    reg  [LI-1:0] group_index_q;
    reg         first2_q, last2, word_end2;  // as last1, word_end1
    wire        begin2 = start || (take2 && last2);
    wire        more2 = take2 && !word_end2;
    wire        last2_next = begin2 ? depth <= LANES[15:0] : left2_q <= LANES2[15:0];
    assign first2 = first2_q;
    assign take2  = run && b_valid && (!first2 || scale_valid) && (group2_q != 8'd0 || room);
    assign issue  = take2 && group2_q == 8'd0;
    assign b_pop  = take2 && word_end2;
    always_ff @(posedge clk)
        if (!rst_n) begin
            left2_q       <= 16'd0;
            group2_q      <= 8'd0;
            group_index_q <= 0;
            begin_q       <= 3'd0;
            first2_q      <= 1'b0;
            last2         <= 1'b1;
            word_end2     <= 1'b1;
        end else begin
            if (begin2) left2_q <= depth;
            else if (take2) left2_q <= left2_q - LANES[15:0];
            if (begin2 || take2) begin
                first2_q  <= begin2;
                last2     <= last2_next;
                word_end2 <= last2_next || (more2 ? group2_q + 8'd2 : 8'd1) == GROUPS[7:0];
            end
            if (take2) group2_q <= word_end2 ? 8'd0 : group2_q + 8'd1;
            if (take2) group_index_q <= last2 ? 0 : group_index_q + 1'b1;
            begin_q <= {begin_q[1:0], take2 && first2};
        end

    // each of a row's scales arrives with its first element: products use the factor in stage 1, the offset goes off in 3, the shift is 4
    reg  [31:0] factor_q;
    reg  [39:0] offset_q;
    reg  [4:0]  shift_q;
    always_ff @(posedge clk) begin
        if (take2 && first2) factor_q <= scale_factor;
        if (begin_q[1]) offset_q <= scale_offset;
        if (begin_q[2]) shift_q <= scale_shift;
    end

    localparam META = LANES + 10;
    reg  [7:0]        valid2_q;                  // stages 1 .. 8
    reg  [META*5-1:0] meta_q;                    // stages 1 .. 5: {mask, first, last, pos}
    wire [LANES-1:0]  mask2;
    always_ff @(posedge clk) begin
        valid2_q <= rst_n ? {valid2_q[6:0], take2} : 8'd0;
        index_q  <= {index_q[LI*7-1:0], group_index_q};
        meta_q   <= {meta_q[META*4-1:0], {mask2, group2_q == 8'd0, word_end2, group2_q << LL}};
    end
    assign beat_valid = valid2_q[4];
    assign {beat_mask, beat_first, beat_last, beat_pos} = meta_q[META*4+:META];

    // the group's gammas, betas in their words
    wire [LI+LL+4:0] turn4 = {index_q[LI*3+:LI], {(LL + 5) {1'b0}}}, turn8 = {index_q[LI*7+:LI], {(LL + 5) {1'b0}}};
    wire [8*N-1:0]   gamma4 = gamma4_q >> turn4[LN+2:0], beta8 = beta8_q >> turn8[LN+2:0];
    reg  [32*LANES-1:0] gamma5_q, beta9_q;
    always_ff @(posedge clk) begin
        gamma5_q <= gamma4[32*LANES-1:0];
        beta9_q  <= valid2_q[7] ? beta8[32*LANES-1:0] : {32*LANES{1'b0}};
    end
    assign beat_mult = gamma5_q;
    assign beat_late = beta9_q;

    wire [8*N-1:0] turned2 = b_word >> {group2_q, {(LL + 3) {1'b0}}};
    generate
        for (l = 0; l < LANES; l = l + 1) begin : gen_scale
            localparam integer L = l;
            reg  [7:0]  q1_q;
            wire [24:0] low2, high2;
            reg  [40:0] product3_q, difference4_q;
            reg  [32:0] scaled5_q;               // the last bit rounds
            wire [40:0] scaled = $signed(difference4_q) >>> shift_q;
            npu_mul18 #(.STYLE(MUL_STYLE), .AW(17), .BW(8)) u_low (.clk(clk), .a({1'b0, factor_q[15:0]}), .b(q1_q), .p(low2));
            npu_mul18 #(.STYLE(MUL_STYLE), .AW(17), .BW(8)) u_high (.clk(clk), .a({1'b0, factor_q[31:16]}), .b(q1_q), .p(high2));
            always_ff @(posedge clk) begin
                q1_q          <= turned2[8*l+:8];
                product3_q    <= {high2, 16'd0} + {{16{low2[24]}}, low2};
                difference4_q <= product3_q - {offset_q[39], offset_q};
                scaled5_q     <= scaled[32:0];
            end
            assign mask2[l] = left2_q > L[15:0];
            assign beat_x[32*l+:32] = scaled5_q[32:1];
            assign beat_round[l]    = scaled5_q[0];
            wire unused = &{1'b0, scaled[40:33]};
        end
    endgenerate

    wire unused = &{1'b0, turned1, turned2, rows_up, turn4, turn8, gamma4, beta8, index3, index7};
endmodule
`default_nettype wire
