// What all vector commands share: the requantise lanes, zero point and clamp, assembly of output words, write port.
// Contract: a beat (LANES operands) enters every cycle it is valid; nothing stalls. beat_kind 0: the results + zp, clamped to
// min..max (beat_cfg = {max, min, zp}), become bytes beat_pos.. of the word under assembly (beat_elem: only those lanes below
// SHORT that beat_mask names, and beat_first clears the word before); beat_last completes it. Other kinds: the raw results come back on res_*,
// exactly 8 cycles after the beat, and nothing is written. beat_late, 4 cycles behind its beat, is added between a short lane's multiplication and shift
// (with LATE; 0 when not wanted). Each word was announced before its first beat with issue (needs
// room), in order: its address, and whether it is the last of its command. wrote / wrote_end: that word's write was granted.
// Counterpart: cmodel/ref/ref_arith.h, ref_output_stage.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_vec_post #(
    parameter N     = 16,
    parameter LANES = 16,
    parameter SHORT = 1,   // lanes of a beat with beat_elem, at most LANES
    parameter DEPTH = 32,  // words between issue and write
    parameter LATE  = 0,   // 1: with beat_late
    parameter MUL_STYLE = 0
) (
    input  wire                clk,
    input  wire                rst_n,
    input  wire                stop,
    // words to come
    output wire                room,
    input  wire                issue,
    input  wire [15:0]         issue_addr,
    input  wire                issue_end,
    // beats
    input  wire                beat_valid,
    input  wire [1:0]          beat_kind,
    input  wire                beat_first,
    input  wire                beat_last,
    input  wire                beat_elem,
    input  wire [SHORT-1:0]    beat_mask,  // bit 0 counts as set
    input  wire [7:0]          beat_pos,
    input  wire [23:0]         beat_cfg,
    input  wire [32*LANES-1:0] beat_x,
    input  wire [32*LANES-1:0] beat_add,
    input  wire [32*LANES-1:0] beat_mult,
    input  wire [6*LANES-1:0]  beat_lsh,
    input  wire [5*LANES-1:0]  beat_rsh,
    input  wire                beat_divide,
    input  wire [32*SHORT-1:0] beat_late,
    // raw results
    output wire                res_valid,
    output wire [1:0]          res_kind,
    output wire                res_last,
    output wire [7:0]          res_pos,
    output wire [32*LANES-1:0] res_data,
    // scratchpad write port
    output wire                vw_req,
    output wire [15:0]         vw_addr,
    output wire [8*N-1:0]      vw_data,
    input  wire                vw_gnt,
    output wire                wrote,
    output wire                wrote_end
);
    // -- operand registers, lanes; what belongs to a beat travels beside them
    localparam LATENCY = 8;  // operand register + npu_requant
    localparam META = 37 + SHORT;
    reg [LATENCY-1:0]      valid_q;
    reg [META*LATENCY-1:0] meta_q;
    reg [32*LANES-1:0]     x_q, add_q, mult_q;
    reg [6*LANES-1:0]      lsh_q;
    reg [5*LANES-1:0]      rsh_q;
    reg                    divide_q;
    always_ff @(posedge clk) begin
        valid_q  <= rst_n ? {valid_q[LATENCY-2:0], beat_valid} : 0;
        meta_q   <= {meta_q[META*(LATENCY-1)-1:0],
                     {beat_mask, beat_kind, beat_first, beat_last, beat_elem, beat_pos, beat_cfg}};
        x_q      <= beat_x;
        add_q    <= beat_add;
        mult_q   <= beat_mult;
        lsh_q    <= beat_lsh;
        rsh_q    <= beat_rsh;
        divide_q <= beat_divide;
    end
    wire        res_elem;
    wire [23:0] res_cfg;
    wire        res_first;
    wire [SHORT-1:0] res_mask;
    assign res_valid = valid_q[LATENCY-1];
    assign {res_mask, res_kind, res_first, res_last, res_elem, res_pos, res_cfg} = meta_q[META*(LATENCY-1)+:META];

    // -- zero point, clamp: min(max(v, lo), hi), in this order also when lo > hi
    reg                 sum_valid_q, byte_valid_q;
    reg  [10+SHORT:0]   sum_meta_q, byte_meta_q;  // {mask, first, last, elem, pos}
    reg  [15:0]         sum_clamp_q;
    wire [8*LANES-1:0]  bytes;
    always_ff @(posedge clk) begin
        sum_valid_q  <= rst_n && res_valid && res_kind == 2'd0;
        byte_valid_q <= rst_n && sum_valid_q;
        sum_meta_q   <= {res_mask, res_first, res_last, res_elem, res_pos};
        byte_meta_q  <= sum_meta_q;
        sum_clamp_q  <= {res_cfg[23:16], $signed(res_cfg[15:8]) > $signed(res_cfg[23:16]) ? res_cfg[23:16] : res_cfg[15:8]};
    end

    genvar i;
    generate
        for (i = 0; i < LANES; i = i + 1) begin : gen_lane
            npu_requant #(.LATE(LATE != 0 && i < SHORT), .MUL_STYLE(MUL_STYLE)) u_requant (
                .clk(clk), .in_x(x_q[32*i+:32]), .in_add(add_q[32*i+:32]), .in_mult(mult_q[32*i+:32]),
                .in_lsh(lsh_q[6*i+:6]), .in_rsh(rsh_q[5*i+:5]), .in_divide(divide_q), .in_late(beat_late[32*(i%SHORT)+:32]), .out(res_data[32*i+:32])
            );
            reg [31:0] sum_q;
            reg [7:0] byte_q;
            wire signed [7:0] lo = sum_clamp_q[7:0];
            wire signed [7:0] hi = sum_clamp_q[15:8];
            wire fits = sum_q[31:7] == {25{sum_q[31]}};
            wire signed [7:0] low = sum_q[7:0];
            wire below = fits ? low < lo : sum_q[31];
            wire above = fits ? low > hi : !sum_q[31];
            always_ff @(posedge clk) begin
                sum_q  <= res_data[32*i+:32] + {{24{res_cfg[7]}}, res_cfg[7:0]};
                byte_q <= below ? lo : above ? hi : low;
            end
            assign bytes[8*i+:8] = byte_q;
        end
    endgenerate

    // -- word assembly
    wire       first, last, elem;
    wire [7:0] pos;
    wire [SHORT-1:0] mask;
    assign {mask, first, last, elem, pos} = byte_meta_q;
    reg  [8*N-1:0] word_q;
    wire [8*N-1:0] word;
    generate
        for (i = 0; i < N; i = i + 1) begin : gen_byte
            localparam integer GROUP = i - i % LANES, PART = i - i % SHORT;
            wire hit = elem ? pos == PART[7:0] && (i % SHORT == 0 || mask[i%SHORT]) : pos == GROUP[7:0];
            assign word[8*i+:8] = hit ? (elem ? bytes[8*(i%SHORT)+:8] : bytes[8*(i%LANES)+:8]) : first ? 8'd0 : word_q[8*i+:8];
        end
    endgenerate
    always_ff @(posedge clk) if (byte_valid_q) word_q <= word;

    // -- addresses wait for their words; both leave together into the port register
    wire           addr_valid, data_valid, data_ready, take;
    wire [16:0]    head_addr;  // {end, address}
    wire [8*N-1:0] head_data;
    npu_fifo #(.WIDTH(17), .DEPTH(DEPTH)) u_addr (
        .clk(clk), .rst_n(rst_n), .in_valid(issue), .in_ready(room), .in_data({issue_end, issue_addr}),
        .out_valid(addr_valid), .out_ready(take), .out_data(head_addr)
    );
    npu_fifo #(.WIDTH(8*N), .DEPTH(DEPTH)) u_data (
        .clk(clk), .rst_n(rst_n), .in_valid(byte_valid_q && last), .in_ready(data_ready), .in_data(word),
        .out_valid(data_valid), .out_ready(take), .out_data(head_data)
    );
    reg           wr_valid_q;
    reg [16:0]    wr_addr_q;
    reg [8*N-1:0] wr_data_q;
    assign take      = data_valid && (!wr_valid_q || wrote);
    assign vw_req    = wr_valid_q && !stop;
    assign vw_addr   = wr_addr_q[15:0];
    assign vw_data   = wr_data_q;
    assign wrote     = vw_req && vw_gnt;
    assign wrote_end = wrote && wr_addr_q[16];
    always_ff @(posedge clk)
        if (!rst_n) begin
            wr_valid_q <= 1'b0;
            wr_addr_q  <= 0;
            wr_data_q  <= 0;
        end else if (take) begin
            wr_valid_q <= 1'b1;
            wr_addr_q  <= head_addr;
            wr_data_q  <= head_data;
        end else if (wrote) wr_valid_q <= 1'b0;

    wire unused = &{1'b0, addr_valid, data_ready, mask[0]};
endmodule
`default_nettype wire
