// POOL front end: reduces a stream of taps to vectors by maximum or sum (from the bias) and offers them to the lanes.
// Contract: a tap (word, or skip when outside the input; `end` on a window's last) is worked on LANES bytes a cycle, for
// N/LANES cycles, and taken in the last of them (tap_pop). `issue` (needs `room`) reserves the output word with the first bytes
// of the last tap; each group of results is offered in the cycle after it is complete.
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

    reg       first_q;  // the tap begins a window
    reg       emit_q;
    reg [7:0] pos_q, emit_pos_q;
    wire head = pos_q == 8'd0;
    wire last = pos_q == LAST_I[7:0];
    wire step = run && tap_valid && (!tap_end || !head || room);
    assign tap_pop    = step && last;
    assign issue      = step && tap_end && head;
    assign beat_valid = emit_q;
    assign beat_last  = emit_pos_q == LAST_I[7:0];
    assign beat_pos   = emit_pos_q;
    always_ff @(posedge clk)
        if (!rst_n) begin
            first_q    <= 1'b1;
            emit_q     <= 1'b0;
            pos_q      <= 8'd0;
            emit_pos_q <= 8'd0;
        end else begin
            if (tap_pop) first_q <= tap_end;
            emit_q <= step && tap_end;
            if (step) begin
                pos_q      <= last ? 8'd0 : pos_q + LANES[7:0];
                emit_pos_q <= pos_q;
            end
        end

    // A skipped byte is 0 or -128; a maximum lives in the low byte, sign-extended.
    wire [31:0]         start = sum ? bias : 32'hffff_ff80;
    wire [8*LANES-1:0]  x;
    wire [32*LANES-1:0] held, next;
    reg  [32*LANES-1:0] next_q;  // what was last computed
    assign beat_x = next_q;
    always_ff @(posedge clk) if (step) next_q <= next;
    genvar i;
    generate
        if (BEATS == 1) begin : gen_whole
            assign x    = tap_word;
            assign held = next_q;
        end else begin : gen_part
            localparam BW = $clog2(BEATS);
            localparam LW = $clog2(LANES);
            wire [BW-1:0] beat = pos_q[LW+:BW];
            reg [32*LANES-1:0] mem [0:BEATS-1];
            assign x    = tap_word[8*LANES*beat+:8*LANES];
            assign held = mem[beat];
            always_ff @(posedge clk) if (step) mem[beat] <= next;
        end
        for (i = 0; i < LANES; i = i + 1) begin : gen_acc
            wire [31:0] from  = first_q ? start : held[32*i+:32];
            wire [7:0]  tap   = tap_skip ? {!sum, 7'd0} : x[8*i+:8];
            wire [31:0] total = from + {{24{tap[7]}}, tap};
            wire [7:0]  most  = $signed(tap) > $signed(from[7:0]) ? tap : from[7:0];
            assign next[32*i+:32] = sum ? total : {{24{most[7]}}, most};
        end
    endgenerate
endmodule
`default_nettype wire
