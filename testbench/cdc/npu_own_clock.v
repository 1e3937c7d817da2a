// The NPU on a clock of its own: crossings on both of its ports, with npu_top's own ports outside, so that the Icarus bench
// can run whole networks across them. The inner clock's half period wanders between MIN_PS and MAX_PS (the bench's clock: 5 ns).
// Also the example of how to wire the crossings. Simulation only. SPDX-License-Identifier: Apache-2.0
`timescale 1ns/1ps
`default_nettype none
module npu_own_clock #(
    parameter N = 16,
    parameter LANES = 16,
    parameter SP_WORDS = 8192,
    parameter SP_BANKS = 8,
    parameter ACC_DEPTH = 512,
    parameter FIR_GROUPS = 3,
    parameter FIR_TAPS = 5,
    parameter MATMUL = 0,
    parameter TRACE_RECORDS = 0,     // 0: no trace
    parameter WIDE_LANES = 0         // 0: no wide row engine
) (
    input  wire          clk,
    input  wire          rst_n,
    output wire          irq,
    input  wire          s_axil_awvalid,
    output wire          s_axil_awready,
    input  wire [11:0]   s_axil_awaddr,
    input  wire          s_axil_wvalid,
    output wire          s_axil_wready,
    input  wire [31:0]   s_axil_wdata,
    input  wire [3:0]    s_axil_wstrb,
    output wire          s_axil_bvalid,
    input  wire          s_axil_bready,
    output wire [1:0]    s_axil_bresp,
    input  wire          s_axil_arvalid,
    output wire          s_axil_arready,
    input  wire [11:0]   s_axil_araddr,
    output wire          s_axil_rvalid,
    input  wire          s_axil_rready,
    output wire [31:0]   s_axil_rdata,
    output wire [1:0]    s_axil_rresp,
    output wire          m_axi_arvalid,
    input  wire          m_axi_arready,
    output wire [31:0]   m_axi_araddr,
    output wire [7:0]    m_axi_arlen,
    output wire [2:0]    m_axi_arsize,
    output wire [1:0]    m_axi_arburst,
    input  wire          m_axi_rvalid,
    output wire          m_axi_rready,
    input  wire [63:0]   m_axi_rdata,
    input  wire [1:0]    m_axi_rresp,
    input  wire          m_axi_rlast,
    output wire          m_axi_awvalid,
    input  wire          m_axi_awready,
    output wire [31:0]   m_axi_awaddr,
    output wire [7:0]    m_axi_awlen,
    output wire [2:0]    m_axi_awsize,
    output wire [1:0]    m_axi_awburst,
    output wire          m_axi_wvalid,
    input  wire          m_axi_wready,
    output wire [63:0]   m_axi_wdata,
    output wire [7:0]    m_axi_wstrb,
    output wire          m_axi_wlast,
    input  wire          m_axi_bvalid,
    output wire          m_axi_bready,
    input  wire [1:0]    m_axi_bresp,
    output wire [3:0]    trace_start,
    output wire [3:0]    trace_done,
    output wire [63:0]   trace_start_index,
    output wire [63:0]   trace_done_index
);
    integer min_ps, max_ps, seed;
    initial begin
        if (!$value$plusargs("own_min_ps=%d", min_ps)) min_ps = 3000;
        if (!$value$plusargs("own_max_ps=%d", max_ps)) max_ps = 9000;
        seed = min_ps;
    end
    reg own_clk = 0, own_rst_n = 0;
    reg [2:0] reset_q = 0;
    always #(0.001 * (min_ps + $unsigned($random(seed)) % (max_ps - min_ps + 1))) own_clk = !own_clk;
    always @(posedge own_clk) {own_rst_n, reset_q} <= {reset_q, rst_n};

    wire own_irq;
    reg [1:0] irq_q = 0;
    always @(posedge clk) irq_q <= {irq_q[0], own_irq};
    assign irq = irq_q[1];
    assign m_axi_arsize = 3'd3;
    assign m_axi_awsize = 3'd3;
    assign m_axi_arburst = 2'b01;
    assign m_axi_awburst = 2'b01;
    assign trace_start = 4'd0;
    assign trace_done = 4'd0;
    assign trace_start_index = 64'd0;
    assign trace_done_index = 64'd0;
    wire          own_m_axi_arvalid;
    wire          own_m_axi_arready;
    wire [31:0]   own_m_axi_araddr;
    wire [7:0]    own_m_axi_arlen;
    wire          own_m_axi_rvalid;
    wire          own_m_axi_rready;
    wire [63:0]   own_m_axi_rdata;
    wire [1:0]    own_m_axi_rresp;
    wire          own_m_axi_rlast;
    wire          own_m_axi_awvalid;
    wire          own_m_axi_awready;
    wire [31:0]   own_m_axi_awaddr;
    wire [7:0]    own_m_axi_awlen;
    wire          own_m_axi_wvalid;
    wire          own_m_axi_wready;
    wire [63:0]   own_m_axi_wdata;
    wire [7:0]    own_m_axi_wstrb;
    wire          own_m_axi_wlast;
    wire          own_m_axi_bvalid;
    wire          own_m_axi_bready;
    wire [1:0]    own_m_axi_bresp;
    wire          own_s_axil_awvalid;
    wire          own_s_axil_awready;
    wire [11:0]   own_s_axil_awaddr;
    wire          own_s_axil_wvalid;
    wire          own_s_axil_wready;
    wire [31:0]   own_s_axil_wdata;
    wire [3:0]    own_s_axil_wstrb;
    wire          own_s_axil_bvalid;
    wire          own_s_axil_bready;
    wire [1:0]    own_s_axil_bresp;
    wire          own_s_axil_arvalid;
    wire          own_s_axil_arready;
    wire [11:0]   own_s_axil_araddr;
    wire          own_s_axil_rvalid;
    wire          own_s_axil_rready;
    wire [31:0]   own_s_axil_rdata;
    wire [1:0]    own_s_axil_rresp;
    soc_cdc_axil u_axil (
        .s_clk(clk), .s_rst_n(rst_n), .m_clk(own_clk), .m_rst_n(own_rst_n),
        .s_axil_awvalid(s_axil_awvalid), .m_axil_awvalid(own_s_axil_awvalid),
        .s_axil_awready(s_axil_awready), .m_axil_awready(own_s_axil_awready),
        .s_axil_awaddr(s_axil_awaddr), .m_axil_awaddr(own_s_axil_awaddr),
        .s_axil_wvalid(s_axil_wvalid), .m_axil_wvalid(own_s_axil_wvalid),
        .s_axil_wready(s_axil_wready), .m_axil_wready(own_s_axil_wready),
        .s_axil_wdata(s_axil_wdata), .m_axil_wdata(own_s_axil_wdata),
        .s_axil_wstrb(s_axil_wstrb), .m_axil_wstrb(own_s_axil_wstrb),
        .s_axil_bvalid(s_axil_bvalid), .m_axil_bvalid(own_s_axil_bvalid),
        .s_axil_bready(s_axil_bready), .m_axil_bready(own_s_axil_bready),
        .s_axil_bresp(s_axil_bresp), .m_axil_bresp(own_s_axil_bresp),
        .s_axil_arvalid(s_axil_arvalid), .m_axil_arvalid(own_s_axil_arvalid),
        .s_axil_arready(s_axil_arready), .m_axil_arready(own_s_axil_arready),
        .s_axil_araddr(s_axil_araddr), .m_axil_araddr(own_s_axil_araddr),
        .s_axil_rvalid(s_axil_rvalid), .m_axil_rvalid(own_s_axil_rvalid),
        .s_axil_rready(s_axil_rready), .m_axil_rready(own_s_axil_rready),
        .s_axil_rdata(s_axil_rdata), .m_axil_rdata(own_s_axil_rdata),
        .s_axil_rresp(s_axil_rresp), .m_axil_rresp(own_s_axil_rresp)
    );
    soc_cdc_axi u_axi (
        .s_clk(own_clk), .s_rst_n(own_rst_n), .m_clk(clk), .m_rst_n(rst_n),
        .s_axi_arvalid(own_m_axi_arvalid), .m_axi_arvalid(m_axi_arvalid),
        .s_axi_arready(own_m_axi_arready), .m_axi_arready(m_axi_arready),
        .s_axi_araddr(own_m_axi_araddr), .m_axi_araddr(m_axi_araddr),
        .s_axi_arlen(own_m_axi_arlen), .m_axi_arlen(m_axi_arlen),
        .s_axi_rvalid(own_m_axi_rvalid), .m_axi_rvalid(m_axi_rvalid),
        .s_axi_rready(own_m_axi_rready), .m_axi_rready(m_axi_rready),
        .s_axi_rdata(own_m_axi_rdata), .m_axi_rdata(m_axi_rdata),
        .s_axi_rresp(own_m_axi_rresp), .m_axi_rresp(m_axi_rresp),
        .s_axi_rlast(own_m_axi_rlast), .m_axi_rlast(m_axi_rlast),
        .s_axi_awvalid(own_m_axi_awvalid), .m_axi_awvalid(m_axi_awvalid),
        .s_axi_awready(own_m_axi_awready), .m_axi_awready(m_axi_awready),
        .s_axi_awaddr(own_m_axi_awaddr), .m_axi_awaddr(m_axi_awaddr),
        .s_axi_awlen(own_m_axi_awlen), .m_axi_awlen(m_axi_awlen),
        .s_axi_wvalid(own_m_axi_wvalid), .m_axi_wvalid(m_axi_wvalid),
        .s_axi_wready(own_m_axi_wready), .m_axi_wready(m_axi_wready),
        .s_axi_wdata(own_m_axi_wdata), .m_axi_wdata(m_axi_wdata),
        .s_axi_wstrb(own_m_axi_wstrb), .m_axi_wstrb(m_axi_wstrb),
        .s_axi_wlast(own_m_axi_wlast), .m_axi_wlast(m_axi_wlast),
        .s_axi_bvalid(own_m_axi_bvalid), .m_axi_bvalid(m_axi_bvalid),
        .s_axi_bready(own_m_axi_bready), .m_axi_bready(m_axi_bready),
        .s_axi_bresp(own_m_axi_bresp), .m_axi_bresp(m_axi_bresp)
    );
    npu_top #(.N(N), .LANES(LANES), .SP_WORDS(SP_WORDS), .SP_BANKS(SP_BANKS), .ACC_DEPTH(ACC_DEPTH), .FIR_GROUPS(FIR_GROUPS), .FIR_TAPS(FIR_TAPS), .MATMUL(MATMUL), .TRACE_RECORDS(TRACE_RECORDS), .WIDE_LANES(WIDE_LANES)) u_npu (
        .clk(own_clk), .rst_n(own_rst_n), .irq(own_irq),
        .s_axil_awvalid(own_s_axil_awvalid),
        .s_axil_awready(own_s_axil_awready),
        .s_axil_awaddr(own_s_axil_awaddr),
        .s_axil_wvalid(own_s_axil_wvalid),
        .s_axil_wready(own_s_axil_wready),
        .s_axil_wdata(own_s_axil_wdata),
        .s_axil_wstrb(own_s_axil_wstrb),
        .s_axil_bvalid(own_s_axil_bvalid),
        .s_axil_bready(own_s_axil_bready),
        .s_axil_bresp(own_s_axil_bresp),
        .s_axil_arvalid(own_s_axil_arvalid),
        .s_axil_arready(own_s_axil_arready),
        .s_axil_araddr(own_s_axil_araddr),
        .s_axil_rvalid(own_s_axil_rvalid),
        .s_axil_rready(own_s_axil_rready),
        .s_axil_rdata(own_s_axil_rdata),
        .s_axil_rresp(own_s_axil_rresp),
        .m_axi_arvalid(own_m_axi_arvalid),
        .m_axi_arready(own_m_axi_arready),
        .m_axi_araddr(own_m_axi_araddr),
        .m_axi_arlen(own_m_axi_arlen),
        .m_axi_arsize(),
        .m_axi_arburst(),
        .m_axi_rvalid(own_m_axi_rvalid),
        .m_axi_rready(own_m_axi_rready),
        .m_axi_rdata(own_m_axi_rdata),
        .m_axi_rresp(own_m_axi_rresp),
        .m_axi_rlast(own_m_axi_rlast),
        .m_axi_awvalid(own_m_axi_awvalid),
        .m_axi_awready(own_m_axi_awready),
        .m_axi_awaddr(own_m_axi_awaddr),
        .m_axi_awlen(own_m_axi_awlen),
        .m_axi_awsize(),
        .m_axi_awburst(),
        .m_axi_wvalid(own_m_axi_wvalid),
        .m_axi_wready(own_m_axi_wready),
        .m_axi_wdata(own_m_axi_wdata),
        .m_axi_wstrb(own_m_axi_wstrb),
        .m_axi_wlast(own_m_axi_wlast),
        .m_axi_bvalid(own_m_axi_bvalid),
        .m_axi_bready(own_m_axi_bready),
        .m_axi_bresp(own_m_axi_bresp),
        .trace_start(),
        .trace_done(),
        .trace_start_index(),
        .trace_done_index()
    );
endmodule
`default_nettype wire
