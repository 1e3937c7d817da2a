// Fetch of the command list: beats in order, each with what the dispatch has to know of its command.
//
// `load` (one cycle) takes address and length; then, while `run`, bursts of at most 16 beats, never across 4 KiB, as far ahead as the
// buffer holds. out_*: valid until ready; out_unit and out_legal are the same in all beats of a command (0 load, 1 array, 2
// vector, 3 store); an unknown opcode is one beat that is not legal. Without `run` no new request is made and beats that
// arrive are dropped. on_bus: a request waits or beats are on their way. all_out: everything has arrived and left the buffer.
// Counterpart: the run loop of cmodel/npu; cmodel/npu/timing_fetch.c.
// SPDX-License-Identifier: Apache-2.0
`include "npu_spec.vh"
`default_nettype none
module npu_fetch #(
    parameter BUFFER = 64            // beats, power of two, >= 16
) (
    input  wire        clk,
    input  wire        rst_n,
    input  wire        load,
    input  wire        run,
    input  wire [31:0] address,
    input  wire [20:0] beats,
    output reg         ar_valid,
    input  wire        ar_ready,
    output reg  [31:0] ar_addr,
    output reg  [7:0]  ar_len,
    input  wire        r_valid,
    input  wire [63:0] r_data,
    output reg         out_valid,
    input  wire        out_ready,
    output wire [63:0] out_data,
    output wire [1:0]  out_unit,
    output wire        out_legal,
    output wire        out_last,
    output wire [31:0] next_addr,    // next beat to request
    output wire        on_bus,
    output wire        all_out
);
    localparam AW = $clog2(BUFFER);
    localparam BW = AW + 1;

    // ---------------------------------------------------------------- requests
    reg  [31:0]   addr_q;
    reg  [20:0]   left_q;            // beats not yet requested
    reg  [BW-1:0] room_q;            // free places of the buffer, minus beats on their way
    reg  [BW-1:0] flying_q;          // beats requested and not arrived
    reg  [4:0]    burst_q;           // beats of the next request, worked out while the one before it is at the bus
    reg           sized_q;
    wire [9:0]    to_page = 10'd512 - {1'b0, addr_q[11:3]};
    wire [4:0]    cap_page = to_page > 10'd16 ? 5'd16 : to_page[4:0];
    wire [4:0]    cap_left = left_q > 21'd16 ? 5'd16 : left_q[4:0];
    wire [4:0]    ar_beats = ar_len[4:0] + 5'd1;
    wire          request = run && sized_q && !ar_valid && room_q >= {{(BW - 5) {1'b0}}, burst_q};
    wire          pop = out_valid && out_ready;
    assign next_addr = addr_q;
    assign on_bus = ar_valid || flying_q != {BW{1'b0}};

    always @(posedge clk) begin
        if (!rst_n) begin
            ar_valid <= 1'b0;
            flying_q <= {BW{1'b0}};
        end else begin
            if (request) ar_valid <= 1'b1;
            else if (ar_ready) ar_valid <= 1'b0;
            flying_q <= flying_q + (ar_valid && ar_ready ? {{(BW - 5) {1'b0}}, ar_beats} : {BW{1'b0}}) - {{(BW - 1) {1'b0}}, r_valid};
        end
        if (request) begin
            ar_addr <= addr_q;
            ar_len  <= {3'd0, burst_q} - 8'd1;
        end
        burst_q <= cap_left < cap_page ? cap_left : cap_page;
        sized_q <= run && !request && left_q != 21'd0;
        if (load) begin
            addr_q <= address;
            left_q <= beats;
            room_q <= BUFFER[BW-1:0];
        end else begin
            if (request) begin
                addr_q <= addr_q + {24'd0, burst_q, 3'd0};
                left_q <= left_q - {16'd0, burst_q};
            end
            room_q <= room_q - (request ? {{(BW - 5) {1'b0}}, burst_q} : {BW{1'b0}}) + {{(BW - 1) {1'b0}}, pop};
        end
    end

    // ---------------------------------------------------------------- what a beat belongs to
    // {legal, unit, beats} of the command whose first beat holds `opcode`.
    function [5:0] kind(input [7:0] opcode);
        case (opcode)
            `NPU_OP_LOAD:    kind = {3'b100, `NPU_BEATS_LOAD};
            `NPU_OP_CONV:    kind = {3'b101, `NPU_BEATS_CONV};
            `NPU_OP_DRAIN:   kind = {3'b110, `NPU_BEATS_DRAIN};
            `NPU_OP_POOL:    kind = {3'b110, `NPU_BEATS_POOL};
            `NPU_OP_ELTWISE: kind = {3'b110, `NPU_BEATS_ELTWISE};
            `NPU_OP_TABLE:   kind = {3'b110, `NPU_BEATS_TABLE};
            `NPU_OP_SOFTMAX: kind = {3'b110, `NPU_BEATS_SOFTMAX};
            `NPU_OP_DRAINW:  kind = {3'b110, `NPU_BEATS_DRAINW};
            `NPU_OP_QUANTW:  kind = {3'b110, `NPU_BEATS_QUANTW};
            `NPU_OP_ROTATE:  kind = {3'b110, `NPU_BEATS_ROTATE};
            `NPU_OP_SILUW:   kind = {3'b110, `NPU_BEATS_SILUW};
            `NPU_OP_NORM:    kind = {3'b110, `NPU_BEATS_NORM};
            `NPU_OP_SOFTMAXW: kind = {3'b110, `NPU_BEATS_SOFTMAXW};
            `NPU_OP_STORE:   kind = {3'b111, `NPU_BEATS_STORE};
            default:         kind = {3'b000, 3'd1};
        endcase
    endfunction
    reg  [2:0] more_q;               // beats of the command still to come
    reg  [2:0] kind_q;               // {legal, unit} of it
    wire       first = more_q == 3'd0;
    wire [5:0] now = kind(r_data[`NPU_F_OPCODE]);
    wire       put = r_valid && run;
    wire [3:0] in_flags = first ? {now[5:3], now[2:0] == 3'd1} : {kind_q, more_q == 3'd1};
    always @(posedge clk) begin
        if (load) more_q <= 3'd0;
        else if (put) more_q <= (first ? now[2:0] : more_q) - 3'd1;
        if (put && first) kind_q <= now[5:3];
    end

    // ---------------------------------------------------------------- buffer: never read and written at one place in one cycle
    (* no_rw_check *)
    reg [63:0]   data_mem [0:BUFFER-1];
    (* no_rw_check, ram_style = "distributed" *)
    reg [3:0]    flag_mem [0:BUFFER-1];
    reg [AW-1:0] wr_q, rd_q;
    reg [BW-1:0] held_q;             // in the RAM
    reg [63:0]   data_q;
    reg [3:0]    flags_q;
    wire         fill = held_q != {BW{1'b0}} && (!out_valid || out_ready);
    assign out_data = data_q;
    assign {out_legal, out_unit, out_last} = flags_q;
    assign all_out = left_q == 21'd0 && !on_bus && held_q == {BW{1'b0}} && !out_valid;
    always @(posedge clk) begin
        if (put) begin
            data_mem[wr_q] <= r_data;
            flag_mem[wr_q] <= in_flags;
        end
        if (fill) begin
            data_q  <= data_mem[rd_q];
            flags_q <= flag_mem[rd_q];
        end
        if (!rst_n || load) begin
            wr_q      <= {AW{1'b0}};
            rd_q      <= {AW{1'b0}};
            held_q    <= {BW{1'b0}};
            out_valid <= 1'b0;
        end else begin
            if (put) wr_q <= wr_q + 1'b1;
            if (fill) rd_q <= rd_q + 1'b1;
            if (put && !fill) held_q <= held_q + 1'b1;
            if (fill && !put) held_q <= held_q - 1'b1;
            if (!out_valid || out_ready) out_valid <= held_q != {BW{1'b0}};
        end
    end
endmodule
`default_nettype wire
