// The ULX3S' top for board_sim (pins_sdram.h): its data pins taken apart, what the board ties, tied. `BOARD_PARAMS: the top's parameters.
// sdram_dq_o, sdram_dq_oe: what the top drives; sdram_dq_i: what it sees when it does not drive. SPDX-License-Identifier: Apache-2.0
`default_nettype none
module bench (
    input  wire        clk,
    input  wire        uart_rx,
    output wire        uart_tx,
    output wire        flash_cs_n,
    output wire        flash_clk,
    output wire        flash_mosi,
    input  wire        flash_miso,
    output wire        sdram_clk,
    output wire        sdram_cs_n,
    output wire        sdram_ras_n,
    output wire        sdram_cas_n,
    output wire        sdram_we_n,
    output wire [1:0]  sdram_ba,
    output wire [12:0] sdram_a,
    output wire [3:0]  sdram_dqm,
    output wire [31:0] sdram_dq_o,
    output wire        sdram_dq_oe,
    input  wire [31:0] sdram_dq_i
);
    wire [15:0] d;
    assign d           = sdram_dq_oe ? 16'bz : sdram_dq_i[15:0];
    assign sdram_dq_o  = {16'd0, d};
    assign sdram_dq_oe = !u_top.u_pins.gen_dq[0].t_q;
    assign flash_clk   = u_top.flash_clk;   // to USRMCLK
    assign sdram_dqm[3:2] = 2'b00;
    top #(`BOARD_PARAMS) u_top (
        .clk_25mhz(clk), .ftdi_txd(uart_rx), .ftdi_rxd(uart_tx), .fire1(1'b0), .led(), .wifi_gpio0(), .flash_csn(flash_cs_n),
        .flash_mosi(flash_mosi), .flash_miso(flash_miso), .flash_wpn(), .flash_holdn(), .sdram_clk(sdram_clk), .sdram_cke(),
        .sdram_csn(sdram_cs_n), .sdram_rasn(sdram_ras_n), .sdram_casn(sdram_cas_n), .sdram_wen(sdram_we_n), .sdram_ba(sdram_ba),
        .sdram_a(sdram_a), .sdram_dqm(sdram_dqm[1:0]), .sdram_d(d)
    );
endmodule
`default_nettype wire
