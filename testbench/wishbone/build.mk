# The NPU in a Wishbone system (npu_on_wishbone.v) as libraries of the same form as build/rtl/npu4/libnpu.so:
# build/wishbone/WIDTH-MODE/rtl/npu4/libnpu.so. MODE: 1 pipelined, 0 standard.   SPDX-License-Identifier: Apache-2.0
WB_FILES := $(addprefix testbench/wishbone/,npu_on_wishbone.v wb_memory.v wb_host.v) fpga/examples/npu_wishbone.v rtl/soc/soc_axi_wb.v \
    rtl/soc/soc_wb_axil.v
WB_LIBS  := $(patsubst %,$(BUILD)/wishbone/%/rtl/npu4/libnpu.so,64-1 32-0)
$(WB_LIBS): $(BUILD)/wishbone/%/rtl/npu4/libnpu.so: $(RTL_SRCS) $(RTL_BENCH) $(WB_FILES) spec/gen/config_npu4.vh spec/gen/npu_spec.vh \
    spec/gen/npu_spec.h testbench/wishbone/build.mk | $(SETUP)
	$(call verilate_npu,../wishbone/$*/rtl/npu4,libnpu,-DWB_WIDTH=$(firstword $(subst -, ,$*)) -DWB_PIPELINED=$(lastword $(subst -, ,$*)) \
	    -CFLAGS -DSYSTOLE_TOP='\"npu_on_wishbone.u_wishbone.u_npu\"',npu_on_wishbone,$(call rtl_params,npu4),$(RTL_SRCS) $(WB_FILES),npu4)
TEST_NEEDS += $(WB_LIBS)

# LiteX, for the system of fpga/litex, in a venv of its own.
LITEX_VENV := $(BUILD)/venv-litex
$(LITEX_VENV)/.stamp: scripts/requirements-litex.txt | $(SETUP)
	@echo "installing into $(LITEX_VENV): $$(sed '/^#/d' $< | tr '\n' ' ')"
	@test -x $(LITEX_VENV)/bin/python || $(PYTHON) -m venv $(LITEX_VENV)
	@$(LITEX_VENV)/bin/python -m pip install -q --disable-pip-version-check -r $< && touch $@
TEST_NEEDS += $(LITEX_VENV)/.stamp
