// AXI4-Lite registers, counters and interrupt (spec/npu.toml, docs/reference.md).
//
// AXI4-Lite: one access at a time, write address and data may come in any order; unknown offsets read as 0 and ignore writes (response
// OKAY). Byte strobes are honoured. Read data come four cycles after their address. Counters hold while not busy, are cleared by start; reading a low word latches its high word.
// start, reset: one-cycle pulses. Counterpart: cmodel/npu's register file.
// SPDX-License-Identifier: Apache-2.0
`include "npu_spec.vh"
`default_nettype none
module npu_regs #(
    parameter N = 16,
    parameter LANES = 16,
    parameter SP_WORDS = 8192,
    parameter SP_BANKS = 8,
    parameter ACC_DEPTH = 512,
    parameter FIR_GROUPS = 3,
    parameter FIR_TAPS = 5,
    parameter MATMUL = 0,
    parameter TRACE_RECORDS = 0,
    parameter WIDE_LANES = 0,
    parameter SOFTMAX = 1,
    parameter NORM = 0
) (
    input  wire          clk,
    input  wire          rst_n,
    input  wire          s_axil_awvalid,
    output wire          s_axil_awready,
    input  wire [11:0]   s_axil_awaddr,
    input  wire          s_axil_wvalid,
    output wire          s_axil_wready,
    input  wire [31:0]   s_axil_wdata,
    input  wire [3:0]    s_axil_wstrb,
    output reg           s_axil_bvalid,
    input  wire          s_axil_bready,
    output wire [1:0]    s_axil_bresp,
    input  wire          s_axil_arvalid,
    output wire          s_axil_arready,
    input  wire [11:0]   s_axil_araddr,
    output reg           s_axil_rvalid,
    input  wire          s_axil_rready,
    output reg  [31:0]   s_axil_rdata,
    output wire [1:0]    s_axil_rresp,
    output wire          irq,
    // control
    output reg           start,
    output reg           reset,
    output reg  [31:0]   timeout,
    output reg  [31:0]   cmd_offset,
    output reg  [23:0]   cmd_bytes,
    output wire [127:0]  region_base,
    output wire [127:0]  region_size,
    output wire [7:0]    region_flags,   // bits 2i read, 2i+1 write
    // status
    input  wire          busy,
    input  wire          done,           // pulse: list ended without error
    input  wire          failed,         // pulse: stopped after an error
    input  wire          cleared,        // pulse: reset has ended
    input  wire [7:0]    err_code,
    input  wire [3:0]    err_unit,
    input  wire [15:0]   err_cmd,
    input  wire [31:0]   err_addr,
    input  wire [`NPU_COUNTERS*4-1:0] count_inc,  // 0..8 for each counter
    input  wire [31:0]   trace_status,
    input  wire [31:0]   trace_data,
    output wire          trace_read      // pulse: a word of the trace has been read
);
    assign s_axil_bresp = 2'b00;
    assign s_axil_rresp = 2'b00;

    // ---------------------------------------------------------------- writes
    wire wr = s_axil_awvalid && s_axil_wvalid && !s_axil_bvalid;
    assign s_axil_awready = wr;
    assign s_axil_wready  = wr;
    wire [2:0]  flags = s_axil_wdata[2:0] & {3{s_axil_wstrb[0]}};  // of CTRL and STATUS
    wire [11:0] waddr = {s_axil_awaddr[11:2], 2'b00};

    reg [1:0] irq_enable_q;              // done, error
    reg       done_q, error_q;
    assign irq = (done_q && irq_enable_q[0]) || (error_q && irq_enable_q[1]);
    wire clear = wr && waddr == `NPU_REG_STATUS;
    integer b;                           // byte: enables cost nothing, a mask a LUT for each bit

    always @(posedge clk) begin
        if (!rst_n) begin
            s_axil_bvalid <= 1'b0;
            start         <= 1'b0;
            reset         <= 1'b0;
            timeout       <= 32'd0;
            cmd_offset    <= 32'd0;
            cmd_bytes     <= 24'd0;
            irq_enable_q  <= 2'b00;
            done_q        <= 1'b0;
            error_q       <= 1'b0;
        end else begin
            if (wr) s_axil_bvalid <= 1'b1;
            else if (s_axil_bready) s_axil_bvalid <= 1'b0;
            start <= wr && waddr == `NPU_REG_CTRL && flags[1:0] == 2'b01 && !busy && !start && !reset;
            reset <= wr && waddr == `NPU_REG_CTRL && flags[1];
            if (wr) begin
                case (waddr)
                    `NPU_REG_TIMEOUT:
                        for (b = 0; b < 4; b = b + 1) if (s_axil_wstrb[b]) timeout[8*b+:8] <= s_axil_wdata[8*b+:8];
                    `NPU_REG_CMD_OFFSET:
                        for (b = 0; b < 4; b = b + 1) if (s_axil_wstrb[b]) cmd_offset[8*b+:8] <= s_axil_wdata[8*b+:8];
                    `NPU_REG_CMD_BYTES:
                        for (b = 0; b < 3; b = b + 1) if (s_axil_wstrb[b]) cmd_bytes[8*b+:8] <= s_axil_wdata[8*b+:8];
                    `NPU_REG_IRQ_ENABLE: if (s_axil_wstrb[0]) irq_enable_q <= s_axil_wdata[2:1];
                    default: ;
                endcase
            end
            if (done) done_q <= 1'b1;
            else if (cleared || start || (clear && flags[1])) done_q <= 1'b0;
            if (failed) error_q <= 1'b1;
            else if (cleared || start || (clear && flags[2])) error_q <= 1'b0;
        end
    end

    genvar i;
    generate
        for (i = 0; i < 4; i = i + 1) begin : gen_region
            localparam integer BASE_I = 64 + 16 * i;
            localparam [11:0] BASE = BASE_I[11:0];
            reg [31:0] base_q, size_q;       // bits 2..0 of a base read as 0
            reg [1:0]  flags_q;
            integer    k;
            always @(posedge clk) begin
                if (!rst_n) begin
                    base_q  <= 32'd0;
                    size_q  <= 32'd0;
                    flags_q <= 2'b00;
                end else if (wr) begin
                    for (k = 0; k < 4; k = k + 1)
                        if (s_axil_wstrb[k]) begin
                            if (waddr == BASE) base_q[8*k+:8] <= s_axil_wdata[8*k+:8];
                            if (waddr == BASE + 12'd4) size_q[8*k+:8] <= s_axil_wdata[8*k+:8];
                        end
                    if (waddr == BASE + 12'd8 && s_axil_wstrb[0]) flags_q <= s_axil_wdata[1:0];
                end
            end
            assign region_base[32*i+:32] = {base_q[31:3], 3'b000};
            wire unused = &{1'b0, base_q[2:0]};
            assign region_size[32*i+:32] = size_q;
            assign region_flags[2*i+:2]  = flags_q;
        end
    endgenerate

    // ---------------------------------------------------------------- counters
    wire [63:0] cnt_value;
    wire [3:0]  cnt_index;
    wire        cnt_soon, cnt_read;
    npu_counters #(.COUNT(`NPU_COUNTERS)) u_counters (
        .clk(clk), .rst_n(rst_n), .clear(start), .count(busy), .inc(count_inc), .soon(cnt_soon), .read(cnt_read), .index(cnt_index),
        .value(cnt_value));

    // ---------------------------------------------------------------- reads
    localparam integer LOG_SP = $clog2(SP_WORDS), LOG_ACC = $clog2(ACC_DEPTH), LOG_BANKS = $clog2(SP_BANKS),
        LOG_TRACE = TRACE_RECORDS == 0 ? 0 : $clog2(TRACE_RECORDS);
    // One read at a time: its address; then what it reads, registers and counters apart; then the data of the answer.
    reg  [11:2] raddr_q;
    reg         rd_q, counter_q, answer_q;  // counter_q: the read is of a counter's low word
    reg         late_q, latch_q;            // latch_q: cnt_value is that counter
    wire [11:0] raddr = {raddr_q, 2'b00};
    assign s_axil_arready = s_axil_arvalid && !rd_q && !late_q && !answer_q && !s_axil_rvalid;
    assign trace_read = rd_q && raddr == `NPU_REG_TRACE_DATA;
    assign      cnt_index = raddr[6:3];                 // from 0x100 on
    wire        cnt_hit = raddr >= `NPU_REG_COUNTER && raddr < `NPU_REG_COUNTER + 12'd8 * `NPU_COUNTERS;
    assign      cnt_soon = rd_q;
    assign      cnt_read = counter_q;
    wire        reg_hit = raddr[11:6] == 6'd1;          // 0x040..0x07f
    wire [1:0]  region = raddr[5:4];
    reg  [31:0] high_q, value_q, value;

    always @* begin
        value = 32'd0;
        if (reg_hit) begin
            case (raddr[3:2])
                2'd0: value = region_base[32*region+:32];
                2'd1: value = region_size[32*region+:32];
                2'd2: value = {30'd0, region_flags[2*region+:2]};
                default: value = 32'd0;
            endcase
        end else begin
            case (raddr)
                `NPU_REG_ID:         value = `NPU_ID;
                `NPU_REG_VERSION:    value = `NPU_VERSION;
                `NPU_REG_SPEC_HASH:  value = `NPU_SPEC_HASH;
                `NPU_REG_CONFIG0:    value = {FIR_TAPS[7:0], 2'd0, NORM != 0, MATMUL != 0, FIR_GROUPS[3:0], LANES[7:0], N[7:0]};
                `NPU_REG_CONFIG1:    value = {WIDE_LANES[2:0], SOFTMAX != 0, LOG_TRACE[3:0], LOG_BANKS[7:0], LOG_ACC[7:0], LOG_SP[7:0]};
                `NPU_REG_STATUS:     value = {29'd0, error_q, done_q, busy || start || reset};
                `NPU_REG_IRQ_ENABLE: value = {29'd0, irq_enable_q, 1'b0};
                `NPU_REG_ERR_INFO:   value = {20'd0, err_unit, err_code};
                `NPU_REG_ERR_CMD:    value = {16'd0, err_cmd};
                `NPU_REG_ERR_ADDR:   value = err_addr;
                `NPU_REG_TIMEOUT:    value = timeout;
                `NPU_REG_CMD_OFFSET: value = cmd_offset;
                `NPU_REG_CMD_BYTES:  value = {8'd0, cmd_bytes};
                `NPU_REG_TRACE_STATUS: value = trace_status;
                `NPU_REG_TRACE_DATA: value = trace_data;
                default:             value = 32'd0;
            endcase
        end
    end

    always @(posedge clk) begin
        if (s_axil_arready) raddr_q <= s_axil_araddr[11:2];
        if (rd_q) value_q <= value;
        if (!rst_n) begin
            rd_q          <= 1'b0;
            counter_q     <= 1'b0;
            late_q        <= 1'b0;
            answer_q      <= 1'b0;
            latch_q       <= 1'b0;
            s_axil_rvalid <= 1'b0;
            s_axil_rdata  <= 32'd0;
            high_q        <= 32'd0;
        end else begin
            rd_q      <= s_axil_arready;
            counter_q <= rd_q && cnt_hit && !raddr[2];
            late_q    <= rd_q;
            answer_q  <= late_q;
            latch_q   <= counter_q;
            if (latch_q) high_q <= cnt_value[63:32];
            if (answer_q) begin
                s_axil_rvalid <= 1'b1;
                s_axil_rdata  <= latch_q ? cnt_value[31:0] : cnt_hit ? high_q : value_q;
            end else if (s_axil_rready) s_axil_rvalid <= 1'b0;
        end
    end
    wire unused = &{1'b0, s_axil_awaddr[1:0], s_axil_araddr[1:0]};
endmodule
`default_nettype wire
