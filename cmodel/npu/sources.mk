# C model of the NPU, one file per hardware unit. Needs -Ispec/gen.   SPDX-License-Identifier: Apache-2.0
MODEL_SRCS := $(addprefix cmodel/npu/,npu_config.c model_regs.c model_run.c model_check.c model_load.c model_store.c \
    model_conv.c model_conv_fast.c model_vector.c model_softmax.c model_norm.c model_wide.c model_footprint.c model_footprint_wide.c model_order.c \
    timing.c timing_port.c timing_fetch.c timing_load.c timing_array.c timing_vector.c timing_wide.c timing_norm.c timing_store.c timing_banks.c)
