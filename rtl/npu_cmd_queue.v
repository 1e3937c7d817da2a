// Queue of the commands of one unit: written beat by beat as they come from memory, read whole.
// Contract: while `room`, in_valid writes beat number in_beat (0..BEATS-1) of the command to come; in_last, with its last beat, completes
// it. Beats that a command leaves out hold old bytes. out_data and out_index come from flip-flops, two cycles after in_last at the
// earliest, and stay until out_ready (to be given with out_valid only); the next command stands there two cycles after: out_ready comes late in a cycle, and the
// enable of so many flip-flops is far. In the cycle before a command stands there, `fill` is 1 and next_data is it: time to check it. Holds DEPTH commands, the one
// at the output, and the one being written. Beats of the command word above BEATS read as 0.
// No counterpart in cmodel: it does not change what a command does.
// SPDX-License-Identifier: Apache-2.0
`include "npu_spec.vh"
`default_nettype none
module npu_cmd_queue #(
    parameter BEATS = 8,   // 64-bit beats of the unit's longest command
    parameter DEPTH = 8    // power of two, below 16: a LUT RAM cell has 16 places
) (
    input  wire                     clk,
    input  wire                     rst_n,
    input  wire                     in_valid,
    input  wire [2:0]               in_beat,
    input  wire                     in_last,
    input  wire [63:0]              in_data,
    input  wire [15:0]              in_index,
    output wire                     room,
    output wire                     empty,     // of whole commands
    output wire                     out_valid,
    input  wire                     out_ready,
    output wire [`NPU_CMD_BITS-1:0] out_data,
    output wire [15:0]              out_index,
    output wire                     fill,
    output wire [`NPU_CMD_BITS-1:0] next_data  // straight from the LUT RAM
);
    localparam CW = $clog2(DEPTH) + 1;
    reg  [3:0]    wr_q, rd_q;
    reg  [CW-1:0] count_q;   // whole commands in the RAM
    wire push = in_valid && in_last;
    reg  valid_q, popped_q;  // the output was taken in the cycle before
    wire free = !valid_q || popped_q;
    assign out_valid = valid_q && !popped_q;
    assign fill = count_q != 0 && free;
    assign room = !count_q[CW-1];
    assign empty = count_q == 0 && !valid_q;

    genvar b;
    generate
        for (b = 0; b < `NPU_CMD_BITS / 64; b = b + 1) begin : gen_beat
            if (b < BEATS) begin : gen_used
                (* ram_style = "distributed" *)
                reg [63:0] mem [0:15];
                reg [63:0] data_q;
                always @(posedge clk) begin
                    if (in_valid && in_beat == b) mem[wr_q] <= in_data;
                    if (fill) data_q <= next_data[64*b+:64];
                end
                assign next_data[64*b+:64] = mem[rd_q];
                assign out_data[64*b+:64] = data_q;
            end else begin : gen_none
                assign out_data[64*b+:64]  = 64'd0;
                assign next_data[64*b+:64] = 64'd0;
            end
        end
    endgenerate
    (* ram_style = "distributed" *)
    reg [15:0] index_mem [0:15];
    reg [15:0] index_q;
    assign out_index = index_q;
    always @(posedge clk) begin
        if (push) index_mem[wr_q] <= in_index;
        if (fill) index_q <= index_mem[rd_q];
        if (!rst_n) begin
            wr_q      <= 4'd0;
            rd_q      <= 4'd0;
            count_q   <= {CW{1'b0}};
            valid_q   <= 1'b0;
            popped_q  <= 1'b0;
        end else begin
            if (push) wr_q <= wr_q + 4'd1;
            if (fill) rd_q <= rd_q + 4'd1;
            if (push && !fill) count_q <= count_q + 1'b1;
            if (fill && !push) count_q <= count_q - 1'b1;
            if (free) valid_q <= count_q != 0;
            popped_q <= out_ready;
        end
    end
endmodule
`default_nettype wire
