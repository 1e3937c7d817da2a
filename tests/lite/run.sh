#!/bin/sh
# The small NPU (rtl/lite) as npu4 and npu8: its libraries are build/lite/rtl/CONFIG/libnpu.so (make rtl-lite).
# Synopsis: tests/lite/run.sh commands | networks [COUNT] [CONFIG]...
#   commands: random command streams, and every kind of error, against the C model byte for byte, three memories (tests/fuzz).
#   networks: random operators against TensorFlow Lite Micro, digits, hello_world, keyword spotting against `ref`.
# Last line: N passed, N failed.   SPDX-License-Identifier: Apache-2.0
cd "$(dirname "$0")/../.." || exit 1
configs=
what=${1-} count=${2-}
[ $# -lt 3 ] || { shift 2; configs=$*; }
configs=${configs:-npu4 npu8}
export SYSTOLE_BUILD="$PWD/build/lite"
commands() { # configuration
    run="build/fuzz --config $1 --lib build/lite/rtl/$(echo "$1" | tr , - | tr -d =)/libnpu.so --count ${count:-30}"
    $run --seed 1000 --latency 32 --no-errors || echo "exit $?"
    $run --seed 2000 --latency 7 --stall 35 --cmds 60 || echo "exit $?"
    $run --seed 3000 --latency 0 --cmds 100 --no-errors || echo "exit $?"
}
networks() { # configuration
    python3 tests/oracle/fuzz_oracle.py --count "${count:-60}" --seed 5 --target rtl --config "$1" || echo "exit $?"
    python3 scripts/digits_accuracy.py --target rtl --config "$1" --limit 10 || echo "exit $?"
    models=${SYSTOLE_MODELS:-../shared/models}
    for model in "$models"/tflm_hello_world/*.tflite "$models"/mlperf_tiny_dscnn_kws/*.tflite; do
        if [ ! -f "$model" ]; then
            echo "SKIP lite $1 $model: no models at $models (set SYSTOLE_MODELS)"
            echo "0 passed, 0 failed, 1 skipped"
        elif line=$(build/systole run "$model" --target rtl --config "$1" 2>&1 | tail -1) && [ "${line%, equal to ref}" != "$line" ]; then
            echo "ok   rtl lite $1 $(basename "$model"): $line"
            echo "1 passed, 0 failed"
        else
            echo "FAIL rtl lite $1 $model: $line; rerun: SYSTOLE_BUILD=build/lite build/systole run $model --target rtl --config $1"
            echo "0 passed, 1 failed"
        fi
    done
}
case "$what" in
commands | networks) ;;
*) echo "usage: tests/lite/run.sh commands | networks [COUNT] [CONFIG]..." >&2; exit 2 ;;
esac
for config in $configs; do
    lib=build/lite/rtl/$(echo "$config" | tr , - | tr -d =)/libnpu.so
    if [ -f "$lib" ]; then $what "$config"; else echo "FAIL lite: no $lib; build it: make rtl-lite"; echo "0 passed, 1 failed"; fi
done | awk '
    /^[0-9]+ passed, [0-9]+ failed/ { passed += $1; failed += $3; skipped += $5; next }
    /^exit / { if (!failed) { failed++; print "FAIL lite: " $0 } next }
    { print }
    END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit failed > 0 }'
