// The system: VexRiscv soft-core, RAM, UART, timer, NPU, and one external AXI4 port to main memory.
// Wiring only; the parts are soc_*.v and npu_top. Address map: soc_map.vh. CPU: VexRiscv_Lite of the Python package
// pythondata-cpu-vexriscv (RV32IM, 2 KiB instruction cache, no data cache: nothing can hold what DMA has overwritten).
// The external port is 64 bits wide, INCR bursts of up to 16 beats within 4 KiB, no IDs: answers in order. Main
// memory is MEM_SIZE bytes from SOC_MEM_BASE; the memory must answer anything else with an error.
// Timing: everything on clk; rst_n synchronous, active low. finish_valid/finish_code: see soc_sys.
// NPU parameters: those of npu_top; the named sets are in spec/npu.toml.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "soc_map.vh"
module soc_top #(
    parameter int N = 16,
    parameter int LANES = 16,
    parameter int SP_WORDS = 8192,
    parameter int SP_BANKS = 8,
    parameter int ACC_DEPTH = 512,
    parameter int FIR_GROUPS = 3,
    parameter int FIR_TAPS = 5,
    parameter int MATMUL = 0,
    parameter int TRACE_RECORDS = 0,
    parameter int WIDE_LANES = 0,
    parameter int SOFTMAX = 1,
    parameter int NORM = 0,
    parameter int MUL_STYLE = 0,
    parameter int MUL_DSP = N * N,
    parameter int CLK_HZ = 50000000,
    parameter int UART_DIV = 434,              // clocks per bit after reset
    parameter [31:0] MEM_SIZE = 32'h04000000,  // bytes of main memory
    parameter [31:0] FLASH_OFFSET = 32'hffffffff, // of the boot image in the SPI flash; all ones: there is no flash
    parameter int FLASH_HALF = 1,              // clocks of half a clock of the flash
    parameter     RAM_INIT = ""                // firmware, $readmemh of 32-bit words
) (
    input  wire        clk,
    input  wire        rst_n,
    input  wire        uart_rx,
    output wire        uart_tx,
    output wire        finish_valid,
    output wire [31:0] finish_code,
    output wire        flash_cs_n,
    output wire        flash_clk,
    output wire        flash_mosi,
    input  wire        flash_miso,
    output wire        m_axi_arvalid,
    input  wire        m_axi_arready,
    output wire [31:0] m_axi_araddr,
    output wire [7:0]  m_axi_arlen,
    output wire [2:0]  m_axi_arsize,
    output wire [1:0]  m_axi_arburst,
    input  wire        m_axi_rvalid,
    output wire        m_axi_rready,
    input  wire [63:0] m_axi_rdata,
    input  wire [1:0]  m_axi_rresp,
    input  wire        m_axi_rlast,
    output wire        m_axi_awvalid,
    input  wire        m_axi_awready,
    output wire [31:0] m_axi_awaddr,
    output wire [7:0]  m_axi_awlen,
    output wire [2:0]  m_axi_awsize,
    output wire [1:0]  m_axi_awburst,
    output wire        m_axi_wvalid,
    input  wire        m_axi_wready,
    output wire [63:0] m_axi_wdata,
    output wire [7:0]  m_axi_wstrb,
    output wire        m_axi_wlast,
    input  wire        m_axi_bvalid,
    output wire        m_axi_bready,
    input  wire [1:0]  m_axi_bresp
);
    // ---- CPU
    wire        timer_irq, npu_irq, uart_irq, fault_irq;
    wire        i_cyc, i_stb, i_ack, d_cyc, d_stb, d_we, d_ack;
    wire [29:0] i_adr, d_adr;
    wire [2:0]  i_cti;
    wire [31:0] i_dat, d_wdat, d_rdat;
    wire [3:0]  d_sel;

    VexRiscv u_cpu (
        .clk(clk), .reset(!rst_n),
        .externalResetVector(`SOC_RAM_BASE),
        .timerInterrupt(timer_irq), .softwareInterrupt(1'b0),
        .externalInterruptArray({29'd0, fault_irq, uart_irq, npu_irq}), // bit numbers: SOC_IRQ_*
        .iBusWishbone_CYC(i_cyc), .iBusWishbone_STB(i_stb), .iBusWishbone_ACK(i_ack), .iBusWishbone_WE(),
        .iBusWishbone_ADR(i_adr), .iBusWishbone_DAT_MISO(i_dat), .iBusWishbone_DAT_MOSI(), .iBusWishbone_SEL(),
        .iBusWishbone_ERR(1'b0), .iBusWishbone_CTI(i_cti), .iBusWishbone_BTE(),
        .dBusWishbone_CYC(d_cyc), .dBusWishbone_STB(d_stb), .dBusWishbone_ACK(d_ack), .dBusWishbone_WE(d_we),
        .dBusWishbone_ADR(d_adr), .dBusWishbone_DAT_MISO(d_rdat), .dBusWishbone_DAT_MOSI(d_wdat),
        .dBusWishbone_SEL(d_sel), .dBusWishbone_ERR(1'b0), .dBusWishbone_CTI(), .dBusWishbone_BTE()
    );

    // ---- data bus
    wire        bus_stb = d_cyc && d_stb;
    wire [31:0] d_addr  = {d_adr, 2'b00};
    wire        fault;
    wire        ram_stb, ram_ack, mem_stb, mem_ack, mem_err, npu_stb, npu_ack, npu_err;
    wire [31:0] ram_rdat, mem_rdat, npu_rdat, flash_rdat, uart_rdat, timer_rdat, sys_rdat;
    wire        flash_stb, flash_ack, uart_stb, timer_stb, sys_stb;
    localparam int FLASH = FLASH_OFFSET != 32'hffffffff ? 1 : 0;

    soc_bus #(.MEM_SIZE(MEM_SIZE), .FLASH(FLASH)) u_bus (
        .clk(clk), .rst_n(rst_n),
        .cpu_stb(bus_stb), .cpu_addr(d_addr), .cpu_we(d_we), .cpu_ack(d_ack), .cpu_rdat(d_rdat), .fault(fault),
        .ram_stb(ram_stb), .ram_ack(ram_ack), .ram_rdat(ram_rdat),
        .mem_stb(mem_stb), .mem_ack(mem_ack), .mem_err(mem_err), .mem_rdat(mem_rdat),
        .npu_stb(npu_stb), .npu_ack(npu_ack), .npu_err(npu_err), .npu_rdat(npu_rdat),
        .flash_stb(flash_stb), .flash_ack(flash_ack), .flash_rdat(flash_rdat),
        .uart_stb(uart_stb), .uart_rdat(uart_rdat), .timer_stb(timer_stb), .timer_rdat(timer_rdat),
        .sys_stb(sys_stb), .sys_rdat(sys_rdat)
    );

    // A fetch outside the RAM reads 0, an illegal instruction, which traps.
    wire [31:0] ram_i_dat;
    wire        fetch_in_ram = (({i_adr, 2'b00} ^ `SOC_RAM_BASE) & ~(`SOC_RAM_SIZE - 32'd1)) == 32'd0; // a power of two, aligned
    assign i_dat = fetch_in_ram ? ram_i_dat : 32'd0;
    soc_ram #(.WORDS(`SOC_RAM_SIZE / 4), .INIT_FILE(RAM_INIT)) u_ram (
        .clk(clk), .rst_n(rst_n),
        .i_stb(i_cyc && i_stb), .i_adr(i_adr), .i_cti(i_cti), .i_ack(i_ack), .i_dat(ram_i_dat),
        .d_stb(ram_stb), .d_we(d_we), .d_adr(d_adr), .d_sel(d_sel), .d_wdat(d_wdat), .d_ack(ram_ack), .d_dat(ram_rdat)
    );

    soc_uart #(.DIV_RESET(UART_DIV)) u_uart (
        .clk(clk), .rst_n(rst_n), .reg_stb(uart_stb), .reg_we(d_we), .reg_addr(d_addr[11:0]), .reg_wdata(d_wdat),
        .reg_rdata(uart_rdat), .irq(uart_irq), .rx(uart_rx), .tx(uart_tx)
    );

    soc_timer u_timer (
        .clk(clk), .rst_n(rst_n), .reg_stb(timer_stb), .reg_we(d_we), .reg_addr(d_addr[11:0]), .reg_wdata(d_wdat),
        .reg_rdata(timer_rdat), .irq(timer_irq)
    );

    soc_sys #(.CLK_HZ(CLK_HZ), .MEM_SIZE(MEM_SIZE), .FLASH_OFFSET(FLASH_OFFSET)) u_sys (
        .clk(clk), .rst_n(rst_n), .reg_stb(sys_stb), .reg_we(d_we), .reg_addr(d_addr[11:0]), .reg_wdata(d_wdat),
        .reg_rdata(sys_rdat), .fault(fault), .fault_addr(d_addr), .irq(fault_irq),
        .finish_valid(finish_valid), .finish_code(finish_code)
    );

    generate
        if (FLASH != 0) begin : gen_flash
            soc_flash #(.HALF(FLASH_HALF)) u_flash (
                .clk(clk), .rst_n(rst_n), .stb(flash_stb), .addr(d_addr[23:0]), .ack(flash_ack), .rdat(flash_rdat),
                .flash_cs_n(flash_cs_n), .flash_clk(flash_clk), .flash_mosi(flash_mosi), .flash_miso(flash_miso)
            );
        end else begin : gen_no_flash
            assign flash_ack  = 1'b0;
            assign flash_rdat = 32'd0;
            assign flash_cs_n = 1'b1;
            assign flash_clk  = 1'b0;
            assign flash_mosi = 1'b0;
            wire _unused = &{1'b0, flash_stb, flash_miso};
        end
    endgenerate

    // ---- NPU registers
    wire        l_awvalid, l_awready, l_wvalid, l_wready, l_bvalid, l_bready, l_arvalid, l_arready, l_rvalid, l_rready;
    wire [11:0] l_awaddr, l_araddr;
    wire [31:0] l_wdata, l_rdata;
    wire [3:0]  l_wstrb;
    wire [1:0]  l_bresp, l_rresp;
    soc_wb_axil u_wb_axil (
        .clk(clk), .rst_n(rst_n),
        .wb_stb(npu_stb), .wb_we(d_we), .wb_addr(d_addr[11:0]), .wb_sel(d_sel), .wb_wdat(d_wdat),
        .wb_ack(npu_ack), .wb_err(npu_err), .wb_rdat(npu_rdat),
        .m_axil_awvalid(l_awvalid), .m_axil_awready(l_awready), .m_axil_awaddr(l_awaddr),
        .m_axil_wvalid(l_wvalid), .m_axil_wready(l_wready), .m_axil_wdata(l_wdata), .m_axil_wstrb(l_wstrb),
        .m_axil_bvalid(l_bvalid), .m_axil_bready(l_bready), .m_axil_bresp(l_bresp),
        .m_axil_arvalid(l_arvalid), .m_axil_arready(l_arready), .m_axil_araddr(l_araddr),
        .m_axil_rvalid(l_rvalid), .m_axil_rready(l_rready), .m_axil_rdata(l_rdata), .m_axil_rresp(l_rresp)
    );

    // ---- NPU (a_*) and CPU (c_*) on the memory port. Size and burst type are the same for every transfer.
    wire        a_arvalid, a_arready, a_rvalid, a_rready, a_awvalid, a_awready, a_wvalid, a_wready, a_wlast;
    wire        a_bvalid, a_bready, a_bdone;
    wire [31:0] a_araddr, a_awaddr;
    wire [7:0]  a_arlen, a_awlen, a_wstrb;
    wire [63:0] a_wdata;
    npu_top #(
        .N(N), .LANES(LANES), .SP_WORDS(SP_WORDS), .SP_BANKS(SP_BANKS), .ACC_DEPTH(ACC_DEPTH),
        .FIR_GROUPS(FIR_GROUPS), .FIR_TAPS(FIR_TAPS), .MATMUL(MATMUL), .TRACE_RECORDS(TRACE_RECORDS), .WIDE_LANES(WIDE_LANES),
        .SOFTMAX(SOFTMAX), .NORM(NORM), .MUL_STYLE(MUL_STYLE), .MUL_DSP(MUL_DSP)
    ) u_npu (
        .clk(clk), .rst_n(rst_n), .irq(npu_irq),
        .s_axil_awvalid(l_awvalid), .s_axil_awready(l_awready), .s_axil_awaddr(l_awaddr),
        .s_axil_wvalid(l_wvalid), .s_axil_wready(l_wready), .s_axil_wdata(l_wdata), .s_axil_wstrb(l_wstrb),
        .s_axil_bvalid(l_bvalid), .s_axil_bready(l_bready), .s_axil_bresp(l_bresp),
        .s_axil_arvalid(l_arvalid), .s_axil_arready(l_arready), .s_axil_araddr(l_araddr),
        .s_axil_rvalid(l_rvalid), .s_axil_rready(l_rready), .s_axil_rdata(l_rdata), .s_axil_rresp(l_rresp),
        .m_axi_arvalid(a_arvalid), .m_axi_arready(a_arready), .m_axi_araddr(a_araddr), .m_axi_arlen(a_arlen),
        .m_axi_arsize(), .m_axi_arburst(),
        .m_axi_rvalid(a_rvalid), .m_axi_rready(a_rready), .m_axi_rdata(m_axi_rdata), .m_axi_rresp(m_axi_rresp),
        .m_axi_rlast(m_axi_rlast),
        .m_axi_awvalid(a_awvalid), .m_axi_awready(a_awready), .m_axi_awaddr(a_awaddr), .m_axi_awlen(a_awlen),
        .m_axi_awsize(), .m_axi_awburst(),
        .m_axi_wvalid(a_wvalid), .m_axi_wready(a_wready), .m_axi_wdata(a_wdata), .m_axi_wstrb(a_wstrb),
        .m_axi_wlast(a_wlast),
        .m_axi_bvalid(a_bvalid), .m_axi_bready(a_bready), .m_axi_bresp(m_axi_bresp),
        .trace_start(), .trace_done(), .trace_start_index(), .trace_done_index()
    );

    wire        c_arvalid, c_arready, c_rvalid, c_rready, c_awvalid, c_awready, c_wvalid, c_wready, c_wlast;
    wire        c_bvalid, c_bready;
    wire [31:0] c_araddr, c_awaddr;
    wire [7:0]  c_arlen, c_awlen, c_wstrb;
    wire [63:0] c_wdata;
    soc_wb_axi u_wb_axi (
        .clk(clk), .rst_n(rst_n),
        .wb_stb(mem_stb), .wb_we(d_we), .wb_addr(d_addr), .wb_sel(d_sel), .wb_wdat(d_wdat),
        .wb_ack(mem_ack), .wb_err(mem_err), .wb_rdat(mem_rdat), .snoop_write(a_bdone),
        .m_axi_arvalid(c_arvalid), .m_axi_arready(c_arready), .m_axi_araddr(c_araddr), .m_axi_arlen(c_arlen),
        .m_axi_arsize(m_axi_arsize), .m_axi_arburst(m_axi_arburst),
        .m_axi_rvalid(c_rvalid), .m_axi_rready(c_rready), .m_axi_rdata(m_axi_rdata), .m_axi_rresp(m_axi_rresp),
        .m_axi_rlast(m_axi_rlast),
        .m_axi_awvalid(c_awvalid), .m_axi_awready(c_awready), .m_axi_awaddr(c_awaddr), .m_axi_awlen(c_awlen),
        .m_axi_awsize(m_axi_awsize), .m_axi_awburst(m_axi_awburst),
        .m_axi_wvalid(c_wvalid), .m_axi_wready(c_wready), .m_axi_wdata(c_wdata), .m_axi_wstrb(c_wstrb),
        .m_axi_wlast(c_wlast),
        .m_axi_bvalid(c_bvalid), .m_axi_bready(c_bready), .m_axi_bresp(m_axi_bresp)
    );

    soc_axi_arb u_arb (
        .clk(clk), .rst_n(rst_n),
        .a_arvalid(a_arvalid), .a_arready(a_arready), .a_araddr(a_araddr), .a_arlen(a_arlen),
        .a_rvalid(a_rvalid), .a_rready(a_rready),
        .a_awvalid(a_awvalid), .a_awready(a_awready), .a_awaddr(a_awaddr), .a_awlen(a_awlen),
        .a_wvalid(a_wvalid), .a_wready(a_wready), .a_wdata(a_wdata), .a_wstrb(a_wstrb), .a_wlast(a_wlast),
        .a_bvalid(a_bvalid), .a_bready(a_bready), .a_bdone(a_bdone),
        .b_arvalid(c_arvalid), .b_arready(c_arready), .b_araddr(c_araddr), .b_arlen(c_arlen),
        .b_rvalid(c_rvalid), .b_rready(c_rready),
        .b_awvalid(c_awvalid), .b_awready(c_awready), .b_awaddr(c_awaddr), .b_awlen(c_awlen),
        .b_wvalid(c_wvalid), .b_wready(c_wready), .b_wdata(c_wdata), .b_wstrb(c_wstrb), .b_wlast(c_wlast),
        .b_bvalid(c_bvalid), .b_bready(c_bready),
        .m_arvalid(m_axi_arvalid), .m_arready(m_axi_arready), .m_araddr(m_axi_araddr), .m_arlen(m_axi_arlen),
        .m_rvalid(m_axi_rvalid), .m_rready(m_axi_rready), .m_rlast(m_axi_rlast),
        .m_awvalid(m_axi_awvalid), .m_awready(m_axi_awready), .m_awaddr(m_axi_awaddr), .m_awlen(m_axi_awlen),
        .m_wvalid(m_axi_wvalid), .m_wready(m_axi_wready), .m_wdata(m_axi_wdata), .m_wstrb(m_axi_wstrb),
        .m_wlast(m_axi_wlast), .m_bvalid(m_axi_bvalid), .m_bready(m_axi_bready)
    );
endmodule
`default_nettype wire
