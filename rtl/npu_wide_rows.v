// Order and read addresses of a wide command's passes. DRAINW, ROTATE and SILUW are one pass (ALL) over all rows. A row of QUANTW is read twice
// (SCALE, then BYTES), one of SOFTMAXW three times (HIGHEST before): round k has passes HIGHEST of row k, SCALE of row k - 1, BYTES of row k - 1 - AHEAD
// (QUANTW: SCALE of row k, BYTES of row k - AHEAD), so that what must be known of a row is there when its next pass comes.
// Contract: `start` begins, with `cmd` one cycle later and until `busy` falls. a_*, b_* walk the two word streams; `pass_*` is a queue of the passes whose
// addresses have begun: {kind, elements}. `written`, a pulse: all of a SCALE pass's words are in the scratchpad (SOFTMAXW reads them again).
// No counterpart in cmodel but the order of timing_wide.c: rows do not depend on each other.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "npu_spec.vh"
module npu_wide_rows #(
    parameter N = 16
) (
    input  wire        clk,
    input  wire        rst_n,
    input  wire        start,
    input  wire [`NPU_CMD_BITS-1:0] cmd,
    input  wire        written,
    output wire        busy,
    output wire        a_walk,
    output wire [15:0] a_addr,
    input  wire        a_step,
    output wire        b_walk,
    output wire [15:0] b_addr,
    input  wire        b_step,
    output wire        pass_valid,
    output wire [1:0]  pass_kind,
    output wire [15:0] pass_n,
    input  wire        pass_pop
);
    localparam LW = $clog2(N / 4);
    localparam [1:0] HIGHEST = 2'd0, SCALE = 2'd1, BYTES = 2'd2, ALL = 2'd3;
    localparam [2:0] AHEAD = 3'd4;

    wire [7:0] op = cmd[`NPU_F_OPCODE];
    wire is_drain = op == `NPU_OP_DRAINW, is_quant = op == `NPU_OP_QUANTW, is_rotate = op == `NPU_OP_ROTATE, is_soft = op == `NPU_OP_SOFTMAXW;
    wire by_row   = is_quant || is_soft;
    wire scaled   = is_drain && !cmd[`NPU_F_DRAINW_NOSCALE];
    wire [15:0] rows = is_drain ? cmd[`NPU_F_DRAINW_COUNT] : cmd[`NPU_F_QUANTW_ROWS];   // ROWS, N and first address: in one place in all four

    // ---------------------------------------------------------------- whose turn
    reg        busy_q, begin_q;
    reg  [1:0] turn_q;
    reg  [2:0] round_q;    // saturates
    wire [1:0] turn   = begin_q ? (is_soft ? HIGHEST : is_quant ? SCALE : ALL) : turn_q;
    wire [2:0] round  = begin_q ? 3'd0 : round_q;
    wire [2:0] enters = turn == BYTES ? AHEAD + {2'd0, is_soft} : {2'd0, turn == SCALE && is_soft};  // round of the kind's first pass
    // next row of each kind
    reg  [15:0] left_m [0:3], base_m [0:3], n_m [0:3];
    wire        first = round == enters;
    wire [15:0] left  = first || !by_row ? rows : left_m[turn];   // this row too
    wire [15:0] base  = first || !by_row ? cmd[`NPU_F_QUANTW_IN_ADDR] : base_m[turn];
    wire [15:0] n     = first || !by_row ? cmd[`NPU_F_QUANTW_N] : n_m[turn];
    wire        there = !by_row || (round >= enters && left != 16'd0);
    wire        room;
    reg  [2:0]  readable_q; // rows that a SCALE pass has rewritten and no BYTES pass has read
    wire        held  = a_walk || b_walk || !room || (is_soft && turn == BYTES && readable_q == 3'd0);
    wire        load  = busy_q && there && !held;
    wire        turns = load || !there;
    assign busy = busy_q;
    always_ff @(posedge clk) begin
        busy_q     <= rst_n && (start || (busy_q && !(load && (!by_row || (turn == BYTES && left == 16'd1)))));
        begin_q    <= start;
        readable_q <= !rst_n || start ? 3'd0 : readable_q + {2'd0, written && is_soft} - {2'd0, load && is_soft && turn == BYTES};
        turn_q  <= !turns ? turn : turn != BYTES ? turn + 2'd1 : is_soft ? HIGHEST : SCALE;
        round_q <= round + {2'd0, turns && turn == BYTES && round != 3'd7};
        if (load) begin
            left_m[turn] <= left - 16'd1;
            base_m[turn] <= base + cmd[`NPU_F_QUANTW_IN_ROW];
            n_m[turn]    <= n + {15'd0, is_soft && cmd[`NPU_F_SOFTMAXW_CAUSAL]};
        end
    end
    npu_fifo #(.WIDTH(18), .DEPTH(4)) u_passes (
        .clk(clk), .rst_n(rst_n), .in_valid(load), .in_ready(room), .in_data({turn, n}),
        .out_valid(pass_valid), .out_ready(pass_pop), .out_data({pass_kind, pass_n})
    );

    // ---------------------------------------------------------------- addresses
    function [15:0] words_of(input [15:0] elements);   // wide words
        words_of = ((elements - 16'd1) >> LW) + 16'd1;
    endfunction
    wire [15:0] walk_rows = by_row ? 16'd1 : rows;
    wire        use_b = is_quant ? cmd[`NPU_F_QUANTW_NORM] : !is_soft || (turn == SCALE && cmd[`NPU_F_SOFTMAXW_VMAX]);
    npu_wide_walk u_a_walk (
        .clk(clk), .rst_n(rst_n), .load(load), .rows(walk_rows), .head(scaled), .head_base(cmd[`NPU_F_DRAINW_SCALE_ADDR]),
        .head_pitch(cmd[`NPU_F_DRAINW_SCALE_STEP]), .body(!is_drain || cmd[`NPU_F_DRAINW_ADD]), .words(is_drain ? 16'd4 : words_of(n)),
        .base(is_drain ? cmd[`NPU_F_DRAINW_OUT_ADDR] : base), .pitch(is_drain ? cmd[`NPU_F_DRAINW_OUT_STEP] : cmd[`NPU_F_ROTATE_X_ROW]), // as U_ROW
        .step(16'd1), .valid(a_walk), .addr(a_addr), .next(a_step)
    );
    npu_wide_walk u_b_walk (
        .clk(clk), .rst_n(rst_n), .load(load), .rows(walk_rows), .head(1'b0), .head_base(16'd0), .head_pitch(16'd0), .body(use_b),
        .words(is_drain ? 16'd4 : words_of(is_rotate ? {1'b0, n[15:1]} : n)),
        .base(is_drain ? cmd[`NPU_F_DRAINW_MULT_ADDR] : by_row ? cmd[`NPU_F_QUANTW_GAIN_ADDR] : cmd[`NPU_F_ROTATE_ROT_ADDR]), // as VMAX_ADDR, V_ADDR
        .pitch(is_drain ? cmd[`NPU_F_DRAINW_MULT_STEP] : cmd[`NPU_F_ROTATE_ROT_ROW]),   // as V_ROW
        .step(16'd1), .valid(b_walk), .addr(b_addr), .next(b_step)
    );

    wire unused = &{1'b0, cmd};
endmodule
`default_nettype wire
