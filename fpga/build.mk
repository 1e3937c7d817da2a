# Synthesis: `make synth CONFIG=npu4 FAMILY=ecp5` (fpga/synth.sh, which names the styles).
# SPDX-License-Identifier: Apache-2.0
FAMILY ?= ecp5

.PHONY: synth
synth: $(call config_vh,$(CONFIG_FOLDER)) | $(SETUP) ## area of one configuration with Yosys (CONFIG=, FAMILY=ecp5, ice40 or gowin, STYLE=cells, carry, nodsp)
	@PYTHON=$(PYTHON) nice -n 10 fpga/synth.sh $(CONFIG_FOLDER) $(FAMILY) $(STYLE)

# One module for ecp5, with the flow's own step for LUTs.
synth_alone = synth_ecp5 -top $(1) -run :map_luts; script fpga/ecp5/map_luts.ys; synth_ecp5 -top $(1) -run map_cells:
.PHONY: synth-trace
synth-trace: $(SETUP) ## area of the trace of commands alone (RECORDS=512), for ecp5
	@mkdir -p $(BUILD)/fpga
	@yosys -q -p "read_verilog -sv -Ispec/gen rtl/npu_trace_unit.v rtl/npu_trace.v; chparam -set RECORDS $(or $(RECORDS),512) npu_trace; \
	    $(call synth_alone,npu_trace); tee -q -o $(BUILD)/fpga/trace.txt stat" >$(BUILD)/fpga/trace.log 2>&1
	@grep -E 'LUT4|CCU2C|DPR16X4|TRELLIS_FF|DP16KD' $(BUILD)/fpga/trace.txt

.PHONY: synth-wide
synth-wide: $(SETUP) ## area of the wide row engine alone (LANES=1, N=16), for ecp5
	@mkdir -p $(BUILD)/fpga
	@yosys -q -p "read_verilog -sv -Ispec/gen rtl/npu_fifo.v rtl/npu_fifo2.v rtl/npu_wide*.v; chparam -set N $(or $(N),16) -set LANES $(or $(LANES),1) npu_wide; \
	    $(call synth_alone,npu_wide); tee -q -o $(BUILD)/fpga/wide.txt stat" >$(BUILD)/fpga/wide.log 2>&1
	@grep -E 'LUT4|CCU2C|DPR16X4|TRELLIS_FF|DP16KD|MULT18X18D' $(BUILD)/fpga/wide.txt

# The area estimate of `systole config` and `systole explore`.
AREA_CONFIGS ?= npu4 npu4,lanes=1 npu8 npu8s npu8,lanes=4,sp_banks=4 npu16,lanes=4 npu16,trace_records=0
.PHONY: area-fit area-table
area-fit: $(SYSTOLE) ## measure AREA_CONFIGS and fit the area estimate to them (many minutes): fpga/area_points.json
	@$(PYTHON) scripts/area.py measure $(AREA_CONFIGS) && $(PYTHON) scripts/area.py fit
area-table: $(SYSTOLE) ## the area estimate beside synthesis, and its error
	@$(PYTHON) scripts/area.py table

# Place and route for ECP5 comes from PyPI, into a venv of its own.
FPGA_VENV := $(BUILD)/venv-fpga
$(FPGA_VENV)/.stamp: scripts/requirements-fpga.txt | $(SETUP)
	@echo "installing into $(FPGA_VENV): $$(sed '/^#/d' $< | tr '\n' ' ')"
	@test -x $(FPGA_VENV)/bin/python || $(PYTHON) -m venv $(FPGA_VENV)
	@$(FPGA_VENV)/bin/python -m pip install -q --disable-pip-version-check -r $< && touch $@

# Shortens a placement's wires before they are routed (board.conf: anneal=1).
ANNEAL := $(BUILD)/anneal
ANNEAL_SRCS := $(wildcard fpga/anneal/*.c)
$(ANNEAL): $(call objects,obj,$(ANNEAL_SRCS))
	$(call say,link,$@)
	$(Q)gcc $^ -o $@ -lm
$(BUILD)/asan/anneal: $(call objects,asan/obj,$(ANNEAL_SRCS))
	$(call say,link,$@)
	$(Q)gcc $(SANITIZE) $^ -o $@ -lm
-include $(ANNEAL_SRCS:%.c=$(BUILD)/obj/%.d) $(ANNEAL_SRCS:%.c=$(BUILD)/asan/obj/%.d)
TEST_NEEDS += $(BUILD)/asan/anneal

.PHONY: fpga-array-table
fpga-array-table: $(FPGA_VENV)/.stamp ## array of 4 to 16 rows placed and routed on an ECP5-85F: build/fpga/array.md (ARRAYS="8-carry 16-dsp")
	@$(PYTHON) fpga/array_table.py $(ARRAYS)

# Boards: a folder with a board.conf each.
BOARDS    := $(patsubst fpga/%/board.conf,%,$(wildcard fpga/*/board.conf))
FPGA_NEEDS := $(FPGA_VENV)/.stamp $(SYSTOLE) $(SOC_CPU) $(BUILD)/firmware/firmware.hex $(BUILD)/firmware/boot.hex $(SMALL_NEEDS) $(ANNEAL)
TEST_NEEDS += $(FPGA_NEEDS)
.PHONY: fpga fpga-all fpga-table
fpga: $(FPGA_NEEDS) ## bitstream of one board (BOARD=ulx3s): build/fpga/BOARD/
	@PYTHON=$(PYTHON) fpga/board.sh "$(BOARD)" $(if $(filter file,$(origin CONFIG)),,$(CONFIG))

fpga-all: $(FPGA_NEEDS) ## bitstreams of all boards (many minutes)
	@status=0; for board in $(BOARDS); do PYTHON=$(PYTHON) fpga/board.sh $$board || status=1; done; exit $$status

fpga-table: ## write the table of boards in README.md anew from build/fpga/*/report.json
	@$(PYTHON) fpga/board_table.py

.PHONY: flash-image
flash-image: $(SYSTOLE) $(BUILD)/firmware/firmware.bin $(BUILD)/firmware/talk.bin $(BUILD)/firmware/small.bin $(LITE_CONFIGS:%=$(BUILD)/microcode/%/microcode.bin) ## boot image of a board's SPI flash (BOARD=ulx3s NETWORK=model.tflite INPUT=x.bin; BOARD=ulx3s-wide CHECKPOINT= TOKENIZER= PROMPT= GENERATE="-n 100"): build/flash/BOARD.bin
	@PYTHON=$(PYTHON) fpga/flash_image.sh "$(BOARD)" $(if $(CHECKPOINT),--talk "$(CHECKPOINT)" "$(TOKENIZER)" "$(PROMPT)" $(GENERATE),"$(NETWORK)" $(INPUT))
TEST_NEEDS += $(BUILD)/firmware/boot.bin
