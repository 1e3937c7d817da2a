// Test side of a Wishbone register port: AXI4-Lite accesses, one at a time, as a Wishbone master with random pauses between them.
// PIPELINED = 1: stb until not stalled; 0: until the answer. An err is answered SLVERR. SPDX-License-Identifier: Apache-2.0
`default_nettype none
module wb_host #(
    parameter PIPELINED = 1
) (
    input  wire        clk,
    input  wire        rst_n,
    input  wire        s_axil_awvalid,
    output wire        s_axil_awready,
    input  wire [11:0] s_axil_awaddr,
    input  wire        s_axil_wvalid,
    output wire        s_axil_wready,
    input  wire [31:0] s_axil_wdata,
    input  wire [3:0]  s_axil_wstrb,
    output wire        s_axil_bvalid,
    input  wire        s_axil_bready,
    output wire [1:0]  s_axil_bresp,
    input  wire        s_axil_arvalid,
    output wire        s_axil_arready,
    input  wire [11:0] s_axil_araddr,
    output wire        s_axil_rvalid,
    input  wire        s_axil_rready,
    output wire [31:0] s_axil_rdata,
    output wire [1:0]  s_axil_rresp,
    output reg         cyc,
    output reg         stb,
    output reg         we,
    output wire [11:0] adr,
    output wire [3:0]  sel,
    output wire [31:0] dat_w,
    input  wire [31:0] dat_r,
    input  wire        ack,
    input  wire        err,
    input  wire        stall
);
    reg  [2:0]  wait_q;
    reg  [1:0]  told_q;                              // response waits: write, read
    reg  [31:0] rdata_q;
    reg         bad_q;
    reg  [7:0]  dice_q;
    wire        want_w = s_axil_awvalid && s_axil_wvalid, want_r = s_axil_arvalid;
    wire        answered = cyc && (ack || err);
    assign adr   = we ? s_axil_awaddr : s_axil_araddr;
    assign sel   = we ? s_axil_wstrb : 4'hf;
    assign dat_w = s_axil_wdata;
    assign s_axil_awready = answered && we;
    assign s_axil_wready  = answered && we;
    assign s_axil_arready = answered && !we;
    assign {s_axil_bvalid, s_axil_rvalid} = told_q;
    assign s_axil_rdata = rdata_q;
    assign s_axil_bresp = {bad_q, 1'b0};
    assign s_axil_rresp = {bad_q, 1'b0};
    always @(posedge clk) begin
        dice_q <= !rst_n ? 8'h5a : {dice_q[6:0], dice_q[7] ^ dice_q[5] ^ dice_q[4] ^ dice_q[3]};
        if (!rst_n) begin
            cyc    <= 1'b0;
            stb    <= 1'b0;
            we     <= 1'b0;
            bad_q  <= 1'b0;
            told_q <= 2'b00;
            wait_q <= 3'd0;
        end else begin
            if (wait_q != 3'd0) wait_q <= wait_q - 3'd1;
            else if (!cyc && told_q == 2'b00 && (want_w || want_r)) begin
                cyc <= 1'b1;
                stb <= 1'b1;
                we  <= want_w;
            end
            if (PIPELINED != 0 && stb && !stall) stb <= 1'b0;
            if (answered) begin
                cyc     <= 1'b0;
                stb     <= 1'b0;
                told_q  <= we ? 2'b10 : 2'b01;
                rdata_q <= dat_r;
                bad_q   <= err;
                wait_q  <= dice_q[2:0];
            end
            if ((told_q[1] && s_axil_bready) || (told_q[0] && s_axil_rready)) told_q <= 2'b00;
            if (ack && err) begin
                $display("FAIL wishbone rule: ack and err");
                $finish(0);
            end
        end
    end
endmodule
`default_nettype wire
