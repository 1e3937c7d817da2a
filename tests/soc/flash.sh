#!/bin/sh
# Suite: the SPI flash reader against a flash that checks its rules, and each rule, broken by one parameter, is noticed by name.
#
# Synopsis: tests/soc/flash.sh      Last line: N passed, N failed.
# SPDX-License-Identifier: Apache-2.0
set -u
cd "$(dirname "$0")/../.." || exit 1
out=build/test/flash
mkdir -p $out
passed=0 failed=0
build() { # name, parameters of soc_flash...
    name=$1
    shift
    verilator --cc --exe --build -O1 --prefix Vflash --top-module soc_flash --Mdir "$out/$name" -Wno-lint -MAKEFLAGS "OBJCACHE=$(command -v ccache)" "$@" \
        -CFLAGS "-std=c++17 -O1 -I$PWD/testbench/soc" rtl/soc/soc_flash.v \
        "$PWD/tests/soc/flash_bench.cc" >"$out/$name.log" 2>&1
}
check() { # name, expression for the last line, half, parameters...
    name=$1 expect=$2 half=$3
    shift 3
    line="does not build, see $out/$name.log"
    build "$name" "$@" && line=$("$out/$name/Vflash" 7 "$half" | tail -1)
    if echo "$line" | grep -Eqx "$expect"; then
        passed=$((passed + 1))
        echo "flash $name: $line"
    else failed=$((failed + 1)); echo "FAIL flash $name: $line; rerun: tests/soc/flash.sh"; fi
}
check fast 'PASS .*' 1
check slow 'PASS .*' 1 -GFAST=0
check third 'PASS .*' 3 -GHALF=3
check deselect 'FAIL .*deselected too short .*' 1 -GDESELECT=1
check asleep 'FAIL .*command while powered down .*' 1 -GWAKE=1000
check clock 'FAIL .*SPI clock too fast .*' 3 -GHALF=2
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
