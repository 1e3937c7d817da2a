// Parameter sets: bias, multiplier and shift of N output channels, one set for each accumulator half.
//
// Written word by word by the weight loader: 9 words of N bytes (bias int32[N], mult int32[N], shift int8[N]), or the short form:
// four bias words, then mult int32 and shift int8 for all channels in the next word (N = 4: in the next two).
// Read LANES channels at a time, from channel rd_pos (a multiple of LANES) on, in the same cycle. Words of a set may be written while
// the other one is read. Not reset: a set is loaded before it is used.
// A word holds N/4 channels; there is one memory for each channel of a word or each lane, whichever are more.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_params #(
    parameter N = 16,
    parameter LANES = 16,
    parameter MATMUL = 0  // 1: biases are registers, since all of a set change at once
) (
    input  wire                clk,
    input  wire                wr_en,
    input  wire                wr_half,
    input  wire [3:0]          wr_index,   // 0..3 bias, 4..7 mult, 8 shift
    input  wire                wr_uniform, // 4 mult and (N > 4) shift, 5 shift (N = 4)
    input  wire [8*N-1:0]      wr_word,
    input  wire                minus_en,   // subtract minus_data from the biases of set minus_half; 0 for arrays without MATMUL
    input  wire                minus_half,
    input  wire [32*N-1:0]     minus_data,
    input  wire                rd_half,
    input  wire [7:0]          rd_pos,
    output wire [32*LANES-1:0] bias,
    output wire [32*LANES-1:0] mult,
    output wire [6*LANES-1:0]  shift       // signed 6 bits
);
    localparam CHANNELS = N / 4;                               // of a word
    localparam MEMS = LANES > CHANNELS ? LANES : CHANNELS;
    localparam WORDS = MEMS / CHANNELS, GROUPS = MEMS / LANES; // words written, groups of lanes read, of one entry of all memories
    localparam DEPTH = N / MEMS, EW = DEPTH > 1 ? $clog2(DEPTH) : 1;
    localparam LW = $clog2(LANES), MW = $clog2(MEMS);

    // An entry of a set: of the word to write, of the lanes to read. The short form has its one multiplier in entry 0.
    wire short_mult  = wr_uniform && wr_index == 4'd4;
    wire short_shift = wr_uniform && wr_index == (N > 4 ? 4'd4 : 4'd5);
    wire [7:0] shift_byte = wr_word[(N > 4 ? 32 : 0)+:8];
    reg  [1:0] short_q;
    wire [EW-1:0] wr_entry, rd_entry;
    generate
        if (DEPTH > 1) begin : gen_entries
            assign wr_entry = wr_index[$clog2(WORDS)+:EW];
            assign rd_entry = rd_pos[MW+:EW];
        end else begin : gen_entry
            assign wr_entry = 1'b0;
            assign rd_entry = 1'b0;
        end
    endgenerate
    wire [EW:0] wr_at = {wr_half, short_mult ? {EW{1'b0}} : wr_entry};
    always @(posedge clk) begin  // one bit each by hand: Yosys makes shifters of an indexed one
        if (wr_en && wr_index == 4'd4 && !wr_half) short_q[0] <= wr_uniform;
        if (wr_en && wr_index == 4'd4 && wr_half) short_q[1] <= wr_uniform;
    end

    wire [32*MEMS-1:0] all_bias, all_mult;
    genvar m, l;
    generate
        for (m = 0; m < MEMS; m = m + 1) begin : gen_mem
            localparam integer WORD_I = m / CHANNELS;
            wire mine;  // the word written holds this memory's channel
            if (WORDS > 1) begin : gen_some
                assign mine = wr_index[$clog2(WORDS)-1:0] == WORD_I[$clog2(WORDS)-1:0];
            end else begin : gen_every
                assign mine = 1'b1;
            end
            wire [31:0] channel = wr_word[32*(m%CHANNELS)+:32];
            reg  [31:0] mult_mem [0:2*(1<<EW)-1];
            always @(posedge clk)
                if (wr_en && wr_index[3:2] == 2'd1 && (short_mult || mine && !wr_uniform))
                    mult_mem[wr_at] <= wr_uniform ? wr_word[31:0] : channel;
            if (MATMUL == 0) begin : gen_bias
                reg [31:0] bias_mem [0:2*(1<<EW)-1];
                always @(posedge clk) if (wr_en && wr_index[3:2] == 2'd0 && mine) bias_mem[wr_at] <= channel;
                assign all_bias[32*m+:32] = bias_mem[{rd_half, rd_entry}];
            end
            assign all_mult[32*m+:32] = mult_mem[{rd_half, short_q[rd_half] ? {EW{1'b0}} : rd_entry}];
        end
        if (GROUPS > 1) begin : gen_groups
            if (MATMUL == 0) begin : gen_bias
                assign bias = all_bias[32*LANES*rd_pos[LW+:$clog2(GROUPS)]+:32*LANES];
            end
            assign mult = all_mult[32*LANES*rd_pos[LW+:$clog2(GROUPS)]+:32*LANES];
        end else begin : gen_group
            if (MATMUL == 0) begin : gen_bias
                assign bias = all_bias;
            end
            assign mult = all_mult;
        end
    endgenerate

    generate
        if (MATMUL != 0) begin : gen_bias_registers
            reg  [32*N-1:0] bias0_q, bias1_q;
            wire [32*N-1:0] set = rd_half ? bias1_q : bias0_q;
            for (l = 0; l < N; l = l + 1) begin : gen_bias
                localparam integer WORD_I = l / CHANNELS;
                wire [31:0] less = (minus_half ? bias1_q[32*l+:32] : bias0_q[32*l+:32]) - minus_data[32*l+:32];
                wire [31:0] given = wr_word[32*(l%CHANNELS)+:32];
                wire        here = wr_en && wr_index == WORD_I[3:0];
                always @(posedge clk) begin
                    if (here && !wr_half) bias0_q[32*l+:32] <= given;
                    else if (minus_en && !minus_half) bias0_q[32*l+:32] <= less;
                    if (here && wr_half) bias1_q[32*l+:32] <= given;
                    else if (minus_en && minus_half) bias1_q[32*l+:32] <= less;
                end
            end
            if (LANES < N) begin : gen_some
                assign bias = set[32*LANES*rd_pos[LW+:$clog2(N/LANES)]+:32*LANES];
            end else begin : gen_all
                assign bias = set;
            end
            assign all_bias = {32*MEMS{1'b0}};
            wire unused = &{1'b0, all_bias};
        end else begin : gen_no_minus
            wire unused = &{1'b0, minus_en, minus_half, minus_data};
        end
    endgenerate

    reg  [6*N-1:0] shift0_q, shift1_q;
    wire [6*N-1:0] new_shift;
    wire [6*N-1:0] set_shift = rd_half ? shift1_q : shift0_q;
    wire           shift_en = wr_en && (wr_index == 4'd8 || short_shift);
    always @(posedge clk) begin
        if (shift_en && !wr_half) shift0_q <= new_shift;
        if (shift_en && wr_half) shift1_q <= new_shift;
    end
    generate
        for (l = 0; l < N; l = l + 1) begin : gen_shift
            assign new_shift[6*l+:6] = wr_uniform ? shift_byte[5:0] : wr_word[8*l+:6];
        end
        for (l = 0; l < LANES; l = l + 1) begin : gen_lane_shift
            // every LANES-th channel, eight bits apart: an index times six would be a multiplier
            wire [8*N/LANES-1:0] channels;
            for (m = 0; m < N / LANES; m = m + 1) begin : gen_channel
                assign channels[8*m+:8] = {2'b00, set_shift[6*(m*LANES+l)+:6]};
            end
            wire [7:0] chosen;
            if (LANES < N) begin : gen_some
                assign chosen = channels[8*rd_pos[LW+:$clog2(N/LANES)]+:8];
            end else begin : gen_all
                assign chosen = channels;
            end
            assign shift[6*l+:6] = chosen[5:0];
            wire unused = &{1'b0, chosen[7:6]};
        end
    endgenerate
    wire unused = &{1'b0, shift_byte[7:6], rd_pos};
endmodule
`default_nettype wire
