// npu_lite with the ports of npu_top: AXI4-Lite registers, an AXI4 master of single beats, its own local memory.
//
// s_axil: 17-bit byte addresses: registers (docs/reference.md), and local memory from 0x10000 on (npu_lite.v). m_axi: 64 bits, one
// beat and one transfer at a time, a 32-bit word each. trace_*: never. MICROCODE: file for the start of local memory, of a
// simulation or of block RAM; empty: the host writes it before the first START. irq: level.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_lite_axi #(
    parameter N          = 4,
    parameter SP_WORDS   = 4096,
    parameter ACC_DEPTH  = 256,
    parameter LANES      = 4, SP_BANKS = 4, FIR_GROUPS = 1, FIR_TAPS = 4,
    parameter MUL_STYLE  = 0,
    parameter MUL_DSP    = 1000,
    parameter CODE_BYTES = 49152,   // npu_lite_local
    parameter MICROCODE = ""
) (
    input  wire        clk,
    input  wire        rst_n,
    output wire        irq,
    input  wire        s_axil_awvalid,
    output wire        s_axil_awready,
    input  wire [16:0] s_axil_awaddr,
    input  wire        s_axil_wvalid,
    output wire        s_axil_wready,
    input  wire [31:0] s_axil_wdata,
    input  wire [3:0]  s_axil_wstrb,
    output wire        s_axil_bvalid,
    input  wire        s_axil_bready,
    output wire [1:0]  s_axil_bresp,
    input  wire        s_axil_arvalid,
    output wire        s_axil_arready,
    input  wire [16:0] s_axil_araddr,
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
    assign {trace_start, trace_done, trace_start_index, trace_done_index} = 136'd0;

    // ---------------------------------------------------------------- registers: one access at a time, writes first
    localparam [1:0] IDLE = 2'd0, ASK = 2'd1, ANSWER = 2'd2;
    reg  [1:0]  state_q;
    reg         write_q;
    reg  [31:0] answer_q;
    wire        h_ack;
    wire [31:0] h_rdata;
    wire        wr = s_axil_awvalid && s_axil_wvalid;
    assign s_axil_awready = state_q == ASK && write_q && h_ack;
    assign s_axil_wready  = s_axil_awready;
    assign s_axil_arready = state_q == ASK && !write_q && h_ack;
    assign s_axil_bvalid  = state_q == ANSWER && write_q;
    assign s_axil_rvalid  = state_q == ANSWER && !write_q;
    assign s_axil_rdata   = answer_q;
    assign s_axil_bresp   = 2'b00;
    assign s_axil_rresp   = 2'b00;
    always @(posedge clk) begin
        if (!rst_n) state_q <= IDLE;
        else case (state_q)
            IDLE: if (wr || s_axil_arvalid) begin
                state_q <= ASK;
                write_q <= wr;
            end
            ASK: if (h_ack) state_q <= ANSWER;
            default: if (write_q ? s_axil_bready : s_axil_rready) state_q <= IDLE;
        endcase
        if (h_ack) answer_q <= h_rdata;
    end

    // ---------------------------------------------------------------- main memory: address, then data; then the word is ready
    wire        bus_valid, bus_we;
    wire [31:0] bus_addr, bus_wdata;
    wire [3:0]  bus_be;
    reg         asked_q, sent_q, done_q, err_q;   // address taken, data taken; the cycle in which the sequencer takes the word
    reg  [31:0] word_q, bus_rdata_q;
    reg         bus_err_q;
    wire        open = bus_valid && !done_q;
    assign m_axi_arvalid = open && !bus_we && !asked_q;
    assign m_axi_araddr  = {bus_addr[31:3], 3'b000};
    assign m_axi_arlen   = 8'd0;
    assign m_axi_arsize  = 3'd3;
    assign m_axi_arburst = 2'b01;
    assign m_axi_rready  = 1'b1;
    assign m_axi_awvalid = open && bus_we && !asked_q;
    assign m_axi_awaddr  = {bus_addr[31:3], 3'b000};
    assign m_axi_awlen   = 8'd0;
    assign m_axi_awsize  = 3'd3;
    assign m_axi_awburst = 2'b01;
    assign m_axi_wvalid  = open && bus_we && !sent_q;
    assign m_axi_wdata   = {2{bus_wdata}};
    assign m_axi_wstrb   = bus_addr[2] ? {bus_be, 4'd0} : {4'd0, bus_be};
    assign m_axi_wlast   = 1'b1;
    assign m_axi_bready  = 1'b1;
    always @(posedge clk) begin
        if (!rst_n || done_q) begin
            asked_q <= 1'b0;
            sent_q  <= 1'b0;
        end else begin
            asked_q <= asked_q || (m_axi_arvalid && m_axi_arready) || (m_axi_awvalid && m_axi_awready);
            sent_q  <= sent_q || (m_axi_wvalid && m_axi_wready);
        end
        done_q <= rst_n && !done_q && (m_axi_rvalid || m_axi_bvalid);
        if (m_axi_rvalid) word_q <= bus_addr[2] ? m_axi_rdata[63:32] : m_axi_rdata[31:0];
        if (m_axi_rvalid || m_axi_bvalid) err_q <= m_axi_rvalid ? m_axi_rresp[1] : m_axi_bresp[1];
        bus_rdata_q <= word_q;
        bus_err_q   <= err_q;
    end

    // ---------------------------------------------------------------- the NPU and its memory
    wire        l_we;
    localparam LOCAL_BITS = SP_WORDS * N > 32768 ? 17 : 16;
    wire [LOCAL_BITS-1:2] l_addr;
    wire [3:0]  l_be;
    wire [31:0] l_wdata;
    wire [31:0] l_code;
    wire [8*N-1:0] l_rdata;
    npu_lite #(.N(N), .SP_WORDS(SP_WORDS), .ACC_DEPTH(ACC_DEPTH), .LANES(LANES), .SP_BANKS(SP_BANKS), .FIR_GROUPS(FIR_GROUPS),
        .FIR_TAPS(FIR_TAPS), .MUL_STYLE(MUL_STYLE), .MUL_DSP(MUL_DSP)) u_npu (
        .clk(clk), .rst_n(rst_n), .irq(irq), .h_valid(state_q == ASK), .h_we(write_q),
        .h_addr(write_q ? s_axil_awaddr : s_axil_araddr), .h_wdata(s_axil_wdata), .h_be(s_axil_wstrb), .h_ack(h_ack), .h_rdata(h_rdata),
        .bus_valid(bus_valid), .bus_ready(done_q), .bus_we(bus_we), .bus_addr(bus_addr), .bus_be(bus_be), .bus_wdata(bus_wdata),
        .bus_rdata(bus_rdata_q), .bus_err(bus_err_q),
        .l_we(l_we), .l_addr(l_addr), .l_be(l_be), .l_wdata(l_wdata), .l_code(l_code), .l_rdata(l_rdata));
    npu_lite_local #(.N(N), .LOCAL_BITS(LOCAL_BITS), .SP_WORDS(SP_WORDS), .CODE_BYTES(CODE_BYTES), .INIT(MICROCODE)) u_local (
        .clk(clk), .we(l_we), .addr(l_addr), .be(l_be), .wdata(l_wdata), .code_rdata(l_code), .rdata(l_rdata));
    wire unused = &{1'b0, m_axi_rresp[0], m_axi_bresp[0], m_axi_rlast, bus_addr[1:0]};
endmodule
`default_nettype wire
