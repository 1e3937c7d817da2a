// Configuration npu8: 64 MAC/cycle, 64 KiB scratchpad: ECP5-25F class.
// Generated from spec/npu.toml by scripts/gen_spec.py: do not edit.
// SPDX-License-Identifier: Apache-2.0
`define NPU_CFG_N 8
`define NPU_CFG_LANES 8
`define NPU_CFG_SP_WORDS 8192
`define NPU_CFG_SP_BANKS 8
`define NPU_CFG_ACC_DEPTH 512
`define NPU_CFG_FIR_GROUPS 2
`define NPU_CFG_FIR_TAPS 4
`define NPU_CFG_MATMUL 0
`define NPU_CFG_TRACE_RECORDS 0
`define NPU_CFG_WIDE_LANES 0
`define NPU_CFG_SOFTMAX 1
`define NPU_CFG_NORM 0
