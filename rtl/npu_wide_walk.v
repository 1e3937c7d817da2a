// Addresses of rows of words: for each of `rows` rows first a head word, if `head`, then `words` words `step` apart, if `body`.
// Contract: `load` starts the walk; all other inputs stay until it ends. While `valid`, `addr` is the current word; `next` moves on.
// No counterpart in cmodel: the loops of docs/isa.md.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_wide_walk (
    input  wire        clk,
    input  wire        rst_n,
    input  wire        load,
    input  wire [15:0] rows,
    input  wire        head,
    input  wire [15:0] head_base,
    input  wire [15:0] head_pitch,
    input  wire        body,
    input  wire [15:0] words,
    input  wire [15:0] base,
    input  wire [15:0] pitch,
    input  wire [15:0] step,
    output wire        valid,
    output wire [15:0] addr,
    input  wire        next
);
    reg        valid_q, at_head_q;
    reg [15:0] rows_q, words_q, row_q, addr_q, head_q;
    wire       row_end = at_head_q ? !body : words_q == 16'd1;
    assign valid = valid_q;
    assign addr  = at_head_q ? head_q : addr_q;
    always_ff @(posedge clk)
        if (!rst_n) valid_q <= 1'b0;
        else if (load) valid_q <= head || body;
        else if (next && row_end && rows_q == 16'd1) valid_q <= 1'b0;
    always_ff @(posedge clk)
        if (!rst_n) begin
            at_head_q <= 1'b0;
            addr_q    <= 16'd0;
        end else if (load) begin
            at_head_q <= head;
            rows_q    <= rows;
            words_q   <= words;
            row_q     <= base;
            addr_q    <= base;
            head_q    <= head_base;
        end else if (next) begin
            if (row_end) begin
                at_head_q <= head;
                rows_q    <= rows_q - 16'd1;
                words_q   <= words;
                row_q     <= row_q + pitch;
                addr_q    <= row_q + pitch;
                head_q    <= head_q + head_pitch;
            end else begin
                at_head_q <= 1'b0;
                if (!at_head_q) begin
                    words_q <= words_q - 16'd1;
                    addr_q  <= addr_q + step;
                end
            end
        end
endmodule
`default_nettype wire
