// Test side of a Wishbone memory port: a slave with random stalls, in front of an AXI4 memory. It watches the master's rules and
// ends the simulation when one is broken: a request that changes before it was taken, cyc falling while transfers are under
// way, a burst (CTI) whose next transfer is not what it promised.
// PIPELINED = 1: takes up to 16 requests of one kind, answers in order; errs to addresses outside [0x40000000, 0x80000000) with
// the request itself, when nothing is under way. PIPELINED = 0: standard mode, one transfer at a time; within a burst it takes
// the address from its own count, as registered-feedback slaves do. STALL: chance, in 1/256 a clock, that it does nothing.
// The AXI side: single beats, full strobes where the data is. SPDX-License-Identifier: Apache-2.0
`default_nettype none
module wb_memory #(
    parameter WIDTH = 64,
    parameter PIPELINED = 1,
    parameter STALL = 90
) (
    input  wire               clk,
    input  wire               rst_n,
    input  wire               cyc,
    input  wire               stb,
    input  wire               we,
    input  wire [31:0]        adr,
    input  wire [WIDTH/8-1:0] sel,
    input  wire [WIDTH-1:0]   dat_w,
    input  wire [2:0]         cti,
    input  wire [1:0]         bte,
    output wire [WIDTH-1:0]   dat_r,
    output wire               ack,
    output wire               err,
    output wire               stall,
    output wire               m_axi_arvalid,
    input  wire               m_axi_arready,
    output wire [31:0]        m_axi_araddr,
    input  wire               m_axi_rvalid,
    output wire               m_axi_rready,
    input  wire [63:0]        m_axi_rdata,
    input  wire [1:0]         m_axi_rresp,
    output wire               m_axi_awvalid,
    input  wire               m_axi_awready,
    output wire [31:0]        m_axi_awaddr,
    output wire               m_axi_wvalid,
    input  wire               m_axi_wready,
    output wire [63:0]        m_axi_wdata,
    output wire [7:0]         m_axi_wstrb,
    input  wire               m_axi_bvalid,
    output wire               m_axi_bready,
    input  wire [1:0]         m_axi_bresp
);
    reg [31:0] dice_q;
    always @(posedge clk) dice_q <= !rst_n ? 32'h1234567 : {dice_q[30:0], dice_q[31] ^ dice_q[21] ^ dice_q[1] ^ dice_q[0]};
    wire idle_now = {dice_q[3], dice_q[7], dice_q[2], dice_q[11], dice_q[17], dice_q[5], dice_q[29], dice_q[23]} < STALL;
    wire rest_now = {dice_q[8], dice_q[13], dice_q[19], dice_q[4], dice_q[27], dice_q[14], dice_q[9], dice_q[22]} < STALL;

    // ---- requests under way, in the memory's queues
    wire       ar_ready, aw_ready, w_ready, half_ready, half;
    reg  [4:0] reads_q, writes_q;
    wire       waiting = cyc && stb && !(PIPELINED == 0 && (reads_q != 0 || writes_q != 0));
    wire       foreign = adr[31:30] != 2'b01;
    wire       outside = PIPELINED != 0 && foreign && reads_q == 0 && writes_q == 0;
    wire       allowed = !idle_now && (we ? reads_q == 0 && aw_ready && w_ready && writes_q < 16
                                          : writes_q == 0 && ar_ready && half_ready && reads_q < 16)
                         && !(PIPELINED != 0 && foreign && !outside);
    wire       took = waiting && allowed && !outside;
    // In a burst of standard mode the address is the slave's own.
    reg        burst_q, burst_we_q;
    reg [31:0] next_q;
    wire [31:0] at = PIPELINED == 0 && burst_q ? next_q : adr;
    wire        upper = WIDTH == 32 && at[2];
    wire [63:0] wide_data = {(64 / WIDTH){dat_w}};
    wire [7:0]  wide_sel = WIDTH == 64 ? sel : upper ? {sel, 4'd0} : {4'd0, sel};

    npu_fifo #(.WIDTH(32), .DEPTH(16)) u_ar (
        .clk(clk), .rst_n(rst_n), .in_valid(took && !we), .in_ready(ar_ready), .in_data({at[31:3], 3'd0}),
        .out_valid(m_axi_arvalid), .out_ready(m_axi_arready), .out_data(m_axi_araddr));
    npu_fifo #(.WIDTH(1), .DEPTH(16)) u_half (
        .clk(clk), .rst_n(rst_n), .in_valid(took && !we), .in_ready(half_ready), .in_data(upper),
        .out_valid(), .out_ready(m_axi_rvalid && m_axi_rready), .out_data(half));
    npu_fifo #(.WIDTH(32), .DEPTH(16)) u_aw (
        .clk(clk), .rst_n(rst_n), .in_valid(took && we), .in_ready(aw_ready), .in_data({at[31:3], 3'd0}),
        .out_valid(m_axi_awvalid), .out_ready(m_axi_awready), .out_data(m_axi_awaddr));
    npu_fifo #(.WIDTH(72), .DEPTH(16)) u_w (
        .clk(clk), .rst_n(rst_n), .in_valid(took && we), .in_ready(w_ready), .in_data({wide_sel, wide_data}),
        .out_valid(m_axi_wvalid), .out_ready(m_axi_wready), .out_data({m_axi_wstrb, m_axi_wdata}));

    // ---- answers
    assign m_axi_rready = !rest_now;
    assign m_axi_bready = !rest_now;
    wire got_r = m_axi_rvalid && m_axi_rready, got_b = m_axi_bvalid && m_axi_bready;
    wire bad   = got_r ? m_axi_rresp[1] : m_axi_bresp[1];
    wire at_once = waiting && allowed && outside;
    assign ack   = (got_r || got_b) && !bad;
    assign err   = ((got_r || got_b) && bad) || at_once;
    assign dat_r = WIDTH == 32 && half ? m_axi_rdata[63:64-WIDTH] : m_axi_rdata[WIDTH-1:0];
    assign stall = PIPELINED != 0 && !(waiting && allowed);
    wire answered = ack || err;

    always @(posedge clk) begin
        if (!rst_n) begin
            reads_q  <= 0;
            writes_q <= 0;
            burst_q  <= 1'b0;
        end else begin
            reads_q  <= reads_q + {4'd0, took && !we} - {4'd0, got_r};
            writes_q <= writes_q + {4'd0, took && we} - {4'd0, got_b};
            if (!cyc || (answered && (err || cti != 3'b010))) burst_q <= 1'b0;
            else if (answered) burst_q <= 1'b1;
            if (answered) begin
                next_q     <= at + WIDTH / 8;
                burst_we_q <= we;
            end
        end
    end

    // ---- the master's rules
    reg                        held_q;
    reg [32+WIDTH/8+WIDTH+5:0] shown_q;
    wire [32+WIDTH/8+WIDTH+5:0] shown = {adr, sel, we ? dat_w : {WIDTH{1'b0}}, we, cti, bte};
    task broken(input [8*48-1:0] what);
        begin
            $display("FAIL wishbone rule: %0s", what);
            $finish(0);
        end
    endtask
    always @(posedge clk) begin
        held_q  <= rst_n && cyc && stb && (PIPELINED != 0 ? stall : !answered);
        shown_q <= shown;
        if (rst_n) begin
            if (held_q && (!cyc || !stb || shown != shown_q)) broken("a request changes before it was taken");
            if ((reads_q != 0 || writes_q != 0) && !cyc) broken("cyc falls under a transfer");
            if (PIPELINED == 0 && burst_q && cyc && stb && (adr != next_q || we != burst_we_q || (cti != 3'b010 && cti != 3'b111)))
                broken("a burst goes on otherwise than it said");
            if (bte != 2'b00 || (PIPELINED != 0 && cyc && stb && cti != 3'b000)) broken("CTI or BTE");
        end
    end
endmodule
`default_nettype wire
