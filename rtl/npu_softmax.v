// SOFTMAX front end. Each vector comes three times through the word stream: maximum (a word a cycle), sum of exponentials
// (LANES elements a cycle, in as many copies of the table), results (the same); between the last two the reciprocal, seven dependent
// fixed-point products that go through requantise lane 0 and come back on res_*. The last pass takes lanes 0..LANES-1: out = clamp8(rdbpot(srdhm(T, scale), n) - 128).
// Contract: with load_run, words of the stream are rows of the exponential table, `loaded` pulses with the last. With run, `pop` takes
// words; `issue` (needs `room`) reserves the output word at its first element. beat_kind 3: comes back; 0: elements beat_pos.. of the
// output word, those in beat_mask (bit 0 always). beat_mult, beat_rsh belong to the beat; its other operands are 0. The table survives
// reset. LANES is a power of 2, at most N.
// Counterpart: SOFTMAX in docs/isa.md; ref_get_reciprocal in cmodel/ref/ref_arith.h.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_softmax #(
    parameter N     = 16,
    parameter LANES = 1
) (
    input  wire           clk,
    input  wire           rst_n,
    input  wire           load_run,
    output wire           loaded,
    input  wire           run,
    input  wire [15:0]    depth,
    input  wire           word_valid,
    input  wire [8*N-1:0] word,
    output wire           pop,
    input  wire           room,
    output wire           issue,
    input  wire           res_valid,  // a result of kind 3
    input  wire [31:0]    res_data,
    output wire           beat_valid,
    output wire [1:0]     beat_kind,
    output wire           beat_first,
    output wire           beat_last,
    output wire [7:0]     beat_pos,
    output wire [LANES-1:0] beat_mask,
    output wire [32*LANES-1:0] beat_x,
    output wire [31:0]    beat_mult,
    output wire [4:0]     beat_rsh
);
    localparam LN = $clog2(N), LL = $clog2(LANES);
    localparam integer GROUPS = N / LANES;
    localparam ROW_BITS = 10 - LN;  // 1024 bytes of table
    localparam [1:0] MAX = 2'd0, SUM = 2'd1, RECIPROCAL = 2'd2, OUT = 2'd3;

    // -- passes over the vector
    reg [1:0]  pass_q;
    reg [15:0] left_q;        // elements of this pass still to come
    reg        drain_q;       // all taken, the pipeline finishes
    reg [7:0]  group_q;       // LANES elements of the word, element passes
    wire [7:0] lane = group_q << LL;
    wire [15:0] lanes_left = left_q - {8'd0, lane};
    wire       max_take  = run && word_valid && pass_q == MAX && !drain_q;
    wire       elem_take = run && word_valid && ((pass_q == SUM && !drain_q) || (pass_q == OUT && (group_q != 0 || room)));
    reg        elem_end;                                                    // the word's last elements, from flip-flops as is
    reg        pass_end;                                                    // the pass's last word
    wire       word_done = max_take || (elem_take && elem_end);
    wire       vector_end = elem_take && elem_end && pass_end && pass_q == OUT;
    wire       max_done, sum_done, reciprocal_done;
    assign issue = elem_take && pass_q == OUT && group_q == 0;

    reg  [ROW_BITS-1:0] row_q;  // table row to write
    assign pop    = max_take || (elem_take && elem_end) || (load_run && word_valid);
    assign loaded = load_run && word_valid && &row_q;
    always_ff @(posedge clk)
        if (!rst_n) begin
            pass_q  <= MAX;
            left_q  <= 16'd0;
            drain_q <= 1'b0;
            group_q <= 8'd0;
            row_q   <= 0;
            elem_end <= 1'b1;
            pass_end <= 1'b1;
        end else begin
            if (load_run && word_valid) row_q <= row_q + 1'b1;
            if (elem_take) group_q <= elem_end ? 8'd0 : group_q + 8'd1;
            if (load_run || !run) left_q <= depth;
            else if (word_done) left_q <= pass_end ? depth : left_q - N[15:0];
            if (load_run || !run || (word_done && pass_end)) begin
                elem_end <= GROUPS == 1 || depth <= LANES[15:0];
                pass_end <= depth <= N[15:0];
            end else if (word_done) begin
                elem_end <= GROUPS == 1 || left_q <= N[15:0] + LANES[15:0];
                pass_end <= left_q <= 16'd2 * N[15:0];
            end else if (elem_take) elem_end <= group_q + 8'd2 == GROUPS[7:0] || lanes_left <= 16'd2 * LANES[15:0];
            if (max_take || (elem_take && elem_end && pass_q == SUM)) drain_q <= pass_end;
            else if (max_done || sum_done) drain_q <= 1'b0;
            if (max_done) pass_q <= SUM;
            else if (sum_done) pass_q <= RECIPROCAL;
            else if (reciprocal_done) pass_q <= OUT;
            else if (vector_end) pass_q <= MAX;
        end

    // -- maximum: a pipelined tree, one register level a halving; lanes beyond the vector count as -128
    reg signed [7:0] max_q;
    wire [7:0]       word_max;
    reg [LN:0]       tree_valid_q, tree_end_q;
    genvar l, i;
    generate
        for (l = 0; l <= LN; l = l + 1) begin : gen_tree
            reg [8*(N>>l)-1:0] level_q;
            for (i = 0; i < (N >> l); i = i + 1) begin : gen_max
                localparam integer I = i;
                if (l == 0) begin : gen_in
                    always_ff @(posedge clk) level_q[8*i+:8] <= left_q > I[15:0] ? word[8*i+:8] : 8'h80;
                end else begin : gen_node
                    wire signed [7:0] a = gen_tree[l-1].level_q[16*i+:8];
                    wire signed [7:0] b = gen_tree[l-1].level_q[16*i+8+:8];
                    always_ff @(posedge clk) level_q[8*i+:8] <= a > b ? a : b;
                end
            end
        end
    endgenerate
    assign word_max = gen_tree[LN].level_q;
    reg max_done_q;
    always_ff @(posedge clk) begin
        tree_valid_q <= rst_n ? {tree_valid_q[LN-1:0], max_take} : 0;
        tree_end_q   <= rst_n ? {tree_end_q[LN-1:0], max_take && pass_end} : 0;
        max_done_q   <= rst_n && tree_end_q[LN];
        if (!rst_n || !run || vector_end) max_q <= -8'sd128;
        else if (tree_valid_q[LN] && $signed(word_max) > max_q) max_q <= word_max;
    end
    assign max_done = max_done_q;

    // -- element pipeline: 1 difference, 2 table row, 3 entry; then rounding and sum, or the requantise lanes
    wire [8*N-1:0] turned = word >> {group_q, {(LL + 3){1'b0}}};
    reg  [LANES-1:0] mask1_q, mask2_q, mask3_q;
    wire [32*LANES-1:0] entries, scaled;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : gen_lane
            localparam integer L = l;
            wire [8:0] difference = {max_q[7], max_q} - {turned[8*l+7], turned[8*l+:8]};  // 0..255
            reg  [7:0] d1_q, d2_q;
            (* no_rw_check *)  // written only while nothing is looked up
            reg  [8*N-1:0] mem [0:(1<<ROW_BITS)-1];
            reg  [8*N-1:0] read_q;
            wire [8*N-1:0] entry;
            if (N == 4) begin : gen_row_is_entry
                assign entry = read_q;
                wire unused = &{1'b0, d2_q};
            end else begin : gen_entry_of_row
                assign entry = read_q >> {d2_q[LN-3:0], 5'b00000};
                wire unused = &{1'b0, d2_q[7:LN-2], entry[8*N-1:32]};
            end
            // T / 2^12, ties away from zero
            reg  [31:0] t3_q, scaled_q;
            wire        up = t3_q[11] && (!t3_q[31] || |t3_q[10:0]);
            always_ff @(posedge clk) begin
                if (load_run && word_valid) mem[row_q] <= word;
                d1_q       <= difference[7:0];
                read_q     <= mem[d1_q[7:8-ROW_BITS]];
                d2_q       <= d1_q;
                t3_q       <= entry[31:0];
                scaled_q   <= l == 0 || mask3_q[l] ? {{12{t3_q[31]}}, t3_q[31:12]} + {31'd0, up} : 32'd0;
                mask1_q[l] <= (lanes_left >> LL) != 16'd0 || lanes_left[LL:0] > L[LL:0];
            end
            assign entries[32*l+:32] = t3_q;
            assign scaled[32*l+:32]  = scaled_q;
            wire unused = &{1'b0, difference[8]};
        end
    endgenerate
    reg  [2:0]     valid_q, pass_end_q, out_q, first_q, last_q;
    reg  [7:0]     pos1_q, pos2_q, pos3_q;
    always_ff @(posedge clk) begin
        mask2_q    <= mask1_q;
        mask3_q    <= mask2_q;
        valid_q    <= rst_n ? {valid_q[1:0], elem_take} : 3'd0;
        pass_end_q <= {pass_end_q[1:0], elem_end && pass_end};
        out_q      <= {out_q[1:0], pass_q == OUT};
        first_q    <= {first_q[1:0], group_q == 0};
        last_q     <= {last_q[1:0], elem_end};
        pos1_q     <= lane;
        pos2_q     <= pos1_q;
        pos3_q     <= pos2_q;
    end

    // sum: a pipelined tree over the lanes, then over the vector
    wire [31:0]  group_sum;
    reg  [LL:0]  add_q, add_end_q;
    reg          sum_done_q;
    reg  [31:0]  sum_q;
    generate
        for (l = 0; l < LL; l = l + 1) begin : gen_sum
            reg [32*(LANES>>(l+1))-1:0] level_q;
            for (i = 0; i < (LANES >> (l + 1)); i = i + 1) begin : gen_add
                if (l == 0) begin : gen_in
                    always_ff @(posedge clk) level_q[32*i+:32] <= scaled[64*i+:32] + scaled[64*i+32+:32];
                end else begin : gen_node
                    always_ff @(posedge clk) level_q[32*i+:32] <= gen_sum[l-1].level_q[64*i+:32] + gen_sum[l-1].level_q[64*i+32+:32];
                end
            end
        end
        if (LL == 0) begin : gen_one
            assign group_sum = scaled;
        end else begin : gen_root
            assign group_sum = gen_sum[LL-1].level_q;
        end
    endgenerate
    wire add     = valid_q[2] && !out_q[2];
    wire add_end = add && pass_end_q[2];
    wire [LL+1:0] add_next = {add_q, add}, add_end_next = {add_end_q, add_end};
    always_ff @(posedge clk) begin
        add_q      <= rst_n ? add_next[LL:0] : 0;
        add_end_q  <= rst_n ? add_end_next[LL:0] : 0;
        sum_done_q <= rst_n && add_end_q[LL];
        if (pass_q == MAX) sum_q <= 32'd0;
        else if (add_q[LL]) sum_q <= sum_q + group_sum;
    end
    assign sum_done = sum_done_q;

    // -- reciprocal: 1/(1+a) by three Newton-Raphson steps, a = S normalised - 1
    wire        step_valid, step_done;
    wire [31:0] step_x, step_mult, scale;
    wire [4:0]  exponent;
    npu_softmax_reciprocal u_reciprocal (
        .clk(clk), .rst_n(rst_n), .start(sum_done), .sum(sum_q), .done(step_done), .scale(scale), .exponent(exponent),
        .op_valid(step_valid), .op_x(step_x), .op_mult(step_mult), .res_valid(res_valid), .res_data(res_data)
    );
    assign reciprocal_done = step_done;

    assign beat_valid = step_valid || (valid_q[2] && out_q[2]);
    assign beat_kind  = step_valid ? 2'd3 : 2'd0;
    assign beat_first = first_q[2];
    assign beat_last  = last_q[2];
    assign beat_pos   = pos3_q;
    assign beat_mask  = mask3_q;
    assign beat_mult  = step_valid ? step_mult : scale;
    assign beat_rsh   = step_valid ? 5'd0 : exponent;

    generate
        for (l = 0; l < LANES; l = l + 1) begin : gen_beat
            assign beat_x[32*l+:32] = l == 0 && step_valid ? step_x : entries[32*l+:32];
        end
    endgenerate

    wire unused = &{1'b0, turned, add_next[LL+1], add_end_next[LL+1]};
endmodule
`default_nettype wire
