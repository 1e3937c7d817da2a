#!/bin/sh
# Run a network's NPU steps on the RTL in Icarus Verilog (4-state) and compare the outputs byte for byte.
#
# Synopsis: testbench/icarus/run.sh CONFIG MODEL|PROG INPUT...
#   MODEL (.tflite) is compiled for CONFIG and its outputs are compared with `--target ref`; the outputs of a compiled PROG
#   are compared with `--target model`. INPUT: raw bytes (.bin). Options by environment: LATENCY (32), STALL (percent, 0),
#   SEED (1), WAVE=FILE.fst, OUTPUTS (1): how many the network has, NETLIST=FILES: Verilog of a synthesised npu_top and of its
#   cells instead of the RTL, DUT=MODULE with EXTRA=FILES: a module with npu_top's ports around it, PLUSARGS. Last line: PASS or FAIL why; exit status 0 only for PASS.
# Work files: $WORK, or build/icarus/CONFIG-NAME/.   SPDX-License-Identifier: Apache-2.0
set -eu
cd "$(dirname "$0")/../.."
[ $# -ge 3 ] || { echo "usage: $0 CONFIG MODEL|PROG INPUT..." >&2; exit 2; }
config=$1 network=$2
shift 2
for tool in build/systole build/icarus_prep; do
    [ -x $tool ] || { echo "$0: no $tool: run make build $tool" >&2; exit 2; }
done
[ -f "spec/gen/config_$config.vh" ] || { echo "$0: unknown configuration $config" >&2; exit 2; }

name=$(basename "$network")
dir=${WORK:-build/icarus/$config-${name%.*}}
mkdir -p "$dir"
given=
for input; do given="$given --input $input"; done
case $network in
    *.tflite) prog=$dir/prog target=ref
        build/systole compile "$network" -o "$prog" --config "$config" >/dev/null ;;
    *) prog=$network target=model ;;
esac
# One --output for each output of the program.
outputs=${OUTPUTS:-1} expected= asked=
for i in $(seq 0 $((outputs - 1))); do
    expected="$expected $dir/expected$i.bin"
    asked="$asked --output $dir/expected$i.bin"
done
# shellcheck disable=SC2086
build/systole run "$network" --target $target --config "$config" $given $asked >/dev/null
# shellcheck disable=SC2086
build/icarus_prep "$dir" "$config" "$prog" "$@" -- $expected

design=${NETLIST:+-DNPU_NETLIST $NETLIST}
[ -n "$design" ] || design=$(sed 's/[#].*//; s,//.*,,' ${RTL_LIST:-rtl/npu.f} | tr ' ' '\n' | grep '\.s*v$')
design="$design ${DUT:+-DNPU_DUT=$DUT} ${EXTRA-}"
# shellcheck disable=SC2046,SC2086
iverilog -g2012 -Ispec/gen -Irtl -s tb_npu $(cat "$dir/defines") -o "$dir/tb.vvp" spec/gen/npu_spec.vh \
    "spec/gen/config_$config.vh" $design \
    testbench/icarus/axi_mem.v testbench/icarus/tb_npu.v
wave=
[ -z "${WAVE-}" ] || wave="+wave=$WAVE -fst"
# shellcheck disable=SC2046,SC2086
vvp -n "$dir/tb.vvp" $(cat "$dir/plusargs") +out="$dir/out.txt" +latency="${LATENCY:-32}" +stall="${STALL:-0}" \
    +seed="${SEED:-1}" ${PLUSARGS-} $wave >"$dir/log" 2>&1 || true
sed "s/^/icarus $config: /" "$dir/log" | head -n -1
tail -1 "$dir/log"
[ "$(tail -1 "$dir/log")" = PASS ]
