# The NPU as shared objects: build/rtl/CONFIG/libnpu.so (fast), build/rtl/CONFIG/libnpu_trace.so (can write waves).
# `make rtl CONFIG=npu8` builds one configuration, `make rtl-trace CONFIG=npu8` its library with waves. CONFIG may be any that
# `systole config` knows: CONFIG=npu16,lanes=8 lands in build/rtl/npu16-lanes8.
# SPDX-License-Identifier: Apache-2.0
RTL_CONFIGS := $(CONFIG_FOLDERS)
RTL_LIST    := rtl/npu.f
# Of the generated C++: -O1 runs at half the speed of -O3 and builds in a third of the time.
RTL_OPT     ?= -O1
RTL_SRCS    := $(shell sed 's/[#].*//; s,//.*,,' $(RTL_LIST) 2>/dev/null | tr ' ' '\n' | grep '\.s*v$$')
RTL_BENCH   := $(wildcard testbench/verilator/*.cc testbench/verilator/*.h testbench/verilator/npu_public.vlt) \
               testbench/verilator/exports.map testbench/common/npu_device.h

# Parameters of npu_top from the generated configuration header; its name; its numbers. $(1): folder of the configuration
rtl_params  = $(shell sed -n 's/^`define NPU_CFG_\([A-Z_]*\) \(.*\)/-G\1=\2/p' $(call config_vh,$(1)))
rtl_name    = $(shell sed -n 's,^// Configuration \([^:]*\):.*,\1,p' $(call config_vh,$(1)))
rtl_numbers = $(shell sed -n 's/^`define NPU_CFG_[A-Z_]* \(.*\)/\1/p' $(call config_vh,$(1)) | paste -sd,)

# $(1): folder below build/rtl, $(2): libnpu or libnpu_trace, $(3): more verilator flags, $(4): top module, $(5): its parameters,
# $(6): its sources, $(7): folder of the configuration
define verilate_npu
	@mkdir -p $(BUILD)/rtl/$(1)
	@echo "verilate $(1) $(2)"
	@MAKEFLAGS= verilator --cc --exe --build --build-jobs $(JOBS) --prefix Vnpu --top-module $(4) --Mdir $(BUILD)/rtl/$(1)/$(2) \
	    -O3 --output-split 10000 --output-split-cfuncs 2000 --x-assign unique --x-initial unique --assert --no-timing -Wno-lint -Wno-style $(3) \
	    -Ispec/gen -Irtl $(5) testbench/verilator/npu_public.vlt $(6) \
	    $(abspath $(wildcard testbench/verilator/*.cc)) -o ../$(2).so \
	    -MAKEFLAGS "OPT_FAST=$(RTL_OPT) OPT_SLOW=-O0 OPT_GLOBAL=-O2 OBJCACHE=$(CCACHE)" \
	    -CFLAGS "-fPIC -fvisibility=hidden -fno-gnu-unique -std=c++17 -DSYSTOLE_CONFIG='\"$(call rtl_name,$(7))\"' -DSYSTOLE_CONFIG_NUMBERS=$(call rtl_numbers,$(7)) -DVL_USER_FATAL \
	        -DVL_USER_STOP -DVL_USER_FINISH -I$(CURDIR)/spec/gen -I$(CURDIR)/testbench/common" \
	    -LDFLAGS "-shared -Wl,--version-script=$(CURDIR)/testbench/verilator/exports.map" \
	    >$(BUILD)/rtl/$(1)/$(2).log 2>&1 || { cat $(BUILD)/rtl/$(1)/$(2).log; exit 1; }
endef

.SECONDEXPANSION:
$(RTL_CONFIGS:%=$(BUILD)/rtl/%/libnpu.so): $(BUILD)/rtl/%/libnpu.so: $(RTL_LIST) $(RTL_SRCS) $(RTL_BENCH) \
    $$(call config_vh,$$*) spec/gen/npu_spec.vh spec/gen/npu_spec.h | $(SETUP)
	$(call verilate_npu,$*,libnpu,,npu_top,$(call rtl_params,$*),$(RTL_SRCS),$*)
$(RTL_CONFIGS:%=$(BUILD)/rtl/%/libnpu_trace.so): $(BUILD)/rtl/%/libnpu_trace.so: $(RTL_LIST) $(RTL_SRCS) $(RTL_BENCH) \
    $$(call config_vh,$$*) spec/gen/npu_spec.vh spec/gen/npu_spec.h | $(SETUP)
	$(call verilate_npu,$*,libnpu_trace,--trace-fst --trace-structs -CFLAGS -DSYSTOLE_TRACE,npu_top,$(call rtl_params,$*),$(RTL_SRCS),$*)

# The small NPU (rtl/lite) as libraries of the same interface: npu4 and npu8 in registers, commands and bytes; SYSTOLE_BUILD=build/lite
# makes `systole run --target rtl --config npu8` use it.
LITE_SRCS := $(wildcard rtl/lite/npu_*.v) rtl/npu_mul2.v rtl/npu_mul_ecp5_dsp.v rtl/npu_mul_ecp5_carry.v rtl/npu_add_ecp5.v
LITE_PARAMS = $(filter-out -GMATMUL=% -GTRACE_RECORDS=% -GWIDE_LANES=% -GSOFTMAX=% -GNORM=%,$(call rtl_params,$(1))) \
    -GCODE_BYTES=$$(($(call mc_bytes,$(1)))) -GMICROCODE='"$(CURDIR)/$(MC_DIR)/$(1)/microcode.hex"'
LITE_DEPS = $(LITE_SRCS) $(RTL_BENCH) $(MC_DIR)/$(1)/microcode.hex $(call config_vh,$(1)) spec/gen/npu_spec.vh spec/gen/npu_spec.h
$(LITE_CONFIGS:%=$(BUILD)/lite/rtl/%/libnpu.so): $(BUILD)/lite/rtl/%/libnpu.so: $$(call LITE_DEPS,$$*) | $(SETUP)
	$(call verilate_npu,../lite/rtl/$*,libnpu,-CFLAGS -DSYSTOLE_LITE,npu_lite_axi,$(call LITE_PARAMS,$*),$(LITE_SRCS),$*)
$(LITE_CONFIGS:%=$(BUILD)/lite/rtl/%/libnpu_trace.so): $(BUILD)/lite/rtl/%/libnpu_trace.so: $$(call LITE_DEPS,$$*) | $(SETUP)
	$(call verilate_npu,../lite/rtl/$*,libnpu_trace,-CFLAGS -DSYSTOLE_LITE --trace-fst --trace-structs -CFLAGS -DSYSTOLE_TRACE,npu_lite_axi,$(call LITE_PARAMS,$*),$(LITE_SRCS),$*)

.PHONY: rtl-lite
rtl-lite: $(LITE_CONFIGS:%=$(BUILD)/lite/rtl/%/libnpu.so) ## build the Verilated small NPU (rtl/lite): npu4, npu8
TEST_NEEDS += rtl-lite

.PHONY: rtl rtl-trace rtl-all
rtl: $(BUILD)/rtl/$(CONFIG_FOLDER)/libnpu.so ## build the Verilated NPU of one configuration (CONFIG=npu4, npu8, npu8s, npu16, npu16w, npu32)
rtl-trace: $(BUILD)/rtl/$(CONFIG_FOLDER)/libnpu_trace.so
rtl-all: $(NAMED_CONFIGS:%=$(BUILD)/rtl/%/libnpu.so)

# The memory model's own tests.
$(BUILD)/test/axi_mem_test: tests/rtl/axi_mem_test.cc testbench/verilator/axi_mem.cc testbench/verilator/axi_mem.h | $(SETUP)
	@mkdir -p $(@D)
	$(call say,c++,$@)
	$(Q)g++ -std=c++17 -Wall -Wextra -Werror $(SANITIZE) -Itestbench/verilator $(filter %.cc,$^) -o $@

DEMO_NEEDS += $(BUILD)/rtl/$(CONFIG_FOLDER)/libnpu.so
TEST_NEEDS += $(BUILD)/test/axi_mem_test rtl-all
wave: rtl-trace
