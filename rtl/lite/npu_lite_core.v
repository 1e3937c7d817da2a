// Sequencer of npu_lite: RV32I in two cycles an instruction, three with a load or store; its program (sw/microcode) executes the commands.
//
// Memory port: an access is taken in a cycle with valid and ready; the data of a read is there in the cycle after. One access at a
// time, addresses of 18 bits; instructions come from the lowest 64 KiB. While ready is low nothing changes. With run low the core
// stands at address 0 with nothing in flight; registers keep their content.
// Without AUIPC, FENCE, SYSTEM and misaligned accesses: `make microcode` refuses a program that has one of the first three.
// Shifts take a cycle for each 8 places and each place of the rest.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_lite_core (
    input  wire        clk,
    input  wire        run,
    output wire        valid,
    input  wire        ready,
    output wire        we,
    output wire [17:0] addr,
    output wire [3:0]  be,
    output wire [31:0] wdata,
    input  wire [31:0] rdata
);
    // One state is one cycle, or more while ready is low. FETCH asks for the instruction at pc_q; DECODE receives it and reads its
    // registers; EXEC does the rest and asks for the next one, or for the data of a load or store; LOAD and SHIFT end what is longer.
    localparam [2:0] FETCH = 3'd0, DECODE = 3'd1, EXEC = 3'd2, LOAD = 3'd3, SHIFT = 3'd4;
    reg  [2:0]  state_q;
    reg  [31:2] ir_q;
    reg  [15:0] pc_q;
    wire        exec = state_q == EXEC;

    // ---------------------------------------------------------------- decoding (bits 6..2 of the opcode)
    wire        is_load   = !ir_q[6] && !ir_q[5] && !ir_q[4];
    wire        is_store  = !ir_q[6] && ir_q[5] && !ir_q[4];
    wire        is_branch = ir_q[6] && !ir_q[2];
    wire        is_jump   = ir_q[6] && ir_q[2];          // JAL with bit 3, JALR without
    wire        is_lui    = ir_q[4] && ir_q[2];
    wire        is_alu    = ir_q[4] && !ir_q[2];         // OP with bit 5, OP-IMM without
    wire        is_reg    = ir_q[5] && is_alu;
    wire [2:0]  f3        = ir_q[14:12];
    wire        is_shift  = is_alu && f3[1:0] == 2'b01;
    wire        is_slt    = f3[2:1] == 2'b01;

    // ---------------------------------------------------------------- registers: two copies, one for each operand
    (* no_rw_check *) reg [31:0] copy1 [0:31];
    (* no_rw_check *) reg [31:0] copy2 [0:31];
    reg  [31:0] rs1_q, rs2_q;
    initial begin
        copy1[0] = 32'd0;
        copy2[0] = 32'd0;
    end
    wire        rd_we;
    wire [31:0] rd_data;
    always @(posedge clk) begin
        if (state_q == DECODE) begin
            rs1_q <= copy1[rdata[19:15]];
            rs2_q <= copy2[rdata[24:20]];
        end
        if (rd_we && ir_q[11:7] != 5'd0) begin
            copy1[ir_q[11:7]] <= rd_data;
            copy2[ir_q[11:7]] <= rd_data;
        end
    end

    // ---------------------------------------------------------------- arithmetic
    wire [31:0] imm    = {{20{ir_q[31]}}, ir_q[31:25], is_store ? ir_q[11:7] : ir_q[24:20]};
    wire        sub    = is_branch || (is_alu && is_slt) || (is_reg && f3 == 3'd0 && ir_q[30]);
    wire [31:0] b      = is_reg || is_branch ? rs2_q : imm;
    wire [31:0] b_add  = b ^ {32{sub}};
    wire [31:0] sum    = rs1_q + b_add + {31'd0, sub};
    wire        signed_compare = is_branch ? !f3[1] : !f3[0];
    wire        less   = rs1_q[31] == b[31] ? sum[31] : signed_compare ? rs1_q[31] : b[31];
    wire [31:0] logic_value = f3[1:0] == 2'b00 ? rs1_q ^ b : f3[1:0] == 2'b10 ? rs1_q | b : rs1_q & b;
    wire        taken  = (f3[2] ? less : rs1_q == rs2_q) != f3[0];

    // ---------------------------------------------------------------- next instruction
    wire [15:0] pc_imm  = ir_q[3] ? {ir_q[15:12], ir_q[20], ir_q[30:21], 1'b0}                        // J, lowest 16 bits
                                  : {{4{ir_q[31]}}, ir_q[7], ir_q[30:25], ir_q[11:8], 1'b0};          // B
    wire [15:0] pc_jump = pc_q + pc_imm;
    wire [15:0] pc_4    = pc_q + 16'd4;
    wire [15:0] pc_next = is_jump && !ir_q[3] ? sum[15:0] : is_jump || (is_branch && taken) ? pc_jump : pc_4;

    // ---------------------------------------------------------------- shifts, a byte or a bit at a time
    reg  [31:0] shift_q;
    reg  [4:0]  count_q;
    wire        shift_end = count_q == 5'd0;
    wire        by_byte   = count_q[4:3] != 2'd0;
    wire        fill      = ir_q[30] && shift_q[31];
    always @(posedge clk) begin
        if (exec) begin
            shift_q <= rs1_q;
            count_q <= b[4:0];
        end else if (!shift_end) begin
            if (f3[2]) shift_q <= by_byte ? {{8{fill}}, shift_q[31:8]} : {fill, shift_q[31:1]};
            else       shift_q <= by_byte ? {shift_q[23:0], 8'd0} : {shift_q[30:0], 1'b0};
            count_q <= by_byte ? count_q - 5'd8 : count_q - 5'd1;
        end
    end

    // ---------------------------------------------------------------- memory
    wire data = exec && (is_load || is_store);
    assign valid = run && (state_q == FETCH || state_q == LOAD || (exec && !is_shift) || (state_q == SHIFT && shift_end));
    assign we    = data && is_store;
    assign addr  = data ? sum[17:0] : {2'b00, exec ? pc_next : pc_q};
    assign be    = f3[1] ? 4'b1111 : f3[0] ? {{2{sum[1]}}, {2{!sum[1]}}} : 4'd1 << sum[1:0];
    assign wdata = {f3[1] ? rs2_q[31:24] : f3[0] ? rs2_q[15:8] : rs2_q[7:0], f3[1] ? rs2_q[23:16] : rs2_q[7:0],
                    f3[1:0] != 2'd0 ? rs2_q[15:8] : rs2_q[7:0], rs2_q[7:0]};
    reg  [1:0]  low_q;
    wire [7:0]  byte_value = low_q[0] ? (low_q[1] ? rdata[31:24] : rdata[15:8]) : (low_q[1] ? rdata[23:16] : rdata[7:0]);
    wire [7:0]  high_value = low_q[1] ? rdata[31:24] : rdata[15:8];
    wire        sign       = !f3[2] && (f3[0] ? high_value[7] : byte_value[7]);
    wire [31:0] loaded     = {f3[1] ? rdata[31:16] : {16{sign}}, f3[1] ? rdata[15:8] : f3[0] ? high_value : {8{sign}}, byte_value};

    // ---------------------------------------------------------------- result
    assign rd_we   = (state_q == LOAD || (exec && (is_lui || is_jump || (is_alu && !is_shift))) || state_q == SHIFT) && ready;
    assign rd_data = state_q == LOAD ? loaded
                   : state_q == SHIFT ? shift_q
                   : is_lui ? {ir_q[31:12], 12'd0}
                   : is_jump ? {16'd0, pc_4}
                   : is_slt ? {31'd0, less}
                   : f3 == 3'd0 ? sum : logic_value;

    always @(posedge clk) begin
        if (!run) begin
            state_q <= FETCH;
            pc_q    <= 16'd0;
        end else begin
            case (state_q)
                FETCH: if (ready) state_q <= DECODE;
                DECODE: begin
                    state_q <= EXEC;
                    ir_q    <= rdata[31:2];
                end
                EXEC: if (is_shift || ready) begin
                    state_q <= is_shift ? SHIFT : is_load ? LOAD : is_store ? FETCH : DECODE;
                    pc_q    <= pc_next;
                    low_q   <= sum[1:0];
                end
                LOAD: if (ready) state_q <= DECODE;
                default: if (shift_end && ready) state_q <= DECODE;
            endcase
        end
    end
endmodule
`default_nettype wire
