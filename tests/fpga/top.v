// What the tests of the flow put on a board: a counter; with PLL_OUT = 2 more multipliers than the device has.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module top #(
    parameter int N = 4, LANES = 4, SP_WORDS = 4096, SP_BANKS = 4, ACC_DEPTH = 256, FIR_GROUPS = 1, FIR_TAPS = 4, MATMUL = 0, WIDE_LANES = 0, SOFTMAX = 1, NORM = 0,
    parameter int CLK_HZ = 25000000, PLL_IN = 1, PLL_FEEDBACK = 1, PLL_OUT = 24
) (
    input  wire clk_25mhz,
    output wire out
);
    wire clk = clk_25mhz;
    reg [23:0] count_q = 24'd0;
    always @(posedge clk) count_q <= count_q + 24'd1;
    generate
        if (PLL_OUT == 2) begin : gen_large
            reg [17:0] v_q [0:40];
            always @(posedge clk) v_q[0] <= count_q[17:0];
            genvar i;
            for (i = 0; i < 40; i = i + 1) begin : gen_product
                wire [35:0] p = v_q[i] * count_q[17:0];
                always @(posedge clk) v_q[i+1] <= p[35:18];
            end
            assign out = ^v_q[40];
        end else begin : gen_count
            assign out = count_q[23];
        end
    endgenerate
endmodule
`default_nettype wire
