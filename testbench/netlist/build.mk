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

.PHONY: netlist
netlist: $(NETLIST_DIR)/rtl/npu4/libnpu.so ## build the simulator of the ULX3S' netlist (minutes)
test-all: $(NETLIST_DIR)/rtl/npu4/libnpu.so
