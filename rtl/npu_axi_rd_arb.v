// Read port of the NPU shared by command fetch (client 0, first) and load unit (client 1).
// Contract: a client's ar_* stay until its ar_ready; m_axi_ar* are registered and stay until m_axi_arready. Beats come back
// in the order of the requests and go to the client that asked, without a register in between; at most BURSTS bursts are
// under way. No counterpart in cmodel: it does not change what a command does.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_axi_rd_arb #(
    parameter BURSTS = 10  // at least what the load unit keeps outstanding, plus 2
) (
    input  wire        clk,
    input  wire        rst_n,
    // Client 0: fetch
    input  wire        c0_ar_valid,
    output wire        c0_ar_ready,
    input  wire [31:0] c0_ar_addr,
    input  wire [7:0]  c0_ar_len,
    output wire        c0_r_valid,
    input  wire        c0_r_ready,
    // Client 1: load
    input  wire        c1_ar_valid,
    output wire        c1_ar_ready,
    input  wire [31:0] c1_ar_addr,
    input  wire [7:0]  c1_ar_len,
    output wire        c1_r_valid,
    input  wire        c1_r_ready,
    // Data for both: meant for the one whose r_valid is high
    output wire [63:0] r_data,
    output wire [1:0]  r_resp,
    output wire        r_last,
    // Bus
    output reg         m_axi_arvalid,
    input  wire        m_axi_arready,
    output reg  [31:0] m_axi_araddr,
    output reg  [7:0]  m_axi_arlen,
    input  wire        m_axi_rvalid,
    output wire        m_axi_rready,
    input  wire [63:0] m_axi_rdata,
    input  wire [1:0]  m_axi_rresp,
    input  wire        m_axi_rlast
);
    wire room, under_way, owner;
    wire free = room && (!m_axi_arvalid || m_axi_arready);
    wire send = free && (c0_ar_valid || c1_ar_valid);

    assign c0_ar_ready = free;
    assign c1_ar_ready = free && !c0_ar_valid;

    npu_fifo #(.WIDTH(1), .DEPTH(BURSTS)) u_order (
        .clk(clk), .rst_n(rst_n),
        .in_valid(send), .in_ready(room), .in_data(!c0_ar_valid),
        .out_valid(under_way), .out_ready(m_axi_rvalid && m_axi_rready && m_axi_rlast), .out_data(owner)
    );

    assign c0_r_valid   = m_axi_rvalid && under_way && !owner;
    assign c1_r_valid   = m_axi_rvalid && under_way && owner;
    assign m_axi_rready = under_way && (owner ? c1_r_ready : c0_r_ready);
    assign r_data       = m_axi_rdata;
    assign r_resp       = m_axi_rresp;
    assign r_last       = m_axi_rlast;

    always_ff @(posedge clk) begin
        if (send) begin
            m_axi_araddr <= c0_ar_valid ? c0_ar_addr : c1_ar_addr;
            m_axi_arlen  <= c0_ar_valid ? c0_ar_len : c1_ar_len;
        end
        if (!rst_n) m_axi_arvalid <= 1'b0;
        else if (!m_axi_arvalid || m_axi_arready) m_axi_arvalid <= send;
    end
endmodule
`default_nettype wire
