// Lanes of a word turned round: out lane (l + by) mod N = in lane l; with RIGHT: out lane l = in lane (l + by) mod N. Combinational.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_rotate #(
    parameter N = 16,       // lanes, power of two
    parameter RIGHT = 0
) (
    input  wire [8*N-1:0]       in_word,
    input  wire [$clog2(N)-1:0] by,
    output wire [8*N-1:0]       out_word
);
    localparam LN = $clog2(N);
    genvar k;
    generate
        for (k = 0; k <= LN; k = k + 1) begin : gen_level
            wire [8*N-1:0] word;
            if (k == 0) begin : gen_in
                assign word = in_word;
            end else begin : gen_turn
                localparam STEP = 8 * (1 << (k - 1));
                localparam AT = RIGHT != 0 ? STEP : 8 * N - STEP;   // bits below it go to the top
                wire [8*N-1:0] prev = gen_level[k-1].word;
                assign word = by[k-1] ? {prev[AT-1:0], prev[8*N-1:AT]} : prev;
            end
        end
    endgenerate
    assign out_word = gen_level[LN].word;
endmodule
`default_nettype wire
