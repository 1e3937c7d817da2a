// Local memory of npu_lite: words of 32 bits are written, lines of N bytes read, data in the cycle after.
//
// An address space of 2^LOCAL_BITS bytes: the scratchpad is its end; below it CODE_BYTES of microcode and its data, which repeat there.
// STYLE 0: left to the tool, INIT (words in hex, for the microcode) read at the start if not empty. STYLE 3: N = 4 and 64 KiB, the two SPRAMs of
// npu_lite_ram.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_lite_local #(
    parameter N          = 4,
    parameter LOCAL_BITS = 16,
    parameter SP_WORDS   = 4096,
    parameter CODE_BYTES = 49152,
    parameter STYLE      = 0,
    parameter INIT       = ""
) (
    input  wire                  clk,
    input  wire                  we,
    input  wire [LOCAL_BITS-1:2] addr,
    input  wire [3:0]            be,
    input  wire [31:0]           wdata,
    output wire [31:0]           code_rdata, // of the microcode, earlier in the cycle than in rdata
    output wire [8*N-1:0]        rdata
);
    localparam SP_BITS = $clog2(SP_WORDS), LOG_N = $clog2(N), CODE_BITS = $clog2(CODE_BYTES / 4);
    generate
        if (STYLE == 3) begin : gen_ice40
            npu_lite_ram #(.STYLE(3)) u_ram (.clk(clk), .re(1'b1), .we(we), .addr(addr), .be(be), .wdata(wdata), .rdata(rdata));
            assign code_rdata = rdata;
        end else begin : gen_split
            wire                at_sp   = &addr[LOCAL_BITS-1:SP_BITS+LOG_N];
            wire [SP_BITS-1:0]  line    = addr[SP_BITS+LOG_N-1:LOG_N];
            wire [N/4-1:0]      piece;  // which 32 bits of a line
            reg  [31:0]         code [0:CODE_BYTES/4-1];
            reg  [8*N-1:0]      sp [0:SP_WORDS-1];
            reg  [31:0]         code_q;
            reg  [8*N-1:0]      sp_q;
            reg                 at_sp_q;
            if (N == 4) begin : gen_piece
                assign piece = 1'b1;
            end else begin : gen_piece
                assign piece = {{N/4-1{1'b0}}, 1'b1} << addr[LOG_N-1:2];
            end
            if (INIT != "") begin : gen_init
                initial $readmemh(INIT, code);
            end
            integer b;
            always @(posedge clk) begin
                if (we && !at_sp) begin
                    for (b = 0; b < 4; b = b + 1) if (be[b]) code[addr[CODE_BITS+1:2]][8*b+:8] <= wdata[8*b+:8];
                end
                if (we && at_sp) begin
                    for (b = 0; b < N; b = b + 1) if (be[b%4] && piece[b/4]) sp[line][8*b+:8] <= wdata[8*(b%4)+:8];
                end
                if (!we) begin
                    code_q <= code[addr[CODE_BITS+1:2]];
                    sp_q   <= sp[line];
                end
                at_sp_q <= at_sp;
            end
            assign code_rdata = code_q;
            assign rdata = at_sp_q ? sp_q : {N/4{code_q}};
        end
    endgenerate
endmodule
`default_nettype wire
