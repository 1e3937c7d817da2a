// COUNT counters of 64 bits: small accumulators that take turns in being added to sums in a RAM, through one adder.
//
// inc: 0..8 for each counter, counted one cycle later, while `count`; clear: all are 0 from the next cycle on. read: value is, in the next
// cycle, counter `index` as it was in this one; `soon` is high in the cycle before, so that no addition is then under way. A read
// takes the turns of two cycles, at most every fourth cycle. Each accumulator has its turn every 2 * COUNT cycles at the latest, so
// 8 * 2 * COUNT must fit its 8 or 9 bits.
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
    input  wire               soon,
    input  wire               read,
    input  wire [3:0]         index,
    output wire [63:0]        value
);
    localparam AW = $clog2(16 * COUNT + 8);
    localparam integer LAST_I = COUNT - 1;
    (* ram_style = "distributed" *)
    reg  [63:0]      sums [0:15];
    reg  [COUNT-1:0] zero_q;  // that sum in the RAM is of an earlier list: read as 0
    reg  [3:0]       turn_q;
    wire [3:0]       at = read ? index : turn_q;
    wire             turn = !read && !soon;
    wire [AW*16-1:0] recent;
    wire [15:0]      zero = {{(16 - COUNT) {1'b1}}, zero_q};

    // What is to be added; then the sum of it, back into the RAM when it was a turn.
    reg  [63:0]      sum_q;
    reg  [AW-1:0]    recent_q;
    reg              back_q;
    reg  [3:0]       back_at_q;
    assign value = sum_q + {{(64 - AW) {1'b0}}, recent_q};

    reg  [4*COUNT-1:0] inc_q;
    always @(posedge clk) begin
        inc_q     <= count && !clear ? inc : {4*COUNT{1'b0}};
        sum_q     <= zero[at] ? 64'd0 : sums[at];
        recent_q  <= recent[AW*at+:AW];
        back_q    <= turn;
        back_at_q <= turn_q;
        if (back_q) sums[back_at_q] <= value;
        if (!rst_n) turn_q <= 4'd0;
        else if (turn) turn_q <= turn_q == LAST_I[3:0] ? 4'd0 : turn_q + 4'd1;
    end
    genvar i;
    generate
        for (i = 0; i < 16; i = i + 1) begin : gen_counter
            if (i < COUNT) begin : gen_used
                reg [AW-1:0] own_q;
                wire         own_turn = turn && turn_q == i;
                always @(posedge clk)
                    if (!rst_n || clear) begin
                        own_q     <= {AW{1'b0}};
                        zero_q[i] <= 1'b1;
                    end else begin
                        own_q <= (own_turn ? {AW{1'b0}} : own_q) + {{(AW - 4) {1'b0}}, inc_q[4*i+:4]};
                        if (own_turn) zero_q[i] <= 1'b0;
                    end
                assign recent[AW*i+:AW] = own_q;
            end else begin : gen_unused
                assign recent[AW*i+:AW] = {AW{1'b0}};
            end
        end
    endgenerate
endmodule
`default_nettype wire
