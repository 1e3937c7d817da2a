// The Colorlight i5's top for board_sim (pins_sdram.h): its data pins taken apart, what the board ties, tied. `BOARD_PARAMS: the top's parameters.
// sdram_dq_o, sdram_dq_oe: what the top drives; sdram_dq_i: what it sees when it does not drive. SPDX-License-Identifier: Apache-2.0
`default_nettype none
module bench (
`include "bench_ports.vh"
);
    wire [31:0] d;
    assign d           = sdram_dq_oe ? 32'bz : sdram_dq_i[31:0];
    assign sdram_dq_o  = d;
    assign sdram_dq_oe = !u_top.u_pins.gen_dq[0].t_q;
    assign flash_clk   = u_top.flash_clk;   // to USRMCLK
    assign {sdram_cs_n, sdram_dqm, sdram_a[12:11]} = 7'd0;
    top #(`BOARD_PARAMS) u_top (
        .clk_25mhz(clk), .btn_n(1'b1), .rx(uart_rx), .tx(uart_tx), .led_n(), .flash_csn(flash_cs_n), .flash_mosi(flash_mosi),
        .flash_miso(flash_miso), .sdram_clk(sdram_clk), .sdram_rasn(sdram_ras_n), .sdram_casn(sdram_cas_n), .sdram_wen(sdram_we_n),
        .sdram_ba(sdram_ba), .sdram_a(sdram_a[10:0]), .sdram_d(d)
    );
endmodule
`default_nettype wire
