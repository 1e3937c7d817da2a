// Synchronous FIFO of two entries in flip-flops: where the output must come from a flip-flop, as the address of a scratchpad read (the
// grant, late in a cycle, then moves no more than these two), or entries are too wide for LUT RAM to be cheap.
// Contract: as npu_fifo with DEPTH 2: in_ready depends only on the fill, an entry is visible one cycle after it came in, one in and
// one out every cycle. out_data is 0 from reset to the first entry: a memory in LUTs would show an arbiter an unknown address.
// No counterpart in cmodel: it does not change what a command does.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_fifo2 #(
    parameter WIDTH = 16
) (
    input  wire             clk,
    input  wire             rst_n,
    input  wire             in_valid,
    output wire             in_ready,
    input  wire [WIDTH-1:0] in_data,
    output reg              out_valid,
    input  wire             out_ready,
    output reg  [WIDTH-1:0] out_data
);
    reg             second_q;   // an entry behind the one at the output
    reg [WIDTH-1:0] second_data_q;
    wire            moves = !out_valid || out_ready;
    assign in_ready = !second_q;
    always_ff @(posedge clk) begin
        if (in_ready) second_data_q <= in_data;
        if (!rst_n) begin
            out_valid <= 1'b0;
            second_q  <= 1'b0;
            out_data  <= {WIDTH{1'b0}};
        end else begin
            if (moves) out_valid <= second_q || in_valid;
            if (moves && (second_q || in_valid)) out_data <= second_q ? second_data_q : in_data;
            second_q <= !moves && (second_q || in_valid);
        end
    end
endmodule
`default_nettype wire
