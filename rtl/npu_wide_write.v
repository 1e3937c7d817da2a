// Words out of the wide rows' pipeline: groups of LANES elements become wide words, or words of bytes, and between them go the rows' scale records.
// Contract: `start` begins a command, with `cmd` one cycle later and until its end. `put` (only when `ready`) is a group; group_last: of its row and pass;
// group_mask: its lanes that are elements. While a word waits (`full`) for its grant `ready` is low and everything stands still. A record {max, e, m} goes when no word has
// been begun; record_pop: its last word was granted. row_written, a pulse: so was the last of a row's wide words.
// Counterpart: cmodel/npu/model_wide.c, put_row, put_int8, put_scale.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "npu_spec.vh"
module npu_wide_write #(
    parameter N     = 16,
    parameter LANES = 1
) (
    input  wire                clk,
    input  wire                rst_n,
    input  wire                stop,
    input  wire                start,
    input  wire [`NPU_CMD_BITS-1:0] cmd,
    output wire                ready,
    output wire                full,
    input  wire                put,
    input  wire                group_last,
    input  wire                group_int8,
    input  wire [LANES-1:0]    group_mask,
    input  wire [32*LANES-1:0] wides,
    input  wire [8*LANES-1:0]  bytes,
    input  wire                record_valid,
    input  wire [95:0]         record,
    output wire                record_pop,
    output wire                row_written,
    output wire                vw_req,
    output wire [15:0]         vw_addr,
    output wire [8*N-1:0]      vw_data,
    output wire [N-1:0]        vw_be,
    input  wire                vw_gnt
);
    localparam LN = $clog2(N);
    localparam integer WIDE_I = N / 4 / LANES - 1, BYTES_I = N / LANES - 1;
    wire is_drain = cmd[`NPU_F_OPCODE] == `NPU_OP_DRAINW;

    reg  [LN-1:0]  fill_q;       // groups in the word
    reg            full_q, begin_q;
    reg            bytes_q, last_q, record_q;  // the word that waits: bytes, the last of its row, of a record
    reg            second_q;     // N = 8: second word of a record
    reg  [8*N-1:0] word_q;
    reg  [N-1:0]   be_q;
    wire           wrote = vw_req && vw_gnt;
    wire           fills = group_last || fill_q == (group_int8 ? BYTES_I[LN-1:0] : WIDE_I[LN-1:0]);
    wire           half  = N == 8 && !second_q;   // one more word of the record to come
    wire           take  = record_valid && ready && !put && fill_q == {LN{1'b0}} && !(record_q && full_q && !half);
    assign full        = full_q;
    assign ready       = !full_q || wrote;
    assign record_pop  = wrote && record_q && !half;
    assign row_written = wrote && !record_q && !bytes_q && last_q;
    assign vw_req  = full_q && !stop;
    assign vw_data = word_q;
    assign vw_be   = be_q;
    always_ff @(posedge clk) begin
        begin_q <= start;
        if (!rst_n) begin
            full_q   <= 1'b0;
            fill_q   <= {LN{1'b0}};
            second_q <= 1'b0;
            bytes_q  <= 1'b0;
            last_q   <= 1'b0;
            record_q <= 1'b0;
        end else begin
            full_q <= (put && fills) || take || (full_q && !wrote);
            if (put) fill_q <= fills ? {LN{1'b0}} : fill_q + 1'b1;
            if (wrote && record_q) second_q <= half;
            if (put || take) begin
                bytes_q  <= group_int8;
                last_q   <= group_last;
                record_q <= take;
            end
        end
    end
    wire [255:0] record_bits = {160'd0, record};
    wire         upper = N == 8 && (second_q || (full_q && record_q));   // word of the record that is taken
    genvar l;
    generate
        for (l = 0; l < N; l = l + 1) begin : gen_byte
            localparam integer WIDE_AT = (l / 4) / LANES, BYTE_AT = l / LANES;
            wire       mine = put && fill_q == (group_int8 ? BYTE_AT[LN-1:0] : WIDE_AT[LN-1:0]);
            wire       real_byte = group_int8 ? group_mask[l%LANES] : group_mask[(l/4)%LANES];
            wire [7:0] wide_byte = wides[32*((l/4)%LANES)+8*(l%4)+:8];
            always_ff @(posedge clk) begin
                if (!rst_n) word_q[8*l+:8] <= 8'd0;
                else if (take) word_q[8*l+:8] <= upper ? record_bits[64+8*(l%8)+:8] : record_bits[8*l+:8];
                else if (mine) word_q[8*l+:8] <= !group_int8 ? wide_byte : real_byte ? bytes[8*(l%LANES)+:8] : 8'd0;
                if (!rst_n) be_q[l] <= 1'b0;
                else if (take) be_q[l] <= 1'b1;
                else if (mine) be_q[l] <= group_int8 || real_byte;
                else if (put && fill_q == {LN{1'b0}}) be_q[l] <= 1'b0;
            end
        end
    endgenerate

    // ---------------------------------------------------------------- addresses of the next word of each kind
    reg  [15:0] wide_row_q, wide_q, int8_row_q, int8_q, scale_q;
    wire [15:0] wide_base = is_drain ? cmd[`NPU_F_DRAINW_OUT_ADDR] : cmd[`NPU_F_QUANTW_IN_ADDR];                 // as X_ADDR, U_ADDR, S_ADDR
    wire [15:0] wide_next = wide_row_q + (is_drain ? cmd[`NPU_F_DRAINW_OUT_STEP] : cmd[`NPU_F_QUANTW_IN_ROW]);   // as X_ROW, U_ROW, S_ROW
    wire [15:0] int8_next = int8_row_q + cmd[`NPU_F_QUANTW_Q_ROW];                                               // SOFTMAXW has all these here too
    assign vw_addr = record_q ? scale_q + {15'd0, second_q} : bytes_q ? int8_q : wide_q;
    always_ff @(posedge clk)
        if (!rst_n) begin
            wide_row_q <= 16'd0;
            wide_q     <= 16'd0;
            int8_row_q <= 16'd0;
            int8_q     <= 16'd0;
            scale_q    <= 16'd0;
        end else if (begin_q) begin
            wide_row_q <= wide_base;
            wide_q     <= wide_base;
            int8_row_q <= cmd[`NPU_F_QUANTW_Q_ADDR];
            int8_q     <= cmd[`NPU_F_QUANTW_Q_ADDR];
            scale_q    <= cmd[`NPU_F_QUANTW_SCALE_ADDR];
        end else if (wrote) begin
            if (record_pop) scale_q <= scale_q + cmd[`NPU_F_QUANTW_SCALE_ROW];
            if (!record_q && !bytes_q) wide_q <= last_q ? wide_next : wide_q + 16'd1;
            if (row_written) wide_row_q <= wide_next;
            if (!record_q && bytes_q) int8_q <= last_q ? int8_next : int8_q + cmd[`NPU_F_QUANTW_Q_BLK];
            if (!record_q && bytes_q && last_q) int8_row_q <= int8_next;
        end

    wire unused = &{1'b0, cmd, record_bits};
endmodule
`default_nettype wire
