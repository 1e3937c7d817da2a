// 64 KiB of single-port memory, 32 bits wide, bytes written apart; data in the cycle after, kept while re is low.
//
// STYLE 0: left to the tool, INIT (words in hex) read at the start if not empty. STYLE 3: two SB_SPRAM256KA of the iCE40 UP5K.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_lite_ram #(
    parameter STYLE = 0,
    parameter INIT  = ""
) (
    input  wire        clk,
    input  wire        re,
    input  wire        we,
    input  wire [13:0] addr,
    input  wire [3:0]  be,
    input  wire [31:0] wdata,
    output wire [31:0] rdata
);
    genvar i;
    generate
        if (STYLE == 3) begin : gen_ice40
            for (i = 0; i < 2; i = i + 1) begin : gen_half
                SB_SPRAM256KA u_ram (
                    .ADDRESS(addr), .DATAIN(wdata[16*i+:16]), .MASKWREN({{2{be[2*i+1]}}, {2{be[2*i]}}}), .WREN(we),
                    .CHIPSELECT(re || we), .CLOCK(clk), .STANDBY(1'b0), .SLEEP(1'b0), .POWEROFF(1'b1), .DATAOUT(rdata[16*i+:16]));
            end
        end else begin : gen_generic
            reg [31:0] mem [0:16383];
            reg [31:0] rdata_q;
            if (INIT != "") begin : gen_init
                initial $readmemh(INIT, mem);
            end
            integer b;
            always @(posedge clk) begin
                if (we) begin
                    for (b = 0; b < 4; b = b + 1) if (be[b]) mem[addr][8*b+:8] <= wdata[8*b+:8];
                end else if (re) rdata_q <= mem[addr];
            end
            assign rdata = rdata_q;
        end
    endgenerate
endmodule
`default_nettype wire
