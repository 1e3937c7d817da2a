// Cells of ECP5 and Gowin that the boards' tops instantiate, for simulation: what they do in the mode that the tops give them. A PLL's output is
// its input, so a simulated clock is one of the system; every signal at a pin is registered where the cell does so.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
/* verilator lint_off DECLFILENAME */
module EHXPLLL #(
    parameter PLLRST_ENA = "", INTFB_WAKE = "", STDBY_ENABLE = "", DPHASE_SOURCE = "", FEEDBK_PATH = "", CLKOP_ENABLE = "",
    parameter OUTDIVIDER_MUXA = "", OUTDIVIDER_MUXB = "", OUTDIVIDER_MUXC = "", OUTDIVIDER_MUXD = "",
    parameter CLKI_DIV = 1, CLKFB_DIV = 1, CLKOP_DIV = 1, CLKOP_CPHASE = 0, CLKOP_FPHASE = 0
) (
    input  wire CLKI,
    input  wire CLKFB,
    input  wire RST,
    input  wire STDBY,
    input  wire PHASESEL0,
    input  wire PHASESEL1,
    input  wire PHASEDIR,
    input  wire PHASESTEP,
    input  wire PHASELOADREG,
    input  wire PLLWAKESYNC,
    input  wire ENCLKOP,
    output wire CLKINTFB,
    output wire CLKOP,
    output wire LOCK
);
    assign {CLKOP, LOCK, CLKINTFB} = {CLKI, 2'b10};
endmodule

module USRMCLK (
    input  wire USRMCLKI,
    input  wire USRMCLKTS,
    output wire USRMCLKO
);
    assign USRMCLKO = USRMCLKTS ? 1'b0 : USRMCLKI;
endmodule

// D0 from the rising edge on, D1 from the falling one on, both of them one clock later. Only constants come in.
module ODDRX1F (
    input  wire D0,
    input  wire D1,
    input  wire SCLK,
    input  wire RST,
    output wire Q
);
    assign Q = RST ? 1'b0 : SCLK ? D0 : D1;
endmodule

module OFS1P3DX (
    input  wire D,
    input  wire SP,
    input  wire SCLK,
    input  wire CD,
    output reg  Q
);
    always @(posedge SCLK) if (CD) Q <= 1'b0; else if (SP) Q <= D;
endmodule

module IFS1P3DX (
    input  wire D,
    input  wire SP,
    input  wire SCLK,
    input  wire CD,
    output wire Q
);
    OFS1P3DX u_same (.D(D), .SP(SP), .SCLK(SCLK), .CD(CD), .Q(Q));
endmodule

module BB (
    input  wire I,
    input  wire T,
    output wire O,
    inout  wire B
);
    assign B = T ? 1'bz : I;
    assign O = B;
endmodule

// Gowin: CLKOUTP half a period behind CLKOUT, as PSDA_SEL 1000 makes it.
module rPLL #(
    parameter FCLKIN = "", DEVICE = "", CLKFB_SEL = "", DYN_IDIV_SEL = "", DYN_FBDIV_SEL = "", DYN_ODIV_SEL = "", DYN_DA_EN = "",
    parameter CLKOUT_BYPASS = "", CLKOUTP_BYPASS = "", CLKOUTD_BYPASS = "", CLKOUTD_SRC = "", CLKOUTD3_SRC = "",
    parameter PSDA_SEL = "0000", DUTYDA_SEL = "1000",
    parameter IDIV_SEL = 0, FBDIV_SEL = 0, ODIV_SEL = 8, CLKOUT_DLY_STEP = 0, CLKOUTP_DLY_STEP = 0, DYN_SDIV_SEL = 2,
    parameter CLKOUT_FT_DIR = 1'b1, CLKOUTP_FT_DIR = 1'b1
) (
    input  wire       CLKIN,
    input  wire       CLKFB,
    input  wire       RESET,
    input  wire       RESET_P,
    input  wire [5:0] FBDSEL,
    input  wire [5:0] IDSEL,
    input  wire [5:0] ODSEL,
    input  wire [3:0] PSDA,
    input  wire [3:0] DUTYDA,
    input  wire [3:0] FDLY,
    output wire       CLKOUT,
    output wire       CLKOUTP,
    output wire       CLKOUTD,
    output wire       CLKOUTD3,
    output wire       LOCK
);
    assign CLKOUT  = CLKIN;
    assign CLKOUTP = PSDA_SEL == "1000" ? !CLKIN : CLKIN;
    assign {CLKOUTD, CLKOUTD3, LOCK} = 3'b001;
endmodule
`default_nettype wire
