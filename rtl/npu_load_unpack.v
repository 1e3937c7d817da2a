// Weights of 4 bits times the factors of their group: combinational, N products of a signed and an unsigned nibble.
// Lane l of `word` = signed nibble l of `packed_word` (-8..7) * nibble l of `factors` (0..15): -120..105. Nibble l is bits 4l+3..4l.
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
            wire signed [3:0] weight = packed_word[4*i +: 4];
            wire signed [4:0] factor = {1'b0, factors[4*i +: 4]};
            wire signed [8:0] product = weight * factor;
            assign word[8*i +: 8] = product[7:0];
            wire unused_sign = product[8];
        end
    endgenerate
endmodule
`default_nettype wire
