// Start of an SDRAM (wait, precharge all, refreshes, mode register) and the refresh clock after it (part of soc_sdram).
// precharge, refresh, mode_set: one-clock pulses before `ready`; afterwards refresh_due stays until as many `refreshed`
// have come as intervals have passed (up to 15 owed). T_* in ns.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module soc_sdram_init #(
    parameter int CLK_PS = 16666,
    parameter int T_RP = 20, T_RFC = 66, T_REFI = 7812, T_INIT = 200000,
    parameter int INIT_REFRESHES = 8,
    parameter int MRD_CLOCKS = 2
) (
    input  wire clk,
    input  wire rst_n,
    output wire precharge,
    output wire refresh,
    output wire mode_set,
    output reg  ready,
    output reg  refresh_due,
    input  wire refreshed
);
    localparam int START = T_INIT * 1000 / CLK_PS + 1;
    localparam int RP    = (T_RP * 1000 + CLK_PS - 1) / CLK_PS - 1;
    localparam int RFC   = (T_RFC * 1000 + CLK_PS - 1) / CLK_PS - 1;
    localparam int REFI  = (T_REFI - T_REFI / 100) * 1000 / CLK_PS - 1; // 1 % early: a refresh waits for a burst's beat
    localparam int MODE  = INIT_REFRESHES + 1;
    localparam int DONE  = INIT_REFRESHES + 2;
    localparam int WW    = $clog2(START + 1);
    localparam int RW    = $clog2(REFI + 1);

    reg [WW-1:0] wait_q;
    reg [4:0]    step_q; // 0: precharge, then the refreshes, mode register, done
    wire go = wait_q == '0;
    assign precharge = rst_n && go && step_q == 5'd0;
    assign refresh   = go && step_q != 5'd0 && step_q < 5'(MODE);
    assign mode_set  = go && step_q == 5'(MODE);
    always_ff @(posedge clk) begin
        ready <= rst_n && (ready || (step_q == 5'(DONE) && go));
        if (!rst_n) begin
            wait_q <= WW'(START);
            step_q <= 5'd0;
        end else if (!go) begin
            wait_q <= wait_q - 1'b1;
        end else if (step_q != 5'(DONE)) begin
            step_q <= step_q + 5'd1;
            wait_q <= step_q == 5'd0 ? WW'(RP) : step_q == 5'(MODE) ? WW'(MRD_CLOCKS - 1) : WW'(RFC);
        end
    end

    reg [RW-1:0] interval_q;
    reg [3:0]    owed_q;
    wire tick = interval_q == '0;
    wire more = tick && !refreshed && owed_q != 4'd15;
    wire less = refreshed && !tick && owed_q != 4'd0;
    always_ff @(posedge clk) begin
        if (!rst_n || !ready) begin
            interval_q  <= RW'(REFI);
            owed_q      <= 4'd0;
            refresh_due <= 1'b0;
        end else begin
            interval_q <= tick ? RW'(REFI) : interval_q - 1'b1;
            if (more) owed_q <= owed_q + 4'd1;
            if (less) owed_q <= owed_q - 4'd1;
            refresh_due <= more || (owed_q != 4'd0 && !(less && owed_q == 4'd1)); // owed_q is not 0
        end
    end
endmodule
`default_nettype wire
