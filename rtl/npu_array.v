// The N x N weight-stationary systolic array with its skew registers.
//
// Timing, in steps (cycles with en = 1): an operand word presented in step s yields its N sums, aligned, in step s + 2N + 1.
// Operand words: byte r goes to row r (conv); FIR: line word of group g, byte c goes to column c of rows g*FIR_TAPS.. of that
// group, and must be presented g*FIR_TAPS steps after group 0's.
// Weights: row_sel (one-hot) with w_word writes the shadow weights of one row; all rows must have been presented
// before the step whose swap uses them, and the next tile's first row not before that step.
// Counterpart: the sum over r of CONV in cmodel/npu.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_array #(
    parameter N = 16,
    parameter FIR_GROUPS = 3,
    parameter FIR_TAPS = 5,
    parameter PSUM_W = 20
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

    // Horizontal links: index r*(N+1)+c enters column c of row r. Vertical: r*N+c enters row r of column c.
    wire [8*N*(N+1)-1:0]       a_link;
    wire [N*(N+1)-1:0]         swap_link;
    wire [N*(N+1)-1:0]         fir_link;
    wire [N*(N+1)-1:0]         we_link;
    wire [PSUM_W*N*(N+1)-1:0]  p_link;
    wire [8*N-1:0]             wbus;               // column-skewed weights
    wire [8*N*FIR_GROUPS-1:0]  bus;                // column-skewed lines

    // Row skew of the tags, one chain: row r sees them r steps later.
    wire [2*N-1:0] tag_chain;
    assign tag_chain[1:0] = {swap, fir};

    genvar r, c, g;
    generate
        for (r = 1; r < N; r = r + 1) begin : gen_tag
            reg [1:0] tag_q;
            always @(posedge clk)
                if (!rst_n) tag_q <= 2'b00;
                else if (en) tag_q <= tag_chain[2*(r-1)+:2];
            assign tag_chain[2*r+:2] = tag_q;
        end
        for (r = 0; r < N; r = r + 1) begin : gen_row_skew
            npu_delay #(.WIDTH(8), .DEPTH(r)) u_skew (
                .clk(clk), .en(en), .in_data(word[8*r+:8]), .out_data(a_link[8*(r*(N+1))+:8]));
            assign swap_link[r*(N+1)] = tag_chain[2*r+1];
            assign fir_link[r*(N+1)]  = tag_chain[2*r];
            assign we_link[r*(N+1)]   = row_sel[r];
        end
        for (c = 0; c < N; c = c + 1) begin : gen_col
            npu_delay #(.WIDTH(8), .DEPTH(c)) u_wskew (
                .clk(clk), .en(en), .in_data(w_word[8*c+:8]), .out_data(wbus[8*c+:8]));
            for (g = 0; g < FIR_GROUPS; g = g + 1) begin : gen_line
                npu_delay #(.WIDTH(8), .DEPTH(c)) u_lskew (
                    .clk(clk), .en(en), .in_data(lines[8*(g*N+c)+:8]), .out_data(bus[8*(g*N+c)+:8]));
            end
            assign p_link[PSUM_W*c+:PSUM_W] = {PSUM_W{1'b0}};
            for (r = 0; r < N; r = r + 1) begin : gen_row
                wire [7:0] line_byte;
                if (r < FIR_ROWS) begin : gen_bus
                    assign line_byte = bus[8*((r/FIR_TAPS)*N+c)+:8];
                end else begin : gen_no_bus
                    assign line_byte = 8'd0;
                end
                npu_pe #(.PSUM_W(PSUM_W), .HAS_BUS(r < FIR_ROWS ? 1 : 0)) u_pe (
                    .clk(clk), .rst_n(rst_n), .en(en),
                    .a_in(a_link[8*(r*(N+1)+c)+:8]), .bus(line_byte),
                    .swap_in(swap_link[r*(N+1)+c]), .fir_in(fir_link[r*(N+1)+c]),
                    .we_in(we_link[r*(N+1)+c]), .wbus(wbus[8*c+:8]),
                    .psum_in(p_link[PSUM_W*(r*N+c)+:PSUM_W]),
                    .a_q(a_link[8*(r*(N+1)+c+1)+:8]), .swap_q(swap_link[r*(N+1)+c+1]),
                    .fir_q(fir_link[r*(N+1)+c+1]), .we_q(we_link[r*(N+1)+c+1]),
                    .psum_q(p_link[PSUM_W*((r+1)*N+c)+:PSUM_W]));
            end
            npu_delay #(.WIDTH(PSUM_W), .DEPTH(N-1-c)) u_deskew (
                .clk(clk), .en(en), .in_data(p_link[PSUM_W*(N*N+c)+:PSUM_W]), .out_data(psum[PSUM_W*c+:PSUM_W]));
        end
    endgenerate

    // The last column's rightward links end here.
    wire [N-1:0] unused_end;
    generate
        for (r = 0; r < N; r = r + 1) begin : gen_end
            assign unused_end[r] = ^{a_link[8*(r*(N+1)+N)+:8], swap_link[r*(N+1)+N], fir_link[r*(N+1)+N], we_link[r*(N+1)+N]};
        end
    endgenerate
    wire unused = &{1'b0, unused_end};
endmodule
`default_nettype wire
