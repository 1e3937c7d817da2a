// ULX3S v3 (ECP5-85F): the SoC on one clock made from the 25 MHz oscillator, SDRAM of 32 MiB, UART over USB (115200 8N1).
// LEDs: 0 lit: the last program ended well; 1 lit: with an error; 7 blinks with the clock. Button FIRE1 resets.
// CLK_HZ, and the PLL's dividers that make it, come from board.conf; NPU parameters from the named configuration.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module top #(
    parameter int N = 4, LANES = 4, SP_WORDS = 4096, SP_BANKS = 4, ACC_DEPTH = 256, FIR_GROUPS = 1, FIR_TAPS = 4, MATMUL = 0, WIDE_LANES = 0, SOFTMAX = 1, NORM = 0,
    parameter int MUL_STYLE = 2, MUL_DSP = 71,
    parameter int CLK_HZ = 50000000, PLL_IN = 1, PLL_FEEDBACK = 2, PLL_OUT = 12,
    parameter [31:0] FLASH_OFFSET = 32'h00200000,   // of the boot image; the bitstream lies in front of it
    parameter RAM_INIT = `SYSTOLE_RAM_INIT   // of the flow: the firmware, words in hex
) (
    input  wire        clk_25mhz,
    input  wire        ftdi_txd,
    output wire        ftdi_rxd,
    input  wire        fire1,
    output wire [7:0]  led,
    output wire        wifi_gpio0,
    output wire        flash_csn,                   // its clock: the configuration's, through USRMCLK
    output wire        flash_mosi,
    input  wire        flash_miso,
    output wire        flash_wpn,
    output wire        flash_holdn,
    output wire        sdram_clk,
    output wire        sdram_cke,
    output wire        sdram_csn,
    output wire        sdram_rasn,
    output wire        sdram_casn,
    output wire        sdram_wen,
    output wire [1:0]  sdram_ba,
    output wire [12:0] sdram_a,
    output wire [1:0]  sdram_dqm,
    inout  wire [15:0] sdram_d
);
    assign wifi_gpio0 = 1'b1; // low would restart the board into its ESP32's own bitstream

    assign {flash_wpn, flash_holdn} = 2'b11;
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

    // Reset: until the PLL has been locked for 2^15 clocks, and while the button is down.
    reg [15:0] start_q = 16'd0;
    reg [2:0]  hold_q  = 3'd0;
    reg        rst_n_q = 1'b0;
    reg [24:0] beat_q  = 25'd0;
    always @(posedge clk) begin
        hold_q  <= {hold_q[1:0], locked && !fire1};
        start_q <= !hold_q[2] ? 16'd0 : start_q[15] ? start_q : start_q + 16'd1;
        rst_n_q <= start_q[15];
        beat_q  <= beat_q + 25'd1;
    end

    wire        arvalid, arready, rvalid, rready, rlast, awvalid, awready, wvalid, wready, bvalid, bready;
    wire [31:0] araddr, awaddr;
    wire [7:0]  arlen, awlen, wstrb;
    wire [63:0] rdata, wdata;
    wire [1:0]  rresp, bresp;
    wire        finish_valid;
    wire [31:0] finish_code;
    assign led = {beat_q[24], 5'd0, finish_valid && finish_code != 32'd0, finish_valid && finish_code == 32'd0};
    soc_top #(
        .N(N), .LANES(LANES), .SP_WORDS(SP_WORDS), .SP_BANKS(SP_BANKS), .ACC_DEPTH(ACC_DEPTH), .FIR_GROUPS(FIR_GROUPS),
        .FIR_TAPS(FIR_TAPS), .MATMUL(MATMUL), .WIDE_LANES(WIDE_LANES), .SOFTMAX(SOFTMAX), .NORM(NORM), .MUL_STYLE(MUL_STYLE), .MUL_DSP(MUL_DSP),
        .CLK_HZ(CLK_HZ), .UART_DIV(CLK_HZ / 115200), .MEM_SIZE(32'h02000000), .FLASH_OFFSET(FLASH_OFFSET), .RAM_INIT(RAM_INIT)
    ) u_soc (
        .clk(clk), .rst_n(rst_n_q), .uart_rx(ftdi_txd), .uart_tx(ftdi_rxd),
        .finish_valid(finish_valid), .finish_code(finish_code),
        .flash_cs_n(flash_csn), .flash_clk(flash_clk), .flash_mosi(flash_mosi), .flash_miso(flash_miso),
        .m_axi_arvalid(arvalid), .m_axi_arready(arready), .m_axi_araddr(araddr), .m_axi_arlen(arlen), .m_axi_arsize(),
        .m_axi_arburst(), .m_axi_rvalid(rvalid), .m_axi_rready(rready), .m_axi_rdata(rdata), .m_axi_rresp(rresp),
        .m_axi_rlast(rlast), .m_axi_awvalid(awvalid), .m_axi_awready(awready), .m_axi_awaddr(awaddr), .m_axi_awlen(awlen),
        .m_axi_awsize(), .m_axi_awburst(), .m_axi_wvalid(wvalid), .m_axi_wready(wready), .m_axi_wdata(wdata),
        .m_axi_wstrb(wstrb), .m_axi_wlast(), .m_axi_bvalid(bvalid), .m_axi_bready(bready), .m_axi_bresp(bresp)
    );

    wire        cke, cs_n, ras_n, cas_n, we_n, dq_oe;
    wire [1:0]  ba, dqm;
    wire [12:0] a;
    wire [15:0] dq_o, dq_i;
    soc_sdram #(.DQ(16), .ROW_BITS(13), .COL_BITS(9), .CLK_PS(1000000000 / (CLK_HZ / 1000)), .CAS(2), .READ_EXTRA(2)) u_sdram (
        .clk(clk), .rst_n(rst_n_q),
        .s_axi_arvalid(arvalid), .s_axi_arready(arready), .s_axi_araddr(araddr), .s_axi_arlen(arlen),
        .s_axi_rvalid(rvalid), .s_axi_rready(rready), .s_axi_rdata(rdata), .s_axi_rresp(rresp), .s_axi_rlast(rlast),
        .s_axi_awvalid(awvalid), .s_axi_awready(awready), .s_axi_awaddr(awaddr), .s_axi_awlen(awlen),
        .s_axi_wvalid(wvalid), .s_axi_wready(wready), .s_axi_wdata(wdata), .s_axi_wstrb(wstrb),
        .s_axi_bvalid(bvalid), .s_axi_bready(bready), .s_axi_bresp(bresp),
        .sdram_cke(cke), .sdram_cs_n(cs_n), .sdram_ras_n(ras_n), .sdram_cas_n(cas_n), .sdram_we_n(we_n), .sdram_ba(ba),
        .sdram_a(a), .sdram_dqm(dqm), .sdram_dq_o(dq_o), .sdram_dq_oe(dq_oe), .sdram_dq_i(dq_i)
    );
    sdram_pins #(.DQ(16), .OUTPUTS(22)) u_pins (
        .clk(clk), .out({cke, cs_n, ras_n, cas_n, we_n, ba, a, dqm}), .dq_o(dq_o), .dq_oe(dq_oe), .dq_i(dq_i),
        .pin_out({sdram_cke, sdram_csn, sdram_rasn, sdram_casn, sdram_wen, sdram_ba, sdram_a, sdram_dqm}),
        .pin_dq(sdram_d), .pin_clk(sdram_clk)
    );
endmodule
`default_nettype wire
