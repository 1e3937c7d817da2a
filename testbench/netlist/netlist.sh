#!/bin/sh
# The netlist of npu_top as a board's flow makes it, ready for Verilator.
#
# Synopsis: testbench/netlist/netlist.sh BOARD HEADER OUT      BOARD: an ECP5 board of fpga/, whose board.conf says how products are made;
# HEADER: of the configuration, as systole config --verilog writes it
# Writes OUT/npu.v: Yosys' netlist, flattened, the block RAMs of scratchpad and accumulators named sp_BANK_COLUMN, acc_HALF_COLUMN;
# OUT/cells.v: Yosys' own models of the cells that are only logic, and of the LUT RAM; OUT/synth.log, OUT/stat.
# Exit status 1 with one line when something fails.
# SPDX-License-Identifier: Apache-2.0
set -eu
cd "$(dirname "$0")/../.."
fail() { echo "netlist: $*" >&2; exit 1; }
board=$1 header=$2 out=$3
synth_options='' mul_style='' mul_dsp=''
# shellcheck disable=SC1090
. "fpga/$board/board.conf"
[ "$family" = ecp5 ] || fail "$board: the cell models are those of ECP5"
library=$(dirname "$(command -v yosys)")/../share/yosys/ecp5
mkdir -p "$out"
npu=$(sed 's/[#].*//; s,//.*,,' rtl/npu.f | tr ' ' '\n' | grep '\.s*v$' | tr '\n' ' ')
parameters=$(sed -n '/TRACE_RECORDS/d; s/^`define NPU_CFG_\([A-Z_]*\) \(.*\)/-set \1 \2/p' "$header" | tr '\n' ' ')
parameters="$parameters -set MUL_STYLE ${mul_style:-2}${mul_dsp:+ -set MUL_DSP $mul_dsp}"
# Up to the last step that changes cells: what follows names them anew, and takes long in a large flattened design.
nice -n 10 yosys -q -l "$out/synth.log" -p "read_verilog -lib -specify +/ecp5/cells_sim.v +/ecp5/cells_bb.v; read_verilog -sv -Ispec/gen $npu;
    chparam $parameters npu_top; synth_ecp5 $synth_options -top npu_top -run begin:map_luts;
    script fpga/ecp5/map_luts.ys; synth_ecp5 $synth_options -top npu_top -run map_cells:check; check -assert; tee -q -o $out/stat stat;
    write_verilog -noattr $out/yosys.v" >"$out/yosys.out" 2>&1 || fail "$(grep -h ERROR "$out/yosys.out" | head -1) (log: $out/synth.log)"
sed -E 's/^  \) \\u_scratchpad\.gen_bank\[([0-9]+)\]\.u_bank\.mem\.0\.([0-9]+)  \($/  ) sp_\1_\2 (/
    s/^  \) \\u_array_unit\.u_accum\.gen_half\[([0-9]+)\]\.mem\.0\.([0-9]+)  \($/  ) acc_\1_\2 (/' "$out/yosys.v" >"$out/npu.v"
for cell in LUT2 LUT4 PFUMX L6MUX21 CCU2C TRELLIS_DPR16X4; do
    sed -n "/^module $cell *(/,/^endmodule/p" "$library/cells_sim.v"
done >"$out/cells.v"
[ "$(grep -c '^module' "$out/cells.v")" = 6 ] || fail "cell models of another Yosys: $library/cells_sim.v"
