// A whole system for small devices: VexRiscv (Min), npu_lite, memory, boot memory, UART, SPI flash; one clock. Memory is 64 KiB inside
// (MEM_AXI = 0) or 2^MEM_BITS bytes behind the AXI port.
//
// Address map: soc_map.vh, as far as the parts are there; the RAM at SOC_RAM_BASE is the main memory at SOC_MEM_BASE too. The NPU reads
// main memory and flash, so weights may stay in the flash. SOC_NPU_BASE + 0x10000: the NPU's local memory (npu_lite.v), where the
// firmware puts the microcode. The CPU starts in the boot memory (sw/firmware/small_boot.c), 1 KiB at SOC_SMALL_BOOT_BASE.
// Memory serves the NPU first, then data, then instructions (soc_small_ram, soc_small_cache).
// Counterpart: sw/firmware/small.c. SPDX-License-Identifier: Apache-2.0
`include "soc_map.vh"
`default_nettype none
module soc_small #(
    parameter         N            = 4,
    parameter         SP_WORDS     = 4096,
    parameter         ACC_DEPTH    = 256,
    parameter         LANES        = 4, SP_BANKS = 4, FIR_GROUPS = 1, FIR_TAPS = 4,
    parameter         CODE_BYTES   = 49152,  // npu_lite_local
    parameter         MEM_AXI      = 0,
    parameter         MEM_BITS     = 16,
    parameter         CACHE_LINES  = 64,     // with MEM_AXI: soc_small_cache
    parameter [31:0]  CLK_HZ       = 24000000,
    parameter         UART_DIV     = 208,
    parameter [31:0]  FLASH_OFFSET = 32'h00100000,
    parameter         FLASH_WAKE   = 4095,
    parameter         DESELECT     = 3,      // soc_flash
    parameter         MUL_STYLE    = 0,      // npu_lite_mac
    parameter         MUL_DSP      = 1000,   // npu_lite_array
    parameter         RAM_STYLE    = 0,      // npu_lite_ram, npu_lite_local
    parameter         BOOT_INIT    = ""      // words in hex
) (
    input  wire        clk,
    input  wire        rst_n,
    input  wire        uart_rx,
    output wire        uart_tx,
    output wire        flash_cs_n,
    output wire        flash_clk,
    output wire        flash_mosi,
    input  wire        flash_miso,
    output reg         finish_valid,   // the firmware reported an end (soc_map.vh: FINISH)
    output reg         finish_bad,     // with an exit code that is not 0
    // Main memory with MEM_AXI: soc_small_cache.
    output wire        m_axi_arvalid,
    input  wire        m_axi_arready,
    output wire [31:0] m_axi_araddr,
    input  wire        m_axi_rvalid,
    output wire        m_axi_rready,
    input  wire [63:0] m_axi_rdata,
    output wire        m_axi_awvalid,
    input  wire        m_axi_awready,
    output wire [31:0] m_axi_awaddr,
    output wire        m_axi_wvalid,
    input  wire        m_axi_wready,
    output wire [63:0] m_axi_wdata,
    input  wire        m_axi_bvalid,
    output wire        m_axi_bready
);
    // ---------------------------------------------------------------- masters
    wire        i_cyc, i_stb, d_cyc, d_stb, d_we;
    wire [29:0] i_adr, d_adr;
    wire [31:0] i_rdat, d_wdat, d_rdat;
    wire [3:0]  d_sel;
    reg         i_ack_q, d_ack_q;
    wire        d_ack, npu_irq, uart_irq;
    VexRiscv u_cpu (
        .clk(clk), .reset(!rst_n), .externalResetVector(`SOC_SMALL_BOOT_BASE), .timerInterrupt(1'b0), .softwareInterrupt(1'b0),
        .externalInterruptArray({30'd0, uart_irq, npu_irq}), // bit numbers: SOC_IRQ_*
        .iBusWishbone_CYC(i_cyc), .iBusWishbone_STB(i_stb), .iBusWishbone_ACK(i_ack_q), .iBusWishbone_WE(), .iBusWishbone_ADR(i_adr),
        .iBusWishbone_DAT_MISO(i_rdat), .iBusWishbone_DAT_MOSI(), .iBusWishbone_SEL(), .iBusWishbone_ERR(1'b0),
        .iBusWishbone_CTI(), .iBusWishbone_BTE(),
        .dBusWishbone_CYC(d_cyc), .dBusWishbone_STB(d_stb), .dBusWishbone_ACK(d_ack), .dBusWishbone_WE(d_we), .dBusWishbone_ADR(d_adr),
        .dBusWishbone_DAT_MISO(d_rdat), .dBusWishbone_DAT_MOSI(d_wdat), .dBusWishbone_SEL(d_sel), .dBusWishbone_ERR(1'b0),
        .dBusWishbone_CTI(), .dBusWishbone_BTE()
    );
    wire        n_valid, n_we;
    wire [31:0] n_addr, n_wdata, n_rdata;
    wire [3:0]  n_be;

    // ---------------------------------------------------------------- who wants what (the highest four address bits)
    localparam [31:0] MEM_HIGH = `SOC_MEM_BASE;
    wire        i_ask   = i_cyc && i_stb && !i_ack_q;
    wire        d_ask   = d_cyc && d_stb && !d_ack_q;
    wire [3:0]  d_top   = d_adr[29:26];
    wire        d_mem   = d_ask && (d_top[3] || d_top[1:0] == 2'd0);           // 0, 4: memory; 8 and above: boot memory
    wire        d_reg   = d_ask && d_top == 4'd1;
    wire        d_npu   = d_ask && d_top == 4'd2;
    wire        d_flash = d_ask && d_top == 4'd3;
    wire        d_none  = d_ask && !d_mem && !d_reg && !d_npu && !d_flash;
    wire        n_mem   = n_valid && n_addr[31:MEM_BITS] == MEM_HIGH[31:MEM_BITS];
    wire        n_flash = n_valid && n_addr[31:24] == 8'h30 && !n_we;
    wire        n_bad   = n_valid && !n_mem && !n_flash;

    // ---------------------------------------------------------------- memory and boot memory
    wire        n_go, d_go, i_go;
    wire [31:0] ram_rdata;
    generate
        if (MEM_AXI) begin : gen_axi
            soc_small_cache #(.MEM_BITS(MEM_BITS), .LINES(CACHE_LINES), .BASE(`SOC_MEM_BASE), .BOOT_INIT(BOOT_INIT)) u_mem (
                .clk(clk), .rst_n(rst_n), .n_ask(n_mem), .n_we(n_we), .n_addr(n_addr[MEM_BITS-1:2]), .n_be(n_be), .n_wdata(n_wdata),
                .n_go(n_go), .n_rdata(ram_rdata), .d_ask(d_mem), .d_we(d_we), .d_addr(d_adr), .d_be(d_sel), .d_wdata(d_wdat),
                .d_go(d_go), .i_ask(i_ask), .i_addr(i_adr), .i_go(i_go), .rdata(i_rdat),
                .m_axi_arvalid(m_axi_arvalid), .m_axi_arready(m_axi_arready), .m_axi_araddr(m_axi_araddr), .m_axi_rvalid(m_axi_rvalid),
                .m_axi_rready(m_axi_rready), .m_axi_rdata(m_axi_rdata), .m_axi_awvalid(m_axi_awvalid), .m_axi_awready(m_axi_awready),
                .m_axi_awaddr(m_axi_awaddr), .m_axi_wvalid(m_axi_wvalid), .m_axi_wready(m_axi_wready), .m_axi_wdata(m_axi_wdata),
                .m_axi_bvalid(m_axi_bvalid), .m_axi_bready(m_axi_bready));
        end else begin : gen_ram
            soc_small_ram #(.RAM_STYLE(RAM_STYLE), .BOOT_INIT(BOOT_INIT)) u_mem (
                .clk(clk), .n_ask(n_mem), .n_we(n_we), .n_addr(n_addr[15:2]), .n_be(n_be), .n_wdata(n_wdata), .n_go(n_go), .n_rdata(ram_rdata),
                .d_ask(d_mem), .d_we(d_we), .d_addr(d_adr), .d_be(d_sel), .d_wdata(d_wdat), .d_go(d_go),
                .i_ask(i_ask), .i_addr(i_adr), .i_go(i_go), .rdata(i_rdat));
            assign {m_axi_arvalid, m_axi_araddr, m_axi_rready, m_axi_awvalid, m_axi_awaddr, m_axi_wvalid, m_axi_wdata, m_axi_bready} = 133'd0;
            wire unused_axi = &{1'b0, m_axi_arready, m_axi_rvalid, m_axi_rdata, m_axi_awready, m_axi_wready, m_axi_bvalid};
        end
    endgenerate

    // ---------------------------------------------------------------- flash: of one master until it answers
    reg         f_busy_q, f_npu_q;
    wire        f_ack;
    wire [31:0] f_rdat;
    wire        f_npu_ack = f_ack && f_npu_q;
    wire        f_d_ack   = f_ack && !f_npu_q;
    soc_flash #(.FAST(0), .DESELECT(DESELECT), .WAKE(FLASH_WAKE)) u_flash (
        .clk(clk), .rst_n(rst_n), .stb(f_busy_q), .addr(f_npu_q ? n_addr[23:0] : {d_adr[21:0], 2'b00}), .ack(f_ack), .rdat(f_rdat),
        .flash_cs_n(flash_cs_n), .flash_clk(flash_clk), .flash_mosi(flash_mosi), .flash_miso(flash_miso));
    always @(posedge clk) begin
        if (!rst_n) f_busy_q <= 1'b0;
        else f_busy_q <= f_busy_q ? !f_ack : n_flash || d_flash;
        if (!f_busy_q) f_npu_q <= n_flash;
    end

    // ---------------------------------------------------------------- registers
    wire        h_ack;
    wire [31:0] h_rdata, uart_rdat, sys_rdat;
    reg  [31:0] reg_q;
    // DIV stays what it is after reset: no logic for it.
    wire        at_uart = d_reg && d_adr[11:10] == 2'd0 && {20'd0, d_adr[9:0], 2'b00} != `SOC_UART_DIV;
    soc_uart #(.DIV_RESET(UART_DIV)) u_uart (
        .clk(clk), .rst_n(rst_n), .reg_stb(at_uart), .reg_we(d_we), .reg_addr({d_adr[9:0], 2'b00}), .reg_wdata(d_wdat),
        .reg_rdata(uart_rdat), .irq(uart_irq), .rx(uart_rx), .tx(uart_tx));
    wire        at_sys = d_reg && d_adr[11:10] == 2'd2;
    wire [11:0] sys_at = {d_adr[9:0], 2'b00};
    always @(posedge clk) begin
        if (!rst_n) begin
            finish_valid <= 1'b0;
            finish_bad   <= 1'b0;
        end else if (at_sys && d_we && {20'd0, sys_at} == `SOC_SYS_FINISH) begin
            finish_valid <= !d_wdat[31];
            finish_bad   <= d_wdat[30:0] != 31'd0;
        end
    end
    assign sys_rdat = !at_sys ? 32'd0
                    : {20'd0, sys_at} == `SOC_SYS_CLK_HZ ? CLK_HZ
                    : {20'd0, sys_at} == `SOC_SYS_MEM_SIZE ? 32'd1 << MEM_BITS
                    : {20'd0, sys_at} == `SOC_SYS_FLASH ? FLASH_OFFSET : 32'd0;

    // ---------------------------------------------------------------- answers
    reg         d_reg_q, n_bad_q, n_flash_q;
    always @(posedge clk) begin
        i_ack_q   <= rst_n && i_go;
        d_ack_q   <= rst_n && (d_go || d_reg || d_none || (d_npu && h_ack) || f_d_ack);
        d_reg_q   <= d_reg || d_none || (d_npu && h_ack) || f_d_ack;
        reg_q     <= f_d_ack ? f_rdat : h_ack ? h_rdata : d_reg ? uart_rdat | sys_rdat : 32'd0;
        n_bad_q   <= n_bad;
        n_flash_q <= f_npu_ack;
    end
    assign d_ack   = d_ack_q;
    assign d_rdat  = d_reg_q ? reg_q : i_rdat;
    assign n_rdata = n_flash_q ? f_rdat : ram_rdata;

    // ---------------------------------------------------------------- the NPU and its local memory
    localparam LOCAL_BITS = SP_WORDS * N > 32768 ? 17 : 16;
    wire        l_we;
    wire [LOCAL_BITS-1:2] l_addr;
    wire [3:0]  l_be;
    wire [31:0] l_wdata;
    wire [31:0] l_code;
    wire [8*N-1:0] l_rdata;
    npu_lite #(.N(N), .SP_WORDS(SP_WORDS), .ACC_DEPTH(ACC_DEPTH), .LANES(LANES), .SP_BANKS(SP_BANKS), .FIR_GROUPS(FIR_GROUPS),
        .FIR_TAPS(FIR_TAPS), .MUL_STYLE(MUL_STYLE), .MUL_DSP(MUL_DSP)) u_npu (
        .clk(clk), .rst_n(rst_n), .irq(npu_irq), .h_valid(d_npu), .h_we(d_we), .h_addr({d_adr[14:0], 2'b00}), .h_wdata(d_wdat),
        .h_be(d_sel), .h_ack(h_ack), .h_rdata(h_rdata),
        .bus_valid(n_valid), .bus_ready(n_go || n_bad || f_npu_ack), .bus_we(n_we), .bus_addr(n_addr), .bus_be(n_be), .bus_wdata(n_wdata),
        .bus_rdata(n_rdata), .bus_err(n_bad_q), .l_we(l_we), .l_addr(l_addr), .l_be(l_be), .l_wdata(l_wdata), .l_code(l_code), .l_rdata(l_rdata));
    npu_lite_local #(.N(N), .LOCAL_BITS(LOCAL_BITS), .SP_WORDS(SP_WORDS), .CODE_BYTES(CODE_BYTES), .STYLE(RAM_STYLE)) u_local (
        .clk(clk), .we(l_we), .addr(l_addr), .be(l_be), .wdata(l_wdata), .code_rdata(l_code), .rdata(l_rdata));
    wire unused = &{1'b0, d_adr[25:22]};
endmodule
`default_nettype wire
