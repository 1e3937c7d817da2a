// Sequencer: fetches the command list, puts each command in the queue of its unit, ends the run, handles faults.
//
// Commands take their own number of beats (spec). Fetch: bursts of at most 16 beats, within 4 KiB and region 0, as far ahead as the beat buffer holds. A run ends when every command is dispatched,
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
    output reg                        ar_valid,
    input  wire                       ar_ready,
    output reg  [31:0]                ar_addr,
    output reg  [7:0]                 ar_len,
    input  wire                       r_valid,
    output wire                       r_ready,
    input  wire [63:0]                r_data,
    input  wire [1:0]                 r_resp,
    // queues: 0 load, 1 array, 2 vector, 3 store
    output wire [3:0]                 q_valid,
    output wire [4*`NPU_CMD_BITS-1:0] q_data,
    output wire [63:0]                q_index,
    input  wire [3:0]                 q_ready,
    // units
    output wire                       unit_rst_n,
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
    localparam [2:0] IDLE = 3'd0, CHECK = 3'd1, RUN = 3'd2, STOP = 3'd3, CLEAR = 3'd4;
    localparam BW = $clog2(BUFFER) + 1;

    reg  [2:0]  state_q;
    reg         failing_q;             // STOP because of an error (else requested)
    assign busy = state_q != IDLE;
    assign stop = state_q == STOP || state_q == CLEAR;
    assign unit_rst_n = rst_n && state_q != CLEAR;

    // ---------------------------------------------------------------- fetch
    reg  [31:0] fetch_addr_q;          // next beat to request, bus address
    reg  [20:0] beats_left_q;          // beats not yet requested
    reg  [BW-1:0] room_q;              // free places of the buffer, minus beats on their way
    reg  [BW-1:0] flying_q;            // beats requested and not arrived
    wire [33:0] list_end = {2'b00, cmd_offset} + {10'd0, cmd_bytes};
    wire        list_ok = list_end <= {2'b00, region_size} && cmd_offset[2:0] == 3'd0 && cmd_bytes[2:0] == 3'd0 && region_read;

    wire [9:0]  to_page = 10'd512 - {1'b0, fetch_addr_q[11:3]};
    wire [4:0]  cap_page = to_page > 10'd16 ? 5'd16 : to_page[4:0];
    wire [4:0]  cap_left = beats_left_q > 21'd16 ? 5'd16 : beats_left_q[4:0];
    wire [4:0]  burst = cap_left < cap_page ? cap_left : cap_page;
    wire [4:0]  ar_beats = ar_len[4:0] + 5'd1;
    wire        request = state_q == RUN && !ar_valid && beats_left_q != 21'd0 && room_q >= {{(BW - 5) {1'b0}}, burst};
    wire        arrive = r_valid && r_ready;
    assign      r_ready = 1'b1;

    wire        buf_valid, buf_ready, unused_buf_ready;
    wire [63:0] buf_data;
    npu_fifo #(.WIDTH(64), .DEPTH(BUFFER)) u_buffer (
        .clk(clk), .rst_n(unit_rst_n), .in_valid(arrive && state_q == RUN), .in_ready(unused_buf_ready), .in_data(r_data),
        .out_valid(buf_valid), .out_ready(buf_ready), .out_data(buf_data));

    always @(posedge clk) begin
        if (!rst_n) begin
            ar_valid <= 1'b0;
            flying_q <= {BW{1'b0}};
        end else begin
            if (request) ar_valid <= 1'b1;
            else if (ar_ready) ar_valid <= 1'b0;
            flying_q <= flying_q + (ar_valid && ar_ready ? {{(BW - 5) {1'b0}}, ar_beats} : {BW{1'b0}}) - {{(BW - 1) {1'b0}}, arrive};
        end
        if (request) begin
            ar_addr <= fetch_addr_q;
            ar_len  <= {3'd0, burst} - 8'd1;
        end
        if (state_q == CHECK) begin
            fetch_addr_q <= region_base + cmd_offset;
            beats_left_q <= cmd_bytes[23:3];
            room_q       <= BUFFER[BW-1:0];
        end else begin
            if (request) begin
                fetch_addr_q <= fetch_addr_q + {24'd0, burst, 3'd0};
                beats_left_q <= beats_left_q - {16'd0, burst};
            end
            room_q <= room_q - (request ? {{(BW - 5) {1'b0}}, burst} : {BW{1'b0}}) + {{(BW - 1) {1'b0}}, buf_valid && buf_ready};
        end
    end

    // ---------------------------------------------------------------- assemble and dispatch
    reg  [`NPU_CMD_BITS-1:0] cmd_q;
    reg  [2:0]  beat_q;
    reg         full_q;                // cmd_q holds a whole command
    reg  [15:0] index_q;               // of the command in cmd_q
    reg  [1:0]  unit;
    reg         legal;
    always @* begin
        legal = 1'b1;
        case (cmd_q[`NPU_F_OPCODE])
            `NPU_OP_LOAD: unit = 2'd0;
            `NPU_OP_CONV: unit = 2'd1;
            `NPU_OP_DRAIN, `NPU_OP_POOL, `NPU_OP_ELTWISE, `NPU_OP_TABLE, `NPU_OP_SOFTMAX, `NPU_OP_DRAINW, `NPU_OP_QUANTW,
            `NPU_OP_ROTATE, `NPU_OP_SILUW, `NPU_OP_SOFTMAXW: unit = 2'd2;
            `NPU_OP_STORE: unit = 2'd3;
            default: begin
                unit = 2'd0;
                legal = 1'b0;
            end
        endcase
    end
    // Beats of the command whose first beat holds `opcode`; an unknown one ends at once and is then found illegal.
    function [2:0] beats(input [7:0] opcode);
        case (opcode)
            `NPU_OP_LOAD:    beats = `NPU_BEATS_LOAD;
            `NPU_OP_STORE:   beats = `NPU_BEATS_STORE;
            `NPU_OP_CONV:    beats = `NPU_BEATS_CONV;
            `NPU_OP_DRAIN:   beats = `NPU_BEATS_DRAIN;
            `NPU_OP_POOL:    beats = `NPU_BEATS_POOL;
            `NPU_OP_ELTWISE: beats = `NPU_BEATS_ELTWISE;
            `NPU_OP_TABLE:   beats = `NPU_BEATS_TABLE;
            `NPU_OP_SOFTMAX: beats = `NPU_BEATS_SOFTMAX;
            `NPU_OP_DRAINW:  beats = `NPU_BEATS_DRAINW;
            `NPU_OP_QUANTW:  beats = `NPU_BEATS_QUANTW;
            `NPU_OP_ROTATE:  beats = `NPU_BEATS_ROTATE;
            `NPU_OP_SILUW:   beats = `NPU_BEATS_SILUW;
            `NPU_OP_SOFTMAXW: beats = `NPU_BEATS_SOFTMAXW;
            default:         beats = 3'd1;
        endcase
    endfunction
    wire [2:0] need = beats(beat_q == 3'd0 ? buf_data[`NPU_F_OPCODE] : cmd_q[`NPU_F_OPCODE]);
    wire       last_beat = beat_q + 3'd1 == need;
    wire [3:0] in_ready;
    wire       dispatch = state_q == RUN && full_q && legal && in_ready[unit];
    wire       illegal  = state_q == RUN && full_q && !legal;
    assign     buf_ready = !full_q || dispatch;
    genvar u;
    generate
        for (u = 0; u < 4; u = u + 1) begin : gen_queue
            npu_fifo #(.WIDTH(16 + `NPU_CMD_BITS), .DEPTH(QUEUE_DEPTH)) u_queue (
                .clk(clk), .rst_n(unit_rst_n), .in_valid(dispatch && unit == u), .in_ready(in_ready[u]),
                .in_data({index_q, cmd_q}), .out_valid(q_valid[u]), .out_ready(q_ready[u]),
                .out_data({q_index[16*u+:16], q_data[`NPU_CMD_BITS*u+:`NPU_CMD_BITS]}));
        end
    endgenerate
    always @(posedge clk) begin
        if (state_q == CHECK || state_q == CLEAR) begin
            beat_q  <= 3'd0;
            full_q  <= 1'b0;
            index_q <= 16'd0;
        end else begin
            if (buf_valid && buf_ready) beat_q <= last_beat ? 3'd0 : beat_q + 3'd1;
            if (buf_valid && buf_ready && last_beat) full_q <= 1'b1;
            else if (dispatch) full_q <= 1'b0;
            if (dispatch) index_q <= index_q + 16'd1;
        end
        if (!rst_n) full_q <= 1'b0;
    end
    // A beat to its place by enables: an indexed assignment would become a shifter for all 512 bits.
    generate
        for (u = 0; u < 8; u = u + 1) begin : gen_beat
            always @(posedge clk) if (buf_valid && buf_ready && beat_q == u) cmd_q[64*u+:64] <= buf_data;
        end
    endgenerate

    // ---------------------------------------------------------------- watchdog
    // The oldest command that waits is the one to name: queue heads, and a CONV that left its queue.
    reg  [31:0] quiet_q;
    wire        moving = (|unit_progress) || dispatch || arrive || state_q != RUN;
    wire        expired = timeout != 32'd0 && quiet_q >= timeout;
    always @(posedge clk) quiet_q <= moving ? 32'd0 : quiet_q + 32'd1;

    reg  [15:0] oldest;
    reg  [3:0]  oldest_unit;
    reg         found;
    integer     k;
    always @* begin
        found = stuck;
        oldest = stuck_index;
        oldest_unit = stuck ? `NPU_UNIT_ARRAY : `NPU_UNIT_SEQUENCER;
        for (k = 0; k < 4; k = k + 1)
            if (q_valid[k] && (!found || q_index[16*k+:16] < oldest)) begin
                found = 1'b1;
                oldest = q_index[16*k+:16];
                oldest_unit = k[3:0];
            end
        if (!found) oldest = index_q;
    end

    // ---------------------------------------------------------------- state and first error
    wire all_out = beats_left_q == 21'd0 && !ar_valid && flying_q == {BW{1'b0}} && !buf_valid && !full_q;
    wire finished = all_out && beat_q == 3'd0 && q_valid == 4'd0 && unit_busy == 4'd0;
    wire quiet_bus = !ar_valid && flying_q == {BW{1'b0}} && unit_busy == 4'd0;
    reg         fault;
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
        if (state_q == CHECK && !list_ok) begin
            fault = 1'b1;
            fault_code = `NPU_ERR_FETCH;
            fault_cmd = 16'd0;
            fault_addr = cmd_offset;
        end else if (state_q == RUN) begin
            if (arrive && r_resp != 2'b00) begin
                fault = 1'b1;
                fault_code = `NPU_ERR_FETCH;
                fault_addr = fetch_addr_q;
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
            end else if (expired) begin
                fault = 1'b1;
                fault_code = `NPU_ERR_TIMEOUT;
                fault_unit = oldest_unit;
                fault_cmd = oldest;
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
                err_code  <= fault_code;
                err_unit  <= fault_unit;
                err_cmd   <= fault_cmd;
                err_addr  <= fault_addr;
            end
            if (reset && state_q != IDLE) failing_q <= 1'b0;   // a reset while stopping: no error left behind
        end
    end
    wire unused = &{1'b0, unused_buf_ready, list_end};
endmodule
`default_nettype wire
