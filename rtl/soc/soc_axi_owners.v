// Whose bursts are under way at a shared AXI port, oldest first, one bit each (part of soc_axi_arb).
// Contract: `push` only while `room`; the oldest stands at `owner` while `valid`, both from flip-flops, one cycle after its push at the
// earliest, and until `pop`; the next one stands there in the cycle after. Holds DEPTH bursts and the one at `owner`.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module soc_axi_owners #(
    parameter int DEPTH = 32
) (
    input  wire clk,
    input  wire rst_n,
    output wire room,
    input  wire push,
    input  wire push_owner,
    output reg  valid,
    output reg  owner,
    input  wire pop
);
    wire behind_valid, behind_owner;
    wire moves = !valid || pop;
    npu_fifo #(.WIDTH(1), .DEPTH(DEPTH)) u_behind (
        .clk(clk), .rst_n(rst_n), .in_valid(push && (behind_valid || !moves)), .in_ready(room), .in_data(push_owner),
        .out_valid(behind_valid), .out_ready(moves), .out_data(behind_owner)
    );
    always_ff @(posedge clk) begin
        if (moves) owner <= behind_valid ? behind_owner : push_owner;
        if (!rst_n) valid <= 1'b0;
        else if (moves) valid <= behind_valid || push;
    end
endmodule
`default_nettype wire
