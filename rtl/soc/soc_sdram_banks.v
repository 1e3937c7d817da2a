// Which row each of an SDRAM's four banks has open, and which commands their timing allows (part of soc_sdram).
// Contract: a command given in a clock (activate, precharge, precharge_all, refresh, column: at most one of them, and only
// where the may_* of the same clock allow it) changes what is allowed from the next clock on. Times in ns become clocks
// here, rounded up. A precharge counts from the end of a burst's data. Everything that says what may come is a flip-flop.
// cur_hit, cur_miss, nxt_miss: the burst's row is open in its bank; it is not. Both are low where that is not yet known: in the
// clock after the burst is new, or after a command has changed its bank so.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module soc_sdram_banks #(
    parameter int ROW_BITS = 13,
    parameter int CLK_PS = 16666,
    parameter int BL = 4,
    parameter int T_RCD = 20, T_RP = 20, T_RAS = 45, T_RC = 66, T_RRD = 15, T_RFC = 66, T_WR = 15
) (
    input  wire                clk,
    input  wire                rst_n,
    input  wire                activate,
    input  wire                precharge,
    input  wire                precharge_all,
    input  wire                refresh,
    input  wire [1:0]          row_bank,      // of activate and precharge
    input  wire [ROW_BITS-1:0] row,
    input  wire                column,
    input  wire [1:0]          column_bank,
    input  wire                column_write,
    // Two bursts, cur and nxt, as they stand in this clock. *_valid: it stands as it is in the next clock too; nxt_moves: nxt will be cur.
    input  wire                cur_valid,
    input  wire [1:0]          cur_bank,
    input  wire [ROW_BITS-1:0] cur_row,
    input  wire                nxt_valid,
    input  wire                nxt_moves,
    input  wire [1:0]          nxt_bank,
    input  wire [ROW_BITS-1:0] nxt_row,
    output reg                 cur_hit,
    output reg                 cur_miss,
    output reg                 nxt_miss,
    output wire [3:0]          is_open,
    output wire [3:0]          may_activate,
    output wire [3:0]          may_precharge,
    output wire [3:0]          may_column,
    output wire                may_rrd
);
    // Clocks that a counter runs so that the next command is T ns after this one.
    localparam int RCD = (T_RCD * 1000 + CLK_PS - 1) / CLK_PS - 1;
    localparam int RP  = (T_RP * 1000 + CLK_PS - 1) / CLK_PS - 1;
    localparam int RAS = (T_RAS * 1000 + CLK_PS - 1) / CLK_PS - 1;
    localparam int RC  = (T_RC * 1000 + CLK_PS - 1) / CLK_PS - 1;
    localparam int RRD = (T_RRD * 1000 + CLK_PS - 1) / CLK_PS - 1;
    localparam int RFC = (T_RFC * 1000 + CLK_PS - 1) / CLK_PS - 1;
    localparam int WR  = BL - 1 + (T_WR * 1000 + CLK_PS - 1) / CLK_PS - 1;

    wire [4*ROW_BITS-1:0] rows;
    wire cur_same  = is_open[cur_bank] && rows[cur_bank*ROW_BITS +: ROW_BITS] == cur_row;
    wire nxt_same  = is_open[nxt_bank] && rows[nxt_bank*ROW_BITS +: ROW_BITS] == nxt_row;
    wire cur_opens = activate && row_bank == cur_bank;
    wire nxt_opens = activate && row_bank == nxt_bank;
    wire cur_shuts = precharge_all || (precharge && row_bank == cur_bank);
    wire nxt_shuts = precharge_all || (precharge && row_bank == nxt_bank);
    always_ff @(posedge clk) begin
        cur_hit  <= rst_n && (nxt_moves ? nxt_same && !nxt_shuts : cur_valid && cur_same && !cur_shuts);
        cur_miss <= rst_n && (nxt_moves ? !nxt_same && !nxt_opens : cur_valid && !cur_same && !cur_opens);
        nxt_miss <= rst_n && nxt_valid && !nxt_same && !nxt_opens;
    end

    reg [4:0] rrd_q;
    reg       rrd_free_q;
    assign may_rrd = rrd_free_q;
    always_ff @(posedge clk) begin
        rrd_free_q <= !rst_n || (activate ? RRD == 0 : rrd_q <= 5'd1);
        if (!rst_n) rrd_q <= 5'd0;
        else if (activate) rrd_q <= 5'(RRD);
        else if (!rrd_free_q) rrd_q <= rrd_q - 5'd1;
    end

    genvar b;
    generate
        for (b = 0; b < 4; b = b + 1) begin : gen_bank
            reg                 open_q;
            reg  [ROW_BITS-1:0] row_q;
            reg  [4:0]          activate_q, precharge_q, column_q; // clocks until that command may come
            reg                 activate_free_q, precharge_free_q, column_free_q; // ... are 0
            wire act  = activate && row_bank == b;
            wire pre  = precharge_all || (precharge && row_bank == b);
            wire used = column && column_bank == b;
            wire [4:0] burst = column_write ? 5'(WR) : 5'(BL - 1);
            assign is_open[b]       = open_q;
            assign rows[b*ROW_BITS +: ROW_BITS] = row_q;
            assign may_activate[b]  = activate_free_q;
            assign may_precharge[b] = precharge_free_q;
            assign may_column[b]    = column_free_q;
            always_ff @(posedge clk) begin
                if (act) row_q <= row;
                if (!rst_n) begin
                    open_q           <= 1'b0;
                    activate_q       <= 5'd0;
                    precharge_q      <= 5'd0;
                    column_q         <= 5'd0;
                    activate_free_q  <= 1'b1;
                    precharge_free_q <= 1'b1;
                    column_free_q    <= 1'b1;
                end else begin
                    open_q <= act || (open_q && !pre);
                    activate_free_q  <= activate_q <= 5'd1;
                    precharge_free_q <= precharge_q <= 5'd1;
                    column_free_q    <= column_q <= 5'd1;
                    if (!activate_free_q) activate_q <= activate_q - 5'd1;
                    if (!precharge_free_q) precharge_q <= precharge_q - 5'd1;
                    if (!column_free_q) column_q <= column_q - 5'd1;
                    if (refresh) begin
                        activate_q      <= 5'(RFC);
                        activate_free_q <= RFC == 0;
                    end else if (act) begin
                        activate_q      <= 5'(RC);
                        activate_free_q <= RC == 0;
                    end else if (pre && activate_q <= 5'(RP)) begin
                        activate_q      <= 5'(RP);
                        activate_free_q <= RP == 0;
                    end
                    if (act) begin
                        precharge_q      <= 5'(RAS);
                        precharge_free_q <= RAS == 0;
                        column_q         <= 5'(RCD);
                        column_free_q    <= RCD == 0;
                    end else if (used && precharge_q <= burst) begin
                        precharge_q      <= burst;
                        precharge_free_q <= burst == 5'd0;
                    end
                end
            end
        end
    endgenerate

    // Counters are five bits wide: clocks above 32 would wrap.
    generate
        if (RC > 31 || RFC > 31 || RAS > 31 || WR > 31 || RCD > 31 || RP > 31 || RRD > 31) begin : gen_refuse
            soc_sdram_timing_out_of_range u_refuse();
        end
    endgenerate
endmodule
`default_nettype wire
