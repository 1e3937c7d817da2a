// Bench of soc_sdram with sdram_model: the part's start, a fill, random bursts of reads and writes at once against a copy
// of the memory, bursts outside the memory, a slow reader, then the efficiency of long reads, of long writes and of a copy.
// Every parameter of controller (C_*) and part (P_*, times in ps) may be set with -P. Plusargs: seed, ops.
// Last line: PASS or FAIL why. SPDX-License-Identifier: Apache-2.0
`timescale 1ns/1ps
`default_nettype none
module tb_sdram;
    parameter DQ = 16, ROW_BITS = 13, COL_BITS = 9, CLK_PS = 16666, INVERTED = 1, CAS = 2;
    parameter C_RCD = 20, C_RP = 20, C_RAS = 45, C_RC = 66, C_RRD = 15, C_RFC = 66, C_WR = 15, C_REFI = 7812, C_INIT = 200000,
        C_REFRESHES = 8, C_MRD = 2, C_TURN = 1, C_EXTRA = 1 - INVERTED;
    parameter P_RCD = 18000, P_RP = 18000, P_RAS = 42000, P_RC = 60000, P_RRD = 12000, P_RFC = 60000, P_WR = 12000,
        P_REFI = 7812500, P_INIT = 200000000, P_REFRESHES = 8, P_MRD = 2, P_CK2 = 10000, P_CK3 = 6000;
    parameter MIN_PERCENT = 85;
    localparam [31:0] BASE = 32'h40000000;
    localparam [32:0] SIZE = (33'd1 << (ROW_BITS + COL_BITS + 2)) * (DQ / 8);
    localparam BL = 64 / DQ;

    reg clk = 0, rst_n = 0;
    always #(CLK_PS / 2000.0) clk = !clk;
    integer cycle = 0;
    always @(posedge clk) cycle = cycle + 1;

    reg         arvalid = 0, rready = 0, awvalid = 0, wvalid = 0, bready = 0;
    reg  [31:0] araddr, awaddr;
    reg  [7:0]  arlen, awlen, wstrb;
    reg  [63:0] wdata;
    wire        arready, rvalid, rlast, awready, wready, bvalid;
    wire [63:0] rdata;
    wire [1:0]  rresp, bresp;
    wire        cke, cs_n, ras_n, cas_n, we_n, dq_oe;
    wire [1:0]  ba;
    wire [ROW_BITS-1:0] a;
    wire [DQ/8-1:0]     dqm;
    wire [DQ-1:0]       dq_o;
    soc_sdram #(
        .BASE(BASE), .DQ(DQ), .ROW_BITS(ROW_BITS), .COL_BITS(COL_BITS), .CLK_PS(CLK_PS), .CAS(CAS), .READ_EXTRA(C_EXTRA),
        .T_RCD(C_RCD), .T_RP(C_RP), .T_RAS(C_RAS), .T_RC(C_RC), .T_RRD(C_RRD), .T_RFC(C_RFC), .T_WR(C_WR), .T_REFI(C_REFI),
        .T_INIT(C_INIT), .INIT_REFRESHES(C_REFRESHES), .MRD_CLOCKS(C_MRD), .TURN_CLOCKS(C_TURN)
    ) u_dut (
        .clk(clk), .rst_n(rst_n),
        .s_axi_arvalid(arvalid), .s_axi_arready(arready), .s_axi_araddr(araddr), .s_axi_arlen(arlen),
        .s_axi_rvalid(rvalid), .s_axi_rready(rready), .s_axi_rdata(rdata), .s_axi_rresp(rresp), .s_axi_rlast(rlast),
        .s_axi_awvalid(awvalid), .s_axi_awready(awready), .s_axi_awaddr(awaddr), .s_axi_awlen(awlen),
        .s_axi_wvalid(wvalid), .s_axi_wready(wready), .s_axi_wdata(wdata), .s_axi_wstrb(wstrb),
        .s_axi_bvalid(bvalid), .s_axi_bready(bready), .s_axi_bresp(bresp),
        .sdram_cke(cke), .sdram_cs_n(cs_n), .sdram_ras_n(ras_n), .sdram_cas_n(cas_n), .sdram_we_n(we_n), .sdram_ba(ba),
        .sdram_a(a), .sdram_dqm(dqm), .sdram_dq_o(dq_o), .sdram_dq_oe(dq_oe), .sdram_dq_i(dq_at_dut)
    );

    // Pins: 1.5 ns from the clock's edge to the part, 1 ns back.
    wire [ROW_BITS+DQ/8+DQ+8-1:0] out = {cke, cs_n, ras_n, cas_n, we_n, ba, a, dqm, dq_o, dq_oe};
    wire [ROW_BITS+DQ/8+DQ+8-1:0] #1.5 pins = out;
    wire [DQ-1:0] dq_part;
    wire [DQ-1:0] #1 dq_at_dut = dq_part;
    wire part_clk = INVERTED ? !clk : clk;
    sdram_model #(
        .DQ(DQ), .ROW_BITS(ROW_BITS), .COL_BITS(COL_BITS), .T_RCD(P_RCD / 1000.0), .T_RP(P_RP / 1000.0), .T_RAS(P_RAS / 1000.0),
        .T_RC(P_RC / 1000.0), .T_RRD(P_RRD / 1000.0), .T_RFC(P_RFC / 1000.0), .T_WR(P_WR / 1000.0), .T_REFI(P_REFI / 1000.0),
        .T_INIT(P_INIT / 1000.0), .INIT_REFRESHES(P_REFRESHES), .MRD_CLOCKS(P_MRD), .T_CK2(P_CK2 / 1000.0),
        .T_CK3(P_CK3 / 1000.0)
    ) u_part (
        .clk(part_clk), .cke(pins[ROW_BITS+DQ/8+DQ+7]), .cs_n(pins[ROW_BITS+DQ/8+DQ+6]), .ras_n(pins[ROW_BITS+DQ/8+DQ+5]),
        .cas_n(pins[ROW_BITS+DQ/8+DQ+4]), .we_n(pins[ROW_BITS+DQ/8+DQ+3]), .ba(pins[ROW_BITS+DQ/8+DQ+1 +: 2]),
        .a(pins[DQ/8+DQ+1 +: ROW_BITS]), .dqm(pins[DQ+1 +: DQ/8]), .dq_in(pins[DQ:1]), .dq_in_oe(pins[0]), .dq_out(dq_part)
    );

    // ---- the copy: 16 pieces of 4 KiB spread over the memory; beat i of the copy lies at address_of(i)
    localparam BEATS = 8192;
    reg [63:0] copy [0:BEATS-1];
    function [31:0] address_of(input integer i);
        address_of = BASE + (SIZE >> 4) * (i >> 9) + (i & 511) * 8;
    endfunction

    reg [8*60-1:0] why = 0;
    task fail(input [8*60-1:0] text);
        if (why == 0) begin
            why = text;
            $display("%0s at cycle %0d", text, cycle);
        end
    endtask
    integer seed;
    function integer rnd(input integer n);
        rnd = $unsigned($random(seed)) % n;
    endfunction

    // Bursts to read and to write: filled by the test, worked off by the two sides below.
    integer q_addr [0:4095], q_len [0:4095], ar_n, ar_i, r_i, r_beat, at;
    integer read_slow = 0, write_slow = 0;    // percent of cycles in which the bench waits
    reg     running = 0;
    always @(posedge clk) if (running) begin   // addresses of reads
        if (arvalid && arready) begin
            ar_i = ar_i + 1;
            arvalid <= 0;
        end
        if ((!arvalid || arready) && ar_i < ar_n && rnd(100) >= read_slow) begin
            arvalid <= 1;
            araddr <= q_addr[ar_i] < 0 ? BASE + SIZE : address_of(q_addr[ar_i]);
            arlen <= q_len[ar_i] - 1;
        end
    end
    always @(posedge clk) if (running) begin   // data of reads
        if (rvalid && rready) begin
            at = q_addr[r_i] < 0 ? 0 : q_addr[r_i] + r_beat;
            if (q_addr[r_i] < 0 ? rdata !== 0 || rresp !== 3 : rresp !== 0) fail("wrong response to a read");
            if (q_addr[r_i] >= 0 && rdata !== copy[at]) begin
                if (why == 0) $display("beat %0d (0x%h): got %h, want %h", at, address_of(at), rdata, copy[at]);
                fail("wrong data");
            end
            r_beat = r_beat + 1;
            if (rlast !== (r_beat == q_len[r_i])) fail("wrong RLAST");
            if (r_beat == q_len[r_i]) begin
                r_beat = 0;
                r_i = r_i + 1;
            end
        end
        rready <= rnd(100) >= read_slow;
    end
    integer p_addr [0:4095], p_len [0:4095], aw_n, aw_i, w_i, w_beat, b_i, k;
    reg full_strobes = 1;
    always @(posedge clk) if (running) begin
        if (awvalid && awready) begin
            aw_i = aw_i + 1;
            awvalid <= 0;
        end
        if ((!awvalid || awready) && aw_i < aw_n && rnd(100) >= write_slow) begin
            awvalid <= 1;
            awaddr <= p_addr[aw_i] < 0 ? BASE - 128 : address_of(p_addr[aw_i]);
            awlen <= p_len[aw_i] - 1;
        end
        if (wvalid && wready) begin
            wvalid <= 0;
            if (p_addr[w_i] >= 0)
                for (k = 0; k < 8; k = k + 1) if (wstrb[k]) copy[p_addr[w_i] + w_beat][8*k +: 8] = wdata[8*k +: 8];
            w_beat = w_beat + 1;
            if (w_beat == p_len[w_i]) begin
                w_beat = 0;
                w_i = w_i + 1;
            end
        end
        if ((!wvalid || wready) && w_i < aw_n && rnd(100) >= write_slow) begin
            wvalid <= 1;
            wdata <= {$random(seed), $random(seed)};
            wstrb <= full_strobes || rnd(3) == 0 ? 8'hff : $random(seed);
        end
        if (bvalid && bready) begin
            if (bresp !== (p_addr[b_i] < 0 ? 3 : 0)) fail("wrong response to a write");
            b_i = b_i + 1;
        end
        bready <= rnd(100) >= write_slow;
    end

    integer begun, limit;
    task go;                                   // work off what the queues hold
        begin
            ar_i = 0; r_i = 0; r_beat = 0; aw_i = 0; w_i = 0; w_beat = 0; b_i = 0;
            begun = cycle;
            limit = 2000000;
            running = 1;
            while ((r_i < ar_n || b_i < aw_n) && limit > 0 && why == 0 && u_part.violations == 0) begin
                @(negedge clk);
                limit = limit - 1;
            end
            if (limit == 0) fail("no answer");
            if (u_part.violations != 0) fail({"rule ", u_part.first_rule});
            if (why != 0) begin
                $display("FAIL %0s", why);
                $finish;
            end
            @(posedge clk) running = 0;
            arvalid <= 0; awvalid <= 0; wvalid <= 0; rready <= 0; bready <= 0;
            @(posedge clk);
        end
    endtask
    task long_bursts(input integer n, input integer first, input integer is_write);
        integer j;
        for (j = 0; j < n; j = j + 1) begin
            if (is_write) begin p_addr[j] = (first + 16 * j) % BEATS; p_len[j] = 16; end
            else begin q_addr[j] = (first + 16 * j) % BEATS; q_len[j] = 16; end
        end
    endtask
    integer percent;
    task rate(input [8*8-1:0] what, input integer beats, input integer least);
        begin
            percent = (beats * BL * 1000) / (cycle - begun);
            $display("%0s: %0d beats in %0d clocks, %0d.%0d %% of the pins' rate", what, beats, cycle - begun, percent / 10,
                percent % 10);
            if (percent < 10 * least) begin
                $display("FAIL %0s too slow", what);
                $finish;
            end
        end
    endtask
    task random_bursts(input integer n, input integer half);
        integer j;
        for (j = 0; j < n; j = j + 1) begin
            q_len[j] = 1 + rnd(16);
            q_addr[j] = rnd(40) == 0 ? -1 : rnd(8) * 1024 + half * 512 + rnd(512 - q_len[j]);
            p_len[j] = 1 + rnd(16);
            p_addr[j] = rnd(40) == 0 ? -1 : rnd(8) * 1024 + (1 - half) * 512 + rnd(512 - p_len[j]);
        end
    endtask

    integer ops, round;
    initial begin
        if (!$value$plusargs("seed=%d", seed)) seed = 1;
        if (!$value$plusargs("ops=%d", ops)) ops = 400;
        repeat (4) @(posedge clk);
        rst_n <= 1;
        repeat (4) @(posedge clk);
        ar_n = 0;
        aw_n = BEATS / 16;
        long_bursts(aw_n, 0, 1);
        go;
        full_strobes = 0;
        for (round = 0; round < 6; round = round + 1) begin
            ar_n = ops;
            aw_n = ops;
            read_slow = round < 3 ? 0 : 30 * (round - 2);
            write_slow = round % 3 * 35;
            random_bursts(ops, round & 1);
            go;
        end
        read_slow = 0;
        write_slow = 0;
        full_strobes = 1;
        repeat (20 * 8000000 / CLK_PS) @(posedge clk); // idle, for the refreshes
        ar_n = BEATS / 16;
        aw_n = 0;
        long_bursts(ar_n, 0, 0);
        go;
        rate("reads", BEATS, MIN_PERCENT);
        ar_n = 0;
        aw_n = 256;
        long_bursts(aw_n, 0, 1);
        go;
        rate("writes", 4096, MIN_PERCENT);
        ar_n = 256;
        long_bursts(256, 0, 1);
        long_bursts(256, 4096, 0);
        go;
        rate("copy", 8192, 0);
        $display("%0d activates, %0d read, %0d write, %0d refresh commands", u_part.activates, u_part.reads, u_part.writes,
            u_part.refreshes);
        $display("PASS");
        $finish;
    end
endmodule
`default_nettype wire
