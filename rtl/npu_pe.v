// Processing element: one int8 multiply-accumulate (without the product itself) of the weight-stationary array.
//
// Timing (in steps, cycles with en = 1): operand at a_in/bus -> a_q (1) -> prod (2) -> psum_q (3). The operand, swap and
// we tags move right one element a step; partial sums move down one element a step. The product of a_q and weight_q is
// made outside (npu_mul2) and must come back on prod one step later.
// Weights: we_in writes the shadow register from wbus; swap_in, travelling with the first operand of a pass, makes the shadow the
// working weight for that operand on and sets the operand source (fir: the column's line bus, else the left neighbour).
// Counterpart: the inner sum of CONV in cmodel/npu.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_pe #(
    parameter PSUM_W = 20,  // bits of a partial sum, 16 + log2(rows)
    parameter HAS_BUS = 1   // 0: row without line bus, never used as FIR tap
) (
    input  wire              clk,
    input  wire              rst_n,
    input  wire              en,
    input  wire [7:0]        a_in,
    input  wire [7:0]        bus,
    input  wire              swap_in,
    input  wire              fir_in,
    input  wire              we_in,
    input  wire [7:0]        wbus,
    input  wire [PSUM_W-1:0] psum_in,
    input  wire [15:0]       prod,
    output reg  [7:0]        a_q,
    output reg  [7:0]        weight_q,
    output reg               swap_q,
    output reg               fir_q,
    output reg               we_q,
    output reg  [PSUM_W-1:0] psum_q
);
    reg [7:0] shadow_q;

    wire fir_now = swap_in ? fir_in : fir_q;
    wire use_bus = (HAS_BUS != 0) && fir_now;

    always @(posedge clk) begin
        if (!rst_n) begin
            swap_q <= 1'b0;
            fir_q  <= 1'b0;
            we_q   <= 1'b0;
        end else if (en) begin
            swap_q <= swap_in;
            fir_q  <= fir_now;
            we_q   <= we_in;
        end
        if (en) begin
            a_q    <= use_bus ? bus : a_in;
            psum_q <= psum_in + {{(PSUM_W - 16) {prod[15]}}, prod};
            if (swap_in) weight_q <= shadow_q;
            if (we_in) shadow_q <= wbus;
        end
    end
endmodule
`default_nettype wire
