// The ULX3S' top for board_sim (pins_sdram.h): its data pins taken apart, what the board ties, tied. `BOARD_PARAMS: the top's parameters.
// sdram_dq_o, sdram_dq_oe: what the top drives; sdram_dq_i: what it sees when it does not drive. SPDX-License-Identifier: Apache-2.0
`default_nettype none
module bench (
`include "bench_ports.vh"
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
