// Front of a DMA unit: command port, tokens, record of the commands in flight, errors and status.
// Contract: a command is checked while it comes to the port, waits for its tokens and is popped (`start`, one cycle, fields on cmd_data) when the unit
// says start_ready. Several commands may be in flight; `done` (one cycle) ends the oldest: its tokens are given one cycle
// later. Errors come out in command order: an illegal command or a run outside its region (region_err, level; of the oldest
// command when `drained`) is raised only after everything older has ended; bus errors at once. The first one raises err_valid
// for one cycle; from the next one on `stop`, a flip-flop, stays until reset, as it does from the cycle after abort on.
// UNIT: the unit's number, its bit in wait_from and signal_to. BUS_ERROR: code raised by bus_err.
// SPDX-License-Identifier: Apache-2.0
`include "npu_spec.vh"
`default_nettype none
module npu_dma_front #(
    parameter       UNIT      = 0,
    parameter [7:0] BUS_ERROR = `NPU_ERR_BUS_READ,
    parameter       IN_FLIGHT = 4
) (
    input  wire                     clk,
    input  wire                     rst_n,
    input  wire                     abort,
    // Command port: valid and data stay until ready; valid is then 0 for a cycle.
    input  wire                     cmd_valid,
    output wire                     cmd_ready,
    input  wire [`NPU_CMD_BITS-1:0] cmd_data,
    input  wire [15:0]              cmd_index,
    input  wire                     cmd_fill,      // cmd_data is cmd_next from the next cycle on: it is checked then
    input  wire [`NPU_CMD_BITS-1:0] cmd_next,
    input  wire                     fields_legal,  // of cmd_next
    // Tokens
    input  wire [3:0]               tok_avail,
    output wire [3:0]               tok_take,
    output reg  [3:0]               tok_give,
    // To and from the unit
    output wire                     start,
    input  wire                     start_ready,
    input  wire                     done,
    input  wire                     drained,    // no run and no burst is under way
    input  wire                     bus_idle,   // no burst is under way
    input  wire                     moved,      // any forward step in the unit
    input  wire                     region_err,
    input  wire [31:0]              region_offset,
    input  wire                     bus_err,
    input  wire [15:0]              bus_err_index,
    input  wire [31:0]              bus_err_addr,
    output reg                      stop,
    // Status
    output wire                     busy,
    output reg                      err_valid,
    output reg  [7:0]               err_code,
    output reg  [15:0]              err_index,
    output reg  [31:0]              err_addr,
    output reg                      progress,
    output reg                      ev_start,
    output reg  [15:0]              ev_start_index,
    output reg                      ev_done,
    output reg  [15:0]              ev_done_index
);
    wire [3:0] wait_from = cmd_data[`NPU_F_WAIT];
    wire [3:0] signal_to = cmd_data[`NPU_F_SIGNAL];
    wire [3:0] next_wait = cmd_next[`NPU_F_WAIT];
    wire [3:0] next_signal = cmd_next[`NPU_F_SIGNAL];
    wire unused_ok = &{1'b0, cmd_data, cmd_next};

    reg  legal_q;  // the command on the port
    wire in_flight, room;
    wire [15:0] oldest_index;
    wire [3:0] oldest_signal;

    assign start     = cmd_valid && legal_q && (wait_from & ~tok_avail) == 0 && start_ready && room && !stop;
    assign cmd_ready = start;
    assign tok_take  = start ? wait_from : 4'd0;

    npu_fifo #(.WIDTH(20), .DEPTH(IN_FLIGHT)) u_in_flight (
        .clk(clk), .rst_n(rst_n),
        .in_valid(start), .in_ready(room), .in_data({cmd_index, signal_to}),
        .out_valid(in_flight), .out_ready(done), .out_data({oldest_index, oldest_signal})
    );

    // Bursts requested are finished even after a stop; the commands in flight are then forgotten.
    assign busy = !bus_idle || (in_flight && !stop) || ev_done;

    wire illegal = cmd_valid && !legal_q && !in_flight && bus_idle;
    wire outside = region_err && drained;

    always_ff @(posedge clk) begin
        if (cmd_fill) legal_q <= fields_legal && !next_wait[UNIT] && !next_signal[UNIT];
        progress       <= rst_n && (start || done || moved);
        err_code       <= bus_err ? BUS_ERROR : outside ? `NPU_ERR_REGION : `NPU_ERR_ILLEGAL_FIELD;   // of interest with err_valid
        err_index      <= bus_err ? bus_err_index : outside ? oldest_index : cmd_index;
        err_addr       <= bus_err ? bus_err_addr : outside ? region_offset : 32'd0;
        ev_start_index <= cmd_index;
        ev_done_index  <= oldest_index;
        if (!rst_n) begin
            stop      <= 1'b0;
            tok_give  <= 4'd0;
            err_valid <= 1'b0;
            ev_start  <= 1'b0;
            ev_done   <= 1'b0;
        end else begin
            tok_give  <= done && !stop ? oldest_signal : 4'd0;
            ev_start  <= start;
            ev_done   <= done && !stop;
            err_valid <= !stop && (bus_err || outside || illegal);
            if (abort || bus_err || outside || illegal) stop <= 1'b1;
        end
    end
endmodule
`default_nettype wire
