# Boards in simulation, from power-up (board_sim.cc): build/board/SYSTEM/board_sim. SYSTEM: rtl, netlist: the iCEBreaker's top, its sources or
# the netlist that synthesis makes for its bitstream (cells: yosys' own models); sdram, tangnano20k: soc_small_sdram as the Colorlight i5
# and the Tang Nano 20K have it; ulx3s: the ULX3S' top. SPDX-License-Identifier: Apache-2.0
BOARD_DIR    := $(BUILD)/board
board_conf    = $(shell . fpga/$(1)/board.conf && echo $$$(2))
BOARD_CELLS  := $(BOARD_DIR)/cells.v
BOARD_BENCH  := testbench/board/board_sim.cc $(wildcard testbench/board/*.h) testbench/soc/spi_flash.h testbench/board/build.mk spec/gen/npu_spec.vh rtl/soc/soc_map.vh
SMALL_NEEDS  := $(BUILD)/soc/VexRiscv_Min.v $(BUILD)/firmware/small_boot.hex
ICE_RTL      := $(call board_conf,icebreaker,rtl) $(call board_conf,icebreaker,sources)
ICE_MODELS   := testbench/board/ice40_models.v

# $(1): system, $(2): board, $(3): name in pins_NAME.h, $(4): top and sources, $(5): parameters
define verilate_board
	@echo "verilate the board $(2) ($(1))"
	@mkdir -p $(BOARD_DIR)/$(1)
	@MAKEFLAGS= verilator --cc --exe --build --build-jobs $(JOBS) --prefix Vtop --Mdir $(BOARD_DIR)/$(1)/obj -O3 --output-split 20000 \
	    --x-assign unique --x-initial unique --no-timing -Wno-lint -Wno-style -Wno-TIMESCALEMOD -Wno-UNOPTFLAT -Ispec/gen -Irtl/soc \
	    $(5) $(4) $(CURDIR)/testbench/board/board_sim.cc -o ../board_sim -MAKEFLAGS "OPT_FAST=-O1 OPT_SLOW=-O0 OBJCACHE=$(CCACHE)" \
	    -CFLAGS '-std=c++17 -I$(CURDIR)/testbench/soc -I$(CURDIR)/testbench/board -DBOARD_PINS=\"pins_$(3).h\" \
	        -DBOARD_CLK_HZ=$(call board_conf,$(2),clk_hz) -DBOARD_UART_CLOCKS=$(shell echo $$(($(call board_conf,$(2),clk_hz) / 115200)))' \
	    >$(BOARD_DIR)/$(1)/log 2>&1 || { tail -40 $(BOARD_DIR)/$(1)/log; exit 1; }
endef
# Clock rate and place of the boot image, as the flow passes them.
board_params  = -GCLK_HZ=$(call board_conf,$(1),clk_hz) -GFLASH_OFFSET=$(shell echo $$(($(call board_conf,$(1),flash_offset))))

# iCEBreaker. Cells without those that ice40_models.v has.
$(BOARD_CELLS): /usr/share/yosys/ice40/cells_sim.v
	@mkdir -p $(@D)
	@awk '/^module (SB_SPRAM256KA|SB_PLL40_PAD) /{ skip = 1 } !skip { print } /^endmodule/{ skip = 0 }' $< >$@
$(BOARD_DIR)/fpga/icebreaker.json: $(ICE_RTL) fpga/icebreaker/board.conf fpga/icebreaker/icebreaker.pcf fpga/board.sh $(SMALL_NEEDS) $(call config_vh,npu4) spec/gen/npu_spec.vh rtl/soc/soc_map.vh | $(SETUP)
	@echo "synthesise icebreaker"
	@FPGA_STOP=netlist FPGA_OUT=$(@D) fpga/board.sh icebreaker
$(BOARD_DIR)/netlist.v: $(BOARD_DIR)/fpga/icebreaker.json
	@yosys -q -p "read_json $<; splitnets; write_verilog -noattr $@"
ICE_FLAGS    := --top-module top -DNO_ICE40_DEFAULT_ASSIGNMENTS
$(BOARD_DIR)/rtl/board_sim: $(ICE_RTL) $(BOARD_CELLS) $(ICE_MODELS) $(BOARD_BENCH) fpga/icebreaker/board.conf $(SMALL_NEEDS) | $(SETUP)
	$(call verilate_board,rtl,icebreaker,icebreaker,$(ICE_FLAGS) $(ICE_RTL) $(BUILD)/soc/VexRiscv_Min.v $(BOARD_CELLS) $(ICE_MODELS),\
	    $(call board_params,icebreaker) -DSYSTOLE_RAM_INIT='"$(BUILD)/firmware/small_boot.hex"')
$(BOARD_DIR)/netlist/board_sim: $(BOARD_DIR)/netlist.v $(BOARD_CELLS) $(ICE_MODELS) $(BOARD_BENCH) fpga/icebreaker/board.conf
	$(call verilate_board,netlist,icebreaker,icebreaker,$(ICE_FLAGS) $< $(BOARD_CELLS) $(ICE_MODELS))

# soc_small_sdram with the parameters of the Colorlight i5; of the Tang Nano 20K with BOARD=tangnano20k.
SDRAM_SIM    := $(if $(filter tangnano20k,$(BOARD)),$(BOARD),sdram)
SDRAM_BOARD  := $(SDRAM_SIM:sdram=colorlight-i5)
SDRAM_RTL    := $(call board_conf,$(SDRAM_BOARD),rtl)
SDRAM_CONFIG := $(subst =,,$(subst $(comma),-,$(call board_conf,$(SDRAM_BOARD),config)))
$(BOARD_DIR)/$(SDRAM_SIM)/board_sim: $(SDRAM_RTL) $(BOARD_BENCH) fpga/$(SDRAM_BOARD)/board.conf $(SMALL_NEEDS) $(call config_vh,$(SDRAM_CONFIG)) | $(SETUP)
	$(call verilate_board,$(SDRAM_SIM),$(SDRAM_BOARD),small_sdram,--top-module soc_small_sdram $(SDRAM_RTL) $(BUILD)/soc/VexRiscv_Min.v,\
	    $(filter-out -GMATMUL=% -GTRACE_RECORDS=% -GWIDE_LANES=% -GSOFTMAX=% -GNORM=%,$(call rtl_params,$(SDRAM_CONFIG))) \
	    $(call board_params,$(SDRAM_BOARD)) -GRESET_BITS=5 -GBOOT_INIT='"$(BUILD)/firmware/small_boot.hex"')

# ULX3S, in the configuration of its board.conf. Products as the board has them are for the netlist (testbench/netlist).
ULX3S_CONFIG := $(subst =,,$(subst $(comma),-,$(call board_conf,ulx3s,config)))
ULX3S_PARAMS  = $(shell echo '$(filter-out -GTRACE_RECORDS=%,$(call rtl_params,$(ULX3S_CONFIG))) -GMUL_STYLE=0 $(call board_params,ulx3s)' | sed 's/-G\([A-Z_]*\)=\([0-9]*\) */.\1(\2), /g; s/, $$//')
ULX3S_OWN    := testbench/board/ulx3s_bench.v testbench/board/ecp5_models.v $(call board_conf,ulx3s,sources)
.SECONDEXPANSION: # the lists of the RTL come later in the alphabet
$(BOARD_DIR)/ulx3s/board_sim: $$(SOC_RTL_ALL) $(ULX3S_OWN) $(BOARD_BENCH) fpga/ulx3s/board.conf $(BUILD)/soc/VexRiscv_Lite.v $(BUILD)/firmware/firmware.hex $(call config_vh,$(ULX3S_CONFIG)) | $(SETUP)
	$(call verilate_board,ulx3s,ulx3s,ulx3s,--top-module ulx3s_bench rtl/soc/soc.vlt $(ULX3S_OWN) $(SOC_RTL_ALL) $(BUILD)/soc/VexRiscv_Lite.v,\
	    '-DBOARD_PARAMS=$(ULX3S_PARAMS)' -DSYSTOLE_RAM_INIT='"$(BUILD)/firmware/firmware.hex"')

.PHONY: board-sim
board-sim: $(BOARD_DIR)/rtl/board_sim $(BOARD_DIR)/netlist/board_sim $(BOARD_DIR)/$(SDRAM_SIM)/board_sim $(BOARD_DIR)/ulx3s/board_sim $(BUILD)/microcode/$(SDRAM_CONFIG)/microcode.bin ## the boards in simulation: iCEBreaker as RTL and as netlist, ULX3S, the small system with SDRAM (of another board: BOARD=tangnano20k)
TEST_NEEDS += board-sim $(BUILD)/firmware/small.bin $(BUILD)/microcode/npu4/microcode.bin $(BUILD)/microcode/npu8/microcode.bin
