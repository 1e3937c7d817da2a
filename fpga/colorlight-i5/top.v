// Colorlight i5 v7.0 (ECP5-25F) on its extension board: soc_small_sdram on one clock made from the 25 MHz oscillator, SDRAM of 8 MiB, UART of the
// extension board's USB (115200 8N1), the configuration's SPI flash.
// The button (K18) resets.
// CLK_HZ, and the PLL's dividers that make it, come from board.conf; NPU parameters from the named configuration.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module top #(
    parameter N = 8, LANES = 8, SP_WORDS = 8192, SP_BANKS = 8, ACC_DEPTH = 512, FIR_GROUPS = 2, FIR_TAPS = 4,
    parameter MUL_STYLE = 2, MUL_DSP = 28,
    parameter CLK_HZ = 62500000, PLL_IN = 2, PLL_FEEDBACK = 5, PLL_OUT = 10,
    parameter [31:0] FLASH_OFFSET = 32'h00100000,
    parameter BOOT_INIT = `SYSTOLE_RAM_INIT  // of the flow: the boot memory, words in hex
) (
    input  wire        clk_25mhz,
    input  wire        btn_n,
    input  wire        rx,
    output wire        tx,
    output wire        led_n,
    output wire        flash_csn,            // its clock: the configuration's, through USRMCLK
    output wire        flash_mosi,
    input  wire        flash_miso,
    // The part's clock enable, chip select and byte masks are tied on the board.
    output wire        sdram_clk,
    output wire        sdram_rasn,
    output wire        sdram_casn,
    output wire        sdram_wen,
    output wire [1:0]  sdram_ba,
    output wire [10:0] sdram_a,
    inout  wire [31:0] sdram_d
);
    wire flash_clk;
    USRMCLK u_flash_clk (.USRMCLKI(flash_clk), .USRMCLKTS(1'b0), .USRMCLKO());

    wire clk, locked;
    (* ICP_CURRENT = "12" *) (* LPF_RESISTOR = "8" *) (* MFG_ENABLE_FILTEROPAMP = "1" *) (* MFG_GMCREF_SEL = "2" *)
    EHXPLLL #(
        .PLLRST_ENA("DISABLED"), .INTFB_WAKE("DISABLED"), .STDBY_ENABLE("DISABLED"), .DPHASE_SOURCE("DISABLED"),
        .OUTDIVIDER_MUXA("DIVA"), .OUTDIVIDER_MUXB("DIVB"), .OUTDIVIDER_MUXC("DIVC"), .OUTDIVIDER_MUXD("DIVD"),
        .CLKI_DIV(PLL_IN), .CLKFB_DIV(PLL_FEEDBACK), .CLKOP_DIV(PLL_OUT), .CLKOP_ENABLE("ENABLED"),
        .CLKOP_CPHASE(PLL_OUT / 2 - 1), .CLKOP_FPHASE(0), .FEEDBK_PATH("CLKOP")
    ) u_pll (
        .RST(1'b0), .STDBY(1'b0), .CLKI(clk_25mhz), .CLKOP(clk), .CLKFB(clk), .CLKINTFB(), .PHASESEL0(1'b0),
        .PHASESEL1(1'b0), .PHASEDIR(1'b1), .PHASESTEP(1'b1), .PHASELOADREG(1'b1), .PLLWAKESYNC(1'b0), .ENCLKOP(1'b0),
        .LOCK(locked)
    );

    wire        led, ras_n, cas_n, we_n, dq_oe;
    wire [1:0]  ba;
    wire [10:0] a;
    wire [31:0] dq_o, dq_i;
    assign led_n = !led;
    soc_small_sdram #(
        .N(N), .LANES(LANES), .SP_WORDS(SP_WORDS), .SP_BANKS(SP_BANKS), .ACC_DEPTH(ACC_DEPTH), .FIR_GROUPS(FIR_GROUPS), .FIR_TAPS(FIR_TAPS),
        .CLK_HZ(CLK_HZ), .FLASH_OFFSET(FLASH_OFFSET), .MUL_STYLE(MUL_STYLE), .MUL_DSP(MUL_DSP), .BOOT_INIT(BOOT_INIT)
    ) u_soc (
        .clk(clk), .hold_n(locked && btn_n), .uart_rx(rx), .uart_tx(tx), .flash_cs_n(flash_csn), .flash_clk(flash_clk),
        .flash_mosi(flash_mosi), .flash_miso(flash_miso), .status_led(led), .sdram_cke(), .sdram_cs_n(), .sdram_ras_n(ras_n),
        .sdram_cas_n(cas_n), .sdram_we_n(we_n), .sdram_ba(ba), .sdram_a(a), .sdram_dq_o(dq_o), .sdram_dq_oe(dq_oe), .sdram_dq_i(dq_i)
    );
    sdram_pins #(.DQ(32), .OUTPUTS(16)) u_pins (
        .clk(clk), .out({ras_n, cas_n, we_n, ba, a}), .dq_o(dq_o), .dq_oe(dq_oe), .dq_i(dq_i),
        .pin_out({sdram_rasn, sdram_casn, sdram_wen, sdram_ba, sdram_a}), .pin_dq(sdram_d), .pin_clk(sdram_clk)
    );
endmodule
`default_nettype wire
