// Configuration npu16w: npu16 with the wide row engine and 256 KiB scratchpad: language models.
// Generated from spec/npu.toml by scripts/gen_spec.py: do not edit.
// SPDX-License-Identifier: Apache-2.0
`define NPU_CFG_N 16
`define NPU_CFG_LANES 16
`define NPU_CFG_SP_WORDS 16384
`define NPU_CFG_SP_BANKS 8
`define NPU_CFG_ACC_DEPTH 512
`define NPU_CFG_FIR_GROUPS 3
`define NPU_CFG_FIR_TAPS 5
`define NPU_CFG_MATMUL 1
`define NPU_CFG_TRACE_RECORDS 512
`define NPU_CFG_WIDE_LANES 4
`define NPU_CFG_SOFTMAX 1
`define NPU_CFG_NORM 1
