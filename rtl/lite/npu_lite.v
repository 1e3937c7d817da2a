// npu_lite: the NPU for the smallest devices. The same commands, registers and bytes as npu_top, one command after the other.
//
// A small RV32I sequencer executes the command list with a program in local memory (sw/microcode, the microcode); an array of N x N
// with its accumulators, a serial requantiser and a bus port are its devices. START lets the sequencer run from address 0; when it
// writes END it stands still again. Registers are words of one memory, which the sequencer reads and writes too.
//
// h_*: registers at 0 (docs/reference.md, 12-bit byte addresses) and, with h_addr[16], local memory, which answers only while not
// busy (writes are dropped, reads 0): the microcode is written there once, before the first START. h_valid stays until h_ack;
// h_rdata stands with h_ack. bus_*: main memory, one word at a time; valid, address and data stay until ready; bus_rdata and
// bus_err stand in the cycle after. l_*: local memory (npu_lite_local), an address space of 2^LOCAL_BITS bytes: words of 32 bits are
// written, lines of N bytes read, in the cycle after; microcode from 0, the scratchpad is its end. The host sees the first 64 KiB.
// Registers keep their content over rst_n. Counters are written when a list ends.
// Counterpart: cmodel/npu. SPDX-License-Identifier: Apache-2.0
`include "npu_spec.vh"
`default_nettype none
module npu_lite #(
    parameter N          = 4,    // 4 or 8
    parameter SP_WORDS   = 4096,
    parameter ACC_DEPTH  = 256,
    parameter LANES      = 4, SP_BANKS = 4, FIR_GROUPS = 1, FIR_TAPS = 4, // reported only: the microcode knows what it needs
    parameter MUL_STYLE  = 0,    // npu_lite_mac
    parameter MUL_DSP    = 1000, // npu_lite_array
    parameter LOCAL_BITS = SP_WORDS * N > 32768 ? 17 : 16
) (
    input  wire        clk,
    input  wire        rst_n,
    output wire        irq,
    input  wire        h_valid,
    input  wire        h_we,
    input  wire [16:0] h_addr,
    input  wire [31:0] h_wdata,
    input  wire [3:0]  h_be,        // of local memory; registers are written as words
    output reg         h_ack,
    output wire [31:0] h_rdata,
    output wire        bus_valid,
    input  wire        bus_ready,
    output wire        bus_we,
    output wire [31:0] bus_addr,
    output wire [3:0]  bus_be,
    output wire [31:0] bus_wdata,
    input  wire [31:0] bus_rdata,
    input  wire        bus_err,
    output wire        l_we,
    output wire [LOCAL_BITS-1:2] l_addr,
    output wire [3:0]  l_be,
    output wire [31:0] l_wdata,
    input  wire [31:0] l_code,      // the word at l_addr of the microcode
    input  wire [8*N-1:0] l_rdata   // the line with the word at l_addr
);
    localparam SP_BITS = $clog2(SP_WORDS), ACC_BITS = $clog2(ACC_DEPTH), LOG_BANKS = $clog2(SP_BANKS), LOG_N = $clog2(N);

    // The word of the line that was asked for.
    wire [31:0] l_word;
    generate
        if (N == 4) begin : gen_word
            assign l_word = l_rdata;
        end else begin : gen_word
            reg [LOG_N-3:0] at_q;
            always @(posedge clk) at_q <= l_addr[LOG_N-1:2];
            assign l_word = l_rdata[32*at_q+:32];
        end
    endgenerate

    // ---------------------------------------------------------------- the sequencer and what it sees, by the two highest address bits
    reg         run_q, done_q, error_q, clear_q;
    wire        c_fetch, c_data, c_ready, c_we;
    wire [15:0] c_fetch_addr;
    wire [LOCAL_BITS+1:0] c_addr;
    wire [3:0]  c_be;
    wire [31:0] c_wdata, c_rdata;
    npu_lite_core #(.ADDR_BITS(LOCAL_BITS + 2), .LOAD_WAIT(N != 4)) u_core (
        .clk(clk), .run(run_q), .fetch(c_fetch), .fetch_ready(!a_busy), .fetch_addr(c_fetch_addr), .instr(l_code),
        .data(c_data), .data_ready(c_ready), .we(c_we), .addr(c_addr), .be(c_be), .wdata(c_wdata), .rdata(c_rdata));
    wire        at_local = c_addr[LOCAL_BITS+1-:2] == 2'd0;
    wire        at_regs  = c_addr[LOCAL_BITS+1-:2] == 2'd1;
    wire        at_acc   = c_addr[LOCAL_BITS+1-:2] == 2'd2;
    wire        at_dev   = c_addr[LOCAL_BITS+1-:2] == 2'd3;
    wire        take     = c_data && c_ready;

    // Devices (c_addr[6:2]); sw/microcode/device.h names them too.
    localparam [4:0] BUS_ADDR = 5'd0, BUS_NEXT = 5'd1, BUS_SAME = 5'd2, BASE = 5'd3, IX = 5'd4, LIMITS = 5'd5, GO = 5'd6, MULT = 5'd7,
                     SETTINGS = 5'd8, VALUE = 5'd9, END = 5'd10, ERR = 5'd11; // 12: cycles since START
    wire [4:0]  dev = c_addr[6:2];
    // An access to a device takes two cycles and what the device waits for: go_q is up from the second on, so that nothing waits for
    // the address and its decoding. A write acts in the cycle after it was taken, while c_wdata still stands.
    reg         go_q, go_bus_q, go_next_q, go_value_q, dev_we_q;
    reg  [4:0]  dev_q;
    wire        bus_end = go_q && go_bus_q && bus_ready;
    wire        go_end  = bus_end || (go_q && !go_bus_q && !(go_value_q && s_busy));
    always @(posedge clk) begin
        go_q       <= run_q && (go_q ? !go_end : c_data && at_dev && !a_busy && !clear_q);
        go_bus_q   <= dev == BUS_NEXT || dev == BUS_SAME;
        go_next_q  <= dev == BUS_NEXT;
        go_value_q <= dev == VALUE;
        dev_we_q   <= go_end && c_we;
        dev_q      <= dev;
    end

    // ---------------------------------------------------------------- bus
    reg  [29:0] bus_addr_q;
    reg         bus_err_q, bus_taken_q;
    assign bus_valid = go_q && go_bus_q;
    assign bus_we    = c_we;
    assign bus_addr  = {bus_addr_q, 2'b00};
    assign bus_be    = c_be;
    assign bus_wdata = c_wdata;
    always @(posedge clk) begin
        if (dev_we_q && dev_q == BUS_ADDR) bus_addr_q <= c_wdata[31:2];
        else if (bus_end && go_next_q) bus_addr_q <= bus_addr_q + 30'd1;
        bus_taken_q <= bus_end;
        if (dev_we_q && dev_q == BUS_ADDR) bus_err_q <= 1'b0;
        else if (bus_taken_q && bus_err) bus_err_q <= 1'b1;
    end

    // ---------------------------------------------------------------- array
    reg  [SP_BITS-1:0] base_q;
    reg  [15:0]        ix_q, in_w_q;
    reg  [7:0]         step_q, pad_q;
    wire               a_busy, a_re;
    wire [SP_BITS-1:0] a_addr;
    wire [31:0]        acc_data;
    always @(posedge clk) begin
        if (dev_we_q && dev_q == BASE) base_q <= c_wdata[SP_BITS-1:0];
        if (dev_we_q && dev_q == IX) ix_q <= c_wdata[15:0];
        if (dev_we_q && dev_q == LIMITS) {pad_q, step_q, in_w_q} <= c_wdata;
    end
    npu_lite_array #(.N(N), .SP_BITS(SP_BITS), .ACC_BITS(ACC_BITS), .STYLE(MUL_STYLE), .MUL_DSP(MUL_DSP)) u_array (
        .clk(clk), .rst_n(rst_n), .quad_we({N*N/4{dev_we_q && dev_q[4]}} & ({{N*N/4-1{1'b0}}, 1'b1} << dev_q[2*LOG_N-3:0])), .weights(c_wdata),
        .start(dev_we_q && dev_q == GO), .acc(c_wdata[ACC_BITS:0]), .first(c_wdata[14]), .row_in(c_wdata[15]), .count(c_wdata[31:16]),
        .base(base_q), .ix(ix_q), .step(step_q), .in_w(in_w_q), .pad(pad_q), .busy(a_busy), .sp_re(a_re), .sp_addr(a_addr),
        .sp_data(l_rdata), .acc_addr(c_addr[ACC_BITS+LOG_N+2:2]), .acc_data(acc_data));

    // ---------------------------------------------------------------- requantiser
    wire        s_busy;
    wire [31:0] s_result;
    npu_lite_scale u_scale (
        .clk(clk), .rst_n(rst_n), .m_we(dev_we_q && dev_q == MULT), .settings_we(dev_we_q && dev_q == SETTINGS),
        .start(dev_we_q && dev_q == VALUE), .wdata(c_wdata), .busy(s_busy), .result(s_result));

    // ---------------------------------------------------------------- status and control
    reg  [1:0]  irq_enable_q;   // done, error
    reg  [31:0] cycles_q;
    wire        h_take  = h_valid && !h_ack && !c_turn;
    wire        h_write = h_take && h_we && !h_addr[16];
    wire [9:0]  h_word  = h_addr[11:2];
    wire        control = h_write && {h_word, 2'b00} == `NPU_REG_CTRL;
    wire        start   = control && h_wdata[1:0] == 2'b01 && !run_q;
    wire        clear   = h_write && {h_word, 2'b00} == `NPU_REG_STATUS;
    wire        stop    = clear_q && (!bus_valid || bus_ready) && !a_busy;
    wire        ended   = dev_we_q && dev_q == END;
    assign irq = (done_q && irq_enable_q[0]) || (error_q && irq_enable_q[1]);
    always @(posedge clk) begin
        if (!rst_n) begin
            run_q        <= 1'b0;
            clear_q      <= 1'b0;
            done_q       <= 1'b0;
            error_q      <= 1'b0;
            irq_enable_q <= 2'b00;
        end else begin
            if (start) run_q <= 1'b1;
            else if (stop || ended) run_q <= 1'b0;
            if (control && h_wdata[1]) clear_q <= 1'b1;
            else if (stop) clear_q <= 1'b0;
            if (ended && !clear_q) done_q <= c_wdata[1];
            else if (start || stop || (clear && h_wdata[1])) done_q <= 1'b0;
            if (ended && !clear_q) error_q <= c_wdata[2];
            else if (start || stop || (clear && h_wdata[2])) error_q <= 1'b0;
            if (h_write && {h_word, 2'b00} == `NPU_REG_IRQ_ENABLE) irq_enable_q <= h_wdata[2:1];
        end
        cycles_q <= run_q ? cycles_q + 32'd1 : 32'd0;
    end

    // ---------------------------------------------------------------- registers: 128 words; the sequencer goes first
    (* no_rw_check *) reg [31:0] regs [0:127];
    reg  [31:0] regs_q;
    wire [31:0] config0 = {FIR_TAPS[7:0], 4'd0, FIR_GROUPS[3:0], LANES[7:0], N[7:0]};
    wire [31:0] config1 = {8'd0, LOG_BANKS[7:0], ACC_BITS[7:0], SP_BITS[7:0]} | `NPU_FEATURE_SOFTMAX;
    integer     i;
    initial begin
        for (i = 0; i < 128; i = i + 1) regs[i] = 32'd0;
        regs[`NPU_REG_ID / 4]        = `NPU_ID;
        regs[`NPU_REG_VERSION / 4]   = `NPU_VERSION;
        regs[`NPU_REG_SPEC_HASH / 4] = `NPU_SPEC_HASH;
        regs[`NPU_REG_CONFIG0 / 4]   = config0;
        regs[`NPU_REG_CONFIG1 / 4]   = config1;
    end
    // IRQ_ENABLE, TIMEOUT, CMD_OFFSET, CMD_BYTES; base, size and flags of the regions. Bits that mean nothing are kept too.
    wire        writable = {h_word, 2'b00} == `NPU_REG_IRQ_ENABLE || {h_word, 2'b00} == `NPU_REG_TIMEOUT ||
                           {h_word, 2'b00} == `NPU_REG_CMD_OFFSET || {h_word, 2'b00} == `NPU_REG_CMD_BYTES ||
                           (h_word[9:4] == 6'd1 && h_word[1:0] != 2'd3);
    wire        c_turn   = c_data && !a_busy && !go_q;
    wire [6:0]  r_addr   = c_turn ? c_addr[8:2] : h_word[6:0];
    always @(posedge clk) begin
        regs_q <= regs[r_addr];
        if (c_turn ? at_regs && c_we : h_write && writable) regs[r_addr] <= c_turn ? c_wdata : h_wdata;
    end

    // ---------------------------------------------------------------- local memory: array, sequencer, host
    localparam TOP = LOCAL_BITS - SP_BITS - LOG_N; // address bits above the scratchpad: ones
    assign l_addr  = a_re ? {{TOP{1'b1}}, a_addr, {LOG_N-2{1'b0}}} : !run_q ? {{LOCAL_BITS-16{1'b0}}, h_addr[15:2]}
                   : c_data ? c_addr[LOCAL_BITS-1:2] : {{LOCAL_BITS-16{1'b0}}, c_fetch_addr[15:2]};
    assign l_we    = run_q ? take && c_we && at_local : h_take && h_we && h_addr[16];
    assign l_be    = run_q ? c_be : h_be;
    assign l_wdata = run_q ? c_wdata : h_wdata;

    // ---------------------------------------------------------------- answers
    assign c_ready = !a_busy && (!at_dev || go_end);
    reg  [2:0]  from_q;
    reg         busy_seen_q;
    reg  [1:0]  h_from_q;
    always @(posedge clk) begin
        if (take) from_q <= at_local ? 3'd0 : at_regs ? 3'd1 : at_acc ? 3'd2 : go_bus_q ? 3'd3 : dev == VALUE ? 3'd4 : dev == ERR ? 3'd5 : 3'd6;
        h_ack <= rst_n && h_take;
        if (h_take) begin
            h_from_q    <= {h_addr[16], {h_word, 2'b00} == `NPU_REG_STATUS};
            busy_seen_q <= run_q || clear_q;
        end
    end
    assign c_rdata = from_q == 3'd0 ? l_word : from_q == 3'd1 ? regs_q : from_q == 3'd2 ? acc_data : from_q == 3'd3 ? bus_rdata
                   : from_q == 3'd4 ? s_result : from_q == 3'd5 ? {31'd0, bus_err_q || (bus_taken_q && bus_err)} : cycles_q;
    assign h_rdata = h_from_q[1] ? (busy_seen_q ? 32'd0 : l_word)
                   : h_from_q[0] ? {29'd0, error_q, done_q, busy_seen_q}
                   : h_word[9:7] != 3'd0 ? 32'd0 : regs_q;
    wire unused = &{1'b0, h_addr[15:12], h_addr[1:0], c_addr[1:0], c_fetch, c_fetch_addr[1:0]};
endmodule
`default_nettype wire
