// iCEBreaker (iCE40 UP5K): soc_small on one clock made from the 12 MHz oscillator; UART over USB (115200 8N1), SPI flash.
// Green LED: the last program ended well; red: with an error. The button (BTN_N) resets.
// CLK_HZ, and the PLL's dividers that make it, come from board.conf; NPU parameters from the named configuration.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module top #(
    parameter SP_WORDS = 4096, SP_BANKS = 4, ACC_DEPTH = 256,
    parameter CLK_HZ = 24000000, PLL_DIVF = 63, PLL_DIVQ = 5,
    parameter UART_BAUD = 115200, FLASH_WAKE = 4095, FLASH_OFFSET = 1048576,
    parameter BOOT_INIT = `SYSTOLE_RAM_INIT  // of the flow: the boot memory, words in hex
) (
    input  wire clk_12mhz,
    input  wire btn_n,
    input  wire rx,
    output wire tx,
    output wire ledr_n,
    output wire ledg_n,
    output wire flash_sck,
    output wire flash_csn,
    output wire flash_mosi,
    input  wire flash_miso
);
    wire clk, locked;
    SB_PLL40_PAD #(
        .FEEDBACK_PATH("SIMPLE"), .DIVR(4'd0), .DIVF(PLL_DIVF), .DIVQ(PLL_DIVQ), .FILTER_RANGE(3'd1)
    ) u_pll (
        .PACKAGEPIN(clk_12mhz), .PLLOUTGLOBAL(clk), .LOCK(locked), .RESETB(1'b1), .BYPASS(1'b0)
    );

    // Reset: until the PLL has been locked for 2^12 clocks (block RAM reads wrongly just after configuration), and while the
    // button is down.
    reg [12:0] start_q = 13'd0;
    reg [2:0]  hold_q  = 3'd0;
    reg        rst_n_q = 1'b0;
    always @(posedge clk) begin
        hold_q  <= {hold_q[1:0], locked && btn_n};
        start_q <= !hold_q[2] ? 13'd0 : start_q[12] ? start_q : start_q + 13'd1;
        rst_n_q <= start_q[12];
    end

    wire finish_valid, finish_bad;
    assign ledg_n = !(finish_valid && !finish_bad);
    assign ledr_n = !(finish_valid && finish_bad);
    soc_small #(
        .SP_WORDS(SP_WORDS), .SP_BANKS(SP_BANKS), .ACC_DEPTH(ACC_DEPTH), .CLK_HZ(CLK_HZ), .UART_DIV(CLK_HZ / UART_BAUD),
        .FLASH_OFFSET(FLASH_OFFSET), .FLASH_WAKE(FLASH_WAKE), .MUL_STYLE(3), .RAM_STYLE(3), .BOOT_INIT(BOOT_INIT)
    ) u_soc (
        .clk(clk), .rst_n(rst_n_q), .uart_rx(rx), .uart_tx(tx), .flash_cs_n(flash_csn), .flash_clk(flash_sck), .flash_mosi(flash_mosi),
        .flash_miso(flash_miso), .finish_valid(finish_valid), .finish_bad(finish_bad),
        .m_axi_arvalid(), .m_axi_arready(1'b0), .m_axi_araddr(), .m_axi_rvalid(1'b0), .m_axi_rready(), .m_axi_rdata(64'd0),
        .m_axi_awvalid(), .m_axi_awready(1'b0), .m_axi_awaddr(), .m_axi_wvalid(), .m_axi_wready(1'b0), .m_axi_wdata(),
        .m_axi_bvalid(1'b0), .m_axi_bready());
endmodule
`default_nettype wire
