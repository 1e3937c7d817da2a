// npu_counters beside plain 64-bit counters: random increments, pauses, clears, and reads every fourth cycle, faster than the registers make them.
// Last line: `counters: n reads compared, n wrong`.
// SPDX-License-Identifier: Apache-2.0
`timescale 1ns / 1ps
`default_nettype none
module tb_counters;
    localparam COUNT = 13;
    reg clk = 1'b0, rst_n = 1'b0, clear = 1'b0, count = 1'b0, soon = 1'b0, read = 1'b0;
    reg [4*COUNT-1:0] inc = 0;
    reg [3:0] index = 0;
    wire [63:0] value;
    npu_counters #(.COUNT(COUNT)) dut (
        .clk(clk), .rst_n(rst_n), .clear(clear), .count(count), .inc(inc), .soon(soon), .read(read), .index(index), .value(value));
    reg [63:0] plain [0:COUNT-1], want = 0;
    reg [4*COUNT-1:0] late = 0;          // counted one cycle later
    reg answer = 1'b0;                   // value is what was asked for in the cycle before
    integer i, steps = 0, reads = 0, wrong = 0, seed = 7, eager = 0, since = 0;
    always #5 clk = ~clk;
    always @(posedge clk) begin
        if (answer) begin
            reads = reads + 1;
            if (value !== want) begin
                wrong = wrong + 1;
                if (wrong < 4) $display("step %0d: a counter is %0d, want %0d", steps, value, want);
            end
        end
        answer = read && rst_n;
        want = plain[index];
        for (i = 0; i < COUNT; i = i + 1)
            if (!rst_n || clear) plain[i] = 0;
            else plain[i] = plain[i] + late[4*i+:4];
        late = count && !clear ? inc : 0;
        steps = steps + 1;
        if (steps == 60000) begin
            $display("counters: %0d reads compared, %0d wrong", reads, wrong);
            $finish;
        end
    end
    always @(negedge clk) begin
        rst_n <= steps > 2;
        clear <= $random(seed) % 1500 == 0;
        count <= steps / 5000 % 2 == 0 || $random(seed) % 4 != 0;
        if (steps % 1000 == 0) eager = $random(seed) & 1;
        since = soon ? 0 : since + 1;
        soon  <= since >= 3 && (eager != 0 || $random(seed) % 8 == 0);
        read  <= soon;
        index <= ($random(seed) & 32'h7fffffff) % COUNT;
        for (i = 0; i < COUNT; i = i + 1) inc[4*i+:4] <= steps / 10000 % 2 == 0 ? 4'd8 : ($random(seed) & 32'h7fffffff) % 9;
    end
endmodule
`default_nettype wire
