# Boards in simulation, from power-up (board_sim.cc): build/board/SYSTEM/board_sim. SYSTEM: rtl, netlist: the iCEBreaker's top, its sources or
# the netlist that synthesis makes for its bitstream (cells: yosys' own models); the others by their names, their tops. SPDX-License-Identifier: Apache-2.0
BOARD_DIR    := $(BUILD)/board
board_conf    = $(shell . fpga/$(1)/board.conf && echo $$$(2))
BOARD_CELLS  := $(BOARD_DIR)/cells.v
BOARD_BENCH  := testbench/board/board_sim.cc $(wildcard testbench/board/*.h) testbench/soc/spi_flash.h testbench/board/bench_ports.vh testbench/board/build.mk spec/gen/npu_spec.vh rtl/soc/soc_map.vh
SMALL_NEEDS  := $(BUILD)/soc/VexRiscv_Min.v $(BUILD)/firmware/small_boot.hex
ICE_RTL      := $(call board_conf,icebreaker,rtl) $(call board_conf,icebreaker,sources)
ICE_MODELS   := testbench/board/ice40_models.v

# $(1): system, $(2): board, $(3): name in pins_NAME.h, $(4): top and sources, $(5): parameters
define verilate_board
	@echo "verilate the board $(2) ($(1))"
	@rm -rf $(BOARD_DIR)/$(1)/obj && mkdir -p $(BOARD_DIR)/$(1)
	@MAKEFLAGS= verilator --cc --exe --build --build-jobs $(JOBS) --prefix Vtop --Mdir $(BOARD_DIR)/$(1)/obj -O3 --output-split 20000 \
	    --x-assign unique --x-initial unique --no-timing -Wno-lint -Wno-style -Wno-TIMESCALEMOD -Wno-UNOPTFLAT -Ispec/gen -Irtl/soc -Itestbench/board \
	    $(5) $(4) $(CURDIR)/testbench/board/board_sim.cc -o ../board_sim -MAKEFLAGS "OPT_FAST=-O1 OPT_SLOW=-O0 OBJCACHE=$(CCACHE)" \
	    -CFLAGS '-std=c++17 -I$(CURDIR)/testbench/soc -I$(CURDIR)/testbench/board -DBOARD_PINS=\"pins_$(3).h\" \
	        -DBOARD_CLK_HZ=$(call board_conf,$(2),clk_hz) -DBOARD_UART_CLOCKS=$(shell echo $$(($(call board_conf,$(2),clk_hz) / 115200)))' \
	    >$(BOARD_DIR)/$(1)/log 2>&1 || { tail -40 $(BOARD_DIR)/$(1)/log; exit 1; }
endef
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
	    -GCLK_HZ=$(call board_conf,icebreaker,clk_hz) -GFLASH_OFFSET=$(shell echo $$(($(call board_conf,icebreaker,flash_offset)))) -DSYSTOLE_RAM_INIT='"$(BUILD)/firmware/small_boot.hex"')
$(BOARD_DIR)/netlist/board_sim: $(BOARD_DIR)/netlist.v $(BOARD_CELLS) $(ICE_MODELS) $(BOARD_BENCH) fpga/icebreaker/board.conf
	$(call verilate_board,netlist,icebreaker,icebreaker,$(ICE_FLAGS) $< $(BOARD_CELLS) $(ICE_MODELS))

# Boards with an SDRAM: what board.conf says of each, with what the flow takes where it says nothing. Products as a board has them are for
# the netlists. SDRAM_NAME: data pins, row and column bits; BENCH_NAME: whose bench it has, if not one of its own.
SDRAM_ulx3s         := {16,13,9}
SDRAM_ulx3s-wide    := $(SDRAM_ulx3s)
SDRAM_colorlight-i5 := {32,11,8}
SDRAM_tangnano20k   := {32,11,8}
BENCH_ulx3s-wide    := ulx3s
board_bench   = testbench/board/bench_$(or $(BENCH_$(1)),$(1)).v
board_config  = $(call folder_of,$(call board_conf,$(1),config))
board_hex     = $(BUILD)/firmware/$(or $(call board_conf,$(1),firmware),firmware).hex
board_rtl     = $(or $(call board_conf,$(1),rtl),$(SOC_RTL_ALL)) $(call board_conf,$(1),sources) $(BUILD)/soc/$(or $(call board_conf,$(1),cpu),VexRiscv_Lite).v
# The top's parameters: of the configuration those that the board has, or all; clock rate and place of the boot image as the flow passes them
board_values  = $(shell for name in $(or $(call board_conf,$(1),config_parameters),$$(sed -n '/TRACE_RECORDS/d; s/^`define NPU_CFG_\([A-Z_]*\) .*/\1/p' $(call config_vh,$(call board_config,$(1))))); do \
    sed -n "s/^.define NPU_CFG_$$name \(.*\)/.$$name(\1), /p" $(call config_vh,$(call board_config,$(1))); done; \
    echo ".MUL_STYLE(0), .CLK_HZ($(call board_conf,$(1),clk_hz)), .FLASH_OFFSET($$(($(call board_conf,$(1),flash_offset))))")
define sdram_board
$(BOARD_DIR)/$(1)/board_sim: $$$$(call board_rtl,$(1)) $(call board_bench,$(1)) testbench/board/board_cells.v $(BOARD_BENCH) $(patsubst %,fpga/%/board.conf,$(1) $(BENCH_$(1))) $(call board_hex,$(1)) $(call config_vh,$(call board_config,$(1))) | $(SETUP)
	$$(call verilate_board,$(1),$(1),sdram,--top-module bench rtl/soc/soc.vlt $(call board_bench,$(1)) testbench/board/board_cells.v $$(call board_rtl,$(1)),\
	    '-DBOARD_PARAMS=$$(call board_values,$(1))' -DSYSTOLE_RAM_INIT='"$(call board_hex,$(1))"' -CFLAGS '-DBOARD_SDRAM=$$(SDRAM_$(1))')
endef
.SECONDEXPANSION: # the lists of the RTL come later in the alphabet
SDRAM_BOARDS := colorlight-i5 tangnano20k ulx3s ulx3s-wide
$(foreach board,$(SDRAM_BOARDS),$(eval $(call sdram_board,$(board))))

.PHONY: board-sim
board-sim: $(BOARD_DIR)/rtl/board_sim $(BOARD_DIR)/netlist/board_sim $(patsubst %,$(BOARD_DIR)/%/board_sim,colorlight-i5 ulx3s ulx3s-wide $(filter tangnano20k,$(BOARD))) \
    $(patsubst %,$(BUILD)/microcode/%/microcode.bin,npu8 $(if $(filter tangnano20k,$(BOARD)),$(CONFIG_FOLDER))) ## boards in simulation: iCEBreaker as RTL and as netlist, Colorlight i5, ULX3S; Tang Nano 20K too with BOARD=tangnano20k
TEST_NEEDS += board-sim $(BUILD)/firmware/small.bin $(BUILD)/microcode/npu4/microcode.bin $(BUILD)/microcode/npu8/microcode.bin
