// Synchronous FIFO, first-word fall-through: out_data is the oldest entry whenever out_valid is high.
// Contract: WIDTH >= 1 bits, DEPTH >= 1 entries, any number. An entry moves in when in_valid & in_ready, out when
// out_valid & out_ready. out_valid is a flip-flop; in_ready depends only on the fill, never on out_ready of the same cycle; an entry is visible
// one cycle after it came in. One entry in and one out every cycle when DEPTH >= 2.
// No counterpart in cmodel: it does not change what a command does.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_fifo #(
    parameter WIDTH = 8,
    parameter DEPTH = 4
) (
    input  wire             clk,
    input  wire             rst_n,
    input  wire             in_valid,
    output wire             in_ready,
    input  wire [WIDTH-1:0] in_data,
    output reg              out_valid,
    input  wire             out_ready,
    output wire [WIDTH-1:0] out_data
);
    localparam PW = DEPTH > 1 ? $clog2(DEPTH) : 1;
    localparam CW = $clog2(DEPTH + 1);
    localparam integer LAST_I = DEPTH - 1;
    localparam [PW-1:0] LAST = LAST_I[PW-1:0];
    localparam [CW-1:0] FULL = DEPTH[CW-1:0], ONE = 1;

    reg [WIDTH-1:0] mem [0:DEPTH-1];
    reg [PW-1:0] wr_q, rd_q;
    reg [CW-1:0] count_q;

    wire push = in_valid && in_ready;
    wire pop  = out_valid && out_ready;

    assign in_ready = (DEPTH & (DEPTH - 1)) == 0 ? !count_q[CW-1] : count_q != FULL;
    assign out_data = mem[rd_q];

    always_ff @(posedge clk) begin
        if (push) mem[wr_q] <= in_data;
        if (!rst_n) begin
            wr_q      <= 0;
            rd_q      <= 0;
            count_q   <= 0;
            out_valid <= 1'b0;
        end else begin
            if (push) wr_q <= wr_q == LAST ? 0 : wr_q + 1'b1;
            if (pop) rd_q <= rd_q == LAST ? 0 : rd_q + 1'b1;
            if (push && !pop) count_q <= count_q + 1'b1;
            if (pop && !push) count_q <= count_q - 1'b1;
            if (push) out_valid <= 1'b1;
            else if (pop) out_valid <= count_q != ONE;   // count_q is not 0
        end
    end
endmodule
`default_nettype wire
