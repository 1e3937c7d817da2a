// Configuration npu8s: npu8 with two requantise lanes and half the memory: few DSP cells; keeps the parameters honest in tests.
// Generated from spec/npu.toml by scripts/gen_spec.py: do not edit.
// SPDX-License-Identifier: Apache-2.0
`define NPU_CFG_N 8
`define NPU_CFG_LANES 2
`define NPU_CFG_SP_WORDS 4096
`define NPU_CFG_SP_BANKS 4
`define NPU_CFG_ACC_DEPTH 128
`define NPU_CFG_FIR_GROUPS 1
`define NPU_CFG_FIR_TAPS 8
`define NPU_CFG_MATMUL 1
`define NPU_CFG_TRACE_RECORDS 64
`define NPU_CFG_WIDE_LANES 0
`define NPU_CFG_SOFTMAX 1
`define NPU_CFG_NORM 0
