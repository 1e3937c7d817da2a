// Two chained, registered multiply-accumulates: what synth_ice40 -dsp of Yosys 0.23 silently miscompiles. For the guard's own test.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module chained_mac (
    input  wire               clk,
    input  wire signed [7:0]  a0, w0, a1, w1,
    output reg  signed [19:0] sum_q
);
    reg signed [19:0] first_q;
    reg signed [7:0]  a1_q, w1_q;
    always @(posedge clk) begin
        first_q <= a0 * w0;
        a1_q    <= a1;
        w1_q    <= w1;
        sum_q   <= first_q + a1_q * w1_q;
    end
endmodule
`default_nettype wire
