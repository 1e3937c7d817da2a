# Microcode of npu_lite, for each configuration that it is built with: build/microcode/CONFIG/microcode.{elf,bin,hex}. RV32I for
# rtl/lite/npu_lite_core.v. SPDX-License-Identifier: Apache-2.0
MC_DIR     := $(BUILD)/microcode
MC_CONFIGS := $(LITE_CONFIGS)
MC_SRCS    := $(wildcard sw/microcode/*.c) cmodel/npu/model_check.c
MC_ARCH    := -march=rv32i -mabi=ilp32 -mcmodel=medlow
MC_CFLAGS  := $(MC_ARCH) -std=c11 -O2 -g -ffreestanding -fno-tree-loop-distribute-patterns -ffunction-sections -msmall-data-limit=0 \
    -Wall -Wextra -Werror -MMD -MP -Ispec/gen -Isw/microcode -Icmodel/npu
# Bytes of local memory for it: npu_lite_local's CODE_BYTES.
mc_bytes    = $(if $(filter npu4,$(1)),0xc000,0x4000)
mc_numbers  = $(shell sed -n 's/^`define \(NPU_CFG_[A-Z_]*\) \(.*\)/-D\1=\2/p' $(call config_vh,$(1)))
# What the sequencer does not have.
MC_REFUSED := auipc fence fence.i ecall ebreak csr[rwsci]* mul[hsu]* div[u]* rem[u]*

# $(1): folder of the configuration
define mc_rules
MC_OBJS_$(1) := $$(MC_SRCS:%.c=$$(MC_DIR)/$(1)/obj/%.o)
$$(MC_OBJS_$(1)): $$(MC_DIR)/$(1)/obj/%.o: %.c spec/gen/npu_spec.h $$(call config_vh,$(1)) sw/microcode/build.mk | $$(SETUP)
	@mkdir -p $$(@D)
	$$(call say,mccc,$$@)
	$$(Q)$$(FW_CC) $$(MC_CFLAGS) $$(call mc_numbers,$(1)) -c $$< -o $$@
$$(MC_DIR)/$(1)/microcode.elf: $$(MC_OBJS_$(1)) sw/microcode/microcode.ld
	$$(call say,mcld,$$@)
	$$(Q)$$(FW_CC) $$(MC_ARCH) -nostdlib -nostartfiles -Wl,--no-warn-rwx-segments -Wl,--gc-sections -Wl,--defsym=mc_bytes=$$(call mc_bytes,$(1)) \
	    -T sw/microcode/microcode.ld $$(MC_OBJS_$(1)) -Wl,-Map=$$(@D)/microcode.map -o $$@.new
	$$(Q)riscv64-unknown-elf-objdump -d -M no-aliases $$@.new >$$(@D)/microcode.lst
	$$(Q)for op in $$(MC_REFUSED); do ! grep -m1 -P "^ +[0-9a-f]+:\t[0-9a-f]+ +\t$$$$op\t" $$(@D)/microcode.lst || \
	    { echo "microcode: the sequencer has no $$$$op (rtl/lite/npu_lite_core.v)"; exit 1; }; done
	$$(Q)mv $$@.new $$@
-include $$(MC_OBJS_$(1):.o=.d)
endef
$(foreach config,$(MC_CONFIGS),$(eval $(call mc_rules,$(config))))
$(MC_DIR)/%/microcode.bin: $(MC_DIR)/%/microcode.elf
	$(Q)riscv64-unknown-elf-objcopy -O binary $< $@
$(MC_DIR)/%/microcode.hex: $(MC_DIR)/%/microcode.bin
	$(Q)od -An -v -t x4 -w4 --endian=little $< | tr -d ' ' >$@

.PHONY: microcode
microcode: $(foreach config,$(MC_CONFIGS),$(MC_DIR)/$(config)/microcode.bin $(MC_DIR)/$(config)/microcode.hex) ## build the microcode of npu_lite
