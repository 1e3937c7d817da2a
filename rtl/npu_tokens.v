// Token counters: one for each ordered pair of units (u gives, v takes), 12 bits each.
//
// give[4u+v], take[4v+u]: pulses; avail[4v+u]: at least one token is there. A unit takes only what avail shows. A token given in
// cycle t is available from t+1. overflow: a counter would pass 4095 (level until reset); any: some token is left.
// Counterpart: the token check in cmodel/npu.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_tokens (
    input  wire        clk,
    input  wire        rst_n,
    input  wire [15:0] give,
    input  wire [15:0] take,
    output wire [15:0] avail,
    output wire        any,
    output wire        overflow
);
    wire [15:0] over;
    genvar u, v;
    generate
        for (u = 0; u < 4; u = u + 1) begin : gen_from
            for (v = 0; v < 4; v = v + 1) begin : gen_to
                if (u == v) begin : gen_none
                    wire unused = &{1'b0, give[4*u+v], take[4*v+u]};
                    assign avail[4*v+u] = 1'b0;
                    assign over[4*u+v] = 1'b0;
                end else begin : gen_pair
                    reg [11:0] count_q;
                    reg        over_q, any_q;  // any_q: count_q is not 0, from a flip-flop: units start on it
                    // `take` comes late in a cycle: it selects among sums that are there. (keep: else Yosys makes one adder of them, behind it.)
                    (* keep *) wire [11:0] more = count_q + 12'd1;
                    (* keep *) wire [11:0] less = count_q - 12'd1;
                    wire one = count_q == 12'd1;
                    wire up = give[4*u+v] && !take[4*v+u];
                    wire down = take[4*v+u] && !give[4*u+v];
                    assign avail[4*v+u] = any_q;
                    assign over[4*u+v] = over_q;
                    always @(posedge clk) begin
                        if (!rst_n) begin
                            count_q <= 12'd0;
                            over_q  <= 1'b0;
                            any_q   <= 1'b0;
                        end else begin
                            if (up && &count_q) over_q <= 1'b1;
                            else if (up) count_q <= more;
                            else if (down) count_q <= less;
                            if (up) any_q <= 1'b1;
                            else if (down) any_q <= !one;
                        end
                    end
                end
            end
        end
    endgenerate
    assign any = |avail;
    assign overflow = |over;
endmodule
`default_nettype wire
