// POOL front end: reduces a stream of taps to vectors by maximum or sum (from the bias), then offers them to the lanes.
// Contract: a tap (word, or skip when outside the input; `end` on a window's last) is taken when tap_pop; one a cycle, except that
// a window of N/LANES > 1 beats holds the next one up. `issue` (needs `room`) reserves the output word with the last tap.
// Counterpart: POOL in docs/isa.md.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_vec_pool #(
    parameter N     = 16,
    parameter LANES = 16
) (
    input  wire                clk,
    input  wire                rst_n,
    input  wire                run,
    input  wire                sum,
    input  wire [31:0]         bias,
    // taps
    input  wire                tap_valid,
    input  wire [8*N-1:0]      tap_word,
    input  wire                tap_skip,
    input  wire                tap_end,
    output wire                tap_pop,
    input  wire                room,
    output wire                issue,
    // beats
    output wire                beat_valid,
    output wire                beat_last,
    output wire [7:0]          beat_pos,
    output wire [32*LANES-1:0] beat_x
);
    localparam BEATS = N / LANES;
    localparam integer LAST_I = (BEATS - 1) * LANES;

    reg       first_q;  // the next tap begins a window
    reg       emit_q;
    reg [7:0] pos_q;
    assign tap_pop    = run && tap_valid && (!tap_end || room) && (!emit_q || beat_last);
    assign issue      = tap_pop && tap_end;
    assign beat_valid = emit_q;
    assign beat_last  = pos_q == LAST_I[7:0];
    assign beat_pos   = pos_q;
    always_ff @(posedge clk)
        if (!rst_n) begin
            first_q <= 1'b1;
            emit_q  <= 1'b0;
            pos_q   <= 8'd0;
        end else begin
            if (tap_pop) first_q <= tap_end;
            if (issue) emit_q <= 1'b1;
            else if (beat_last) emit_q <= 1'b0;
            if (emit_q) pos_q <= beat_last ? 8'd0 : pos_q + LANES[7:0];
        end

    wire [31:0]     start = sum ? bias : 32'hffff_ff80;
    wire [32*N-1:0] acc;
    genvar i;
    generate
        for (i = 0; i < N; i = i + 1) begin : gen_acc
            // a skipped tap is 0 or -128; a maximum lives in the low byte, sign-extended
            reg [31:0] acc_q;
            wire [31:0] from = first_q ? start : acc_q;
            wire [7:0]  x    = tap_skip ? {!sum, 7'd0} : tap_word[8*i+:8];
            wire [31:0] total = from + {{24{x[7]}}, x};
            wire [7:0]  most = $signed(x) > $signed(from[7:0]) ? x : from[7:0];
            always_ff @(posedge clk) if (tap_pop) acc_q <= sum ? total : {{24{most[7]}}, most};
            assign acc[32*i+:32] = acc_q;
        end
        if (BEATS == 1) begin : gen_whole
            assign beat_x = acc;
        end else begin : gen_part
            assign beat_x = acc[32*pos_q+:32*LANES];
        end
    endgenerate
endmodule
`default_nettype wire
