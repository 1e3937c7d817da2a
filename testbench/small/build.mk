# The iCEBreaker in simulation: build/small/rtl/small_sim from the sources of its top, build/small/netlist/small_sim from the netlist that
# synthesis makes for its bitstream. Cells: yosys' own models. SPDX-License-Identifier: Apache-2.0
SMALL_CONF  := fpga/icebreaker/board.conf
small_conf   = $(shell . ./$(SMALL_CONF) && echo $$$(1))
SMALL_RTL   := $(call small_conf,rtl) $(call small_conf,sources)
SMALL_HZ    := $(call small_conf,clk_hz)
SMALL_CELLS := $(BUILD)/small/cells.v
SMALL_NEEDS := $(BUILD)/soc/VexRiscv_Min.v $(BUILD)/firmware/small_boot.hex
SMALL_BENCH := testbench/small/small_sim.cc testbench/small/ice40_models.v testbench/small/sdram_part.h testbench/soc/spi_flash.h

$(BUILD)/small/fpga/icebreaker.json: $(SMALL_RTL) $(SMALL_CONF) fpga/icebreaker/icebreaker.pcf fpga/board.sh $(SMALL_NEEDS) $(call config_vh,npu4) spec/gen/npu_spec.vh rtl/soc/soc_map.vh | $(SETUP)
	@echo "synthesise icebreaker"
	@FPGA_STOP=netlist FPGA_OUT=$(@D) fpga/board.sh icebreaker

# Without the cells that ice40_models.v has.
$(SMALL_CELLS): /usr/share/yosys/ice40/cells_sim.v
	@mkdir -p $(@D)
	@awk '/^module (SB_SPRAM256KA|SB_PLL40_PAD) /{ skip = 1 } !skip { print } /^endmodule/{ skip = 0 }' $< >$@
$(BUILD)/small/netlist.v: $(BUILD)/small/fpga/icebreaker.json
	@yosys -q -p "read_json $<; splitnets; write_verilog -noattr $@"

# $(1): rtl or netlist, $(2): sources
define verilate_small
	@echo "verilate icebreaker $(1)"
	@mkdir -p $(BUILD)/small/$(1)
	@MAKEFLAGS= verilator --cc --exe --build --build-jobs $(JOBS) --prefix Vtop --top-module top --Mdir $(BUILD)/small/$(1)/obj -O3 \
	    --output-split 20000 --x-assign unique --x-initial unique --no-timing -Wno-lint -Wno-style -Wno-TIMESCALEMOD -Wno-UNOPTFLAT -DNO_ICE40_DEFAULT_ASSIGNMENTS \
	    $(2) $(SMALL_CELLS) testbench/small/ice40_models.v $(CURDIR)/testbench/small/small_sim.cc -o ../small_sim \
	    -MAKEFLAGS "OPT_FAST=-O1 OPT_SLOW=-O0 OBJCACHE=$(CCACHE)" \
	    -CFLAGS "-std=c++17 -I$(CURDIR)/testbench/soc -DSMALL_CLK_HZ=$(SMALL_HZ) -DSMALL_UART_CLOCKS=$$(($(SMALL_HZ) / 115200))" \
	    >$(BUILD)/small/$(1)/log 2>&1 || { tail -40 $(BUILD)/small/$(1)/log; exit 1; }
endef
# The board's own clock rate, as the flow passes it.
SMALL_PARAMS = -GCLK_HZ=$(SMALL_HZ) -GFLASH_OFFSET=$$(($(call small_conf,flash_offset))) -DSYSTOLE_RAM_INIT='"$(BUILD)/firmware/small_boot.hex"' -Ispec/gen -Irtl/soc
$(BUILD)/small/rtl/small_sim: $(SMALL_RTL) $(SMALL_CELLS) $(SMALL_BENCH) $(SMALL_CONF) $(SMALL_NEEDS) spec/gen/npu_spec.vh rtl/soc/soc_map.vh | $(SETUP)
	$(call verilate_small,rtl,$(SMALL_PARAMS) $(SMALL_RTL) $(BUILD)/soc/VexRiscv_Min.v)
$(BUILD)/small/netlist/small_sim: $(BUILD)/small/netlist.v $(SMALL_CELLS) $(SMALL_BENCH) $(SMALL_CONF)
	$(call verilate_small,netlist,$<)

# The boards with an SDRAM: soc_small_sdram, with the parameters of the Colorlight i5; of the Tang Nano 20K with BOARD=tangnano20k.
SDRAM_SIM    := $(if $(filter tangnano20k,$(BOARD)),$(BOARD),sdram)
SDRAM_CONF   := fpga/$(SDRAM_SIM:sdram=colorlight-i5)/board.conf
sdram_conf    = $(shell . ./$(SDRAM_CONF) && echo $$$(1))
SDRAM_RTL    := $(call sdram_conf,rtl)
SDRAM_HZ     := $(call sdram_conf,clk_hz)
SDRAM_CONFIG := $(subst =,,$(subst $(comma),-,$(call sdram_conf,config)))
$(BUILD)/small/$(SDRAM_SIM)/small_sim: $(SDRAM_RTL) $(SMALL_BENCH) $(SDRAM_CONF) $(SMALL_NEEDS) $(call config_vh,$(SDRAM_CONFIG)) spec/gen/npu_spec.vh rtl/soc/soc_map.vh | $(SETUP)
	@echo "verilate the small system with SDRAM"
	@mkdir -p $(@D)
	@MAKEFLAGS= verilator --cc --exe --build --build-jobs $(JOBS) --prefix Vtop --top-module soc_small_sdram --Mdir $(@D)/obj -O3 \
	    --output-split 20000 --x-assign unique --x-initial unique --no-timing -Wno-lint -Wno-style -Wno-UNOPTFLAT -Ispec/gen -Irtl/soc \
	    $(filter-out -GMATMUL=% -GTRACE_RECORDS=% -GWIDE_LANES=% -GSOFTMAX=% -GNORM=%,$(call rtl_params,$(SDRAM_CONFIG))) \
	    -GCLK_HZ=$(SDRAM_HZ) -GRESET_BITS=5 -GFLASH_OFFSET=$$(($(call sdram_conf,flash_offset))) -GBOOT_INIT='"$(BUILD)/firmware/small_boot.hex"' \
	    $(SDRAM_RTL) $(BUILD)/soc/VexRiscv_Min.v $(CURDIR)/testbench/small/small_sim.cc -o ../small_sim \
	    -MAKEFLAGS "OPT_FAST=-O1 OPT_SLOW=-O0 OBJCACHE=$(CCACHE)" \
	    -CFLAGS "-std=c++17 -I$(CURDIR)/testbench/soc -DSMALL_SDRAM -DSMALL_CLK_HZ=$(SDRAM_HZ) -DSMALL_UART_CLOCKS=$$(($(SDRAM_HZ) / 115200))" \
	    >$(@D)/log 2>&1 || { tail -40 $(@D)/log; exit 1; }

.PHONY: small-sim
small-sim: $(BUILD)/small/rtl/small_sim $(BUILD)/small/netlist/small_sim $(BUILD)/small/$(SDRAM_SIM)/small_sim $(BUILD)/microcode/$(SDRAM_CONFIG)/microcode.bin ## the small systems in simulation: iCEBreaker as RTL and as netlist, the one with SDRAM (of another board: BOARD=tangnano20k)
TEST_NEEDS += small-sim $(BUILD)/firmware/small.bin $(BUILD)/microcode/npu4/microcode.bin $(BUILD)/microcode/npu8/microcode.bin
