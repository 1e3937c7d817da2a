// Array and accumulators of npu_lite: one line of operands times the weights that it holds, into consecutive accumulator entries.
//
// Four rows of four weights, written row by row (row_we). A pulse of start begins a line of `count` > 0 operands: operand k is the
// scratchpad word base + ix + k*step if row_in and 0 <= ix + k*step < in_w (16-bit two's complement, in_w <= 32767), else four
// times pad; entry acc + k (in its half) gets sum over r of operand[r] * weight[r][c], added unless `first`. One operand a cycle,
// busy until the last sum is written; base, step, in_w and pad must not change meanwhile. Scratchpad port: read in the cycle of
// sp_re, data in the next. Accumulator port: acc_addr = {half, entry, lane}, while not busy, data in the next cycle.
// Counterpart: cmodel/npu/model_conv.c. SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_lite_array #(
    parameter SP_BITS  = 12,    // of a scratchpad word address
    parameter ACC_BITS = 8,     // of an entry's address in its half
    parameter STYLE    = 0      // npu_lite_mac, npu_lite_add
) (
    input  wire                clk,
    input  wire                rst_n,
    input  wire [3:0]          row_we,
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
    input  wire [31:0]         sp_data,
    input  wire [ACC_BITS+2:0] acc_addr,
    output wire [31:0]         acc_data
);
    // Cycle of an operand: 0 address, 1 word (the cells take it), 2 products, 3 sum to the accumulator.
    reg               first_q, row_in_q;
    reg  [15:0]       left_q, ix_q;
    reg               valid1_q, valid2_q, valid3_q, pad1_q;
    reg  [ACC_BITS:0] entry_q, write_q;
    wire              issue = left_q != 16'd0;
    assign busy    = issue || valid1_q || valid2_q || valid3_q;
    assign sp_re   = issue;
    assign sp_addr = base + ix_q[SP_BITS-1:0];
    always @(posedge clk) begin
        if (!rst_n) begin
            left_q   <= 16'd0;
            valid1_q <= 1'b0;
            valid2_q <= 1'b0;
            valid3_q <= 1'b0;
        end else begin
            if (start) left_q <= count;
            else if (issue) left_q <= left_q - 16'd1;
            valid1_q <= issue;
            valid2_q <= valid1_q;
            valid3_q <= valid2_q;
        end
        if (start) begin
            first_q  <= first;
            row_in_q <= row_in;
            ix_q     <= ix;
            entry_q  <= acc;
        end else begin
            ix_q <= ix_q + {8'd0, step};
            if (valid2_q) entry_q <= {entry_q[ACC_BITS], entry_q[ACC_BITS-1:0] + {{ACC_BITS-1{1'b0}}, 1'b1}};
        end
        pad1_q  <= !(row_in_q && ix_q < in_w);
        write_q <= entry_q;
    end

    wire [127:0] read_data;
    wire [127:0] write_data;
    wire [31:0]  operand = pad1_q ? {4{pad}} : sp_data;
    wire [255:0] products;   // (row, column)
    genvar r, c;
    generate
        for (r = 0; r < 4; r = r + 1) begin : gen_row
            for (c = 0; c < 2; c = c + 1) begin : gen_pair
                npu_lite_mac #(.STYLE(STYLE)) u_mac (
                    .clk(clk), .w_we(row_we[r]), .w(weights[16*c+:16]), .a(operand[8*r+:8]),
                    .prod0(products[64*r+32*c+:16]), .prod1(products[64*r+32*c+16+:16]));
            end
        end
        for (c = 0; c < 4; c = c + 1) begin : gen_column
            wire signed [15:0] p0 = products[16*c+:16];
            wire signed [15:0] p1 = products[64+16*c+:16];
            wire signed [15:0] p2 = products[128+16*c+:16];
            wire signed [15:0] p3 = products[192+16*c+:16];
            wire signed [16:0] s01 = {p0[15], p0} + {p1[15], p1};
            wire signed [16:0] s23 = {p2[15], p2} + {p3[15], p3};
            reg  [17:0]        sum_q;
            always @(posedge clk) sum_q <= {s01[16], s01} + {s23[16], s23};
            npu_lite_add #(.STYLE(STYLE)) u_add (
                .first(first_q), .a(read_data[32*c+:32]), .b({{14{sum_q[17]}}, sum_q}), .sum(write_data[32*c+:32]));
        end
    endgenerate

    // ---------------------------------------------------------------- accumulators: lane 0 in the lowest bits
    (* no_rw_check *) // an entry is never read in the cycle in which it is written
    reg [127:0] mem [0:2*(1<<ACC_BITS)-1];
    reg [127:0] read_q;
    reg [1:0]   lane_q;
    always @(posedge clk) begin
        read_q <= mem[busy ? entry_q : acc_addr[ACC_BITS+2:2]];
        lane_q <= acc_addr[1:0];
        if (valid3_q) mem[write_q] <= write_data;
    end
    assign read_data = read_q;
    assign acc_data  = lane_q[1] ? (lane_q[0] ? read_q[127:96] : read_q[95:64]) : (lane_q[0] ? read_q[63:32] : read_q[31:0]);
endmodule
`default_nettype wire
