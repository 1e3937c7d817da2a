// What the tests of the flow put on a Gowin device: memories of each kind, driven by a shift register; `out` depends on all that is read.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module top #(
    parameter N = 4, CLK_HZ = 27000000
) (
    input  wire clk_27mhz,
    output wire out
);
    reg [63:0] random_q = 64'h9e3779b97f4a7c15;
    always @(posedge clk_27mhz) random_q <= {random_q[62:0], ~(random_q[63] ^ random_q[62] ^ random_q[60] ^ random_q[59])};
    wire        we = random_q[5] && random_q[17];
    wire [3:0]  be = random_q[21:18];
    // 64 words of each memory, far apart, so that most of what is read has been written; the others have no content.
    wire [5:0]  at = random_q[38:33], beside = at ^ 6'd1;
    wire [11:0] addr = {at, ~at};
    wire [71:0] data = {random_q[7:0], random_q};

    reg [31:0] bytes [0:4095];         // one port, bytes written apart: 9 bits wide
    (* no_rw_check *) reg [71:0] wide [0:511];           // two ports: 36 bits wide
    reg [17:0] half [0:1023];          // with enables of bytes of 9
    reg [31:0] told [0:127];           // told to be block RAM (board.conf), with content, bytes written apart: 36 bits wide
    reg [7:0]  cells [0:63];           // LUT RAM
    reg [31:0] bytes_q, told_q;
    (* no_rw_check *) reg [71:0] wide_q;
    reg [17:0] half_q;
    reg [7:0]  cells_q;
    integer    i;
    initial begin
        for (i = 0; i < 64; i = i + 1) begin
            bytes[64*i+63-i] = 32'd0;
            wide[8*i+7-i%8] = 72'd0;
            half[i%16*64+63-i] = 18'd0;
            cells[i] = 8'd0;
        end
        for (i = 0; i < 128; i = i + 1) told[i] = 32'h01000193 * i;
        {bytes_q, told_q, wide_q, half_q, cells_q} = 162'd0;
    end
    always @(posedge clk_27mhz) begin
        if (we) begin
            for (i = 0; i < 4; i = i + 1) if (be[i]) bytes[addr][8*i+:8] <= data[8*i+:8];
        end else bytes_q <= bytes[addr];
        if (random_q[9]) wide[{at, ~at[2:0]}] <= data;
        wide_q <= wide[{beside, ~beside[2:0]}];
        if (we) begin
            for (i = 0; i < 2; i = i + 1) if (be[i]) half[addr[9:0]][9*i+:9] <= data[9*i+:9];
        end else half_q <= half[addr[9:0]];
        if (random_q[11]) begin
            for (i = 0; i < 4; i = i + 1) if (be[i]) told[{random_q[58:53], 1'b0}][8*i+:8] <= data[8*i+9+:8];
        end else told_q <= told[random_q[57:51]];
        if (random_q[13]) cells[random_q[30:25]] <= data[7:0];
        cells_q <= cells[random_q[31:26]];
    end
    assign out = ^{bytes_q, told_q, wide_q, half_q, cells_q};
endmodule
`default_nettype wire
