// Bench top: the CPU's memory bridge and a free AXI master (in place of the NPU) on the arbiter, wired as in soc_top.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module bus_bench (
    input  wire        clk,
    input  wire        rst_n,
    input  wire        wb_stb,
    input  wire        wb_we,
    input  wire [31:0] wb_addr,
    input  wire [3:0]  wb_sel,
    input  wire [31:0] wb_wdat,
    output wire        wb_ack,
    output wire        wb_err,
    output wire [31:0] wb_rdat,
    input  wire        a_arvalid,
    output wire        a_arready,
    input  wire [31:0] a_araddr,
    input  wire [7:0]  a_arlen,
    output wire        a_rvalid,
    input  wire        a_rready,
    input  wire        a_awvalid,
    output wire        a_awready,
    input  wire [31:0] a_awaddr,
    input  wire [7:0]  a_awlen,
    input  wire        a_wvalid,
    output wire        a_wready,
    input  wire [63:0] a_wdata,
    input  wire [7:0]  a_wstrb,
    input  wire        a_wlast,
    output wire        a_bvalid,
    input  wire        a_bready,
    output wire        m_arvalid,
    input  wire        m_arready,
    output wire [31:0] m_araddr,
    output wire [7:0]  m_arlen,
    output wire [2:0]  m_arsize,
    output wire [1:0]  m_arburst,
    input  wire        m_rvalid,
    output wire        m_rready,
    input  wire [63:0] m_rdata,
    input  wire [1:0]  m_rresp,
    input  wire        m_rlast,
    output wire        m_awvalid,
    input  wire        m_awready,
    output wire [31:0] m_awaddr,
    output wire [7:0]  m_awlen,
    output wire [2:0]  m_awsize,
    output wire [1:0]  m_awburst,
    output wire        m_wvalid,
    input  wire        m_wready,
    output wire [63:0] m_wdata,
    output wire [7:0]  m_wstrb,
    output wire        m_wlast,
    input  wire        m_bvalid,
    output wire        m_bready,
    input  wire [1:0]  m_bresp
);
    wire        c_arvalid, c_arready, c_rvalid, c_rready, c_awvalid, c_awready, c_wvalid, c_wready, c_wlast;
    wire        c_bvalid, c_bready, a_bdone;
    wire [31:0] c_araddr, c_awaddr;
    wire [7:0]  c_arlen, c_awlen, c_wstrb;
    wire [63:0] c_wdata;
    soc_wb_axi u_wb_axi (
        .clk(clk), .rst_n(rst_n),
        .wb_stb(wb_stb), .wb_we(wb_we), .wb_addr(wb_addr), .wb_sel(wb_sel), .wb_wdat(wb_wdat),
        .wb_ack(wb_ack), .wb_err(wb_err), .wb_rdat(wb_rdat), .snoop_write(a_bdone),
        .m_axi_arvalid(c_arvalid), .m_axi_arready(c_arready), .m_axi_araddr(c_araddr), .m_axi_arlen(c_arlen),
        .m_axi_arsize(m_arsize), .m_axi_arburst(m_arburst),
        .m_axi_rvalid(c_rvalid), .m_axi_rready(c_rready), .m_axi_rdata(m_rdata), .m_axi_rresp(m_rresp), .m_axi_rlast(m_rlast),
        .m_axi_awvalid(c_awvalid), .m_axi_awready(c_awready), .m_axi_awaddr(c_awaddr), .m_axi_awlen(c_awlen),
        .m_axi_awsize(m_awsize), .m_axi_awburst(m_awburst),
        .m_axi_wvalid(c_wvalid), .m_axi_wready(c_wready), .m_axi_wdata(c_wdata), .m_axi_wstrb(c_wstrb), .m_axi_wlast(c_wlast),
        .m_axi_bvalid(c_bvalid), .m_axi_bready(c_bready), .m_axi_bresp(m_bresp)
    );
    // Few owners, so that the queues run full.
    soc_axi_arb #(.OWNERS(4)) u_arb (
        .clk(clk), .rst_n(rst_n),
        .a_arvalid(a_arvalid), .a_arready(a_arready), .a_araddr(a_araddr), .a_arlen(a_arlen),
        .a_rvalid(a_rvalid), .a_rready(a_rready),
        .a_awvalid(a_awvalid), .a_awready(a_awready), .a_awaddr(a_awaddr), .a_awlen(a_awlen),
        .a_wvalid(a_wvalid), .a_wready(a_wready), .a_wdata(a_wdata), .a_wstrb(a_wstrb), .a_wlast(a_wlast),
        .a_bvalid(a_bvalid), .a_bready(a_bready), .a_bdone(a_bdone),
        .b_arvalid(c_arvalid), .b_arready(c_arready), .b_araddr(c_araddr), .b_arlen(c_arlen),
        .b_rvalid(c_rvalid), .b_rready(c_rready),
        .b_awvalid(c_awvalid), .b_awready(c_awready), .b_awaddr(c_awaddr), .b_awlen(c_awlen),
        .b_wvalid(c_wvalid), .b_wready(c_wready), .b_wdata(c_wdata), .b_wstrb(c_wstrb), .b_wlast(c_wlast),
        .b_bvalid(c_bvalid), .b_bready(c_bready),
        .m_arvalid(m_arvalid), .m_arready(m_arready), .m_araddr(m_araddr), .m_arlen(m_arlen),
        .m_rvalid(m_rvalid), .m_rready(m_rready), .m_rlast(m_rlast),
        .m_awvalid(m_awvalid), .m_awready(m_awready), .m_awaddr(m_awaddr), .m_awlen(m_awlen),
        .m_wvalid(m_wvalid), .m_wready(m_wready), .m_wdata(m_wdata), .m_wstrb(m_wstrb), .m_wlast(m_wlast),
        .m_bvalid(m_bvalid), .m_bready(m_bready)
    );
endmodule
`default_nettype wire
