// FIFO from one clock to another, any ratio and phase: Gray-coded pointers, two synchronising flip-flops each way.
// Contract: in_* belong to in_clk, out_* to out_clk. An entry moves in when in_valid & in_ready, out when out_valid &
// out_ready; order is kept, nothing is lost or doubled. out_data stays while out_valid and not out_ready. The two resets are
// synchronous to their sides and must overlap for four clocks of the slower side, with the links idle. DEPTH: power of two,
// >= 4; 8 keeps one entry a clock going between like clocks.
// Timing: an entry is visible 2 to 3 clocks of out_clk after it came in; a free place as much later in in_clk.
// The synchronisers are the registers *_sync_q: a board's constraints need nothing else, since only one bit of a pointer
// changes at a time, as long as the paths into them are shorter than a clock of the faster side.
// Proved by testbench/cdc/prove.sh. SPDX-License-Identifier: Apache-2.0
`default_nettype none
module soc_cdc_fifo #(
    parameter int WIDTH = 8,
    parameter int DEPTH = 8
) (
    input  wire             in_clk,
    input  wire             in_rst_n,
    input  wire             in_valid,
    output wire             in_ready,
    input  wire [WIDTH-1:0] in_data,
    input  wire             out_clk,
    input  wire             out_rst_n,
    output wire             out_valid,
    input  wire             out_ready,
    output wire [WIDTH-1:0] out_data
);
    localparam int PW = $clog2(DEPTH);

    // Pointers count twice round, so that full and empty differ.
    reg [WIDTH-1:0] mem [0:DEPTH-1];
    reg [PW:0] wr_q, wr_gray_q, rd_q, rd_gray_q;
    reg [PW:0] wr_meta_q, wr_sync_q, rd_meta_q, rd_sync_q;

    wire        push   = in_valid && in_ready;
    wire [PW:0] wr_d   = wr_q + {{PW{1'b0}}, push};
    assign in_ready    = wr_gray_q != {~rd_sync_q[PW:PW-1], rd_sync_q[PW-2:0]};
    always_ff @(posedge in_clk) begin
        if (push) mem[wr_q[PW-1:0]] <= in_data;
        if (!in_rst_n) begin
            wr_q      <= '0;
            wr_gray_q <= '0;
            rd_meta_q <= '0;
            rd_sync_q <= '0;
        end else begin
            wr_q      <= wr_d;
            wr_gray_q <= wr_d ^ (wr_d >> 1);
            rd_meta_q <= rd_gray_q;
            rd_sync_q <= rd_meta_q;
        end
    end

    wire        pop    = out_valid && out_ready;
    wire [PW:0] rd_d   = rd_q + {{PW{1'b0}}, pop};
    assign out_valid   = rd_gray_q != wr_sync_q;
    assign out_data    = mem[rd_q[PW-1:0]];
    always_ff @(posedge out_clk) begin
        if (!out_rst_n) begin
            rd_q      <= '0;
            rd_gray_q <= '0;
            wr_meta_q <= '0;
            wr_sync_q <= '0;
        end else begin
            rd_q      <= rd_d;
            rd_gray_q <= rd_d ^ (rd_d >> 1);
            wr_meta_q <= wr_gray_q;
            wr_sync_q <= wr_meta_q;
        end
    end

`ifdef FORMAL
    // Properties, with both clocks free: what is in the FIFO, as each side sees it, is what the pointers say; it never
    // overflows; an outside pointer changes in one bit at most between two moments.
    function [PW:0] binary(input [PW:0] gray);
        integer i;
        begin
            binary[PW] = gray[PW];
            for (i = PW - 1; i >= 0; i = i - 1) binary[i] = binary[i+1] ^ gray[i];
        end
    endfunction
    wire [PW:0] fill     = wr_q - rd_q;
    wire [PW:0] rd_meta  = binary(rd_meta_q), rd_sync = binary(rd_sync_q), wr_meta = binary(wr_meta_q), wr_sync = binary(wr_sync_q);
    localparam [PW:0] FULL = (PW + 1)'(DEPTH);
    function [PW+2:0] wide(input [PW:0] v);
        wide = {2'b00, v};
    endfunction
    wire [PW+2:0] rd_new = wide(rd_q - rd_meta), rd_old = wide(rd_meta - rd_sync);
    wire [PW+2:0] wr_new = wide(wr_q - wr_meta), wr_old = wide(wr_meta - wr_sync), wr_seen = wide(wr_sync - rd_q);
    reg [PW:0] wr_gray_was, rd_gray_was;
    reg        begun = 1'b0;
    (* gclk *) wire moment;
    always @(posedge moment) begin
        begun       <= 1'b1;
        wr_gray_was <= wr_gray_q;
        rd_gray_was <= rd_gray_q;
        if (!begun) begin // after a reset
            assume (wr_q == 0 && rd_q == 0 && wr_gray_q == 0 && rd_gray_q == 0);
            assume (rd_meta_q == 0 && rd_sync_q == 0 && wr_meta_q == 0 && wr_sync_q == 0);
        end
        assume (in_rst_n && out_rst_n);
        assert (wr_gray_q == (wr_q ^ (wr_q >> 1)) && rd_gray_q == (rd_q ^ (rd_q >> 1)));
        assert (fill <= FULL);
        // Each side's view is old, never from the future: distances along the way of each pointer, as wide numbers.
        assert (rd_new + rd_old + wide(fill) <= wide(FULL));
        assert (wr_seen + wr_old + wr_new == wide(fill));
        if (begun) begin
            assert (((wr_gray_q ^ wr_gray_was) & ((wr_gray_q ^ wr_gray_was) - 1'b1)) == 0);
            assert (((rd_gray_q ^ rd_gray_was) & ((rd_gray_q ^ rd_gray_was) - 1'b1)) == 0);
        end
    end

    // One chosen entry: what went in at a chosen pointer comes out at that pointer.
    (* anyconst *) wire [PW:0] chosen;
    reg [WIDTH-1:0] what;
    always @(posedge in_clk) if (push && wr_q == chosen) what <= in_data;
    wire inside = chosen - rd_q < fill;
    always @(posedge moment) if (inside) assert (mem[chosen[PW-1:0]] == what);
    always @(posedge moment) if (out_valid && rd_q == chosen) assert (inside && out_data == what);
`endif
endmodule
`default_nettype wire
