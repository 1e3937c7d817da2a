// Trace of one unit: when each of its commands started and ended and what it waited for, until npu_trace takes the record.
//
// pop: the command leaves its queue; start, done: pulses of the unit, in command order, each once for every pop. waiting[i]: a cycle
// of wait i. It is counted for the command that WHEN[2i+1:2i] names: 1 the next to be popped, 2 the next to start, 3 the last
// started, until the next one starts or it is done; 0: there is no wait i. Counts stop at 65535.
// valid: the oldest command has ended and its record is on the outputs until take. lost: a pop found DEPTH records not yet
// taken; what is on the outputs afterwards is wrong. between: no command is popped and not started.
// Counterpart: none; the C model has no clock. Checked against a model of its own in tests/rtl_trace.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_trace_unit #(
    parameter [7:0] WHEN = 8'b01_01_01_01
) (
    input  wire        clk,
    input  wire        clear,
    input  wire [31:0] now,
    input  wire        pop,
    input  wire        start,
    input  wire        done,
    input  wire [15:0] done_index,
    input  wire [3:0]  waiting,
    output wire        between,
    output wire        lost,
    output wire        valid,
    input  wire        take,
    output wire [15:0] index,
    output wire [31:0] started,
    output wire [31:0] ended,
    output wire [63:0] waits       // 16 bits each
);
    // 16 places: a LUT RAM cell has no fewer. At most 8 commands are between pop and done.
    reg [4:0] popped_q, started_q, ended_q, streamed_q, taken_q;
    reg       live_q;              // the last started command still counts its waits
    wire [4:0] held = popped_q - taken_q;
    wire [4:0] running = started_q - ended_q;
    wire      streamed = live_q && (start || (done && running == 5'd1));
    assign between = popped_q == started_q;
    assign lost  = pop && held[4];
    assign valid = ended_q != taken_q;
    always @(posedge clk) begin
        if (clear) begin
            popped_q   <= 5'd0;
            started_q  <= 5'd0;
            ended_q    <= 5'd0;
            streamed_q <= 5'd0;
            taken_q    <= 5'd0;
            live_q     <= 1'b0;
        end else begin
            popped_q   <= popped_q + {4'd0, pop};
            started_q  <= started_q + {4'd0, start};
            ended_q    <= ended_q + {4'd0, done};
            streamed_q <= streamed_q + {4'd0, streamed};
            taken_q    <= taken_q + {4'd0, take};
            live_q     <= start || (live_q && !streamed);
        end
    end

    reg [31:0] start_mem[0:15];
    reg [47:0] end_mem[0:15];
    always @(posedge clk) begin
        if (start) start_mem[started_q[3:0]] <= now;
        if (done) end_mem[ended_q[3:0]] <= {done_index, now};
    end
    assign started = start_mem[taken_q[3:0]];
    assign {index, ended} = end_mem[taken_q[3:0]];

    genvar i;
    generate
        for (i = 0; i < 4; i = i + 1) begin : gen_wait
            if (WHEN[2*i+:2] == 2'd0) begin : gen_none
                assign waits[16*i+:16] = 16'd0;
                wire unused = waiting[i];
            end else begin : gen_count
                wire       keep = WHEN[2*i+:2] == 2'd1 ? pop : WHEN[2*i+:2] == 2'd2 ? start : streamed;
                wire [3:0] at = WHEN[2*i+:2] == 2'd1 ? popped_q[3:0] : WHEN[2*i+:2] == 2'd2 ? started_q[3:0] : streamed_q[3:0];
                reg [15:0] count_q;
                reg [15:0] mem[0:15];
                always @(posedge clk) begin
                    if (clear) count_q <= 16'd0;
                    else if (keep) count_q <= {15'd0, waiting[i]};
                    else if (waiting[i] && !(&count_q)) count_q <= count_q + 16'd1;
                    if (keep) mem[at] <= count_q;
                end
                assign waits[16*i+:16] = mem[taken_q[3:0]];
            end
        end
    endgenerate
    wire unused_bits = &{1'b0, held[3:0], streamed_q};
endmodule
`default_nettype wire
