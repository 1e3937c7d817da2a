// Field check of the array unit's command. Combinational.
// Counterpart: npu_check_command in the C model; the ranges are in docs/reference.md.
// SPDX-License-Identifier: Apache-2.0
`include "npu_spec.vh"
`default_nettype none
module npu_conv_check #(
    parameter MATMUL = 0   // 0: no transposed, strided or subtracting commands
) (
    input  wire [`NPU_CMD_BITS-1:0] cmd,
    output wire                     legal
);
    wire fir = cmd[`NPU_F_CONV_FIR];
    wire product = cmd[`NPU_F_CONV_TRANSPOSE] || cmd[`NPU_F_CONV_STRIDED] || cmd[`NPU_F_CONV_MINUS];
    wire counts = cmd[`NPU_F_CONV_NY] != 0 && cmd[`NPU_F_CONV_NX] != 0 && cmd[`NPU_F_CONV_KH] != 0 && cmd[`NPU_F_CONV_KW] != 0
        && cmd[`NPU_F_CONV_DIL_Y] != 0 && cmd[`NPU_F_CONV_DIL_X] != 0 && cmd[`NPU_F_CONV_SY] != 0 && cmd[`NPU_F_CONV_SX] != 0
        && cmd[`NPU_F_CONV_NBLK] != 0;
    wire product_fits = !product || (MATMUL != 0 && !fir && !(cmd[`NPU_F_CONV_MINUS] && cmd[`NPU_F_CONV_ACCUMULATE]));
    wire image = cmd[`NPU_F_CONV_IN_H] <= 16'd32767 && cmd[`NPU_F_CONV_IN_W] <= 16'd32767;
    wire tokens = !cmd[9] && !cmd[13]  // 9, 13: wait for itself, signal to itself
        && (!cmd[`NPU_F_CONV_LATE] || (!cmd[`NPU_F_CONV_EARLY] && cmd[`NPU_F_CONV_LOAD_PARAMS]));
    wire fir_fits = !fir || (cmd[`NPU_F_CONV_DIL_X] == 8'd1 && cmd[`NPU_F_CONV_NBLK] == 16'd1 && cmd[`NPU_F_CONV_SPAN] != 0);
    assign legal = counts && product_fits && image && tokens && fir_fits;

    wire unused = &{1'b0, cmd};
endmodule
`default_nettype wire
