// The NPU for a Wishbone system: registers behind a Wishbone slave, memory through a Wishbone master.
// Copy it, set the parameters to a named configuration (spec/gen/config_NAME.vh: the compiler is given the same NAME) and to
// the family (MUL_STYLE: fpga/README.md). Files: rtl/npu.f, rtl/soc/soc_wb_axil.v,
// rtl/soc/soc_axi_wb.v, this one; include spec/gen.
//
// s_wb: 32 bits, byte addresses of the 4 KiB register page (docs/reference.md); one access at a time; standard or pipelined
// masters: stb until ack, or until stall is low. m_wb: WIDTH bits, byte addresses; PIPELINED as in soc_axi_wb. The NPU reads
// and writes only inside the windows that the driver sets; an err there stops it with a bus error that names the command.
// irq: level. rst_n: synchronous, active low.
// Simulated by tests/wishbone. SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_wishbone #(
    // Integers, whatever width a tool gives the value that it sets.
    parameter integer N = 4, LANES = 4, SP_WORDS = 4096, SP_BANKS = 4, ACC_DEPTH = 256, FIR_GROUPS = 1, FIR_TAPS = 4,
    parameter integer MATMUL = 0, TRACE_RECORDS = 0, WIDE_LANES = 0, SOFTMAX = 1, NORM = 0, MUL_STYLE = 0, MUL_DSP = N * N,
    parameter integer WIDTH = 32, PIPELINED = 0
) (
    input  wire               clk,
    input  wire               rst_n,
    output wire               irq,
    // Registers.
    input  wire               s_wb_cyc,
    input  wire               s_wb_stb,
    input  wire               s_wb_we,
    input  wire [11:0]        s_wb_adr,
    input  wire [3:0]         s_wb_sel,
    input  wire [31:0]        s_wb_dat_w,
    output wire [31:0]        s_wb_dat_r,
    output wire               s_wb_ack,
    output wire               s_wb_err,
    output wire               s_wb_stall,
    // Memory.
    output wire               m_wb_cyc,
    output wire               m_wb_stb,
    output wire               m_wb_we,
    output wire [31:0]        m_wb_adr,
    output wire [WIDTH/8-1:0] m_wb_sel,
    output wire [WIDTH-1:0]   m_wb_dat_w,
    output wire [2:0]         m_wb_cti,
    output wire [1:0]         m_wb_bte,
    input  wire [WIDTH-1:0]   m_wb_dat_r,
    input  wire               m_wb_ack,
    input  wire               m_wb_err,
    input  wire               m_wb_stall
);
    wire        l_awvalid, l_awready, l_wvalid, l_wready, l_bvalid, l_bready, l_arvalid, l_arready, l_rvalid, l_rready;
    wire [11:0] l_awaddr, l_araddr;
    wire [31:0] l_wdata, l_rdata;
    wire [3:0]  l_wstrb;
    wire [1:0]  l_bresp, l_rresp;
    wire        done, bad;
    soc_wb_axil u_registers (
        .clk(clk), .rst_n(rst_n), .wb_stb(s_wb_cyc && s_wb_stb), .wb_we(s_wb_we), .wb_addr(s_wb_adr), .wb_sel(s_wb_sel),
        .wb_wdat(s_wb_dat_w), .wb_ack(done), .wb_err(bad), .wb_rdat(s_wb_dat_r),
        .m_axil_awvalid(l_awvalid), .m_axil_awready(l_awready), .m_axil_awaddr(l_awaddr),
        .m_axil_wvalid(l_wvalid), .m_axil_wready(l_wready), .m_axil_wdata(l_wdata), .m_axil_wstrb(l_wstrb),
        .m_axil_bvalid(l_bvalid), .m_axil_bready(l_bready), .m_axil_bresp(l_bresp),
        .m_axil_arvalid(l_arvalid), .m_axil_arready(l_arready), .m_axil_araddr(l_araddr),
        .m_axil_rvalid(l_rvalid), .m_axil_rready(l_rready), .m_axil_rdata(l_rdata), .m_axil_rresp(l_rresp));
    assign s_wb_ack   = done && !bad;
    assign s_wb_err   = done && bad;
    assign s_wb_stall = s_wb_cyc && !done;

    wire        arvalid, arready, rvalid, rready, rlast, awvalid, awready, wvalid, wready, wlast, bvalid, bready;
    wire [31:0] araddr, awaddr;
    wire [7:0]  arlen, awlen, wstrb;
    wire [63:0] rdata, wdata;
    wire [1:0]  rresp, bresp;
    npu_top #(
        .N(N), .LANES(LANES), .SP_WORDS(SP_WORDS), .SP_BANKS(SP_BANKS), .ACC_DEPTH(ACC_DEPTH), .FIR_GROUPS(FIR_GROUPS),
        .FIR_TAPS(FIR_TAPS), .MATMUL(MATMUL), .TRACE_RECORDS(TRACE_RECORDS), .WIDE_LANES(WIDE_LANES), .SOFTMAX(SOFTMAX), .NORM(NORM),
        .MUL_STYLE(MUL_STYLE), .MUL_DSP(MUL_DSP)
    ) u_npu (
        .clk(clk), .rst_n(rst_n), .irq(irq),
        .s_axil_awvalid(l_awvalid), .s_axil_awready(l_awready), .s_axil_awaddr(l_awaddr),
        .s_axil_wvalid(l_wvalid), .s_axil_wready(l_wready), .s_axil_wdata(l_wdata), .s_axil_wstrb(l_wstrb),
        .s_axil_bvalid(l_bvalid), .s_axil_bready(l_bready), .s_axil_bresp(l_bresp),
        .s_axil_arvalid(l_arvalid), .s_axil_arready(l_arready), .s_axil_araddr(l_araddr),
        .s_axil_rvalid(l_rvalid), .s_axil_rready(l_rready), .s_axil_rdata(l_rdata), .s_axil_rresp(l_rresp),
        .m_axi_arvalid(arvalid), .m_axi_arready(arready), .m_axi_araddr(araddr), .m_axi_arlen(arlen),
        .m_axi_arsize(), .m_axi_arburst(), .m_axi_rvalid(rvalid), .m_axi_rready(rready), .m_axi_rdata(rdata),
        .m_axi_rresp(rresp), .m_axi_rlast(rlast),
        .m_axi_awvalid(awvalid), .m_axi_awready(awready), .m_axi_awaddr(awaddr), .m_axi_awlen(awlen),
        .m_axi_awsize(), .m_axi_awburst(), .m_axi_wvalid(wvalid), .m_axi_wready(wready), .m_axi_wdata(wdata),
        .m_axi_wstrb(wstrb), .m_axi_wlast(wlast), .m_axi_bvalid(bvalid), .m_axi_bready(bready), .m_axi_bresp(bresp),
        .trace_start(), .trace_done(), .trace_start_index(), .trace_done_index());

    soc_axi_wb #(.WIDTH(WIDTH), .PIPELINED(PIPELINED)) u_memory (
        .clk(clk), .rst_n(rst_n),
        .s_axi_arvalid(arvalid), .s_axi_arready(arready), .s_axi_araddr(araddr), .s_axi_arlen(arlen),
        .s_axi_rvalid(rvalid), .s_axi_rready(rready), .s_axi_rdata(rdata), .s_axi_rresp(rresp), .s_axi_rlast(rlast),
        .s_axi_awvalid(awvalid), .s_axi_awready(awready), .s_axi_awaddr(awaddr), .s_axi_awlen(awlen),
        .s_axi_wvalid(wvalid), .s_axi_wready(wready), .s_axi_wdata(wdata), .s_axi_wstrb(wstrb),
        .s_axi_bvalid(bvalid), .s_axi_bready(bready), .s_axi_bresp(bresp),
        .wb_cyc(m_wb_cyc), .wb_stb(m_wb_stb), .wb_we(m_wb_we), .wb_adr(m_wb_adr), .wb_sel(m_wb_sel), .wb_dat_w(m_wb_dat_w),
        .wb_cti(m_wb_cti), .wb_bte(m_wb_bte), .wb_dat_r(m_wb_dat_r), .wb_ack(m_wb_ack), .wb_err(m_wb_err),
        .wb_stall(m_wb_stall));

    wire _unused = &{1'b0, wlast};               // bursts are counted
endmodule
`default_nettype wire
