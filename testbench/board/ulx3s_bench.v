// The ULX3S' top for board_sim: its tri-state pins taken apart, its flash clock brought out. `BOARD_PARAMS: the top's parameters.
// sdram_dq_o, sdram_dq_oe: what the top drives; sdram_dq_i: what it sees when it does not drive. SPDX-License-Identifier: Apache-2.0
`default_nettype none
module ulx3s_bench (
    input  wire        clk_25mhz,
    input  wire        ftdi_txd,
    output wire        ftdi_rxd,
    input  wire        fire1,
    output wire [7:0]  led,
    output wire        flash_csn,
    output wire        flash_clk,
    output wire        flash_mosi,
    input  wire        flash_miso,
    output wire        sdram_clk,
    output wire        sdram_cke,
    output wire        sdram_csn,
    output wire        sdram_rasn,
    output wire        sdram_casn,
    output wire        sdram_wen,
    output wire [1:0]  sdram_ba,
    output wire [12:0] sdram_a,
    output wire [1:0]  sdram_dqm,
    output wire [15:0] sdram_dq_o,
    output wire        sdram_dq_oe,
    input  wire [15:0] sdram_dq_i
);
    wire [15:0] d;
    assign d           = sdram_dq_oe ? 16'hzzzz : sdram_dq_i;
    assign sdram_dq_o  = d;
    assign sdram_dq_oe = !u_top.u_pins.gen_dq[0].t_q;
    assign flash_clk   = u_top.flash_clk;
    top #(`BOARD_PARAMS) u_top (
        .clk_25mhz(clk_25mhz), .ftdi_txd(ftdi_txd), .ftdi_rxd(ftdi_rxd), .fire1(fire1), .led(led), .wifi_gpio0(), .flash_csn(flash_csn),
        .flash_mosi(flash_mosi), .flash_miso(flash_miso), .flash_wpn(), .flash_holdn(), .sdram_clk(sdram_clk), .sdram_cke(sdram_cke),
        .sdram_csn(sdram_csn), .sdram_rasn(sdram_rasn), .sdram_casn(sdram_casn), .sdram_wen(sdram_wen), .sdram_ba(sdram_ba),
        .sdram_a(sdram_a), .sdram_dqm(sdram_dqm), .sdram_d(d)
    );
endmodule
`default_nettype wire
