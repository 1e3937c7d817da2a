# Microcode of npu_lite: build/microcode/microcode.{elf,bin,hex}. RV32I for rtl/lite/npu_lite_core.v.
# SPDX-License-Identifier: Apache-2.0
MC_DIR    := $(BUILD)/microcode
MC_SRCS   := $(wildcard sw/microcode/*.c) cmodel/npu/model_check.c
MC_OBJS   := $(MC_SRCS:%.c=$(MC_DIR)/obj/%.o)
MC_ARCH   := -march=rv32i -mabi=ilp32 -mcmodel=medlow
MC_CFLAGS := $(MC_ARCH) -std=c11 -O2 -g -ffreestanding -fno-tree-loop-distribute-patterns -ffunction-sections -msmall-data-limit=0 \
    -Wall -Wextra -Werror -MMD -MP -Ispec/gen -Isw/microcode -Icmodel/npu
# What the sequencer does not have.
MC_REFUSED := auipc fence fence.i ecall ebreak csr[rwsci]* mul[hsu]* div[u]* rem[u]*

$(MC_DIR)/obj/%.o: %.c spec/gen/npu_spec.h sw/microcode/build.mk | $(SETUP)
	@mkdir -p $(@D)
	$(call say,mccc,$@)
	$(Q)$(FW_CC) $(MC_CFLAGS) -c $< -o $@
$(MC_DIR)/microcode.elf: $(MC_OBJS) sw/microcode/microcode.ld
	$(call say,mcld,$@)
	$(Q)$(FW_CC) $(MC_ARCH) -nostdlib -nostartfiles -Wl,--no-warn-rwx-segments -Wl,--gc-sections -T sw/microcode/microcode.ld $(MC_OBJS) \
	    -Wl,-Map=$(MC_DIR)/microcode.map -o $@.new
	$(Q)riscv64-unknown-elf-objdump -d -M no-aliases $@.new >$(MC_DIR)/microcode.lst
	$(Q)for op in $(MC_REFUSED); do ! grep -m1 -P "^ +[0-9a-f]+:\t[0-9a-f]+ +\t$$op\t" $(MC_DIR)/microcode.lst || \
	    { echo "microcode: the sequencer has no $$op (rtl/lite/npu_lite_core.v)"; exit 1; }; done
	$(Q)mv $@.new $@
$(MC_DIR)/microcode.bin: $(MC_DIR)/microcode.elf
	$(Q)riscv64-unknown-elf-objcopy -O binary $< $@
$(MC_DIR)/microcode.hex: $(MC_DIR)/microcode.bin
	$(Q)od -An -v -t x4 -w4 --endian=little $< | tr -d ' ' >$@
-include $(MC_OBJS:.o=.d)

.PHONY: microcode
microcode: $(MC_DIR)/microcode.bin $(MC_DIR)/microcode.hex ## build the microcode of npu_lite
