// Scratchpad: SP_WORDS words of N bytes in SP_BANKS banks, seven read clients and two write clients.
// Read contract: rd_gnt answers rd_req in the same cycle; exactly two cycles after a granted cycle (bank register, then the
// registered multiplexer) rd_data of that client is the word. A request not granted may be held, changed or dropped.
// Write contract: wr_gnt answers wr_req in the same cycle; a write granted in cycle t is seen by reads granted from t+1.
// Addresses are taken modulo SP_WORDS; bank = address modulo SP_BANKS. Each bank serves one read and one write a cycle, the
// lower client index first. Read clients: 0,1,2 array lines, 3 weights, 4 vector A, 5 vector B, 6 store.
// Write clients: 0 vector, 1 load. Counterpart: the scratchpad of cmodel/npu. Content survives reset.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_scratchpad #(
    parameter N        = 16,
    parameter SP_WORDS = 8192,
    parameter SP_BANKS = 8
) (
    input  wire             clk,
    input  wire             rst_n,
    input  wire [6:0]       rd_req,
    input  wire [7*16-1:0]  rd_addr,
    output wire [6:0]       rd_gnt,
    output wire [7*8*N-1:0] rd_data,
    input  wire [1:0]       wr_req,
    input  wire [2*16-1:0]  wr_addr,
    input  wire [2*8*N-1:0] wr_data,
    input  wire [2*N-1:0]   wr_be,
    output wire [1:0]       wr_gnt
);
    localparam READERS    = 7;
    localparam BANK_WORDS = SP_WORDS / SP_BANKS;
    localparam BW         = $clog2(SP_BANKS);  // bank number
    localparam AW         = $clog2(BANK_WORDS);  // word within a bank

    wire unused_ok = &{1'b0, rd_addr, wr_addr};  // address bits above SP_WORDS

    // A request is granted when no client of lower index asks for the same bank.
    genvar b, c, j;
    generate
        for (c = 0; c < READERS; c = c + 1) begin : gen_rd_grant
            wire [READERS-1:0] beaten;
            for (j = 0; j < READERS; j = j + 1) begin : gen_pair
                if (j < c) begin : gen_before
                    assign beaten[j] = rd_req[j] && rd_addr[16*j +: BW] == rd_addr[16*c +: BW];
                end else begin : gen_after
                    assign beaten[j] = 1'b0;
                end
            end
            assign rd_gnt[c] = rd_req[c] && beaten == 0;
        end
    endgenerate
    assign wr_gnt[0] = wr_req[0];
    assign wr_gnt[1] = wr_req[1] && !(wr_req[0] && wr_addr[0 +: BW] == wr_addr[16 +: BW]);

    // Address of the lowest client in `want`; that of the last one when there is none.
    function [15:0] first_address(input [READERS-1:0] want, input [READERS*16-1:0] addresses);
        integer i;
        begin
            first_address = addresses[16*(READERS-1) +: 16];
            for (i = READERS - 2; i >= 0; i = i - 1) if (want[i]) first_address = addresses[16*i +: 16];
        end
    endfunction

    wire [SP_BANKS*8*N-1:0] bank_data;
    generate
        for (b = 0; b < SP_BANKS; b = b + 1) begin : gen_bank
            wire [READERS-1:0] rd_here;
            for (c = 0; c < READERS; c = c + 1) begin : gen_hit
                assign rd_here[c] = rd_req[c] && rd_addr[16*c +: BW] == b;
            end
            wire [15:0] row = first_address(rd_here, rd_addr);
            wire unused_row = &{1'b0, row};
            wire wr0 = wr_req[0] && wr_addr[0 +: BW] == b;
            wire wr1 = wr_req[1] && wr_addr[16 +: BW] == b;
            npu_sp_bank #(.N(N), .WORDS(BANK_WORDS)) u_bank (
                .clk(clk),
                .rd_en(rd_here != 0),
                .rd_addr(row[BW +: AW]),
                .rd_data(bank_data[8*N*b +: 8*N]),
                .wr_en(wr0 || wr1),
                .wr_addr(wr0 ? wr_addr[BW +: AW] : wr_addr[16 + BW +: AW]),
                .wr_data(wr0 ? wr_data[0 +: 8*N] : wr_data[8*N +: 8*N]),
                .wr_be(wr0 ? wr_be[0 +: N] : wr_be[N +: N])
            );
        end
        for (c = 0; c < READERS; c = c + 1) begin : gen_reader
            reg           pending_q;
            reg [BW-1:0]  bank_q;
            reg [8*N-1:0] data_q;
            always_ff @(posedge clk) begin
                pending_q <= rst_n && rd_gnt[c];
                if (rd_gnt[c]) bank_q <= rd_addr[16*c +: BW];
                if (pending_q) data_q <= bank_data[8*N*bank_q +: 8*N];
            end
            assign rd_data[8*N*c +: 8*N] = data_q;
        end
    endgenerate
endmodule
`default_nettype wire
