#!/bin/sh
# Unit bench of npu_trace on Verilated RTL, with few and with many places. Last line: N passed, N failed.
# SPDX-License-Identifier: Apache-2.0
set -u
cd "$(dirname "$0")/../.." || exit 1
out=build/rtl_trace
passed=0 failed=0
mkdir -p $out
for records in 16 256; do
    dir=$out/$records
    if ! verilator -Wno-SYMRSVDWORD --cc --exe --build -O3 -CFLAGS "-O2 -std=c++17 -DDUT_RECORDS=$records -I$PWD/spec/gen" \
        --prefix Vdut --top-module npu_trace -GRECORDS=$records -Irtl -Ispec/gen --Mdir $dir \
        "$PWD/tests/rtl_trace/test_trace.cpp" rtl/npu_trace.v >$dir.log 2>&1; then
        echo "FAIL npu_trace with $records records: does not build, see $dir.log"
        failed=$((failed + 1))
        continue
    fi
    $dir/Vdut >$dir.out 2>&1
    grep -v 'passed,' $dir.out
    if grep -q '^[1-9][0-9]* passed, 0 failed$' $dir.out; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        grep -q '^FAIL' $dir.out || echo "FAIL npu_trace with $records records: $(tail -1 $dir.out); rerun: tests/rtl_trace/run.sh"
    fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
