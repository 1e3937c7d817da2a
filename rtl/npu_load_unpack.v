// Weights of 4 bits times the factors of their group: combinational, N products of a signed and an unsigned nibble.
// Lane l of `word` = signed nibble l of `packed_word` (-8..7) * nibble l of `factors` (0..15): -120..105. Nibble l is bits 4l+3..4l.
// Written as a sum of shifted nibbles: as `*` each product would take a DSP cell, which the array puts to better use.
// Counterpart: load_packed in cmodel/npu/model_load.c. SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_load_unpack #(
    parameter N = 16
) (
    input  wire [4*N-1:0] packed_word,
    input  wire [4*N-1:0] factors,
    output wire [8*N-1:0] word
);
    genvar i;
    generate
        for (i = 0; i < N; i = i + 1) begin : gen_lane
            wire [7:0] weight = {{4{packed_word[4*i+3]}}, packed_word[4*i+:4]};
            wire [3:0] factor = factors[4*i+:4];
            assign word[8*i+:8] = (({8{factor[0]}} & weight) + ({8{factor[1]}} & {weight[6:0], 1'b0})) +
                                  (({8{factor[2]}} & {weight[5:0], 2'd0}) + ({8{factor[3]}} & {weight[4:0], 3'd0}));
        end
    endgenerate
endmodule
`default_nettype wire
