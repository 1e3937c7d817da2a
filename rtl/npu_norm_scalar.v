// The scales of a row for NORM, from its sums: factor A, offset C and shift, x = (A q - C) >> (shift + 1), rounded half up. Two stages, a row in each:
// variance (sums to W = N^2 variance + epsilon, normalised to m 4^k) and root (three steps of Newton's 1/sqrt(m), then A and C). One 32 x 32 multiplier
// serves both, the root first. Everything is scaled by 4^(16 - t), t = bits of depth - 1, where it enters: N, sum and sum of squares are shifted left 16 - t
// places, so that all shifts behind are constant.
// Contract: `start` with the command's fields, which stay. sums_take takes sum (signed; rms: of no meaning) and squares, of q, or of q - in_zp with rms.
// scale_valid: factor, offset, shift stand until scale_free; scale_take (with scale_valid) says that the row begins, scale_free, later, that it needs them no more.
// Counterpart: statistics() in cmodel/ref/ref_norm.c, cmodel/ref/ref_inv_sqrt.h.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_norm_scalar #(
    parameter MUL_STYLE = 0
) (
    input  wire        clk,
    input  wire        rst_n,
    input  wire        start,
    input  wire [15:0] depth,
    input  wire        rms,
    input  wire [7:0]  in_zp,
    input  wire [51:0] epsilon,
    input  wire        sums_valid,
    input  wire [23:0] sum,
    input  wire [31:0] squares,
    output wire        sums_take,
    output wire        scale_valid,
    output wire [31:0] factor,
    output wire [39:0] offset,
    output wire [4:0]  shift,
    input  wire        scale_take,
    input  wire        scale_free
);
    // ---------------------------------------------------------------- N 2^(16 - t)
    reg  [15:0] top_q;        // depth - 1, at least 1, shifted until its upper bit is set
    reg  [16:0] n_q;
    reg  [3:0]  up_q;         // 16 - t
    wire [15:0] top = depth == 16'd1 ? 16'd1 : depth - 16'd1;
    always_ff @(posedge clk)
        if (start) begin
            top_q <= top;
            n_q   <= {1'b0, depth};
            up_q  <= 4'd0;
        end else if (!top_q[15]) begin
            top_q <= top_q << 1;
            n_q   <= n_q << 1;
            up_q  <= up_q + 4'd1;
        end

    // ---------------------------------------------------------------- the multiplier: asked in cycle 0, its product stands in cycle 4
    wire        ask_root, ask_variance;
    wire [32:0] root_x, root_m, variance_x, variance_m;
    reg  [32:0] x_q, m_q;     // signed
    reg  [3:0]  root_q, variance_q;
    wire signed [33:0] hh2, hl2, lh2, ll2;
    wire [34:0] middle = {hl2[33], hl2} + {lh2[33], lh2};
    reg  [34:0] middle_q;
    reg  [63:0] outer_q, product_q;
    npu_mul18 #(.STYLE(MUL_STYLE), .AW(17), .BW(17)) u_hh (.clk(clk), .a(x_q[32:16]), .b(m_q[32:16]), .p(hh2));
    npu_mul18 #(.STYLE(MUL_STYLE), .AW(17), .BW(17)) u_hl (.clk(clk), .a(x_q[32:16]), .b({1'b0, m_q[15:0]}), .p(hl2));
    npu_mul18 #(.STYLE(MUL_STYLE), .AW(17), .BW(17)) u_lh (.clk(clk), .a({1'b0, x_q[15:0]}), .b(m_q[32:16]), .p(lh2));
    npu_mul18 #(.STYLE(MUL_STYLE), .AW(17), .BW(17)) u_ll (.clk(clk), .a({1'b0, x_q[15:0]}), .b({1'b0, m_q[15:0]}), .p(ll2));
    always_ff @(posedge clk) begin
        x_q        <= ask_root ? root_x : variance_x;
        m_q        <= ask_root ? root_m : variance_m;
        middle_q   <= middle;
        outer_q    <= {hh2[31:0], ll2[31:0]};
        product_q  <= {outer_q[63:16] + {{13{middle_q[34]}}, middle_q}, outer_q[15:0]};
        root_q     <= rst_n ? {root_q[2:0], ask_root} : 4'd0;
        variance_q <= rst_n ? {variance_q[2:0], ask_variance && !ask_root} : 4'd0;
    end
    wire root_done = root_q[3], variance_done = variance_q[3];

    // ---------------------------------------------------------------- variance
    localparam [2:0] IDLE = 3'd0, SHIFT = 3'd1, SQUARES = 3'd2, MEAN = 3'd3, WAIT = 3'd4, EPSILON = 3'd5, NORMAL = 3'd6, DONE = 3'd7;
    reg  [2:0]  state_q;
    reg  [3:0]  places_q;
    reg  [24:0] sum_q;        // T: the sum, or with rms N in_zp
    reg  [31:0] squares_q;
    reg         second_q;     // of the two products
    reg  [53:0] w_q;
    reg         zero_q;
    reg  [4:0]  k_q;
    reg  [4:0]  step_q;       // one bit: pairs of bits tried next
    wire        root_idle, hand_over;
    wire        empty = step_q[4] ? w_q[53:22] == 32'd0 : step_q[3] ? w_q[53:38] == 16'd0 : step_q[2] ? w_q[53:46] == 8'd0 :
                        step_q[1] ? w_q[53:50] == 4'd0 : w_q[53:52] == 2'd0;
    assign sums_take    = state_q == IDLE && sums_valid && top_q[15];
    assign ask_variance = state_q == SQUARES || state_q == MEAN;
    assign variance_x   = state_q == SQUARES ? {1'b0, squares_q} : rms ? {{25{in_zp[7]}}, in_zp} : {{8{sum_q[24]}}, sum_q};
    assign variance_m   = state_q == SQUARES || rms ? {16'd0, n_q} : {{8{sum_q[24]}}, sum_q};
    assign hand_over    = state_q == DONE && root_idle;
    always_ff @(posedge clk)
        if (!rst_n) begin
            state_q  <= IDLE;
            second_q <= 1'b0;
        end else begin
            case (state_q)
                IDLE:    if (sums_take) state_q <= SHIFT;
                SHIFT:   if (places_q == 4'd0) state_q <= SQUARES;
                SQUARES: if (!ask_root) state_q <= MEAN;
                MEAN:    if (!ask_root) state_q <= WAIT;
                WAIT:    if (variance_done && second_q) state_q <= EPSILON;
                EPSILON: state_q <= NORMAL;
                NORMAL:  if (step_q[0]) state_q <= DONE;
                default: if (hand_over) state_q <= IDLE;
            endcase
            if (variance_done) second_q <= !second_q;
        end
    always_ff @(posedge clk) begin
        if (sums_take) begin
            sum_q     <= {sum[23], sum};
            squares_q <= squares;
            places_q  <= up_q;
        end else if (state_q == SHIFT && places_q != 4'd0) begin
            sum_q     <= sum_q << 1;
            squares_q <= squares_q << 1;
            places_q  <= places_q - 4'd1;
        end
        if (variance_done && !second_q) w_q <= product_q[53:0];
        if (variance_done && second_q && rms) sum_q <= product_q[24:0];
        if (variance_done && second_q && !rms) w_q <= w_q - product_q[53:0];
        if (state_q == EPSILON) begin
            zero_q <= w_q == 54'd0;
            w_q    <= w_q + {2'd0, epsilon};
            k_q    <= 5'd26;
            step_q <= 5'b10000;
        end
        if (state_q == NORMAL) begin
            step_q <= step_q >> 1;
            if (empty) begin
                w_q <= step_q[4] ? w_q << 32 : step_q[3] ? w_q << 16 : step_q[2] ? w_q << 8 : step_q[1] ? w_q << 4 : w_q << 2;
                k_q <= k_q - step_q;
            end
        end
    end

    // ---------------------------------------------------------------- root
    // step      product                  becomes
    // 0         m * slope                r = line - p / 2^30         (not rounded)
    // 1, 4, 7   r * r                    f = p / 2^30
    // 2, 5, 8   m * f                    f = 3 - p / 2^30
    // 3, 6, 9   r * f                    r = p / 2^31
    // 10        r * N                    A = p / 2^15
    // 11        T * r                    C = p / 2^15
    reg  [3:0]  at_q;
    reg  [1:0]  third_q;      // of the steps 1 .. 9: 0 square, 1 nearness, 2 correction
    reg         active_q, asked_q, flat_q, taken_q, valid_q;
    reg  [31:0] mantissa_q, f_q;
    reg  [30:0] r_q;
    reg  [24:0] total_q;
    reg  [4:0]  e_q;
    reg  [31:0] factor_q;
    reg  [39:0] offset_q;
    reg  [4:0]  shift_q;
    wire        line = at_q == 4'd0, last = at_q == 4'd11, ends = at_q >= 4'd10;
    wire        square = !line && !ends && third_q == 2'd0, near = !line && !ends && third_q == 2'd1, correct = !line && !ends && third_q == 2'd2;
    assign root_idle = !active_q;
    // the last two are asked one after the other, when nobody needs the scales before
    assign ask_root  = active_q && !asked_q && !(at_q == 4'd10 && taken_q);
    assign root_x    = line || near ? {1'b0, mantissa_q} : last ? {{8{total_q[24]}}, total_q} : {2'd0, r_q};
    assign root_m    = line ? (mantissa_q[31] ? 33'd108714595 : 33'd307491310) : square || last ? {2'd0, r_q} :
                       at_q == 4'd10 ? {16'd0, n_q} : {1'b0, f_q};

    // what comes back: at_q stands at its step, but for A, which comes when 11 has been asked
    reg         came_q;       // A has
    wire        of_a = ends && !came_q;
    // What the step makes of its product: in flip-flops, a cycle behind at_q, which stood there when the product was asked.
    reg         line_q, minus_q, correct_q, ends_q;
    reg  [39:0] base_q;
    always_ff @(posedge clk) begin
        line_q    <= line;
        minus_q   <= line || near;
        correct_q <= correct;
        ends_q    <= ends;
        base_q    <= line ? (mantissa_q[31] ? 40'd959778883 : 40'd1357332313) : near ? {6'd0, 34'h0_C000_0000} : 40'd0;
    end
    wire [39:0] part = ends_q ? product_q[54:15] : correct_q ? {7'd0, product_q[63:31]} : {6'd0, product_q[63:30]};
    wire        half = ends_q ? product_q[14] : correct_q ? product_q[30] : product_q[29];
    wire [39:0] y = base_q + (part ^ {40{minus_q}}) + {39'd0, line_q || (half ^ minus_q)};
    wire [30:0] clamped = y[32:30] != 3'd0 ? 31'h3fff_ffff : !y[29] ? 31'h2000_0000 : y[30:0];
    always_ff @(posedge clk)
        if (!rst_n) begin
            active_q <= 1'b0;
            asked_q  <= 1'b0;
            taken_q  <= 1'b0;
            valid_q  <= 1'b0;
            came_q   <= 1'b0;
            at_q     <= 4'd0;
            third_q  <= 2'd0;
        end else begin
            if (hand_over) begin
                active_q <= 1'b1;
                at_q     <= 4'd0;
                third_q  <= 2'd0;
                came_q   <= 1'b0;
            end else if (root_done && ends && came_q) active_q <= 1'b0;
            if (ask_root && at_q == 4'd10) at_q <= 4'd11;
            else if (root_done && !ends) begin
                at_q    <= at_q + 4'd1;
                if (!line) third_q <= third_q == 2'd2 ? 2'd0 : third_q + 2'd1;
            end
            if (ask_root && at_q != 4'd10) asked_q <= 1'b1;
            else if (root_done && !of_a) asked_q <= 1'b0;
            if (root_done && of_a) came_q <= 1'b1;
            taken_q <= (ask_root && at_q == 4'd10) || (taken_q && !scale_free);
            valid_q <= (root_done && ends && came_q) || (valid_q && !scale_take);
        end
    always_ff @(posedge clk) begin
        if (hand_over) begin
            mantissa_q <= w_q[53:22];
            total_q    <= sum_q;
            e_q        <= k_q;
            flat_q     <= zero_q;
        end
        if (root_done) begin
            if (line || correct) r_q <= at_q == 4'd9 ? clamped : y[30:0];
            if (square || near) f_q <= y[31:0];
            if (of_a) factor_q <= flat_q ? 32'd0 : y[31:0];
            if (ends && came_q) begin
                offset_q <= flat_q ? 40'd0 : y;
                shift_q  <= flat_q ? 5'd0 : e_q - 5'd8;
            end
        end
    end
    assign scale_valid = valid_q;
    assign factor      = factor_q;
    assign offset      = offset_q;
    assign shift       = shift_q;

    wire unused = &{1'b0, hh2[33:32], ll2[33:32]};
endmodule
`default_nettype wire
