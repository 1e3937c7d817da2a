// Delay line of DEPTH enabled steps (DEPTH = 0: a wire). Data registers are not reset.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_delay #(
    parameter WIDTH = 8,
    parameter DEPTH = 1
) (
    input  wire             clk,
    input  wire             en,
    input  wire [WIDTH-1:0] in_data,
    output wire [WIDTH-1:0] out_data
);
    generate
        if (DEPTH == 0) begin : gen_wire
            wire unused = &{1'b0, clk, en};
            assign out_data = in_data;
        end else if (DEPTH == 1) begin : gen_reg
            reg [WIDTH-1:0] line_q;
            always @(posedge clk) if (en) line_q <= in_data;
            assign out_data = line_q;
        end else begin : gen_line
            reg [WIDTH*DEPTH-1:0] line_q;
            always @(posedge clk) if (en) line_q <= {line_q[WIDTH*(DEPTH-1)-1:0], in_data};
            assign out_data = line_q[WIDTH*DEPTH-1:WIDTH*(DEPTH-1)];
        end
    endgenerate
endmodule
`default_nettype wire
