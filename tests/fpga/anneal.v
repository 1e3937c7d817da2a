// For tests/fpga/anneal.py: every kind of cell that fpga/anneal moves or keeps together. SPDX-License-Identifier: Apache-2.0
`default_nettype none
module top (
    input  wire clk_25mhz,
    output reg  out
);
    wire clk = clk_25mhz;
    reg [31:0] count_q = 32'd0; // carry chains over several tiles
    always @(posedge clk) count_q <= count_q + 32'd1;
    genvar i;
    wire [15:0] ends;
    generate
        for (i = 0; i < 16; i = i + 1) begin : gen_set // flip-flops of many control sets: clock edge, enable, reset
            reg [15:0] shift_q;
            reg other_q;
            always @(posedge clk)
                if (count_q[i]) shift_q <= {shift_q[14:0], ^(count_q & (32'h10421 << i))};
            always @(negedge clk)
                if (count_q[31-i]) other_q <= 1'b0;
                else other_q <= shift_q[15] ^ count_q[i+3];
            assign ends[i] = other_q;
        end
    endgenerate
    reg [7:0] lut_ram [0:15], block_ram [0:2047], word_q, block_q; // LUT RAM, block RAM
    wire [7:0] word = lut_ram[count_q[7:4]];
    always @(posedge clk) begin
        if (count_q[0]) lut_ram[count_q[3:0]] <= ends[7:0];
        if (count_q[1]) block_ram[count_q[12:2]] <= ends[15:8];
        block_q <= block_ram[count_q[14:4]];
        word_q <= word;
    end
    wire [7:0] choice = {word_q ^ block_q}; // a multiplexer of eight
    always @(posedge clk) out <= choice[count_q[10:8]] ^ ^ends;
endmodule
`default_nettype wire
