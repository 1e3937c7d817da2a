// The Tang Nano 20K's top for board_sim (pins_sdram.h): its data pins taken apart, what the board ties, tied. `BOARD_PARAMS: the top's parameters.
// sdram_dq_o, sdram_dq_oe: what the top drives; sdram_dq_i: what it sees when it does not drive. SPDX-License-Identifier: Apache-2.0
`default_nettype none
module bench (
`include "bench_ports.vh"
);
    wire [31:0] d;
    assign d           = sdram_dq_oe ? 32'bz : sdram_dq_i[31:0];
    assign sdram_dq_o  = d;
    assign sdram_dq_oe = u_top.u_pins.oe_q;
    assign sdram_a[12:11] = 2'd0;
    top #(`BOARD_PARAMS) u_top (
        .clk_27mhz(clk), .btn(1'b0), .rx(uart_rx), .tx(uart_tx), .led_n(), .flash_sck(flash_clk), .flash_csn(flash_cs_n),
        .flash_mosi(flash_mosi), .flash_miso(flash_miso), .O_sdram_clk(sdram_clk), .O_sdram_cke(), .O_sdram_cs_n(sdram_cs_n),
        .O_sdram_ras_n(sdram_ras_n), .O_sdram_cas_n(sdram_cas_n), .O_sdram_wen_n(sdram_we_n), .O_sdram_dqm(sdram_dqm),
        .O_sdram_ba(sdram_ba), .O_sdram_addr(sdram_a[10:0]), .IO_sdram_dq(d)
    );
endmodule
`default_nettype wire
