// AXI4 memory for 4-state simulation: 64-bit data, 32-bit addresses, INCR, no IDs, in order.
//
// Contract
//   latency cycles from an accepted AR to its first beat (>= 1), then one beat a cycle; B after the last write beat by the
//   same time; up to 64 bursts of each direction overlap. stall_pct: chance that a channel stands still in a cycle.
//   A bit that is X or Z on a handshake, on an address, or on a data byte under its strobe raises `bad` for good, after one
//   line that says what it was. So do the rules: 4 KiB, length, size, INCR, unstable valid or payload, place of wlast.
//   Words nobody wrote read as X: bytes that the design fetches but does not use may be unknown.
// Counterpart: testbench/verilator/axi_mem.h.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module axi_mem #(
    parameter MEM_WORDS = 1024,           // of 8 bytes
    parameter [31:0] BASE = 32'h40000000  // bus address of word 0
) (
    input wire clk,
    input wire rst_n,
    input wire [31:0] latency,    // cycles
    input wire [31:0] stall_pct,  // 0..90
    input wire [31:0] first_seed,
    output reg bad,

    input wire arvalid,
    output reg arready,
    input wire [31:0] araddr,
    input wire [7:0] arlen,
    input wire [2:0] arsize,
    input wire [1:0] arburst,
    output reg rvalid,
    input wire rready,
    output reg [63:0] rdata,
    output reg [1:0] rresp,
    output reg rlast,

    input wire awvalid,
    output reg awready,
    input wire [31:0] awaddr,
    input wire [7:0] awlen,
    input wire [2:0] awsize,
    input wire [1:0] awburst,
    input wire wvalid,
    output reg wready,
    input wire [63:0] wdata,
    input wire [7:0] wstrb,
    input wire wlast,
    output reg bvalid,
    input wire bready,
    output reg [1:0] bresp
);
    localparam DEPTH = 64;  // bursts in flight, each direction

    reg [63:0] mem[0:MEM_WORDS-1];

    reg [31:0] r_addr[0:DEPTH-1];
    reg [7:0] r_len[0:DEPTH-1];
    reg [31:0] r_time[0:DEPTH-1];
    reg [31:0] w_addr[0:DEPTH-1];
    reg [7:0] w_len[0:DEPTH-1];
    reg [31:0] w_time[0:DEPTH-1];
    reg w_error[0:DEPTH-1];
    // Counts of bursts: accepted, fully served (read), filled with data and answered (write). Entry = count mod DEPTH.
    integer r_in, r_out, w_in, w_full, w_out;
    integer r_beat, w_beat, seed, now, k;
    reg [31:0] addr;
    reg w_bad;

    // What the master offered and was not given in the last cycle must stand.
    reg ar_held, aw_held, w_held;
    reg [44:0] ar_was, aw_was;
    reg [72:0] w_was;
    wire [44:0] ar_now = {araddr, arlen, arsize, arburst};
    wire [44:0] aw_now = {awaddr, awlen, awsize, awburst};
    wire [72:0] w_now = {wdata, wstrb, wlast};

    task fail(input [8*48-1:0] what);
        begin
            if (!bad) $display("FAIL axi_mem at cycle %0d: %0s", now, what);
            bad <= 1'b1;
        end
    endtask

    function runs(input dummy);
        runs = stall_pct == 0 || ({$random(seed)} % 100) >= stall_pct;
    endfunction

    // Word index of a bus address; MEM_WORDS and above: outside.
    function [31:0] word_of(input [31:0] a);
        word_of = (a - BASE) >> 3;
    endfunction

    function address_breaks(input [31:0] a, input [7:0] len, input [2:0] size, input [1:0] burst);
        address_breaks = len > 15 || size != 3 || burst != 1 || a[2:0] != 0 || {20'd0, a[11:0]} + (len + 1) * 8 > 4096;
    endfunction

    task check;
        begin
            if ((^{arvalid, rready, awvalid, wvalid, bready}) === 1'bx) fail("X on a valid or ready");
            if (arvalid === 1'b1) begin
                if ((^ar_now) === 1'bx) fail("X on AR");
                else if (address_breaks(araddr, arlen, arsize, arburst)) fail("illegal burst on AR");
            end
            if (awvalid === 1'b1) begin
                if ((^aw_now) === 1'bx) fail("X on AW");
                else if (address_breaks(awaddr, awlen, awsize, awburst)) fail("illegal burst on AW");
            end
            if (wvalid === 1'b1) begin
                if ((^{wstrb, wlast}) === 1'bx) fail("X on WSTRB or WLAST");
                for (k = 0; k < 8; k = k + 1)
                    if (wstrb[k] !== 1'b0 && (^wdata[8*k+:8]) === 1'bx) fail("X on WDATA under its strobe");
            end
            if (ar_held && (arvalid !== 1'b1 || ar_now !== ar_was)) fail("AR changed before it was accepted");
            if (aw_held && (awvalid !== 1'b1 || aw_now !== aw_was)) fail("AW changed before it was accepted");
            if (w_held && (wvalid !== 1'b1 || w_now !== w_was)) fail("W changed before it was accepted");
            ar_held = arvalid && !arready;
            aw_held = awvalid && !awready;
            w_held = wvalid && !wready;
            ar_was = ar_now;
            aw_was = aw_now;
            w_was = w_now;
        end
    endtask

    always @(posedge clk) begin
        if (!rst_n) begin
            {arready, rvalid, awready, wready, bvalid, bad, ar_held, aw_held, w_held} <= 0;
            r_in = 0;
            r_out = 0;
            w_in = 0;
            w_full = 0;
            w_out = 0;
            r_beat = 0;
            w_beat = 0;
            now = 0;
            seed = first_seed;
        end else if (!bad) begin
            check;
            now = now + 1;
            // Reads.
            if (arvalid && arready) begin
                r_addr[r_in%DEPTH] = araddr;
                r_len[r_in%DEPTH] = arlen;
                r_time[r_in%DEPTH] = now + latency - 1;
                r_in = r_in + 1;
            end
            if (rvalid && rready) begin
                r_beat = rlast ? 0 : r_beat + 1;
                r_out = rlast ? r_out + 1 : r_out;
            end
            if (!rvalid || rready) begin
                rvalid <= 0;
                rdata <= 64'hx;
                rlast <= 1'bx;
                rresp <= 2'bx;
                if (r_out != r_in && now >= r_time[r_out%DEPTH] && runs(0)) begin
                    addr = word_of(r_addr[r_out%DEPTH] + 8 * r_beat);
                    rvalid <= 1;
                    rdata <= addr < MEM_WORDS ? mem[addr] : 64'd0;
                    rresp <= addr < MEM_WORDS ? 2'd0 : 2'd3;
                    rlast <= r_beat == r_len[r_out%DEPTH];
                end
            end
            arready <= r_in - r_out < DEPTH - 1 && runs(0);
            // Writes: data only after its address.
            if (wvalid && wready) begin
                addr = word_of(w_addr[w_full%DEPTH] + 8 * w_beat);
                if (wlast !== (w_beat == w_len[w_full%DEPTH])) fail("wlast is not on the last beat");
                for (k = 0; k < 8; k = k + 1) if (wstrb[k] && addr < MEM_WORDS) mem[addr][8*k+:8] = wdata[8*k+:8];
                if (addr >= MEM_WORDS) w_error[w_full%DEPTH] = 1;
                w_beat = w_beat + 1;
                if (wlast) begin
                    w_time[w_full%DEPTH] = now + latency - 1;
                    w_full = w_full + 1;
                    w_beat = 0;
                end
            end
            if (awvalid && awready) begin
                w_addr[w_in%DEPTH] = awaddr;
                w_len[w_in%DEPTH] = awlen;
                w_error[w_in%DEPTH] = 0;
                w_in = w_in + 1;
            end
            wready <= w_full != w_in && runs(0);
            awready <= w_in - w_out < DEPTH - 1 && runs(0);
            if (bvalid && bready) w_out = w_out + 1;
            if (!bvalid || bready) begin
                bvalid <= 0;
                bresp <= 2'bx;
                if (w_out != w_full && now >= w_time[w_out%DEPTH] && runs(0)) begin
                    bvalid <= 1;
                    bresp <= w_error[w_out%DEPTH] ? 2'd3 : 2'd0;
                end
            end
        end
    end
endmodule
`default_nettype wire
