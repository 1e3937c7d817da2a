# icarus_prep: input files for the Icarus bench (testbench/icarus/run.sh).
# SPDX-License-Identifier: Apache-2.0
ICARUS_PREP := $(BUILD)/icarus_prep
$(ICARUS_PREP): testbench/icarus/icarus_prep.c sw/runtime/prog.c sw/runtime/prog.h spec/gen/npu_spec.h | $(SETUP)
	@mkdir -p $(@D)
	$(call say,cc,$@)
	$(Q)gcc -D_POSIX_C_SOURCE=200809L $(CFLAGS) $(SANITIZE) -Ispec/gen -Isw/runtime $(filter %.c,$^) -o $@
TEST_NEEDS += $(ICARUS_PREP)
