// One bank of the scratchpad: simple dual-port memory, one read and one write a cycle, byte enables.
// Contract: rd_data is the word at rd_addr one cycle after rd_en and then holds. A write is seen by reads of later cycles; a
// read of the word that is written in the same cycle is undefined (block RAMs differ; asking for the old word would cost a
// bypass of the whole word in each bank), and no well-ordered program uses its result.
// WORDS and N (bytes of a word) are powers of two. Content is not cleared.
// Counterpart: word w of bank b is scratchpad word w*SP_BANKS + b of the model in cmodel/npu.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_sp_bank #(
    parameter N     = 16,
    parameter WORDS = 1024,
    parameter AW    = $clog2(WORDS)
) (
    input  wire           clk,
    input  wire           rd_en,
    input  wire [AW-1:0]  rd_addr,
    output reg  [8*N-1:0] rd_data,
    input  wire           wr_en,
    input  wire [AW-1:0]  wr_addr,
    input  wire [8*N-1:0] wr_data,
    input  wire [N-1:0]   wr_be
);
    // The harness reads and sets the memory under this name.
    (* no_rw_check *)
    reg [8*N-1:0] mem [0:WORDS-1]  /* verilator public_flat */;

`ifdef VERILATOR
    // Same function as the loop below in one assignment: every indexed assignment to a memory costs the simulator time
    // in every cycle.
    reg [8*N-1:0] mask;
    always_comb for (int l = 0; l < N; l = l + 1) mask[8*l +: 8] = {8{wr_be[l]}};
    always_ff @(posedge clk) if (rd_en) rd_data <= mem[rd_addr];
    always_ff @(posedge clk) if (wr_en) mem[wr_addr] <= (mem[wr_addr] & ~mask) | (wr_data & mask);
`else
    // The form from which synthesis infers block RAM with byte enables.
    integer l;
    always @(posedge clk) begin
        if (rd_en) rd_data <= wr_en && rd_addr == wr_addr ? {8*N{1'bx}} : mem[rd_addr];
        for (l = 0; l < N; l = l + 1)
            if (wr_en && wr_be[l]) mem[wr_addr][8*l +: 8] <= wr_data[8*l +: 8];
    end
`endif
endmodule
`default_nettype wire
