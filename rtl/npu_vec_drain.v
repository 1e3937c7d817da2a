// DRAIN front end: reads accumulator entries and offers them to the lanes, one vector in N/LANES cycles.
// Contract: `load` starts a command of acc_addr, half, cfg ({max, min, zp}); for each vector `issue` (needs `room`) reserves
// the output word; `last` says that word is the command's last. The beats follow at a fixed distance, so there is no
// back-pressure after `issue`, and the next command may load at once. Accumulator data comes exactly 2 cycles after the grant and
// holds until the data of the next one comes. The parameters of the channels from par_pos on, of set par_half, come at once.
// With column the entry col_addr is read first: bias_minus says that acc_rd_data is it, to be subtracted from the biases of set bias_half;
// the vectors' beats come after that, those of the command before it earlier.
// Counterpart: DRAIN in docs/isa.md.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_vec_drain #(
    parameter N         = 16,
    parameter LANES     = 16,
    parameter ACC_DEPTH = 512
) (
    input  wire                clk,
    input  wire                rst_n,
    input  wire                stop,
    output wire                inflight,
    // command
    input  wire                load,
    input  wire [15:0]         acc_addr,
    input  wire                half,
    input  wire                column,
    input  wire [15:0]         col_addr,
    input  wire [23:0]         cfg,
    input  wire                room,
    input  wire                last,
    output wire                issue,
    // accumulators and parameter sets
    output wire                acc_rd_req,
    output wire                acc_rd_half,
    output wire [15:0]         acc_rd_addr,
    input  wire                acc_rd_gnt,
    input  wire [32*N-1:0]     acc_rd_data,
    output wire                bias_minus,
    output wire                bias_half,
    output wire                par_half,
    output wire [7:0]          par_pos,
    input  wire [32*LANES-1:0] par_bias,
    input  wire [32*LANES-1:0] par_mult,
    input  wire [6*LANES-1:0]  par_shift,
    // beats
    output wire                beat_valid,
    output wire [7:0]          beat_pos,
    output wire                beat_last,
    output wire [23:0]         beat_cfg,
    output wire [32*LANES-1:0] beat_x,
    output wire [32*LANES-1:0] beat_bias,
    output wire [32*LANES-1:0] beat_mult,
    output wire [6*LANES-1:0]  beat_shift
);
    localparam BEATS = N / LANES;
    localparam integer MASK_I = ACC_DEPTH - 1;

    reg        active_q, column_q;
    reg [15:0] addr_q;
    wire       spaced;  // BEATS cycles since the last grant
    wire       granted = acc_rd_req && acc_rd_gnt;
    assign acc_rd_req  = active_q && (room || column_q) && spaced && !stop;
    assign acc_rd_half = half;
    assign acc_rd_addr = addr_q & MASK_I[15:0];
    assign issue       = granted && !column_q;
    always_ff @(posedge clk)
        if (!rst_n) begin
            active_q <= 1'b0;
            column_q <= 1'b0;
            addr_q   <= 16'd0;
        end else if (load) begin
            active_q <= 1'b1;
            column_q <= column;
            addr_q   <= column ? col_addr : acc_addr;
        end else if (granted && column_q) begin
            column_q <= 1'b0;
            addr_q   <= acc_addr;
        end else if (issue) begin
            active_q <= !last;
            addr_q   <= addr_q + 16'd1;
        end

    // the command's data travels with the read: the next command may be loaded meanwhile
    reg [1:0]  flight_q, column_flight_q;
    reg [24:0] cfg1_q, cfg2_q;  // {half, cfg}
    always_ff @(posedge clk) begin
        flight_q <= rst_n ? {flight_q[0], issue} : 2'b00;
        column_flight_q <= rst_n ? {column_flight_q[0], granted && column_q} : 2'b00;
        cfg1_q   <= {half, cfg};
        if (flight_q[0] || column_flight_q[0]) cfg2_q <= cfg1_q;
    end
    assign inflight   = |flight_q || |column_flight_q;
    assign bias_minus = column_flight_q[1];
    assign bias_half  = cfg2_q[24];
    assign {par_half, beat_cfg} = cfg2_q;
    assign par_pos    = beat_pos;
    assign beat_bias  = par_bias;
    assign beat_mult  = par_mult;
    assign beat_shift = par_shift;
    generate
        if (BEATS == 1) begin : gen_direct
            assign spaced     = 1'b1;
            assign beat_valid = flight_q[1];
            assign beat_pos   = 8'd0;
            assign beat_last  = 1'b1;
            assign beat_x     = acc_rd_data;
        end else begin : gen_beats
            localparam BW = $clog2(BEATS);
            localparam integer LAST_I = BEATS - 1;
            reg [BW-1:0] gap_q, beat_q;
            always_ff @(posedge clk)
                if (!rst_n) begin
                    gap_q  <= 0;
                    beat_q <= 0;
                end else begin
                    if (granted) gap_q <= LAST_I[BW-1:0];
                    else if (gap_q != 0) gap_q <= gap_q - 1'b1;
                    if (beat_valid) beat_q <= beat_q + 1'b1;  // LAST_I is all ones
                end
            assign spaced     = gap_q == 0;
            assign beat_valid = flight_q[1] || beat_q != 0;
            assign beat_pos   = LANES[7:0] * {{(8 - BW) {1'b0}}, beat_q};
            assign beat_last  = beat_q == LAST_I[BW-1:0];
            assign beat_x     = acc_rd_data[beat_q*32*LANES+:32*LANES];
        end
    endgenerate
endmodule
`default_nettype wire
