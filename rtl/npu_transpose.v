// Transposes tiles of N x N bytes: takes N words, gives N words, lane c of word r out = lane r of word c in.
//
// Lane r of word c lies in memory (r + c) mod N at address c: the N bytes of a word in, and those of a word out, are in N different
// memories. Two tiles fit, so a word can enter and one leave in every cycle. A tile's first word leaves two cycles after its last entered.
// out_*: word out_row stays until out_ready. busy: words of a whole tile are inside.
// Counterpart: W(pass) of CONV with transpose in cmodel/npu.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_transpose #(
    parameter N = 16
) (
    input  wire                 clk,
    input  wire                 rst_n,
    input  wire                 in_valid,
    output wire                 in_ready,
    input  wire [8*N-1:0]       in_word,
    output wire                 out_valid,
    input  wire                 out_ready,
    output wire [$clog2(N)-1:0] out_row,
    output wire [8*N-1:0]       out_word,
    output wire                 busy
);
    localparam RW = $clog2(N);
    localparam [RW-1:0] LAST = {RW{1'b1}};

    reg  [1:0]    full_q;            // tile 0, 1 is whole
    reg           into_q, from_q;    // tile being filled, emptied
    reg  [RW-1:0] col_q, row_q;      // next word in, next word out
    reg           valid_q;           // read_q of the memories holds word out_row_q
    reg  [RW-1:0] out_row_q;

    wire put  = in_valid && in_ready;
    wire get  = full_q[from_q] && (!valid_q || out_ready);
    assign in_ready  = !full_q[into_q];
    assign out_valid = valid_q;
    assign out_row   = out_row_q;
    assign busy      = valid_q || full_q != 2'b00;

    always @(posedge clk) begin
        if (!rst_n) begin
            full_q  <= 2'b00;
            into_q  <= 1'b0;
            from_q  <= 1'b0;
            col_q   <= {RW{1'b0}};
            row_q   <= {RW{1'b0}};
            valid_q <= 1'b0;
        end else begin
            if (put) begin
                col_q <= col_q + 1'b1;
                if (col_q == LAST) begin
                    full_q <= full_q | (into_q ? 2'b10 : 2'b01);
                    into_q <= !into_q;
                end
            end
            if (get) begin
                row_q <= row_q + 1'b1;
                if (row_q == LAST) begin
                    full_q[from_q] <= 1'b0;
                    from_q <= !from_q;
                end
            end
            if (get) valid_q <= 1'b1;
            else if (out_ready) valid_q <= 1'b0;
        end
        if (get) out_row_q <= row_q;
    end

    wire [8*N-1:0] turned, read;
    npu_rotate #(.N(N)) u_in (.in_word(in_word), .by(col_q), .out_word(turned));
    npu_rotate #(.N(N), .RIGHT(1)) u_out (.in_word(read), .by(out_row_q), .out_word(out_word));
    genvar b;
    generate
        for (b = 0; b < N; b = b + 1) begin : gen_lane
            localparam integer B_I = b;
            localparam [RW-1:0] B = B_I[RW-1:0];
            (* no_rw_check *)  // a tile is never filled and emptied at once
            reg  [7:0] mem[0:2*N-1];
            reg  [7:0] read_q;
            wire [RW-1:0] col = B - row_q;
            always @(posedge clk) begin
                if (put) mem[{into_q, col_q}] <= turned[8*b+:8];
                if (get) read_q <= mem[{from_q, col}];
            end
            assign read[8*b+:8] = read_q;
        end
    endgenerate
endmodule
`default_nettype wire
