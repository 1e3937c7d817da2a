#!/bin/sh
# Suite: the NPU in systems of others: the AXI example, the Wishbone bridge in all its modes, LiteX (fpga/examples, fpga/litex).
# The digits network must give the bytes of `ref` and `model`, over buses with random waits that watch the bridge's rules;
# random command streams and every kind of error (a bus error must name its command) run against the model; broken bridges are
# noticed.
# Synopsis: tests/wishbone/run.sh      Last line: N passed, N failed.
# SPDX-License-Identifier: Apache-2.0
set -u
cd "$(dirname "$0")/../.." || exit 1
passed=0 failed=0
digits=sw/examples/digits out=build/test/bridges
mkdir -p $out
ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL $1; rerun: $2"; }

bridge=rtl/soc/soc_axi_wb.v
wishbone() { # bridge
    echo "testbench/wishbone/npu_on_wishbone.v testbench/wishbone/wb_memory.v testbench/wishbone/wb_host.v \
fpga/examples/npu_wishbone.v rtl/soc/soc_wb_axil.v $1"
}
icarus() { # what, expression for the last line, settings
    run="$3 WORK=$out/icarus LATENCY=1 testbench/icarus/run.sh npu4 $digits/digits.tflite $digits/held_out/7.bin"
    text=$(eval "$run" 2>&1)
    line=$(echo "$text" | tail -1)
    if echo "$line" | grep -Eqx "$2"; then ok; else bad "$1: $line" "$run"; fi
    echo "$text" | sed -n "s/^icarus .*: step 0: .* commands, \(.*\) cycles/bridges $1: \1 cycles/p"
}
broken() { # what, sed expression, bus, expression for the last line
    sed "$2" $bridge >"$out/broken.v"
    cmp -s $bridge $out/broken.v && bad "broken bridge: $1: nothing changed" "$0"
    icarus "broken bridge: $1" "$4" "DUT=npu_on_wishbone EXTRA='$3 $(wishbone $out/broken.v)'"
}

icarus "AXI example" PASS "DUT=npu_on_axi EXTRA='testbench/wishbone/npu_on_axi.v fpga/examples/npu_axi.v'"
icarus "Wishbone 32 bits pipelined" PASS "DUT=npu_on_wishbone EXTRA='-DWB_WIDTH=32 -DWB_PIPELINED=1 $(wishbone $bridge)'"
icarus "Wishbone 64 bits standard" PASS "DUT=npu_on_wishbone EXTRA='-DWB_WIDTH=64 -DWB_PIPELINED=0 $(wishbone $bridge)'"
standard='-DWB_WIDTH=64 -DWB_PIPELINED=0'
broken "end of a burst" "s/ends ? 3'b111 : 3'b010/3'b010/" "$standard" "FAIL wishbone rule: a burst goes on otherwise than it said"
broken "address in a burst" 's/addr_q + 29.d1/addr_q + 29'\''d2/' "$standard" "FAIL wishbone rule: a burst goes on otherwise than it said"
broken "cyc too short" 's/wb_cyc = (busy_q || tag_valid)/wb_cyc = busy_q/' "" "FAIL wishbone rule: cyc falls under a transfer"
broken "request changed" 's/addr_q, 3.b000/addr_q[31:4], addr_q[3] ^ wb_stall, 3'\''b000/' "" \
    "FAIL wishbone rule: a request changes before it was taken"

# Pipelined with 64 bits, standard with 32: as Verilated libraries, which random streams, errors and networks can use.
build/systole run $digits/digits.tflite --target model --config npu4 --input $digits/held_out/3.bin --output $out/want.bin >/dev/null
for mode in 64-1 32-0; do
    for stall in 0 40; do
        run="SYSTOLE_STALL=$stall SYSTOLE_BUILD=build/wishbone/$mode build/systole run $digits/digits.tflite --target rtl --config npu4 \
--input $digits/held_out/3.bin --output $out/got.bin"
        rm -f $out/got.bin
        text=$(eval "$run" 2>&1)
        if cmp -s $out/want.bin $out/got.bin; then ok; else bad "Wishbone $mode, network: $text" "$run"; fi
        echo "$text" | sed -n "s/.* MACs, \(.*\) cycles.*/bridges Wishbone $mode, stall $stall: \1 cycles/p"
    done
    lib=build/wishbone/$mode/rtl/npu4/libnpu.so
    for run in "--count 20 --seed 4000" "--count 20 --seed 5000 --latency 0 --stall 35 --cmds 60 --no-errors"; do
        run="build/fuzz --config npu4 --lib $lib $run"
        text=$($run 2>&1) || [ -n "$text" ] || text="no output"
        echo "$text" | grep '^FAIL'
        sum=$(echo "$text" | sed -n '$s/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p')
        if [ -n "$sum" ]; then
            passed=$((passed + ${sum% *}))
            failed=$((failed + ${sum#* }))
        else bad "random streams on Wishbone $mode: $(echo "$text" | tail -1)" "$run"; fi
    done
done

# LiteX makes its system; Verilator compares the ports of our module with what LiteX connected; the network runs in it.
litex=$out/litex_soc.v
rm -f $litex
if build/venv-litex/bin/python tests/wishbone/litex_soc.py $litex npu4 >$out/litex.log 2>&1; then ok
else bad "LiteX does not make the system: $(tail -1 $out/litex.log)" "build/venv-litex/bin/python tests/wishbone/litex_soc.py $litex npu4"; fi
# shellcheck disable=SC2046
ports=$(verilator --lint-only -Wno-fatal -Ispec/gen -Irtl --top-module litex_soc $litex $(wishbone $bridge) -f rtl/npu.f 2>&1 |
    grep -E 'PINMISSING|PINNOTFOUND|port connection' | head -3)
if [ -z "$ports" ]; then ok; else bad "LiteX: ports of npu_wishbone: $ports" "$0"; fi
icarus "LiteX" PASS "DUT=npu_in_litex EXTRA='testbench/wishbone/npu_in_litex.v $litex $(wishbone $bridge)'"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
