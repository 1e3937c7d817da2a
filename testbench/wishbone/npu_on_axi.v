// fpga/examples/npu_axi.v behind npu_top's own ports, so that the benches of the NPU run on it. SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_on_axi #(
    parameter N = 16,
    parameter LANES = 16,
    parameter SP_WORDS = 8192,
    parameter SP_BANKS = 8,
    parameter ACC_DEPTH = 512,
    parameter FIR_GROUPS = 3,
    parameter FIR_TAPS = 5,
    parameter MATMUL = 0,
    parameter TRACE_RECORDS = 0,
    parameter WIDE_LANES = 0,
    parameter SOFTMAX = 1,
    parameter NORM = 0
) (
    input  wire        clk,
    input  wire        rst_n,
    output wire        irq,
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
    output wire        m_axi_arvalid,
    input  wire        m_axi_arready,
    output wire [31:0] m_axi_araddr,
    output wire [7:0]  m_axi_arlen,
    output wire [2:0]  m_axi_arsize,
    output wire [1:0]  m_axi_arburst,
    input  wire        m_axi_rvalid,
    output wire        m_axi_rready,
    input  wire [63:0] m_axi_rdata,
    input  wire [1:0]  m_axi_rresp,
    input  wire        m_axi_rlast,
    output wire        m_axi_awvalid,
    input  wire        m_axi_awready,
    output wire [31:0] m_axi_awaddr,
    output wire [7:0]  m_axi_awlen,
    output wire [2:0]  m_axi_awsize,
    output wire [1:0]  m_axi_awburst,
    output wire        m_axi_wvalid,
    input  wire        m_axi_wready,
    output wire [63:0] m_axi_wdata,
    output wire [7:0]  m_axi_wstrb,
    output wire        m_axi_wlast,
    input  wire        m_axi_bvalid,
    output wire        m_axi_bready,
    input  wire [1:0]  m_axi_bresp,
    output wire [3:0]  trace_start,
    output wire [3:0]  trace_done,
    output wire [63:0] trace_start_index,
    output wire [63:0] trace_done_index
);
    wire       arid, awid, arlock, awlock;
    wire [3:0] arcache, awcache, arqos, awqos;
    wire [2:0] arprot, awprot;
    npu_axi #(
        .N(N), .LANES(LANES), .SP_WORDS(SP_WORDS), .SP_BANKS(SP_BANKS), .ACC_DEPTH(ACC_DEPTH), .FIR_GROUPS(FIR_GROUPS),
        .FIR_TAPS(FIR_TAPS), .MATMUL(MATMUL), .TRACE_RECORDS(TRACE_RECORDS), .WIDE_LANES(WIDE_LANES), .SOFTMAX(SOFTMAX), .NORM(NORM)
    ) u_axi (
        .aclk(clk), .aresetn(rst_n), .irq(irq),
        .s_axil_awvalid(s_axil_awvalid), .s_axil_awready(s_axil_awready), .s_axil_awaddr(s_axil_awaddr), .s_axil_awprot(3'd0),
        .s_axil_wvalid(s_axil_wvalid), .s_axil_wready(s_axil_wready), .s_axil_wdata(s_axil_wdata),
        .s_axil_wstrb(s_axil_wstrb), .s_axil_bvalid(s_axil_bvalid), .s_axil_bready(s_axil_bready), .s_axil_bresp(s_axil_bresp),
        .s_axil_arvalid(s_axil_arvalid), .s_axil_arready(s_axil_arready), .s_axil_araddr(s_axil_araddr), .s_axil_arprot(3'd0),
        .s_axil_rvalid(s_axil_rvalid), .s_axil_rready(s_axil_rready), .s_axil_rdata(s_axil_rdata), .s_axil_rresp(s_axil_rresp),
        .m_axi_arvalid(m_axi_arvalid), .m_axi_arready(m_axi_arready), .m_axi_arid(arid), .m_axi_araddr(m_axi_araddr),
        .m_axi_arlen(m_axi_arlen), .m_axi_arsize(m_axi_arsize), .m_axi_arburst(m_axi_arburst), .m_axi_arlock(arlock),
        .m_axi_arcache(arcache), .m_axi_arprot(arprot), .m_axi_arqos(arqos), .m_axi_rvalid(m_axi_rvalid),
        .m_axi_rready(m_axi_rready), .m_axi_rid(1'b0), .m_axi_rdata(m_axi_rdata), .m_axi_rresp(m_axi_rresp),
        .m_axi_rlast(m_axi_rlast), .m_axi_awvalid(m_axi_awvalid), .m_axi_awready(m_axi_awready), .m_axi_awid(awid),
        .m_axi_awaddr(m_axi_awaddr), .m_axi_awlen(m_axi_awlen), .m_axi_awsize(m_axi_awsize), .m_axi_awburst(m_axi_awburst),
        .m_axi_awlock(awlock), .m_axi_awcache(awcache), .m_axi_awprot(awprot), .m_axi_awqos(awqos),
        .m_axi_wvalid(m_axi_wvalid), .m_axi_wready(m_axi_wready), .m_axi_wdata(m_axi_wdata), .m_axi_wstrb(m_axi_wstrb),
        .m_axi_wlast(m_axi_wlast), .m_axi_bvalid(m_axi_bvalid), .m_axi_bready(m_axi_bready), .m_axi_bid(1'b0),
        .m_axi_bresp(m_axi_bresp));
    always @(posedge clk)
        if ({arid, arlock, arcache, arprot, arqos, awid, awlock, awcache, awprot, awqos} != {2{1'b0, 1'b0, 4'd3, 3'd0, 4'd0}}) begin
            $display("FAIL axi: ID, LOCK, CACHE, PROT or QOS");
            $finish(0);
        end
    assign trace_start       = u_axi.u_npu.trace_start;
    assign trace_done        = u_axi.u_npu.trace_done;
    assign trace_start_index = u_axi.u_npu.trace_start_index;
    assign trace_done_index  = u_axi.u_npu.trace_done_index;
endmodule
`default_nettype wire
