// Array and accumulators of npu_lite: one line of operands times the weights that it holds, into consecutive accumulator entries.
//
// N rows of N weights, written four at a time (quad_we: row by row, the lowest columns first). A pulse of start begins a line of `count` > 0
// operands: operand k is the scratchpad word base + ix + k*step if row_in and 0 <= ix + k*step < in_w (16-bit two's complement,
// in_w <= 32767), else N times pad; entry acc + k (in its half) gets sum over r of operand[r] * weight[r][c], added unless `first`. One operand a cycle,
// busy until the last sum is written; base, step, in_w and pad must not change meanwhile. Scratchpad port: read in the cycle of
// sp_re, data in the next. Accumulator port: acc_addr = {half, entry, lane}, while not busy, data in the next cycle.
// Counterpart: cmodel/npu/model_conv.c. SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_lite_array #(
    parameter N        = 4,     // 4 or 8
    parameter SP_BITS  = 12,    // of a scratchpad word address
    parameter ACC_BITS = 8,     // of an entry's address in its half
    parameter STYLE    = 0,     // npu_lite_mac, npu_lite_add
    parameter MUL_DSP  = 1000   // ECP5: products beyond this many are made of carry chains
) (
    input  wire                clk,
    input  wire                rst_n,
    input  wire [N*N/4-1:0]    quad_we,
    input  wire [31:0]         weights,
    input  wire                start,
    input  wire                first,
    input  wire                row_in,
    input  wire [15:0]         count,
    input  wire [ACC_BITS:0]   acc,
    input  wire [SP_BITS-1:0]  base,
    input  wire [15:0]         ix,
    input  wire [7:0]          step,
    input  wire [15:0]         in_w,
    input  wire [7:0]          pad,
    output wire                busy,
    output wire                sp_re,
    output wire [SP_BITS-1:0]  sp_addr,
    input  wire [8*N-1:0]      sp_data,
    input  wire [ACC_BITS+$clog2(N):0] acc_addr,
    output wire [31:0]         acc_data
);
    // Cycle of an operand: 0 address, 1 word (the cells take it), 2 products, 3 sum to the accumulator. With N = 8 the word goes through a
    // register before the cells, and the sums of four rows through one before they are added: two cycles more.
    localparam LAST = N == 4 ? 3 : 5, LOG_N = $clog2(N);
    reg               first_q, row_in_q;
    reg  [15:0]       left_q, ix_q;
    reg  [LAST:1]     valid_q;  // by cycle
    reg               pad1_q;
    reg  [ACC_BITS:0] entry_q, write_q;
    wire              issue = left_q != 16'd0;
    assign busy    = issue || valid_q != {LAST{1'b0}};
    assign sp_re   = issue;
    assign sp_addr = base + ix_q[SP_BITS-1:0];
    always @(posedge clk) begin
        if (!rst_n) begin
            left_q  <= 16'd0;
            valid_q <= {LAST{1'b0}};
        end else begin
            if (start) left_q <= count;
            else if (issue) left_q <= left_q - 16'd1;
            valid_q <= {valid_q[LAST-1:1], issue};
        end
        if (start) begin
            first_q  <= first;
            row_in_q <= row_in;
            ix_q     <= ix;
            entry_q  <= acc;
        end else begin
            ix_q <= ix_q + {8'd0, step};
            if (valid_q[LAST-1]) entry_q <= {entry_q[ACC_BITS], entry_q[ACC_BITS-1:0] + {{ACC_BITS-1{1'b0}}, 1'b1}};
        end
        pad1_q  <= !(row_in_q && ix_q < in_w);
        write_q <= entry_q;
    end

    wire [32*N-1:0] read_data;
    wire [32*N-1:0] write_data;
    wire [8*N-1:0]  word = pad1_q ? {N{pad}} : sp_data;
    wire [8*N-1:0]  operand;
    wire [16*N*N-1:0] products;   // (row, column)
    genvar r, c, g;
    generate
        if (N == 4) begin : gen_operand
            assign operand = word;
        end else begin : gen_operand
            reg [8*N-1:0] word_q;
            always @(posedge clk) word_q <= word;
            assign operand = word_q;
        end
        for (r = 0; r < N; r = r + 1) begin : gen_row
            for (c = 0; c < N / 2; c = c + 1) begin : gen_pair
                localparam ECP5 = STYLE == 1 || STYLE == 2, IN_DSP = r * N + 2 * c + 2 <= MUL_DSP;
                npu_lite_mac #(.STYLE(ECP5 ? (STYLE == 2 && IN_DSP ? 2 : 1) : STYLE)) u_mac (
                    .clk(clk), .w_we(quad_we[r*N/4+c/2]), .w(weights[16*(c%2)+:16]), .a(operand[8*r+:8]),
                    .prod0(products[16*(N*r+2*c)+:16]), .prod1(products[16*(N*r+2*c+1)+:16]));
            end
        end
        for (c = 0; c < N; c = c + 1) begin : gen_column
            wire [18*N/4-1:0] sums;   // of four rows each
            for (g = 0; g < N / 4; g = g + 1) begin : gen_four
                wire signed [15:0] p0 = products[16*(N*(4*g)+c)+:16];
                wire signed [15:0] p1 = products[16*(N*(4*g+1)+c)+:16];
                wire signed [15:0] p2 = products[16*(N*(4*g+2)+c)+:16];
                wire signed [15:0] p3 = products[16*(N*(4*g+3)+c)+:16];
                wire signed [16:0] s01 = {p0[15], p0} + {p1[15], p1};
                wire signed [16:0] s23 = {p2[15], p2} + {p3[15], p3};
                reg  [17:0]        sum_q;
                always @(posedge clk) sum_q <= {s01[16], s01} + {s23[16], s23};
                assign sums[18*g+:18] = sum_q;
            end
            wire [31:0] sum;
            if (N == 4) begin : gen_sum
                assign sum = {{14{sums[17]}}, sums};
            end else begin : gen_sum
                reg [18:0] sum_q;
                always @(posedge clk) sum_q <= {sums[17], sums[17:0]} + {sums[35], sums[35:18]};
                assign sum = {{13{sum_q[18]}}, sum_q};
            end
            npu_lite_add #(.STYLE(STYLE)) u_add (.first(first_q), .a(read_data[32*c+:32]), .b(sum), .sum(write_data[32*c+:32]));
        end
    endgenerate

    // ---------------------------------------------------------------- accumulators: lane 0 in the lowest bits
    (* no_rw_check *) // an entry is never read in the cycle in which it is written
    reg [32*N-1:0] mem [0:2*(1<<ACC_BITS)-1];
    reg [32*N-1:0] read_q;
    reg [LOG_N-1:0] lane_q;
    always @(posedge clk) begin
        read_q <= mem[busy ? entry_q : acc_addr[ACC_BITS+LOG_N:LOG_N]];
        lane_q <= acc_addr[LOG_N-1:0];
        if (valid_q[LAST]) mem[write_q] <= write_data;
    end
    assign read_data = read_q;
    assign acc_data  = read_q[32*lane_q+:32];
endmodule
`default_nettype wire
