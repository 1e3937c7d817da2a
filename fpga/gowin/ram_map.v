// $__SYSTOLE_GOWIN_RAM_ (ram.txt) as an SDPX9B, by the name and the ports that nextpnr-himbaechel knows.
//
// Instead of +/gowin/brams_map.v of Yosys 0.23, whose cells have other names, and whose ports of up to 9 bits write in every clock: it
// combines write enable and byte enable by OR, and memory_libmap ties the first to 1.
// Words of 18 and 36 bits have their byte enables in the lowest address bits. SPDX-License-Identifier: Apache-2.0
module \$__SYSTOLE_GOWIN_RAM_ (...);
    parameter INIT = 0, PORT_R_WIDTH = 9, PORT_W_WIDTH = 9, PORT_W_WR_EN_WIDTH = 1;
    input  PORT_R_CLK, PORT_R_CLK_EN, PORT_W_CLK;
    input  [10:0] PORT_R_ADDR, PORT_W_ADDR;
    output [PORT_R_WIDTH-1:0] PORT_R_RD_DATA;
    input  [PORT_W_WIDTH-1:0] PORT_W_WR_DATA;
    input  [PORT_W_WR_EN_WIDTH-1:0] PORT_W_WR_EN;
    wire [3:0]  en = PORT_W_WR_EN;
    wire [35:0] dout;
    wire [13:0] ada = {PORT_W_ADDR, 3'd0} | (PORT_W_WIDTH == 9 ? 14'd0 : {10'd0, en});
    assign PORT_R_RD_DATA = dout[PORT_R_WIDTH-1:0];
    SDPX9B #(
        .INIT_RAM_00(INIT[0+:288]),
        .INIT_RAM_01(INIT[288+:288]),
        .INIT_RAM_02(INIT[576+:288]),
        .INIT_RAM_03(INIT[864+:288]),
        .INIT_RAM_04(INIT[1152+:288]),
        .INIT_RAM_05(INIT[1440+:288]),
        .INIT_RAM_06(INIT[1728+:288]),
        .INIT_RAM_07(INIT[2016+:288]),
        .INIT_RAM_08(INIT[2304+:288]),
        .INIT_RAM_09(INIT[2592+:288]),
        .INIT_RAM_0A(INIT[2880+:288]),
        .INIT_RAM_0B(INIT[3168+:288]),
        .INIT_RAM_0C(INIT[3456+:288]),
        .INIT_RAM_0D(INIT[3744+:288]),
        .INIT_RAM_0E(INIT[4032+:288]),
        .INIT_RAM_0F(INIT[4320+:288]),
        .INIT_RAM_10(INIT[4608+:288]),
        .INIT_RAM_11(INIT[4896+:288]),
        .INIT_RAM_12(INIT[5184+:288]),
        .INIT_RAM_13(INIT[5472+:288]),
        .INIT_RAM_14(INIT[5760+:288]),
        .INIT_RAM_15(INIT[6048+:288]),
        .INIT_RAM_16(INIT[6336+:288]),
        .INIT_RAM_17(INIT[6624+:288]),
        .INIT_RAM_18(INIT[6912+:288]),
        .INIT_RAM_19(INIT[7200+:288]),
        .INIT_RAM_1A(INIT[7488+:288]),
        .INIT_RAM_1B(INIT[7776+:288]),
        .INIT_RAM_1C(INIT[8064+:288]),
        .INIT_RAM_1D(INIT[8352+:288]),
        .INIT_RAM_1E(INIT[8640+:288]),
        .INIT_RAM_1F(INIT[8928+:288]),
        .INIT_RAM_20(INIT[9216+:288]),
        .INIT_RAM_21(INIT[9504+:288]),
        .INIT_RAM_22(INIT[9792+:288]),
        .INIT_RAM_23(INIT[10080+:288]),
        .INIT_RAM_24(INIT[10368+:288]),
        .INIT_RAM_25(INIT[10656+:288]),
        .INIT_RAM_26(INIT[10944+:288]),
        .INIT_RAM_27(INIT[11232+:288]),
        .INIT_RAM_28(INIT[11520+:288]),
        .INIT_RAM_29(INIT[11808+:288]),
        .INIT_RAM_2A(INIT[12096+:288]),
        .INIT_RAM_2B(INIT[12384+:288]),
        .INIT_RAM_2C(INIT[12672+:288]),
        .INIT_RAM_2D(INIT[12960+:288]),
        .INIT_RAM_2E(INIT[13248+:288]),
        .INIT_RAM_2F(INIT[13536+:288]),
        .INIT_RAM_30(INIT[13824+:288]),
        .INIT_RAM_31(INIT[14112+:288]),
        .INIT_RAM_32(INIT[14400+:288]),
        .INIT_RAM_33(INIT[14688+:288]),
        .INIT_RAM_34(INIT[14976+:288]),
        .INIT_RAM_35(INIT[15264+:288]),
        .INIT_RAM_36(INIT[15552+:288]),
        .INIT_RAM_37(INIT[15840+:288]),
        .INIT_RAM_38(INIT[16128+:288]),
        .INIT_RAM_39(INIT[16416+:288]),
        .INIT_RAM_3A(INIT[16704+:288]),
        .INIT_RAM_3B(INIT[16992+:288]),
        .INIT_RAM_3C(INIT[17280+:288]),
        .INIT_RAM_3D(INIT[17568+:288]),
        .INIT_RAM_3E(INIT[17856+:288]),
        .INIT_RAM_3F(INIT[18144+:288]),
        .READ_MODE(1'b0), .BIT_WIDTH_0(PORT_W_WIDTH), .BIT_WIDTH_1(PORT_R_WIDTH), .BLK_SEL_0(3'b000), .BLK_SEL_1(3'b000), .RESET_MODE("SYNC")
    ) _TECHMAP_REPLACE_ (
        .CLKA(PORT_W_CLK), .CEA(|PORT_W_WR_EN), .RESETA(1'b0), .BLKSELA(3'b000), .ADA(ada), .DI({{36-PORT_W_WIDTH{1'b0}}, PORT_W_WR_DATA}),
        .CLKB(PORT_R_CLK), .CEB(PORT_R_CLK_EN), .RESETB(1'b0), .BLKSELB(3'b000), .OCE(1'b1), .ADB({PORT_R_ADDR, 3'd0}), .DO(dout));
endmodule
