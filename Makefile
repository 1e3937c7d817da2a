# Systole: from a .tflite file to a bit-exact inference on RTL. `make` alone prints this help.
# Details live in the folders: */sources.mk lists C sources, */build.mk builds simulators and firmware.
# SPDX-License-Identifier: Apache-2.0
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

BUILD  := build
PYTHON := $(BUILD)/venv/bin/python
# CONFIG: on the command line or in the environment, or the one of the board that BOARD names.
CONFIG ?= $(BOARD_CONFIG)
BOARD_CONFIG := $(or $(if $(BOARD),$(shell sed -n 's/^config=//p' fpga/$(BOARD)/board.conf 2>/dev/null)),npu16)
SETUP  := $(BUILD)/setup.stamp
CCACHE := $(if $(CCACHE_DISABLE),,$(shell command -v ccache))
JOBS   ?= $(shell nproc)
MAKEFLAGS += -j$(JOBS)
# One short line per step; V=1 shows the commands.
Q      := $(if $(V),,@)
say     = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))

-include $(wildcard sw/sources.mk sw/*/sources.mk cmodel/*/sources.mk tests/sources.mk)

# -- the C side: build/systole, and build/asan/systole with the sanitizers ------------------------------------------
LIB_SRCS := $(REF_SRCS) $(GRAPH_SRCS) $(ONNX_SRCS) $(LLM_SRCS) $(COMPILER_SRCS) $(MODEL_SRCS) $(DRIVER_SRCS) $(RUNTIME_SRCS) $(RUNTIME_HOST_SRCS)
SYSTOLE_SRCS := $(sort $(LIB_SRCS) $(CLI_SRCS))
TEST_MAINS := $(wildcard tests/*/test_*.c)

# No contraction: the quantised multipliers are computed in double and float, and every target must get the same ones.
CFLAGS   := -std=c11 -O3 -g -Wall -Wextra -Werror -ffp-contract=off
SANITIZE := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CPPFLAGS := -D_POSIX_C_SOURCE=200809L -Ispec/gen -Itestbench/common $(addprefix -I,$(sort $(dir $(SYSTOLE_SRCS))))
LDLIBS   := -lcjson -lprotobuf-c -lm -ldl

SYSTOLE := $(BUILD)/systole
ASAN    := $(BUILD)/asan/systole
TESTS   := $(TEST_MAINS:%.c=$(BUILD)/%)
objects  = $(patsubst %.c,$(BUILD)/$(1)/%.o,$(2))

$(SYSTOLE): $(call objects,obj,$(SYSTOLE_SRCS))
	$(call say,link,$@)
	$(Q)gcc $^ $(LDLIBS) -o $@
$(ASAN): $(call objects,asan/obj,$(SYSTOLE_SRCS))
	$(call say,link,$@)
	$(Q)gcc $(SANITIZE) $^ $(LDLIBS) -o $@
$(TESTS): $(BUILD)/%: $(BUILD)/asan/obj/%.o $(call objects,asan/obj,$(sort $(LIB_SRCS)))
	$(call say,link,$@)
	@mkdir -p $(@D)
	$(Q)gcc $(SANITIZE) $^ $(LDLIBS) -o $@
$(BUILD)/obj/%.o: %.c | $(SETUP)
	$(call say,cc,$@)
	@mkdir -p $(@D)
	$(Q)$(CCACHE) gcc $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@
$(BUILD)/asan/obj/%.o: %.c | $(SETUP)
	$(call say,cc,$@)
	@mkdir -p $(@D)
	$(Q)$(CCACHE) gcc $(CPPFLAGS) $(CFLAGS) $(SANITIZE) -MMD -MP -c $< -o $@
-include $(patsubst %.o,%.d,$(call objects,obj,$(SYSTOLE_SRCS)) $(call objects,asan/obj,$(SYSTOLE_SRCS) $(TEST_MAINS)))

# -- configurations: named ones have a generated header; `CONFIG=npu16,lanes=8` gets its own in build/gen -------------
comma := ,
NAMED_CONFIGS  := $(patsubst spec/gen/config_%.vh,%,$(wildcard spec/gen/config_*.vh))
# A configuration's folder, and back.
folder_of       = $(subst =,,$(subst $(comma),-,$(1)))
config_of       = $(shell echo '$(1)' | sed 's/-\([a-z_]*\)\([0-9]*\)/,\1=\2/g')
CONFIG_FOLDER  := $(call folder_of,$(CONFIG))
CONFIG_FOLDERS := $(sort $(NAMED_CONFIGS) $(CONFIG_FOLDER))
LITE_CONFIGS   := npu4 npu8 $(filter npu4-% npu8-%,$(CONFIG_FOLDER)) # those that the small NPU (rtl/lite) is built as
config_vh       = $(if $(filter $(1),$(NAMED_CONFIGS)),spec/gen/config_$(1).vh,$(BUILD)/gen/config_$(1).vh)
$(BUILD)/gen/config_%.vh: spec/npu.toml | $(SYSTOLE)
	@mkdir -p $(@D)
	@$(SYSTOLE) config '$(call config_of,$*)' --verilog >$@
	@grep -q '^// Configuration $(call config_of,$*):' $@ || { sed -n 's,^// Configuration \([^:]*\):.*,say CONFIG=\1,p' $@ >&2; exit 1; }

# -- simulators and firmware: the folders say how; these lists say what `demo` and `test` need ---------------------
DEMO_NEEDS := $(SYSTOLE) $(BUILD)/rtl/$(CONFIG_FOLDER)/libnpu.so $(BUILD)/soc/$(CONFIG_FOLDER)/libsoc.so $(BUILD)/firmware/firmware.bin
TEST_NEEDS := $(DEMO_NEEDS) $(ASAN) $(TESTS) $(BUILD)/fuzz $(BUILD)/asan/fuzz $(BUILD)/soc/npu4/libsoc.so
-include $(wildcard testbench/*/build.mk sw/firmware/build.mk sw/microcode/build.mk fpga/build.mk)

# What every target needs first. A run that finds everything costs nothing.
$(SETUP): scripts/setup.sh $(wildcard scripts/requirements*.txt)
	@scripts/setup.sh && touch $@

# And the tests, before they run: a browser.
TEST_SETUP := $(BUILD)/setup-tests.stamp
$(TEST_SETUP): $(SETUP)
	@scripts/setup.sh --tests && touch $@

.PHONY: help setup build demo test test-all lint check-generated diagram bench bench-llm bench-peers predict-table bench-update wave digits-accuracy train-digits demo-llm train-kjv clean
help: ## print this help
	@echo "Systole: INT8 systolic-array NPU, from a .tflite file to bit-exact RTL. Targets:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(SETUP) ## install what is missing (Debian packages, Python venv in build/venv)

build: $(DEMO_NEEDS) ## build the program, the simulators and the firmware

demo: $(DEMO_NEEDS) ## classify a handwritten digit on ref, model, rtl and soc (DIGIT=0..9)
	@$(PYTHON) scripts/demo.py $(if $(DIGIT),--digit $(DIGIT)) --config '$(CONFIG)'

KJV := sw/examples/kjv
DEMO_LLM_SOC := $(BUILD)/soc/npu16w/libsoc.so $(BUILD)/firmware/talk.bin
demo-llm: $(SYSTOLE) $(if $(TARGET),,$(DEMO_LLM_SOC)) ## a small language model continues a sentence on model and soc, every logit compared with ref (PROMPT=, SEED=, TOKENS=, SOC_TOKENS=, TARGET=model|rtl|soc|ref)
	@$(PYTHON) scripts/demo_llm.py $(if $(PROMPT),--prompt "$${PROMPT}") $(if $(SEED),--seed $(SEED)) $(if $(TOKENS),--tokens $(TOKENS)) \
	    $(if $(SOC_TOKENS),--soc-tokens $(SOC_TOKENS)) $(if $(TARGET),--target $(TARGET))

test: $(TEST_SETUP) $(TEST_NEEDS) ## run all tests (ONLY=suite for one); the last line is the sum
	@$(PYTHON) tests/run.py $(ONLY)

test-all: $(TEST_SETUP) $(TEST_NEEDS) ## all tests and the long ones: every single-operator case, 10,000 random models (ONLY=suite for one)
	@$(PYTHON) tests/run.py --all $(ONLY)

lint: $(SETUP) $(SOC_CPU) $(BUILD)/soc/VexRiscv_Min.v ## Verilog, C format and Python checks; prints nothing when clean
	@scripts/lint.sh

check-generated: $(SETUP) ## regenerate what spec/ produces and the diagrams of docs/, and fail on a difference, from the RTL too
	@$(PYTHON) scripts/gen_spec.py --check && $(PYTHON) scripts/gen_wide_rom.py --check && $(PYTHON) scripts/diagram.py --check

diagram: $(SETUP) ## draw the block diagrams docs/npu.svg and docs/soc.svg, checked against the RTL
	@$(PYTHON) scripts/diagram.py

BENCH_CONFIGS := $(CONFIG) $(if $(BENCH_ALL),$(filter-out $(CONFIG),npu8 npu32))
bench: $(SYSTOLE) $(BENCH_CONFIGS:%=$(BUILD)/rtl/%/libnpu.so) ## cycles, bounds, simulation speed: build/bench/bench.md (BENCH_ALL=1: npu8, npu32 too)
	@$(PYTHON) scripts/bench_run.py $(BENCH_CONFIGS)

bench-llm: $(SYSTOLE) ## language models: perplexity and best tokens of the integer decoder beside the float network, cycles of a token (LARGE=1: 110 M shape too; RTL=1: measured)
	@$(PYTHON) scripts/bench_llm.py --timing $(if $(LARGE),--large) $(if $(RTL),--rtl)

.PHONY: bench-encoder train-digits-onnx
bench-encoder: $(SYSTOLE) $(BUILD)/rtl/$(CONFIG)/libnpu.so ## one transformer encoder layer, sequence 16 to 512: build/bench/encoder.md
	@$(PYTHON) scripts/bench_encoder.py --config $(CONFIG)

PEERS := $(BUILD)/venv-peers
$(PEERS)/.stamp: scripts/peers-requirements.txt | $(SETUP)
	@echo "installing into $(PEERS): $$(sed '/^#/d' $< | tr '\n' ' ')"
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install -q --disable-pip-version-check -r $< && touch $@
bench-peers: $(PEERS)/.stamp $(SYSTOLE) $(BUILD)/rtl/npu8/libnpu.so $(BUILD)/rtl/npu16/libnpu.so ## beside Arm's Ethos-U55, as its compiler estimates: build/bench/peers.md
	@$(PYTHON) scripts/bench_peers.py

predict-table: $(SYSTOLE) $(patsubst %,$(BUILD)/rtl/%/libnpu.so,npu8 npu16 npu32) ## predicted cycles beside the RTL's, with the errors: build/bench/predict.md
	@$(PYTHON) scripts/predict_table.py

bench-update: $(SYSTOLE) $(patsubst %,$(BUILD)/rtl/%/libnpu.so,npu4 npu8 npu8s npu16 npu32) ## measure anew the table of cycles that the suite bench-cycles compares with
	@$(PYTHON) tests/bench/run.py --update

wave: $(SYSTOLE) ## run one digit on the RTL into build/digits.fst and say how to view it
	$(SYSTOLE) run sw/examples/digits/digits.tflite --input sw/examples/digits/held_out/$(or $(DIGIT),7).bin \
	    --target rtl --config $(CONFIG) --wave $(BUILD)/digits.fst
	@echo "view it: gtkwave $(BUILD)/digits.fst testbench/verilator/npu.gtkw"

digits-accuracy: $(SYSTOLE) ## accuracy of the digits network on the 450 held-out pictures, against the oracle too
	@$(PYTHON) scripts/digits_accuracy.py --target $(or $(TARGET),ref)

train-digits: ## train and quantise the digits network anew (own venv with TensorFlow)
	@test -x $(BUILD)/venv-train/bin/python || python3 -m venv $(BUILD)/venv-train
	$(BUILD)/venv-train/bin/python -m pip install -q -r sw/examples/digits/requirements-train.txt
	$(BUILD)/venv-train/bin/python sw/examples/digits/train.py

train-digits-onnx: $(SETUP) ## train the digits encoder anew, export it and the CNN to ONNX, quantise both
	$(PYTHON) sw/examples/digits/export_onnx.py

$(BUILD)/kjv.txt:
	@command -v bible >/dev/null || { echo 'the text is in the Debian package bible-kjv: apt-get install bible-kjv' >&2; exit 1; }
	bible -f gen1:1-rev22:21 >$@
train-kjv: $(BUILD)/kjv.txt ## train the language model of demo-llm anew, about 15 minutes (own venv with JAX; text from Debian's bible-kjv)
	@test -x $(BUILD)/venv-train-llm/bin/python || python3 -m venv $(BUILD)/venv-train-llm
	$(BUILD)/venv-train-llm/bin/python -m pip install -q --disable-pip-version-check -r $(KJV)/requirements-train.txt
	$(BUILD)/venv-train-llm/bin/python $(KJV)/train.py --text $< --out $(KJV)

clean: ## remove everything built (keeps the Python venv)
	find $(BUILD) -mindepth 1 -maxdepth 1 ! -name 'venv*' -exec rm -rf {} + 2>/dev/null || true
