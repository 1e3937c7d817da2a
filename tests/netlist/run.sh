#!/bin/sh
# Suite (make test-all): the netlist that Yosys makes of the ULX3S' NPU, in the configuration of its bitstream, runs, and equals the
# model: the digits network, random command streams with every command and mode, with stalls and without, and every kind of error.
# Also that its products are in DSP cells and its memories in block RAM, as the flow means them to be.
# To see it fail: make netlist-faults; a line of build/netlist/ulx3s-faults/CONFIG/faults says what each fault is; then, for fault 4, say,
#   echo 4 >build/test/netlist/fault.hex      (hexadecimal; 0: none, which must pass)
#   build/fuzz --config CONFIG --lib build/netlist/ulx3s-faults/rtl/CONFIG/libnpu.so --count 6 --seed 6000
# Tried so: neighbouring bits exchanged in a PE's sum, LOAD's address, a scratchpad reader's word, STORE's packer and a vector lane,
# each noticed within the first streams; exchanged bits 11 and 12 of CONV's nblk were not, which no stream is long enough to set.
# Synopsis: tests/netlist/run.sh [BOARD]      BOARD: ulx3s, or ulx3s-wide (make netlist NETLIST_BOARD=ulx3s-wide). Last line: N passed, N failed.
# SPDX-License-Identifier: Apache-2.0
set -u
cd "$(dirname "$0")/../.." || exit 1
passed=0 failed=0
board=${1:-ulx3s}
# shellcheck disable=SC1090
. "fpga/$board/board.conf"
folder=$(echo "$config" | tr -d = | tr , -)
net=build/netlist/$board lib=$net/rtl/$folder/libnpu.so digits=sw/examples/digits
ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL $1; rerun: $2"; }
[ -f "$lib" ] || { echo "FAIL netlist: no $lib; build it: make netlist NETLIST_BOARD=$board"; echo "0 passed, 1 failed"; exit 1; }

cells() { # type, least
    count=$(sed -n "s/^ *$1 *\([0-9]*\)$/\1/p" $net/$folder/stat)
    if [ "${count:-0}" -ge "$2" ]; then ok; else bad "netlist: ${count:-0} $1, want $2 at least" "$0 $board"; fi
    echo "netlist: ${count:-0} $1"
}
cells MULT18X18D "$mul_dsp"
cells DP16KD 100
cells LUT4 10000

out=build/test/netlist
mkdir -p $out
for digit in 3 7; do
    picture=$digits/held_out/$digit.bin
    build/systole run $digits/digits.tflite --target model --config $config --input $picture --output $out/want.bin >/dev/null
    run="SYSTOLE_STALL=$((digit * 5)) SYSTOLE_BUILD=$net build/systole run $digits/digits.tflite --target rtl --config $config --input $picture --output $out/got.bin"
    rm -f $out/got.bin
    text=$(eval "$run" 2>&1)
    if cmp -s $out/want.bin $out/got.bin; then ok; else bad "netlist, digit $digit: $text" "$run"; fi
    echo "$text" | sed -n "s/.* MACs, \(.*\) cycles.*/netlist, digit $digit: \1 cycles/p"
done
for run in "--count 6 --seed 6000" "--count 6 --seed 7000 --latency 7 --stall 35 --cmds 60 --no-errors" \
    "--count 2 --seed 8000 --latency 0 --cmds 100 --no-errors"; do
    run="build/fuzz --config $config --lib $lib $run"
    text=$($run 2>&1)
    if echo "$text" | grep -q 'without a model'; then bad "netlist: $(echo "$text" | grep -m1 'without a model')" "$run"; fi
    echo "$text" | grep -E '^FAIL|streams'
    sum=$(echo "$text" | sed -n '$s/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p')
    if [ -n "$sum" ]; then
        passed=$((passed + ${sum% *}))
        failed=$((failed + ${sum#* }))
    else bad "random streams on the netlist: $(echo "$text" | tail -1)" "$run"; fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
