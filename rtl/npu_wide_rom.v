// The tables of 2^-d and of the logistic function: entry i of a table and the step to entry i + 1, {step[25:0] signed, value[30:0]}.
// Contract: data one cycle after addr while `en`, then it holds. Address: 0..255 2^-d, 256..511 logistic.
// Counterpart and source: cmodel/ref/ref_wide_tables.c (scripts/gen_wide_rom.py).
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_wide_rom (
    input  wire        clk,
    input  wire        en,
    input  wire [8:0]  addr,
    output wire [56:0] data
);
    reg [56:0] rom [0:511];
    reg [56:0] data_q;
    `include "npu_wide_rom.vh"
    always @(posedge clk) if (en) data_q <= rom[addr];
    assign data = data_q;
endmodule
`default_nettype wire
