// SDRAM controller: AXI4 slave (64 bits, INCR bursts of whole beats, no IDs, answers in order) to single-data-rate SDRAM
// of 16 or 32 data pins, four banks.
// Rows stay open until another row of their bank is wanted or refresh closes them; while one burst moves data, the row of
// the next is opened in the spare command slots. A beat is one column command (burst length 64 / DQ), so long reads run
// at the pins' rate. Addresses count up through columns, then banks, then rows. Reads and writes take turns burst by burst.
// Addresses are taken when the place of the waiting burst is empty, data beats one at a time into a register, also before their
// address: every ready comes from flip-flops through one LUT, so that a system around it has the clock period to itself. What is
// decided here rests on flags that were worked out in the clock before: soc_sdram_banks.
// Part timing comes in ns (T_*) and clocks; CLK_PS is the clock period in ps, rounded down. Refresh: one in T_REFI.
// Pins: everything registered. dq_i is sampled CAS + READ_EXTRA clocks after the clock edge that launched the command:
// READ_EXTRA 0 when the SDRAM's clock is clk inverted (setup and hold of half a period each way), 1 when it is clk itself.
// Outside [BASE, BASE + size) reads give 0 with DECERR and writes DECERR; a burst may not cross that border.
// Checked against testbench/sdram/sdram_model.v, which knows the part's timing. SPDX-License-Identifier: Apache-2.0
`default_nettype none
module soc_sdram #(
    parameter [31:0] BASE = 32'h40000000,
    parameter int DQ = 16,              // data pins: 16, 32
    parameter int ROW_BITS = 13,
    parameter int COL_BITS = 9,         // at most 10: A10 means all banks
    parameter int CLK_PS = 16666,
    parameter int CAS = 2,              // clocks: 2, 3
    parameter int READ_EXTRA = 0,
    parameter int T_RCD = 20,           // ns: activate to column command
    parameter int T_RP = 20,            // precharge to activate
    parameter int T_RAS = 45,           // activate to precharge
    parameter int T_RC = 66,            // activate to activate, one bank
    parameter int T_RRD = 15,           // activate to activate, two banks
    parameter int T_RFC = 66,           // refresh to activate or refresh
    parameter int T_WR = 15,            // last data in to precharge
    parameter int T_REFI = 7812,        // average time between refreshes
    parameter int T_INIT = 200000,      // clock running to first command
    parameter int INIT_REFRESHES = 8,
    parameter int MRD_CLOCKS = 2,       // mode register set to the next command
    parameter int TURN_CLOCKS = 1       // data pins idle between read and write data
) (
    input  wire                clk,
    input  wire                rst_n,
    input  wire                s_axi_arvalid,
    output wire                s_axi_arready,
    input  wire [31:0]         s_axi_araddr,
    input  wire [7:0]          s_axi_arlen,
    output wire                s_axi_rvalid,
    input  wire                s_axi_rready,
    output wire [63:0]         s_axi_rdata,
    output wire [1:0]          s_axi_rresp,
    output wire                s_axi_rlast,
    input  wire                s_axi_awvalid,
    output wire                s_axi_awready,
    input  wire [31:0]         s_axi_awaddr,
    input  wire [7:0]          s_axi_awlen,
    // Data beats belong to the addresses in their order, and may come first; wlast is not needed.
    input  wire                s_axi_wvalid,
    output wire                s_axi_wready,
    input  wire [63:0]         s_axi_wdata,
    input  wire [7:0]          s_axi_wstrb,
    output wire                s_axi_bvalid,
    input  wire                s_axi_bready,
    output wire [1:0]          s_axi_bresp,
    // SDRAM pins; dq_oe drives all data pins.
    output wire                sdram_cke,
    output reg                 sdram_cs_n,
    output reg                 sdram_ras_n,
    output reg                 sdram_cas_n,
    output reg                 sdram_we_n,
    output reg  [1:0]          sdram_ba,
    output reg  [ROW_BITS-1:0] sdram_a,
    output wire [DQ/8-1:0]     sdram_dqm,
    output wire [DQ-1:0]       sdram_dq_o,
    output wire                sdram_dq_oe,
    input  wire [DQ-1:0]       sdram_dq_i
);
    localparam int BL      = 64 / DQ;          // words of a beat
    localparam int BB      = $clog2(BL);
    localparam int AW      = COL_BITS + 2 + ROW_BITS - BB; // beats of the whole memory, as address bits
    localparam int LAND    = CAS + READ_EXTRA; // clocks from a read command to its first word in dq_q
    localparam int CREDITS = 32;               // read beats under way or waiting to be taken

    localparam [3:0] NOP = 4'b0111, ACTIVE = 4'b0011, READ = 4'b0101, WRITE = 4'b0100, PRECHARGE = 4'b0010,
        REFRESH = 4'b0001, MODE = 4'b0000;

    // ---- bursts: one at work (cur), one waiting (nxt)
    reg           cur_valid_q, cur_write_q, cur_err_q, cur_last_q, nxt_valid_q, nxt_write_q, nxt_err_q, last_read_q;
    reg  [AW-1:0] cur_addr_q, nxt_addr_q;      // in beats
    reg  [7:0]    cur_left_q, nxt_left_q;
    wire          column;                      // a column command goes out
    wire          cur_done   = column && cur_last_q;
    wire          nxt_pop    = nxt_valid_q && (!cur_valid_q || cur_done);
    wire          take_read  = s_axi_arvalid && !(s_axi_awvalid && last_read_q);
    wire [31:0]   take_addr  = take_read ? s_axi_araddr : s_axi_awaddr;
    assign s_axi_arready = !nxt_valid_q && !(s_axi_awvalid && last_read_q);
    assign s_axi_awready = !nxt_valid_q && !(s_axi_arvalid && !last_read_q);
    wire          taken = !nxt_valid_q && (s_axi_arvalid || s_axi_awvalid);

    always_ff @(posedge clk) begin
        if (!nxt_valid_q) begin
            nxt_write_q <= !take_read;
            nxt_err_q   <= take_addr[31:AW+3] != BASE[31:AW+3];
            nxt_addr_q  <= take_addr[3 +: AW];
            nxt_left_q  <= take_read ? s_axi_arlen : s_axi_awlen;
        end
        if (nxt_pop) begin
            cur_write_q <= nxt_write_q;
            cur_err_q   <= nxt_err_q;
            cur_addr_q  <= nxt_addr_q;
            cur_left_q  <= nxt_left_q;
            cur_last_q  <= nxt_left_q == 8'd0;
        end else if (column) begin
            cur_addr_q <= cur_addr_q + 1'b1;
            cur_left_q <= cur_left_q - 8'd1;
            cur_last_q <= cur_left_q == 8'd1;
        end
        if (!rst_n) begin
            nxt_valid_q <= 1'b0;
            cur_valid_q <= 1'b0;
            last_read_q <= 1'b0;
        end else begin
            if (taken) last_read_q <= take_read;
            nxt_valid_q <= taken || (nxt_valid_q && !nxt_pop);
            cur_valid_q <= nxt_pop || (cur_valid_q && !cur_done);
        end
    end

    // The data beat that goes out next: column commands are two clocks apart or more, so one place keeps up.
    reg        w_held_q;
    reg [63:0] w_data_q;
    reg [7:0]  w_strb_q;
    wire       w_pop = column && cur_write_q;
    assign s_axi_wready = !w_held_q;
    always_ff @(posedge clk) begin
        if (!w_held_q) begin
            w_data_q <= s_axi_wdata;
            w_strb_q <= s_axi_wstrb;
        end
        w_held_q <= rst_n && (w_held_q ? !w_pop : s_axi_wvalid);
    end

    wire [COL_BITS-1:0] cur_col  = {cur_addr_q[COL_BITS-BB-1:0], {BB{1'b0}}};
    wire [1:0]          cur_bank = cur_addr_q[COL_BITS-BB +: 2], nxt_bank = nxt_addr_q[COL_BITS-BB +: 2];
    wire [ROW_BITS-1:0] cur_row  = cur_addr_q[COL_BITS-BB+2 +: ROW_BITS], nxt_row = nxt_addr_q[COL_BITS-BB+2 +: ROW_BITS];

    // ---- what may go out in this clock
    wire       activate, precharge, precharge_all, refresh, mode_set, ready, refresh_due;
    wire [3:0] is_open, may_activate, may_precharge, may_column;
    wire       cur_hit, cur_miss, nxt_miss, may_rrd;
    reg  [1:0] row_bank;                       // of activate and precharge
    reg  [ROW_BITS-1:0] row;
    soc_sdram_banks #(
        .ROW_BITS(ROW_BITS), .CLK_PS(CLK_PS), .BL(BL), .T_RCD(T_RCD), .T_RP(T_RP), .T_RAS(T_RAS), .T_RC(T_RC), .T_RRD(T_RRD),
        .T_RFC(T_RFC), .T_WR(T_WR)
    ) u_banks (
        .clk(clk), .rst_n(rst_n), .activate(activate), .precharge(precharge), .precharge_all(precharge_all),
        .refresh(refresh), .row_bank(row_bank), .row(row), .column(column), .column_bank(cur_bank), .column_write(cur_write_q),
        .cur_valid(cur_valid_q && !cur_done && !(column && (&cur_addr_q[COL_BITS-BB-1:0]))), .cur_bank(cur_bank), .cur_row(cur_row),
        .nxt_valid(nxt_valid_q && !nxt_pop), .nxt_moves(nxt_pop), .nxt_bank(nxt_bank), .nxt_row(nxt_row),
        .cur_hit(cur_hit), .cur_miss(cur_miss), .nxt_miss(nxt_miss),
        .is_open(is_open), .may_activate(may_activate), .may_precharge(may_precharge), .may_column(may_column), .may_rrd(may_rrd)
    );
    wire init_precharge, init_refresh;
    soc_sdram_init #(
        .CLK_PS(CLK_PS), .T_RP(T_RP), .T_RFC(T_RFC), .T_REFI(T_REFI), .T_INIT(T_INIT), .INIT_REFRESHES(INIT_REFRESHES),
        .MRD_CLOCKS(MRD_CLOCKS)
    ) u_init (
        .clk(clk), .rst_n(rst_n), .precharge(init_precharge), .refresh(init_refresh), .mode_set(mode_set), .ready(ready),
        .refresh_due(refresh_due), .refreshed(refresh)
    );

    // Column commands: a whole beat apart; write data only when the pins are free of read data. The counters are 0 when free.
    localparam int GAP_WRITE = CAS + BL + TURN_CLOCKS;
    reg  [3:0] gap_q, write_gap_q;             // clocks until the next column command, until the next write
    reg        gap_free_q, write_free_q;
    wire       read_room, b_room;
    wire       run = ready && !refresh_due;
    assign column = run && gap_free_q && cur_hit && may_column[cur_bank] &&
        (cur_write_q ? w_held_q && b_room && write_free_q : read_room);
    always_ff @(posedge clk) begin
        if (!gap_free_q) gap_q <= gap_q - 4'd1;
        if (!write_free_q) write_gap_q <= write_gap_q - 4'd1;
        if (column) gap_q <= 4'(BL - 1);
        if (column && !cur_write_q) write_gap_q <= 4'(GAP_WRITE - 1);
        gap_free_q   <= !rst_n || (!column && gap_q <= 4'd1);
        write_free_q <= !rst_n || (!(column && !cur_write_q) && write_gap_q <= 4'd1);
        if (!rst_n) begin
            gap_q       <= 4'd0;
            write_gap_q <= 4'd0;
        end
    end

    // Rows, in the slots without a column command: first for the burst at work, then for the one that waits.
    // (Where one was free to come, without waiting to see whether it does.)
    wire nxt_want = nxt_miss && !cur_miss && !(cur_hit && gap_free_q) && !(cur_valid_q && nxt_bank == cur_bank);
    wire want     = run && (cur_miss || nxt_want);
    always_comb begin
        row_bank = cur_miss ? cur_bank : nxt_bank;
        row      = cur_miss ? cur_row : nxt_row;
    end
    assign activate      = want && !is_open[row_bank] && may_activate[row_bank] && may_rrd;
    assign precharge     = want && is_open[row_bank] && may_precharge[row_bank];
    assign precharge_all = init_precharge || (ready && refresh_due && is_open != 4'd0 && may_precharge == 4'hf);
    assign refresh       = init_refresh || (ready && refresh_due && is_open == 4'd0 && may_activate == 4'hf);

    // ---- pins
    wire [10:0] mode_word = {4'd0, 3'(CAS), 1'b0, 3'(BB)}; // burst length BL, sequential
    assign sdram_cke = 1'b1;
    always_ff @(posedge clk) begin
        {sdram_cs_n, sdram_ras_n, sdram_cas_n, sdram_we_n} <= !rst_n ? NOP : mode_set ? MODE :
            precharge_all || precharge ? PRECHARGE : refresh ? REFRESH : activate ? ACTIVE :
            column ? (cur_write_q ? WRITE : READ) : NOP;
        sdram_ba <= column ? cur_bank : mode_set ? 2'd0 : row_bank;
        sdram_a  <= column ? ROW_BITS'(cur_col) : activate ? row : mode_set ? ROW_BITS'(mode_word) :
            ROW_BITS'({precharge_all, 10'd0});
    end

    soc_sdram_data #(.DQ(DQ), .LAND(LAND), .CREDITS(CREDITS)) u_data (
        .clk(clk), .rst_n(rst_n), .read(column && !cur_write_q), .write(w_pop), .last(cur_last_q),
        .err(cur_err_q), .read_room(read_room), .b_room(b_room), .wdata(w_data_q), .wstrb(w_strb_q),
        .s_axi_rvalid(s_axi_rvalid), .s_axi_rready(s_axi_rready), .s_axi_rdata(s_axi_rdata), .s_axi_rresp(s_axi_rresp),
        .s_axi_rlast(s_axi_rlast), .s_axi_bvalid(s_axi_bvalid), .s_axi_bready(s_axi_bready), .s_axi_bresp(s_axi_bresp),
        .sdram_dqm(sdram_dqm), .sdram_dq_o(sdram_dq_o), .sdram_dq_oe(sdram_dq_oe), .sdram_dq_i(sdram_dq_i)
    );

    wire _unused = &{1'b0, take_addr[2:0]};

    // An address lies outside when its upper bits are not BASE's.
    generate
        if (BASE[AW+2:0] != '0) begin : gen_refuse
            soc_sdram_base_must_be_a_multiple_of_the_size u_refuse();
        end
    endgenerate
endmodule
`default_nettype wire
