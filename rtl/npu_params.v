// Parameter sets: bias, multiplier and shift of N output channels, one set for each accumulator half.
//
// Written word by word by the weight loader: 9 words of N bytes (bias int32[N], mult int32[N], shift int8[N]), or the short form:
// four bias words, then mult int32 and shift int8 for all channels in the next word (N = 4: in the next two);
// read as flat buses, set h at the upper half. Not reset: a set is loaded before it is used.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_params #(
    parameter N = 16
) (
    input  wire              clk,
    input  wire              wr_en,
    input  wire              wr_half,
    input  wire [3:0]        wr_index,   // 0..3 bias, 4..7 mult, 8 shift
    input  wire              wr_uniform, // 4 mult and (N > 4) shift, 5 shift (N = 4)
    input  wire [8*N-1:0]    wr_word,
    input  wire              minus_en,   // subtract minus_data from the biases of set minus_half; 0 for arrays without MATMUL
    input  wire              minus_half,
    input  wire [32*N-1:0]   minus_data,
    output wire [2*32*N-1:0] bias,
    output wire [2*32*N-1:0] mult,
    output wire [2*6*N-1:0]  shift       // signed 6 bits
);
    // Short form: the values in every lane, and which word carries the shift.
    wire [7:0] shift_byte = wr_word[(N > 4 ? 32 : 0)+:8];
    wire       short_mult = wr_uniform && wr_index == 4'd4;
    wire       short_shift = wr_uniform && wr_index == (N > 4 ? 4'd4 : 4'd5);
    wire       unused = &{1'b0, shift_byte[7:6]};
    genvar h, i, l;
    generate
        for (h = 0; h < 2; h = h + 1) begin : gen_set
            wire we = wr_en && wr_half == (h == 1);
            wire minus = minus_en && minus_half == (h == 1);
            for (i = 0; i < 4; i = i + 1) begin : gen_word
                reg  [8*N-1:0] bias_q, mult_q;
                wire [8*N-1:0] less;
                for (l = 0; l < N / 4; l = l + 1) begin : gen_less
                    assign less[32*l+:32] = bias_q[32*l+:32] - minus_data[8*N*i+32*l+:32];
                end
                always @(posedge clk) begin
                    if (we && wr_index == i) bias_q <= wr_word;
                    else if (minus) bias_q <= less;
                    if (we && (wr_index == 4 + i && !wr_uniform || short_mult))
                        mult_q <= wr_uniform ? {N / 4{wr_word[31:0]}} : wr_word;
                end
                assign bias[32*N*h+8*N*i+:8*N] = bias_q;
                assign mult[32*N*h+8*N*i+:8*N] = mult_q;
            end
            for (l = 0; l < N; l = l + 1) begin : gen_shift
                reg [5:0] shift_q;
                always @(posedge clk) 
                    if (we && (wr_index == 4'd8 || short_shift)) shift_q <= wr_uniform ? shift_byte[5:0] : wr_word[8*l+:6];
                assign shift[6*(N*h+l)+:6] = shift_q;
            end
        end
    endgenerate
endmodule
`default_nettype wire
