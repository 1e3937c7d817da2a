// Data pins of soc_sdram: 64-bit beats to words of DQ bits and back, read queue, write responses.
// Contract: `read` or `write` in the clock of the column command, at most every 64 / DQ clocks. The first word of a write
// goes out with the registered command; the first word of a read is in dq_i LAND clocks after that edge. Reads only while
// read_room, writes only while b_room. err: the beat lies outside the memory: nothing is written, 0 and DECERR are read.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module soc_sdram_data #(
    parameter int DQ = 16,
    parameter int LAND = 2,
    parameter int CREDITS = 32
) (
    input  wire            clk,
    input  wire            rst_n,
    input  wire            read,
    input  wire            write,
    input  wire            last,
    input  wire            err,
    output wire            read_room,
    output wire            b_room,
    input  wire [63:0]     wdata,
    input  wire [7:0]      wstrb,
    output wire            s_axi_rvalid,
    input  wire            s_axi_rready,
    output wire [63:0]     s_axi_rdata,
    output wire [1:0]      s_axi_rresp,
    output wire            s_axi_rlast,
    output wire            s_axi_bvalid,
    input  wire            s_axi_bready,
    output wire [1:0]      s_axi_bresp,
    output wire [DQ/8-1:0] sdram_dqm,
    output wire [DQ-1:0]   sdram_dq_o,
    output wire            sdram_dq_oe,
    input  wire [DQ-1:0]   sdram_dq_i
);
    localparam int BL   = 64 / DQ;
    localparam int SB   = DQ / 8;
    localparam int PIPE = LAND + BL;  // clocks from a read command to its last word in dq_q

    // ---- out: the words of a beat, low ones first
    reg [63:0]   out_q;
    reg [7:0]    mask_q;              // bytes not to write; 0 when idle, so that reads are not masked
    reg [BL-1:0] busy_q;
    assign sdram_dq_o  = out_q[DQ-1:0];
    assign sdram_dqm   = mask_q[SB-1:0];
    assign sdram_dq_oe = busy_q[0];
    always_ff @(posedge clk) begin
        out_q  <= write ? wdata : out_q >> DQ;
        mask_q <= !rst_n ? 8'd0 : write ? (err ? 8'hff : ~wstrb) : mask_q >> SB;
        busy_q <= !rst_n ? '0 : write ? '1 : busy_q >> 1;
    end

    // ---- in
    reg [DQ-1:0]    dq_q;
    reg [63:DQ]     in_q;             // the words before, the newest on top
    reg [3*PIPE-1:0] pipe_q;          // {err, last, valid} of the reads under way
    wire            landed      = pipe_q[3*PIPE-3];
    wire            landed_last = pipe_q[3*PIPE-2];
    wire            landed_err  = pipe_q[3*PIPE-1];
    wire [63:0]     beat        = {dq_q, in_q};
    always_ff @(posedge clk) begin
        dq_q   <= sdram_dq_i;
        in_q   <= beat[63:DQ];
        pipe_q <= {pipe_q[3*PIPE-4:0], err, last, read && rst_n};
        if (!rst_n) pipe_q <= '0;
    end

    localparam int CW = $clog2(CREDITS + 1);
    reg  [CW-1:0] under_way_q; // beats asked for and not yet taken
    wire taken = s_axi_rvalid && s_axi_rready;
    wire r_err, queue_ready;
    assign read_room = under_way_q != CW'(CREDITS);
    always_ff @(posedge clk) begin
        if (!rst_n) under_way_q <= '0;
        else if (read && !taken) under_way_q <= under_way_q + 1'b1;
        else if (taken && !read) under_way_q <= under_way_q - 1'b1;
    end
    npu_fifo #(.WIDTH(66), .DEPTH(CREDITS)) u_read_queue (
        .clk(clk), .rst_n(rst_n), .in_valid(landed), .in_ready(queue_ready),
        .in_data({landed_err, landed_last, landed_err ? 64'd0 : beat}),
        .out_valid(s_axi_rvalid), .out_ready(s_axi_rready), .out_data({r_err, s_axi_rlast, s_axi_rdata})
    );
    assign s_axi_rresp = {2{r_err}};

    wire b_err;
    npu_fifo #(.WIDTH(1), .DEPTH(4)) u_responses (
        .clk(clk), .rst_n(rst_n), .in_valid(write && last), .in_ready(b_room), .in_data(err),
        .out_valid(s_axi_bvalid), .out_ready(s_axi_bready), .out_data(b_err)
    );
    assign s_axi_bresp = {2{b_err}};

    wire _unused = &{1'b0, queue_ready};
endmodule
`default_nettype wire
