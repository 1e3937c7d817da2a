// Splits runs into AXI bursts: at most 16 beats of 8 bytes, never across 4 KiB.
// Contract: a run is taken when run_valid & run_ready (run_beats >= 1); its bursts leave in order, one a cycle at best,
// with one cycle between runs.
// burst_* stay until burst_ready once burst_valid is high, also after `stop`; stop only prevents new ones.
// A burst is started only while `credit` is high. started: pulse, with the next values of burst_*.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_burst (
    input  wire        clk,
    input  wire        rst_n,
    input  wire        stop,
    input  wire        run_valid,
    output wire        run_ready,
    input  wire [28:0] run_beat_addr,  // bus address / 8
    input  wire [29:0] run_beats,
    input  wire        run_last,       // last run of its command
    input  wire [15:0] run_index,
    input  wire        credit,
    output wire        started,
    output wire [28:0] started_addr,
    output wire [3:0]  started_len,    // beats - 1
    output wire        started_last,   // last burst of its command
    output wire [15:0] started_index,
    output reg         burst_valid,
    input  wire        burst_ready,
    output wire [31:0] burst_addr,
    output wire [7:0]  burst_len,      // beats - 1
    output wire        idle            // no run held and no burst waiting for burst_ready
);
    reg        held_q, last_q;
    reg [28:0] addr_q, burst_addr_q;
    reg [29:0] left_q;
    reg [15:0] index_q;
    reg [3:0]  burst_len_q;

    // The last 16 beats of a 4 KiB page are addr[8:4] = 31; there a burst ends with the page.
    wire       near_end = addr_q[8:4] == 5'h1f;
    wire [4:0] most     = near_end ? 5'd16 - {1'b0, addr_q[3:0]} : 5'd16;
    wire       final_burst = left_q[29:5] == 25'd0 && left_q[4:0] <= most;
    wire [3:0] len      = final_burst ? left_q[3:0] - 4'd1 : near_end ? ~addr_q[3:0] : 4'd15;

    assign started       = held_q && credit && (!burst_valid || burst_ready) && !stop;
    assign started_addr  = addr_q;
    assign started_len   = len;
    assign started_last  = final_burst && last_q;
    assign started_index = index_q;
    assign run_ready     = !held_q;  // not in the cycle of its final burst: that would chain ready through the whole unit
    assign burst_addr    = {burst_addr_q, 3'b000};
    assign burst_len     = {4'd0, burst_len_q};
    assign idle          = !held_q && !burst_valid;

    always_ff @(posedge clk) begin
        if (started) begin
            burst_addr_q <= addr_q;
            burst_len_q  <= len;
        end
        if (run_valid && run_ready) begin
            addr_q  <= run_beat_addr;
            left_q  <= run_beats;
            last_q  <= run_last;
            index_q <= run_index;
        end else if (started) begin
            addr_q <= addr_q + {24'd0, most};  // of no interest after the final burst
            left_q <= left_q - {25'd0, most};
        end
        if (!rst_n) begin
            held_q      <= 1'b0;
            burst_valid <= 1'b0;
        end else begin
            held_q <= held_q ? !(started && final_burst) : run_valid;
            if (!burst_valid || burst_ready) burst_valid <= started;
        end
    end
endmodule
`default_nettype wire
