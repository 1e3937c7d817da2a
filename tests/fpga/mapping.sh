#!/bin/sh
# Proves by SAT that the ECP5 flow's own steps (map_luts.ys, ecp5_trim.py) keep a design's function, on tests/fpga/mapped.v: netlist
# against source, each cell as Yosys' model of it; that both steps have found something; and that a wrong bit in a cell is noticed.
#
# Synopsis: tests/fpga/mapping.sh OUT      Silent and exit status 0, or one line and 1. Called by tests/fpga/run.sh.
# SPDX-License-Identifier: Apache-2.0
set -eu
cd "$(dirname "$0")/../.."
out=$1
fail() { echo "mapping: $*"; exit 1; }
mkdir -p "$out"
library=$(dirname "$(command -v yosys)")/../share/yosys/ecp5/cells_sim.v
yosys -q -p "read_verilog -sv tests/fpga/mapped.v; synth_ecp5 -top mapped -run begin:map_luts; script fpga/ecp5/map_luts.ys;
    tee -q -o $out/muxes select -count t:L6MUX21; synth_ecp5 -top mapped -run map_cells:check; blackbox =A:whitebox;
    write_json $out/mapped.json" >"$out/log" 2>&1 || fail "$(tail -1 "$out/log")"
grep -q '[1-9]' "$out/muxes" || fail "no multiplexer of eight was mapped"
${PYTHON:-python3} fpga/ecp5_trim.py "$out/mapped.json" >"$out/trim" || fail "$(cat "$out/trim")"
grep -q ' [1-9][0-9]* unused carry outputs, [1-9][0-9]* constant carry inputs' "$out/trim" || fail "nothing trimmed: $(cat "$out/trim")"
# An output port on the constant x is how nextpnr is told that it is not used; Yosys wants it left out.
${PYTHON:-python3} - "$out/mapped.json" <<'PY'
import json, sys
netlist = json.load(open(sys.argv[1]))
for module in netlist["modules"].values():
    for cell in module["cells"].values():
        cell["connections"] = {p: b for p, b in cell["connections"].items() if b != ["x"] or cell["port_directions"][p] == "input"}
json.dump(netlist, open(sys.argv[1], "w"))
PY
yosys -q -p "read_json $out/mapped.json; rename mapped gate; write_verilog -noattr $out/gate.v" >"$out/log" 2>&1 || fail "$(tail -1 "$out/log")"
equal() { # netlist
    yosys -q -p "read_verilog -sv tests/fpga/mapped.v; read_verilog $1 $library; hierarchy; proc; flatten mapped gate;
        miter -equiv -make_assert -flatten mapped gate both; hierarchy -top both; proc; flatten; opt -full;
        sat -verify -prove-asserts both" >"$out/log" 2>&1
}
equal "$out/gate.v" || fail "the netlist differs: $(grep -v Warning "$out/log" | tail -1)"
# One bit of the trimmed first halves.
sed "s/INIT0(16'h000b)/INIT0(16'h000a)/" "$out/gate.v" >"$out/wrong.v"
! cmp -s "$out/gate.v" "$out/wrong.v" || fail "no first half of a subtracter in the netlist"
! equal "$out/wrong.v" || fail "a wrong carry is not noticed"
sed "0,/\.ALUT(\(.*\)),/s//.ALUT(1'h0),/" "$out/gate.v" >"$out/wrong.v"
! cmp -s "$out/gate.v" "$out/wrong.v" || fail "no PFUMX in the netlist"
! equal "$out/wrong.v" || fail "a wrong multiplexer is not noticed"
