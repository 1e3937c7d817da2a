// ELTWISE front end: two word streams to beats. add, sub: three lane slots for each LANES bytes (a, b, then the sum of what came
// back), interleaved with the next ones by a free-running phase: operands are taken in phase 0 and 1, so slot a is phase 1, slot b
// phase 2, a sum phase 0. mul, max, min: one slot, any phase.
// Contract: with `run` low nothing happens. `issue` (needs `room`) reserves the output word when its first operands are taken;
// `pop` takes both words. Kinds as in npu_vec_post: 1 = a, 2 = b come back on res_*; 0 = to be written. The operands
// are beat_sum ? beat_wide : sign-extended beat_small.
// Counterpart: ELTWISE in docs/isa.md.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_vec_eltwise #(
    parameter N     = 16,
    parameter LANES = 16,
    parameter MUL_STYLE = 0
) (
    input  wire                clk,
    input  wire                rst_n,
    input  wire                run,
    // command
    input  wire [2:0]          op,
    input  wire [7:0]          a_zp,
    input  wire [7:0]          b_zp,
    input  wire [31:0]         a_mult,
    input  wire [31:0]         b_mult,
    input  wire [31:0]         o_mult,
    input  wire [7:0]          a_shift,
    input  wire [7:0]          b_shift,
    input  wire [7:0]          o_shift,
    input  wire [7:0]          left,
    // operands
    input  wire                words_valid,
    input  wire [8*N-1:0]      a_word,
    input  wire [8*N-1:0]      b_word,
    output wire                pop,
    input  wire                room,
    output wire                issue,
    // raw results
    input  wire                res_valid,
    input  wire [1:0]          res_kind,
    input  wire                res_last,
    input  wire [7:0]          res_pos,
    input  wire [32*LANES-1:0] res_data,
    // beats
    output wire                beat_valid,
    output wire [1:0]          beat_kind,
    output wire                beat_last,
    output wire [7:0]          beat_pos,
    output wire                beat_identity,  // max, min: no zero point either
    output wire                beat_sum,
    output wire [32*LANES-1:0] beat_wide,
    output wire [18*LANES-1:0] beat_small,
    output wire [31:0]         beat_add,
    output wire [31:0]         beat_mult,
    output wire [5:0]          beat_lsh,
    output wire [4:0]          beat_rsh
);
    localparam BEATS = N / LANES;
    localparam integer LAST_I = (BEATS - 1) * LANES;
    wire linear = op[2:1] == 2'd0;  // add, sub

    reg [1:0] phase_q;
    reg [7:0] pos_q;
    reg       pair_q;  // a was taken, b follows
    wire first = pos_q == 8'd0;
    wire last  = pos_q == LAST_I[7:0];
    wire go    = run && words_valid && (!first || room) && (!linear || phase_q == 2'd0);
    wire moved = linear ? pair_q : go;  // both operands have been taken
    assign issue = go && first;
    assign pop   = moved && last;
    always_ff @(posedge clk)
        if (!rst_n) begin
            phase_q <= 2'd0;
            pos_q   <= 8'd0;
            pair_q  <= 1'b0;
        end else begin
            phase_q <= phase_q == 2'd2 ? 2'd0 : phase_q + 2'd1;
            pair_q  <= go && linear;
            if (moved) pos_q <= last ? 8'd0 : pos_q + LANES[7:0];
        end

    // one register between the operands and the lanes
    reg       small_q, slot_a_q, slot_b_q, small_last_q;
    reg [7:0] small_pos_q;
    always_ff @(posedge clk) begin
        small_q      <= rst_n && (go || pair_q);
        slot_a_q     <= go && linear;
        slot_b_q     <= pair_q;
        small_last_q <= last;
        small_pos_q  <= pos_q;
    end
    // sums: a waits for b, their sum for its slot
    reg       sum_q, sum_last_q;
    reg [7:0] sum_pos_q;
    wire      sum_go = sum_q && phase_q == 2'd0;
    wire      sum_in = res_valid && res_kind == 2'd2;
    always_ff @(posedge clk) begin
        sum_q <= rst_n && (sum_in || (sum_q && !sum_go));
        if (sum_in) begin
            sum_last_q <= res_last;
            sum_pos_q  <= res_pos;
        end
    end

    wire [8*LANES-1:0] a_bytes, b_bytes;
    genvar i;
    generate
        if (BEATS == 1) begin : gen_whole
            assign a_bytes = a_word;
            assign b_bytes = b_word;
        end else begin : gen_part
            assign a_bytes = a_word[8*pos_q+:8*LANES];
            assign b_bytes = b_word[8*pos_q+:8*LANES];
        end
        for (i = 0; i < LANES; i = i + 1) begin : gen_lane
            wire signed [7:0] a = a_bytes[8*i+:8];
            wire signed [7:0] b = b_bytes[8*i+:8];
            wire signed [8:0] a_diff = {a[7], a} - {a_zp[7], a_zp};
            wire signed [8:0] b_diff = {b[7], b} - {b_zp[7], b_zp};
            reg signed [8:0]   a_diff_q, b_diff_q;
            wire signed [17:0] product;
            npu_mul18 #(.STYLE(MUL_STYLE), .REG(0), .AW(9), .BW(9)) u_mul (.clk(clk), .a(a_diff_q), .b(b_diff_q), .p(product));
            reg signed [7:0]   a_q, b_q;
            wire take_a = linear ? slot_a_q : (a_q > b_q) == op[0];  // 3 max, 4 min
            wire [7:0] chosen = take_a ? a_q : b_q;
            reg [31:0] a_res_q, sum_x_q;
            // a + b, or a - b = a + ~b + 1 with the 1 carried in from below: one adder for both
            wire [31:0] b_res = res_data[32*i+:32] ^ {32{op[0]}};
            wire [32:0] both  = {a_res_q, 1'b1} + {b_res, op[0]};
            always_ff @(posedge clk) begin
                a_diff_q <= a_diff;
                b_diff_q <= b_diff;
                a_q      <= a;
                b_q      <= b;
                if (res_valid && res_kind == 2'd1) a_res_q <= res_data[32*i+:32];
                if (sum_in) sum_x_q <= both[32:1];
            end
            wire unused = both[0];
            assign beat_small[18*i+:18] = op == 3'd2 ? product : {{10{chosen[7]}}, chosen};
            assign beat_wide[32*i+:32]  = sum_x_q;
        end
    endgenerate

    // slot:       a          b          sum, mul    max, min
    // add         -a_zp      -b_zp      0           0
    // mult        a_mult     b_mult     o_mult      2^30
    // shift       left + a   left + b   o           1           (left parts; right parts beside)
    wire ab = slot_a_q || slot_b_q;
    wire [7:0] zp      = slot_a_q ? a_zp : b_zp;
    wire [7:0] shift   = slot_a_q ? a_shift : slot_b_q ? b_shift : beat_identity ? 8'd1 : o_shift;
    wire [7:0] negated = 8'd0 - shift;
    assign beat_identity = !linear && op != 3'd2;
    assign beat_valid = small_q || sum_go;
    assign beat_sum   = sum_go;
    assign beat_kind  = {slot_b_q, slot_a_q};
    assign beat_last  = sum_go ? sum_last_q : small_last_q;
    assign beat_pos   = sum_go ? sum_pos_q : small_pos_q;
    assign beat_add   = ab ? 32'd0 - {{24{zp[7]}}, zp} : 32'd0;
    assign beat_mult  = slot_a_q ? a_mult : slot_b_q ? b_mult : beat_identity ? 32'h4000_0000 : o_mult;
    assign beat_lsh   = (ab ? left[5:0] : 6'd0) + (shift[7] ? 6'd0 : shift[5:0]);
    assign beat_rsh   = shift[7] ? negated[4:0] : 5'd0;

    wire unused = &{1'b0, left[7:6], negated[7:5]};
endmodule
`default_nettype wire
