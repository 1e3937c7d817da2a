// Wishbone (classic, 32 bits) to AXI4 (64 bits): the CPU's way to main memory, with a read buffer of one line.
// Reads fetch an aligned line of LINE_BEATS x 8 bytes and are answered from it while it is valid; writes go through,
// one at a time, and wait for their response. Coherence: the line is dropped on any CPU write and on every
// write response that the NPU receives (snoop_write), so whoever has seen the NPU finish reads what it wrote.
// Timing: ack 1 cycle after a hit, after the whole line for a miss; err with ack when the memory answered with an
// error. stb must stay until ack. LINE_BEATS: power of two, 2..16.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module soc_wb_axi #(
    parameter int LINE_BEATS = 4
) (
    input  wire        clk,
    input  wire        rst_n,
    input  wire        wb_stb,
    input  wire        wb_we,
    input  wire [31:0] wb_addr,   // byte address, multiple of 4
    input  wire [3:0]  wb_sel,
    input  wire [31:0] wb_wdat,
    output reg         wb_ack,
    output reg         wb_err,
    output reg  [31:0] wb_rdat,
    input  wire        snoop_write,
    // AXI4 master, INCR bursts, one outstanding.
    output reg         m_axi_arvalid,
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
    output reg         m_axi_awvalid,
    input  wire        m_axi_awready,
    output wire [31:0] m_axi_awaddr,
    output wire [7:0]  m_axi_awlen,
    output wire [2:0]  m_axi_awsize,
    output wire [1:0]  m_axi_awburst,
    output reg         m_axi_wvalid,
    input  wire        m_axi_wready,
    output wire [63:0] m_axi_wdata,
    output wire [7:0]  m_axi_wstrb,
    output wire        m_axi_wlast,
    input  wire        m_axi_bvalid,
    output wire        m_axi_bready,
    input  wire [1:0]  m_axi_bresp
);
    localparam int BW = $clog2(LINE_BEATS);
    localparam int TAG = BW + 3;  // lowest address bit of the tag

    reg [63:0]     line_q [0:LINE_BEATS-1];
    reg [31:TAG]   tag_q;
    reg            valid_q;
    reg            fill_q;        // a line is being read
    reg            write_q;       // a write is under way
    reg            killed_q;      // the line being read may be stale when complete
    reg            bad_q;         // a beat of the line came with an error
    reg [BW-1:0]   beat_q;

    wire           hit   = valid_q && tag_q == wb_addr[31:TAG];
    wire           idle  = wb_stb && !wb_ack && !fill_q && !write_q;
    wire           beat  = fill_q && m_axi_rvalid;
    wire           last  = beat && m_axi_rlast;
    wire           bdone = write_q && m_axi_bvalid;
    wire [63:0]    word  = line_q[wb_addr[TAG-1:3]];
    // The wanted beat of a miss is kept on its way past, so a killed line still answers its own request.
    reg [31:0]     miss_q;
    wire           wanted = beat && beat_q == wb_addr[TAG-1:3];
    wire [31:0]    rhalf  = wb_addr[2] ? m_axi_rdata[63:32] : m_axi_rdata[31:0];

    assign m_axi_araddr  = {wb_addr[31:TAG], {TAG{1'b0}}};
    assign m_axi_arlen   = 8'(LINE_BEATS - 1);
    assign m_axi_arsize  = 3'd3;
    assign m_axi_arburst = 2'b01;
    assign m_axi_rready  = fill_q;
    assign m_axi_awaddr  = {wb_addr[31:3], 3'd0};
    assign m_axi_awlen   = 8'd0;
    assign m_axi_awsize  = 3'd3;
    assign m_axi_awburst = 2'b01;
    assign m_axi_wdata   = {wb_wdat, wb_wdat};
    assign m_axi_wstrb   = wb_addr[2] ? {wb_sel, 4'd0} : {4'd0, wb_sel};
    assign m_axi_wlast   = 1'b1;
    assign m_axi_bready  = write_q;

    always_ff @(posedge clk) if (beat) line_q[beat_q] <= m_axi_rdata;

    always_ff @(posedge clk) begin
        if (wanted) miss_q <= rhalf;
        if (fill_q) wb_rdat <= wanted ? rhalf : miss_q;
        else        wb_rdat <= wb_addr[2] ? word[63:32] : word[31:0];
        if (!rst_n) begin
            tag_q         <= '0;
            valid_q       <= 1'b0;
            fill_q        <= 1'b0;
            write_q       <= 1'b0;
            killed_q      <= 1'b0;
            bad_q         <= 1'b0;
            beat_q        <= '0;
            wb_ack        <= 1'b0;
            wb_err        <= 1'b0;
            m_axi_arvalid <= 1'b0;
            m_axi_awvalid <= 1'b0;
            m_axi_wvalid  <= 1'b0;
        end else begin
            wb_ack <= (idle && !wb_we && hit) || last || bdone;
            wb_err <= (last && (bad_q || m_axi_rresp[1])) || (bdone && m_axi_bresp[1]);
            if (m_axi_arready) m_axi_arvalid <= 1'b0;
            if (m_axi_awready) m_axi_awvalid <= 1'b0;
            if (m_axi_wready)  m_axi_wvalid  <= 1'b0;
            if (idle && !wb_we && !hit) begin
                fill_q        <= 1'b1;
                killed_q      <= 1'b0;
                bad_q         <= 1'b0;
                beat_q        <= '0;
                valid_q       <= 1'b0;
                m_axi_arvalid <= 1'b1;
            end
            if (idle && wb_we) begin
                write_q       <= 1'b1;
                valid_q       <= 1'b0;
                m_axi_awvalid <= 1'b1;
                m_axi_wvalid  <= 1'b1;
            end
            if (beat) begin
                beat_q <= beat_q + 1'b1;
                if (m_axi_rresp[1]) bad_q <= 1'b1;
            end
            if (last) begin
                fill_q  <= 1'b0;
                tag_q   <= wb_addr[31:TAG];
                valid_q <= !killed_q && !bad_q && !m_axi_rresp[1];
            end
            if (bdone) write_q <= 1'b0;
            if (snoop_write) begin
                valid_q  <= 1'b0;
                killed_q <= 1'b1;
            end
        end
    end

    wire _unused = &{1'b0, m_axi_rresp[0], m_axi_bresp[0], wb_addr[1:0]};
endmodule
`default_nettype wire
