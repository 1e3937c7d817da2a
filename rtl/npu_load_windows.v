// The windows of a LOAD: for each run the loop over nwin and nblk, giving one `op` for each scratchpad word.
// An op says which bytes of the beat stream make the word. Beats are numbered as the bus delivers them, over all runs; a run
// starts in a fresh beat at byte `run_misalign`. Lanes first..last-1 are the window's; those of them within lo..hi-1 take data,
// all others the padding value. Lane l takes byte (byte_addr + l) of the ring that holds beat b in slot b mod RING.
// Weights of 4 bits: a block is N/2 bytes; the first of a window is factors (op_factors), no word, and the others follow it (op_packed).
// Contract: op_valid rises when the beats that the op touches are in the ring; op_* then stay until op_ready. Once the op is done,
// beats before number op_release are no longer needed, received or not. One op a cycle; a bubble only between commands.
// `received` beats are in the ring.
// Counterpart: the loop over w and b of LOAD in cmodel/npu.
// SPDX-License-Identifier: Apache-2.0
`include "npu_spec.vh"
`default_nettype none
module npu_load_windows #(
    parameter N    = 16,
    parameter RING = 16,              // beats
    parameter PACKED = 0,             // 1: with weights of 4 bits
    parameter BW   = $clog2(RING) + 3
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
    input  wire [29:0]              run_beats,
    input  wire [15:0]              run_word,
    input  wire                     run_last,
    // Beats
    input  wire [31:0]              received,
    // Ops
    output wire                     op_valid,
    input  wire                     op_ready,
    output reg  [15:0]              op_word,
    output reg  [5:0]               op_lo,
    output reg  [5:0]               op_hi,
    output reg  [5:0]               op_first,
    output reg  [5:0]               op_last,
    output reg                      op_keep,
    output reg                      op_packed,
    output reg                      op_factors,
    output reg                      op_xor80,
    output reg  [7:0]               op_pad,
    output reg  [BW-1:0]            op_byte_addr,
    output reg  [31:0]              op_release,
    output reg                      op_final,     // last op of its command
    output wire                     idle
);
    wire [31:0] run_bytes = cmd_data[`NPU_F_LOAD_RUN_BYTES];
    wire [15:0] nwin      = cmd_data[`NPU_F_LOAD_NWIN];
    wire [15:0] nblk      = cmd_data[`NPU_F_LOAD_NBLK];
    wire [15:0] sp_blk    = cmd_data[`NPU_F_LOAD_SP_BLK];
    wire [15:0] sp_win    = cmd_data[`NPU_F_LOAD_SP_WIN];
    wire [15:0] pad_left  = cmd_data[`NPU_F_LOAD_PAD_LEFT];
    wire [7:0]  last_len  = cmd_data[`NPU_F_LOAD_LAST_LEN];
    wire [7:0]  win_step  = cmd_data[`NPU_F_LOAD_WIN_STEP];
    wire [7:0]  lane_off  = cmd_data[`NPU_F_LOAD_LANE_OFF];
    wire unused_ok = &{1'b0, cmd_data, last_len, win_step, lane_off};
    localparam [5:0] N6 = N[5:0], HALF6 = N6 >> 1;
    wire packs = PACKED != 0 && cmd_data[`NPU_F_LOAD_PACKED];

    // State of the run. Byte positions are relative to the front beat, the first one still needed. A word is taken as N lanes
    // from byte pos_q, also where the window covers only some of them.
    reg               active_q, cmd_last_q, first_blk_q, one_blk_q, two_blk_q;
    reg               last_blk_q, next_last_q, last_win_q;  // this op's block is the window's last; the next op's; its window the run's
    reg signed [17:0] pos_q;       // byte that lane 0 would take; negative within the padding on the left
    reg [2:0]         left_q;      // first byte of the run, while its first beat is the front
    reg [32:0]        end_q;       // first byte after the run; stops at 0
    reg [31:0]        front_q;     // number of the front beat
    reg [31:0]        run_end_q;   // number of the first beat after the run
    reg [15:0]        word_q, win_word_q, wins_q, blks_q;
    reg [5:0]         lane_end_q, step_q, first_q;  // of the last block
    reg [5:0]         lane_end, full_step;          // of this op; how far it advances, if not packed

    // Blocks before the last are whole words: lane_off is 0 when there are any.
    wire       last_op  = last_blk_q && last_win_q;
    wire [5:0] advance  = packs ? HALF6 : full_step;
    wire [5:0] byte_end = packs ? HALF6 : lane_end;

    // Lanes lo..hi-1 lie within the run; clipped to 0..63, which is beyond every lane.
    wire               far    = end_q[32:7] != 26'd0;
    wire signed [17:0] to_start = $signed({15'd0, left_q}) - pos_q;
    wire signed [17:0] to_end   = $signed({11'd0, end_q[6:0]}) - pos_q;
    wire [5:0] lo = to_start[17] ? 6'd0 : to_start[16:6] != 11'd0 ? 6'd63 : to_start[5:0];
    wire [5:0] hi = far ? 6'd63 : to_end[17] ? 6'd0 : to_end[16:6] != 11'd0 ? 6'd63 : to_end[5:0];

    // Beats needed: up to the last lane of the window, but none beyond the run. (One too many, of this run, only waits.)
    wire signed [17:0] tail  = pos_q + $signed({12'd0, byte_end});
    wire               short = !far && end_q[6:0] < {1'b0, tail[5:0]};
    wire [2:0]         need_tail = tail[5:3] + {2'd0, tail[2:0] != 3'd0};
    wire [2:0]         need_end  = end_q[5:3] + {2'd0, end_q[2:0] != 3'd0};
    wire [2:0]         need  = tail[17] ? 3'd0 : short ? need_end : need_tail;
    wire unused_tail = &{1'b0, tail};

    // The step to the next window moves the front by whole beats, not beyond the run.
    wire signed [17:0] next_pos = pos_q + $signed({12'd0, advance});
    wire [2:0]   moved     = next_pos[17] ? 3'd0 : next_pos[5:3];
    wire         used_up   = end_q[32:6] == 27'd0 && end_q[5:0] <= {moved, 3'd0};
    wire [31:0]  next_front = used_up ? run_end_q : front_q + {29'd0, moved};
    wire [17:0]  byte_addr  = {front_q[14:0], 3'd0} + pos_q;
    wire unused_addr = &{1'b0, byte_addr};

    // Whether `need` beats from number `front` on are in the ring: for the op made now and for the one that stands. Known a cycle after
    // they came: the bus's valid is late in a cycle, and this a long sum.
    function there(input [31:0] ahead, input [2:0] beats);
        there = beats == 3'd0 || (!ahead[31] && (ahead[30:3] != 28'd0 || ahead[2:0] >= beats));
    endfunction
    reg         op_full_q, there_q;
    reg  [2:0]  op_need_q;
    reg  [31:0] op_front_q;
    wire [31:0] new_ahead = received - front_q;
    wire        new_there = tail[17] || (short ? there(new_ahead, need_end) : there(new_ahead, need_tail));
    wire        old_there = there(received - op_front_q, op_need_q);
    assign op_valid = op_full_q && there_q;

    wire step = active_q && (!op_full_q || (there_q && op_ready)) && !stop;
    assign cmd_pop   = step && last_op && cmd_last_q;
    assign run_ready = !active_q || (step && last_op && !cmd_last_q);
    assign idle      = !active_q && !op_full_q;

    // A new run: its beats follow those of the run before.
    wire        begin_run   = run_valid && run_ready;
    wire [32:0] new_end     = {1'b0, run_bytes} + {30'd0, run_misalign};
    wire [31:0] new_run_end = run_end_q + {2'd0, run_beats};
    wire [5:0]  new_lane_end = lane_off[5:0] + last_len[5:0];
    wire [17:0] new_lead    = {2'd0, pad_left} + {10'd0, lane_off};

    // Without a run its state is of no interest: that of the next is taken before it is known whether there is one.
    wire        fresh = !active_q || last_op;

    always_ff @(posedge clk) begin
        if (step) begin
            op_word      <= word_q;
            op_first     <= last_blk_q ? first_q : 6'd0;
            op_last      <= lane_end;
            op_lo        <= lo;
            op_hi        <= hi;
            op_keep      <= cmd_data[`NPU_F_LOAD_KEEP];
            op_packed    <= packs;
            op_factors   <= packs && first_blk_q;
            op_xor80     <= cmd_data[`NPU_F_LOAD_XOR80];
            op_pad       <= cmd_data[`NPU_F_LOAD_PAD_VALUE];
            op_byte_addr <= byte_addr[BW-1:0];
            op_need_q    <= need;
            op_front_q   <= front_q;
            op_release   <= last_op ? run_end_q : next_front;
            op_final     <= last_op && cmd_last_q;
        end
        there_q <= step ? new_there : old_there;
        if (begin_run) run_end_q <= new_run_end;
        if (!active_q || step) begin
            if (fresh) begin
                cmd_last_q <= run_last;
                pos_q      <= $signed({15'd0, run_misalign}) - $signed(new_lead);
                left_q     <= run_misalign;
                end_q      <= new_end;
                front_q    <= run_end_q;
                word_q     <= run_word;
                win_word_q <= run_word;
                wins_q     <= nwin - 16'd1;
                blks_q     <= nblk - 16'd1;
                first_blk_q <= 1'b1;
                last_blk_q <= nblk == 16'd1;
                one_blk_q  <= nblk == 16'd1;
                two_blk_q  <= nblk == 16'd2;
                next_last_q <= nblk == 16'd1 || nblk == 16'd2;
                last_win_q <= nwin == 16'd1;
                lane_end_q <= new_lane_end;
                lane_end   <= nblk == 16'd1 ? new_lane_end : N6;
                full_step  <= nblk == 16'd1 ? win_step[5:0] : N6;
                step_q     <= win_step[5:0];
                first_q    <= lane_off[5:0];
            end else begin
                pos_q   <= next_pos[17] ? next_pos : {15'd0, next_pos[2:0]};
                left_q  <= moved == 3'd0 ? left_q : 3'd0;
                end_q   <= used_up ? 33'd0 : end_q - {27'd0, moved, 3'd0};
                front_q <= next_front;
                first_blk_q <= last_blk_q;
                last_blk_q  <= next_last_q;
                next_last_q <= last_blk_q ? one_blk_q || two_blk_q : blks_q == 16'd2;
                lane_end    <= next_last_q ? lane_end_q : N6;
                full_step   <= next_last_q ? step_q : N6;
                if (last_blk_q) begin
                    wins_q     <= wins_q - 16'd1;
                    last_win_q <= wins_q == 16'd1;
                    blks_q     <= nblk - 16'd1;
                    word_q     <= win_word_q + sp_win;
                    win_word_q <= win_word_q + sp_win;
                end else begin
                    blks_q     <= blks_q - 16'd1;
                    if (!packs || !first_blk_q) word_q <= word_q + sp_blk;
                end
            end
        end
        if (!rst_n) begin
            active_q  <= 1'b0;
            op_full_q <= 1'b0;
            run_end_q <= 32'd0;
        end else begin
            active_q <= begin_run || (active_q && !(step && last_op));
            if (stop) op_full_q <= 1'b0;
            else if (!op_full_q || (there_q && op_ready)) op_full_q <= step;
        end
    end
endmodule
`default_nettype wire
