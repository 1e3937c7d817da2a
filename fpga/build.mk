# Synthesis: `make synth CONFIG=npu4 FAMILY=ecp5` (fpga/synth.sh); STYLE=nodsp leaves out the multiplier cells.
# SPDX-License-Identifier: Apache-2.0
FAMILY ?= ecp5

.PHONY: synth
synth: $(call config_vh,$(CONFIG_FOLDER)) | $(SETUP) ## area of one configuration with Yosys (CONFIG=, FAMILY=ecp5 or ice40, STYLE=nodsp)
	@PYTHON=$(PYTHON) nice -n 10 fpga/synth.sh $(CONFIG_FOLDER) $(FAMILY) $(STYLE)

.PHONY: synth-trace
synth-trace: $(SETUP) ## area of the trace of commands alone (RECORDS=512), for ecp5
	@mkdir -p $(BUILD)/fpga
	@yosys -q -p "read_verilog -sv -Ispec/gen rtl/npu_trace_unit.v rtl/npu_trace.v; chparam -set RECORDS $(or $(RECORDS),512) npu_trace; \
	    synth_ecp5 -top npu_trace; tee -q -o $(BUILD)/fpga/trace.txt stat" >$(BUILD)/fpga/trace.log 2>&1
	@grep -E 'LUT4|CCU2C|DPR16X4|TRELLIS_FF|DP16KD' $(BUILD)/fpga/trace.txt

# The area estimate of `systole config` and `systole explore`.
AREA_CONFIGS ?= npu4 npu4,lanes=1 npu8 npu8s npu8,lanes=4,sp_banks=4 npu16,lanes=4 npu16,trace_records=0
.PHONY: area-fit area-table
area-fit: $(SYSTOLE) ## measure AREA_CONFIGS and fit the area estimate to them (many minutes): fpga/area_points.json
	@$(PYTHON) scripts/area.py measure $(AREA_CONFIGS) && $(PYTHON) scripts/area.py fit
area-table: $(SYSTOLE) ## the area estimate beside synthesis, and its error
	@$(PYTHON) scripts/area.py table
