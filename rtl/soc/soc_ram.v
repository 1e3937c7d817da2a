// On-chip RAM with two Wishbone ports: instructions (read only, bursts) and data (byte writes).
// Timing: read data and ack one cycle after the request; an incrementing burst (CTI = 2) then delivers one word a
// cycle. Both ports work in the same cycle; what a fetch of a word being written in that cycle returns is not said: block
// RAM with two ports holds the memory once only where nothing is asked of it then.
// Contents come from INIT_FILE ($readmemh, 32-bit words) where given. WORDS is a power of two.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module soc_ram #(
    parameter int WORDS = 32768,
    parameter     INIT_FILE = ""
) (
    input  wire        clk,
    input  wire        rst_n,
    // Instruction port. Wishbone classic with registered feedback.
    input  wire        i_stb,
    input  wire [29:0] i_adr,
    input  wire [2:0]  i_cti,
    output wire        i_ack,
    output wire [31:0] i_dat,
    // Data port. Wishbone classic; sel marks bytes of writes.
    input  wire        d_stb,
    input  wire        d_we,
    input  wire [29:0] d_adr,
    input  wire [3:0]  d_sel,
    input  wire [31:0] d_wdat,
    output wire        d_ack,
    output wire [31:0] d_dat
);
    localparam int AW = $clog2(WORDS);

    (* ram_style = "block", no_rw_check *) reg [31:0] mem [0:WORDS-1];

    generate
        if (INIT_FILE != "") begin : gen_init
            initial $readmemh(INIT_FILE, mem);
        end
    endgenerate

    // The next word of a burst is looked up while the present one is acknowledged.
    reg         i_ack_q;
    reg  [31:0] i_dat_q;
    wire        i_next = i_ack_q && i_cti == 3'd2;
    wire [AW-1:0] i_word = i_adr[AW-1:0] + {{(AW-1){1'b0}}, i_next};
    always_ff @(posedge clk) i_dat_q <= mem[i_word];
    always_ff @(posedge clk) i_ack_q <= rst_n && i_stb && (!i_ack_q || i_next);
    assign i_ack = i_ack_q;
    assign i_dat = i_dat_q;

    reg         d_ack_q;
    reg  [31:0] d_dat_q;
    wire        d_write = d_stb && d_we && !d_ack_q;
    wire [AW-1:0] d_word = d_adr[AW-1:0];
    always_ff @(posedge clk) begin
        if (d_write && d_sel[0]) mem[d_word][7:0]   <= d_wdat[7:0];
        if (d_write && d_sel[1]) mem[d_word][15:8]  <= d_wdat[15:8];
        if (d_write && d_sel[2]) mem[d_word][23:16] <= d_wdat[23:16];
        if (d_write && d_sel[3]) mem[d_word][31:24] <= d_wdat[31:24];
        if (!d_write) d_dat_q <= mem[d_word];
    end
    always_ff @(posedge clk) d_ack_q <= rst_n && d_stb && !d_ack_q;
    assign d_ack = d_ack_q;
    assign d_dat = d_dat_q;

    wire _unused = &{1'b0, i_adr[29:AW], d_adr[29:AW]};
endmodule
`default_nettype wire
