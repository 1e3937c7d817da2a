// Configuration npu4: 16 MAC/cycle, 16 KiB scratchpad: iCE40 UP5K class.
// Generated from spec/npu.toml by scripts/gen_spec.py: do not edit.
// SPDX-License-Identifier: Apache-2.0
`define NPU_CFG_N 4
`define NPU_CFG_LANES 4
`define NPU_CFG_SP_WORDS 4096
`define NPU_CFG_SP_BANKS 4
`define NPU_CFG_ACC_DEPTH 256
`define NPU_CFG_FIR_GROUPS 1
`define NPU_CFG_FIR_TAPS 4
`define NPU_CFG_MATMUL 0
`define NPU_CFG_TRACE_RECORDS 0
`define NPU_CFG_WIDE_LANES 0
`define NPU_CFG_SOFTMAX 1
`define NPU_CFG_NORM 0
