// Load unit: LOAD commands, memory to scratchpad.
// Address side: npu_run_walker -> npu_burst, which runs ahead of the data, also into the next command, by up to OUTSTANDING
// bursts. Data side: npu_load_windows says what each scratchpad word is made of, npu_load_align makes it. Command, run and
// burst records pass between them in FIFOs, everything in order.
// Contract: ports as in docs/design.md. ar_* stay until ar_ready. Tokens are given after the command's last scratchpad write;
// bytes of its runs that no window covers may still arrive then and are dropped (busy stays high).
// Bus errors name the first address of their burst, region errors the offset of the run.
// Counterpart: LOAD in cmodel/npu; docs/isa.md.
// SPDX-License-Identifier: Apache-2.0
`include "npu_spec.vh"
`default_nettype none
module npu_load #(
    parameter N           = 16,
    parameter PACKED      = 0,               // 1: with weights of 4 bits
    parameter OUTSTANDING = 8,               // bursts requested and not yet complete
    parameter RING        = N > 4 ? 16 : 8   // beats received and not yet used
) (
    input  wire                     clk,
    input  wire                     rst_n,
    input  wire                     abort,
    input  wire                     cmd_valid,
    output wire                     cmd_ready,
    input  wire [`NPU_CMD_BITS-1:0] cmd_data,
    input  wire                     cmd_fill,      // cmd_data is cmd_next from the next cycle on: it is checked then
    input  wire [`NPU_CMD_BITS-1:0] cmd_next,
    input  wire [15:0]              cmd_index,
    input  wire [3:0]               tok_avail,
    output wire [3:0]               tok_take,
    output wire [3:0]               tok_give,
    input  wire [4*32-1:0]          reg_base,
    input  wire [4*32-1:0]          reg_size,
    input  wire [4*2-1:0]           reg_flags,
    // Scratchpad write port
    output wire                     wr_req,
    output wire [15:0]              wr_addr,
    output wire [8*N-1:0]           wr_data,
    output wire [N-1:0]             wr_be,
    input  wire                     wr_gnt,
    // Read master
    output wire                     ar_valid,
    input  wire                     ar_ready,
    output wire [31:0]              ar_addr,
    output wire [7:0]               ar_len,
    input  wire                     r_valid,
    output wire                     r_ready,
    input  wire [63:0]              r_data,
    input  wire [1:0]               r_resp,
    input  wire                     r_last,
    // Status
    output wire                     busy,
    output wire                     err_valid,
    output wire [7:0]               err_code,
    output wire [15:0]              err_index,
    output wire [31:0]              err_addr,
    output wire                     progress,
    output wire                     ev_start,
    output wire [15:0]              ev_start_index,
    output wire                     ev_done,
    output wire [15:0]              ev_done_index
);
    localparam IN_FLIGHT = N > 4 ? 8 : 4;  // commands
    localparam BW = $clog2(RING) + 3;
    localparam integer N_I = N;
    localparam [8:0] N9 = N_I[8:0];

    // ------------------------------------------------------------------------------------------------ fields
    wire [15:0] nblk     = cmd_next[`NPU_F_LOAD_NBLK];
    wire [7:0]  last_len = cmd_next[`NPU_F_LOAD_LAST_LEN];
    wire [7:0]  win_step = cmd_next[`NPU_F_LOAD_WIN_STEP];
    wire [8:0]  widest   = nblk > 16'd1 ? N9 : {1'b0, last_len};
    wire [8:0]  lane_end = {1'b0, cmd_next[`NPU_F_LOAD_LANE_OFF]} + widest;
    wire       packs    = cmd_next[`NPU_F_LOAD_PACKED];
    wire packs_legal = !packs || (PACKED != 0 && nblk > 16'd1 && {1'b0, last_len} == N9 && {win_step, 1'b0} == N9
        && !cmd_next[`NPU_F_LOAD_KEEP]);
    wire fields_legal = packs_legal && cmd_next[`NPU_F_LOAD_N1] != 16'd0 && cmd_next[`NPU_F_LOAD_N2] != 16'd0
        && cmd_next[`NPU_F_LOAD_NWIN] != 16'd0 && nblk != 16'd0 && last_len != 8'd0
        && {1'b0, last_len} <= N9 && {1'b0, win_step} <= N9 && lane_end <= N9;

    // ------------------------------------------------------------------------------------------------ front
    wire        start, stop, done, walker_ready, context_room, region_err, runs_waiting;
    wire        windows_idle, align_idle, burst_idle, burst_pending;
    wire [15:0] burst_index;
    wire [31:0] region_offset, burst_base;
    wire        beat      = r_valid && r_ready;
    wire        bus_idle  = burst_idle && !burst_pending;
    wire        drained   = bus_idle && !runs_waiting && windows_idle && align_idle;

    npu_dma_front #(.UNIT(0), .BUS_ERROR(`NPU_ERR_BUS_READ), .IN_FLIGHT(IN_FLIGHT)) u_front (
        .clk(clk), .rst_n(rst_n), .abort(abort),
        .cmd_valid(cmd_valid), .cmd_ready(cmd_ready), .cmd_data(cmd_data), .cmd_fill(cmd_fill), .cmd_next(cmd_next), .cmd_index(cmd_index),
        .fields_legal(fields_legal),
        .tok_avail(tok_avail), .tok_take(tok_take), .tok_give(tok_give),
        .start(start), .start_ready(walker_ready && context_room), .done(done),
        .drained(drained), .bus_idle(stop ? !burst_pending : bus_idle),
        .moved(beat || (ar_valid && ar_ready) || (wr_req && wr_gnt)),
        .region_err(region_err), .region_offset(region_offset),
        .bus_err(beat && r_resp != 2'd0), .bus_err_index(burst_index), .bus_err_addr(burst_base), .stop(stop),
        .busy(busy), .err_valid(err_valid), .err_code(err_code), .err_index(err_index), .err_addr(err_addr),
        .progress(progress), .ev_start(ev_start), .ev_start_index(ev_start_index),
        .ev_done(ev_done), .ev_done_index(ev_done_index)
    );

    // ------------------------------------------------------------------------------------------------ address side
    wire        run_valid, run_last, runs_room, burst_room, fetch;
    wire [31:0] run_addr;
    wire [29:0] run_beats;
    wire [15:0] run_word, run_index;
    wire        run_reads = run_beats != 30'd0;
    wire        run_ready = runs_room && (!run_reads || fetch);

    npu_run_walker #(.PERMIT(0)) u_walker (
        .clk(clk), .rst_n(rst_n), .stop(stop), .start(start), .start_ready(walker_ready),
        .cmd_data(cmd_data), .cmd_index(cmd_index),
        .reg_base(reg_base), .reg_size(reg_size), .reg_flags(reg_flags),
        .run_valid(run_valid), .run_ready(run_ready), .run_addr(run_addr), .run_beats(run_beats), .run_word(run_word),
        .run_last(run_last), .run_index(run_index), .region_err(region_err), .region_offset(region_offset)
    );

    wire        started, started_last;
    wire [28:0] started_addr;
    wire [3:0]  started_len;
    wire [15:0] started_index;
    wire        unused_burst = &{1'b0, started_last, started_len};
    npu_burst u_burst (
        .clk(clk), .rst_n(rst_n), .stop(stop),
        .run_valid(run_valid && run_reads && runs_room), .run_ready(fetch),
        .run_beat_addr(run_addr[31:3]), .run_beats(run_beats), .run_last(run_last), .run_index(run_index),
        .credit(burst_room), .started(started), .started_addr(started_addr), .started_len(started_len),
        .started_last(started_last), .started_index(started_index),
        .burst_valid(ar_valid), .burst_ready(ar_ready), .burst_addr(ar_addr), .burst_len(ar_len), .idle(burst_idle)
    );

    // One record for each burst requested, until its last beat.
    wire [28:0] burst_beat_addr;
    assign burst_base = {burst_beat_addr, 3'b000};
    npu_fifo #(.WIDTH(45), .DEPTH(OUTSTANDING)) u_bursts (
        .clk(clk), .rst_n(rst_n),
        .in_valid(started), .in_ready(burst_room), .in_data({started_index, started_addr}),
        .out_valid(burst_pending), .out_ready(beat && r_last), .out_data({burst_index, burst_beat_addr})
    );

    // ------------------------------------------------------------------------------------------------ data side
    // The command's fields for the data side: everything above the loops of the walker, the run's length, three flags.
    wire [`NPU_CMD_BITS-1:0] context_cmd;
    wire [2:0]  context_flags;
    wire [31:0] context_bytes;
    wire [63:0] context_windows;
    wire [47:0] context_lanes;
    wire        context_valid, context_pop;
    wire        unused_context = &{1'b0, context_valid};
    npu_fifo #(.WIDTH(147), .DEPTH(IN_FLIGHT)) u_contexts (
        .clk(clk), .rst_n(rst_n),
        .in_valid(start), .in_ready(context_room),
        .in_data({cmd_data[351:304], cmd_data[271:208], cmd_data[`NPU_F_LOAD_RUN_BYTES], cmd_data[20:18]}),
        .out_valid(context_valid), .out_ready(context_pop),
        .out_data({context_lanes, context_windows, context_bytes, context_flags})
    );
    assign context_cmd = {160'd0, context_lanes, 32'd0, context_windows, 112'd0, context_bytes, 43'd0, context_flags, 18'd0};

    wire        next_valid, next_ready, next_last;
    wire [2:0]  next_misalign;
    wire [29:0] next_beats;
    wire [15:0] next_word;
    assign runs_waiting = next_valid || run_valid;
    npu_fifo #(.WIDTH(50), .DEPTH(2 * OUTSTANDING)) u_runs (
        .clk(clk), .rst_n(rst_n),
        .in_valid(run_valid && run_ready), .in_ready(runs_room),
        .in_data({run_beats, run_reads ? run_addr[2:0] : 3'd0, run_last, run_word}),
        .out_valid(next_valid), .out_ready(next_ready), .out_data({next_beats, next_misalign, next_last, next_word})
    );

    wire          op_valid, op_ready, op_keep, op_xor80, op_final, op_packed, op_factors;
    wire [15:0]   op_word;
    wire [5:0]    op_lo, op_hi, op_first, op_last;
    wire [7:0]    op_pad;
    wire [BW-1:0] op_byte_addr;
    wire [31:0]   op_release, received;

    npu_load_windows #(.N(N), .RING(RING), .PACKED(PACKED)) u_windows (
        .clk(clk), .rst_n(rst_n), .stop(stop), .cmd_data(context_cmd), .cmd_pop(context_pop),
        .run_valid(next_valid), .run_ready(next_ready), .run_misalign(next_misalign), .run_word(next_word),
        .run_beats(next_beats), .run_last(next_last), .received(received),
        .op_valid(op_valid), .op_ready(op_ready), .op_word(op_word), .op_lo(op_lo), .op_hi(op_hi), .op_first(op_first),
        .op_last(op_last), .op_keep(op_keep), .op_packed(op_packed), .op_factors(op_factors), .op_xor80(op_xor80), .op_pad(op_pad), .op_byte_addr(op_byte_addr),
        .op_release(op_release), .op_final(op_final), .idle(windows_idle)
    );

    npu_load_align #(.N(N), .RING(RING), .PACKED(PACKED)) u_align (
        .clk(clk), .rst_n(rst_n), .stop(stop),
        .r_valid(r_valid), .r_ready(r_ready), .r_data(r_data), .received(received),
        .op_valid(op_valid), .op_ready(op_ready), .op_word(op_word), .op_lo(op_lo), .op_hi(op_hi), .op_first(op_first),
        .op_last(op_last), .op_keep(op_keep), .op_packed(op_packed), .op_factors(op_factors), .op_xor80(op_xor80), .op_pad(op_pad), .op_byte_addr(op_byte_addr),
        .op_release(op_release), .op_final(op_final),
        .wr_req(wr_req), .wr_addr(wr_addr), .wr_data(wr_data), .wr_be(wr_be), .wr_gnt(wr_gnt),
        .done(done), .idle(align_idle)
    );
endmodule
`default_nettype wire
