# Test programs that are not one file: build/fuzz, and build/asan/fuzz with the sanitizers (tests/fuzz/fuzz.c).
# Included by the top Makefile after cmodel/*/sources.mk.   SPDX-License-Identifier: Apache-2.0
FUZZ_SRCS := $(addprefix tests/fuzz/,fuzz.c fuzz_gen.c fuzz_cmds.c fuzz_device.c fuzz_self.c fuzz_errors.c fuzz_wide.c) $(MODEL_SRCS) cmodel/ref/ref_norm.c cmodel/ref/ref_wide.c cmodel/ref/ref_wide_tables.c

$(BUILD)/fuzz: $(FUZZ_SRCS:%.c=$(BUILD)/obj/%.o)
	$(call say,link,$@)
	$(Q)gcc $^ $(LDLIBS) -o $@
$(BUILD)/asan/fuzz: $(FUZZ_SRCS:%.c=$(BUILD)/asan/obj/%.o)
	$(call say,link,$@)
	$(Q)gcc $(SANITIZE) $^ $(LDLIBS) -o $@
-include $(FUZZ_SRCS:%.c=$(BUILD)/obj/%.d) $(FUZZ_SRCS:%.c=$(BUILD)/asan/obj/%.d)
test: $(BUILD)/fuzz $(BUILD)/asan/fuzz
