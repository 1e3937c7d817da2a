#!/bin/sh
# Static checks of everything hand-written; prints nothing and exits 0 when all is clean.
#
#   Verilog  verilator --lint-only -Wall on the NPU, in every configuration of spec/gen, and on the SoC
#   C        clang-format against .clang-format
#   Python   compiles
#   shell    sh -n / bash -n
#
# SPDX-License-Identifier: Apache-2.0
set -u
cd "$(dirname "$0")/.."
status=0

# verilog TOP CONFIG ARGUMENT...: the top takes its configuration as parameters
verilog() {
    top=$1 config=$2
    shift 2
    parameters=$(sed -n 's/^`define NPU_CFG_\([A-Z_]*\) \(.*\)/-G\1=\2/p' "$config")
    # shellcheck disable=SC2086
    if ! out=$(verilator --lint-only -Wall --top-module "$top" -Ispec/gen -Irtl -Irtl/soc $parameters "$@" 2>&1) ||
        [ -n "$out" ]; then
        echo "lint: $top with $config:"
        echo "$out" | head -40
        status=1
    fi
}
for config in spec/gen/config_*.vh; do
    # shellcheck disable=SC2046
    verilog npu_top "$config" $(ls rtl/*.vlt 2>/dev/null) -f rtl/npu.f
done
for lanes in 1 4; do
    # shellcheck disable=SC2046
    verilog npu_top spec/gen/config_npu16.vh -GWIDE_LANES=$lanes $(ls rtl/*.vlt 2>/dev/null) -f rtl/npu.f
done
verilog soc_top spec/gen/config_npu16.vh $(ls rtl/*.vlt 2>/dev/null) rtl/soc/soc.vlt rtl/soc/*.v build/soc/VexRiscv_Lite.v \
    -f rtl/npu.f

sdram='rtl/soc/soc_sdram.v rtl/soc/soc_sdram_banks.v rtl/soc/soc_sdram_init.v rtl/soc/soc_sdram_data.v rtl/npu_fifo.v'
for pins in '-GDQ=16' '-GDQ=32 -GROW_BITS=11 -GCOL_BITS=8'; do
    # shellcheck disable=SC2086
    verilog soc_sdram /dev/null $pins $sdram
done

lite_mul='rtl/npu_mul2.v rtl/npu_mul_ecp5_dsp.v rtl/npu_mul_ecp5_carry.v rtl/npu_add_ecp5.v'
for config in npu4 npu8; do
    # shellcheck disable=SC2046,SC2086
    verilog npu_lite_axi /dev/null $(sed -n '/MATMUL\|TRACE\|WIDE\|SOFTMAX\|NORM/d; s/^`define NPU_CFG_\([A-Z_]*\) \(.*\)/-G\1=\2/p' spec/gen/config_$config.vh) \
        rtl/lite/npu_*.v $lite_mul
done
verilog soc_small /dev/null rtl/soc/soc.vlt rtl/lite/npu_*.v rtl/lite/soc_small.v rtl/lite/soc_small_ram.v rtl/lite/soc_small_cache.v $lite_mul rtl/soc/soc_uart.v \
    rtl/soc/soc_flash.v build/soc/VexRiscv_Min.v
# shellcheck disable=SC2086
verilog soc_small_sdram /dev/null rtl/soc/soc.vlt rtl/lite/*.v $lite_mul $sdram rtl/soc/soc_uart.v rtl/soc/soc_flash.v build/soc/VexRiscv_Min.v

for bridge in '' '-GWIDTH=64 -GPIPELINED=1' '-GPIPELINED=1' '-GWIDTH=64'; do
    # shellcheck disable=SC2086
    verilog npu_wishbone spec/gen/config_npu4.vh $bridge rtl/soc/soc.vlt fpga/examples/npu_wishbone.v rtl/soc/soc_wb_axil.v \
        rtl/soc/soc_axi_wb.v -f rtl/npu.f
done
verilog npu_axi spec/gen/config_npu4.vh rtl/soc/soc.vlt fpga/examples/npu_axi.v -f rtl/npu.f

for crossing in soc_cdc_axi soc_cdc_axil; do
    verilog $crossing /dev/null rtl/soc/$crossing.v rtl/soc/soc_cdc_fifo.v
done

git ls-files '*.c' '*.h' '*.cc' '*.cpp' | grep -v '^spec/gen/' >build/lint.files
xargs -r clang-format --dry-run -Werror <build/lint.files 2>&1 | grep -E 'error|warning' | head -40 | tee build/lint.out
[ ! -s build/lint.out ] || status=1

git ls-files '*.py' | xargs -r build/venv/bin/python -c '
import sys
for name in sys.argv[1:]:
    compile(open(name, encoding="utf-8").read(), name, "exec")
' || status=1

for script in $(git ls-files '*.sh' .ci/run); do
    bash -n "$script" || status=1
done
exit $status
