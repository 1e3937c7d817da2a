// fpga/examples/npu_wishbone.v in a Wishbone system with random waits, behind npu_top's own ports: so that every bench of the
// NPU (Verilator library, Icarus bench, random streams, errors) runs on it as it does on npu_top. Registers: wb_host; memory:
// wb_memory. WB_WIDTH, WB_PIPELINED: macros. SPDX-License-Identifier: Apache-2.0
`ifndef WB_WIDTH
`define WB_WIDTH 64
`endif
`ifndef WB_PIPELINED
`define WB_PIPELINED 1
`endif
`default_nettype none
module npu_on_wishbone #(
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
    localparam W = `WB_WIDTH, P = `WB_PIPELINED;

    wire           h_cyc, h_stb, h_we, h_ack, h_err, h_stall;
    wire [11:0]    h_adr;
    wire [3:0]     h_sel;
    wire [31:0]    h_dat_w, h_dat_r;
    wb_host #(.PIPELINED(P)) u_host (
        .clk(clk), .rst_n(rst_n),
        .s_axil_awvalid(s_axil_awvalid), .s_axil_awready(s_axil_awready), .s_axil_awaddr(s_axil_awaddr),
        .s_axil_wvalid(s_axil_wvalid), .s_axil_wready(s_axil_wready), .s_axil_wdata(s_axil_wdata),
        .s_axil_wstrb(s_axil_wstrb), .s_axil_bvalid(s_axil_bvalid), .s_axil_bready(s_axil_bready), .s_axil_bresp(s_axil_bresp),
        .s_axil_arvalid(s_axil_arvalid), .s_axil_arready(s_axil_arready), .s_axil_araddr(s_axil_araddr),
        .s_axil_rvalid(s_axil_rvalid), .s_axil_rready(s_axil_rready), .s_axil_rdata(s_axil_rdata), .s_axil_rresp(s_axil_rresp),
        .cyc(h_cyc), .stb(h_stb), .we(h_we), .adr(h_adr), .sel(h_sel), .dat_w(h_dat_w), .dat_r(h_dat_r), .ack(h_ack),
        .err(h_err), .stall(h_stall));
    wire           m_cyc, m_stb, m_we, m_ack, m_err, m_stall;
    wire [31:0]    m_adr;
    wire [W/8-1:0] m_sel;
    wire [W-1:0]   m_dat_w, m_dat_r;
    wire [2:0]     m_cti;
    wire [1:0]     m_bte;
    npu_wishbone #(
        .N(N), .LANES(LANES), .SP_WORDS(SP_WORDS), .SP_BANKS(SP_BANKS), .ACC_DEPTH(ACC_DEPTH), .FIR_GROUPS(FIR_GROUPS),
        .FIR_TAPS(FIR_TAPS), .MATMUL(MATMUL), .TRACE_RECORDS(TRACE_RECORDS), .WIDE_LANES(WIDE_LANES), .SOFTMAX(SOFTMAX), .NORM(NORM), .WIDTH(W), .PIPELINED(P)
    ) u_wishbone (
        .clk(clk), .rst_n(rst_n), .irq(irq),
        .s_wb_cyc(h_cyc), .s_wb_stb(h_stb), .s_wb_we(h_we), .s_wb_adr(h_adr), .s_wb_sel(h_sel), .s_wb_dat_w(h_dat_w),
        .s_wb_dat_r(h_dat_r), .s_wb_ack(h_ack), .s_wb_err(h_err), .s_wb_stall(h_stall),
        .m_wb_cyc(m_cyc), .m_wb_stb(m_stb), .m_wb_we(m_we), .m_wb_adr(m_adr), .m_wb_sel(m_sel), .m_wb_dat_w(m_dat_w),
        .m_wb_cti(m_cti), .m_wb_bte(m_bte), .m_wb_dat_r(m_dat_r), .m_wb_ack(m_ack), .m_wb_err(m_err), .m_wb_stall(m_stall));
    wb_memory #(.WIDTH(W), .PIPELINED(P)) u_memory (
        .clk(clk), .rst_n(rst_n), .cyc(m_cyc), .stb(m_stb), .we(m_we), .adr(m_adr), .sel(m_sel), .dat_w(m_dat_w), .cti(m_cti),
        .bte(m_bte), .dat_r(m_dat_r), .ack(m_ack), .err(m_err), .stall(m_stall),
        .m_axi_arvalid(m_axi_arvalid), .m_axi_arready(m_axi_arready), .m_axi_araddr(m_axi_araddr),
        .m_axi_rvalid(m_axi_rvalid), .m_axi_rready(m_axi_rready), .m_axi_rdata(m_axi_rdata), .m_axi_rresp(m_axi_rresp),
        .m_axi_awvalid(m_axi_awvalid), .m_axi_awready(m_axi_awready), .m_axi_awaddr(m_axi_awaddr),
        .m_axi_wvalid(m_axi_wvalid), .m_axi_wready(m_axi_wready), .m_axi_wdata(m_axi_wdata), .m_axi_wstrb(m_axi_wstrb),
        .m_axi_bvalid(m_axi_bvalid), .m_axi_bready(m_axi_bready), .m_axi_bresp(m_axi_bresp));
    assign m_axi_arlen   = 8'd0;
    assign m_axi_arsize  = 3'd3;
    assign m_axi_arburst = 2'b01;
    assign m_axi_awlen   = 8'd0;
    assign m_axi_awsize  = 3'd3;
    assign m_axi_awburst = 2'b01;
    assign m_axi_wlast   = 1'b1;
    assign trace_start       = u_wishbone.u_npu.trace_start;
    assign trace_done        = u_wishbone.u_npu.trace_done;
    assign trace_start_index = u_wishbone.u_npu.trace_start_index;
    assign trace_done_index  = u_wishbone.u_npu.trace_done_index;

    wire _unused = &{1'b0, m_axi_rlast};
endmodule
`default_nettype wire
