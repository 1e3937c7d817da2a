// Sequencer: fetches the command list, puts each command in the queue of its unit, ends the run, handles faults.
//
// npu_fetch brings the beats, npu_cmd_queue keeps the commands of each unit. A run ends when every command is dispatched,
// queues and units are empty; tokens left are an error. Fault: the first error is kept, `abort` stops all units,
// their bursts are drained, then `unit_rst_n` is low for one cycle and `failed` (or, for a requested reset, `cleared`) pulses.
// Watchdog: `timeout` cycles (0 = never) without any progress pulse.
// Counterpart: the run loop of cmodel/npu.
// SPDX-License-Identifier: Apache-2.0
`include "npu_spec.vh"
`default_nettype none
module npu_sequencer #(
    parameter QUEUE_DEPTH = 8,
    parameter BUFFER = 64            // beats of fetched commands, power of two, >= 16
) (
    input  wire                       clk,
    input  wire                       rst_n,
    // from and to the registers
    input  wire                       start,
    input  wire                       reset,
    input  wire [31:0]                timeout,
    input  wire [31:0]                cmd_offset,
    input  wire [23:0]                cmd_bytes,
    input  wire [31:0]                region_base,    // region 0
    input  wire [31:0]                region_size,
    input  wire                       region_read,
    output wire                       busy,
    output reg                        done,
    output reg                        failed,
    output reg                        cleared,
    output reg  [7:0]                 err_code,
    output reg  [3:0]                 err_unit,
    output reg  [15:0]                err_cmd,
    output reg  [31:0]                err_addr,
    // fetch
    output wire                       ar_valid,
    input  wire                       ar_ready,
    output wire [31:0]                ar_addr,
    output wire [7:0]                 ar_len,
    input  wire                       r_valid,
    output wire                       r_ready,
    input  wire [63:0]                r_data,
    input  wire [1:0]                 r_resp,
    // queues: 0 load, 1 array, 2 vector, 3 store
    output wire [3:0]                 q_valid,
    output wire [4*`NPU_CMD_BITS-1:0] q_data,
    output wire [63:0]                q_index,
    input  wire [3:0]                 q_ready,
    output wire [3:0]                 q_fill,         // the unit's q_data is its q_next from the next cycle on
    output wire [4*`NPU_CMD_BITS-1:0] q_next,
    // units
    output reg                        unit_rst_n,
    output wire                       stop,           // abort to all units
    input  wire [3:0]                 unit_busy,
    input  wire [3:0]                 unit_progress,
    input  wire [3:0]                 unit_err,
    input  wire [31:0]                unit_err_code,
    input  wire [63:0]                unit_err_index,
    input  wire [127:0]               unit_err_addr,
    input  wire                       stuck,          // a CONV already out of its queue waits for tokens
    input  wire [15:0]                stuck_index,
    input  wire                       tokens_any,
    input  wire                       tokens_overflow
);
    localparam [2:0] IDLE = 3'd0, CHECK = 3'd1, RUN = 3'd2, STOP = 3'd4, CLEAR = 3'd5;   // the upper bit stops the units

    (* fsm_encoding = "none" *)
    reg  [2:0]  state_q;
    reg         failing_q;             // STOP because of an error (else requested)
    assign busy = state_q != IDLE;
    assign stop = state_q[2];

    // ---------------------------------------------------------------- fetch
    // Checked a cycle ahead, twice: the registers stand since the write before the one that started.
    reg  [32:0] list_end_q;
    reg         list_bad_q;
    always @(posedge clk) begin
        list_end_q <= {1'b0, cmd_offset} + {9'd0, cmd_bytes};
        list_bad_q <= list_end_q > {1'b0, region_size} || cmd_offset[2:0] != 3'd0 || cmd_bytes[2:0] != 3'd0 || !region_read;
    end
    wire        on_bus, all_out, beat_valid, beat_ready, beat_legal, beat_last;
    wire [1:0]  beat_unit;
    wire [63:0] beat_data;
    wire [31:0] next_addr;
    assign      r_ready = 1'b1;
    npu_fetch #(.BUFFER(BUFFER)) u_fetch (
        .clk(clk), .rst_n(rst_n), .load(state_q == CHECK), .run(state_q == RUN), .address(region_base + cmd_offset),
        .beats(cmd_bytes[23:3]), .ar_valid(ar_valid), .ar_ready(ar_ready), .ar_addr(ar_addr), .ar_len(ar_len), .r_valid(r_valid),
        .r_data(r_data), .out_valid(beat_valid), .out_ready(beat_ready), .out_data(beat_data), .out_unit(beat_unit),
        .out_legal(beat_legal), .out_last(beat_last), .next_addr(next_addr), .on_bus(on_bus), .all_out(all_out));

    // ---------------------------------------------------------------- dispatch: beats go straight into the queue of their unit
    reg  [2:0]  beat_q;                // place of the next beat in its command
    reg  [15:0] index_q;               // of that command
    wire [3:0]  q_room, q_empty;
    wire        illegal  = state_q == RUN && beat_valid && !beat_legal;
    wire        dispatch = state_q == RUN && beat_valid && beat_legal && q_room[beat_unit];
    assign      beat_ready = dispatch;
    genvar u;
    generate
        for (u = 0; u < 4; u = u + 1) begin : gen_queue
            localparam BEATS = u == 0 ? {29'd0, `NPU_BEATS_LOAD} : u == 1 ? {29'd0, `NPU_BEATS_CONV} : u == 2 ?
                {29'd0, `NPU_BEATS_POOL} : {29'd0, `NPU_BEATS_STORE};   // the vector unit's longest is POOL
            npu_cmd_queue #(.BEATS(BEATS), .DEPTH(QUEUE_DEPTH)) u_queue (
                .clk(clk), .rst_n(unit_rst_n), .in_valid(dispatch && beat_unit == u), .in_beat(beat_q), .in_last(beat_last),
                .in_data(beat_data), .in_index(index_q), .room(q_room[u]), .empty(q_empty[u]), .out_valid(q_valid[u]),
                .out_ready(q_ready[u]), .out_data(q_data[`NPU_CMD_BITS*u+:`NPU_CMD_BITS]), .out_index(q_index[16*u+:16]),
                .fill(q_fill[u]), .next_data(q_next[`NPU_CMD_BITS*u+:`NPU_CMD_BITS]));
        end
    endgenerate
    always @(posedge clk) begin
        if (state_q == CHECK) begin
            beat_q  <= 3'd0;
            index_q <= 16'd0;
        end else if (dispatch) begin
            beat_q <= beat_last ? 3'd0 : beat_q + 3'd1;
            if (beat_last) index_q <= index_q + 16'd1;
        end
    end

    // ---------------------------------------------------------------- watchdog
    // The oldest command that waits is the one to name: queue heads, and a CONV that left its queue, which is older than the array's
    // next. Nothing moves when time runs out, so it may be found cycles after.
    reg  [31:0] quiet_q;
    reg         expired_q;
    wire        arrive = r_valid && r_ready;
    wire        moving = (|unit_progress) || dispatch || arrive || state_q != RUN;
    always @(posedge clk) begin
        quiet_q   <= moving ? 32'd0 : quiet_q + 32'd1;
        expired_q <= timeout != 32'd0 && quiet_q >= timeout;
    end

    // Of load and array, and of vector and store: {waits, its index, its unit}; then of both.
    function [20:0] older(input [20:0] a, input [20:0] b);
        older = a[20] && (!b[20] || a[19:4] < b[19:4]) ? a : b;
    endfunction
    reg  [20:0] old01_q, old23_q;
    reg         stuck_q;
    reg  [15:0] stuck_index_q;
    always @(posedge clk) begin
        stuck_q       <= stuck;
        stuck_index_q <= stuck_index;
        old01_q <= older({q_valid[0], q_index[15:0], `NPU_UNIT_LOAD},
                         {stuck_q || q_valid[1], stuck_q ? stuck_index_q : q_index[31:16], `NPU_UNIT_ARRAY});
        old23_q <= older({q_valid[2], q_index[47:32], `NPU_UNIT_VECTOR}, {q_valid[3], q_index[63:48], `NPU_UNIT_STORE});
    end
    wire [20:0] oldest = older(old01_q, old23_q);

    // ---------------------------------------------------------------- state and first error
    wire finished = all_out && beat_q == 3'd0 && (&q_empty) && unit_busy == 4'd0;
    reg  stopping_q;                   // units know of `stop` a cycle later
    wire quiet_bus = stopping_q && !on_bus && unit_busy == 4'd0;
    always @(posedge clk) stopping_q <= state_q == STOP;
    reg         fault;
    integer     k;
    reg  [7:0]  fault_code;
    reg  [3:0]  fault_unit;
    reg  [15:0] fault_cmd;
    reg  [31:0] fault_addr;
    always @* begin
        fault = 1'b0;
        fault_code = `NPU_ERR_NONE;
        fault_unit = `NPU_UNIT_SEQUENCER;
        fault_cmd = index_q;
        fault_addr = 32'd0;
        if (state_q == CHECK && list_bad_q) begin
            fault = 1'b1;
            fault_code = `NPU_ERR_FETCH;
            fault_cmd = 16'd0;
            fault_addr = cmd_offset;
        end else if (state_q == RUN) begin
            if (arrive && r_resp != 2'b00) begin
                fault = 1'b1;
                fault_code = `NPU_ERR_FETCH;
                fault_addr = next_addr;
            end else if (illegal) begin
                fault = 1'b1;
                fault_code = `NPU_ERR_ILLEGAL_OPCODE;
            end else if (all_out && beat_q != 3'd0) begin   // the list ends within a command
                fault = 1'b1;
                fault_code = `NPU_ERR_FETCH;
                fault_addr = cmd_offset;
            end else if (tokens_overflow) begin
                fault = 1'b1;
                fault_code = `NPU_ERR_TOKEN;
            end else if (expired_q) begin
                fault = 1'b1;
                fault_code = `NPU_ERR_TIMEOUT;
                fault_unit = oldest[20] ? oldest[3:0] : `NPU_UNIT_SEQUENCER;
                fault_cmd = oldest[20] ? oldest[19:4] : index_q;
            end else if (finished && tokens_any) begin
                fault = 1'b1;
                fault_code = `NPU_ERR_TOKEN;
            end
            for (k = 3; k >= 0; k = k - 1)
                if (unit_err[k]) begin
                    fault = 1'b1;
                    fault_code = unit_err_code[8*k+:8];
                    fault_unit = k[3:0];
                    fault_cmd = unit_err_index[16*k+:16];
                    fault_addr = unit_err_addr[32*k+:32];
                end
        end
    end

    // What the first error was is kept a cycle after it, far from the units; `failed` comes two later at the earliest.
    reg         fault_q;
    reg  [59:0] found_q;
    always @(posedge clk) begin
        fault_q <= rst_n && fault;
        found_q <= {fault_code, fault_unit, fault_cmd, fault_addr};
    end
    always @(posedge clk) unit_rst_n <= rst_n && !(state_q == STOP && quiet_bus);   // low in CLEAR; a flip-flop, for its many places
    always @(posedge clk) begin
        done    <= 1'b0;
        failed  <= 1'b0;
        cleared <= 1'b0;
        if (!rst_n) begin
            state_q   <= IDLE;
            failing_q <= 1'b0;
            err_code  <= `NPU_ERR_NONE;
            err_unit  <= 4'd0;
            err_cmd   <= 16'd0;
            err_addr  <= 32'd0;
        end else begin
            case (state_q)
                IDLE: begin
                    failing_q <= 1'b0;
                    if (reset) state_q <= STOP;
                    else if (start) begin
                        state_q  <= CHECK;
                        err_code <= `NPU_ERR_NONE;
                        err_unit <= 4'd0;
                        err_cmd  <= 16'd0;
                        err_addr <= 32'd0;
                    end
                end
                CHECK: state_q <= RUN;
                RUN: if (reset) state_q <= STOP;
                     else if (finished && !tokens_any) begin
                         state_q <= IDLE;
                         done    <= 1'b1;
                     end
                STOP: if (quiet_bus) state_q <= CLEAR;
                default: begin   // CLEAR
                    state_q <= IDLE;
                    failed  <= failing_q && !reset;
                    cleared <= !failing_q || reset;
                end
            endcase
            if (fault) begin
                state_q   <= STOP;
                failing_q <= 1'b1;
            end
            if (fault_q) {err_code, err_unit, err_cmd, err_addr} <= found_q;
            if (reset && state_q != IDLE) failing_q <= 1'b0;   // a reset while stopping: no error left behind
        end
    end
endmodule
`default_nettype wire
