// Behaviour of the two vendor multipliers that Yosys has only as black boxes, as far as npu_mul2 uses them; written from
// Lattice FPGA-TN-02205 (sysDSP) and Gowin UG287: registers A, B, pipeline, output, each with CE0 / CE, no shift chains, no reset.
// A parameter outside that is an error. The cells with models come from Yosys itself (run.sh).
// SPDX-License-Identifier: Apache-2.0
`timescale 1ns / 1ps
`default_nettype none
// Product of WIDTH x WIDTH, signed where asked; REGS = {A, B, pipeline, output}.
module vendor_mul #(
    parameter WIDTH = 18,
    parameter [3:0] REGS = 4'd0
) (
    input  wire               clk, ce, signed_a, signed_b,
    input  wire [WIDTH-1:0]   a, b,
    output wire [2*WIDTH-1:0] p
);
    reg [WIDTH-1:0]   a_q, b_q;
    reg [2*WIDTH-1:0] pipe_q, out_q;
    wire [WIDTH-1:0]  a1 = REGS[3] ? a_q : a, b1 = REGS[2] ? b_q : b;
    wire signed [WIDTH:0] ax = {signed_a & a1[WIDTH-1], a1}, bx = {signed_b & b1[WIDTH-1], b1};
    wire signed [2*WIDTH+1:0] full = ax * bx;
    wire [2*WIDTH-1:0] pipe = REGS[1] ? pipe_q : full[2*WIDTH-1:0];
    assign p = REGS[0] ? out_q : pipe;
    always @(posedge clk)
        if (ce) begin
            a_q    <= a;
            b_q    <= b;
            pipe_q <= full[2*WIDTH-1:0];
            out_q  <= pipe;
        end
endmodule

module MULT9X9 #(
    parameter AREG = 1'b0, BREG = 1'b0, OUT_REG = 1'b0, PIPE_REG = 1'b0, ASIGN_REG = 1'b0, BSIGN_REG = 1'b0, SOA_REG = 1'b0,
    parameter MULT_RESET_MODE = "SYNC"
) (
    input  wire [8:0] A, SIA, B, SIB,
    input  wire ASIGN, BSIGN, ASEL, BSEL, CE, CLK, RESET,
    output wire [17:0] DOUT,
    output wire [8:0] SOA, SOB
);
    vendor_mul #(.WIDTH(9), .REGS({AREG, BREG, PIPE_REG, OUT_REG})) u (
        .clk(CLK), .ce(CE), .signed_a(ASIGN), .signed_b(BSIGN), .a(A), .b(B), .p(DOUT));
    initial #1 if (ASEL !== 1'b0 || BSEL !== 1'b0 || RESET !== 1'b0) $display("ERROR MULT9X9: mode without a model");
endmodule

module MULT18X18 #(
    parameter AREG = 1'b0, BREG = 1'b0, OUT_REG = 1'b0, PIPE_REG = 1'b0, ASIGN_REG = 1'b0, BSIGN_REG = 1'b0, SOA_REG = 1'b0,
    parameter MULT_RESET_MODE = "SYNC"
) (
    input  wire [17:0] A, SIA, B, SIB,
    input  wire ASIGN, BSIGN, ASEL, BSEL, CE, CLK, RESET,
    output wire [35:0] DOUT,
    output wire [17:0] SOA, SOB
);
    vendor_mul #(.WIDTH(18), .REGS({AREG != 1'b0, BREG != 1'b0, PIPE_REG != 1'b0, OUT_REG != 1'b0})) u (
        .clk(CLK), .ce(CE), .signed_a(ASIGN), .signed_b(BSIGN), .a(A), .b(B), .p(DOUT));
    initial #1 if (ASEL !== 1'b0 || BSEL !== 1'b0 || RESET !== 1'b0) $display("ERROR MULT18X18: mode without a model");
endmodule

module MULT18X18D #(
    parameter REG_INPUTA_CLK = "NONE", REG_INPUTB_CLK = "NONE", REG_INPUTC_CLK = "NONE", REG_PIPELINE_CLK = "NONE",
    parameter REG_OUTPUT_CLK = "NONE", REG_OUTPUT_CE = "CE0", REG_OUTPUT_RST = "RST0", GSR = "ENABLED"
) (
    input  wire
        A0, A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12, A13, A14, A15, A16, A17, B0, B1, B2, B3, B4, B5,
        B6, B7, B8, B9, B10, B11, B12, B13, B14, B15, B16, B17, SIGNEDA, SIGNEDB, SOURCEA, SOURCEB, CLK0, CE0,
        RST0, C0, C1, C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12, C13, C14, C15, C16, C17,   // C: of other modes
    output wire
        P0, P1, P2, P3, P4, P5, P6, P7, P8, P9, P10, P11, P12, P13, P14, P15, P16, P17, P18, P19, P20, P21, P22,
        P23, P24, P25, P26, P27, P28, P29, P30, P31, P32, P33, P34, P35
);
    wire [35:0] p;
    assign
        P0 = p[0], P1 = p[1], P2 = p[2], P3 = p[3], P4 = p[4], P5 = p[5], P6 = p[6], P7 = p[7], P8 = p[8], P9 =
        p[9], P10 = p[10], P11 = p[11], P12 = p[12], P13 = p[13], P14 = p[14], P15 = p[15], P16 = p[16], P17 =
        p[17], P18 = p[18], P19 = p[19], P20 = p[20], P21 = p[21], P22 = p[22], P23 = p[23], P24 = p[24], P25 =
        p[25], P26 = p[26], P27 = p[27], P28 = p[28], P29 = p[29], P30 = p[30], P31 = p[31], P32 = p[32], P33 =
        p[33], P34 = p[34], P35 = p[35];
    vendor_mul #(.WIDTH(18), .REGS({REG_INPUTA_CLK != "NONE", REG_INPUTB_CLK != "NONE", REG_PIPELINE_CLK != "NONE",
                                    REG_OUTPUT_CLK != "NONE"})) u (
        .clk(CLK0), .ce(CE0), .signed_a(SIGNEDA), .signed_b(SIGNEDB), .p(p),
        .a({A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0}),
        .b({B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0}));
    // Yosys' own maps leave the reset of a product without registers open.
    localparam REGISTERS = REG_INPUTA_CLK != "NONE" || REG_INPUTB_CLK != "NONE" || REG_PIPELINE_CLK != "NONE" || REG_OUTPUT_CLK != "NONE";
    initial #1 if (SOURCEA !== 1'b0 || SOURCEB !== 1'b0 || (REGISTERS && RST0 !== 1'b0) || REG_OUTPUT_CE != "CE0")
        $display("ERROR MULT18X18D: mode without a model");
endmodule
`default_nettype wire
