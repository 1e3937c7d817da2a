#!/bin/sh
# Synthesise the NPU with Yosys and say what it costs.
#
# Synopsis: fpga/synth.sh CONFIG FAMILY [STYLE]     CONFIG: npu4, npu8, ... (spec/gen/config_*.vh; or build/gen/config_*.vh, which make synth CONFIG=npu8,lanes=2 writes); FAMILY: ecp5, ice40, gowin
# STYLE: cells: the array's products in instantiated cells (MULT18X18D, SB_MAC16, MULT9X9 and MULT18X18: all that gowin has); carry: in carry chains (ecp5); nodsp: no multiplier
# cells at all, products left to Yosys (ecp5); memories: ends when memories and multipliers have their cells, a third of the time.
# Writes build/fpga/CONFIG-FAMILY[-STYLE]/: synth.log, cells/* (names of the cells of each kind), report.json and table.txt
# (fpga/report.py: counts of the whole and of each block). Prints one line.
# Exit status 1 with one line when yosys is missing or fails, or a latch is left, or a large memory has become flip-flops.
# The design is flattened, as for a bitstream. ice40: never -dsp, which in Yosys 0.23 silently miscompiles chained
# registered multiply-accumulates; products become logic there.
# SPDX-License-Identifier: Apache-2.0
set -eu
cd "$(dirname "$0")/.."
fail() { echo "synth: $*" >&2; exit 1; }

[ $# -eq 2 ] || [ $# -eq 3 ] || fail "want CONFIG FAMILY [STYLE]"
config=$1 family=$2 style=${3-} until= large=
header=spec/gen/config_$config.vh
[ -f "$header" ] || header=build/gen/config_$config.vh
[ -f "$header" ] || fail "no configuration $config; there are:$(ls spec/gen/config_*.vh | sed 's/.*config_/ /; s/\.vh//' | tr -d '\n')"
mul=0
case $family-$style in
    ecp5-) synth=synth_ecp5 ;;
    ecp5-cells) synth=synth_ecp5 mul=2 ;;
    ecp5-carry) synth=synth_ecp5 mul=1 ;;
    ice40-cells) synth=synth_ice40 mul=3 ;;
    ecp5-memories) synth=synth_ecp5 until=map_gates ;;
    ecp5-nodsp) synth='synth_ecp5 -nodsp' ;;
    ice40-) synth=synth_ice40 ;;
    gowin-cells) synth='synth_gowin -nowidelut' mul=4 ;;
    gowin-memories) synth='synth_gowin -nowidelut' mul=4 until=map_gates ;;
    *) fail "no family $family${style:+ with $style}; there are: ecp5, ecp5 cells, ecp5 carry, ecp5 nodsp, ecp5 memories, ice40, ice40 cells, gowin cells, gowin memories" ;;
esac
command -v yosys >/dev/null 2>&1 || fail "yosys not found: run make setup (Debian package yosys)"

out=build/fpga/$config-$family${style:+-$style}
log=$out/synth.log
rm -rf "$out"
mkdir -p "$out/cells"
files=$(sed 's/[#].*//; s,//.*,,' rtl/npu.f | tr ' ' '\n' | grep '\.s*v$' | tr '\n' ' ')
parameters=$(sed -n 's/^`define NPU_CFG_\([A-Z_]*\) \(.*\)/-set \1 \2/p' "$header" | tr '\n' ' ')
parameters="$parameters -set MUL_STYLE $mul"

# The kinds of cells that the report counts: name, and the cell types of both families.
kinds='
LUT4      t:LUT4 t:SB_LUT4 t:LUT1 t:LUT2 t:LUT3
carry     t:CCU2C t:SB_CARRY t:ALU
FF        t:TRELLIS_FF t:SB_DFF* t:DFF*
DSP       t:MULT18X18D t:ALU54B t:SB_MAC16 t:MULT9X9 t:MULT18X18
block_RAM t:DP16KD t:PDPW16KD t:SB_RAM40_* t:SDP t:SDPX9 t:DP t:DPX9 t:SP t:SPX9
LUT_RAM   t:TRELLIS_DPR16X4 t:RAM16S*
'
lists=$(echo "$kinds" | sed -n "s,^\([A-Za-z0-9_]\+\) *\(t:.*\),tee -q -o $out/cells/\1 select -list \2;,p")

# Counters are named after what they count, in other blocks.
lists="$lists tee -q -o $out/cells/carry_regs select -list t:CCU2C t:SB_CARRY %u t:ALU %u a:src=*npu_counters.v* %i"

# The vendor's cells that the RTL instantiates must be known before the hierarchy is checked.
case $family in
    ecp5) library='read_verilog -lib -specify +/ecp5/cells_sim.v +/ecp5/cells_bb.v' ;;
    ice40) library='read_verilog -lib -specify -DICE40_HX +/ice40/cells_sim.v' ;;
    gowin) library='read_verilog -lib -specify +/gowin/cells_sim.v; read_verilog -lib fpga/gowin_cells.v'
        # Left to itself Yosys 0.23 puts memories of any size into the LUT RAM of this family.
        large='setattr -set ram_style "block" t:$mem_v2 r:SIZE>32 %i;' ;;
esac
# The steps for LUTs as board.sh has them.
run="$synth -top npu_top -run"
if [ -n "$until" ]; then rest="$run map_ram:$until"
elif [ "$family" = ecp5 ]; then rest="$run map_ram:map_luts; script fpga/ecp5/map_luts.ys; $run map_cells:"
else rest="$run map_ram:map_cells; opt_merge; clean; $run map_cells:"; fi
begin=$(date +%s)
if ! yosys -q -l "$log" -p "$library; read_verilog -sv -Ispec/gen $files; chparam $parameters npu_top; hierarchy -check -top npu_top;
    $run begin:map_ram; check -assert; select -assert-none t:\$dlatch t:\$adlatch t:\$dlatchsr;
    $large $rest; $lists" >"$out/stdout" 2>&1; then
    fail "$config $family: $(grep -h 'ERROR: ' "$out/stdout" "$log" 2>/dev/null | head -1) (log: $log)"
fi
${PYTHON:-python3} fpga/report.py "$out" "$config" "$family" $(($(date +%s) - begin))
