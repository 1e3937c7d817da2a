// SDRAM pins of an ECP5 board: every signal registered once more in its I/O cell, and the part's clock as clk inverted, so
// that commands and data have half a period of setup and of hold. Tell soc_sdram READ_EXTRA = 2: one clock out, one back.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module sdram_pins #(
    parameter int DQ = 16,
    parameter int OUTPUTS = 25   // command, bank, address, dqm
) (
    input  wire               clk,
    input  wire [OUTPUTS-1:0] out,
    input  wire [DQ-1:0]      dq_o,
    input  wire               dq_oe,
    output wire [DQ-1:0]      dq_i,
    output wire [OUTPUTS-1:0] pin_out,
    inout  wire [DQ-1:0]      pin_dq,
    output wire               pin_clk
);
    ODDRX1F u_clk (.D0(1'b0), .D1(1'b1), .SCLK(clk), .RST(1'b0), .Q(pin_clk));
    genvar i;
    generate
        for (i = 0; i < OUTPUTS; i = i + 1) begin : gen_out
            OFS1P3DX u_out (.D(out[i]), .SP(1'b1), .SCLK(clk), .CD(1'b0), .Q(pin_out[i]));
        end
        for (i = 0; i < DQ; i = i + 1) begin : gen_dq
            wire o, in;
            reg  t_q; // one for each pin: a driver's path to its cell stays short
            always @(posedge clk) t_q <= !dq_oe;
            OFS1P3DX u_out (.D(dq_o[i]), .SP(1'b1), .SCLK(clk), .CD(1'b0), .Q(o));
            BB u_pin (.I(o), .T(t_q), .O(in), .B(pin_dq[i]));
            IFS1P3DX u_in (.D(in), .SP(1'b1), .SCLK(clk), .CD(1'b0), .Q(dq_i[i]));
        end
    endgenerate
endmodule
`default_nettype wire
