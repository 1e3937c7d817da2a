// Ring of received beats, and the path from there to scratchpad words.
// Contract: beats are taken in bus order (r_valid & r_ready); an op (see npu_load_windows), whose beats are there, becomes one
// scratchpad write two cycles after it is taken; writes keep the order of the ops and stay until wr_gnt.
// An op of factors is no write: they stay for the words of 4-bit weights that follow, which leave multiplied by them.
// One beat in and one word out every cycle. RING: beats held, a power of two, at least N/8 + 2.
// stop: beats are taken and dropped, no write is requested any more.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_load_align #(
    parameter N    = 16,
    parameter RING = 16,
    parameter PACKED = 0,      // 1: with weights of 4 bits
    parameter BW   = $clog2(RING) + 3
) (
    input  wire           clk,
    input  wire           rst_n,
    input  wire           stop,
    input  wire           r_valid,
    output wire           r_ready,
    input  wire [63:0]    r_data,
    output wire [31:0]    received,    // beats taken so far
    input  wire           op_valid,
    output wire           op_ready,
    input  wire [15:0]    op_word,
    input  wire [5:0]     op_lo,
    input  wire [5:0]     op_hi,
    input  wire [5:0]     op_first,
    input  wire [5:0]     op_last,
    input  wire           op_keep,
    input  wire           op_packed,
    input  wire           op_factors,
    input  wire           op_xor80,
    input  wire [7:0]     op_pad,
    input  wire [BW-1:0]  op_byte_addr,
    input  wire [31:0]    op_release,
    input  wire           op_final,
    output wire           wr_req,
    output wire [15:0]    wr_addr,
    output wire [8*N-1:0] wr_data,
    output wire [N-1:0]   wr_be,
    input  wire           wr_gnt,
    output wire           done,  // the last write of a command was granted
    output wire           idle
);
    localparam SW    = BW - 3;            // slot number
    localparam BEATS = (N + 14) / 8;      // beats that a word can touch

    // Beats received, and the first one still needed (it may lie ahead of those received: the tail of a run that no window
    // covers), both modulo 2^32 and less than 2^31 apart.
    reg [31:0] received_q, release_q;
    (* no_rw_check *)
    reg [63:0] ring [0:RING-1];

    wire [31:0] held = received_q - release_q;
    wire        take = r_valid && r_ready && !stop;
    assign      received = received_q;
    // Decided a cycle ahead, so with one place in reserve.
    reg         room_q;
    assign r_ready = stop || room_q;

    // Stage 1: the beats; stage 2: the bytes.
    reg                s1_valid_q, s2_valid_q;
    reg [64*BEATS-1:0] s1_beats_q;
    reg [2:0]          s1_byte_q;
    reg [15:0]         s1_word_q, s2_word_q;
    reg [5:0]          s1_lo_q, s1_hi_q, s1_first_q, s1_last_q;
    reg                s1_keep_q, s1_xor80_q, s1_final_q, s2_final_q, s1_packed_q, s2_packed_q, s1_factors_q, s2_factors_q;
    reg [4*N-1:0]      factors_q;
    reg [7:0]          s1_pad_q;
    reg [8*N-1:0]      s2_data_q;
    reg [N-1:0]        s2_be_q;

    wire s2_free = !s2_valid_q || wr_gnt || s2_factors_q;
    wire s1_free = !s1_valid_q || s2_free;
    assign op_ready = s1_free;
    wire issue = op_valid && op_ready;

    wire [64*BEATS-1:0] beats;
    wire [64*BEATS-1:0] shifted = s1_beats_q >> {s1_byte_q, 3'b000};
    wire [8*N-1:0]      data;
    wire [N-1:0]        be;
    wire unused_shifted = &{1'b0, shifted};
    genvar i;
    generate
        for (i = 0; i < BEATS; i = i + 1) begin : gen_beat
            wire [SW-1:0] slot = op_byte_addr[BW-1:3] + i[SW-1:0];
            assign beats[64*i +: 64] = ring[slot];
        end
        for (i = 0; i < N; i = i + 1) begin : gen_lane
            localparam [5:0] LANE = i[5:0];
            wire window = LANE >= s1_first_q && LANE < s1_last_q;
            wire filled = window && LANE >= s1_lo_q && LANE < s1_hi_q;
            assign data[8*i +: 8] = filled ? shifted[8*i +: 8] ^ {s1_xor80_q, 7'd0} : s1_pad_q;
            assign be[i] = !s1_keep_q || window;
        end
    endgenerate

    generate
        if (PACKED != 0) begin : gen_unpack
            wire [8*N-1:0] weights;
            npu_load_unpack #(.N(N)) u_unpack (.packed_word(s2_data_q[4*N-1:0]), .factors(factors_q), .word(weights));
            assign wr_data = s2_packed_q ? weights : s2_data_q;
        end else begin : gen_bytes
            wire unused_factors = &{1'b0, factors_q, s2_packed_q};
            assign wr_data = s2_data_q;
        end
    endgenerate

    assign wr_req  = s2_valid_q && !s2_factors_q && !stop;
    assign wr_addr = s2_word_q;
    assign wr_be   = s2_be_q;
    assign done    = wr_req && wr_gnt && s2_final_q;
    assign idle    = !s1_valid_q && !s2_valid_q;

    always_ff @(posedge clk) begin
        if (take) ring[received_q[SW-1:0]] <= r_data;
        if (issue) begin
            s1_beats_q <= beats;
            s1_byte_q  <= op_byte_addr[2:0];
            s1_word_q  <= op_word;
            s1_lo_q    <= op_lo;
            s1_hi_q    <= op_hi;
            s1_first_q <= op_first;
            s1_last_q  <= op_last;
            s1_keep_q  <= op_keep;
            s1_xor80_q <= op_xor80;
            s1_packed_q <= op_packed;
            s1_factors_q <= op_factors;
            s1_pad_q   <= op_pad;
            s1_final_q <= op_final;
        end
        if (s1_valid_q && s2_free) begin
            s2_word_q  <= s1_word_q;
            s2_data_q  <= data;
            s2_be_q    <= be;
            s2_final_q <= s1_final_q;
            s2_packed_q <= s1_packed_q;
            s2_factors_q <= s1_factors_q;
        end
        if (s2_valid_q && s2_factors_q) factors_q <= s2_data_q[4*N-1:0];
        if (!rst_n) begin
            received_q <= 32'd0;
            release_q  <= 32'd0;
            s1_valid_q <= 1'b0;
            s2_valid_q <= 1'b0;
            room_q     <= 1'b0;
        end else begin
            room_q <= held[31] || (held[30:SW] == 0 && held[SW-1:0] != {SW{1'b1}});
            if (take) received_q <= received_q + 32'd1;
            if (issue) release_q <= op_release;
            if (s1_free) s1_valid_q <= issue;
            if (s2_free) s2_valid_q <= s1_valid_q;
        end
    end
endmodule
`default_nettype wire
