#!/bin/sh
# Prove soc_cdc_fifo with yosys-smtbmc and z3, by induction, for clocks of any ratio and phase: its properties are in its
# `ifdef FORMAL. The two clocks become two free enables of one moment (any order, also both at once): what is proved holds for
# every interleaving of edges. Also shown: broken copies of the FIFO are not proved.
#
# Synopsis: testbench/cdc/prove.sh      Last line: N passed, N failed.
# SPDX-License-Identifier: Apache-2.0
set -u
cd "$(dirname "$0")/../.." || exit 1
out=build/cdc
mkdir -p $out
passed=0 failed=0
check() { # what, status
    if [ "$2" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL $1; rerun: testbench/cdc/prove.sh"; fi
}
# prove SED: of the source with this change; exit status 0 when base case and induction step hold
prove() {
    sed -e "$1" -e 's/always_ff @(posedge in_clk)/always_ff @(posedge moment) if (in_tick)/' \
        -e 's/always_ff @(posedge out_clk)/always_ff @(posedge moment) if (out_tick)/' \
        -e 's/(\* gclk \*) wire moment;//; s/input  wire             in_clk,/input wire moment, in_tick, out_tick,/' \
        -e '/input  wire             out_clk,/d; s/always @(posedge in_clk)/always @(posedge moment) if (in_tick)/' \
        rtl/soc/soc_cdc_fifo.v >$out/fifo.v
    if grep -n 'in_clk\|out_clk' $out/fifo.v | grep -v '//' >$out/left; then echo "clocks left: $(cat $out/left)"; return 2; fi
    yosys -q -p "read_verilog -formal -sv $out/fifo.v; chparam -set WIDTH 1 -set DEPTH 4 soc_cdc_fifo; prep -top soc_cdc_fifo;
        memory_map; opt; dffunmap; check -assert; write_smt2 -wires $out/fifo.smt2" >$out/yosys.log 2>&1 || { tail -1 $out/yosys.log; return 2; }
    for mode in '-t 6' '-i -t 2'; do
        # shellcheck disable=SC2086
        timeout 300 yosys-smtbmc --noprogress -s z3 $mode $out/fifo.smt2 >$out/smt.log 2>&1 || return 1
        grep -q 'Status: PASSED' $out/smt.log || return 1
    done
}
refuted() { # what, sed
    prove "$2"
    [ $? -eq 1 ] && ! cmp -s rtl/soc/soc_cdc_fifo.v $out/fifo.v
    check "cdc: a FIFO with $1 is not refuted" $?
}
prove ''
check "cdc: soc_cdc_fifo is not proved: $(grep -h 'Assert failed\|Unknown' $out/smt.log | tail -1)" $?
refuted "plain binary pointers across" 's/wr_gray_q <= wr_d ^ (wr_d >> 1)/wr_gray_q <= wr_d/'
refuted "one place too many" 's/~rd_sync_q\[PW:PW-1\], rd_sync_q\[PW-2:0\]/~rd_sync_q[PW], rd_sync_q[PW-1:0]/'
refuted "the pointer ahead of its data" 's/if (push) mem\[wr_q\[PW-1:0\]\]/if (in_valid) mem[wr_q[PW-1:0]]/'
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
