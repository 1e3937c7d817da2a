// The N x N weight-stationary systolic array with its skew registers.
//
// Timing, in steps (cycles with en = 1): an operand word presented in step s yields its N sums, aligned, in step s + 2N + 1.
// Operand words: byte r goes to row r (conv); FIR: line word of group g, byte c goes to column c of rows g*FIR_TAPS.. of that
// group, and must be presented g*FIR_TAPS steps after group 0's.
// Weights: row_sel (one-hot) with w_word writes the shadow weights of one row; all rows must have been presented
// before the step whose swap uses them, and the next tile's first row not before that step.
// Products: MUL_STYLE as in npu_mul2. With a style of DSP cells, the first MUL_DSP products (rounded down to pairs) have
// them and the others are carry chains on ECP5, generic elsewhere: for devices with fewer cells than products.
// Counterpart: the sum over r of CONV in cmodel/npu.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_array #(
    parameter N = 16,
    parameter FIR_GROUPS = 3,
    parameter FIR_TAPS = 5,
    parameter PSUM_W = 20,
    parameter MUL_STYLE = 0,
    parameter MUL_DSP = N * N
) (
    input  wire                        clk,
    input  wire                        rst_n,
    input  wire                        en,
    input  wire [8*N-1:0]              word,       // conv operand
    input  wire                        swap,       // first operand of a pass
    input  wire                        fir,        // with swap: mode of the pass
    input  wire [8*N*FIR_GROUPS-1:0]   lines,      // FIR operands, group g at 8N*g
    input  wire [N-1:0]                row_sel,
    input  wire [8*N-1:0]              w_word,
    output wire [N*PSUM_W-1:0]         psum        // signed, column c at PSUM_W*c
);
    localparam FIR_ROWS = FIR_GROUPS * FIR_TAPS;

    // Each link is a net of its own block: one flat vector for all of them makes event-driven simulators crawl.
    genvar r, c, g;
    generate
        // Row skew. Tags go down one chain: row r sees them r steps later.
        for (r = 0; r < N; r = r + 1) begin : gen_skew
            wire [7:0] a;
            wire [1:0] tag;  // swap, fir
            npu_delay #(.WIDTH(8), .DEPTH(r)) u_skew (.clk(clk), .en(en), .in_data(word[8*r+:8]), .out_data(a));
            if (r == 0) begin : gen_first
                assign tag = {swap, fir};
            end else begin : gen_next
                reg [1:0] tag_q;
                always @(posedge clk)
                    if (!rst_n) tag_q <= 2'b00;
                    else if (en) tag_q <= gen_skew[r-1].tag;
                assign tag = tag_q;
            end
        end
        for (c = 0; c < N; c = c + 1) begin : gen_col
            wire [7:0] weight;
            npu_delay #(.WIDTH(8), .DEPTH(c)) u_wskew (
                .clk(clk), .en(en), .in_data(w_word[8*c+:8]), .out_data(weight));
            for (g = 0; g < FIR_GROUPS; g = g + 1) begin : gen_line
                wire [7:0] bus;
                npu_delay #(.WIDTH(8), .DEPTH(c)) u_lskew (
                    .clk(clk), .en(en), .in_data(lines[8*(g*N+c)+:8]), .out_data(bus));
            end
            for (r = 0; r < N; r = r + 1) begin : gen_row
                wire [7:0] a_in, a_out, line_byte;
                wire       swap_in, swap_out, fir_in, fir_out, we_in, we_out;
                wire [PSUM_W-1:0] p_in, p_out;
                wire [7:0]        w_out;
                wire [15:0]       prod;
                if (r < FIR_ROWS) begin : gen_bus
                    assign line_byte = gen_col[c].gen_line[r/FIR_TAPS].bus;
                end else begin : gen_no_bus
                    assign line_byte = 8'd0;
                end
                if (c == 0) begin : gen_left
                    assign a_in = gen_skew[r].a;
                    assign {swap_in, fir_in} = gen_skew[r].tag;
                    assign we_in = row_sel[r];
                end else begin : gen_inner
                    assign a_in = gen_col[c-1].gen_row[r].a_out;
                    assign swap_in = gen_col[c-1].gen_row[r].swap_out;
                    assign fir_in = gen_col[c-1].gen_row[r].fir_out;
                    assign we_in = gen_col[c-1].gen_row[r].we_out;
                end
                if (r == 0) begin : gen_top
                    assign p_in = {PSUM_W{1'b0}};
                end else begin : gen_below
                    assign p_in = gen_col[c].gen_row[r-1].p_out;
                end
                npu_pe #(.PSUM_W(PSUM_W), .HAS_BUS(r < FIR_ROWS ? 1 : 0)) u_pe (
                    .clk(clk), .rst_n(rst_n), .en(en), .a_in(a_in), .bus(line_byte), .swap_in(swap_in), .fir_in(fir_in),
                    .we_in(we_in), .wbus(weight), .psum_in(p_in), .prod(prod), .a_q(a_out), .weight_q(w_out),
                    .swap_q(swap_out), .fir_q(fir_out), .we_q(we_out), .psum_q(p_out));
                if (r % 2 == 1) begin : gen_mul
                    localparam STYLE = MUL_STYLE < 2 || c * N + r < MUL_DSP ? MUL_STYLE : MUL_STYLE == 2 ? 1 : 0;
                    npu_mul2 #(.STYLE(STYLE)) u_mul (
                        .clk(clk), .en(en), .a0(gen_col[c].gen_row[r-1].a_out), .w0(gen_col[c].gen_row[r-1].w_out),
                        .a1(a_out), .w1(w_out), .prod0(gen_col[c].gen_row[r-1].prod), .prod1(prod));
                end
                if (c == N - 1) begin : gen_end
                    wire unused = &{1'b0, a_out, swap_out, fir_out, we_out};
                end
            end
            npu_delay #(.WIDTH(PSUM_W), .DEPTH(N-1-c)) u_deskew (
                .clk(clk), .en(en), .in_data(gen_row[N-1].p_out), .out_data(psum[PSUM_W*c+:PSUM_W]));
        end
    endgenerate
endmodule
`default_nettype wire
