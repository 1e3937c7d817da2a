// COUNT counters of 64 bits: small accumulators that take turns in being added to sums in a RAM, through one adder.
//
// inc: 0..8 for each counter, counted while `count`; clear: all are 0 from the next cycle on. value: counter `index` as it is in this
// cycle, while `read`; at most every second cycle, because a read takes the turn of an accumulator. Each accumulator has its
// turn every 2 * COUNT cycles at the latest, so 8 * 2 * COUNT must fit its 8 or 9 bits.
// No counterpart in cmodel: the sums are those of 64-bit counters in flip-flops.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_counters #(
    parameter COUNT = 13  // at most 16
) (
    input  wire               clk,
    input  wire               rst_n,
    input  wire               clear,
    input  wire               count,
    input  wire [4*COUNT-1:0] inc,
    input  wire               read,
    input  wire [3:0]         index,
    output wire [63:0]        value
);
    localparam AW = $clog2(16 * COUNT + 8);
    localparam integer LAST_I = COUNT - 1;
    reg  [63:0]      sums [0:15];
    reg  [COUNT-1:0] zero_q;  // that sum in the RAM is of an earlier list: read as 0
    reg  [3:0]       turn_q;
    wire [3:0]       at = read ? index : turn_q;
    wire [AW*16-1:0] recent;
    wire [15:0]      zero = {{(16 - COUNT) {1'b1}}, zero_q};
    wire [63:0]      sum = zero[at] ? 64'd0 : sums[at];
    assign value = sum + {{(64 - AW) {1'b0}}, recent[AW*at+:AW]};

    always @(posedge clk) begin
        if (!read) sums[turn_q] <= value;
        if (!rst_n) turn_q <= 4'd0;
        else if (!read) turn_q <= turn_q == LAST_I[3:0] ? 4'd0 : turn_q + 4'd1;
    end
    genvar i;
    generate
        for (i = 0; i < 16; i = i + 1) begin : gen_counter
            if (i < COUNT) begin : gen_used
                reg [AW-1:0] recent_q;
                wire         turn = !read && turn_q == i;
                always @(posedge clk)
                    if (!rst_n || clear) begin
                        recent_q   <= {AW{1'b0}};
                        zero_q[i] <= 1'b1;
                    end else begin
                        recent_q <= (turn ? {AW{1'b0}} : recent_q) + (count ? {{(AW - 4) {1'b0}}, inc[4*i+:4]} : {AW{1'b0}});
                        if (turn) zero_q[i] <= 1'b0;
                    end
                assign recent[AW*i+:AW] = recent_q;
            end else begin : gen_unused
                assign recent[AW*i+:AW] = {AW{1'b0}};
            end
        end
    endgenerate
endmodule
`default_nettype wire
