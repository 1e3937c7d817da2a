// Icarus bench: every output of npu_vector_unit stays known while one command of each kind runs on known inputs.
// Synopsis: iverilog -g2012 -Ispec/gen -y rtl tests/rtl_vector/x_bench.v; the last line says passed or FAIL.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`timescale 1ns / 1ps
`include "npu_spec.vh"
module x_bench #(
    parameter N     = 8,
    parameter LANES = 2,
    parameter WIDE_LANES = 0
);
    reg clk = 0, rst_n = 0, acc_new = 0;
    reg cmd_valid = 0, cmd_fill = 0;
    reg [511:0] cmd = 0;
    reg [15:0] index = 0;
    reg [8*N-1:0] mem [0:1023];
    reg [8*N-1:0] va_data, vb_data, va_next, vb_next;
    reg [32*N-1:0] acc_data, acc_next;
    wire va_req, vb_req, vw_req, acc_req, acc_half, cmd_ready, busy, err_valid, progress, ev_start, ev_done;
    wire [3:0] take, give;
    wire [15:0] va_addr, vb_addr, vw_addr, acc_addr, err_index, start_index, done_index;
    wire [8*N-1:0] vw_data;
    wire [N-1:0] vw_be;
    wire par_half;
    wire [7:0] par_pos;
    wire [7:0] err_code;
    wire [31:0] err_addr;
    npu_vector_unit #(.N(N), .LANES(LANES), .ACC_DEPTH(128), .WIDE_LANES(WIDE_LANES), .NORM(1)) u_dut (
        .clk(clk), .rst_n(rst_n), .abort(1'b0), .cmd_valid(cmd_valid), .cmd_data(cmd), .cmd_fill(cmd_fill), .cmd_next(cmd), .cmd_index(index),
        .cmd_ready(cmd_ready), .avail(4'hb), .take(take), .give(give),
        .va_req(va_req), .va_addr(va_addr), .va_gnt(va_req), .va_data(va_data),
        .vb_req(vb_req), .vb_addr(vb_addr), .vb_gnt(vb_req), .vb_data(vb_data),
        .vw_req(vw_req), .vw_addr(vw_addr), .vw_data(vw_data), .vw_be(vw_be), .vw_gnt(vw_req),
        .acc_rd_req(acc_req), .acc_rd_half(acc_half), .acc_rd_addr(acc_addr), .acc_rd_gnt(acc_req),
        .acc_rd_data(acc_data), .par_half(par_half), .par_pos(par_pos), .par_bias({LANES{32'd100}}),
        .par_mult({LANES{32'h40000000}}), .par_shift({LANES{-6'd3}}),
        .busy(busy), .err_valid(err_valid), .err_code(err_code), .err_index(err_index), .err_addr(err_addr),
        .progress(progress), .ev_start(ev_start), .ev_start_index(start_index), .ev_done(ev_done),
        .ev_done_index(done_index)
    );
    wire [255:0] outputs = {va_req, vb_req, vw_req, acc_req, acc_half, cmd_ready, busy, err_valid, progress, ev_start,
                            ev_done, take, give, va_addr, vb_addr, vw_addr, acc_addr, err_index, start_index, done_index,
                            vw_data, vw_be, err_code, err_addr, par_pos};
    integer i, k, done = 0;
    always @(posedge clk) begin
        va_next  <= mem[va_addr[9:0]];
        vb_next  <= mem[vb_addr[9:0]];
        acc_new  <= acc_req;
        if (acc_req) acc_next <= {N{16'd0, acc_addr}};
        va_data  <= va_next;
        vb_data  <= vb_next;
        if (acc_new) acc_data <= acc_next;
        for (k = 0; k < N; k = k + 1) if (vw_req && vw_be[k]) mem[vw_addr[9:0]][8*k+:8] <= vw_data[8*k+:8];
        if (ev_done) done = done + 1;
        if (rst_n && ^outputs === 1'bx) begin
            $display("FAIL x_bench: unknown output at %0t in command %0d", $time, index);
            $finish;
        end
    end
    always #5 clk = ~clk;

    task run;
        begin
            cmd_fill = 1;
            @(negedge clk);
            cmd_fill = 0;
            cmd_valid = 1;
            index = index + 1;
            #1;
            while (!cmd_ready) @(negedge clk);  // it may be taken at once
            @(negedge clk);
            cmd_valid = 0;
            while (done != index) @(negedge clk);
            cmd = 0;
        end
    endtask
    initial begin
        for (i = 0; i < 1024; i = i + 1) mem[i] = {N{8'd37}} * i;
        repeat (4) @(negedge clk);
        rst_n = 1;
        repeat (4) @(negedge clk);
        cmd[`NPU_F_OPCODE] = `NPU_OP_DRAIN;
        cmd[`NPU_F_SIGNAL] = 4'd2;
        cmd[`NPU_F_DRAIN_NY] = 2;
        cmd[`NPU_F_DRAIN_NX] = 9;
        cmd[`NPU_F_DRAIN_ACT_MAX] = 127;
        run;
        cmd[`NPU_F_OPCODE] = `NPU_OP_POOL;
        cmd[`NPU_F_POOL_SUM] = 1;
        cmd[`NPU_F_POOL_NY] = 2;
        cmd[`NPU_F_POOL_NX] = 3;
        cmd[`NPU_F_POOL_IY0] = -1;
        cmd[`NPU_F_POOL_IN_H] = 4;
        cmd[`NPU_F_POOL_IN_W] = 4;
        cmd[`NPU_F_POOL_KH] = 2;
        cmd[`NPU_F_POOL_KW] = 2;
        cmd[`NPU_F_POOL_SY] = 1;
        cmd[`NPU_F_POOL_SX] = 1;
        cmd[`NPU_F_POOL_NBLK] = 2;
        cmd[`NPU_F_POOL_MULT] = 32'h50000000;
        cmd[`NPU_F_POOL_ACT_MAX] = 127;
        run;
        for (i = 0; i < 5; i = i + 1) begin
            cmd[`NPU_F_OPCODE] = `NPU_OP_ELTWISE;
            cmd[`NPU_F_ELTWISE_OP] = i[2:0];
            cmd[`NPU_F_ELTWISE_B_ADDR] = 300;
            cmd[`NPU_F_ELTWISE_NY] = 1;
            cmd[`NPU_F_ELTWISE_NX] = 7;
            cmd[`NPU_F_ELTWISE_A_X] = 1;
            cmd[`NPU_F_ELTWISE_LEFT] = 20;
            run;
        end
        cmd[`NPU_F_OPCODE] = `NPU_OP_TABLE;
        cmd[`NPU_F_TABLE_LOAD] = 1;
        cmd[`NPU_F_TABLE_NY] = 1;
        cmd[`NPU_F_TABLE_NX] = 5;
        run;
        cmd[`NPU_F_OPCODE] = `NPU_OP_SOFTMAX;
        cmd[`NPU_F_SOFTMAX_LOAD] = 1;
        cmd[`NPU_F_SOFTMAX_NY] = 1;
        cmd[`NPU_F_SOFTMAX_NX] = 2;
        cmd[`NPU_F_SOFTMAX_IN_BLK] = 2;
        cmd[`NPU_F_SOFTMAX_OUT_BLK] = 2;
        cmd[`NPU_F_SOFTMAX_T_ADDR] = 400;
        cmd[`NPU_F_SOFTMAX_DEPTH] = N + 3;
        run;
        cmd[`NPU_F_OPCODE] = `NPU_OP_NORM;
        cmd[`NPU_F_NORM_LOAD] = 1;
        cmd[`NPU_F_NORM_ROWS] = 3;
        cmd[`NPU_F_NORM_IN_BLK] = 3;
        cmd[`NPU_F_NORM_OUT_BLK] = 3;
        cmd[`NPU_F_NORM_P_ADDR] = 400;
        cmd[`NPU_F_NORM_DEPTH] = N + 3;
        cmd[`NPU_F_NORM_SHIFT] = 20;
        run;
        if (WIDE_LANES != 0) begin
            cmd[`NPU_F_OPCODE] = `NPU_OP_DRAINW;
            cmd[`NPU_F_DRAINW_ADD] = 1;
            cmd[`NPU_F_DRAINW_COUNT] = 2;
            cmd[`NPU_F_DRAINW_MULT_ADDR] = 500;
            cmd[`NPU_F_DRAINW_SCALE_ADDR] = 510;
            cmd[`NPU_F_DRAINW_OUT_STEP] = 4;
            run;
            for (i = 0; i < 4; i = i + 1) begin   // their fields lie in the same places
                cmd[`NPU_F_OPCODE] = i == 0 ? `NPU_OP_QUANTW : i == 1 ? `NPU_OP_ROTATE : i == 2 ? `NPU_OP_SILUW : `NPU_OP_SOFTMAXW;
                cmd[`NPU_F_QUANTW_NORM] = 1;
                cmd[`NPU_F_SOFTMAXW_VMAX] = 1;
                cmd[`NPU_F_QUANTW_N] = N + 2;
                cmd[`NPU_F_QUANTW_ROWS] = 2;
                cmd[`NPU_F_QUANTW_Q_ADDR] = 600;
                cmd[`NPU_F_QUANTW_Q_BLK] = 1;
                cmd[`NPU_F_QUANTW_SCALE_ADDR] = 700;
                cmd[`NPU_F_QUANTW_GAIN_ADDR] = 800;
                run;
            end
        end
        repeat (20) @(negedge clk);
        if (busy) $display("FAIL x_bench: still busy");
        else $display("x_bench N=%0d LANES=%0d: %0d commands, no unknown output: passed", N, LANES, done);
        $finish;
    end
    initial begin
        #1000000 $display("FAIL x_bench: hangs in command %0d", index);
        $finish;
    end
endmodule
`default_nettype wire
