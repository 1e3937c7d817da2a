// TABLE front end: LANES look-ups a cycle in as many copies of a 256-byte table; loading writes one entry a cycle.
// Contract: with load_run, words of the stream are entries 0.., `loaded` pulses when entry 255 is in. With run, each word gives
// N/LANES beats, one cycle after `issue`/pop (`issue`, at the first, needs `room`). The table survives reset.
// Counterpart: TABLE in docs/isa.md.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_vec_table #(
    parameter N     = 16,
    parameter LANES = 16
) (
    input  wire                clk,
    input  wire                rst_n,
    input  wire                load_run,
    output wire                loaded,
    input  wire                run,
    input  wire                word_valid,
    input  wire [8*N-1:0]      word,
    output wire                pop,
    input  wire                room,
    output wire                issue,
    output wire                beat_valid,
    output wire                beat_last,
    output wire [7:0]          beat_pos,
    output wire [8*LANES-1:0]  beat_byte
);
    localparam BEATS = N / LANES;
    localparam integer LAST_BEAT = (BEATS - 1) * LANES;
    localparam integer LAST_BYTE = N - 1;

    reg [7:0] entry_q;  // entry to write
    reg [7:0] pos_q;    // byte of the word: loading one by one, else LANES at a time
    wire first = pos_q == 8'd0;
    wire last  = load_run ? pos_q == LAST_BYTE[7:0] : pos_q == LAST_BEAT[7:0];
    wire put   = load_run && word_valid;
    wire go    = run && word_valid && (!first || room);
    assign issue  = go && first;
    assign pop    = (put || go) && last;
    assign loaded = put && entry_q == 8'd255;

    reg beat_q, beat_last_q;
    reg [7:0] beat_pos_q;
    always_ff @(posedge clk) begin
        if (!rst_n) begin
            entry_q <= 8'd0;
            pos_q   <= 8'd0;
        end else begin
            if (put) entry_q <= entry_q + 8'd1;
            if (put || go) pos_q <= last ? 8'd0 : pos_q + (load_run ? 8'd1 : LANES[7:0]);
        end
        beat_q      <= rst_n && go;
        beat_last_q <= last;
        beat_pos_q  <= pos_q;
    end
    assign beat_valid = beat_q;
    assign beat_last  = beat_last_q;
    assign beat_pos   = beat_pos_q;

    wire [8*N-1:0]     turned = word >> {pos_q, 3'b000};
    wire [7:0]         value  = turned[7:0];
    wire [8*LANES-1:0] index;
    genvar i;
    generate
        if (BEATS == 1) begin : gen_whole
            assign index = word;
        end else begin : gen_part
            assign index = turned[8*LANES-1:0];
        end
        for (i = 0; i < LANES; i = i + 1) begin : gen_copy
            (* no_rw_check *)  // written only while nothing is looked up
            reg [7:0] mem [0:255];
            reg [7:0] read_q;
            always_ff @(posedge clk) begin
                if (put) mem[entry_q] <= value;
                read_q <= mem[index[8*i+:8]];
            end
            assign beat_byte[8*i+:8] = read_q;
        end
    endgenerate

    wire unused = &{1'b0, turned};
endmodule
`default_nettype wire
