// SDRAM pins of a Gowin board: every signal registered once more on its way out, data on its way back. Tell soc_sdram READ_EXTRA = 2; the
// part's clock is clk inverted (a phase of the PLL). SPDX-License-Identifier: Apache-2.0
`default_nettype none
module sdram_pins #(
    parameter DQ = 32,
    parameter OUTPUTS = 17   // command, bank, address
) (
    input  wire               clk,
    input  wire [OUTPUTS-1:0] out,
    input  wire [DQ-1:0]      dq_o,
    input  wire               dq_oe,
    output wire [DQ-1:0]      dq_i,
    output wire [OUTPUTS-1:0] pin_out,
    inout  wire [DQ-1:0]      pin_dq
);
    reg [OUTPUTS-1:0] out_q;
    reg [DQ-1:0]      o_q, i_q;
    reg               oe_q;
    always @(posedge clk) begin
        out_q <= out;
        o_q   <= dq_o;
        oe_q  <= dq_oe;
        i_q   <= pin_dq;
    end
    assign pin_out = out_q;
    assign pin_dq  = oe_q ? o_q : {DQ{1'bz}};
    assign dq_i    = i_q;
endmodule
`default_nettype wire
