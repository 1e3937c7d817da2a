// Field check of the vector unit's commands. Combinational; the opcode is one of the unit's.
// Counterpart: npu_check_command in the C model; the ranges are in docs/reference.md.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "npu_spec.vh"
module npu_vec_check #(
    parameter MATMUL = 0,
    parameter WIDE   = 0,  // 1: commands on wide rows are there
    parameter N      = 16,
    parameter NORM   = 0,  // 1: the unit has NORM
    parameter SOFTMAX = 1  // 0: the unit has no SOFTMAX
) (
    input  wire [`NPU_CMD_BITS-1:0] cmd,
    output wire         legal
);
    wire [7:0] op = cmd[`NPU_F_OPCODE];

    wire drain = cmd[`NPU_F_DRAIN_NY] != 0 && cmd[`NPU_F_DRAIN_NX] != 0 && (MATMUL != 0 || !cmd[`NPU_F_DRAIN_COLUMN]);

    wire [7:0] p_shift = cmd[`NPU_F_POOL_SHIFT];
    wire [31:0] p_mult = cmd[`NPU_F_POOL_MULT];
    wire [15:0] p_in_h = cmd[`NPU_F_POOL_IN_H];
    wire [15:0] p_in_w = cmd[`NPU_F_POOL_IN_W];
    wire pool = cmd[`NPU_F_POOL_NY] != 0 && cmd[`NPU_F_POOL_NX] != 0 && cmd[`NPU_F_POOL_KH] != 0 &&
                cmd[`NPU_F_POOL_KW] != 0 && cmd[`NPU_F_POOL_SY] != 0 && cmd[`NPU_F_POOL_SX] != 0 &&
                cmd[`NPU_F_POOL_NBLK] != 0 && !p_in_h[15] && !p_in_w[15] && !p_mult[31] &&
                $signed(p_shift) >= -8'sd31 && $signed(p_shift) <= 8'sd30;

    wire [7:0] a_shift = cmd[`NPU_F_ELTWISE_A_SHIFT];
    wire [7:0] b_shift = cmd[`NPU_F_ELTWISE_B_SHIFT];
    wire [7:0] o_shift = cmd[`NPU_F_ELTWISE_O_SHIFT];
    wire [31:0] a_mult = cmd[`NPU_F_ELTWISE_A_MULT];
    wire [31:0] b_mult = cmd[`NPU_F_ELTWISE_B_MULT];
    wire [31:0] o_mult = cmd[`NPU_F_ELTWISE_O_MULT];
    wire eltwise = cmd[`NPU_F_ELTWISE_NY] != 0 && cmd[`NPU_F_ELTWISE_NX] != 0 && cmd[`NPU_F_ELTWISE_OP] <= 3'd4 &&
                   cmd[`NPU_F_ELTWISE_LEFT] <= 8'd22 && cmd[`NPU_F_ELTWISE_A_X] <= 8'd1 &&
                   cmd[`NPU_F_ELTWISE_B_X] <= 8'd1 && !a_mult[31] && !b_mult[31] && !o_mult[31] &&
                   $signed(a_shift) >= -8'sd31 && $signed(a_shift) <= 8'sd30 &&
                   $signed(b_shift) >= -8'sd31 && $signed(b_shift) <= 8'sd30 &&
                   $signed(o_shift) >= -8'sd31 && $signed(o_shift) <= 8'sd30;

    wire table_ok = cmd[`NPU_F_TABLE_NY] != 0 && cmd[`NPU_F_TABLE_NX] != 0;
    wire softmax = SOFTMAX != 0 && cmd[`NPU_F_SOFTMAX_NY] != 0 && cmd[`NPU_F_SOFTMAX_NX] != 0 && cmd[`NPU_F_SOFTMAX_DEPTH] != 0;

    localparam integer DEEPEST = `NPU_NORM_WORDS * N / 4;
    wire [15:0] r_depth = cmd[`NPU_F_NORM_DEPTH];
    wire norm = NORM != 0 && cmd[`NPU_F_NORM_ROWS] != 0 && r_depth != 0 && r_depth <= DEEPEST[15:0] && cmd[`NPU_F_NORM_SHIFT] != 0;

    wire [7:0]  w_shift = cmd[`NPU_F_DRAINW_SHIFT];
    wire [15:0] w_n = cmd[`NPU_F_QUANTW_N];        // the same place in all of them, as ROWS
    wire [15:0] w_rows = cmd[`NPU_F_QUANTW_ROWS];
    wire [16:0] w_longest = {1'b0, w_n} + {1'b0, w_rows} - 17'd1;
    wire drainw  = cmd[`NPU_F_DRAINW_COUNT] != 0 && $signed(w_shift) >= -8'sd31 && $signed(w_shift) <= 8'sd30;
    wire rows_ok = w_n != 0 && w_rows != 0;
    wire wide = WIDE != 0 && (op == `NPU_OP_DRAINW ? drainw :
                              op == `NPU_OP_ROTATE ? rows_ok && !w_n[0] :
                              op == `NPU_OP_SOFTMAXW ? rows_ok && !(cmd[`NPU_F_SOFTMAXW_CAUSAL] && w_longest[16]) :
                              (op == `NPU_OP_QUANTW || op == `NPU_OP_SILUW) && rows_ok);

    wire [3:0] wait_from = cmd[`NPU_F_WAIT];
    wire [3:0] signal_to = cmd[`NPU_F_SIGNAL];
    wire own = |((wait_from | signal_to) & (4'd1 << `NPU_UNIT_VECTOR));

    assign legal = !own && (op == `NPU_OP_DRAIN ? drain : op == `NPU_OP_POOL ? pool : op == `NPU_OP_ELTWISE ? eltwise :
                            op == `NPU_OP_TABLE ? table_ok : op == `NPU_OP_SOFTMAX ? softmax :
                            op == `NPU_OP_NORM ? norm : wide);

    wire unused = &{1'b0, cmd, p_in_h[14:0], p_in_w[14:0], p_mult[30:0], a_mult[30:0], b_mult[30:0], o_mult[30:0], w_longest[15:0]};
endmodule
`default_nettype wire
