#!/bin/sh
# Array unit against the literal CONV of the C model, for every configuration. Synopsis: tests/rtl_array/run.sh [CONFIG]...
# ROUNDS=n: random command sequences for each (default 150). The last line is `N passed, N failed`.
# SPDX-License-Identifier: Apache-2.0
set -u
cd "$(dirname "$0")/../.." || exit 1
out=build/rtl_array
passed=0 failed=0
mkdir -p $out
model=""
for c in cmodel/npu/*.c cmodel/ref/ref_norm.c cmodel/ref/ref_wide.c cmodel/ref/ref_wide_tables.c; do
    o=$out/$(basename "$c" .c).o
    gcc -std=c11 -O2 -Ispec/gen -c "$c" -o "$o" || exit 1
    model="$model $PWD/$o"
done
for config in ${*:-npu4 npu8 npu8s npu16 npu32}; do
    param() { sed -n "s/^\`define NPU_CFG_$1 //p" "spec/gen/config_$config.vh"; }
    dir=$out/$config
    rm -f "$dir/Vdut" # verilator's makefile does not know that it hangs on the model's objects
    if ! verilator --cc --exe --build -O3 --x-initial unique -Wno-SYMRSVDWORD --prefix Vdut --top-module npu_array_unit -GN="$(param N)" \
        -GLANES="$(param LANES)" -GACC_DEPTH="$(param ACC_DEPTH)" -GFIR_GROUPS="$(param FIR_GROUPS)" -GFIR_TAPS="$(param FIR_TAPS)" -GMATMUL="$(param MATMUL)" -Irtl -Ispec/gen \
        -CFLAGS "-O2 -std=c++17 -I$PWD/spec/gen -DCONFIG='\"$config\"' -DROUNDS=${ROUNDS:-150}" --Mdir "$dir" \
        "$PWD/tests/rtl_array/test_array.cpp" rtl/npu_array_unit.v $model >"$dir.log" 2>&1; then
        echo "FAIL array $config: does not build, see $dir.log"
        failed=$((failed + 1))
        continue
    fi
    "$dir/Vdut" >"$dir.out" 2>&1
    grep -v 'passed,' "$dir.out"
    counts=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$dir.out" | tail -n 1)
    [ -n "$counts" ] || { echo "FAIL array $config: stopped without a result"; counts="0 1"; }
    [ "${counts#* }" -eq 0 ] || echo "rerun: tests/rtl_array/run.sh $config"
    passed=$((passed + ${counts% *}))
    failed=$((failed + ${counts#* }))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
