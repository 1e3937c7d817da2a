// Joins two AXI4 masters (a: NPU, b: CPU) on one port. No IDs: every answer comes in order, and small queues
// (soc_axi_owners) remember whose it is.
// Reads: b goes first when both ask (it has one burst outstanding at most, so a always gets its turn). An address once
// shown stays. Writes: the port belongs to one master at a time and changes hands only when all its
// address and data beats are through; data is passed on only after its address, so data never overtakes.
// Timing: no added latency on reads; one cycle from write address to first data, two when the port changes hands. A master's ready does
// not wait for its valid.
// a_bdone: pulse with each write response to a (for the CPU's read buffer). OWNERS: bursts outstanding behind the oldest.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module soc_axi_arb #(
    parameter int OWNERS = 32
) (
    input  wire        clk,
    input  wire        rst_n,
    // Master a.
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
    output wire        a_bdone,
    // Master b.
    input  wire        b_arvalid,
    output wire        b_arready,
    input  wire [31:0] b_araddr,
    input  wire [7:0]  b_arlen,
    output wire        b_rvalid,
    input  wire        b_rready,
    input  wire        b_awvalid,
    output wire        b_awready,
    input  wire [31:0] b_awaddr,
    input  wire [7:0]  b_awlen,
    input  wire        b_wvalid,
    output wire        b_wready,
    input  wire [63:0] b_wdata,
    input  wire [7:0]  b_wstrb,
    input  wire        b_wlast,
    output wire        b_bvalid,
    input  wire        b_bready,
    // Shared port; read data, responses and last go to both masters outside this module.
    output wire        m_arvalid,
    input  wire        m_arready,
    output wire [31:0] m_araddr,
    output wire [7:0]  m_arlen,
    input  wire        m_rvalid,
    output wire        m_rready,
    input  wire        m_rlast,
    output wire        m_awvalid,
    input  wire        m_awready,
    output wire [31:0] m_awaddr,
    output wire [7:0]  m_awlen,
    output wire        m_wvalid,
    input  wire        m_wready,
    output wire [63:0] m_wdata,
    output wire [7:0]  m_wstrb,
    output wire        m_wlast,
    input  wire        m_bvalid,
    output wire        m_bready
);
    localparam int OW = $clog2(OWNERS + 2);

    // ---- reads
    wire r_room, r_valid, r_b;             // the oldest burst under way is b's
    reg  ar_held_q, ar_b_q;
    wire ar_b    = ar_held_q ? ar_b_q : b_arvalid;
    wire ar_fire = m_arvalid && m_arready;

    assign m_arvalid = (ar_b ? b_arvalid : a_arvalid) && r_room;
    assign m_araddr  = ar_b ? b_araddr : a_araddr;
    assign m_arlen   = ar_b ? b_arlen : a_arlen;
    assign a_arready = m_arready && r_room && !ar_b;
    assign b_arready = m_arready && r_room && ar_b;
    assign a_rvalid  = m_rvalid && r_valid && !r_b;
    assign b_rvalid  = m_rvalid && r_valid && r_b;
    assign m_rready  = r_valid && (r_b ? b_rready : a_rready);
    soc_axi_owners #(.DEPTH(OWNERS)) u_readers (
        .clk(clk), .rst_n(rst_n), .room(r_room), .push(ar_fire), .push_owner(ar_b), .valid(r_valid), .owner(r_b),
        .pop(m_rvalid && m_rready && m_rlast)
    );
    always_ff @(posedge clk) begin
        ar_b_q    <= ar_b;
        ar_held_q <= rst_n && m_arvalid && !m_arready;
    end

    // ---- writes: w_b_q owns address and data; leave_q: no further address, the other is waiting
    reg             w_b_q, leave_q;
    reg  [OW-1:0]   w_open_q;    // bursts with address accepted and data not yet complete
    reg             w_some_q;    // there are any
    wire b_room, b_valid, b_b;
    wire aw_fire = m_awvalid && m_awready;
    wire w_fire  = m_wvalid && m_wready;
    wire w_end   = w_fire && m_wlast;
    wire other   = w_b_q ? a_awvalid : b_awvalid;

    assign m_awvalid = (w_b_q ? b_awvalid : a_awvalid) && !leave_q && b_room;
    assign m_awaddr  = w_b_q ? b_awaddr : a_awaddr;
    assign m_awlen   = w_b_q ? b_awlen : a_awlen;
    assign a_awready = m_awready && !leave_q && b_room && !w_b_q;
    assign b_awready = m_awready && !leave_q && b_room && w_b_q;
    assign m_wvalid  = (w_b_q ? b_wvalid : a_wvalid) && w_some_q;
    assign m_wdata   = w_b_q ? b_wdata : a_wdata;
    assign m_wstrb   = w_b_q ? b_wstrb : a_wstrb;
    assign m_wlast   = w_b_q ? b_wlast : a_wlast;
    assign a_wready  = m_wready && w_some_q && !w_b_q;
    assign b_wready  = m_wready && w_some_q && w_b_q;
    assign a_bvalid  = m_bvalid && b_valid && !b_b;
    assign b_bvalid  = m_bvalid && b_valid && b_b;
    assign m_bready  = b_valid && (b_b ? b_bready : a_bready);
    assign a_bdone   = a_bvalid && a_bready;

    soc_axi_owners #(.DEPTH(OWNERS)) u_writers (
        .clk(clk), .rst_n(rst_n), .room(b_room), .push(aw_fire), .push_owner(w_b_q), .valid(b_valid), .owner(b_b),
        .pop(m_bvalid && m_bready)
    );
    always_ff @(posedge clk) begin
        if (!rst_n) begin
            w_b_q    <= 1'b0;
            leave_q  <= 1'b0;
            w_open_q <= '0;
            w_some_q <= 1'b0;
        end else begin
            if (aw_fire && !w_end) w_open_q <= w_open_q + 1'b1;
            if (w_end && !aw_fire) w_open_q <= w_open_q - 1'b1;
            w_some_q <= aw_fire || (w_some_q && !(w_end && w_open_q == OW'(1)));
            if (leave_q) begin
                if (!w_some_q) begin
                    w_b_q   <= !w_b_q;
                    leave_q <= 1'b0;
                end
            end else begin
                // Never withdraw an address that is already shown.
                leave_q <= other && !(m_awvalid && !m_awready);
            end
        end
    end
endmodule
`default_nettype wire
