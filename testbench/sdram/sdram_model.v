// Behavioural single-data-rate SDRAM, four banks, that knows its part's timing: a rule broken by the controller is told
// with `SDRAM: rule: ...` and counted in `violations`, the first kept in `first_rule`; the run goes on.
// Checked: start (T_INIT without command, precharge all, INIT_REFRESHES, mode register, MRD_CLOCKS), tRCD, tRP, tRAS, tRC,
// tRRD, tRFC, tWR, a read cut off by its precharge, refreshes on time on average (as many as intervals passed, less SLACK),
// CAS latency allowed at the clock, commands that do not fit the bank's state, unknown command, address or write data,
// two drivers on dq, setup and hold of every input at the clock edge (T_SETUP, T_HOLD).
// Read data is valid from T_AC after an edge until T_OH after the next, unknown in between, so sampling outside shows as X.
// dq_i_drive: what the controller drives, with its oe: tri-state is resolved in the bench. Times in ns. Simulation only.
// SPDX-License-Identifier: Apache-2.0
`timescale 1ns/1ps
`default_nettype none
module sdram_model #(
    parameter integer DQ = 16,
    parameter integer ROW_BITS = 13,
    parameter integer COL_BITS = 9,
    parameter real T_RCD = 15, parameter real T_RP = 15, parameter real T_RAS = 42, parameter real T_RC = 60,
    parameter real T_RRD = 12, parameter real T_RFC = 60, parameter real T_WR = 12, parameter real T_REFI = 7812.5,
    parameter real T_INIT = 200000, parameter integer INIT_REFRESHES = 8, parameter integer MRD_CLOCKS = 2,
    parameter real T_CK2 = 10, parameter real T_CK3 = 6, parameter real T_AC = 5.4, parameter real T_OH = 2.5,
    parameter real T_SETUP = 1.5, parameter real T_HOLD = 0.8, parameter integer SLACK = 1
) (
    input  wire                clk,
    input  wire                cke,
    input  wire                cs_n,
    input  wire                ras_n,
    input  wire                cas_n,
    input  wire                we_n,
    input  wire [1:0]          ba,
    input  wire [ROW_BITS-1:0] a,
    input  wire [DQ/8-1:0]     dqm,
    input  wire [DQ-1:0]       dq_in,      // from the controller
    input  wire                dq_in_oe,
    output reg  [DQ-1:0]       dq_out      // z when not driving
);
    localparam integer BYTES = DQ / 8;
    reg [DQ-1:0] mem [0:(1 << (ROW_BITS + COL_BITS + 2)) - 1];
    integer violations = 0, reads = 0, writes = 0, refreshes = 0, activates = 0;

    reg [8*24-1:0] first_rule = "none";
    task broken(input [8*24-1:0] rule);
        begin
            if (violations == 0) first_rule = rule;
            violations = violations + 1;
            if (violations <= 10) $display("SDRAM: rule: %0s, bank %0d, at %0t", rule, ba, $realtime);
        end
    endtask
    // T since the event at `from`, with 1 ps for rounding.
    task since(input real from, input real t, input [8*24-1:0] rule);
        if ($realtime - from < t - 0.001) broken(rule);
    endtask

    reg         opened [0:3];
    reg [ROW_BITS-1:0] row [0:3];
    real        t_act [0:3], t_pre [0:3], t_write [0:3], t_read_end [0:3];
    real        t_any_act = -1e9, t_refresh = -1e9, t_mode = -1e9, t_ready = -1, t_edge = -1e9, period = 1e9, t_start = -1;
    integer     step = 0, init_refreshes = 0, mode_clocks = 1000, cas = 0, bl = 1, i;
    initial for (i = 0; i < 4; i = i + 1) begin
        opened[i] = 0;
        t_act[i] = -1e9;
        t_pre[i] = -1e9;
        t_write[i] = -1e9;
        t_read_end[i] = -1e9;
    end

    // Bursts: one write being taken in, reads in a pipe of words that come out `cas` clocks later.
    integer     w_left = 0;
    reg [ROW_BITS+COL_BITS+1:0] w_addr, r_addr;
    integer     w_bank, r_left = 0, b;
    reg [DQ-1:0] pipe_data [0:7];
    reg          pipe_on [0:7];
    reg [BYTES-1:0] dqm_1, dqm_2;
    initial for (i = 0; i < 8; i = i + 1) pipe_on[i] = 0;
    wire [3:0]  command = {cs_n, ras_n, cas_n, we_n};
    function [ROW_BITS+COL_BITS+1:0] place(input [ROW_BITS-1:0] r, input [1:0] bank, input [COL_BITS-1:0] c);
        place = {r, bank, c};
    endfunction
    task column_command(input integer is_write);
        begin
            if (!opened[ba]) broken("column command on a closed bank");
            since(t_act[ba], T_RCD, "tRCD");
            if (a[10]) broken("auto precharge is not modelled");
            if (w_left > 0) broken("write cut off");
            if (r_left > 0) broken("read cut off");
        end
    endtask

    always @(posedge clk) if (cke === 1'b1) begin
        period = $realtime - t_edge;
        t_edge = $realtime;
        if (t_start < 0) t_start = $realtime;
        mode_clocks = mode_clocks + 1;
        if ((^command) === 1'bx && step > 0) broken("unknown command");
        // A command that needs the start to be over.
        if (command !== 4'b0111 && command[3] === 1'b0 && mode_clocks < MRD_CLOCKS) broken("tMRD");
        case (command)
            4'b0011: begin
                activates = activates + 1;
                if (step < 3) broken("activate before the start is over");
                if (opened[ba] !== 0) broken("activate of an open bank");
                since(t_act[ba], T_RC, "tRC");
                since(t_pre[ba], T_RP, "tRP");
                since(t_any_act, T_RRD, "tRRD");
                since(t_refresh, T_RFC, "tRFC");
                if ((^{ba, a}) === 1'bx) broken("unknown address");
                opened[ba] = 1;
                row[ba] = a;
                t_act[ba] = $realtime;
                t_any_act = $realtime;
            end
            4'b0101: begin
                column_command(0);
                reads = reads + 1;
                r_addr = place(row[ba], ba, a[COL_BITS-1:0]);
                r_left = bl;
                t_read_end[ba] = $realtime + (bl - 0.5) * period;
            end
            4'b0100: begin
                column_command(1);
                writes = writes + 1;
                w_addr = place(row[ba], ba, a[COL_BITS-1:0]);
                w_left = bl;
                w_bank = ba;
            end
            4'b0010: begin
                if (step == 0) begin
                    since(t_start, T_INIT, "tINIT");
                    if (!a[10]) broken("start: want precharge all");
                    step = 1;
                end
                for (b = 0; b < 4; b = b + 1) if (a[10] || b == ba) begin
                    if (opened[b]) begin
                        since(t_act[b], T_RAS, "tRAS");
                        since(t_write[b], T_WR, "tWR");
                        if ($realtime < t_read_end[b]) broken("precharge cuts a read off");
                        if (w_left > 0 && w_bank == b) broken("precharge cuts a write off");
                    end
                    opened[b] = 0;
                    t_pre[b] = $realtime;
                end
            end
            4'b0001: begin
                if (step == 0) broken("refresh before precharge all");
                for (b = 0; b < 4; b = b + 1) begin
                    if (opened[b]) broken("refresh with an open bank");
                    since(t_pre[b], T_RP, "tRP");
                    since(t_act[b], T_RC, "tRC");
                end
                since(t_refresh, T_RFC, "tRFC");
                t_refresh = $realtime;
                if (step < 3) init_refreshes = init_refreshes + 1;
                else refreshes = refreshes + 1;
            end
            4'b0000: begin
                if (step == 0) broken("mode register before precharge all");
                if (init_refreshes < INIT_REFRESHES) broken("start: too few refreshes");
                since(t_refresh, T_RFC, "tRFC");
                if (a[9:7] !== 0 || a[3] !== 0 || ba !== 0) broken("mode register word");
                bl = 1 << a[2:0];
                cas = a[6:4];
                if (cas != 2 && cas != 3) broken("CAS latency");
                if (period < (cas == 2 ? T_CK2 : T_CK3) - 0.001) broken("CAS latency too short");
                step = 3;
                mode_clocks = 0;
                t_ready = $realtime;
            end
            default: ;
        endcase

        // Write data: from the edge of the command on.
        if (w_left > 0) begin
            if (dq_in_oe !== 1) broken("write data not driven");
            for (b = 0; b < BYTES; b = b + 1) begin
                if (dqm[b] === 1'bx) broken("unknown dqm");
                if (dqm[b] === 1'b0) begin
                    if ((^dq_in[8*b +: 8]) === 1'bx) broken("unknown write data");
                    mem[w_addr][8*b +: 8] = dq_in[8*b +: 8];
                end
            end
            w_addr[COL_BITS-1:0] = w_addr[COL_BITS-1:0] + 1'b1;
            w_left = w_left - 1;
            t_write[w_bank] = $realtime;
        end
        // Read data: the pipe's word 0 is valid around this edge + 1, so a word enters at cas - 2.
        dq_step;
        if (t_ready >= 0 && refreshes + SLACK < (($realtime - t_ready) / T_REFI) - 1) begin
            broken("too few refreshes");
            t_ready = $realtime;
            refreshes = 0;
        end
    end

    // DQM hides read data two clocks later.
    reg              next_on;
    reg [DQ-1:0]     next_data;
    task dq_step;
        begin
            for (i = 0; i < 7; i = i + 1) begin
                pipe_on[i] = pipe_on[i+1];
                pipe_data[i] = pipe_data[i+1];
            end
            pipe_on[7] = 0;
            if (r_left > 0) begin
                pipe_on[cas-1] = 1;
                pipe_data[cas-1] = mem[r_addr];
                r_addr[COL_BITS-1:0] = r_addr[COL_BITS-1:0] + 1'b1;
                r_left = r_left - 1;
            end
            next_on = pipe_on[0];
            next_data = pipe_data[0];
            for (b = 0; b < BYTES; b = b + 1) if (dqm_1[b] !== 0) next_data[8*b +: 8] = {8{1'bz}};
            dqm_1 = dqm;
        end
    endtask
    // Old word until T_OH, unknown until T_AC, then the new one.
    reg driving = 0, next_on_q;
    reg [DQ-1:0] next_data_q;
    initial dq_out = {DQ{1'bz}};
    always @(posedge clk) begin
        #(T_OH);
        next_on_q = next_on;
        next_data_q = next_data;
        if (driving || next_on_q) dq_out = {DQ{1'bx}};
        #(T_AC - T_OH);
        driving = next_on_q === 1'b1;
        dq_out = driving ? next_data_q : {DQ{1'bz}};
    end
    always @(dq_in_oe or dq_out) if (dq_in_oe !== 0 && (dq_out !== {DQ{1'bz}})) broken("two drivers on dq");

    // Setup and hold.
    real t_change = -1e9;
    wire [ROW_BITS+BYTES+DQ+7:0] inputs = {cke, cs_n, ras_n, cas_n, we_n, ba, a, dqm, dq_in_oe ? dq_in : {DQ{1'b0}}};
    always @(inputs) begin
        t_change = $realtime;
        if ($realtime - t_edge < T_HOLD && step > 0) broken("hold");
    end
    always @(posedge clk) if ($realtime - t_change < T_SETUP && step > 0) broken("setup");
endmodule
`default_nettype wire
