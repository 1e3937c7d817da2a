# The NPU of the ULX3S as Yosys' netlist, in a library of the same form as build/rtl/npu4/libnpu.so: build/netlist/ulx3s/rtl/npu4.
# SPDX-License-Identifier: Apache-2.0
NETLIST_DIR := $(BUILD)/netlist/ulx3s
NETLIST_CELLS := testbench/netlist/ecp5_cells.v tests/rtl_mul/vendor_mul.v
.SECONDEXPANSION: # the folder of the RTL's lists comes later in the alphabet
$(NETLIST_DIR)/npu.v: testbench/netlist/netlist.sh $$(RTL_LIST) $$(RTL_SRCS) fpga/ulx3s/board.conf spec/gen/config_npu4.vh spec/gen/npu_spec.vh | $(SETUP)
	$(call say,synth,$@)
	$(Q)testbench/netlist/netlist.sh ulx3s npu4 $(@D)

# The cells' warnings are of no interest, and their carry chains look like loops.
NETLIST_FLAGS := -Wno-fatal testbench/netlist/netlist.vlt -CFLAGS -DSYSTOLE_NETLIST
$(NETLIST_DIR)/rtl/npu4/libnpu.so: $(NETLIST_DIR)/npu.v $(NETLIST_CELLS) testbench/netlist/netlist.vlt testbench/netlist/build.mk $$(RTL_BENCH) | $(SETUP)
	$(call verilate_npu,../netlist/ulx3s/rtl/npu4,libnpu,$(NETLIST_FLAGS),npu_top,,$(NETLIST_DIR)/npu.v $(NETLIST_DIR)/cells.v $(NETLIST_CELLS),npu4)

# The same netlist with faults, of which a run has one or none, to see what notices them: one in each block, or those of NETLIST_FAULTS
# (see mutate.py). How to run one: tests/netlist/run.sh.
NETLIST_FAULTS ?=
FAULTS_DIR := $(BUILD)/netlist/ulx3s-faults
$(FAULTS_DIR)/npu.v: $(NETLIST_DIR)/npu.v testbench/netlist/mutate.py
	@mkdir -p $(@D)
	$(Q)$(PYTHON) testbench/netlist/mutate.py $< $@ $(BUILD)/test/netlist/fault.hex $(@D)/faults $(NETLIST_FAULTS)
$(FAULTS_DIR)/rtl/npu4/libnpu.so: $(FAULTS_DIR)/npu.v $(NETLIST_DIR)/rtl/npu4/libnpu.so
	$(call verilate_npu,../netlist/ulx3s-faults/rtl/npu4,libnpu,$(NETLIST_FLAGS),npu_top,,$(FAULTS_DIR)/npu.v $(NETLIST_DIR)/cells.v $(NETLIST_CELLS),npu4)

.PHONY: netlist netlist-faults
netlist: $(NETLIST_DIR)/rtl/npu4/libnpu.so ## build the simulator of the ULX3S' netlist (minutes)
netlist-faults: $(FAULTS_DIR)/rtl/npu4/libnpu.so ## ... of a copy with faults in it, for seeing its test fail (minutes)
test-all: $(NETLIST_DIR)/rtl/npu4/libnpu.so
