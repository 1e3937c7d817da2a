#!/bin/sh
# Suites of tests/fuzz.  Synopsis: tests/fuzz/run.sh model | rtl | wide [COUNT]
#   model: the model against itself, every configuration, with the sanitizers.
#   rtl:   model against the Verilated RTL (build/rtl/CONFIG/libnpu.so), every configuration, three memories;
#          a configuration without its library fails. wide: the same with the wide row engine. Last line: N passed, N failed.
# SPDX-License-Identifier: Apache-2.0
cd "$(dirname "$0")/../.." || exit 1
add_up() {
    awk '
        /^[0-9]+ passed, [0-9]+ failed$/ { passed += $1; failed += $3; ended++; next }
        /^exit / { if (!failed) { failed++; print "FAIL fuzz: " $0 } next }
        { print }
        END { printf "%d passed, %d failed\n", passed, failed; exit failed > 0 }'
}
case "$1" in
model)
    {
        build/asan/fuzz --count "${2:-25}" || echo "exit $?"
        for config in npu8,wide_lanes=2 npu16w npu32,wide_lanes=1; do
            build/asan/fuzz --config $config --count "${2:-25}" || echo "exit $?"
        done
    } | add_up
    exit ;;
rtl) configs="npu4 npu8 npu8s npu16 npu32" ;;
wide) configs="npu16w" ;;
*) echo "usage: tests/fuzz/run.sh model | rtl | wide [COUNT]" >&2; exit 2 ;;
esac
count=${2:-120}
{
    for config in $configs; do
        lib=build/rtl/$(echo "$config" | sed 's/=//g; s/,/-/g')/libnpu.so
        if [ ! -f "$lib" ]; then
            echo "FAIL $config: no $lib; build it: make rtl CONFIG=$config"
            echo "0 passed, 1 failed"
            continue
        fi
        run="build/fuzz --config $config --lib $lib --count $count"
        $run --seed 1000 --latency 32 || echo "exit $?"
        $run --seed 2000 --latency 7 --stall 35 --cmds 60 || echo "exit $?"
        $run --seed 3000 --latency 0 --cmds 100 --no-errors || echo "exit $?"
    done
} | add_up
