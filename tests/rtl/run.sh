#!/bin/sh
# Suites of the RTL's benches.  Synopsis: tests/rtl/run.sh lib | icarus | yosys
#   lib     the AXI memory model's own tests; the Verilated NPU as a device; npu_counters beside plain 64-bit counters
#   icarus  the digits network in 4-state simulation, every configuration against ref; stalls; and that unknown or wrong
#           bytes are noticed
#   yosys   every configuration elaborates without a warning that matters; and that a latch, a loop and an open net are noticed
# Last line: N passed, N failed.   SPDX-License-Identifier: Apache-2.0
set -u
cd "$(dirname "$0")/../.." || exit 1
passed=0 failed=0
digits=sw/examples/digits
ok() { passed=$((passed + 1)); }
bad() { # what, rerun
    failed=$((failed + 1))
    echo "FAIL $1; rerun: $2"
}

icarus() { # settings, config, digit
    run="$1 testbench/icarus/run.sh $2 $digits/digits.tflite $digits/held_out/$3.bin"
    if out=$(eval "$run" 2>&1); then ok; else bad "icarus $2: $(echo "$out" | tail -1)" "$run"; fi
    echo "$out" | sed -n 's/^icarus \(.*\): step 0: .* commands, \(.*\) cycles/done icarus \1: \2 cycles/p'
}

# The compiled bench of the last run of configuration $1 with file $2 replaced by file $3 must end with a line that has $4.
icarus_notices() {
    dir=build/icarus/$1-digits
    # shellcheck disable=SC2046
    if vvp -n "$dir/tb.vvp" $(sed "s,$dir/$2,$3,g" "$dir/plusargs") 2>&1 | grep -q "^FAIL $4"; then ok
    else bad "icarus $1 does not notice: $4" "tests/rtl/run.sh icarus"; fi
}

yosys_notices() { # what, Verilog text of a module npu_top
    printf '%s\n' "$2" >build/yosys/broken.v
    echo build/yosys/broken.v >build/yosys/broken.f
    if RTL_LIST=build/yosys/broken.f testbench/yosys_check.sh npu4 >build/yosys/broken.out; then
        bad "yosys does not notice $1" "tests/rtl/run.sh yosys"
    else ok; fi
}

case "${1-}" in
lib)
    for test in build/test/axi_mem_test build/tests/rtl/test_lib; do
        out=$($test 2>&1) || echo "$test ended with status $?"
        echo "$out" | grep '^FAIL'
        sum=$(echo "$out" | sed -n '$s/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p')
        if [ -n "$sum" ]; then
            passed=$((passed + ${sum% *}))
            failed=$((failed + ${sum#* }))
        else bad "$test: $(echo "$out" | tail -1)" "$test"; fi
    done
    mkdir -p build/test
    line=$(iverilog -g2012 -o build/test/tb_counters.vvp tests/rtl/tb_counters.v rtl/npu_counters.v 2>&1 &&
        vvp -n build/test/tb_counters.vvp | tail -1)
    case $line in
        "counters: "[1-9]*" reads compared, 0 wrong") ok ;;
        *) bad "$line" "tests/rtl/run.sh lib" ;;
    esac ;;
icarus)
    icarus "" npu4 7
    icarus "" npu8 7
    icarus "" npu8s 3
    icarus "" npu16 7
    icarus "" npu32 3
    icarus "LATENCY=77 STALL=40 SEED=9" npu16 5
    icarus "LATENCY=1 STALL=70 SEED=10" npu8 5
    # The last npu8 run's files: an unknown input byte must reach the memory port, a wrong expected byte must count.
    dir=build/icarus/npu8-digits
    base=$(awk '/^@/ { at = $0 } END { print at }' $dir/mem.hex)
    awk -v at="$base" '$0 == at { found = 1 } found && /^[0-9a-f]/ { gsub(/./, "x") } { print }' $dir/mem.hex >$dir/mem_x.hex
    icarus_notices npu8 mem.hex $dir/mem_x.hex "axi_mem at cycle [0-9]*: X on WDATA"
    awk 'NR == 3 { sub(/..$/, "a5") } { print }' $dir/expect.hex >$dir/expect_bad.hex
    icarus_notices npu8 expect.hex $dir/expect_bad.hex "output differs" ;;
yosys)
    out=$(testbench/yosys_check.sh)
    echo "$out" | grep -E '^(ok|FAIL)'
    passed=$(echo "$out" | grep -c '^ok')
    failed=$(echo "$out" | grep -c '^FAIL')
    head='module npu_top #(parameter N = 1, LANES = 1, SP_WORDS = 1, SP_BANKS = 1, ACC_DEPTH = 1, FIR_GROUPS = 1, FIR_TAPS = 1, MATMUL = 0, TRACE_RECORDS = 0, WIDE_LANES = 0, SOFTMAX = 1, NORM = 0)'
    yosys_notices "a latch" "$head(input wire a, b, output reg y); always @* if (a) y = b; endmodule"
    yosys_notices "a loop" "$head(input wire a, output wire y); wire z = y ^ a; assign y = z & a; endmodule"
    yosys_notices "an open net" "$head(input wire a, output wire y); wire z; assign y = z & a; endmodule"
    yosys_notices "two drivers" "$head(input wire a, b, output wire y); assign y = a; assign y = b; endmodule"
    yosys_notices "a missing module" "$head(input wire a, output wire y); nowhere u(a, y); endmodule" ;;
*)
    echo "usage: tests/rtl/run.sh lib | icarus | yosys" >&2
    exit 2 ;;
esac
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
