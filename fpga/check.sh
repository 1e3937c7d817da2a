#!/bin/sh
# Suite: npu4 synthesised for ecp5 and gowin has its memories in memory cells and its products in DSP cells; and bad asks are refused.
#
# Synopsis: fpga/check.sh      Last line: N passed, N failed.
# The limits are what was measured (fpga/README.md), with little room: a change that costs more should say so there.
# SPDX-License-Identifier: Apache-2.0
set -u
cd "$(dirname "$0")/.."
passed=0 failed=0
check() { # what, status
    if [ "$2" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL $1; rerun: fpga/check.sh"; fi
}
refused() { # what, arguments...
    what=$1
    shift
    if fpga/synth.sh "$@" >build/fpga-check.out 2>&1; then check "$what is not refused" 1
    else check "$what: want one line" $(($(wc -l <build/fpga-check.out) - 1)); fi
}
mkdir -p build
refused "unknown configuration" npu5 ecp5
refused "unknown family" npu4 ecp6
(
    mkdir -p build/fpga-no-yosys
    for tool in dirname ls sed tr; do ln -sf "$(command -v $tool)" build/fpga-no-yosys/; done
    PATH=$PWD/build/fpga-no-yosys
    export PATH
    fpga/synth.sh npu4 ecp5
) >build/fpga-check.out 2>&1
grep -q '^synth: yosys not found' build/fpga-check.out
check "missing yosys is not said" $?

for family in ecp5 gowin; do
    fpga/synth.sh npu4 $family memories
    check "npu4 $family does not synthesise" $?
done
limit() { # family, kind, at least, at most
    got=$(sed -n "/\"total\"/,/}/s/.*\"$2\": \([0-9]*\).*/\1/p" "build/fpga/npu4-$1-memories/report.json")
    [ -n "$got" ] && [ "$got" -ge "$3" ] && [ "$got" -le "$4" ]
    check "npu4 $1: $2 is ${got:-unknown}, want $3..$4" $?
}
limit ecp5 block_RAM 17 23
limit ecp5 LUT_RAM 1 800 # 746 measured: the parameter sets (64) instead of 560 flip-flops
limit ecp5 DSP 33 37
limit gowin block_RAM 17 30
limit gowin LUT_RAM 1 800
limit gowin DSP 37 37
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
