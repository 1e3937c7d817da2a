// Behaviour of the ECP5 cells in a netlist of Yosys that are not as Verilator needs them in Yosys' own library: one clock edge, two
// states; as far as Yosys' maps use them. A mode beyond that is an error at time 0.
// TRELLIS_FF: ecp5/cells_sim.v without the multiplexer in its clock. DP16KD: 1024 words of 18 bits; from Yosys' maps (ecp5/brams_map.v,
// brams.txt) and Lattice FPGA-TN-02204. Synchronous reads; a word that is read on one port in the clock in which the other writes it
// is the old one (the RTL never relies on it, or Yosys has added what it takes). Powered up with INITVAL, random where that is x.
// MULT18X18D: tests/rtl_mul/vendor_mul.v, which the suite rtl-mul compares with RTL. SPDX-License-Identifier: Apache-2.0
`default_nettype none
module TRELLIS_FF #(
    parameter GSR = "ENABLED", CEMUX = "1", CLKMUX = "CLK", LSRMUX = "LSR", SRMODE = "LSR_OVER_CE", REGSET = "RESET", LSRMODE = "LSR"
) (
    input  wire CLK, LSR, CE, DI, M,
    output reg  Q
);
    wire ce  = CEMUX == "1" ? 1'b1 : CEMUX == "0" ? 1'b0 : CEMUX == "INV" ? !CE : CE;
    wire lsr = LSRMUX == "INV" ? !LSR : LSR;
    always @(posedge CLK)
        if (lsr) Q <= REGSET == "SET";
        else if (ce) Q <= DI;
    initial if (CLKMUX != "CLK" || SRMODE != "LSR_OVER_CE" || LSRMODE != "LSR") $fatal(1, "TRELLIS_FF: mode without a model");
    wire unused = &{1'b0, M};
endmodule

module DP16KD #(
    parameter DATA_WIDTH_A = 18, DATA_WIDTH_B = 18, REGMODE_A = "NOREG", REGMODE_B = "NOREG", RESETMODE = "SYNC",
    parameter ASYNC_RESET_RELEASE = "SYNC", CSDECODE_A = "0b000", CSDECODE_B = "0b000", WRITEMODE_A = "NORMAL", WRITEMODE_B = "NORMAL",
    parameter CLKAMUX = "CLKA", CLKBMUX = "CLKB", GSR = "AUTO",
    parameter [319:0] INITVAL_00 = 0, INITVAL_01 = 0, INITVAL_02 = 0, INITVAL_03 = 0, INITVAL_04 = 0, INITVAL_05 = 0,
    INITVAL_06 = 0, INITVAL_07 = 0, INITVAL_08 = 0, INITVAL_09 = 0, INITVAL_0A = 0, INITVAL_0B = 0, INITVAL_0C = 0,
    INITVAL_0D = 0, INITVAL_0E = 0, INITVAL_0F = 0, INITVAL_10 = 0, INITVAL_11 = 0, INITVAL_12 = 0, INITVAL_13 = 0,
    INITVAL_14 = 0, INITVAL_15 = 0, INITVAL_16 = 0, INITVAL_17 = 0, INITVAL_18 = 0, INITVAL_19 = 0, INITVAL_1A = 0,
    INITVAL_1B = 0, INITVAL_1C = 0, INITVAL_1D = 0, INITVAL_1E = 0, INITVAL_1F = 0, INITVAL_20 = 0, INITVAL_21 = 0,
    INITVAL_22 = 0, INITVAL_23 = 0, INITVAL_24 = 0, INITVAL_25 = 0, INITVAL_26 = 0, INITVAL_27 = 0, INITVAL_28 = 0,
    INITVAL_29 = 0, INITVAL_2A = 0, INITVAL_2B = 0, INITVAL_2C = 0, INITVAL_2D = 0, INITVAL_2E = 0, INITVAL_2F = 0,
    INITVAL_30 = 0, INITVAL_31 = 0, INITVAL_32 = 0, INITVAL_33 = 0, INITVAL_34 = 0, INITVAL_35 = 0, INITVAL_36 = 0,
    INITVAL_37 = 0, INITVAL_38 = 0, INITVAL_39 = 0, INITVAL_3A = 0, INITVAL_3B = 0, INITVAL_3C = 0, INITVAL_3D = 0,
    INITVAL_3E = 0, INITVAL_3F = 0
) (
    input  wire DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3,
    DIA2, DIA1, DIA0,
    input  wire ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0, CEA, OCEA,
    CLKA, WEA, RSTA, CSA2, CSA1, CSA0,
    output wire DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3,
    DOA2, DOA1, DOA0,
    input  wire DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4, DIB3,
    DIB2, DIB1, DIB0,
    input  wire ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0, CEB, OCEB,
    CLKB, WEB, RSTB, CSB2, CSB1, CSB0,
    output wire DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3,
    DOB2, DOB1, DOB0
);
    localparam WIDE_W = DATA_WIDTH_A == 36, WIDE_R = DATA_WIDTH_B == 36;   // A writes, B reads; data in and out on both halves
    reg [17:0] mem [0:1023];
    reg [17:0] a_q, b_q;
    wire [17:0] di_a = {DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4,
    DIA3, DIA2, DIA1, DIA0};
    wire [13:0] ad_a = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0};
    assign {DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2,
    DOA1, DOA0} = a_q;
    wire [17:0] di_b = {DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4,
    DIB3, DIB2, DIB1, DIB0};
    wire [13:0] ad_b = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0};
    assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2,
    DOB1, DOB0} = b_q;
    // Words and their parts: 18 bits have two byte enables in the address; 9 bits choose a byte, 4 bits half of a byte without its ninth bit.
    function [17:0] enabled(input integer width, input [3:0] ad);
        case (width)
            4: enabled = {1'b0, {4{ad[3] && ad[2]}}, {4{ad[3] && !ad[2]}}, 1'b0, {4{!ad[3] && ad[2]}}, {4{!ad[3] && !ad[2]}}};
            9: enabled = {{9{ad[3]}}, {9{!ad[3]}}};
            default: enabled = {{9{ad[1]}}, {9{ad[0]}}};
        endcase
    endfunction
    function [17:0] spread(input integer width, input [17:0] di);
        spread = width == 4 ? {2{1'b0, {2{di[3:0]}}}} : width == 9 ? {2{di[8:0]}} : di;
    endfunction
    function [17:0] part(input integer width, input [3:0] ad, input [17:0] word);
        part = width == 4 ? {14'd0, ad[3] ? ad[2] ? word[16:13] : word[12:9] : ad[2] ? word[7:4] : word[3:0]} :
               width == 9 ? {9'd0, ad[3] ? word[17:9] : word[8:0]} : word;
    endfunction
    wire [9:0] at_a = ad_a[13:4], at_b = ad_b[13:4];
    wire [17:0] bits_a = enabled(DATA_WIDTH_A, ad_a[3:0]), bits_b = enabled(DATA_WIDTH_B, ad_b[3:0]);
    wire [17:0] in_a = spread(DATA_WIDTH_A, di_a), in_b = spread(DATA_WIDTH_B, di_b);
    wire writes_a = CEA && WEA, writes_b = CEB && WEB;
    always @(posedge CLKA)
        if (writes_a && WIDE_W) begin
            if (ad_a[0]) mem[{at_a[9:1], 1'b0}][8:0]  <= di_a[8:0];
            if (ad_a[1]) mem[{at_a[9:1], 1'b0}][17:9] <= di_a[17:9];
            if (ad_a[2]) mem[{at_a[9:1], 1'b1}][8:0]  <= di_b[8:0];
            if (ad_a[3]) mem[{at_a[9:1], 1'b1}][17:9] <= di_b[17:9];
        end else if (writes_a) begin
            for (integer i = 0; i < 18; i = i + 1) if (bits_a[i]) mem[at_a][i] <= in_a[i];
        end
    always @(posedge CLKB)
        if (writes_b) begin
            for (integer i = 0; i < 18; i = i + 1) if (bits_b[i]) mem[at_b][i] <= in_b[i];
        end
    wire [17:0] read_a = mem[WIDE_R ? {at_b[9:1], 1'b0} : at_a], read_b = mem[WIDE_R ? {at_b[9:1], 1'b1} : at_b];
    wire clk_qa = WIDE_R ? CLKB : CLKA;   // a wide read is all of B's clock; a ROM has none on A
    always @(posedge clk_qa)
        if (WIDE_R ? RSTB : RSTA) a_q <= 18'd0;
        else if (WIDE_R ? CEB : CEA && (!WEA || WRITEMODE_A != "NORMAL")) a_q <= WIDE_R ? read_a : part(DATA_WIDTH_A, ad_a[3:0], read_a);
    always @(posedge CLKB)
        if (RSTB) b_q <= 18'd0;
        else if (CEB && (!WEB || WRITEMODE_B != "NORMAL")) b_q <= part(DATA_WIDTH_B, ad_b[3:0], read_b);

    // 16 words of 20 bits in each, of which 18 count: what a ROM holds.
    localparam [64*320-1:0] INIT = {INITVAL_3F, INITVAL_3E, INITVAL_3D, INITVAL_3C, INITVAL_3B, INITVAL_3A, INITVAL_39, INITVAL_38,
        INITVAL_37, INITVAL_36, INITVAL_35, INITVAL_34, INITVAL_33, INITVAL_32, INITVAL_31, INITVAL_30,
        INITVAL_2F, INITVAL_2E, INITVAL_2D, INITVAL_2C, INITVAL_2B, INITVAL_2A, INITVAL_29, INITVAL_28,
        INITVAL_27, INITVAL_26, INITVAL_25, INITVAL_24, INITVAL_23, INITVAL_22, INITVAL_21, INITVAL_20,
        INITVAL_1F, INITVAL_1E, INITVAL_1D, INITVAL_1C, INITVAL_1B, INITVAL_1A, INITVAL_19, INITVAL_18,
        INITVAL_17, INITVAL_16, INITVAL_15, INITVAL_14, INITVAL_13, INITVAL_12, INITVAL_11, INITVAL_10,
        INITVAL_0F, INITVAL_0E, INITVAL_0D, INITVAL_0C, INITVAL_0B, INITVAL_0A, INITVAL_09, INITVAL_08,
        INITVAL_07, INITVAL_06, INITVAL_05, INITVAL_04, INITVAL_03, INITVAL_02, INITVAL_01, INITVAL_00};
    initial for (integer i = 0; i < 1024; i = i + 1) mem[i] = INIT[20*i+:18];
    initial begin
        if (!(DATA_WIDTH_A inside {4, 9, 18, 36}) || !(DATA_WIDTH_B inside {4, 9, 18, 36}))
            $fatal(1, "DP16KD: width without a model");
        if (CSDECODE_A != "0b000" || CSDECODE_B != "0b000" || REGMODE_A != "NOREG" || REGMODE_B != "NOREG" || CLKAMUX != "CLKA" ||
            CLKBMUX != "CLKB" || WRITEMODE_A == "WRITETHROUGH" || WRITEMODE_B == "WRITETHROUGH")
            $fatal(1, "DP16KD: mode without a model");
    end
    always @(posedge CLKB) if (RESETMODE != "SYNC" && (RSTA || RSTB)) $fatal(1, "DP16KD: asynchronous reset has no model");
    wire unused = &{1'b0, OCEA, OCEB, CSA2, CSA1, CSA0, CSB2, CSB1, CSB0};
endmodule
`default_nettype wire
