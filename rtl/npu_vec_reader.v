// Scratchpad read client: turns a walk of addresses into an in-order stream of words, one a cycle.
// Contract: while in_valid, {in_addr, in_skip, in_end} is the next element; in_step takes it. A skipped element costs no read but
// still appears in the stream. out_*: first-word fall-through, out_data undefined when out_skip. `stop` ends all requests;
// `inflight` falls when the data of the last grant has passed. Data comes exactly 2 cycles after its grant and always
// finds room: the element queue holds a place for it.
// No counterpart in cmodel.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_vec_reader #(
    parameter WIDTH = 128
) (
    input  wire             clk,
    input  wire             rst_n,
    input  wire             stop,
    output wire             inflight,
    // element walk
    input  wire             in_valid,
    input  wire [15:0]      in_addr,
    input  wire             in_skip,
    input  wire             in_end,
    output wire             in_step,
    // scratchpad read port
    output wire             rd_req,
    output wire [15:0]      rd_addr,
    input  wire             rd_gnt,
    input  wire [WIDTH-1:0] rd_data,
    // word stream
    output wire             out_valid,
    output wire [WIDTH-1:0] out_data,
    output wire             out_skip,
    output wire             out_end,
    input  wire             out_pop
);
    wire room, elem_valid, data_valid, data_ready;
    reg [1:0] flight_q;

    // Requests wait in a queue of two: the grant, which comes late in a cycle, moves no more than that.
    wire asks, asks_room;
    npu_fifo2 #(.WIDTH(16)) u_asks (
        .clk(clk), .rst_n(rst_n),
        .in_valid(in_step && !in_skip), .in_ready(asks_room), .in_data(in_addr),
        .out_valid(asks), .out_ready(rd_req && rd_gnt), .out_data(rd_addr)
    );
    assign rd_req   = asks && !stop;
    assign in_step  = in_valid && room && !stop && asks_room;
    assign inflight = |flight_q;

    always_ff @(posedge clk)
        if (!rst_n) flight_q <= 2'b00;
        else flight_q <= {flight_q[0], rd_req && rd_gnt};

    npu_fifo #(.WIDTH(2), .DEPTH(8)) u_elements (
        .clk(clk), .rst_n(rst_n),
        .in_valid(in_step), .in_ready(room), .in_data({in_skip, in_end}),
        .out_valid(elem_valid), .out_ready(out_pop), .out_data({out_skip, out_end})
    );
    npu_fifo #(.WIDTH(WIDTH), .DEPTH(8)) u_words (
        .clk(clk), .rst_n(rst_n),
        .in_valid(flight_q[1]), .in_ready(data_ready), .in_data(rd_data),
        .out_valid(data_valid), .out_ready(out_pop && !out_skip), .out_data(out_data)
    );
    assign out_valid = elem_valid && (out_skip || data_valid);

    wire unused = &{1'b0, data_ready};
endmodule
`default_nettype wire
