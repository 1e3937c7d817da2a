#!/bin/sh
# Elaborate the NPU in Yosys for every configuration (or those named) and fail on whatever would not be good hardware.
#
# Synopsis: testbench/yosys_check.sh [CONFIG]...
# Fails on: an error, an unknown module or port, a combinational loop, several drivers, a used wire without a driver
# (`check -assert`), a latch, and any warning that is not in the list below.
# Prints one line for each configuration; last line `N passed, N failed`.
# RTL_LIST: another file list.
# SPDX-License-Identifier: Apache-2.0
set -u
cd "$(dirname "$0")/.."
out=build/yosys
mkdir -p $out

# Warnings that do not matter, each with its reason (extended regular expressions).
ALLOWED='
Replacing memory .* with list of registers
'
# "Replacing memory": a small array read combinationally (queues); registers are what is meant.

files=$(sed 's/[#].*//; s,//.*,,' "${RTL_LIST:-rtl/npu.f}" | tr ' ' '\n' | grep '\.s*v$' | tr '\n' ' ')
[ $# -gt 0 ] || set -- $(ls spec/gen/config_*.vh | sed 's,.*config_\(.*\)\.vh,\1,')
passed=0 failed=0
for config; do
    parameters=$(sed -n 's/^`define NPU_CFG_\([A-Z_]*\) \(.*\)/-set \1 \2/p' "spec/gen/config_$config.vh" | tr '\n' ' ')
    log=$out/$config.log
    begin=$(date +%s)
    yosys -p "read_verilog -sv -Ispec/gen $files; chparam $parameters npu_top; hierarchy -check -top npu_top;
        proc; opt_clean; check -assert; select -assert-none t:\$dlatch t:\$adlatch t:\$dlatchsr; stat" >"$log" 2>&1
    status=$?
    seconds=$(($(date +%s) - begin))
    grep -i 'warning' "$log" | grep -v '^Warnings:' | sort -u >"$out/$config.warnings"
    echo "$ALLOWED" | sed '/^$/d' >"$out/allowed"
    bad=$(grep -v -E -f "$out/allowed" "$out/$config.warnings")
    if [ $status -eq 0 ] && [ -z "$bad" ]; then
        passed=$((passed + 1))
        echo "ok   yosys $config ($seconds s)"
    else
        failed=$((failed + 1))
        printf 'FAIL yosys %s: %s (rerun: testbench/yosys_check.sh %s; log: %s)\n' "$config" \
            "$(grep '^ERROR' "$log" | head -1 | tr -d '\n')" "$config" "$log"
        printf '%s\n' "$bad" | head -20
    fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
