# sources.mk - the .onnx reader. The message classes are made from ONNX's own description (Debian: libonnx-dev) by
# protoc-c (libprotobuf-c). SPDX-License-Identifier: Apache-2.0
ONNX_PROTO := /usr/include/onnx/onnx.proto
ONNX_GEN   := $(BUILD)/gen/onnx.pb-c
ONNX_SRCS  := $(wildcard sw/onnx/*.c) $(ONNX_GEN).c
$(ONNX_GEN).c: | $(SETUP)
	$(call say,gen,$@)
	@mkdir -p $(@D)
	$(Q)protoc-c --proto_path=$(dir $(ONNX_PROTO)) --c_out=$(@D) $(notdir $(ONNX_PROTO))
$(ONNX_GEN).h: $(ONNX_GEN).c
ONNX_OBJS := $(foreach d,obj asan/obj,$(ONNX_SRCS:%.c=$(BUILD)/$(d)/%.o))
$(ONNX_OBJS): $(ONNX_GEN).c
