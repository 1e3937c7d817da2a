#!/bin/sh
# Unit benches of the DMA units and the scratchpad on Verilated RTL. Synopsis: tests/rtl_dma/run.sh [BENCH]...
# (BENCH: scratchpad load store arb; none: all).
# Each is built for N = 4, 8, 16, 32 (SIZES=... for others), arb once. The last line is `N passed, N failed`.
# SPDX-License-Identifier: Apache-2.0
set -u
cd "$(dirname "$0")/../.." || exit 1
out=build/rtl_dma
passed=0 failed=0
mkdir -p $out

# bench NAME TOP N PARAMETERS: build tests/rtl_dma/test_NAME.cpp with top module TOP for one N and run it
bench() {
    name=$1 top=$2 n=$3 extra=$4
    dir=$out/$name$n
    if ! verilator -Wno-SYMRSVDWORD --cc --exe --build -O3 -CFLAGS "-O2 -std=c++17 -DDUT_N=$n -I$PWD/spec/gen" \
        --prefix Vdut --top-module "$top" $extra -Irtl -Ispec/gen --Mdir "$dir" "$PWD/tests/rtl_dma/test_$name.cpp" "rtl/$top.v" >"$dir.log" 2>&1; then
        echo "FAIL $name N=$n: does not build, see $dir.log"
        failed=$((failed + 1))
        return
    fi
    "$dir/Vdut" >"$dir.out" 2>&1
    grep -v 'passed,' "$dir.out" || true
    last=$(tail -n 1 "$dir.out")
    p=$(echo "$last" | sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1/p')
    f=$(echo "$last" | sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\2/p')
    # A bench counts its checks, millions of them; here it is one case.
    if [ -z "$p" ]; then
        echo "FAIL $name N=$n: stopped without a result; rerun: tests/rtl_dma/run.sh $name"
        failed=$((failed + 1))
    elif [ "$f" -ne 0 ] || [ "$p" -eq 0 ]; then
        failed=$((failed + 1))
    else
        echo "$name N=$n: $p checks"
        passed=$((passed + 1))
    fi
}

for b in ${*:-scratchpad load store arb}; do
    if [ "$b" = arb ]; then
        bench arb npu_axi_rd_arb 16 ""
        continue
    fi
    for n in ${SIZES:-4 8 16 32}; do
        case $b in
        scratchpad) bench scratchpad npu_scratchpad $n "-GN=$n -GSP_WORDS=256 -GSP_BANKS=8" ;;
        load) bench load npu_load $n -GN=$n ;;
        store) bench store npu_store $n -GN=$n ;;
        *) echo "run.sh: no bench $b" >&2; exit 2 ;;
        esac
    done
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
