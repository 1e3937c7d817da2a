// Cells of Gowin that Yosys 0.23 does not know: black boxes. SPDX-License-Identifier: Apache-2.0
(* blackbox *)
module MULT9X9 #(
    parameter AREG = 1'b0, BREG = 1'b0, OUT_REG = 1'b0, PIPE_REG = 1'b0, ASIGN_REG = 1'b0, BSIGN_REG = 1'b0, SOA_REG = 1'b0,
    parameter MULT_RESET_MODE = "SYNC"
) (
    input  wire [8:0] A, SIA, B, SIB,
    input  wire ASIGN, BSIGN, ASEL, BSEL, CE, CLK, RESET,
    output wire [17:0] DOUT,
    output wire [8:0] SOA, SOB
);
endmodule

(* blackbox *)
module MULT18X18 #(
    parameter AREG = 1'b0, BREG = 1'b0, OUT_REG = 1'b0, PIPE_REG = 1'b0, ASIGN_REG = 1'b0, BSIGN_REG = 1'b0, SOA_REG = 1'b0,
    parameter MULT_RESET_MODE = "SYNC"
) (
    input  wire [17:0] A, SIA, B, SIB,
    input  wire ASIGN, BSIGN, ASEL, BSEL, CE, CLK, RESET,
    output wire [35:0] DOUT,
    output wire [17:0] SOA, SOB
);
endmodule

(* blackbox *)
module SDPX9B #(
    parameter READ_MODE = 1'b0, BIT_WIDTH_0 = 36, BIT_WIDTH_1 = 36, BLK_SEL_0 = 3'b000, BLK_SEL_1 = 3'b000, RESET_MODE = "SYNC",
    parameter INIT_RAM_00 = 288'd0, INIT_RAM_01 = 288'd0, INIT_RAM_02 = 288'd0, INIT_RAM_03 = 288'd0,
    parameter INIT_RAM_04 = 288'd0, INIT_RAM_05 = 288'd0, INIT_RAM_06 = 288'd0, INIT_RAM_07 = 288'd0,
    parameter INIT_RAM_08 = 288'd0, INIT_RAM_09 = 288'd0, INIT_RAM_0A = 288'd0, INIT_RAM_0B = 288'd0,
    parameter INIT_RAM_0C = 288'd0, INIT_RAM_0D = 288'd0, INIT_RAM_0E = 288'd0, INIT_RAM_0F = 288'd0,
    parameter INIT_RAM_10 = 288'd0, INIT_RAM_11 = 288'd0, INIT_RAM_12 = 288'd0, INIT_RAM_13 = 288'd0,
    parameter INIT_RAM_14 = 288'd0, INIT_RAM_15 = 288'd0, INIT_RAM_16 = 288'd0, INIT_RAM_17 = 288'd0,
    parameter INIT_RAM_18 = 288'd0, INIT_RAM_19 = 288'd0, INIT_RAM_1A = 288'd0, INIT_RAM_1B = 288'd0,
    parameter INIT_RAM_1C = 288'd0, INIT_RAM_1D = 288'd0, INIT_RAM_1E = 288'd0, INIT_RAM_1F = 288'd0,
    parameter INIT_RAM_20 = 288'd0, INIT_RAM_21 = 288'd0, INIT_RAM_22 = 288'd0, INIT_RAM_23 = 288'd0,
    parameter INIT_RAM_24 = 288'd0, INIT_RAM_25 = 288'd0, INIT_RAM_26 = 288'd0, INIT_RAM_27 = 288'd0,
    parameter INIT_RAM_28 = 288'd0, INIT_RAM_29 = 288'd0, INIT_RAM_2A = 288'd0, INIT_RAM_2B = 288'd0,
    parameter INIT_RAM_2C = 288'd0, INIT_RAM_2D = 288'd0, INIT_RAM_2E = 288'd0, INIT_RAM_2F = 288'd0,
    parameter INIT_RAM_30 = 288'd0, INIT_RAM_31 = 288'd0, INIT_RAM_32 = 288'd0, INIT_RAM_33 = 288'd0,
    parameter INIT_RAM_34 = 288'd0, INIT_RAM_35 = 288'd0, INIT_RAM_36 = 288'd0, INIT_RAM_37 = 288'd0,
    parameter INIT_RAM_38 = 288'd0, INIT_RAM_39 = 288'd0, INIT_RAM_3A = 288'd0, INIT_RAM_3B = 288'd0,
    parameter INIT_RAM_3C = 288'd0, INIT_RAM_3D = 288'd0, INIT_RAM_3E = 288'd0, INIT_RAM_3F = 288'd0
) (
    input  wire CLKA, CEA, RESETA, CLKB, CEB, RESETB, OCE,
    input  wire [2:0] BLKSELA, BLKSELB,
    input  wire [13:0] ADA, ADB,
    input  wire [35:0] DI,
    output wire [35:0] DO
);
endmodule
