// What the ECP5 flow maps in its own way: adders, subtracters and comparisons (fpga/ecp5_trim.py), multiplexers (fpga/ecp5/mux_map.v).
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module mapped (
    input  wire [11:0]       a, b,
    input  wire [6:0]        c, d,
    input  wire signed [4:0] e, f,
    input  wire [3:0]        s,
    output wire [12:0]       sum,
    output wire [11:0]       minus,
    output wire [7:0]        carry,
    output wire [6:0]        next, negated,
    output wire signed [5:0] less,
    output wire [2:0]        five,
    output wire [3:0]        compared,
    output wire              one_of_8, one_of_4, one_of_6, one_of_12,
    output wire [11:0]       left, right
);
    assign sum       = a + b;
    assign minus     = a - b;
    assign carry     = c - d;
    assign next      = c + 7'd1;
    assign negated   = -c;
    assign less      = e - f;
    assign five      = a[2:0] + 3'd5;
    assign compared  = {c < d, a <= b, e < f, a[6:0] - c == 7'd0};
    assign one_of_8  = a[{1'b0, s[2:0]}];
    assign one_of_4  = b[{2'b00, s[1:0]}];
    assign one_of_6  = s[2] ? (s[1] ? c[0] : s[0] ? c[1] : c[2]) : s[1] ? (s[0] ? c[3] : c[4]) : c[5];
    assign one_of_12 = s < 4'd12 && b[s];
    assign left      = a << s;
    assign right     = $signed(b) >>> s;
endmodule
`default_nettype wire
