// Array unit: executes CONV commands. Weight loader, operand streams, array, accumulators, parameter sets, and the control that joins them.
//
// Stage L takes a command from the queue, waits for its load tokens and starts reading weights; stage S prepares the
// address steps, waits for the other tokens (but a late one of the vector unit, which the parameter block waits for) and starts the operand streams; the front steps the array; the accumulators
// finish the command (tokens given, ev_done). Each stage may be one command ahead of the next.
// The front holds the whole array (en = 0) only in a FIR pass whose line words are late; else a missing word is a bubble.
// Counterpart: CONV in cmodel/npu (docs/isa.md).
// SPDX-License-Identifier: Apache-2.0
`include "npu_spec.vh"
`default_nettype none
module npu_array_unit #(
    parameter N = 16,
    parameter LANES = 16,            // channels of which the vector unit reads the parameters at a time
    parameter ACC_DEPTH = 512,
    parameter FIR_GROUPS = 3,
    parameter FIR_TAPS = 5,
    parameter MATMUL = 0,
    parameter MUL_STYLE = 0,
    parameter MUL_DSP = N * N
) (
    input  wire                      clk,
    input  wire                      rst_n,
    input  wire                      abort,
    // command port
    input  wire                      cmd_valid,
    input  wire [`NPU_CMD_BITS-1:0]  cmd_data,
    input  wire                      cmd_fill,       // cmd_data is cmd_next from the next cycle on
    input  wire [`NPU_CMD_BITS-1:0]  cmd_next,
    input  wire [15:0]               cmd_index,
    output wire                      cmd_ready,
    // tokens
    input  wire [3:0]                avail,
    output wire [3:0]                take,
    output wire [3:0]                give,
    // scratchpad: lines 0..2, weights
    output wire [3:0]                rd_req,
    output wire [63:0]               rd_addr,
    input  wire [3:0]                rd_gnt,
    input  wire [4*8*N-1:0]          rd_data,
    // vector unit
    input  wire                      acc_rd_req,
    input  wire                      acc_rd_half,
    input  wire [15:0]               acc_rd_addr,
    output wire                      acc_rd_gnt,
    output wire [32*N-1:0]           acc_rd_data,
    input  wire                      bias_minus,     // subtract acc_rd_data from the biases of set bias_half
    input  wire                      bias_half,
    input  wire                      par_rd_half,
    input  wire [7:0]                par_rd_pos,
    output wire [32*LANES-1:0]       par_bias,
    output wire [32*LANES-1:0]       par_mult,
    output wire [6*LANES-1:0]        par_shift,
    // status
    output wire                      busy,
    output wire                      err_valid,
    output wire [7:0]                err_code,
    output wire [15:0]               err_index,
    output wire                      progress,
    output wire                      ev_start,
    output wire [15:0]               ev_start_index,
    output wire                      ev_done,
    output wire [15:0]               ev_done_index,
    output wire                      stuck,          // stage S waits for tokens of command stuck_index
    output wire [15:0]               stuck_index,
    // counters: one cycle each
    output wire                      cnt_step,
    output wire                      cnt_stall_load,
    output wire                      cnt_stall_post,
    output wire                      cnt_stall_weights,
    output wire                      cnt_stall_bank
);
    localparam PSUM_W = 16 + $clog2(N);
    localparam LAT = 2 * N + 1;      // steps from array input to aligned sums
    localparam SB = 320;             // command bits that stage S needs

    // ---------------------------------------------------------------- stage L
    wire l_fir = cmd_data[`NPU_F_CONV_FIR];
    wire l_early = cmd_data[`NPU_F_CONV_EARLY];
    wire l_late = cmd_data[`NPU_F_CONV_LATE];
    wire l_transpose = MATMUL != 0 && cmd_data[`NPU_F_CONV_TRANSPOSE];
    wire l_strided = MATMUL != 0 && cmd_data[`NPU_F_CONV_STRIDED];
    wire [3:0] l_wait = cmd_data[`NPU_F_WAIT];
    wire l_legal_next;
    reg  l_bad_q;                    // the command on the port has an illegal field: known when it comes there
    npu_conv_check #(.MATMUL(MATMUL)) u_check (.cmd(cmd_next), .legal(l_legal_next));
    always @(posedge clk) if (cmd_fill) l_bad_q <= !l_legal_next;
    wire [3:0] l_need = l_wait & (l_early ? 4'b1101 : 4'b0001);
    wire       loader_busy, s_ready, s_go;
    reg        stop_q;               // a cycle after abort
    reg  [2:0] ahead_q;              // commands taken by L and not yet started by S
    reg        failed_q;
    reg        late_q;               // the parameter block of the command in the loader waits for a token of the vector unit
    reg [15:0] late_index_q;
    wire       at_params;            // the loader is there
    wire       late_wait = late_q && at_params && ahead_q == 3'd0;
    wire       late_take = late_wait && avail[2] && !stop_q;   // 2: vector unit
    wire       l_idle = cmd_valid && !loader_busy && s_ready && !failed_q && !stop_q;
    wire       l_tokens = (l_need & ~avail) == 4'd0;
    wire       l_go = l_idle && !l_bad_q && l_tokens && !(l_early && ahead_q != 3'd0);

    assign cmd_ready = l_go;
    assign err_valid = l_idle && l_bad_q;
    assign err_code  = `NPU_ERR_ILLEGAL_FIELD;
    assign err_index = cmd_index;
    always @(posedge clk) begin
        if (!rst_n) begin
            failed_q <= 1'b0;
            stop_q   <= 1'b0;
            ahead_q  <= 3'd0;
            late_q   <= 1'b0;
        end else begin
            if (err_valid) failed_q <= 1'b1;
            stop_q <= abort;
            ahead_q <= ahead_q + {2'd0, l_go} - {2'd0, s_go};
            if (l_go) late_q <= l_late && l_wait[2];
            else if (late_take) late_q <= 1'b0;
        end
        if (l_go) late_index_q <= cmd_index;
    end

    wire           par_en, par_half, par_uniform, params_done, w_full, en, pop0, swap_now;
    // `en`: the front steps. What its registers (op_*) took then enters the array in the cycle after, whose enable, that of most flip-flops
    // of the NPU, is thus a register.
    reg            en_q;
    reg            held_q;           // its opposite, of few places to reach: the accumulators' grant, late in a cycle, hangs on it
    wire [3:0]     par_index;
    wire [8*N-1:0] par_word, row_word;
    wire [N-1:0]   row_sel;
    npu_weight_loader #(.N(N), .FIR_GROUPS(FIR_GROUPS), .FIR_TAPS(FIR_TAPS), .MATMUL(MATMUL)) u_loader (
        .clk(clk), .rst_n(rst_n), .start(l_go), .fir(l_fir),
        .kh(cmd_data[`NPU_F_CONV_KH]), .kw(cmd_data[`NPU_F_CONV_KW]), .nblk(cmd_data[`NPU_F_CONV_NBLK]),
        .tile_step(l_strided ? cmd_data[`NPU_F_CONV_SPAN] : N[15:0]), .transpose(l_transpose),
        .w_addr(cmd_data[`NPU_F_CONV_W_ADDR]), .p_addr(cmd_data[`NPU_F_CONV_P_ADDR]),
        .load_params(cmd_data[`NPU_F_CONV_LOAD_PARAMS]), .uniform(cmd_data[`NPU_F_CONV_UNIFORM]), .half(cmd_data[`NPU_F_CONV_HALF]),
        .busy(loader_busy), .params_ok(ahead_q == 3'd0 && !late_q), .at_params(at_params), .params_done(params_done),
        .rd_req(rd_req[3]), .rd_addr(rd_addr[63:48]), .rd_gnt(rd_gnt[3]), .rd_data(rd_data[3*8*N+:8*N]),
        .par_en(par_en), .par_half(par_half), .par_index(par_index), .par_uniform(par_uniform), .par_word(par_word),
        .en(en_q), .swap(en && swap_now), .row_sel(row_sel), .row_word(row_word), .full(w_full));
    npu_params #(.N(N), .LANES(LANES), .MATMUL(MATMUL)) u_params (
        .clk(clk), .wr_en(par_en), .wr_half(par_half), .wr_index(par_index), .wr_uniform(par_uniform), .wr_word(par_word),
        .minus_en(MATMUL != 0 && bias_minus), .minus_half(bias_half), .minus_data(acc_rd_data), .rd_half(par_rd_half),
        .rd_pos(par_rd_pos), .bias(par_bias), .mult(par_mult), .shift(par_shift));

    // ---------------------------------------------------------------- stage S
    wire          s_valid;
    wire [15:0]   s_index;
    wire [SB-1:0] s_cmd;
    npu_fifo2 #(.WIDTH(SB + 16)) u_stage (
        .clk(clk), .rst_n(rst_n), .in_valid(l_go), .in_ready(s_ready), .in_data({cmd_index, cmd_data[SB-1:0]}),
        .out_valid(s_valid), .out_ready(s_go), .out_data({s_index, s_cmd}));

    // Three 16 x 16 products modulo 2^16, one a cycle: iy0, dil_y and sy times row_pitch.
    reg  [1:0]  prep_q;
    reg  [15:0] prod_iy_q, prod_dy_q, prod_sy_q;
    wire [15:0] s_pitch = s_cmd[`NPU_F_CONV_ROW_PITCH];
    wire [15:0] factor = prep_q == 2'd0 ? s_cmd[`NPU_F_CONV_IY0]
                       : prep_q == 2'd1 ? {8'd0, s_cmd[`NPU_F_CONV_DIL_Y]} : {8'd0, s_cmd[`NPU_F_CONV_SY]};
    wire [15:0] product, unused_product;
    npu_mul18 #(.STYLE(MUL_STYLE), .REG(0), .AW(16), .BW(16)) u_prep (
        .clk(clk), .a(factor), .b(s_pitch), .p({unused_product, product}));
    always @(posedge clk) begin
        if (!rst_n || s_go) prep_q <= 2'd0;
        else if (s_valid && prep_q != 2'd3) prep_q <= prep_q + 2'd1;
        if (prep_q == 2'd0) prod_iy_q <= product;
        if (prep_q == 2'd1) prod_dy_q <= product;
        if (prep_q == 2'd2) prod_sy_q <= product;
    end

    wire [3:0] s_need = s_cmd[`NPU_F_CONV_EARLY] ? 4'd0
                      : s_cmd[`NPU_F_WAIT] & (s_cmd[`NPU_F_CONV_LATE] ? 4'b1000 : 4'b1100);
    wire       s_tokens = (s_need & ~avail) == 4'd0;
    wire [2:0] feed_busy;
    wire       info_ready;
    reg        start_q;
    wire       s_prepared = s_valid && prep_q == 2'd3 && feed_busy == 3'd0 && !start_q && info_ready && !stop_q;
    assign     s_go = s_prepared && s_tokens;
    assign     stuck = late_wait || (s_valid && !s_tokens);
    assign     stuck_index = late_wait ? late_index_q : s_index;
    assign     take = (l_go ? l_need : 4'd0) | (s_go ? s_need : 4'd0) | {1'b0, late_take, 2'b00};

    wire         s_minus = MATMUL != 0 && s_cmd[`NPU_F_CONV_MINUS];
    reg          d_fir, d_accumulate;
    reg  [15:0]  d_first, d_row, d_tap, d_blkp, d_ny, d_nx, d_iy0, d_ix0, d_in_h, d_in_w, d_nblk, d_span;
    reg  [7:0]   d_kh, d_kw, d_dil_y, d_dil_x, d_sy, d_sx, d_pad;
    always @(posedge clk) begin
        if (!rst_n) start_q <= 1'b0;
        else start_q <= s_go;
        if (s_go) begin
            d_fir   <= s_cmd[`NPU_F_CONV_FIR];
            d_accumulate <= s_cmd[`NPU_F_CONV_ACCUMULATE] || s_minus;
            d_first <= s_cmd[`NPU_F_CONV_IN_ADDR] + prod_iy_q + s_cmd[`NPU_F_CONV_IX0];
            d_row   <= prod_sy_q;
            d_tap   <= prod_dy_q;
            d_blkp  <= s_cmd[`NPU_F_CONV_BLK_PITCH];
            d_ny    <= s_cmd[`NPU_F_CONV_NY];
            d_nx    <= s_cmd[`NPU_F_CONV_NX];
            d_iy0   <= s_cmd[`NPU_F_CONV_IY0];
            d_ix0   <= s_cmd[`NPU_F_CONV_IX0];
            d_in_h  <= s_cmd[`NPU_F_CONV_IN_H];
            d_in_w  <= s_cmd[`NPU_F_CONV_IN_W];
            d_nblk  <= s_cmd[`NPU_F_CONV_NBLK];
            d_span  <= s_cmd[`NPU_F_CONV_SPAN];
            d_kh    <= s_cmd[`NPU_F_CONV_KH];
            d_kw    <= s_cmd[`NPU_F_CONV_KW];
            d_dil_y <= s_cmd[`NPU_F_CONV_DIL_Y];
            d_dil_x <= s_cmd[`NPU_F_CONV_DIL_X];
            d_sy    <= s_cmd[`NPU_F_CONV_SY];
            d_sx    <= s_cmd[`NPU_F_CONV_SX];
            d_pad   <= s_cmd[`NPU_F_CONV_PAD_VALUE];
        end
    end

    wire [FIR_GROUPS-1:0]     f_valid, f_pop;
    wire [8*N*FIR_GROUPS-1:0] f_word;
    wire                      f_first, f_last, f_result, f_pfirst, f_plast, f_adds, f_fir;
    wire [FIR_GROUPS-1:0]     f_active;
    genvar g;
    generate
        for (g = 0; g < FIR_GROUPS; g = g + 1) begin : gen_feed
            wire first, last, result, pfirst, plast, adds, fir;
            wire [FIR_GROUPS-1:0] active;
            npu_line_feed #(.N(N), .GROUP(g), .GROUPS(FIR_GROUPS), .TAPS(FIR_TAPS)) u_feed (
                .clk(clk), .rst_n(rst_n), .start(start_q), .busy(feed_busy[g]), .fir(d_fir), .accumulate(d_accumulate), .a_first(d_first),
                .row_step(d_row), .tap_step(d_tap), .blk_pitch(d_blkp), .ny(d_ny), .nx(d_nx), .iy0(d_iy0),
                .ix0(d_ix0), .in_h(d_in_h), .in_w(d_in_w), .nblk(d_nblk), .span(d_span), .kh(d_kh), .kw(d_kw),
                .dil_y(d_dil_y), .dil_x(d_dil_x), .sy(d_sy), .sx(d_sx), .pad(d_pad),
                .rd_req(rd_req[g]), .rd_addr(rd_addr[16*g+:16]), .rd_gnt(rd_gnt[g]), .rd_data(rd_data[8*N*g+:8*N]),
                .out_valid(f_valid[g]), .out_data(f_word[8*N*g+:8*N]), .out_first(first), .out_last(last),
                .out_result(result), .out_pfirst(pfirst), .out_plast(plast), .out_adds(adds), .out_fir(fir),
                .out_active(active), .out_pop(f_pop[g]));
            if (g == 0) begin : gen_lead
                assign {f_first, f_last, f_result, f_pfirst, f_plast, f_adds, f_fir, f_active} =
                       {first, last, result, pfirst, plast, adds, fir, active};
            end else begin : gen_follow
                wire unused = &{1'b0, first, last, result, pfirst, plast, adds, fir, active};
            end
        end
        for (g = FIR_GROUPS; g < 3; g = g + 1) begin : gen_no_feed
            assign feed_busy[g] = 1'b0;
            assign rd_req[g] = 1'b0;
            assign rd_addr[16*g+:16] = 16'd0;
            wire unused = &{1'b0, rd_gnt[g], rd_data[8*N*g+:8*N]};
        end
    endgenerate

    // ---------------------------------------------------------------- front: one element a step
    reg  in_fir_q;                                   // inside a FIR pass: its elements must follow without gap
    // A command that adds may begin with the entries that the one before it ended with, and so may a pass after one with more
    // than ACC_DEPTH results, or with one or two (the second may have come late, behind a first in the padding that needed no
    // read): the earlier sums must be written first.
    localparam AW = $clog2(ACC_DEPTH);
    reg  [1:0]  recent_q;                            // the last two steps yielded results
    reg  [AW:0] results_q;                           // of this pass, modulo ACC_DEPTH once wrapped_q
    reg         wrapped_q;
    wire few   = results_q[AW:2] == 0 && results_q[1:0] != 2'd3;
    wire again = f_adds || (f_first && (wrapped_q || few));
    wire offer = f_valid[0] && (!f_first || w_full) && !(again && recent_q != 2'b00);
    wire [FIR_GROUPS-1:0] follow;                    // group g's word is due in this step (bit 0: unused)
    wire [FIR_GROUPS-1:0] late = follow & ~f_valid;
    assign en   = !(in_fir_q && !f_valid[0]) && late == {FIR_GROUPS{1'b0}};
    assign pop0 = en && offer;
    assign swap_now = offer && f_first;              // counts in steps (en) only
    assign follow[0] = 1'b0;
    assign f_pop[0]  = pop0;

    reg                      op_swap_q, op_fir_q;
    reg  [3:0]               op_tag_q;               // result, last, first pass, last pass
    reg  [8*N-1:0]           op_word_q;
    reg  [8*N*FIR_GROUPS-1:0] op_lines_q;
    reg  [4*LAT-1:0]         tags_q;
    always @(posedge clk) begin
        if (!rst_n) begin
            in_fir_q  <= 1'b0;
            recent_q  <= 2'b00;
            results_q <= {(AW + 1) {1'b0}};
            wrapped_q <= 1'b0;
            op_swap_q <= 1'b0;
            op_fir_q  <= 1'b0;
            op_tag_q  <= 4'd0;
        end else if (en) begin
            if (offer) in_fir_q <= f_fir && !f_last;
            recent_q  <= {recent_q[0], offer && f_result};
            if (offer) begin
                results_q <= (f_first ? {(AW + 1) {1'b0}} : {1'b0, results_q[AW-1:0]}) + {{AW{1'b0}}, f_result};
                wrapped_q <= !f_first && (wrapped_q || results_q[AW]);
            end
            op_swap_q <= swap_now;
            op_fir_q  <= offer && f_fir;
            op_tag_q  <= offer ? {f_result, f_last, f_pfirst, f_plast} : 4'd0;
        end
        en_q   <= en || !rst_n;
        held_q <= !en && rst_n;
        if (!rst_n) tags_q <= {4 * LAT{1'b0}};
        else if (en_q) tags_q <= {tags_q[4*(LAT-1)-1:0], op_tag_q};
        if (en) op_word_q <= offer && !f_fir ? f_word[8*N-1:0] : {8 * N{1'b0}};
        if (en) op_lines_q[8*N-1:0] <= offer && f_fir ? f_word[8*N-1:0] : {8 * N{1'b0}};
    end
    generate
        for (g = 1; g < FIR_GROUPS; g = g + 1) begin : gen_follow_tag
            reg [FIR_TAPS*g-1:0] due_q;
            wire [FIR_TAPS*g:0]  due_next = {due_q, offer && f_fir && f_active[g]};
            assign follow[g] = due_q[FIR_TAPS*g-1];
            assign f_pop[g]  = en && follow[g];
            always @(posedge clk) begin
                if (!rst_n) due_q <= {FIR_TAPS * g{1'b0}};
                else if (en) due_q <= due_next[FIR_TAPS*g-1:0];
                if (en) op_lines_q[8*N*g+:8*N] <= follow[g] ? f_word[8*N*g+:8*N] : {8 * N{1'b0}};
            end
            wire unused = due_next[FIR_TAPS*g];
        end
    endgenerate

    // Weights enter a step behind the loader, as operands do behind the front: the swap still meets whole tiles.
    reg  [N-1:0]        row_sel_q;
    reg  [8*N-1:0]      row_word_q;
    always @(posedge clk) begin
        if (!rst_n) row_sel_q <= {N{1'b0}};
        else if (en_q) row_sel_q <= row_sel;
        if (en_q) row_word_q <= row_word;
    end
    wire [N*PSUM_W-1:0] psum;
    npu_array #(.N(N), .FIR_GROUPS(FIR_GROUPS), .FIR_TAPS(FIR_TAPS), .PSUM_W(PSUM_W),
                .MUL_STYLE(MUL_STYLE), .MUL_DSP(MUL_DSP)) u_array (
        .clk(clk), .rst_n(rst_n), .en(en_q), .word(op_word_q), .swap(op_swap_q), .fir(op_fir_q), .lines(op_lines_q),
        .row_sel(row_sel_q), .w_word(row_word_q), .psum(psum));

    // ---------------------------------------------------------------- accumulators and end of command
    wire        acc_result, acc_last, acc_pfirst, acc_plast, acc_pop, acc_done;
    // i_*: of the command whose results come now or next, in flip-flops: the grant of the accumulators, late in a cycle, hangs on them.
    reg         i_valid, i_half, i_accumulate, i_load_params;
    reg  [15:0] i_acc_addr, i_index;
    reg  [3:0]  i_signal;
    wire        h_valid;
    wire [38:0] h_data;
    wire        i_next = !i_valid || acc_pop;
    assign {acc_result, acc_last, acc_pfirst, acc_plast} = tags_q[4*LAT-1:4*(LAT-1)];

    npu_fifo #(.WIDTH(39), .DEPTH(4)) u_info (
        .clk(clk), .rst_n(rst_n), .in_valid(s_go), .in_ready(info_ready),
        .in_data({s_cmd[`NPU_F_CONV_HALF], s_cmd[`NPU_F_CONV_ACC_ADDR], s_cmd[`NPU_F_CONV_ACCUMULATE],
                  s_cmd[`NPU_F_SIGNAL], s_cmd[`NPU_F_CONV_LOAD_PARAMS], s_index}),
        .out_valid(h_valid), .out_ready(i_next), .out_data(h_data));
    always @(posedge clk) begin
        if (!rst_n) i_valid <= 1'b0;
        else if (i_next) i_valid <= h_valid;
        if (i_next) {i_half, i_acc_addr, i_accumulate, i_signal, i_load_params, i_index} <= h_data;
    end
    wire        i_minus, i_from_half;
    wire [7:0]  i_from;
    generate
        if (MATMUL != 0) begin : gen_minus
            wire unused_ready, unused_valid;
            wire [9:0] head;
            reg  [9:0] head_q;
            assign {i_minus, i_from_half, i_from} = head_q;
            always @(posedge clk) if (i_next) head_q <= head;
            npu_fifo #(.WIDTH(10), .DEPTH(4)) u_minus (
                .clk(clk), .rst_n(rst_n), .in_valid(s_go), .in_ready(unused_ready),
                .in_data({s_minus, s_cmd[`NPU_F_CONV_MINUS_HALF], s_cmd[`NPU_F_CONV_ACC_FROM]}),
                .out_valid(unused_valid), .out_ready(i_next), .out_data(head));
            wire unused = &{1'b0, unused_ready, unused_valid};
        end else begin : gen_no_minus
            assign {i_minus, i_from_half, i_from} = 10'd0;
        end
    endgenerate
    npu_accum #(.N(N), .PSUM_W(PSUM_W), .ACC_DEPTH(ACC_DEPTH)) u_accum (
        .clk(clk), .rst_n(rst_n), .in_valid(!held_q && acc_result), .in_last(!held_q && acc_last), .in_pfirst(acc_pfirst),
        .in_plast(acc_plast), .in_psum(psum), .cmd_half(i_half), .cmd_acc_addr(i_acc_addr),
        .cmd_accumulate(i_accumulate), .cmd_minus(i_minus), .cmd_from_half(i_from_half), .cmd_from({4'd0, i_from, 4'd0}), .cmd_pop(acc_pop), .done(acc_done),
        .rd_req(acc_rd_req), .rd_half(acc_rd_half), .rd_addr(acc_rd_addr), .rd_gnt(acc_rd_gnt), .rd_data(acc_rd_data));

    // A command ends when its sums are written and its parameter block, if any, is in place.
    reg  [2:0] sums_q, params_q;                     // ended sums / loaded blocks not yet matched
    wire       e_valid, e_load_params, unused_end_ready;
    wire [3:0] e_signal;
    wire [15:0] e_index;
    npu_fifo #(.WIDTH(21), .DEPTH(4)) u_ending (
        .clk(clk), .rst_n(rst_n), .in_valid(acc_pop), .in_ready(unused_end_ready),
        .in_data({i_signal, i_load_params, i_index}), .out_valid(e_valid), .out_ready(ev_done),
        .out_data({e_signal, e_load_params, e_index}));
    assign ev_done = e_valid && sums_q != 3'd0 && (!e_load_params || params_q != 3'd0);
    assign ev_done_index = e_index;
    assign give = ev_done ? e_signal : 4'd0;
    assign ev_start = s_go;
    assign ev_start_index = s_index;
    always @(posedge clk) begin
        if (!rst_n) begin
            sums_q   <= 3'd0;
            params_q <= 3'd0;
        end else begin
            sums_q   <= sums_q + {2'd0, acc_done} - {2'd0, ev_done};
            params_q <= params_q + {2'd0, params_done} - {2'd0, ev_done && e_load_params};
        end
    end

    // ---------------------------------------------------------------- status
    assign busy = !stop_q && (loader_busy || ahead_q != 3'd0 || h_valid || i_valid || e_valid);
    assign progress = l_go || s_go || late_take || pop0 || ev_done;
    assign cnt_step = pop0 && f_result;
    wire waiting = (busy || cmd_valid) && !pop0;
    assign cnt_stall_post    = waiting && ((!f_valid[0] && s_prepared && !s_tokens)
                                           || (late_wait && (!f_valid[0] || (f_first && !w_full))));
    assign cnt_stall_load    = waiting && !cnt_stall_post && cmd_valid && !loader_busy && s_ready && !l_tokens
                               && (!f_valid[0] || (f_first && !w_full));
    assign cnt_stall_weights = waiting && !cnt_stall_load && !cnt_stall_post && f_valid[0] && f_first && !w_full;
    assign cnt_stall_bank    = waiting && !f_valid[0] && feed_busy[0] || !en;
    wire unused = &{1'b0, unused_product, unused_end_ready, s_cmd, cmd_data, f_active};
endmodule
`default_nettype wire
