// Runs the NPU steps of a compiled program on the RTL in 4-state simulation and compares the outputs.
//
// About: the driver's sequence (identify, regions, submit, wait for the interrupt, check) as AXI4-Lite tasks. An X or Z on
// any output that counts (register port, interrupt, memory port: axi_mem.v) fails.
// Input, all made by icarus_prep, as plusargs: +mem +steps +expect (hex files), +n_steps, +n_expect, and the region bases
// and sizes +image_base +image_size +arena_base +arena_size. +latency +stall +seed +max_cycles: behaviour of the memory and
// limit for each step; +out=FILE: output bytes as `address value` lines; +wave=FILE.fst.
// NPU_DUT: another module with the ports of npu_top. Last line: PASS or FAIL. MEM_WORDS: memory size in 8-byte words.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`timescale 1ns / 1ns
module tb_npu;
    parameter MEM_WORDS = 1024;
    parameter MAX_STEPS = 4096;
    parameter MAX_EXPECT = 1048576;
    localparam [31:0] BASE = 32'h40000000;

    reg clk = 0, rst_n = 0;
    always #5 clk = ~clk;

    reg awvalid = 0, wvalid = 0, bready = 0, arvalid = 0, rready = 0;
    reg [11:0] awaddr, araddr;
    reg [31:0] wdata;
    wire awready, wready, bvalid, arready, rvalid, irq;
    wire [31:0] rdata;
    wire [1:0] bresp, rresp;

    wire m_arvalid, m_arready, m_rvalid, m_rready, m_rlast, m_awvalid, m_awready, m_wvalid, m_wready, m_wlast, m_bvalid;
    wire m_bready;
    wire [31:0] m_araddr, m_awaddr;
    wire [7:0] m_arlen, m_awlen, m_wstrb;
    wire [2:0] m_arsize, m_awsize;
    wire [1:0] m_arburst, m_awburst, m_rresp, m_bresp;
    wire [63:0] m_rdata, m_wdata;
    wire [3:0] trace_start, trace_done;
    wire [63:0] trace_start_index, trace_done_index;
    wire mem_bad;
    reg [31:0] latency, stall, seed;

`ifndef NPU_DUT
`define NPU_DUT npu_top
`endif
`ifdef NPU_NETLIST
    npu_top u_npu ( // parameters were settled by synthesis
`else
    `NPU_DUT #(
        .N(`NPU_CFG_N),
        .LANES(`NPU_CFG_LANES),
        .SP_WORDS(`NPU_CFG_SP_WORDS),
        .SP_BANKS(`NPU_CFG_SP_BANKS),
        .ACC_DEPTH(`NPU_CFG_ACC_DEPTH),
        .FIR_GROUPS(`NPU_CFG_FIR_GROUPS),
        .FIR_TAPS(`NPU_CFG_FIR_TAPS),
        .MATMUL(`NPU_CFG_MATMUL), .TRACE_RECORDS(`NPU_CFG_TRACE_RECORDS), .WIDE_LANES(`NPU_CFG_WIDE_LANES),
        .SOFTMAX(`NPU_CFG_SOFTMAX),
        .NORM(`NPU_CFG_NORM)
    ) u_npu (
`endif
        .clk(clk),
        .rst_n(rst_n),
        .irq(irq),
        .s_axil_awvalid(awvalid),
        .s_axil_awready(awready),
        .s_axil_awaddr(awaddr),
        .s_axil_wvalid(wvalid),
        .s_axil_wready(wready),
        .s_axil_wdata(wdata),
        .s_axil_wstrb(4'hf),
        .s_axil_bvalid(bvalid),
        .s_axil_bready(bready),
        .s_axil_bresp(bresp),
        .s_axil_arvalid(arvalid),
        .s_axil_arready(arready),
        .s_axil_araddr(araddr),
        .s_axil_rvalid(rvalid),
        .s_axil_rready(rready),
        .s_axil_rdata(rdata),
        .s_axil_rresp(rresp),
        .m_axi_arvalid(m_arvalid),
        .m_axi_arready(m_arready),
        .m_axi_araddr(m_araddr),
        .m_axi_arlen(m_arlen),
        .m_axi_arsize(m_arsize),
        .m_axi_arburst(m_arburst),
        .m_axi_rvalid(m_rvalid),
        .m_axi_rready(m_rready),
        .m_axi_rdata(m_rdata),
        .m_axi_rresp(m_rresp),
        .m_axi_rlast(m_rlast),
        .m_axi_awvalid(m_awvalid),
        .m_axi_awready(m_awready),
        .m_axi_awaddr(m_awaddr),
        .m_axi_awlen(m_awlen),
        .m_axi_awsize(m_awsize),
        .m_axi_awburst(m_awburst),
        .m_axi_wvalid(m_wvalid),
        .m_axi_wready(m_wready),
        .m_axi_wdata(m_wdata),
        .m_axi_wstrb(m_wstrb),
        .m_axi_wlast(m_wlast),
        .m_axi_bvalid(m_bvalid),
        .m_axi_bready(m_bready),
        .m_axi_bresp(m_bresp),
        .trace_start(trace_start),
        .trace_done(trace_done),
        .trace_start_index(trace_start_index),
        .trace_done_index(trace_done_index)
    );

    axi_mem #(
        .MEM_WORDS(MEM_WORDS),
        .BASE(BASE)
    ) u_mem (
        .clk(clk),
        .rst_n(rst_n),
        .latency(latency),
        .stall_pct(stall),
        .first_seed(seed),
        .bad(mem_bad),
        .arvalid(m_arvalid),
        .arready(m_arready),
        .araddr(m_araddr),
        .arlen(m_arlen),
        .arsize(m_arsize),
        .arburst(m_arburst),
        .rvalid(m_rvalid),
        .rready(m_rready),
        .rdata(m_rdata),
        .rresp(m_rresp),
        .rlast(m_rlast),
        .awvalid(m_awvalid),
        .awready(m_awready),
        .awaddr(m_awaddr),
        .awlen(m_awlen),
        .awsize(m_awsize),
        .awburst(m_awburst),
        .wvalid(m_wvalid),
        .wready(m_wready),
        .wdata(m_wdata),
        .wstrb(m_wstrb),
        .wlast(m_wlast),
        .bvalid(m_bvalid),
        .bready(m_bready),
        .bresp(m_bresp)
    );

    // ---- the verdict: the first failure counts, and ends the run ----
    reg broken = 0;
    task fail(input [8*64-1:0] why);
        if (!broken) begin
            broken = 1;
            $display("FAIL %0s", why);
            $finish;
        end
    endtask

    integer cycle = 0;
    always @(posedge clk) begin
        cycle = cycle + 1;
        if (rst_n) begin
            if (mem_bad) fail("the memory port, see above");
            if ((^{awready, wready, bvalid, arready, rvalid, irq}) === 1'bx) fail("X on the register port or irq");
            if (bvalid && (^bresp) === 1'bx) fail("X on BRESP");
            if (rvalid && (^{rdata, rresp}) === 1'bx) fail("X on RDATA");
            if ((^{trace_start, trace_done}) === 1'bx) fail("X on the trace port");
        end
    end

    // ---- register port ----
    integer left;
    task write32(input [11:0] address, input [31:0] value);
        begin
            awaddr <= address;
            wdata <= value;
            awvalid <= 1;
            wvalid <= 1;
            bready <= 1;
            left = 1000;
            @(posedge clk);
            while ((awvalid || wvalid || !bvalid) && left > 0) begin
                if (awready) awvalid <= 0;
                if (wready) wvalid <= 0;
                left = left - 1;
                @(posedge clk);
            end
            bready <= 0;
            if (left == 0) fail("register write got no answer");
        end
    endtask

    reg [31:0] got;
    task read32(input [11:0] address);
        begin
            araddr <= address;
            arvalid <= 1;
            rready <= 1;
            left = 1000;
            @(posedge clk);
            while (!rvalid && left > 0) begin
                if (arready) arvalid <= 0;
                left = left - 1;
                @(posedge clk);
            end
            got = rdata;
            arvalid <= 0;
            rready <= 0;
            if (left == 0) fail("register read got no answer");
        end
    endtask

    // ---- the run ----
    reg [8*256-1:0] mem_file, steps_file, expect_file, out_file, wave_file;
    integer n_steps, n_expect, image_base, image_size, arena_base, arena_size, max_cycles, i, wrong, out, begun;
    reg [31:0] steps[0:2*MAX_STEPS-1];  // offset, bytes
    reg [39:0] expected[0:MAX_EXPECT-1];  // {byte offset in memory, value}
    reg [31:0] at;
    reg [7:0] value;

    task need(input ok, input [8*16-1:0] name);
        if (!ok) begin
            $display("tb_npu: missing plusarg +%0s", name);
            $finish(1);
        end
    endtask

    initial begin
        need($value$plusargs("mem=%s", mem_file), "mem");
        need($value$plusargs("steps=%s", steps_file), "steps");
        need($value$plusargs("expect=%s", expect_file), "expect");
        need($value$plusargs("n_steps=%d", n_steps), "n_steps");
        need($value$plusargs("n_expect=%d", n_expect), "n_expect");
        need($value$plusargs("image_base=%d", image_base), "image_base");
        need($value$plusargs("image_size=%d", image_size), "image_size");
        need($value$plusargs("arena_base=%d", arena_base), "arena_base");
        need($value$plusargs("arena_size=%d", arena_size), "arena_size");
        if (!$value$plusargs("latency=%d", latency)) latency = 32;
        if (!$value$plusargs("stall=%d", stall)) stall = 0;
        if (!$value$plusargs("seed=%d", seed)) seed = 1;
        if (!$value$plusargs("max_cycles=%d", max_cycles)) max_cycles = 2000000;
        if ($value$plusargs("wave=%s", wave_file)) begin
            $dumpfile(wave_file);
            $dumpvars(0, tb_npu);
        end
        $readmemh(mem_file, u_mem.mem);
        $readmemh(steps_file, steps, 0, 2 * n_steps - 1);
        $readmemh(expect_file, expected, 0, n_expect - 1);
        repeat (8) @(posedge clk);
        rst_n <= 1;
        @(posedge clk);

        read32(`NPU_REG_ID);
        if (got !== `NPU_ID) fail("wrong ID");
        read32(`NPU_REG_SPEC_HASH);
        if (got !== `NPU_SPEC_HASH) fail("wrong SPEC_HASH");
        write32(`NPU_REG_REGION_BASE, BASE + image_base);
        write32(`NPU_REG_REGION_SIZE, image_size);
        write32(`NPU_REG_REGION_FLAGS, 1);
        write32(`NPU_REG_REGION_BASE + 16, BASE + arena_base);
        write32(`NPU_REG_REGION_SIZE + 16, arena_size);
        write32(`NPU_REG_REGION_FLAGS + 16, 3);
        write32(`NPU_REG_IRQ_ENABLE, 6);
        for (i = 0; i < n_steps; i = i + 1) begin
            write32(`NPU_REG_STATUS, 6);
            write32(`NPU_REG_CMD_OFFSET, steps[2*i]);
            write32(`NPU_REG_CMD_BYTES, steps[2*i+1]);
            write32(`NPU_REG_CTRL, 1);
            begun = cycle;
            while (!irq && cycle - begun < max_cycles) @(posedge clk);
            if (!irq) fail("no interrupt within max_cycles");
            read32(`NPU_REG_STATUS);
            if (got[2:0] !== 3'b010) begin
                $display("STATUS %h", got);
                read32(`NPU_REG_ERR_INFO);
                $display("ERR_INFO %h", got);
                read32(`NPU_REG_ERR_CMD);
                $display("ERR_CMD %0d", got);
                read32(`NPU_REG_ERR_ADDR);
                $display("ERR_ADDR %h", got);
                fail("the NPU stopped with an error");
            end
            read32(`NPU_REG_COUNTER + 8 * `NPU_CNT_CYCLES);
            $display("step %0d: %0d bytes of commands, %0d cycles", i, steps[2*i+1], got);
        end

        if ($value$plusargs("out=%s", out_file)) out = $fopen(out_file, "w");
        else out = 0;
        wrong = 0;
        for (i = 0; i < n_expect; i = i + 1) begin
            at = expected[i][39:8];
            value = u_mem.mem[at>>3] >> (8 * at[2:0]);
            if (out != 0) $fwrite(out, "%h %h\n", at, value);
            if (value !== expected[i][7:0]) begin
                if (wrong < 8) $display("byte %0d at 0x%h: got %h, expected %h", i, at, value, expected[i][7:0]);
                wrong = wrong + 1;
            end
        end
        if (out != 0) $fclose(out);
        $display("%0d output bytes, %0d differ", n_expect, wrong);
        if (wrong != 0 || n_expect == 0) fail("output differs");
        @(posedge clk);
        #1 if (!broken) $display("PASS");
        $finish;
    end
endmodule
`default_nettype wire
