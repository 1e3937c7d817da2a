# Program images and their execution. RUNTIME_SRCS: host and soft-core; RUNTIME_HOST_SRCS: host only (builder).
# Needs -Ispec/gen -Isw/driver -Icmodel/ref.   SPDX-License-Identifier: Apache-2.0
RUNTIME_SRCS := sw/runtime/prog.c sw/runtime/runtime.c sw/runtime/op_check.c sw/runtime/op_check_move.c
RUNTIME_HOST_SRCS := sw/runtime/prog_write.c sw/runtime/prog_predict.c
