// Reader of an SPI NOR flash: 16 MiB of read-only words, as a target of the CPU's data bus; mode 0, one data line.
// A read sends 03h (FAST = 0) or 0Bh with its dummy byte (FAST = 1), a 24-bit address, and takes 32 bits; then it reads the
// next word ahead and stops the clock, so that words in rising order cost 32 SPI clocks each and no command. Any other
// address deselects the flash and begins anew.
// After reset: ABh twice (release from power-down, in which an iCE40 leaves the flash; the first may be lost while a pad that
// was the configuration's wakes up), each followed by WAKE clocks.
// Contract: stb and addr (byte address, multiple of 4) stay until ack, one cycle; rdat is valid with it. Bytes of the flash
// are those of a little-endian word.
// Timing: an SPI clock is 2 * HALF clocks. Outputs change on its falling edge; flash_miso is taken when the next one is
// launched, so clock to output of the flash, pads and wires have a whole SPI clock. Deselected for DESELECT clocks at least.
// Test counterpart: testbench/soc/spi_flash.h.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module soc_flash #(
    parameter int HALF = 1,         // clocks of half an SPI clock, 1..16
    parameter int FAST = 1,         // 1: 0Bh, at any SPI clock of the part; 0: 03h, which parts allow up to about 50 MHz
    parameter int DESELECT = 8,     // 100 ns at 80 MHz
    parameter int WAKE = 4095       // 51 us at 80 MHz; parts want 3 to 35 us
) (
    input  wire        clk,
    input  wire        rst_n,
    input  wire        stb,
    input  wire [23:0] addr,
    output reg         ack,
    output reg  [31:0] rdat,
    output reg         flash_cs_n,
    output reg         flash_clk,
    output wire        flash_mosi,
    input  wire        flash_miso
);
    localparam [2:0] REST = 3'd0, WAKING = 3'd1, SEND = 3'd2, READ = 3'd3, HELD = 3'd4;

    reg [2:0]  state_q;
    reg [1:0]  wakes_q;     // release commands still to send
    reg [11:0] rest_q;      // clocks still to stay deselected
    reg [3:0]  half_q;
    reg [5:0]  bits_q;      // of this command or word, still to come
    reg [39:0] out_q;       // command, address, dummy byte
    reg [31:0] in_q;
    reg [23:2] at_q;        // address of the word that is read or held

    wire moves = state_q == WAKING || state_q == SEND || state_q == READ;
    wire edge_ = moves && half_q == 4'd0;
    wire falls = edge_ && flash_clk;
    wire last  = falls && bits_q == 6'd1;
    reg  stb_q, same_q;     // the request and its address, compared, a clock later: they come from far
    wire asked = stb_q && !ack;
    assign flash_mosi = out_q[39];

    always_ff @(posedge clk) begin
        stb_q  <= rst_n && stb && !ack;
        same_q <= addr[23:2] == at_q;
        ack <= 1'b0;
        if (!rst_n) begin
            state_q    <= REST;
            wakes_q    <= 2'd2;
            rest_q     <= 12'(DESELECT);
            half_q     <= 4'(HALF - 1);
            bits_q     <= 6'd0;
            out_q      <= 40'd0;
            in_q       <= 32'd0;
            at_q       <= 22'd0;
            rdat       <= 32'd0;
            flash_cs_n <= 1'b1;
            flash_clk  <= 1'b0;
        end else begin
            half_q <= !moves || edge_ ? 4'(HALF - 1) : half_q - 4'd1;
            if (edge_) flash_clk <= !flash_clk;
            if (falls) begin
                in_q   <= {in_q[30:0], flash_miso};
                out_q  <= {out_q[38:0], 1'b0};
                bits_q <= bits_q - 6'd1;
            end
            case (state_q)
                REST: begin
                    if (rest_q != 12'd0) rest_q <= rest_q - 12'd1;
                    else if (wakes_q != 2'd0) begin
                        state_q    <= WAKING;
                        wakes_q    <= wakes_q - 2'd1;
                        flash_cs_n <= 1'b0;
                        out_q      <= {8'hab, 32'd0};
                        bits_q     <= 6'd8;
                    end else if (asked) begin
                        state_q    <= SEND;
                        flash_cs_n <= 1'b0;
                        out_q      <= {FAST != 0 ? 8'h0b : 8'h03, addr[23:2], 2'b00, 8'd0};
                        bits_q     <= FAST != 0 ? 6'd40 : 6'd32;
                        at_q       <= addr[23:2];
                    end
                end
                WAKING:
                    if (last) begin
                        state_q    <= REST;
                        flash_cs_n <= 1'b1;
                        rest_q     <= 12'(WAKE);
                    end
                SEND:
                    if (last) begin
                        state_q <= READ;
                        bits_q  <= 6'd32;
                    end
                READ: if (last) state_q <= HELD;
                default:
                    if (asked && same_q) begin
                        ack     <= 1'b1;
                        rdat    <= {in_q[7:0], in_q[15:8], in_q[23:16], in_q[31:24]};
                        state_q <= READ;
                        bits_q  <= 6'd32;
                        at_q    <= at_q + 22'd1;
                    end else if (asked) begin
                        state_q    <= REST;
                        flash_cs_n <= 1'b1;
                        rest_q     <= 12'(DESELECT);
                    end
            endcase
        end
    end

    wire _unused = &{1'b0, addr[1:0]};
endmodule
`default_nettype wire
