// What stands between the passes of a row: from the largest magnitude the factor that makes int8 of the row; from a sum of squares its reciprocal
// square root, from a sum its reciprocal, and the product of either with the largest magnitude: the row's scale.
// Contract: `start` (with max, and sum = the sum of squares when `root`, the sum when `with_sum`, both 0: neither) begins; `done` is a pulse
// some 60 cycles later, 60 more with a sum: the same for all data. Results then stay until the next start. The multiplications are done by the caller:
// mul_high is rounded mul_x * mul_m >> 31 (30 with mul_k30; not rounded with mul_floor), five cycles after mul_valid.
// scale_e counts as ref_scale_t's e, before a softmax's constant.
// Counterpart: cmodel/ref/ref_wide.c, quantize_by, ref_reciprocal, ref_reciprocal_sqrt, ref_scale_mul; ref_arith.h, ref_inv_sqrt.h.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_wide_scalar (
    input  wire        clk,
    input  wire        rst_n,
    input  wire        start,
    input  wire        root,
    input  wire        with_sum,
    input  wire [31:0] max,
    input  wire [79:0] sum,
    output wire        busy,
    output wire        done,
    // multiplication
    output wire        mul_valid,
    output wire [31:0] mul_x,
    output wire [31:0] mul_m,
    output wire        mul_uns,
    output wire        mul_k30,
    output wire        mul_floor,
    input  wire [31:0] mul_high,
    // results
    output wire [4:0]  left,      // shift of the row's elements before the factor
    output wire [31:0] factor,
    output wire [31:0] scale_m,
    output wire [31:0] scale_e
);
    // The value is brought to the top of v in ten steps: four by 16 bits, three by 4, three by 1, each where the bits above are 0.
    localparam [1:0] IDLE = 2'd0, NORMALISE = 2'd1, MULTIPLY = 2'd2, NEXT = 2'd3;
    reg [1:0]  state_q;
    reg [79:0] v_q;
    reg [6:0]  zeros_q;        // that were above v's highest bit
    reg [3:0]  step_q;
    reg [2:0]  wait_q;
    reg        second_q, root_q, of_sum_q, done_q;
    reg [31:0] y_q, t_q, factor_q, m_q, e_q;
    reg [4:0]  left_q;
    wire        by16  = step_q > 4'd5, by4 = step_q > 4'd2;
    wire        clear = !v_q[79] && (!by4 || v_q[78:76] == 3'd0) && (!by16 || v_q[75:64] == 12'd0);
    wire        empty = !v_q[79];   // the value is 0

    // programs: 0..6 reciprocal, 7 factor; 8..17 reciprocal square root; 18 product with the largest magnitude
    localparam [4:0] RECIPROCAL_END = 5'd6, FACTOR = 5'd7, ROOT = 5'd8, ROOT_END = 5'd17, PRODUCT = 5'd18;
    reg [4:0]   pc_q;
    reg [1:0]   third_q;       // root: 3 first value, then y * y, m * t, y * t three times
    wire        recip   = pc_q <= RECIPROCAL_END;
    wire        is_root = pc_q >= ROOT && pc_q <= ROOT_END;
    wire        of_y    = recip && pc_q != 5'd0 && !pc_q[0];          // y * t
    wire [31:0] half = v_q[79:48] >> 1;                               // of the denominator in [1, 2), Q0.31
    wire [31:0] m4   = zeros_q[0] ? half : v_q[79:48];                // sum of squares in [1, 4), Q2.30: an even exponent
    assign mul_x = pc_q == PRODUCT ? m_q : pc_q == FACTOR || of_y || (is_root && !third_q[0]) ? y_q : is_root ? m4 : half;
    assign mul_m = pc_q == FACTOR ? 32'd2130706432 :                  // 127 * 2^24
                   pc_q == 5'd0 ? -32'd1010580540 :                   // -32/17, Q2.29
                   is_root && third_q == 2'd3 ? (m4[31] ? 32'd108714595 : 32'd307491310) :
                   of_y || (is_root && third_q != 2'd0) ? t_q : y_q;
    assign mul_uns   = is_root;
    assign mul_k30   = is_root && third_q != 2'd2;
    assign mul_floor = is_root && third_q == 2'd3;
    assign mul_valid = state_q == MULTIPLY;

    // One adder: a constant or y, plus or minus the product. Of y * t four times, a step below 1/8 that never saturates.
    wire        adds  = recip && !pc_q[0];
    wire [31:0] base  = of_y ? y_q : pc_q == 5'd0 ? 32'd1515870810 :   // 48/17, Q2.29
                        recip ? 32'h2000_0000 : third_q == 2'd1 ? 32'hc000_0000 : m4[31] ? 32'd959778883 : 32'd1357332313;
    wire [31:0] total = base + ((of_y ? {mul_high[29:0], 2'b00} : mul_high) ^ {32{!adds}}) + {31'd0, !adds};
    wire [31:0] twice = total[30] ? 32'h7fff_ffff : {total[30:0], 1'b0};
    wire [29:0] rooted  = mul_high[31:30] != 2'b00 ? 30'h3fff_ffff : mul_high[29] ? mul_high[29:0] : 30'h2000_0000;
    wire [6:0]  place   = 7'd79 - zeros_q;                            // of the sum's highest bit
    wire [31:0] sum_e   = empty ? 32'd0 : root_q ? {26'd0, place[6:1]} : {25'd0, place};
    wire        ends    = pc_q == PRODUCT || (pc_q == FACTOR && !second_q);
    always_ff @(posedge clk) begin
        done_q <= rst_n && state_q == NEXT && ends;
        if (!rst_n) state_q <= IDLE;
        else
            case (state_q)
                IDLE:      if (start) state_q <= NORMALISE;
                NORMALISE: if (step_q == 4'd0) state_q <= MULTIPLY;
                MULTIPLY:  if (wait_q == 3'd5) state_q <= NEXT;
                default:   state_q <= ends ? IDLE : pc_q == FACTOR ? NORMALISE : MULTIPLY;
            endcase
    end
    always_ff @(posedge clk)
        case (state_q)
            IDLE:
                if (start) begin
                    v_q      <= {max, 48'd0};
                    zeros_q  <= 7'd0;
                    step_q   <= 4'd9;
                    pc_q     <= 5'd0;
                    second_q <= root || with_sum;
                    root_q   <= root;
                    of_sum_q <= 1'b0;
                end
            NORMALISE: begin
                if (clear) begin
                    v_q     <= by16 ? {v_q[63:0], 16'd0} : by4 ? {v_q[75:0], 4'd0} : {v_q[78:0], 1'b0};
                    zeros_q <= zeros_q + (by16 ? 7'd16 : by4 ? 7'd4 : 7'd1);
                end
                step_q  <= step_q - 4'd1;
                wait_q  <= 3'd0;
                third_q <= 2'd3;
            end
            MULTIPLY: wait_q <= wait_q + 3'd1;
            default: begin
                wait_q  <= 3'd0;
                pc_q    <= pc_q == RECIPROCAL_END && of_sum_q ? PRODUCT : pc_q + 5'd1;
                third_q <= third_q == 2'd2 ? 2'd0 : third_q + 2'd1;
                if (pc_q == FACTOR) begin
                    factor_q <= mul_high;
                    left_q   <= empty ? 5'd0 : zeros_q[4:0] - 5'd1;
                    m_q      <= half;                                 // 0 when empty
                    e_q      <= empty ? 32'd0 : 32'd32 - {25'd0, zeros_q};
                    v_q      <= sum;
                    zeros_q  <= 7'd0;
                    step_q   <= 4'd9;
                    of_sum_q <= 1'b1;
                    if (!root_q) pc_q <= 5'd0;
                end
                if (pc_q == PRODUCT) begin
                    m_q <= mul_high;
                    e_q <= e_q - sum_e;
                end
                if (recip ? pc_q[0] : !third_q[1]) t_q <= recip || third_q[0] ? total : mul_high;
                if (recip ? adds : is_root && third_q[1])
                    y_q <= pc_q == RECIPROCAL_END ? twice : recip || third_q[0] ? total : pc_q == ROOT_END ? {1'b0, rooted, 1'b0} : mul_high;
            end
        endcase
    assign busy    = state_q != IDLE;
    assign done    = done_q;
    assign left    = left_q;
    assign factor  = factor_q;
    assign scale_m = m_q;
    assign scale_e = e_q;

    wire unused = &{1'b0, mul_high};
endmodule
`default_nettype wire
