// Weight loader: reads weight tiles and parameter blocks of one command after another and hands rows to the array.
//
// A command is accepted with `start` (only when !busy); its tiles are read in pass order, N words each (rows that hold no tap in FIR mode are made zero
// without a read). After the first tile the parameter block is read, not before params_ok.
// Tiles lie tile_step words apart. With MATMUL a command's tiles may go through the transposing buffer; a plain tile waits until that is empty.
// Array side: row_sel/row_word are taken in the step (en) they are shown; the shadow registers are then `full`; `swap` (one cycle, in which
// the front lets in the word that takes the tile over) frees them from the next cycle on.
// Counterpart: W(pass) of CONV in cmodel/npu.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_weight_loader #(
    parameter N = 16,
    parameter FIR_GROUPS = 3,
    parameter FIR_TAPS = 5,
    parameter MATMUL = 0
) (
    input  wire           clk,
    input  wire           rst_n,
    input  wire           start,
    input  wire           fir,
    input  wire [7:0]     kh, kw,
    input  wire [15:0]    nblk,
    input  wire [15:0]    w_addr, p_addr, tile_step,
    input  wire           transpose,     // 0 without MATMUL
    input  wire           load_params,
    input  wire           uniform,       // short parameter block
    input  wire           half,
    output wire           busy,
    input  wire           params_ok,     // the command now loading holds all its tokens
    output wire           at_params,     // its parameter block is next
    output wire           params_done,   // pulse: a parameter block is written at the end of the next cycle
    // scratchpad read port
    output wire           rd_req,
    output wire [15:0]    rd_addr,
    input  wire           rd_gnt,
    input  wire [8*N-1:0] rd_data,
    // parameter sets, a cycle behind the item: nothing reads a set sooner
    output reg            par_en,
    output reg            par_half,
    output reg  [3:0]     par_index,
    output reg            par_uniform,
    output reg  [8*N-1:0] par_word,
    // array
    input  wire           en,
    input  wire           swap,
    output wire [N-1:0]   row_sel,
    output wire [8*N-1:0] row_word,
    output wire           full
);
    localparam DEPTH = 8;
    localparam RW = $clog2(N);
    localparam IW = 5 + RW + 3;
    localparam [3:0] FULL_LAST = 4'd8, SHORT_LAST = N > 4 ? 4'd4 : 4'd5;   // last word of a parameter block
    localparam [8:0] GROUPS9 = FIR_GROUPS[8:0], TAPS9 = FIR_TAPS[8:0];
    localparam [7:0] TAPS_LAST = FIR_TAPS[7:0] - 8'd1;

    // ---------------------------------------------------------------- request side
    reg          run_q, params_q;      // a command; its parameter block is next
    reg          fir_q, load_params_q, uniform_q, half_q, transpose_q;
    reg  [7:0]   kh_q, kw_q, kx_q, ky_q, g_q, k_q;
    reg  [15:0]  nblk_q, blk_q, w_addr_q, p_addr_q, step_q;
    reg  [RW-1:0] row_q;
    reg  [3:0]   pidx_q;
    reg          later_q;              // past the first tile

    wire [8:0] kx_next = {1'b0, kx_q} + (fir_q ? TAPS9 : 9'd1);
    wire [8:0] ky_next = {1'b0, ky_q} + (fir_q ? GROUPS9 : 9'd1);
    wire       row_last = row_q == {RW{1'b1}};
    // Of the tile, from its second row on: its first row needs none of them.
    reg        kx_last, ky_last, tile_last;
    reg  [7:0] kx_left_q, ky_left_q;   // taps, kernel rows from the tile's first on
    always @(posedge clk) begin
        kx_last   <= kx_next >= {1'b0, kw_q};
        ky_last   <= ky_next >= {1'b0, kh_q};
        tile_last <= kx_next >= {1'b0, kw_q} && ky_next >= {1'b0, kh_q} && blk_q + 16'd1 == nblk_q;
        kx_left_q <= kw_q - kx_q;
        ky_left_q <= kh_q - ky_q;
    end
    wire       has_tap = !fir_q || ({1'b0, g_q} < GROUPS9 && (g_q == 8'd0 || g_q < ky_left_q) && (k_q == 8'd0 || k_q < kx_left_q));

    reg  [3:0] held_q;
    wire       room   = held_q != DEPTH[3:0];
    wire       can    = run_q && room && (!params_q || params_ok);
    wire       reads  = params_q || has_tap;
    // Requests wait in a queue of two: the grant, which comes late in a cycle, moves no more than that.
    wire       asks_room;
    wire       issue  = can && asks_room;
    npu_fifo2 #(.WIDTH(16)) u_asks (
        .clk(clk), .rst_n(rst_n), .in_valid(issue && reads), .in_ready(asks_room),
        .in_data(params_q ? p_addr_q : w_addr_q + {{(16 - RW) {1'b0}}, row_q}),
        .out_valid(rd_req), .out_ready(rd_gnt), .out_data(rd_addr));
    assign     busy    = run_q;
    assign     at_params = run_q && params_q;
    wire       tile_end = issue && !params_q && row_last;
    wire       par_end  = issue && params_q && pidx_q == (uniform_q ? SHORT_LAST : FULL_LAST);
    wire       go_params = tile_end && !later_q && load_params_q;
    wire       finish = (tile_end && tile_last && !go_params) || (par_end && tile_last_q);
    reg        tile_last_q;            // the tile before the parameter block was the command's last

    always @(posedge clk) begin
        if (!rst_n) begin
            run_q    <= 1'b0;
            params_q <= 1'b0;
        end else begin
            if (start) run_q <= 1'b1;
            else if (finish) run_q <= 1'b0;
            if (go_params) params_q <= 1'b1;
            else if (par_end) params_q <= 1'b0;
        end
        if (start) begin
            fir_q         <= fir;
            load_params_q <= load_params;
            uniform_q     <= uniform;
            half_q        <= half;
            kh_q          <= kh;
            kw_q          <= kw;
            nblk_q        <= nblk;
            w_addr_q      <= w_addr;
            p_addr_q      <= p_addr;
            step_q        <= tile_step;
            transpose_q   <= transpose;
            {kx_q, ky_q, g_q, k_q} <= 32'd0;
            blk_q         <= 16'd0;
            row_q         <= {RW{1'b0}};
            pidx_q        <= 4'd0;
            later_q       <= 1'b0;
        end else if (issue && params_q) begin
            pidx_q   <= pidx_q + 4'd1;
            p_addr_q <= p_addr_q + 16'd1;
        end else if (issue) begin
            row_q <= row_q + 1'b1;
            k_q   <= k_q == TAPS_LAST ? 8'd0 : k_q + 8'd1;
            if (k_q == TAPS_LAST) g_q <= g_q + 8'd1;
            if (row_last) begin
                {g_q, k_q}  <= 16'd0;
                later_q     <= 1'b1;
                tile_last_q <= tile_last;
                w_addr_q    <= w_addr_q + step_q;
                kx_q        <= kx_last ? 8'd0 : kx_next[7:0];
                if (kx_last) ky_q <= ky_last ? 8'd0 : ky_next[7:0];
                if (kx_last && ky_last) blk_q <= blk_q + 16'd1;
            end
        end
    end

    // ---------------------------------------------------------------- words in flight
    wire          item_valid, data_valid, item_zero, item_par, item_turn, item_uniform, item_half, pop;
    wire [RW-1:0] item_row;
    wire [3:0]    item_pidx;
    wire [IW-1:0] item;
    wire [8*N-1:0] data;
    reg  [1:0]    rd_pipe_q;
    wire unused_item_ready, unused_data_ready;
    always @(posedge clk) begin
        if (!rst_n) begin
            rd_pipe_q <= 2'b00;
            held_q    <= 4'd0;
        end else begin
            rd_pipe_q <= {rd_pipe_q[0], rd_req && rd_gnt};
            held_q    <= held_q + {3'd0, issue} - {3'd0, pop};
        end
    end
    // A parameter item carries the half in the row's place (row 0 or 1): no wider item needed.
    npu_fifo #(.WIDTH(IW), .DEPTH(DEPTH)) u_items (
        .clk(clk), .rst_n(rst_n), .in_valid(issue), .in_ready(unused_item_ready),
        .in_data({!reads, params_q, transpose_q, params_q ? {{(RW - 1) {1'b0}}, half_q} : row_q, pidx_q, uniform_q}),
        .out_valid(item_valid), .out_ready(pop), .out_data(item));
    npu_fifo #(.WIDTH(8*N), .DEPTH(DEPTH)) u_data (
        .clk(clk), .rst_n(rst_n), .in_valid(rd_pipe_q[1]), .in_ready(unused_data_ready), .in_data(rd_data),
        .out_valid(data_valid), .out_ready(pop && !item_zero), .out_data(data));
    assign {item_zero, item_par, item_turn, item_row, item_pidx, item_uniform} = item;
    assign item_half = item_row[0];

    // ---------------------------------------------------------------- array and parameter side
    reg  full_q;
    wire ready   = item_valid && (item_zero || data_valid);
    wire turn_ready, turn_busy, turn_valid;          // transposing buffer: takes a word, holds a tile, offers row turn_row
    wire [RW-1:0]  turn_row;
    wire [8*N-1:0] turn_word;
    wire from_turn = turn_valid && !full_q;
    wire to_turn = ready && !item_par && item_turn && turn_ready;
    wire to_row  = ready && !item_par && !item_turn && !full_q && !turn_busy;
    wire to_par  = ready && item_par;
    wire [RW-1:0] row = from_turn ? turn_row : item_row;
    wire shows   = from_turn || to_row;
    assign pop   = to_par || to_turn || (to_row && en);
    assign full  = full_q;
    assign row_sel  = shows ? {{(N - 1) {1'b0}}, 1'b1} << row : {N{1'b0}};
    assign row_word = from_turn ? turn_word : item_zero ? {8 * N{1'b0}} : data;
    generate
        if (MATMUL != 0) begin : gen_transpose
            npu_transpose #(.N(N)) u_transpose (
                .clk(clk), .rst_n(rst_n), .in_valid(to_turn), .in_ready(turn_ready), .in_word(data), .out_valid(turn_valid),
                .out_ready(from_turn && en), .out_row(turn_row), .out_word(turn_word), .busy(turn_busy));
        end else begin : gen_plain
            assign {turn_ready, turn_busy, turn_valid} = 3'b000;
            assign turn_row  = {RW{1'b0}};
            assign turn_word = {8 * N{1'b0}};
        end
    endgenerate
    always @(posedge clk) begin
        par_en      <= rst_n && to_par;
        par_half    <= item_half;
        par_index   <= item_pidx;
        par_uniform <= item_uniform;
        par_word    <= data;
    end
    assign params_done = to_par && item_pidx == (item_uniform ? SHORT_LAST : FULL_LAST);
    always @(posedge clk) begin
        if (!rst_n) full_q <= 1'b0;
        else if (swap) full_q <= 1'b0;
        else if (en && shows && row == {RW{1'b1}}) full_q <= 1'b1;
    end
    wire unused = &{1'b0, unused_item_ready, unused_data_ready};
endmodule
`default_nettype wire
