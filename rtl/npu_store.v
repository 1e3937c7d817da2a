// Store unit: STORE commands, scratchpad to memory.
// npu_run_walker -> npu_burst issues the write addresses, also of the next command while data and responses of the former are
// still under way; npu_store_reads fetches the words, npu_store_pack makes beats of them. Everything in order.
// Contract: ports as in docs/design.md; write data may be offered before their address was accepted, as AXI allows. Tokens are
// given when the bus has acknowledged the command's last burst. At most OUTSTANDING bursts wait for their response.
// Bus errors name the first address of their burst, region errors the offset of the run.
// Counterpart: STORE in cmodel/npu; docs/isa.md.
// SPDX-License-Identifier: Apache-2.0
`include "npu_spec.vh"
`default_nettype none
module npu_store #(
    parameter N           = 16,
    parameter OUTSTANDING = 8
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
    // Scratchpad read port
    output wire                     rd_req,
    output wire [15:0]              rd_addr,
    input  wire                     rd_gnt,
    input  wire [8*N-1:0]           rd_data,
    // Write master
    output wire                     m_axi_awvalid,
    input  wire                     m_axi_awready,
    output wire [31:0]              m_axi_awaddr,
    output wire [7:0]               m_axi_awlen,
    output wire                     m_axi_wvalid,
    input  wire                     m_axi_wready,
    output wire [63:0]              m_axi_wdata,
    output wire [7:0]               m_axi_wstrb,
    output wire                     m_axi_wlast,
    input  wire                     m_axi_bvalid,
    output wire                     m_axi_bready,
    input  wire [1:0]               m_axi_bresp,
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
    localparam AHEAD     = N > 4 ? 8 : 5;  // words
    localparam integer N_I = N;
    localparam [8:0] N9 = N_I[8:0];

    // ------------------------------------------------------------------------------------------------ fields
    wire [15:0] nblk     = cmd_next[`NPU_F_STORE_NBLK];
    wire [7:0]  last_len = cmd_next[`NPU_F_STORE_LAST_LEN];
    wire [8:0]  widest   = nblk > 16'd1 ? N9 : {1'b0, last_len};
    wire [8:0]  lane_end = {1'b0, cmd_next[`NPU_F_STORE_LANE_OFF]} + widest;
    wire fields_legal = cmd_next[`NPU_F_STORE_N1] != 16'd0 && cmd_next[`NPU_F_STORE_N2] != 16'd0 && nblk != 16'd0
        && cmd_next[`NPU_F_STORE_RUN_BYTES] != 32'd0 && last_len != 8'd0 && {1'b0, last_len} <= N9 && lane_end <= N9;

    // ------------------------------------------------------------------------------------------------ front
    wire        start, stop, walker_ready, context_room, region_err, runs_waiting;
    wire        reads_idle, pack_idle, burst_idle, burst_pending, burst_last;
    wire [15:0] burst_index;
    wire [31:0] region_offset;
    wire [28:0] burst_beat_addr;
    wire        response = m_axi_bvalid && m_axi_bready;
    wire        bus_idle = burst_idle && !burst_pending;
    wire        drained  = bus_idle && !runs_waiting && reads_idle && pack_idle;
    assign m_axi_bready  = 1'b1;

    npu_dma_front #(.UNIT(3), .BUS_ERROR(`NPU_ERR_BUS_WRITE), .IN_FLIGHT(IN_FLIGHT)) u_front (
        .clk(clk), .rst_n(rst_n), .abort(abort),
        .cmd_valid(cmd_valid), .cmd_ready(cmd_ready), .cmd_data(cmd_data), .cmd_fill(cmd_fill), .cmd_next(cmd_next), .cmd_index(cmd_index),
        .fields_legal(fields_legal),
        .tok_avail(tok_avail), .tok_take(tok_take), .tok_give(tok_give),
        .start(start), .start_ready(walker_ready && context_room),
        .done(response && burst_last && m_axi_bresp == 2'd0),
        .drained(drained), .bus_idle(stop ? !burst_pending : bus_idle),
        .moved(response || (m_axi_awvalid && m_axi_awready) || (m_axi_wvalid && m_axi_wready) || (rd_req && rd_gnt)),
        .region_err(region_err), .region_offset(region_offset),
        .bus_err(response && m_axi_bresp != 2'd0), .bus_err_index(burst_index), .bus_err_addr({burst_beat_addr, 3'b000}),
        .stop(stop),
        .busy(busy), .err_valid(err_valid), .err_code(err_code), .err_index(err_index), .err_addr(err_addr),
        .progress(progress), .ev_start(ev_start), .ev_start_index(ev_start_index),
        .ev_done(ev_done), .ev_done_index(ev_done_index)
    );

    // ------------------------------------------------------------------------------------------------ address side
    wire        run_valid, run_last, runs_room, burst_room, fetch;
    wire [31:0] run_addr;
    wire [29:0] run_beats;
    wire [15:0] run_word, run_index;
    wire        run_ready = runs_room && fetch;

    npu_run_walker #(.PERMIT(1)) u_walker (
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
    npu_burst u_burst (
        .clk(clk), .rst_n(rst_n), .stop(stop),
        .run_valid(run_valid && runs_room), .run_ready(fetch),
        .run_beat_addr(run_addr[31:3]), .run_beats(run_beats), .run_last(run_last), .run_index(run_index),
        .credit(burst_room), .started(started), .started_addr(started_addr), .started_len(started_len),
        .started_last(started_last), .started_index(started_index),
        .burst_valid(m_axi_awvalid), .burst_ready(m_axi_awready), .burst_addr(m_axi_awaddr), .burst_len(m_axi_awlen),
        .idle(burst_idle)
    );

    // One record for each burst until its response, and its length until its last beat.
    wire       length_valid, length_ready, unused_length_room;
    wire [3:0] length;
    npu_fifo #(.WIDTH(46), .DEPTH(OUTSTANDING)) u_bursts (
        .clk(clk), .rst_n(rst_n),
        .in_valid(started), .in_ready(burst_room), .in_data({started_last, started_index, started_addr}),
        .out_valid(burst_pending), .out_ready(response), .out_data({burst_last, burst_index, burst_beat_addr})
    );
    npu_fifo #(.WIDTH(4), .DEPTH(OUTSTANDING)) u_lengths (
        .clk(clk), .rst_n(rst_n),
        .in_valid(started), .in_ready(unused_length_room), .in_data(started_len),
        .out_valid(length_valid), .out_ready(length_ready), .out_data(length)
    );

    // ------------------------------------------------------------------------------------------------ data side
    wire [`NPU_CMD_BITS-1:0] context_cmd;
    wire        context_flag, context_valid, context_pop;
    wire [31:0] context_bytes;
    wire [47:0] context_words;
    wire [15:0] context_lanes;
    wire        unused_context = &{1'b0, context_valid};
    npu_fifo #(.WIDTH(97), .DEPTH(IN_FLIGHT)) u_contexts (
        .clk(clk), .rst_n(rst_n),
        .in_valid(start), .in_ready(context_room),
        .in_data({cmd_data[`NPU_F_STORE_LANE_OFF], cmd_data[`NPU_F_STORE_LAST_LEN], cmd_data[271:224],
                  cmd_data[`NPU_F_STORE_RUN_BYTES], cmd_data[`NPU_F_STORE_XOR80]}),
        .out_valid(context_valid), .out_ready(context_pop),
        .out_data({context_lanes, context_words, context_bytes, context_flag})
    );
    assign context_cmd = {168'd0, context_lanes[15:8], 8'd0, context_lanes[7:0], 48'd0, context_words, 128'd0, context_bytes,
                          45'd0, context_flag, 18'd0};

    wire        next_valid, next_ready, next_last;
    wire [2:0]  next_misalign;
    wire [15:0] next_word;
    assign runs_waiting = next_valid || run_valid;
    npu_fifo #(.WIDTH(20), .DEPTH(2 * OUTSTANDING)) u_runs (
        .clk(clk), .rst_n(rst_n),
        .in_valid(run_valid && run_ready), .in_ready(runs_room), .in_data({run_addr[2:0], run_last, run_word}),
        .out_valid(next_valid), .out_ready(next_ready), .out_data({next_misalign, next_last, next_word})
    );

    wire           word_valid, word_ready, word_xor80, word_first, word_last;
    wire [8*N-1:0] word_data;
    wire [5:0]     word_lane, word_len;
    wire [2:0]     word_pos;
    npu_store_reads #(.N(N), .AHEAD(AHEAD)) u_reads (
        .clk(clk), .rst_n(rst_n), .stop(stop), .cmd_data(context_cmd), .cmd_pop(context_pop),
        .run_valid(next_valid), .run_ready(next_ready), .run_misalign(next_misalign), .run_word(next_word),
        .run_last(next_last),
        .rd_req(rd_req), .rd_addr(rd_addr), .rd_gnt(rd_gnt), .rd_data(rd_data),
        .out_valid(word_valid), .out_ready(word_ready), .out_data(word_data), .out_lane(word_lane), .out_len(word_len),
        .out_pos(word_pos), .out_xor80(word_xor80), .out_first(word_first), .out_last(word_last), .idle(reads_idle)
    );

    npu_store_pack #(.N(N)) u_pack (
        .clk(clk), .rst_n(rst_n), .stop(stop),
        .in_valid(word_valid), .in_ready(word_ready), .in_data(word_data), .in_lane(word_lane), .in_len(word_len),
        .in_pos(word_pos), .in_xor80(word_xor80), .in_first(word_first), .in_last(word_last),
        .burst_valid(length_valid), .burst_ready(length_ready), .burst_len(length),
        .w_valid(m_axi_wvalid), .w_ready(m_axi_wready), .w_data(m_axi_wdata), .w_strb(m_axi_wstrb), .w_last(m_axi_wlast),
        .idle(pack_idle)
    );
endmodule
`default_nettype wire
