// Tang Nano 20K (Gowin GW2AR-18): soc_small_sdram on one clock made from the 27 MHz oscillator, the SDRAM of 8 MiB in the package, UART of
// the board's USB (115200 8N1), the configuration's SPI flash. Button S1 resets.
// CLK_HZ, and the PLL's dividers that make it, come from board.conf; NPU parameters from the configuration.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module top #(
    parameter N = 8, LANES = 8, SP_WORDS = 4096, SP_BANKS = 8, ACC_DEPTH = 512, FIR_GROUPS = 2, FIR_TAPS = 4,
    parameter MUL_STYLE = 4,
    parameter CLK_HZ = 54000000, PLL_IDIV = 0, PLL_FBDIV = 1, PLL_ODIV = 16,
    parameter [31:0] FLASH_OFFSET = 32'h00200000,
    parameter BOOT_INIT = `SYSTOLE_RAM_INIT  // of the flow: the boot memory, words in hex
) (
    input  wire        clk_27mhz,
    input  wire        btn,
    input  wire        rx,
    output wire        tx,
    output wire        led_n,
    output wire        flash_sck,
    output wire        flash_csn,
    output wire        flash_mosi,
    input  wire        flash_miso,
    // The SDRAM in the package, by the names that its pins are found by.
    output wire        O_sdram_clk,
    output wire        O_sdram_cke,
    output wire        O_sdram_cs_n,
    output wire        O_sdram_ras_n,
    output wire        O_sdram_cas_n,
    output wire        O_sdram_wen_n,
    output wire [3:0]  O_sdram_dqm,
    output wire [1:0]  O_sdram_ba,
    output wire [10:0] O_sdram_addr,
    inout  wire [31:0] IO_sdram_dq
);
    wire clk, clk_inverted, locked;
    rPLL #(
        .FCLKIN("27"), .DEVICE("GW2AR-18C"), .IDIV_SEL(PLL_IDIV), .FBDIV_SEL(PLL_FBDIV), .ODIV_SEL(PLL_ODIV), .DYN_IDIV_SEL("false"),
        .DYN_FBDIV_SEL("false"), .DYN_ODIV_SEL("false"), .PSDA_SEL("1000"), .DYN_DA_EN("false"), .DUTYDA_SEL("1000"),
        .CLKOUT_FT_DIR(1'b1), .CLKOUTP_FT_DIR(1'b1), .CLKOUT_DLY_STEP(0), .CLKOUTP_DLY_STEP(0), .CLKFB_SEL("internal"),
        .CLKOUT_BYPASS("false"), .CLKOUTP_BYPASS("false"), .CLKOUTD_BYPASS("false"), .DYN_SDIV_SEL(2), .CLKOUTD_SRC("CLKOUT"),
        .CLKOUTD3_SRC("CLKOUT")
    ) u_pll (
        .CLKOUT(clk), .CLKOUTP(clk_inverted), .LOCK(locked), .CLKIN(clk_27mhz), .CLKFB(1'b0), .RESET(1'b0), .RESET_P(1'b0),
        .FBDSEL(6'd0), .IDSEL(6'd0), .ODSEL(6'd0), .PSDA(4'd0), .DUTYDA(4'd0), .FDLY(4'd0), .CLKOUTD(), .CLKOUTD3());
    assign O_sdram_clk = clk_inverted;

    wire        led, cke, cs_n, ras_n, cas_n, we_n, dq_oe;
    wire [1:0]  ba;
    wire [10:0] a;
    wire [31:0] dq_o, dq_i;
    assign led_n = !led;
    soc_small_sdram #(
        .N(N), .LANES(LANES), .SP_WORDS(SP_WORDS), .SP_BANKS(SP_BANKS), .ACC_DEPTH(ACC_DEPTH), .FIR_GROUPS(FIR_GROUPS), .FIR_TAPS(FIR_TAPS),
        .CLK_HZ(CLK_HZ), .FLASH_OFFSET(FLASH_OFFSET), .MUL_STYLE(MUL_STYLE), .CACHE_LINES(128), .BOOT_INIT(BOOT_INIT)
    ) u_soc (
        .clk(clk), .hold_n(locked && !btn), .uart_rx(rx), .uart_tx(tx), .flash_cs_n(flash_csn), .flash_clk(flash_sck),
        .flash_mosi(flash_mosi), .flash_miso(flash_miso), .status_led(led), .sdram_cke(cke), .sdram_cs_n(cs_n), .sdram_ras_n(ras_n),
        .sdram_cas_n(cas_n), .sdram_we_n(we_n), .sdram_ba(ba), .sdram_a(a), .sdram_dq_o(dq_o), .sdram_dq_oe(dq_oe), .sdram_dq_i(dq_i)
    );
    assign O_sdram_dqm = 4'd0;
    sdram_pins #(.DQ(32), .OUTPUTS(18)) u_pins (
        .clk(clk), .out({cke, cs_n, ras_n, cas_n, we_n, ba, a}), .dq_o(dq_o), .dq_oe(dq_oe), .dq_i(dq_i),
        .pin_out({O_sdram_cke, O_sdram_cs_n, O_sdram_ras_n, O_sdram_cas_n, O_sdram_wen_n, O_sdram_ba, O_sdram_addr}), .pin_dq(IO_sdram_dq)
    );
endmodule
`default_nettype wire
