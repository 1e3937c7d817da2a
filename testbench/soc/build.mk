# The SoC as shared objects: build/soc/CONFIG/libsoc.so (fast), libsoc_trace.so (can write waves); see soc_sim.h.
# `make soc CONFIG=npu8` builds one configuration and the firmware. SPDX-License-Identifier: Apache-2.0
SOC_CONFIGS := $(CONFIG_FOLDERS)
SOC_CPU_PY  := import pythondata_cpu_vexriscv as p, pathlib; print(pathlib.Path(p.__file__).parent / "verilog")
SOC_CPU     := $(BUILD)/soc/VexRiscv_Lite.v
SOC_NPU_RTL  = $(shell sed 's/[#].*//; s,//.*,,' rtl/npu.f 2>/dev/null | tr ' ' '\n' | grep '\.s*v$$')
SOC_RTL_ALL  = $(wildcard rtl/soc/*.v) $(SOC_NPU_RTL)
SOC_VLT     := rtl/soc/soc.vlt testbench/soc/public.vlt
SOC_BENCH    = $(wildcard testbench/soc/*.cc testbench/soc/*.h) $(SOC_VLT) testbench/soc/exports.map \
    testbench/verilator/axi_mem.cc testbench/verilator/axi_mem.h testbench/common/npu_device.h

# Of the generated C++, as RTL_OPT in testbench/verilator/build.mk: -O1 builds faster and runs slower than -O3.
SOC_OPT ?= -O1

# Parameters of the simulated system; the harness must know them too.
SOC_SIM_UART_CLOCKS := 4
SOC_SIM_MEM_BYTES   := 67108864
SOC_SIM_FLASH       := 1048576
soc_params = $(shell sed -n 's/^`define NPU_CFG_\([A-Z_]*\) \(.*\)/-G\1=\2/p' $(call config_vh,$(1))) \
    -GUART_DIV=$(SOC_SIM_UART_CLOCKS) -GMEM_SIZE=$(SOC_SIM_MEM_BYTES) -GFLASH_OFFSET=$(SOC_SIM_FLASH)

# The CPU, copied next to what is built so that every tool finds it without asking Python.
$(BUILD)/soc/VexRiscv_%.v: | $(SETUP)
	@mkdir -p $(@D)
	$(Q)cp "$$($(PYTHON) -c '$(SOC_CPU_PY)')/$(@F)" $@

# $(1): configuration, $(2): libsoc or libsoc_trace, $(3): more verilator flags
define verilate_soc
	@mkdir -p $(BUILD)/soc/$(1)
	@echo "verilate $(1) $(2)"
	@MAKEFLAGS= verilator --cc --exe --build --build-jobs $(JOBS) --prefix Vsoc --top-module soc_top --Mdir $(BUILD)/soc/$(1)/$(2) \
	    -O3 --output-split 10000 --output-split-cfuncs 2000 --x-assign unique --x-initial unique --assert --no-timing \
	    -Wno-lint -Wno-style $(3) -Ispec/gen -Irtl -Irtl/soc $(call soc_params,$(1)) $(SOC_VLT) $(SOC_RTL_ALL) $(SOC_CPU) \
	    $(abspath testbench/soc/soc_lib.cc testbench/verilator/axi_mem.cc) -o ../$(2).so \
	    -MAKEFLAGS "OPT_FAST=$(SOC_OPT) OPT_SLOW=-O0 OPT_GLOBAL=-O2 OBJCACHE=$(CCACHE)" \
	    -CFLAGS "-fPIC -fvisibility=hidden -fno-gnu-unique -std=c++17 -DSYSTOLE_CONFIG='\"$(call rtl_name,$(1))\"' -DVL_USER_FATAL \
	        -DVL_USER_STOP -DVL_USER_FINISH -DSOC_UART_CLOCKS=$(SOC_SIM_UART_CLOCKS) -DSOC_MEM_BYTES=$(SOC_SIM_MEM_BYTES) -DSOC_FLASH_OFFSET=$(SOC_SIM_FLASH) \
	        -I$(CURDIR)/spec/gen -I$(CURDIR)/testbench/common -I$(CURDIR)/testbench/verilator -I$(CURDIR)/$(BUILD)/soc" \
	    -LDFLAGS "-shared -Wl,--version-script=$(CURDIR)/testbench/soc/exports.map" \
	    >$(BUILD)/soc/$(1)/$(2).log 2>&1 || { cat $(BUILD)/soc/$(1)/$(2).log; exit 1; }
endef

SOC_DEPS = $(SOC_RTL_ALL) $(SOC_CPU) $(SOC_BENCH) $(BUILD)/soc/soc_map.h rtl/soc/soc_map.vh \
    spec/gen/npu_spec.vh spec/gen/npu_spec.h testbench/soc/build.mk
.SECONDEXPANSION:
$(SOC_CONFIGS:%=$(BUILD)/soc/%/libsoc.so): $(BUILD)/soc/%/libsoc.so: $$(call config_vh,$$*) $$(SOC_DEPS) | $(SETUP)
	$(call verilate_soc,$*,libsoc)
$(SOC_CONFIGS:%=$(BUILD)/soc/%/libsoc_trace.so): $(BUILD)/soc/%/libsoc_trace.so: $$(call config_vh,$$*) $$(SOC_DEPS) | $(SETUP)
	$(call verilate_soc,$*,libsoc_trace,--trace-fst --trace-structs -CFLAGS -DSYSTOLE_TRACE)

.PHONY: soc soc-trace
soc: $(BUILD)/soc/$(CONFIG_FOLDER)/libsoc.so firmware ## build the Verilated SoC of one configuration, and the firmware
soc-trace: $(BUILD)/soc/$(CONFIG_FOLDER)/libsoc_trace.so firmware

# Random traffic on the memory arbiter and the CPU's memory bridge.
SOC_BUS_TEST := $(BUILD)/test/soc_bus/Vbus
$(SOC_BUS_TEST): tests/soc/bus_bench.v tests/soc/bus_bench.cc rtl/soc/soc_wb_axi.v rtl/soc/soc_axi_arb.v rtl/soc/soc_axi_owners.v rtl/npu_fifo.v \
    testbench/verilator/axi_mem.cc testbench/verilator/axi_mem.h | $(SETUP)
	@mkdir -p $(@D)
	$(call say,build,$@)
	$(Q)MAKEFLAGS= verilator --cc --exe --build -O3 --prefix Vbus --top-module bus_bench --Mdir $(@D) -Wno-lint -Wno-style \
	    -CFLAGS "-std=c++17 -O2 -I$(CURDIR)/testbench/verilator" $(filter %.v,$^) $(abspath $(filter %.cc,$^)) \
	    >$(@D).log 2>&1 || { cat $(@D).log; exit 1; }
TEST_NEEDS += $(SOC_BUS_TEST)

# The simulated system with its UART on a pseudo-terminal.
SOC_PTY := $(BUILD)/soc_pty
$(SOC_PTY): testbench/soc/soc_pty.c testbench/soc/soc_sim.h | $(SETUP)
	$(call say,cc,$@)
	$(Q)gcc $(CFLAGS) $(SANITIZE) $< -ldl -o $@
TEST_NEEDS += $(SOC_PTY)
