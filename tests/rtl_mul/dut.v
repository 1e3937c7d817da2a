// The 4 x 4 array with products of style `STYLE`, `DSP` of them in DSP cells: for tb_array, as RTL and as netlist.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module dut (
    input  wire        clk, rst_n, en, swap, fir,
    input  wire [31:0] word, lines, w_word,
    input  wire [3:0]  row_sel,
    output wire [71:0] psum
);
    npu_array #(.N(4), .FIR_GROUPS(1), .FIR_TAPS(4), .PSUM_W(18), .MUL_STYLE(`STYLE), .MUL_DSP(`DSP)) u_array (
        .clk(clk), .rst_n(rst_n), .en(en), .word(word), .swap(swap), .fir(fir), .lines(lines), .row_sel(row_sel),
        .w_word(w_word), .psum(psum));
endmodule
`default_nettype wire
