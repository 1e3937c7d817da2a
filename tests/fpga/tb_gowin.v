// The netlist that the flow made of top_gowin.v beside its source, clock by clock. The block RAM's model: ports of 9, 18 and 36 bits,
// byte enables in the lowest address bits, as Gowin's primitives guide has them. SPDX-License-Identifier: Apache-2.0
`timescale 1ns/1ps
module SDPX9B (
    input  wire CLKA, CEA, RESETA, CLKB, CEB, RESETB, OCE,
    input  wire [2:0] BLKSELA, BLKSELB,
    input  wire [13:0] ADA, ADB,
    input  wire [35:0] DI,
    output reg  [35:0] DO
);
    parameter INIT_RAM_00 = 288'd0, INIT_RAM_01 = 288'd0, INIT_RAM_02 = 288'd0, INIT_RAM_03 = 288'd0;
    parameter INIT_RAM_04 = 288'd0, INIT_RAM_05 = 288'd0, INIT_RAM_06 = 288'd0, INIT_RAM_07 = 288'd0;
    parameter INIT_RAM_08 = 288'd0, INIT_RAM_09 = 288'd0, INIT_RAM_0A = 288'd0, INIT_RAM_0B = 288'd0;
    parameter INIT_RAM_0C = 288'd0, INIT_RAM_0D = 288'd0, INIT_RAM_0E = 288'd0, INIT_RAM_0F = 288'd0;
    parameter INIT_RAM_10 = 288'd0, INIT_RAM_11 = 288'd0, INIT_RAM_12 = 288'd0, INIT_RAM_13 = 288'd0;
    parameter INIT_RAM_14 = 288'd0, INIT_RAM_15 = 288'd0, INIT_RAM_16 = 288'd0, INIT_RAM_17 = 288'd0;
    parameter INIT_RAM_18 = 288'd0, INIT_RAM_19 = 288'd0, INIT_RAM_1A = 288'd0, INIT_RAM_1B = 288'd0;
    parameter INIT_RAM_1C = 288'd0, INIT_RAM_1D = 288'd0, INIT_RAM_1E = 288'd0, INIT_RAM_1F = 288'd0;
    parameter INIT_RAM_20 = 288'd0, INIT_RAM_21 = 288'd0, INIT_RAM_22 = 288'd0, INIT_RAM_23 = 288'd0;
    parameter INIT_RAM_24 = 288'd0, INIT_RAM_25 = 288'd0, INIT_RAM_26 = 288'd0, INIT_RAM_27 = 288'd0;
    parameter INIT_RAM_28 = 288'd0, INIT_RAM_29 = 288'd0, INIT_RAM_2A = 288'd0, INIT_RAM_2B = 288'd0;
    parameter INIT_RAM_2C = 288'd0, INIT_RAM_2D = 288'd0, INIT_RAM_2E = 288'd0, INIT_RAM_2F = 288'd0;
    parameter INIT_RAM_30 = 288'd0, INIT_RAM_31 = 288'd0, INIT_RAM_32 = 288'd0, INIT_RAM_33 = 288'd0;
    parameter INIT_RAM_34 = 288'd0, INIT_RAM_35 = 288'd0, INIT_RAM_36 = 288'd0, INIT_RAM_37 = 288'd0;
    parameter INIT_RAM_38 = 288'd0, INIT_RAM_39 = 288'd0, INIT_RAM_3A = 288'd0, INIT_RAM_3B = 288'd0;
    parameter INIT_RAM_3C = 288'd0, INIT_RAM_3D = 288'd0, INIT_RAM_3E = 288'd0, INIT_RAM_3F = 288'd0;
    parameter READ_MODE = 1'b0, BIT_WIDTH_0 = 36, BIT_WIDTH_1 = 36, BLK_SEL_0 = 3'b000, BLK_SEL_1 = 3'b000, RESET_MODE = "SYNC";
    reg [8:0] mem [0:2047];
    reg [18431:0] all;
    integer i;
    initial begin
        all = {INIT_RAM_3F, INIT_RAM_3E, INIT_RAM_3D, INIT_RAM_3C, INIT_RAM_3B, INIT_RAM_3A, INIT_RAM_39, INIT_RAM_38,
               INIT_RAM_37, INIT_RAM_36, INIT_RAM_35, INIT_RAM_34, INIT_RAM_33, INIT_RAM_32, INIT_RAM_31, INIT_RAM_30,
               INIT_RAM_2F, INIT_RAM_2E, INIT_RAM_2D, INIT_RAM_2C, INIT_RAM_2B, INIT_RAM_2A, INIT_RAM_29, INIT_RAM_28,
               INIT_RAM_27, INIT_RAM_26, INIT_RAM_25, INIT_RAM_24, INIT_RAM_23, INIT_RAM_22, INIT_RAM_21, INIT_RAM_20,
               INIT_RAM_1F, INIT_RAM_1E, INIT_RAM_1D, INIT_RAM_1C, INIT_RAM_1B, INIT_RAM_1A, INIT_RAM_19, INIT_RAM_18,
               INIT_RAM_17, INIT_RAM_16, INIT_RAM_15, INIT_RAM_14, INIT_RAM_13, INIT_RAM_12, INIT_RAM_11, INIT_RAM_10,
               INIT_RAM_0F, INIT_RAM_0E, INIT_RAM_0D, INIT_RAM_0C, INIT_RAM_0B, INIT_RAM_0A, INIT_RAM_09, INIT_RAM_08,
               INIT_RAM_07, INIT_RAM_06, INIT_RAM_05, INIT_RAM_04, INIT_RAM_03, INIT_RAM_02, INIT_RAM_01, INIT_RAM_00};
        for (i = 0; i < 2048; i = i + 1) mem[i] = all[9*i+:9];
        DO = 36'd0;
    end
    localparam W = BIT_WIDTH_0 / 9, R = BIT_WIDTH_1 / 9;
    always @(posedge CLKA)
        if (CEA) for (i = 0; i < W; i = i + 1) if (W == 1 || ADA[i]) mem[ADA[13:3] / W * W + i] <= DI[9*i+:9];
    always @(posedge CLKB)
        if (CEB) for (i = 0; i < R; i = i + 1) DO[9*i+:9] <= mem[ADB[13:3] / R * R + i];
endmodule
module tb;
    localparam CLOCKS = 2000;
    reg     clk = 1'b0;
    wire    a, b;
    integer n, wrong = 0, ones = 0;
    top u_source (.clk_27mhz(clk), .out(a));
    top_netlist u_netlist (.clk_27mhz(clk), .out(b));
    initial begin
        for (n = 0; n < CLOCKS; n = n + 1) begin
            #10 clk = 1'b1;
            #10 clk = 1'b0;
            #1 if (a !== b) wrong = wrong + 1;
            if (a === 1'b1) ones = ones + 1;
        end
        $display("%0d of %0d clocks differ, %0d ones: %0s", wrong, CLOCKS, ones,
                 wrong != 0 ? "wrong" : ones < CLOCKS / 3 || ones > CLOCKS * 2 / 3 ? "nothing proved" : "equal");
    end
endmodule
