// Trace: a record of every command (spec/npu.toml, docs/isa.md) in a ring of RECORDS records, read through two registers.
//
// RECORDS: a power of two, 16 or more; 0: no trace, status and data read as 0. Watching costs no cycle: nothing here holds anything up.
// start: pulse of a new run; forgets what is there. `now` is then 2, so that times count from the cycle in which START was written.
// status: records waiting [15:0], records that found the ring full [31:16] (stops at 65535). data: the next word of the oldest
// record, 0 when there is none; `read` (a pulse, at most every second cycle, not in the first one that shows a record) moves on. Records come in about the order of their ends,
// those of one unit in exactly that. A ring that is emptied during the run loses nothing.
// Counterpart: none; the C model has no clock and counts every record as dropped.
// SPDX-License-Identifier: Apache-2.0
`include "npu_spec.vh"
`default_nettype none
module npu_trace #(
    parameter RECORDS = 512
) (
    input  wire        clk,
    input  wire        start,
    // queues and tokens: 4 bits a unit
    input  wire [3:0]  q_valid,
    input  wire [3:0]  q_pop,
    input  wire [15:0] q_wait,        // wait_from of the command at the head
    input  wire        q_early,       // of a CONV at the head
    input  wire [15:0] avail,
    // array: a command out of the queue waits for tokens; the array for weights, for an operand
    input  wire        stuck,
    input  wire        stall_weights,
    input  wire        stall_bank,
    // units
    input  wire [3:0]  ev_start,
    input  wire [3:0]  ev_done,
    input  wire [63:0] ev_done_index,
    // registers
    output wire [31:0] status,
    output wire [31:0] data,
    input  wire        read
);
    generate
        if (RECORDS == 0) begin : gen_none
            assign status = 32'd0;
            assign data   = 32'd0;
            wire unused = &{1'b0, clk, start, q_valid, q_pop, q_wait, q_early, avail, stuck, stall_weights, stall_bank, ev_start,
                            ev_done, ev_done_index, read};
        end else begin : gen_trace
            localparam AW = $clog2(RECORDS);
            localparam integer STORED_I = 146;

            reg [31:0] now_q;
            always @(posedge clk) now_q <= start ? 32'd2 : now_q + 32'd1;

            // ------------------------------------------------------------------------------------ one record at a time
            // Waits: tokens of the unit with that number; of the array: load tokens, weights, tokens of vector or store, banks.
            wire [15:0] missing = {{4{q_valid[3]}}, {4{q_valid[2]}}, {4{q_valid[1]}}, {4{q_valid[0]}}} & q_wait & ~avail;
            wire [3:0]  between, lost, valid, take;
            wire        post = stuck || (q_early && between[1] && |missing[7:6]);
            wire [15:0] waiting = {missing[15:8], stall_bank, post, stall_weights, missing[4], missing[3:0]};
            wire [4*144-1:0] found;      // waits, end, start, index
            genvar u;
            for (u = 0; u < 4; u = u + 1) begin : gen_unit
                localparam [7:0] WHEN = u == `NPU_UNIT_ARRAY ? 8'b11_10_11_01 : 8'b01_01_01_01 & ~(8'b11 << (2 * u));
                npu_trace_unit #(.WHEN(WHEN)) u_unit (
                    .clk(clk), .clear(start), .now(now_q), .pop(q_pop[u]), .start(ev_start[u]), .done(ev_done[u]),
                    .done_index(ev_done_index[16*u+:16]), .waiting(waiting[4*u+:4]), .between(between[u]), .lost(lost[u]),
                    .valid(valid[u]), .take(take[u]), .index(found[144*u+:16]), .started(found[144*u+16+:32]),
                    .ended(found[144*u+48+:32]), .waits(found[144*u+80+:64]));
            end
            // The units take turns: no choice to make in front of a wide multiplexer.
            reg  [1:0]   unit_q;
            always @(posedge clk) unit_q <= start ? 2'd0 : unit_q + 2'd1;
            wire [143:0] one = unit_q[1] ? (unit_q[0] ? found[575:432] : found[431:288]) : (unit_q[0] ? found[287:144] : found[143:0]);
            assign take = valid & (4'b0001 << unit_q);

            // ------------------------------------------------------------------------------------ ring
            reg  [AW:0] wr_q, rd_q;
            reg         dead_q;          // a unit's record was overwritten: keep no more
            reg  [15:0] dropped_q;
            reg  [2:0]  word_q;
            wire [AW:0] kept = wr_q - rd_q;
            wire        keep = |take && !kept[AW] && !dead_q;
            wire        some = kept != {(AW + 1) {1'b0}};
            wire        last = word_q == `NPU_TRACE_WORDS - 3'd1;
            always @(posedge clk) begin
                if (start) begin
                    wr_q      <= {(AW + 1) {1'b0}};
                    rd_q      <= {(AW + 1) {1'b0}};
                    dead_q    <= 1'b0;
                    dropped_q <= 16'd0;
                    word_q    <= 3'd0;
                end else begin
                    wr_q <= wr_q + {{AW{1'b0}}, keep};
                    if (|lost) dead_q <= 1'b1;
                    if (|take && !keep && !(&dropped_q)) dropped_q <= dropped_q + 16'd1;
                    if (read && some) word_q <= last ? 3'd0 : word_q + 3'd1;
                    if (read && some && last) rd_q <= rd_q + 1'b1;
                end
            end

            // Read over and over, so a place read in the cycle in which it is written is read again before anybody looks.
            (* no_rw_check *)
            reg  [STORED_I-1:0] mem[0:RECORDS-1];
            reg  [STORED_I-1:0] oldest_q;
            always @(posedge clk) begin
                oldest_q <= mem[rd_q[AW-1:0]];
                if (keep) mem[wr_q[AW-1:0]] <= {unit_q, one};
            end
            wire [32*`NPU_TRACE_WORDS-1:0] record;
            assign record[`NPU_T_INDEX]  = oldest_q[15:0];
            assign record[`NPU_T_UNIT]   = oldest_q[145:144];
            assign record[31:18]         = 14'd0;
            assign record[`NPU_T_START]  = oldest_q[47:16];
            assign record[`NPU_T_END]    = oldest_q[79:48];
            assign record[`NPU_T_WAIT0]  = oldest_q[95:80];
            assign record[`NPU_T_WAIT1]  = oldest_q[111:96];
            assign record[`NPU_T_WAIT2]  = oldest_q[127:112];
            assign record[`NPU_T_WAIT3]  = oldest_q[143:128];
            wire [16:0] waiting_records = {{(16 - AW) {1'b0}}, kept};
            assign status = {dropped_q, waiting_records[15:0]};
            // Spelled out: an indexed part of a vector would become a shifter.
            assign data   = !some ? 32'd0 : word_q == 3'd0 ? record[31:0] : word_q == 3'd1 ? record[63:32] :
                            word_q == 3'd2 ? record[95:64] : word_q == 3'd3 ? record[127:96] : record[159:128];
            wire unused = &{1'b0, between[3:2], between[0], missing[5], waiting_records[16]};
        end
    endgenerate
endmodule
`default_nettype wire
