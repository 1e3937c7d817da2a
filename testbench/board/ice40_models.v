// What yosys' cells_sim.v of the iCE40 lacks for simulation: the PLL (its output is its input) and an SPRAM that Verilator reads.
// After a write the SPRAM's output is garbage, as the data sheet leaves it open; at the start memory is what the simulator says.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module SB_PLL40_PAD (
    input  wire       PACKAGEPIN,
    output wire       PLLOUTCORE,
    output wire       PLLOUTGLOBAL,
    input  wire       EXTFEEDBACK,
    input  wire [7:0] DYNAMICDELAY,
    output wire       LOCK,
    input  wire       BYPASS,
    input  wire       RESETB,
    input  wire       LATCHINPUTVALUE,
    output wire       SDO,
    input  wire       SDI,
    input  wire       SCLK
);
    parameter FEEDBACK_PATH = "SIMPLE";
    parameter DELAY_ADJUSTMENT_MODE_FEEDBACK = "FIXED";
    parameter DELAY_ADJUSTMENT_MODE_RELATIVE = "FIXED";
    parameter SHIFTREG_DIV_MODE = 1'b0;
    parameter FDA_FEEDBACK = 4'b0000;
    parameter FDA_RELATIVE = 4'b0000;
    parameter PLLOUT_SELECT = "GENCLK";
    parameter DIVR = 4'b0000;
    parameter DIVF = 7'b0000000;
    parameter DIVQ = 3'b000;
    parameter FILTER_RANGE = 3'b000;
    parameter ENABLE_ICEGATE = 1'b0;
    parameter TEST_MODE = 1'b0;
    parameter EXTERNAL_DIVIDE_FACTOR = 1;
    assign PLLOUTCORE   = PACKAGEPIN;
    assign PLLOUTGLOBAL = PACKAGEPIN;
    assign LOCK         = RESETB;
    assign SDO          = 1'b0;
endmodule

module SB_SPRAM256KA (
    input  wire [13:0] ADDRESS,
    input  wire [15:0] DATAIN,
    input  wire [3:0]  MASKWREN,
    input  wire        WREN,
    input  wire        CHIPSELECT,
    input  wire        CLOCK,
    input  wire        STANDBY,
    input  wire        SLEEP,
    input  wire        POWEROFF,
    output reg  [15:0] DATAOUT
);
    reg [15:0] mem [0:16383];
    integer    i;
    always @(posedge CLOCK)
        if (CHIPSELECT) begin
            if (WREN) begin
                for (i = 0; i < 4; i = i + 1) if (MASKWREN[i]) mem[ADDRESS][4*i+:4] <= DATAIN[4*i+:4];
                DATAOUT <= ~DATAIN;
            end else DATAOUT <= mem[ADDRESS];
        end
endmodule
`default_nettype wire
