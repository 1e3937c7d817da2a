# The compiler: graph to program image. Needs -Ispec/gen -Isw/graph -Isw/runtime -Icmodel/ref, the golden models,
# the program builder and the C model's footprints.   SPDX-License-Identifier: Apache-2.0
COMPILER_SRCS := $(addprefix sw/compiler/,compile.c placement.c plan.c follow.c late.c resident.c conv_desc.c lower_conv.c lower_slice.c lower_matmul.c tile.c pack_input.c \
    cascade.c cascade_plan.c trial.c lower_pool.c lower_vector.c lower_binary.c lower_move.c move_list.c \
    move.c scratch.c emit.c report.c constant.c constant_role.c constant_find.c constant_keep.c constant_rewrite.c)
