// AXI4 slave to Wishbone B4 master: lets an AXI4 master without IDs (INCR bursts, 64 bits: npu_top) use a Wishbone memory.
// Bursts of reads and of writes are put on the bus in the order in which their addresses come, reads first when both wait
// and the last was a write; every AXI beat is one Wishbone transfer (WIDTH = 64) or two, lower address first (WIDTH = 32).
// PIPELINED = 1: Wishbone B4 pipelined: stb with stall, up to 32 transfers under way. PIPELINED = 0: standard mode with
// registered feedback: stb stays until ack or err; CTI 010 within a burst, 111 at its end, 000 for a single transfer; BTE 00.
// Contract, AXI side: valids stay; read data waits in a FIFO, so any rready goes. err becomes SLVERR: of that beat of a read, of
// the whole burst of a write. Wishbone side: each transfer is answered by one ack or err; rty: tie it to err. cyc is high while
// anything is under way. After an err in standard mode cyc falls for a clock and the rest of the burst is single transfers.
// Timing: an address is on the bus one clock after it came; data is on R one clock after its ack. One beat a clock at WIDTH = 64
// when the bus takes one.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module soc_axi_wb #(
    parameter int WIDTH = 64,        // of the Wishbone data: 32 or 64
    parameter int PIPELINED = 1
) (
    input  wire        clk,
    input  wire        rst_n,
    input  wire        s_axi_arvalid,
    output wire        s_axi_arready,
    input  wire [31:0] s_axi_araddr,
    input  wire [7:0]  s_axi_arlen,
    output wire        s_axi_rvalid,
    input  wire        s_axi_rready,
    output wire [63:0] s_axi_rdata,
    output wire [1:0]  s_axi_rresp,
    output wire        s_axi_rlast,
    input  wire        s_axi_awvalid,
    output wire        s_axi_awready,
    input  wire [31:0] s_axi_awaddr,
    input  wire [7:0]  s_axi_awlen,
    input  wire        s_axi_wvalid,
    output wire        s_axi_wready,
    input  wire [63:0] s_axi_wdata,
    input  wire [7:0]  s_axi_wstrb,
    output wire        s_axi_bvalid,
    input  wire        s_axi_bready,
    output wire [1:0]  s_axi_bresp,
    // Wishbone; addresses of bytes, aligned to the data's width.
    output wire               wb_cyc,
    output wire               wb_stb,
    output wire               wb_we,
    output wire [31:0]        wb_adr,
    output wire [WIDTH/8-1:0] wb_sel,
    output wire [WIDTH-1:0]   wb_dat_w,
    output wire [2:0]         wb_cti,
    output wire [1:0]         wb_bte,
    input  wire [WIDTH-1:0]   wb_dat_r,
    input  wire               wb_ack,
    input  wire               wb_err,
    input  wire               wb_stall   // PIPELINED only
);
    localparam int DEPTH = 32;                       // read beats under way or waiting on R; transfers under way
    localparam int HALVES = 64 / WIDTH;
    localparam [5:0] ROOM = 6'(DEPTH);

    // ---- the burst on the bus: address phase
    reg         busy_q, we_q, half_q, single_q;      // half_q: the upper half of the beat is next; single_q: CTI 000
    reg         gap_q;                               // standard mode: the clock after an err
    reg  [31:3] addr_q;
    reg  [7:0]  left_q;                              // beats after this one
    reg  [5:0]  open_q;                              // read beats asked for and not yet taken from R
    wire        pop   = s_axi_rvalid && s_axi_rready;
    wire        room  = open_q != ROOM;
    wire        tags_ready, tag_valid, tag_we, tag_last, tag_upper;
    wire        answer = wb_cyc && (wb_ack || wb_err);
    wire        upper = HALVES == 1 || half_q;       // the beat's last transfer
    wire        ends  = upper && left_q == 8'd0;
    // A write transfer needs its data, a read beat a place in the FIFO.
    wire        able  = busy_q && !gap_q && tags_ready && (we_q ? s_axi_wvalid : half_q || room);
    wire        took  = PIPELINED != 0 ? wb_stb && !wb_stall : wb_stb && (wb_ack || wb_err);
    wire        free  = !busy_q || (took && ends);   // a new burst may begin with the next clock
    reg  [2:0]  b_open_q;                            // write bursts whose response has not been taken, at most 4
    wire        may_w = s_axi_awvalid && !b_open_q[2];
    wire        pick_w = may_w && (!s_axi_arvalid || !we_q);
    assign s_axi_arready = free && s_axi_arvalid && !pick_w;
    assign s_axi_awready = free && pick_w;
    assign s_axi_wready  = took && we_q && upper;

    assign wb_stb = able;
    assign wb_we  = we_q;
    assign wb_cti = PIPELINED != 0 || single_q ? 3'b000 : ends ? 3'b111 : 3'b010;
    assign wb_bte = 2'b00;
    generate
        if (HALVES == 1) begin : gen_whole
            assign wb_adr   = {addr_q, 3'b000};
            assign wb_dat_w = s_axi_wdata;
            assign wb_sel   = we_q ? s_axi_wstrb : 8'hff;
        end else begin : gen_halves
            assign wb_adr   = {addr_q, half_q, 2'b00};
            assign wb_dat_w = half_q ? s_axi_wdata[63:32] : s_axi_wdata[31:0];
            assign wb_sel   = !we_q ? 4'hf : half_q ? s_axi_wstrb[7:4] : s_axi_wstrb[3:0];
        end
    endgenerate

    // ---- what the answers belong to: in standard mode always the transfer that is shown
    generate
        if (PIPELINED != 0) begin : gen_tags
            // An answer may come with its transfer, in the same clock: then it passes by.
            wire kept;
            wire [2:0] tag;
            wire now = !kept && answer;
            npu_fifo #(.WIDTH(3), .DEPTH(DEPTH)) u_tags (
                .clk(clk), .rst_n(rst_n), .in_valid(took && !now), .in_ready(tags_ready), .in_data({we_q, ends, upper}),
                .out_valid(kept), .out_ready(answer), .out_data(tag));
            assign {tag_we, tag_last, tag_upper} = kept ? tag : {we_q, ends, upper};
            assign tag_valid = kept;
        end else begin : gen_no_tags
            assign {tag_we, tag_last, tag_upper} = {we_q, ends, upper};
            assign tag_valid  = 1'b0;
            assign tags_ready = 1'b1;
            wire _unused = &{1'b0, wb_stall};
        end
    endgenerate
    assign wb_cyc = (busy_q || tag_valid) && !gap_q;

    // ---- answers
    reg              low_bad_q, w_bad_q;
    reg  [31:0]      low_q;
    wire             bad  = wb_err || (HALVES == 2 && low_bad_q);
    wire [63:0]      beat;
    generate
        if (HALVES == 1) begin : gen_beat
            assign beat = wb_dat_r;
            wire _unused = &{1'b0, low_q};
        end else begin : gen_beat_of_two
            assign beat = {wb_dat_r, low_q};
        end
    endgenerate
    wire [1:0] r_flags;
    wire       r_room;                               // always: open_q counts
    npu_fifo #(.WIDTH(66), .DEPTH(DEPTH)) u_read (
        .clk(clk), .rst_n(rst_n), .in_valid(answer && !tag_we && tag_upper), .in_ready(r_room), .in_data({bad, tag_last, beat}),
        .out_valid(s_axi_rvalid), .out_ready(s_axi_rready), .out_data({r_flags, s_axi_rdata}));
    wire       w_bad = w_bad_q || wb_err;
    wire       b_room, b_bad;                        // room always: b_open_q counts
    npu_fifo #(.WIDTH(1), .DEPTH(4)) u_responses (
        .clk(clk), .rst_n(rst_n), .in_valid(answer && tag_we && tag_last), .in_ready(b_room), .in_data(w_bad),
        .out_valid(s_axi_bvalid), .out_ready(s_axi_bready), .out_data(b_bad));
    assign s_axi_bresp = {b_bad, 1'b0};
    assign s_axi_rresp = {r_flags[1], 1'b0};
    assign s_axi_rlast = r_flags[0];

    always_ff @(posedge clk) begin
        if (answer && !tag_upper) low_q <= wb_dat_r[31:0];
        if (!rst_n) begin
            busy_q       <= 1'b0;
            we_q         <= 1'b0;
            half_q       <= 1'b0;
            single_q     <= 1'b0;
            gap_q        <= 1'b0;
            addr_q       <= '0;
            left_q       <= 8'd0;
            open_q       <= 6'd0;
            b_open_q     <= 3'd0;
            low_bad_q    <= 1'b0;
            w_bad_q      <= 1'b0;
        end else begin
            gap_q  <= PIPELINED == 0 && took && wb_err;
            open_q <= open_q + 6'(took && !we_q && upper) - 6'(pop);
            if (took) begin
                half_q <= HALVES == 2 && !half_q;
                if (upper) begin
                    addr_q <= addr_q + 29'd1;
                    left_q <= left_q - 8'd1;
                end
                if (PIPELINED == 0 && wb_err) single_q <= 1'b1;
            end
            if (free) begin
                busy_q <= s_axi_arready || s_axi_awready;
                half_q <= 1'b0;
                if (s_axi_arready || s_axi_awready) begin
                    we_q     <= s_axi_awready;
                    addr_q   <= s_axi_awready ? s_axi_awaddr[31:3] : s_axi_araddr[31:3];
                    left_q   <= s_axi_awready ? s_axi_awlen : s_axi_arlen;
                    single_q <= HALVES == 1 && (s_axi_awready ? s_axi_awlen : s_axi_arlen) == 8'd0;
                end
            end
            if (answer) low_bad_q <= wb_err && !tag_upper;
            b_open_q <= b_open_q + 3'(s_axi_awready) - 3'(s_axi_bvalid && s_axi_bready);
            if (answer && tag_we) w_bad_q <= !tag_last && w_bad;
        end
    end

    wire _unused = &{1'b0, r_room, b_room, s_axi_araddr[2:0], s_axi_awaddr[2:0]};
endmodule
`default_nettype wire
