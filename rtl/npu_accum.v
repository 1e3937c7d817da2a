// Accumulators: two halves of ACC_DEPTH entries of N int32, filled by the array and read by the vector unit.
//
// Array side: results arrive in order, at most one a cycle (in_valid); entry addresses count up from cmd_acc_addr in every pass
// (in_last, with or without a result, ends a pass). With cmd_minus the first pass adds to minus the entries from cmd_from on (counted alike)
// of cmd_from_half; those must not be among the entries written. Read-modify-write takes three cycles; the same entry must not
// come twice within three cycles (npu_array_unit sees to it).
// done: pulse when the last pass of the command (in_last with in_plast) is written; cmd_pop three cycles earlier.
// Vector side: rd_gnt in the cycle of rd_req unless the array reads that half (it does to add, not to overwrite); rd_data two cycles later, until that of the next read.
// Counterpart: accumulators of cmodel/npu.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_accum #(
    parameter N = 16,
    parameter PSUM_W = 20,
    parameter ACC_DEPTH = 512
) (
    input  wire                clk,
    input  wire                rst_n,
    input  wire                in_valid,
    input  wire                in_last,
    input  wire                in_pfirst,    // pass is the first of its command
    input  wire                in_plast,     // pass is the last of its command
    input  wire [N*PSUM_W-1:0] in_psum,
    input  wire                cmd_half,
    input  wire [15:0]         cmd_acc_addr,
    input  wire                cmd_accumulate,
    input  wire                cmd_minus,     // 0 for arrays without MATMUL
    input  wire                cmd_from_half,
    input  wire [15:0]         cmd_from,
    output wire                cmd_pop,
    output wire                done,
    input  wire                rd_req,
    input  wire                rd_half,
    input  wire [15:0]         rd_addr,
    output wire                rd_gnt,
    output reg  [32*N-1:0]     rd_data
);
    localparam AW = $clog2(ACC_DEPTH);

    // Stage 0: address of the result. The offset restarts with each pass.
    reg  [AW-1:0] offset_q;
    wire [AW-1:0] addr = cmd_acc_addr[AW-1:0] + offset_q;
    always @(posedge clk) begin
        if (!rst_n) offset_q <= {AW{1'b0}};
        else if (in_last) offset_q <= {AW{1'b0}};
        else if (in_valid) offset_q <= offset_q + 1'b1;
    end

    // Stage 1: entry read. Stage 2: sum. Written at the end of stage 2.
    reg                s1_valid_q, s1_half_q, s1_over_q, s1_minus_q, s1_from_half_q;
    reg  [AW-1:0]      s1_addr_q;
    reg  [N*PSUM_W-1:0] s1_psum_q;
    reg                s2_valid_q, s2_half_q;
    reg  [AW-1:0]      s2_addr_q;
    reg  [32*N-1:0]    s2_sum_q;
    reg  [2:0]         done_q;
    reg                rd_half_q, rd_new_q;

    assign cmd_pop = in_last && in_plast;
    assign done    = done_q[2];
    wire   minus   = in_pfirst && cmd_minus;
    wire   over    = in_pfirst && !cmd_accumulate && !cmd_minus;    // sums that only overwrite need no old entry
    wire   reads   = in_valid && !over;
    wire   from_half = minus ? cmd_from_half : cmd_half;
    wire [AW-1:0] from = minus ? cmd_from[AW-1:0] + offset_q : addr;
    assign rd_gnt  = rd_req && !(reads && from_half == rd_half);

    always @(posedge clk) begin
        if (!rst_n) begin
            s1_valid_q <= 1'b0;
            s2_valid_q <= 1'b0;
            done_q     <= 3'b000;
        end else begin
            s1_valid_q <= in_valid;
            s2_valid_q <= s1_valid_q;
            done_q     <= {done_q[1:0], cmd_pop};
        end
        s1_half_q <= cmd_half;
        s1_over_q <= over;
        s1_minus_q <= minus;
        s1_from_half_q <= from_half;
        s1_addr_q <= addr;
        s1_psum_q <= in_psum;
        s2_half_q <= s1_half_q;
        s2_addr_q <= s1_addr_q;
        rd_half_q <= rd_half;
        rd_new_q  <= rd_gnt;
        if (rd_new_q) rd_data <= rd_half_q ? gen_half[1].read_q : gen_half[0].read_q;
    end

    wire [32*N-1:0] s1_entry = s1_from_half_q ? gen_half[1].read_q : gen_half[0].read_q;
    genvar c, h;
    generate
        for (c = 0; c < N; c = c + 1) begin : gen_sum
            wire [31:0] old = s1_over_q ? 32'd0 : s1_entry[32*c+:32] ^ {32{s1_minus_q}};
            wire [31:0] add = {{(32 - PSUM_W) {s1_psum_q[PSUM_W*c+PSUM_W-1]}}, s1_psum_q[PSUM_W*c+:PSUM_W]};
            always @(posedge clk) s2_sum_q[32*c+:32] <= old + add + {31'd0, s1_minus_q};
        end
        for (h = 0; h < 2; h = h + 1) begin : gen_half
            // An entry is never read and written in one cycle: see the contract above; the vector unit reads finished sums only.
            (* no_rw_check *)
            reg  [32*N-1:0] mem[0:ACC_DEPTH-1];
            reg  [32*N-1:0] read_q;
            wire            mine = reads && from_half == (h == 1);
            wire [AW-1:0]   raddr = mine ? from : rd_addr[AW-1:0];
            always @(posedge clk) begin
                read_q <= mem[raddr];
                if (s2_valid_q && s2_half_q == (h == 1)) mem[s2_addr_q] <= s2_sum_q;
            end
        end
    endgenerate
    wire unused = &{1'b0, cmd_acc_addr, cmd_from, rd_addr};
endmodule
`default_nettype wire
