#!/bin/sh
# Suite: the clock crossings. The FIFO is proved (prove.sh); the digits network runs on an NPU that has a clock of its own, faster,
# slower and wandering, in 4-state simulation with outputs equal to `ref`, under stalls of the memory too.
#
# Synopsis: testbench/cdc/run.sh      Last line: N passed, N failed.
# SPDX-License-Identifier: Apache-2.0
set -u
cd "$(dirname "$0")/../.." || exit 1
mkdir -p build/cdc
out=$(testbench/cdc/prove.sh)
echo "$out" | grep '^FAIL'
passed=$(echo "$out" | sed -n '$s/ passed.*//p') failed=$(echo "$out" | sed -n '$s/.*, \([0-9]*\) failed/\1/p')
digits=sw/examples/digits
cross='rtl/soc/soc_cdc_fifo.v rtl/soc/soc_cdc_axi.v rtl/soc/soc_cdc_axil.v testbench/cdc/npu_own_clock.v'
while read -r least most stall; do
    run="STALL=$stall SEED=$least DUT=npu_own_clock EXTRA='$cross' PLUSARGS='+own_min_ps=$least +own_max_ps=$most' \
testbench/icarus/run.sh npu8 $digits/digits.tflite $digits/held_out/7.bin"
    if out=$(eval "$run" 2>&1); then
        passed=$((passed + 1))
        echo "$out" | sed -n "s/.*step 0: .* commands, \(.*\) cycles/cdc: half period $least to $most ps beside 5000: \1 cycles of its own/p"
    else
        failed=$((failed + 1))
        echo "FAIL cdc: $(echo "$out" | tail -1); rerun: $run"
    fi
done <<LIST
5000 5000 0
2100 2300 30
3000 9000 0
11000 17000 50
LIST
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
