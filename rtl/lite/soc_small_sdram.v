// soc_small with its reset and an SDRAM of 32 data pins and 8 MiB: what the boards of this class share; pins and PLL are theirs.
//
// hold_n low: reset, and 2^RESET_BITS clocks after it. status_led: high for a lit LED: steady, the last program ended well; blinking: with an
// error, quickly, or none has ended yet, slowly. sdram_*: soc_sdram; its command, address and data pass one register on their way
// out and one back, and the part's clock is clk inverted (READ_EXTRA 2). Byte masks are not needed: tie them low.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module soc_small_sdram #(
    parameter        N = 8, LANES = 8, SP_WORDS = 8192, SP_BANKS = 8, ACC_DEPTH = 512, FIR_GROUPS = 2, FIR_TAPS = 4,
    parameter        CLK_HZ = 60000000, RESET_BITS = 15,
    parameter [31:0] FLASH_OFFSET = 32'h00100000,
    parameter        MUL_STYLE = 0, MUL_DSP = 1000, CACHE_LINES = 256,
    parameter        BOOT_INIT = "",
    // Of the part: EM638325-6H, M12L64322A and the one inside a GW2AR-18 have 4 banks of 2,048 rows of 256 words.
    parameter        READ_EXTRA = 2
) (
    input  wire        clk,
    input  wire        hold_n,
    input  wire        uart_rx,
    output wire        uart_tx,
    output wire        flash_cs_n,
    output wire        flash_clk,
    output wire        flash_mosi,
    input  wire        flash_miso,
    output wire        status_led,
    output wire        sdram_cke,
    output wire        sdram_cs_n,
    output wire        sdram_ras_n,
    output wire        sdram_cas_n,
    output wire        sdram_we_n,
    output wire [1:0]  sdram_ba,
    output wire [10:0] sdram_a,
    output wire [31:0] sdram_dq_o,
    output wire        sdram_dq_oe,
    input  wire [31:0] sdram_dq_i
);
    reg [RESET_BITS:0] start_q = {RESET_BITS+1{1'b0}};
    reg [2:0]          hold_q  = 3'd0;
    reg                rst_n_q = 1'b0;
    reg [25:0]         beat_q  = 26'd0;
    always @(posedge clk) begin
        hold_q  <= {hold_q[1:0], hold_n};
        start_q <= !hold_q[2] ? {RESET_BITS+1{1'b0}} : start_q[RESET_BITS] ? start_q : start_q + {{RESET_BITS{1'b0}}, 1'b1};
        rst_n_q <= start_q[RESET_BITS];
        beat_q  <= beat_q + 26'd1;
    end

    wire        arvalid, arready, rvalid, rready, awvalid, awready, wvalid, wready, bvalid, bready;
    wire [31:0] araddr, awaddr;
    wire [63:0] rdata, wdata;
    wire        finish_valid, finish_bad;
    assign status_led = finish_valid ? !finish_bad || beat_q[22] : beat_q[25];
    soc_small #(
        .N(N), .SP_WORDS(SP_WORDS), .ACC_DEPTH(ACC_DEPTH), .LANES(LANES), .SP_BANKS(SP_BANKS), .FIR_GROUPS(FIR_GROUPS), .FIR_TAPS(FIR_TAPS),
        .CODE_BYTES(16384), .MEM_AXI(1), .MEM_BITS(23), .CACHE_LINES(CACHE_LINES), .CLK_HZ(CLK_HZ), .UART_DIV(CLK_HZ / 115200), .FLASH_OFFSET(FLASH_OFFSET),
        .DESELECT(CLK_HZ / 10000000 + 1), .MUL_STYLE(MUL_STYLE), .MUL_DSP(MUL_DSP), .BOOT_INIT(BOOT_INIT)
    ) u_soc (
        .clk(clk), .rst_n(rst_n_q), .uart_rx(uart_rx), .uart_tx(uart_tx), .flash_cs_n(flash_cs_n), .flash_clk(flash_clk),
        .flash_mosi(flash_mosi), .flash_miso(flash_miso), .finish_valid(finish_valid), .finish_bad(finish_bad),
        .m_axi_arvalid(arvalid), .m_axi_arready(arready), .m_axi_araddr(araddr), .m_axi_rvalid(rvalid), .m_axi_rready(rready),
        .m_axi_rdata(rdata), .m_axi_awvalid(awvalid), .m_axi_awready(awready), .m_axi_awaddr(awaddr), .m_axi_wvalid(wvalid),
        .m_axi_wready(wready), .m_axi_wdata(wdata), .m_axi_bvalid(bvalid), .m_axi_bready(bready));

    wire [3:0] dqm;
    wire [1:0] rresp, bresp;
    wire       rlast;
    soc_sdram #(
        .DQ(32), .ROW_BITS(11), .COL_BITS(8), .CLK_PS(1000000000 / (CLK_HZ / 1000)), .CAS(2), .READ_EXTRA(READ_EXTRA), .T_REFI(15600)
    ) u_sdram (
        .clk(clk), .rst_n(rst_n_q),
        .s_axi_arvalid(arvalid), .s_axi_arready(arready), .s_axi_araddr(araddr), .s_axi_arlen(8'd0),
        .s_axi_rvalid(rvalid), .s_axi_rready(rready), .s_axi_rdata(rdata), .s_axi_rresp(rresp), .s_axi_rlast(rlast),
        .s_axi_awvalid(awvalid), .s_axi_awready(awready), .s_axi_awaddr(awaddr), .s_axi_awlen(8'd0),
        .s_axi_wvalid(wvalid), .s_axi_wready(wready), .s_axi_wdata(wdata), .s_axi_wstrb(8'hff),
        .s_axi_bvalid(bvalid), .s_axi_bready(bready), .s_axi_bresp(bresp),
        .sdram_cke(sdram_cke), .sdram_cs_n(sdram_cs_n), .sdram_ras_n(sdram_ras_n), .sdram_cas_n(sdram_cas_n), .sdram_we_n(sdram_we_n),
        .sdram_ba(sdram_ba), .sdram_a(sdram_a), .sdram_dqm(dqm), .sdram_dq_o(sdram_dq_o), .sdram_dq_oe(sdram_dq_oe),
        .sdram_dq_i(sdram_dq_i));
    wire unused = &{1'b0, dqm, rresp, bresp, rlast};
endmodule
`default_nettype wire
