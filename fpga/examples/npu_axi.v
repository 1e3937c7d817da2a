// The NPU for an AXI system: what an interconnect wants to see beyond npu_top's own ports, tied to what holds for it.
// Copy it, set the parameters to a named configuration (spec/gen/config_NAME.vh: the compiler is given the same NAME) and to
// the family (MUL_STYLE: fpga/README.md). Files: rtl/npu.f and this one; include spec/gen.
//
// s_axil: AXI4-Lite, the 4 KiB register page (docs/reference.md). m_axi: AXI4, 64 bits, all transfers with ID 0 (answers in
// order), INCR bursts of at most 16 beats that do not cross 4 KiB, only inside the windows that the driver sets. CACHE 0011:
// the memory must be what the CPU sees; with a cache between, flush and invalidate, or use a coherent port and its value.
// An error response stops the NPU with a bus error that names the command. irq: level. aresetn: synchronous.
// Simulated by tests/wishbone. SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_axi #(
    // Integers, whatever width a tool gives the value that it sets.
    parameter integer N = 4, LANES = 4, SP_WORDS = 4096, SP_BANKS = 4, ACC_DEPTH = 256, FIR_GROUPS = 1, FIR_TAPS = 4,
    parameter integer MATMUL = 0, TRACE_RECORDS = 0, WIDE_LANES = 0, SOFTMAX = 1, NORM = 0, MUL_STYLE = 0, MUL_DSP = N * N,
    parameter integer ID_BITS = 1
) (
    input  wire               aclk,
    input  wire               aresetn,
    output wire               irq,
    input  wire               s_axil_awvalid,
    output wire               s_axil_awready,
    input  wire [11:0]        s_axil_awaddr,
    input  wire [2:0]         s_axil_awprot,
    input  wire               s_axil_wvalid,
    output wire               s_axil_wready,
    input  wire [31:0]        s_axil_wdata,
    input  wire [3:0]         s_axil_wstrb,
    output wire               s_axil_bvalid,
    input  wire               s_axil_bready,
    output wire [1:0]         s_axil_bresp,
    input  wire               s_axil_arvalid,
    output wire               s_axil_arready,
    input  wire [11:0]        s_axil_araddr,
    input  wire [2:0]         s_axil_arprot,
    output wire               s_axil_rvalid,
    input  wire               s_axil_rready,
    output wire [31:0]        s_axil_rdata,
    output wire [1:0]         s_axil_rresp,
    output wire               m_axi_arvalid,
    input  wire               m_axi_arready,
    output wire [ID_BITS-1:0] m_axi_arid,
    output wire [31:0]        m_axi_araddr,
    output wire [7:0]         m_axi_arlen,
    output wire [2:0]         m_axi_arsize,
    output wire [1:0]         m_axi_arburst,
    output wire               m_axi_arlock,
    output wire [3:0]         m_axi_arcache,
    output wire [2:0]         m_axi_arprot,
    output wire [3:0]         m_axi_arqos,
    input  wire               m_axi_rvalid,
    output wire               m_axi_rready,
    input  wire [ID_BITS-1:0] m_axi_rid,
    input  wire [63:0]        m_axi_rdata,
    input  wire [1:0]         m_axi_rresp,
    input  wire               m_axi_rlast,
    output wire               m_axi_awvalid,
    input  wire               m_axi_awready,
    output wire [ID_BITS-1:0] m_axi_awid,
    output wire [31:0]        m_axi_awaddr,
    output wire [7:0]         m_axi_awlen,
    output wire [2:0]         m_axi_awsize,
    output wire [1:0]         m_axi_awburst,
    output wire               m_axi_awlock,
    output wire [3:0]         m_axi_awcache,
    output wire [2:0]         m_axi_awprot,
    output wire [3:0]         m_axi_awqos,
    output wire               m_axi_wvalid,
    input  wire               m_axi_wready,
    output wire [63:0]        m_axi_wdata,
    output wire [7:0]         m_axi_wstrb,
    output wire               m_axi_wlast,
    input  wire               m_axi_bvalid,
    output wire               m_axi_bready,
    input  wire [ID_BITS-1:0] m_axi_bid,
    input  wire [1:0]         m_axi_bresp
);
    assign {m_axi_arid, m_axi_arlock, m_axi_arcache, m_axi_arprot, m_axi_arqos} = {{ID_BITS{1'b0}}, 1'b0, 4'b0011, 3'b000, 4'd0};
    assign {m_axi_awid, m_axi_awlock, m_axi_awcache, m_axi_awprot, m_axi_awqos} = {{ID_BITS{1'b0}}, 1'b0, 4'b0011, 3'b000, 4'd0};
    npu_top #(
        .N(N), .LANES(LANES), .SP_WORDS(SP_WORDS), .SP_BANKS(SP_BANKS), .ACC_DEPTH(ACC_DEPTH), .FIR_GROUPS(FIR_GROUPS),
        .FIR_TAPS(FIR_TAPS), .MATMUL(MATMUL), .TRACE_RECORDS(TRACE_RECORDS), .WIDE_LANES(WIDE_LANES), .SOFTMAX(SOFTMAX), .NORM(NORM),
        .MUL_STYLE(MUL_STYLE), .MUL_DSP(MUL_DSP)
    ) u_npu (
        .clk(aclk), .rst_n(aresetn), .irq(irq),
        .s_axil_awvalid(s_axil_awvalid), .s_axil_awready(s_axil_awready), .s_axil_awaddr(s_axil_awaddr),
        .s_axil_wvalid(s_axil_wvalid), .s_axil_wready(s_axil_wready), .s_axil_wdata(s_axil_wdata),
        .s_axil_wstrb(s_axil_wstrb), .s_axil_bvalid(s_axil_bvalid), .s_axil_bready(s_axil_bready), .s_axil_bresp(s_axil_bresp),
        .s_axil_arvalid(s_axil_arvalid), .s_axil_arready(s_axil_arready), .s_axil_araddr(s_axil_araddr),
        .s_axil_rvalid(s_axil_rvalid), .s_axil_rready(s_axil_rready), .s_axil_rdata(s_axil_rdata), .s_axil_rresp(s_axil_rresp),
        .m_axi_arvalid(m_axi_arvalid), .m_axi_arready(m_axi_arready), .m_axi_araddr(m_axi_araddr), .m_axi_arlen(m_axi_arlen),
        .m_axi_arsize(m_axi_arsize), .m_axi_arburst(m_axi_arburst), .m_axi_rvalid(m_axi_rvalid), .m_axi_rready(m_axi_rready),
        .m_axi_rdata(m_axi_rdata), .m_axi_rresp(m_axi_rresp), .m_axi_rlast(m_axi_rlast),
        .m_axi_awvalid(m_axi_awvalid), .m_axi_awready(m_axi_awready), .m_axi_awaddr(m_axi_awaddr), .m_axi_awlen(m_axi_awlen),
        .m_axi_awsize(m_axi_awsize), .m_axi_awburst(m_axi_awburst), .m_axi_wvalid(m_axi_wvalid), .m_axi_wready(m_axi_wready),
        .m_axi_wdata(m_axi_wdata), .m_axi_wstrb(m_axi_wstrb), .m_axi_wlast(m_axi_wlast), .m_axi_bvalid(m_axi_bvalid),
        .m_axi_bready(m_axi_bready), .m_axi_bresp(m_axi_bresp),
        .trace_start(), .trace_done(), .trace_start_index(), .trace_done_index());

    wire _unused = &{1'b0, s_axil_awprot, s_axil_arprot, m_axi_rid, m_axi_bid};
endmodule
`default_nettype wire
