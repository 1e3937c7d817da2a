// The highest one of a value of 80 bits is brought to the top: its upper 32 bits from there on, and how many zeros were above.
// Contract: one value a cycle, results three cycles later; a value of 0 gives top 0. No reset: data only.
// Counterpart: cmodel/ref/ref_wide.c, mantissa.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_wide_normalise (
    input  wire        clk,
    input  wire [79:0] value,
    output wire [31:0] top,
    output wire [6:0]  zeros
);
    // 16 bits at a time, then 4, then 1
    wire [2:0] by16 = value[79:64] != 16'd0 ? 3'd0 : value[63:48] != 16'd0 ? 3'd1 : value[47:32] != 16'd0 ? 3'd2 : value[31:16] != 16'd0 ? 3'd3 : 3'd4;
    reg [2:0]  by16_1q, by16_2q, by16_3q;
    reg [46:0] v1_q;
    wire [1:0] by4 = v1_q[46:43] != 4'd0 ? 2'd0 : v1_q[42:39] != 4'd0 ? 2'd1 : v1_q[38:35] != 4'd0 ? 2'd2 : 2'd3;
    reg [1:0]  by4_2q, by4_3q, by1_3q;
    reg [34:0] v2_q;
    wire [1:0] by1 = v2_q[34] ? 2'd0 : v2_q[33] ? 2'd1 : v2_q[32] ? 2'd2 : 2'd3;
    reg [31:0] v3_q;
    always_ff @(posedge clk) begin
        by16_1q <= by16;
        v1_q    <= by16 == 3'd0 ? value[79:33] : by16 == 3'd1 ? value[63:17] : by16 == 3'd2 ? value[47:1] :
                   by16 == 3'd3 ? {value[31:0], 15'd0} : {value[15:0], 31'd0};
        by16_2q <= by16_1q;
        by4_2q  <= by4;
        v2_q    <= by4 == 2'd0 ? v1_q[46:12] : by4 == 2'd1 ? v1_q[42:8] : by4 == 2'd2 ? v1_q[38:4] : v1_q[34:0];
        by16_3q <= by16_2q;
        by4_3q  <= by4_2q;
        by1_3q  <= by1;
        v3_q    <= by1 == 2'd0 ? v2_q[34:3] : by1 == 2'd1 ? v2_q[33:2] : by1 == 2'd2 ? v2_q[32:1] : v2_q[31:0];
    end
    assign top   = v3_q;
    assign zeros = {by16_3q, by4_3q, by1_3q};
endmodule
`default_nettype wire
