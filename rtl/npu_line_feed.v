// Operand stream of the array: walks the windows of one command and reads their words from the scratchpad.
//
// One instance for each image line of the FIR mode; instance 0 also feeds the ordinary mode. A command's description is held stable from
// `start` until `busy` falls; up to DEPTH words run ahead of the array. Order of passes and elements: docs/isa.md, CONV.
// Output side: first-word fall-through; `out_pop` only when out_valid. Positions outside the input carry the pad value and cost no read.
// Throughput one element a cycle while the scratchpad grants. In FIR mode min(kw, TAPS) - 1 elements are added at the end of a pass, so that
// the last output meets its last taps.
// Counterpart: the coordinate loops of CONV in cmodel/npu.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_line_feed #(
    parameter N = 16,
    parameter GROUP = 0,
    parameter GROUPS = 3,
    parameter TAPS = 5,
    parameter DEPTH = 16
) (
    input  wire              clk,
    input  wire              rst_n,
    // command, stable while busy
    input  wire              start,
    output wire              busy,
    input  wire              fir,
    input  wire              accumulate,
    input  wire [15:0]       a_first,    // word of output (0,0), tap (0,0), block 0
    input  wire [15:0]       row_step,   // words between output rows
    input  wire [15:0]       tap_step,   // words between kernel rows
    input  wire [15:0]       blk_pitch,
    input  wire [15:0]       ny, nx, iy0, ix0, in_h, in_w, nblk, span,
    input  wire [7:0]        kh, kw, dil_y, dil_x, sy, sx, pad,
    // scratchpad read port
    output wire              rd_req,
    output wire [15:0]       rd_addr,
    input  wire              rd_gnt,
    input  wire [8*N-1:0]    rd_data,
    // elements
    output wire              out_valid,
    output wire [8*N-1:0]    out_data,
    output wire              out_first,  // of a pass
    output wire              out_last,   // of a pass
    output wire              out_result, // this element's position yields an output
    output wire              out_pfirst, // pass is the first of the command
    output wire              out_plast,  // pass is the last of the command
    output wire              out_adds,   // first element of a command that adds to what the accumulators hold
    output wire              out_fir,
    output wire [GROUPS-1:0] out_active, // groups with a kernel row in this pass
    input  wire              out_pop
);
    localparam CW = $clog2(DEPTH + 1);
    localparam IW = 16 + GROUPS;
    localparam [15:0] GROUP16 = GROUP[15:0];
    localparam [8:0]  GROUPS9 = GROUPS[8:0], TAPS9 = TAPS[8:0];

    // ---------------------------------------------------------------- position
    reg        run_q, tail_q, first_q, pfirst_q;
    reg [15:0] x_q, y_q, ox_q, iy_q, ix_q, addr_q;   // element
    reg [15:0] row_addr_q;                           // element x = 0 of this row
    reg [15:0] p_addr_q, p_iy_q, p_ix_q;             // pass: output (0,0)
    reg [15:0] k_addr_q, b_addr_q;                   // kernel row: tap kx = 0; block: tap (0,0)
    reg [7:0]  kx_q, ky_q, phase_q, flush_q;
    reg [15:0] blk_q;

    wire [8:0] kx_step = fir ? TAPS9 : 9'd1;
    wire [8:0] ky_step = fir ? GROUPS9 : 9'd1;
    wire [8:0] kx_next = {1'b0, kx_q} + kx_step;
    wire [8:0] ky_next = {1'b0, ky_q} + ky_step;
    // Whether an index stands at its last value comes from a flip-flop, computed while the index takes that value: of what it is after
    // a step (*_after), or from 0 on (*_once).
    reg        x_last, y_last, kx_last, ky_last, blk_last;
    wire [15:0] x_end = fir ? span : nx;
    wire       x_after = x_q + 16'd2 == x_end, x_once = x_end == 16'd1;
    wire       y_after = y_q + 16'd2 == ny, y_once = ny == 16'd1;
    wire       kx_after = {1'b0, kx_next} + {1'b0, kx_step} >= {2'd0, kw}, kx_once = kx_step >= {1'b0, kw};
    wire       ky_after = {1'b0, ky_next} + {1'b0, ky_step} >= {2'd0, kh}, ky_once = ky_step >= {1'b0, kh};
    wire       blk_after = blk_q + 16'd2 == nblk, blk_once = nblk == 16'd1;
    reg  [7:0] flush_last_q;                         // elements after a pass's last line, less one; of the command, from its start on
    reg        flush_none_q;
    always @(posedge clk) begin
        flush_last_q <= ({1'b0, kw} > TAPS9 ? TAPS9[7:0] : kw) - 8'd2;
        flush_none_q <= !fir || kw == 8'd1 || TAPS == 1;
    end

    wire [GROUPS-1:0] active;
    genvar g;
    generate
        for (g = 0; g < GROUPS; g = g + 1) begin : gen_active
            localparam integer G_I = g;
            localparam [8:0] G9 = G_I[8:0];
            assign active[g] = g == 0 || (fir && {1'b0, ky_q} + G9 < {1'b0, kh});
        end
    endgenerate

    wire        lines_end = x_last && y_last;
    wire        pass_end = tail_q ? flush_q == flush_last_q : lines_end && flush_none_q;
    wire        in_range   = iy_q < in_h && ix_q < in_w;
    wire        mine     = active[GROUP];
    wire        result   = !fir || (!tail_q && phase_q == 8'd0 && ox_q < nx);

    reg  [CW-1:0] held_q;                            // elements issued and not popped
    wire          room  = held_q != DEPTH[CW-1:0];
    wire          can   = run_q && mine && room;
    wire          asks_room;
    wire          issue = can && asks_room;
    wire          skip  = run_q && !mine;            // whole pass without this line
    wire          next_pass = (issue && pass_end) || skip;

    // Requests wait in a queue of two: the grant, which comes late in a cycle, moves no more than that.
    npu_fifo2 #(.WIDTH(16)) u_asks (
        .clk(clk), .rst_n(rst_n), .in_valid(issue && in_range), .in_ready(asks_room), .in_data(addr_q),
        .out_valid(rd_req), .out_ready(rd_gnt), .out_data(rd_addr));
    assign busy    = run_q;

    // Next pass: kernel column, then kernel row, then block.
    wire [15:0] kx_inc = fir ? {7'd0, TAPS9} : {8'd0, dil_x};
    reg  [15:0] ky_iinc, ky_ainc;
    always @(posedge clk) begin  // of the command, from its start on
        ky_iinc <= fir ? GROUPS9[7:0] * dil_y : {8'd0, dil_y};
        ky_ainc <= fir ? {7'd0, GROUPS9} * tap_step : tap_step;
    end
    wire [15:0] k_addr_n = k_addr_q + ky_ainc;
    wire [15:0] b_addr_n = b_addr_q + blk_pitch;
    wire [15:0] iy_first = iy0 + GROUP16 * {8'd0, dil_y};
    wire [15:0] start_addr = a_first + GROUP16 * tap_step;
    wire [15:0] np_addr = !kx_last ? p_addr_q + kx_inc : !ky_last ? k_addr_n : b_addr_n;
    wire [15:0] np_iy   = !kx_last ? p_iy_q : !ky_last ? p_iy_q + ky_iinc : iy_first;
    wire [15:0] np_ix   = !kx_last ? p_ix_q + kx_inc : ix0;

    wire [15:0] row_addr_n = row_addr_q + row_step;
    wire [15:0] x_inc = fir ? 16'd1 : {8'd0, sx};

    always @(posedge clk) begin
        if (!rst_n) run_q <= 1'b0;
        else if (start) run_q <= GROUP == 0 || fir;
        else if (next_pass && kx_last && ky_last && blk_last) run_q <= 1'b0;

        if (start) begin
            kx_last  <= kx_once;
            ky_last  <= ky_once;
            blk_last <= blk_once;
        end else if (next_pass) begin
            kx_last <= kx_last ? kx_once : kx_after;
            if (kx_last) ky_last <= ky_last ? ky_once : ky_after;
            if (kx_last && ky_last) blk_last <= blk_after;
        end
        if (start || next_pass) begin
            x_last <= x_once;
            y_last <= y_once;
        end else if (issue) begin
            x_last <= x_last ? x_once : x_after;
            if (x_last) y_last <= y_after;
        end

        if (start) begin
            {kx_q, ky_q} <= 16'd0;
            blk_q    <= 16'd0;
            p_addr_q <= start_addr;
            k_addr_q <= start_addr;
            b_addr_q <= start_addr;
            p_iy_q   <= iy_first;
            p_ix_q   <= ix0;
            pfirst_q <= 1'b1;
        end else if (next_pass) begin
            pfirst_q <= 1'b0;
            kx_q     <= kx_last ? 8'd0 : kx_next[7:0];
            if (kx_last) ky_q <= ky_last ? 8'd0 : ky_next[7:0];
            if (kx_last && ky_last) begin
                blk_q    <= blk_q + 16'd1;
                b_addr_q <= b_addr_n;
            end
            if (kx_last) k_addr_q <= ky_last ? b_addr_n : k_addr_n;
            p_addr_q <= np_addr;
            p_iy_q   <= np_iy;
            p_ix_q   <= np_ix;
        end

        if (start || next_pass) begin
            x_q        <= 16'd0;
            y_q        <= 16'd0;
            ox_q       <= 16'd0;
            phase_q    <= 8'd0;
            flush_q    <= 8'd0;
            tail_q     <= 1'b0;
            first_q    <= 1'b1;
            addr_q     <= start ? start_addr : np_addr;
            row_addr_q <= start ? start_addr : np_addr;
            iy_q       <= start ? iy_first : np_iy;
            ix_q       <= start ? ix0 : np_ix;
        end else if (issue) begin
            first_q <= 1'b0;
            if (tail_q) flush_q <= flush_q + 8'd1;
            if (lines_end) tail_q <= 1'b1;
            if (x_last) begin
                x_q        <= 16'd0;
                y_q        <= y_q + 16'd1;
                ox_q       <= 16'd0;
                phase_q    <= 8'd0;
                addr_q     <= row_addr_n;
                row_addr_q <= row_addr_n;
                iy_q       <= iy_q + {8'd0, sy};
                ix_q       <= p_ix_q;
            end else begin
                x_q     <= x_q + 16'd1;
                addr_q  <= addr_q + x_inc;
                ix_q    <= ix_q + x_inc;
                phase_q <= phase_q + 8'd1 == sx ? 8'd0 : phase_q + 8'd1;
                if (phase_q == 8'd0) ox_q <= ox_q + 16'd1;
            end
        end
    end

    // ---------------------------------------------------------------- words in flight
    always @(posedge clk) begin
        if (!rst_n) held_q <= {CW{1'b0}};
        else held_q <= held_q + {{(CW - 1) {1'b0}}, issue} - {{(CW - 1) {1'b0}}, out_pop};
    end

    wire [IW-1:0] item;
    wire          item_valid, data_valid, item_pad;
    wire [7:0]    item_padv;
    wire [8*N-1:0] data;
    wire          plast = kx_last && ky_last && blk_last;
    reg  [1:0]    rd_pipe_q;
    always @(posedge clk)
        if (!rst_n) rd_pipe_q <= 2'b00;
        else rd_pipe_q <= {rd_pipe_q[0], rd_req && rd_gnt};

    wire unused_item_ready, unused_data_ready;
    npu_fifo #(.WIDTH(IW), .DEPTH(DEPTH)) u_items (
        .clk(clk), .rst_n(rst_n), .in_valid(issue), .in_ready(unused_item_ready),
        .in_data({!in_range, pad, first_q, pass_end, result, pfirst_q, plast,
                   first_q && pfirst_q && accumulate, fir, active}),
        .out_valid(item_valid), .out_ready(out_pop), .out_data(item));
    npu_fifo #(.WIDTH(8*N), .DEPTH(DEPTH)) u_data (
        .clk(clk), .rst_n(rst_n), .in_valid(rd_pipe_q[1]), .in_ready(unused_data_ready), .in_data(rd_data),
        .out_valid(data_valid), .out_ready(out_pop && !item_pad), .out_data(data));

    assign {item_pad, item_padv, out_first, out_last, out_result, out_pfirst, out_plast, out_adds, out_fir,
            out_active} = item;
    assign out_valid = item_valid && (item_pad || data_valid);
    assign out_data  = item_pad ? {N{item_padv}} : data;
    wire unused = &{1'b0, unused_item_ready, unused_data_ready, np_addr};
endmodule
`default_nettype wire
