// sum = x + y modulo 2^WIDTH from WIDTH/2 CCU2C and a LUT: no cell to feed the chain. WIDTH even. Combinational.
// The cell: npu_mul_ecp5_carry. Half 0 yields the carry of bit 0, the others are f = A ^ B (C = 0, D = 1), f(A,B,0,0) = A.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module npu_add_ecp5 #(
    parameter WIDTH = 10
) (
    input  wire [WIDTH-1:0] x,
    input  wire [WIDTH-1:0] y,
    output wire [WIDTH-1:0] sum
);
    wire [WIDTH/2:0] carry;
    wire             unused = &{1'b0, carry[WIDTH/2]};
    assign sum[0] = x[0] ^ y[0];
    genvar h;
    generate
        for (h = 0; h < WIDTH / 2; h = h + 1) begin : gen_cell
            if (h == 0) begin : gen_first
                CCU2C #(.INIT0(16'h0008), .INIT1(16'h060a), .INJECT1_0("NO"), .INJECT1_1("NO")) u_cell (
                    .CIN(1'bx), .COUT(carry[1]), .A0(x[0]), .B0(y[0]), .C0(1'b1), .D0(1'b1),
                    .A1(x[1]), .B1(y[1]), .C1(1'b0), .D1(1'b1), .S1(sum[1]));
            end else begin : gen_next
                CCU2C #(.INIT0(16'h060a), .INIT1(16'h060a), .INJECT1_0("NO"), .INJECT1_1("NO")) u_cell (
                    .CIN(carry[h]), .COUT(carry[h+1]), .A0(x[2*h]), .B0(y[2*h]), .C0(1'b0), .D0(1'b1),
                    .A1(x[2*h+1]), .B1(y[2*h+1]), .C1(1'b0), .D1(1'b1), .S0(sum[2*h]), .S1(sum[2*h+1]));
            end
        end
    endgenerate
endmodule
`default_nettype wire
