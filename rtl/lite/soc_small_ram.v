// Memory of soc_small as block RAM or SPRAM of 64 KiB, and its boot memory: one access a cycle, the NPU first, then data, then instructions.
//
// n_*: the NPU, d_*: the CPU's data, i_*: its instructions (word addresses; the highest bit of the CPU's: boot memory). A request stays until
// its *_go; what was read stands in rdata, or n_rdata, in the cycle after.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module soc_small_ram #(
    parameter RAM_STYLE = 0,     // npu_lite_ram
    parameter BOOT_INIT = ""     // words in hex
) (
    input  wire        clk,
    input  wire        n_ask,
    input  wire        n_we,
    input  wire [13:0] n_addr,
    input  wire [3:0]  n_be,
    input  wire [31:0] n_wdata,
    output wire        n_go,
    output wire [31:0] n_rdata,
    input  wire        d_ask,
    input  wire        d_we,
    input  wire [29:0] d_addr,
    input  wire [3:0]  d_be,
    input  wire [31:0] d_wdata,
    output wire        d_go,
    input  wire        i_ask,
    input  wire [29:0] i_addr,
    output wire        i_go,
    output wire [31:0] rdata
);
    assign n_go = n_ask;
    assign d_go = d_ask && !n_ask;
    assign i_go = i_ask && !n_ask && !d_ask;
    wire [13:0] m_addr = n_ask ? n_addr : d_ask ? d_addr[13:0] : i_addr[13:0];
    wire        m_boot = !n_ask && (d_ask ? d_addr[29] : i_addr[29]);
    reg  [31:0] boot [0:255];
    reg  [31:0] boot_q;
    reg         boot_read_q;
    initial if (BOOT_INIT != "") $readmemh(BOOT_INIT, boot);
    npu_lite_ram #(.STYLE(RAM_STYLE)) u_ram (
        .clk(clk), .re(1'b1), .we(n_ask ? n_we : d_ask && d_we && !d_addr[29]), .addr(m_addr), .be(n_ask ? n_be : d_be),
        .wdata(n_ask ? n_wdata : d_wdata), .rdata(n_rdata));
    always @(posedge clk) begin
        boot_q      <= boot[m_addr[7:0]];
        boot_read_q <= m_boot;
    end
    assign rdata = boot_read_q ? boot_q : n_rdata;
    wire unused = &{1'b0, d_addr[28:14], i_addr[28:14]};
endmodule
`default_nettype wire
