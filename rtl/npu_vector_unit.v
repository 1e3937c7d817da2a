// The vector unit: DRAIN, POOL, ELTWISE, TABLE, SOFTMAX, NORM, and with WIDE_LANES the commands on wide rows. Takes commands in order, checks their fields, waits for tokens, runs the
// command's front end, and gives tokens when its last scratchpad write was granted.
// Contract: ports as in docs/design.md. A DRAIN begins while the writes of a DRAIN before it are still on their way (it reads
// accumulators only); every other command begins when all earlier writes were granted. From the cycle after an error or `abort` on nothing
// new is requested and `busy` falls when reads in flight are over; only reset leaves that state. LANES divides N, N in 4..64 a power of 2.
// Counterpart: the vector commands of docs/isa.md, executed by cmodel/npu.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "npu_spec.vh"
module npu_vector_unit #(
    parameter N         = 16,
    parameter LANES     = 16,
    parameter ACC_DEPTH = 512,
    parameter MATMUL    = 0,
    parameter WIDE_LANES = 0,  // 0: no wide row engine
    parameter SOFTMAX   = 1, // 0: a SOFTMAX command is illegal
    parameter NORM      = 0, // 1: with NORM
    parameter SOFTMAX_LANES = LANES >= 16 ? 4 : 1,  // elements of a softmax or norm a cycle, at most LANES (NORM: N / 4); as in cmodel/npu/timing_vector.c
    parameter MUL_STYLE = 0  // products of the lanes: npu_mul18
) (
    input  wire              clk,
    input  wire              rst_n,
    input  wire              abort,
    // command: stable while valid, popped by ready, after which valid is 0 for a cycle; checked in the cycle of fill, the one before it stands there
    input  wire              cmd_valid,
    input  wire [`NPU_CMD_BITS-1:0] cmd_data,
    input  wire              cmd_fill,
    input  wire [`NPU_CMD_BITS-1:0] cmd_next,
    input  wire [15:0]       cmd_index,
    output wire              cmd_ready,
    // tokens
    input  wire [3:0]        avail,
    output wire [3:0]        take,
    output wire [3:0]        give,
    // scratchpad: data exactly 2 cycles after a granted read
    output wire              va_req,
    output wire [15:0]       va_addr,
    input  wire              va_gnt,
    input  wire [8*N-1:0]    va_data,
    output wire              vb_req,
    output wire [15:0]       vb_addr,
    input  wire              vb_gnt,
    input  wire [8*N-1:0]    vb_data,
    output wire              vw_req,
    output wire [15:0]       vw_addr,
    output wire [8*N-1:0]    vw_data,
    output wire [N-1:0]      vw_be,
    input  wire              vw_gnt,
    // accumulators: data exactly 2 cycles after a granted read, until that of the next; parameters of channels par_pos.. of a set
    output wire              acc_rd_req,
    output wire              acc_rd_half,
    output wire [15:0]       acc_rd_addr,
    input  wire              acc_rd_gnt,
    input  wire [32*N-1:0]   acc_rd_data,
    output wire              bias_minus,     // acc_rd_data is to be subtracted from the biases of set bias_half
    output wire              bias_half,
    output wire              par_half,
    output wire [7:0]        par_pos,
    input  wire [32*LANES-1:0] par_bias,
    input  wire [32*LANES-1:0] par_mult,
    input  wire [6*LANES-1:0] par_shift,
    // status
    output wire              busy,
    output wire              err_valid,
    output wire [7:0]        err_code,
    output wire [15:0]       err_index,
    output wire [31:0]       err_addr,
    output wire              progress,
    output wire              ev_start,
    output wire [15:0]       ev_start_index,
    output wire              ev_done,
    output wire [15:0]       ev_done_index
);
    localparam LN = $clog2(N);

    // ---------------------------------------------------------------- start, check, end
    localparam [2:0] IDLE = 3'd0, INIT = 3'd1, MULTIPLY = 3'd2, TABLE = 3'd3, WALK = 3'd4, RUN = 3'd5;
    reg [2:0]   state_q;
    reg         stop;       // after an error or abort
    reg         legal_q;    // of the command on the port
    reg [`NPU_CMD_BITS-1:0] cmd_q;      // the command that runs
    wire        start, legal, done_valid, done_room, wrote, wrote_end, post_wrote_end, wide_done, room, out_valid, out_last;
    wire        drain_issue, pool_issue, eltwise_issue, table_issue, softmax_issue, norm_issue;
    wire        issue = drain_issue || pool_issue || eltwise_issue || table_issue || softmax_issue || norm_issue;
    wire        table_loaded, softmax_loaded, norm_loaded, mul_done;

    npu_vec_check #(.MATMUL(MATMUL), .WIDE(WIDE_LANES != 0), .N(N), .NORM(NORM), .SOFTMAX(SOFTMAX)) u_check (.cmd(cmd_next), .legal(legal));

    wire [3:0] wait_from = cmd_data[`NPU_F_WAIT];
    wire [7:0] op_next   = cmd_data[`NPU_F_OPCODE];
    // Which command runs: flip-flops, since most of the unit hangs on them. Of the commands on wide rows the unit below decodes which.
    reg  is_drain, is_pool, is_eltwise, is_table, is_softmax, is_norm, is_deep, is_wide;  // deep: element by element, along the channel blocks
    always_ff @(posedge clk)
        if (!rst_n) {is_drain, is_pool, is_eltwise, is_table, is_softmax, is_norm, is_deep, is_wide} <= 8'd0;
        else if (start) begin
            is_drain   <= op_next == `NPU_OP_DRAIN;
            is_pool    <= op_next == `NPU_OP_POOL;
            is_eltwise <= op_next == `NPU_OP_ELTWISE;
            is_table   <= op_next == `NPU_OP_TABLE;
            is_softmax <= SOFTMAX != 0 && op_next == `NPU_OP_SOFTMAX;
            is_norm    <= NORM != 0 && op_next == `NPU_OP_NORM;
            is_deep    <= (SOFTMAX != 0 && op_next == `NPU_OP_SOFTMAX) || (NORM != 0 && op_next == `NPU_OP_NORM);
            is_wide    <= WIDE_LANES != 0 && (op_next == `NPU_OP_DRAINW || op_next == `NPU_OP_QUANTW || op_next == `NPU_OP_ROTATE ||
                                              op_next == `NPU_OP_SILUW || op_next == `NPU_OP_SOFTMAXW);
        end
    wire has_tables = (is_table && cmd_q[`NPU_F_TABLE_LOAD]) || (is_softmax && cmd_q[`NPU_F_SOFTMAX_LOAD]) ||
                      (is_norm && cmd_q[`NPU_F_NORM_LOAD]);

    wire overlap  = is_drain && op_next == `NPU_OP_DRAIN && legal_q;
    wire idle     = state_q == IDLE || (state_q == RUN && is_drain && drain_issue && out_last);
    wire tokens   = (wait_from & ~avail & ~(4'd1 << `NPU_UNIT_VECTOR)) == 4'd0;
    wire can_go   = cmd_valid && !stop && idle && tokens && done_room && (!done_valid || overlap);
    assign start  = can_go && legal_q;
    wire fail     = can_go && !legal_q;
    assign cmd_ready = start;
    assign take      = start ? wait_from : 4'd0;

    always_ff @(posedge clk) begin
        if (cmd_fill) legal_q <= legal;
        if (!rst_n) begin
            state_q  <= IDLE;
            stop     <= 1'b0;
            cmd_q    <= {`NPU_CMD_BITS{1'b0}};
        end else begin
            if (abort || fail) stop <= 1'b1;
            if (start) cmd_q <= cmd_data;
            if (start) state_q <= INIT;
            else
                case (state_q)
                    INIT: state_q <= is_drain || is_wide ? RUN : is_pool ? MULTIPLY : has_tables ? TABLE : WALK;
                    MULTIPLY: if (mul_done) state_q <= WALK;
                    TABLE: if (table_loaded || softmax_loaded || norm_loaded) state_q <= WALK;
                    WALK: state_q <= RUN;
                    RUN: if (is_drain ? drain_issue && out_last : wrote_end) state_q <= IDLE;
                    default: ;
                endcase
        end
    end

    assign      wrote_end = post_wrote_end || wide_done;

    // commands whose last word is not written yet: {index, signal_to}
    wire [19:0] done_head;
    npu_fifo #(.WIDTH(20), .DEPTH(4)) u_done (
        .clk(clk), .rst_n(rst_n), .in_valid(start), .in_ready(done_room),
        .in_data({cmd_index, cmd_data[`NPU_F_SIGNAL]}),
        .out_valid(done_valid), .out_ready(wrote_end), .out_data(done_head)
    );
    reg        start_q, end_q, fail_q, progress_q;
    reg [15:0] start_index_q, end_index_q;
    reg [3:0]  give_q;
    wire       a_step, b_step, beat_valid, a_flight, b_flight, drain_flight, a_pop;
    wire       wide_active, wide_flight, wide_vw_req;
    always_ff @(posedge clk)
        if (!rst_n) begin
            start_q       <= 1'b0;
            end_q         <= 1'b0;
            fail_q        <= 1'b0;
            progress_q    <= 1'b0;
            give_q        <= 4'd0;
            start_index_q <= 16'd0;
            end_index_q   <= 16'd0;
        end else begin
            start_q    <= start;
            end_q      <= wrote_end;
            fail_q     <= fail;
            progress_q <= start || a_step || b_step || a_pop || beat_valid || wrote || drain_issue || wide_active;
            give_q     <= wrote_end ? done_head[3:0] : 4'd0;
            if (start || fail) start_index_q <= cmd_index;
            if (wrote_end) end_index_q <= done_head[19:4];
        end
    assign ev_start       = start_q;
    assign ev_start_index = start_index_q;
    assign ev_done        = end_q;
    assign ev_done_index  = end_index_q;
    assign give           = give_q;
    assign err_valid      = fail_q;
    assign err_code       = `NPU_ERR_ILLEGAL_FIELD;
    assign err_index      = start_index_q;
    assign err_addr       = 32'd0;
    assign progress       = progress_q;
    assign busy           = a_flight || b_flight || drain_flight || wide_flight || (!stop && (cmd_valid || done_valid || end_q));

    // ---------------------------------------------------------------- walks: output words, operands a and b
    wire [15:0] depth    = cmd_q[`NPU_F_VECTOR_DEPTH];
    wire [15:0] depth_up = depth - 16'd1;
    wire [15:0] words    = (depth_up >> LN) + 16'd1;  // of a softmax vector, a row of NORM
    wire [15:0] wides    = (depth_up >> (LN - 2)) + 16'd1;  // of its gammas
    wire [15:0] sx = {8'd0, cmd_q[`NPU_F_POOL_SX]}, sy = {8'd0, cmd_q[`NPU_F_POOL_SY]};

    // Fields at the same bits in several commands have one name; NX and a level that is absent count 1.
    wire [15:0] f_in = cmd_q[`NPU_F_VECTOR_IN_ADDR], f_in_row = cmd_q[`NPU_F_VECTOR_IN_ROW], f_in_blk = cmd_q[`NPU_F_VECTOR_IN_BLK];
    wire [15:0] f_ny = cmd_q[`NPU_F_VECTOR_NY], f_nx = cmd_q[`NPU_F_VECTOR_NX];
    wire [15:0] f_out_row = cmd_q[`NPU_F_VECTOR_OUT_ROW], f_out_blk = cmd_q[`NPU_F_VECTOR_OUT_BLK];
    wire [15:0] nblk = is_pool ? cmd_q[`NPU_F_POOL_NBLK] : 16'd1;
    wire [47:0] out_count = is_deep ? {f_ny, is_norm ? 16'd1 : f_nx, words} : {nblk, f_ny, f_nx};
    wire [47:0] out_stride = is_deep ? {f_out_row, 16'd1, f_out_blk} :
                             {f_out_blk, f_out_row, is_drain ? cmd_q[`NPU_F_DRAIN_OUT_X] : 16'd1};
    wire [15:0] out_base = cmd_q[`NPU_F_VECTOR_OUT_ADDR];
    wire [15:0] out_addr;
    wire [2:0]  out_ends;
    wire        post_room;
    npu_vec_agu #(.LEVELS(3), .TRACKS(1)) u_out_walk (
        .clk(clk), .rst_n(rst_n), .load(state_q == INIT && !is_wide), .count(out_count), .base(out_base), .stride(out_stride),
        .valid(out_valid), .ends(out_ends), .value(out_addr), .step(issue)
    );
    assign out_last = &out_ends;
    assign room     = post_room && out_valid && !stop;

    // levels 4..0: block, output row, output column, kernel row, kernel column; a softmax has pass and word in the last two
    wire [15:0] pool_first, row_step;
    npu_vec_pool_start u_pool_start (
        .clk(clk), .rst_n(rst_n), .start(state_q == INIT), .in_addr(f_in),
        .iy0(cmd_q[`NPU_F_POOL_IY0]), .ix0(cmd_q[`NPU_F_POOL_IX0]), .in_row(f_in_row),
        .sy(cmd_q[`NPU_F_POOL_SY]), .done(mul_done), .first(pool_first), .row_step(row_step)
    );
    wire        table_walk = state_q == INIT || state_q == TABLE;
    localparam integer TABLE_I = 256 / N, EXP_I = 1024 / N;
    wire [15:0] table_words = is_norm ? wides << 1 : is_softmax ? EXP_I[15:0] : TABLE_I[15:0];
    wire [79:0] a_count = table_walk ? {64'h0001_0001_0001_0001, table_words} :
                          is_deep ? {16'd1, f_ny, is_norm ? 32'h0001_0001 : {f_nx, 16'd3}, words} :
                          {nblk, f_ny, f_nx, is_pool ? {cmd_q[`NPU_F_POOL_KH], cmd_q[`NPU_F_POOL_KW]} : 32'h0001_0001};
    // strides: those of a level that counts 1 are not used
    wire [15:0] a_across = is_pool ? sx : is_eltwise ? {8'd0, cmd_q[`NPU_F_ELTWISE_A_X]} : 16'd1;
    wire [79:0] a_stride = {f_in_blk, is_pool ? row_step : f_in_row, a_across, is_deep ? 16'd0 : f_in_row,
                            is_deep && !table_walk ? f_in_blk : 16'd1};
    wire [15:0] a_base = table_walk ? (is_deep ? cmd_q[`NPU_F_VECTOR_T_ADDR] : cmd_q[`NPU_F_TABLE_T_ADDR]) :
                         is_pool ? pool_first : f_in;
    wire        a_walk, a_valid, a_skip, a_end;
    wire [4:0]  a_ends;
    wire [15:0] a_addr, iy, ix;
    wire [8*N-1:0] a_word, b_word;
    npu_vec_agu #(.LEVELS(5), .TRACKS(3)) u_a_walk (
        .clk(clk), .rst_n(rst_n), .load((state_q == INIT && has_tables) || state_q == WALK), .count(a_count),
        .base({cmd_q[`NPU_F_POOL_IX0], cmd_q[`NPU_F_POOL_IY0], a_base}),
        .stride({16'd0, 16'd0, sx, 16'd0, 16'd1, 16'd0, sy, 16'd0, 16'd1, 16'd0, a_stride}),
        .valid(a_walk), .ends(a_ends), .value({ix, iy, a_addr}), .step(a_step)
    );
    // the two streams serve the wide row engine too
    wire        wide_a_walk, wide_b_walk, wide_a_pop, wide_b_pop;
    wire [15:0] wide_a_addr, wide_b_addr;
    wire in_range = iy < cmd_q[`NPU_F_POOL_IN_H] && ix < cmd_q[`NPU_F_POOL_IN_W];  // negative ones are large
    npu_vec_reader #(.WIDTH(8*N)) u_a (
        .clk(clk), .rst_n(rst_n), .stop(stop), .inflight(a_flight),
        .in_valid(a_walk || wide_a_walk), .in_addr(is_wide ? wide_a_addr : a_addr), .in_skip(is_pool && !in_range), .in_end(&a_ends[1:0]), .in_step(a_step),
        .rd_req(va_req), .rd_addr(va_addr), .rd_gnt(va_gnt), .rd_data(va_data),
        .out_valid(a_valid), .out_data(a_word), .out_skip(a_skip), .out_end(a_end), .out_pop(a_pop)
    );

    wire        b_walk, b_valid, b_skip, b_end, eltwise_pop, norm_b_pop;
    wire [1:0]  b_ends;
    wire [15:0] b_addr;
    npu_vec_agu #(.LEVELS(2), .TRACKS(1)) u_b_walk (
        .clk(clk), .rst_n(rst_n), .load(state_q == WALK && (is_eltwise || is_norm)),
        .count({f_ny, is_norm ? words : f_nx}), .base(is_norm ? f_in : cmd_q[`NPU_F_ELTWISE_B_ADDR]),
        .stride(is_norm ? {f_in_row, f_in_blk} : {cmd_q[`NPU_F_ELTWISE_B_ROW], {8'd0, cmd_q[`NPU_F_ELTWISE_B_X]}}),
        .valid(b_walk), .ends(b_ends), .value(b_addr), .step(b_step)
    );
    npu_vec_reader #(.WIDTH(8*N)) u_b (
        .clk(clk), .rst_n(rst_n), .stop(stop), .inflight(b_flight),
        .in_valid(b_walk || wide_b_walk), .in_addr(is_wide ? wide_b_addr : b_addr), .in_skip(1'b0), .in_end(&b_ends), .in_step(b_step),
        .rd_req(vb_req), .rd_addr(vb_addr), .rd_gnt(vb_gnt), .rd_data(vb_data),
        .out_valid(b_valid), .out_data(b_word), .out_skip(b_skip), .out_end(b_end), .out_pop(eltwise_pop || norm_b_pop || wide_b_pop)
    );

    // ---------------------------------------------------------------- front ends
    wire run = state_q == RUN;
    wire loading = state_q == TABLE;

    wire                drain_valid, drain_last;
    wire [7:0]          drain_pos;
    wire [23:0]         drain_cfg;
    wire [32*LANES-1:0] drain_x, drain_bias, drain_mult;
    wire [6*LANES-1:0]  drain_shift;
    wire                drain_rd_req, drain_rd_half, wide_rd_req, wide_rd_half;
    wire [15:0]         drain_rd_addr, wide_rd_addr;
    npu_vec_drain #(.N(N), .LANES(LANES), .ACC_DEPTH(ACC_DEPTH)) u_drain (
        .clk(clk), .rst_n(rst_n), .stop(stop), .inflight(drain_flight),
        .load(state_q == INIT && is_drain), .acc_addr(cmd_q[`NPU_F_DRAIN_ACC_ADDR]), .half(cmd_q[`NPU_F_DRAIN_HALF]),
        .column(MATMUL != 0 && cmd_q[`NPU_F_DRAIN_COLUMN]), .col_addr(cmd_q[`NPU_F_DRAIN_COL_ADDR]),
        .bias_minus(bias_minus), .bias_half(bias_half),
        .cfg({cmd_q[`NPU_F_DRAIN_ACT_MAX], cmd_q[`NPU_F_DRAIN_ACT_MIN], cmd_q[`NPU_F_DRAIN_ZP]}),
        .room(room), .last(out_last), .issue(drain_issue),
        .acc_rd_req(drain_rd_req), .acc_rd_half(drain_rd_half), .acc_rd_addr(drain_rd_addr), .acc_rd_gnt(acc_rd_gnt && drain_rd_req),
        .acc_rd_data(acc_rd_data), .par_half(par_half), .par_pos(par_pos), .par_bias(par_bias), .par_mult(par_mult), .par_shift(par_shift),
        .beat_valid(drain_valid), .beat_pos(drain_pos), .beat_last(drain_last), .beat_cfg(drain_cfg),
        .beat_x(drain_x), .beat_bias(drain_bias), .beat_mult(drain_mult), .beat_shift(drain_shift)
    );

    assign acc_rd_req  = drain_rd_req || wide_rd_req;
    assign acc_rd_half = is_wide ? wide_rd_half : drain_rd_half;
    assign acc_rd_addr = is_wide ? wide_rd_addr : drain_rd_addr;

    wire                pool_pop, pool_valid, pool_last;
    wire [7:0]          pool_pos;
    wire [32*LANES-1:0] pool_x;
    wire                pool_sum = cmd_q[`NPU_F_POOL_SUM];
    npu_vec_pool #(.N(N), .LANES(LANES)) u_pool (
        .clk(clk), .rst_n(rst_n), .run(run && is_pool), .sum(pool_sum), .bias(cmd_q[`NPU_F_POOL_BIAS]),
        .tap_valid(a_valid), .tap_word(a_word), .tap_skip(a_skip), .tap_end(a_end), .tap_pop(pool_pop),
        .room(room), .issue(pool_issue), .beat_valid(pool_valid), .beat_last(pool_last), .beat_pos(pool_pos),
        .beat_x(pool_x)
    );

    wire                eltwise_valid, eltwise_last, eltwise_identity, eltwise_sum, res_valid, res_last;
    wire [1:0]          eltwise_kind, res_kind;
    wire [7:0]          eltwise_pos, res_pos;
    wire [32*LANES-1:0] eltwise_wide, res_data;
    wire [18*LANES-1:0] eltwise_small;
    wire [31:0]         eltwise_add, eltwise_mult;
    wire [5:0]          eltwise_lsh;
    wire [4:0]          eltwise_rsh;
    npu_vec_eltwise #(.N(N), .LANES(LANES), .MUL_STYLE(MUL_STYLE)) u_eltwise (
        .clk(clk), .rst_n(rst_n), .run(run && is_eltwise), .op(cmd_q[`NPU_F_ELTWISE_OP]),
        .a_zp(cmd_q[`NPU_F_ELTWISE_A_ZP]), .b_zp(cmd_q[`NPU_F_ELTWISE_B_ZP]), .a_mult(cmd_q[`NPU_F_ELTWISE_A_MULT]),
        .b_mult(cmd_q[`NPU_F_ELTWISE_B_MULT]), .o_mult(cmd_q[`NPU_F_ELTWISE_O_MULT]),
        .a_shift(cmd_q[`NPU_F_ELTWISE_A_SHIFT]), .b_shift(cmd_q[`NPU_F_ELTWISE_B_SHIFT]),
        .o_shift(cmd_q[`NPU_F_ELTWISE_O_SHIFT]), .left(cmd_q[`NPU_F_ELTWISE_LEFT]),
        .words_valid(a_valid && b_valid), .a_word(a_word), .b_word(b_word), .pop(eltwise_pop), .room(room),
        .issue(eltwise_issue), .res_valid(res_valid), .res_kind(res_kind), .res_last(res_last), .res_pos(res_pos),
        .res_data(res_data), .beat_valid(eltwise_valid), .beat_kind(eltwise_kind), .beat_last(eltwise_last),
        .beat_pos(eltwise_pos), .beat_identity(eltwise_identity), .beat_sum(eltwise_sum), .beat_wide(eltwise_wide),
        .beat_small(eltwise_small), .beat_add(eltwise_add),
        .beat_mult(eltwise_mult), .beat_lsh(eltwise_lsh), .beat_rsh(eltwise_rsh)
    );

    wire                table_pop, table_valid, table_last;
    wire [7:0]          table_pos;
    wire [8*LANES-1:0]  table_byte;
    npu_vec_table #(.N(N), .LANES(LANES)) u_table (
        .clk(clk), .rst_n(rst_n), .load_run(loading && is_table), .loaded(table_loaded), .run(run && is_table),
        .word_valid(a_valid), .word(a_word), .pop(table_pop), .room(room), .issue(table_issue),
        .beat_valid(table_valid), .beat_last(table_last), .beat_pos(table_pos), .beat_byte(table_byte)
    );

    wire        softmax_pop, softmax_valid, softmax_first, softmax_last;
    wire [1:0]  softmax_kind;
    wire [7:0]  softmax_pos;
    wire [SOFTMAX_LANES-1:0] softmax_mask;
    wire [32*SOFTMAX_LANES-1:0] softmax_x;
    wire [31:0] softmax_mult;
    wire [4:0]  softmax_rsh;
    generate
        if (SOFTMAX != 0) begin : gen_softmax
            npu_softmax #(.N(N), .LANES(SOFTMAX_LANES)) u_softmax (
                .clk(clk), .rst_n(rst_n), .load_run(loading && is_softmax), .loaded(softmax_loaded), .run(run && is_softmax),
                .depth(cmd_q[`NPU_F_SOFTMAX_DEPTH]), .word_valid(a_valid), .word(a_word), .pop(softmax_pop), .room(room),
                .issue(softmax_issue), .res_valid(res_valid && res_kind == 2'd3), .res_data(res_data[31:0]),
                .beat_valid(softmax_valid), .beat_kind(softmax_kind), .beat_first(softmax_first), .beat_last(softmax_last),
                .beat_pos(softmax_pos), .beat_mask(softmax_mask), .beat_x(softmax_x), .beat_mult(softmax_mult), .beat_rsh(softmax_rsh)
            );
        end else begin : gen_no_softmax
            assign {softmax_pop, softmax_loaded, softmax_issue, softmax_valid, softmax_first, softmax_last} = 6'd0;
            assign {softmax_kind, softmax_pos, softmax_mult, softmax_rsh} = 47'd0;
            assign softmax_mask = {SOFTMAX_LANES{1'b0}};
            assign softmax_x    = {SOFTMAX_LANES{32'd0}};
        end
    endgenerate
    wire        norm_pop, norm_valid, norm_first, norm_last;
    wire [7:0]  norm_pos;
    wire [SOFTMAX_LANES-1:0] norm_mask, norm_round;
    wire [32*SOFTMAX_LANES-1:0] norm_x, norm_mult, norm_late;
    generate
        if (NORM != 0) begin : gen_norm
            npu_norm #(.N(N), .LANES(SOFTMAX_LANES), .MUL_STYLE(MUL_STYLE)) u_norm (
                .clk(clk), .rst_n(rst_n), .start(state_q == INIT && is_norm), .load_run(loading && is_norm), .loaded(norm_loaded),
                .run(run && is_norm), .depth(depth), .rms(cmd_q[`NPU_F_NORM_RMS]), .in_zp(cmd_q[`NPU_F_NORM_IN_ZP]),
                .epsilon({cmd_q[`NPU_F_NORM_EPS_HIGH], cmd_q[`NPU_F_NORM_EPS_LOW]}), .a_valid(a_valid), .a_word(a_word), .a_pop(norm_pop),
                .b_valid(b_valid), .b_word(b_word), .b_pop(norm_b_pop), .room(room), .issue(norm_issue), .beat_valid(norm_valid),
                .beat_first(norm_first), .beat_last(norm_last), .beat_pos(norm_pos), .beat_mask(norm_mask), .beat_x(norm_x),
                .beat_round(norm_round), .beat_mult(norm_mult), .beat_late(norm_late)
            );
        end else begin : gen_no_norm
            assign {norm_pop, norm_b_pop, norm_loaded, norm_issue, norm_valid, norm_first, norm_last} = 7'd0;
            assign norm_pos = 8'd0;
            assign {norm_mask, norm_round} = {2*SOFTMAX_LANES{1'b0}};
            assign {norm_x, norm_mult, norm_late} = {3*SOFTMAX_LANES{32'd0}};
        end
    endgenerate
    assign a_pop = pool_pop || eltwise_pop || table_pop || softmax_pop || norm_pop || wide_a_pop;

    // ---------------------------------------------------------------- lanes
    // Maximum, minimum and table results pass unchanged: mult 2^30, left shift 1, zero point 0.
    wire       pool_divide = pool_sum && cmd_q[`NPU_F_POOL_DIVIDE];
    wire [7:0] pool_shift = cmd_q[`NPU_F_POOL_SHIFT];
    wire [7:0] pool_right = 8'd0 - pool_shift;
    wire       identity = is_table || (is_pool && !pool_sum);
    wire [31:0] one_add = is_eltwise ? eltwise_add : is_pool && pool_divide ? cmd_q[`NPU_F_POOL_NUDGE] : 32'd0;
    wire [31:0] one_mult = identity ? 32'h4000_0000 : is_pool ? cmd_q[`NPU_F_POOL_MULT] :
                           is_eltwise ? eltwise_mult : softmax_mult;
    wire [5:0] one_lsh = identity ? 6'd1 : is_pool ? (pool_shift[7] ? 6'd0 : pool_shift[5:0]) :
                         is_eltwise ? eltwise_lsh : 6'd0;
    wire [4:0] one_rsh = identity ? 5'd0 : is_pool ? (pool_shift[7] ? pool_right[4:0] : 5'd0) :
                         is_eltwise ? eltwise_rsh : is_norm ? cmd_q[`NPU_F_NORM_SHIFT] : softmax_rsh;
    wire [32*LANES-1:0] x, one_adds, one_mults;
    wire [6*LANES-1:0] drain_lsh;
    wire [5*LANES-1:0] drain_rsh;
    genvar i;
    generate
        for (i = 0; i < LANES; i = i + 1) begin : gen_lane
            // table bytes and element-wise operands are short; a softmax needs the first lanes only
            wire [17:0] short_x = is_table ? {{10{table_byte[8*i+7]}}, table_byte[8*i+:8]} : eltwise_small[18*i+:18];
            assign x[32*i+:32] = is_drain ? drain_x[32*i+:32] : is_pool ? pool_x[32*i+:32] :
                                 is_softmax && i < SOFTMAX_LANES ? softmax_x[32*(i%SOFTMAX_LANES)+:32] :
                                 is_norm && i < SOFTMAX_LANES ? norm_x[32*(i%SOFTMAX_LANES)+:32] : is_eltwise && eltwise_sum ? eltwise_wide[32*i+:32] :
                                 {{14{short_x[17]}}, short_x};
            assign one_adds[32*i+:32]  = is_norm && i < SOFTMAX_LANES ? {31'd0, norm_round[i%SOFTMAX_LANES]} : one_add;
            assign one_mults[32*i+:32] = is_norm && i < SOFTMAX_LANES ? norm_mult[32*(i%SOFTMAX_LANES)+:32] : one_mult;
            wire [5:0] shift = drain_shift[6*i+:6];
            wire [5:0] right = 6'd0 - shift;
            assign drain_lsh[6*i+:6] = shift[5] ? 6'd0 : shift;
            assign drain_rsh[5*i+:5] = shift[5] ? right[4:0] : 5'd0;
            wire unused = &{1'b0, right[5]};
        end
    endgenerate
    wire       plain = is_eltwise ? eltwise_identity : !pool_sum || pool_divide;  // no zero point
    wire [23:0] cfg = is_drain ? drain_cfg :
                      is_table ? 24'h7f8000 :
                      is_softmax ? 24'h7f8080 : is_norm ? {16'h7f80, cmd_q[`NPU_F_NORM_ZP]} :
                      {cmd_q[`NPU_F_VECTOR_ACT_MAX], cmd_q[`NPU_F_VECTOR_ACT_MIN], plain ? 8'd0 : cmd_q[`NPU_F_VECTOR_ZP]};
    assign beat_valid = drain_valid || pool_valid || eltwise_valid || table_valid || softmax_valid || norm_valid;
    wire           post_vw_req;
    wire [15:0]    post_vw_addr, wide_vw_addr;
    wire [8*N-1:0] post_vw_data, wide_vw_data;
    wire [N-1:0]   wide_vw_be;
    // Words on their way: with fewer lanes than bytes, one only every N/LANES cycles.
    localparam POST_WORDS = 32 * LANES / N > 4 ? 32 * LANES / N : 4;
    npu_vec_post #(.N(N), .LANES(LANES), .SHORT(SOFTMAX_LANES), .LATE(NORM), .DEPTH(POST_WORDS), .MUL_STYLE(MUL_STYLE)) u_post (
        .clk(clk), .rst_n(rst_n), .stop(stop),
        .room(post_room), .issue(issue), .issue_addr(out_addr), .issue_end(out_last),
        .beat_valid(beat_valid), .beat_kind(is_eltwise ? eltwise_kind : is_softmax ? softmax_kind : 2'd0),
        .beat_first(is_norm ? norm_first : is_softmax && softmax_first),
        .beat_last(is_drain ? drain_last : is_pool ? pool_last : is_eltwise ? eltwise_last :
                   is_table ? table_last : is_norm ? norm_last : softmax_last),
        .beat_elem(is_deep), .beat_mask(is_norm ? norm_mask : softmax_mask),
        .beat_pos(is_drain ? drain_pos : is_pool ? pool_pos : is_eltwise ? eltwise_pos : is_table ? table_pos :
                  is_norm ? norm_pos : softmax_pos),
        .beat_cfg(cfg),
        .beat_x(x),
        .beat_add(is_drain ? drain_bias : one_adds), .beat_mult(is_drain ? drain_mult : one_mults),
        .beat_lsh(is_drain ? drain_lsh : {LANES{one_lsh}}), .beat_rsh(is_drain ? drain_rsh : {LANES{one_rsh}}),
        .beat_divide(is_pool && pool_divide), .beat_late(norm_late),
        .res_valid(res_valid), .res_kind(res_kind), .res_last(res_last), .res_pos(res_pos), .res_data(res_data),
        .vw_req(post_vw_req), .vw_addr(post_vw_addr), .vw_data(post_vw_data), .vw_gnt(vw_gnt && !is_wide), .wrote(wrote),
        .wrote_end(post_wrote_end)
    );

    // ---------------------------------------------------------------- wide rows
    assign vw_req  = is_wide ? wide_vw_req : post_vw_req;
    assign vw_addr = is_wide ? wide_vw_addr : post_vw_addr;
    assign vw_data = is_wide ? wide_vw_data : post_vw_data;
    assign vw_be   = is_wide ? wide_vw_be : {N{1'b1}};
    generate
        if (WIDE_LANES != 0) begin : gen_wide
            npu_wide #(.N(N), .LANES(WIDE_LANES)) u_wide (
                .clk(clk), .rst_n(rst_n), .stop(stop), .start(state_q == INIT && is_wide), .cmd(cmd_q), .done(wide_done),
                .active(wide_active), .inflight(wide_flight), .a_walk(wide_a_walk), .a_addr(wide_a_addr),
                .a_step(a_step && is_wide), .a_valid(a_valid && is_wide), .a_word(a_word), .a_pop(wide_a_pop),
                .b_walk(wide_b_walk), .b_addr(wide_b_addr), .b_step(b_step && is_wide), .b_valid(b_valid && is_wide),
                .b_word(b_word), .b_pop(wide_b_pop), .acc_rd_req(wide_rd_req), .acc_rd_half(wide_rd_half),
                .acc_rd_addr(wide_rd_addr), .acc_rd_gnt(acc_rd_gnt && wide_rd_req), .acc_rd_data(acc_rd_data),
                .vw_req(wide_vw_req), .vw_addr(wide_vw_addr), .vw_data(wide_vw_data), .vw_be(wide_vw_be),
                .vw_gnt(vw_gnt && is_wide)
            );
        end else begin : gen_narrow
            assign {wide_done, wide_active, wide_flight, wide_a_walk, wide_a_pop, wide_b_walk, wide_b_pop, wide_rd_req, wide_rd_half,
                    wide_vw_req} = 10'd0;
            assign {wide_a_addr, wide_b_addr, wide_rd_addr, wide_vw_addr} = 64'd0;
            assign wide_vw_data = {8*N{1'b0}};
            assign wide_vw_be   = {N{1'b0}};
        end
    endgenerate

    wire unused = &{1'b0, b_skip, b_end, a_ends[4:2], pool_right[7:5], cmd_q};
endmodule
`default_nettype wire
