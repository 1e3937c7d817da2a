#!/bin/sh
# The Gowin flow on top_gowin.v: a bitstream with its report; and by simulation, that the flow's own block RAM map (fpga/gowin/ram_map.v)
# keeps a design's function: the netlist beside its source, with ports of 9, 18 and 36 bits in it. Ports that write in every clock, as
# the map of Yosys 0.23 makes them, must be noticed.
#
# Synopsis: tests/fpga/gowin.sh OUT      Silent and exit status 0, or one line and 1. Called by tests/fpga/run.sh.
# SPDX-License-Identifier: Apache-2.0
set -eu
cd "$(dirname "$0")/../.."
out=$1
fail() { printf "gowin: %s\n" "$*"; exit 1; }
library=$(dirname "$(command -v yosys)")/../share/yosys/gowin/cells_sim.v
FPGA_BOARDS=tests/fpga FPGA_OUT=$out fpga/board.sh gowin >"$out.log" 2>&1 || fail "$(cat "$out.log")"
[ -s "$out/gowin.fs" ] && grep -q ' 12/[0-9]* block_RAM, 8/[0-9]* LUT_RAM; ' "$out.log" ||
    fail "no bitstream with 12 block RAMs and 8 LUT RAMs: $(cat "$out.log")"
yosys -q -p "read_json $out/gowin.json; rename top top_netlist; write_verilog -noattr $out/netlist.v" >"$out/log" 2>&1 ||
    fail "$(tail -1 "$out/log")"
for width in 9 18 36; do
    grep -q "BIT_WIDTH_0(32'd$width)" "$out/netlist.v" || fail "no block RAM with a port of $width bits"
done
simulate() { # netlist: the test bench's line
    iverilog -g2012 -o "$out/tb" -s tb tests/fpga/tb_gowin.v tests/fpga/top_gowin.v "$1" "$library" >"$out/log" 2>&1 || fail "$(head -1 "$out/log")"
    vvp -n "$out/tb" | tail -1
}
said=$(simulate "$out/netlist.v")
case $said in *": equal") ;; *) fail "netlist beside source: $said" ;; esac
sed "s/\.CEA(.*),/.CEA(1'h1),/" "$out/netlist.v" >"$out/wrong.v"
! cmp -s "$out/netlist.v" "$out/wrong.v" || fail "no write enable to break in the netlist"
said=$(simulate "$out/wrong.v")
case $said in *": wrong") ;; *) fail "ports that write in every clock are not noticed: $said" ;; esac
