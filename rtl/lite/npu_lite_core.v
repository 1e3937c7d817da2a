// Sequencer of npu_lite: RV32I; two cycles an instruction, three with a load, store, branch or jump. Its program (sw/microcode)
// executes the commands.
//
// Instructions: fetch asks for the word at fetch_addr, taken when fetch_ready; it stands in instr in the cycle after. Data: an
// access is taken in a cycle with data and data_ready; what was read stands in rdata in the cycle after; wdata and be stay one cycle
// longer. Never both in one cycle. While a ready is low that is waited for, nothing changes. Instructions lie in the
// lowest 64 KiB. With run low the core stands at address 0 with nothing in flight; registers keep their content.
// Without AUIPC, FENCE, SYSTEM and misaligned accesses: the build of the microcode refuses a program that has one of the first three.
// Shifts take a cycle for each 8 places and each place of the rest.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_lite_core #(
    parameter ADDR_BITS = 18,
    parameter LOAD_WAIT = 0      // 1: a load takes a cycle more, with a register behind rdata, for memories that are late in it
) (
    input  wire        clk,
    input  wire        run,
    output wire        fetch,
    input  wire        fetch_ready,
    output wire [15:0] fetch_addr,
    input  wire [31:0] instr,
    output wire        data,
    input  wire        data_ready,
    output wire        we,
    output wire [ADDR_BITS-1:0] addr,
    output wire [3:0]  be,
    output wire [31:0] wdata,
    input  wire [31:0] rdata
);
    // One state is one cycle, or more while ready is low. FETCH asks for the instruction at pc_q; DECODE receives it and reads its
    // registers; EXEC does the rest and asks for the next one (not after a branch or jump: its address comes late) or for the data of a
    // load or store; LOAD and SHIFT end what is longer.
    localparam [2:0] FETCH = 3'd0, DECODE = 3'd1, EXEC = 3'd2, LOAD = 3'd3, SHIFT = 3'd4, TAKE = 3'd5;
    reg  [2:0]  state_q;
    reg  [31:7] ir_q;
    reg  [15:0] pc_q;
    wire        exec = state_q == EXEC;

    // ---------------------------------------------------------------- decoding, in DECODE (bits 6..2 of the opcode)
    reg         load_q, store_q, branch_q, jump_q, jal_q, lui_q, alu_q, shift_op_q, slt_q, reg_q, sub_q;
    reg  [4:0]  imm_low_q;
    wire        is_alu = instr[4] && !instr[2];         // OP with bit 5, OP-IMM without
    wire        is_reg = instr[5] && is_alu;
    always @(posedge clk)
        if (state_q == DECODE) begin
            ir_q       <= instr[31:7];
            load_q     <= !instr[6] && !instr[5] && !instr[4];
            store_q    <= !instr[6] && instr[5] && !instr[4];
            branch_q   <= instr[6] && !instr[2];
            jump_q     <= instr[6] && instr[2];
            jal_q      <= instr[3];                     // of a jump
            lui_q      <= instr[4] && instr[2];
            alu_q      <= is_alu && instr[13:12] != 2'b01;
            shift_op_q <= is_alu && instr[13:12] == 2'b01;
            slt_q      <= instr[14:13] == 2'b01;        // of an ALU operation
            reg_q      <= is_reg || (instr[6] && !instr[2]);
            sub_q      <= (instr[6] && !instr[2]) || (is_alu && instr[14:13] == 2'b01) || (is_reg && instr[14:12] == 3'd0 && instr[30]);
            imm_low_q  <= instr[5] && !instr[6] && !instr[4] ? instr[11:7] : instr[24:20];
        end
    wire [2:0]  f3 = ir_q[14:12];
    wire        unused = &{1'b0, instr[1:0]};

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
            rs1_q <= copy1[instr[19:15]];
            rs2_q <= copy2[instr[24:20]];
        end
        if (rd_we && ir_q[11:7] != 5'd0) begin
            copy1[ir_q[11:7]] <= rd_data;
            copy2[ir_q[11:7]] <= rd_data;
        end
    end

    // ---------------------------------------------------------------- arithmetic
    wire [31:0] b    = (reg_q ? rs2_q : {{20{ir_q[31]}}, ir_q[31:25], imm_low_q}) ^ {32{sub_q}};
    wire [31:0] sum  = rs1_q + b + {31'd0, sub_q};
    // Comparisons: sub_q is set, b inverted.
    wire        signed_compare = branch_q ? !f3[1] : !f3[0];
    wire        less = rs1_q[31] != b[31] ? sum[31] : signed_compare ? rs1_q[31] : !b[31];
    wire        taken = (f3[2] ? less : rs1_q == rs2_q) != f3[0];
    wire [31:0] logic_value = f3[1:0] == 2'b00 ? rs1_q ^ b : f3[1:0] == 2'b10 ? rs1_q | b : rs1_q & b;

    // ---------------------------------------------------------------- next instruction
    wire [15:0] pc_imm  = jump_q ? {ir_q[15:12], ir_q[20], ir_q[30:21], 1'b0}                        // J, lowest 16 bits
                                  : {{4{ir_q[31]}}, ir_q[7], ir_q[30:25], ir_q[11:8], 1'b0};          // B
    wire [15:0] pc_jump = pc_q + pc_imm;
    wire [15:0] pc_4    = pc_q + 16'd4;
    wire [15:0] pc_next = jump_q && !jal_q ? sum[15:0] : jump_q || (branch_q && taken) ? pc_jump : pc_4;

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
    assign fetch      = run && (state_q == FETCH || state_q == LOAD || (exec && (alu_q || lui_q)) || (state_q == SHIFT && shift_end));
    assign fetch_addr = exec ? pc_4 : pc_q;
    assign data       = run && exec && (load_q || store_q);
    assign we         = store_q;
    assign addr       = sum[ADDR_BITS-1:0];
    assign be         = f3[1] ? 4'b1111 : f3[0] ? {{2{sum[1]}}, {2{!sum[1]}}} : 4'd1 << sum[1:0];
    assign wdata      = {f3[1] ? rs2_q[31:24] : f3[0] ? rs2_q[15:8] : rs2_q[7:0], f3[1] ? rs2_q[23:16] : rs2_q[7:0],
                    f3[1:0] != 2'd0 ? rs2_q[15:8] : rs2_q[7:0], rs2_q[7:0]};
    reg  [1:0]  low_q;
    wire [31:0] word;            // what a load read
    generate
        if (LOAD_WAIT) begin : gen_wait
            reg [31:0] word_q;
            always @(posedge clk) word_q <= rdata;
            assign word = word_q;
        end else begin : gen_direct
            assign word = rdata;
        end
    endgenerate
    wire [7:0]  byte_value = low_q[0] ? (low_q[1] ? word[31:24] : word[15:8]) : (low_q[1] ? word[23:16] : word[7:0]);
    wire [7:0]  high_value = low_q[1] ? word[31:24] : word[15:8];
    wire        sign       = !f3[2] && (f3[0] ? high_value[7] : byte_value[7]);
    wire [31:0] loaded     = {f3[1] ? word[31:16] : {16{sign}}, f3[1] ? word[15:8] : f3[0] ? high_value : {8{sign}}, byte_value};

    // ---------------------------------------------------------------- result
    assign rd_we   = state_q == LOAD || (exec && (jump_q || ((lui_q || alu_q) && fetch_ready))) || state_q == SHIFT;
    assign rd_data = state_q == LOAD ? loaded
                   : state_q == SHIFT ? shift_q
                   : lui_q ? {ir_q[31:12], 12'd0}
                   : jump_q ? {16'd0, pc_4}
                   : slt_q ? {31'd0, less}
                   : f3 == 3'd0 ? sum : logic_value;

    always @(posedge clk) begin
        if (!run) begin
            state_q <= FETCH;
            pc_q    <= 16'd0;
        end else begin
            case (state_q)
                FETCH: if (fetch_ready) state_q <= DECODE;
                DECODE: state_q <= EXEC;
                EXEC: begin
                    if (branch_q || jump_q) state_q <= FETCH;
                    else if (shift_op_q) state_q <= SHIFT;
                    else if (load_q || store_q) state_q <= !data_ready ? EXEC : !load_q ? FETCH : LOAD_WAIT ? TAKE : LOAD;
                    else if (fetch_ready) state_q <= DECODE;
                    if (branch_q || jump_q || shift_op_q || (load_q || store_q ? data_ready : fetch_ready)) pc_q <= pc_next;
                    low_q <= sum[1:0];
                end
                TAKE: state_q <= LOAD;
                LOAD: state_q <= DECODE; // what holds a fetch up cannot begin here
                default: if (shift_end && fetch_ready) state_q <= DECODE;
            endcase
        end
    end
endmodule
`default_nettype wire
