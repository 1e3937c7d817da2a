// The runs of a LOAD or STORE: the loops over n2 and n1, the region check and the bus address of each run.
// Contract: `start` (only when start_ready) takes the command's fields; runs leave in order, run_* stay until run_ready.
// region_err rises when the next run is not legal, with its offset, and stays until reset: that run and later ones never
// come out. A run of 0 bytes needs no region. stop: nothing new comes out.
// PERMIT: bit of the region's flags that is asked for (0 read, 1 write).
// Counterpart: the outer loops of LOAD and STORE in cmodel/npu.
// SPDX-License-Identifier: Apache-2.0
`include "npu_spec.vh"
`default_nettype none
module npu_run_walker #(
    parameter PERMIT = 0
) (
    input  wire                     clk,
    input  wire                     rst_n,
    input  wire                     stop,
    input  wire                     start,
    output wire                     start_ready,
    input  wire [`NPU_CMD_BITS-1:0] cmd_data,
    input  wire [15:0]              cmd_index,
    input  wire [4*32-1:0]          reg_base,
    input  wire [4*32-1:0]          reg_size,
    input  wire [4*2-1:0]           reg_flags,
    // Runs
    output reg                      run_valid,
    input  wire                     run_ready,
    output reg  [31:0]              run_addr,   // bus address of the first byte
    output reg  [29:0]              run_beats,  // 8-byte beats that hold it; 0: no memory access
    output reg  [15:0]              run_word,   // first scratchpad word
    output reg                      run_last,   // last one of its command
    output reg  [15:0]              run_index,  // of the command
    output reg                      region_err,
    output reg  [31:0]              region_offset
);
    // LOAD and STORE keep the loop's fields in the same places.
    wire [1:0]  region    = cmd_data[`NPU_F_LOAD_REGION];
    wire [31:0] run_bytes = cmd_data[`NPU_F_LOAD_RUN_BYTES];
    wire [15:0] n1        = cmd_data[`NPU_F_LOAD_N1];
    wire [15:0] n2        = cmd_data[`NPU_F_LOAD_N2];
    wire [31:0] offset    = cmd_data[`NPU_F_LOAD_OFFSET];
    wire [15:0] sp_addr   = cmd_data[`NPU_F_LOAD_SP_ADDR];
    wire unused_ok = &{1'b0, cmd_data, reg_flags};

    // A run at `off` is legal when off <= size - run_bytes and that difference exists.
    wire [32:0] spare = {1'b0, reg_size[32*region +: 32]} - {1'b0, run_bytes};

    reg         active_q, allowed_q, fill_q;
    reg  [31:0] limit_q, base_q, bytes_q, stride1_q, stride2_q, off_q, row_off_q;
    reg  [15:0] left1_q, left2_q, n1_q, sp_n1_q, sp_n2_q, word_q, row_word_q, index_q;

    wire        legal = fill_q || (allowed_q && off_q <= limit_q);
    wire        last1 = left1_q == 16'd0;
    wire        last  = last1 && left2_q == 16'd0;
    wire        free  = !run_valid || run_ready;
    wire        step  = active_q && free && legal && !stop;
    wire [31:0] addr  = base_q + off_q;
    wire [32:0] ceil  = {1'b0, bytes_q} + {30'd0, addr[2:0]} + 33'd7;
    wire [31:0] next_row_off  = row_off_q + stride2_q;
    wire [15:0] next_row_word = row_word_q + sp_n2_q;
    wire unused_ceil = &{1'b0, ceil[2:0]};

    assign start_ready = !active_q;

    always_ff @(posedge clk) begin
        if (step) begin
            run_addr  <= addr;
            run_beats <= fill_q ? 30'd0 : ceil[32:3];
            run_word  <= word_q;
            run_last  <= last;
            run_index <= index_q;
        end
        if (start) begin
            limit_q    <= spare[31:0];
            allowed_q  <= !spare[32] && reg_flags[2*region + PERMIT];
            fill_q     <= run_bytes == 32'd0;
            base_q     <= reg_base[32*region +: 32];
            bytes_q    <= run_bytes;
            stride1_q  <= cmd_data[`NPU_F_LOAD_STRIDE1];
            stride2_q  <= cmd_data[`NPU_F_LOAD_STRIDE2];
            sp_n1_q    <= cmd_data[`NPU_F_LOAD_SP_N1];
            sp_n2_q    <= cmd_data[`NPU_F_LOAD_SP_N2];
            n1_q       <= n1;
            left1_q    <= n1 - 16'd1;
            left2_q    <= n2 - 16'd1;
            off_q      <= offset;
            row_off_q  <= offset;
            word_q     <= sp_addr;
            row_word_q <= sp_addr;
            index_q    <= cmd_index;
        end else if (step && !last1) begin
            left1_q <= left1_q - 16'd1;
            off_q   <= off_q + stride1_q;
            word_q  <= word_q + sp_n1_q;
        end else if (step) begin
            left1_q    <= n1_q - 16'd1;
            left2_q    <= left2_q - 16'd1;
            off_q      <= next_row_off;
            row_off_q  <= next_row_off;
            word_q     <= next_row_word;
            row_word_q <= next_row_word;
        end
        if (!rst_n) begin
            active_q   <= 1'b0;
            run_valid  <= 1'b0;
            region_err <= 1'b0;
        end else begin
            active_q <= start || (active_q && !(step && last));
            if (free) run_valid <= step;
            if (active_q && !legal && !run_valid) begin
                region_err    <= 1'b1;
                region_offset <= off_q;
            end
        end
    end
endmodule
`default_nettype wire
