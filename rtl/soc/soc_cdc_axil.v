// AXI4-Lite (32 bits, 12 address bits, as the NPU's registers) from one clock to another: a soc_cdc_fifo for each channel.
// Contract: s_axil_* belong to s_clk, m_axil_* to m_clk; resets as soc_cdc_fifo wants them.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module soc_cdc_axil (
    input  wire        s_clk,
    input  wire        s_rst_n,
    input  wire        s_axil_awvalid,
    output wire        s_axil_awready,
    input  wire [11:0] s_axil_awaddr,
    input  wire        s_axil_wvalid,
    output wire        s_axil_wready,
    input  wire [31:0] s_axil_wdata,
    input  wire [3:0]  s_axil_wstrb,
    output wire        s_axil_bvalid,
    input  wire        s_axil_bready,
    output wire [1:0]  s_axil_bresp,
    input  wire        s_axil_arvalid,
    output wire        s_axil_arready,
    input  wire [11:0] s_axil_araddr,
    output wire        s_axil_rvalid,
    input  wire        s_axil_rready,
    output wire [31:0] s_axil_rdata,
    output wire [1:0]  s_axil_rresp,
    input  wire        m_clk,
    input  wire        m_rst_n,
    output wire        m_axil_awvalid,
    input  wire        m_axil_awready,
    output wire [11:0] m_axil_awaddr,
    output wire        m_axil_wvalid,
    input  wire        m_axil_wready,
    output wire [31:0] m_axil_wdata,
    output wire [3:0]  m_axil_wstrb,
    input  wire        m_axil_bvalid,
    output wire        m_axil_bready,
    input  wire [1:0]  m_axil_bresp,
    output wire        m_axil_arvalid,
    input  wire        m_axil_arready,
    output wire [11:0] m_axil_araddr,
    input  wire        m_axil_rvalid,
    output wire        m_axil_rready,
    input  wire [31:0] m_axil_rdata,
    input  wire [1:0]  m_axil_rresp
);
    soc_cdc_fifo #(.WIDTH(12), .DEPTH(4)) u_aw (
        .in_clk(s_clk), .in_rst_n(s_rst_n), .in_valid(s_axil_awvalid), .in_ready(s_axil_awready), .in_data(s_axil_awaddr),
        .out_clk(m_clk), .out_rst_n(m_rst_n), .out_valid(m_axil_awvalid), .out_ready(m_axil_awready), .out_data(m_axil_awaddr)
    );
    soc_cdc_fifo #(.WIDTH(36), .DEPTH(4)) u_w (
        .in_clk(s_clk), .in_rst_n(s_rst_n), .in_valid(s_axil_wvalid), .in_ready(s_axil_wready),
        .in_data({s_axil_wdata, s_axil_wstrb}), .out_clk(m_clk), .out_rst_n(m_rst_n), .out_valid(m_axil_wvalid),
        .out_ready(m_axil_wready), .out_data({m_axil_wdata, m_axil_wstrb})
    );
    soc_cdc_fifo #(.WIDTH(2), .DEPTH(4)) u_b (
        .in_clk(m_clk), .in_rst_n(m_rst_n), .in_valid(m_axil_bvalid), .in_ready(m_axil_bready), .in_data(m_axil_bresp),
        .out_clk(s_clk), .out_rst_n(s_rst_n), .out_valid(s_axil_bvalid), .out_ready(s_axil_bready), .out_data(s_axil_bresp)
    );
    soc_cdc_fifo #(.WIDTH(12), .DEPTH(4)) u_ar (
        .in_clk(s_clk), .in_rst_n(s_rst_n), .in_valid(s_axil_arvalid), .in_ready(s_axil_arready), .in_data(s_axil_araddr),
        .out_clk(m_clk), .out_rst_n(m_rst_n), .out_valid(m_axil_arvalid), .out_ready(m_axil_arready), .out_data(m_axil_araddr)
    );
    soc_cdc_fifo #(.WIDTH(34), .DEPTH(4)) u_r (
        .in_clk(m_clk), .in_rst_n(m_rst_n), .in_valid(m_axil_rvalid), .in_ready(m_axil_rready),
        .in_data({m_axil_rdata, m_axil_rresp}), .out_clk(s_clk), .out_rst_n(s_rst_n), .out_valid(s_axil_rvalid),
        .out_ready(s_axil_rready), .out_data({s_axil_rdata, s_axil_rresp})
    );
endmodule
`default_nettype wire
