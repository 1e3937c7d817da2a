// Largest value, or magnitude, and sum of a row's elements, while they pass.
// Contract: a group of LANES values a cycle while `en`; *_mask: those that exist, one at least; *_last: of its row. max_magnitude: the values' magnitudes count.
// `max`, `sum` are a row's two cycles after its last group (then max_done, sum_done, a pulse) until two after the next row's first. The sum begins at sum_base.
// Counterpart: cmodel/ref/ref_wide.c, the first loops of ref_row_*.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_wide_reduce #(
    parameter LANES = 1
) (
    input  wire                clk,
    input  wire                rst_n,
    input  wire                en,
    input  wire                start,      // of a command
    input  wire                max_valid,
    input  wire                max_last,
    input  wire                max_magnitude,
    input  wire [LANES-1:0]    max_mask,
    input  wire [32*LANES-1:0] max_in,
    input  wire                sum_valid,
    input  wire                sum_last,
    input  wire [LANES-1:0]    sum_mask,
    input  wire [64*LANES-1:0] sum_in,
    input  wire [79:0]         sum_base,
    output wire                max_done,
    output wire                max_of_magnitudes,
    output wire [31:0]         max,
    output wire                sum_done,
    output wire [79:0]         sum
);
    reg  [31:0] tree_max, lane_max, tree_max_q, max_q;
    reg  [65:0] tree_sum, tree_sum_q;
    reg  [79:0] sum_q;
    reg         max_valid_q, max_last_q, magnitude_q, max_first_q, max_done_q, of_magnitudes_q;
    reg         sum_valid_q, sum_last_q, sum_first_q, sum_done_q;
    integer i;
    always @* begin
        tree_max = max_magnitude ? 32'd0 : 32'h8000_0000;
        tree_sum = 66'd0;
        lane_max = 32'd0;
        for (i = 0; i < LANES; i = i + 1) begin
            lane_max = max_in[32*i+:32];
            if (max_magnitude && lane_max[31]) lane_max = lane_max == 32'h8000_0000 ? 32'h7fff_ffff : 32'd0 - lane_max;
            if (max_mask[i] && $signed(lane_max) > $signed(tree_max)) tree_max = lane_max;
            if (sum_mask[i]) tree_sum = tree_sum + {2'd0, sum_in[64*i+:64]};
        end
    end
    always_ff @(posedge clk) begin
        if (!rst_n || start) begin
            max_valid_q <= 1'b0;
            sum_valid_q <= 1'b0;
            max_first_q <= 1'b1;
            sum_first_q <= 1'b1;
        end else if (en) begin
            max_valid_q <= max_valid;
            sum_valid_q <= sum_valid;
            if (max_valid_q) max_first_q <= max_last_q;
            if (sum_valid_q) sum_first_q <= sum_last_q;
        end
        max_done_q <= rst_n && en && max_valid_q && max_last_q;
        sum_done_q <= rst_n && en && sum_valid_q && sum_last_q;
        if (en) begin
            tree_max_q  <= tree_max;
            tree_sum_q  <= tree_sum;
            max_last_q  <= max_last;
            sum_last_q  <= sum_last;
            magnitude_q <= max_magnitude;
            if (max_valid_q && (max_first_q || $signed(tree_max_q) > $signed(max_q))) max_q <= tree_max_q;
            if (max_valid_q) of_magnitudes_q <= magnitude_q;
            if (sum_valid_q) sum_q <= (sum_first_q ? sum_base : sum_q) + {14'd0, tree_sum_q};
        end
    end
    assign max_done          = max_done_q;
    assign max_of_magnitudes = of_magnitudes_q;
    assign max               = max_q;
    assign sum_done          = sum_done_q;
    assign sum               = sum_q;
endmodule
`default_nettype wire
