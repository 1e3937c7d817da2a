// The array between registers, for place and route without a chip around it: inputs come from a chain of flip-flops fed by one
// pin, outputs go to one pin through XOR, so that no pin is near a path of the array and nothing is optimised away.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module array_wrap #(
    parameter N = 8,
    parameter FIR_GROUPS = 2,
    parameter FIR_TAPS = 4,
    parameter MUL_STYLE = 1,
    parameter MUL_DSP = N * N
) (
    input  wire clk,
    input  wire in,
    output reg  out
);
    localparam PSUM_W = 16 + $clog2(N);
    localparam IN_W = 4 + 8 * N + 8 * N * FIR_GROUPS + N + 8 * N;
    reg  [IN_W-1:0] in_q;
    reg  [N*PSUM_W-1:0] psum_q;
    wire [N*PSUM_W-1:0] psum;
    wire [8*N-1:0] word, w_word;
    wire [8*N*FIR_GROUPS-1:0] lines;
    wire [N-1:0] row_sel;
    wire rst_n, en, swap, fir;
    assign {rst_n, en, swap, fir, word, lines, row_sel, w_word} = in_q;
    npu_array #(.N(N), .FIR_GROUPS(FIR_GROUPS), .FIR_TAPS(FIR_TAPS), .PSUM_W(PSUM_W), .MUL_STYLE(MUL_STYLE), .MUL_DSP(MUL_DSP)) u_array (
        .clk(clk), .rst_n(rst_n), .en(en), .word(word), .swap(swap), .fir(fir), .lines(lines), .row_sel(row_sel),
        .w_word(w_word), .psum(psum));
    // Shifted out by one bit a cycle when not loaded: each sum bit is seen.
    reg load_q;
    always @(posedge clk) begin
        in_q   <= {in_q[IN_W-2:0], in};
        load_q <= in_q[0];
        psum_q <= load_q ? psum : {1'b0, psum_q[N*PSUM_W-1:1]};
        out    <= psum_q[0];
    end
endmodule
`default_nettype wire
