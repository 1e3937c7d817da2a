# Verilog of the SoC without the CPU, which comes from the Python package.   SPDX-License-Identifier: Apache-2.0
SOC_RTL := $(addprefix rtl/soc/,soc_top.v soc_bus.v soc_ram.v soc_uart.v soc_timer.v soc_sys.v soc_flash.v soc_wb_axil.v \
    soc_wb_axi.v soc_axi_arb.v soc_axi_owners.v)
