// Commands on wide rows: DRAINW, QUANTW, ROTATE, SILUW, SOFTMAXW, part of the vector unit. Rows of int32 stream through LANES lanes
// (npu_wide_lane) in one to three passes, those of several rows by turns (npu_wide_rows); npu_wide_reduce and npu_wide_scalar find a row's scale meanwhile.
// Contract: `start` with a legal command in `cmd`, which stays until `done`, a pulse after the last granted write. a_* and b_* are the vector unit's
// two word streams: addresses out (walk, addr, step), words back in order (valid, word, pop). acc_*, vw_* as of npu_vector_unit.
// `stop` ends all requests; only reset leaves that state. LANES is 1, 2 or 4 and divides N / 4; N >= 8.
// Counterpart: cmodel/npu/model_wide.c.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "npu_spec.vh"
module npu_wide #(
    parameter N     = 16,
    parameter LANES = 1
) (
    input  wire              clk,
    input  wire              rst_n,
    input  wire              stop,
    input  wire              start,
    input  wire [`NPU_CMD_BITS-1:0] cmd,
    output wire              done,
    output wire              active,      // something moves
    output wire              inflight,    // an accumulator entry is on its way
    output wire              a_walk,
    output wire [15:0]       a_addr,
    input  wire              a_step,
    input  wire              a_valid,
    input  wire [8*N-1:0]    a_word,
    output wire              a_pop,
    output wire              b_walk,
    output wire [15:0]       b_addr,
    input  wire              b_step,
    input  wire              b_valid,
    input  wire [8*N-1:0]    b_word,
    output wire              b_pop,
    output wire              acc_rd_req,
    output wire              acc_rd_half,
    output wire [15:0]       acc_rd_addr,
    input  wire              acc_rd_gnt,
    input  wire [32*N-1:0]   acc_rd_data,
    output wire              vw_req,
    output wire [15:0]       vw_addr,
    output wire [8*N-1:0]    vw_data,
    output wire [N-1:0]      vw_be,
    input  wire              vw_gnt
);
    localparam W  = N / 4;        // elements of a wide word
    localparam LW = $clog2(W), LN = $clog2(N);
    localparam integer ONE_I = 1, MOST_I = N;
    localparam [1:0] HIGHEST = 2'd0, SCALE = 2'd1, BYTES = 2'd2;   // kinds of passes; 3: the only one

    // ---------------------------------------------------------------- the command
    wire [7:0] op = cmd[`NPU_F_OPCODE];
    wire is_drain = op == `NPU_OP_DRAINW, is_quant = op == `NPU_OP_QUANTW, is_rotate = op == `NPU_OP_ROTATE,
         is_silu = op == `NPU_OP_SILUW, is_soft = op == `NPU_OP_SOFTMAXW;
    wire by_row   = is_quant || is_soft;   // a row has several passes; else all rows go through in one
    wire norm     = is_quant && cmd[`NPU_F_QUANTW_NORM];
    wire add      = is_drain && cmd[`NPU_F_DRAINW_ADD];
    wire scaled   = is_drain && !cmd[`NPU_F_DRAINW_NOSCALE];
    wire vmax     = is_soft && cmd[`NPU_F_SOFTMAXW_VMAX];
    wire causal   = is_soft && cmd[`NPU_F_SOFTMAXW_CAUSAL];
    wire [15:0] rows  = is_drain ? cmd[`NPU_F_DRAINW_COUNT] : cmd[`NPU_F_QUANTW_ROWS];   // ROWS and N: in one place in all four
    wire [15:0] longest = cmd[`NPU_F_QUANTW_N] + (causal ? rows - 16'd1 : 16'd0);

    // ---------------------------------------------------------------- passes
    wire        walking, pass_valid, row_written, en, scalar_busy, factor_soon, score_push, record_pop;
    wire [1:0]  pass_kind;
    wire [15:0] pass_n;
    npu_wide_rows #(.N(N)) u_rows (
        .clk(clk), .rst_n(rst_n), .start(start), .cmd(cmd), .written(row_written), .busy(walking),
        .a_walk(a_walk), .a_addr(a_addr), .a_step(a_step), .b_walk(b_walk), .b_addr(b_addr), .b_step(b_step),
        .pass_valid(pass_valid), .pass_kind(pass_kind), .pass_n(pass_n), .pass_pop(load)
    );
    reg  [1:0]  kind_q;
    reg  [16:0] limit_q, length_q;   // a row's elements, and those that go through the lanes: of int8 whole words
    reg  [15:0] rows_q;          // to be issued in this pass, 0: none left
    reg  [1:0]  scores_q;        // largest scores that no SCALE pass has taken
    reg  [3:0]  factors_q;       // factors that no BYTES pass has taken: there when its first group is at stage 10
    reg  [2:0]  open_q;          // rows between SCALE pass and record
    reg         begin_q, running_q, done_q;
    wire [15:0] q_words = ((longest - 16'd1) >> LN) + 16'd1;   // words of a row's int8
    wire [16:0] limit  = is_drain ? MOST_I[16:0] : {1'b0, pass_n};
    wire        takes_score = load && is_soft && pass_kind == SCALE;
    wire        load = pass_valid && rows_q == 16'd0 && (pass_kind == BYTES ? factors_q != 4'd0 :
                       pass_kind == SCALE ? open_q != 3'd6 && (!is_soft || scores_q != 2'd0) : 1'b1);
    wire        empty;           // no element on its way
    wire        ends = running_q && !walking && !pass_valid && rows_q == 16'd0 && empty && open_q == 3'd0;
    always_ff @(posedge clk) begin
        begin_q   <= rst_n && start;
        running_q <= rst_n && (start || (running_q && !ends));
        done_q    <= rst_n && ends;
        if (!rst_n || start) begin
            scores_q  <= 2'd0;
            factors_q <= 4'd0;
            open_q    <= 3'd0;
        end else begin
            scores_q  <= scores_q + {1'b0, score_push} - {1'b0, takes_score};
            factors_q <= factors_q + {3'd0, factor_soon} - {3'd0, load && pass_kind == BYTES};
            open_q    <= open_q + {2'd0, load && pass_kind == SCALE} - {2'd0, record_pop};
        end
        if (load) begin
            kind_q   <= pass_kind;
            limit_q  <= limit;
            length_q <= pass_kind == BYTES ? {1'b0, q_words} << LN : limit;
        end
    end
    assign done = done_q;

    // ---------------------------------------------------------------- accumulator entries: one in the lanes, the next waits at the accumulators' output
    reg             entry_valid_q, waits_q;
    reg  [1:0]      acc_flight_q;
    reg  [15:0]     acc_left_q, acc_addr_q;
    reg  [32*N-1:0] entry_q;
    wire            row_end;
    wire            arrived = acc_flight_q[1] || waits_q;
    wire            moves   = arrived && (!entry_valid_q || row_end);
    assign acc_rd_req  = acc_left_q != 16'd0 && !waits_q && acc_flight_q == 2'd0 && !stop;
    assign acc_rd_half = cmd[`NPU_F_DRAINW_HALF];
    assign acc_rd_addr = acc_addr_q;
    assign inflight    = acc_flight_q != 2'd0;
    always_ff @(posedge clk) begin
        acc_flight_q  <= rst_n ? {acc_flight_q[0], acc_rd_req && acc_rd_gnt} : 2'd0;
        waits_q       <= rst_n && arrived && !moves;
        entry_valid_q <= rst_n && (moves || (entry_valid_q && !row_end));
        if (moves) entry_q <= acc_rd_data;
        if (!rst_n) acc_addr_q <= 16'd0;
        else if (begin_q) acc_addr_q <= cmd[`NPU_F_DRAINW_ACC_ADDR];
        else if (acc_rd_req && acc_rd_gnt) acc_addr_q <= acc_addr_q + cmd[`NPU_F_DRAINW_ACC_STEP];
        if (!rst_n) acc_left_q <= 16'd0;
        else if (begin_q && is_drain) acc_left_q <= rows;
        else if (acc_rd_req && acc_rd_gnt) acc_left_q <= acc_left_q - 16'd1;
    end

    // ---------------------------------------------------------------- groups of LANES elements into the lanes
    reg  [16:0] j_q;             // first element of the group
    reg         head_q;          // on top of the old values: the row's scale record comes first
    reg  [3:0]  heads_q;         // ... else they have the stream to themselves: taken, of rows to come
    wire [16:0] j_next = j_q + LANES[16:0];
    wire        exists = j_q < limit_q;
    wire        use_a  = !is_drain || add;
    wire        use_b  = is_drain || is_rotate || is_silu || norm || (kind_q == SCALE && vmax);
    wire        scale_room, scale_valid;
    wire        go     = rows_q != 16'd0 && en && !stop;
    wire        take   = go && scaled && (!add || head_q) && a_valid && scale_room;
    wire        group  = go && (!scaled || (add ? !head_q : heads_q != 4'd0)) && (!use_a || !exists || a_valid) && (!use_b || !exists || b_valid) && (!is_drain || entry_valid_q);
    wire        word_end = j_next >= limit_q || j_next[LW-1:0] == {LW{1'b0}};
    wire        pair_end = j_next >= limit_q || j_next[LW:0] == {(LW + 1) {1'b0}};   // a word of pairs is two of elements
    assign row_end = group && j_next >= length_q;
    assign a_pop   = take || (group && use_a && exists && word_end);
    assign b_pop   = group && use_b && exists && (is_rotate ? pair_end : word_end);
    always_ff @(posedge clk)
        if (!rst_n) rows_q <= 16'd0;
        else if (load) begin
            rows_q <= by_row ? 16'd1 : rows;
            j_q    <= 17'd0;
            head_q <= 1'b1;
            heads_q <= 4'd0;
        end else begin
            heads_q <= heads_q + {3'd0, take} - {3'd0, row_end};
            if (take) head_q <= 1'b0;
            if (group) j_q <= row_end ? 17'd0 : j_next;
            if (row_end) begin
                rows_q <= rows_q - 16'd1;
                head_q <= 1'b1;
            end
        end

    // What accompanies a group: {kind of its pass, last of its row, which lanes are elements}; s: stages 0 to 10, t: 1 to 8 from the second product on
    localparam T = LANES + 3;
    reg  [10:0]      s_valid_q;
    reg  [8:1]       t_valid_q;
    reg  [T*11-1:0]  s_q;
    reg  [T*9-1:T]   t_q;
    wire [LANES-1:0] mask;
    wire [T-1:0]     s10 = s_q[T*10+:T], t4 = t_q[T*4+:T], t7 = t_q[T*7+:T], t8 = t_q[T*8+:T];
    wire             last0 = s_q[LANES], last10 = s10[LANES];
    wire [1:0]       kind10 = s10[LANES+1+:2], kind2t = t_q[T*2+LANES+1+:2], kind4t = t4[LANES+1+:2], kind7t = t7[LANES+1+:2], kind8t = t8[LANES+1+:2];
    always_ff @(posedge clk)
        if (!rst_n) begin
            s_valid_q <= 11'd0;
            t_valid_q <= 8'd0;
        end else if (en) begin
            s_valid_q <= {s_valid_q[9:0], group};
            t_valid_q <= {t_valid_q[7:1], is_rotate ? s_valid_q[5] : s_valid_q[10]};
        end
    always_ff @(posedge clk)
        if (en) begin
            s_q <= {s_q[T*10-1:0], kind_q, row_end, mask};
            t_q <= {t_q[T*8-1:T], is_rotate ? s_q[T*5+:T] : s10};
        end
    assign empty  = s_valid_q == 11'd0 && t_valid_q == 8'd0 && !vw_full;
    assign active = scalar_busy || ((s_valid_q != 11'd0 || t_valid_q != 8'd0) && en);

    // scales of DRAINW's rows and factors of the others on their way to stage 10: {m, left shift, right shift, 0}
    wire [7:0]  extra = cmd[`NPU_F_DRAINW_EXPONENT];
    wire [31:0] exponent = a_word[63:32] + {{24{extra[7]}}, extra};
    wire        right = exponent[31];
    wire [31:0] distance = right ? 32'd0 - exponent : exponent;
    wire        far = distance[31:5] != 27'd0;
    wire [42:0] scale_in = {a_word[31:0], right ? 5'd0 : far || distance[4:0] == 5'd31 ? 5'd30 : distance[4:0], right ? distance[4:0] : 5'd0, right && far};
    wire [42:0] scale;
    wire        factor_valid;
    wire [31:0] factor;
    wire [4:0]  factor_left;
    npu_fifo #(.WIDTH(43), .DEPTH(8)) u_scales (
        .clk(clk), .rst_n(rst_n), .in_valid(take || factor_valid), .in_ready(scale_room),
        .in_data(is_drain ? scale_in : {factor, factor_left, 5'd23, 1'b0}), .out_valid(scale_valid),
        .out_ready(en && s_valid_q[10] && last10 && (scaled || kind10 == BYTES)), .out_data(scale)
    );

    // ---------------------------------------------------------------- lanes
    wire [7:0]  shift1 = cmd[`NPU_F_DRAINW_SHIFT];
    wire [7:0]  right1 = 8'd0 - shift1;
    wire        c_is_b = is_silu || is_soft;
    wire        m2_c   = is_silu || (vmax && kind10 == SCALE);
    wire        by_1   = is_drain && !scaled;
    wire        m2_one = by_1 || (is_soft && (kind10 == HIGHEST || (kind10 == SCALE && !vmax)));
    wire        exp0 = is_soft && s_q[LANES+1+:2] == SCALE, exp2 = is_soft && s_q[T*2+LANES+1+:2] == SCALE, exp3 = is_soft && s_q[T*3+LANES+1+:2] == SCALE;
    wire [31:0] score_max, max;
    wire [32*LANES-1:0] r1, r2, wides;
    wire [64*LANES-1:0] squares, sum_in;
    wire [8*LANES-1:0]  bytes;
    genvar l;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : gen_lane
            localparam integer L_I = l;
            wire [16:0]   j  = j_q + L_I[16:0];
            wire [LW-1:0] at = j[LW-1:0], beside = at ^ ONE_I[LW-1:0], pair = j[LW:1];
            wire [LN-1:0] column = j[LN-1:0];
            wire [31:0]   a_elem = a_word[32*at+:32], b_elem = is_rotate ? b_word[32*pair+:32] : b_word[32*at+:32];
            wire          unused = &{1'b0, j[16]};
            assign mask[l] = j < limit_q;
            assign sum_in[64*l+:64] = is_soft ? {32'd0, r1[32*l+:32]} : squares[64*l+:64];
            npu_wide_lane u_lane (
                .clk(clk), .en(en), .in_x(is_drain ? entry_q[32*column+:32] : a_elem), .in_b(b_elem),
                .in_c(is_rotate ? a_word[32*beside+:32] : c_is_b ? b_elem : a_elem), .in_odd(j[0]),
                .is_silu(is_silu), .is_rotate(is_rotate), .by_one(by_row && !norm),
                .lsh1(is_drain && !shift1[7] ? shift1[4:0] : 5'd0), .rsh1(is_drain && shift1[7] ? right1[4:0] : 5'd0), .add_old(add),
                .exp0(exp0), .exp2(exp2), .exp3(exp3), .max(score_max), .m2_c(m2_c), .m2_one(m2_one), .m2_square(norm && kind10 == SCALE),
                .scale_m(scale[42:11]), .scale_lsh(scale[10:6]), .scale_rsh(scale[5:1]), .scale_zero(scale[0]),
                .add_one(by_1 || (is_soft && (kind2t == HIGHEST || (kind2t == SCALE && !vmax)))), .add_none(norm && kind2t == SCALE),
                .r1(r1[32*l+:32]), .r2(r2[32*l+:32]), .square(squares[64*l+:64]), .out_wide(wides[32*l+:32]), .out_byte(bytes[8*l+:8])
            );
        end
    endgenerate

    // ---------------------------------------------------------------- what is found of a row: of a softmax everything but the sum behind the second product
    wire        max_done, of_magnitudes, sum_done;
    wire [79:0] sum;
    npu_wide_reduce #(.LANES(LANES)) u_reduce (
        .clk(clk), .rst_n(rst_n), .en(en), .start(start),
        .max_valid(is_soft ? t_valid_q[7] && kind7t != BYTES : s_valid_q[10] && is_quant && kind10 == SCALE), .max_last(is_soft ? t7[LANES] : last10),
        .max_magnitude(!is_soft || kind7t != HIGHEST), .max_mask(is_soft ? t7[LANES-1:0] : s10[LANES-1:0]), .max_in(is_soft ? r2 : r1),
        .sum_valid(is_soft ? s_valid_q[10] && kind10 == SCALE : t_valid_q[4] && norm && kind4t == SCALE), .sum_last(is_soft ? last10 : t4[LANES]),
        .sum_mask(is_soft ? s10[LANES-1:0] : t4[LANES-1:0]), .sum_in(sum_in),
        .sum_base(is_quant ? {16'd0, cmd[`NPU_F_QUANTW_EPS_HIGH], cmd[`NPU_F_QUANTW_EPS_LOW]} : 80'd0),
        .max_done(max_done), .max_of_magnitudes(of_magnitudes), .max(max), .sum_done(sum_done), .sum(sum)
    );
    assign score_push = max_done && !of_magnitudes;
    wire   score_room, score_valid;
    npu_fifo2 #(.WIDTH(32)) u_scores (   // the largest score of the row at stage 0, and of the next
        .clk(clk), .rst_n(rst_n), .in_valid(score_push), .in_ready(score_room), .in_data(max), .out_valid(score_valid),
        .out_ready(en && s_valid_q[0] && last0 && exp0), .out_data(score_max)
    );
    wire        record_valid;
    wire [95:0] record;
    npu_wide_scalar u_scalar (
        .clk(clk), .rst_n(rst_n), .start(start), .root(norm), .with_sum(is_soft), .plus_31(vmax), .max_valid(max_done && of_magnitudes), .max(max),
        .sum_valid(sum_done), .sum(sum), .busy(scalar_busy), .factor_soon(factor_soon), .factor_valid(factor_valid), .factor(factor),
        .factor_left(factor_left), .record_valid(record_valid), .record(record), .record_pop(record_pop)
    );

    wire vw_full;
    npu_wide_write #(.N(N), .LANES(LANES)) u_write (
        .clk(clk), .rst_n(rst_n), .stop(stop), .start(start), .cmd(cmd), .ready(en), .full(vw_full),
        .put(t_valid_q[8] && en && kind8t != HIGHEST && !(is_quant && kind8t == SCALE)), .group_last(t8[LANES]), .group_int8(kind8t == BYTES),
        .group_mask(t8[LANES-1:0]), .wides(wides), .bytes(bytes), .record_valid(record_valid), .record(record), .record_pop(record_pop),
        .row_written(row_written), .vw_req(vw_req), .vw_addr(vw_addr), .vw_data(vw_data), .vw_be(vw_be), .vw_gnt(vw_gnt)
    );

    wire unused = &{1'b0, cmd, scale_valid, score_room, score_valid, a_word, right1[7:5], shift1[6:5]};
endmodule
`default_nettype wire
