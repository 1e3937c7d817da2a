#!/bin/sh
# Suite: the SDRAM controller against a part that checks its timing: the boards' memories pass with random traffic and the
# wanted efficiency, and each rule of the part, broken by one wrong parameter of the controller, is noticed by its name.
#
# Synopsis: tests/soc/sdram.sh      Last line: N passed, N failed.
# SPDX-License-Identifier: Apache-2.0
set -u
cd "$(dirname "$0")/../.." || exit 1
out=build/test/sdram
mkdir -p $out
passed=0 failed=0
check() { # what, status, log
    if [ "$2" -eq 0 ]; then passed=$((passed + 1))
    else failed=$((failed + 1)); echo "FAIL $1: $(tail -1 "$3"); rerun: tests/soc/sdram.sh"; fi
}
run() { # name, plusargs, parameters NAME=VALUE...
    name=$1 plusargs=$2
    shift 2
    parameters=$(printf -- '-Ptb_sdram.%s ' "$@")
    # shellcheck disable=SC2086
    iverilog -g2012 $parameters -o "$out/$name.vvp" -s tb_sdram rtl/npu_fifo.v rtl/soc/soc_sdram*.v \
        testbench/sdram/*.v >"$out/$name.log" 2>&1 && vvp -n "$out/$name.vvp" $plusargs >>"$out/$name.log" 2>&1
}
good() { # name, parameters...
    name=$1
    shift
    run "$name" +seed=$((passed + 3)) "$@"
    [ "$(tail -1 "$out/$name.log")" = PASS ]
    check "sdram $name" $? "$out/$name.log"
    sed -n "s/^\(reads\|writes\|copy\):/sdram $name: \1:/p" "$out/$name.log"
}
bad() { # rule, parameters: a part that is slow in everything, so that every rule decides something; one parameter wrong
    rule=$1
    shift
    run wrong +ops=60 CLK_PS=7500 CAS=3 INVERTED=0 ROW_BITS=11 COL_BITS=8 C_RCD=30 P_RCD=29000 C_RP=30 P_RP=29000 C_RAS=90 P_RAS=89000 \
        C_RC=135 P_RC=134000 C_RRD=37 P_RRD=37000 C_RFC=90 P_RFC=89000 C_WR=30 P_WR=29000 MIN_PERCENT=70 "$@"
    [ "$(tail -1 $out/wrong.log | tr -s " ")" = "$rule" ]
    check "sdram: want '$rule' with $*" $? $out/wrong.log
}

# ULX3S (16 pins, 32 MiB) at 37.5 and 60 MHz with the clock inverted and at 80 MHz; a 133 MHz part; Tang Nano 20K (32 pins, 8 MiB).
good ulx3s-60 CLK_PS=16666
good ulx3s-80 CLK_PS=12500 INVERTED=0
good sdr-133 CLK_PS=7500 CAS=3 INVERTED=0
good tang-54 CLK_PS=18518 DQ=32 ROW_BITS=11 COL_BITS=8
good ulx3s-37.5 CLK_PS=26666
bad PASS
bad "FAIL rule tRCD" C_RCD=20
bad "FAIL rule tRP" C_RP=20
bad "FAIL rule tRAS" C_RAS=80
bad "FAIL rule tRC" C_RC=90
bad "FAIL rule tRRD" C_RRD=7
bad "FAIL rule tRFC" C_RFC=66
bad "FAIL rule tWR" C_WR=15
bad "FAIL rule tINIT" C_INIT=100000
bad "FAIL rule tMRD" C_MRD=1 P_MRD=3
bad "FAIL rule too few refreshes" C_REFI=9000
bad "FAIL rule start: too few refreshes" C_REFRESHES=2
bad "FAIL rule CAS latency too short" CAS=2
bad "FAIL rule two drivers on dq" C_TURN=-1
bad "FAIL wrong data" C_EXTRA=0
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
