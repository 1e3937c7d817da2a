// Requantiser of npu_lite, one bit a cycle: the multiplication and the right shift of `requant` (docs/isa.md).
//
// A pulse of start takes x; m and settings were written before and stay. 32 + shift cycles later busy falls and result holds
//   settings[5] = 0: rounding right shift, ties away from zero, by s = settings[4:0] of (x*m + 2^30) >> 31, x signed
//   settings[5] = 1: x*m >> 31 >> s, x unsigned (POOL's division)
// with 0 <= m < 2^31. One adder does it all: partial product, rounding (its carry) and shift.
// Counterpart: ref_requant in cmodel/ref/ref_arith.h. SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_lite_scale (
    input  wire        clk,
    input  wire        rst_n,
    input  wire        m_we,
    input  wire        settings_we,
    input  wire        start,
    input  wire [31:0] wdata,
    output wire        busy,
    output wire [31:0] result
);
    reg  [31:0] x_q, high_q;
    reg  [30:0] m_q;          // turns once in 31 cycles
    reg  [4:0]  shift_q;
    reg         divide_q, sticky_q, shifting_q;
    reg  [5:0]  left_q;
    assign busy   = left_q != 6'd0;
    assign result = high_q;

    // 31 cycles of multiplication, with 1 of the last one's weight added (2^30); then `shift` cycles, the last of which adds 1
    // unless the value is negative and nothing but zeros was shifted out before.
    wire        last  = left_q == 6'd1;
    wire        carry = last && !divide_q && (!shifting_q || !high_q[31] || sticky_q);
    wire        add   = m_q[0] && !shifting_q;
    wire [32:0] sum   = {high_q[31] && !divide_q, high_q} + ({x_q[31] && !divide_q, x_q} & {33{add}}) + {32'd0, carry};
    wire        unused = &{1'b0, sum[0]};
    always @(posedge clk) begin
        if (!rst_n) left_q <= 6'd0;
        else if (start) left_q <= 6'd31;
        else if (last && !shifting_q) left_q <= {1'b0, shift_q};
        else if (busy) left_q <= left_q - 6'd1;
        if (m_we) m_q <= wdata[30:0];
        else if (busy && !shifting_q) m_q <= {m_q[0], m_q[30:1]};
        if (settings_we) {divide_q, shift_q} <= wdata[5:0];
        if (start) begin
            x_q        <= wdata;
            high_q     <= 32'd0;
            shifting_q <= 1'b0;
            sticky_q   <= 1'b0;
        end else if (busy) begin
            high_q     <= sum[32:1];
            shifting_q <= shifting_q || last;
            sticky_q   <= shifting_q && (sticky_q || high_q[0]);
        end
    end
endmodule
`default_nettype wire
