// Memory of soc_small behind an AXI port (an SDRAM): a cache of LINES beats of 64 bits in LUT RAM, which all of its masters share, so that
// they see one memory; and the boot memory.
//
// n_*, d_*, i_*, rdata, n_rdata: as soc_small_ram, which answers at once; here a hit takes three cycles. Direct mapped, written back;
// a beat is filled before it is written in part, so that the memory needs no byte masks (boards tie them).
// m_axi_*: single beats of 64 bits, one transfer at a time; errors are not looked at: addresses wrap inside the memory.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module soc_small_cache #(
    parameter        MEM_BITS  = 23,     // log2 of the memory's bytes
    parameter        LINES     = 64,
    parameter [31:0] BASE      = 32'h40000000,
    parameter        BOOT_INIT = ""      // words in hex
) (
    input  wire                clk,
    input  wire                rst_n,
    input  wire                n_ask,
    input  wire                n_we,
    input  wire [MEM_BITS-1:2] n_addr,
    input  wire [3:0]          n_be,
    input  wire [31:0]         n_wdata,
    output wire                n_go,
    output wire [31:0]         n_rdata,
    input  wire                d_ask,
    input  wire                d_we,
    input  wire [29:0]         d_addr,
    input  wire [3:0]          d_be,
    input  wire [31:0]         d_wdata,
    output wire                d_go,
    input  wire                i_ask,
    input  wire [29:0]         i_addr,
    output wire                i_go,
    output wire [31:0]         rdata,
    output wire                m_axi_arvalid,
    input  wire                m_axi_arready,
    output wire [31:0]         m_axi_araddr,
    input  wire                m_axi_rvalid,
    output wire                m_axi_rready,
    input  wire [63:0]         m_axi_rdata,
    output wire                m_axi_awvalid,
    input  wire                m_axi_awready,
    output wire [31:0]         m_axi_awaddr,
    output wire                m_axi_wvalid,
    input  wire                m_axi_wready,
    output wire [63:0]         m_axi_wdata,
    input  wire                m_axi_bvalid,
    output wire                m_axi_bready
);
    localparam LB = $clog2(LINES), TB = MEM_BITS - 3 - LB;
    localparam [2:0] CLEAR = 3'd0, IDLE = 3'd1, LOOK = 3'd2, DONE = 3'd3, WRITE = 3'd4, WRITTEN = 3'd5, READ = 3'd6, FILL = 3'd7;
    reg  [2:0]          state_q;
    reg                 of_n_q, of_d_q, boot_q, we_q, sent_a_q, sent_w_q;
    reg  [MEM_BITS-1:2] addr_q;
    reg  [3:0]          be_q;
    reg  [31:0]         wdata_q, rdata_q;

    // ---------------------------------------------------------------- tags {dirty, valid, address}, and beats
    (* ram_style = "distributed" *) reg [TB+1:0] tags [0:LINES-1];
    (* ram_style = "distributed" *) reg [63:0]   beats [0:LINES-1];
    wire [LB-1:0] line   = addr_q[3+:LB];
    wire [TB-1:0] high   = addr_q[MEM_BITS-1-:TB];
    wire [TB+1:0] tag    = tags[line];
    wire [63:0]   beat   = beats[line];
    wire          hit    = tag[TB] && tag[TB-1:0] == high;
    wire          put    = state_q == DONE && we_q && !boot_q;
    wire          filled = state_q == FILL && m_axi_rvalid;
    wire          clear  = state_q == CLEAR;
    integer       b;
    always @(posedge clk) begin
        if (put || filled || clear) tags[line] <= {put, !clear, high};
        for (b = 0; b < 8; b = b + 1)
            if (filled || (put && be_q[b%4] && addr_q[2] == (b >= 4))) beats[line][8*b+:8] <= filled ? m_axi_rdata[8*b+:8] : wdata_q[8*(b%4)+:8];
    end

    // ---------------------------------------------------------------- boot memory
    (* ram_style = "logic" *) reg [31:0] boot [0:255];
    initial if (BOOT_INIT != "") $readmemh(BOOT_INIT, boot);

    // ---------------------------------------------------------------- one access after the other
    wire any = n_ask || d_ask || i_ask;
    assign n_go    = state_q == DONE && of_n_q;
    assign d_go    = state_q == DONE && of_d_q;
    assign i_go    = state_q == DONE && !of_n_q && !of_d_q;
    assign rdata   = rdata_q;
    assign n_rdata = rdata_q;
    always @(posedge clk) begin
        if (state_q == IDLE) begin
            of_n_q  <= n_ask;
            of_d_q  <= !n_ask && d_ask;
            boot_q  <= !n_ask && (d_ask ? d_addr[29] : i_addr[29]);
            we_q    <= n_ask ? n_we : d_ask && d_we;
            be_q    <= n_ask ? n_be : d_be;
            wdata_q <= n_ask ? n_wdata : d_wdata;
            addr_q  <= n_ask ? n_addr : d_ask ? d_addr[MEM_BITS-3:0] : i_addr[MEM_BITS-3:0];
        end else if (clear) addr_q[3+:LB] <= line + {{LB-1{1'b0}}, 1'b1};
        if (state_q == DONE) rdata_q <= boot_q ? boot[addr_q[9:2]] : addr_q[2] ? beat[63:32] : beat[31:0];
        sent_a_q <= state_q == WRITE && (sent_a_q || m_axi_awready);
        sent_w_q <= state_q == WRITE && (sent_w_q || m_axi_wready);
        case (state_q)
            CLEAR: if (line == {LB{1'b1}}) state_q <= IDLE;
            IDLE: if (any) state_q <= LOOK;
            LOOK: state_q <= hit || boot_q ? DONE : tag[TB+1] && tag[TB] ? WRITE : READ;
            DONE: state_q <= IDLE;
            WRITE: if ((sent_a_q || m_axi_awready) && (sent_w_q || m_axi_wready)) state_q <= WRITTEN;
            WRITTEN: if (m_axi_bvalid) state_q <= READ;
            READ: if (m_axi_arready) state_q <= FILL;
            default: if (m_axi_rvalid) state_q <= LOOK;
        endcase
        if (!rst_n) begin
            state_q       <= CLEAR;
            addr_q[3+:LB] <= {LB{1'b0}};
        end
    end
    assign m_axi_awvalid = state_q == WRITE && !sent_a_q;
    assign m_axi_awaddr  = BASE | {{32-MEM_BITS{1'b0}}, tag[TB-1:0], line, 3'd0};
    assign m_axi_wvalid  = state_q == WRITE && !sent_w_q;
    assign m_axi_wdata   = beat;
    assign m_axi_bready  = state_q == WRITTEN;
    assign m_axi_arvalid = state_q == READ;
    assign m_axi_araddr  = BASE | {{32-MEM_BITS{1'b0}}, addr_q[MEM_BITS-1:3], 3'd0};
    assign m_axi_rready  = state_q == FILL;
    wire unused = &{1'b0, d_addr[28:MEM_BITS-2], i_addr[28:MEM_BITS-2]};
endmodule
`default_nettype wire
