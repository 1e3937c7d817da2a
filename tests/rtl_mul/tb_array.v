// Two npu_array of 4 x 4 under the same random operands, weights, modes and pauses: `npu_array` (generic) and `dut`, which is
// the array with other products, or its netlist. Last line: `array: n steps compared, n wrong`.
// SPDX-License-Identifier: Apache-2.0
`timescale 1ns / 1ps
`default_nettype none
module tb_array;
    localparam N = 4, PSUM_W = 18, STEPS = 2080;
    reg            clk = 1'b0, rst_n = 1'b0, en = 1'b1, swap = 1'b0, fir = 1'b0;
    reg  [8*N-1:0] word = 0, lines = 0, w_word = 0;
    reg  [N-1:0]   row_sel = 0;
    wire [N*PSUM_W-1:0] psum, want;
    npu_array #(.N(N), .FIR_GROUPS(1), .FIR_TAPS(4), .PSUM_W(PSUM_W)) model (
        .clk(clk), .rst_n(rst_n), .en(en), .word(word), .swap(swap), .fir(fir), .lines(lines), .row_sel(row_sel),
        .w_word(w_word), .psum(want));
    dut dut (
        .clk(clk), .rst_n(rst_n), .en(en), .word(word), .swap(swap), .fir(fir), .lines(lines), .row_sel(row_sel),
        .w_word(w_word), .psum(psum));

    integer steps = 0, wrong = 0, seed = 5, known = 0;
    always #5 clk = ~clk;
    // Bytes of the ends of the range more often than chance would have it.
    function [31:0] bytes(input integer dummy);
        integer i;
        for (i = 0; i < 4; i = i + 1)
            bytes[8*i+:8] = $random(seed) % 3 == 0 ? ($random(seed) % 2 == 0 ? 8'h80 : 8'h7f) : $random(seed);
    endfunction
    always @(negedge clk) begin
        rst_n <= steps > 3;
        if (steps > 80 && psum !== want) begin
            wrong = wrong + 1;
            if (wrong < 4) $display("step %0d: %h, want %h", steps, psum, want);
        end
        if (^want !== 1'bx && want != 0) known = known + 1;
        if (steps == STEPS) begin
            if (known < STEPS / 2) $display("ERROR only %0d sums were known and not zero", known);
            $display("array: %0d steps compared, %0d wrong", STEPS - 80, wrong);
            $finish;
        end
        steps = steps + 1;
        en <= steps < 40 || $random(seed) % 5 != 0;
        word <= bytes(0);
        lines <= bytes(0);
        w_word <= bytes(0);
        row_sel <= steps < 20 ? 4'b1111 : $random(seed) % 4 == 0 ? 4'b0001 << ($random(seed) & 3) : 4'b0000;
        swap <= steps < 20 || $random(seed) % 7 == 0;
        fir <= $random(seed);
    end
endmodule
`default_nettype wire
