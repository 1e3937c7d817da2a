// Systole NPU: an INT8 systolic-array accelerator. Instances and wiring only; docs/design.md names the rooms.
//
// s_axil: AXI4-Lite registers, 12-bit byte addresses (docs/reference.md). m_axi: AXI4 master, 64 bits, INCR bursts of at most 16
// beats that never cross 4 KiB, no IDs (answers in order). irq: level. trace_*: for each unit (load, array, vector, store) a pulse
// when it starts or ends a command, with the command's index; for harnesses, may stay open.
// Counterpart: cmodel/npu.
// SPDX-License-Identifier: Apache-2.0
`include "npu_spec.vh"
`default_nettype none
module npu_top #(
    parameter N = 16,
    parameter LANES = 16,
    parameter SP_WORDS = 8192,
    parameter SP_BANKS = 8,
    parameter ACC_DEPTH = 512,
    parameter FIR_GROUPS = 3,
    parameter FIR_TAPS = 5,
    parameter MATMUL = 0,            // 1: transposed weight tiles, zero point corrections
    parameter TRACE_RECORDS = 0,     // 0: no trace
    parameter WIDE_LANES = 0,        // 0: no wide row engine
    parameter SOFTMAX = 1,           // 0: a SOFTMAX command is illegal
    parameter NORM = 0,              // 1: with NORM; 0: the command is illegal
    parameter MUL_STYLE = 0,         // products of the array: npu_mul2, npu_array; of the lanes: npu_mul18
    parameter MUL_DSP = N * N
) (
    input  wire        clk,
    input  wire        rst_n,
    output wire        irq,
    input  wire        s_axil_awvalid,
    output wire        s_axil_awready,
    input  wire [11:0] s_axil_awaddr,
    input  wire        s_axil_wvalid,
    output wire        s_axil_wready,
    input  wire [31:0] s_axil_wdata,
    input  wire [3:0]  s_axil_wstrb,
    output wire        s_axil_bvalid,
    input  wire        s_axil_bready,
    output wire [1:0]  s_axil_bresp,
    input  wire        s_axil_arvalid,
    output wire        s_axil_arready,
    input  wire [11:0] s_axil_araddr,
    output wire        s_axil_rvalid,
    input  wire        s_axil_rready,
    output wire [31:0] s_axil_rdata,
    output wire [1:0]  s_axil_rresp,
    output wire        m_axi_arvalid,
    input  wire        m_axi_arready,
    output wire [31:0] m_axi_araddr,
    output wire [7:0]  m_axi_arlen,
    output wire [2:0]  m_axi_arsize,
    output wire [1:0]  m_axi_arburst,
    input  wire        m_axi_rvalid,
    output wire        m_axi_rready,
    input  wire [63:0] m_axi_rdata,
    input  wire [1:0]  m_axi_rresp,
    input  wire        m_axi_rlast,
    output wire        m_axi_awvalid,
    input  wire        m_axi_awready,
    output wire [31:0] m_axi_awaddr,
    output wire [7:0]  m_axi_awlen,
    output wire [2:0]  m_axi_awsize,
    output wire [1:0]  m_axi_awburst,
    output wire        m_axi_wvalid,
    input  wire        m_axi_wready,
    output wire [63:0] m_axi_wdata,
    output wire [7:0]  m_axi_wstrb,
    output wire        m_axi_wlast,
    input  wire        m_axi_bvalid,
    output wire        m_axi_bready,
    input  wire [1:0]  m_axi_bresp,
    output wire [3:0]  trace_start,
    output wire [3:0]  trace_done,
    output wire [63:0] trace_start_index,
    output wire [63:0] trace_done_index
);
    localparam CB = `NPU_CMD_BITS;

    // ---------------------------------------------------------------- registers and sequencer
    wire         start, reset, busy, done, failed, cleared, unit_rst_n, stop;
    wire [31:0]  timeout, cmd_offset, err_addr;
    wire [23:0]  cmd_bytes;
    wire [15:0]  err_cmd;
    wire [127:0] region_base, region_size;
    wire [7:0]   region_flags, err_code;
    wire [3:0]   err_unit;
    wire [`NPU_COUNTERS*4-1:0] count_inc;
    wire [31:0]  trace_status, trace_data;
    wire         trace_read;
    npu_regs #(.N(N), .LANES(LANES), .SP_WORDS(SP_WORDS), .SP_BANKS(SP_BANKS), .ACC_DEPTH(ACC_DEPTH),
               .FIR_GROUPS(FIR_GROUPS), .FIR_TAPS(FIR_TAPS), .MATMUL(MATMUL), .TRACE_RECORDS(TRACE_RECORDS),
               .WIDE_LANES(WIDE_LANES), .SOFTMAX(SOFTMAX), .NORM(NORM)) u_regs (
        .clk(clk), .rst_n(rst_n),
        .s_axil_awvalid(s_axil_awvalid), .s_axil_awready(s_axil_awready), .s_axil_awaddr(s_axil_awaddr),
        .s_axil_wvalid(s_axil_wvalid), .s_axil_wready(s_axil_wready), .s_axil_wdata(s_axil_wdata),
        .s_axil_wstrb(s_axil_wstrb), .s_axil_bvalid(s_axil_bvalid), .s_axil_bready(s_axil_bready),
        .s_axil_bresp(s_axil_bresp), .s_axil_arvalid(s_axil_arvalid), .s_axil_arready(s_axil_arready),
        .s_axil_araddr(s_axil_araddr), .s_axil_rvalid(s_axil_rvalid), .s_axil_rready(s_axil_rready),
        .s_axil_rdata(s_axil_rdata), .s_axil_rresp(s_axil_rresp), .irq(irq),
        .start(start), .reset(reset), .timeout(timeout), .cmd_offset(cmd_offset), .cmd_bytes(cmd_bytes),
        .region_base(region_base), .region_size(region_size), .region_flags(region_flags),
        .busy(busy), .done(done), .failed(failed), .cleared(cleared), .err_code(err_code), .err_unit(err_unit),
        .err_cmd(err_cmd), .err_addr(err_addr), .count_inc(count_inc),
        .trace_status(trace_status), .trace_data(trace_data), .trace_read(trace_read));

    wire [3:0]    q_valid, q_ready, unit_busy, unit_progress, unit_err;
    wire [4*CB-1:0] q_data;
    wire [4*CB-1:0] q_next;
    wire [3:0]    q_fill;
    wire [63:0]   q_index, unit_err_index;
    wire [31:0]   unit_err_code;
    wire [127:0]  unit_err_addr;
    wire          stuck, tokens_any, tokens_overflow;
    wire [15:0]   stuck_index;
    wire          f_ar_valid, f_ar_ready, f_r_valid, f_r_ready;
    wire [31:0]   f_ar_addr;
    wire [7:0]    f_ar_len;
    wire [63:0]   r_data;
    wire [1:0]    r_resp;
    npu_sequencer u_sequencer (
        .clk(clk), .rst_n(rst_n), .start(start), .reset(reset), .timeout(timeout), .cmd_offset(cmd_offset),
        .cmd_bytes(cmd_bytes), .region_base(region_base[31:0]), .region_size(region_size[31:0]),
        .region_read(region_flags[0]), .busy(busy), .done(done), .failed(failed), .cleared(cleared),
        .err_code(err_code), .err_unit(err_unit), .err_cmd(err_cmd), .err_addr(err_addr),
        .ar_valid(f_ar_valid), .ar_ready(f_ar_ready), .ar_addr(f_ar_addr), .ar_len(f_ar_len),
        .r_valid(f_r_valid), .r_ready(f_r_ready), .r_data(r_data), .r_resp(r_resp),
        .q_valid(q_valid), .q_data(q_data), .q_index(q_index), .q_ready(q_ready), .q_fill(q_fill), .q_next(q_next), .unit_rst_n(unit_rst_n), .stop(stop),
        .unit_busy(unit_busy), .unit_progress(unit_progress), .unit_err(unit_err), .unit_err_code(unit_err_code),
        .unit_err_index(unit_err_index), .unit_err_addr(unit_err_addr), .stuck(stuck), .stuck_index(stuck_index),
        .tokens_any(tokens_any), .tokens_overflow(tokens_overflow));

    wire [15:0] avail, take, give;
    npu_tokens u_tokens (
        .clk(clk), .rst_n(unit_rst_n), .give(give), .take(take), .avail(avail), .any(tokens_any), .overflow(tokens_overflow));

    // ---------------------------------------------------------------- scratchpad
    wire [6:0]       rd_req, rd_gnt;
    wire [7*16-1:0]  rd_addr;
    wire [7*8*N-1:0] rd_data;
    wire [1:0]       wr_req, wr_gnt;
    wire [31:0]      wr_addr;
    wire [2*8*N-1:0] wr_data;
    wire [2*N-1:0]   wr_be;
    npu_scratchpad #(.N(N), .SP_WORDS(SP_WORDS), .SP_BANKS(SP_BANKS)) u_scratchpad (
        .clk(clk), .rst_n(rst_n), .rd_req(rd_req), .rd_addr(rd_addr), .rd_gnt(rd_gnt), .rd_data(rd_data),
        .wr_req(wr_req), .wr_addr(wr_addr), .wr_data(wr_data), .wr_be(wr_be), .wr_gnt(wr_gnt));

    // ---------------------------------------------------------------- load and store
    wire         l_ar_valid, l_ar_ready, l_r_valid, l_r_ready, r_last;
    wire [31:0]  l_ar_addr;
    wire [7:0]   l_ar_len;
    npu_axi_rd_arb u_read_arb (
        .clk(clk), .rst_n(rst_n),
        .c0_ar_valid(f_ar_valid), .c0_ar_ready(f_ar_ready), .c0_ar_addr(f_ar_addr), .c0_ar_len(f_ar_len),
        .c0_r_valid(f_r_valid), .c0_r_ready(f_r_ready),
        .c1_ar_valid(l_ar_valid), .c1_ar_ready(l_ar_ready), .c1_ar_addr(l_ar_addr), .c1_ar_len(l_ar_len),
        .c1_r_valid(l_r_valid), .c1_r_ready(l_r_ready),
        .r_data(r_data), .r_resp(r_resp), .r_last(r_last),
        .m_axi_arvalid(m_axi_arvalid), .m_axi_arready(m_axi_arready), .m_axi_araddr(m_axi_araddr),
        .m_axi_arlen(m_axi_arlen), .m_axi_rvalid(m_axi_rvalid), .m_axi_rready(m_axi_rready),
        .m_axi_rdata(m_axi_rdata), .m_axi_rresp(m_axi_rresp), .m_axi_rlast(m_axi_rlast));
    assign m_axi_arsize  = 3'd3;
    assign m_axi_arburst = 2'b01;
    assign m_axi_awsize  = 3'd3;
    assign m_axi_awburst = 2'b01;

    npu_load #(.N(N), .PACKED(WIDE_LANES != 0)) u_load (
        .clk(clk), .rst_n(unit_rst_n), .abort(stop),
        .cmd_valid(q_valid[0]), .cmd_data(q_data[0+:CB]), .cmd_fill(q_fill[0]), .cmd_next(q_next[0+:CB]), .cmd_index(q_index[15:0]), .cmd_ready(q_ready[0]),
        .tok_avail(avail[3:0]), .tok_take(take[3:0]), .tok_give(give[3:0]),
        .reg_base(region_base), .reg_size(region_size), .reg_flags(region_flags),
        .wr_req(wr_req[1]), .wr_addr(wr_addr[31:16]), .wr_data(wr_data[8*N+:8*N]), .wr_be(wr_be[N+:N]), .wr_gnt(wr_gnt[1]),
        .ar_valid(l_ar_valid), .ar_ready(l_ar_ready), .ar_addr(l_ar_addr), .ar_len(l_ar_len),
        .r_valid(l_r_valid), .r_ready(l_r_ready), .r_data(r_data), .r_resp(r_resp), .r_last(r_last),
        .busy(unit_busy[0]), .err_valid(unit_err[0]), .err_code(unit_err_code[7:0]), .err_index(unit_err_index[15:0]),
        .err_addr(unit_err_addr[31:0]), .progress(unit_progress[0]), .ev_start(trace_start[0]),
        .ev_start_index(trace_start_index[15:0]), .ev_done(trace_done[0]), .ev_done_index(trace_done_index[15:0]));

    npu_store #(.N(N)) u_store (
        .clk(clk), .rst_n(unit_rst_n), .abort(stop),
        .cmd_valid(q_valid[3]), .cmd_data(q_data[3*CB+:CB]), .cmd_fill(q_fill[3]), .cmd_next(q_next[3*CB+:CB]), .cmd_index(q_index[63:48]), .cmd_ready(q_ready[3]),
        .tok_avail(avail[15:12]), .tok_take(take[15:12]), .tok_give(give[15:12]),
        .reg_base(region_base), .reg_size(region_size), .reg_flags(region_flags),
        .rd_req(rd_req[6]), .rd_addr(rd_addr[6*16+:16]), .rd_gnt(rd_gnt[6]), .rd_data(rd_data[6*8*N+:8*N]),
        .m_axi_awvalid(m_axi_awvalid), .m_axi_awready(m_axi_awready), .m_axi_awaddr(m_axi_awaddr), .m_axi_awlen(m_axi_awlen),
        .m_axi_wvalid(m_axi_wvalid), .m_axi_wready(m_axi_wready), .m_axi_wdata(m_axi_wdata), .m_axi_wstrb(m_axi_wstrb),
        .m_axi_wlast(m_axi_wlast), .m_axi_bvalid(m_axi_bvalid), .m_axi_bready(m_axi_bready), .m_axi_bresp(m_axi_bresp),
        .busy(unit_busy[3]), .err_valid(unit_err[3]), .err_code(unit_err_code[31:24]), .err_index(unit_err_index[63:48]),
        .err_addr(unit_err_addr[127:96]), .progress(unit_progress[3]), .ev_start(trace_start[3]),
        .ev_start_index(trace_start_index[63:48]), .ev_done(trace_done[3]), .ev_done_index(trace_done_index[63:48]));

    // ---------------------------------------------------------------- array and vector
    wire              acc_rd_req, acc_rd_half, acc_rd_gnt, bias_minus, bias_half;
    wire [15:0]       acc_rd_addr;
    wire [32*N-1:0]   acc_rd_data;
    wire              par_half;
    wire [7:0]        par_pos;
    wire [32*LANES-1:0] par_bias, par_mult;
    wire [6*LANES-1:0] par_shift;
    wire              step, stall_load, stall_post, stall_weights, stall_bank;
    npu_array_unit #(.N(N), .LANES(LANES), .ACC_DEPTH(ACC_DEPTH), .FIR_GROUPS(FIR_GROUPS), .FIR_TAPS(FIR_TAPS), .MATMUL(MATMUL),
                     .MUL_STYLE(MUL_STYLE), .MUL_DSP(MUL_DSP)) u_array_unit (
        .clk(clk), .rst_n(unit_rst_n), .abort(stop),
        .cmd_valid(q_valid[1]), .cmd_data(q_data[CB+:CB]), .cmd_fill(q_fill[1]), .cmd_next(q_next[CB+:CB]), .cmd_index(q_index[31:16]), .cmd_ready(q_ready[1]),
        .avail(avail[7:4]), .take(take[7:4]), .give(give[7:4]),
        .rd_req(rd_req[3:0]), .rd_addr(rd_addr[63:0]), .rd_gnt(rd_gnt[3:0]), .rd_data(rd_data[4*8*N-1:0]),
        .acc_rd_req(acc_rd_req), .acc_rd_half(acc_rd_half), .acc_rd_addr(acc_rd_addr), .acc_rd_gnt(acc_rd_gnt),
        .acc_rd_data(acc_rd_data), .bias_minus(bias_minus), .bias_half(bias_half),
        .par_rd_half(par_half), .par_rd_pos(par_pos), .par_bias(par_bias), .par_mult(par_mult),
        .par_shift(par_shift), .busy(unit_busy[1]), .err_valid(unit_err[1]), .err_code(unit_err_code[15:8]), .err_index(unit_err_index[31:16]),
        .progress(unit_progress[1]), .ev_start(trace_start[1]), .ev_start_index(trace_start_index[31:16]),
        .ev_done(trace_done[1]), .ev_done_index(trace_done_index[31:16]), .stuck(stuck), .stuck_index(stuck_index),
        .cnt_step(step), .cnt_stall_load(stall_load), .cnt_stall_post(stall_post), .cnt_stall_weights(stall_weights),
        .cnt_stall_bank(stall_bank));
    assign unit_err_addr[63:32] = 32'd0;

    npu_vector_unit #(.N(N), .LANES(LANES), .ACC_DEPTH(ACC_DEPTH), .MATMUL(MATMUL), .WIDE_LANES(WIDE_LANES), .SOFTMAX(SOFTMAX), .NORM(NORM),
                      .MUL_STYLE(MUL_STYLE)) u_vector_unit (
        .clk(clk), .rst_n(unit_rst_n), .abort(stop),
        .cmd_valid(q_valid[2]), .cmd_data(q_data[2*CB+:CB]), .cmd_fill(q_fill[2]), .cmd_next(q_next[2*CB+:CB]), .cmd_index(q_index[47:32]), .cmd_ready(q_ready[2]),
        .avail(avail[11:8]), .take(take[11:8]), .give(give[11:8]),
        .va_req(rd_req[4]), .va_addr(rd_addr[4*16+:16]), .va_gnt(rd_gnt[4]), .va_data(rd_data[4*8*N+:8*N]),
        .vb_req(rd_req[5]), .vb_addr(rd_addr[5*16+:16]), .vb_gnt(rd_gnt[5]), .vb_data(rd_data[5*8*N+:8*N]),
        .vw_req(wr_req[0]), .vw_addr(wr_addr[15:0]), .vw_data(wr_data[0+:8*N]), .vw_be(wr_be[0+:N]), .vw_gnt(wr_gnt[0]),
        .acc_rd_req(acc_rd_req), .acc_rd_half(acc_rd_half), .acc_rd_addr(acc_rd_addr), .acc_rd_gnt(acc_rd_gnt),
        .acc_rd_data(acc_rd_data), .bias_minus(bias_minus), .bias_half(bias_half),
        .par_half(par_half), .par_pos(par_pos), .par_bias(par_bias), .par_mult(par_mult),
        .par_shift(par_shift), .busy(unit_busy[2]), .err_valid(unit_err[2]), .err_code(unit_err_code[23:16]), .err_index(unit_err_index[47:32]),
        .err_addr(unit_err_addr[95:64]), .progress(unit_progress[2]), .ev_start(trace_start[2]),
        .ev_start_index(trace_start_index[47:32]), .ev_done(trace_done[2]), .ev_done_index(trace_done_index[47:32]));

    // ---------------------------------------------------------------- trace of commands
    wire [15:0] q_wait = {q_data[3*CB+8+:4], q_data[2*CB+8+:4], q_data[CB+8+:4], q_data[`NPU_F_WAIT]};
    npu_trace #(.RECORDS(TRACE_RECORDS)) u_trace (
        .clk(clk), .start(start), .q_valid(q_valid), .q_pop(q_valid & q_ready), .q_wait(q_wait),
        .q_early(q_data[CB+`NPU_F_CONV_EARLY]), .avail(avail), .stuck(stuck), .stall_weights(stall_weights), .stall_bank(stall_bank),
        .ev_start(trace_start), .ev_done(trace_done), .ev_done_index(trace_done_index),
        .status(trace_status), .data(trace_data), .read(trace_read));

    // ---------------------------------------------------------------- counters
    reg  [3:0] strobes;
    integer    i;
    always @* begin
        strobes = 4'd0;
        for (i = 0; i < 8; i = i + 1) strobes = strobes + {3'd0, m_axi_wstrb[i]};
    end
    wire [2:0] ended = {2'd0, trace_done[0]} + {2'd0, trace_done[1]} + {2'd0, trace_done[2]} + {2'd0, trace_done[3]};
    assign count_inc[4*`NPU_CNT_CYCLES+:4]        = 4'd1;
    assign count_inc[4*`NPU_CNT_BYTES_READ+:4]    = m_axi_rvalid && m_axi_rready ? 4'd8 : 4'd0;
    assign count_inc[4*`NPU_CNT_BYTES_WRITTEN+:4] = m_axi_wvalid && m_axi_wready ? strobes : 4'd0;
    assign count_inc[4*`NPU_CNT_LOAD_BUSY+:4]     = {3'd0, unit_busy[0]};
    assign count_inc[4*`NPU_CNT_ARRAY_BUSY+:4]    = {3'd0, unit_busy[1]};
    assign count_inc[4*`NPU_CNT_VECTOR_BUSY+:4]   = {3'd0, unit_busy[2]};
    assign count_inc[4*`NPU_CNT_STORE_BUSY+:4]    = {3'd0, unit_busy[3]};
    assign count_inc[4*`NPU_CNT_ARRAY_STEPS+:4]   = {3'd0, step};
    assign count_inc[4*`NPU_CNT_STALL_LOAD+:4]    = {3'd0, stall_load};
    assign count_inc[4*`NPU_CNT_STALL_POST+:4]    = {3'd0, stall_post};
    assign count_inc[4*`NPU_CNT_STALL_WEIGHTS+:4] = {3'd0, stall_weights};
    assign count_inc[4*`NPU_CNT_STALL_BANK+:4]    = {3'd0, stall_bank};
    assign count_inc[4*`NPU_CNT_COMMANDS+:4]      = {1'd0, ended};
endmodule
`default_nettype wire
