// AXI4 (64 bits, INCR, no IDs, as everywhere here) from one clock to another: a soc_cdc_fifo for each channel.
// Contract: s_axi_* belong to s_clk, m_axi_* to m_clk; resets as soc_cdc_fifo wants them. Order within each channel is kept;
// write data may arrive before its address, which a slave that waits for the address does not see. A response seen on the
// slave side has been taken on the master side before. For AXI4-Lite: soc_cdc_axil.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module soc_cdc_axi #(
    parameter int DATA_DEPTH = 16, // entries of the two data channels
    parameter int DEPTH = 8
) (
    input  wire        s_clk,
    input  wire        s_rst_n,
    input  wire        s_axi_arvalid,
    output wire        s_axi_arready,
    input  wire [31:0] s_axi_araddr,
    input  wire [7:0]  s_axi_arlen,
    output wire        s_axi_rvalid,
    input  wire        s_axi_rready,
    output wire [63:0] s_axi_rdata,
    output wire [1:0]  s_axi_rresp,
    output wire        s_axi_rlast,
    input  wire        s_axi_awvalid,
    output wire        s_axi_awready,
    input  wire [31:0] s_axi_awaddr,
    input  wire [7:0]  s_axi_awlen,
    input  wire        s_axi_wvalid,
    output wire        s_axi_wready,
    input  wire [63:0] s_axi_wdata,
    input  wire [7:0]  s_axi_wstrb,
    input  wire        s_axi_wlast,
    output wire        s_axi_bvalid,
    input  wire        s_axi_bready,
    output wire [1:0]  s_axi_bresp,
    input  wire        m_clk,
    input  wire        m_rst_n,
    output wire        m_axi_arvalid,
    input  wire        m_axi_arready,
    output wire [31:0] m_axi_araddr,
    output wire [7:0]  m_axi_arlen,
    input  wire        m_axi_rvalid,
    output wire        m_axi_rready,
    input  wire [63:0] m_axi_rdata,
    input  wire [1:0]  m_axi_rresp,
    input  wire        m_axi_rlast,
    output wire        m_axi_awvalid,
    input  wire        m_axi_awready,
    output wire [31:0] m_axi_awaddr,
    output wire [7:0]  m_axi_awlen,
    output wire        m_axi_wvalid,
    input  wire        m_axi_wready,
    output wire [63:0] m_axi_wdata,
    output wire [7:0]  m_axi_wstrb,
    output wire        m_axi_wlast,
    input  wire        m_axi_bvalid,
    output wire        m_axi_bready,
    input  wire [1:0]  m_axi_bresp
);
    soc_cdc_fifo #(.WIDTH(40), .DEPTH(DEPTH)) u_ar (
        .in_clk(s_clk), .in_rst_n(s_rst_n), .in_valid(s_axi_arvalid), .in_ready(s_axi_arready),
        .in_data({s_axi_araddr, s_axi_arlen}), .out_clk(m_clk), .out_rst_n(m_rst_n), .out_valid(m_axi_arvalid),
        .out_ready(m_axi_arready), .out_data({m_axi_araddr, m_axi_arlen})
    );
    soc_cdc_fifo #(.WIDTH(40), .DEPTH(DEPTH)) u_aw (
        .in_clk(s_clk), .in_rst_n(s_rst_n), .in_valid(s_axi_awvalid), .in_ready(s_axi_awready),
        .in_data({s_axi_awaddr, s_axi_awlen}), .out_clk(m_clk), .out_rst_n(m_rst_n), .out_valid(m_axi_awvalid),
        .out_ready(m_axi_awready), .out_data({m_axi_awaddr, m_axi_awlen})
    );
    soc_cdc_fifo #(.WIDTH(73), .DEPTH(DATA_DEPTH)) u_w (
        .in_clk(s_clk), .in_rst_n(s_rst_n), .in_valid(s_axi_wvalid), .in_ready(s_axi_wready),
        .in_data({s_axi_wdata, s_axi_wstrb, s_axi_wlast}), .out_clk(m_clk), .out_rst_n(m_rst_n), .out_valid(m_axi_wvalid),
        .out_ready(m_axi_wready), .out_data({m_axi_wdata, m_axi_wstrb, m_axi_wlast})
    );
    soc_cdc_fifo #(.WIDTH(67), .DEPTH(DATA_DEPTH)) u_r (
        .in_clk(m_clk), .in_rst_n(m_rst_n), .in_valid(m_axi_rvalid), .in_ready(m_axi_rready),
        .in_data({m_axi_rdata, m_axi_rresp, m_axi_rlast}), .out_clk(s_clk), .out_rst_n(s_rst_n), .out_valid(s_axi_rvalid),
        .out_ready(s_axi_rready), .out_data({s_axi_rdata, s_axi_rresp, s_axi_rlast})
    );
    soc_cdc_fifo #(.WIDTH(2), .DEPTH(DEPTH)) u_b (
        .in_clk(m_clk), .in_rst_n(m_rst_n), .in_valid(m_axi_bvalid), .in_ready(m_axi_bready), .in_data(m_axi_bresp),
        .out_clk(s_clk), .out_rst_n(s_rst_n), .out_valid(s_axi_bvalid), .out_ready(s_axi_bready), .out_data(s_axi_bresp)
    );
endmodule
`default_nettype wire
