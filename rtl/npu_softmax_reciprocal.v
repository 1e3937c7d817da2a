// 1/S for a softmax, as gemmlowp computes it: S = 2^(31 - headroom) * (1 + a), 1/(1 + a) by Newton-Raphson. Every product is a
// srdhm done by the requantise lane outside: op_* asks, res_* answers some cycles later.
// Contract: `start` pulses with sum; `done` pulses once, then scale and exponent hold until the next start: an element is
// rdbpot(srdhm(T, scale), exponent), where exponents above 31 are delivered as scale = 0, exponent = 0.
// Counterpart: ref_get_reciprocal(S, 12), ref_one_over_one_plus_x in cmodel/ref/ref_arith.h.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_softmax_reciprocal (
    input  wire        clk,
    input  wire        rst_n,
    input  wire        start,
    input  wire [31:0] sum,
    output wire        done,
    output wire [31:0] scale,
    output wire [4:0]  exponent,
    output wire        op_valid,
    output wire [31:0] op_x,
    output wire [31:0] op_mult,
    input  wire        res_valid,
    input  wire [31:0] res_data
);
    localparam [31:0] C48_17 = 32'd1515870810;     // 48/17 in Q2.29
    localparam [31:0] CNEG32_17 = -32'sd1010580540;  // -32/17 in Q2.29
    localparam [2:0] IDLE = 3'd0, NORMALISE = 3'd1, ASK = 3'd2, WAIT = 3'd3, FINISH = 3'd4;

    // step 0: x = 48/17 + half * -32/17; odd steps: e = 1 - half * x; even steps: x += (x * e) << 2
    reg [2:0]  state_q, step_q;
    reg [5:0]  headroom_q;
    reg [31:0] half_q;  // the normalised sum, then (1 + a) / 2
    reg [31:0] x_q, e_q, scale_q;
    reg [4:0]  exponent_q;
    wire       normal = half_q[31] || headroom_q == 6'd32;
    wire [5:0] shift = 6'd35 - headroom_q;

    // saturating << 2 and << 1
    wire [31:0] res4 = res_data[31:29] == 3'b000 || res_data[31:29] == 3'b111 ? {res_data[29:0], 2'b00} :
                       res_data[31] ? 32'h8000_0000 : 32'h7fff_ffff;
    wire [31:0] x2 = x_q[31] == x_q[30] ? {x_q[30:0], 1'b0} : x_q[31] ? 32'h8000_0000 : 32'h7fff_ffff;

    assign op_valid = state_q == ASK;
    assign op_x     = step_q == 3'd0 ? CNEG32_17 : step_q[0] ? x_q : e_q;
    assign op_mult  = step_q == 3'd0 || step_q[0] ? half_q : x_q;
    assign done     = state_q == FINISH;
    assign scale    = scale_q;
    assign exponent = exponent_q;

    always_ff @(posedge clk)
        if (!rst_n) begin
            state_q    <= IDLE;
            step_q     <= 3'd0;
            headroom_q <= 6'd0;
            half_q     <= 32'd0;
            x_q        <= 32'd0;
            e_q        <= 32'd0;
            scale_q    <= 32'd0;
            exponent_q <= 5'd0;
        end else
            case (state_q)
                IDLE:
                    if (start) begin
                        state_q    <= NORMALISE;
                        half_q     <= sum;
                        headroom_q <= 6'd0;
                    end
                NORMALISE:
                    if (normal) begin
                        // half sum of a and 2^31 - 1; a sum of 0 gives a = -2^31 and so -1
                        half_q  <= half_q[31] ? {1'b0, half_q[31:1]} : 32'hffff_ffff;
                        step_q  <= 3'd0;
                        state_q <= ASK;
                    end else begin
                        half_q     <= {half_q[30:0], 1'b0};
                        headroom_q <= headroom_q + 6'd1;
                    end
                ASK: state_q <= WAIT;
                WAIT:
                    if (res_valid) begin
                        if (step_q == 3'd0) x_q <= C48_17 + res_data;
                        else if (step_q[0]) e_q <= 32'h2000_0000 - res_data;
                        else x_q <= x_q + res4;
                        step_q  <= step_q + 3'd1;
                        state_q <= step_q == 3'd6 ? FINISH : ASK;
                    end
                default: begin  // FINISH
                    scale_q    <= shift[5] ? 32'd0 : x2;
                    exponent_q <= shift[5] ? 5'd0 : shift[4:0];
                    state_q    <= IDLE;
                end
            endcase
endmodule
`default_nettype wire
