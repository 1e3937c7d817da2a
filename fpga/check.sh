#!/bin/sh
# Suite: npu4 synthesised for ecp5 has its memories in memory cells and its products in DSP cells; and bad asks are refused.
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

fpga/synth.sh npu4 ecp5 memories
check "npu4 ecp5 does not synthesise" $?
report=build/fpga/npu4-ecp5-memories/report.json
value() { sed -n "/\"total\"/,/}/s/.*\"$1\": \([0-9]*\).*/\1/p" $report; }
limit() { # kind, at least, at most
    got=$(value "$1")
    [ -n "$got" ] && [ "$got" -ge "$2" ] && [ "$got" -le "$3" ]
    check "npu4 ecp5: $1 is ${got:-unknown}, want $2..$3" $?
}
limit block_RAM 17 23
limit LUT_RAM 1 700
limit DSP 33 37
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
