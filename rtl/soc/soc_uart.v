// UART, 8N1, one byte deep in each direction; registers in soc_map.vh.
// Timing: registers answer in the cycle of the request (reg_* are single-cycle strobes). The receiver samples each
// bit in its middle, so DIV >= 4 clocks per bit. irq: level, high while a received byte waits.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "soc_map.vh"
module soc_uart #(
    parameter int DIV_RESET = 16
) (
    input  wire        clk,
    input  wire        rst_n,
    // Register port: one access per cycle with reg_stb high.
    input  wire        reg_stb,
    input  wire        reg_we,
    input  wire [11:0] reg_addr,
    input  wire [31:0] reg_wdata,
    output reg  [31:0] reg_rdata,
    output wire        irq,
    input  wire        rx,
    output wire        tx
);
    wire at_data   = reg_stb && {20'd0, reg_addr} == `SOC_UART_DATA;
    wire at_status = reg_stb && {20'd0, reg_addr} == `SOC_UART_STATUS;
    wire at_div    = reg_stb && {20'd0, reg_addr} == `SOC_UART_DIV;

    reg [15:0] div_q;
    always_ff @(posedge clk) begin
        if (!rst_n) div_q <= 16'(DIV_RESET);
        else if (at_div && reg_we) div_q <= reg_wdata[15:0];
    end

    // Transmitter: shift register of start bit, 8 data bits, stop bit; idle when empty.
    reg [9:0]  tx_shift_q;
    reg [3:0]  tx_bits_q;
    reg [15:0] tx_count_q;
    wire tx_ready = tx_bits_q == 4'd0;
    always_ff @(posedge clk) begin
        if (!rst_n) begin
            tx_shift_q <= 10'h3ff;
            tx_bits_q  <= 4'd0;
            tx_count_q <= 16'd0;
        end else if (tx_ready) begin
            if (at_data && reg_we) begin
                tx_shift_q <= {1'b1, reg_wdata[7:0], 1'b0};
                tx_bits_q  <= 4'd10;
                tx_count_q <= div_q - 16'd1;
            end
        end else if (tx_count_q != 16'd0) begin
            tx_count_q <= tx_count_q - 16'd1;
        end else begin
            tx_shift_q <= {1'b1, tx_shift_q[9:1]};
            tx_bits_q  <= tx_bits_q - 4'd1;
            tx_count_q <= div_q - 16'd1;
        end
    end
    assign tx = tx_shift_q[0];

    // Receiver: rx_bits_q counts the bits still to come, start bit included.
    reg [1:0]  rx_sync_q;
    reg [7:0]  rx_shift_q;
    reg [3:0]  rx_bits_q;
    reg [15:0] rx_count_q;
    reg [7:0]  rx_data_q;
    reg        rx_valid_q;
    reg        rx_overrun_q;
    wire rx_bit  = rx_sync_q[1];
    wire rx_done = rx_bits_q == 4'd1 && rx_count_q == 16'd0 && rx_bit; // stop bit, well framed
    always_ff @(posedge clk) begin
        rx_sync_q <= {rx_sync_q[0], rx};
        if (!rst_n) begin
            rx_sync_q    <= 2'b11;
            rx_shift_q   <= 8'd0;
            rx_bits_q    <= 4'd0;
            rx_count_q   <= 16'd0;
            rx_data_q    <= 8'd0;
            rx_valid_q   <= 1'b0;
            rx_overrun_q <= 1'b0;
        end else begin
            if (rx_bits_q == 4'd0) begin
                if (!rx_bit) begin
                    rx_bits_q  <= 4'd10;
                    rx_count_q <= {1'b0, div_q[15:1]} - 16'd1;
                end
            end else if (rx_count_q != 16'd0) begin
                rx_count_q <= rx_count_q - 16'd1;
            end else begin
                rx_count_q <= div_q - 16'd1;
                rx_shift_q <= {rx_bit, rx_shift_q[7:1]};
                // A start bit that is gone in its middle was a glitch.
                rx_bits_q  <= (rx_bits_q == 4'd10 && rx_bit) ? 4'd0 : rx_bits_q - 4'd1;
            end
            if (at_data && !reg_we) rx_valid_q <= 1'b0;
            if (rx_done) begin
                rx_data_q  <= rx_shift_q;
                rx_valid_q <= 1'b1;
            end
            if (at_status && reg_we && reg_wdata[2]) rx_overrun_q <= 1'b0;
            if (rx_done && rx_valid_q && !(at_data && !reg_we)) rx_overrun_q <= 1'b1;
        end
    end
    assign irq = rx_valid_q;

    always_comb begin
        reg_rdata = 32'd0;
        if (at_data)   reg_rdata = {24'd0, rx_data_q};
        if (at_status) reg_rdata = {29'd0, rx_overrun_q, rx_valid_q, tx_ready};
        if (at_div)    reg_rdata = {16'd0, div_q};
    end

    wire _unused = &{1'b0, reg_wdata[31:16]};
endmodule
`default_nettype wire
