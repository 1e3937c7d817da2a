// The NPU in a LiteX system (fpga/litex), behind npu_top's own ports, as npu_on_wishbone.v: registers and memory are reached
// through LiteX's interconnect. SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_in_litex #(
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
    // ---- the system that tests/wishbone/litex_soc.py makes: Wishbone, 32 bits, addresses of words; host and memory on its pins
    wire        h_cyc, h_stb, h_we, h_ack, h_err;
    wire [11:0] h_adr;
    wire [3:0]  h_sel;
    wire [31:0] h_dat_w, h_dat_r;
    wb_host #(.PIPELINED(0)) u_host (
        .clk(clk), .rst_n(rst_n),
        .s_axil_awvalid(s_axil_awvalid), .s_axil_awready(s_axil_awready), .s_axil_awaddr(s_axil_awaddr),
        .s_axil_wvalid(s_axil_wvalid), .s_axil_wready(s_axil_wready), .s_axil_wdata(s_axil_wdata),
        .s_axil_wstrb(s_axil_wstrb), .s_axil_bvalid(s_axil_bvalid), .s_axil_bready(s_axil_bready), .s_axil_bresp(s_axil_bresp),
        .s_axil_arvalid(s_axil_arvalid), .s_axil_arready(s_axil_arready), .s_axil_araddr(s_axil_araddr),
        .s_axil_rvalid(s_axil_rvalid), .s_axil_rready(s_axil_rready), .s_axil_rdata(s_axil_rdata), .s_axil_rresp(s_axil_rresp),
        .cyc(h_cyc), .stb(h_stb), .we(h_we), .adr(h_adr), .sel(h_sel), .dat_w(h_dat_w), .dat_r(h_dat_r), .ack(h_ack),
        .err(h_err), .stall(1'b0));

    wire        m_cyc, m_stb, m_we, m_ack, m_err;
    wire [29:0] m_adr;
    wire [3:0]  m_sel;
    wire [31:0] m_dat_w, m_dat_r;
    wire [2:0]  m_cti;
    wire [1:0]  m_bte;
    litex_soc u_soc (
        .clk(clk), .rst(!rst_n), .sim_trace(1'b0), .irq(irq),
        .host_cyc(h_cyc), .host_stb(h_stb), .host_we(h_we), .host_adr({20'h20000, h_adr[11:2]}), .host_sel(h_sel),
        .host_dat_w(h_dat_w), .host_dat_r(h_dat_r), .host_ack(h_ack), .host_err(h_err), .host_cti(3'd0), .host_bte(2'd0),
        .ram_cyc(m_cyc), .ram_stb(m_stb), .ram_we(m_we), .ram_adr(m_adr), .ram_sel(m_sel), .ram_dat_w(m_dat_w),
        .ram_dat_r(m_dat_r), .ram_ack(m_ack), .ram_err(m_err), .ram_cti(m_cti), .ram_bte(m_bte));
    wb_memory #(.WIDTH(32), .PIPELINED(0)) u_memory (
        .clk(clk), .rst_n(rst_n), .cyc(m_cyc), .stb(m_stb), .we(m_we), .adr({m_adr, 2'b00}), .sel(m_sel), .dat_w(m_dat_w), .cti(m_cti),
        .bte(m_bte), .dat_r(m_dat_r), .ack(m_ack), .err(m_err), .stall(),
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
    assign trace_start       = u_soc.npu_wishbone.u_npu.trace_start;
    assign trace_done        = u_soc.npu_wishbone.u_npu.trace_done;
    assign trace_start_index = u_soc.npu_wishbone.u_npu.trace_start_index;
    assign trace_done_index  = u_soc.npu_wishbone.u_npu.trace_done_index;

    wire _unused = &{1'b0, m_axi_rlast};
endmodule
`default_nettype wire
