// Nested counters that walk TRACKS strided 16-bit values at once (addresses, coordinates): for level LEVELS-1
// (outermost) .. level 0: value[t] = base[t] + sum over l of index[l] * stride[t][l], modulo 2^16.
// Contract: `load` starts the walk (base and count sampled, count >= 1); count and stride stay stable until it ends. While
// `valid`, `value` is the current element, `ends[l]` says index[l] is at its last; `step` moves on (only when valid).
// No counterpart in cmodel: the loops of docs/isa.md.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_vec_agu #(
    parameter LEVELS = 2,
    parameter TRACKS = 1
) (
    input  wire                        clk,
    input  wire                        rst_n,
    input  wire                        load,
    input  wire [16*LEVELS-1:0]        count,
    input  wire [16*TRACKS-1:0]        base,
    input  wire [16*LEVELS*TRACKS-1:0] stride,  // [track][level]
    output wire                        valid,
    output wire [LEVELS-1:0]           ends,
    output wire [16*TRACKS-1:0]        value,
    input  wire                        step
);
    reg                  valid_q;
    reg [16*LEVELS-1:0]  left_q;  // per level: elements from here, 1 = at the last
    reg [LEVELS-1:0]     end_q;   // left is 1
    reg [16*LEVELS*TRACKS-1:0] stride_q;
    always_ff @(posedge clk) stride_q <= stride;  // of this walk from its first element on
    assign ends = end_q;
    wire [LEVELS-1:0]    inner_done;  // all levels below l are at their last
    wire [LEVELS-1:0]    advance;     // level l moves on with the next step
    wire                 last = &ends;
    assign valid = valid_q;

    always_ff @(posedge clk)
        if (!rst_n) valid_q <= 1'b0;
        else if (load) valid_q <= 1'b1;
        else if (step && last) valid_q <= 1'b0;

    genvar l, t;
    generate
        for (l = 0; l < LEVELS; l = l + 1) begin : gen_level
            if (l == 0) assign inner_done[l] = 1'b1;
            else assign inner_done[l] = &ends[l-1:0];
            assign advance[l] = inner_done[l] && !ends[l];
            always_ff @(posedge clk)
                if (!rst_n) begin
                    left_q[16*l+:16] <= 16'd1;
                    end_q[l]         <= 1'b1;
                end else if (load || (step && inner_done[l] && ends[l])) begin
                    left_q[16*l+:16] <= count[16*l+:16];
                    end_q[l]         <= count[16*l+:16] == 16'd1;
                end else if (step && advance[l]) begin
                    left_q[16*l+:16] <= left_q[16*l+:16] - 16'd1;
                    end_q[l]         <= left_q[16*l+:16] == 16'd2;
                end
        end
        for (t = 0; t < TRACKS; t = t + 1) begin : gen_track
            reg  [16*LEVELS-1:0] start_q;  // per level: the value where its current iteration began
            reg  [15:0]          from, by;
            integer i;
            always_comb begin
                from = 16'd0;
                by   = 16'd0;
                for (i = 0; i < LEVELS; i = i + 1) begin
                    from = from | (start_q[16*i+:16] & {16{advance[i]}});
                    by   = by | (stride_q[16*(LEVELS*t+i)+:16] & {16{advance[i]}});
                end
            end
            wire [15:0] next = from + by;
            for (l = 0; l < LEVELS; l = l + 1) begin : gen_start
                always_ff @(posedge clk)
                    if (!rst_n) start_q[16*l+:16] <= 16'd0;
                    else if (load) start_q[16*l+:16] <= base[16*t+:16];
                    else if (step && |advance[LEVELS-1:l]) start_q[16*l+:16] <= next;
            end
            assign value[16*t+:16] = start_q[15:0];
        end
    endgenerate
endmodule
`default_nettype wire
