# sources.mk - what the host program is made of; the top Makefile includes it. Paths from the repository's root.
#
# REF_SRCS also builds bare-metal (no libc beyond memcpy, memmove); REF_HOST_SRCS is host only (floats, malloc, -lm).
# SPDX-License-Identifier: Apache-2.0

REF_SRCS := cmodel/ref/ref.c cmodel/ref/ref_conv.c cmodel/ref/ref_reduce.c cmodel/ref/ref_elementwise.c cmodel/ref/ref_move.c \
            cmodel/ref/ref_conv16.c cmodel/ref/ref_matmul.c cmodel/ref/ref_function.c cmodel/ref/ref_select.c cmodel/ref/ref_resize.c cmodel/ref/ref_block.c cmodel/ref/ref_svdf.c cmodel/ref/ref_lstm.c cmodel/ref/ref_int16.c cmodel/ref/ref_float.c cmodel/ref/ref_norm.c \
            cmodel/ref/ref_wide.c cmodel/ref/ref_wide_tables.c cmodel/ref/ref_decoder.c
REF_HOST_SRCS := cmodel/ref/ref_prepare.c cmodel/ref/ref_prepare_nn.c cmodel/ref/ref_prepare_elementwise.c \
                 cmodel/ref/ref_prepare_move.c cmodel/ref/ref_prepare_function.c cmodel/ref/ref_prepare_matmul.c \
                 cmodel/ref/ref_prepare_select.c cmodel/ref/ref_prepare_block.c cmodel/ref/ref_prepare_state.c cmodel/ref/ref_prepare_lstm.c cmodel/ref/ref_prepare_norm.c cmodel/ref/ref_run.c
GRAPH_SRCS := sw/graph/graph.c sw/graph/file.c sw/graph/flatbuf.c sw/graph/tflite.c sw/graph/tflite_options.c sw/graph/tflite_state.c sw/graph/npy.c $(REF_HOST_SRCS)
# Commands and targets that need the compiler join with it; absent ones are weak references (target.h, network.h).
CLI_OWN := sw/cli/main.c sw/cli/network.c sw/cli/targets.c sw/cli/report.c sw/cli/progress.c sw/cli/cmd_info.c \
           sw/cli/cmd_run.c sw/cli/cmd_bench.c sw/cli/cmd_config.c sw/cli/target_ref.c
CLI_SRCS := $(CLI_OWN) $(if $(wildcard sw/compiler/sources.mk),$(filter-out $(CLI_OWN),$(wildcard sw/cli/*.c)))
