// Multiplier cells of Gowin that Yosys 0.23 does not know: black boxes. SPDX-License-Identifier: Apache-2.0
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
