# Firmware of the soft-core: build/firmware/firmware.{elf,bin,hex}; of language models: talk.{elf,bin}; the boot stage that loads it from flash: boot.{elf,bin,hex}. RV32IM as VexRiscv_Lite; picolibc.
# SPDX-License-Identifier: Apache-2.0
FW_DIR    := $(BUILD)/firmware
FW_SRCS   := sw/firmware/main.c sw/firmware/session.c sw/firmware/platform.c sw/firmware/trace.c sw/firmware/loader.c sw/firmware/mem.c sw/firmware/flash_image.c \
    sw/firmware/flash_boot.c sw/firmware/flash_program.c $(DRIVER_SRCS) $(RUNTIME_SRCS) $(REF_SRCS)
FW_OBJS   := $(FW_DIR)/obj/sw/firmware/crt0.o $(FW_SRCS:%.c=$(FW_DIR)/obj/%.o)
FW_CC     := riscv64-unknown-elf-gcc
FW_ARCH   := -march=rv32im -mabi=ilp32 --specs=picolibc.specs
FW_CFLAGS := $(FW_ARCH) -std=c11 -O2 -g -ffreestanding -fno-builtin-printf -ffunction-sections -fdata-sections \
    -Wall -Wextra -Werror -MMD -MP \
    -I$(BUILD)/soc -Ispec/gen -Isw/driver -Isw/runtime -Icmodel/ref -Isw/llm -Isw/firmware

# C view of the address map.
SOC_MAP_H := $(BUILD)/soc/soc_map.h
$(SOC_MAP_H): rtl/soc/soc_map.vh sw/firmware/build.mk
	@mkdir -p $(@D)
	@{ echo '/* Made from rtl/soc/soc_map.vh: do not edit. */'; \
	   sed -n "s/^\`define \(SOC_[A-Z0-9_]*\) 32'h\([0-9a-f]*\)$$/#define \1 0x\2/p" $<; } >$@

# What is not worth its size in the RAM.
$(addprefix $(FW_DIR)/obj/sw/firmware/,main.o session.o loader.o flash_boot.o flash_program.o flash_image.o): FW_CFLAGS += -Os
$(FW_DIR)/obj/sw/firmware/mem.o: FW_CFLAGS += -fno-tree-loop-distribute-patterns
$(FW_DIR)/obj/%.o: %.c $(SOC_MAP_H) | $(SETUP)
	@mkdir -p $(@D)
	$(call say,fwcc,$@)
	$(Q)$(FW_CC) $(FW_CFLAGS) -c $< -o $@
$(FW_DIR)/obj/%.o: %.S $(SOC_MAP_H) | $(SETUP)
	@mkdir -p $(@D)
	$(call say,fwas,$@)
	$(Q)$(FW_CC) $(FW_CFLAGS) -c $< -o $@
$(FW_DIR)/firmware.ld: sw/firmware/firmware.ld $(SOC_MAP_H) | $(SETUP)
	@mkdir -p $(@D)
	$(Q)$(FW_CC) $(FW_ARCH) -E -P -x c -I$(BUILD)/soc $< -o $@
$(FW_DIR)/firmware.elf: $(FW_OBJS) $(FW_DIR)/firmware.ld
	$(call say,fwld,$@)
	$(Q)$(FW_CC) $(FW_ARCH) -nostartfiles -Wl,--no-warn-rwx-segments -T $(FW_DIR)/firmware.ld $(FW_OBJS) -Wl,-Map=$(FW_DIR)/firmware.map -o $@
$(FW_DIR)/firmware.bin: $(FW_DIR)/firmware.elf
	$(Q)riscv64-unknown-elf-objcopy -O binary $< $@

# The firmware of language models.
TALK_SRCS := sw/firmware/talk.c sw/firmware/session.c sw/firmware/platform.c sw/firmware/loader.c sw/firmware/mem.c sw/firmware/flash_image.c sw/firmware/flash_boot.c sw/llm/image.c \
    sw/llm/tokenizer.c sw/llm/sampler.c cmodel/ref/ref_decoder.c $(wildcard cmodel/ref/ref_wide*.c) $(DRIVER_SRCS) sw/runtime/prog.c
TALK_OBJS := $(FW_DIR)/obj/sw/firmware/crt0.o $(TALK_SRCS:%.c=$(FW_DIR)/obj/%.o)
$(FW_DIR)/talk.elf: $(TALK_OBJS) $(FW_DIR)/firmware.ld
	$(call say,fwld,$@)
	$(Q)$(FW_CC) $(FW_ARCH) -nostartfiles -Wl,--no-warn-rwx-segments -Wl,--gc-sections -T $(FW_DIR)/firmware.ld $(TALK_OBJS) \
	    -Wl,-Map=$(FW_DIR)/talk.map -o $@
$(FW_DIR)/talk.bin: $(FW_DIR)/talk.elf
	$(Q)riscv64-unknown-elf-objcopy -O binary $< $@

# The boot stage, and an image of the whole RAM with it.
BOOT_SRCS := sw/firmware/boot.c sw/firmware/flash_image.c sw/firmware/platform.c sw/firmware/mem.c sw/driver/npu_driver.c sw/runtime/prog.c
BOOT_OBJS := $(FW_DIR)/obj/sw/firmware/boot_reset.o $(FW_DIR)/obj/sw/firmware/crt0.o $(BOOT_SRCS:%.c=$(FW_DIR)/obj/%.o)
$(FW_DIR)/boot.ld: sw/firmware/boot.ld $(SOC_MAP_H) | $(SETUP)
	@mkdir -p $(@D)
	$(Q)$(FW_CC) $(FW_ARCH) -E -P -x c -I$(BUILD)/soc $< -o $@
$(FW_DIR)/boot.elf: $(BOOT_OBJS) $(FW_DIR)/boot.ld
	$(call say,fwld,$@)
	$(Q)$(FW_CC) $(FW_ARCH) -nostartfiles -Wl,--no-warn-rwx-segments -T $(FW_DIR)/boot.ld $(BOOT_OBJS) -Wl,-Map=$(FW_DIR)/boot.map -o $@
$(FW_DIR)/boot.bin: $(FW_DIR)/boot.elf
	$(Q)riscv64-unknown-elf-objcopy -O binary $< $@
# 32-bit words for $$readmemh.
$(FW_DIR)/%.hex: $(FW_DIR)/%.bin
	$(Q)od -An -v -t x4 -w4 --endian=little $< | tr -d ' ' >$@
-include $(sort $(FW_OBJS:.o=.d) $(TALK_OBJS:.o=.d) $(BOOT_OBJS:.o=.d))

.PHONY: firmware
firmware: $(FW_DIR)/firmware.bin $(FW_DIR)/firmware.hex $(FW_DIR)/talk.bin $(FW_DIR)/boot.bin $(FW_DIR)/boot.hex ## build the soft-core's firmware

# The small system (rtl/lite/soc_small.v): RV32I, no operators on the CPU; its boot memory.
SMALL_SRCS   := sw/firmware/small.c sw/firmware/platform.c sw/firmware/mem.c sw/firmware/flash_image.c sw/firmware/no_ops.c \
    $(DRIVER_SRCS) sw/runtime/runtime.c sw/runtime/prog.c
SMALL_OBJS   := $(FW_DIR)/small/sw/firmware/crt0.o $(SMALL_SRCS:%.c=$(FW_DIR)/small/%.o)
SMALL_BOOT   := $(FW_DIR)/small/sw/firmware/small_boot.o
SMALL_CFLAGS := $(patsubst -march=%,-march=rv32i,$(filter-out -O2,$(FW_CFLAGS))) -Os
$(SMALL_BOOT): SMALL_CFLAGS += -fno-tree-loop-distribute-patterns -msmall-data-limit=0
$(FW_DIR)/small/sw/firmware/mem.o: SMALL_CFLAGS += -fno-tree-loop-distribute-patterns
$(FW_DIR)/small/%.o: %.c $(SOC_MAP_H) | $(SETUP)
	@mkdir -p $(@D)
	$(call say,fwcc,$@)
	$(Q)$(FW_CC) $(SMALL_CFLAGS) -c $< -o $@
$(FW_DIR)/small/%.o: %.S $(SOC_MAP_H) | $(SETUP)
	@mkdir -p $(@D)
	$(call say,fwas,$@)
	$(Q)$(FW_CC) $(SMALL_CFLAGS) -c $< -o $@
$(FW_DIR)/small.ld $(FW_DIR)/small_boot.ld: $(FW_DIR)/%.ld: sw/firmware/%.ld $(SOC_MAP_H) | $(SETUP)
	@mkdir -p $(@D)
	$(Q)$(FW_CC) $(FW_ARCH) -E -P -x c -I$(BUILD)/soc $< -o $@
$(FW_DIR)/small.elf: $(SMALL_OBJS) $(FW_DIR)/small.ld
$(FW_DIR)/small_boot.elf: $(SMALL_BOOT) $(FW_DIR)/small_boot.ld
$(FW_DIR)/small.elf $(FW_DIR)/small_boot.elf:
	$(call say,fwld,$@)
	$(Q)$(FW_CC) -march=rv32i -mabi=ilp32 --specs=picolibc.specs -nostartfiles -Wl,--no-warn-rwx-segments -Wl,--gc-sections \
	    -T $(@:.elf=.ld) $(filter %.o,$^) -Wl,-Map=$(@:.elf=.map) -o $@
$(FW_DIR)/small.bin $(FW_DIR)/small_boot.bin: %.bin: %.elf
	$(Q)riscv64-unknown-elf-objcopy -O binary $< $@
-include $(SMALL_OBJS:.o=.d) $(SMALL_BOOT:.o=.d)
