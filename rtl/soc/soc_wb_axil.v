// Wishbone (classic, 32 bits) to AXI4-Lite: the CPU's way to the NPU's registers. One access at a time.
// Timing: ack (err with it for an error response) one cycle after the response; stb must stay until ack.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module soc_wb_axil (
    input  wire        clk,
    input  wire        rst_n,
    input  wire        wb_stb,
    input  wire        wb_we,
    input  wire [11:0] wb_addr,   // byte address
    input  wire [3:0]  wb_sel,
    input  wire [31:0] wb_wdat,
    output reg         wb_ack,
    output reg         wb_err,
    output reg  [31:0] wb_rdat,
    // AXI4-Lite master: valids stay until ready.
    output reg         m_axil_awvalid,
    input  wire        m_axil_awready,
    output wire [11:0] m_axil_awaddr,
    output reg         m_axil_wvalid,
    input  wire        m_axil_wready,
    output wire [31:0] m_axil_wdata,
    output wire [3:0]  m_axil_wstrb,
    input  wire        m_axil_bvalid,
    output wire        m_axil_bready,
    input  wire [1:0]  m_axil_bresp,
    output reg         m_axil_arvalid,
    input  wire        m_axil_arready,
    output wire [11:0] m_axil_araddr,
    input  wire        m_axil_rvalid,
    output wire        m_axil_rready,
    input  wire [31:0] m_axil_rdata,
    input  wire [1:0]  m_axil_rresp
);
    reg busy_q; // an access has been issued and its response is awaited
    wire done = busy_q && (m_axil_bvalid || m_axil_rvalid);

    assign m_axil_awaddr = wb_addr;
    assign m_axil_araddr = wb_addr;
    assign m_axil_wdata  = wb_wdat;
    assign m_axil_wstrb  = wb_sel;
    assign m_axil_bready = busy_q;
    assign m_axil_rready = busy_q;

    always_ff @(posedge clk) begin
        wb_rdat <= m_axil_rdata;
        if (!rst_n) begin
            busy_q         <= 1'b0;
            wb_ack         <= 1'b0;
            wb_err         <= 1'b0;
            m_axil_awvalid <= 1'b0;
            m_axil_wvalid  <= 1'b0;
            m_axil_arvalid <= 1'b0;
        end else begin
            wb_ack <= done;
            wb_err <= done && (m_axil_bvalid ? m_axil_bresp[1] : m_axil_rresp[1]);
            if (m_axil_awready) m_axil_awvalid <= 1'b0;
            if (m_axil_wready)  m_axil_wvalid  <= 1'b0;
            if (m_axil_arready) m_axil_arvalid <= 1'b0;
            if (done) busy_q <= 1'b0;
            if (wb_stb && !busy_q && !wb_ack) begin
                busy_q         <= 1'b1;
                m_axil_awvalid <= wb_we;
                m_axil_wvalid  <= wb_we;
                m_axil_arvalid <= !wb_we;
            end
        end
    end

    wire _unused = &{1'b0, m_axil_bresp[0], m_axil_rresp[0]};
endmodule
`default_nettype wire
