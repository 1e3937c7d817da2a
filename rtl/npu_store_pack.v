// Packs words into 8-byte beats of write bursts.
// Contract: words and what they carry as npu_store_reads gives them; bursts (1..16 beats each) in the same order, never fewer
// beats than the runs need. w_* come from flip-flops and stay until w_ready, which nothing but the two beats there hangs on. One beat a cycle
// when words allow it. stop: what is there leaves unchanged, the remaining beats of the bursts leave with strobes 0.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_store_pack #(
    parameter N = 16
) (
    input  wire           clk,
    input  wire           rst_n,
    input  wire           stop,
    input  wire           in_valid,
    output wire           in_ready,
    input  wire [8*N-1:0] in_data,
    input  wire [5:0]     in_lane,
    input  wire [5:0]     in_len,
    input  wire [2:0]     in_pos,
    input  wire           in_xor80,
    input  wire           in_first,
    input  wire           in_last,
    input  wire           burst_valid,
    output wire           burst_ready,
    input  wire [3:0]     burst_len,    // beats - 1
    output wire           w_valid,
    input  wire           w_ready,
    output wire [63:0]    w_data,
    output wire [7:0]     w_strb,
    output wire           w_last,
    output wire           idle
);
    localparam FRAME = N + 8;  // bytes: a beat not yet full and a word behind it

    // Stage 1: the word's bytes moved down to lane 0, the others cleared.
    reg           s1_valid_q, s1_first_q, s1_last_q;
    reg [8*N-1:0] s1_data_q;
    reg [2:0]     s1_pos_q;
    reg [5:0]     s1_end_q;   // s1_pos_q plus its length: the frame's bytes once it is there
    wire [8*N-1:0] moved = in_data >> {in_lane, 3'b000};
    wire [8*N-1:0] cut;
    genvar i;
    generate
        for (i = 0; i < N; i = i + 1) begin : gen_lane
            localparam [5:0] LANE = i[5:0];
            assign cut[8*i +: 8] = LANE < in_len ? moved[8*i +: 8] ^ {in_xor80, 7'd0} : 8'd0;
        end
    endgenerate

    // Stage 2: the frame. Its first byte is the first byte of a beat; bytes at and above count_q are 0.
    reg [8*FRAME-1:0] frame_q;
    reg [5:0]         count_q;  // bytes in the frame, those before the run in its first beat included
    reg               full;     // 8 or more
    reg               ready;    // a beat may leave: full, or the run's last bytes
    reg               fits;     // after a beat has left, at most a part of a beat of the same run stays
    reg [2:0]         low_q;    // first byte of the run in the front beat
    reg               flush_q;  // the run ends in this frame
    reg [4:0]         beats_q;  // of the burst, still to come
    reg               some_q, one_q;  // beats_q is not 0; it is 1

    wire w_room;
    wire room  = w_room && some_q;
    wire emit  = ready && room && !stop;
    wire blank = stop && room;
    wire accept = s1_valid_q && (emit ? fits : !ready);
    wire s1_free = !s1_valid_q || accept;
    assign in_ready    = s1_free;
    assign burst_ready = !some_q || ((emit || blank) && one_q);
    assign idle        = !s1_valid_q && count_q == 6'd0 && !w_valid;

    wire [8*FRAME-1:0] kept   = emit ? {64'd0, frame_q[8*FRAME-1:64]} : frame_q;
    wire [8*FRAME-1:0] placed = {64'd0, s1_data_q} << {s1_pos_q, 3'b000};
    wire [7:0] strobes = (8'hff << low_q) & (full ? 8'hff : ~(8'hff << count_q[2:0]));

    npu_fifo2 #(.WIDTH(73)) u_beats (
        .clk(clk), .rst_n(rst_n), .in_valid(emit || blank), .in_ready(w_room), .in_data({one_q, stop ? 8'd0 : strobes, frame_q[63:0]}),
        .out_valid(w_valid), .out_ready(w_ready), .out_data({w_last, w_strb, w_data})
    );

    always_ff @(posedge clk) begin
        if (in_valid && s1_free) begin
            s1_data_q  <= cut;
            s1_end_q   <= {3'd0, in_pos} + in_len;
            s1_pos_q   <= in_pos;
            s1_first_q <= in_first;
            s1_last_q  <= in_last;
        end
        if (!rst_n) begin
            s1_valid_q <= 1'b0;
            frame_q    <= 0;
            count_q    <= 6'd0;
            low_q      <= 3'd0;
            flush_q    <= 1'b0;
            beats_q    <= 5'd0;
            some_q     <= 1'b0;
            one_q      <= 1'b0;
            full       <= 1'b0;
            ready      <= 1'b0;
            fits       <= 1'b1;
        end else begin
            if (s1_free) s1_valid_q <= in_valid;
            if (emit || accept) frame_q <= accept ? kept | placed : kept;
            if (accept) begin
                count_q <= s1_end_q;
                flush_q <= s1_last_q;
                full    <= s1_end_q >= 6'd8;
                ready   <= s1_end_q >= 6'd8 || (s1_last_q && s1_end_q != 6'd0);
                fits    <= s1_end_q < 6'd16 && (!s1_last_q || s1_end_q <= 6'd8);
            end else if (emit) begin
                count_q <= full ? count_q - 6'd8 : 6'd0;
                full    <= count_q >= 6'd16;
                ready   <= count_q >= 6'd16 || (flush_q && count_q > 6'd8);
                fits    <= count_q < 6'd16 || (count_q < 6'd24 && (!flush_q || count_q == 6'd16));
            end
            if (accept && s1_first_q) low_q <= s1_pos_q;
            else if (emit) low_q <= 3'd0;
            if (burst_ready) begin
                beats_q <= {1'b0, burst_len} + 5'd1;
                some_q  <= burst_valid;
                one_q   <= burst_len == 4'd0;
            end else if (emit || blank) begin
                beats_q <= beats_q - 5'd1;
                one_q   <= beats_q == 5'd2;
            end
        end
    end
endmodule
`default_nettype wire
