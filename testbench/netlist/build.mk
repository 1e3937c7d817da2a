# The NPU of the ULX3S as Yosys' netlist, in a library of the same form as build/rtl/CONFIG/libnpu.so: build/netlist/ulx3s/rtl/CONFIG.
# NETLIST_BOARD: another ECP5 board (ulx3s-wide); NETLIST_CONFIG: another configuration than the board's.
# SPDX-License-Identifier: Apache-2.0
NETLIST_BOARD ?= ulx3s
NETLIST_DIR := $(BUILD)/netlist/$(NETLIST_BOARD)
NETLIST_CONFIG ?= $(call board_conf,$(NETLIST_BOARD),config)
NETLIST_FOLDER := $(call folder_of,$(NETLIST_CONFIG))
NETLIST_LIB := rtl/$(NETLIST_FOLDER)/libnpu.so
NETLIST_V   := $(NETLIST_DIR)/$(NETLIST_FOLDER)/npu.v
NETLIST_CELLS := testbench/netlist/ecp5_cells.v tests/rtl_mul/vendor_mul.v
.SECONDEXPANSION: # the folder of the RTL's lists comes later in the alphabet
$(NETLIST_V): testbench/netlist/netlist.sh $$(RTL_LIST) $$(RTL_SRCS) fpga/$(NETLIST_BOARD)/board.conf $(call config_vh,$(NETLIST_FOLDER)) spec/gen/npu_spec.vh | $(SETUP)
	$(call say,synth,$@)
	$(Q)testbench/netlist/netlist.sh $(NETLIST_BOARD) $(call config_vh,$(NETLIST_FOLDER)) $(@D)

# The cells' warnings are of no interest, and their carry chains look like loops.
NETLIST_FLAGS := -Wno-fatal testbench/netlist/netlist.vlt -CFLAGS -DSYSTOLE_NETLIST
$(NETLIST_DIR)/$(NETLIST_LIB): $(NETLIST_V) $(NETLIST_CELLS) testbench/netlist/netlist.vlt testbench/netlist/build.mk $$(RTL_BENCH) | $(SETUP)
	$(call verilate_npu,../netlist/$(NETLIST_BOARD)/rtl/$(NETLIST_FOLDER),libnpu,$(NETLIST_FLAGS),npu_top,,$(NETLIST_V) $(dir $(NETLIST_V))cells.v $(NETLIST_CELLS),$(NETLIST_FOLDER))

# The same netlist with faults, of which a run has one or none, to see what notices them: one in each block, or those of NETLIST_FAULTS
# (see mutate.py). How to run one: tests/netlist/run.sh.
NETLIST_FAULTS ?=
FAULTS_DIR := $(BUILD)/netlist/$(NETLIST_BOARD)-faults
FAULTS_V   := $(FAULTS_DIR)/$(NETLIST_FOLDER)/npu.v
$(FAULTS_V): $(NETLIST_V) testbench/netlist/mutate.py
	@mkdir -p $(@D)
	$(Q)$(PYTHON) testbench/netlist/mutate.py $< $@ $(BUILD)/test/netlist/fault.hex $(@D)/faults $(NETLIST_FAULTS)
$(FAULTS_DIR)/$(NETLIST_LIB): $(FAULTS_V) $(NETLIST_DIR)/$(NETLIST_LIB)
	$(call verilate_npu,../netlist/$(NETLIST_BOARD)-faults/rtl/$(NETLIST_FOLDER),libnpu,$(NETLIST_FLAGS),npu_top,,$(FAULTS_V) $(dir $(NETLIST_V))cells.v $(NETLIST_CELLS),$(NETLIST_FOLDER))

.PHONY: netlist netlist-faults
netlist: $(NETLIST_DIR)/$(NETLIST_LIB) ## build the simulator of the ULX3S' netlist (minutes; NETLIST_BOARD=ulx3s-wide: that with wide rows)
netlist-faults: $(FAULTS_DIR)/$(NETLIST_LIB) ## ... of a copy with faults in it, for seeing its test fail (minutes)
test-all: $(NETLIST_DIR)/$(NETLIST_LIB)
