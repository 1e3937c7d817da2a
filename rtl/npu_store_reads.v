// The scratchpad reads of a STORE: for each run the loop over its words, giving each word with what to do with it.
// Contract: rd_* as in docs/design.md (data two cycles after the grant). Words come out in order; out_* stay until out_ready.
// AHEAD: words asked for and not yet passed on; 5 or more sustain one word a cycle. Of a word, bytes out_lane.. for out_len go to
// memory, the first of them to byte out_pos of an 8-byte beat; out_first / out_last mark the ends of a run.
// Counterpart: the loop over w and b of STORE in cmodel/npu.
// SPDX-License-Identifier: Apache-2.0
`include "npu_spec.vh"
`default_nettype none
module npu_store_reads #(
    parameter N     = 16,
    parameter AHEAD = 8
) (
    input  wire                     clk,
    input  wire                     rst_n,
    input  wire                     stop,
    // Command of the run: valid from before its first run until cmd_pop.
    input  wire [`NPU_CMD_BITS-1:0] cmd_data,
    output wire                     cmd_pop,
    // Runs
    input  wire                     run_valid,
    output wire                     run_ready,
    input  wire [2:0]               run_misalign,
    input  wire [15:0]              run_word,
    input  wire                     run_last,
    // Scratchpad
    output wire                     rd_req,
    output wire [15:0]              rd_addr,
    input  wire                     rd_gnt,
    input  wire [8*N-1:0]           rd_data,
    // Words
    output wire                     out_valid,
    input  wire                     out_ready,
    output wire [8*N-1:0]           out_data,
    output wire [5:0]               out_lane,
    output wire [5:0]               out_len,
    output wire [2:0]               out_pos,
    output wire                     out_xor80,
    output wire                     out_first,
    output wire                     out_last,
    output wire                     idle
);
    wire [31:0] run_bytes = cmd_data[`NPU_F_STORE_RUN_BYTES];
    wire [15:0] nblk      = cmd_data[`NPU_F_STORE_NBLK];
    wire [15:0] sp_blk    = cmd_data[`NPU_F_STORE_SP_BLK];
    wire [15:0] sp_win    = cmd_data[`NPU_F_STORE_SP_WIN];
    wire [7:0]  last_len  = cmd_data[`NPU_F_STORE_LAST_LEN];
    wire [7:0]  lane_off  = cmd_data[`NPU_F_STORE_LANE_OFF];
    wire unused_ok = &{1'b0, cmd_data, last_len, lane_off};
    localparam [5:0] N6 = N[5:0];
    localparam CW = $clog2(AHEAD + 1);
    localparam integer AHEAD_I = AHEAD;

    reg        active_q, cmd_last_q, first_q, one_blk_q, two_blk_q;
    reg        last_blk_q, next_last_q;  // this word's block is the window's last; the next word's
    reg [5:0]  last_len_q;
    reg [5:0]  most_q;   // bytes that this word has room for
    reg [32:0] after_q;  // bytes of the run after this word, were it full, less one: negative in the last word
    reg [2:0]  pos_q;
    reg [15:0] word_q, win_word_q, blks_q;

    wire       run_end    = after_q[32];
    wire [5:0] rest       = after_q[5:0] + most_q + 6'd1;
    wire [5:0] len        = run_end ? rest : most_q;
    wire [5:0] first_most = nblk == 16'd1 ? last_len[5:0] : N6;
    wire [5:0] next_most  = next_last_q ? last_len_q : N6;

    // One credit for each place in the FIFO behind the scratchpad. Requests wait in a queue of two: the grant, which comes late in a
    // cycle, then only moves that.
    reg [CW-1:0] used_q;
    wire         asks_room;
    wire step = active_q && used_q != AHEAD_I[CW-1:0] && asks_room && !stop;
    wire pop  = out_valid && out_ready;

    localparam MW = 18;
    wire [MW-1:0] meta = {lane_off[5:0], len, pos_q, cmd_data[`NPU_F_STORE_XOR80], first_q, run_end};
    wire [MW-1:0] ask_meta;
    wire          asks;
    wire          granted = rd_req && rd_gnt;
    assign        rd_req = asks && !stop;
    npu_fifo2 #(.WIDTH(16 + MW)) u_asks (
        .clk(clk), .rst_n(rst_n), .in_valid(step), .in_ready(asks_room), .in_data({word_q, meta}),
        .out_valid(asks), .out_ready(granted), .out_data({rd_addr, ask_meta}));
    reg  [MW-1:0] meta1_q, meta2_q;
    reg           valid1_q, valid2_q;
    wire          unused_room;
    npu_fifo #(.WIDTH(8 * N + MW), .DEPTH(AHEAD)) u_words (
        .clk(clk), .rst_n(rst_n),
        .in_valid(valid2_q), .in_ready(unused_room), .in_data({meta2_q, rd_data}),
        .out_valid(out_valid), .out_ready(out_ready),
        .out_data({out_lane, out_len, out_pos, out_xor80, out_first, out_last, out_data})
    );

    assign cmd_pop   = step && run_end && cmd_last_q;
    assign run_ready = !active_q || (step && run_end && !cmd_last_q);
    assign idle      = !active_q && used_q == 0;
    wire   take      = run_valid && run_ready;

    // Without a run its state is of no interest: that of the next is taken before it is known whether there is one.
    wire        fresh = !active_q || run_end;

    always_ff @(posedge clk) begin
        meta1_q <= ask_meta;
        meta2_q <= meta1_q;
        if (!active_q || step) begin
            if (fresh) begin
                cmd_last_q <= run_last;
                first_q    <= 1'b1;
                most_q     <= first_most;
                after_q    <= {1'b0, run_bytes} - {27'd0, first_most} - 33'd1;
                pos_q      <= run_misalign;
                word_q     <= run_word;
                win_word_q <= run_word;
                blks_q     <= nblk - 16'd1;
                last_blk_q <= nblk == 16'd1;
                one_blk_q  <= nblk == 16'd1;
                two_blk_q  <= nblk == 16'd2;
                next_last_q <= nblk == 16'd1 || nblk == 16'd2;
                last_len_q <= last_len[5:0];
            end else begin
                first_q <= 1'b0;
                most_q  <= next_most;
                after_q <= after_q - {27'd0, next_most};
                pos_q   <= pos_q + most_q[2:0];
                last_blk_q  <= next_last_q;
                next_last_q <= last_blk_q ? one_blk_q || two_blk_q : blks_q == 16'd2;
                if (last_blk_q) begin
                    blks_q     <= nblk - 16'd1;
                    word_q     <= win_word_q + sp_win;
                    win_word_q <= win_word_q + sp_win;
                end else begin
                    blks_q     <= blks_q - 16'd1;
                    word_q     <= word_q + sp_blk;
                end
            end
        end
        if (!rst_n) begin
            active_q <= 1'b0;
            valid1_q <= 1'b0;
            valid2_q <= 1'b0;
            used_q   <= 0;
        end else begin
            active_q <= take || (active_q && !(step && run_end));
            valid1_q <= granted;
            valid2_q <= valid1_q;
            if (step && !pop) used_q <= used_q + 1'b1;
            if (pop && !step) used_q <= used_q - 1'b1;
        end
    end
endmodule
`default_nettype wire
