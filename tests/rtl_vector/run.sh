#!/bin/sh
# The vector unit's benches: requantise lane against ref_arith.h, the unit against the C model in five configurations (N:LANES:WIDE_LANES:NORM) and SOFTMAX and NORM in two more (:SOFTMAX_LANES),
# and unknown outputs in Icarus.
# Synopsis: [CONFIGS="8:1 16:16"] tests/rtl_vector/run.sh [COMMANDS] [SEED]   (default 3000 1), in the repository root. Binaries in build/rtl_vector.
# SPDX-License-Identifier: Apache-2.0
set -u
commands=${1:-3000}
seed=${2:-1}
root=$(pwd)
out=$root/build/rtl_vector
here=$root/tests/rtl_vector
passed=0
failed=0
mkdir -p "$out"

build() { # TOP DIR CFLAGS VERILATOR-ARGUMENTS...
    top=$1 dir=$2 flags=$3
    shift 3
    rm -f "$out/$dir/bench" # verilator's makefile does not know that it hangs on the model's objects
    verilator --cc --exe --build -O3 -Wno-SYMRSVDWORD --top-module "$top" --Mdir "$out/$dir" -o bench \
        -Ispec/gen -y rtl -CFLAGS "-O2 $flags -I$here -I$root/cmodel/ref -I$root/cmodel/npu -I$root/spec/gen" \
        "$@" "rtl/$top.v" >"$out/$dir.log" 2>&1 || { cat "$out/$dir.log"; return 1; }
}
check() { # NAME COMMAND...
    name=$1
    shift
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL $name: rerun with $*"; fi
}

model=
for file in cmodel/npu/model_vector cmodel/npu/model_softmax cmodel/npu/model_norm cmodel/npu/timing_norm cmodel/npu/model_check cmodel/npu/model_wide cmodel/npu/model_footprint_wide cmodel/npu/timing_wide \
    cmodel/ref/ref_norm cmodel/ref/ref_wide cmodel/ref/ref_wide_tables tests/fuzz/fuzz_cmds tests/fuzz/fuzz_wide; do
    gcc -std=c11 -O2 -Wall -Wextra -Werror -Icmodel/npu -Icmodel/ref -Ispec/gen -Isw/driver -c "$file.c" \
        -o "$out/${file##*/}.o" || exit 1
    model="$model $out/${file##*/}.o"
done

check "build requant" build npu_requant requant "" "$here/requant_bench.cc" && check requant "$out/requant/bench" 10000000 "$seed"
for config in ${CONFIGS:-4:4:0:1 8:1:0:0 8:2:1:1 8:8:0:0:8 16:16:4:1 16:16:0:1:2 32:32:1:1}; do
    IFS=: read -r n lanes wide norm several <<EOF
$config
EOF
    softmax=1
    dir=unit_${n}_$lanes${several:+_$several}
    [ "$lanes" != 1 ] || softmax=0 # one lane: the smallest, without the unit too
    check "build $dir" build npu_vector_unit "$dir" "-DN=$n -DLANES=$lanes -DWIDE_LANES=$wide -DSOFTMAX=$softmax -DNORM=$norm${several:+ -DSEVERAL}" "-GN=$n" "-GLANES=$lanes" \
        "-GWIDE_LANES=$wide" -GACC_DEPTH=128 "-GSOFTMAX=$softmax" "-GNORM=$norm" ${several:+"-GSOFTMAX_LANES=$several"} \
        $model "$here/vector_bench.cc"
    check "unit $config" "$out/$dir/bench" "$commands" "$seed" ${several:+34} # 34, 35: SOFTMAX, NORM alone
    [ "$norm" = 0 ] || check "norm $config" "$out/$dir/bench" $((commands / 5)) "$seed" 35
    check "cycles $config" "$out/$dir/bench" cycles
    [ "$wide$norm" = 00 ] || check "edges $config" "$out/$dir/bench" edges
done
for config in 4:4:0 8:2:1 16:16:4; do
    n=${config%%:*} wide=${config##*:} lanes=${config#*:}
    lanes=${lanes%:*}
    iverilog -g2012 -Ispec/gen -y rtl "-Px_bench.N=$n" "-Px_bench.LANES=$lanes" "-Px_bench.WIDE_LANES=$wide" -s x_bench -o "$out/x_$n.vvp" \
        "$here/x_bench.v" && vvp -n "$out/x_$n.vvp" >"$out/x_$n.log"
    cat "$out/x_$n.log"
    check "icarus $config" grep -q "passed$" "$out/x_$n.log"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
