// Commands on wide rows: DRAINW, QUANTW, ROTATE, SILUW, SOFTMAXW, part of the vector unit. Rows of int32 stream through LANES lanes
// (npu_wide_lane) in one to three passes; between passes npu_wide_scalar finds a row's scale with the second multiplier of lane 0.
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
    localparam integer ONE_I = 1;
    localparam [2:0] IDLE = 3'd0, LOAD = 3'd1, RUN = 3'd2, SCALE = 3'd3, RECORD = 3'd4, WRITE = 3'd5, ROW = 3'd6;

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
    wire [15:0] n_cmd = cmd[`NPU_F_QUANTW_N];
    wire [15:0] q_blk = is_quant ? cmd[`NPU_F_QUANTW_Q_BLK] : cmd[`NPU_F_SOFTMAXW_Q_BLK];
    wire [15:0] longest = n_cmd + (causal ? rows - 16'd1 : 16'd0);

    // ---------------------------------------------------------------- rows and passes
    reg  [2:0]  state_q;
    reg  [1:0]  pass_q;
    reg  [15:0] left_q;          // rows, this one too
    reg  [15:0] n_q, x_base_q, q_base_q, s_base_q;
    reg         second_q;        // N = 8: second word of a record
    wire        last_pass = !by_row || pass_q == (is_soft ? 2'd2 : 2'd1);
    wire        p_int8 = by_row && last_pass;
    wire        p_exp  = is_soft && pass_q == 2'd1;
    wire        p_max  = by_row && pass_q == 2'd0;
    wire        writes = !p_max;
    wire        before_scale = is_quant ? p_max : p_exp;
    wire        issued, drained, scalar_done, en, word_full, wrote;
    always_ff @(posedge clk)
        if (!rst_n) state_q <= IDLE;
        else
            case (state_q)
                IDLE:   if (start) state_q <= LOAD;
                LOAD:   state_q <= RUN;
                RUN:    if (issued && drained) state_q <= p_int8 ? RECORD : before_scale ? SCALE : last_pass ? IDLE : LOAD;
                SCALE:  if (scalar_done) state_q <= LOAD;
                RECORD: state_q <= WRITE;
                WRITE:  if (wrote) state_q <= N == 8 && !second_q ? RECORD : ROW;
                default: state_q <= left_q == 16'd1 ? IDLE : LOAD;   // ROW
            endcase
    always_ff @(posedge clk) begin
        if (state_q == IDLE) begin
            left_q   <= rows;
            n_q      <= n_cmd;
            x_base_q <= is_drain ? cmd[`NPU_F_DRAINW_OUT_ADDR] : cmd[`NPU_F_QUANTW_IN_ADDR];  // as X_ADDR, U_ADDR, S_ADDR
            q_base_q <= cmd[`NPU_F_QUANTW_Q_ADDR];         // SOFTMAXW has these in the same places
            s_base_q <= cmd[`NPU_F_QUANTW_SCALE_ADDR];
            pass_q   <= 2'd0;
            second_q <= 1'b0;
        end
        if (state_q == RUN && issued && drained) pass_q <= pass_q + 2'd1;
        if (state_q == WRITE && wrote) second_q <= N == 8 && !second_q;
        if (state_q == ROW) begin
            left_q   <= left_q - 16'd1;
            n_q      <= n_q + {15'd0, causal};
            x_base_q <= x_base_q + cmd[`NPU_F_QUANTW_IN_ROW];
            q_base_q <= q_base_q + cmd[`NPU_F_QUANTW_Q_ROW];
            s_base_q <= s_base_q + cmd[`NPU_F_QUANTW_SCALE_ROW];
            pass_q   <= 2'd0;
        end
    end
    reg done_q;
    always_ff @(posedge clk)
        done_q <= rst_n && ((state_q == RUN && issued && drained && !by_row) || (state_q == ROW && left_q == 16'd1));
    assign done   = done_q;
    assign active = state_q == SCALE || (state_q == RUN && !drained && en);

    // ---------------------------------------------------------------- addresses
    function [15:0] words_of(input [15:0] elements);   // wide words
        words_of = ((elements - 16'd1) >> LW) + 16'd1;
    endfunction
    wire        load    = state_q == LOAD;
    wire [15:0] n_words = is_drain ? 16'd4 : words_of(n_q);
    wire [15:0] q_words = ((longest - 16'd1) >> LN) + 16'd1;
    wire [15:0] b_words = is_rotate ? words_of({1'b0, n_q[15:1]}) : n_words;
    wire [15:0] row_pitch = is_drain ? cmd[`NPU_F_DRAINW_OUT_STEP] : cmd[`NPU_F_ROTATE_X_ROW];   // as U_ROW
    wire [15:0] walk_rows = by_row ? 16'd1 : rows;
    wire        use_a = !is_drain || add;
    wire        use_b = is_drain || is_rotate || is_silu || norm || (p_exp && vmax);
    npu_wide_walk u_a_walk (
        .clk(clk), .rst_n(rst_n), .load(load), .rows(walk_rows), .head(scaled), .head_base(cmd[`NPU_F_DRAINW_SCALE_ADDR]),
        .head_pitch(cmd[`NPU_F_DRAINW_SCALE_STEP]), .body(use_a), .words(n_words), .base(x_base_q), .pitch(row_pitch), .step(16'd1),
        .valid(a_walk), .addr(a_addr), .next(a_step)
    );
    wire [15:0] b_base  = is_drain ? cmd[`NPU_F_DRAINW_MULT_ADDR] : by_row ? cmd[`NPU_F_QUANTW_GAIN_ADDR] :
                          cmd[`NPU_F_ROTATE_ROT_ADDR];                                            // as V_ADDR, VMAX_ADDR
    wire [15:0] b_pitch = is_drain ? cmd[`NPU_F_DRAINW_MULT_STEP] : cmd[`NPU_F_ROTATE_ROT_ROW];   // as V_ROW
    npu_wide_walk u_b_walk (
        .clk(clk), .rst_n(rst_n), .load(load), .rows(walk_rows), .head(1'b0), .head_base(16'd0), .head_pitch(16'd0), .body(use_b),
        .words(b_words), .base(b_base), .pitch(b_pitch), .step(16'd1), .valid(b_walk), .addr(b_addr), .next(b_step)
    );
    wire record = state_q == RECORD;
    wire w_walk;
    reg  record_q;   // the walk is that of a record
    always_ff @(posedge clk) if (load || record) record_q <= record;
    npu_wide_walk u_w_walk (
        .clk(clk), .rst_n(rst_n), .load(load || (record && !second_q)), .rows(walk_rows), .head(1'b0), .head_base(16'd0),
        .head_pitch(16'd0), .body(writes || record), .words(record ? (N == 8 ? 16'd2 : 16'd1) : p_int8 ? q_words : n_words),
        .base(record ? s_base_q : p_int8 ? q_base_q : x_base_q), .pitch(row_pitch), .step(p_int8 && !record_q ? q_blk : 16'd1),
        .valid(w_walk), .addr(vw_addr), .next(wrote)
    );

    // ---------------------------------------------------------------- accumulator entries, one at a time: the data holds until the next read
    localparam integer MOST_I = N;
    reg             acc_valid_q;
    reg  [1:0]      acc_flight_q;
    reg  [15:0]     acc_left_q, acc_addr_q;
    wire            row_end;
    assign acc_rd_req  = acc_left_q != 16'd0 && !acc_valid_q && acc_flight_q == 2'd0 && !stop;
    assign acc_rd_half = cmd[`NPU_F_DRAINW_HALF];
    assign acc_rd_addr = acc_addr_q;
    assign inflight    = acc_flight_q != 2'd0;
    always_ff @(posedge clk) begin
        acc_flight_q <= rst_n ? {acc_flight_q[0], acc_rd_req && acc_rd_gnt} : 2'd0;
        acc_valid_q  <= rst_n && (acc_flight_q[1] || (acc_valid_q && !row_end));
        if (!rst_n) acc_addr_q <= 16'd0;
        else if (load) acc_addr_q <= cmd[`NPU_F_DRAINW_ACC_ADDR];
        else if (acc_rd_req && acc_rd_gnt) acc_addr_q <= acc_addr_q + cmd[`NPU_F_DRAINW_ACC_STEP];
        if (!rst_n) acc_left_q <= 16'd0;
        else if (load && is_drain) acc_left_q <= rows;
        else if (acc_rd_req && acc_rd_gnt) acc_left_q <= acc_left_q - 16'd1;
    end

    // ---------------------------------------------------------------- groups of LANES elements into the lanes
    reg  [16:0] j_q;             // first element of the group
    reg  [15:0] rows_q;          // to be issued, 0: none left
    reg         head_q;          // the row's scale record comes first
    wire [16:0] length = is_drain ? MOST_I[16:0] : p_int8 ? {1'b0, q_words} << LN : {1'b0, n_q};
    wire [16:0] limit  = is_drain ? MOST_I[16:0] : {1'b0, n_q};
    wire [16:0] j_next = j_q + LANES[16:0];
    wire        exists = j_q < limit;
    wire        scale_room, scale_valid;
    wire        go     = state_q == RUN && rows_q != 16'd0 && en && !stop;
    wire        take   = go && head_q && a_valid && scale_room;
    wire        group  = go && !head_q && (!use_a || !exists || a_valid) && (!use_b || !exists || b_valid) && (!is_drain || acc_valid_q);
    wire        word_end = j_next >= limit || j_next[LW-1:0] == {LW{1'b0}};
    wire        pair_end = j_next >= limit || j_next[LW:0] == {(LW + 1) {1'b0}};   // a word of pairs is two of elements
    assign row_end = group && j_next >= length;
    assign issued  = rows_q == 16'd0;
    assign a_pop   = take || (group && use_a && exists && word_end);
    assign b_pop   = group && use_b && exists && (is_rotate ? pair_end : word_end);
    always_ff @(posedge clk)
        if (!rst_n) rows_q <= 16'd0;
        else if (load) begin
            rows_q <= walk_rows;
            j_q    <= 17'd0;
            head_q <= scaled;
        end else begin
            if (take) head_q <= 1'b0;
            if (group) j_q <= row_end ? 17'd0 : j_next;
            if (row_end) begin
                rows_q <= rows_q - 16'd1;
                head_q <= scaled;
            end
        end

    // scales of DRAINW's rows on their way: {m, left shift, right shift, 0}
    wire [7:0]  extra = cmd[`NPU_F_DRAINW_EXPONENT];
    wire [31:0] exponent = a_word[63:32] + {{24{extra[7]}}, extra};
    wire        right = exponent[31];
    wire [31:0] distance = right ? 32'd0 - exponent : exponent;
    wire        far = distance[31:5] != 27'd0;
    wire [42:0] scale_in = {a_word[31:0], right ? 5'd0 : far || distance[4:0] == 5'd31 ? 5'd30 : distance[4:0], right ? distance[4:0] : 5'd0, right && far};
    wire [42:0] scale_out;
    wire        scale_pop;
    npu_fifo #(.WIDTH(43), .DEPTH(4)) u_scales (
        .clk(clk), .rst_n(rst_n), .in_valid(take), .in_ready(scale_room), .in_data(scale_in), .out_valid(scale_valid),
        .out_ready(scale_pop), .out_data(scale_out)
    );

    // what accompanies a group: {last of its row, which lanes are elements}; s: stages 0 to 10, t: 1 to 8 from the second product on
    wire        early = is_rotate || (norm && p_max);
    reg  [10:0] s_valid_q;
    reg  [8:1]  t_valid_q;
    reg  [1:0]  r_valid_q;
    reg  [(LANES+1)*11-1:0] s_q;
    reg  [(LANES+1)*8-1:0]  t_q;
    wire [LANES-1:0] mask;
    wire [LANES:0]   s5 = s_q[(LANES+1)*5+:LANES+1], s10 = s_q[(LANES+1)*10+:LANES+1];
    always_ff @(posedge clk)
        if (!rst_n) begin
            s_valid_q <= 11'd0;
            t_valid_q <= 8'd0;
        end else if (en) begin
            s_valid_q <= {s_valid_q[9:0], group};
            t_valid_q <= {t_valid_q[7:1], early ? s_valid_q[5] : s_valid_q[10]};
        end
    always_ff @(posedge clk)
        if (en) begin
            s_q <= {s_q[(LANES+1)*10-1:0], row_end, mask};
            t_q <= {t_q[(LANES+1)*7-1:0], early ? s5 : s10};
        end
    assign scale_pop = en && scaled && s_valid_q[10] && s10[LANES];
    assign drained   = s_valid_q == 11'd0 && t_valid_q == 8'd0 && r_valid_q == 2'd0 && !word_full;

    // ---------------------------------------------------------------- lanes
    wire [7:0]  shift1 = cmd[`NPU_F_DRAINW_SHIFT];
    wire [7:0]  right1 = 8'd0 - shift1;
    wire        m2_one = is_drain ? !scaled : p_exp && !vmax;
    wire [4:0]  factor_left;
    wire [31:0] factor, scale_m, scale_e, sc_x, sc_m;
    wire        sc_use, sc_uns, sc_k30, sc_floor;
    reg  [31:0] score_max_q;
    wire [32*LANES-1:0] r1, r2, wides, highs;
    wire [64*LANES-1:0] squares;
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
            assign mask[l] = j < limit;
            npu_wide_lane u_lane (
                .clk(clk), .en(en), .in_x(is_drain ? acc_rd_data[32*column+:32] : a_elem), .in_b(b_elem),
                .in_c(is_rotate ? a_word[32*beside+:32] : is_silu || p_exp ? b_elem : a_elem), .in_odd(j[0]),
                .is_exp(p_exp), .is_silu(is_silu), .is_rotate(is_rotate), .early(early), .by_one(by_row && !norm),
                .lsh1(is_drain && !shift1[7] ? shift1[4:0] : 5'd0), .rsh1(is_drain && shift1[7] ? right1[4:0] : 5'd0),
                .m2_c(is_silu || (p_exp && vmax)), .m2_one(m2_one), .add_old(add), .max(score_max_q),
                .scale_m(is_drain ? scale_out[42:11] : factor), .scale_lsh(is_drain ? scale_out[10:6] : factor_left),
                .scale_rsh(is_drain ? scale_out[5:1] : 5'd23), .scale_zero(is_drain && scale_out[0]),
                .sc_use(l == 0 && sc_use), .sc_x(sc_x), .sc_m(sc_m), .sc_uns(sc_uns), .sc_k30(sc_k30), .sc_floor(sc_floor),
                .sc_high(highs[32*l+:32]), .r1(r1[32*l+:32]), .r2(r2[32*l+:32]), .square(squares[64*l+:64]),
                .out_wide(wides[32*l+:32]), .out_byte(bytes[8*l+:8])
            );
        end
    endgenerate

    // ---------------------------------------------------------------- largest value, sums
    reg  [31:0] tree_max, lane_max, max_q, tree_max_q;
    reg  [65:0] tree_sum, tree_sum_q;
    reg  [79:0] sum_q;
    wire [LANES-1:0] max_mask = p_exp ? t_q[(LANES+1)*6+:LANES] : s10[LANES-1:0];
    wire [LANES-1:0] sum_mask = is_soft ? s10[LANES-1:0] : t_q[(LANES+1)*3+:LANES];
    wire        magnitudes = !(is_soft && p_max);
    wire [31:0] least = magnitudes ? 32'd0 : 32'h8000_0000;
    integer i;
    always @* begin
        tree_max = least;
        tree_sum = 66'd0;
        lane_max = 32'd0;
        for (i = 0; i < LANES; i = i + 1) begin
            lane_max = p_exp ? r2[32*i+:32] : r1[32*i+:32];
            if (magnitudes && lane_max[31]) lane_max = lane_max == 32'h8000_0000 ? 32'h7fff_ffff : 32'd0 - lane_max;
            if (max_mask[i] && $signed(lane_max) > $signed(tree_max)) tree_max = lane_max;
            if (sum_mask[i]) tree_sum = tree_sum + (is_soft ? {34'd0, r1[32*i+:32]} : {2'd0, squares[64*i+:64]});
        end
    end
    always_ff @(posedge clk) begin
        if (!rst_n) r_valid_q <= 2'd0;
        else if (en) r_valid_q <= {is_soft ? p_exp && s_valid_q[10] : norm && p_max && t_valid_q[4], p_exp ? t_valid_q[7] : p_max && s_valid_q[10]};
        if (en) begin
            tree_max_q <= tree_max;
            tree_sum_q <= tree_sum;
        end
        if (load && (p_max || p_exp)) begin
            max_q <= least;
            sum_q <= is_quant ? {16'd0, cmd[`NPU_F_QUANTW_EPS_HIGH], cmd[`NPU_F_QUANTW_EPS_LOW]} : 80'd0;
            score_max_q <= max_q;
        end else if (en) begin
            if (r_valid_q[0] && $signed(tree_max_q) > $signed(max_q)) max_q <= tree_max_q;
            if (r_valid_q[1]) sum_q <= sum_q + {14'd0, tree_sum_q};
        end
    end
    reg scale_q;   // the scalar unit has been started
    always_ff @(posedge clk) scale_q <= state_q == SCALE;
    wire scalar_busy;
    npu_wide_scalar u_scalar (
        .clk(clk), .rst_n(rst_n), .start(state_q == SCALE && !scale_q), .root(norm), .with_sum(is_soft), .max(max_q), .sum(sum_q),
        .busy(scalar_busy), .done(scalar_done), .mul_valid(sc_use), .mul_x(sc_x), .mul_m(sc_m), .mul_uns(sc_uns), .mul_k30(sc_k30),
        .mul_floor(sc_floor), .mul_high(highs[31:0]), .left(factor_left), .factor(factor), .scale_m(scale_m), .scale_e(scale_e)
    );

    // ---------------------------------------------------------------- words out
    // A word is full when the last group of it, or of its row, is there; while it waits for its grant everything stands still.
    localparam integer WIDE_I = W / LANES - 1, BYTES_I = N / LANES - 1;
    reg  [LN-1:0]  fill_q;       // groups in the word
    reg            full_q;
    reg  [8*N-1:0] word_q;
    reg  [N-1:0]   be_q;
    wire [LANES:0] t8 = t_q[(LANES+1)*7+:LANES+1];
    wire           put = t_valid_q[8] && writes && en;
    wire           fills = t8[LANES] || fill_q == (p_int8 ? BYTES_I[LN-1:0] : WIDE_I[LN-1:0]);
    wire [31:0]    e_out = scale_e + (vmax ? 32'd31 : 32'd0);
    wire [255:0]   record_bits = {128'd0, 32'd0, max_q, e_out, scale_m};
    assign vw_req  = full_q && !stop;
    assign vw_data = word_q;
    assign vw_be   = be_q;
    assign wrote   = vw_req && vw_gnt;
    assign en      = !full_q || wrote;
    assign word_full = full_q;
    always_ff @(posedge clk)
        if (!rst_n || load) begin
            full_q <= 1'b0;
            fill_q <= {LN{1'b0}};
        end else begin
            full_q <= (put && fills) || record || (full_q && !wrote);
            if (put) fill_q <= fills ? {LN{1'b0}} : fill_q + 1'b1;
        end
    generate
        for (l = 0; l < N; l = l + 1) begin : gen_byte
            localparam integer WIDE_AT = (l / 4) / LANES, BYTE_AT = l / LANES;
            wire mine = put && fill_q == (p_int8 ? BYTE_AT[LN-1:0] : WIDE_AT[LN-1:0]);
            wire real_byte = p_int8 ? t8[l%LANES] : t8[(l/4)%LANES];
            wire [7:0] wide_byte = wides[32*((l/4)%LANES)+8*(l%4)+:8];
            always_ff @(posedge clk) begin
                if (!rst_n) word_q[8*l+:8] <= 8'd0;
                else if (record) word_q[8*l+:8] <= N == 8 && second_q ? record_bits[64+8*(l%8)+:8] : record_bits[8*l+:8];
                else if (mine) word_q[8*l+:8] <= !p_int8 ? wide_byte : real_byte ? bytes[8*(l%LANES)+:8] : 8'd0;
                if (!rst_n) be_q[l] <= 1'b0;
                else if (record) be_q[l] <= 1'b1;
                else if (mine) be_q[l] <= p_int8 || real_byte;
                else if (put && fill_q == {LN{1'b0}}) be_q[l] <= 1'b0;
            end
        end
    endgenerate

    wire unused = &{1'b0, cmd, w_walk, scalar_busy, scale_valid, a_word, right1[7:5], shift1[6:5], highs, record_bits};
endmodule
`default_nettype wire
